"""What all tests share: real brokers, and a guard over what is logged."""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import hypothesis
import pytest

import web.page.build as page
from tests import covered, machine
from tests.brokers import (
    BROKERS,
    Broker,
    CrashableBroker,
    Mosquitto,
    embedded_mosquitto,
    nats,
    require_mosquitto,
)
from tests.postgres import PostgresServer

# How long an example takes is the machine's affair, which others share.
hypothesis.settings.register_profile("shared", deadline=None)
hypothesis.settings.load_profile("shared")

# Whoever asks for one of these needs what it is marked with; the others' tests and modules say it themselves.
MARKERS: Final[Mapping[str, machine.Marker]] = {
    **dict.fromkeys((*BROKERS, "broker", "guarded", "open_filming", "open_page"), "broker"),
    "browser": "browser",
    "browser_home": "browser",
    "database_url": "database",
    "shared_postgres": "database",
    "lan": "namespaces",
}

# Begun last, one of them would keep one worker at work while the others have nothing left to do.
LONGEST: Final = (
    "tests/system/test_openapi.py",
    "tests/test_household",
    "tests/persistence/test_m",
    "tests/rules/test_learn",
    "tests/docs/test_commands.py",
)

ROOMS = ("actors", "config", "persistence", "rules", "run_system", "web")


def pytest_configure(config: pytest.Config) -> None:
    if (plugin := covered.plugin()) is not None:
        config.pluginmanager.register(plugin)
    # Before the workers begin, each of which will read it.
    if not hasattr(config, "workerinput") and page.outdated():
        page.main()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """What is collected stays to the end: looking for garbage in it, time and again, took each worker 3 s."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark them before ``-m`` chooses, and begin with those that take the longest."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))
    for item in items:
        assert isinstance(item, pytest.Function)
        for fixture in MARKERS.keys() & set(item.fixturenames):
            item.add_marker(MARKERS[fixture])


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Before any fixture, so that those hold to it that many tests share."""
    machine.enter(item)


class _FormatCheck(logging.Handler):
    """Formats each record, as nobody may have asked for its level."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        try:
            record.getMessage()
        except Exception as error:
            self.faults.append(f"{record.pathname}:{record.lineno}: {record.msg!r} {record.args!r}: {error}")


_CHECK: Final = _FormatCheck()


@pytest.fixture(autouse=True)
def _log_calls_fit_their_format() -> Iterator[None]:
    """A log call whose arguments do not fit its message fails the test, at any level."""
    for logger in map(logging.getLogger, ROOMS):
        logger.addHandler(_CHECK)
        # To set it has every logger forget what it is to log; with 7,800 tests that took 10 s.
        if logger.level != logging.DEBUG:
            logger.setLevel(logging.DEBUG)
    yield
    faults, _CHECK.faults = _CHECK.faults, []
    assert faults == []


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    """Debian's Mosquitto on a port of its own, with the project's mosquitto.conf."""
    require_mosquitto()
    broker = Mosquitto(tmp_path)
    try:
        broker.start()
        yield broker
    finally:
        broker.stop()


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[CrashableBroker]:
    """The broker that comes with the project, on a port of its own."""
    broker = CrashableBroker(nats(tmp_path / "embedded"))
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def mosquitto_child(tmp_path: Path) -> Iterator[CrashableBroker]:
    """Mosquitto in its place."""
    require_mosquitto()
    broker = CrashableBroker(embedded_mosquitto(tmp_path / "embedded"))
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture(params=BROKERS)
def broker(request: pytest.FixtureRequest) -> Broker:
    """Each of the brokers that the project supports."""
    chosen: Broker = request.getfixturevalue(request.param)
    return chosen


@pytest.fixture(scope="session")
def shared_postgres() -> Iterator[PostgresServer]:
    """One for all tests of a worker, started when it is first needed."""
    server = PostgresServer()
    yield server
    server.close()


@pytest.fixture
def database_url(shared_postgres: PostgresServer) -> Iterator[str]:
    """The address of an empty database, which is gone afterwards."""
    with shared_postgres.database() as name:
        yield shared_postgres.url(name)
