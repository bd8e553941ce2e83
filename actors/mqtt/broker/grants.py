"""What is known of logins beside their passwords: kept beside the password file, as JSON.

``{"salon": {"familia": "tasmota", "creado": 1795978801, "publica": ["tele/salon/#"], "lee": ["cmnd/#"],
"bytes": 262144}}``. A device of our own protocol has no topics there: its serial number says them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from actors.mqtt.broker.acl import Rights
from actors.mqtt.broker.whole_files import replace

NAME: Final = "permisos.json"
"""Its file name, beside the password file's."""
_OWNER_ONLY: Final = 0o600


@dataclass(frozen=True, slots=True)
class Grant:
    """``family`` is for people to see; those of our own protocol have no ``rights`` but a device's.

    ``made_at`` is in seconds since 1970, unknown of those that were made before it was kept.
    """

    family: str
    rights: Rights | None
    made_at: float | None = None


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

    def write(self, known: Mapping[str, Grant]) -> None:
        """These alone, from now on; whoever calls keeps others from changing it meanwhile."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        told = {user: _told(grant) for user, grant in known.items()}
        replace(self.path, json.dumps(told, ensure_ascii=False, indent=1) + "\n", _OWNER_ONLY)


def _told(grant: Grant) -> dict[str, Any]:
    told: dict[str, Any] = {"familia": grant.family}
    if grant.made_at is not None:
        told["creado"] = grant.made_at
    if (rights := grant.rights) is not None:
        told |= {"publica": rights.publish, "lee": rights.read, "bytes": rights.largest}
    return told


def _grant_in(told: object) -> Grant | None:
    if not isinstance(told, dict):
        return None
    match told:
        case {"familia": str(family), "publica": [*publish], "lee": [*read], "bytes": int(largest)}:
            if all(isinstance(topic, str) for topic in (*publish, *read)):
                return Grant(family, Rights(tuple(publish), tuple(read), largest), _made_at(told))
        case {"familia": str(family), "creado": int() | float()} if "publica" not in told:
            return Grant(family, None, _made_at(told))
    return None


def _made_at(told: Mapping[str, object]) -> float | None:
    made = told.get("creado")
    return float(made) if isinstance(made, int | float) else None
