"""Where no worker can be shared one of the windows leads: whatever becomes of it, another takes over."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from playwright.sync_api import BrowserContext, Error, Page, expect

from tests.brokers import wait_until
from tests.page.browsing import LED, Complaints, expect_live
from tests.page.conftest import OpenPage
from tests.page.home import Home
from tests.page.proxy import Proxy

METER: Final = "TMP0AAAAAAAA"

# Out of sight as the system says it; how often anything was shown as old; and frozen: no timer rings, and
# nothing is heard or said until it thaws. (The protocol's own "frozen" goes on running these pages.)
_WATCHED: Final = """
let hidden = false;
Object.defineProperty(document, "hidden", { get: () => hidden });
window.hide = (whether) => {
  hidden = whether;
  document.dispatchEvent(new Event("visibilitychange"));
};
window.timesOld = 0;
window.watch = () => new MutationObserver(() => {
  if (document.querySelector(".rooms[data-stale=true]")) window.timesOld += 1;
}).observe(document.querySelector(".rooms"), { attributeFilter: ["data-stale"] });
let waiting = null;
const inTurn = (act) => (waiting ? waiting.push(act) : act());
window.freeze = () => { waiting = []; };
window.thaw = () => {
  const due = waiting;
  waiting = null;
  for (const act of due) act();
};
for (const name of ["setTimeout", "setInterval"]) {
  const real = globalThis[name];
  globalThis[name] = (act, ...rest) => real(() => inTurn(act), ...rest);
}
globalThis.BroadcastChannel = class extends BroadcastChannel {
  #closed = false;
  set onmessage(take) { super.onmessage = (event) => inTurn(() => this.#closed || take(event)); }
  close() {
    this.#closed = true;
    super.close();
  }
  postMessage(message) { if (!waiting) super.postMessage(message); }
};
"""
_LEADER: Final = "navigator.locks.query().then(({ held }) => held[0]?.clientId ?? '')"


def windows_of(home: Home, open_page: OpenPage, count: int, **options: Any) -> list[Page]:
    """Of one browser; the first leads."""
    home.claim(METER)
    home.report(METER, parametros={"temperatura": 20})
    first = open_page(**options)
    context: BrowserContext = first.context
    context.clock.install()
    context.add_init_script(LED + _WATCHED)
    windows = [first, *(context.new_page() for _ in range(count - 1))]
    for window in windows:
        window.goto("/")
        expect_live(window)
        window.evaluate("watch()")
    return windows


def listeners_are(home: Home, count: int) -> None:
    wait_until(lambda: home.get("/salud")["hub"]["clientes"] == count)


def all_show(home: Home, windows: list[Page], degrees: int) -> None:
    home.report(METER, parametros={"temperatura": degrees})
    for window in windows:
        expect(window.locator(".main-reading")).to_have_text(f"{degrees}\u00a0°C")
        expect_live(window)


def nobody_saw_a_cut(windows: list[Page]) -> None:
    assert [window.evaluate("timesOld") for window in windows] == [0] * len(windows)


def test_who_is_out_of_sight_leads_nobody_who_is_looked_at(home: Home, open_page: OpenPage) -> None:
    """It gives way when it is put out of sight, and when another is opened while it is; nobody sees a cut."""
    first, second = windows = windows_of(home, open_page, 2)
    before = second.evaluate(_LEADER)
    first.evaluate("hide(true)")
    wait_until(lambda: second.evaluate(_LEADER) not in ("", before))
    all_show(home, windows, 21)
    listeners_are(home, 1)
    first.evaluate("hide(false)")
    second.close()
    all_show(home, [first], 22)
    assert first.evaluate(_LEADER) == before
    first.evaluate("hide(true)")
    third = first.context.new_page()
    third.goto("/")
    wait_until(lambda: third.evaluate(_LEADER) not in ("", before))
    all_show(home, [first, third], 23)
    listeners_are(home, 1)
    nobody_saw_a_cut([first])


def test_a_leader_that_is_closed_or_killed(home: Home, open_page: OpenPage, complaints: Complaints) -> None:
    """Nobody sees a cut, and what happens meanwhile is not missed."""
    complaints.expect("crash")
    first, second, third, fourth = windows_of(home, open_page, 4)
    first.close()
    all_show(home, [second, third, fourth], 21)
    with suppress(Error):
        second.context.new_cdp_session(second).send("Page.crash", timeout=1_000)
    all_show(home, [third, fourth], 22)
    listeners_are(home, 1)
    nobody_saw_a_cut([third, fourth])


def test_a_leader_that_is_frozen(home: Home, open_page: OpenPage) -> None:
    """It answers nobody, keeps its lock, and is given up; once it thaws it follows whoever leads by then."""
    first, second = windows = windows_of(home, open_page, 2)
    before = second.evaluate(_LEADER)
    first.evaluate("freeze()")
    home.say(METER, parametros={"temperatura": 21})
    passes(second, lambda: second.evaluate(_LEADER) not in ("", before))
    all_show(home, [second], 22)
    first.evaluate("thaw()")
    all_show(home, windows, 23)
    listeners_are(home, 1)


def test_a_server_that_comes_back(home: Home, open_page: OpenPage, complaints: Complaints) -> None:
    """All find it again, by one connection."""
    complaints.expect("net::ERR_")
    with Proxy(home.backend.http) as wire:
        windows = windows_of(home, open_page, 3, base_url=wire.url)
        wire.cut()
        for window in windows:
            expect(window.locator(".freshness")).to_have_attribute("data-state", "lost")
        home.restart()
        wire.aim(home.backend.http)
        wire.mend()
        for window in windows:
            live = window.locator(".freshness[data-state=live]")
            passes(window, lambda: live.count() == 1)  # noqa: B023 - before the next
        all_show(home, windows, 21)
        listeners_are(home, 1)


def passes(window: Page, holds: Callable[[], bool]) -> None:
    """Time does, in this window, until that holds."""

    def held() -> bool:
        window.clock.run_for(1_000)
        return holds()

    wait_until(held)
