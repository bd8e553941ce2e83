"""What Prometheus reads, as its own library reads it back."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics_in
from prometheus_client.parser import text_string_to_metric_families as metrics_in
from prometheus_client.samples import Sample

from actors.domain.findings import Finding, KeptFinding
from actors.domain.latencies import BOUNDS, Latencies
from actors.domain.status import MaintenanceStatus
from config import Settings
from tests.web.site import BLIND, HEALTHY, LAMP, Site

FINDING = Finding("extremos", "ai_anomaly", BLIND.id, BLIND.serial, 1_800_000_000.0, {})
NAMED = replace(
    BLIND, name='Persiana "sur"\n', parameters={"posicion": "40,5", "pila": {"v": 3}, "alta": True}
)

DOCS = Path(__file__).parents[2] / "docs"


def samples(site: Site, accept: str = "text/plain") -> list[Sample]:
    answer = site.ask("GET", "/metrics", headers={"Accept": accept})
    assert answer.status == 200, answer.body
    read = open_metrics_in if "openmetrics" in answer.headers["Content-Type"] else metrics_in
    return [sample for family in read(answer.body.decode()) for sample in family.samples]


def value(found: Iterable[Sample], metric: str, /, **labels: str) -> float:
    [only] = [each.value for each in found if each.name == metric and labels.items() <= each.labels.items()]
    return only


def test_devices_are_counted_by_state_and_not_named() -> None:
    with Site(LAMP, BLIND, replace(BLIND, id=3, serial="SHD0C")) as site:
        found = samples(site)
        assert value(found, "iot_devices", claimed="true", online="true") == 2
        assert value(found, "iot_devices", claimed="false", online="false") == 1
        assert value(found, "iot_devices", claimed="false", online="true") == 0
        assert BLIND.serial not in site.get("/metrics").body.decode()
        assert BLIND.name not in site.get("/metrics").body.decode()


def test_named_where_a_setting_says_so() -> None:
    """With the numbers that they sent, also as texts and in objects; whatever their names are made of."""
    with Site(NAMED, settings=Settings(metrics_nombres=True)) as site:
        found = samples(site)
    about = {"serial": NAMED.serial, "name": NAMED.name, "kind": "persiana"}
    assert value(found, "iot_device_online", **about) == 1
    assert value(found, "iot_device_last_seen_timestamp_seconds", **about) == NAMED.seen_at
    readings = {each.labels["metric"]: each.value for each in found if each.name == "iot_device_reading"}
    assert readings == {"posicion": 40.5, "pila.v": 3}


def test_findings_and_events_are_counted() -> None:
    with Site(BLIND) as site:
        for number in range(3):
            site.hub.finding_made(KeptFinding(number, FINDING, None))
        site.hub.device_updated(replace(BLIND, reports=9))
        found = samples(site)
    assert value(found, "iot_findings_total", rule="extremos", event="ai_anomaly") == 3
    assert value(found, "iot_stream_events_total", stream="findings") == 3
    assert value(found, "iot_event_published_seconds_count") == 4


def test_what_health_knows() -> None:
    stored = Latencies()
    for seconds in (0.0004, 0.004, 0.004, 3_600.0):
        stored.count(seconds)
    health = replace(HEALTHY, broker=replace(HEALTHY.broker, latencies=stored, received=4), rule_failures=2)
    with Site(health=lambda: health) as site:
        found = samples(site)
    assert value(found, "iot_healthy") == 1
    assert value(found, "iot_messages_received_total") == 4
    assert value(found, "iot_actor_failures_total", part="rule") == 2
    at_most = {
        each.labels["le"]: each.value for each in found if each.name == "iot_message_stored_seconds_bucket"
    }
    assert (at_most["0.001"], at_most["0.005"], at_most["60.0"], at_most["+Inf"]) == (1, 3, 3, 4)
    assert value(found, "iot_message_stored_seconds_sum") == pytest.approx(3600.0084)


def test_requests_are_counted_by_route_and_never_by_what_was_asked() -> None:
    """Whoever asks for a thousand addresses, or by methods of their own, makes no thousand series."""
    with Site(BLIND) as site:
        for path in ("/dispositivos/2", "/dispositivos/999", "/no-hay-1", "/no-hay-2"):
            site.get(path)
        site.ask("PAINT", "/dispositivos/2")
        found = [each for each in samples(site) if each.name == "iot_http_request_seconds_count"]
    counted = {
        (each.labels["method"], each.labels["route"], each.labels["status"]): each.value for each in found
    }
    assert counted["GET", "/dispositivos/{id}", "2xx"] == 1
    assert counted["GET", "/dispositivos/{id}", "4xx"] == 1
    assert counted["GET", "unknown", "4xx"] == 2
    assert not [key for key in counted if key[0] not in ("GET", "unknown")]


@pytest.mark.parametrize("accept", ["application/openmetrics-text; version=1.0.0", "*/*", "?;;q"])
def test_in_the_form_that_is_asked_for(accept: str) -> None:
    with Site(BLIND) as site:
        site.get("/dispositivos")
        found = samples(site, accept)
    assert {"iot_devices", "iot_http_request_seconds_count"} <= {each.name for each in found}


def test_a_histogram_counts_each_once() -> None:
    """On a bound, just beyond it, beyond all, and less than nothing."""
    latencies = Latencies()
    for seconds in (*BOUNDS, *(bound * 1.0001 for bound in BOUNDS), -1.0):
        latencies.count(seconds)
    assert sum(latencies.counts) == 2 * len(BOUNDS) + 1
    assert latencies.counts[0] == 2
    assert set(latencies.counts[1:-1]) == {2}
    assert latencies.counts[-1] == 1


def test_pages_of_other_sites_do_not_read_it() -> None:
    with Site(BLIND) as site:
        answer = site.ask("GET", "/metrics", headers={"Origin": "https://elsewhere.example"})
    assert answer.status == 403


def test_the_document_and_the_dashboard_know_what_there_is() -> None:
    """Each metric stands in the document's table with its labels, and the dashboard asks for no other."""
    health = replace(HEALTHY, maintenance=MaintenanceStatus(last_backup_at=1.0))
    with Site(NAMED, health=lambda: health, settings=Settings(metrics_nombres=True)) as site:
        site.get("/dispositivos")
        site.hub.finding_made(KeptFinding(1, FINDING, None))
        found = [each for each in samples(site) if each.name.startswith("iot_")]
    told: dict[str, set[str]] = {}
    for each in found:
        if not each.name.endswith("_created"):
            name = re.sub(r"_(bucket|count|sum)$", "", each.name)
            told.setdefault(name, set()).update(each.labels.keys() - {"le"})
    rows = re.findall(
        r"^\| `(iot_\w+)` \| \w+ \| ([^|]+) \|", (DOCS / "metrics.md").read_text(), re.MULTILINE
    )
    assert {name: {*re.findall(r"\w+", labels)} for name, labels in rows} == told
    dashboard = (DOCS / "grafana" / "iot-backend.json").read_text()
    asked = {re.sub(r"_bucket$", "", name) for name in re.findall(r"\biot_\w+", dashboard)}
    assert asked <= told.keys()
