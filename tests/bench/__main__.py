"""Measure the figures of docs/reliability.md: ``python -m tests.bench [figure ...]``.

Each line gives what was measured, the bound, and whether it holds. Throughput is also given as a
ratio to the floor, measured right before on the same machine.
"""

from __future__ import annotations

import argparse
import json
import math
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.bench.processes import System, floor, free_port, mosquitto, system
from tests.bench.wire import Publisher, Reporters, StreamClient, paced, pump, sent_at


@dataclass
class Figure:
    """One line of the table; without a bound it is there to compare the others with."""

    what: str
    measured: float
    unit: str
    at_most: float = math.inf
    at_least: float = -math.inf

    @property
    def holds(self) -> bool:
        return self.at_least <= self.measured <= self.at_most

    def __str__(self) -> str:
        bound = ""
        if self.at_most < math.inf:
            bound = f"<= {self.at_most:,.2f}"
        elif self.at_least > -math.inf:
            bound = f">= {self.at_least:,.2f}"
        verdict = "" if not bound else "ok" if self.holds else "MISSED"
        return f"{self.what:<58}{self.measured:>11,.2f} {self.unit:<9} {bound:>12}  {verdict}"


def serials(count: int) -> list[str]:
    return [f"TMP0{n:08d}" for n in range(count)]


