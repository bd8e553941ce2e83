"""A simulated device, driven step by step without a connection."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from actors.domain.claiming import code_digest
from actors.domain.model import JsonObject, Report
from actors.domain.sequences import MOST_KEPT, Boot
from actors.mqtt.protocol.payloads import configuration_payload, read, receipt_payload, state_topic
from actors.runtime.time_zone import UTC_ZONE, zone_of
from actors.simulator.claim_code import claim_body
from actors.simulator.device import (
    KINDS,
    RESEND_AT_ONCE,
    RESEND_S,
    Outbox,
    Outgoing,
    SimulatedDevice,
    demo_code,
    fleet,
)

MONDAY = datetime(2024, 1, 1)


def a_device(kind: str = "luz") -> SimulatedDevice:
    (device,) = fleet(1, kinds=[kind])
    return device


def reports_of(device: SimulatedDevice, start: datetime, seconds: float) -> list[tuple[datetime, Report]]:
    """All reports in that time, each as the backend reads it, polled exactly when the device says."""
    found, elapsed = [], 0.0
    while elapsed <= seconds:
        local = start + timedelta(seconds=elapsed)
        if (outgoing := device.poll(local, elapsed)) is not None:
            report = read(state_topic(device.serial), outgoing.payload, local.timestamp(), False)
            assert isinstance(report, Report)
            found.append((local, report))
            device.outbox.settle(device.outbox.boot, outgoing.seq or 0)
        elapsed += max(device.wait(local, elapsed), 1e-6)
    return found


def configure(device: SimulatedDevice, version: int, **configuration: Any) -> None:
    device.obey(configuration_payload(version, configuration, UTC_ZONE))


# -- reports -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_reports_what_the_backend_takes(kind: str) -> None:
    """All week long, on and off, the reports pass the backend's checks and count from 1."""
    device = a_device(kind)
    configure(device, 1, modo="manual", encendido=True, intervalo_envio=1800)
    on = reports_of(device, MONDAY, 7 * 86_400)
    assert len(on) >= 7 * 48 - 1
    assert [report.seq for _, report in on] == list(range(1, len(on) + 1))
    assert {report.boot for _, report in on} == {device.outbox.boot}
    assert all(report.parameters for _, report in on)
    assert {report.state for _, report in on} == {"activo"}
    configure(device, 2, modo="manual", encendido=False, intervalo_envio=1800)
    assert {report.state for _, report in reports_of(device, MONDAY, 3600)} == {"inactivo"}


def test_days_and_nights_differ() -> None:
    """Light follows the sun and carbon dioxide the people, so that there is something to learn."""

    def mean(kind: str, metric: str, hour: int) -> float:
        device = a_device(kind)
        configure(device, 1, modo="manual", encendido=True, intervalo_envio=60)
        found = reports_of(device, MONDAY + timedelta(hours=hour - 1), 7200)
        values = [dict(report.parameters or {})[metric] for _, report in found]
        return float(sum(values) / len(values))

    assert mean("sensor_luz", "luz_lux", 13) > 100 > mean("sensor_luz", "luz_lux", 3)
    assert mean("sensor_co2", "co2_ppm", 21) > 1.3 * mean("sensor_co2", "co2_ppm", 4)


def test_a_device_announces_its_code_until_that_is_on_disk() -> None:
    """By its digest, and never the code itself; it is the one that its QR holds."""
    device = a_device()
    code = str(claim_body(device.serial)["codigo"])
    found = reports_of(device, MONDAY, 60)
    digest = code_digest(device.serial, code)
    assert [report.code_digest for _, report in found] == [digest] + [None] * (len(found) - 1)
    first = a_device().poll(MONDAY, 5)
    assert first is None or code.encode() not in first.payload
    assert demo_code("A") != demo_code("B")


def test_a_device_tells_its_configuration_until_that_is_on_disk() -> None:
    """``configuracion`` is in the first report after a start or a change, and in all before its receipt."""
    device = a_device()
    found = reports_of(device, MONDAY, 60)
    assert found[0][1].configuration == {"modo": "manual", "encendido": True, "intervalo_envio": 5}
    assert all(report.configuration is None for _, report in found[1:])
    configure(device, 1, zona="sur", intervalo_envio=5)
    told = [json.loads(out.payload) for at in (61, 66, 71) if (out := device.poll(MONDAY, at)) is not None]
    assert [report["configuracion"]["zona"] for report in told] == 3 * ["sur"]
    device.take_receipt(receipt_payload(device.outbox.boot, told[0]["seq"]))
    configure(device, 1, zona="sur", intervalo_envio=5)
    assert device.poll(MONDAY, 75.9) is None
    last = device.poll(MONDAY, 76)
    assert last is not None
    assert "configuracion" not in json.loads(last.payload)


# -- obedience -----------------------------------------------------------------------------------


