"""The page, as files: read once, when the system starts, and served from memory."""

from __future__ import annotations

import asyncio
import base64
import functools
import gzip
import hashlib
import logging
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Final

import brotli  # type: ignore[import-untyped]
import orjson

from web.http.handler import Handler
from web.page.build import BUILT, INDEX, LICENCES, PREFIX, outdated
from web.page.vocabulary import with_vocabulary
from web.schemas.answers import IndexJson
from web.schemas.operations import Media, Operation
from web.texts.faults import Fault
from web.texts.problem import Problem

logger = logging.getLogger(__name__)

# Of encodings, in characters; browsers send some twenty. Who sends more gets the file as it is.
LONGEST_LIST: Final = 1_000
WORKER: Final = "sw.js"
SHELL: Final = "shell.js"
"""Made here, for the service worker: what it is to keep, and in which version."""

_CHARSET: Final = '<meta charset="utf-8">'

# By the end of the name; other files are none of the page's.
TYPES: Final[Mapping[str, str]] = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json; charset=utf-8",
}
# The page is a client of this server alone, and of no other. What is shown of pictures and the camera is
# made in the page itself.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; font-src 'self'; manifest-src 'self'; media-src 'self' blob:; worker-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_PERMISSIONS: Final = "camera=(self), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"


@dataclass(frozen=True, slots=True)
class Form:
    """A file as it goes over the wire. Each form has an ETag of its own, in its quotes."""

    encoding: str
    body: bytes
    etag: str

    @classmethod
    def of(cls, body: bytes, encoding: str = "") -> Form:
        digest = hashlib.sha256(body).digest()[:15]
        return cls(encoding, body, f'"{base64.urlsafe_b64encode(digest).decode()}"')


@dataclass(slots=True)
class File:
    type: str
    plain: Form
    small: Form
    """Compressed, where that makes it smaller."""
    _smallest: Form | None = None
    _making: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    @classmethod
    def of(cls, type: str, body: bytes) -> File:
        plain, small = Form.of(body), Form.of(gzip.compress(body, 9, mtime=0), "gzip")
        return cls(type, plain, small if len(small.body) < len(body) else plain)

    async def for_whom(self, accepted: str) -> Form:
        """The form for a client with this ``Accept-Encoding``."""
        encodings = set(_encodings(accepted))
        if "br" in encodings and self.small is not self.plain:
            # Up to 0.1 s of work for one file, 0.9 to 1.2 s for all: done for those that are asked for, off
            # the loop.
            if self._smallest is not None:
                return self._smallest
            return await asyncio.get_running_loop().run_in_executor(None, self._with_brotli)
        return self.small if encodings & {"gzip", "*"} else self.plain

    def _with_brotli(self) -> Form:
        with self._making:  # who asks meanwhile waits for it
            if self._smallest is None:
                self._smallest = Form.of(brotli.compress(self.plain.body), "br")
            return self._smallest


def _encodings(accepted: str) -> Iterator[str]:
    if len(accepted) > LONGEST_LIST:
        return
    for each in accepted.lower().replace(" ", "").split(","):
        name, *parameters = each.split(";")
        if not any(re.fullmatch(r"q=0(\.0*)?", one) for one in parameters):
            yield name


@dataclass(frozen=True, slots=True)
class Page:
    """All files, by their path below :data:`PREFIX`."""

    files: Mapping[str, File]

    @classmethod
    def read(cls, folder: Path) -> Page:
        """What lies under ``folder``, which need not be there, and what is made of it."""
        paths = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*"))}
        found = {
            name: path.read_bytes()
            for name, path in paths.items()
            if path.suffix in TYPES and "/." not in f"/{name}"  # nor what is hidden
        }
        if INDEX in found:
            found[INDEX] = with_vocabulary(found[INDEX])
        # Another one at any change.
        version = hashlib.sha256(repr(sorted(found.items())).encode()).hexdigest()[:16]
        if INDEX in found:
            found[INDEX] = _stamped(found[INDEX], version)
        found[SHELL] = _shell(found, version)
        return cls({name: File.of(TYPES[Path(name).suffix], body) for name, body in found.items()})

    @property
    def complete(self) -> bool:
        """Whether it has been built."""
        return INDEX in self.files


