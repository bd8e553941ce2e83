"""Templates of Home Assistant's discovery: what they mean, and that none of them costs time or memory."""

import json
import math
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import jinja2
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jinja2.sandbox import ImmutableSandboxedEnvironment

from actors.mqtt.dialects.home_assistant.expressions import TemplateRefused
from actors.mqtt.dialects.home_assistant.template import MAX_SOURCE, compiled
from actors.mqtt.dialects.home_assistant.words import MAX_TEXT, TemplateFailed


def rendered(source: str, value: Any, **more: Any) -> str:
    """What ``source`` makes of a message: its text, or what a command is given."""
    variables = {"value": value, **more}
    if isinstance(value, str):
        with suppress(ValueError):
            variables["value_json"] = json.loads(value)
    return compiled(source).render(variables)


# -- the reference: jinja2 itself, with the filters that Home Assistant changes ------------------


def or_default(make: Callable[..., Any], arguments: int = 0) -> Callable[..., Any]:
    """``make`` as a filter that takes a default after its arguments, for what is no number."""

    def call(value: Any, *given: Any) -> Any:
        try:
            return make(value, *given[:arguments])
        except (ValueError, TypeError):
            if len(given) <= arguments:
                raise
            return given[arguments]

    return call


def reference_round(value: Any, precision: int = 0, method: str = "common") -> Any:
    if method in ("ceil", "floor"):
        by = 10.0**precision
        made = (math.ceil if method == "ceil" else math.floor)(float(value) * by) / by
    else:
        made = round(float(value), precision)
    return made if precision else int(made)


def must_be_defined(value: Any) -> Any:
    if isinstance(value, jinja2.Undefined):
        raise jinja2.UndefinedError
    return value


REFERENCE = ImmutableSandboxedEnvironment()
REFERENCE.filters |= {
    "float": or_default(float),
    "int": or_default(lambda value: int(float(value))),
    "round": reference_round,
    "multiply": lambda value, by: float(value) * by,
    "is_defined": must_be_defined,
    "to_json": lambda value: json.dumps(value, separators=(",", ":"), ensure_ascii=False),
}
REFERENCE.globals |= {"float": or_default(float), "max": max, "min": min}

TEMPLATES = [
    "{{ value }}",
    "{{ value_json }}",
    "{{ value_json.temp }}",
    "{{ value_json['temp'] }}",
    "  {{ value_json.list.0.name }}\n",
    "{{ value_json.list[-1]['name'] | default('nobody') }}",
    "{{ value_json.deep.er.still }}",
    "{{ value_json.temp | is_defined }}",
    "{{ value_json.temp | float | round(1) }}",
    "{{ value_json.temp | float(0) | multiply(2.55) | round }}",
    "{{ value | int(7) }}",
    "{{ (value_json.temp * 9 / 5 + 32) | round(1, 'floor') }}",
    "{{ value_json.on | lower }}",
    "{{ value_json.on }}{{ value_json.none }}",
    "{{ none }}",
    "{% if value_json.on %}on{% else %}off{% endif %}",
    "{% if value_json.temp > 20 and not value_json.on %}a{% elif value_json.temp %}b{% else %}c{% endif %}",
    "{%- if 'hot' in value_json.get('errors', []) -%} ON {%- else -%} OFF {%- endif -%}",
    "{{ 'ON' if value_json.on == true else 'OFF' }}",
    "{{ 'alone' if value_json.on }}",
    "{{ 'online' if value_json['temp'] is defined else 'offline' }}",
    "{{ value_json.none is none }}{{ value_json.temp is number }}{{ value is string }}",
    "{% set names = {'a': 'one', 'b': 'two'} %}{{ names[value] if value in names.keys() else 'other' }}",
    "{{ {0: 'off', 1: 'low'}[value_json.speed] | default('') }}",
    "{{ {'event_type': value_json.name} | to_json }}",
    "{{ {'b': value_json.name, 'a': [1, none, true]} | tojson }}",
    "{{ value_json.color.split(',')[0:2] | join(';') }}",
    "{{ value_json.name.replace('a', 'oo') ~ '-' ~ value_json.temp }}",
    "{{ value_json.name | upper | trim | truncate(3, true, '') }}",
    "{{ [value_json.temp, 20] | max }}{{ min(value_json.temp, 1) }}",
    "{{ 1 < value_json.temp <= 30 }}",
    "{{ value_json.temp // 2 }}|{{ -value_json.temp }}|{{ value_json.temp % 3 }}",
    "{% set t = value_json.temp %}{% set t = t + 1 %}{{ t }}",
    "{{ value_json.list | length }}{{ value_json.list | first }}",
    "{{ value_json.name == 'anna' or value_json.on }}",
    "{{ max(value_json.temp | int, 1) }}",
]
MESSAGES = [
    json.dumps(message)
    for message in (
        {},
        {"temp": 21.55, "on": True, "name": "anna", "errors": ["hot"], "none": None, "color": "1,2,3"},
        {"temp": 19, "on": False, "name": " b<'é ", "errors": [], "speed": 1, "list": [{"name": "x"}]},
        {"temp": "22.5", "on": "ON", "list": [], "deep": {"er": {"still": 4}}, "color": 5},
        {"temp": None, "on": None, "list": "text", "deep": 3, "speed": 9},
        {"temp": True, "list": [1, 2, 3], "deep": {"er": []}},
        [1, 2],
        7,
        None,
    )
] + ["a", "ON", "", "12.75", "nan", "23,4", "{"]


