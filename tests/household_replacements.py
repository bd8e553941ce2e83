"""How a device goes on with other hardware, and what must hold of both."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import rule

from actors.domain.claiming import code_digest
from actors.domain.model import Claim, Device
from actors.domain.refusals import Refusal, Refused
from actors.messages import BrokerConnected, ReplaceDevice
from tests.household_farewells import FEW, SERIALS, Farewells
from tests.household_truths import Known

CODE = "K7WQ"


class Replacements(Farewells):
    """Mixed into the household's state machine."""

    @rule(serial=SERIALS, spare=SERIALS, code=st.sampled_from([None, CODE]))
    def replace_in_vain(self, serial: str, spare: str, code: str | None) -> None:
        """By who has seen another state of it, or with what was never heard: both go on as they are."""
        self.settle()
        old, new = self.house.devices().get(serial), self.house.devices().get(spare)
        if old is None:
            return
        answers: list[Device | Refused] = []
        claim, seen = Claim(spare, code=code), frozenset({"another"})
        self.house.directory.tell(ReplaceDevice(old.id, serial, claim, answers.append, seen))
        self.settle()
        assert answers or new is None, "it is there, and says nothing"
        for answer in answers:
            assert isinstance(answer, Refused)
            assert new is not None or answer.why in (Refusal.SPARE_UNPROVEN, Refusal.QUARANTINED)
        assert self.house.devices()[serial] == old

    @rule(
        serial=SERIALS,
        spare=SERIALS,
        waiting=st.none() | SERIALS,
        code=st.sampled_from([None, CODE]),
        before=FEW,
        after=FEW,
        turns=st.lists(st.integers(0, 9), max_size=30),
        crash=st.booleans(),
    )
    def replace(
        self,
        serial: str,
        spare: str,
        waiting: str | None,
        code: str | None,
        before: int,
        after: int,
        turns: list[int],
        crash: bool,
    ) -> None:
        """What the new hardware says from then on is the device's, and what the old one says some time after
        that is a new device's; all of it or nothing, through a crash too."""
        self.settle()
        self.let_mail_wait(waiting, serial, spare)
        old, new = self.house.devices().get(serial), self.house.devices().get(spare)
        if old is None or new is None or serial == spare:
            return
        answers: list[Device | Refused] = []
        sooner = {each: [self.say(each) for _ in range(before)] for each in (serial, spare)}
        request = ReplaceDevice(old.id, serial, Claim(spare, code=code), answers.append)
        self.house.directory.tell(request)
        later = {each: [self.say(each) for _ in range(after)] for each in (serial, spare)}
        for choice in turns:
            if not self.house.stage.idle:
                self.house.stage.step(choice)
        if crash:
            again = self.will_come_again()
            for each, said in sooner.items():
                said[:0] = [n for n in self.known[each].markers if n in again]
            moves = (spare, old.room), (serial, None)
            self.promises.moves.update((next(self.numbers), move) for move in moves)
            self.restart_after_a_crash()
            self.house.directory.tell(BrokerConnected())
        self.house.flush()
        for each in (serial, spare):
            self.known[each].will = self.known[each].will and not before and not after
        now = self.house.kept()[spare]
        right = new.code_digest in (None, code and code_digest(spare, code))
        if now.id == old.id:
            assert right, "nothing was proved"
            assert old.claimed
            assert not new.claimed
            assert crash or answers == [now] or (after and isinstance(answers[0], Device))
            self.exchange(old, new, sooner, later)
        else:
            assert crash or isinstance(answers[0], Refused)
            free = new.code_digest is None and old.claimed and not new.claimed
            assert crash or not free, f"refused: {answers}"
            for each in (serial, spare):
                told = self.known[each].markers + sooner[each] + later[each]
                self.known[each].markers = list(dict.fromkeys(told))
        self.settle()

    def exchange(
        self, old: Device, new: Device, sooner: dict[str, list[int]], later: dict[str, list[int]]
    ) -> None:
        """``new`` is no more; its hardware is that of ``old``, whose own is a stranger's if it has spoken."""
        serial, spare = old.serial, new.serial
        for each in serial, spare:
            self.of_those_gone.update(self.known[each].markers, sooner[each])
        self.of_those_gone.update(later[serial])
        now = self.house.kept()[spare]
        same = ("id", "name", "room", "configuration", "claimed", "model", "description")
        assert all(getattr(now, name) == getattr(old, name) for name in same)
        assert now.version == max(old.version, new.version) + 1
        assert self.world.published[spare] == (now.version, now.configuration)
        assert serial not in self.world.published, "the broker still tells it what to be"
        assert not self.house.rows("SELECT * FROM olvidados"), "not all of it is gone"
        self.world.retired.add(new.id)
        self.world.ids[spare] = self.world.ids.pop(serial)
        self.codes.pop(serial, None)
        self.promises.places.pop(serial, None)
        self.promises.places[spare] = old.room
        logged, others = self.logged_of(spare), self.logged_of(serial)
        device, hardware = self.known.pop(serial), self.known[spare]
        assert set(later[spare]) <= set(logged)
        assert set(later[serial]) <= {*logged, *others}, "it is neither the device's nor the stranger's"
        assert set(others) <= {*sooner[serial], *later[serial], *self.of_nobody_there()}
        told = [n for each in (serial, spare) for n in sooner[each] + later[each] if n in logged]
        hardware.markers = list(dict.fromkeys(device.markers + told))
        hardware.version, hardware.claims = device.version, device.claims
        hardware.was_released = device.was_released
        hardware.failures += device.failures
        if others:
            self.known[serial] = Known(markers=[n for n in sooner[serial] + later[serial] if n in others])
            # What came again after a crash is in both logs; of the books it is the first one's.
            first, second = sorted((serial, spare))
            twice = {*self.known[first].markers}
            self.known[second].markers = [n for n in self.known[second].markers if n not in twice]
