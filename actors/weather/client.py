"""Asks a server on the internet, which may be slow, broken or wrong, from a thread of its own."""

from __future__ import annotations

import logging
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from http.client import HTTPException
from typing import Final

from actors.runtime.clock import Clock

logger = logging.getLogger(__name__)

# A week of hours is some 10 KB.
MOST_BYTES: Final = 512 * 1024
# For each part of the answer, and for all of it.
PART_S: Final = 10.0
WHOLE_S: Final = 30.0
PART: Final = 16 * 1024
AGENT: Final = "iot-backend"


class Unanswered(Exception):
    """There is no answer. ``str()`` says why, in a few words."""


class WebClient:
    """A thread a question, which nobody waits for: a server that hangs keeps no system from ending."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._opener = urllib.request.OpenerDirector()
        for handler in (
            *(urllib.request.ProxyHandler(), urllib.request.HTTPHandler(), urllib.request.HTTPSHandler()),
            *(urllib.request.HTTPRedirectHandler(), urllib.request.HTTPErrorProcessor()),
            *(urllib.request.HTTPDefaultErrorHandler(), urllib.request.UnknownHandler()),
        ):
            self._opener.add_handler(handler)

    def ask(self, url: str, reply: Callable[[bytes | Unanswered], object]) -> None:
        """``reply`` is called on another thread, within :data:`WHOLE_S` and one part's time more."""
        threading.Thread(target=self._ask, args=(url, reply), name="weather", daemon=True).start()

    def _ask(self, url: str, reply: Callable[[bytes | Unanswered], object]) -> None:
        try:
            reply(self._answer(url))
        except Unanswered as problem:
            reply(problem)
        except Exception as problem:  # what a library makes of a broken answer is no reason to be silent
            logger.exception("question_failed")
            reply(Unanswered(type(problem).__name__))

    def _answer(self, url: str) -> bytes:
        ends = self._clock.monotonic() + WHOLE_S
        request = urllib.request.Request(url, headers={"User-Agent": AGENT, "Accept": "application/json"})
        found = bytearray()
        try:
            with self._opener.open(request, timeout=PART_S) as answer:
                while part := answer.read1(PART):
                    found += part
                    if len(found) > MOST_BYTES:
                        raise Unanswered("too long an answer")
                    if self._clock.monotonic() > ends:
                        raise Unanswered("too slow")
        except urllib.error.HTTPError as error:
            raise Unanswered(f"HTTP {error.code}") from None
        except (OSError, HTTPException, ValueError) as error:
            raise Unanswered(str(getattr(error, "reason", error)) or type(error).__name__) from None
        return bytes(found)
