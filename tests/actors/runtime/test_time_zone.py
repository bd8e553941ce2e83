"""The house's time zone: what people write for it, and how it is told to others."""

from __future__ import annotations

import re
import zoneinfo
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.runtime import time_zone as zones
from actors.runtime.time_zone import UnknownZone, house_zone, rules_of

MADRID = "CET-1CEST,M3.5.0,M10.5.0/3"
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
NAMES = sorted(zoneinfo.available_timezones() - {"Factory", "localtime"})


@pytest.mark.parametrize(
    ("written", "iana", "posix"),
    [
        ("Europe/Madrid", "Europe/Madrid", MADRID),
        (":Europe/Madrid", "Europe/Madrid", MADRID),
        ('"Europe/Madrid"', "Europe/Madrid", MADRID),
        (" 'Europe/Madrid' ", "Europe/Madrid", MADRID),
        ('":Europe/Madrid"', "Europe/Madrid", MADRID),
        ("posix/Europe/Madrid", "Europe/Madrid", MADRID),
        ("right/Europe/Madrid", "Europe/Madrid", MADRID),
        ("/usr/share/zoneinfo/Europe/Madrid", "Europe/Madrid", MADRID),
        ("UTC0", "Etc/UTC", "UTC0"),
        ("<+03>-3", "Etc/GMT-3", "<+03>-3"),
        ("UTC-14", "Etc/GMT-14", "UTC-14"),
        ("CET-1CEST,M3.5.0/2,M10.5.0/3", "Africa/Ceuta", "CET-1CEST,M3.5.0/2,M10.5.0/3"),
        ("EST5EDT,M3.2.0,M11.1.0", "America/Detroit", "EST5EDT,M3.2.0,M11.1.0"),
        ("EET-2EEST,J60,J300", None, "EET-2EEST,J60,J300"),
    ],
)
def test_what_people_write(written: str, iana: str | None, posix: str) -> None:
    """A name, a file or a rule, with quotes or a colon: understood, and told in both ways."""
    found = house_zone({"TZ": written})
    assert (found.iana, found.posix) == (iana, posix)
    offset = NOON.astimezone(rules_of(posix)).utcoffset()
    assert NOON.astimezone(found.rules).utcoffset() == offset


@pytest.mark.parametrize(
    "written",
    [
        *("Europe/Madird", "Europe", "Madrid", "europe/madrid", "../etc/passwd", "/etc/passwd", "/nonsense"),
        *("CET-1CEST", "UTC24", "UTC-25", "AAA0BBB,M13.5.0,M10.5.0", "AAA0BBB,M3.5.0", "M3.5.0,M10.5.0"),
        *("ñandú", "UTC0\nUTC1", "posixrules", "tzdata.zi", "Factory", "$TZ", "+2", "GMT+", "a" * 5_000),
    ],
)
def test_what_is_no_zone(written: str) -> None:
    """It is said in one line, which quotes it and says what is taken."""
    with pytest.raises(UnknownZone) as refused:
        house_zone({"TZ": written})
    assert re.fullmatch(r"TZ: [^\n]+\.", str(refused.value))


def test_a_typo_is_told_apart() -> None:
    """Whoever swapped two letters, or left out the dates of a rule, is told so."""
    with pytest.raises(UnknownZone, match=r"¿es Europe/Madrid\?"):
        house_zone({"TZ": "Europe/Madird"})
    with pytest.raises(UnknownZone, match="faltan las fechas"):
        house_zone({"TZ": "CET-1CEST"})


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40))
def test_whatever_is_written(written: str) -> None:
    """A zone with an offset at every moment, or a refusal; nothing else."""
    try:
        found = house_zone({"TZ": written})
    except UnknownZone:
        return
    assert abs(NOON.astimezone(found.rules).utcoffset() or timedelta()) < timedelta(days=1)


@given(st.sampled_from(NAMES), st.integers(2027, 2060), st.integers(0, 366 * 24 * 4))
def test_the_rule_says_what_the_zone_says(name: str, year: int, quarters: int) -> None:
    """From next year on a board that knows only the rule shows the same time as the house."""
    found = house_zone({"TZ": name})
    if name.split("/")[-1] in ("Casablanca", "El_Aaiun"):
        return  # whose file lists each Ramadan, and whose rule knows none
    at = datetime(year, 1, 1, tzinfo=UTC) + timedelta(minutes=15 * quarters)
    assert at.astimezone(rules_of(found.posix)).utcoffset() == at.astimezone(found.rules).utcoffset()


# -- what the system says -------------------------------------------------------------------------


def test_a_system_whose_name_is_none_goes_by_its_rules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the C library does: /etc/timezone is nonsense, /etc/localtime is a file."""
    rules = tmp_path / "localtime"
    rules.write_bytes(Path("/usr/share/zoneinfo/Europe/Madrid").read_bytes())

    def nonsense() -> None:
        raise zoneinfo.ZoneInfoNotFoundError("No time zone found with key Mars/Olympus")

    monkeypatch.setattr(zones, "get_localzone", nonsense)
    monkeypatch.setattr(zones, "LOCALTIME", rules)
    assert house_zone({}).posix == MADRID
    for broken in (b"", b"TZif", b"TZif2" + bytes(200), b"nonsense\n"):
        rules.write_bytes(broken)
        with pytest.raises(UnknownZone, match="Mars/Olympus"):
            house_zone({"TZ": ""})
