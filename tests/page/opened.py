"""The page with some of its modules open: what is served is bundled, where none of them has a name."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Page, Route

from web.page.build import PREFIX, build


def open_modules(page: Page, *names: str) -> None:
    """Let what the test runs in ``page`` import these, as ``/pagina/js/route.js``: the very ones that the
    page works with. It has to be opened after this."""
    scripts = _built(names)

    def answer(route: Route) -> None:
        body = scripts.get(urlsplit(route.request.url).path.removeprefix(PREFIX))
        if body is None:
            route.fallback()
        else:
            route.fulfill(content_type="text/javascript", body=body)

    page.route(f"**{PREFIX}js/**", answer)


@functools.cache
def _built(names: tuple[str, ...]) -> Mapping[str, str]:
    """The scripts of a page in which these are open, by their paths."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "built"
        build(place, [f"js/{name}" for name in names])
        scripts = (path for path in place.rglob("*.js"))
        return {path.relative_to(place).as_posix(): path.read_text("utf-8") for path in scripts}
