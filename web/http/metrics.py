"""How the system does, in the form that Prometheus reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, product
from typing import Final, TypeAlias

from prometheus_client import CollectorRegistry, Histogram, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from tornado.web import RequestHandler

from actors.domain.kinds import sort_of
from actors.domain.latencies import BOUNDS, Latencies
from actors.domain.model import Device
from actors.domain.readings import flattened, number_of
from web.http.health import Health
from web.live.hub import EventHub

# A stream is a request that lasts for hours.
STREAMS: Final = "/stream/"
UNKNOWN: Final = "unknown"
TRUTH: Final = {False: "false", True: "true"}

Samples: TypeAlias = Iterator[Metric]


class RequestTimes:
    """How long requests took; kept by the library, since nobody else asks."""

    def __init__(self, paths: Mapping[type[RequestHandler], str]) -> None:
        """``paths`` are the routes' templates, by who handles them."""
        self._paths = paths
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._seconds = Histogram(
            "iot_http_request_seconds",
            "From a request to the end of its answer; streams are not counted.",
            ("method", "route", "status"),
            registry=self._registry,
            buckets=BOUNDS,
        )

    def count(self, handler: RequestHandler) -> None:
        """On the loop, when it has answered."""
        route = self._paths.get(type(handler), UNKNOWN)
        # A method may be any word that a client makes up.
        method = handler.request.method if handler.request.method in handler.SUPPORTED_METHODS else UNKNOWN
        if not route.startswith(STREAMS):
            status = f"{handler.get_status() // 100}xx"
            self._seconds.labels(method, route, status).observe(handler.request.request_time())

    def exposition(
        self, accepted: str, collected: Callable[[], Iterable[Metric]]
    ) -> tuple[str, Callable[[], bytes]]:
        """The content type for a client that accepts these, and what makes the text, on any thread."""
        encode, content_type = choose_encoder(accepted)
        registry = CollectorRegistry()
        registry.register(_Collected(collected))

        def text() -> bytes:
            ours, requests = encode(registry), encode(self._registry)
            # OpenMetrics ends with a line that may stand there but once.
            return bytes(ours.removesuffix(b"# EOF\n") + requests)

        return content_type, text


class _Collected(Collector):
    def __init__(self, collected: Callable[[], Iterable[Metric]]) -> None:
        self._collected = collected

    def describe(self) -> Iterable[Metric]:
        """Nothing is worked out until it is asked for."""
        return ()

    def collect(self) -> Iterable[Metric]:
        return self._collected()


def of_system(health: Health, hub: EventHub, clients: int, version: str) -> list[Metric]:
    """All but the devices. On the loop."""
    return [
        InfoMetricFamily("iot_build", "Which version this is.", {"version": version}),
        _gauge("iot_healthy", "Whether the house is served.", health.ok),
        *_of_broker(health),
        *_of_actors(health),
        *_of_hub(hub, clients),
        *_of_database(health),
        *_of_notices(health),
    ]


def of_devices(devices: Sequence[Device]) -> Samples:
    """How many there are of each state, and none by name."""
    counted = Counter((device.claimed, device.online) for device in devices)
    family = GaugeMetricFamily("iot_devices", "Devices.", labels=("claimed", "online"))
    for claimed, online in product((False, True), repeat=2):
        family.add_metric((TRUTH[claimed], TRUTH[online]), counted[claimed, online])
    yield family


def of_each_device(devices: Sequence[Device]) -> Samples:
    """What each says, by name; a text or a truth value is no reading."""
    names = ("serial", "name", "kind")
    online = GaugeMetricFamily("iot_device_online", "Whether it is there.", labels=names)
    seen = GaugeMetricFamily(
        "iot_device_last_seen_timestamp_seconds", "When it last said something.", labels=names
    )
    readings = GaugeMetricFamily(
        "iot_device_reading", "A number of its last report.", labels=(*names, "metric")
    )
    for device in devices:
        labels = (device.serial, device.name, sort_of(device)[0])
        online.add_metric(labels, device.online)
        if device.seen_at is not None:
            seen.add_metric(labels, device.seen_at)
        for metric, value in flattened(device.parameters):
            if (number := number_of(value)) is not None:
                readings.add_metric((*labels, metric), number)
    yield from (online, seen, readings)


