"""What schemathesis is told of this house; it is loaded by its command line, in a process of its own."""

from __future__ import annotations

import itertools
import re
from typing import Any, Final

import schemathesis
from schemathesis import Case, HookContext, Response
from schemathesis.openapi.checks import RejectedPositiveData

# The admin as whom everything is asked, and their token: without them there is nothing more to ask.
OWN: Final = re.compile(r"/(usuarios|tokens)/0*2/?")

# What a schema cannot say: how values in different places fit each other, how things stand, and that
# 1e30 is a number as any other while the same in digits is an integer that is too large.
EVERYWHERE: Final = "64 bits"
RULES: Final = {
    "PUT /dispositivos/{id}": r"salvo en modo horario|está repetida|no hay ninguna con id",
    "POST /dispositivos/reclamar": r"no coinciden|está repetida",
    "GET /ai/eventos": r"desde no es anterior a hasta",
    "GET /dispositivos/{id}/exportar": r"desde no es anterior a hasta",
    "GET /dispositivos/{id}/estadisticas": r"desde no es anterior a hasta|más de 2000 puntos|paso=.* no se",
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
    if not isinstance(failure, RejectedPositiveData) or response.status_code != 400:
        return True
    rule = RULES.get(case.operation.label, EVERYWHERE)
    return re.search(f"{EVERYWHERE}|{rule}", response.json()["detalle"]) is None
