"""The commands in the documents are run as a reader would run them, page by page, and answer as is shown."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import pytest

from tests.brokers import wait_until
from tests.docs.pages import HOUSE, PAGES, Page, Step
from tests.machine import lacking
from tests.system.backend import Backend, surroundings
from tests.web.site import PATIENCE

# A page's commands name the usual ports, and a stick for backups; those of the test are others.
HTTP, MQTT = "127.0.0.1:5000", "127.0.0.1:1883"
STICK = "/mnt/usb"
PRELUDE: Final = """
curl() { command curl --silent --fail-with-body "$@"; }
mosquitto_pub() { command mosquitto_pub -p "$MQTT_BROKER_PORT" "$@"; }
mosquitto_sub() { command mosquitto_sub -p "$MQTT_BROKER_PORT" "$@"; }
R=".venv/bin/python run_system.py"
"""
START: Final = re.compile(r"((?:\w+=\S+ )*)make (run|demo)(?:\s+#.*)?")
GATE: Final = re.compile(r"make (lint|test|chaos)(?:\s+#.*)?")
# What differs from run to run, and so is compared by its form alone; … stands for anything.
FORMS: Final = (
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}",
    r"[+-]\d\d:\d\d\b",
    r"\d{8}T\d{6}Z",
    r"\b[0-9a-f]{8}(?=-\d)",
    r"\b[0-9a-f]{32}\b",
    r"\b[0-9a-f]{16}\b",
    r"@\d{10}\.\d{3}\b",
    "…",
)


class Talking(Backend):
    """A system whose banner can be read again."""

    def __init__(self, directory: Path, command: str, **settings: object) -> None:
        self.banner: list[str] = []
        super().__init__(directory, command, **settings)

    def line(self) -> str:
        self.banner.append(super().line())
        return self.banner[-1]


def _is_data(path: Path) -> bool:
    return path.name.startswith("instance")


class Reader:
    """Somebody in the project's folder, with a terminal for the system and one for the rest."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._system: Talking | None = None
        self._last = ""
        self._http = self._mqtt = 0
        (folder / "stick").mkdir()
        for path in HOUSE.iterdir():
            if path.name not in (".venv", ".git", "config.toml", "walk") and not _is_data(path):
                (folder / path.name).symlink_to(path)
        (folder / ".venv").symlink_to(sys.prefix)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, error: type[BaseException] | None, *rest: BaseException | TracebackType | None
    ) -> None:
        if self._system is not None:
            self._system.__exit__(error, *rest)

    def follow(self, step: Step) -> None:
        """Fails where the page is wrong."""
        started = START.fullmatch(step.command)
        if started is not None:
            answer = self.start(started[2], **dict(each.split("=", 1) for each in started[1].split()))
            assert step.answer is None or re.fullmatch(pattern(step.answer), answer), answer
        elif GATE.fullmatch(step.command):
            assert step.command.split()[1] in (HOUSE / ".ci" / "run").read_text().splitlines()[-1].split()
        elif "curl -N" in step.command:
            assert step.answer is not None
            self._watch(step.command, step.answer)
        elif step.command.startswith(("curl", "mosquitto_sub")):
            self._wait_for(step)
        else:
            if " restore" in step.command:
                self._stop()
            assert self._comes_about(step), (step, self._last)

    def _wait_for(self, step: Step) -> None:
        """What devices have said a moment ago may not have arrived yet."""
        try:
            wait_until(lambda: self._comes_about(step), PATIENCE)
        except AssertionError:
            pytest.fail(f"{step.command}\nshows {step.answer}\nanswers {self._last}")

    def start(self, command: str = "run", **settings: str) -> str:
        """The banner, with the usual ports in it."""
        self._stop()
        ours: dict[str, object] = {"BACKEND_PORT": 0, "MQTT_BROKER_PORT": 0, "DATA_DIR": "instance"}
        self._system = Talking(self._folder, command, **{**ours, **settings}).__enter__()
        self._http, self._mqtt = self._system.http, self._system.mqtt
        return self._as_usual("\n".join(self._system.banner))

    def _stop(self) -> None:
        if self._system is not None:
            self._system.__exit__(None, None, None)
            self._system = None

    def _comes_about(self, step: Step) -> bool:
        done = subprocess.run(
            ["bash", "-c", PRELUDE + self._as_here(step.command)],
            cwd=self._folder,
            env=self._surroundings,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=PATIENCE,
        )
        self._last = done.stdout
        if step.answer is None:
            return done.returncode == 0
        return re.fullmatch(pattern(step.answer), self._as_usual(done.stdout.strip("\n"))) is not None

    def _watch(self, command: str, answer: str) -> None:
        """What goes on for ever is read as far as the page shows it."""
        with subprocess.Popen(
            ["bash", "-c", f"{PRELUDE}exec {self._as_here(command)}"],
            cwd=self._folder,
            env=self._surroundings,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
        ) as watching:
            assert watching.stdout is not None
            try:
                for expected in answer.split("\n"):
                    line = watching.stdout.readline().strip("\n")
                    assert re.fullmatch(pattern(expected), line), (expected, line)
            finally:
                watching.kill()

    @property
    def _surroundings(self) -> dict[str, str]:
        return surroundings(MQTT_BROKER_PORT=self._mqtt, BACKEND_PORT=self._http)

    def _as_here(self, text: str) -> str:
        return text.replace(HTTP, f"127.0.0.1:{self._http}").replace(STICK, str(self._folder / "stick"))

    def _as_usual(self, text: str) -> str:
        usual = text.replace(f"127.0.0.1:{self._http}", HTTP).replace(f"127.0.0.1:{self._mqtt}", MQTT)
        return usual.replace(str(self._folder / "stick"), STICK)


