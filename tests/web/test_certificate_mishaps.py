"""What becomes of certificates whose files are damaged, cut short, exchanged or somebody else's to see to."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.verification import PolicyBuilder, Store
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from tests.stage import FakeClock
from tests.web.handshakes import handshake, shown_by, strict_client
from web.identity.certificate_authority import names_of, subject_names
from web.identity.certificates import Certificates, GivenCertificate, LiveContext, UnusableCertificate

NAMES = ("smarthome.local",)
FILES = ("ca.key", "ca.pem", "servidor.key", "servidor.pem")
DAY = 86_400.0


class PowerCut(BaseException):
    """The process ends here and now."""


def cut_short(monkeypatch: pytest.MonkeyPatch, step: int, end: BaseException) -> None:
    """The ``step``-th file from now on, counted from 0, is not put in its place."""
    left = [step]
    replace = os.replace

    def perhaps(source: Path, target: Path) -> None:
        if left[0] == 0:
            raise end
        left[0] -= 1
        replace(source, target)

    monkeypatch.setattr("web.identity.tls_folder.os.replace", perhaps)


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "emptied": lambda _: b"",
    "cut in half": lambda data: data[: len(data) // 2],
    "one bit": lambda data: bytes(byte ^ (n == 100) for n, byte in enumerate(data)),
    "other bytes": lambda data: bytes(byte ^ 0x55 for byte in data),
}


class Mishaps(RuleBasedStateMachine):
    """Whatever happens to the files and however time goes by: after each look, all is well again.

    The CA stays while there is a whole copy of its certificate and either its key or a server's pair
    under it that still serves.
    """

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp())
        self.folder = self.root / "tls"
        self.clock = FakeClock(time.time())
        self.addresses = frozenset({ip_address("192.168.1.10")})
        Certificates(self.root / "other", self.clock.now, NAMES, ())
        self.theirs = files_in(self.root / "other")
        self.certificates = self.started()
        self.seen = files_in(self.folder)

    def teardown(self) -> None:
        shutil.rmtree(self.root)

    def started(self) -> Certificates:
        return Certificates(self.folder, self.clock.now, NAMES, self.addresses)

    @rule(name=st.sampled_from(FILES), damage=st.sampled_from(sorted(DAMAGES)))
    def is_damaged(self, name: str, damage: str) -> None:
        (self.folder / name).write_bytes(DAMAGES[damage](files_in(self.folder)[name]))

    @rule(name=st.sampled_from(FILES))
    def is_deleted(self, name: str) -> None:
        (self.folder / name).unlink(missing_ok=True)

    @rule(name=st.sampled_from(FILES))
    def is_exchanged(self, name: str) -> None:
        """For that of another house, as by a hasty restore."""
        (self.folder / name).write_bytes(self.theirs[name])

    @rule(days=st.sampled_from((1, 40, 370, 1_200)))
    def time_passes(self, days: float) -> None:
        self.clock.jump(days * DAY)

    @rule(last=st.integers(1, 5))
    def machine_moves(self, last: int) -> None:
        self.addresses = frozenset({ip_address(f"192.168.1.{last}"), ip_address(f"fd00::{last}")})

    @rule(step=st.integers(0, 5))
    def power_fails(self, step: int) -> None:
        """While a starting process replaces files, perhaps."""
        with pytest.MonkeyPatch.context() as patch, contextlib.suppress(PowerCut):
            cut_short(patch, step, PowerCut())
            self.started()

    @rule()
    def is_looked_at(self) -> None:
        self.look(lambda: self.certificates.ensure(NAMES, self.addresses))

    @rule()
    def is_started_again(self) -> None:
        self.look(lambda: setattr(self, "certificates", self.started()))

    def look(self, act: Callable[[], object]) -> None:
        before, stays = self.certificates.ca_pem, self.ca_stays()
        act()
        assert self.certificates.ca_pem == before or not stays
        self.seen = files_in(self.folder)
        self.all_is_well()

    def ca_stays(self) -> bool:
        files, ca = files_in(self.folder), self.certificates.ca_pem
        if expiry(ca) <= self.clock.now():
            return False
        copies = (files["ca.pem"] == ca, files["servidor.pem"] == self.seen["servidor.pem"])
        serves = copies[1] and files["servidor.key"] == self.seen["servidor.key"]
        serves = serves and expiry(files["servidor.pem"]) > self.clock.now()
        complete = files["ca.key"] == self.theirs["ca.key"] and files["ca.pem"] == self.theirs["ca.pem"]
        return (fits(files["ca.key"], ca) and any(copies)) or (serves and not complete)

    def all_is_well(self) -> None:
        """The pair is whole and serves under the CA that we tell, for the names; a second look agrees."""
        leaf, root = x509.load_pem_x509_certificates(self.seen["servidor.pem"])
        assert root == x509.load_pem_x509_certificate(self.certificates.ca_pem)
        shown = shown_by(self.certificates.context)
        assert shown == leaf.public_bytes(Encoding.DER)
        moment = datetime.fromtimestamp(self.clock.now(), UTC)
        verifier = PolicyBuilder().store(Store([root])).time(moment)
        verifier.build_server_verifier(x509.DNSName("smarthome.local")).verify(leaf, [])
        assert self.seen["ca.pem"] == self.certificates.ca_pem
        if fits(self.seen["ca.key"], self.seen["ca.pem"]):
            assert names_of(leaf) == subject_names(NAMES, self.addresses)
        assert not self.certificates.ensure(NAMES, self.addresses)
        assert files_in(self.folder) == self.seen


TestMishaps = Mishaps.TestCase
TestMishaps.settings = settings(max_examples=30, stateful_step_count=15)


def files_in(folder: Path) -> dict[str, bytes]:
    """Each file's bytes; none for one that is missing."""
    return {name: (folder / name).read_bytes() if (folder / name).exists() else b"" for name in FILES}


