"""The description of the whole interface, made from what the handlers say of themselves (OpenAPI 3.1)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final

import orjson

from actors.domain.kinds import GENERIC
from actors.domain.model import Device, Json, JsonObject
from actors.domain.people import Role
from web.http.handler import Handler
from web.routes.findings import MAX_ID
from web.schemas import answers, configuration
from web.schemas.body import MAX_BODY
from web.schemas.json_schema import Components
from web.schemas.operations import NOTHING, Media, Operation
from web.schemas.preconditions import ETAG
from web.schemas.query import Parameter
from web.schemas.serializers import device_json
from web.schemas.validators import Schema
from web.security.authenticator import SAFE
from web.texts.languages import Language
from web.texts.sentences import title_of

_JSON: Final = "application/json"
_ABOUT: Final = (
    "Cada GET responde también a HEAD, y OPTIONS dice los métodos. Las respuestas pueden llegar a tener más "
    "campos; no hagas caso de los que no conozcas. Los errores son siempre un objeto con error y detalle. "
    "En el propio ordenador, y con AUTH_MODE=abierto, solo las cuentas piden token. Lo que cambia algo con "
    f"la cookie ha de decir de dónde viene (Origin). Un cuerpo tiene como mucho {MAX_BODY} bytes, y sus "
    "enteros caben en 64 bits."
)
_SECURITY: Final[Mapping[str, Schema]] = {
    "token": {"type": "http", "scheme": "bearer", "description": "De una app, hasta que se revoca."},
    "sesion": {"type": "apiKey", "in": "cookie", "name": "iot_sesion", "description": "De un navegador."},
    "sesion_tls": {
        "type": "apiKey",
        "in": "cookie",
        "name": "__Host-iot_sesion",
        "description": "De un navegador, por HTTPS.",
    },
    "ticket": {"type": "apiKey", "in": "query", "name": "ticket", "description": "Vale una vez, 30 s."},
}
_HEADERS: Final[Mapping[int, Mapping[str, Json]]] = {
    401: {"WWW-Authenticate": {"required": True, "schema": {"const": "Bearer"}}},
    412: ETAG,
    429: {
        "Retry-After": {"required": True, "schema": {"type": "integer"}, "description": "Segundos."},
    },
}
# What stands in paths, in the words of the routes and of the description.
_ID_IN_ROUTES: Final = "([0-9]{1,18})"
_FILE_IN_ROUTES: Final = "(.+)"
_LOGIN_IN_ROUTES: Final = "([^/]{1,200})"
_ID: Final[Schema] = {
    "name": "id",
    "in": "path",
    "required": True,
    "schema": {"type": "integer", "minimum": 1, "maximum": MAX_ID},
    "example": 1,
}
_FILE: Final[Schema] = {
    "name": "archivo",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "minLength": 1},
    "example": "style.css",
}
_LOGIN: Final[Schema] = {
    "name": "nombre",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "minLength": 1, "maxLength": 200},
    "example": "salon",
}
_DEVICE: Final = Device(
    id=1,
    serial="TMP0603IF1WD",
    name="Sensor Temp",
    type=GENERIC,
    model="T-01",
    description="Termómetro",
    state="activo",
    parameters={"temp": 23.4},
    configuration={"modo": "manual", "encendido": True},
    claimed=True,
    online=True,
    seen_at=1_800_000_000.0,
    version=2,
)


class Description(Handler):
    """In the settings of the application, since only the application knows all routes."""

    operations: ClassVar = {
        "GET": Operation(
            summary="Esta descripción",
            role=Role.READER,
            english="every call, as OpenAPI 3.1, made from the types that check requests and make answers",
            description="OpenAPI 3.1.",
            answer=JsonObject,
        )
    }

    async def get(self) -> None:
        self.finish(self.settings["description"])


def described(routes: Iterable[tuple[str, type[Handler]]], version: str) -> bytes:
    """The document, encoded."""
    components = Components()
    paths = {
        path_of(pattern): {
            method.lower(): _operation(components, path_of(pattern), method, handler)
            for method in handler.operations
        }
        for pattern, handler in routes
    }
    schemas = {**components.found, **configuration.COMPONENTS}
    schemas["Dispositivo"] = {**schemas["Dispositivo"], "examples": [device_json(_DEVICE)]}
    return orjson.dumps(
        {
            "openapi": "3.1.0",
            "info": {"title": "IoT Backend", "version": version, "description": _ABOUT},
            "servers": [{"url": "/"}],
            "paths": paths,
            "components": {"schemas": dict(sorted(schemas.items())), "securitySchemes": _SECURITY},
        }
    )


def path_of(pattern: str) -> str:
    """A route's pattern as a path template."""
    named = pattern.removesuffix("/?")
    for group, name in ((_ID_IN_ROUTES, "id"), (_FILE_IN_ROUTES, "archivo"), (_LOGIN_IN_ROUTES, "nombre")):
        named = named.replace(group, f"{{{name}}}")
    return re.sub(r"\\(.)", r"\1", named)


