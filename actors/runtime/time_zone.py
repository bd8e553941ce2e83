"""The time zone of this house: where it is found, and the two ways in which it is told to others."""

from __future__ import annotations

import difflib
import logging
import re
import struct
import warnings
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from importlib import resources
from io import BytesIO
from pathlib import Path
from typing import Final

from tzlocal import get_localzone

logger = logging.getLogger(__name__)

UTC_RULE: Final = "UTC0"
LOCALTIME: Final = Path("/etc/localtime")
# A rule's summer time without the dates of its begin and end: everybody completes it differently.
_NO_DATES: Final = re.compile(r"(<[^>]+>|[A-Za-z]{3,})[-+]?\d[\d:]*(<[^>]+>|[A-Za-z]{3,})[-+\d:]*")
_ABBREVIATION: Final = re.compile(r"<[^>]+>|[A-Za-z]{3,}")
# By then every change that a zone's file lists one by one is past.
_LATER: Final = datetime(2100, 1, 1, tzinfo=UTC)
_HEADER: Final = ">4sc15x6l"
# What no zone is but lies among their files.
_NO_ZONES: Final = ("localtime", "posixrules", "Factory")
# What cannot be read as a zone's file, or is none.
_UNREADABLE: Final = (OSError, ValueError, zoneinfo.ZoneInfoNotFoundError, struct.error, EOFError, IndexError)
TAKES: Final = (
    "se espera un nombre como Europe/Madrid, o una regla como CET-1CEST,M3.5.0,M10.5.0/3 "
    "(vacía, la zona es la del sistema)"
)


class UnknownZone(Exception):
    """There is no telling the house's time zone; the message is one line in Spanish that says why."""


@dataclass(frozen=True, slots=True)
class Zone:
    """A time zone, and what others call it."""

    rules: tzinfo
    iana: str | None
    """Its name, or that of one with the same rules from now on; ``None`` if there is none."""
    posix: str
    """Its rules from now on as POSIX writes them in ``TZ``: ``CET-1CEST,M3.5.0,M10.5.0/3``."""


UTC_ZONE: Final = Zone(UTC, "Etc/UTC", UTC_RULE)


def house_zone(environment: Mapping[str, str]) -> Zone:
    """That of ``TZ``, in any of the forms that people write there; without one the system's.

    Raises :class:`UnknownZone`.
    """
    written = environment.get("TZ", "")
    bare = written.strip().strip("\"'").strip().removeprefix(":")
    return zone_of(bare, written) if bare else _system_zone()


def zone_of(text: str, written: str | None = None) -> Zone:
    """The zone of that name, file or rule; ``written`` is what a refusal quotes."""
    name = text.removeprefix("posix/").removeprefix("right/")
    if Path(text).is_absolute():
        return _zone_in(Path(text), written or text)
    try:
        if name not in _NO_ZONES:
            return _named(name)
    except _UNREADABLE:
        pass  # then it may be a rule
    try:
        return Zone(rules_of(text), _name_of(text), text)
    except _UNREADABLE:
        raise UnknownZone(f"TZ: {written or text!r:.80} no es una zona horaria; {_advice(text)}") from None


def _advice(text: str) -> str:
    if _NO_DATES.fullmatch(text):
        return "a la regla le faltan las fechas del horario de verano, como ,M3.5.0,M10.5.0/3."
    known = {name.lower(): name for name in zoneinfo.available_timezones()}
    close = difflib.get_close_matches(text.lower().replace(" ", "_"), known, n=1)
    return f"¿es {known[close[0]]}? {TAKES}." if close else f"{TAKES}."


# -- where a zone is found -----------------------------------------------------------------------


def _named(name: str) -> Zone:
    return Zone(zoneinfo.ZoneInfo(name), name, _rule_of(_file_of(name)))


def _zone_in(path: Path, written: str) -> Zone:
    try:
        contents = path.read_bytes()
        rules = zoneinfo.ZoneInfo.from_file(BytesIO(contents), key=str(path))
    except _UNREADABLE:
        raise UnknownZone(f"TZ: {written!r} no es un fichero de zona horaria; {TAKES}.") from None
    name = path.resolve().as_posix().rpartition("/zoneinfo/")[2]
    rule = _rule_of(contents)
    known = name if _stands_for_one(name) else _name_of(rule)
    return Zone(rules, known, rule)


