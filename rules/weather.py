"""Rule 6, ``clima``: what the weather advises for a device of this kind, by a table that people may edit.

An advice is an episode: it begins when the weather comes to be as the table says, and ends once it has not
been so for :data:`CALM_S`. It proposes a setting; when it is over, that setting still stands and no other
advice wants it, what the table gives back is proposed in a finding of its own. Where people have set the
device's ``clima`` to ``"actuar"`` both are carried out, and where it is ``"no"`` nothing is said.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from actors.domain.durations import HOUR_S
from actors.domain.findings import Bounds, Episode, Finding, Proposal, Severity
from actors.domain.house import House
from actors.domain.model import Device, Json, JsonObject, Report
from actors.domain.weather import measured
from rules.base.memory import Fields, seal, unseal
from rules.base.tables import Advice

NAME: Final = "clima"
WEATHER: Final = "ai_weather"

# What a forecast takes back and says again an hour later is one advice.
CALM_S: Final = HOUR_S
# Without a forecast an advice stands for so long. Then people are asked what is to be, and nothing is done.
GIVE_UP_S: Final = 24 * HOUR_S
# How often the weather that is known is held against the time that has come.
LOOK_S: Final = 600.0

ACT: Final = "actuar"
SILENT: Final = "no"

_STATE_VERSION: Final = 2


@dataclass(slots=True)
class _Given:
    """An advice that was given, and how things stood."""

    since: float
    last_at: float
    """When the weather was last as the table says."""
    before: JsonObject
    """What the device had of what the advice proposes, before this or another one changed it."""
    told: bool = True
    """Not where the device was so already, by another advice."""
    dismissed: bool = False

    def state(self) -> JsonObject:
        return {
            "since": self.since,
            "last_at": self.last_at,
            "before": self.before,
            "told": self.told,
            "dismissed": self.dismissed,
        }

    @classmethod
    def from_state(cls, state: Fields) -> _Given:
        return cls(
            state.number("since"),
            state.number("last_at"),
            state.json_object("before"),
            state.flag("told"),
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
        return [_key(name, given) for name, given in self._given.items() if given.told]

    def let_go(self, keys: Collection[str]) -> None:
        over = [name for name, given in self._given.items() if _key(name, given) in keys]
        for name in over:
            del self._given[name]

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
        if not weather.is_fresh(at):
            return self._give_up(device, at)
        known = measured(weather, at)
        silent = device.configuration.get("clima") == SILENT
        found: list[Finding] = []
        for advice in self._advice.values():
            met = not silent and advice.is_met(known)
            found += self._follow(device, advice, known, met, at)
        return found

    def _give_up(self, device: Device, at: float) -> Sequence[Finding]:
        """Nobody knows what weather it is: nothing begins, and what lasts goes on for a while."""
        over = [name for name, given in self._given.items() if not 0 <= at - given.last_at < GIVE_UP_S]
        ended = [each for name in over for each in self._end(device, self._advice[name], at)]
        return [replace(each, acts=False) for each in ended]

    def _follow(
        self, device: Device, advice: Advice, known: Mapping[str, float], met: bool, at: float
    ) -> Sequence[Finding]:
        given = self._given.get(advice.name)
        if given is not None and met:
            given.last_at = at
        elif given is not None and not 0 <= at - given.last_at < CALM_S:
            return self._end(device, advice, at)
        elif given is None and met:
            return self._begin(device, advice, known, at)
        return ()

    def _begin(
        self, device: Device, advice: Advice, known: Mapping[str, float], at: float
    ) -> Sequence[Finding]:
        stands = bool(advice.proposes) and _stands(advice, device)
        changed = {name for given in self._given.values() for name in given.before}
        if stands and not changed & advice.proposes.keys():
            return ()  # people have seen to it, and nothing is to be given back
        before = {name: self._original(name, device) for name in advice.proposes}
        given = self._given[advice.name] = _Given(at, at, before, told=not stands)
        self._unsaved = True
        if stands:
            return ()
        episode = Episode(_key(advice.name, given), at, None, 1)
        told: JsonObject = {"consejo": advice.name, "medidas": {name: known[name] for name in advice.met}}
        return (self._finding(device, advice, at, told, advice.proposes, episode),)

    def _original(self, name: str, device: Device) -> Json:
        """What the device had under it before the first advice that lasts."""
        found = (given.before[name] for given in self._given.values() if name in given.before)
        return next(found, device.configuration.get(name))

    def _end(self, device: Device, advice: Advice, at: float) -> Sequence[Finding]:
        given = self._given.pop(advice.name)
        self._unsaved = True
        found: list[Finding] = []
        if given.told:
            episode = Episode(_key(advice.name, given), given.since, at, 2)
            found.append(self._finding(device, advice, at, {"consejo": advice.name}, {}, episode))
        if (back := self._given_back(device, advice, given)) and not given.dismissed:
            told: JsonObject = {"consejo": advice.name, "fin": True}
            found.append(self._finding(device, advice, at, told, back, None))
        return found

    def _given_back(self, device: Device, advice: Advice, given: _Given) -> JsonObject:
        if not _stands(advice, device):
            return {}
        wanted = {name for other in self._given for name in self._advice[other].proposes}
        back = {name: given.before.get(name) for name in advice.gives_back - wanted}
        return {name: value for name, value in back.items() if value not in (None, advice.proposes[name])}

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
            # A board may say of itself what it likes: it is people who allow it.
            acts=bool(proposes) and device.configuration.get("clima") == ACT and "clima" in device.asked,
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
        given = {name: _Given.from_state(each) for name, each in body.fields("given").items()}
        made._given = {name: each for name, each in given.items() if name in made._advice}
        return made


def _stands(advice: Advice, device: Device) -> bool:
    return all(device.configuration.get(name) == value for name, value in advice.proposes.items())


def _key(name: str, given: _Given) -> str:
    return f"{name}@{given.since:.3f}"
