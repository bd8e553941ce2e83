from __future__ import annotations

import stat
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.mqtt.broker.acl import NoLogin, can_log_in, check_login
from actors.mqtt.broker.credentials import Logins, fits, hashed, spelled
from tests.brokers import require_mosquitto

PASSWORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@given(PASSWORDS, PASSWORDS)
def test_a_password_fits_itself_alone(password: str, other: str) -> None:
    """And no two are kept alike, so that nobody sees who has the same."""
    kept = hashed(password)
    assert fits(password.encode(), kept)
    assert fits(other.encode(), kept) is (other == password)
    assert hashed(password) != kept


@given(st.one_of(st.text(), st.from_regex(r"\$7\$[0-9-]{0,8}\$[A-Za-z+/=]*\$[A-Za-z+/=]*", fullmatch=True)))
def test_what_is_kept_otherwise_fits_nothing(kept: str) -> None:
    """A damaged line, or one of another making, opens to nobody and harms nobody."""
    assert not fits(b"secret", kept)


def test_mosquitto_s_own_passwords_are_understood(tmp_path: Path) -> None:
    """What ``mosquitto_passwd`` has written is read, kept, and fits."""
    require_mosquitto()
    logins = Logins(tmp_path / "claves")
    subprocess.run(["mosquitto_passwd", "-b", "-c", logins.path, "ana", "secreto"], check=True)
    made = logins.complete(["ana", "TMP0A"])
    assert set(made) == {"TMP0A"}
    known = logins.read()
    assert fits(b"secreto", known["ana"])
    assert fits(made["TMP0A"].encode(), known["TMP0A"])


def test_a_login_stays_until_it_is_renewed_or_removed(tmp_path: Path) -> None:
    """Each is made once; the others are not touched."""
    logins = Logins(tmp_path / "mqtt" / "claves")
    assert logins.read() == {}
    first = logins.complete(["a", "b"])
    before = logins.read()
    assert logins.complete(["a", "b"]) == {}
    assert logins.read() == before
    again = logins.renew("a")
    assert not fits(first["a"].encode(), logins.read()["a"])
    assert fits(again.encode(), logins.read()["a"])
    assert logins.remove("a")
    assert not logins.remove("a")
    assert logins.read() == {"b": before["b"]}


def test_only_the_owner_reads_them(tmp_path: Path) -> None:
    """From the first moment, and over what an interrupted attempt has left behind."""
    logins = Logins(tmp_path / "claves")
    (tmp_path / "claves.new").write_text("left behind")
    logins.complete(["a"])
    assert stat.S_IMODE(logins.path.stat().st_mode) == 0o600
    assert "left behind" not in logins.path.read_text()
    assert {path.name for path in tmp_path.iterdir()} == {"claves", "claves.lock"}


@pytest.mark.parametrize("serial", ["", "backend", "a:b", "+", "#", "a/b", "a\nb", "ñ", "x" * 65])
def test_what_cannot_be_a_login_is_said(serial: str) -> None:
    """In one line, so that no file is written with a name in it that means something else."""
    assert not can_log_in(serial)
    with pytest.raises(NoLogin, match="no sirve de usuario MQTT") as caught:
        check_login(serial)
    assert "\n" not in str(caught.value)


def test_a_login_is_found_in_any_letter_case(tmp_path: Path) -> None:
    """The spelling that is kept wins; two that are kept in two spellings stay two."""
    logins = Logins(tmp_path / "claves")
    logins.complete(["TMP0A", "LGT0B", "lgt0b"])
    assert spelled("tmp0a", logins.read(), ["Tmp0a"]) == "TMP0A"
    assert spelled("fan0c", logins.read(), ["FAN0C"]) == "FAN0C"
    assert spelled("new", logins.read(), []) == "new"
    assert logins.remove("tmp0a")
    assert logins.remove("lgt0b")
    assert list(logins.read()) == ["LGT0B"]
    assert not logins.remove("tmp0a")


def test_a_login_that_was_withdrawn_can_be_put_back(tmp_path: Path) -> None:
    """As it was, in its own spelling; but not over one that it was given since."""
    logins = Logins(tmp_path / "claves")
    logins.complete(["TMP0a", "b"])
    before = logins.read()
    put_back = logins.withdraw("TMP0A")
    assert logins.read().keys() == {"b"}
    put_back()
    assert logins.read() == before
    put_back = logins.withdraw("TMP0A")
    logins.renew("TMP0a")
    since = logins.read()
    put_back()
    assert logins.read() == since
    logins.withdraw("nobody")()
    assert logins.read() == since
