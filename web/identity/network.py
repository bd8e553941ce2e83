"""By which addresses the machine can be reached at home."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Final

import ifaddr

Address = IPv4Address | IPv6Address

# Networks between containers or virtual machines and their host; nobody else reaches an address there.
_INSIDE: Final = re.compile(r"(cni|docker|lxcbr|lxdbr|podman|virbr)\d+|br-[0-9a-f]{12}|veth.*")


@dataclass(frozen=True, slots=True)
class Network:
    """The machine's addresses, without IPv6 zones, and where to hear and say what concerns them."""

    addresses: frozenset[Address]
    joins: frozenset[str | int]
    """An IPv4 address, or an IPv6 interface's index, for each that multicast goes by."""

    @classmethod
    def present(cls, interfaces: Collection[str] = ()) -> Network:
        """As it stands, of ``interfaces`` alone, or of all but loopback and containers'.

        Takes a millisecond; raises ``OSError``.
        """
        addresses: set[Address] = set()
        joins: set[str | int] = set()
        for adapter in ifaddr.get_adapters():
            if (interfaces and adapter.name not in interfaces) or (
                not interfaces and _INSIDE.fullmatch(adapter.name)
            ):
                continue
            for each in adapter.ips:
                address = IPv4Address(each.ip) if isinstance(each.ip, str) else IPv6Address(each.ip[0])
                if interfaces or not address.is_loopback:
                    addresses.add(address)
                    joins.add(adapter.index if address.version == 6 and adapter.index else str(address))
        return cls(frozenset(addresses), frozenset(joins))