def _operation(components: Components, path: str, method: str, handler: type[Handler]) -> Schema:
    operation = handler.operations[method]
    role = handler.role_for(method)
    needed = "" if role is None else f"Hace falta el rol {role.value}."
    found: dict[str, Json] = {
        "operationId": "_".join([method.lower(), *re.findall(r"[a-z]+", path)]),
        "tags": [path.split("/")[1].partition(".")[0] or "sistema"],
        "summary": operation.summary,
        "description": " ".join(filter(None, [operation.description, needed])),
        "security": [] if role is None else [{name: []} for name in _keys(handler)],
        "responses": _responses(components, operation, _refusals(operation, handler, method)),
    }
    if parameters := [
        *(each for each in (_ID, _FILE, _LOGIN) if f"{{{each['name']}}}" in path),
        *(_parameter(each, "query") for each in operation.query),
        *(_parameter(each, "header") for each in operation.headers),
    ]:
        found["parameters"] = parameters
    if operation.body is not None:
        content = {"schema": operation.body.schema, "example": operation.body.example}
        found["requestBody"] = {"required": True, "content": {_JSON: content}}
    return found


def _parameter(parameter: Parameter[Any], where: str) -> Schema:
    # Empty is as good as absent.
    empty = {"allowEmptyValue": True} if where == "query" else {}
    example = {} if parameter.example is None else {"example": parameter.example}
    about = {"name": parameter.name, "in": where, "description": parameter.description}
    return {**about, **empty, "schema": parameter.schema, **example}


def _keys(handler: type[Handler]) -> list[str]:
    """By which security schemes one gets in."""
    return [name for name in _SECURITY if name != "ticket" or handler.takes_ticket]


def _refusals(operation: Operation, handler: type[Handler], method: str) -> list[int]:
    """What the operation says, and what any such request may get."""
    found = {403, 421, 500, 503, *operation.refusals}
    if handler.role_for(method) is not None:
        found |= {401}
    if method not in SAFE:
        found |= {413}
    if operation.query or operation.headers or operation.body is not None:
        found |= {400}
    return sorted(found)


def _responses(components: Components, operation: Operation, refusals: Iterable[int]) -> Schema:
    success: dict[str, Json] = {"description": "Hecho."}
    if operation.answer_headers:
        success["headers"] = operation.answer_headers
    if operation.answer is not NOTHING:
        success["content"] = _content(components, operation.answer)
    responses = dict.fromkeys(map(str, (operation.status, *operation.also)), success)
    for status in sorted(set(refusals).difference(operation.also)):
        error = answers.StaleJson if status == 412 else answers.ErrorJson
        about: dict[str, Json] = {
            "description": title_of(status, Language.SPANISH).capitalize() + ".",
            "content": _content(components, error),
        }
        responses[str(status)] = about | ({"headers": _HEADERS[status]} if status in _HEADERS else {})
    return responses


def _content(components: Components, answer: Any) -> Schema:
    if isinstance(answer, tuple):
        return {type: about for each in answer for type, about in _content(components, each).items()}
    if isinstance(answer, Media):
        example = {"example": answer.example} if answer.example else {}
        return {answer.type: {"schema": components.schema_of(answer.value), **example}}
    return {_JSON: {"schema": components.schema_of(answer)}}
