"""Measure the promises of the README: ``python -m tests.bench [figure ...]``.

Each line gives what was measured, the bound, and whether it holds. Throughput is also given as a
ratio to the floor, measured right before on the same machine.
"""

from __future__ import annotations

import argparse
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tests.bench.processes import System, floor, free_port, mosquitto, system
from tests.bench.wire import House, Publisher, StreamClient, paced, pump, sent_at


@dataclass
class Figure:
    what: str
    measured: float
    unit: str
    bound: float
    at_least: bool = False

    @property
    def holds(self) -> bool:
        return self.measured >= self.bound if self.at_least else self.measured <= self.bound

    def __str__(self) -> str:
        sign = ">=" if self.at_least else "<="
        verdict = "ok" if self.holds else "MISSED"
        return f"{self.what:<58}{self.measured:>12,.2f} {self.unit:<10} {sign} {self.bound:>8,.2f}  {verdict}"


def serials(count: int) -> list[str]:
    return [f"TMP0{n:08d}" for n in range(count)]


def introduce(running: System, publisher: Publisher, house: House) -> None:
    """Have each device report once, and claim it."""
    watcher = StreamClient(running.http)
    pump(publisher, [watcher], house, len(house.serials), window=500)
    watcher.sock.close()
    for serial in house.serials:
        running.claim(serial)
    running.get("/dispositivos")  # the answer has all that was done, so no event of it comes later


def rows(data: Path) -> int:
    with closing(sqlite3.connect(f"file:{data / 'iot.db'}?mode=ro", uri=True)) as db:
        return int(db.execute("SELECT count(*) FROM estado_log").fetchone()[0])


def measure_floor(folder: Path, total: int) -> float:
    """Messages a second through a bare subscriber, published as fast as the broker takes them."""
    with mosquitto(folder) as port, floor(port, total) as subscriber:
        publisher = Publisher(port)
        house = House(serials(20))
        assert subscriber.stdout is not None
        for _ in range(total // 500):
            publisher.publish(house.reports(500))
            while publisher.sent - publisher.acknowledged > 2000:
                publisher.read()
        return float(subscriber.stdout.readline())


def measure_throughput(folder: Path, devices: int, total: int) -> tuple[float, float]:
    """Reports a second, each on disk and at each of five clients; and the MiB resident after it."""
    data = folder / "data"
    with mosquitto(folder) as port, system(data, port) as running:
        publisher, house = Publisher(port), House(serials(devices))
        introduce(running, publisher, house)
        clients = [StreamClient(running.http) for _ in range(5)]
        pump(publisher, clients, house, total // 10, window=4000)
        took = pump(publisher, clients, house, total, window=4000)
        resident = running.resident
        for client in clients:
            if client.updates != total + total // 10:
                raise RuntimeError(f"a client saw {client.updates} updates")
    kept = rows(data)
    if kept != house.sequence:
        raise RuntimeError(f"{house.sequence} reports sent, {kept} in the log")
    return total / took, resident


def throughput(folder: Path) -> list[Figure]:
    floors, rates, crowds, residents = [], [], [], []
    for turn in range(3):
        floors.append(measure_floor(folder / f"floor{turn}", 60_000))
        rates.append(measure_throughput(folder / f"twenty{turn}", 20, 60_000)[0])
        rate, resident = measure_throughput(folder / f"crowd{turn}", 2000, 40_000)
        crowds.append(rate)
        residents.append(resident)
    ratio = statistics.median(rate / low for rate, low in zip(rates, floors, strict=True))
    crowd_ratio = statistics.median(crowd / rate for crowd, rate in zip(crowds, rates, strict=True))
    return [
        Figure(
            "floor: bare paho subscriber, QoS 1, JSON parsed", statistics.median(floors), "msg/s", 0, True
        ),
        Figure(
            "sustained, 20 devices, 5 SSE clients, durable", statistics.median(rates), "reports/s", 4000, True
        ),
        Figure("  as a ratio to the floor", ratio, "", 0.15, True),
        Figure("sustained, 2,000 claimed devices", statistics.median(crowds), "reports/s", 0, True),
        Figure("  as a ratio to 20 devices", crowd_ratio, "", 0.70, True),
        Figure("resident with 2,000 claimed devices, after the load", max(residents), "MiB", 150),
    ]


def latency(folder: Path) -> list[Figure]:
    delays: list[float] = []
    with mosquitto(folder) as port, system(folder / "data", port) as running:
        publisher, house = Publisher(port), House(serials(20))
        introduce(running, publisher, house)
        client = StreamClient(running.http, lambda update: delays.append(time.time() - sent_at(update)))
        others = [StreamClient(running.http) for _ in range(4)]
        paced(publisher, client, house, rate=50, seconds=30)
        for other in others:
            other.sock.close()
    delays.sort()
    return [
        Figure("publish to SSE at 50 a second, p50", 1000 * delays[len(delays) // 2], "ms", 2),
        Figure("publish to SSE at 50 a second, p99", 1000 * delays[len(delays) * 99 // 100], "ms", 6),
    ]


def big_log(folder: Path) -> list[Figure]:
    data = folder / "data"
    fill_log(data / "iot.db", devices=20, rows=1_000_000)
    with system(data, free_port(), broker="") as running:
        pages = []
        for _ in range(21):
            began = time.perf_counter()
            running.get("/dispositivos/1/logs")
            pages.append(time.perf_counter() - began)
        deep = time.perf_counter()
        running.get("/dispositivos/1/logs?page=900")
        deep = time.perf_counter() - deep
        return [
            Figure(
                "1,000,000 log rows: first page of /logs, median", 1000 * statistics.median(pages), "ms", 10
            ),
            Figure("1,000,000 log rows: page 900 of /logs", 1000 * deep, "ms", 10),
            Figure("1,000,000 log rows: start to first healthy answer", running.started_in, "s", 3),
        ]


def fill_log(path: Path, devices: int, rows: int) -> None:
    """A database as the system leaves it, with ``rows`` log rows in all."""
    from tests.bench.history import fill

    path.parent.mkdir(parents=True)
    fill(path, serials(devices), rows // devices)


def idle(folder: Path) -> list[Figure]:
    with mosquitto(folder) as port, system(folder / "data", port) as running:
        publisher, house = Publisher(port), House(serials(20))
        introduce(running, publisher, house)
        client = StreamClient(running.http)
        paced(publisher, client, house, rate=4, seconds=5)
        before = running.cpu
        paced(publisher, client, house, rate=4, seconds=30)
        return [
            Figure(
                "idle: 20 devices, one report in 5 s each", 100 * (running.cpu - before) / 31, "% of core", 2
            )
        ]


FIGURES: dict[str, Callable[[Path], list[Figure]]] = {
    "throughput": throughput,
    "latency": latency,
    "log": big_log,
    "idle": idle,
}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("figures", nargs="*", metavar="figure", help=f"of {', '.join(FIGURES)}; default: all")
    chosen = parser.parse_args().figures or list(FIGURES)
    measured = []
    for name in chosen:
        with tempfile.TemporaryDirectory(prefix=f"bench-{name}-") as folder:
            for figure in FIGURES[name](Path(folder)):
                print(figure, flush=True)
                measured.append(figure)
    return 0 if all(figure.holds for figure in measured) else 1


if __name__ == "__main__":
    raise SystemExit(main())
