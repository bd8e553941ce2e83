"""What the machine has to have for some of the tests."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def lacking(what: str) -> NoReturn:
    """Skip the test that needs ``what``; with ``CI=true``, where it was to be installed, fail it."""
    reason = f"needs {what}"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
