"""A simulated device without its connection: what it reports and when, what it obeys and what it keeps.

It is told the time and handed what arrives, so that it can be driven step by step.
:mod:`actors.simulator.fleet` gives many of them their connections.
"""

from __future__ import annotations

import base64
import hashlib
import logging
import secrets
import string
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from itertools import islice
from random import Random
from typing import Final

import orjson

from actors.domain.claiming import code_digest
from actors.domain.kinds import PREFIXES, kind_of
from actors.domain.model import ACTIVE, INACTIVE, MANUAL, Json, JsonObject, Report
from actors.domain.schedule import ScheduleError, Timetable, check, parse
from actors.domain.sequences import MOST_KEPT
from actors.mqtt.protocol.payloads import report_payload
from actors.runtime.time_zone import rules_of
from actors.simulator.appliances import APPLIANCES, Orders
from actors.simulator.direct_control import DirectControl

logger = logging.getLogger(__name__)

KINDS: Final = tuple(PREFIXES.values())
DEFAULT_INTERVAL_S: Final = 5.0
# Whatever the configuration asks for, one device sends at most a hundred reports a second.
MIN_INTERVAL_S: Final = 0.01
# Schedules are looked at this often at least, should the wall clock be set meanwhile.
_LOOK_S: Final = 60.0
# What has had no receipt for so long was lost behind a broker that stayed up.
RESEND_S: Final = 30.0
RESEND_AT_ONCE: Final = 16


@dataclass(slots=True, eq=False)
class Outgoing:
    """A report on its way. ``sent_at`` is monotonic time, ``None`` before the first sending."""

    payload: bytes
    seq: int | None
    sent_at: float | None = None


class Outbox:
    """The numbered reports of one boot that have no receipt yet, oldest first.

    A receipt confirms all numbers up to its own, so a gap would hold back every later one. A full
    outbox therefore drops none: it gives out no number, and what is reported meanwhile goes out
    without one, or not at all.
    """

    def __init__(self, boot: str) -> None:
        self.boot = boot
        self._kept: deque[Outgoing] = deque()
        self._last = 0

    def __len__(self) -> int:
        return len(self._kept)

    def next_seq(self) -> int | None:
        """The number for one more report; ``None`` when full."""
        return self._last + 1 if len(self._kept) < MOST_KEPT else None

    def keep(self, report: Outgoing) -> None:
        """Keep the report that has the number of :meth:`next_seq`."""
        self._kept.append(report)
        self._last += 1

    def settle(self, boot: str, seq: int) -> int:
        """Forget what the backend has on disk; how many reports that was."""
        before = len(self._kept)
        while boot == self.boot and self._kept and (self._kept[0].seq or 0) <= seq:
            self._kept.popleft()
        return before - len(self._kept)

    def has_settled(self, report: Outgoing) -> bool:
        """Whether the backend has a report that was given a number."""
        oldest = self._kept[0].seq if self._kept else None
        return report.seq is not None and (oldest is None or report.seq < oldest)

    def unsettled(self) -> Sequence[Outgoing]:
        return tuple(self._kept)

    def overdue(self, monotonic: float) -> Sequence[Outgoing]:
        """The oldest reports, as far as they were sent too long ago."""
        oldest = islice(self._kept, RESEND_AT_ONCE)
        return [kept for kept in oldest if kept.sent_at is not None and monotonic - kept.sent_at >= RESEND_S]


