"""Makes a workbook (XLSX) of the rows on its standard input. See :mod:`web.export.spreadsheet`.

Each line is JSON: an object begins a table, ``{"title": str, "columns": [str]}``; a list is a row of it,
whose first cells are moments, in days since Excel's epoch; ``null`` is the end, after which the workbook
is written to the standard output, a file. Input that ends without has been abandoned, and so is the work.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Sequence
from typing import IO, Any, Final

import orjson
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

# On a sheet, the one with the names included.
MOST_ROWS: Final = 1_048_576
MOMENTS: Final = 2
_MOMENT: Final = "yyyy-mm-dd hh:mm:ss"
# In characters.
_MOMENT_WIDTH: Final = 20
_NARROWEST: Final = 10
_WIDEST: Final = 40
# Of a number; the rest stay in sight as texts.
_LARGEST: Final = 9.99999999999999e307
# What XML cannot say.
_UNSAYABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# Devices and rules go first.
_NICENESS: Final = 10


class Abandoned(Exception):
    """The input has ended before the last table."""


class _Sheets:
    """One table, on as many sheets as it takes."""

    def __init__(self, book: Workbook, title: str, columns: Sequence[str], most_rows: int) -> None:
        self._book = book
        self._title = title
        self._columns = columns
        self._most_rows = most_rows
        self._count = 0
        self._begin()

    def add(self, cells: Sequence[Any]) -> None:
        if not self._room:
            self._begin()
        self._room -= 1
        for cell, at in zip(self._moments, cells, strict=False):
            cell.value = at
        self._sheet.append([*self._moments, *map(self._value, cells[MOMENTS:])])

    def _begin(self) -> None:
        self._count += 1
        self._sheet = self._book.create_sheet(f"{self._title} {self._count}".removesuffix(" 1"))
        self._sheet.freeze_panes = "A2"
        for number, name in enumerate(self._columns):
            width = _MOMENT_WIDTH if number < MOMENTS else min(max(len(name) + 2, _NARROWEST), _WIDEST)
            self._sheet.column_dimensions[get_column_letter(number + 1)].width = width
        # The same cells for every row, as a new one takes longer than all else that is done for it.
        self._moments = [WriteOnlyCell(self._sheet) for _ in range(MOMENTS)]
        for cell in self._moments:
            cell.number_format = _MOMENT
        names = [self._text(name) for name in self._columns]
        for cell in names:
            cell.font = Font(bold=True)
        self._sheet.append(names)
        self._room = self._most_rows - 1

    def _value(self, value: Any) -> Any:
        match value:
            case str():
                return self._text(value)
            case float() if abs(value) > _LARGEST:
                return self._text(repr(value))
            case _:
                return value

    def _text(self, text: str) -> Any:
        cell = WriteOnlyCell(self._sheet, _UNSAYABLE.sub("\ufffd", text))
        # Whatever it looks like: openpyxl takes one that begins with = for a formula.
        cell.data_type = "s"
        return cell


def write(lines: Iterable[Any], into: IO[bytes], most_rows: int = MOST_ROWS) -> None:
    """The workbook of the tables in ``lines``, decoded. Raises :class:`Abandoned`."""
    book = Workbook(write_only=True)
    for line in lines:
        match line:
            case {"title": title, "columns": columns}:
                sheets = _Sheets(book, title, columns, most_rows)
            case None:
                book.save(into)
                return
            case _:
                sheets.add(line)
    raise Abandoned


def main() -> None:
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    write(map(orjson.loads, sys.stdin.buffer), sys.stdout.buffer)


if __name__ == "__main__":
    main()
