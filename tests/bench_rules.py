"""How right the rules are, and what they cost: ``python -m tests.bench_rules``.

Households and series are drawn from seeds that no test uses, so that nothing is fitted to them.
"""

from __future__ import annotations

import gc
import json
import os
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Final

from actors.domain.findings import Finding
from actors.domain.model import ACTIVE, INACTIVE, Device, JsonObject, Report
from config import Settings
from rules.alarms import AlarmsRule
from rules.base.tables import Limit, Standard, of_device, read_limits
from rules.extremes.rule import ExtremesRule
from rules.learn.rule import LearnRule
from rules.learn.timetable import Timetable, read_suggested
from rules.misconfig import MisconfigRule
from rules.offline import OfflineRule
from tests import sunlit
from tests.households import MADRID, Household, at_random, bins_of, overlap, routine
from tests.plain_things import THINGS
from tests.readings import Series
from tests.rules.given import extremes_settings, learn_settings
from tests.told import LATE_S, public_series, told, verdict

SEED: Final = 40_000
HOUSEHOLDS: Final = 36
WEEKS: Final = 6
DAYS: Final = 7 * WEEKS
INTERVALS: Final = (0, 0, 30, 60, 300, 300, 900, 900)
NOISES: Final = (0.0, 0.05, 0.15)
# Beside the repository, where they are; they are not ours to keep in it.
SAMPLES: Final = Path(__file__).resolve().parents[2] / "shared/samples/readings"
FACTORY: Final = read_limits((Path(__file__).parents[1] / "rules/data/limites.json").read_bytes())
METRICS: Final = 20
# Lives of 120 days of each plain thing.
LIVES: Final = 2
LIMITS: Final = {"temperatura": Limit(10, 80), "humedad": Limit(20, 80)}
STANDARD: Final = Standard("horario", Limit(1, 3600))


def main() -> None:
    base = _resident_mb()
    print(f"Reglas ({HOUSEHOLDS} hogares de {WEEKS} semanas por fila; semillas desde {SEED})\n")
    _learning()
    _changing()
    _randomness()
    _sunlit()
    _anomalies()
    _public()
    _plain()
    _cost()
    _memory(base)


# -- rule 3 ----------------------------------------------------------------------------------------


def _learning() -> None:
    print("Aprendizaje            ruido   IoU media   peor   sugerida   hogares con sugerencia   1.ª (día)")
    for noise, least in zip(NOISES, (0.95, 0.85, 0.70), strict=True):
        learned, suggested, first = [], [], []
        for n in range(HOUSEHOLDS):
            home = _household(SEED + n, noise, 5 if n == 0 else random.Random(SEED + n).choice(INTERVALS))
            rule = _learn_rule()
            findings = _live(rule, home.reports(DAYS))
            truth = bins_of(home.routine)
            learned.append(overlap(bins_of(_spans(rule.timetable())), truth))
            if findings:
                suggested.append(overlap(_last(findings), truth))
                first.append((findings[0].at - home.starts.timestamp()) / 86_400)
        mean = statistics.fmean(learned)
        print(
            f"{'':20}{noise:7.0%} {mean:10.3f} {min(learned):8.2f} {statistics.fmean(suggested):9.3f}"
            f" {len(suggested):14} {statistics.median(first):19.0f}   {_verdict(mean >= least)} (≥ {least})"
        )


def _changing() -> None:
    print("\nRutina cambiada        ruido   semanas después   IoU media   sugerida")
    for noise in NOISES[:2]:
        for weeks in (1, 2, 3):
            learned, suggested = [], []
            for n in range(HOUSEHOLDS):
                old = _household(SEED + 100 + n, noise, random.Random(n).choice((0, 300, 900)))
                new = Household(
                    SEED + 200 + n,
                    routine(random.Random(SEED + 200 + n)),
                    noise,
                    old.interval,
                    [],
                    old.starts + timedelta(days=DAYS),
                )
                rule = _learn_rule()
                findings = [*_live(rule, old.reports(DAYS)), *_live(rule, new.reports(7 * weeks))]
                truth = bins_of(new.routine)
                learned.append(overlap(bins_of(_spans(rule.timetable())), truth))
                suggested.append(overlap(_last(findings), truth) if findings else 0.0)
            mean = statistics.fmean(learned)
            print(f"{'':20}{noise:7.0%} {weeks:12} {mean:16.3f} {statistics.fmean(suggested):11.3f}")


