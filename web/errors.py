"""What goes wrong on the way to an answer, as the person who asked is told it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from actors.model import Refusal, Refused

TITLES: Final[Mapping[int, str]] = {
    400: "petición incorrecta",
    401: "no autorizado",
    403: "prohibido",
    404: "no encontrado",
    405: "método no permitido",
    409: "conflicto",
    412: "ha cambiado",
    413: "cuerpo demasiado grande",
    421: "servidor equivocado",
    429: "demasiados intentos",
    500: "error interno",
    503: "servicio no disponible",
}

STATUS_OF: Final[Mapping[Refusal, int]] = {
    Refusal.INVALID: 400,
    Refusal.UNKNOWN: 404,
    Refusal.CLOSED: 403,
    Refusal.CONFLICT: 409,
    Refusal.MOVED_ON: 409,
    Refusal.STALE: 412,
    Refusal.UNAVAILABLE: 503,
}


class Problem(Exception):
    """Ends a request. ``detail`` says, in Spanish, what is wrong and what to do."""

    def __init__(self, status: int, detail: str, retry_after: int | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.retry_after = retry_after
        """Seconds after which it is worth asking again, if that is known."""

    @classmethod
    def of(cls, refused: Refused) -> Problem:
        return cls(STATUS_OF[refused.why], refused.detail)

    @property
    def title(self) -> str:
        return TITLES.get(self.status, "error")
