"""The folder of certificates and keys that the house makes itself."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from web.authority import Authority, expired, is_root, signed_by

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

    def authority(self, now: float) -> Authority | None:
        """The CA, if it is valid and its key fits; its certificate also stands in the server's file."""
        for root in self._roots(now):
            if self.ca_key is not None and self.ca_key.public_key() == root.public_key():
                return Authority(root, self.ca_key)
        return None

    def usable_without_ca_key(self, now: float) -> Pair | None:
        """What serves for now, though it cannot be renewed."""
        for root in self._roots(now):
            leaf = self.leaf_under(root)
            if leaf is not None and not expired(leaf, now):
                return Pair(leaf, root)
        return None

    def leaf_under(self, root: x509.Certificate) -> x509.Certificate | None:
        """The server's certificate, if the key fits and ``root``, which stands beside it, has signed it."""
        if self.key is None or len(self.chain) != 2 or self.chain[1] != root:
            return None
        leaf = self.chain[0]
        fits = self.key.public_key() == leaf.public_key() and signed_by(leaf, root)
        return leaf if fits else None

    def _roots(self, now: float) -> list[x509.Certificate]:
        return [each for each in (*self.ca, *self.chain) if is_root(each) and not expired(each, now)]


class TlsFolder:
    """``ca.key``, ``ca.pem``, ``servidor.key`` and ``servidor.pem``; the keys are for the owner alone.

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
        for path in (self.path, self.ca_key, self.key):
            _close_to_others(path)
        return Kept(
            _read(self.ca, _certificates) or (),
            _read(self.ca_key, _private_key),
            _read(self.certificate, _certificates) or (),
            _read(self.key, _private_key),
        )

    def keep_ca(self, authority: Authority) -> None:
        _replace(self.ca_key, _pem_of_key(authority.key), _SECRET)
        self.keep_root(authority.certificate)

    def keep_root(self, root: x509.Certificate) -> None:
        _replace(self.ca, root.public_bytes(Encoding.PEM), _PUBLIC)

    def keep_key(self, key: ec.EllipticCurvePrivateKey) -> None:
        _replace(self.key, _pem_of_key(key), _SECRET)

    def keep_chain(self, *chain: x509.Certificate) -> None:
        _replace(self.certificate, b"".join(each.public_bytes(Encoding.PEM) for each in chain), _PUBLIC)


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
