"""Rule 3 from prepared files: suggestions that are the same at every show.

Pure over the bytes of a file; finding and reading it is the caller's part. A CSV has the columns
``timestamp`` (ISO 8601; local time unless it says otherwise) and ``encendido``, and any others; a PKL
is what :mod:`rules.learn.stored_model` reads.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, tzinfo
from typing import Final

from actors.domain.readings import switch_of
from rules.base.settings import LearnSettings
from rules.learn.estimate import Bins, estimate_of
from rules.learn.habit import Week, WeeklyHabit
from rules.learn.held_signal import HeldSignal
from rules.learn.stored_model import BadModel, read_model
from rules.learn.timetable import WEEK, Timetable, Window
from rules.learn.windows import fewest, runs_of, windows_of

PKL: Final = "pkl"

# Some megabytes of demonstration are a mistake.
MAX_BYTES: Final = 20_000_000


class BadDemo(ValueError):
    """A demonstration file that cannot be used. ``str()`` says why, in Spanish."""


def file_of(settings: LearnSettings, serial: str) -> str | None:
    """The path of the file for this device; ``None`` if it has no part in the demonstration."""
    if not settings.ai_r3_demo_mode or serial not in settings.ai_r3_demo_serials:
        return None
    if settings.ai_r3_demo_source == PKL:
        return f"{settings.ai_r3_model_dir}/{serial}.river.pkl"
    return f"{settings.ai_r3_demo_csv_dir}/{serial}.csv"


def timetable_from(settings: LearnSettings, timezone: tzinfo, data: bytes | None) -> Timetable | None:
    """What :class:`rules.learn.rule.LearnRule` takes as ``demo``; ``data`` is the file, ``None`` if there is
    none.

    ``None`` means to learn from the device after all, as without a demonstration; an empty timetable
    to suggest nothing, where files are required. Raises :class:`BadDemo`.
    """
    if not settings.ai_r3_demo_mode:
        return None
    if data is None:
        return () if settings.ai_r3_demo_require_files else None
    if len(data) > MAX_BYTES:
        raise BadDemo(f"el archivo pasa de {MAX_BYTES} bytes")
    if settings.ai_r3_demo_source == PKL:
        return _from_model(settings, data)
    return _from_csv(settings, timezone, data)


def _strongest(bins: Bins, week: Week, per_day: int) -> Bins:
    """At most ``per_day`` bins of each day, those most often on; 0 is no limit."""
    if not per_day:
        return bins
    size = len(bins) // 7
    kept = bytearray(len(bins))
    for day in range(0, len(bins), size):
        lit = [at for at in range(day, day + size) if bins[at]]
        for at in sorted(lit, key=week.share, reverse=True)[:per_day]:
            kept[at] = 1
    return bytes(kept)


# -- CSV -----------------------------------------------------------------------------------------


def _from_csv(settings: LearnSettings, timezone: tzinfo, data: bytes) -> Timetable:
    """What a device that had reported this would be suggested."""
    habit = WeeklyHabit(settings.ai_r3_bin_minutes)
    signal = HeldSignal(timezone, settings.ai_r3_bin_minutes)
    for at, on in sorted(_rows(timezone, data)):
        for stretch in signal.say(at, on):
            habit.learn_stretch(stretch)
    estimate = estimate_of(habit, settings, b"")
    bins = _strongest(estimate.bins, estimate.week, settings.ai_r3_demo_topk_per_day)
    return windows_of(habit, replace(estimate, bins=bins), settings)


def _rows(timezone: tzinfo, data: bytes) -> Iterator[tuple[float, bool]]:
    try:
        table = csv.DictReader(io.StringIO(data.decode("utf-8-sig")), strict=True)
        if not {"timestamp", "encendido"} <= set(table.fieldnames or ()):
            raise BadDemo("el CSV necesita las columnas timestamp y encendido")
        for row in table:
            yield _time(row["timestamp"] or "", timezone), _switch(row["encendido"] or "")
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadDemo(f"no es un CSV en UTF-8: {error}") from None


def _time(text: str, timezone: tzinfo) -> float:
    try:
        moment = datetime.fromisoformat(text.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=timezone)).timestamp()
    except (ValueError, OverflowError):
        raise BadDemo(f"{text!r:.40} no es una fecha ISO 8601") from None


def _switch(text: str) -> bool:
    on = switch_of(text)
    if on is None:
        raise BadDemo(f"{text!r:.40} no es encendido ni apagado")
    return on


# -- PKL -----------------------------------------------------------------------------------------


def _from_model(settings: LearnSettings, data: bytes) -> Timetable:
    """Where the model's probability reaches the threshold; a model has no days to show as evidence."""
    try:
        model = read_model(data)
    except BadModel as error:
        raise BadDemo(str(error)) from None
    size = settings.ai_r3_bin_minutes
    share = [model.probability(minute) for minute in range(size // 2, WEEK, size)]
    week = Week(share, share, [1.0] * len(share))
    bins = bytes(chance >= settings.ai_r3_prob_thresh for chance in share)
    bins = _strongest(bins, week, settings.ai_r3_demo_topk_per_day)
    windows = [Window(run.first * size, run.bins * size) for run in runs_of(bins, settings)]
    return fewest(windows, settings.ai_r3_max_windows_per_day)
