"""The page of a big house in Chromium: how smooth, at what cost, and whether it grows.

A headless browser draws in software, in processes and threads of their own, what a graphics card draws
elsewhere. So the renderer's main thread, where the page itself works, is told apart from all of Chromium.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page, ViewportSize, sync_playwright

from actors.simulator.device import demo_code
from tests.bench.processes import ROOT, System, ended, free_port, system
from tests.page.browsing import CHROMIUM, first_card, launched
from tests.page.opened import open_modules

DEVICES = 200
# Until scripts are compiled and each card has its line.
WARM_UP_S = 20
FRAMES_S = 15
ROUNDS = 9
PHONE: ViewportSize = {"width": 390, "height": 844}
_TICKS = os.sysconf("SC_CLK_TCK")

# The time from frame to frame, ms, for so many seconds.
_FRAMES = """
(seconds) => new Promise((done) => {
  const intervals = [];
  const end = performance.now() + 1000 * seconds;
  let before = 0;
  const frame = (now) => {
    if (before) intervals.push(now - before);
    before = now;
    if (now < end) requestAnimationFrame(frame);
    else done(intervals);
  };
  requestAnimationFrame(frame);
})
"""
_SCROLL = """
() => {
  let by = 8;
  setInterval(() => {
    const { scrollTop, scrollHeight, clientHeight } = document.scrollingElement;
    if (scrollTop <= 0) by = 8;
    if (scrollTop + clientHeight >= scrollHeight - 1) by = -8;
    scrollBy(0, by);
  }, 16);
}
"""


_COUNT_REPORTS = """
async () => {
  const { onReport } = await import("/pagina/js/house.js");
  window.shown = 0;
  onReport(() => window.shown++);
}
"""


@dataclass(frozen=True)
class Frames:
    """Frames a second: the middle, and what 19 of 20 frames are at least."""

    median: float
    slow: float

    @classmethod
    def of(cls, intervals: list[float]) -> Frames:
        rates = sorted(1000 / interval for interval in intervals if interval > 0)
        return cls(statistics.median(rates), rates[len(rates) // 20])


@dataclass(frozen=True)
class Footprint:
    """What the page holds once all garbage is gone."""

    heap: float
    """MiB of JavaScript objects."""
    nodes: int

    @classmethod
    def of(cls, devtools: CDPSession) -> Footprint:
        devtools.send("HeapProfiler.collectGarbage")
        heap = devtools.send("Runtime.getHeapUsage")["usedSize"]
        return cls(heap / 2**20, devtools.send("Memory.getDOMCounters")["nodes"])


@dataclass(frozen=True)
class Smoothness:
    reports: float
    """Shown, a second."""
    still: Frames
    scrolled: Frames
    main_thread: float
    """Processor time of the renderer's main thread, % of a core."""
    tasks: float
    """Wall time that its tasks took, waiting for a processor included, % of the time."""
    chromium: float
    """Processor time of all of Chromium's processes, % of a core."""
    before: Footprint
    after: Footprint


def smoothness(folder: Path, minutes: float) -> Smoothness:
    """Of the devices' cards, while each of :data:`DEVICES` reports once a second."""
    mqtt = free_port()
    with (
        system(folder / "data", mqtt, broker="") as running,
        simulated(running, mqtt),
        sync_playwright() as playwright,
        launched(playwright.chromium, CHROMIUM) as browser,
    ):
        return _measured(browser, f"http://127.0.0.1:{running.http}/", minutes)


def first_cards(folder: Path) -> list[float]:
    """Milliseconds until the demonstration's home shows a card on a phone that has nothing of it yet, each of
    :data:`ROUNDS`. It is opened once before, as what is served is made small when first asked for."""
    with (
        system(folder / "demo", free_port(), broker="", house="demo") as running,
        sync_playwright() as playwright,
        launched(playwright.chromium, CHROMIUM) as browser,
    ):
        taken = []
        for _ in range(1 + ROUNDS):
            with browser.new_context(viewport=PHONE, is_mobile=True, has_touch=True) as context:
                taken.append(first_card(context.new_page(), f"http://127.0.0.1:{running.http}/"))
        return taken[1:]


def _measured(browser: Browser, url: str, minutes: float) -> Smoothness:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    open_modules(page, "house.js")
    page.goto(url)
    page.wait_for_function(f"() => document.querySelectorAll('article').length === {DEVICES}", timeout=60_000)
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable")
    processes = browser.new_browser_cdp_session()
    page.evaluate(_COUNT_REPORTS)
    _pass(page, WARM_UP_S)
    before = Footprint.of(devtools)
    began, shown = time.monotonic(), page.evaluate("window.shown")
    used, tasks, thread = _used(processes), _tasks(devtools), _main_thread(processes)
    _pass(page, 60 * minutes)
    used, tasks = _used(processes) - used, _tasks(devtools) - tasks
    thread = _main_thread(processes) - thread
    took, shown = time.monotonic() - began, page.evaluate("window.shown") - shown
    after = Footprint.of(devtools)
    # Only now, as asking for each frame makes Chromium draw each.
    still = Frames.of(page.evaluate(_FRAMES, FRAMES_S))
    page.evaluate(_SCROLL)
    scrolled = Frames.of(page.evaluate(_FRAMES, FRAMES_S))
    thread, tasks, used = (100 * spent / took for spent in (thread, tasks, used))
    return Smoothness(shown / took, still, scrolled, thread, tasks, used, before, after)


def _pass(page: Page, seconds: float) -> None:
    """Not asleep: what the browser tells meanwhile is taken."""
    page.wait_for_timeout(1000 * seconds)


def _processes(devtools: CDPSession) -> list[dict[str, Any]]:
    return list(devtools.send("SystemInfo.getProcessInfo")["processInfo"])


def _used(devtools: CDPSession) -> float:
    """Seconds of processor time of all processes."""
    return float(sum(process["cpuTime"] for process in _processes(devtools)))


def _main_thread(devtools: CDPSession) -> float:
    """Seconds of processor time of the renderers' main threads; a spare renderer's are none."""
    return sum(
        _thread_time(process["id"]) for process in _processes(devtools) if process["type"] == "renderer"
    )


def _thread_time(pid: int) -> float:
    fields = Path(f"/proc/{pid}/task/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _tasks(devtools: CDPSession) -> float:
    """Seconds that the main thread has spent in tasks."""
    metrics = devtools.send("Performance.getMetrics")["metrics"]
    return float(next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration"))


# -- the house -----------------------------------------------------------------------------------


@contextmanager
def simulated(running: System, mqtt: int) -> Iterator[None]:
    """Devices of all kinds that report once a second each, and are claimed."""
    command = [sys.executable, str(ROOT / "run_system.py"), "simulate", "--count", str(DEVICES)]
    broker = ["--broker", "127.0.0.1", "--port", str(mqtt), "--interval", "1"]
    with ended(subprocess.Popen([*command, *broker], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)):
        for serial in _until_all_have_reported(running):
            _claim(running, serial)
        yield


def _until_all_have_reported(running: System) -> list[str]:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        known = [device["serial_number"] for device in json.loads(running.get("/dispositivos"))]
        if len(known) == DEVICES:
            return known
        time.sleep(0.2)
    raise RuntimeError(f"only {len(known)} of {DEVICES} devices have reported in 60 s")


def _claim(running: System, serial: str) -> None:
    body = {"serial_number": serial, "codigo": demo_code(serial), "nombre": f"Aparato {serial[4:]}"}
    request = urllib.request.Request(
        f"http://127.0.0.1:{running.http}/dispositivos/reclamar",
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    urllib.request.urlopen(request, timeout=20).close()
