"""Who gets to claim a device, and who does not, however often they try."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pykka
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.claiming import LOCKED_S, TRIES, ClaimGuard, code_digest, unproven
from actors.domain.model import Claim, Device, Report
from actors.domain.refusals import Refusal, Refused
from actors.messages import ClaimDevice
from tests.household import House, World

SERIAL = "TMP0603IF1WD"
CODE = "K7WQ2M4RT5VN3XPA"
DIGEST = code_digest(SERIAL, CODE)
WINDOW = 300.0


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    yield House(World(tmp_path / "iot.db"), {})
    for ref in pykka.ActorRegistry.get_all():
        pykka.ActorRegistry.unregister(ref)


def claim(house: House, code: str | None = None, serial: str = SERIAL) -> Device | Refused:
    answers: list[Device | Refused] = []
    house.directory.tell(ClaimDevice(Claim(serial, code=code), answers.append))
    house.flush()
    (answer,) = answers
    return answer


def is_claimed(answer: Device | Refused) -> bool:
    return isinstance(answer, Device) and answer.claimed


def refusal(answer: Device | Refused) -> Refusal:
    assert isinstance(answer, Refused)
    return answer.why


def restarted(house: House) -> House:
    house.stop()
    house.kill()
    again = House(house.world, {})
    again.flush()
    return again


def announce(house: House, **fields: Any) -> None:
    house.report(SERIAL, codigo_sha256=DIGEST, **fields)
    house.flush()


# -- devices with a code -------------------------------------------------------------------------


def test_the_digest_is_that_of_the_documents() -> None:
    """SHA-256 of ``<serial>:<code>``, as any device can make it."""
    assert code_digest("TMP0A1B2C3D4", "K7WQ2M4RT5VN3XPA") == (
        "bfea917b6893323a3d1bf5537d22071314d88d1d173fd9a0a64ba741b720f66f"
    )


def test_only_the_code_claims_a_device_that_has_one(house: House) -> None:
    """None, a wrong one and a prefix do not; whoever has it learns too that somebody was faster."""
    announce(house)
    wrong = (None, "", CODE[:-1], CODE + "A", CODE[::-1])
    assert [claim(house, code) for code in wrong] == [unproven(SERIAL)] * len(wrong)
    assert is_claimed(claim(house, CODE))
    assert refusal(claim(house, CODE)) is Refusal.ALREADY_CLAIMED
    assert claim(house, CODE[:-1]) == claim(house) == unproven(SERIAL)


TYPED = [
    CODE.lower(),
    f" {CODE.title()}\n",
    "k7wq-2m4r-t5vn-3xpa",
    "K7WQ 2M4R\u00a0T5VN\t3XPA",
    "K7WQ\u20112M4R\u2013T5VN\u20143XPA",
    "".join(chr(ord(letter) + 0xFEE0) for letter in CODE.lower()),
]


@pytest.mark.parametrize("typed", TYPED)
def test_a_code_may_be_typed_as_people_type(house: House, typed: str) -> None:
    """In small letters, in groups, in the wide letters of another keyboard: none of it is a wrong try."""
    announce(house)
    wrong = [claim(house, CODE[::-1]) for _ in range(TRIES - 1)]
    assert wrong == [unproven(SERIAL)] * (TRIES - 1)
    assert is_claimed(claim(house, typed))


@pytest.mark.parametrize("printed", ["k7wq2m4rt5vn3xpa", "K7M2-9QXR", "Ab cD", " x", "\uff4b\uff17"])
def test_a_code_is_good_as_it_is_printed(house: House, printed: str) -> None:
    """Also where that is no capital letters and digits."""
    house.report(SERIAL, codigo_sha256=code_digest(SERIAL, printed))
    house.flush()
    assert is_claimed(claim(house, printed))


def test_a_wrong_code_is_one_try_however_it_is_read(house: House) -> None:
    announce(house)
    for _ in range(TRIES - 1):
        claim(house, "k7wq-2m4r")
    assert is_claimed(claim(house, CODE))


def test_the_answer_tells_no_reason_from_another(house: House) -> None:
    """A device never heard of, a wrong code, no code, and a locked door with the right one."""
    unknown = claim(house, CODE)
    announce(house)
    answers = [claim(house, f"WRONG{n}") for n in range(TRIES)] + [claim(house, CODE), claim(house)]
    assert answers == [unknown] * len(answers)
    assert refusal(unknown) is Refusal.UNPROVEN


def test_a_thousand_wrong_codes_open_nothing(house: House, caplog: pytest.LogCaptureFixture) -> None:
    """All are refused, over hours or at once; after a quiet quarter of an hour the right one is not."""
    announce(house)
    for n in range(1_000):
        assert claim(house, f"{n:016}") == unproven(SERIAL)
        if n % 7 == 0:
            house.stage.wait(60)
    assert claim(house, CODE) == unproven(SERIAL)
    assert 1_000 / TRIES > sum("claim_locked" in line for line in caplog.messages) > 1
    assert not any(CODE in line or DIGEST in line for line in caplog.messages)
    house.stage.wait(LOCKED_S)
    assert is_claimed(claim(house, CODE))


def test_the_lock_lasts_a_quarter_of_an_hour_whatever_the_wall_clock_says(house: House) -> None:
    """Neither more wrong codes nor the right one make it longer or shorter."""
    announce(house)
    for n in range(TRIES):
        claim(house, f"{n}")
    house.world.clock.jump(86_400)
    for code in ("another", CODE):
        house.stage.wait(LOCKED_S / 2 - 1)
        assert claim(house, code) == unproven(SERIAL)
    house.stage.wait(2)
    assert is_claimed(claim(house, CODE))


def test_who_sends_no_code_locks_nobody_out(house: House) -> None:
    """An app that knows of no codes may ask again and again."""
    announce(house)
    for _ in range(10 * TRIES):
        assert claim(house) == unproven(SERIAL)
    assert is_claimed(claim(house, CODE))


def test_the_code_is_remembered_and_the_lock_is_not(house: House) -> None:
    """After a restart there are five tries again, for the same code."""
    announce(house)
    for n in range(TRIES):
        claim(house, f"{n}")
    house = restarted(house)
    assert claim(house, "wrong") == claim(house) == unproven(SERIAL)
    assert is_claimed(claim(house, CODE))


def test_nobody_can_change_a_code_or_take_it_away(house: House) -> None:
    """Later reports, in whatever order, leave the first one announced; it may come after the first report."""
    house.report(SERIAL)
    announce(house, boot="a", seq=2)
    for seq in (1, 3):
        house.report(SERIAL, codigo_sha256=code_digest(SERIAL, "theirs"), boot="a", seq=seq)
        house.report(SERIAL, codigo_sha256=code_digest(SERIAL, "theirs"))
        house.report(SERIAL)
    house = restarted(house)
    assert claim(house, "theirs") == unproven(SERIAL)
    assert is_claimed(claim(house, CODE))


def test_the_shared_topic_adds_no_code_to_a_device_that_was_heard(house: House) -> None:
    """Any device may speak there for any other; the device's own word, on its own topic, still counts."""
    theirs = {"serial_number": SERIAL, "codigo_sha256": code_digest(SERIAL, "theirs")}
    house.report(SERIAL)
    house.publish("dispositivos/estado", orjson.dumps(theirs))
    house.flush()
    assert house.devices()[SERIAL].code_digest is None
    announce(house)
    assert house.devices()[SERIAL].code_digest == DIGEST


