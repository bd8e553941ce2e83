"""Tables as a workbook (XLSX), made in a process of its own.

openpyxl takes 0.2 ms of a processor for a row. On a thread here that would be minutes in which all others
wait for the interpreter again and again; a process can go on beside us, give way, and be ended at any time.
"""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, suppress
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO, Final

import orjson

from web.export.tables import Table
from web.schemas.serializers import on_the_wall
from web.texts.faults import Fault
from web.texts.problem import Problem

logger = logging.getLogger(__name__)

# Where the child finds our modules, from wherever we were started.
_ROOT: Final = Path(__file__).resolve().parents[2]
_POLL_S: Final = 0.2
_DAY: Final = timedelta(days=1)
# 1970 in days since Excel's epoch.
_EPOCH: Final = 25_569.0
_EPOCH_AT: Final = datetime(1970, 1, 1)


def emptied(folder: Path) -> Path:
    """The folder, made where there was none. Raises :class:`OSError`."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def workbook(tables: Iterable[Table], scratch: Path | None, go_on: Callable[[], None]) -> IO[bytes]:
    """The workbook, each table on sheets of its own, in a file without a name. Not on the loop.

    All of it, and what is needed meanwhile, is in ``scratch``, or where the system has such files.
    ``go_on`` is called again and again; what it raises ends the work. Raises :class:`Problem` where the
    workbook cannot be made.
    """
    try:
        with ExitStack() as stack:
            # What the child leaves behind, however it ends, is gone with it.
            folder = stack.enter_context(TemporaryDirectory(prefix="iot-backend-", dir=scratch))
            unfinished = stack.enter_context(ExitStack())
            file = unfinished.enter_context(TemporaryFile(dir=scratch))
            process = _launch(folder, file)
            stack.callback(_end, process)
            _feed(process, tables)
            _wait(process, go_on)
            unfinished.pop_all()
        return file
    except OSError as error:
        logger.error("spreadsheet_failed error=%s", error)
        raise Problem(Fault.SPREADSHEET_FAILED) from error


def _launch(folder: str, into: IO[bytes]) -> subprocess.Popen[bytes]:
    path = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "web.export.spreadsheet_process"],
        env=os.environ | {"PYTHONPATH": path, "TMPDIR": folder},
        stdin=subprocess.PIPE,
        stdout=into,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def _feed(process: subprocess.Popen[bytes], tables: Iterable[Table]) -> None:
    assert process.stdin is not None
    lines = lines_of(tables)
    # A child that has ended says why with its last words.
    with suppress(BrokenPipeError), process.stdin as pipe:
        pipe.writelines(lines)


def _wait(process: subprocess.Popen[bytes], go_on: Callable[[], None]) -> None:
    """Raises ``OSError`` where the child has failed."""
    while True:
        go_on()
        try:
            status = process.wait(_POLL_S)
        except subprocess.TimeoutExpired:
            continue
        if status != 0:
            assert process.stderr is not None
            said = process.stderr.read().decode(errors="backslashreplace")
            raise OSError(f"status {status}: {said.strip().rpartition(chr(10))[2]}")
        return


def _end(process: subprocess.Popen[bytes]) -> None:
    """At once, unless it has ended."""
    assert process.stderr is not None
    process.kill()
    process.wait()
    process.stderr.close()


def lines_of(tables: Iterable[Table]) -> Iterator[bytes]:
    """What the child is told."""
    for table in tables:
        columns = [table.when, f"{table.when}_utc", *table.columns]
        yield orjson.dumps({"title": table.name, "columns": columns}, option=orjson.OPT_APPEND_NEWLINE)
        for at, cells in table.rows:
            row = (_local_days(at), _EPOCH + at / 86_400, *cells)
            yield orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)
    yield b"null\n"


def _local_days(at: float) -> float:
    """By the clock of this house, which is the only one that a spreadsheet knows."""
    return _EPOCH + (on_the_wall(at).replace(tzinfo=None) - _EPOCH_AT) / _DAY