class SimulatedDevice:
    """Raises ``KeyError`` for a serial number whose first characters tell no kind."""

    def __init__(self, serial: str, random: Random, interval: float = DEFAULT_INTERVAL_S) -> None:
        self.serial = serial
        self.kind = kind_of(serial, "", {})
        self.outbox = Outbox(secrets.token_hex(4))
        self.version = 0
        self.zone: tzinfo | None = None
        """That of the house, once it was told."""
        self.configuration = self._factory = factory_configuration(interval)
        self._code_digest = code_digest(serial, demo_code(serial))
        self._appliance = APPLIANCES[self.kind](random)
        self._timetable = Timetable()
        self._direct = DirectControl(self.configuration)
        self._reported: Orders | None = None
        # The first report that tells the configuration as it is now, and the code; until its receipt all do.
        self._description: Outgoing | None = None
        # The first reports of a fleet are spread, and a stored configuration arrives before them.
        self._first_wait = random.uniform(0.2, 1.0) * min(interval, DEFAULT_INTERVAL_S)
        self._first_polled_at: float | None = None
        self._reported_at = 0.0

    @property
    def interval(self) -> float:
        """Seconds between reports."""
        return max(float(self.configuration["intervalo_envio"]), MIN_INTERVAL_S)

    def resume(self, told: JsonObject) -> None:
        """Go on from the readings that it told last."""
        self._appliance.resume(told)

    # -- what arrives ------------------------------------------------------------------------

    def obey(self, payload: bytes) -> None:
        """Take in what came on ``configuracion``; what is older, or does not fit, changes nothing."""
        match _decoded(payload):
            case {"version": int(version), "configuracion": dict(configuration), **others}:
                if version >= self.version:
                    self._take_zone(others.get("zona"))
                self._configure(version, configuration)
            case _:
                logger.warning("configuration_malformed serial=%s payload=%r", self.serial, payload[:80])

    def _configure(self, version: int, configuration: JsonObject) -> None:
        if version < self.version:
            return
        try:
            check(configuration)
        except ScheduleError as error:
            logger.warning("configuration_refused serial=%s error=%s", self.serial, error)
            return
        # What it finds when it starts it may have carried out before.
        began_before = self.version == 0
        self.version = version
        before, self.configuration = self.configuration, {**self._factory, **configuration}
        if self.configuration != before:
            self._description = None
        self._timetable = parse(configuration)
        self._direct.order(self.configuration, began_before)

    def _take_zone(self, told: Json) -> None:
        """A board knows no names of zones: it goes by the rule."""
        match told:
            case {"posix": str(rule)}:
                try:
                    self.zone = rules_of(rule)
                except ValueError as error:
                    logger.warning("zone_refused serial=%s error=%s", self.serial, error)

    def take_receipt(self, payload: bytes) -> int:
        """Take in what came on ``recibo``; how many kept reports it settles."""
        match _decoded(payload):
            case {"boot": str(boot), "seq": int(seq)}:
                return self.outbox.settle(boot, seq)
        logger.warning("receipt_malformed serial=%s payload=%r", self.serial, payload[:80])
        return 0

    # -- what it does ------------------------------------------------------------------------

    def orders_at(self, local: datetime) -> Orders:
        """What the configuration asks for; a channel of the device's own rules over ``horarios``."""
        if self.configuration["modo"] == MANUAL:
            return self._direct.orders_at(local)
        on = self.configuration["encendido"]
        table = self._timetable
        windows = [channel for channel in (table.power, table.watering) if channel is not None]
        return Orders(
            on=any(channel.active_at(local) for channel in windows) if windows else on,
            position=table.position.value_at(local) if table.position else None,
            speed=table.speed.value_at(local) if table.speed else None,
            locked=table.lock.value_at(local) if table.lock else None,
            setpoint=table.setpoint.value_at(local) if table.setpoint else None,
            **self._direct.light,
        )

    def measure(self, local: datetime, at: float) -> tuple[str, JsonObject]:
        """What it would tell now: its state and its readings; ``at`` is seconds by a clock without a zone."""
        return self._measured(local, at, self.orders_at(local))

    def _measured(self, local: datetime, at: float, orders: Orders) -> tuple[str, JsonObject]:
        state = ACTIVE if self._appliance.is_active(orders) else INACTIVE
        return state, self._appliance.read(local, at, orders)

    def poll(self, local: datetime, monotonic: float) -> Outgoing | None:
        """The report that is due: the interval is over, or what is asked for has changed."""
        if self._first_polled_at is None:
            self._first_polled_at = monotonic
        orders = self.orders_at(local)
        changed = self._reported is not None and (orders != self._reported or self._description is None)
        if monotonic < self._due and not changed:
            return None
        report = self._report(local, monotonic, orders)
        self._reported = orders
        self._reported_at = monotonic
        return report

    def wait(self, local: datetime, monotonic: float) -> float:
        """Seconds after which :meth:`poll` may have something."""
        waits = [self._due - monotonic, _LOOK_S]
        manual = self.configuration["modo"] == MANUAL
        change = self._direct.ends_at if manual else self._timetable.next_change(local)
        if change is not None and change > local:
            waits.append((change - local).total_seconds())
        return max(0.0, min(waits))

    @property
    def _due(self) -> float:
        """Monotonic time of the next report by the interval as it is now."""
        if self._reported is None:
            return (self._first_polled_at or 0.0) + self._first_wait
        return self._reported_at + self.interval

    def _report(self, local: datetime, monotonic: float, orders: Orders) -> Outgoing:
        seq = self.outbox.next_seq()
        told = self._description is not None and self.outbox.has_settled(self._description)
        state, readings = self._measured(local, monotonic, orders)
        report = Report(
            self.serial,
            at=local.timestamp(),
            state=state,
            parameters=readings,
            configuration=None if told else self.configuration,
            boot=None if seq is None else self.outbox.boot,
            seq=seq,
            code_digest=None if told else self._code_digest,
        )
        outgoing = Outgoing(report_payload(report), seq)
        if seq is not None:
            self.outbox.keep(outgoing)
        if self._description is None or self._description.seq is None:
            self._description = outgoing
        return outgoing


def demo_code(serial: str) -> str:
    """The code of a simulated device, which is none to rely on: anybody can work it out like this.

    A real device's is random, and stands on its label alone.
    """
    return base64.b32encode(hashlib.sha256(f"demo:{serial}".encode()).digest()[:10]).decode()


def factory_configuration(interval: float = DEFAULT_INTERVAL_S) -> JsonObject:
    """What a device is set to before anybody has asked it for anything else."""
    return {"modo": MANUAL, "encendido": True, "intervalo_envio": interval}


def fleet(
    count: int,
    seed: int = 0,
    kinds: Sequence[str] = KINDS,
    interval: float = DEFAULT_INTERVAL_S,
) -> list[SimulatedDevice]:
    """``count`` devices of the kinds in turn; the same ones each time for the same seed and kinds.

    Raises ``KeyError`` for a kind that is not in :data:`KINDS`.
    """
    prefixes = {kind: prefix for prefix, kind in PREFIXES.items()}
    devices = []
    for n in range(count):
        random = Random(f"{seed}/{n}")
        tail = "".join(random.choices(string.ascii_uppercase + string.digits, k=8))
        devices.append(SimulatedDevice(prefixes[kinds[n % len(kinds)]] + tail, random, interval))
    return devices


def _decoded(payload: bytes) -> Json:
    try:
        return orjson.loads(payload)
    except orjson.JSONDecodeError:
        return None