def introduce(running: System, publisher: Publisher, house: Reporters, claimed: bool) -> None:
    """Have each device report once; the rules run for those that are claimed."""
    watcher = StreamClient(running.http)
    pump(publisher, [watcher], house, len(house.serials), window=500)
    watcher.sock.close()
    if claimed:
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
        house = Reporters(serials(20))
        assert subscriber.stdout is not None
        for _ in range(total // 500):
            publisher.publish(house.reports(500))
            while publisher.sent - publisher.acknowledged > 2000:
                publisher.read()
        return float(subscriber.stdout.readline())


def measure_throughput(folder: Path, devices: int, total: int, claimed: bool) -> tuple[float, float]:
    """Reports a second, each on disk and at each of five clients; and the MiB resident after it."""
    data = folder / "data"
    with mosquitto(folder) as port, system(data, port) as running:
        publisher, house = Publisher(port), Reporters(serials(devices))
        introduce(running, publisher, house, claimed)
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
    """Three rounds, each with its own floor right before; ratios are of one round."""
    rounds = [_round(folder / str(n)) for n in range(3)]
    floors, plain, ruled, crowd, ruled_crowd = zip(*(rates for rates, _ in rounds), strict=True)
    residents, ruled_residents = zip(*(sizes for _, sizes in rounds), strict=True)

    def ratio(these: Sequence[float], those: Sequence[float]) -> float:
        return statistics.median(this / that for this, that in zip(these, those, strict=True))

    return [
        Figure("floor: bare paho subscriber, QoS 1, JSON parsed", statistics.median(floors), "msg/s"),
        Figure("20 devices, 5 SSE clients, durable", statistics.median(plain), "rep./s", at_least=4000),
        Figure("  as a ratio to the floor", ratio(plain, floors), "", at_least=0.15),
        Figure("20 devices, all rules on", statistics.median(ruled), "rep./s"),
        Figure("  as a ratio to no rules", ratio(ruled, plain), "", at_least=0.75),
        Figure("2,000 devices", statistics.median(crowd), "rep./s"),
        Figure("  as a ratio to 20 devices", ratio(crowd, plain), "", at_least=0.70),
        Figure("  resident after the load", max(residents), "MiB", at_most=150),
        Figure("2,000 devices, all rules on", statistics.median(ruled_crowd), "rep./s"),
        Figure("  resident after the load", max(ruled_residents), "MiB", at_most=300),
    ]


def _round(folder: Path) -> tuple[tuple[float, ...], tuple[float, float]]:
    bare = measure_floor(folder / "floor", 60_000)
    plain, _ = measure_throughput(folder / "plain", 20, 40_000, claimed=False)
    ruled, _ = measure_throughput(folder / "ruled", 20, 40_000, claimed=True)
    crowd, size = measure_throughput(folder / "crowd", 2000, 30_000, claimed=False)
    ruled_crowd, ruled_size = measure_throughput(folder / "ruled-crowd", 2000, 30_000, claimed=True)
    return (bare, plain, ruled, crowd, ruled_crowd), (size, ruled_size)


def latency(folder: Path) -> list[Figure]:
    """Five rounds of ten seconds; the median of each percentile, as a neighbour on the machine costs
    whole milliseconds. The floor is the way to a bare subscriber.
    """
    rounds = [_delays(folder / str(n)) for n in range(5)]
    floors = [_bare_delays(folder / f"floor{n}") for n in range(3)]

    def percentile(of: list[list[float]], share: float) -> float:
        return 1000 * statistics.median(sorted(delays)[int(len(delays) * share)] for delays in of)

    return [
        Figure("floor: publish to a bare subscriber at 50/s, p50", percentile(floors, 0.5), "ms"),
        Figure("floor: publish to a bare subscriber at 50/s, p99", percentile(floors, 0.99), "ms"),
        Figure("publish to SSE at 50/s, p50", percentile(rounds, 0.5), "ms", at_most=2),
        Figure("publish to SSE at 50/s, p99", percentile(rounds, 0.99), "ms", at_most=6),
    ]


def _delays(folder: Path) -> list[float]:
    delays: list[float] = []
    with mosquitto(folder) as port, system(folder / "data", port) as running:
        publisher, house = Publisher(port), Reporters(serials(20))
        introduce(running, publisher, house, claimed=True)
        client = StreamClient(running.http, lambda update: delays.append(time.time() - sent_at(update)))
        others = [StreamClient(running.http) for _ in range(4)]
        paced(publisher, client, house, rate=50, seconds=10)
        for other in others:
            other.sock.close()
    return delays


def _bare_delays(folder: Path) -> list[float]:
    with mosquitto(folder) as port, floor(port, 500) as subscriber:
        publisher, house = Publisher(port), Reporters(serials(20))
        paced(publisher, None, house, rate=50, seconds=10)
        assert subscriber.stdout is not None
        subscriber.stdout.readline()
        delays: list[float] = json.loads(subscriber.stdout.readline())
    return delays


def big_log(folder: Path) -> list[Figure]:
    data = folder / "data"
    fill_log(data / "iot.db", devices=20, rows=1_000_000)
    with system(data, free_port(), broker="") as running:
        first, deep = (
            statistics.median(_seconds(running, f"/dispositivos/1/logs?page={page}") for _ in range(21))
            for page in (1, 900)
        )
        what = "1,000,000 log rows"
        return [
            Figure(f"{what}: first page of /logs", 1000 * first, "ms", at_most=10),
            Figure(f"{what}: page 900 of /logs", 1000 * deep, "ms", at_most=10),
            Figure(f"{what}: start to first healthy answer", running.started_in, "s", at_most=3),
        ]


def _seconds(running: System, path: str) -> float:
    began = time.perf_counter()
    running.get(path)
    return time.perf_counter() - began


def fill_log(path: Path, devices: int, rows: int) -> None:
    """A database as the system leaves it, with ``rows`` log rows in all."""
    from tests.bench.history import fill

    path.parent.mkdir(parents=True)
    fill(path, serials(devices), rows // devices)


def idle(folder: Path) -> list[Figure]:
    with mosquitto(folder) as port, system(folder / "data", port) as running:
        publisher, house = Publisher(port), Reporters(serials(20))
        introduce(running, publisher, house, claimed=True)
        client = StreamClient(running.http)
        paced(publisher, client, house, rate=4, seconds=5)
        before = running.cpu
        paced(publisher, client, house, rate=4, seconds=30)
        busy = 100 * (running.cpu - before) / 31
        return [Figure("idle: 20 devices, one report in 5 s each", busy, "% of core", at_most=2)]


def broker(folder: Path) -> list[Figure]:
    """The embedded broker beside Mosquitto, in turns, the system being the same."""
    pairs = [_side_by_side(folder / str(n)) for n in range(3)]
    theirs, ours = zip(*pairs, strict=True)
    ratio = statistics.median(o.rate / t.rate for t, o in pairs)
    slower = 1000 * statistics.median(o.delay - t.delay for t, o in pairs)
    grown, calm, started = _embedded_at_length(folder / "long")
    return [
        Figure("on Mosquitto: durable reports", statistics.median(each.rate for each in theirs), "rep./s"),
        Figure("embedded broker: durable reports", statistics.median(each.rate for each in ours), "rep./s"),
        Figure("  as a ratio to Mosquitto", ratio, "", at_least=0.9),
        Figure("  publish to SSE at 50/s, p50, slower by", slower, "ms", at_most=0.3),
        Figure("  resident after 1,000,000 reports, 200 devices connected", grown, "MiB", at_most=96),
        Figure("  idle, these devices connected", calm, "% of core", at_most=1),
        Figure("  start to first report", started, "s", at_most=2),
    ]


@dataclass
class _Side:
    rate: float
    delay: float
    """p50, s."""


def _side_by_side(folder: Path) -> tuple[_Side, _Side]:
    with mosquitto(folder) as port, system(folder / "theirs", port) as running:
        theirs = _driven(running, port)
    port = free_port()
    with system(folder / "ours", port, broker="") as running:
        ours = _driven(running, port)
    return theirs, ours


def _driven(running: System, port: int) -> _Side:
    publisher, house = Publisher(port), Reporters(serials(20))
    introduce(running, publisher, house, claimed=False)
    clients = [StreamClient(running.http) for _ in range(5)]
    rate = 20_000 / pump(publisher, clients, house, 20_000, window=4000)
    for client in clients:
        client.sock.close()
    delays: list[float] = []
    client = StreamClient(running.http, lambda update: delays.append(time.time() - sent_at(update)))
    paced(publisher, client, house, rate=50, seconds=10)
    return _Side(rate, statistics.median(delays))


def _embedded_at_length(folder: Path) -> tuple[float, float, float]:
    """The broker's MiB after a million reports with 200 devices, its idle load, seconds to a report."""
    folder.mkdir(parents=True)
    port, began = free_port(), time.perf_counter()
    with system(folder / "data", port, broker="") as running:
        publisher, house = Publisher(port), Reporters(serials(200))
        watcher = StreamClient(running.http)
        pump(publisher, [watcher], house, 1, window=1)
        started = time.perf_counter() - began
        devices = [Publisher(port, serial) for serial in house.serials]
        for _ in range(50):
            pump(publisher, [watcher], house, 20_000, window=4000)
        before = running.broker_cpu
        time.sleep(30)
        calm = 100 * (running.broker_cpu - before) / 30
        resident = running.broker_resident
        for device in devices:
            device.sock.close()
    return resident, calm, started


def page(minutes: float, folder: Path) -> list[Figure]:
    from tests.bench.page import DEVICES, first_cards, smoothness

    cards = first_cards(folder)
    of = smoothness(folder, minutes)
    grown = of.after.heap - of.before.heap
    return [
        Figure(
            "page, the demonstration on a phone: first card, p50", statistics.median(cards), "ms", at_most=500
        ),
        Figure("  at the most", max(cards), "ms"),
        Figure(f"page, {DEVICES} devices, each once a second: shown", of.reports, "rep./s", at_least=150),
        Figure("  frames, p50", of.still.median, "/s", at_least=50),
        Figure("  p5", of.still.slow, "/s"),
        Figure("  scrolled: frames, p50", of.scrolled.median, "/s", at_least=50),
        Figure("  p5", of.scrolled.slow, "/s"),
        Figure("  renderer's main thread", of.main_thread, "% of core", at_most=25),
        Figure("  its tasks, waiting included", of.tasks, "% of time"),
        Figure("  all of Chromium, drawing in software", of.chromium, "% of core"),
        Figure(
            f"  heap after {minutes:g} min, from {of.before.heap:.1f} MiB: grown by", grown, "MiB", at_most=2
        ),
        Figure("  DOM nodes: grown by", of.after.nodes - of.before.nodes, "", at_most=100),
    ]


def imported(folder: Path) -> list[Figure]:
    """Three rounds, each beside as many devices of the house's own; ratios are of one round."""
    from tests.bench.imported import DEVICES, measure

    rounds = [measure(folder / str(n), 30_000) for n in range(3)]
    rate = statistics.median(each.imported for each in rounds)
    ratio = statistics.median(each.imported / each.native for each in rounds)
    announced = statistics.median(each.announced_s for each in rounds)
    size = statistics.median(each.imported_kib for each in rounds)
    larger = statistics.median(each.imported_kib - each.native_kib for each in rounds)
    return [
        Figure(f"{DEVICES} Tasmota plugs in bursts of 10, 1 SSE client", rate, "msg/s"),
        Figure("  as a ratio to reports of as many of ours", ratio, "", at_least=0.6),
        Figure("  announced, all at once: in the list after", announced, "s", at_most=5),
        Figure("  resident of each", size, "KiB"),
        Figure("  more than of one of ours", larger, "KiB"),
    ]


FIGURES: dict[str, Callable[[Path], list[Figure]]] = {
    "throughput": throughput,
    "latency": latency,
    "log": big_log,
    "idle": idle,
    "broker": broker,
    "imported": imported,
}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=3, help="that the page is watched for (3)")
    parser.add_argument(
        "figures", nargs="*", metavar="figure", help=f"of {', '.join([*FIGURES, 'page'])}; default: all"
    )
    given = parser.parse_args()
    figures: dict[str, Callable[[Path], list[Figure]]] = {**FIGURES, "page": partial(page, given.minutes)}
    measured = []
    for name in given.figures or figures:
        with tempfile.TemporaryDirectory(prefix=f"bench-{name}-") as folder:
            for figure in figures[name](Path(folder)):
                print(figure, flush=True)
                measured.append(figure)
    return 0 if all(figure.holds for figure in measured) else 1


if __name__ == "__main__":
    raise SystemExit(main())
