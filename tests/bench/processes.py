"""The parts of a measurement as processes of their own: the system, the broker, the floor."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
# For how long at most, s, by the word that starts it: a demonstration's six weeks are made first.
STARTS_IN = {"run": 60, "demo": 120}


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@contextmanager
def ended(process: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@dataclass
class System:
    """The backend under test, running on a broker of its own choosing."""

    process: subprocess.Popen[bytes]
    http: int
    started_in: float
    """Seconds from the start of the process to the first healthy answer."""

    def get(self, path: str) -> bytes:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.http}{path}", timeout=20) as answer:
            return bytes(answer.read())

    def claim(self, serial: str) -> None:
        body = json.dumps({"serial_number": serial, "configuracion": {"modo": "horario"}}).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.http}/dispositivos/reclamar",
            data=body,
            headers={"Content-Type": "application/json"},
        )
        urllib.request.urlopen(request, timeout=20).close()

    @property
    def resident(self) -> float:
        """MiB."""
        statm = Path(f"/proc/{self.process.pid}/statm").read_text().split()
        return int(statm[1]) * _PAGE / 2**20

    @property
    def broker_resident(self) -> float:
        """Of the embedded broker and what runs it, MiB."""
        sizes = [Path(f"/proc/{pid}/statm").read_text().split()[1] for pid in _family(self.process.pid)[1:]]
        return sum(map(int, sizes)) * _PAGE / 2**20

    @property
    def broker_cpu(self) -> float:
        """Seconds of processor time that these have used."""
        return sum(_cpu_of(pid) for pid in _family(self.process.pid)[1:])

    @property
    def cpu(self) -> float:
        """Seconds of processor time used so far, children included."""
        return sum(_cpu_of(pid) for pid in _family(self.process.pid))


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(grandchild for child in children for grandchild in _family(int(child)))]


def _cpu_of(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


@contextmanager
def system(data: Path, mqtt: int, broker: str = "127.0.0.1", house: str = "run") -> Iterator[System]:
    """The backend on the broker at ``broker``, or on the embedded one where that is empty; ``house`` is the
    word that starts it."""
    http = free_port()
    environment = {
        **os.environ,
        "BACKEND_PORT": str(http),
        "MQTT_BROKER_URL": broker,
        "MQTT_BROKER_PORT": str(mqtt),
        "DATA_DIR": str(data),
        # The crowd reports before anybody claims it, and nobody is to give way.
        "MAX_NO_RECLAMADOS": "10000",
    }
    began = time.perf_counter()
    command = [sys.executable, str(ROOT / "run_system.py"), house]
    log = (data.parent / f"{data.name}.log").open("ab")
    with ended(subprocess.Popen(command, env=environment, stdout=log, stderr=log)) as process:
        running = System(process, http, 0.0)
        _wait_healthy(running, began + STARTS_IN[house])
        running.started_in = time.perf_counter() - began
        yield running


def _wait_healthy(running: System, deadline: float) -> None:
    while time.perf_counter() < deadline:
        if running.process.poll() is not None:
            raise RuntimeError(f"the system has ended with status {running.process.returncode}")
        try:
            running.get("/salud")
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.02)
        else:
            return
    raise RuntimeError("the system is not healthy in time")


@contextmanager
def mosquitto(folder: Path) -> Iterator[int]:
    """Debian's Mosquitto with the configuration that the repository recommends; yields its port."""
    from tests.brokers import Mosquitto

    folder.mkdir(parents=True, exist_ok=True)
    broker = Mosquitto(folder)
    broker.start()
    try:
        yield broker.port
    finally:
        broker.stop()


_FLOOR = """
import json, sys, time
import orjson
import paho.mqtt.client as mqtt
port, total = int(sys.argv[1]), int(sys.argv[2])
seen = 0
first = 0.0
delays = []
def on_message(client, userdata, message):
    global seen, first
    report = orjson.loads(message.payload)
    delays.append(time.time() - report["parametros"]["sent"]["t"])
    if not seen:
        first = time.perf_counter()
    seen += 1
    if seen == total:
        print((total - 1) / (time.perf_counter() - first), flush=True)
        print(json.dumps(delays), flush=True)
        client.disconnect()
client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="floor")
client.on_connect = lambda *_: client.subscribe("dispositivos/+/estado", qos=1)
client.on_subscribe = lambda *_: print("ready", flush=True)
client.on_message = on_message
client.connect("127.0.0.1", port)
client.loop_forever()
"""


@contextmanager
def floor(mqtt: int, total: int) -> Iterator[subprocess.Popen[bytes]]:
    """A bare paho subscriber. It prints ``ready`` and, after ``total`` messages, how many came a second
    and the delay of each in seconds.
    """
    command = [sys.executable, "-c", _FLOOR, str(mqtt), str(total)]
    with ended(subprocess.Popen(command, stdout=subprocess.PIPE)) as process:
        assert process.stdout is not None
        if process.stdout.readline() != b"ready\n":
            raise RuntimeError("the floor's subscriber did not start")
        yield process
