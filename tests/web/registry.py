"""A registry for npm on a free port, with packages made for the test."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import tarfile
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import unquote

VERSION: Final = "1.2.3"


class Registry:
    """Serves ``packages``: the files of each by name, all of version 1.2.3."""

    def __init__(self, packages: Mapping[str, Mapping[str, str]]) -> None:
        self.archives = {name: _archive(name, files) for name, files in packages.items()}
        self._digests = {name: _digest(archive) for name, archive in self.archives.items()}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    def project(self, folder: Path) -> Path:
        """``folder`` with declarations of all packages, as npm writes them."""
        declared = {"name": "page", "private": True, "dependencies": dict.fromkeys(self.archives, VERSION)}
        locked = {
            f"node_modules/{name}": {"version": VERSION, "integrity": digest, "hasInstallScript": True}
            for name, digest in self._digests.items()
        }
        lock = {"name": "page", "lockfileVersion": 3, "requires": True, "packages": {"": declared, **locked}}
        folder.mkdir()
        (folder / "package.json").write_text(json.dumps(declared))
        (folder / "package-lock.json").write_text(json.dumps(lock))
        return folder

    def answer(self, path: str) -> bytes | None:
        name = unquote(path.removeprefix("/")).removesuffix(".tgz")
        if name not in self.archives:
            return None
        return self.archives[name] if path.endswith(".tgz") else json.dumps(self._about(name)).encode()

    def _about(self, name: str) -> dict[str, Any]:
        dist = {"tarball": f"{self.url}/{name}.tgz", "integrity": self._digests[name]}
        version = {"name": name, "version": VERSION, "dist": dist}
        return {"name": name, "dist-tags": {"latest": VERSION}, "versions": {VERSION: version}}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        registry = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = registry.answer(self.path)
                self.send_response(404 if body is None else 200)
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, *_: object) -> None: ...

        return Handler


def _archive(name: str, files: Mapping[str, str]) -> bytes:
    script = "require('fs').writeFileSync(process.env.RAN, '')"
    scripts = {"install": f'node -e "{script}"'}
    about = {"name": name, "version": VERSION, "license": "MIT", "scripts": scripts}
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for path, text in {"package.json": json.dumps(about), **files}.items():
            entry = tarfile.TarInfo(f"package/{path}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return gzip.compress(packed.getvalue(), mtime=0)


def _digest(archive: bytes) -> str:
    return f"sha512-{base64.b64encode(hashlib.sha512(archive).digest()).decode()}"
