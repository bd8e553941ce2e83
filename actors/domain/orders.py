"""What people have asked of a device of another make that it was not told yet, or has not done yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from actors.domain.json_values import JsonObject, same
from actors.domain.profile import Control, Profile


@dataclass(frozen=True, slots=True)
class Orders:
    """Names of controls, and where they go. What is reported of a name that is pending is not believed."""

    unsent: frozenset[str] = frozenset()
    """It is away or out of reach, or where its orders go needs consent, or no broker has carried them."""
    unconfirmed: frozenset[str] = frozenset()
    """It was told these, has not said that it has done so, and is still given the time to."""
    address: str = ""
    """Where a person has consented that orders go, as in :class:`actors.domain.profile.Profile`."""
    stop_address: str = ""
    """The same of what halts it."""

    @property
    def pending(self) -> frozenset[str]:
        return self.unsent | self.unconfirmed

    def after_wish(
        self,
        names: Iterable[str],
        before: JsonObject,
        desired: JsonObject,
        reported: JsonObject,
        controls: Mapping[str, Control],
    ) -> Orders:
        """People have named these, and the configuration was ``before`` and is now ``desired``.

        What is as the device has told it needs no order, unless another one is under way; nor does a wish
        that is pending already.
        """
        unsent, unconfirmed = set(self.unsent), set(self.unconfirmed)
        for name in controls.keys() & {*names} & desired.keys():
            if name in self.pending and name in before and same(before[name], desired[name]):
                continue
            done = name in reported and controls[name].confirms(desired[name], reported[name])
            if done and name not in self.unconfirmed:
                unsent.discard(name)
            else:
                unsent.add(name)
                unconfirmed.discard(name)
        return replace(self, unsent=frozenset(unsent), unconfirmed=frozenset(unconfirmed))

    def after_sending(self, names: Iterable[str]) -> Orders:
        """What was to be told beside them was nothing that it takes."""
        return replace(self, unsent=frozenset(), unconfirmed=self.unconfirmed.union(names))

    def after_failure(self, names: Iterable[str]) -> Orders:
        """These have not gone out after all."""
        back = self.unconfirmed.intersection(names)
        return replace(self, unsent=self.unsent | back, unconfirmed=self.unconfirmed - back)

    def without(self, done: Iterable[str]) -> Orders:
        """The device is so already."""
        gone = self.pending.intersection(done)
        if not gone:
            return self
        return replace(self, unsent=self.unsent - gone, unconfirmed=self.unconfirmed - gone)

    def dropped(self) -> Orders:
        """Nobody asks for anything any more."""
        return Orders(address=self.address, stop_address=self.stop_address)

    def consented(self, profile: Profile) -> Orders:
        """They may go where the device says now."""
        return replace(self, address=profile.address, stop_address=profile.stop_address or "")
