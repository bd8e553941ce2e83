"""What the page begins with, named in its head: else a browser learns of it module by module."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Final

import orjson

PREFIX: Final = "/pagina/"
INDEX: Final = "index.html"

IMPORT_MAP: Final = re.compile(rb'<script type="importmap">(.*?)</script>', re.DOTALL)
_BEGIN: Final = re.compile(rb'[ \t]*<script type="module" src="/pagina/([^"]+)"></script>')
# `import … from "x"`, `export … from "x"` and `import "x"`; what is fetched later is `import("x")`.
_NEEDED: Final = re.compile(rb"""(?:^|[;}\s])(?:import|export)\b(?:[^"'();]*?\bfrom)?\s*["']([^"'\n]+)["']""")


def with_preloads(found: Mapping[str, bytes]) -> bytes:
    """The index among the page's files, with a link for each module that its own one cannot do without."""
    index = found[INDEX]
    begin, maps = _BEGIN.search(index), IMPORT_MAP.search(index)
    if begin is None or maps is None:
        return index
    bare: Mapping[str, str] = orjson.loads(maps[1])["imports"]
    links = "".join(
        f'    <link rel="modulepreload" href="{PREFIX}{name}">\n'
        for name in _graph(begin[1].decode(), found, bare)
    )
    return index[: begin.start()] + links.encode() + index[begin.start() :]


def _graph(first: str, found: Mapping[str, bytes], bare: Mapping[str, str]) -> Iterator[str]:
    """All that ``first`` imports, and what that imports; what is nearer comes earlier."""
    known = {first: None}
    for name in (queue := [first]):
        for needed in _NEEDED.findall(found.get(name, b"")):
            path = _resolved(needed.decode(), name, bare)
            if path in found and path not in known:
                known[path] = None
                queue.append(path)
    return iter(queue[1:])


def _resolved(specifier: str, importer: str, bare: Mapping[str, str]) -> str:
    if specifier.startswith("."):
        return posixpath.normpath(posixpath.join(posixpath.dirname(importer), specifier))
    return bare.get(specifier, specifier).removeprefix(PREFIX)
