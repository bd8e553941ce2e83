"""Anybody on the network, and pages of other sites: the family is served all the while."""

from __future__ import annotations

import json
import os
import resource
import socket
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any, Final

from actors.strangers import MAX_UNCLAIMED
from tests.bench.wire import Publisher
from tests.brokers import wait_until
from tests.chaos.fault import Outcome, Trial
from tests.chaos.victim import Place, Victim, mosquitto
from tests.web.test_time_held import BODIES

_ATTACKERS: Final = 3
# Of the family's requests, which take 2 ms by themselves; others may use the processors. It was 7.8 s.
_P99_S: Final = 1.0
_PATIENCE: Final = 20.0
_CONNECTIONS: Final = 40
# At rest 130; the objects of 500 such reports would take 900 more.
_MOST_MIB: Final = 450
_OURS: Final = "TMP0CAOSOURS"
# Of one processor, and of the log, while there are no descriptors.
_MOST_BUSY: Final = 0.3
_MOST_LINES: Final = 3
_OTHER_SITE: Final = "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: image\r\n"


def _requests() -> list[bytes]:
    """The worst that they can send, and what a page of another site makes a browser send."""
    bodies = [BODIES[name](15_000) for name in ("a name twice, at the end", "objects", "lists")]
    queries = [f"/ai/eventos?desde={'T+' * 7_000}", f"/dispositivos/1/estadisticas?hasta={'T' * 7_000}+"]
    streams = [f"/stream/dispositivos?ticket={number}" for number in range(11)]
    return [
        *(_request("POST", "/auth/emparejar", body=body) for body in bodies),
        *(_request("GET", path) for path in queries),
        *(_request("GET", path, _OTHER_SITE) for path in [*queries, *streams]),
    ]


def _request(method: str, target: str, headers: str = "", body: str = "") -> bytes:
    length = f"Content-Length: {len(body)}\r\n" if body else ""
    return f"{method} {target} HTTP/1.0\r\nHost: localhost\r\n{length}{headers}\r\n{body}".encode()


def attacked(trial: Trial) -> Outcome:
    """Three send what takes longest, one after the other, beside a family that reads its devices."""
    outcome = Outcome()
    with mosquitto(trial.folder) as broker, Place(trial.folder / "home", broker).victim() as victim:
        quiet = _family(victim, trial.pick(1.0, 10.0), outcome)
        with _attackers(victim):
            busy = _family(victim, trial.pick(3.0, 60.0), outcome)
        p50, p99 = statistics.median(busy), statistics.quantiles(busy, n=100)[98]
        outcome.expect(p99 <= _P99_S, f"p99 of the family's requests is {p99:.2f} s")
        tried = victim.ask("POST", "/auth/emparejar", {"codigo": "AAAAA-AAAAA", "nombre": "x"})
        outcome.expect(tried.status == 401, "the family's own address was banned")
    told = (1000 * each for each in (statistics.median(quiet), p50, p99))
    outcome.extra = "the family's p50 {:.1f} ms, attacked {:.1f}, p99 {:.0f}".format(*told)
    return outcome


def _family(victim: Victim, seconds: float, outcome: Outcome) -> list[float]:
    """What each of its requests takes, s."""
    taken: list[float] = []
    until = time.monotonic() + seconds
    while (began := time.monotonic()) < until or len(taken) < 10:
        outcome.tried += 1
        outcome.survived += victim.ask("GET", "/dispositivos").status == 200
        taken.append(time.monotonic() - began)
    return taken


