"""The system in a process whose imports were done before: the same code, half the work of a start.

The page, which is the same for all, has been read and compressed in it, too.

For tests that need a house to look at. What a command does from its first line on is tested with
:class:`tests.system.backend.Process`, which runs it as its users do.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import warnings
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final, TextIO

import run_system

# One a worker; it is started by the first test that wants it, and ends with the worker.
_SERVER: Final = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(["tests.system.made_ready"])


class Forked:
    """As a ``subprocess.Popen`` of ``run_system.py`` with pipes of text, in a session of its own."""

    def __init__(self, directory: Path, arguments: Sequence[str], environment: dict[str, str]) -> None:
        (said, says), (complained, complains) = _SERVER.Pipe(duplex=False), _SERVER.Pipe(duplex=False)
        self._process = _SERVER.Process(
            target=_obey,
            args=(directory, arguments, environment, says, complains),
            daemon=True,  # else whoever forgets it would wait for it for ever at their own end
        )
        self._process.start()
        for end in (says, complains):
            end.close()
        self.stdout, self.stderr = _text(said), _text(complained)

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        status = self._process.exitcode
        if status is None:
            raise subprocess.TimeoutExpired("run_system.py", timeout or 0)
        return status

    def kill(self) -> None:
        self._process.kill()

    def communicate(self, timeout: float) -> tuple[str, str]:
        """What a command has said and complained of that ends by itself; less than a pipe holds, 64 KiB."""
        with self.stdout, self.stderr:
            try:
                self.wait(timeout)
            finally:
                self.kill()
            return self.stdout.read(), self.stderr.read()


def _text(pipe: Connection) -> TextIO:
    with pipe:
        return open(os.dup(pipe.fileno()), encoding="utf-8")


def _obey(
    directory: Path,
    arguments: Sequence[str],
    environment: dict[str, str],
    says: Connection,
    complains: Connection,
) -> None:
    os.setsid()
    os.chdir(directory)
    os.environ.clear()
    os.environ.update(environment)
    for number, pipe in enumerate((says, complains), start=1):
        with pipe:
            os.dup2(pipe.fileno(), number)
    warnings.resetwarnings()
    warnings.simplefilter("default")
    sys.exit(run_system.main(arguments))
