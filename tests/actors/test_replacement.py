"""Dead hardware, and other hardware in its place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pykka
import pytest

from actors.domain.claiming import TRIES, code_digest
from actors.domain.model import Change, Claim, Device
from actors.domain.refusals import Refusal, Refused
from actors.messages import (
    ChangeDevice,
    ClaimDevice,
    Delivery,
    ForgetDevice,
    Presence,
    Removal,
    ReplaceDevice,
)
from tests.household import House, World, actor

OLD, NEW, CODE = "TMP0OLD", "TMP0NEW", "K7WQ"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(World(tmp_path / "iot.db", max_devices=200), {})
    house.report(OLD, parametros={"t": 20})
    house.report(NEW, boot="a", seq=7, codigo_sha256=code_digest(NEW, CODE))
    house.directory.tell(ClaimDevice(Claim(OLD, name="Salón", configuration={"modo": "manual"}), print))
    house.flush()
    yield house
    for ref in pykka.ActorRegistry.get_all():
        pykka.ActorRegistry.unregister(ref)


def ask(house: House, spare: str = NEW, code: str | None = CODE, serial: str = OLD) -> list[Device | Refused]:
    answers: list[Device | Refused] = []
    device_id = house.devices()[serial].id
    house.directory.tell(ReplaceDevice(device_id, serial, Claim(spare, code=code), answers.append))
    return answers


def why(house: House, spare: str = NEW, code: str | None = CODE, serial: str = OLD) -> Refusal:
    answers = ask(house, spare, code, serial)
    house.flush()
    [answer] = answers
    assert isinstance(answer, Refused)
    return answer.why


def test_the_device_goes_on_with_other_hardware(house: House) -> None:
    """Of the kept things it keeps all; of the new hardware it knows what that has said of itself."""
    before = house.devices()
    answers = ask(house)
    house.flush()
    now = house.devices()[NEW]
    assert answers == [now]
    assert set(house.kept()) == set(house.devices()) == {NEW}
    old, new = before[OLD], before[NEW]
    assert (now.id, now.name, now.configuration) == (old.id, "Salón", {"modo": "manual"})
    assert (now.reports, now.claimed, now.reported) == (1, True, {})
    assert (now.boots, now.code_digest, now.seen_at) == (new.boots, new.code_digest, new.seen_at)
    assert house.world.published == {NEW: (2, {"modo": "manual"})}
    device_cache = house.hub.device_cache
    assert device_cache.by_serial(OLD) is None
    assert [known.device for known in device_cache] == [now]
    assert not house.rows("SELECT * FROM olvidados")


def test_the_version_is_newer_than_what_the_new_hardware_has_heard(house: House) -> None:
    """It leaves alone what is not."""
    for n in range(4):
        house.directory.tell(ChangeDevice(NEW, Change(configuration={"n": n}), print))
    ask(house)
    house.flush()
    assert house.world.published[NEW] == (5, {"modo": "manual"})


def test_the_old_hardware_is_a_stranger_then(house: House) -> None:
    """And what the new one says is the device's, from the moment on in which it was asked for."""
    kept = house.devices()[OLD].id
    ask(house)
    house.report(NEW, boot="a", seq=8)
    house.report(NEW, boot="a", seq=7, codigo_sha256=code_digest(NEW, CODE))
    house.flush()
    house.report(OLD)
    house.flush()
    assert {serial: (device.id, device.reports) for serial, device in house.devices().items()} == {
        NEW: (kept, 2),
        OLD: (3, 1),
    }
    assert not house.devices()[OLD].claimed
    assert house.devices() == house.kept()


def test_what_is_not_heard_or_not_proved_takes_no_place(house: House) -> None:
    """The right code does not either, after so many wrong ones; whoever is refused goes on."""
    before = house.devices()
    assert why(house, "NEVER") is Refusal.SPARE_UNPROVEN
    for _ in range(TRIES):
        assert why(house, code="WRONG") is Refusal.SPARE_UNPROVEN
    assert why(house) is Refusal.SPARE_UNPROVEN
    assert why(house, OLD) is Refusal.ALREADY_CLAIMED
    assert house.devices() == house.kept() == before


def test_what_somebody_has_claimed_takes_no_place(house: House) -> None:
    house.directory.tell(ClaimDevice(Claim(NEW, code=CODE), print))
    assert why(house) is Refusal.ALREADY_CLAIMED
    house.report(NEW, boot="a", seq=8)
    house.flush()
    assert house.kept()[NEW].reports == 2