@contextmanager
def _attackers(victim: Victim) -> Iterator[None]:
    over = threading.Event()

    def attack() -> None:
        for request in cycle(_requests()):
            if over.is_set():
                return
            with socket.create_connection(("127.0.0.1", victim.http), _PATIENCE) as client:
                client.sendall(request)
                while client.recv(2**16):
                    pass

    threads = [threading.Thread(target=attack) for _ in range(_ATTACKERS)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join(_PATIENCE)


def junk(trial: Trial) -> Outcome:
    """Serial numbers that nobody has, each with the largest report; a device of the house is heard."""
    with mosquitto(trial.folder) as broker:
        return _junk(trial, Place(trial.folder / "home", broker))


def junk_embedded(trial: Trial) -> Outcome:
    return _junk(trial, Place(trial.folder / "home"))


def _junk(trial: Trial, place: Place) -> Outcome:
    outcome = Outcome()
    contents = {f"p{n}": [{"a": {"b": 1}}] * 70 for n in range(64)}
    rest = json.dumps({"parametros": contents}, separators=(",", ":")).encode()[1:]
    with place.victim() as victim:
        victim.until_health_is(200)
        device, stranger = Publisher(place.mqtt, "house"), Publisher(place.mqtt, "stranger")
        with device.sock, stranger.sock:
            _report(device, _OURS, _temperature(0))
            wait_until(lambda: bool(victim.ask("GET", "/dispositivos").json), _PATIENCE)
            claimed = victim.ask("POST", "/dispositivos/reclamar", {"serial_number": _OURS})
            outcome.expect(claimed.status == 200, "the device could not be claimed")
            for number in range(1, trial.pick(6, 40)):
                for junk in range(100):
                    _report(stranger, f"JUNK{number}-{junk}", rest)
                outcome.tried += 1
                began = time.monotonic()
                _report(device, _OURS, _temperature(number))
                log = f"/dispositivos/{claimed.json['id']}/logs?per_page=1"
                told = {"temp": number}
                wait_until(lambda log=log, told=told: _newest(victim, log) == told, _PATIENCE)  # type: ignore[misc]
                outcome.recoveries.append(time.monotonic() - began)
                outcome.survived += 1
        peak, unclaimed = victim.peak_mib, len(victim.ask("GET", "/dispositivos/no-reclamados").json)
    outcome.expect(peak <= _MOST_MIB, f"{peak:.0f} MiB")
    outcome.expect(unclaimed <= MAX_UNCLAIMED, f"{unclaimed} unclaimed devices")
    outcome.extra = f"{peak:.0f} MiB at most"
    return outcome


def _temperature(degrees: int) -> bytes:
    return b'"parametros":{"temp":%d}}' % degrees


def _report(publisher: Publisher, serial: str, rest: bytes) -> None:
    """``rest`` is what follows the serial number, written once for all."""
    publisher.publish([("dispositivos/estado", b'{"serial_number":"%s",%s' % (serial.encode(), rest))])
    while publisher.acknowledged < publisher.sent:
        publisher.read()


def _newest(victim: Victim, log: str) -> Any:
    return victim.ask("GET", log).json["data"][0]["parametros"]


def no_descriptors(trial: Trial) -> Outcome:
    """None is left for a connection, for a while; then it goes on by itself."""
    outcome = Outcome(tried=1)
    with (
        mosquitto(trial.folder) as broker,
        ExitStack() as crowd,
        Place(trial.folder / "home", broker).victim() as victim,
    ):
        assert victim.pid is not None
        before = resource.prlimit(victim.pid, resource.RLIMIT_NOFILE)
        used = len(os.listdir(f"/proc/{victim.pid}/fd"))
        resource.prlimit(victim.pid, resource.RLIMIT_NOFILE, (used + 5, before[1]))
        for _ in range(_CONNECTIONS):
            crowd.enter_context(socket.create_connection(("127.0.0.1", victim.http), _PATIENCE))
        wait_until(lambda: _complaints(victim) > 0, _PATIENCE)
        began, spent = time.monotonic(), _processor_s(victim.pid)
        threading.Event().wait(trial.pick(2.0, 130.0))
        busy = (_processor_s(victim.pid) - spent) / (time.monotonic() - began)
        lines = _complaints(victim)
        began = time.monotonic()
        resource.prlimit(victim.pid, resource.RLIMIT_NOFILE, before)
        outcome.survived += victim.ask("GET", "/dispositivos").status == 200
        outcome.recoveries.append(time.monotonic() - began)
    outcome.expect(busy <= _MOST_BUSY, f"{100 * busy:.0f} % of a processor meanwhile")
    outcome.expect(lines <= _MOST_LINES, f"{lines} lines in the log")
    outcome.extra = f"meanwhile {100 * busy:.0f} % of a processor, {lines} lines in the log"
    return outcome


def _complaints(victim: Victim) -> int:
    return sum("connection_not_accepted" in line or "accept" in line for line in list(victim.said))


def _processor_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
