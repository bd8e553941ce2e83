"""A house of Tasmota plugs, announced and in bursts, beside as many devices of the house's own protocol."""

from __future__ import annotations

import json
import selectors
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.processes import System, mosquitto, system
from tests.bench.wire import Publisher, Reporters, StreamClient, pump

DEVICES = 500
BURST = 10
"""Messages of one plug, one behind the other."""
WINDOW = 5_000
"""Messages that are under way at most: a burst of all."""
_DEADLINE_S = 120.0


@dataclass(frozen=True)
class Measured:
    native: float
    """Reports a second of devices of the house's own."""
    imported: float
    """Messages a second of the plugs."""
    announced_s: float
    """From the first announcement to the list that has all."""
    native_kib: float
    """Resident of one device, KiB."""
    imported_kib: float


@dataclass
class Plugs:
    """Of each it is known which of its messages was the last that the stream has shown."""

    count: int
    shown: dict[str, int] = field(default_factory=dict)
    _sent: int = 0

    @staticmethod
    def mac(number: int) -> str:
        return f"A4CF{number:08X}"

    def announcements(self) -> list[tuple[str, bytes]]:
        return [message for number in range(self.count) for message in _announced(self.mac(number))]

    def burst(self) -> list[tuple[str, bytes]]:
        """Of the plug whose turn it is: ten messages, the last with the number by which it is known again."""
        mac = self.mac(self._sent // BURST % self.count)
        self._sent += BURST
        state = {"Time": "2026-01-01T00:00:00", "POWER": "ON", "Wifi": {"RSSI": 76, "Signal": -62}}
        energy = {"Power": self._sent, "Voltage": 230, "Current": 0.5, "Total": 3.185}
        return [
            *((f"tele/{mac}/STATE", json.dumps(state).encode()) for _ in range(5)),
            *((f"stat/{mac}/RESULT", b'{"POWER":"ON"}') for _ in range(4)),
            (f"tele/{mac}/SENSOR", json.dumps({"Time": "2026-01-01T00:00:00", "ENERGY": energy}).encode()),
        ]

    def note(self, update: bytes) -> None:
        told = json.loads(update)
        if (number := told["parametros"].get("consumo_w")) is not None:
            self.shown[told["serial_number"]] = number

    @property
    def underway(self) -> int:
        """Messages sent and not shown yet, each plug's up to its last burst."""
        rounds, plugs = divmod(self._sent // BURST, self.count)
        due = self.count if rounds else plugs
        missing = 0
        for number in range(due):
            turns = rounds + (number < plugs)
            last = ((turns - 1) * self.count + number + 1) * BURST
            known = self.shown.get(f"tasmota-{self.mac(number)}", 0)
            missing += -(-(last - known) // (self.count * BURST)) * BURST if known else turns * BURST
        return missing


def _announced(mac: str) -> list[tuple[str, bytes]]:
    config = {
        **{"ip": "192.0.2.1", "dn": mac, "fn": [mac], "hn": mac, "mac": mac, "md": "Plug", "ty": 0, "if": 0},
        **{"ofln": "Offline", "onln": "Online", "state": ["OFF", "ON", "TOGGLE", "HOLD"], "sw": "13.4.0"},
        **{"t": mac, "ft": "%prefix%/%topic%/", "tp": ["cmnd", "stat", "tele"], "rl": [1, 0, 0, 0]},
        **{"so": {"4": 0, "17": 0, "82": 0}, "lk": 1, "lt_st": 0, "bat": 0, "dslp": 0, "ver": 1},
    }
    sensors = {"sn": {"ENERGY": {"Total": 3.185, "Power": 0, "Voltage": 230, "Current": 0.0}}, "ver": 1}
    topic = f"tasmota/discovery/{mac}"
    return [
        (f"{topic}/config", json.dumps(config).encode()),
        (f"{topic}/sensors", json.dumps(sensors).encode()),
    ]


def measure(folder: Path, total: int) -> Measured:
    native, native_kib = _native(folder / "native", total)
    with mosquitto(folder / "imported") as port, system(folder / "imported" / "data", port) as running:
        publisher, plugs = Publisher(port), Plugs(DEVICES)
        empty = running.resident
        began = time.perf_counter()
        publisher.publish(plugs.announcements())
        while len(json.loads(running.get("/dispositivos"))) < DEVICES:
            if time.perf_counter() - began > _DEADLINE_S:
                raise RuntimeError("not all that was announced is in the list")
            time.sleep(0.1)
        announced_s = time.perf_counter() - began
        _play(running, publisher, plugs, DEVICES * BURST)
        resident = running.resident
        rate = total / _play(running, publisher, plugs, total)
    return Measured(native, rate, announced_s, native_kib, 1024 * (resident - empty) / DEVICES)


def _native(folder: Path, total: int) -> tuple[float, float]:
    with mosquitto(folder) as port, system(folder / "data", port) as running:
        publisher = Publisher(port)
        house = Reporters([f"TMP0{number:08d}" for number in range(DEVICES)])
        empty = running.resident
        client = StreamClient(running.http)
        pump(publisher, [client], house, DEVICES * BURST, WINDOW)
        resident = running.resident
        return total / pump(publisher, [client], house, total, WINDOW), 1024 * (resident - empty) / DEVICES


def _play(running: System, publisher: Publisher, plugs: Plugs, total: int) -> float:
    """Publish so many messages of plugs; the seconds until the stream has shown the last of each."""
    client = StreamClient(running.http, plugs.note)
    selector = selectors.DefaultSelector()
    for end in publisher, client:
        selector.register(end.sock, selectors.EVENT_READ, end)
    start, sent = time.perf_counter(), 0
    while (underway := plugs.underway) or sent < total:
        while sent < total and underway < WINDOW:
            publisher.publish(plugs.burst())
            sent += BURST
            underway += BURST
        for key, _ in selector.select(timeout=1):
            key.data.read()
        if time.perf_counter() - start > _DEADLINE_S:
            raise RuntimeError(f"{underway} of {sent} messages were never shown")
    client.sock.close()
    return time.perf_counter() - start