def fits(key: bytes, certificate: bytes) -> bool:
    """Whether ``key`` is whole, and the one of ``certificate``."""
    try:
        public = load_pem_private_key(key, None).public_key()
    except ValueError:
        return False
    return public == x509.load_pem_x509_certificate(certificate).public_key()


def expiry(pem: bytes) -> float:
    return x509.load_pem_x509_certificate(pem).not_valid_after_utc.timestamp()


@pytest.mark.parametrize("end", [PowerCut(), OSError(errno.ENOSPC, "No space left on device")])
def test_a_renewal_cut_short_leaves_the_old_pair_serving(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: BaseException
) -> None:
    """On disk, where the next start finds it, and in the running server, which may try again."""
    certificates = Certificates(tmp_path, time.time, NAMES, ())
    client, before = strict_client(certificates.ca_pem), files_in(tmp_path)
    with monkeypatch.context() as patch:
        cut_short(patch, 0, end)
        with pytest.raises((PowerCut, UnusableCertificate)) as raised:
            certificates.ensure(NAMES, [ip_address("192.168.1.10")])
    assert isinstance(raised.value, PowerCut) or "(No space left on device)." in str(raised.value)
    assert files_in(tmp_path) == before
    found = LiveContext()
    found.load(tmp_path / "servidor.pem", tmp_path / "servidor.key")
    for context in (found.context, certificates.context):
        handshake(context, client, "localhost")
    assert certificates.ensure(NAMES, [ip_address("192.168.1.10")])
    handshake(certificates.context, client, "192.168.1.10")
    changed = {name for name, data in files_in(tmp_path).items() if data != before[name]}
    assert changed == {"servidor.pem"}  # one file, so there is no moment with half a pair