@pytest.mark.parametrize("source", TEMPLATES)
def test_means_what_jinja2_makes_of_it(source: str) -> None:
    """Over every message it prints the same, or fails where jinja2 fails."""
    reference = REFERENCE.from_string(source)
    for message in MESSAGES:
        variables: dict[str, Any] = {"value": message}
        with suppress(ValueError):
            variables["value_json"] = json.loads(message)
        expected: str | None
        try:
            expected = reference.render(variables).strip()
        except (jinja2.TemplateError, TypeError, ValueError, LookupError, ArithmeticError):
            expected = None
        try:
            made = compiled(source).render(variables)
        except TemplateFailed:
            assert expected is None, message
        else:
            assert made == expected, message


@pytest.mark.parametrize(
    ("source", "value", "expected"),
    [
        ("{{ value_json.a }}", '{"a": true}', "True"),
        ("{{ value_json.a }}", '{"a": null}', "None"),
        ("{{ value_json.a }}", '{"b": 1}', ""),
        ("{{ value_json.a | round(0) }}", '{"a": 2.6}', "3"),
        ("{{ value_json.a | round(1) }}", '{"a": "2.66"}', "2.7"),
        ("{{ value_json.update }}", '{"update": 1}', "1"),
        ("{{ value_json._private }}", '{"_private": 1}', "1"),
        ("{{ value_json is defined }}", "no JSON", "False"),
    ],
)
def test_values(source: str, value: str, expected: str) -> None:
    """Home Assistant's ways: ``True``, ``None``, whole numbers of ``round``, and a name before a method."""
    assert rendered(source, value) == expected


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("{{ value_json.a }}", "no JSON"),
        ("{{ value_json.a | is_defined }}", "{}"),
        ("{{ value_json.a.b.c }}", "{}"),
        ("{{ value_json.a | float }}", '{"a": "23,4"}'),
        ("{{ 1 / value_json.a }}", '{"a": 0}'),
        ("{{ value_json.get() }}", "{}"),
    ],
)
def test_what_is_not_there_fails(source: str, value: str) -> None:
    """The old value stays: a template that cannot answer says nothing at all."""
    with pytest.raises(TemplateFailed):
        rendered(source, value)


def test_a_command_gets_what_is_ordered() -> None:
    """A number stays a number, so that a table of speeds finds it."""
    assert rendered("{{ {0: 'off', 50: 'half'}[value] | default('') }}", 50) == "half"
    assert rendered('{"bri": {{ (brightness / 2.55) | round }} }', None, brightness=255) == '{"bri": 100 }'


@pytest.mark.parametrize(
    "source",
    [
        "{{ 7**3000000 }}",
        "{{ 'a' | center(100000000) }}",
        "{{ '%0200000000d' | format(1) }}",
        "{{ '{:>200000000}'.format(1) }}",
        "{{ 'a'.center(200000000) }}",
        "{{ 'a'.ljust(200000000) }}",
        "{{ '\\t'.expandtabs(200000000) }}",
        "{% for i in range(99999) %}{% endfor %}",
        "{{ range(99999999) | list }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ value_json.__init__ }}",
        "{{ __import__ }}",
        "{{ self }}{{ self._TemplateReference__context() }}",
        "{{ cycler.next.func_globals }}",
        "{{ value | regex_findall('(a+)+$') }}",
        "{{ value is search('(a+)+$') }}",
        "{{ now().strftime('%0200000000d') }}",
        "{{ lipsum(9999) }}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% include '/etc/passwd' %}",
        "{% import 'os' as os %}",
        "{% set ns.x = 1 %}",
        "{{ value | map('upper') | list }}",
        "{{ value_json.get(*value_json) }}",
        "{{ states('light.kitchen') }}",
        "{{ 99999999999999999999 }}",
        "{{ 1e999 }}",
        "{{ value",
        "{{ " + "(" * 500 + "1" + ")" * 500 + " }}",
        "{{ " + "not " * 400 + "1 }}",
        "{{ " + "+".join("1" * 300) + " }}",
        "{% if a %}" * 60 + "{% endif %}" * 60,
        "x" * (MAX_SOURCE + 1),
    ],
)
def test_refused(source: str) -> None:
    """Whatever could take time or memory, or leads out of the message, is not compiled, and at once."""
    before = time.process_time()
    with pytest.raises(TemplateRefused) as refused:
        compiled(source)
    assert refused.value.reason
    assert time.process_time() - before < 0.5


