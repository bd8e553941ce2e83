"""Topics that somebody meant well by: heard only so that whoever publishes there can be told.

MQTT's filters know no "like", so these are the slips that people make. None of them overlaps with another
or with what is subscribed to anyway, since a broker may deliver a copy for each; and none of them matches
what we publish ourselves, which all has three levels.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Final

from actors.domain.kinds import PREFIXES

_ROOT: Final = "dispositivos"
_STATE_WORDS: Final = ("Estado", "ESTADO", "estados", "Estados", "state", "status")
_PRESENCE_WORDS: Final = ("Conexion", "CONEXION", "conexión", "Conexión")
_ROOTS: Final = ("Dispositivos", "DISPOSITIVOS", "dispositivo", "Dispositivo")

FILTERS: Final[Sequence[str]] = (
    # A level too many, as by a slash at the end.
    f"{_ROOT}/+/",
    f"{_ROOT}/+/+/+/#",
    *(f"{_ROOT}/{word}" for word in _STATE_WORDS),
    *(f"{_ROOT}/+/{word}" for word in (*_STATE_WORDS, *_PRESENCE_WORDS)),
    *(f"{slash}{root}/#" for slash, root in product(("", "/"), _ROOTS)),
    f"/{_ROOT}/#",
)


def suggestion(topic: str) -> str:
    """The topic that was probably meant, as a question in Spanish; empty where none suggests itself."""
    levels = [level for level in topic.split("/") if level]
    if not levels or not levels[0].lower().startswith("dispositivo"):
        return ""
    *between, last = levels[1:] or [""]
    word = "conexion" if last.lower().startswith("conexi") else "estado"
    named = [level for level in between if level.lower() != "estado"]
    serial = next((level for level in named if level[:4].upper() in PREFIXES), next(iter(named), ""))
    meant = "/".join(level for level in (_ROOT, serial, word) if level)
    return f"; ¿quisiste decir {meant[:200]}?" if meant != topic else ""
