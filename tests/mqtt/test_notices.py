"""What the broker says of clients that it cannot serve."""

from __future__ import annotations

import time

import pytest

from actors.domain.unserved import Trouble, Unserved
from actors.mqtt.broker.notices import KEPT, Notices
from tests.stage import FakeClock


def test_who_it_is_is_told_by_its_identifier() -> None:
    notices = Notices()
    notices.note('[7] [ERR] 127.0.0.1:40000 - mid:5 - "caldera" - maximum payload exceeded')
    assert notices.told == (Unserved("caldera", Trouble.TOO_LARGE),)


@pytest.mark.parametrize("again", [True, False])
def test_what_is_not_said_any_more_is_forgotten(again: bool) -> None:
    """Whoever has set their device right need not start the house anew to see it."""
    clock = FakeClock()
    notices = Notices(clock.monotonic)
    said = '[7] [ERR] 127.0.0.1:40000 - mid:5 - "caldera" - maximum payload exceeded'
    notices.note(said)
    clock.advance_to(clock.monotonic() + KEPT / 2)
    if again:
        notices.note(said)
    clock.advance_to(clock.monotonic() + KEPT / 2)
    assert len(notices.told) == again


def test_no_identifier_holds_up_who_listens() -> None:
    """One of 64 KiB that looks like an address costs some 70 times one of 900 bytes, and not its square."""
    notices = Notices()

    def cost(identifier: str) -> float:
        began = time.process_time()
        notices.note(f'[7] [ERR] [::1]:40000 - mid:x - "{identifier}" - maximum payload exceeded')
        return time.process_time() - began

    short = min(cost("ab:" * 300) for _ in range(5))
    assert cost("ab:" * 21_000) < 1000 * max(short, 1e-4)


def test_the_door_names_the_trouble_and_the_login() -> None:
    """Or the address, where no login is known; not what nobody can do anything about."""
    notices = Notices()
    said = "WARNING mqtt_refused trouble={} user={} address=10.0.0.7 reason=publishes on 'x' others=0"
    notices.note_of_door(said.format("FORBIDDEN", "TMP0A"))
    notices.note_of_door(said.format("NO_LOGIN", "-"))
    notices.note_of_door(said.format("-", "-"))
    assert notices.told == (
        Unserved("TMP0A", Trouble.FORBIDDEN),
        Unserved("10.0.0.7", Trouble.NO_LOGIN),
    )


def test_nobody_speaks_for_the_door() -> None:
    """What a client calls itself stands in the server's lines."""
    notices = Notices()
    name = "WARNING mqtt_refused trouble=FORBIDDEN user=TMP0A address=10.0.0.7 reason="
    notices.note(f'[7] [ERR] 127.0.0.1:40000 - mid:5 - "{name}" - authentication error')
    assert notices.told == ()
