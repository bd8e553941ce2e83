"""What logins may do that are no device's of our own protocol: kept beside the password file, as JSON.

``{"salon": {"familia": "tasmota", "publica": ["tele/salon/#"], "lee": ["cmnd/#"], "bytes": 262144}}``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from actors.mqtt.broker.acl import Rights
from actors.mqtt.broker.credentials import replace

NAME: Final = "permisos.json"
"""Its file name, beside the password file's."""
_OWNER_ONLY: Final = 0o600


@dataclass(frozen=True, slots=True)
class Grant:
    """``family`` is for people to see."""

    family: str
    rights: Rights


class Grants:
    """The file beside the password file ``logins``, which need not be there yet. Calls raise ``OSError``."""

    def __init__(self, logins: Path) -> None:
        self.path: Final = logins.with_name(NAME)

    def read(self) -> dict[str, Grant]:
        """By login; what is damaged grants nothing."""
        try:
            told = json.loads(self.path.read_text("utf-8"))
        except FileNotFoundError:
            return {}
        except ValueError:
            return {}
        found = told.items() if isinstance(told, dict) else ()
        return {user: grant for user, each in found if (grant := _grant_in(each)) is not None}

    def give(self, user: str, grant: Grant) -> None:
        """In the place of what ``user`` was granted before."""
        self._write({**self.read(), user: grant})

    def withdraw(self, user: str) -> bool:
        """Whether there was one."""
        known = self.read()
        if known.pop(user, None) is None:
            return False
        self._write(known)
        return True

    def _write(self, known: Mapping[str, Grant]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        told = {user: _told(grant) for user, grant in known.items()}
        replace(self.path, json.dumps(told, ensure_ascii=False, indent=1) + "\n", _OWNER_ONLY)


def _told(grant: Grant) -> dict[str, Any]:
    rights = grant.rights
    return {
        "familia": grant.family,
        "publica": rights.publish,
        "lee": rights.read,
        "bytes": rights.largest,
    }


def _grant_in(told: object) -> Grant | None:
    match told:
        case {"familia": str(family), "publica": [*publish], "lee": [*read], "bytes": int(largest)}:
            if all(isinstance(topic, str) for topic in (*publish, *read)):
                return Grant(family, Rights(tuple(publish), tuple(read), largest))
    return None