@pytest.mark.parametrize(
    "source",
    [
        "{{ 'a' * 200000000 }}",
        "{{ [0] * 200000000 }}",
        "{{ '%0200000000d' % 1 }}",
        "{% set a = 'aaaaaaaaaaaaaaaa' %}" + "{% set a = a ~ a %}" * 60 + "{{ a }}",
        "{% set a = 'aaaaaaaaaaaaaaaa' %}" + "{% set a = a + a %}" * 60 + "{{ a }}",
        "{% set a = [1] %}" + "{% set a = [a, a] %}" * 60 + "{{ a }}",
        "{% set a = 1 %}" + "{% set a = {1: a, 2: a} %}" * 60 + "{{ a | tojson }}",
        "{% set a = 9 %}" + "{% set a = a * a %}" * 60 + "{{ a }}",
        "{{ value.replace('', value) }}",
        "{{ value | replace('a', value) }}",
        "{{ value.split('a') | join(value) }}",
        "{{ value }}" * 40,
    ],
)
def test_bounded(source: str) -> None:
    """What grows when it is rendered fails as soon as it is too large."""
    before = time.process_time()
    with pytest.raises(TemplateFailed):
        rendered(source, "a" * 4_000)
    assert time.process_time() - before < 0.5


def test_a_deep_message_fails() -> None:
    """Python would give up on printing it; so does the template."""
    deep: list[Any] = []
    for _ in range(5_000):
        deep = [deep]
    with pytest.raises(TemplateFailed):
        compiled("{{ value_json }}").render({"value": "", "value_json": deep})
    with pytest.raises(TemplateFailed):
        compiled("{{ [value_json] | tojson }}").render({"value": "", "value_json": deep})


# -- whatever anybody writes ---------------------------------------------------------------------

ATOMS = st.sampled_from(
    [
        "value",
        "value_json",
        "value_json.a",
        "value_json['b'][0]",
        "none",
        "true",
        "'text'",
        "17",
        "0.5",
        "[]",
        "{}",
    ]
)
FILTERS = (
    *(
        "float",
        "float(0)",
        "int",
        "int(0,40)",
        "round",
        "round(2)",
        "round(-400)",
        "multiply(3)",
        "abs",
        "sqrt",
    ),
    *("lower", "upper", "title", "trim", "truncate(3)", "replace('a','bb')", "string", "join", "join('x')"),
    *(
        "length",
        "first",
        "last",
        "list",
        "max",
        "min",
        "sum",
        "contains('a')",
        "tojson",
        "to_json",
        "from_json",
    ),
    *("is_defined", "default('x')", "bool", "iif('a','b')", "timestamp_local"),
)
METHODS = (
    ".get('a')",
    ".keys()",
    ".items()",
    ".split('a')",
    ".lower()",
    ".replace('','aa')",
    ".strip(1)",
    "[0:2]",
)
OPERATORS = ("+", "-", "*", "/", "//", "%", "~", "==", "<", "in", "and", "or", "**")


def larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("({} | {})".format, inner, st.sampled_from(FILTERS)),
        st.builds("({}){}".format, inner, st.sampled_from(METHODS)),
        st.builds("({} {} {})".format, inner, st.sampled_from(OPERATORS), inner),
        st.builds("({} if {} else {})".format, inner, inner, inner),
        st.builds("[{}, {}]".format, inner, inner),
        st.builds("{{{}: {}}}".format, inner, inner),
        st.builds("(not {})".format, inner),
    )


EXPRESSIONS = st.recursive(ATOMS, larger, max_leaves=12)
WRITTEN = st.one_of(
    st.builds("{{{{ {} }}}}".format, EXPRESSIONS),
    st.builds("{{% if {} %}}a{{{{ {} }}}}{{% endif %}}".format, EXPRESSIONS, EXPRESSIONS),
    st.builds("{{% set a = {} %}}{{{{ [a, a] | tojson }}}}".format, EXPRESSIONS),
    st.text(alphabet="{}%|()[]'\"~+-*. value_jsonif0123456789", max_size=60),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@given(WRITTEN, JSON, st.text(max_size=40))
@example("{{ value_json | round(-400) }}", 1.0, "")
@example("{{ value_json | timestamp_local }}", 1e300, "")
def test_only_its_own_errors(source: str, value: Any, message: str) -> None:
    """Whatever is written, over whatever message, is a short text, or refused, or fails."""
    try:
        made = compiled(source).render({"value": message, "value_json": value})
    except (TemplateRefused, TemplateFailed):
        return
    assert len(made) <= MAX_TEXT
    assert made == made.strip()


def test_a_render_leaves_what_it_was_given() -> None:
    """``set`` is the template's own: the next one sees the message as it came."""
    variables = {"value": "a"}
    assert compiled("{% set value = 'b' %}{{ value }}").render(variables) == "b"
    assert variables == {"value": "a"}
