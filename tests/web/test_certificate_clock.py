"""What a wrong clock does to the house's CA: nothing that outlasts it."""

from __future__ import annotations

import stat
import tempfile
import time
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.runtime.house_clock import HouseClock
from tests.stage import FakeClock
from tests.web.handshakes import handshake, shown_by, strict_client
from web.identity.certificates import Certificates

NAMES = ("smarthome.local",)
ADDRESSES = (ip_address("192.168.1.10"),)
YEAR = 365 * 86_400.0


def made(folder: Path, clock: FakeClock) -> Certificates:
    return Certificates(folder, clock.now, NAMES, ADDRESSES)


def is_valid_now(certificates: Certificates, clock: FakeClock) -> bool:
    """The server's certificate and the CA's, to the second."""
    moment = datetime.fromtimestamp(clock.now(), UTC)
    shown = x509.load_der_x509_certificate(shown_by(certificates.context))
    root = x509.load_pem_x509_certificate(certificates.ca_pem)
    shown.verify_directly_issued_by(root)
    return all(each.not_valid_before_utc <= moment < each.not_valid_after_utc for each in (shown, root))


@pytest.mark.parametrize("restarted", [False, True])
def test_the_ca_comes_back_with_the_right_time(
    tmp_path: Path, restarted: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """A jump of 11 years, with a look in it, and back: phones that pinned the CA go on."""
    clock = FakeClock(time.time())
    certificates = made(tmp_path, clock)
    first, client = certificates.ca_fingerprint, strict_client(certificates.ca_pem)
    clock.jump(11 * YEAR)
    assert certificates.ensure(NAMES, ADDRESSES)
    meanwhile = certificates.ca_fingerprint
    assert meanwhile != first
    assert is_valid_now(certificates, clock)
    clock.jump(-11 * YEAR)
    if restarted:
        certificates = made(tmp_path, clock)
    else:
        assert certificates.ensure(NAMES, ADDRESSES)
    assert certificates.ca_fingerprint == first
    assert f"ca_taken_back fingerprint={first}" in caplog.text
    assert is_valid_now(certificates, clock)
    handshake(certificates.context, client, "192.168.1.10")
    assert not certificates.ensure(NAMES, ADDRESSES)
    assert made(tmp_path, clock).ca_fingerprint == first
    clock.jump(11 * YEAR)  # the same jump again finds what it left behind
    certificates.ensure(NAMES, ADDRESSES)
    assert certificates.ca_fingerprint == meanwhile


def test_a_ca_from_the_future_does_not_follow_one_that_has_ended(tmp_path: Path) -> None:
    """Clients would refuse it; another one is made, valid at once."""
    clock = FakeClock(time.time())
    certificates = made(tmp_path, clock)
    for years in (19, -19, 10.5):
        clock.jump(years * YEAR)
        certificates.ensure(NAMES, ADDRESSES)
        assert is_valid_now(certificates, clock)


def test_keys_set_aside_are_for_the_owner_alone(tmp_path: Path) -> None:
    """From the first moment, and closed again where they came back open."""
    clock = FakeClock(time.time())
    certificates = made(tmp_path, clock)
    first = certificates.ca_fingerprint.replace(":", "").lower()[:8]
    clock.jump(11 * YEAR)
    certificates.ensure(NAMES, ADDRESSES)
    key = tmp_path / f"ca-{first}.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    key.chmod(0o644)
    certificates.ensure(NAMES, ADDRESSES)
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(-50, 100), st.booleans()), max_size=8))
def test_wherever_the_clock_has_been(visits: list[tuple[int, bool]]) -> None:
    """Back home the first CA is there, and no date but one before all CAs is without a valid pair.

    A visit is to a date so many years from home, with a look at it, or a start.
    """
    with tempfile.TemporaryDirectory() as folder:
        clock = FakeClock(time.time())
        home = clock.now()
        certificates = made(Path(folder), clock)
        first = certificates.ca_fingerprint
        for years, restarted in (*visits, (0, False), (0, True)):
            clock.jump(home + years * YEAR - clock.now())
            if restarted:
                certificates = made(Path(folder), clock)
            else:
                certificates.ensure(NAMES, ADDRESSES)
            assert is_valid_now(certificates, clock) or years < 0
        assert certificates.ca_fingerprint == first


# -- a clock that is known to be right -------------------------------------------------------------


def test_a_ca_from_the_future_is_made_anew_once_the_clock_is_right(tmp_path: Path) -> None:
    """No client takes it before it has begun; a clock that may be behind leaves it as it is."""
    clock, doubts = FakeClock(time.time() + 10 * YEAR), [False]
    certificates = Certificates(tmp_path, clock.now, NAMES, ADDRESSES, lambda: doubts[0])
    ahead = certificates.ca_fingerprint
    clock.jump(-10 * YEAR)
    doubts[0] = True
    certificates.ensure(NAMES, ADDRESSES)
    assert certificates.ca_fingerprint == ahead
    doubts[0] = False
    assert certificates.ensure(NAMES, ADDRESSES)
    assert certificates.ca_fingerprint != ahead
    assert is_valid_now(certificates, clock)
    handshake(certificates.context, strict_client(certificates.ca_pem), "192.168.1.10")
    again = Certificates(tmp_path, clock.now, NAMES, ADDRESSES, lambda: False)
    assert again.ca_fingerprint == certificates.ca_fingerprint


def test_in_1970_the_ca_stays(tmp_path: Path) -> None:
    """The house goes on by the date of its release, which is before the CA's, and says so."""
    machine = FakeClock(time.time())
    first = Certificates(tmp_path, HouseClock(machine).now, NAMES, ADDRESSES).ca_fingerprint
    machine.jump(-machine.now() + 60)
    house = HouseClock(machine)
    certificates = Certificates(tmp_path, house.now, NAMES, ADDRESSES, lambda: house.doubt is not None)
    assert certificates.ca_fingerprint == first
    machine.jump(time.time() - machine.now())
    certificates.ensure(NAMES, ADDRESSES)
    assert certificates.ca_fingerprint == first
    assert is_valid_now(certificates, machine)
