"""The description: that it is whole, and that it is one thing with what is checked and what is answered."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

import jsonschema_rs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from openapi_spec_validator import validate

from actors.domain.findings import KeptFinding
from actors.domain.model import DeadLetter, LogEntry
from actors.domain.people import Role
from actors.domain.read_models import Rejected
from actors.domain.schedule import ScheduleError, check
from tests.web.keys import Keys
from tests.web.site import LAMP, Answer, Site
from tests.web.test_findings import ANOMALY
from web.app import ROUTES
from web.http.handler import Handler
from web.openapi import described, path_of
from web.schemas.body import check_configuration
from web.schemas.configuration import DAY_WORDS, LOCK_WORDS, SWITCH_WORDS, Configuration
from web.schemas.preconditions import IF_MATCH
from web.schemas.validators import Line, Name, OneOf, OrNull, Schema, Shape, Switch, Text, Whole
from web.texts.problem import Problem

DOCUMENT: Final[dict[str, Any]] = json.loads(described(ROUTES, "0.1.0"))
OFFERED: Final = [
    (method, path_of(pattern), handler)
    for pattern, handler in ROUTES
    for method in handler.allow.split(", ")
    if method not in ("HEAD", "OPTIONS")
]
PASSWORD: Final = "correcto caballo batería"


def judge(schema: Schema, components: Mapping[str, Any] = DOCUMENT["components"]) -> jsonschema_rs.Validator:
    """Somebody else's reading of a schema in the description."""
    return jsonschema_rs.validator_for({**schema, "components": components}, validate_formats=True)


# -- the document ------------------------------------------------------------------------------------


def test_the_document_is_openapi() -> None:
    """By the word of those who know."""
    validate(DOCUMENT)


def enums(value: object) -> Iterator[dict[str, Any]]:
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from enums(each)
    if isinstance(value, dict) and isinstance(value.get("enum"), list):
        yield value


def test_every_enum_is_of_one_type() -> None:
    """Which it names: generators of clients leave out whatever has another one."""
    kinds = {"string": str, "boolean": bool}
    wrong = [each for each in enums(DOCUMENT) if {*map(type, each["enum"])} != {kinds[each["type"]]}]
    assert wrong == []


def test_every_method_of_every_route_is_described() -> None:
    """And no other; HEAD and OPTIONS come with all."""
    found = {(method.upper(), path) for path, methods in DOCUMENT["paths"].items() for method in methods}
    assert found == {(method, path) for method, path, _ in OFFERED}


def test_the_document_is_served(keys: Keys, site: Site) -> None:
    """To whoever may look."""
    assert site.ask("GET", "/openapi.json", headers=keys.bearer(Role.READER)).json == DOCUMENT
    assert site.get("/openapi.json").status == 401


@pytest.mark.parametrize(("method", "path", "handler"), OFFERED)
def test_who_may_is_described(method: str, path: str, handler: type[Handler]) -> None:
    """The role in words, and that without a key there is no entry."""
    about = DOCUMENT["paths"][path][method.lower()]
    role = handler.role_for(method)
    assert bool(about["security"]) is (role is not None)
    assert ("401" in about["responses"]) or role is None
    assert role is None or f"rol {role.value}." in about["description"]


@pytest.mark.parametrize(("method", "path", "handler"), OFFERED)
def test_examples_are_good(method: str, path: str, handler: type[Handler]) -> None:
    """What is shown would be taken, and by the schema too."""
    operation = handler.operations[method]
    for parameter in operation.query:
        if parameter.example is not None:
            parameter.of([str(parameter.example)])
    if operation.body is not None:
        operation.body.read(operation.body.example)
        judge(operation.body.schema).validate(operation.body.example)
        assert DOCUMENT["paths"][path][method.lower()]["requestBody"]["required"]


# -- what is checked ---------------------------------------------------------------------------------

LETTERS: Final = st.sampled_from(
    "a ñ\u200f\u2066\u3164\ufe0f\t\n\0\x7f\xa0\xad\u2028\u202e\u200d\ufeff\u3000😀\U000e0041\U0010ffff"
)
VALUES: Final[st.SearchStrategy[Any]] = st.one_of(
    st.text(LETTERS, max_size=9),
    st.integers(-1, 9),
    st.sampled_from([0.5, 1.0, 7.0, 2.5e300, 2**70, None, True, False, "admin", "lectura", "Admin", [], {}]),
)


