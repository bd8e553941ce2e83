"""Who has failed too often to show who they are, and how long they are not listened to."""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from actors.runtime.backoff import Backoff

# Ten wrong ones in a minute are a program's. At this rate one of the 2**50 pairing codes is guessed in
# its ten minutes, from all addresses of a house at once, with a chance of one in 10**11.
TRIES: Final = 10
WINDOW_S: Final = 60.0
BANS: Final = Backoff(300.0, 3600.0)
# After a ban, how long the next one is remembered to be twice as long.
MEMORY_S: Final = 3600.0
MAX_ADDRESSES: Final = 1024
# What all addresses beyond that share.
OTHERS: Final = "otras"


def network_of(address: str) -> str:
    """What counts as one: the address, or the /64 of an IPv6 one, which is a single home or machine."""
    known = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(known, ipaddress.IPv4Address):
        return str(known)
    if known.ipv4_mapped is not None:
        return str(known.ipv4_mapped)
    return str(ipaddress.IPv6Network((known, 64), strict=False).network_address)


@dataclass(slots=True)
class _Record:
    until: float
    """When it may be forgotten."""
    tries: int = 0
    window_ends: float = 0.0
    banned_until: float = -math.inf
    strikes: int = 0


class Bans:
    """Counts tries by address, in at most 1,025 records. Used on the loop only.

    A record is never given up for another before its time, so that nobody can wash off a ban by failing
    from elsewhere; the addresses that find the table full are counted together instead.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._records: dict[str, _Record] = {}

    def __len__(self) -> int:
        return len(self._records)

    def banned_for(self, address: str) -> int:
        """Seconds until the address is listened to again, rounded up; 0 if it is."""
        record = self._records.get(self._key(address))
        return 0 if record is None else math.ceil(max(0.0, record.banned_until - self._monotonic()))

    def try_once(self, address: str) -> bool:
        """Count a try before it is known what comes of it; whether it is let through.

        The eleventh in a minute is not, and begins a ban.
        """
        now = self._monotonic()
        record = self._record(address, now)
        if now < record.banned_until:
            return False
        if now >= record.until:
            record.strikes = 0
        if now >= record.window_ends:
            record.tries, record.window_ends = 0, now + WINDOW_S
            record.until = max(record.until, record.window_ends)
        record.tries += 1
        if record.tries <= TRIES:
            return True
        record.banned_until = now + BANS.after(record.strikes + 1)
        record.until = record.banned_until + MEMORY_S
        record.strikes = min(record.strikes + 1, 10)
        record.tries, record.window_ends = 0, 0.0
        return False

    def succeeded(self, address: str) -> None:
        """A try was good after all, and does not count; those before it still do."""
        record = self._records.get(self._key(address))
        if record is not None and record.tries:
            record.tries -= 1

    def _key(self, address: str) -> str:
        network = network_of(address)
        return network if network in self._records or len(self._records) < MAX_ADDRESSES else OTHERS

    def _record(self, address: str, now: float) -> _Record:
        network = network_of(address)
        if network not in self._records and len(self._records) >= MAX_ADDRESSES:
            for known in [known for known, record in self._records.items() if record.until <= now]:
                del self._records[known]
        return self._records.setdefault(self._key(address), _Record(until=now))
