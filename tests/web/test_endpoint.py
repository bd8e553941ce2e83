"""What people are told of the house's address and of the certificate that stands for it."""

from __future__ import annotations

import time
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path

import pytest

from config import Settings
from tests.stage import FakeClock
from tests.web.handshakes import handshake, strict_client
from web.identity.endpoint import Endpoint, EndpointSettings, public_url
from web.identity.hosts import Hosts, host_of
from web.identity.network import Network


def endpoint_of(settings: Settings) -> Endpoint:
    return Endpoint(EndpointSettings.of(settings), Hosts(), FakeClock(time.time()))


@pytest.mark.parametrize(
    ("addresses", "host"),
    [
        (("192.0.2.7", "192.168.1.7"), "192.168.1.7"),
        (("192.0.2.7", "198.51.100.7", "fd00::7"), "smarthome.local"),
        ((), "smarthome.local"),
    ],
)
def test_nobody_is_sent_to_an_address_that_the_certificate_lacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, addresses: tuple[str, ...], host: str
) -> None:
    """What is reserved for documents is private to Python, and of no home."""
    here = Network(frozenset(map(ip_address, addresses)), frozenset())
    monkeypatch.setattr(Network, "present", lambda: here)
    settings = Settings(data_dir=tmp_path, backend_host="::")
    assert public_url(settings, 5000) == f"https://{host}:5000"
    endpoint = endpoint_of(settings)
    assert endpoint.context is not None
    handshake(endpoint.context, strict_client(endpoint.ca_pem), host)


def test_an_address_in_the_configured_url_is_in_the_certificate(tmp_path: Path) -> None:
    """Also in its brackets."""
    settings = Settings(data_dir=tmp_path, backend_host="::", public_backend_url="https://[2001:db8::1]:5000")
    endpoint = endpoint_of(settings)
    assert endpoint.context is not None
    assert endpoint.left_out == []
    handshake(endpoint.context, strict_client(endpoint.ca_pem), "2001:db8::1")


@pytest.mark.parametrize(
    "url", ["https://[64:ff9b::CB00:7105]:5000", "https://203.0.113.5", "https://Nuevo.example.com.:5000"]
)
def test_whoever_is_sent_where_the_certificate_does_not_hold_is_told_however_it_is_written(
    tmp_path: Path, url: str
) -> None:
    """As it stands in the address that they are sent to."""
    settings = Settings(data_dir=tmp_path, backend_host="::", mdns_enabled=False)
    endpoint_of(settings)
    late = replace(settings, public_backend_url=url)
    assert endpoint_of(late).left_out == [host_of(public_url(late, 5000))]


def test_a_name_that_came_too_late_is_logged_by_a_system_that_runs(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """At each start; whoever but asks for a code is told in the answer, if it concerns them."""
    settings = Settings(data_dir=tmp_path, backend_host="::", mdns_enabled=False)
    assert endpoint_of(settings).left_out == []
    late = replace(settings, public_backend_url="https://nuevo.example.com:5000")
    for _ in range(2):
        caplog.clear()
        endpoint = endpoint_of(late)
        assert endpoint.left_out == ["nuevo.example.com"]
        assert "names_left_out" not in caplog.text
        endpoint.start([])
        endpoint.stop()
        assert "names_left_out names=['nuevo.example.com']" in caplog.text
