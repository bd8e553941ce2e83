"""What is exported of a device, as tables: its log, and what that comes to by the hour."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import orjson

from actors.domain.model import Json, JsonObject, LogEntry
from actors.domain.readings import flattened, number_of
from web.http.services import Queries
from web.routes.statistics import HOUR, Span, too_many_rows

# Read at a time: what is made of them takes the interpreter for 3 ms.
ROWS: Final = 100
# A device that puts a time or a number into its names would have as many as reports.
MOST_COLUMNS: Final = 250
OTHERS: Final = "otros"
DOUBTFUL: Final = "hora_dudosa"
_STATE: Final = "estado"
_PARAMETERS: Final = "parametros."
# The columns that are no parameter's.
_OWN: Final = frozenset(("fecha", "fecha_utc", _STATE, OTHERS, DOUBTFUL))

Cell: TypeAlias = str | int | float | bool | None
Row: TypeAlias = tuple[float, Sequence[Cell]]
"""When, in seconds since the epoch, and a cell for each of the table's columns."""


@dataclass(frozen=True, slots=True)
class Table:
    name: str
    when: str
    """What the moments are; they are no column."""
    columns: Sequence[str]
    rows: Iterator[Row]
    """To be read once, and not on the loop."""


@dataclass(frozen=True, slots=True)
class Source:
    """What a device has reported."""

    queries: Queries
    device_id: int
    newest: int
    """The number of its last row."""
    go_on: Callable[[], None]
    """Called before each read. What it raises ends the export."""


def history(source: Source, span: Span) -> Table:
    """A row for each report, oldest first; it is read once here, for the names, and once for the rows.

    A column for each name in the reports of this time, as :func:`actors.domain.readings.metric_name` has it,
    in the order in which they came. A text that is a number is one; values that are neither number, truth
    value nor text are JSON. What has no column any more stands together in :data:`OTHERS`. Where the time
    of any is in doubt, :data:`DOUBTFUL` says of which.
    """
    names, doubts = _names(source, span)
    rest = [OTHERS] if len(names) > MOST_COLUMNS else []
    names = names[:MOST_COLUMNS]
    if doubts:
        rest.append(DOUBTFUL)
    rows = _history_rows(source, span, names, rest)
    return Table("historial", "fecha", [_STATE, *map(_title, names), *rest], rows)


def summary(source: Source, span: Span) -> Table:
    """A row for each metric and hour, or day where hours are gone; metric by metric, oldest first."""
    return Table("resumen", "inicio", ["metrica", "n", "media", "min", "max"], _summary_rows(source, span))


def _title(name: str) -> str:
    """Of a parameter's column: none other has it."""
    return _PARAMETERS + name if name in _OWN or name.startswith(_PARAMETERS) else name


def _names(source: Source, span: Span) -> tuple[list[str], bool]:
    """One more than have a column is enough to know. And whether any time is in doubt."""
    names: dict[str, Cell] = {}
    doubts = False
    for entry in _entries(source, span):
        doubts = doubts or entry.doubtful
        if len(names) <= MOST_COLUMNS:
            names |= _cells(entry.parameters)
    return list(names), doubts


def _history_rows(source: Source, span: Span, names: Sequence[str], rest: Sequence[str]) -> Iterator[Row]:
    for entry in _entries(source, span):
        cells = _cells(entry.parameters)
        row = [entry.state, *(cells.pop(name, None) for name in names)]
        if OTHERS in rest:
            row.append(_json(cells) if cells else None)
        if DOUBTFUL in rest:
            row.append(entry.doubtful)
        yield entry.at, row


def _summary_rows(source: Source, span: Span) -> Iterator[Row]:
    source.go_on()
    for metric in source.queries.metrics(source.device_id):
        source.go_on()
        found = source.queries.statistics(source.device_id, metric, span.since, span.until, HOUR)
        if found.rows_missing:
            raise too_many_rows(found.rows_missing, HOUR)
        for point in found.points:
            yield point.begin, (metric, point.n, point.mean, point.low, point.high)


def _entries(source: Source, span: Span) -> Iterator[LogEntry]:
    """Page by page: a transaction that lasted as long as the download would hold up the checkpoints."""
    after = 0
    while True:
        source.go_on()
        page = source.queries.log_range(
            source.device_id, after, source.newest, span.since, ROWS, until=span.until
        )
        yield from page
        if len(page) < ROWS:
            return
        after = page[-1].n


def _cells(parameters: JsonObject) -> dict[str, Cell]:
    return {name: _cell(value) for name, value in flattened(parameters)}


def _cell(value: Json) -> Cell:
    match value:
        case str():
            number = number_of(value)
            return value if number is None else number
        case dict() | list():
            return _json(value)
        case _:
            plain: Cell = value
            return plain


def _json(value: object) -> str:
    return orjson.dumps(value).decode()
