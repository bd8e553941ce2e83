"""Findings from the writer to people and back: the real actors, a real database, real HTTP."""

from __future__ import annotations

import queue
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from typing import Any

import pykka
import pytest

from actors.directory import Directory
from actors.dispatch import ThreadPool
from actors.findings import Finding, RuleMemory
from actors.messages import Delivery, KeepConclusion, Recall, Recalled
from actors.model import Device, JsonObject
from actors.surroundings import Surroundings
from config import Settings
from persistence import Batch, HistorianActor, Queries, Store, WriterActor, WriterStatus
from rules.rulebook import rulebook
from tests.stage import FakeClock
from tests.web.site import PATIENCE, Site, at_once
from web.hub import EventHub

SERIAL = "RGD0ABC123"
PATCH = {"suggested_patch": {"configuracion": {"modo": "horario"}}, "issues": ["…"], "severity": "low"}
SUGGESTED = {"suggested_horarios": {"lunes": [{"inicio": "06:00", "fin": "06:30"}]}}


class Network:
    """The devices' edge. Writes down what goes out."""

    def __init__(self) -> None:
        self.configurations: list[tuple[int, JsonObject]] = []

    def settle(self, deliveries: Sequence[Delivery]) -> None: ...

    def publish_configuration(self, serial: str, version: int, configuration: JsonObject) -> None:
        assert serial == SERIAL
        self.configurations.append((version, configuration))

    def publish_receipt(self, serial: str, boot: str, seq: int) -> None: ...


class Home:
    """A site whose directory and disk are the real ones, with one claimed device."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.network = Network()
        self._actors, self._disk = ThreadPool("actors", 2), ThreadPool("writer", 1)
        with Store(path) as store:
            claimed = replace(store.recall(SERIAL), claimed=True, version=3, configuration={"modo": "manual"})
            store.save(Batch(devices={claimed.id: claimed}))
            self.device = claimed
        self.site = Site(self.device, queries=Queries(path), directory=self._directory)

    def _directory(self, hub: EventHub) -> pykka.ActorRef[Any]:
        clock = FakeClock()
        self.writer = WriterActor.start(
            self._disk, lambda: Store(self.path), clock, self.network, hub, WriterStatus()
        )
        around = Surroundings(
            dispatcher=self._actors,
            clock=clock,
            writer=self.writer,
            historian=HistorianActor.start(self._disk, Queries(self.path), clock),
            events=hub,
            commands=self.network,
            # Dismissals go by way of their rule. This one has no table here, so that it finds nothing itself.
            rules={"misconfig": rulebook(Settings(), {}, {}, UTC, lambda _: None)["misconfig"]},
            offline_after=120.0,
            startup_grace=60.0,
        )
        return Directory.start(around, [self.device], 10)

    def __enter__(self) -> Home:
        self._actors.start()
        self._disk.start()
        self.site.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.site.__exit__()
        self.writer.stop(block=False)
        self._actors.stop(PATIENCE)
        self._disk.stop(PATIENCE)
        pykka.ActorRegistry.stop_all(block=False)

    def stored(self) -> Device:
        """The device as the database has it."""
        answer: queue.Queue[Recalled] = queue.Queue()
        self.writer.tell(Recall(SERIAL, answer.put))
        return answer.get(timeout=PATIENCE).device

    def conclude(self, rule: str, event: str, details: JsonObject) -> int:
        """Have a rule's finding stored; its id, as those who listen are told it."""
        finding = Finding(rule, event, self.device.id, SERIAL, 1.8e9, details)
        with self.site.listen("/stream/ai") as client:
            client.next()
            memory = RuleMemory(self.device.id, rule, 0, {})
            self.writer.tell(KeepConclusion([finding], self.device.mark, memory))
            number = client.next().data["evento_id"]
            assert isinstance(number, int)
            return number


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with Home(tmp_path / "iot.db") as running:
        yield running


def test_an_applied_suggestion_is_stored_and_sent_to_the_device(home: Home) -> None:
    """By the time of the answer; and the event says what was made of it."""
    number = home.conclude("learn", "ai_suggest", SUGGESTED)
    answer = home.site.post(f"/ai/eventos/{number}/aplicar")
    schedule = {
        "modo": "horario",
        "horarios": [{"dias": ["lunes"], "inicio": "06:00", "fin": "06:30"}],
    }
    assert answer.status == 200
    assert schedule.items() <= answer.json["configuracion"].items()
    assert (home.stored().configuration, home.stored().version) == (answer.json["configuracion"], 4)
    assert home.network.configurations == [(4, answer.json["configuracion"])]
    (event,) = home.site.get(f"/ai/eventos?dispositivo={home.device.id}&regla=learn").json["data"]
    assert (event["evento_id"], event["decision"]) == (number, "aplicado")
    assert event["suggested_horarios"] == SUGGESTED["suggested_horarios"]
    for way in ("aplicar", "descartar"):
        assert home.site.post(f"/ai/eventos/{number}/{way}").status == 409


def test_a_suggestion_of_yesterday_is_not_applied(home: Home) -> None:
    """A change since then wins; the suggestion can still be dismissed, once."""
    number = home.conclude("misconfig", "ai_misconfig", PATCH)
    assert home.site.put("/dispositivos/1", {"configuracion": {"intervalo_envio": 30}}).status == 200
    assert home.site.post(f"/ai/eventos/{number}/aplicar").status == 409
    assert home.stored().configuration == {"modo": "manual", "intervalo_envio": 30}
    assert home.site.get("/ai/eventos").json["data"][0]["decision"] == "abierto"
    assert home.site.post(f"/ai/eventos/{number}/descartar").status == 200
    assert home.site.get("/ai/eventos").json["data"][0]["decision"] == "descartado"
    assert home.site.post(f"/ai/eventos/{number}/descartar").status == 409


def test_of_racing_decisions_the_stored_one_is_the_one_carried_out(home: Home) -> None:
    """Exactly one of four is answered with 200, and the database agrees with the device."""
    for _ in range(5):
        home.device = home.stored()
        number = home.conclude("misconfig", "ai_misconfig", PATCH)
        ways = ["aplicar", "descartar"] * 2

        def decide(way: str, number: int = number) -> int:
            return home.site.post(f"/ai/eventos/{number}/{way}").status

        assert at_once(decide, ways) == [200, 409, 409, 409]
        applied = home.site.get("/ai/eventos").json["data"][0]["decision"] == "aplicado"
        assert (home.stored().configuration["modo"] == "horario") == applied
        assert home.site.put("/dispositivos/1", {"configuracion": {"modo": "manual"}}).status == 200
