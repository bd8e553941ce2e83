"""Whatever goes wrong has a code for programs, and words for people in each language."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from actors.domain.clock_doubt import ClockDoubt, Doubt
from actors.domain.findings import ScanFailure
from actors.domain.refusals import Refusal
from actors.domain.schedule import Misfit
from actors.domain.status import Damage, Hindrance
from actors.domain.table_flaws import TableFlaw
from tests.web.site import BLIND, LAMP, Site
from web.texts.doubt_words import doubt_told
from web.texts.faults import Fault
from web.texts.hindrance_words import HINDRANCES
from web.texts.languages import Language, wanted
from web.texts.scan_words import SCAN_FAILURES
from web.texts.sentences import SENTENCES, TITLES, Reason
from web.texts.storage_words import DAMAGES, FLAWS

ROOT: Final = Path(__file__).parents[2]
REASONS: Final = {kind.__name__: kind for kind in (Fault, Refusal, Misfit)}
DOCUMENTED: Final = re.compile(r"^\| `([a-z0-9_]+)` \| (\d{3}) \|", re.MULTILINE)


@pytest.fixture
def site() -> Iterator[Site]:
    with Site(LAMP, BLIND) as running:
        yield running


def test_everything_that_may_go_wrong_has_words() -> None:
    """In every language (:class:`web.texts.wording.Wording` takes no less), with a status that has a
    title."""
    assert set(SENTENCES) == {reason for kind in REASONS.values() for reason in kind}
    assert {wording.status for wording in SENTENCES.values()} == set(TITLES)
    assert all(wording.english.strip() != wording.spanish.strip() for wording in SENTENCES.values())


def test_no_two_have_one_code() -> None:
    codes = [reason.value for reason in SENTENCES]
    assert len(set(codes)) == len(codes)


def test_every_code_is_documented() -> None:
    """With its status; and no other is."""
    told = DOCUMENTED.findall((ROOT / "docs" / "api.md").read_text(encoding="utf-8"))
    assert sorted(told) == sorted((reason.value, str(SENTENCES[reason].status)) for reason in SENTENCES)


def named(node: ast.expr) -> Iterator[Reason]:
    for each in ast.walk(node):
        if isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name) and each.value.id in REASONS:
            yield REASONS[each.value.id][each.attr]


def raised() -> Iterator[tuple[str, Reason, frozenset[str]]]:
    """Where something is named that went wrong, and what is said with it."""
    for room in ("actors", "persistence", "web"):
        for path in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.Call) or not node.args:
                    continue
                if any(keyword.arg is None for keyword in node.keywords):
                    continue  # handed on from somewhere else
                about = {str(keyword.arg) for keyword in node.keywords} - {"retry_after"}
                for argument in node.args[1:]:
                    if isinstance(argument, ast.Dict):
                        about |= {str(key.value) for key in argument.keys if isinstance(key, ast.Constant)}
                called = node.func.id if isinstance(node.func, ast.Name) else ""
                if called in ("Problem", "Refused", "NoSuch", "Conflict"):
                    for reason in named(node.args[0]):
                        yield f"{path.name}:{node.lineno}", reason, frozenset(about)
                elif called == "ScheduleError":
                    for reason in named(node.args[1]):
                        yield f"{path.name}:{node.lineno}", reason, frozenset(about | {"path"})


def test_every_place_in_the_words_is_filled() -> None:
    """Wherever it is raised, with no more and no less."""
    wrong = [(where, why.value) for where, why, about in raised() if about != SENTENCES[why].places]
    assert wrong == []


def test_every_hindrance_is_told_in_both_languages() -> None:
    """As a part of the sentence, and none of it is left in Spanish."""
    for hindrance in Hindrance:
        spanish, english = (
            SENTENCES[Fault.HINDERED].filled(language, {"hindrance": hindrance}) for language in Language
        )
        clause = HINDRANCES[hindrance][Language.SPANISH]
        assert f": {clause}." in spanish
        assert clause not in english
        assert HINDRANCES[hindrance][Language.ENGLISH] in english


def test_whatever_is_wrong_with_a_file_has_words() -> None:
    """A table's flaws in each language, what a database suffered from in English; in Spanish that is kept."""
    assert FLAWS.keys() == set(TableFlaw)
    assert {language for words in FLAWS.values() for language in words} == set(Language)
    assert DAMAGES.keys() == set(Damage)


