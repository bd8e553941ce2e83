"""nats-server as the embedded broker: its program, its configuration, and what is asked of it.

It listens for MQTT on loopback, where it asks nobody for a login. Sessions, retained messages and what
waits for who is away lie in its store, on disk. The topics by which it and JetStream are commanded,
``$JS``, ``$MQTT`` and ``$SYS``, are closed to whoever comes by MQTT: on them one could put words into
another's mouth, or take the store away.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import secrets
import shutil
import sysconfig
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from actors.mqtt.broker.acl import LARGEST_OF_GATEWAY
from actors.mqtt.broker.child import LOOPBACK, BrokerUnavailable, answers_mqtt, free_port
from actors.mqtt.broker.nats_link import NatsLink, NoAnswer
from actors.mqtt.broker.notices import Notices
from actors.mqtt.broker.releases import Release
from actors.mqtt.broker.whole_files import replace

logger = logging.getLogger(__name__)

# What it adds to a payload to store it.
_ENVELOPE: Final = 64
# Messages that the broker sends ahead of our acknowledgements, of each subscription. The writer
# acknowledges a commit's worth at once.
_MAX_IN_FLIGHT: Final = 1000
# The same of a client's session as a whole, retained messages included. What exceeds it is passed over, and
# would come again only with the next connection, out of order: so it is far more than ours can ever be.
_MAX_OF_SESSION: Final = 16_000
_OWNER_ONLY: Final = 0o600
_PROGRAM: Final = "nats-server"
# What it takes of us is in no version before: a consumer can be set back to what was acknowledged.
_RELEASE: Final = Release(_PROGRAM, "NATS_SERVER_PATH", "--version", re.compile(r"v(\d+)\.(\d+)"), (2, 15))
_MESSAGES: Final = "$MQTT_msgs"
# Of the room on disk, what each may take.
_SHARES: Final = {_MESSAGES: 0.75, "$MQTT_rmsgs": 0.125, "$MQTT_qos2in": 0.0625, "$MQTT_out": 0.03}
_BLANKS: Final = " \t\n\v\f\r"
# Between two looks at whether the last connection is done with, s, and how many at most.
_LOOK: Final = 0.02
_LOOKS: Final = 250
# Of its name for a client's session.
_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

_CONFIGURATION: Final = """\
# Written anew at each start; changes here are lost.
server_name: casa
listen: "127.0.0.1:{control}"
max_payload: {largest}
# Who does not read for so long is cut off; we do not while the disk is full.
write_deadline: "60s"
jetstream {{
  store_dir: {store}
  max_memory_store: 16MB
  # What bounds it are the streams' own limits, set once it runs: one that stood below what a stream has
  # reserved before would keep that from being opened.
  max_file_store: 1PB
  sync_interval: {sync}
}}
mqtt {{
  listen: "127.0.0.1:{port}"
  no_auth_user: {anybody}
  # Never by itself: what was not acknowledged comes again when its subscriber does.
  ack_wait: "8760h"
  max_ack_pending: {in_flight}
  # Sessions of who never came back.
  consumer_inactive_threshold: "1440h"
}}
accounts {{
  CASA {{
    jetstream: enabled
    users: [
      {programs}
      {{ user: backend, password: {password} }}
    ]
  }}
  SYS {{ users: [ {{ user: sistema, password: {password} }} ] }}
}}
system_account: SYS
"""
# To publish. To subscribe, ``$MQTT`` is closed to all by the server itself, which needs it for them.
_COMMANDS: Final = json.dumps(["$JS.>", "$MQTT.>", "$SYS.>", "_INBOX.>"])
_CONFIDENTIAL: Final = json.dumps(["$JS.>", "$SYS.>", "_INBOX.>"])


@dataclass(frozen=True, slots=True)
class NatsSettings:
    """``program`` is another nats-server than the one that came with us, if any. ``disk`` is in MB.

    ``sync_interval`` is how many seconds what was acknowledged may wait to be on the medium; 0: none.
    ``login`` is a user and password that programs of this machine may come with; they need none.
    """

    folder: Path
    program: str = ""
    sync_interval: float = 2.0
    disk: int = 1024
    login: tuple[str, str] = ("", "")


class NatsServer:
    """Implements :class:`actors.mqtt.broker.child.Program`, and :class:`actors.mqtt.broker.embedded.Server`.

    ``port`` 0 takes any free port, at :meth:`choose_port`.
    """

    name: Final = _PROGRAM

    def __init__(self, settings: NatsSettings, port: int) -> None:
        self._settings = settings
        self.port = port
        self.notices: Final = Notices()
        self._password = secrets.token_hex(16)
        self._link: NatsLink | None = None
        self._pause = threading.Event()

    def choose_port(self) -> None:
        """It stays the same over restarts. Raises :class:`BrokerUnavailable`."""
        self.port = free_port(self.port)

    @property
    def place(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    def answers(self, patience: float) -> bool:
        return answers_mqtt((LOOPBACK, self.port), patience)

    def settle_in(self) -> None:
        """Have messages and retained ones leave room to each other, and to the sessions.

        Where there is none for a session nobody can connect, not even who would take messages out.
        """
        for stream, share in _SHARES.items():
            limits = {"max_bytes": int(share * self._settings.disk * 2**20), "discard": "new"}
            known = self._ask(f"$JS.API.STREAM.INFO.{stream}")["config"]
            self._ask(f"$JS.API.STREAM.UPDATE.{stream}", {**known, **limits})

    def prepare(self) -> Sequence[str]:
        """Write the configuration; the command."""
        program = find(self._settings.program)
        control = free_port()
        folder = self._settings.folder
        folder.mkdir(parents=True, exist_ok=True)
        seconds = self._settings.sync_interval
        anybody = f"sin-usuario-{secrets.token_hex(4)}", secrets.token_hex(16)
        text = _CONFIGURATION.format(
            control=control,
            anybody=json.dumps(anybody[0]),
            programs="\n      ".join(
                _of_a_program(*each) for each in (anybody, self._settings.login) if each[0]
            ),
            largest=LARGEST_OF_GATEWAY + _ENVELOPE,
            store=json.dumps(str((folder / "almacen").absolute())),
            sync=f'"{round(1000 * seconds)}ms"' if seconds else "always",
            port=self.port,
            in_flight=_MAX_OF_SESSION,
            password=self._password,
        )
        path = folder / "nats.conf"
        replace(path, text, _OWNER_ONLY)
        self.close()
        self._link = NatsLink(control, "backend", self._password)
        return program, "-c", str(path.absolute())

    def hear(self, line: str) -> int:
        """How serious what it says is; who cannot be served is noted."""
        self.notices.note(line)
        if "[ERR]" in line or "[FTL]" in line or ("[WRN]" in line and "Plaintext passwords" not in line):
            return logging.WARNING
        return logging.INFO

    def knows(self, client_id: str) -> bool:
        """Whether a session was made for this client in the store."""
        try:
            return self._sessions.read_text("utf-8") == client_id
        except OSError:
            return False

    def found(self, client_id: str) -> None:
        """One has been made."""
        replace(self._sessions, client_id, _OWNER_ONLY)

    @property
    def _sessions(self) -> Path:
        # With the store, so that they go together.
        return self._settings.folder / "almacen" / "sesion"

    def close(self) -> None:
        if self._link is not None:
            self._link.close()

    def resume(self, client_id: str) -> None:
        """As :meth:`actors.mqtt.broker.embedded.Server.resume`.

        By itself the server would wait, and let what is newer go first.
        """
        consumers = self._at_rest(client_id)
        self.limit(client_id)
        for consumer in consumers:
            self._ask(f"$JS.API.CONSUMER.RESET.{_MESSAGES}.{consumer['name']}")

    def oldest(self, client_id: str, now: float) -> float:
        """For how long, s, the oldest message has waited to be acknowledged in this client's session.

        ``now`` is wall-clock time. Raises :class:`NoAnswer`.
        """
        waited = 0.0
        for consumer in self._consumers(client_id):
            if consumer["num_pending"] or consumer["num_ack_pending"]:
                first = {"seq": consumer["ack_floor"]["stream_seq"] + 1}
                only = {"next_by_subj": consumer["config"]["filter_subject"]}
                found = self._ask(f"$JS.API.STREAM.MSG.GET.{_MESSAGES}", first | only)
                came = datetime.fromisoformat(found["message"]["time"][:19] + "+00:00").timestamp()
                waited = max(waited, now - came)
        return waited

    def limit(self, client_id: str) -> None:
        """Have no more sent ahead, of each of this client's subscriptions, than all of them have room for."""
        for consumer in self._consumers(client_id):
            known = consumer["config"]
            if known["max_ack_pending"] != _MAX_IN_FLIGHT:
                change = {"stream_name": _MESSAGES, "config": {**known, "max_ack_pending": _MAX_IN_FLIGHT}}
                self._ask(f"$JS.API.CONSUMER.DURABLE.CREATE.{_MESSAGES}.{consumer['name']}", change)

    def _at_rest(self, client_id: str) -> Sequence[dict[str, Any]]:
        """This client's subscriptions, when the last acknowledgements have been taken in."""
        before = None
        for _ in range(_LOOKS):
            found = self._consumers(client_id)
            now = [(each["ack_floor"], each.get("push_bound", False)) for each in found]
            if now == before and not any(bound for _, bound in now):
                return found
            before = now
            self._pause.wait(_LOOK)
        raise NoAnswer(f"the session of {client_id} is still in use")

    def _consumers(self, client_id: str) -> Sequence[dict[str, Any]]:
        mine = f"{session_name(client_id)}_"
        found: list[dict[str, Any]] = []
        while True:
            try:
                page = self._ask(f"$JS.API.CONSUMER.LIST.{_MESSAGES}", {"offset": len(found)})
            except NoAnswer as error:
                if "stream not found" in str(error):
                    return []
                raise
            found += page["consumers"]
            if not page["consumers"] or len(found) >= page["total"]:
                return [each for each in found if each["name"].startswith(mine)]

    def _ask(self, subject: str, body: object = None) -> Any:
        if self._link is None:
            raise NoAnswer("it was never started")
        return self._link.ask(subject, body)


