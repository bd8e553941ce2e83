"""A site that asks for tokens, and the keys to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.keys import Keys
from tests.web.site import Site


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path)


@pytest.fixture
def site(keys: Keys) -> Iterator[Site]:
    with keys.site() as running:
        yield running
