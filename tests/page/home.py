"""A house to look at: the whole system with its own broker, and devices that the test speaks for."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Any, Self

from actors.mqtt.protocol.payloads import OFFLINE, presence_topic, state_topic
from actors.runtime.clock import SystemClock
from actors.simulator.device import SimulatedDevice, demo_code
from actors.simulator.fleet import Simulator
from tests.brokers import Device, Login, wait_until
from tests.system.backend import Backend, Installation, surroundings
from tests.system.forked import Forked
from tests.web.site import PATIENCE

CONFIGURATIONS = "dispositivos/+/configuracion"


class Home:
    """A running system. As a context manager it starts and ends well, or the test fails."""

    command = "run"

    def __init__(self, directory: Path, **settings: object) -> None:
        self._system = Installation(directory)
        self._settings = settings
        self._simulators: list[Simulator] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.backend.http}"

    @property
    def data(self) -> Path:
        """The system's ``DATA_DIR``; what is written there before ``with`` is found at the start."""
        return self._system.data

    @classmethod
    def guarded(cls, directory: Path) -> Self:
        """One that lets in only who shows who they are; Ana is its admin."""
        home = cls(directory, auth_mode="tokens")
        home._console("user", "add", "Ana", "--role", "admin")
        return home

    def __enter__(self) -> Self:
        self._start()
        return self

    def _start(self) -> None:
        self.backend: Backend = self._system.backend(self.command, **self._settings).__enter__()
        user, password = (str(self._settings.get(f"mqtt_{each}", "")) for each in ("username", "password"))
        self._device = Device(self.backend.mqtt, CONFIGURATIONS, login=Login(user, password))

    def restart(self) -> None:
        """End the system and start it again, on other ports and with the same data."""
        self._end()
        self._start()

    def restore(self, backup: str) -> None:
        """The same, with the data that are in this file of its backups."""
        self._end()
        self._console("restore", str(self.data / "copias" / backup))
        self._start()

    def _end(self) -> None:
        self._device.close()
        self.backend.__exit__(None, None)

    def __exit__(self, kind: type[BaseException] | None, *rest: BaseException | TracebackType | None) -> None:
        for simulator in self._simulators:
            simulator.stop()
        self._device.close()
        self.backend.__exit__(kind, *rest)

    # -- devices -------------------------------------------------------------------------------

    def report(self, serial: str, **fields: object) -> dict[str, Any]:
        """A report of the device with these ``estado``, ``parametros``, …; the device, once REST shows it."""
        before = self.backend.logged(serial)
        self._device.publish(state_topic(serial), json.dumps(fields))
        wait_until(lambda: self.backend.logged(serial) > before, PATIENCE)
        return self.device(serial)

    def say(self, serial: str, **fields: object) -> None:
        """The device sends a report, and nobody waits for what comes of it."""
        self._device.publish(state_topic(serial), json.dumps(fields))

    def babble(self, serial: str, *payloads: str) -> None:
        """The device sends what is no report; returns when REST shows that all of it was refused."""
        before = self.get("/salud")["broker"]["rechazados"]
        for payload in payloads:
            self._device.publish(state_topic(serial), payload)
        wait_until(lambda: len(self.backend.rejected()) >= before + len(payloads), PATIENCE)

    def claim(self, serial: str, **fields: object) -> int:
        """The id of the device, which is now claimed. One that has never reported does so before."""
        if serial not in self.backend.devices():
            self.report(serial, estado="activo")
        return self.backend.claim({"serial_number": serial, "codigo": demo_code(serial), **fields})

    def depart(self, serial: str) -> None:
        """The device says goodbye, as its last will would; returns when REST shows it as gone."""
        self._device.publish(presence_topic(serial), OFFLINE)
        wait_until(lambda: not self.device(serial)["en_linea"], PATIENCE)

    def ordered(self, serial: str) -> dict[str, Any]:
        """What the device is told next: ``version`` and ``configuracion``."""
        while True:
            topic, payload, _ = self._device.heard.get(timeout=PATIENCE)
            if topic.split("/")[1] == serial:
                told: dict[str, Any] = json.loads(payload)
                return told

    def live_in(self, *serials: str, interval: float = 1.0) -> None:
        """Simulated devices that report every ``interval`` s, and obey; returns when all are known."""
        devices = [SimulatedDevice(serial, Random(serial), interval) for serial in serials]
        simulator = Simulator(
            "127.0.0.1", self.backend.mqtt, devices, SystemClock(), local=datetime.fromtimestamp
        )
        self._simulators.append(simulator)
        simulator.start()
        self.backend.until_known(*serials)

    # -- people --------------------------------------------------------------------------------

    def code(self, role: str) -> str:
        """A pairing code for a new person with this role."""
        name = f"Persona {role}"
        self._console("user", "add", name, "--role", role)
        [code] = re.findall(r": ([0-9A-Z]{5}-[0-9A-Z]{5})$", self._console("pair", name), re.MULTILINE)
        return str(code)

    def token(self, role: str) -> str:
        """Of a new person with this role; as ``Authorization: Bearer`` it makes a page theirs."""
        return str(self.post("/auth/emparejar", {"codigo": self.code(role), "nombre": "prueba"})["token"])

    def _console(self, *words: str) -> str:
        done = Forked(self.data.parent, words, surroundings(data_dir=self.data))
        said, complained = done.communicate(PATIENCE)
        assert done.poll() == 0, complained
        return said

    # -- REST ----------------------------------------------------------------------------------

    def device(self, serial: str) -> dict[str, Any]:
        return self.backend.devices()[serial]

    def get(self, path: str) -> Any:
        return self._asked("GET", path)

    def put(self, path: str, body: Mapping[str, Any]) -> Any:
        return self._asked("PUT", path, body)

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        return self._asked("POST", path, body or {})

    def delete(self, path: str) -> Any:
        return self._asked("DELETE", path)

    def _asked(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """What a call that must succeed answers."""
        answer = self.backend.ask(method, path, body)
        assert 200 <= answer.status < 300, answer.body
        return answer.json


class Demo(Home):
    """A simulated device of each kind lives in it."""

    command = "demo --vacia"


class LivedIn(Home):
    """The home of the demonstration, whose weeks are made at its start."""

    command = "demo"