def pattern(answer: str) -> str:
    """What the page shows, but for times and names that are made anew each time."""
    pieces = re.split("|".join(f"({form})" for form in FORMS), answer)
    return "".join(pieces_of_pattern(pieces))


def pieces_of_pattern(pieces: list[str | None]) -> Iterator[str]:
    """Plain text and, between two of it, one group for each form, of which one was there."""
    for place, piece in enumerate(pieces):
        which = place % (len(FORMS) + 1)
        if piece is not None:
            yield re.escape(piece) if which == 0 else ".*" if piece == "…" else FORMS[which - 1]


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    for program in ("curl", "mosquitto_pub"):
        if shutil.which(program) is None:
            lacking(f"{program}: apt-get install curl mosquitto-clients")
    with Reader(tmp_path) as somebody:
        yield somebody


@pytest.mark.broker
@pytest.mark.parametrize(
    "page", [page for page in map(Page, PAGES) if page.steps()], ids=lambda page: page.name
)
def test_commands_do_what_the_page_says(page: Page, reader: Reader) -> None:
    """Each that is not marked as not run, in the order of the page."""
    steps = page.steps()
    if not START.fullmatch(steps[0].command):
        reader.start()
    for step in steps:
        reader.follow(step)


@pytest.mark.parametrize(
    ("shown", "came", "same"),
    [
        (
            '{"id":1,"visto_en":"2026-11-23T14:46:02.333Z"}',
            '{"id":1,"visto_en":"2027-01-01T00:00:00.001Z"}',
            True,
        ),
        (
            '{"id":1,"visto_en":"2026-11-23T14:46:02.333Z"}',
            '{"id":2,"visto_en":"2027-01-01T00:00:00.001Z"}',
            False,
        ),
        ('{"id":1}', '{"id":1,"more":2}', False),
        ('{"id":1,…}', '{"id":1,"more":2}', True),
        ("id: b46bf30f-0", "id: 00aa11bb-0", True),
        ("id: b46bf30f-0", "id: 00aa11bb-1", False),
        ("iot-20261123T173732Z-pedida.db", "iot-20270101T000000Z-pedida.db", True),
        ("2026-11-23T15:05:24.532+00:00", "2026-11-23T17:05:24.532+02:00", True),
    ],
)
def test_an_answer_that_differs_is_found(shown: str, came: str, same: bool) -> None:
    """All but times and new names must be as the page shows it."""
    assert (re.fullmatch(pattern(shown), came) is not None) is same