def _randomness() -> None:
    suggesting = 0
    for n in range(2 * HOUSEHOLDS):
        rng = random.Random(SEED + 300 + n)
        mean_on = rng.choice((5, 15, 60, 120, 240, 480))
        mean_off = mean_on * rng.choice((0.1, 0.5, 1, 1, 2, 5, 15))
        findings = _live(_learn_rule(), at_random(SEED + 400 + n, DAYS, mean_on, mean_off))
        suggesting += bool(findings)
    print(
        f"\nAl azar: {suggesting} de {2 * HOUSEHOLDS} dispositivos con sugerencia   "
        f"{_verdict(not suggesting)}"
    )


def _sunlit() -> None:
    """A year of each lamp, from each season on; what was told last is held to what its people do that day."""
    print("\nSegún el sol, un año a 40° N     hallado (día)   error máx. (min)   sugerencias")
    for name, habit, by_sun in (
        ("30 min tras el ocaso", sunlit.after_dusk, True),
        ("y una hora y cuarto", sunlit.for_an_hour_after_dusk, True),
        ("hasta 30 min de sol", sunlit.until_daylight, True),
        ("de 19:00 a 23:00", sunlit.at_seven, False),
    ):
        lives = [sunlit.year(habit, SEED + 900 + month, month) for month in (1, 4, 7, 10)]
        found = [life.found for life in lives if life.found is not None]
        worst = max(life.worst for life in lives)
        print(
            f"  {name:28} {found!s:>18} {worst:13.1f} {[life.suggestions for life in lives]!s:>22}"
            f"   {_verdict(len(found) == 4 * by_sun and worst <= 10)} (≤ 10)"
        )


def _household(seed: int, noise: float, interval: float) -> Household:
    rng = random.Random(seed)
    gaps = [(rng.randrange(3, 30), rng.randrange(1, 5)) for _ in range(rng.randrange(3))]
    return Household(seed, routine(rng), noise, interval, gaps)


def _learn_rule() -> LearnRule:
    return LearnRule(learn_settings(), MADRID, _no_schedule)


def _no_schedule(_: JsonObject) -> None:
    """What its configuration has in that device's place."""


def _live(rule: LearnRule, reports: Iterable[tuple[float, bool]]) -> list[Finding]:
    states = {
        on: Device(id=1, serial="LGT0BENCH", claimed=True, state=ACTIVE if on else INACTIVE)
        for on in (True, False)
    }
    findings: list[Finding] = []
    for at, on in reports:
        device = states[on]
        findings += rule.observe(device, Report(device.serial, at, device.state), at)
    return findings


def _spans(timetable: Timetable) -> list[tuple[int, int]]:
    return [window.span for window in timetable]


def _last(findings: Sequence[Finding]) -> list[bool]:
    return bins_of(_spans(tuple(read_suggested(findings[-1].details["suggested_horarios"]))))


# -- rule 1 ----------------------------------------------------------------------------------------


def _anomalies() -> None:
    planted = caught = false = 0
    for n in range(HOUSEHOLDS):
        series = Series(SEED + 500 + n, DAYS, 300, spikes=30)
        for found, spike in _judged(series):
            planted += spike
            caught += found and spike
            false += found and not spike
    recall, weekly = caught / planted, false / HOUSEHOLDS / WEEKS
    print(
        f"\nAnomalías: {caught} de {planted} picos ({recall:.3f}); "
        f"{weekly:.2f} falsas alarmas por dispositivo y semana   {_verdict(recall >= 0.95 and weekly <= 1)}"
    )