def carries(topic: str) -> bool:
    """Whether it takes this topic, or filter; who publishes to one with a blank is cut off."""
    return not any(blank in topic for blank in _BLANKS)


def session_name(client_id: str) -> str:
    """How the server begins the names of all that belongs to this client's session."""
    digest = hashlib.sha256(client_id.encode()).digest()
    return "".join(_DIGITS[byte % len(_DIGITS)] for byte in digest[:8])


def find(given: str) -> str:
    """The program, of a version that will do. Raises :class:`BrokerUnavailable`."""
    beside = Path(sysconfig.get_path("scripts")) / _PROGRAM
    program = given or (str(beside) if beside.exists() else shutil.which(_PROGRAM))
    if program is None:
        raise BrokerUnavailable(
            "no hay nats-server para esta máquina; descarga el de https://nats.io/download y di dónde está "
            "con NATS_SERVER_PATH, o usa MQTT_BROKER_URL con otro bróker."
        )
    return _RELEASE.check(program)


def _of_a_program(user: str, password: str) -> str:
    return f"""{{
        user: {json.dumps(user)}, password: {json.dumps(password)}, allowed_connection_types: ["MQTT"]
        permissions: {{ publish: {{ deny: {_COMMANDS} }}, subscribe: {{ deny: {_CONFIDENTIAL} }} }}
      }}"""
