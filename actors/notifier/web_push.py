"""Web Push: to a browser by the service of its maker (RFC 8030), which cannot read them (RFC 8291)."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import http_ece  # type: ignore[import-untyped]
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02  # type: ignore[import-untyped]

from actors.domain.findings import Severity
from actors.domain.notices import Hitch, Subscription, Tried
from actors.notifier.message import Message

PATIENCE_S: Final = 10.0
# How long the service keeps it for a phone that is off, s.
KEPT_S: Final = 86_400
# What it is signed for; 24 h is the most that is allowed.
SIGNED_S: Final = 12 * 3_600
# What fits into one message, in bytes, before it is encrypted: 4,096 less what that adds.
MOST_BYTES: Final = 3_800
# Of the makers of browsers: Chrome and Edge on Android and the desktop, Firefox, Safari, Edge on Windows.
SERVICES: Final = (
    "fcm.googleapis.com",
    "jmt17.google.com",
    "push.services.mozilla.com",
    "push.apple.com",
    "notify.windows.com",
)
_GONE: Final = (404, 410)
_TAKEN: Final = range(200, 300)


def public_key(private: bytes) -> str:
    """What a browser subscribes with, in base64url."""
    point = _key(private).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return _text(point)


def new_private_key() -> bytes:
    return ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value.to_bytes(32, "big")


def is_usable(subscription: Subscription, others: Sequence[str]) -> bool:
    """Whether it is a browser's: its service known, or one of ``others`` (host or host:port), its keys whole.

    So nobody can have the house send requests to whatever address they like.
    """
    try:
        parts = urlsplit(subscription.endpoint)
        host, port = parts.hostname or "", parts.port
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _bytes(subscription.public_key))
        has_keys = len(_bytes(subscription.auth)) == 16
    except (ValueError, UnsupportedAlgorithm):
        return False
    if (
        not has_keys
        or parts.username
        or parts.password
        or parts.fragment
        or not subscription.endpoint.isascii()
    ):
        return False
    if parts.netloc in others:
        return parts.scheme in ("http", "https")
    is_known = any(host == service or host.endswith(f".{service}") for service in SERVICES)
    return is_known and parts.scheme == "https" and port in (None, 443)


@dataclass(frozen=True, slots=True)
class PushSender:
    private_key: bytes
    contact: str
    """A ``mailto:`` or ``https:`` address, by which the service can reach whoever sends too much."""
    others: Sequence[str] = ()
    """Further services, as in :func:`is_usable`."""

    def send(self, subscription: Subscription, message: Message, now: float) -> Tried:
        """Waits for the service; a redirection is not followed."""
        if not is_usable(subscription, self.others):
            return Tried(Hitch.NO_CHANNEL)
        parts = urlsplit(subscription.endpoint)
        body = encrypted(subscription, content(message))
        headers = {
            "Authorization": self._signature(f"{parts.scheme}://{parts.netloc}", now),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(KEPT_S),
            "Urgency": "high" if message.severity in (Severity.CRITICAL, Severity.HIGH) else "normal",
        }
        path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        connection = _connection(parts.scheme, parts.netloc)
        try:
            connection.request("POST", path, body, headers)
            status = connection.getresponse().status
        except TimeoutError:
            return Tried(Hitch.NO_ANSWER)
        except (OSError, http.client.HTTPException) as error:
            return Tried(Hitch.NOT_TAKEN, type(error).__name__)
        finally:
            connection.close()
        if status in _GONE:
            return Tried(Hitch.NO_CHANNEL)
        return Tried() if status in _TAKEN else Tried(Hitch.NOT_TAKEN, f"HTTP {status}")

    def _signature(self, audience: str, now: float) -> str:
        claims = {"aud": audience, "sub": self.contact, "exp": int(now) + SIGNED_S}
        signed: dict[str, str] = Vapid02.from_raw(_text(self.private_key).encode()).sign(claims)
        return signed["Authorization"]


def content(message: Message) -> bytes:
    """What the page's service worker is told, as JSON; a text that is too long is cut."""
    told = {"titulo": message.title, "texto": message.text, "ruta": message.path, "marca": message.tag}
    while len(found := json.dumps(told, ensure_ascii=False).encode()) > MOST_BYTES:
        told["texto"] = told["texto"][: len(told["texto"]) * 3 // 4] + "…"
    return found


def encrypted(subscription: Subscription, plain: bytes) -> bytes:
    sealed: bytes = http_ece.encrypt(
        plain,
        private_key=ec.generate_private_key(ec.SECP256R1()),
        dh=_bytes(subscription.public_key),
        auth_secret=_bytes(subscription.auth),
        version="aes128gcm",
    )
    return sealed


def _connection(scheme: str, netloc: str) -> http.client.HTTPConnection:
    if scheme == "http":
        return http.client.HTTPConnection(netloc, timeout=PATIENCE_S)
    return http.client.HTTPSConnection(netloc, timeout=PATIENCE_S, context=ssl.create_default_context())


def _key(private: bytes) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(private, "big"), ec.SECP256R1())


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    """Raises ``ValueError``."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