def test_every_failure_of_a_search_has_words() -> None:
    assert set(SCAN_FAILURES) == set(ScanFailure)


@pytest.mark.parametrize("doubt", Doubt)
def test_every_doubt_about_the_clock_is_told_in_both_languages(doubt: Doubt) -> None:
    spanish, english = (doubt_told(ClockDoubt(doubt, 3600), language) for language in Language)
    assert spanish != english
    assert ("+3600 s" in str(spanish)) is ("+3600 s" in str(english)) is doubt.name.startswith("JUMP")


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "es"),
        ("en", "en"),
        ("EN-gb", "en"),
        ("fr, en;q=0.1", "en"),
        ("de", "es"),
        ("es;q=0.5, en;q=0.6", "en"),
        ("es;q=0.6, en;q=0.5", "es"),
        ("en, es", "en"),
        ("es, en", "es"),
        ("en-US,en;q=0.9,es;q=0.8", "en"),
        ("en;q=0", "es"),
        ("es;q=0, *", "en"),
        ("*", "es"),
        ("*, en;q=0.5", "es"),
        ("es;q=0, en;q=0", "es"),
        ("en;q=1.001", "es"),
        ("en;q=2", "es"),
        ("english", "es"),
        ("en_GB", "es"),
        (" en ; q=0.5 ", "en"),
        (",,en", "en"),
        ("\xff, en", "en"),
    ],
)
def test_the_language_is_chosen_as_rfc_9110_says(header: str, language: str) -> None:
    """Spanish where nothing else is wanted more."""
    assert wanted(header).value == language


@given(st.text(st.sampled_from("enEN*es-;q=01., \t")))
@example("en;q=" + "0" * 16_000)
@example("," * 16_000)
@example("a-" * 8_000)
def test_any_header_has_a_language(header: str) -> None:
    assert wanted(header) in Language


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/dispositivos/99", None),
        ("GET", "/nada", None),
        ("PUT", "/dispositivos/2", b"{"),
        ("PUT", "/dispositivos/2", b'{"configuracion":{"horarios_pos":{"lunes":[["25:00",1]]}}}'),
        ("PUT", "/dispositivos/2", b'{"estado":"activo"}'),
        ("POST", "/dispositivos/reclamar", b'{"serial":"SHD0BBBBBBBB"}'),
        ("POST", "/dispositivos/reclamar", b'{"serial":"NUNCA"}'),
        ("DELETE", "/dispositivos", None),
        ("GET", "/dispositivos?estado=%ff", None),
        ("GET", "/ai/eventos?desde=2&hasta=1", None),
        ("GET", "/stream/ai?last_event_id=a&last_event_id=b", None),
        ("GET", "/ca.pem", None),
        ("POST", "/auth/sesion", b"{}"),
    ],
)
def test_programs_are_told_the_same_in_any_language(
    site: Site, method: str, path: str, body: bytes | None
) -> None:
    """One code and status; words in the language that was asked for, which is said."""
    spanish = site.ask(method, path, body)
    english = site.ask(method, path, body, {"Accept-Language": "fr, en;q=0.8, es;q=0.5"})
    assert (spanish.status, spanish.json["codigo"]) == (english.status, english.json["codigo"])
    assert spanish.json["detalle"] != english.json["detalle"]
    assert spanish.json["error"] != english.json["error"]
    assert (spanish.headers["Content-Language"], english.headers["Content-Language"]) == ("es", "en")
    assert "Accept-Language" in spanish.headers["Vary"]