def _stands_for_one(name: str) -> bool:
    """Whether it is on the list of names; to make that would be to open each of 600 files, at every start."""
    if name == "posixrules" or name.startswith(("posix/", "right/")):
        return False
    try:
        zoneinfo.ZoneInfo(name)
    except _UNREADABLE:
        return False
    return True


@lru_cache(maxsize=8)
def rules_of(rule: str) -> tzinfo:
    """A zone that has always had this POSIX rule; raises ``ValueError`` for what is none.

    It is read from a file of zones with nothing else in it.
    """
    if not rule.isprintable():
        raise ValueError(rule)
    first = struct.pack(_HEADER, b"TZif", b"2", 0, 0, 0, 0, 1, 4)
    fixed = struct.pack(">lbb", 0, 0, 0) + b"UTC\0"
    contents = first + fixed + first + fixed + b"\n" + rule.encode("ascii") + b"\n"
    rules = zoneinfo.ZoneInfo.from_file(BytesIO(contents), key=rule)
    # An offset of a day and more passes until it is used.
    _LATER.replace(tzinfo=rules).utcoffset()
    return rules


def _system_zone() -> Zone:
    """What the system is set to. Where that says nothing, the C library and so everybody takes UTC."""
    with warnings.catch_warnings(record=True) as doubts:
        warnings.simplefilter("always")
        try:
            found = get_localzone()
        except _UNREADABLE as error:
            return _set_by_hand(error)
    for doubt in doubts:
        logger.warning("zone_doubtful reason=%r", str(doubt.message))
    name = getattr(found, "key", None)
    if name is not None and _stands_for_one(name):
        return _named(name)
    return _zone_in(LOCALTIME, str(LOCALTIME)) if LOCALTIME.exists() else UTC_ZONE


def _set_by_hand(error: Exception) -> Zone:
    """Names that are none stand in the system's files; the C library goes by the one that holds rules."""
    try:
        return _zone_in(LOCALTIME, str(LOCALTIME))
    except UnknownZone:
        reason = " ".join(str(error).split()).rstrip(".")
        raise UnknownZone(
            f"TZ: no se sabe la zona horaria del sistema ({reason}); corrígela, o pon TZ=Europe/Madrid."
        ) from None


# -- what a zone's file says ---------------------------------------------------------------------


def _file_of(name: str) -> bytes:
    for folder in zoneinfo.TZPATH:
        path = Path(folder, name)
        if path.is_file():
            return path.read_bytes()
    *folders, file = name.split("/")
    return resources.files("tzdata.zoneinfo").joinpath(*folders, file).read_bytes()


def _rule_of(contents: bytes) -> str:
    """The rule behind the last change that the file lists; of one without, what holds after that."""
    last = contents.rstrip(b"\n").rpartition(b"\n")[2] if contents.endswith(b"\n") else b""
    if last and last.isascii():
        return last.decode()
    rules = zoneinfo.ZoneInfo.from_file(BytesIO(contents))
    offset = _LATER.astimezone(rules).utcoffset() or timedelta()
    return _fixed(round(offset.total_seconds() / 60))


def _fixed(minutes: int) -> str:
    """POSIX counts west of Greenwich."""
    hours, rest = divmod(abs(minutes), 60)
    size = f"{hours:02}{rest:02}" if rest else f"{hours:02}"
    counted = f"{hours}:{rest:02}" if rest else f"{hours}"
    return f"<{'+' if minutes >= 0 else '-'}{size}>{'-' if minutes > 0 else ''}{counted}"


def _name_of(rule: str) -> str | None:
    """A zone that has the same rule, by whatever abbreviations; the first one by name."""
    wanted = _bare(rule)
    known = sorted(zoneinfo.available_timezones(), key=lambda name: (not name.startswith("Etc/"), name))
    for name in ["Etc/UTC", *known]:
        try:
            if _bare(_rule_of(_file_of(name))) == wanted:
                return name
        except (*_UNREADABLE, ModuleNotFoundError):
            continue
    return None


def _bare(rule: str) -> str:
    """Without abbreviations and what may be left out: two of the morning, and a plus."""
    names = iter(("a", "b", "c"))
    return re.sub(r"/0?2(?=,|$)|\+", "", _ABBREVIATION.sub(lambda _: next(names), rule))