def test_a_change_is_reported_at_once_and_then_on_time() -> None:
    """Switched off, the device says so now; the next report comes a whole interval later."""
    device = a_device()
    assert device.poll(MONDAY, 100.0) is None
    assert device.poll(MONDAY, 105.0) is not None
    assert device.poll(MONDAY, 106.0) is None
    configure(device, 1, modo="manual", encendido=False, intervalo_envio=20)
    outgoing = device.poll(MONDAY, 107.0)
    assert outgoing is not None
    assert json.loads(outgoing.payload)["estado"] == "inactivo"
    assert device.wait(MONDAY, 107.0) == 20
    assert device.poll(MONDAY, 126.9) is None
    assert device.poll(MONDAY, 127.0) is not None


def test_an_overnight_window_switches_on_the_minute() -> None:
    """Friday 22:00 to 06:00: reports at 22:00 and at 06:00 sharp, though the interval is an hour."""
    device = a_device()
    window = {"dias": ["viernes"], "inicio": "22:00", "fin": "06:00"}
    configure(device, 1, modo="horario", encendido=True, intervalo_envio=3600, horarios=[window])
    friday = datetime(2024, 1, 5, 12, 10)
    found = reports_of(device, friday, 86_400)
    changes = [
        (local, report.state)
        for (_, before), (local, report) in pairwise(found)
        if report.state != before.state
    ]
    assert changes == [(datetime(2024, 1, 5, 22), "activo"), (datetime(2024, 1, 6, 6), "inactivo")]


@pytest.mark.parametrize(
    ("kind", "channel", "value", "expected"),
    [
        ("persiana", "horarios_pos", 35, {"posicion": 35}),
        ("ventilador", "horarios_speed", 80, {"velocidad": 80}),
        ("puerta", "horarios_lock", "lock", {"bloqueada": True, "abierta": False}),
        ("puerta", "horarios_lock", "unlock", {"bloqueada": False}),
    ],
)
def test_a_channel_sets_what_it_names(kind: str, channel: str, value: Any, expected: dict[str, Any]) -> None:
    """From its time on the event's value is what the device reports."""
    device = a_device(kind)
    configure(
        device,
        1,
        modo="horario",
        encendido=True,
        intervalo_envio=60,
        **{channel: {"diario": [["08:00", value]]}},
    )
    parameters = dict(reports_of(device, MONDAY + timedelta(hours=9), 60)[-1][1].parameters or {})
    assert {name: parameters[name] for name in expected} == expected


def test_watering_flows_for_its_minutes() -> None:
    """Fifteen minutes from 06:00, and not a drop before or after."""
    device = a_device("riego")
    configure(
        device,
        1,
        modo="horario",
        encendido=False,
        intervalo_envio=60,
        horarios_riego={"lunes": [["06:00", 15]]},
    )
    found = reports_of(device, MONDAY + timedelta(hours=5, minutes=30), 3600)
    flowing = [local for local, report in found if dict(report.parameters or {})["caudal_lpm"] > 0]
    assert flowing[0] == MONDAY + timedelta(hours=6)
    assert timedelta(minutes=13) < flowing[-1] - flowing[0] < timedelta(minutes=15)


def test_a_set_point_is_reached() -> None:
    """Heating to 26 degrees gets there within two hours."""
    device = a_device("termometro")
    configure(
        device,
        1,
        modo="horario",
        encendido=True,
        intervalo_envio=60,
        horarios_temp={"todos": [["00:00", 26]]},
    )
    last = dict(reports_of(device, MONDAY, 7200)[-1][1].parameters or {})
    assert last["temperatura"] == pytest.approx(26, abs=1.5)


def test_an_older_version_changes_nothing() -> None:
    """A retained copy that overtakes a newer one is ignored; the same version again is not."""
    device = a_device()
    configure(device, 3, modo="manual", encendido=False)
    configure(device, 2, modo="manual", encendido=True)
    assert device.version == 3
    assert device.configuration["encendido"] is False
    configure(device, 3, modo="manual", encendido=True)
    assert device.configuration["encendido"] is True


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff",
        b"[]",
        b'{"version":"9","configuracion":{}}',
        b'{"version":9,"configuracion":{"modo":"auto"}}',
        b'{"version":9,"configuracion":{"intervalo_envio":0}}',
        b'{"version":9,"configuracion":{"horarios":[{"dias":["lunes"],"inicio":"25:00","fin":"01:00"}]}}',
    ],
)
def test_what_does_not_fit_changes_nothing(payload: bytes, caplog: pytest.LogCaptureFixture) -> None:
    """A bad configuration is logged and the old one stays."""
    device = a_device()
    before = device.configuration
    device.obey(payload)
    assert device.configuration == before
    assert device.version == 0
    assert [record.message.split()[1] for record in caplog.records] == [f"serial={device.serial}"]