def test_a_lost_ca_key_is_said_once_and_serves_to_the_end(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Phones that trust the CA go on until the server's certificate ends; put back, all is as before."""
    clock = FakeClock(time.time())
    certificates = Certificates(tmp_path, clock.now, NAMES, ())
    ca, key = certificates.ca_pem, (tmp_path / "ca.key").read_bytes()
    (tmp_path / "ca.key").unlink()
    for last in (1, 2):
        assert not certificates.ensure(NAMES, [ip_address(f"192.168.1.{last}")])
    assert caplog.text.count("ca_key_unusable") == 1
    (tmp_path / "ca.key").write_bytes(key)
    assert certificates.ensure(NAMES, [ip_address("192.168.1.2")])
    assert certificates.ca_pem == ca
    (tmp_path / "ca.key").unlink()
    clock.jump(398 * DAY)
    assert certificates.ensure(NAMES, ())
    assert certificates.ca_pem != ca
    assert "ca_made anew=True" in caplog.text


# -- given certificates ----------------------------------------------------------------------------


class Given:
    """A certificate and key of somebody else's making, in two files."""

    def __init__(self, folder: Path) -> None:
        self.ca = trustme.CA()
        self.certificate = folder / "cert.pem"
        self.key = folder / "key.pem"

    def issue(self) -> trustme.LeafCert:
        leaf = self.ca.issue_cert("casa.example.com", "localhost")
        self.key.write_bytes(leaf.private_key_pem.bytes())
        self.certificate.write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
        return leaf

    def load(self) -> GivenCertificate:
        return GivenCertificate(self.certificate, self.key, time.time)


@pytest.fixture
def given(tmp_path: Path) -> Given:
    files = Given(tmp_path)
    files.issue()
    return files


def test_a_given_certificate_is_shown_and_followed(given: Given) -> None:
    """From the next look after its files have changed."""
    certificate = given.load()
    client = strict_client(given.ca.cert_pem.bytes())
    handshake(certificate.context, client, "casa.example.com")
    assert not certificate.refresh()
    before = shown_by(certificate.context)
    given.issue()
    assert certificate.refresh()
    assert shown_by(certificate.context) != before
    handshake(certificate.context, client, "casa.example.com")
    assert certificate.expires_at == expiry(given.certificate.read_bytes())


def test_a_given_certificate_half_replaced_is_said_once(given: Given) -> None:
    """What was shown before goes on, and the whole pair is taken when it is there."""
    certificate = given.load()
    before = shown_by(certificate.context)
    whole = given.key.read_bytes()
    given.issue()
    new, _ = given.key.read_bytes(), given.key.write_bytes(whole)
    with pytest.raises(UnusableCertificate, match="no forman un par"):
        certificate.refresh()
    assert not certificate.refresh()
    assert shown_by(certificate.context) == before
    given.key.write_bytes(new)
    assert certificate.refresh()
    assert shown_by(certificate.context) != before


def test_an_ended_certificate_is_shown_and_said(given: Given, caplog: pytest.LogCaptureFixture) -> None:
    """The house opens all the same: who looks after the certificate may come by this very server."""
    ended = given.ca.issue_cert("localhost", not_after=datetime(2020, 1, 1, tzinfo=UTC))
    given.key.write_bytes(ended.private_key_pem.bytes())
    given.certificate.write_bytes(ended.cert_chain_pems[0].bytes())
    assert given.load().expires_at < time.time()
    assert "certificate_expired" in caplog.text


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda given: given.key.unlink(), r"key\.pem: no se puede leer \(No such file or directory\)\."),
        (lambda given: given.certificate.unlink(), r"cert\.pem: no se puede leer"),
        (lambda given: given.certificate.write_text("hola"), r"cert\.pem: se espera un certificado en PEM\."),
        (lambda given: given.key.write_text("hola"), r"no forman un par"),
        (lambda given: given.key.write_bytes(locked(given.key.read_bytes())), r"sin contraseña"),
        (lambda given: given.key.write_bytes(given.ca.private_key_pem.bytes()), r"no forman un par"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_line(
    given: Given, spoil: Callable[[Given], object], said: str
) -> None:
    """In Spanish, with the file; and nobody is asked for a password."""
    spoil(given)
    with pytest.raises(UnusableCertificate, match=said) as raised:
        given.load()
    assert "\n" not in str(raised.value)


def locked(pem: bytes) -> bytes:
    """The same key, to be had with a password only."""
    key = load_pem_private_key(pem, None)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secreto"))
