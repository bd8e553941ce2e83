"""Slow, cut and far too many readers of the live view."""

from __future__ import annotations

import resource
import socket
import threading
import time
from contextlib import ExitStack, closing
from typing import Any

from tests.brokers import wait_until
from tests.chaos.devices import Trusting, serials
from tests.chaos.fault import Outcome, Trial
from tests.chaos.victim import Place, Victim, mosquitto
from tests.chaos.watcher import Watcher
from tests.web.site import Event, Listener

_STALLED = 20
_RATE = 100
# Of an event, bytes; and how much of them the kernel may hold for a client that reads nothing.
_FILLING = "x" * 12_000
_KERNEL_HOLDS = 4 * 2**20
_P99_S = 1.0
_TOLD_S = 15.0
_PATIENCE = 60.0
_BOUND_MIB = 150
# Beyond 1,024 descriptors a process that waits with select() cannot connect any more.
_CROWD = 1_100


def _large(seq: int) -> dict[str, Any]:
    return {"n": seq, "t": time.time(), "relleno": _FILLING}


def _small(seq: int) -> dict[str, Any]:
    return {"n": seq, "t": time.time()}


def stalled(trial: Trial) -> Outcome:
    """Twenty read nothing, one reads all; those who do not are sent away, with nothing kept from the one."""
    outcome = Outcome(tried=_STALLED)
    with mosquitto(trial.folder) as broker, ExitStack() as open_streams:
        place = Place(trial.folder / "home", broker)
        with (
            place.victim() as victim,
            Watcher(victim) as healthy,
            Trusting(place.mqtt, place.ledger, serials(4), _RATE, _large) as devices,
        ):
            devices.until_receipt_after(time.monotonic())
            asleep = [
                open_streams.enter_context(Listener(victim.http, "/stream/dispositivos", None, 4096))
                for _ in range(_STALLED)
            ]
            full = place.ledger.sent + _KERNEL_HOLDS // len(_FILLING)
            wait_until(lambda: place.ledger.sent >= full, _PATIENCE)
            began = time.monotonic()
            wait_until(lambda: victim.health["hub"]["clientes"] <= 1, _PATIENCE)
            outcome.recoveries.append(time.monotonic() - began)
            devices.finish()
            victim.until_idle()
            peak = victim.peak_mib
            outcome.expect(victim.health["hub"]["clientes"] == 1, "the one who reads was sent away too")
        outcome.survived = sum(_ends(each) for each in asleep)
    delays = sorted(healthy.delays)
    p99 = delays[int(len(delays) * 0.99)]
    outcome.expect(p99 <= _P99_S, f"p99 of the healthy stream is {p99:.2f} s")
    outcome.expect(max(outcome.recoveries) <= _TOLD_S, f"not sent away within {_TOLD_S:.0f} s")
    outcome.expect(peak <= _BOUND_MIB, f"{peak:.0f} MiB resident; {_BOUND_MIB} are allowed")
    outcome.extra = f"beside them p99 {1000 * p99:.0f} ms, peak {peak:.0f} MiB"
    return outcome.judged(place.ledger.examine(place.data))


def _ends(stream: Listener) -> bool:
    """Whether the stream comes to its end once it is read."""
    try:
        while stream.file.read(2**16):
            pass
    except TimeoutError:
        return False
    except OSError:  # reset
        pass
    return True


def cut(trial: Trial) -> Outcome:
    """A reader is cut off again and again, and goes on after the last event that it has seen."""
    outcome = Outcome(tried=trial.pick(50, 500))
    with mosquitto(trial.folder) as broker:
        place = Place(trial.folder / "home", broker)
        with (
            place.victim() as victim,
            Trusting(place.mqtt, place.ledger, serials(1), 2 * _RATE, _small) as devices,
        ):
            devices.until_receipt_after(time.monotonic())
            place_in_stream = _PlaceInStream()
            for done in range(outcome.tried):
                trial.progress(done, outcome.tried)
                began = time.monotonic()
                with closing(Listener(victim.http, "/stream/dispositivos", place_in_stream.id, 0)) as stream:
                    for event in stream.take(1 + trial.random.randrange(40)):
                        place_in_stream.take(event, outcome)
                    outcome.recoveries.append(time.monotonic() - began)
                threading.Event().wait(trial.random.uniform(0, 0.1))
                outcome.survived += 1
            devices.finish()
            victim.until_idle()
    outcome.extra = f"{place_in_stream.events:,} events without a gap, {place_in_stream.resyncs} resync"
    return outcome.judged(place.ledger.examine(place.data))


class _PlaceInStream:
    """How far a reader has come, over all its connections. Events of one device are numbered without gaps."""

    def __init__(self) -> None:
        self.id: str | None = None
        self.events = 0
        self.resyncs = 0
        self._number: int | None = None

    def take(self, event: Event, outcome: Outcome) -> None:
        self.id = event.id
        number = int(event.id.partition("-")[2])
        if event.name == "resync":
            self.resyncs += 1
            self._number = number
        elif event.name == "message":
            self.events += 1
            due = None if self._number is None else self._number + 1
            outcome.expect(due in (None, number), f"event {number} came where {due} was due")
            self._number = number


def crowd(trial: Trial) -> Outcome:
    """More connections than descriptors that select() takes, and then the broker starts anew."""
    outcome = Outcome(tried=1)
    _make_room()
    with mosquitto(trial.folder) as broker, ExitStack() as crowd:
        place = Place(trial.folder / "home", broker)
        with (
            place.victim(sse_max_clients=800) as victim,
            Trusting(place.mqtt, place.ledger, serials(4), _RATE) as devices,
        ):
            devices.until_receipt_after(time.monotonic())
            for _ in range(_CROWD):
                crowd.enter_context(_guest(victim))
            broker.restart()
            outcome.recoveries.append(devices.until_receipt_after(time.monotonic()))
            outcome.survived = 1
            crowd.close()
            devices.finish()
            victim.until_idle()
    outcome.extra = f"{_CROWD:,} connections"
    return outcome.judged(place.ledger.examine(place.data))


def _guest(victim: Victim) -> socket.socket:
    guest = socket.create_connection(("127.0.0.1", victim.http), timeout=20)
    guest.sendall(b"GET /stream/dispositivos HTTP/1.0\r\n\r\n")
    return guest


def _make_room() -> None:
    """Have as many descriptors as the crowd needs in this process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, _CROWD + 200), hard))
