"""How devices leave a household, and what must hold of those that have left."""

from __future__ import annotations

import json

from hypothesis import strategies as st
from hypothesis.stateful import rule

from actors.domain.model import Device
from actors.domain.refusals import Refusal, Refused
from actors.messages import BrokerConnected, ForgetDevice, ReleaseDevice, Removal
from tests.household import MAX_DEVICES
from tests.household_rooms import RoomLife
from tests.household_truths import Known, Truths, marker_in

SERIALS = st.sampled_from([f"TMP0{n}" for n in range(MAX_DEVICES)])
FEW = st.integers(0, 2)
# Each has the id of its device in the column named.
ABOUT_DEVICES = (
    "estado_log",
    "eventos_ia",
    "memoria_reglas",
    "metricas",
    "resumidos",
    "contadores",
    "energia_horas",
)


class Farewells(RoomLife, Truths):
    """Mixed into the household's state machine."""

    marker: int
    of_those_gone: set[int]
    """What devices have said that have left, or whose hardware is another one's by now."""

    def settle(self) -> None:
        raise NotImplementedError

    def restart_after_a_crash(self) -> None:
        raise NotImplementedError

    def a_device_actor_fails(self, serial: str, behind: int, later: int) -> None:
        raise NotImplementedError

    def start_again(self) -> None:
        raise NotImplementedError

    def let_mail_wait(self, serial: str | None, *others: str) -> None:
        """That of a device which has failed; ``others`` are not to."""
        if serial is not None and serial not in others:
            self.a_device_actor_fails(serial, behind=1, later=0)
            self.settle()

    @rule(
        serial=SERIALS,
        waiting=st.none() | SERIALS,
        before=FEW,
        after=FEW,
        turns=st.lists(st.integers(0, 9), max_size=20),
        crash=st.booleans(),
        crash_later=st.booleans(),
    )
    def forget(
        self,
        serial: str,
        waiting: str | None,
        before: int,
        after: int,
        turns: list[int],
        crash: bool,
        crash_later: bool,
    ) -> None:
        """What it said before is gone with it, what it says after is a new device's; through a crash too,
        but that the broker may then send the earlier again. While another's mail waits, nothing behind it is
        acknowledged: then also what it has said long ago, after this crash or a later one."""
        self.settle()
        self.let_mail_wait(waiting, serial)
        leaving = self.house.devices().get(serial)
        if leaving is None:
            return
        answers: list[Removal | Refused] = []
        sooner = [self.say(serial) for _ in range(before)]
        removal = Removal(leaving.id, serial)
        self.house.directory.tell(ForgetDevice(removal, answers.append))
        later = [self.say(serial) for _ in range(after)]
        for choice in turns:
            if not self.house.stage.idle:
                self.house.stage.step(choice)
        if crash:
            again = self.will_come_again()
            sooner[:0] = [n for n in self.known[serial].markers if n in again]
            self.start_again()
            self.house.directory.tell(BrokerConnected())
        self.house.flush()
        if leaving.id in {device.id for device in self.house.kept().values()}:
            assert crash, f"{serial} stayed: {answers}"
            told = self.known[serial].markers + sooner + later
            self.known[serial].markers = list(dict.fromkeys(told))
            self.known[serial].will = self.known[serial].will and not (sooner or later)
        else:
            assert answers == [removal] or crash
            self.see_off(removal, sooner, later)
        if crash:  # only now is it known which device has the serial: the same, or a new one in no room
            self.after_a_crash_releases()
            self.after_a_crash()
        self.settle()
        if crash_later:
            self.will_come_again()
            self.restart_after_a_crash()
            self.settle()

    def see_off(self, removal: Removal, sooner: list[int], later: list[int]) -> None:
        serial = removal.serial
        self.of_those_gone.update(self.known[serial].markers, sooner)
        self.world.retired.add(removal.device_id)
        for memory in (self.known, self.world.ids, self.codes, self.promises.places):
            memory.pop(serial, None)
        logged = self.logged_of(serial)
        assert set(later) <= set(logged) <= {*sooner, *later, *self.of_nobody_there()}
        if logged:
            # The new device may have said the later before the crash; the earlier came again behind it.
            last = list(dict.fromkeys(reversed(logged)))[::-1]
            assert last == sorted(last), "not in the order in which it was said"
            self.known[serial] = Known(markers=list(dict.fromkeys(logged)))
        else:
            assert serial not in self.house.devices(), "nobody has spoken, and there it is"
            assert serial not in self.world.published, "the broker still tells it what to be"
        assert not self.house.rows("SELECT * FROM olvidados"), "not all of it is gone"

    def of_nobody_there(self) -> set[int]:
        """What may have come again after a crash, and make a device of one that is not there: reports of one
        that has left, or for which there was no room, and a retained copy of what was known, 0, which is no
        old news any more.
        """
        return {*self.of_those_gone, *self.refused, 0} & self.maybe_twice

    def will_come_again(self) -> set[int]:
        """After the crash that is to come now."""
        again = set(map(marker_in, self.world.unacknowledged.values()))
        self.maybe_twice |= again
        for topic, *_ in self.world.unacknowledged.values():
            _, serial, what = topic.split("/")
            if what == "conexion" and serial in self.known:
                # Said before anybody knew it, it counted for nothing; now it may.
                self.known[serial].connected = None
        return again

    def after_a_crash_those_gone(self) -> None:
        """What they have said may have come again, and made new devices or be of those that are there."""
        came = self.of_those_gone & self.maybe_twice
        for serial in self.house.devices().keys() - self.known.keys():
            assert self.of_nobody_there() & set(self.logged_of(serial)), f"{serial} has left, and is there"
            self.known[serial] = Known(came_back=True)
        for serial, known in self.known.items():
            if came & set(self.logged_of(serial)):
                known.came_back = True
            known.markers = [n for n in known.markers if n not in came]

    def say(self, serial: str) -> int:
        self.marker += 1
        self.house.report(serial, parametros={"n": self.marker})
        return self.marker

    def logged_of(self, serial: str) -> list[int]:
        log = "SELECT l.parametros FROM estado_log l JOIN dispositivos d ON dispositivo_id = id"
        rows = self.house.rows(f"{log} WHERE serial_number = ? ORDER BY n", serial)
        return [json.loads(row[0])["n"] for row in rows]

    @rule(serial=SERIALS)
    def release(self, serial: str) -> None:
        @self.world.witness()
        def answered(outcome: Device | Refused) -> None:
            known.releases_asked -= 1
            if isinstance(outcome, Device):
                assert not outcome.claimed
                row = self.stored(serial)
                assert row["version"] > outcome.version or not row["reclamado"], "not on disk"
                known.claims = 0
                known.was_released = True
            else:
                assert outcome.why in (
                    Refusal.GONE,
                    Refusal.UNKNOWN_SERIAL,
                    Refusal.NOT_CLAIMED,
                    Refusal.QUARANTINED,
                    Refusal.FAILED,
                    Refusal.NOT_STORED,
                )

        if serial not in self.known:
            return
        known = self.known[serial]
        known.releases_asked += 1
        self.house.directory.tell(ReleaseDevice(serial, answered))

    def after_a_crash_releases(self) -> None:
        """Whatever was not answered has happened or not."""
        for serial, device in self.house.kept().items():
            known = self.known.get(serial)
            if known is not None and known.releases_asked:
                known.releases_asked = 0
                if not device.claimed:
                    known.claims, known.was_released = 0, True

    def check_farewells(self) -> None:
        """Nothing is known of those that have left, and none of their ids is used again."""
        present = {device.id for device in self.house.kept().values()}
        assert not present & self.world.retired
        for table in ABOUT_DEVICES:
            told = {row[0] for row in self.house.rows(f"SELECT DISTINCT dispositivo_id FROM {table}")}
            assert told <= present, f"{table} still tells of {told - present}"
        shown = {known.device.id for known in self.house.hub.device_cache.newest_first()}
        assert not shown & self.world.retired
