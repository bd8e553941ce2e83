"""The files with which Mosquitto serves the house: everybody known, and each at its own topics alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Final

from actors.mqtt.broker.acl import BACKEND, EVERYTHING, check_login, rights_of_device
from actors.mqtt.broker.credentials import Logins, lines_of
from actors.mqtt.broker.grants import Grant
from actors.mqtt.broker.whole_files import replace

MOSQUITTO: Final = Path("/etc/mosquitto")
"""Where the files lie in the end."""

CONFIGURATION: Final = "mosquitto.conf"
PASSWORDS: Final = "iot.claves"
RIGHTS: Final = "iot.acl"
CERTIFICATE: Final = "iot.pem"
KEY: Final = "iot.key"

# In the template, whose part in between is for a broker without logins.
_WHO_COMES_IN: Final = "# -- who comes in "
_WHAT_IS_KEPT: Final = "# -- what is kept "
# Mosquitto's own, for the user who has logged in.
_USER: Final = "%u"
# Of devices of our own, where nobody of another make speaks or hears.
_OWN_TOPICS: Final = "dispositivos/#"
_PUBLIC: Final = 0o644
_SECRET: Final = 0o600
_RULER: Final = 100


@dataclass(frozen=True, slots=True)
class Tls:
    """The server's certificate, with its chain, and its key, as PEM files; and the port to listen on."""

    certificate: Path
    key: Path
    port: int = 8883


def configuration(template: str, folder: Path, port: int, tls_port: int | None) -> str:
    """``mosquitto.conf`` for files that lie in ``folder``.

    With a ``tls_port`` that one is open to the house, and ``port`` to this machine; else ``port`` is open
    to the house, and passwords cross it in the clear.
    """
    before, rest = template.split(_WHO_COMES_IN)
    kept = _WHAT_IS_KEPT + rest.split(_WHAT_IS_KEPT)[1]
    lines = [
        "# Nobody comes in without a login, and each keeps to the topics of its own.",
        "allow_anonymous false",
        f"password_file {folder / PASSWORDS}",
        f"acl_file {folder / RIGHTS}",
        "",
    ]
    # A session belongs to a login: whoever knows the client id of another could take its session over.
    by_login = ["use_username_as_clientid true"]
    if tls_port is None:
        lines += [f"listener {port}", *by_login]
    else:
        certificate = [f"certfile {folder / CERTIFICATE}", f"keyfile {folder / KEY}"]
        lines += [f"listener {port} 127.0.0.1", "", f"listener {tls_port}", *by_login, *certificate]
    heading = _WHO_COMES_IN.ljust(_RULER - 1, "-")
    return "\n".join([before + heading, "", *lines, "", kept])


def what_is_kept(store: Path, autosave: int) -> str:
    """The part of the template about that, for a Mosquitto that saves to ``store`` each ``autosave`` s."""
    ours = {"persistence_location": f"{store}/", "autosave_interval": str(autosave)}
    kept = _WHAT_IS_KEPT + template().split(_WHAT_IS_KEPT)[1]
    names = "|".join(ours)
    return re.sub(rf"^({names}) .*$", lambda line: f"{line[1]} {ours[line[1]]}", kept, flags=re.MULTILINE)


def rights(shared_topic: bool, grants: Mapping[str, Grant] = MappingProxyType({})) -> str:
    """The access list: the backend everything, a device, whose login is its serial number, its own, and those
    who have ``grants`` these.
    """
    lines = [f"user {BACKEND}", f"topic readwrite {EVERYTHING}", "", f"# {_USER} is the login."]
    if shared_topic:
        lines.append("# Of the topic for all, which is the same for every login, Mosquitto's log warns.")
    device = rights_of_device(_USER, shared_topic)
    lines += [f"pattern write {topic}" for topic in device.publish]
    lines += [f"pattern read {topic}" for topic in device.read]
    for user, grant in grants.items():
        if grant.rights is None:
            continue
        lines += ["", f"# {grant.family}", f"user {user}"]
        # The patterns are everybody's; a denial goes before them.
        lines += [f"topic deny {_OWN_TOPICS}"]
        lines += [f"topic write {topic}" for topic in grant.rights.publish]
        lines += [f"topic read {topic}" for topic in grant.rights.read]
    return "\n".join(lines) + "\n"


def template() -> str:
    """The project's own ``mosquitto.conf``."""
    return files("actors.mqtt.broker").joinpath(CONFIGURATION).read_text("utf-8")


@dataclass(frozen=True, slots=True)
class Written:
    """``passwords`` are those just made, by login: nobody will see them again."""

    folder: Path
    files: tuple[Path, ...]
    passwords: dict[str, str]
    tls: Tls | None
    port: int

    def instructions(self) -> str:
        """What to do next, in Spanish."""
        place = [
            f"  sudo install -o mosquitto -g mosquitto -m 600 {file.absolute()} {MOSQUITTO / file.name}"
            for file in self.files
        ]
        secure = "" if self.tls is None else " MQTT_TLS_ENABLED=true"
        settings = f"MQTT_BROKER_URL=127.0.0.1{secure} MQTT_USERNAME={BACKEND}"
        way = f"puerto {self.port}, sin cifrar" if self.tls is None else f"puerto {self.tls.port}, con TLS"
        lines = [
            "Para que Mosquitto los use:",
            *place,
            "  sudo systemctl restart mosquitto",
            "",
            f"Ajustes de este sistema: {settings} MQTT_PASSWORD=… (mejor en el entorno)",
            f"Los dispositivos entran por el {way}; su usuario es su número de serie.",
        ]
        if self.tls is not None:
            lines.append("Cuando se renueve el certificado, repite la orden y estos pasos.")
        if not self.passwords:
            return "\n".join([*lines, "No hay usuarios nuevos; los de antes conservan su contraseña."])
        logins = [f"  {user}  {password}" for user, password in self.passwords.items()]
        return "\n".join([*lines, "", "Contraseñas nuevas; apúntalas, no se vuelven a mostrar:", *logins])


def write(
    folder: Path,
    logins: Logins,
    serials: Iterable[str],
    *,
    shared_topic: bool,
    port: int = 1883,
    tls: Tls | None = None,
    installed_in: Path = MOSQUITTO,
) -> Written:
    """Write all that Mosquitto needs into ``folder``, each file whole or not at all.

    Who has a login keeps it; the backend, and those of ``serials`` who have none, get one. The files
    name each other as lying in ``installed_in``. Raises ``OSError``, and ``NoLogin`` for a serial number
    that cannot be one.
    """
    users = [BACKEND, *(check_login(serial) for serial in serials)]
    folder.mkdir(parents=True, exist_ok=True)
    text = configuration(template(), installed_in, port, None if tls is None else tls.port)
    replace(folder / CONFIGURATION, text, _PUBLIC)
    replace(folder / RIGHTS, rights(shared_topic, logins.grants()), _PUBLIC)
    names = [CONFIGURATION, RIGHTS, PASSWORDS]
    if tls is not None:
        replace(folder / CERTIFICATE, tls.certificate.read_text("ascii"), _PUBLIC)
        replace(folder / KEY, tls.key.read_text("ascii"), _SECRET)
        names += [CERTIFICATE, KEY]
    # Last, so that no password is made which then nobody gets to see.
    made = logins.complete(users)
    replace(folder / PASSWORDS, lines_of(logins.read()), _SECRET)
    return Written(folder, tuple(folder / name for name in names), made, tls, port)