def test_who_has_seen_another_state_replaces_nothing(house: House) -> None:
    """The hardware that was offered goes on as it was, and takes its mail."""
    before = house.devices()
    answers: list[Device | Refused] = []
    request = ReplaceDevice(1, OLD, Claim(NEW, code=CODE), answers.append, frozenset({"another"}))
    house.directory.tell(request)
    house.report(NEW, boot="a", seq=8)
    house.report(OLD)
    house.flush()
    assert answers == [Refused(Refusal.STALE)]
    assert house.devices() == house.kept()
    assert {serial: device.id for serial, device in before.items()} == {
        serial: device.id for serial, device in house.devices().items()
    }
    assert [house.devices()[serial].reports for serial in (OLD, NEW)] == [2, 2]


def test_of_two_that_want_the_same_hardware_one_gets_it(house: House) -> None:
    house.report("TMP0ALSO")
    house.directory.tell(ClaimDevice(Claim("TMP0ALSO"), print))
    house.flush()
    one, other = ask(house), ask(house, serial="TMP0ALSO")
    house.flush()
    assert isinstance(one[0], Device)
    assert isinstance(other[0], Refused)
    assert other[0].why is Refusal.ALREADY_CLAIMED
    assert set(house.kept()) == {NEW, "TMP0ALSO"}


@pytest.mark.parametrize(("serial", "first"), [(OLD, True), (NEW, True), (NEW, False)])
def test_one_that_is_forgotten_in_the_same_moment(house: House, serial: str, first: bool) -> None:
    """What comes first holds, and both are answered."""
    forgotten: list[Removal | Refused] = []
    forget = ForgetDevice(Removal(house.devices()[serial].id, serial), forgotten.append)
    if first:
        house.directory.tell(forget)
        answers = ask(house)
    else:
        answers = ask(house)
        house.directory.tell(forget)
    house.flush()
    assert isinstance(answers[0], Refused) is first
    assert isinstance(forgotten[0], Removal) is first
    assert len(answers) == len(forgotten) == 1
    assert house.devices() == house.kept()
    assert set(house.kept()) == ({OLD, NEW} - {serial} if first else {NEW})


@pytest.mark.parametrize("serial", [OLD, NEW])
def test_a_device_that_fails_meanwhile(house: House, serial: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asked is told, and both go on."""
    before = house.devices()
    handler = "_take_over" if serial == OLD else "_offer"

    def fail(_: object) -> None:
        raise RuntimeError("planted")

    monkeypatch.setattr(house.device_actor(serial), handler, fail)
    assert why(house) is Refusal.FAILED
    house.stage.wait(1.0)
    assert house.devices() == house.kept() == before
    ask(house)
    house.flush()
    assert set(house.kept()) == {NEW}


@pytest.mark.parametrize("turns", range(12))
def test_a_crash_leaves_all_of_it_or_nothing(house: House, turns: int) -> None:
    """Wherever it comes."""
    before = house.kept()
    ask(house)
    for _ in range(turns):
        if not house.stage.idle:
            house.stage.step(0)
    house.kill()
    again = House(house.world, {})
    again.flush()
    now = again.kept()
    if set(now) == {NEW}:
        assert now[NEW].id == before[OLD].id
    else:
        assert now == before
    assert again.devices() == now
    assert not actor(again.directory)._left_behind


def test_one_that_is_forgotten_while_the_other_is_asked(house: House) -> None:
    """Then nothing is replaced, and the other hardware is what it was."""
    answers = ask(house)
    house.directory.tell(ForgetDevice(Removal(1, OLD), print))
    house.report(NEW, boot="a", seq=8)
    house.flush()
    assert answers == [Refused(Refusal.GONE)]
    assert house.devices() == house.kept()
    assert {serial: device.reports for serial, device in house.kept().items()} == {NEW: 2}


@pytest.mark.parametrize("serial", [OLD, NEW])
def test_a_connection_vouches_for_the_hardware_that_has_it(house: House, serial: str) -> None:
    house.directory.tell(Presence(serial, True, house.world.clock.now(), False, Delivery(0, 0, -1)))
    house.flush()
    ask(house)
    house.flush()
    house.stage.wait(86_400)
    house.flush()
    assert house.devices()[NEW].online is (serial == NEW)
