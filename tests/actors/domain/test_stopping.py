"""A stop among wishes, reports, and absences: it is no wish, and ends what was wished for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from actors.domain.model import Change, Device, Report
from actors.domain.orders import Orders
from actors.domain.profile import PERCENT, Profile
from actors.domain.refusals import Refusal, Refused

BLIND = Device(
    id=1,
    serial="blind",
    claimed=True,
    online=True,
    reachable=True,
    orders=Orders(),
    profile=Profile(
        family="toys",
        kind="persiana",
        capability="position",
        controls={"posicion": PERCENT},
        stop_address="",
    ),
)
POSITIONS = st.integers(0, 100)
EVENTS = st.one_of(
    st.tuples(st.just("wish"), POSITIONS),
    st.tuples(st.just("report"), POSITIONS),
    st.tuples(st.sampled_from(("stop", "settle", "away", "back")), st.just(0)),
)


def after(device: Device, what: str, position: int) -> Device | Refused:
    match what:
        case "wish":
            return device.after_change(Change(configuration={"posicion": position}))
        case "report":
            return device.after_report(
                Report("blind", 1.0, configuration={"posicion": position}, partial=True)
            )
        case "stop":
            return device.after_stop()
        case "settle":
            return device.after_settling()
        case "away":
            return device.after_silence()
    return device.after_greeting(2.0)


@given(st.lists(EVENTS, max_size=12))
def test_it_is_told_nothing_after_a_stop_until_somebody_wishes_again(events: list[tuple[str, int]]) -> None:
    """And what it says from then on is what it is to be."""
    device, stopped, said = BLIND, False, None
    for what, position in events:
        next = after(device, what, position)
        if isinstance(next, Refused):
            assert (what, next.why, device.online) == ("stop", Refusal.UNREACHED, False)
            continue
        if what == "stop":
            stopped, said = True, None
        elif what == "wish":
            stopped = False
        elif what == "report":
            said = position
        due = next.due
        device = next.after_order() if due else next
        if stopped:
            assert due == {}
            assert device.orders == Orders()
            if said is not None:
                assert device.configuration["posicion"] == said
                assert not device.differences
