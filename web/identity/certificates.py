"""What the server shows to prove who it is: certificates of its own making, or given ones.

Either has one TLS context for as long as it lives. A new certificate is shown from the next handshake on,
and open connections go on undisturbed.
"""

from __future__ import annotations

import logging
import ssl
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from web.identity.certificate_authority import Authority, Names, expired, names_of, new_key, subject_names
from web.identity.network import Address
from web.identity.tls_folder import Kept, Pair, TlsFolder

logger = logging.getLogger(__name__)


class UnusableCertificate(Exception):
    """There is no certificate to be had; the message is one line in Spanish that says what is wrong."""


class LiveContext:
    """A server's TLS context (1.2 and later) whose certificate can be changed while it is in use.

    Loading into a context that is in use is no option: a pair that does not fit leaves it with half of
    it, and OpenSSL does not guard it against the handshakes of other threads. So each handshake is
    handed the newest of a row of contexts that never change.
    """

    def __init__(self) -> None:
        self.context: Final = _server_context()
        self.context.sni_callback = self._hand_over
        self._newest = self.context

    def load(self, certificate: Path, key: Path) -> None:
        """Show this one from now on. Raises ``OSError``, of which ``ssl.SSLError`` is one, with no effect."""
        fresh = _server_context()
        # Without a password to hand, OpenSSL would ask for one on the terminal.
        fresh.load_cert_chain(certificate, key, password="")
        self._newest = fresh

    def _hand_over(self, connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        connection.context = self._newest


def _server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


class Certificates:
    """A CA of the house's own and a server certificate signed by it, kept in ``folder``.

    The CA stays as long as it is valid and its key fits, because phones pin it. One that is not valid any
    more is set aside, and comes back if that was the clock's fault. If its key is lost, the server's
    certificate serves to its end, and only then both are made anew. The CA's certificate
    stands in the server's file too, so who knows it by its fingerprint gets it with the handshake. The
    server's key stays over renewals: one file is replaced, and at no moment is there a pair that does
    not fit.

    ``now`` tells the seconds since the epoch, and ``in_doubt`` whether those may be wrong. If not, a CA that
    begins later was made by a clock that was ahead: no client takes it yet, so none can have come to rely
    on it, and it is made anew. For ``names`` and ``addresses`` see :meth:`ensure`. All
    calls may come from any thread. Raises :class:`UnusableCertificate`.
    """

    def __init__(
        self,
        folder: Path,
        now: Callable[[], float],
        names: Iterable[str],
        addresses: Iterable[Address],
        in_doubt: Callable[[], bool] = lambda: True,
    ) -> None:
        self._folder = TlsFolder(folder)
        self._now = now
        self._in_doubt = in_doubt
        self._lock = threading.Lock()
        self._live = LiveContext()
        self._ca_key_lost = False
        self._shown = self._settle(names, addresses)

    @property
    def context(self) -> ssl.SSLContext:
        """For the server; one object for good."""
        return self._live.context

    @property
    def ca_pem(self) -> bytes:
        """The CA's certificate, which is public."""
        return self._shown.root.public_bytes(Encoding.PEM)

    @property
    def ca_fingerprint(self) -> str:
        """SHA-256 of the CA's certificate as phones and browsers show it: ``AB:CD:…``, 32 pairs."""
        return _fingerprint(self._shown.root)

    @property
    def expires_at(self) -> float:
        """When the server's certificate ends, in seconds since the epoch."""
        return self._shown.leaf.not_valid_after_utc.timestamp()

    @property
    def left_out(self) -> list[str]:
        """The machine's names and addresses that the server's certificate does not hold."""
        return sorted(str(name.value) for name in self._left_out)

    def ensure(self, names: Iterable[str], addresses: Iterable[Address]) -> bool:
        """See to it that the files are whole, valid and fit; tells whether another certificate is shown now.

        ``names`` and ``addresses`` are the machine's; ``localhost``, the loopback addresses and those of
        sslip.io are added. Costs some milliseconds, so it may be called every few seconds. If it
        raises, what was shown until now is shown still.
        """
        with self._lock:
            before = self._shown
            self._shown = self._settle(names, addresses)
            return self._shown.leaf != before.leaf

    def _settle(self, names: Iterable[str], addresses: Iterable[Address]) -> Pair:
        called = subject_names(names, addresses)
        try:
            pair = self._pair(called, self._now())
            self._live.load(self._folder.certificate, self._folder.key)
        except OSError as error:
            raise UnusableCertificate(
                f"{self._folder.path}: no se pueden leer o guardar los certificados ({error.strerror})."
            ) from None
        self._left_out = called - names_of(pair.leaf)
        return pair

    def _pair(self, names: Names, now: float) -> Pair:
        """That of the files, made as far as need be."""
        kept = replace(self._folder.read(), may_be_behind=self._in_doubt())
        authority = kept.authority(now)
        usable = kept.usable_without_ca_key(now) if authority is None else None
        self._tell_ca_key(lost=usable is not None)
        if usable is not None:
            self._restore(kept, usable.root)
            return usable
        if authority is None:
            authority = self._replace_ca(kept, names, now)
        else:
            self._restore(kept, authority.certificate)
        leaf = kept.leaf_under(authority.certificate)
        fits = leaf is not None and names_of(leaf) == authority.permitted(names)
        if leaf is None or not fits or authority.renewal_due(leaf, now):
            key = kept.key or self._make_key()
            leaf = self._issue(authority, key.public_key(), names, now)
        return Pair(leaf, authority.certificate)

    def _restore(self, kept: Kept, root: x509.Certificate) -> None:
        """The CA's own file, from its copy beside the server's certificate."""
        if kept.ca != (root,):
            self._folder.keep_root(root)

    def _replace_ca(self, kept: Kept, names: Names, now: float) -> Authority:
        """By one that was set aside, or a new one; that there is, if it is whole, is set aside."""
        spare = kept.spare(now)
        authority = spare or Authority.new(names, now)
        anew = self._folder.ca.exists() or self._folder.ca_key.exists()
        if kept.whole_ca is not None:
            self._folder.set_aside(kept.whole_ca)
        self._folder.keep_ca(authority)
        fingerprint = _fingerprint(authority.certificate)
        if spare is None:
            logger.log(
                logging.WARNING if anew else logging.INFO, "ca_made anew=%s fingerprint=%s", anew, fingerprint
            )
        else:
            logger.warning("ca_taken_back fingerprint=%s", fingerprint)
        return authority

    def _make_key(self) -> ec.EllipticCurvePrivateKey:
        key = new_key()
        self._folder.keep_key(key)
        return key

    def _issue(
        self, authority: Authority, key: ec.EllipticCurvePublicKey, names: Names, now: float
    ) -> x509.Certificate:
        permitted = authority.permitted(names)
        leaf = authority.issue(key, permitted, now)
        self._folder.keep_chain(leaf, authority.certificate)
        logger.info("certificate_issued names=%d until=%s", len(permitted), leaf.not_valid_after_utc)
        return leaf

    def _tell_ca_key(self, *, lost: bool) -> None:
        if lost and not self._ca_key_lost:
            logger.error("ca_key_unusable path=%s", self._folder.ca_key)
        self._ca_key_lost = lost


class GivenCertificate:
    """A certificate that somebody else sees to: ``certificate``, with its chain, and its ``key``, as PEM.

    Raises :class:`UnusableCertificate` if they cannot be used at the start. Calls may come from any thread.
    """

    def __init__(self, certificate: Path, key: Path, now: Callable[[], float]) -> None:
        self._certificate = certificate
        self._key = key
        self._now = now
        self._lock = threading.Lock()
        self._live = LiveContext()
        self._seen = self._bytes()
        self._leaf = self._load()

    @property
    def context(self) -> ssl.SSLContext:
        """For the server; one object for good."""
        return self._live.context

    @property
    def expires_at(self) -> float:
        """When it ends, in seconds since the epoch."""
        return self._leaf.not_valid_after_utc.timestamp()

    def refresh(self) -> bool:
        """Show the files' present contents if they have changed; whether they have.

        Contents that cannot be used, as while they are being replaced, raise once; what was shown until
        then is shown still.
        """
        with self._lock:
            found = self._bytes()
            if found == self._seen:
                return False
            self._seen = found
            self._leaf = self._load()
            return True

    def _bytes(self) -> tuple[bytes, bytes]:
        return _read(self._certificate), _read(self._key)

    def _load(self) -> x509.Certificate:
        """What the files hold, shown from now on."""
        try:
            leaf = x509.load_pem_x509_certificates(self._seen[0])[0]
            self._live.load(self._certificate, self._key)
        except ssl.SSLError as error:
            raise UnusableCertificate(
                f"{self._certificate} y {self._key}: no forman un par que sirva "
                f"({error.reason or error}); se espera un certificado y su clave, sin contraseña, en PEM."
            ) from None
        except (OSError, ValueError):
            raise UnusableCertificate(f"{self._certificate}: se espera un certificado en PEM.") from None
        if expired(leaf, self._now()):
            logger.warning("certificate_expired path=%s at=%s", self._certificate, leaf.not_valid_after_utc)
        return leaf


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UnusableCertificate(f"{path}: no se puede leer ({error.strerror}).") from None


def _fingerprint(certificate: x509.Certificate) -> str:
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()