def test_a_receipt_that_is_none_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Anything else on the topic settles nothing."""
    device = a_device()
    device.poll(MONDAY, 0)
    device.poll(MONDAY, 5)
    assert device.take_receipt(b'{"seq":1}') == 0
    assert len(caplog.records) == 1
    assert len(device.outbox) == 1
    assert device.take_receipt(receipt_payload(device.outbox.boot, 1)) == 1


# -- what has no receipt -------------------------------------------------------------------------


def test_a_full_outbox_gives_no_more_numbers_until_there_is_room() -> None:
    """Reports go on without boot and number; after receipts the numbers go on without a gap."""
    device = a_device()
    device.poll(MONDAY, 0)
    outgoing = [device.poll(MONDAY, 5.0 * n) for n in range(1, MOST_KEPT + 3)]
    numbers = [report.seq for report in outgoing if report is not None]
    assert numbers == [*range(1, MOST_KEPT + 1), None, None]
    last = outgoing[-1]
    assert last is not None
    assert not {"boot", "seq"} & set(json.loads(last.payload))
    device.take_receipt(receipt_payload(device.outbox.boot, 10))
    after = device.poll(MONDAY, 5.0 * (MOST_KEPT + 3))
    assert after is not None
    assert after.seq == MOST_KEPT + 1


class OutboxMachine(RuleBasedStateMachine):
    """An outbox against a backend that stores numbers and sends receipts late, twice or not at all."""

    def __init__(self) -> None:
        super().__init__()
        self.outbox = Outbox("b")
        self.backend = Boot("b")
        self.made: list[int] = []
        self.now = 0.0

    @rule(stored=st.booleans(), count=st.integers(1, 60))
    def report(self, stored: bool, count: int) -> None:
        for _ in range(count):
            if (seq := self.outbox.next_seq()) is not None:
                self.outbox.keep(Outgoing(b"", seq, self.now))
                self.made.append(seq)
                if stored:
                    self.backend = self.backend.with_seq(seq)

    @precondition(lambda self: self.backend.receipt is not None)
    @rule(late=st.integers(0, 5))
    def receipt(self, late: int) -> None:
        confirmed = self.backend.receipt
        assert confirmed is not None
        self.outbox.settle("b", confirmed - late)

    @rule()
    def receipt_of_another_boot(self) -> None:
        assert self.outbox.settle("a", 10**6) == 0

    @rule(wait=st.sampled_from([1.0, RESEND_S]))
    def resend(self, wait: float) -> None:
        self.now += wait
        overdue = self.outbox.overdue(self.now)
        assert len(overdue) <= RESEND_AT_ONCE
        for kept in overdue:
            assert kept.sent_at is not None
            assert kept.sent_at <= self.now - RESEND_S
            kept.sent_at = self.now
            if not self.backend.has(kept.seq or 0):
                self.backend = self.backend.with_seq(kept.seq or 0)

    @invariant()
    def numbers_have_no_gap_and_nothing_is_lost(self) -> None:
        assert self.made == list(range(1, len(self.made) + 1))
        kept = {report.seq for report in self.outbox.unsettled()}
        assert all(self.backend.has(seq) for seq in self.made if seq not in kept)
        assert len(self.outbox) <= MOST_KEPT


OutboxMachine.TestCase.settings = settings(max_examples=30, stateful_step_count=20)
TestOutbox = OutboxMachine.TestCase


@settings(max_examples=100)
@given(
    st.lists(
        st.tuples(st.floats(0, 100), st.booleans(), st.sampled_from([2, 7, 50])), min_size=1, max_size=30
    )
)
def test_polling_at_any_times_reports_once_an_interval(steps: list[tuple[float, bool, int]]) -> None:
    """However it is polled and set, a device reports after its interval or a change, and never otherwise."""
    device = a_device()
    now, on = 0.0, True
    last: tuple[float, JsonObject] | None = None
    for version, (wait, turned, interval) in enumerate(steps):
        now += wait
        on ^= turned
        configure(device, version, modo="manual", encendido=on, intervalo_envio=interval)
        outgoing = device.poll(MONDAY + timedelta(seconds=now), now)
        if last is not None:
            assert (outgoing is not None) == (device.configuration != last[1] or now >= last[0] + interval)
        if outgoing is not None:
            last = now, device.configuration


# -- the house's time zone -------------------------------------------------------------------------


def test_a_schedule_is_kept_by_the_clock_of_the_house() -> None:
    """Told a zone, as a rule, it goes by that; what is no rule leaves the one before."""
    device = a_device("luz")
    assert device.zone is None
    device.obey(configuration_payload(1, {"modo": "manual"}, zone_of("Europe/Madrid")))
    summer = datetime(2026, 7, 1, 12, tzinfo=UTC)
    assert summer.astimezone(device.zone).hour == 14
    device.obey(b'{"version":2,"configuracion":{"modo":"manual"},"zona":{"posix":"CET-1CEST"}}')
    device.obey(b'{"version":3,"configuracion":{"modo":"manual"},"zona":7}')
    assert summer.astimezone(device.zone).hour == 14
    device.obey(configuration_payload(3, {"modo": "manual"}, zone_of("<+03>-3")))
    assert summer.astimezone(device.zone).hour == 15
