"""What schemathesis is told of this house; it is loaded by its command line, in a process of its own."""

from __future__ import annotations

import itertools
import re
from typing import Any, Final

import schemathesis
from schemathesis import Case, HookContext, Response
from schemathesis.core.failures import AcceptedNegativeData
from schemathesis.openapi.checks import RejectedPositiveData

# The admin as whom everything is asked, and their token: without them there is nothing more to ask.
OWN: Final = re.compile(r"/(usuarios|tokens)/0*2/?")

# What a schema cannot say: how values in different places fit each other, how things stand, and that
# 1e30 is a number as any other while the same in digits is an integer that is too large.
EVERYWHERE: Final = {"integer_too_large", "number_too_large", "body_too_complex", "stale_edition"}
RULES: Final = {
    "PUT /dispositivos/{id}": {"state_read_only", "schedule_time_repeated", "no_room_to_move_to"},
    "POST /dispositivos/reclamar": {"serials_differ", "schedule_time_repeated"},
    "PUT /energia/tarifas": {"tariffs_meet", "no_such_device"},
    "POST /casa/ausencia": {"absence_ends_first"},
    "PUT /casa/ausencia/{id}": {"absence_ends_first"},
    "POST /mqtt/accesos": {"unknown_family", "login_unusable", "login_topic_unusable"},
    "POST /notificaciones/canales": {"not_a_service"},
    "POST /notificaciones/navegador": {"not_a_browser"},
    "PUT /notificaciones/navegador": {"not_a_browser"},
    "GET /diario": {"range_out_of_order"},
    "GET /ai/eventos": {"range_out_of_order"},
    "GET /dispositivos/{id}/logs": {"range_out_of_order"},
    "GET /dispositivos/{id}/exportar": {"range_out_of_order"},
    "GET /dispositivos/{id}/estadisticas": {
        "range_out_of_order",
        "too_many_points",
        "parameter_not_a_step",
    },
}

_numbers = itertools.count(1)


@schemathesis.hook
def before_call(_context: HookContext, case: Case[Any], _kwargs: dict[str, Any]) -> None:
    """From an address of its own each, or the wrong credentials that are tried get the address banned."""
    number = next(_numbers)
    address = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
    case.headers["X-Forwarded-For"] = address


@schemathesis.hook
def filter_case(_context: HookContext, case: Case[Any]) -> bool:
    return OWN.fullmatch(case.formatted_path) is None


@schemathesis.hook
def filter_failure(_context: HookContext, failure: Any, case: Case[Any], response: Response) -> bool:
    # Too large a body is refused before anybody reads whether it is as described.
    if isinstance(failure, AcceptedNegativeData) and response.status_code == 413:
        return False
    if not isinstance(failure, RejectedPositiveData) or response.status_code not in (400, 412):
        return True
    meant = EVERYWHERE | RULES.get(case.operation.label, set())
    return response.json()["codigo"] not in meant
