"""Trying faults, some at a time."""

from __future__ import annotations

import logging
import random
import signal
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import active_children, get_context
from pathlib import Path
from types import FrameType

from tests.chaos.fault import Fault, Outcome, Trial
from tests.chaos.faults import FAULTS

logger = logging.getLogger(__name__)

# After which a fault is given up, s.
SHORT_LIMIT = 300
LONG_LIMIT = 1800


class GivenUp(Exception):
    """A fault has taken longer than it may."""


@dataclass(frozen=True)
class Plan:
    chosen: Sequence[Fault]
    long: bool
    seed: int
    at_a_time: int


def inflict_all(plan: Plan) -> list[Outcome]:
    """Some at a time, each in a process of its own, since much of what they do is to wait."""
    with ProcessPoolExecutor(plan.at_a_time, get_context("spawn"), _prepare) as pool:
        signal.signal(signal.SIGTERM, _end)
        try:
            tried = [pool.submit(_inflict, fault.name, plan.long, plan.seed) for fault in plan.chosen]
            return [each.result() for each in tried]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in active_children():
                process.terminate()
            raise


def _prepare() -> None:
    """In each of those processes. The one that started it is the one to hear Ctrl-C."""
    logging.basicConfig(format="%(levelname)s %(name)s %(message)s")
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGALRM, _give_up)


def _inflict(name: str, long: bool, seed: int) -> Outcome:
    [fault] = [fault for fault in FAULTS if fault.name == name]
    with tempfile.TemporaryDirectory(prefix=f"chaos-{name}-", ignore_cleanup_errors=True) as folder:
        trial = Trial(name, Path(folder), long, random.Random(f"{seed} {name}"))
        signal.alarm(trial.pick(SHORT_LIMIT, LONG_LIMIT))
        try:
            outcome = fault.inflict(trial)
        except Exception as error:
            logger.exception("fault_not_tried name=%s", name)
            outcome = Outcome(tried=1, broken=[f"it broke off: {str(error)[:200] or error!r}"])
        finally:
            signal.alarm(0)
    # One write, so that the lines of two do not get mixed.
    print("\n".join([outcome.line(name), *(f"    {each}" for each in outcome.broken)]), flush=True)
    return outcome


def _give_up(_number: int, _frame: FrameType | None) -> None:
    raise GivenUp("it took too long")


def _end(_number: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise SystemExit(143)  # what was started is ended on the way out
