"""A table as CSV, for spreadsheets and for programs."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from itertools import chain, islice
from typing import Final

from web.export.tables import Cell, Table
from web.schemas.serializers import iso, local_iso

# Sent at a time: some 40 kB, and at most 32 MB of the largest reports.
ROWS: Final = 500
# Without it Excel takes the text for that of an old Windows, and á for Ã¡. Programs know it as utf-8-sig.
MARK: Final = b"\xef\xbb\xbf"
# A spreadsheet takes a text that begins so for a formula, which may send the others elsewhere, or start
# a program; the full-width forms too where the keyboard is Japanese. Anybody's device may send one.
FORMULAS: Final = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"
# Where the comma is for decimals the file is split at ; instead, and quotes within a row hide nothing.
# One that has the sign's apostrophe already gets another, so that no two names become one.
_SIGN: Final = re.compile(f"(?:^|(?<=[;\t\r\n]))(?='*[{re.escape(FORMULAS)}])")


def csv_chunks(table: Table) -> Iterator[bytes]:
    """RFC 4180 in UTF-8, some hundreds of rows at a time; the first ones with the names of the columns."""
    names = (table.when, f"{table.when}_utc", *map(_cell, table.columns))
    rows = ((local_iso(at), iso(at), *map(_cell, cells)) for at, cells in table.rows)
    yield MARK + _lines(chain([names], islice(rows, ROWS)))
    while chunk := _lines(islice(rows, ROWS)):
        yield chunk


def _lines(rows: Iterator[tuple[Cell, ...]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _cell(value: Cell) -> Cell:
    match value:
        case str():
            return _SIGN.sub("'", value)
        case bool():
            return "true" if value else "false"
        case _:
            return value
