"""Certificates of the house's own making: what strict clients make of them, and how they are renewed."""

from __future__ import annotations

import http.client
import shutil
import ssl
import stat
import subprocess
import time
from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
import tornado.web
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from tornado.httpserver import HTTPServer

from actors.runtime.event_loop import LoopThread
from tests.stage import FakeClock
from tests.web.handshakes import handshake, shown_by, strict_client
from web.identity.certificate_authority import names_of, new_key
from web.identity.certificates import Certificates, LiveContext, UnusableCertificate
from web.identity.tls_folder import TlsFolder

NAMES = ("smarthome.local", "casa-pi", "nas.example.com", "192.168.7.7")
ADDRESSES = tuple(map(ip_address, ("192.168.1.10", "10.0.0.3", "fd00::2", "2a01:4f8::7", "fe80::1%eth0")))
CALLED = (
    *("localhost", "127.0.0.1", "::1", "smarthome.local", "casa-pi", "casa-pi.local", "nas.example.com"),
    *("192.168.1.10", "192.168.7.7", "fd00::2", "2a01:4f8::7", "fe80::1"),
    *("192-168-1-10.sslip.io", "192-168-7-7.sslip.io", "10-0-0-3.sslip.io", "fd00--2.sslip.io"),
)
DAY = 86_400.0
PATIENCE = 30.0


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(time.time())


@pytest.fixture
def certificates(tmp_path: Path, clock: FakeClock) -> Certificates:
    return made(tmp_path / "tls", clock)


def made(folder: Path, clock: FakeClock) -> Certificates:
    return Certificates(folder, clock.now, NAMES, ADDRESSES)


def leaf_of(certificates: Certificates) -> x509.Certificate:
    return x509.load_der_x509_certificate(shown_by(certificates.context))


# -- what clients see ------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_strict_client_is_content(certificates: Certificates, version: ssl.TLSVersion) -> None:
    """By each name and address of the machine, with nothing to go by but our CA."""
    client = strict_client(certificates.ca_pem)
    client.minimum_version = client.maximum_version = version
    for name in CALLED:
        assert handshake(certificates.context, client, name).version() == version.name.replace("_", ".")


def test_nobody_is_taken_for_another(tmp_path: Path, certificates: Certificates, clock: FakeClock) -> None:
    """A client refuses who is vouched for by another house's CA, and a name that is not ours."""
    other = made(tmp_path / "other", clock)
    with pytest.raises(ssl.SSLCertVerificationError, match=r"unable to get local issuer|self.signed"):
        handshake(certificates.context, strict_client(other.ca_pem), "localhost")
    for name in ("otra.local", "192.168.1.11", "192-168-1-11.sslip.io"):
        with pytest.raises(ssl.SSLCertVerificationError, match=r"mismatch|not valid for"):
            handshake(certificates.context, strict_client(certificates.ca_pem), name)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs OpenSSL's command")
def test_openssl_is_content(tmp_path: Path, certificates: Certificates) -> None:
    """``openssl verify`` at its strictest, the server's file being read apart from the CA's."""
    folder = tmp_path / "tls"
    strict = ("openssl", "verify", "-x509_strict", "-check_ss_sig", "-purpose", "sslserver")
    for name in CALLED:
        kind = "-verify_ip" if ":" in name or name.replace(".", "").isdigit() else "-verify_hostname"
        command = [*strict, kind, name, "-CAfile", str(folder / "ca.pem"), str(folder / "servidor.pem")]
        result = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
        assert result.returncode == 0, result.stderr
    assert certificates.ca_pem == (folder / "ca.pem").read_bytes()


def test_phones_are_content(certificates: Certificates) -> None:
    """SAN, serverAuth, at most 397 days, begun an hour ago but not before its CA, and a CA with a CN."""
    leaf, root = leaf_of(certificates), x509.load_pem_x509_certificate(certificates.ca_pem)
    purpose = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(purpose) == [ExtendedKeyUsageOID.SERVER_AUTH]
    one = timedelta(seconds=1)
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc + one == timedelta(days=397)
    assert root.not_valid_before_utc <= leaf.not_valid_before_utc
    assert time.time() - leaf.not_valid_before_utc.timestamp() >= 3600 - 1
    assert root.not_valid_after_utc - root.not_valid_before_utc == timedelta(days=3650)
    assert root.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    critical = {each.oid._name for each in root.extensions if each.critical}
    # The name constraints are not, or an ESP32 would not connect.
    assert critical == {"basicConstraints", "keyUsage"}
    assert certificates.expires_at == leaf.not_valid_after_utc.timestamp()


