"""What the page says: the same in both languages, nothing missing, nothing left over, switched at once."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

import pytest
from playwright.sync_api import Page, expect

from tests.page.browsing import Complaints, Held, go
from tests.page.conftest import OpenPage
from tests.page.home import Home
from tests.page.node import node
from tests.page.opened import open_modules

SCRIPTS = Path(__file__).resolve().parents[2] / "web" / "page" / "js"
LANGUAGES = ("es", "en")
AREAS = sorted({path.stem for path in (SCRIPTS / "words").glob("*/*.js")})
# By language and key.
Words: TypeAlias = dict[str, dict[str, str]]

_TELL = """
const told = {};
for (const path of process.argv.slice(1)) told[path] = (await import(path)).words;
console.log(JSON.stringify(told));
"""
_CALL = re.compile(r"\bt\(")
_LITERAL = re.compile(r'"([^"\n]*)"')
# The whole argument, or what is chosen by a condition.
_WRITTEN = re.compile(r'(?:^|[?:])\s*"([^"\n]*)"')
# Added to a key that is written elsewhere.
_ENDING = re.compile(r"`\$\{\w+\}(\.[a-z_.]+)`")
# A key that is made of parts, as `area.part.${…}`; and what is not fixed in it.
_TEMPLATE = re.compile(r"`((?:[a-z_]+\.)+[a-z_]*\$\{[^`{}]*\}[^`]*)`")
_PART = re.compile(r"\$\{[^`{}]*\}")
_PLACE = re.compile(r"\{(\w+)\}")

LAMP = "LGT0AAAAAAAA"
NAME = "Lámpara"
ENGLISH = "**/js/en-*.js"
CHOOSE = "async (name) => (await import('/pagina/js/words.js')).choose(name)"
CHOOSE_IN_VAIN = """
import("/pagina/js/words.js").then(({ choose }) => { globalThis.inVain = choose("en"); })
"""
VIEWS = [
    "",
    "reclamar",
    f"reclamar/{LAMP}",
    "avisos",
    "avisos/buscar",
    "energia",
    "dispositivo/1",
    "dispositivo/1/horario",
    "dispositivo/1/registro",
    "dispositivo/1/ajustes",
    "dispositivo/99",
    "casa",
    *(
        f"casa/{each}"
        for each in (
            "habitaciones",
            "ausencia",
            "personas",
            "accesos",
            "aparatos",
            "salud",
            "copias",
            "rechazados",
        )
    ),
]


# -- in the sources --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def areas() -> dict[str, Words]:
    folder = SCRIPTS / "words"
    paths = {area: {each: (folder / each / f"{area}.js").as_uri() for each in LANGUAGES} for area in AREAS}
    every = [path for area in paths.values() for path in area.values()]
    done = subprocess.run(
        [node(), "--input-type=module", "-e", _TELL, *every],
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    told = json.loads(done.stdout)
    return {
        area: {each: told[path] for each, path in by_language.items()} for area, by_language in paths.items()
    }


@pytest.fixture(scope="module")
def keys(areas: dict[str, Words]) -> set[str]:
    """As they are asked for: ``key`` for ``key.one`` and ``key.other``."""
    every = {key for area in areas.values() for key in area["es"]}
    counted = {key.removesuffix(".one") for key in every if key.endswith(".one")}
    assert {f"{key}.other" for key in counted} <= every
    return (every | counted) - {f"{key}.{form}" for key in counted for form in ("one", "other")}


@pytest.fixture(scope="module")
def scripts() -> dict[str, str]:
    """By path."""
    found = {path.relative_to(SCRIPTS).as_posix(): path.read_text("utf-8") for path in SCRIPTS.rglob("*.js")}
    return {path: text for path, text in found.items() if not path.startswith("words/")}


def first_arguments(text: str) -> Iterator[str]:
    """What stands first between the brackets of each ``t(…)``."""
    for call in _CALL.finditer(text):
        depth, end = 1, call.end()
        while depth and not (depth == 1 and text[end] == ","):
            depth += (text[end] in "([{") - (text[end] in ")]}")
            end += 1
        yield text[call.end() : end].rstrip(")")


@pytest.mark.parametrize("area", AREAS)
def test_an_area_says_the_same_in_both_languages(areas: dict[str, Words], area: str) -> None:
    """The same keys, in the same order, with the same places to fill in; none says nothing."""
    spanish, english = areas[area]["es"], areas[area]["en"]
    assert list(spanish) == list(english)
    for key, text in spanish.items():
        assert text
        assert english[key]
        # One need not be told by its number.
        number = {"n"} if key.endswith(".one") else set()
        assert set(_PLACE.findall(text)) - number == set(_PLACE.findall(english[key])) - number, key


def test_no_two_areas_say_the_same_key(areas: dict[str, Words]) -> None:
    every = [key for area in areas.values() for key in area["es"]]
    assert len(every) == len(set(every))


def test_what_is_asked_for_is_there(keys: set[str], scripts: dict[str, str]) -> None:
    """Written out; or, where it is made of parts, one that fits."""
    missing = []
    for path, text in scripts.items():
        for argument in first_arguments(text):
            # What stands within a template is part of a key.
            written = [] if "`" in argument else _WRITTEN.findall(argument)
            missing += [f"{path}: {key}" for key in written if key not in keys]
            made = _TEMPLATE.findall(argument)
            missing += [f"{path}: {each}" for each in made if not any(fits(each, key) for key in keys)]
    assert missing == []


def fits(template: str, key: str) -> bool:
    return re.fullmatch(".+".join(map(re.escape, _PART.split(template))), key) is not None


def test_what_is_there_is_asked_for(keys: set[str], scripts: dict[str, str]) -> None:
    """Somewhere, written out or made of parts."""
    written = {literal for text in scripts.values() for literal in _LITERAL.findall(text)}
    made = {template for text in scripts.values() for template in _TEMPLATE.findall(text)}
    endings = {ending for text in scripts.values() for ending in _ENDING.findall(text)}
    written |= {literal + ending for literal in written for ending in endings}
    assert {key for key in keys - written if not any(fits(each, key) for each in made)} == set()


# -- in the page -----------------------------------------------------------------------------------


def said(page: Page) -> set[str]:
    """The words of the navigation, and all headings but those that people have named."""
    texts = page.locator("nav a, :is(h1, h2, h3)").all_inner_texts()
    return {text for text in texts if text and NAME not in text}


def test_every_view_changes_its_language_where_it_stands(home: Home, open_page: OpenPage) -> None:
    """Navigation and headings, without being loaded anew."""
    home.claim(LAMP, nombre=NAME)
    page = open_page()
    open_modules(page, "words.js")
    page.goto("/")
    page.evaluate("globalThis.same = true")
    html = page.locator("html")
    for view in VIEWS:
        go(page, view)
        expect(page.get_by_role("main").locator(":is(h1, h2)").first).to_be_visible()
        expect(page.get_by_text("Cargando…")).to_have_count(0)
        spanish = said(page)
        page.evaluate(CHOOSE, "en")
        expect(html).to_have_attribute("lang", "en")
        expect(page.get_by_role("navigation", name="Sections")).to_be_visible()
        kept = spanish & said(page)
        assert not kept, f"#/{view} still says {kept}"
        page.evaluate(CHOOSE, "es")
        expect(html).to_have_attribute("lang", "es")
    assert page.evaluate("globalThis.same")


def test_only_the_language_in_use_is_fetched(open_page: OpenPage) -> None:
    """All of it, and another one when it is chosen."""
    page = open_page()
    open_modules(page, "words.js")
    page.goto("/")
    expect(page.get_by_role("heading", name="Dispositivos")).to_be_visible()
    assert fetched(page) == ["es"]
    page.evaluate(CHOOSE, "en")
    assert fetched(page) == ["es", "en"]


def fetched(page: Page) -> list[str]:
    """The languages whose words have come."""
    names: list[str] = page.evaluate("performance.getEntriesByType('resource').map(({ name }) => name)")
    return re.findall(r"/js/(es|en)-\w+\.js", "\n".join(names))


def test_a_language_that_does_not_come_is_said(open_page: OpenPage, complaints: Complaints) -> None:
    """And the one that is there stays, also when the page is loaded anew, until the other comes."""
    complaints.expect("net::ERR_")
    page = open_page()
    page.route(ENGLISH, lambda route: route.abort())
    page.goto("/#/casa")
    for _ in range(2):
        # Not `check`, which would want it to stay so.
        page.get_by_label("English").click()
        expect(page.get_by_text("La casa no responde")).to_be_visible()
        expect(page.get_by_label("Español")).to_be_checked()
        expect(page.locator("html")).to_have_attribute("lang", "es")
        page.reload()
        expect(page.get_by_label("Español")).to_be_checked()
    page.unroute(ENGLISH)
    page.get_by_label("English").check()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.reload()
    expect(page.get_by_label("English")).to_be_checked()


def test_what_is_refused_is_said_in_the_language_chosen(page: Page, complaints: Complaints) -> None:
    """By the server, whatever the browser speaks, and without a reload."""
    complaints.expect("409")
    page.goto("/#/casa/habitaciones")
    for name in ("Salón", "Salón"):
        page.get_by_label("Nombre de la habitación").fill(name)
        page.get_by_role("button", name="Añadir habitación").click()
        expect(page.get_by_role("listitem").filter(has_text="Salón")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("Ya hay una habitación Salón")
    page.goto("/#/casa")
    page.get_by_label("English").check()
    page.goto("/#/casa/habitaciones")
    page.get_by_label("Name of the room").fill("Salón")
    page.get_by_role("button", name="Add room").click()
    expect(page.get_by_role("alert")).to_contain_text("There is a room Salón already")


def test_a_page_whose_language_does_not_come_speaks_another(
    open_page: OpenPage, complaints: Complaints
) -> None:
    """And its own as soon as that comes: it has not chosen the other."""
    complaints.expect("net::ERR_")
    page = open_page()
    page.route("**/js/es-*.js", lambda route: route.abort())
    page.goto("/")
    expect(page.get_by_role("heading", name="Devices", exact=True)).to_be_visible()
    page.unroute("**/js/es-*.js")
    page.reload()
    expect(page.get_by_role("heading", name="Dispositivos")).to_be_visible()


def test_a_page_without_any_words_says_that_it_came_in_part(
    open_page: OpenPage, complaints: Complaints
) -> None:
    complaints.expect("net::ERR_")
    page = open_page()
    page.route(re.compile(r"/js/(es|en)-\w+\.js$"), lambda route: route.abort())
    page.goto("/")
    expect(page.get_by_role("alert")).to_contain_text("This page came in part; reload it.")


def test_the_language_chosen_last_is_spoken(open_page: OpenPage) -> None:
    """However long the words of another take, and after a reload too."""
    page = open_page()
    open_modules(page, "words.js")
    held = Held(page, ENGLISH)
    page.goto("/")
    with page.expect_request(ENGLISH):
        page.evaluate(CHOOSE_IN_VAIN)
    page.evaluate(CHOOSE, "es")
    held.first.fallback()
    page.evaluate("globalThis.inVain")
    expect(page.locator("html")).to_have_attribute("lang", "es")
    page.reload()
    expect(page.get_by_role("heading", name="Dispositivos")).to_be_visible()
