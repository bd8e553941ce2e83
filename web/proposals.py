"""The change that a finding proposes, in the model's words."""

from __future__ import annotations

from actors.findings import KeptFinding
from actors.model import SCHEDULED, Change, Json, JsonObject
from actors.schedule import ScheduleError, check
from web.errors import Problem


def proposal_of(kept: KeptFinding) -> Change:
    """For the configuration that the finding was concluded from and no other.

    Raises :class:`web.errors.Problem` if it proposes nothing, or what no device can take.
    """
    configuration = _configuration(kept)
    try:
        check(configuration)
    except ScheduleError as error:
        detail = f"La propuesta no es válida: configuracion.{error.path}: {error.reason}. Descártala."
        raise Problem(409, detail) from None
    return Change(configuration=configuration, based_on=kept.mark)


def _configuration(kept: KeptFinding) -> JsonObject:
    details = kept.finding.details
    match kept.finding.rule:
        case "misconfig":
            patch: JsonObject = details["suggested_patch"]["configuracion"]
            return patch
        case "learn":
            return {"modo": SCHEDULED, "horarios": _horarios(details["suggested_horarios"])}
        case rule:
            raise Problem(409, f"Un evento de la regla {rule} no propone ningún cambio; solo se descarta.")


def _horarios(by_day: JsonObject) -> list[Json]:
    """One entry for each window, with all the days that have it."""
    days_of: dict[tuple[str, str], list[str]] = {}
    for day, windows in by_day.items():
        for window in windows:
            days_of.setdefault((window["inicio"], window["fin"]), []).append(day)
    return [{"dias": days, "inicio": start, "fin": end} for (start, end), days in days_of.items()]
