"""What the machine has to have for some of the tests."""

from __future__ import annotations

import os
from typing import Literal, NoReturn

import pytest

Marker = Literal["broker", "browser", "database", "namespaces"]
"""What a test can need that takes time or rights; ``-m "not browser"`` leaves out those that need one."""

_marked: frozenset[str] | None = None


def enter(item: pytest.Item) -> None:
    """From here on the test that runs is this one."""
    global _marked
    _marked = frozenset(marker.name for marker in item.iter_markers())


def need(marker: Marker) -> None:
    """Fails the test that uses this and is not marked so: whoever leaves it out would be surprised."""
    if _marked is not None and marker not in _marked:
        pytest.fail(f"needs @pytest.mark.{marker}")


def lacking(what: str) -> NoReturn:
    """Skip the test that needs ``what``; with ``CI=true``, where it was to be installed, fail it."""
    reason = f"needs {what}"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
