"""Whether a server that is installed on this machine will do."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from typing import Final

from actors.mqtt.broker.child import BrokerUnavailable

_SHOWN: Final = 60
_PATIENCE: Final = 10.0


@dataclass(frozen=True, slots=True)
class Release:
    """The ``oldest`` of program ``name`` that will do; ``setting`` names another than the usual one.

    Given the argument ``asked`` it tells its version, of which ``told`` finds the two foremost numbers.
    """

    name: str
    setting: str
    asked: str
    told: re.Pattern[str]
    oldest: tuple[int, int]

    def check(self, program: str) -> str:
        """``program``, if it is such. Raises :class:`BrokerUnavailable`."""
        try:
            asked = subprocess.run([program, self.asked], capture_output=True, text=True, timeout=_PATIENCE)
        except (OSError, subprocess.SubprocessError) as error:
            raise BrokerUnavailable(f"{self.setting}: {program} no se puede ejecutar ({error}).") from None
        said = asked.stdout.partition("\n")[0].strip()
        version = self.told.search(said)
        if version is None or (int(version[1]), int(version[2])) < self.oldest:
            oldest = ".".join(map(str, self.oldest))
            raise BrokerUnavailable(
                f"{self.setting}: {program} es {said[:_SHOWN]!r}; se espera {self.name} {oldest} o posterior."
            )
        return program
