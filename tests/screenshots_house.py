"""The household in the pictures: devices of each kind with a day behind them, not all of them well."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Final

from actors.domain.durations import DAY_S
from actors.domain.model import Claim, Device, LogEntry, Report
from actors.simulator.device import SimulatedDevice
from persistence.writer.store import Batch, Store
from tests.page.home import Home
from tests.page.past import write_past

METER, LAMP, SPRINKLER, FAN = "TMP0AAAAAAAA", "LGT0AAAAAAAA", "RGD0ABC123", "FAN0AAAAAAAA"
# The one that a schedule is learned for has no past of its own.
NAMES: Final = {
    LAMP: "Lámpara de leer",
    "SHD0AAAAAAAA": "Persiana grande",
    FAN: "Ventilador de techo",
    "DRL0AAAAAAAA": "Puerta de la calle",
    "CAM0AAAAAAAA": "Cámara del portal",
    "PLG0AAAAAAAA": "Cafetera",
    "LUX0AAAAAAAA": "Luz del patio",
    "CO20AAAAAAAA": "Aire del dormitorio",
    "SMK0AAAAAAAA": "Humo de la cocina",
    "MOV0AAAAAAAA": "Movimiento del pasillo",
    "SND0AAAAAAAA": "Ruido del estudio",
}
ROOMS: Final = {
    "Salón": (METER, LAMP, "SHD0AAAAAAAA", FAN),
    "Entrada": ("DRL0AAAAAAAA", "CAM0AAAAAAAA", "MOV0AAAAAAAA"),
    "Cocina": ("PLG0AAAAAAAA", "SMK0AAAAAAAA"),
    "Dormitorio": ("CO20AAAAAAAA",),
    "Patio y jardín": ("LUX0AAAAAAAA", SPRINKLER),
}
NEW: Final = ("LGT0NUEVA001", "PLG0NUEVO002")
LONG_NAME: Final = "Termometrodelinvernaderodetrasdelacasadelosabuelosdelpueblo1"
WEEK: Final = [
    {"dias": ["lunes", "martes", "miercoles", "jueves", "viernes"], "inicio": "07:00", "fin": "08:30"},
    {"dias": ["todos"], "inicio": "19:00", "fin": "23:30"},
    {"dias": ["sabado"], "inicio": "22:00", "fin": "02:00"},
]
STEP_S: Final = 120


def write_history(data: Path) -> None:
    """Before the system is started."""
    write_past(data, METER)
    with Store(data / "iot.db") as store:
        for serial, name in NAMES.items():
            _live_a_day(store, SimulatedDevice(serial, Random(serial), STEP_S), name)


def _live_a_day(store: Store, simulated: SimulatedDevice, name: str) -> None:
    device = store.recall(simulated.serial).after_claim(Claim(simulated.serial, name=name))
    assert isinstance(device, Device)
    batch, now = Batch(), time.time()
    for offset in range(-DAY_S, 0, STEP_S):
        outgoing = simulated.poll(datetime.fromtimestamp(now + offset), offset)
        if outgoing is None:
            continue
        told = json.loads(outgoing.payload)
        report = Report(device.serial, now + offset, told["estado"], told["parametros"])
        device = device.after_report(report)
        batch.entries.append(LogEntry(device.id, device.reports, report.at, device.state, told["parametros"]))
    batch.devices[device.id] = replace(device, online=True)
    store.save(batch)


def furnish(home: Home) -> None:
    """Once it runs: who is heard today, what people have set, and where it all is."""
    home.report(METER, estado="activo", parametros={"temperatura": 21.4, "humedad": 46})
    for serial in NAMES:
        told = home.device(serial)
        home.report(serial, estado=told["estado"], parametros=told["parametros"])
    home.claim(SPRINKLER, nombre="Riego del césped", configuracion={"modo": "horario"})
    for room, serials in ROOMS.items():
        place = home.post("/habitaciones", {"nombre": room})["id"]
        for serial in serials:
            home.put(f"/dispositivos/{home.device(serial)['id']}", {"habitacion_id": place})
    lamp, fan = (home.device(serial)["id"] for serial in (LAMP, FAN))
    home.put(f"/dispositivos/{lamp}", {"configuracion": {"modo": "horario", "horarios": WEEK}})
    home.report(FAN, estado="inactivo", configuracion={"encendido": False})
    home.put(f"/dispositivos/{fan}", {"configuracion": {"modo": "manual", "encendido": True}})
    home.depart("CAM0AAAAAAAA")
    for serial in NEW:
        home.report(serial, estado="inactivo")
    # What is to be decided is the newest of the findings.
    home.put(f"/dispositivos/{home.device(SPRINKLER)['id']}", {"configuracion": {"modo": "manual"}})


def lengthen_names(home: Home) -> None:
    for device in home.backend.devices().values():
        if device["reclamado"]:
            home.put(f"/dispositivos/{device['id']}", {"nombre": LONG_NAME})
    for room in home.get("/habitaciones")[:1]:
        home.put(f"/habitaciones/{room['id']}", {"nombre": LONG_NAME})
