"""What runs on the machines of :mod:`tests.web.lan`: ``announce NAME`` and ``resolve``."""

from __future__ import annotations

import json
import logging
import sys
import threading
from ipaddress import ip_address
from typing import Any

from zeroconf import AddressResolver as Resolver  # type: ignore[attr-defined]
from zeroconf import IPVersion, ServiceInfo, Zeroconf

from tests.stage import FakeClock
from web.identity.mdns_announcer import POLL_S, Announcer, Service
from web.identity.network import Network

WAIT_MS = 1_000


class Announcing:
    """``host``; ``tick``, which lets it look at the network; ``stop``; ``said EVENT``, how often."""

    def __init__(self, name: str) -> None:
        self._clock = FakeClock()
        self._log = _Log()
        logging.getLogger("web").addHandler(self._log)
        services = (
            Service("_https._tcp", 5443, {"path": "/", "tls": "1"}),
            Service("_mqtt._tcp", 8883, {"tls": "1"}),
        )
        self._announcer = Announcer(self._clock, name, services)
        self._announcer.start()

    def host(self) -> str | None:
        """After the next thing that is logged, or a while."""
        self._log.wait()
        return self._announcer.host

    def tick(self) -> str | None:
        self._clock.advance_to(self._clock.monotonic() + POLL_S)
        self._clock.ring()
        return self.host()

    def said(self, *words: str) -> int:
        self._log.wait()
        return sum(line.startswith(" ".join(words)) for line in self._log.lines)

    def stop(self) -> None:
        self._announcer.stop()


class Resolving:
    """``addresses HOST``, ``service KIND INSTANCE``: what this machine believes, asking whom it must.

    ``claim HOST``: that this is its own name, whoever has it.
    """

    def __init__(self) -> None:
        network = Network.present()
        self._addresses = [address.packed for address in network.addresses]
        self._zeroconf = Zeroconf(list(network.joins))
        self._claims: dict[str, ServiceInfo] = {}

    def addresses(self, host: str) -> list[str]:
        question = Resolver(f"{host}.")
        question.request(self._zeroconf, WAIT_MS)
        return _written(question)

    def service(self, kind: str, instance: str) -> dict[str, Any] | None:
        info = self._zeroconf.get_service_info(f"{kind}.local.", f"{instance}.{kind}.local.", WAIT_MS)
        if info is None:
            return None
        return {
            "host": info.server,
            "port": info.port,
            "addresses": _written(info),
            "properties": info.decoded_properties,
        }

    def claim(self, host: str) -> None:
        if host in self._claims:
            self._zeroconf.update_service(self._claims[host])
            return
        kind = "_smb._tcp.local."
        info = ServiceInfo(kind, f"nas.{kind}", port=445, server=f"{host}.", addresses=self._addresses)
        self._zeroconf.register_service(info, cooperating_responders=True)
        self._claims[host] = info

    def stop(self) -> None:
        self._zeroconf.close()


class _Log(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self._more = threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())
        self._more.set()

    def wait(self) -> None:
        self._more.wait(WAIT_MS / 10_000)
        self._more.clear()


def _written(info: ServiceInfo) -> list[str]:
    found = {ip_address(each.packed) for each in info.ip_addresses_by_version(IPVersion.All)}
    return sorted(map(str, found))


def main(role: str, *words: str) -> None:
    logging.getLogger("web").setLevel(logging.INFO)
    actor = {"announce": Announcing, "resolve": Resolving}[role](*words)
    for line in sys.stdin:
        call, *arguments = line.split()
        print(json.dumps(getattr(actor, call)(*arguments)), flush=True)
    actor.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
