"""Builds the page that browsers load from its sources: ``python -m web.page.build``.

esbuild puts what a view needs into a few scripts, without what only people read. ``js/main.js`` begins, with
one more that has all of the first view; what is imported has a name that changes with what it says. The style
sheets are made small alike.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from web.page.fetch import LOCK, PROJECT, Unavailable, packages, program

SOURCES: Final = Path(__file__).parent
BUILT: Final = SOURCES / "built"
PREFIX: Final = "/pagina/"
INDEX: Final = "index.html"
LICENCES: Final = "LICENSES.txt"

_BEGIN: Final = "js/main.js"
# All of the first view. It is put before every script of the page, as each is fetched after it: so all of it
# is needed by the same scripts, and esbuild makes one of it, not one for each set that need the same.
_FIRST_VIEW: Final = "js/beginning.js"
# What is told apart by its own name; the charts' style is fetched with the charts.
_ENTRIES: Final = (_BEGIN, "style.css", "uplot=uplot/dist/uPlot.min.css")
# Runs beside the page, without any of it.
_WORKER: Final = "js/stream_worker.js"
_AS_IT_IS: Final = (INDEX, "sw.js", "manifest.webmanifest", "icons")
_INSTALLED: Final = "node_modules/"
# Of what it was built. Hidden, so that it is not served.
_DIGEST: Final = ".sources"
_OPTIONS: Final = (
    *("--bundle", "--splitting", "--format=esm", "--minify", "--target=es2023", "--charset=utf8"),
    *("--entry-names=[dir]/[name]", "--chunk-names=js/[name]-[hash]", "--outbase=."),
    *("--legal-comments=none", "--log-level=warning"),
)


@dataclass(frozen=True, slots=True)
class Written:
    """A file that esbuild has written."""

    imports: Sequence[str]
    """The files, by their names, that it cannot do without; not what is fetched later."""
    packages: Sequence[str]
    """Of which something is in it, by their names."""


def build(place: Path = BUILT, modules: Iterable[str] = (), sources: Path = SOURCES) -> None:
    """Make ``place`` hold the page as it is served, and nothing else; all of it comes into place at once.

    Each of ``modules``, a path as ``js/route.js``, can then be imported by that name too.

    Raises :class:`Unavailable`, and ``OSError`` where a file is not as it was; ``place`` is then untouched.
    """
    libraries = packages()
    place.parent.mkdir(parents=True, exist_ok=True)
    # Beside the place, so that getting there is a rename.
    with tempfile.TemporaryDirectory(prefix=".building-", dir=place.parent) as folder:
        fresh = Path(folder) / "fresh"
        fresh.mkdir()
        opened = (_opened(name, sources, Path(folder)) for name in modules)
        whole = (*_ENTRIES, *opened, f"--inject:{_FIRST_VIEW}")
        written = {
            **_bundle(sources, libraries, fresh, whole),
            **_bundle(sources, libraries, fresh, (_WORKER,)),
        }
        for name in _AS_IT_IS:
            copy = shutil.copytree if (sources / name).is_dir() else shutil.copyfile
            copy(sources / name, fresh / name)
        index = (fresh / INDEX).read_text("utf-8")
        (fresh / INDEX).write_text(_with_preloads(index, _needed(written)), "utf-8", newline="\n")
        used = {package for each in written.values() for package in each.packages}
        (fresh / LICENCES).write_text(_licences(libraries, sorted(used)), "utf-8", newline="\n")
        (fresh / _DIGEST).write_text(_digest(sources), "utf-8")
        if place.exists():
            place.rename(Path(folder) / "old")
        fresh.rename(place)


def outdated(place: Path = BUILT, sources: Path = SOURCES) -> bool:
    """Whether the sources, where they are at hand, have changed since the page in ``place`` was built."""
    if not (sources / _BEGIN).exists():
        return False  # installed: only what is built comes along
    built = place / _DIGEST
    return not built.exists() or built.read_text("utf-8") != _digest(sources)


def _digest(sources: Path) -> str:
    """Of all that the page is built of, and of what builds it."""
    listed = [sources / name for name in (*_AS_IT_IS, "style.css")]
    paths = [path for path in listed if path.is_file()]
    folders = ((sources / "js").rglob("*.js"), (sources / "css").iterdir(), (sources / "icons").iterdir())
    paths += sorted(path for folder in folders for path in folder)
    found = hashlib.sha256((PROJECT / LOCK).read_bytes() + Path(__file__).read_bytes())
    for path in paths:
        found.update(f"{path.relative_to(sources).as_posix()} {path.stat().st_size}\n".encode())
        found.update(path.read_bytes())
    return found.hexdigest()


def _bundle(sources: Path, libraries: Path, place: Path, what: Sequence[str]) -> Mapping[str, Written]:
    """Let esbuild write scripts and styles to ``place``, of the entries in ``what``, with the options
    that stand there too: what it wrote, by its path there."""
    told = place.parent / "told.json"
    done = subprocess.run(
        [
            # Its own start in JavaScript, which is the same on every system.
            *(program("node"), str(libraries / "esbuild" / "bin" / "esbuild")),
            *(*what, *_OPTIONS, f"--outdir={place}", f"--metafile={told}"),
        ],
        cwd=sources,
        env={**os.environ, "NODE_PATH": str(libraries)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
    )
    if done.returncode != 0:
        raise Unavailable(f"La página no se puede construir:\n{done.stderr.strip()}")

    def below(path: str) -> str:
        return (sources / path).resolve().relative_to(place.resolve()).as_posix()

    return {
        below(path): Written(
            imports=[below(each["path"]) for each in about["imports"] if each["kind"] == "import-statement"],
            packages=[_package(each) for each in about["inputs"] if _INSTALLED in each],
        )
        for path, about in json.loads(told.read_text("utf-8"))["outputs"].items()
    }


def _opened(name: str, sources: Path, folder: Path) -> str:
    """An entry of the name of this module, with all that is in it: the module itself would then begin before
    what it needs of the first view."""
    entry = folder / "opened" / name
    entry.parent.mkdir(parents=True, exist_ok=True)
    entry.write_text(f"export * from {json.dumps(str(sources / name))};\n", "utf-8")
    return f"{name.removesuffix('.js')}={entry}"


def _package(path: str) -> str:
    """The name of the package that this file is of."""
    owner, name, *_ = path.rpartition(_INSTALLED)[2].split("/")
    return f"{owner}/{name}" if owner.startswith("@") else owner


def _with_preloads(index: str, needed: Iterable[str]) -> str:
    """The index, with a link for each script that its own cannot do without: else a browser learns of them
    one by one."""
    begin = f'<script type="module" src="{PREFIX}{_BEGIN}"></script>'
    links = [f'<link rel="modulepreload" href="{PREFIX}{name}">' for name in needed]
    return index.replace(begin, "\n    ".join([*links, begin]), 1)


def _needed(written: Mapping[str, Written]) -> Sequence[str]:
    """What the first script imports, and what that imports; what is nearer comes earlier."""
    known = dict.fromkeys([_BEGIN])
    for name in (queue := [_BEGIN]):
        for path in written[name].imports:
            if path not in known:
                known[path] = None
                queue.append(path)
    return queue[1:]


def _licences(libraries: Path, names: Iterable[str]) -> str:
    """Each package's name, version and licence, in full."""
    told = []
    for name in names:
        about = json.loads((libraries / name / "package.json").read_text("utf-8"))
        texts = [path.read_text("utf-8").strip() for path in sorted((libraries / name).glob("LICENSE*"))]
        told.append("\n\n".join([f"{name} {about['version']} ({about['license']})", *texts]))
    return f"\n\n{'-' * 80}\n\n".join(told) + "\n"


def main() -> int:
    try:
        build()
    except Unavailable as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"No se ha podido construir la página: {error}", file=sys.stderr)
        return 1
    scripts = [path.stat().st_size for path in (BUILT / "js").iterdir()]
    print(f"La página: {len(scripts)} guiones en {BUILT}, {sum(scripts) // 1000} kB.", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
