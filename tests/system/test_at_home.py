"""Open to the family, closed to the neighbours: pairing, tokens and HTTPS, from outside."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from tests.brokers import wait_until
from tests.machine import lacking
from tests.system.backend import Backend, Installation, run_to_end
from tests.web.site import PATIENCE, Answer

pytestmark = pytest.mark.broker

GUARDED: Final = {"auth_mode": "tokens", "ssl_enabled": "true"}
# Chromium starts in 2 s, and in many more on a machine that is busy.
BROWSER_S: Final = 60.0


def trusting(authority: Path) -> ssl.SSLContext:
    """A client that believes nobody but this one, and goes by the letter."""
    context = ssl.create_default_context(cafile=authority)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    return context


class Phone:
    """A client on HTTPS that knows the house's root certificate."""

    def __init__(self, home: Installation, backend: Backend) -> None:
        self._port = backend.http
        self._tls = trusting(home.data / "tls" / "ca.pem")
        self._headers: dict[str, str] = {}

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Answer:
        connection = http.client.HTTPSConnection("localhost", self._port, timeout=PATIENCE, context=self._tls)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), self._headers)
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()

    def pair(self, code: str) -> None:
        answer = self.ask("POST", "/auth/emparejar", {"codigo": code, "nombre": "móvil de Ana"})
        assert answer.status == 201, answer.body
        self._headers = {"Authorization": f"Bearer {answer.json['token']}"}

    @contextmanager
    def listening(self) -> Iterator[http.client.HTTPResponse]:
        """The stream of devices, open."""
        connection = http.client.HTTPSConnection("localhost", self._port, timeout=PATIENCE, context=self._tls)
        with closing(connection):
            connection.request("GET", "/stream/dispositivos", headers=self._headers)
            with connection.getresponse() as stream:
                yield stream


def on_the_console(home: Installation, *arguments: str) -> str:
    """What a command that must succeed prints."""
    done = run_to_end(home.data.parent, *arguments, data_dir=home.data, **GUARDED)
    assert done.returncode == 0, done.stderr
    return done.stdout


def set_up(home: Installation) -> str:
    """The first code, as it is printed."""
    said = on_the_console(home, "setup")
    [code] = re.findall(r": ([0-9A-Z]{5}-[0-9A-Z]{5})\n", said)
    assert "Huella SHA-256" in said
    return str(code)


def test_a_house_without_people_says_what_to_do(plain_home: Installation) -> None:
    """And lets nobody in, not even to find that out."""
    done = run_to_end(plain_home.data.parent, "run", data_dir=plain_home.data, backend_port=0, **GUARDED)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].endswith(
        "Nadie tiene acceso todavía: crea la primera persona con «.venv/bin/python run_system.py setup»"
        " (o, sin ninguna protección, AUTH_MODE=abierto)."
    )


def test_from_the_first_code_to_a_revoked_token(plain_home: Installation) -> None:
    """A code is good once; a token that the console revokes ends its stream, in a running system."""
    code = set_up(plain_home)
    with plain_home.backend(**GUARDED) as backend:
        phone = Phone(plain_home, backend)
        assert phone.ask("GET", "/dispositivos").status == 401
        phone.pair(code)
        assert phone.ask("GET", "/dispositivos").json == []
        assert Phone(plain_home, backend).ask(
            "POST", "/auth/emparejar", {"codigo": code, "nombre": "otro"}
        ).status in (400, 401, 403)
        with phone.listening() as stream:
            assert stream.readline() == b"event: hello\n"
            listed = on_the_console(plain_home, "token", "list")
            assert "móvil de Ana" in listed
            on_the_console(plain_home, "token", "revoke", listed.split()[0])
            assert stream.read().endswith(b"\n\n")  # to its end
        assert phone.ask("GET", "/dispositivos").status == 401


def test_only_the_houses_own_root_is_to_be_trusted(plain_home: Installation) -> None:
    """Who does not know it does not believe the server; and there is no way in without TLS."""
    set_up(plain_home)
    with plain_home.backend(**GUARDED) as backend:
        stranger = http.client.HTTPSConnection(
            "localhost", backend.http, timeout=PATIENCE, context=ssl.create_default_context()
        )
        with pytest.raises(ssl.SSLCertVerificationError):
            stranger.request("GET", "/salud")
        with pytest.raises((http.client.HTTPException, OSError)):
            backend.ask("GET", "/salud")
        phone = Phone(plain_home, backend)
        assert phone.ask("GET", "/salud").json == {"estado": "ok"}
        root = phone.ask("GET", "/ca.pem")
        assert root.body == (plain_home.data / "tls" / "ca.pem").read_bytes()
        assert root.headers["Content-Type"] == "application/x-x509-ca-cert"


# -- a browser ---------------------------------------------------------------------------------------


@pytest.fixture
def browser_home(tmp_path: Path) -> Path:
    """A home folder for Chromium, with an empty database of certificates."""
    for program in ("chromium", "certutil"):
        if shutil.which(program) is None:
            lacking(f"{program}: apt-get install chromium libnss3-tools")
    folder = tmp_path / "browser"
    database = folder / ".pki" / "nssdb"
    database.mkdir(parents=True)
    subprocess.run(["certutil", "-N", "--empty-password", "-d", f"sql:{database}"], check=True)
    return folder


def shown(home: Path, url: str) -> str:
    """The page at ``url`` as Chromium has it, loaded with nothing but this home's certificates."""
    return subprocess.run(
        [
            *("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
            *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
            f"--user-data-dir={home / 'profile'}",
            "--dump-dom",
            url,
        ],
        env={**os.environ, "HOME": str(home)},
        capture_output=True,
        encoding="utf-8",
        timeout=BROWSER_S,
    ).stdout


@pytest.mark.timeout(4 * BROWSER_S)
def test_a_browser_that_trusts_the_root_opens_the_page(plain_home: Installation, browser_home: Path) -> None:
    """And one that does not shows nothing of it."""
    set_up(plain_home)
    with plain_home.backend(**GUARDED) as backend:
        url = f"https://localhost:{backend.http}/salud"
        assert '"estado"' not in shown(browser_home, url)
        root, database = plain_home.data / "tls" / "ca.pem", browser_home / ".pki" / "nssdb"
        subprocess.run(
            ["certutil", "-A", "-n", "casa", "-t", "C,,", "-i", root, "-d", f"sql:{database}"], check=True
        )
        wait_until(lambda: '{"estado":"ok"}' in shown(browser_home, url), 2 * BROWSER_S)
