"""A PostgreSQL server for tests: Debian's own, run by whom it takes, gone with whoever has started it."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Final

from tests.brokers import PATIENCE, free_port, wait_until
from tests.machine import lacking, need

OWNER: Final = "iot"
GUARDED: Final = "guardado"
"""Who has to know a password; nobody else has."""
CONFIGURATION: Final = """
fsync = off
full_page_writes = off
shared_buffers = 16MB
max_connections = 60
jit = off
autovacuum = off
"""
LOGINS: Final = f"""
local all {GUARDED} scram-sha-256
host all {GUARDED} 127.0.0.1/32 scram-sha-256
local all all trust
host all all 127.0.0.1/32 trust
"""
# It sends the server the signal that it is told. Told none, as whoever started it has ended, however that
# was, it ends the server at once, and the folder goes.
WATCHER: Final = """
"$0" -D "$1/data" >>"$1/log" 2>&1 &
read -r how
kill "-${how:-QUIT}" $!
wait $!
[ "$how" ] || rm -rf "$1"
"""


def binaries() -> Path:
    """Where Debian has the newest; the test is skipped where there is none, and fails with ``CI=true``."""
    found = [each.parent for each in Path("/usr/lib/postgresql").glob("*/bin/postgres")]
    if not found:
        lacking("PostgreSQL: apt-get install postgresql")
    return max(found, key=_version)


def _version(folder: Path) -> int:
    return int(folder.parent.name)


def _somebody() -> str | None:
    """The user to be where we are root, as whom the server would not run."""
    return pwd.getpwnam("postgres").pw_name if os.getuid() == 0 else None


class PostgresServer:
    """A server with a folder, a socket and a port of its own.

    ``settings`` are lines of postgresql.conf, ``files`` lie beside it.
    """

    def __init__(self, *settings: str, files: Mapping[str, bytes] | None = None) -> None:
        need("database")
        self._bin = binaries()
        self.port = free_port()
        self._user = _somebody()
        self._names = count()
        self._watcher: subprocess.Popen[bytes] | None = None
        # Not pytest's, which others may not look into; and the path of a socket is short, of 107 bytes.
        self.folder = Path(tempfile.mkdtemp(prefix="pg-"))
        if self._user is not None:
            shutil.chown(self.folder, self._user)
        self._make(settings)
        for name, content in (files or {}).items():
            self._put(name, content)
        self.start()

    def _binary(self, name: str) -> str:
        return str(self._bin / name)

    def _put(self, name: str, content: bytes) -> None:
        file = self.folder / "data" / name
        file.write_bytes(content)
        file.chmod(0o600)
        if self._user is not None:
            shutil.chown(file, self._user)

    def _make(self, settings: Sequence[str]) -> None:
        data = self.folder / "data"
        subprocess.run(
            [
                self._binary("initdb"),
                "-D",
                str(data),
                "-U",
                OWNER,
                "--no-sync",
                "--auth=trust",
                "--locale=C",
                "--encoding=UTF8",
            ],
            cwd=self.folder,
            user=self._user,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        with (data / "postgresql.conf").open("a") as conf:
            conf.write(CONFIGURATION)
            conf.write(f"port = {self.port}\nunix_socket_directories = '{self.folder}'\n")
            conf.write("".join(f"{each}\n" for each in settings))
        (data / "pg_hba.conf").write_text(LOGINS)

    # -- its life ----------------------------------------------------------------------------------

    def start(self) -> None:
        wait_until(self._starts)

    def _starts(self) -> bool:
        """Not while something of one that was killed still lives."""
        (self.folder / "log").unlink(missing_ok=True)
        self._watcher = subprocess.Popen(
            ["/bin/sh", "-c", WATCHER, self._binary("postgres"), str(self.folder)],
            stdin=subprocess.PIPE,
            cwd=self.folder,
            user=self._user,
            start_new_session=True,
        )
        ready = [self._binary("pg_isready"), "-q", "-h", str(self.folder), "-p", str(self.port)]
        wait_until(lambda: self._ended or subprocess.run(ready, check=False).returncode == 0)
        if self._ended:
            self._tell("QUIT")
        return self._watcher is not None

    @property
    def _ended(self) -> bool:
        """It says so as its last."""
        return "database system is shut down" in self.log

    @property
    def log(self) -> str:
        file = self.folder / "log"
        return file.read_text("utf-8") if file.exists() else ""

    def stop(self) -> None:
        """As a machine does that is shut down."""
        self._tell("INT")

    def kill(self) -> None:
        self._tell("KILL")

    def close(self) -> None:
        """It and its folder are gone afterwards."""
        self._tell("")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _tell(self, how: str) -> None:
        if self._watcher is not None:
            self._watcher.communicate(how.encode(), PATIENCE)
            self._watcher = None

    # -- its databases -----------------------------------------------------------------------------

    def url(self, database: str = "postgres", user: str = OWNER, password: str = "", more: str = "") -> str:
        login = f"{user}:{password}" if password else user
        return f"postgresql://{login}@/{database}?host={self.folder}&port={self.port}{more}"

    def execute(self, query: str, database: str = "postgres") -> list[list[str]]:
        """As the owner of everything; the rows that come of it, if any do."""
        psql = [self._binary("psql"), "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", query, self.url(database)]
        said = subprocess.run(psql, check=True, capture_output=True, text=True)
        return [line.split("|") for line in said.stdout.splitlines()]

    def dumped(self, database: str, *options: str) -> str:
        """What lies in it, as SQL."""
        dump = [self._binary("pg_dump"), *options, self.url(database)]
        return subprocess.run(dump, check=True, capture_output=True, text=True).stdout

    def restored(self, dumped: str, database: str) -> None:
        psql = [self._binary("psql"), "-Xq", "-v", "ON_ERROR_STOP=1", self.url(database)]
        subprocess.run(psql, check=True, input=dumped, stdout=subprocess.DEVNULL, text=True)

    @contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """The name of a new one, for as long as it is needed."""
        name = f"prueba{next(self._names)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield name
        finally:
            self.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
