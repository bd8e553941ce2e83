"""What the broker says of clients that it cannot serve."""

from __future__ import annotations

import time

from actors.mqtt.notices import Notices


def test_who_it_is_is_told_by_its_identifier() -> None:
    notices = Notices()
    notices.note('[7] [ERR] 127.0.0.1:40000 - mid:5 - "caldera" - maximum payload exceeded')
    assert notices.told == ("caldera manda mensajes de más de 256 KiB",)


def test_no_identifier_holds_up_who_listens() -> None:
    """One of 64 KiB that looks like an address costs some 70 times one of 900 bytes, and not its square."""
    notices = Notices()

    def cost(identifier: str) -> float:
        began = time.process_time()
        notices.note(f'[7] [ERR] [::1]:40000 - mid:x - "{identifier}" - maximum payload exceeded')
        return time.process_time() - began

    short = min(cost("ab:" * 300) for _ in range(5))
    assert cost("ab:" * 21_000) < 1000 * max(short, 1e-4)
