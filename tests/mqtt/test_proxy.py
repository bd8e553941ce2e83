from __future__ import annotations

from actors.mqtt.broker.proxy import network_of


def test_an_ipv6_host_counts_as_one_whatever_address_it_picks() -> None:
    """By its /64; IPv4 by the address, whichever socket it came in by."""
    assert network_of("2001:db8:1:2::1") == network_of("2001:db8:1:2:ffff::9")
    assert network_of("2001:db8:1:2::1") != network_of("2001:db8:1:3::1")
    assert network_of("fe80::1%eth0") == network_of("fe80::2%eth0")
    assert network_of("::ffff:10.0.0.1") == network_of("10.0.0.1") != network_of("::ffff:10.0.0.2")
