"""What is exported, and that whatever a device has reported is read back as it was, from CSV and XLSX."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from unittest.mock import patch

import orjson
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from actors.domain.model import LogEntry
from actors.domain.readings import metric_name, number_of
from tests.web.stand_ins import Shelf
from web.export import tables as export_tables
from web.export.csv_table import FORMULAS, MARK, csv_chunks
from web.export.spreadsheet import lines_of
from web.export.spreadsheet_process import write
from web.export.tables import OTHERS, Source, Table, history, summary
from web.routes.statistics import Span
from web.schemas.serializers import on_the_wall

ALWAYS: Final = Span(0.0, 1e11)
BEGAN: Final = 1_800_000_000.25

TEXTS: Final = st.text(max_size=6) | st.builds(
    str.__add__,
    st.sampled_from([*FORMULAS, "'", '"', ",", ";", "\r\n", "#N/A", "\x00", " "]),
    st.text(max_size=4),
)
SCALARS: Final = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**64 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXTS,
)
VALUES: Final[st.SearchStrategy[Any]] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=4,
)
REPORTS: Final = st.lists(
    st.tuples(st.floats(0, 4e9), TEXTS, st.dictionaries(TEXTS, VALUES, max_size=3)), max_size=5
)


def exported(reports: list[tuple[float, str, dict[str, Any]]]) -> Table:
    """The history of a device that has reported so: when, its state, and what."""
    shelf = Shelf()
    for n, (at, state, parameters) in enumerate(reports, start=1):
        shelf.entries.append(LogEntry(1, n, at, state, parameters))
    return history(source(shelf), ALWAYS)


def source(shelf: Shelf) -> Source:
    return Source(shelf, 1, len(shelf.entries), lambda: None)


def read_csv(table: Table) -> list[list[str]]:
    data = b"".join(csv_chunks(table))
    return list(csv.reader(io.StringIO(data.removeprefix(MARK).decode(), newline="")))


@contextmanager
def opened(*tables: Table, most_rows: int = 1_000) -> Iterator[Workbook]:
    file = io.BytesIO()
    write(map(json.loads, lines_of(tables)), file, most_rows)
    book = load_workbook(file)
    yield book
    book.close()


def flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """As it is documented: nested ones by ``outer.inner``, a text that is a number as one."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        own = prefix + metric_name(name)
        if isinstance(value, dict) and value:
            found |= flat(value, f"{own}.")
        else:
            number = number_of(value) if isinstance(value, str) else None
            found[own] = value if number is None else number
    return found


def title(name: str) -> str:
    own = name in ("fecha", "fecha_utc", "estado", "otros") or name.startswith("parametros.")
    return f"parametros.{name}" if own else name


# -- CSV -----------------------------------------------------------------------------------------


def same_in_csv(cell: str, value: Any) -> bool:
    match value:
        case None | bool():
            return cell == {None: "", True: "true", False: "false"}[value]
        case int() | float():
            return float(cell) == value if isinstance(value, float) else int(cell) == value
        case list() | dict():
            return cell == guarded(orjson.dumps(value).decode())
        case _:
            return cell == guarded(value)


def guarded(text: str) -> str:
    """With a mark before each sign that begins a cell, wherever a spreadsheet may split the text."""
    begins = [0, *(at + 1 for at, sign in enumerate(text) if sign in ";\t\r\n")]
    marked = {at for at in begins if text[at:].lstrip("'").startswith(tuple(FORMULAS))}
    return "".join(f"'{sign}" if at in marked else sign for at, sign in enumerate(text))


@given(REPORTS)
@example([(BEGAN, "activo", {"estado": "=1+1", "a": {"b": -1, "c": [1.5, "ñ"]}, "@x": "\u202e"})])
def test_csv_is_read_back(reports: list[tuple[float, str, dict[str, Any]]]) -> None:
    """Every value of every report, and no text that a spreadsheet would take for a formula."""
    names = [*dict.fromkeys(name for _, _, parameters in reports for name in flat(parameters))]
    first, *rows = read_csv(exported(reports))
    assert first[:3] == ["fecha", "fecha_utc", "estado"]
    assert all(same_in_csv(*pair) for pair in zip(first[3:], map(title, names), strict=True))
    for row, (at, state, parameters) in zip(rows, reports, strict=True):
        cells = flat(parameters)
        local, utc, *others = row
        assert abs(datetime.fromisoformat(utc).timestamp() - at) <= 0.001
        assert abs(datetime.fromisoformat(local).timestamp() - at) <= 0.001
        values = [state, *(cells.get(name) for name in names)]
        assert all(same_in_csv(*pair) for pair in zip(others, values, strict=True))


def test_no_two_columns_have_the_same_name() -> None:
    """Whatever a device calls its readings."""
    names = ["fecha", "fecha_utc", "estado", "otros", "=a", "'=a", "", "a.b", "parametros.estado"]
    parameters = {
        **dict.fromkeys(names, 1),
        "a": {"b": 2, "": 3},
        "parametros": {"estado": 4, "parametros": {"estado": 5}, "fecha": 6},
    }
    with patch.object(export_tables, "MOST_COLUMNS", len(flat(parameters)) - 1):
        (columns, cells) = read_csv(exported([(BEGAN, "activo", parameters)]))
    assert len({*columns}) == len(columns) == len(cells)


