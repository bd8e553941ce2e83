"""The page's scripts, checked against what the server says of itself: ``python -m tests.page.types``.

TypeScript reads the scripts as they stand, with the types that their comments name. Those of the interface
are made anew each time, in ``build/types``, of the description that ``/openapi.json`` serves.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

from run_system import VERSION
from tests.page.node import node
from web.app import ROUTES
from web.openapi import described

TOP: Final = Path(__file__).resolve().parents[2]
TYPES: Final = TOP / "build" / "types"
_MODULES: Final = TOP / "node_modules"


def make_types() -> None:
    """The types of all that can be asked and answered. Raises ``CalledProcessError``."""
    TYPES.mkdir(parents=True, exist_ok=True)
    (TYPES / "openapi.json").write_bytes(described(ROUTES, VERSION))
    translator = _MODULES / "openapi-typescript" / "bin" / "cli.js"
    command: list[str | Path] = [
        node(),
        translator,
        "openapi.json",
        "--path-params-as-types",
        "--output",
        "openapi.d.ts",
    ]
    subprocess.run(command, cwd=TYPES, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def faults(project: Path = TOP) -> str:
    """What TypeScript finds by the ``tsconfig.json`` of the folder ``project``; nothing if all is well."""
    compiler = _MODULES / "typescript" / "bin" / "tsc"
    done = subprocess.run([node(), compiler, "--project", project], stdout=subprocess.PIPE, encoding="utf-8")
    return done.stdout


if __name__ == "__main__":
    make_types()
    sys.exit(faults() or None)