def test_the_first_report_may_announce_a_code_on_the_shared_topic(house: House) -> None:
    """The original's devices have no other."""
    house.publish("dispositivos/estado", orjson.dumps({"serial_number": SERIAL, "codigo_sha256": DIGEST}))
    house.flush()
    assert claim(house) == unproven(SERIAL)
    assert is_claimed(claim(house, CODE))


def test_a_claimed_device_takes_on_no_code(house: House) -> None:
    """Its first claim needed none, and no report makes the next answer another one."""
    house.report(SERIAL)
    assert is_claimed(claim(house, "superfluous"))
    announce(house)
    assert refusal(claim(house)) is Refusal.ALREADY_CLAIMED
    assert house.devices()[SERIAL].code_digest is None


def test_codes_stay_out_of_what_is_logged() -> None:
    """Whatever carries one does not show it when it is printed."""
    carriers = (
        Report(SERIAL, 0.0, code_digest=DIGEST),
        Device(id=1, serial=SERIAL, code_digest=DIGEST),
        Claim(SERIAL, code=CODE),
    )
    assert not any(DIGEST in repr(each) or CODE in repr(each) for each in carriers)


# -- devices without one -------------------------------------------------------------------------


def windowed(path: Path) -> House:
    return House(World(path / "iot.db", claim_window=WINDOW), {})