@functools.cache
def shipped() -> Page:
    """The page that comes with this package. A developer whose changes are not in it is told."""
    page = Page.read(BUILT)
    if page.complete and outdated():
        logger.warning("The page is older than its sources: run python -m web.page.build, and start again")
    return page


def _stamped(index: bytes, version: str) -> bytes:
    """The document, which says of which version it is: a page that stays open through an upgrade compares."""
    meta = f'{_CHARSET}\n    <meta name="version" content="{version}">'
    return index.replace(_CHARSET.encode(), meta.encode(), 1)


def _shell(found: Mapping[str, bytes], version: str) -> bytes:
    """A script that tells the service worker all that the page is opened with; at another version the browser
    takes it for a new worker."""
    kept = [name for name in found if name not in (INDEX, WORKER, LICENCES)]
    paths = ["/", *(PREFIX + name for name in kept)]
    return b"self.SHELL = " + orjson.dumps({"version": version, "files": paths}) + b";\n"


class _Served(Handler):
    """Anybody may have the page: it holds nothing of the house."""

    async def serve(self, name: str) -> None:
        """Answer with a file. Raises :class:`Problem` if there is none of this name."""
        page: Page = self.settings["page"]
        file = page.files.get(name)
        if file is None:
            raise Problem(Fault.NO_FILE, name=name)
        form = await file.for_whom(self.request.headers.get("Accept-Encoding", ""))
        self.set_header("Content-Type", file.type)
        self.set_header("Content-Security-Policy", _POLICY)
        self.set_header("Permissions-Policy", _PERMISSIONS)
        self.set_header("Cache-Control", "no-cache")
        self.set_header("Etag", form.etag)
        self.add_header("Vary", "Accept-Encoding")
        if self.check_etag_header():
            self.set_status(304)
            return
        if form.encoding:
            self.set_header("Content-Encoding", form.encoding)
        self.write(form.body)


class Index(_Served):
    """The page, and for programs that ask for JSON what else there is."""

    linked = True

    operations: ClassVar = {
        "GET": Operation(
            summary="La página; en JSON, lo que hay",
            role=None,
            english=(
                "the page; with `Accept: application/json`, and no HTML in it, name, version, what the "
                "console calls it, links. 503 while the page is not built"
            ),
            description="JSON para quien lo pide con Accept y no pide HTML.",
            answer=(IndexJson, Media("text/html", str, "<!doctype html>")),
            refusals=(503,),
        )
    }

    async def get(self) -> None:
        self.add_header("Vary", "Accept")
        accepted = self.request.headers.get("Accept", "").lower()
        if "application/json" in accepted and "text/html" not in accepted:
            self.answer(index_json(self.services.version, self.services.program))
        elif self.settings["page"].complete:
            await self.serve(INDEX)
        else:
            raise Problem(Fault.PAGE_INCOMPLETE)


class PageFile(_Served):
    operations: ClassVar = {
        "GET": Operation(
            summary="Un fichero de la página",
            role=None,
            english=(
                "a file of the page, by Brotli or gzip where asked for, to be asked for again each time "
                "(`ETag`, 304)"
            ),
            answer=tuple(Media(type.partition(";")[0], Any) for type in TYPES.values()),
            refusals=(404,),
        )
    }

    async def get(self, name: str) -> None:
        if name == WORKER:
            # It lies below what it is for.
            self.set_header("Service-Worker-Allowed", "/")
        await self.serve(name)


def index_json(version: str, program: str) -> IndexJson:
    links = [
        "/dispositivos",
        "/dispositivos/no-reclamados",
        "/stream/dispositivos",
        "/stream/ai",
        "/ai/eventos",
        "/salud",
        "/diagnostico/rechazados",
        "/openapi.json",
    ]
    return {"nombre": "IoT Backend", "version": version, "programa": program, "enlaces": links}