@pytest.mark.parametrize(
    "shape",
    [
        Text(5),
        Text(5, shortest=1),
        Line(5),
        Line(5, shortest=2),
        Line(8, shortest=4),
        Name(5),
        Whole(7),
        Switch(),
        OneOf(Role),
        OrNull(Line(5)),
        OrNull(Whole(7)),
    ],
    ids=repr,
)
@given(value=VALUES)
@example(" a b ")
@example("a\n")
@example("      a")
@example("aaaaaa")
def test_a_shape_takes_what_its_schema_says(shape: Shape[object], value: Any) -> None:
    """No more and no less."""
    try:
        shape.read(value, "x")
        taken = True
    except Problem:
        taken = False
    assert taken is judge(shape.schema).is_valid(value)


ENDS: Final = ["00:00", "23:59", "24:00", "7:00", "25:00", "12:60", 7]
SETTINGS: Final = [
    True,
    *SWITCH_WORDS[::3],
    *LOCK_WORDS[::3],
    "x",
    0,
    100,
    -0.1,
    101,
    1440,
    1441,
    -50,
    -51,
    None,
]
DAY_NAMES: Final = st.sampled_from([*DAY_WORDS, "", "ayer"])
EVENTS: Final = st.lists(
    st.tuples(st.sampled_from(ENDS), st.sampled_from(SETTINGS)).map(list),
    max_size=2,
    unique_by=lambda event: event[0],
)
WEEKS: Final = st.dictionaries(DAY_NAMES, EVENTS, max_size=2)
WINDOWS: Final = st.fixed_dictionaries(
    {"dias": st.lists(DAY_NAMES, max_size=2), "inicio": st.sampled_from(ENDS)},
    optional={"fin": st.sampled_from(ENDS), "nota": st.just([[1]]) | st.just([[[1]]])},
)
CHANNELS: Final = ["horarios", "horarios_pos", "horarios_speed", "horarios_lock", "horarios_riego"]
CONFIGURATIONS: Final = st.fixed_dictionaries(
    {},
    optional={
        "modo": st.sampled_from(["manual", "horario", "auto", None]),
        "encendido": st.sampled_from([True, False, 1, "si"]),
        "intervalo_envio": st.sampled_from([5, 0.5, 0, -1, 1e19, "5"]),
        "horarios_temp": WEEKS,
        **{channel: WEEKS | st.lists(WINDOWS, max_size=2) for channel in CHANNELS},
        "x": st.recursive(st.just(1), lambda inner: st.lists(inner, max_size=1), max_leaves=9),
    },
)


@given(CONFIGURATIONS)
def test_a_configuration_is_what_its_schema_says(value: dict[str, Any]) -> None:
    """But that each time stands once in a day, and that days may be written in more ways."""
    try:
        check(check_configuration(value))
        taken = True
    except (Problem, ScheduleError):
        taken = False
    assert taken is judge(Configuration().schema).is_valid(value)


def test_every_word_and_bound_of_a_schedule_is_described() -> None:
    """The words that are taken one by one, each at its place."""
    for day in DAY_WORDS:
        check({"horarios_pos": {day: [["08:00", 100], ["09:00", 0]]}})
    for words, channel in ((SWITCH_WORDS, "horarios"), (LOCK_WORDS, "horarios_lock")):
        for word in words:
            check({channel: {"lunes": [["08:00", word]]}})


def test_a_parameter_stands_once() -> None:
    """Which of two would hold is nobody's guess; on a stream that is said before it begins."""
    with Site(LAMP) as site:
        for path in (
            "/dispositivos?reclamado=true&reclamado=false",
            "/stream/ai?last_event_id=a&last_event_id=b",
        ):
            answer = site.get(path)
            assert (answer.status, "repetido" in answer.json["detalle"]) == (400, True)


# -- what is answered --------------------------------------------------------------------------------


@pytest.fixture
def site(keys: Keys) -> Iterator[Site]:
    with keys.site(ca_pem=b"-----BEGIN CERTIFICATE-----") as running:
        running.shelf.entries.append(LogEntry(1, 1, 1.8e9, "activo", {"temp": 1}))
        running.shelf.letters.append(Rejected(1, DeadLetter(1.8e9, "t", b"\xff", "no es JSON")))
        running.shelf.put(KeptFinding(1, ANOMALY, {}))
        yield running


