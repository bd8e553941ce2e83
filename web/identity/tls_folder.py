"""The folder of certificates and keys that the house makes itself."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from web.identity.certificate_authority import Authority, begun, expired, is_root, signed_by

logger = logging.getLogger(__name__)

T = TypeVar("T")

_SECRET: Final = 0o600
_PUBLIC: Final = 0o644
_OWNER_ONLY: Final = 0o700
_OTHERS: Final = 0o077


@dataclass(frozen=True, slots=True)
class Pair:
    """A server's certificate and that of the CA which has signed it."""

    leaf: x509.Certificate
    root: x509.Certificate


@dataclass(frozen=True, slots=True)
class Kept:
    """What the folder holds. What is missing, damaged or of another kind is ``None`` or empty."""

    ca: tuple[x509.Certificate, ...]
    ca_key: ec.EllipticCurvePrivateKey | None
    chain: tuple[x509.Certificate, ...]
    """The server's certificate and the CA's."""
    key: ec.EllipticCurvePrivateKey | None
    aside: tuple[Authority, ...]
    """CAs that another one has replaced, of which each may serve again when the clock is put right."""
    may_be_behind: bool = True
    """Whether the clock may be wrong, and not the CA that begins later than it."""

    @property
    def whole_ca(self) -> Authority | None:
        """The CA, valid or not, if its key fits; its certificate also stands in the server's file."""
        return None if self.ca_key is None else _authority(self._roots(), self.ca_key)

    def authority(self, now: float) -> Authority | None:
        """The CA, if it serves and its key fits."""
        found = self.whole_ca
        return found if found is not None and self._serves(found.certificate, now) else None

    def spare(self, now: float) -> Authority | None:
        """One set aside that serves."""
        return next((each for each in self.aside if self._serves(each.certificate, now)), None)

    def usable_without_ca_key(self, now: float) -> Pair | None:
        """What serves for now, though it cannot be renewed."""
        for root in self._roots():
            leaf = self.leaf_under(root)
            if leaf is not None and not expired(leaf, now) and self._serves(root, now):
                return Pair(leaf, root)
        return None

    def leaf_under(self, root: x509.Certificate) -> x509.Certificate | None:
        """The server's certificate, if the key fits and ``root``, which stands beside it, has signed it."""
        if self.key is None or len(self.chain) != 2 or self.chain[1] != root:
            return None
        leaf = self.chain[0]
        fits = self.key.public_key() == leaf.public_key() and signed_by(leaf, root)
        return leaf if fits else None

    def _serves(self, root: x509.Certificate, now: float) -> bool:
        """Whether it is valid; where none has begun, the clock is behind: then, whether it has not ended."""
        known = (*self._roots(), *(each.certificate for each in self.aside))
        behind = self.may_be_behind and not any(begun(each, now) for each in known)
        return not expired(root, now) and (behind or begun(root, now))

    def _roots(self) -> list[x509.Certificate]:
        return [each for each in (*self.ca, *self.chain) if is_root(each)]


class TlsFolder:
    """``ca.key``, ``ca.pem``, ``servidor.key`` and ``servidor.pem``; the keys are for the owner alone.

    A CA that was replaced stays beside them, as ``ca-01234567.key`` and ``.pem`` by its fingerprint.
    Calls raise ``OSError``. A file is replaced whole or not at all.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.certificate: Final = path / "servidor.pem"
        self.key: Final = path / "servidor.key"
        self.ca: Final = path / "ca.pem"
        self.ca_key: Final = path / "ca.key"

    def read(self) -> Kept:
        """Makes the folder, if need be, and takes others' rights to it and to the keys away."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.mkdir(_OWNER_ONLY, exist_ok=True)
        aside = sorted(self.path.glob("ca-*.key"))
        for path in (self.path, self.ca_key, self.key, *aside):
            _close_to_others(path)
        return Kept(
            _read(self.ca, _certificates) or (),
            _read(self.ca_key, _private_key),
            _read(self.certificate, _certificates) or (),
            _read(self.key, _private_key),
            tuple(found for key in aside if (found := _set_aside(key)) is not None),
        )

    def set_aside(self, authority: Authority) -> None:
        fingerprint = authority.certificate.fingerprint(hashes.SHA256()).hex()
        key = self.path / f"ca-{fingerprint[:8]}.key"
        _replace(key, _pem_of_key(authority.key), _SECRET)
        _replace(key.with_suffix(".pem"), authority.certificate.public_bytes(Encoding.PEM), _PUBLIC)

    def keep_ca(self, authority: Authority) -> None:
        _replace(self.ca_key, _pem_of_key(authority.key), _SECRET)
        self.keep_root(authority.certificate)

    def keep_root(self, root: x509.Certificate) -> None:
        _replace(self.ca, root.public_bytes(Encoding.PEM), _PUBLIC)

    def keep_key(self, key: ec.EllipticCurvePrivateKey) -> None:
        _replace(self.key, _pem_of_key(key), _SECRET)

    def keep_chain(self, *chain: x509.Certificate) -> None:
        _replace(self.certificate, b"".join(each.public_bytes(Encoding.PEM) for each in chain), _PUBLIC)


def _authority(roots: Iterable[x509.Certificate], key: ec.EllipticCurvePrivateKey) -> Authority | None:
    public = key.public_key()
    return next((Authority(root, key) for root in roots if root.public_key() == public), None)


def _set_aside(key: Path) -> Authority | None:
    private = _read(key, _private_key)
    roots = filter(is_root, _read(key.with_suffix(".pem"), _certificates) or ())
    return None if private is None else _authority(roots, private)


def _read(path: Path, parse: Callable[[bytes], T]) -> T | None:
    try:
        return parse(path.read_bytes())
    except FileNotFoundError:
        return None
    except (TypeError, UnsupportedAlgorithm, ValueError) as error:
        logger.debug("tls_file_damaged path=%s error=%s", path, error)
        return None


def _certificates(pem: bytes) -> tuple[x509.Certificate, ...]:
    return tuple(x509.load_pem_x509_certificates(pem))


def _private_key(pem: bytes) -> ec.EllipticCurvePrivateKey:
    key = load_pem_private_key(pem, None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError("not an elliptic curve's")
    return key


def _pem_of_key(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _close_to_others(path: Path) -> None:
    mode = path.stat().st_mode if path.exists() else 0
    if os.name == "posix" and mode & _OTHERS:
        logger.warning("open_to_others path=%s mode=%o", path, mode & 0o777)
        path.chmod(mode & ~_OTHERS)


def _replace(path: Path, data: bytes, mode: int) -> None:
    beside = path.with_name(f"{path.name}.new")
    beside.unlink(missing_ok=True)
    # Never to be read by others, not even for a moment.
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)
    if os.name == "posix":  # so that the new name outlives a power cut, as phones may pin the CA at once
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
