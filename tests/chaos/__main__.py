"""Do the system harm from outside, and see what it has kept: ``python -m tests.chaos``.

One line a fault: how often it was tried and survived, what was promised and is lost or there twice, and
how many seconds the system took until it worked again. The exit status is 1 if a promise was broken.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import time
from collections.abc import Sequence

from tests.chaos.fault import Outcome
from tests.chaos.faults import FAULTS
from tests.chaos.running import Plan, inflict_all


def main() -> int:
    options = _parser().parse_args()
    if options.lista:
        print(*(f"{fault.name:<18} {fault.what}" for fault in FAULTS), sep="\n")
        return 0
    if shutil.which("mosquitto") is None:
        print("tests.chaos: needs Mosquitto: apt-get install mosquitto", file=sys.stderr)
        return 2
    began = time.monotonic()
    chosen = [fault for fault in FAULTS if not options.solo or fault.name in options.solo]
    print(f"{len(chosen)} faults, seed {options.semilla}", flush=True)
    outcomes = inflict_all(Plan(chosen, options.largo, options.semilla, options.a_la_vez))
    return _close(outcomes, time.monotonic() - began)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m tests.chaos", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = [fault.name for fault in FAULTS]
    parser.add_argument(
        "--largo",
        action="store_true",
        help="the long form, for nights: 100 kills, two minutes without a broker",
    )
    parser.add_argument(
        "--solo", nargs="+", choices=names, metavar="NOMBRE", help="only these faults (see --lista)"
    )
    parser.add_argument(
        "--a-la-vez",
        type=int,
        choices=range(1, 9),
        default=2,
        metavar="N",
        help="faults at a time (%(default)s)",
    )
    parser.add_argument("--lista", action="store_true", help="name the faults, and do nothing")
    parser.add_argument(
        "--semilla",
        type=int,
        default=random.randrange(10**6),
        metavar="N",
        help="the seed of the random moments (by default another one each time)",
    )
    return parser


def _close(outcomes: Sequence[Outcome], took: float) -> int:
    failed = sum(not outcome.held for outcome in outcomes)
    print(
        f"{len(outcomes)} faults, {failed} not withstood; tried {sum(each.tried for each in outcomes):,}, "
        f"lost {sum(each.lost for each in outcomes):,}, "
        f"duplicated {sum(each.duplicated for each in outcomes):,}; {took:.0f} s"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