def _judged(series: Series) -> Iterator[tuple[bool, bool]]:
    """Whether something is told at a reading, also that it has got worse; and whether that is right."""
    rule = ExtremesRule(extremes_settings(), {})
    device = Device(id=1, serial="XXX0BENCH", claimed=True)
    for at, value, spike in series.readings():
        found = rule.observe(device, Report(device.serial, at, parameters={"m": value}), at)
        yield any(each.episode is not None and each.episode.lasts for each in found), spike


def _public() -> None:
    """Series with labels, of the samples or of the folders that ``READINGS`` names."""
    folders = [Path(name) for name in os.environ.get("READINGS", str(SAMPLES)).split(":")]
    found = labelled = 0
    print("\nSeries públicas                        tramos   hallazgos en cada uno   falsos   por semana")
    for series in (each for folder in folders if folder.is_dir() for each in public_series(folder)):
        rule = ExtremesRule(extremes_settings(), {})
        device = Device(id=1, serial="XXX0BENCH", claimed=True)
        how = verdict(told(rule, device, "m", series.readings), series.anomalies)
        found, labelled = found + how.found, labelled + len(how.findings)
        weekly = len(how.false) / series.weeks
        print(
            f"  {series.name:36} {how.found:2} de {len(how.findings)} {how.findings!s:>22} {len(how.false):8}"
            f" {weekly:11.2f}   {_verdict(weekly <= 0.3 and max(how.findings, default=0) <= 2)}"
        )
    if labelled:
        print(f"  {found} de {labelled} tramos   {_verdict(found >= 0.9 * labelled)} (≥ 90 %)")


def _plain() -> None:
    print("\nCosas corrientes, 120 días   falsos (vida normal)   por mes   anomalías halladas   hallazgos")
    for thing in THINGS:
        device = Device(id=1, serial=thing.serial, claimed=True)
        limits = of_device(FACTORY, thing.serial, {})
        false = found = planted = 0
        each_found: list[int] = []
        for seed in range(SEED + 800, SEED + 800 + LIVES):
            calm = ExtremesRule(extremes_settings(), limits, MADRID)
            false += len(told(calm, device, thing.metric, thing.readings(seed, planted=False)))
            rule = ExtremesRule(extremes_settings(), limits, MADRID)
            spans = [(each.span[0], each.span[1] + LATE_S) for each in thing.anomalies]
            how = verdict(told(rule, device, thing.metric, thing.readings(seed)), spans)
            found, planted = found + how.found, planted + len(spans)
            each_found += how.findings
        monthly = false / LIVES / 4
        print(
            f"  {thing.name:26} {false:10} en {LIVES} {monthly:15.2f} {found:12} de {planted:2}"
            f" {each_found!s:>18}   {_verdict(monthly <= 1 and found == planted)}"
        )


# -- all rules -------------------------------------------------------------------------------------


# One for all devices, as in a house.
HOUSE: Final = Settings()
STANDARDS: Final = {"TMP0": STANDARD}


class _All:
    """The five rules of one device, as its actors would drive them in a house of which the place is known."""

    __slots__ = ("alarms", "extremes", "learn", "misconfig", "offline")

    def __init__(self) -> None:
        self.extremes = ExtremesRule(HOUSE, LIMITS)
        self.misconfig = MisconfigRule(HOUSE, STANDARDS)
        self.learn = LearnRule(HOUSE, MADRID, _no_schedule, sun=sunlit.SUN)
        self.offline = OfflineRule(HOUSE, MADRID)
        self.alarms = AlarmsRule(HOUSE)

    def observe(self, device: Device, report: Report) -> None:
        for rule in (self.extremes, self.misconfig, self.learn, self.offline, self.alarms):
            rule.observe(device, report, report.at)

    def states(self) -> tuple[JsonObject, JsonObject]:
        return self.extremes.state(), self.learn.state()


