"""Rule 6, ``clima``: what the weather advises for a device of this kind, by a table that people may edit.

An advice is an episode: it begins when the weather comes to be as the table says, and ends once it has not
been so for :data:`CALM_S`. It proposes a setting; when it is over, and that setting still stands, what the
table gives back is proposed in a finding of its own. Where the device's configuration says
``clima: "actuar"`` both are carried out, and where it says ``"no"`` nothing is said.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from actors.domain.findings import Bounds, Episode, Finding, Proposal, Severity
from actors.domain.house import House
from actors.domain.model import Device, JsonObject, Report
from actors.domain.weather import HOUR_S, measured
from rules.base.memory import Fields, seal, unseal
from rules.base.tables import Advice

NAME: Final = "clima"
WEATHER: Final = "ai_weather"

# What a forecast takes back and says again an hour later is one advice.
CALM_S: Final = HOUR_S
# How often the weather that is known is held against the time that has come.
LOOK_S: Final = 600.0

ACT: Final = "actuar"
SILENT: Final = "no"

_STATE_VERSION: Final = 1


@dataclass(slots=True)
class _Given:
    """An advice that was given, and how things stood."""

    since: float
    last_at: float
    """When the weather was last as the table says."""
    before: JsonObject
    """What the device had of what the advice proposes."""
    dismissed: bool = False

    def state(self) -> JsonObject:
        return {
            "since": self.since,
            "last_at": self.last_at,
            "before": self.before,
            "dismissed": self.dismissed,
        }

    @classmethod
    def from_state(cls, state: Fields) -> _Given:
        return cls(
            state.number("since"),
            state.number("last_at"),
            state.json_object("before"),
            state.flag("dismissed"),
        )


class WeatherRule:
    """``advice`` is that of this device's kind, in the table's order."""

    name: Final = NAME

    __slots__ = ("_advice", "_device", "_given", "_house", "_unsaved", "_wake_in")

    def __init__(self, advice: Sequence[Advice]) -> None:
        self._advice = {each.name: each for each in advice}
        self._house = House()
        self._device: Device | None = None
        self._given: dict[str, _Given] = {}
        """By the advice's name, what lasts."""
        self._unsaved = False
        self._wake_in: float | None = None

    # -- what the host calls -----------------------------------------------------------------

    def hear(self, house: House, at: float) -> Sequence[Finding]:
        self._house = house
        return self._look(at)

    def observe(self, device: Device, report: Report | None, at: float) -> Sequence[Finding]:  # noqa: ARG002
        """The device as it stands, for what comes: it is the weather that an advice waits for."""
        first = self._device is None
        self._device = device
        return self._look(at) if first else ()

    def wake(self, at: float) -> Sequence[Finding]:
        return self._look(at)

    @property
    def wake_in(self) -> float | None:
        return self._wake_in

    @property
    def lasting(self) -> Collection[str]:
        return [_key(name, given) for name, given in self._given.items()]

    def let_go(self, keys: Collection[str]) -> None:
        self._given = {name: given for name, given in self._given.items() if _key(name, given) not in keys}

    def dismiss(self, details: JsonObject) -> None:
        """Until this weather is over nothing more is said or done about it."""
        given = self._given.get(details.get("consejo", ""))
        if given is not None:
            given.dismissed = True

    def learn(self, at: float, state: str, parameters: JsonObject) -> None:
        """The log says nothing of the weather."""

    def bounds(self, at: float) -> Mapping[str, Bounds]:  # noqa: ARG002
        """It looks at no reading."""
        return {}

    def is_ahead(self, at: float) -> bool:
        return any(given.last_at > at + HOUR_S for given in self._given.values())

    def take_over(self, decisions: WeatherRule) -> None:
        """What was dismissed is over with the time that was wrong."""

    @property
    def save_due(self) -> bool:
        return self._unsaved

    # -- the weather -------------------------------------------------------------------------

    def _look(self, at: float) -> Sequence[Finding]:
        device, weather = self._device, self._house.weather
        self._wake_in = None if weather is None or not self._advice else LOOK_S
        if device is None or weather is None or not device.claimed or not self._advice:
            return ()
        known = measured(weather, at) if weather.is_fresh(at) else None
        silent = device.configuration.get("clima") == SILENT
        found: list[Finding] = []
        for advice in self._advice.values():
            met = known is not None and not silent and advice.is_met(known)
            findings = self._follow(device, advice, known or {}, met, at)
            found += findings
        return found

    def _follow(
        self, device: Device, advice: Advice, known: Mapping[str, float], met: bool, at: float
    ) -> Sequence[Finding]:
        given = self._given.get(advice.name)
        if given is not None and met:
            given.last_at = at
        elif given is not None and not 0 <= at - given.last_at < CALM_S:
            return self._end(device, advice, given, at)
        elif given is None and met:
            return self._begin(device, advice, known, at)
        return ()

    def _begin(
        self, device: Device, advice: Advice, known: Mapping[str, float], at: float
    ) -> Sequence[Finding]:
        before = {name: device.configuration.get(name) for name in advice.proposes}
        if advice.proposes and before == advice.proposes:
            return ()  # it is so already, whoever saw to it
        given = self._given[advice.name] = _Given(at, at, before)
        self._unsaved = True
        episode = Episode(_key(advice.name, given), at, None, 1)
        told: JsonObject = {"consejo": advice.name, "medidas": {name: known[name] for name in advice.met}}
        return (self._finding(device, advice, at, told, advice.proposes, episode),)

    def _end(self, device: Device, advice: Advice, given: _Given, at: float) -> Sequence[Finding]:
        del self._given[advice.name]
        self._unsaved = True
        episode = Episode(_key(advice.name, given), given.since, at, 2)
        over = self._finding(device, advice, at, {"consejo": advice.name}, {}, episode)
        now = device.configuration
        stands = all(now.get(name) == value for name, value in advice.proposes.items())
        back = {name: given.before.get(name) for name in advice.gives_back} if stands else {}
        back = {name: value for name, value in back.items() if value not in (None, now.get(name))}
        if not back or given.dismissed:
            return (over,)
        told: JsonObject = {"consejo": advice.name, "fin": True}
        return over, self._finding(device, advice, at, told, back, None)

    def _finding(
        self,
        device: Device,
        advice: Advice,
        at: float,
        told: JsonObject,
        proposes: JsonObject,
        episode: Episode | None,
    ) -> Finding:
        return Finding(
            NAME,
            WEATHER,
            device.id,
            device.serial,
            at,
            told,
            Proposal(proposes, frozenset(proposes)) if proposes else None,
            advice.severity if episode is not None else Severity.INFO,
            episode,
            acts=bool(proposes) and device.configuration.get("clima") == ACT,
        )

    # -- what lasts --------------------------------------------------------------------------

    def state(self) -> JsonObject:
        self._unsaved = False
        return seal(
            NAME, _STATE_VERSION, {"given": {name: each.state() for name, each in self._given.items()}}
        )

    @classmethod
    def from_state(cls, advice: Sequence[Advice], state: JsonObject) -> WeatherRule:
        """Raises :class:`rules.base.memory.DamagedState`."""
        made = cls(advice)
        body = unseal(NAME, _STATE_VERSION, state)
        made._given = {name: _Given.from_state(given) for name, given in body.fields("given").items()}
        return made


def _key(name: str, given: _Given) -> str:
    return f"{name}@{given.since:.3f}"
