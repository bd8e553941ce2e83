"""Brokers that know everybody: Mosquitto with the files written for it, and our own with its door."""

from __future__ import annotations

import ssl
import time
from dataclasses import dataclass
from pathlib import Path

from actors.mqtt.broker.credentials import Logins
from actors.mqtt.broker.embedded import EmbeddedBroker
from actors.mqtt.broker.mosquitto_config import CONFIGURATION, Tls, Written, write
from actors.mqtt.broker.proxy_access import Door
from tests.brokers import PATIENCE, Device, Login, Mosquitto, free_port
from web.identity.certificates import Certificates

HERE = "TMP0HERE"
THERE = "LGT0THERE"


@dataclass(frozen=True)
class GuardedBroker:
    """``port`` is the one that devices reach, with TLS; ``inside`` is how the backend connects."""

    port: int
    inside: int
    backend: Login
    passwords: dict[str, str]
    client: ssl.SSLContext
    logins: Logins

    def login(self, serial: str) -> Login:
        return Login(serial, self.passwords[serial], self.client)

    def device(self, serial: str, *topics: str) -> Device:
        return Device(self.port, *topics, login=self.login(serial))

    def hears(self, *topics: str) -> Device:
        """The backend."""
        return Device(self.inside, *topics, login=self.backend)


def make_pair(folder: Path) -> Tls:
    Certificates(folder, time.time, [], [])
    return Tls(folder / "servidor.pem", folder / "servidor.key")


def trusting(pair: Tls) -> ssl.SSLContext:
    """The strictest client, which trusts the house's CA alone."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    context.load_verify_locations(pair.certificate.with_name("ca.pem"))
    return context


def shown(port: int) -> str:
    """The certificate that the server shows, as PEM."""
    return ssl.get_server_certificate(("127.0.0.1", port), timeout=PATIENCE)


class GuardedMosquitto(Mosquitto):
    """Mosquitto, run from what is written for it, its listeners on loopback."""

    def __init__(self, folder: Path, tls: Tls | None, *, shared_topic: bool = True) -> None:
        self.logins = Logins(folder / "claves")
        self._files = folder / "files"
        self.tls_port = free_port()
        self.written = self.write(tls, shared_topic)
        super().__init__(folder, self._files / CONFIGURATION)

    def write(self, tls: Tls | None, shared_topic: bool = True) -> Written:
        return write(
            self._files,
            self.logins,
            [HERE, THERE],
            shared_topic=shared_topic,
            tls=tls,
            installed_in=self._files,
        )

    def _adapted(self, conf: str, directory: Path) -> str:
        conf = conf.replace("\nlistener 1883\n", "\nlistener 1883 127.0.0.1\n")
        conf = conf.replace("\nlistener 8883\n", f"\nlistener {self.tls_port} 127.0.0.1\n")
        return super()._adapted(conf, directory)


def mosquitto_house(broker: GuardedMosquitto, client: ssl.SSLContext) -> GuardedBroker:
    passwords = broker.written.passwords
    backend = Login("backend", passwords["backend"])
    return GuardedBroker(broker.tls_port, broker.port, backend, passwords, client, broker.logins)


def embedded_house(
    broker: EmbeddedBroker, passwords: dict[str, str], client: ssl.SSLContext
) -> GuardedBroker:
    assert broker.door is not None
    return GuardedBroker(
        broker.door.port, broker.port, Login(), passwords, client, Logins(broker.door.logins)
    )


def guarded_door(folder: Path, pair: Tls, *, shared_topic: bool = True) -> tuple[Door, dict[str, str]]:
    """On a free port, and the passwords of those who have a login."""
    logins = Logins(folder / "claves")
    passwords = logins.complete([HERE, THERE])
    return Door(
        "127.0.0.1", 0, logins.path, pair.certificate, pair.key, shared_topic, per_second=100
    ), passwords
