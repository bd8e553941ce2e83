"""The negative control: builds that are known to be wrong, which the checker must find wrong."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

from tests.chaos.fault import Outcome, Trial
from tests.chaos.kills import killed
from tests.chaos.ledger import Verdict
from tests.chaos.victim import BUILDS

# Deaths in a round: one that finds the build idle proves nothing, so there are several, and further rounds
# where the first has shown nothing.
_DEATHS = 3
_ROUNDS = 4


def early_acknowledgements(trial: Trial) -> Outcome:
    return _control(trial, "acknowledges_early.py", "losses", lambda verdict: verdict.lost)


def stored_repeats(trial: Trial) -> Outcome:
    return _control(trial, "stores_repeats.py", "duplicates", lambda verdict: verdict.duplicated)


def _control(trial: Trial, build: str, kind: str, sought: Callable[[Verdict], Collection[object]]) -> Outcome:
    """What the wrong build loses or doubles is not counted among the system's."""
    outcome = Outcome(tried=1)
    for number in range(_ROUNDS):
        folder = trial.folder / str(number)
        folder.mkdir()
        _, verdict = killed(replace(trial, folder=folder), BUILDS / build, _DEATHS)
        if found := sought(verdict):
            outcome.survived = 1
            outcome.extra = f"{len(found):,} {kind} found in a wrong build"
            return outcome
    outcome.broken.append(f"checker not trusted: it found no {kind} in a build that has them")
    return outcome
