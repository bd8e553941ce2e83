"""Why a report was refused, as its dead letter has it: in Spanish, since that is stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from actors.domain.refusals import Refusal, Refused

_REASONS: Final[Mapping[Refusal, str]] = {
    Refusal.CONFIGURATION_TOO_LARGE: "configuracion: pasa de {names} campos o de {bytes} bytes",
    Refusal.FAILED: "fallo interno al tratarlo: {error}",
    Refusal.GONE: "el dispositivo ya no está",
    Refusal.QUARANTINED: "el dispositivo falla una y otra vez y está en cuarentena; mira /salud",
}


def reason_for(refused: Refused) -> str:
    """Of a report that was refused for the same as a command would be."""
    return _REASONS[refused.why].format_map(refused.about)


def too_many_unclaimed(most: int) -> str:
    """Of one of those that wait until there is room for a device that nobody has claimed."""
    return f"hay {most} dispositivos sin reclamar que siguen hablando, el máximo; sube MAX_NO_RECLAMADOS"


def too_many_devices(most: int) -> str:
    """Of the first report of a device for which there is no room."""
    return f"hay {most} dispositivos, el máximo; sube MAX_DEVICES"
