"""The services that Apprise knows: e-mail, ntfy, Telegram, webhooks and many more, by address.

Apprise is loaded when the first of them is needed: it takes 0.3 s and 20 MB, which a house without one saves.
"""

from __future__ import annotations

import logging
import re
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from actors.domain.findings import Severity
from actors.domain.notices import Hitch, Tried
from actors.notifier.message import Message

if TYPE_CHECKING:
    from apprise import NotifyBase

# As the installed page is called.
SENDER: Final = "Casa"
# Seconds to connect, and until a service that is connected says something.
CONNECT_S: Final = 5.0
READ_S: Final = 10.0
# They tell this machine's own desktop or log, or read their keys from its files.
_LOCAL: Final = frozenset(
    {"blink1", "dbus", "fcm", "gio", "glib", "gnome", "kde", "macosx", "qt", "syslog", "vapid", "windows"}
)
# Each names in some service a file of this machine, or an address that this machine would then read.
_FILES: Final = frozenset(
    {"attach", "attachment", "cert", "key", "keyfile", "pgpkey", "pgpprv", "pgppub", "subfile", "template"}
)
_SHORTEST_SECRET: Final = 4
_SAID: Final = 300
_LOG: Final = "apprise"
# What its plugins send by: urllib3 logs the path of each request, in which many a service has its secret.
_CLIENTS: Final = ("urllib3", "requests", "requests_oauthlib", "oauthlib")
_SILENT: Final = logging.NullHandler()


class UnusableAddress(Exception):
    """Apprise cannot make a service of it, or it is one that we do not use."""


def load() -> None:
    """Apprise, and with the first service its hundred plugins: no message waits the second that takes."""
    _made("json://127.0.0.1/")


def service_name(url: str) -> str:
    """What the service is called. Raises :class:`UnusableAddress`. It waits for no network."""
    return str(_made(url).service_name)


def send(url: str, message: Message) -> Tried:
    """Waits for the service: some :data:`READ_S`, but one that sends a byte at a time may take for ever."""
    try:
        service = _made(url)
    except UnusableAddress:
        return Tried(Hitch.NOT_TAKEN)
    # Without a text Apprise sends nothing.
    text = "\n".join(line for line in (message.text, message.link) if line) or message.title
    with _overheard() as said:
        try:
            taken = service.notify(body=text, title=message.title, notify_type=_type_of(message.severity))
        except Exception:  # a hundred plugins' own faults, each at the border of its thread
            logging.getLogger(__name__).info("service_failed name=%s", service.service_name, exc_info=True)
            taken = False
    return Tried() if taken else Tried(Hitch.NOT_TAKEN, without_secrets(said[-1] if said else "", url))


def without_secrets(said: str, url: str) -> str:
    """One line of what was ``said``, with no part of the address in it that may be a secret."""
    place, _, query = url.partition("://")[2].partition("?")
    # Many a service has its token where others have their host.
    pieces = [*place.split("/"), *re.split("[/:@]", place)]
    pieces += [each.partition("=")[2] for each in re.split("[&;]", query)]
    pieces += [unquote(piece) for piece in pieces]
    # The longest first: a short one may be a part of it.
    for piece in sorted(set(pieces), key=len, reverse=True):
        if len(piece) >= _SHORTEST_SECRET:
            said = re.sub(re.escape(piece), "…", said, flags=re.IGNORECASE)
    line = " ".join(said.split())[:_SAID]
    return line.encode("utf-8", "replace").decode()


def _made(url: str) -> NotifyBase:
    apprise = _apprise()
    # As Apprise itself understands it: to another parser the same address may say something else.
    parsed: dict[str, Any] | None = apprise.plugins.url_to_dict(url)
    if not parsed or parsed["schema"] in _LOCAL or _FILES & _names(parsed):
        raise UnusableAddress
    # By whom a message is said to be: else that is Apprise, with a picture that each telephone fetches.
    nothing = {"app_url": "", "image_url_mask": "", "image_url_logo": ""}
    ours = apprise.AppriseAsset(app_id=SENDER, app_desc=SENDER, **nothing)
    service: NotifyBase | None = apprise.Apprise.instantiate(parsed, asset=ours, suppress_exceptions=True)
    if service is None or _reads(service, apprise.AppriseAttachment):
        raise UnusableAddress
    service.socket_connect_timeout = CONNECT_S
    service.socket_read_timeout = READ_S
    # What is sent on to another address arrives there without its text, and would count as taken.
    service.redirects = False
    return service


def _names(parsed: dict[str, Any]) -> set[str]:
    """What the query of an address is called by, without the signs by which some services tell their own."""
    return {name.lower().strip().lstrip("+-:").strip() for name in parsed.get("qsd", ())}


def _reads(service: NotifyBase, attachment: type) -> bool:
    """Whether it would read something, by whatever name it was told to."""
    return any(isinstance(each, attachment) and bool(each) for each in vars(service).values())


_loading: Final = threading.Lock()


def _apprise() -> ModuleType:
    with _loading:
        import apprise

        # With its plugins it loads a module that Python 3.13 has no more, which no user can help.
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "'imghdr' is deprecated", DeprecationWarning)
            import apprise.utils.pgp

        # What they say may hold an address: it is heard by whoever sends, and goes into no log.
        for name in (_LOG, *_CLIENTS):
            logger = logging.getLogger(name)
            logger.propagate = False
            logger.setLevel(logging.WARNING)
            logger.addHandler(_SILENT)
    return apprise


def _type_of(severity: Severity) -> Any:
    types = _apprise().NotifyType
    match severity:
        case Severity.CRITICAL | Severity.HIGH:
            return types.FAILURE
        case Severity.MEDIUM:
            return types.WARNING
        case _:
            return types.INFO


class _Ear(logging.Handler):
    """Hears what is logged in the thread that made it."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._thread = threading.get_ident()
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread:
            self.said.append(record.getMessage())


@contextmanager
def _overheard() -> Iterator[list[str]]:
    """What Apprise says in this thread meanwhile."""
    ear = _Ear()
    logger = logging.getLogger(_LOG)
    logger.addHandler(ear)
    try:
        yield ear.said
    finally:
        logger.removeHandler(ear)