def closed() -> dict[str, Any]:
    """The components where records have no keys but those that are described; events have their own."""
    components = json.loads(json.dumps(DOCUMENT["components"]))
    for name, schema in components["schemas"].items():
        if name != "Evento" and "properties" in schema:
            schema.setdefault("additionalProperties", False)
    return dict(components)


def check_answer(method: str, path: str, answer: Answer) -> None:
    """That it is described, to the last key."""
    about = DOCUMENT["paths"][path][method.lower()]["responses"][str(answer.status)]
    media = answer.headers["Content-Type"].partition(";")[0]
    body = answer.json if media == "application/json" else "…"
    judge(about["content"][media]["schema"], closed()).validate(body)


@pytest.mark.parametrize(
    "path", [path for method, path, _ in OFFERED if method == "GET" and "stream" not in path]
)
def test_what_is_read_is_described(keys: Keys, site: Site, path: str) -> None:
    """To the last key."""
    where = path.replace("{id}", "1").replace("{archivo}", "manifest.webmanifest")
    answer = site.ask("GET", where, headers=keys.bearer(Role.ADMIN))
    assert answer.status == 200
    check_answer("GET", path, answer)


@pytest.mark.parametrize(
    ("method", "path"),
    [(method, path) for method, path, handler in OFFERED if IF_MATCH in handler.operations[method].headers],
)
@pytest.mark.parametrize(("if_match", "status"), [("a", 400), ('"a"', 412)])
def test_what_comes_of_a_header_is_described(
    keys: Keys, site: Site, method: str, path: str, if_match: str, status: int
) -> None:
    headers = {**keys.bearer(Role.ADMIN), "If-Match": if_match}
    body = DOCUMENT["paths"][path][method.lower()].get("requestBody")
    example = {} if body is None else body["content"]["application/json"]["example"]
    answer = site.ask(method, path.replace("{id}", "1"), example, headers)
    assert answer.status == status
    check_answer(method, path, answer)


def test_what_is_made_is_described(keys: Keys, site: Site) -> None:
    """People, codes, tokens, sessions, tickets and backups; and the cookie is the one that is described."""
    admin = keys.bearer(Role.ADMIN)

    def made(path: str, body: dict[str, Any]) -> Answer:
        answer = site.ask("POST", path, body, admin)
        assert answer.status < 300, answer.body
        check_answer("POST", path, answer)
        return answer

    ana = made("/usuarios", {"nombre": "Ana", "rol": "lectura"}).json["id"]
    changed = site.ask("PUT", f"/usuarios/{ana}", {"clave": PASSWORD}, admin)
    check_answer("PUT", "/usuarios/{id}", changed)
    code = made("/auth/codigos", {"usuario": "Ana"}).json["codigo"]
    made("/auth/emparejar", {"codigo": code, "nombre": "móvil"})
    session = made("/auth/sesion", {"codigo": made("/auth/codigos", {"usuario": "Ana"}).json["codigo"]})
    made("/auth/sesion", {"usuario": "Ana", "clave": PASSWORD})
    made("/tokens", {"nombre": "guion", "caduca_dias": 7})
    made("/auth/ticket", {})
    made("/dispositivos/reclamar", {"serial_number": LAMP.serial})
    made("/copias", {})
    check_answer("GET", "/copias", site.ask("GET", "/copias", headers=admin))
    cookie = DOCUMENT["components"]["securitySchemes"]["sesion"]["name"]
    assert session.headers["Set-Cookie"].startswith(f"{cookie}=")


def test_what_is_done_is_described(keys: Keys, site: Site) -> None:
    """Changes and decisions."""
    member = keys.bearer(Role.MEMBER)
    for method, path, body in (
        ("PUT", "/dispositivos/{id}", {"nombre": "Sala"}),
        ("POST", "/ai/eventos/{id}/descartar", None),
        ("POST", "/ai/anomaly", {"dispositivo_id": 1, "metric": "temp", "days": 7}),
        ("PUT", "/dispositivos/{id}", {"nombre": 1}),
    ):
        check_answer(method, path, site.ask(method, path.replace("{id}", "1"), body, member))