def test_a_phone_that_knows_the_fingerprint_gets_the_ca_with_the_handshake(
    tmp_path: Path, certificates: Certificates
) -> None:
    """It stands in the server's file after the server's own, and its fingerprint is the one that we tell."""
    _, root = x509.load_pem_x509_certificates((tmp_path / "tls" / "servidor.pem").read_bytes())
    assert root == x509.load_pem_x509_certificate(certificates.ca_pem)
    command = ["openssl", "x509", "-noout", "-fingerprint", "-sha256"]
    told = subprocess.run(command, input=certificates.ca_pem, capture_output=True, check=True).stdout
    assert told.decode().strip().partition("=")[2] == certificates.ca_fingerprint


def test_a_stolen_ca_cannot_pass_for_a_bank(tmp_path: Path, certificates: Certificates) -> None:
    """Names and addresses outside of a home are refused, though the CA has signed for them."""
    folder = TlsFolder(tmp_path / "tls")
    authority = folder.read().authority(time.time())
    assert authority is not None
    thief = TlsFolder(tmp_path / "thief")
    thief.read()
    thief.keep_key(key := new_key())
    for name in (
        x509.DNSName("banco.example"),
        x509.DNSName("io"),
        x509.IPAddress(ip_address("8.8.8.8")),
        x509.IPAddress(ip_address("64:ff9b::808:808")),
    ):
        names = frozenset[x509.GeneralName]({name})
        assert not authority.permitted(names)
        thief.keep_chain(authority.issue(key.public_key(), names, time.time()), authority.certificate)
        live = LiveContext()
        live.load(thief.certificate, thief.key)
        with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
            handshake(live.context, strict_client(certificates.ca_pem), str(name.value))


def test_what_the_ca_must_not_sign_for_is_left_out_and_said(certificates: Certificates) -> None:
    """One name too many would spoil the whole certificate; nor does a strange host name do any harm."""
    strange = ("público", "a_b", "-x", "x" * 64, "", "..", "nuevo.example.com")
    assert certificates.ensure((*NAMES, *strange), (*ADDRESSES, ip_address("203.0.113.5")))
    assert certificates.left_out == ["203.0.113.5", "nuevo.example.com"]
    for name in (*CALLED, "203-0-113-5.sslip.io"):
        handshake(certificates.context, strict_client(certificates.ca_pem), name)


# -- renewal ---------------------------------------------------------------------------------------


def test_nothing_changes_without_need(tmp_path: Path, certificates: Certificates, clock: FakeClock) -> None:
    """As long as more than 30 days are left, asked again or started again."""
    before = {path: path.read_bytes() for path in (tmp_path / "tls").iterdir()}
    assert {path.name for path in before} == {"ca.key", "ca.pem", "servidor.key", "servidor.pem"}
    clock.jump(366 * DAY)
    assert not certificates.ensure(reversed(NAMES), reversed(ADDRESSES))
    made(tmp_path / "tls", clock)
    assert {path: path.read_bytes() for path in (tmp_path / "tls").iterdir()} == before


def test_it_is_renewed_when_30_days_are_left(certificates: Certificates, clock: FakeClock) -> None:
    """By the same CA; and one that has ended, as after a year in a drawer, all the same."""
    for days in (367.5, 1_000):
        old, ca = leaf_of(certificates), certificates.ca_pem
        clock.jump(days * DAY)
        assert certificates.ensure(NAMES, ADDRESSES)
        assert leaf_of(certificates).not_valid_after_utc.timestamp() >= clock.now() + 390 * DAY
        assert leaf_of(certificates).serial_number != old.serial_number
        assert certificates.ca_pem == ca
        assert not certificates.ensure(NAMES, ADDRESSES)


