"""Who is not listened to, and for how long."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.stage import FakeClock
from web.security.bans import BANS, MAX_ADDRESSES, TRIES, Bans, network_of


def exhausted(bans: Bans, address: str) -> int:
    """Tries until the address is banned; how long it then is."""
    while bans.try_once(address):
        pass
    return bans.banned_for(address)


def test_each_ban_is_twice_as_long_as_the_last() -> None:
    """From 5 minutes to an hour; and an hour without one begins anew."""
    clock = FakeClock()
    bans = Bans(clock.monotonic)
    lengths = []
    for _ in range(6):
        lengths.append(exhausted(bans, "10.0.0.1"))
        clock.advance_to(clock.monotonic() + lengths[-1])
    assert lengths == [300, 600, 1200, 2400, 3600, 3600]
    clock.advance_to(clock.monotonic() + 3_600)
    assert exhausted(bans, "10.0.0.1") == 300


def test_time_is_not_that_of_the_wall() -> None:
    """Setting the clock neither frees nor locks out."""
    clock = FakeClock()
    bans = Bans(clock.monotonic)
    exhausted(bans, "10.0.0.1")
    clock.jump(1e9)
    assert bans.banned_for("10.0.0.1") == BANS.first


def test_a_home_is_one_address() -> None:
    """All of an IPv6 network's addresses, which any machine in it may take; an IPv4 one however written."""
    assert network_of("2001:db8:1:2::1") == network_of("2001:db8:1:2:ffff::9") == "2001:db8:1:2::"
    assert network_of("fe80::1%eth0") == "fe80::"
    assert network_of("::ffff:10.0.0.1") == network_of("10.0.0.1") == "10.0.0.1"
    assert network_of("2001:db8:1:3::1") != network_of("2001:db8:1:2::1")


def test_a_ban_cannot_be_washed_off() -> None:
    """However many other addresses fail, what is banned stays so, and the table stays small."""
    clock = FakeClock()
    bans = Bans(clock.monotonic)
    exhausted(bans, "192.0.2.1")
    exhausted(bans, "192.0.2.2")
    for number in range(5_000):
        bans.try_once(f"10.{number >> 8}.{number & 255}.1")
    assert len(bans) <= MAX_ADDRESSES + 1
    assert bans.banned_for("192.0.2.1") == bans.banned_for("192.0.2.2") == BANS.first
    assert bans.banned_for("172.16.0.1") == BANS.first  # the others, all as one
    clock.advance_to(BANS.first)
    assert bans.try_once("172.16.0.1")


def test_success_takes_back_its_own_try_only() -> None:
    """Who knows one good password guesses no faster at another's."""
    bans = Bans(FakeClock().monotonic)
    wrong = 0
    while bans.try_once("10.0.0.1"):
        bans.succeeded("10.0.0.1")
        if not bans.try_once("10.0.0.1"):
            break
        wrong += 1
    assert wrong == TRIES


ADDRESSES = st.sampled_from(["10.0.0.1", "10.0.0.2", "2001:db8::1", "2001:db8::2", "fe80::1%eth0"])
STEPS = st.lists(st.tuples(ADDRESSES, st.sampled_from([0.0, 1.0, 30.0, 61.0, 299.5, 3_600.0])), max_size=80)


@given(STEPS)
def test_bans_hold(steps: list[tuple[str, float]]) -> None:
    """Nobody banned is let through before their time; in no minute more than twice ten; never for ever."""
    clock = FakeClock()
    bans = Bans(clock.monotonic)
    until: dict[str, float] = {}
    let_through: dict[str, list[float]] = {}
    for address, pause in steps:
        clock.advance_to(clock.monotonic() + pause)
        now, home = clock.monotonic(), network_of(address)
        allowed = bans.try_once(address)
        wait = bans.banned_for(address)
        assert allowed == (wait == 0)
        if allowed:
            assert now >= until.get(home, 0.0)
            recent = [at for at in let_through.get(home, []) if at > now - 60]
            let_through[home] = [*recent, now]
            assert len(let_through[home]) <= 2 * TRIES
        else:
            assert 0 < wait <= BANS.longest
            assert now + wait >= until.get(home, 0.0)
            until[home] = max(until.get(home, 0.0), now + wait - 1)
