"""What is known of logins beside their passwords: kept beside the password file, as JSON, and in a copy.

``{"salon": {"familia": "tasmota", "creado": 1795978801, "publica": ["tele/salon/#"], "lee": ["cmnd/#"],
"bytes": 262144}}``. A device of our own protocol has no topics there: its serial number says them.

Where the file is damaged, whoever had topics of their own has none until it is mended, which the next login
that is made or renewed does, from the copy. The copy tells whom that concerns; without one it is everybody.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from actors.domain.logins import OWN
from actors.mqtt.broker import whole_files
from actors.mqtt.broker.acl import Rights

NAME: Final = "permisos.json"
"""Its file name, beside the password file's."""
COPY: Final = "permisos.copia.json"
_OWNER_ONLY: Final = 0o600
_NOTHING: Final = Rights((), ())


@dataclass(frozen=True, slots=True)
class Grant:
    """``family`` is for people to see; those of our own protocol have no ``rights`` but a device's.

    ``made_at`` is in seconds since 1970, unknown of those that were made before it was kept.
    """

    family: str
    rights: Rights | None
    made_at: float | None = None

    @property
    def is_lost(self) -> bool:
        """What it granted cannot be read any more, so it grants nothing."""
        return self.rights == _NOTHING


LOST: Final = Grant("", _NOTHING)
"""Of whom nothing can be read, not even whether it is one of our own."""


class Grants:
    """The file beside the password file ``logins``, which need not be there yet. Calls raise ``OSError``."""

    def __init__(self, logins: Path) -> None:
        self.path: Final = logins.with_name(NAME)
        self.copy: Final = logins.with_name(COPY)

    def read(self, users: Iterable[str]) -> dict[str, Grant]:
        """By login; who is not there is a device of our own. ``users`` are those with a password."""
        if (found := _read(self.path)) is not None:
            return found
        return {
            user: grant if grant.rights is None else replace(grant, rights=_NOTHING)
            for user, grant in self._copied(users).items()
        }

    def read_for_writing(self, users: Iterable[str]) -> dict[str, Grant]:
        """As :meth:`read`, but mended."""
        found = _read(self.path)
        return self._copied(users) if found is None else found

    def write(self, known: Mapping[str, Grant]) -> None:
        """These alone, from now on; whoever calls keeps others from changing it meanwhile."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        for path in (self.path, self.copy):
            _write(path, known)

    def make_copy(self) -> bool:
        """Where there is none, as of earlier versions; whether the file was whole."""
        found = _read(self.path)
        if found and not self.copy.exists():
            _write(self.copy, found)
        return found is not None

    def _copied(self, users: Iterable[str]) -> dict[str, Grant]:
        copied = _read(self.copy) if self.copy.exists() else None
        return dict.fromkeys(users, LOST) if copied is None else copied


def _read(path: Path) -> dict[str, Grant] | None:
    """``None`` where it is damaged as a whole; of one damaged entry nothing is granted."""
    try:
        told = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, dict):
        return None
    return {user: _grant_in(each) for user, each in told.items()}


def _write(path: Path, known: Mapping[str, Grant]) -> None:
    told = {user: _told(grant) for user, grant in known.items()}
    whole_files.replace(path, json.dumps(told, ensure_ascii=False, indent=1) + "\n", _OWNER_ONLY)


def _told(grant: Grant) -> dict[str, Any]:
    told: dict[str, Any] = {"familia": grant.family}
    if grant.made_at is not None:
        told["creado"] = grant.made_at
    if (rights := grant.rights) is not None:
        told |= {"publica": rights.publish, "lee": rights.read, "bytes": rights.largest}
    return told


def _grant_in(told: object) -> Grant:
    if not isinstance(told, dict):
        return LOST
    match told:
        case {"familia": str(family), "publica": [*publish], "lee": [*read], "bytes": int(largest)}:
            if all(isinstance(topic, str) for topic in (*publish, *read)):
                return Grant(family, Rights(tuple(publish), tuple(read), largest), _made_at(told))
        case {"familia": str(family)} if family == OWN and "publica" not in told:
            return Grant(family, None, _made_at(told))
    return LOST


def _made_at(told: Mapping[str, object]) -> float | None:
    made = told.get("creado")
    return float(made) if isinstance(made, int | float) else None