def test_the_ca_is_made_anew_only_when_it_has_ended(
    certificates: Certificates, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    """In its last weeks the server's certificate ends with it, and is not renewed to no purpose."""
    ca = certificates.ca_pem
    clock.jump(3_640 * DAY)
    assert certificates.ensure(NAMES, ADDRESSES)
    assert leaf_of(certificates).not_valid_after_utc.timestamp() < clock.now() + 10 * DAY
    assert not certificates.ensure(NAMES, ADDRESSES)
    assert certificates.ca_pem == ca
    assert "ca_made anew=True" not in caplog.text
    clock.jump(10 * DAY)
    assert certificates.ensure(NAMES, ADDRESSES)
    assert certificates.ca_pem != ca
    assert f"ca_made anew=True fingerprint={certificates.ca_fingerprint}" in caplog.text


def test_a_clock_that_was_ahead_does_no_lasting_harm(certificates: Certificates, clock: FakeClock) -> None:
    """What was made for next year is replaced as soon as the clock is put right; the CA stays."""
    ca = certificates.ca_pem
    clock.jump(380 * DAY)
    assert certificates.ensure(NAMES, ADDRESSES)
    clock.jump(-380 * DAY)
    assert certificates.ensure(NAMES, ADDRESSES)
    handshake(certificates.context, strict_client(ca), "localhost")
    clock.jump(-3_000 * DAY)  # a small computer without a battery wakes up years ago
    assert not certificates.ensure(NAMES, ADDRESSES)
    handshake(certificates.context, strict_client(ca), "localhost")


def test_it_follows_the_machine(certificates: Certificates) -> None:
    """A new address or a new name, and one that is gone."""
    client = strict_client(certificates.ca_pem)
    assert certificates.ensure((*NAMES, "smarthome-2.local"), [ip_address("192.168.1.77")])
    for name in ("192.168.1.77", "192-168-1-77.sslip.io", "smarthome-2.local", "localhost"):
        handshake(certificates.context, client, name)
    with pytest.raises(ssl.SSLCertVerificationError, match=r"mismatch|not valid for"):
        handshake(certificates.context, client, "192.168.1.10")
    assert x509.DNSName("smarthome-2.local") in names_of(leaf_of(certificates))


# -- while the server runs -------------------------------------------------------------------------


class Door(tornado.web.RequestHandler):
    def get(self) -> None:
        self.write("abierta")


@pytest.fixture
def port(certificates: Certificates) -> Iterator[int]:
    """Where the project's own kind of server answers with these certificates."""
    loop = LoopThread("tls-test")
    loop.start()

    async def begin() -> HTTPServer:
        server = HTTPServer(tornado.web.Application([("/", Door)]), ssl_options=certificates.context)
        server.listen(0, "127.0.0.1")
        return server

    server = loop.run(begin(), PATIENCE)
    [listening] = server._sockets.values()
    yield int(listening.getsockname()[1])
    loop.run(server.close_all_connections(), PATIENCE)
    loop.call_soon(server.stop)
    loop.stop(PATIENCE)


def test_a_renewal_disturbs_nobody(certificates: Certificates, port: int) -> None:
    """A connection that was open before goes on, and the next one sees the new certificate."""
    client = strict_client(certificates.ca_pem)
    connections = []
    seen = []
    for last in range(10, 14):
        certificates.ensure(NAMES, [ip_address(f"192.168.1.{last}")])
        connections.append(http.client.HTTPSConnection("127.0.0.1", port, timeout=PATIENCE, context=client))
        for connection in connections:
            connection.request("GET", "/")
            assert connection.getresponse().read() == b"abierta"
        assert isinstance(connections[-1].sock, ssl.SSLSocket)
        seen.append(connections[-1].sock.getpeercert(binary_form=True))
    for connection in connections:
        connection.close()
    assert len(set(seen)) == len(connections)


# -- files -----------------------------------------------------------------------------------------


def test_keys_are_never_open_to_others(
    tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are made so, not changed afterwards, and a copy that came back open is closed."""
    with monkeypatch.context() as patch:
        patch.delattr(Path, "chmod")
        certificates = made(tmp_path / "tls", clock)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "tls").iterdir()}
    assert modes == {"ca.key": 0o600, "ca.pem": 0o644, "servidor.key": 0o600, "servidor.pem": 0o644}
    assert stat.S_IMODE((tmp_path / "tls").stat().st_mode) == 0o700
    for name in ("", "ca.key"):
        (tmp_path / "tls" / name).chmod(0o755)
    assert not certificates.ensure(NAMES, ADDRESSES)
    assert stat.S_IMODE((tmp_path / "tls").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "tls" / "ca.key").stat().st_mode) == 0o700


def test_a_folder_that_cannot_be_had_is_said(tmp_path: Path, clock: FakeClock) -> None:
    """In one line of Spanish."""
    (tmp_path / "tls").write_text("no soy una carpeta")
    with pytest.raises(UnusableCertificate, match=r"tls: no se pueden leer o guardar .*\(.*\)\.$"):
        made(tmp_path / "tls", clock)