@given(REPORTS, st.sampled_from(",;\t"))
@example([(BEGAN, "activo;=1+1", {"x;@y": "a\n=2", "z": "b\t+c"})], ";")
def test_no_cell_is_a_formula_however_the_file_is_split(
    reports: list[tuple[float, str, dict[str, Any]]], delimiter: str
) -> None:
    """With the list separator of the Spanish too; a negative number is none."""
    data = b"".join(csv_chunks(exported(reports))).removeprefix(MARK).decode()
    signs = tuple(set(FORMULAS) - {"\t", "\r", "\n"})
    for row in csv.reader(io.StringIO(data, newline=""), delimiter=delimiter):
        # Where commas separate nothing, the time of a row stands before all else.
        assert not any(cell.startswith(signs) and not is_number(cell) for cell in row)


def is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def test_csv_to_the_letter() -> None:
    """The mark that Excel wants, lines that end as RFC 4180 says, times with their offset."""
    data = b"".join(csv_chunks(exported([(BEGAN, "activo", {"temp": 21.5, "nota": 'a "b", c'})])))
    local = datetime.fromtimestamp(BEGAN, UTC).astimezone().isoformat(timespec="milliseconds")
    assert data.decode("utf-8-sig") == (
        f'fecha,fecha_utc,estado,temp,nota\r\n{local},2027-01-15T08:00:00.250Z,activo,21.5,"a ""b"", c"\r\n'
    )
    assert data.startswith(b"\xef\xbb\xbf")


# -- XLSX ----------------------------------------------------------------------------------------


def same_in_xlsx(cell: Any, value: Any) -> bool:
    """Of a text what XML can say, and of a number sixteen digits."""
    match value:
        case None | bool():
            return cell is value
        case float() if abs(value) > 9.99999999999999e307:  # Excel's largest
            return bool(cell == repr(value))
        case int() | float():
            return type(cell) in (int, float) and math.isclose(cell, value, rel_tol=1e-15)
        case list() | dict():
            return bool(json.loads(cell) == json.loads(sayable(json.dumps(value, ensure_ascii=False))))
        case _:
            return bool((cell or "") == re.sub("\r\n?", "\n", sayable(value)))


def sayable(text: str) -> str:
    return re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "\ufffd", text)


@settings(max_examples=40)
@given(REPORTS)
@example([(BEGAN, "", {"x": -1.7976931348623155e308})])
@example([(BEGAN, "=1+1", {"=2": "#N/A", "estado": True, "n": 2**63 - 1, "x": [], "y": {}})])
def test_xlsx_is_read_back(reports: list[tuple[float, str, dict[str, Any]]]) -> None:
    """Every value of every report with its type, and no formula."""
    names = [*dict.fromkeys(name for _, _, parameters in reports for name in flat(parameters))]
    with opened(exported(reports)) as book:
        first, *rows = book["historial"].iter_rows()
        assert [cell.value for cell in first[:3]] == ["fecha", "fecha_utc", "estado"]
        titles = [cell.value for cell in first[3:]]
        assert all(same_in_xlsx(*pair) for pair in zip(titles, map(title, names), strict=True))
        for row, (at, state, parameters) in zip(rows, reports, strict=True):
            assert all(cell.data_type != "f" for cell in row)
            values: list[Any] = [cell.value for cell in row]
            local, utc, *others = values
            wall = on_the_wall(at).replace(tzinfo=None)
            assert abs(local - wall) < timedelta(milliseconds=1)
            assert abs(utc.replace(tzinfo=UTC).timestamp() - at) < 0.001
            cells = flat(parameters)
            wanted = [state, *(cells.get(name) for name in names)]
            assert all(same_in_xlsx(*pair) for pair in zip(others, wanted, strict=True))


def test_a_sheet_that_is_full_is_followed_by_another() -> None:
    """Each with its names in bold, which stay when one scrolls, and columns that times fit into."""
    table = exported([(BEGAN + n, "activo", {"n": n}) for n in range(7)])
    with opened(table, exported([]), most_rows=4) as book:
        assert book.sheetnames == ["historial", "historial 2", "historial 3", "historial1"]
        sheets = [book[name] for name in book.sheetnames[:3]]
        assert [[row[3] for row in sheet.iter_rows(min_row=2, values_only=True)] for sheet in sheets] == [
            [0, 1, 2],
            [3, 4, 5],
            [6],
        ]
        for sheet in sheets:
            assert sheet["A1"].value == "fecha"
            assert sheet["A1"].font.bold
            assert sheet.freeze_panes == "A2"
            assert sheet.column_dimensions["A"].width >= len("2027-01-15 08:00:00")
            assert sheet["A2"].number_format == "yyyy-mm-dd hh:mm:ss"


# -- the tables ----------------------------------------------------------------------------------


def test_names_past_the_last_column_stand_together() -> None:
    """A device may send a new name each time; nothing of it is lost."""
    with patch.object(export_tables, "MOST_COLUMNS", 2):
        table = exported([(BEGAN, "", {"a": 1, "b": {"c": 2}}), (BEGAN, "", {"d": 3, "a": 4, "e": "x"})])
        assert list(table.columns) == ["estado", "a", "b.c", OTHERS]
        assert [list(cells) for _, cells in table.rows] == [
            ["", 1, 2, None],
            ["", 4, None, '{"d":3,"e":"x"}'],
        ]


def test_all_pages_are_read() -> None:
    """Once each, however the rows fall on them."""
    with patch.object(export_tables, "ROWS", 3):
        for count in range(8):
            rows = exported([(BEGAN, "", {"n": n}) for n in range(count)]).rows
            assert [cells[1] for _, cells in rows] == list(range(count))


def test_a_summary_of_nothing_has_its_columns() -> None:
    assert read_csv(summary(source(Shelf()), ALWAYS)) == [
        ["inicio", "inicio_utc", "metrica", "n", "media", "min", "max"]
    ]