def test_the_window_opens_with_the_first_report_and_each_boot(tmp_path: Path) -> None:
    """Each time for as long as was set; after that the answer says what to do."""
    house = windowed(tmp_path)
    house.report(SERIAL, boot="a", seq=1)
    house.stage.wait(WINDOW + 1)
    house.report(SERIAL, boot="a", seq=2)
    house.report(SERIAL)
    assert refusal(late := claim(house)) is Refusal.WINDOW_CLOSED
    assert isinstance(late, Refused)
    assert late.about == {"serial": SERIAL, "seconds": WINDOW}
    house.report(SERIAL, boot="b", seq=1, retained=True)
    assert refusal(claim(house)) is Refusal.WINDOW_CLOSED
    house.report(SERIAL, boot="c", seq=1)
    house.stage.wait(WINDOW - 1)
    assert is_claimed(claim(house))
    house.stage.wait(WINDOW)
    assert refusal(claim(house)) is Refusal.ALREADY_CLAIMED


def test_a_restart_closes_the_window_until_the_device_s_own(tmp_path: Path) -> None:
    """What was heard before is not known any more."""
    house = windowed(tmp_path)
    house.report(SERIAL, boot="a", seq=1)
    house = restarted(house)
    assert refusal(claim(house)) is Refusal.WINDOW_CLOSED
    house.report(SERIAL, boot="a", seq=2)
    assert refusal(claim(house)) is Refusal.WINDOW_CLOSED
    house.report(SERIAL, boot="b", seq=1)
    assert is_claimed(claim(house))


def test_who_has_the_code_needs_no_window(tmp_path: Path) -> None:
    """Possession is proof enough."""
    house = windowed(tmp_path)
    announce(house)
    house.stage.wait(WINDOW * 10)
    assert is_claimed(claim(house, CODE))


# -- the door, in any order of events ------------------------------------------------------------

WAITS = st.sampled_from([0.0, 1.0, 100.0, LOCKED_S - 1, LOCKED_S, LOCKED_S + 1])
LOCKABLE = Device(id=1, serial=SERIAL, reports=1, code_digest=DIGEST)


def lets_in(door: ClaimGuard, device: Device, code: str | None, now: float) -> bool:
    return door.objection_to(Claim(SERIAL, code=code), device, now) is None


@given(st.lists(st.tuples(WAITS, st.sampled_from([CODE, None, "x", "x", "x", "y"])), max_size=60))
def test_in_a_quarter_of_an_hour_five_guesses_have_a_chance(tries: list[tuple[float, str | None]]) -> None:
    """A wrong code has one if the right one in its place would have been let in; and an idle door opens."""
    door, now = ClaimGuard(0), 0.0
    chances: list[float] = []
    wrong = 0
    for wait, code in tries:
        now += wait
        open_now = lets_in(copy.copy(door), LOCKABLE, CODE, now)
        assert open_now or wrong >= TRIES, "locked before the fifth"
        assert lets_in(door, LOCKABLE, code, now) is (open_now and code == CODE)
        if code == CODE and open_now:
            chances, wrong = [], 0
        elif code not in (CODE, None):
            wrong += 1
            if open_now:
                chances.append(now)
        assert all(
            later - sooner >= LOCKED_S for sooner, later in zip(chances, chances[TRIES:], strict=False)
        )
    assert lets_in(door, LOCKABLE, CODE, now + LOCKED_S)


REPORTS = st.tuples(
    st.sampled_from([0.0, 1.0, WINDOW - 1, WINDOW, WINDOW + 1]),
    st.sampled_from([None, "a", "b", "c"]),
    st.booleans(),
    st.booleans(),
)


@given(st.lists(REPORTS, max_size=40))
def test_the_window_is_open_for_so_long_after_each_start(
    reports: list[tuple[float, str | None, bool, bool]],
) -> None:
    """A start is the first report, or the first numbered one of a boot that the broker had not kept."""
    door, device, now = ClaimGuard(WINDOW), Device(id=1, serial=SERIAL), 0.0
    heard: dict[str, int] = {}
    started = float("-inf")
    for n, (wait, boot, numbered, retained) in enumerate(reports):
        now += wait
        assert lets_in(door, device, None, now) is (now - started <= WINDOW)
        seq = n if numbered else None
        report = Report(SERIAL, now, boot=boot, seq=seq, retained=retained)
        if device.is_repeat(report):
            continue
        if not device.reports or (boot is not None and numbered and boot not in heard and not retained):
            started = now
        if boot is not None and numbered:
            heard[boot] = n
        door.hear(report, device, now)
        device = device.after_report(report)
    assert lets_in(door, device, None, now) is (now - started <= WINDOW)
