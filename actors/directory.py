"""Who is who: the one actor that knows every device's actor, and looks after them all."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import pykka

from actors.device import DeviceActor
from actors.dispatch import PooledActor, tell_if_alive
from actors.messages import (
    ApplyFinding,
    BrokerConnected,
    ChangeDevice,
    ClaimDevice,
    Concluded,
    DeviceFailed,
    DismissFinding,
    ForDevice,
    KeepDeadLetter,
    Presence,
    PublishConfiguration,
    Recall,
    Recalled,
    Reported,
    RestartDue,
    Settle,
    Undelivered,
)
from actors.model import DeadLetter, Device, Refusal, Refused
from actors.supervision import Backoff
from actors.surroundings import Surroundings

logger = logging.getLogger(__name__)

# A device that has to wait longer than this, in seconds, has its mail refused meanwhile: the broker is
# acknowledged in order of arrival, so mail that waits keeps everybody's acknowledgements waiting.
MAIL_WAITS: Final = 1.0

# What a successor takes over of a dead actor's mail; its timers it sets itself.
_COMMANDS = (ClaimDevice, ChangeDevice, ApplyFinding, DismissFinding)
_INHERITED = (Reported, Presence, *_COMMANDS, Concluded, PublishConfiguration)


@dataclass(slots=True)
class _Resident:
    """A device's place: an actor, or the mail that waits for one to be (re)started."""

    ref: pykka.ActorRef[DeviceActor] | None = None
    left: list[object] = field(default_factory=list)
    """Mail that the dead actor has left, older than ``waiting``."""
    waiting: list[object] = field(default_factory=list)
    backoff: Backoff = field(default_factory=Backoff)
    closed: bool = False
    """It has failed again and again, and takes no mail until it is started the next time."""


@dataclass(slots=True)
class DirectoryStatus:
    """How the devices are doing. The directory alone sets it; any thread may read it."""

    failures: int = 0
    """Device actors that have died since the start."""


class Directory(PooledActor):
    """serial → actor. Starts a device's actor at its first report and again after a failure.

    A birth and a restart are the same thing: the device is recalled from the writer, which has
    everything told before it on disk (and makes the row of a new one); mail waits here meanwhile.
    """

    def __init__(
        self, around: Surroundings, devices: Iterable[Device], max_devices: int, status: DirectoryStatus
    ) -> None:
        super().__init__(around.dispatcher)
        self._around = around
        self._known = devices
        self._max_devices = max_devices
        self._status = status
        self._residents: dict[str, _Resident] = {}

    def on_start(self) -> None:
        for device in self._known:
            self._residents[device.serial] = _Resident(self._start(device))

    def on_stop(self) -> None:
        for resident in self._residents.values():
            if resident.ref is not None:
                resident.ref.stop(block=False)

    def on_receive(self, message: object) -> None:
        match message:
            case Reported():
                self._pass_on(message.report.serial, message)
            case Presence(serial=serial) | ChangeDevice(serial=serial):
                self._pass_on(serial, message)
            case ClaimDevice(claim):
                self._pass_on(claim.serial, message)
            case ApplyFinding(kept) | DismissFinding(kept):
                self._pass_on(kept.finding.serial, message)
            case Recalled(device):
                self._move_in(device)
            case DeviceFailed():
                self._bury(message)
            case Undelivered(serial, messages):
                self._inherit(serial, messages)
            case RestartDue(serial):
                self._recall(serial)
            case BrokerConnected():
                for resident in self._residents.values():
                    self._deliver(resident, PublishConfiguration())
            case _:
                super().on_receive(message)

    # -- mail --------------------------------------------------------------------------------

    def _pass_on(self, serial: str, message: ForDevice) -> None:
        resident = self._residents.get(serial)
        if resident is not None:
            self._deliver(resident, message)
        elif not isinstance(message, Reported):
            why = f"El dispositivo {serial} no existe: aún no ha enviado ningún informe."
            self._turn_away(message, why, Refusal.UNKNOWN)
        elif len(self._residents) < self._max_devices:
            self._residents[serial] = _Resident(waiting=[message])
            self._recall(serial)
        else:
            self._turn_away(message, f"hay {self._max_devices} dispositivos, el máximo; sube MAX_DEVICES")

    def _deliver(self, resident: _Resident, message: object) -> None:
        if resident.ref is not None:
            try:
                resident.ref.tell(message)
            except pykka.ActorDeadError:
                pass  # and DeviceFailed is on its way
            else:
                return
        if resident.closed:
            self._turn_away(message, "Este dispositivo falla una y otra vez; mira el registro del sistema.")
        else:
            resident.waiting.append(message)

    def _turn_away(self, message: object, why: str, refusal: Refusal = Refusal.UNAVAILABLE) -> None:
        """Answer for a device that cannot."""
        match message:
            case Reported(report, delivery, topic, payload):
                letter = DeadLetter(report.at, topic, payload, why)
                self._around.writer.tell(KeepDeadLetter(letter, delivery))
            case Presence(delivery=delivery):
                self._around.writer.tell(Settle(delivery))
            case ClaimDevice() | ChangeDevice() | ApplyFinding() | DismissFinding():
                message.reply(Refused(refusal, why))

    # -- births, deaths, restarts ------------------------------------------------------------

    def _recall(self, serial: str) -> None:
        self._around.writer.tell(Recall(serial, self.actor_ref.tell))

    def _start(self, device: Device) -> pykka.ActorRef[DeviceActor]:
        return DeviceActor.start(self._around, self.actor_ref, device)

    def _move_in(self, device: Device) -> None:
        resident = self._residents[device.serial]
        resident.ref = self._start(device)
        resident.closed = False
        for message in self._take_mail(resident):
            self._deliver(resident, message)

    def _take_mail(self, resident: _Resident) -> list[object]:
        mail = resident.left + resident.waiting
        resident.left, resident.waiting = [], []
        return mail

    def _bury(self, death: DeviceFailed) -> None:
        """Take the message that it died of out of circulation, and have it started again."""
        self._status.failures += 1
        resident = self._residents[death.serial]
        resident.ref = None
        delay = resident.backoff.after_failure(self._around.clock.monotonic())
        logger.error("device_failed serial=%s restart_s=%.1f error=%s", death.serial, delay, death.error)
        if death.handling is not None:
            self._turn_away(death.handling, f"fallo interno al tratarlo: {death.error}")
        if delay > MAIL_WAITS:
            resident.closed = True
            for message in self._take_mail(resident):
                self._deliver(resident, message)
        self._around.clock.call_later(delay, partial(tell_if_alive, self.actor_ref, RestartDue(death.serial)))

    def _inherit(self, serial: str, messages: Iterable[object]) -> None:
        resident = self._residents[serial]
        mail = [message for message in messages if isinstance(message, _INHERITED)]
        if resident.ref is None and not resident.closed:
            resident.left += mail
            return
        for message in mail:
            self._deliver(resident, message)