def _of_broker(health: Health) -> Samples:
    broker = health.broker
    yield _gauge("iot_broker_connected", "Whether a broker sends what devices publish.", broker.connected)
    yield _counter("iot_messages_received", "MQTT messages received.", broker.received)
    yield _counter("iot_messages_rejected", "MQTT messages that became dead letters.", broker.rejected)
    yield _counter("iot_intake_stalls", "How often reading stopped until the disk caught up.", broker.stalls)
    yield _gauge("iot_messages_in_flight", "Messages received and not stored yet.", broker.in_flight)
    yield _gauge("iot_message_oldest_seconds", "How long the oldest of these has waited.", broker.oldest)
    yield _histogram(
        "iot_message_stored_seconds", "From a message's arrival to its commit.", broker.latencies
    )


def _of_actors(health: Health) -> Samples:
    yield _gauge("iot_writer_healthy", "Whether the writer can write.", health.writer.healthy)
    yield _gauge("iot_writer_queued", "Messages taken in that are not on disk yet.", health.writer.queued)
    yield _counter("iot_writer_commits", "Transactions committed.", health.writer.commits)
    yield _counter("iot_writer_messages", "Messages that commits have dealt with.", health.writer.rows)
    yield _gauge("iot_actors_waiting", "Actors that wait for a thread.", health.actors_waiting)
    yield _gauge("iot_actors_quarantined", "Actors out of service for a while.", len(health.quarantined))
    failures = CounterMetricFamily("iot_actor_failures", "Actors that died and began anew.", labels=("part",))
    failures.add_metric(("device",), health.device_failures)
    failures.add_metric(("rule",), health.rule_failures)
    failures.add_metric(("core",), health.core_failures)
    yield failures


def _of_hub(hub: EventHub, clients: int) -> Samples:
    yield _gauge("iot_stream_clients", "Open streams.", clients)
    yield _gauge("iot_stream_queued", "Events that are not on their way to the streams yet.", hub.waiting)
    yield _histogram(
        "iot_event_published_seconds", "From an event's being handed in to its way out.", hub.latencies
    )
    events = CounterMetricFamily("iot_stream_events", "Events of the streams.", labels=("stream",))
    events.add_metric(("devices",), hub.devices.last)
    events.add_metric(("findings",), hub.findings.last)
    yield events
    findings = CounterMetricFamily("iot_findings", "Findings of the rules.", labels=("rule", "event"))
    for (rule, event), count in sorted(hub.findings_made.items()):
        findings.add_metric((rule, event), count)
    yield findings


def _of_database(health: Health) -> Samples:
    kept = health.maintenance
    if kept.last_backup_at is not None:
        yield _gauge("iot_backup_timestamp_seconds", "When the last backup was made.", kept.last_backup_at)
    yield _gauge(
        "iot_backup_failed", "Whether a backup that is due is missing.", kept.backup_error is not None
    )
    yield _counter("iot_log_rows_rolled_up", "Rows of the log that became summaries.", kept.rolled_up)
    yield _counter("iot_rows_deleted", "Rows of all tables that have gone.", kept.deleted)


def _of_notices(health: Health) -> Samples:
    notices = health.notices
    tried = CounterMetricFamily(
        "iot_notifications", "Messages to people, by what came of them.", labels=("result",)
    )
    tried.add_metric(("sent",), notices.sent)
    tried.add_metric(("failed",), notices.failed)
    tried.add_metric(("given_up",), notices.given_up)
    yield tried
    yield _gauge("iot_notifications_waiting", "Messages that wait, also for a digest.", notices.waiting)
    yield _gauge(
        "iot_notification_channels_failing", "Channels that take no message at present.", notices.failing
    )


def _gauge(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(name, about, value=value)


def _counter(name: str, about: str, value: float) -> Metric:
    return CounterMetricFamily(name, about, value=value)


def _histogram(name: str, about: str, latencies: Latencies) -> Metric:
    bounds = [*map(str, BOUNDS), "+Inf"]
    upto = accumulate(latencies.counts)
    return HistogramMetricFamily(
        name, about, buckets=[*zip(bounds, upto, strict=True)], sum_value=latencies.total
    )