def _reports(seed: int, interval: float, count: int) -> Iterator[tuple[Device, Report]]:
    rng = random.Random(seed)
    home = Household(seed, routine(rng), 0.05, interval)
    configuration = {"modo": "horario", "intervalo_envio": 60}
    for at, on in islice(home.reports(int(count * interval / 86_400) + 1), count):
        state = ACTIVE if on else INACTIVE
        parameters = {
            "temperatura": 20 + 5 * on + rng.gauss(0, 1),
            "humedad": rng.gauss(50, 4),
            "watts": 60.0 * on + rng.random(),
        }
        device = Device(
            id=1,
            serial="TMP0BENCH",
            claimed=True,
            online=True,
            seen_at=at,
            state=state,
            parameters=parameters,
            configuration=configuration,
        )
        yield device, Report(device.serial, at, state, parameters)


def _cost() -> None:
    print("\nCoste de las cinco reglas, tres métricas por informe (µs de CPU)")
    for interval, rows in ((5.0, 1_000_000), (60.0, 50_000), (900.0, 5_000)):
        rules = _All()
        stream = _reports(SEED + 600, interval, rows)
        block = min(rows // 2, 50_000)
        early = _timed(rules, islice(stream, block))
        for device, report in islice(stream, rows - 2 * block):
            rules.observe(device, report)
        late = _timed(rules, stream)
        print(
            f"  cada {interval:4.0f} s: {early:5.1f} al principio, {late:5.1f} con {rows:,} filas"
            f"   {_verdict(late <= 30)} (≤ 30)"
        )


def _timed(rules: _All, stream: Iterable[tuple[Device, Report]]) -> float:
    ready = list(stream)
    begin = time.process_time()
    for device, report in ready:
        rules.observe(device, report)
    return (time.process_time() - begin) / len(ready) * 1e6


def _wide(count: int) -> Iterator[tuple[Device, Report]]:
    """Reports of a device with twenty metrics."""
    for device, report in _reports(SEED + 700, 900, count):
        rng = random.Random(int(report.at))
        named = {f"x{n}": 10 * n + rng.gauss(0, 1 + n) for n in range(METRICS - 3)}
        yield device, replace(report, parameters={**(report.parameters or {}), **named})


def _memory(base: float) -> None:
    """All rules of devices with twenty metrics, each after a month: what they keep resident, and stored.

    Each is read again and has heard one report more.
    """
    rules = _All()
    *month, last = _wide(30 * 96)
    for device, report in month:
        rules.observe(device, report)
    texts = [json.dumps(state) for state in rules.states()]
    gc.collect()
    before = _resident_mb()
    begin = time.process_time()
    devices = []
    for _ in range(1_000):
        extremes, learn = map(json.loads, texts)
        one = _All()
        one.extremes = ExtremesRule.from_state(HOUSE, LIMITS, extremes)
        one.learn = LearnRule.from_state(HOUSE, MADRID, _no_schedule, learn, sun=sunlit.SUN)
        devices.append(one)
    spent = time.process_time() - begin
    for one in devices:
        one.observe(*last)
    gc.collect()
    each = _resident_mb() - before
    print(
        f"\nMemoria de todas las reglas con {METRICS} métricas y un mes de historia: {each:.0f} kB por "
        f"dispositivo   {_verdict(each <= 60)} (≤ 60); guardado {sum(map(len, texts)) / 1000:.0f} kB, "
        f"{spent:.1f} ms en recuperarlo (proceso {_resident_mb():.0f} MB; al empezar {base:.0f} MB)"
    )


def _resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6


def _verdict(well: bool) -> str:
    return "bien" if well else "MAL"


STEPS: Final[dict[str, Callable[[], None]]] = {
    "learning": _learning,
    "changing": _changing,
    "randomness": _randomness,
    "sunlit": _sunlit,
    "anomalies": _anomalies,
    "public": _public,
    "plain": _plain,
    "cost": _cost,
    "memory": lambda: _memory(_resident_mb()),
}

if __name__ == "__main__":
    if names := sys.argv[1:]:
        for name in names:
            STEPS[name]()
    else:
        main()
