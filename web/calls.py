"""The table of calls in docs/api.md, made from what the handlers say of themselves; a test compares them.

python -m web.calls    prints it
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from web.app import ROUTES
from web.http.handler import Handler
from web.openapi import path_of
from web.routes.auth import AccountsHandler
from web.schemas.operations import Operation

HEAD: Final = ("| call | role | status | answer |", "|---|---|---|---|")


def table(routes: Iterable[tuple[str, type[Handler]]] = ROUTES) -> Iterator[str]:
    """Its lines."""
    yield from HEAD
    for pattern, handler in routes:
        path = (
            path_of(pattern)
            .replace("{id}", "<id>")
            .replace("{archivo}", "<file>")
            .replace("{nombre}", "<name>")
        )
        for method, operation in handler.operations.items():
            statuses = ", ".join(map(str, _statuses(operation)))
            yield f"| `{method} {path}` | {_role(handler, operation)} | {statuses} | {_answer(operation)} |"


def _role(handler: type[Handler], operation: Operation) -> str:
    if operation.role is None:
        return "–"  # noqa: RUF001
    return operation.role.value + ("*" if issubclass(handler, AccountsHandler) else "")


def _statuses(operation: Operation) -> list[int]:
    """Without those that any call may get."""
    faulty = [400] if operation.query or operation.headers or operation.body is not None else []
    return [operation.status, *sorted({*faulty, *operation.also, *operation.refusals})]


def _answer(operation: Operation) -> str:
    asked = ", ".join(f"`?{each.name}=`" for each in operation.query)
    return operation.english + (f"; {asked}" if asked else "")


if __name__ == "__main__":
    print(*table(), sep="\n")
