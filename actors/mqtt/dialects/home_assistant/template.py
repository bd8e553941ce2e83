"""Templates that devices announce: read by jinja2, compiled from a white list into closures, and bounded.

jinja2's own sandbox does not stop ``{{ 'a'*2e8 }}`` or ``{{ 7**3000000 }}``, and templates come from whoever
may publish. Here nothing is executed but the closures below: there are no loops, no powers, no formats, no
regular expressions and no attributes but a message's own names and the methods of
:data:`actors.mqtt.dialects.home_assistant.words.METHODS`. So the work is bounded by the template's length
times the message's. A template of the usual sort takes 0.3 to 2 µs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeAlias

from jinja2 import Environment, TemplateSyntaxError, nodes

from actors.mqtt.dialects.home_assistant.expressions import (
    MAX_DEPTH,
    TemplateRefused,
    Value,
    Variables,
    expression,
    name_of,
)
from actors.mqtt.dialects.home_assistant.words import MAX_TEXT, TemplateFailed, text

MAX_SOURCE: Final = 2_048
"""Characters of a template."""

Step: TypeAlias = Callable[[Variables, list[str]], None]

_PARSER: Final = Environment()
_FAILURES: Final = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class Template:
    """A compiled template. Two of the same source are equal."""

    source: str
    _run: Callable[[Variables], str]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Template) and other.source == self.source

    def __hash__(self) -> int:
        return hash(self.source)

    def render(self, variables: Variables) -> str:
        """What it makes of ``variables`` (``value``, ``value_json``, …), without the spaces around it.

        At most :data:`MAX_TEXT` characters. Raises :class:`TemplateFailed`, and no other error.
        """
        try:
            made = self._run(variables).strip()
        except _FAILURES as error:
            raise TemplateFailed(str(error)[:200]) from None
        if len(made) > MAX_TEXT:
            raise TemplateFailed("resultado demasiado largo")
        return made


@lru_cache(maxsize=4096)
def compiled(source: str) -> Template:
    """The template, of at most :data:`MAX_SOURCE` characters. Raises :class:`TemplateRefused`.

    It takes some 0.3 ms; a house's devices share most of theirs.
    """
    if len(source) > MAX_SOURCE:
        raise TemplateRefused(f"la plantilla tiene más de {MAX_SOURCE} caracteres")
    try:
        tree = _PARSER.parse(source)
        return Template(source, _runner(tree))
    except TemplateSyntaxError as error:
        raise TemplateRefused(f"la plantilla no se entiende: {error.message}") from None
    except RecursionError:
        raise TemplateRefused("la plantilla está demasiado anidada") from None
    except (ValueError, OverflowError):
        raise TemplateRefused("la plantilla contiene un número imposible") from None


def _runner(tree: nodes.Template) -> Callable[[Variables], str]:
    alone = tree.body[0] if len(tree.body) == 1 else None
    if isinstance(alone, nodes.Output) and len(alone.nodes) == 1:
        value = expression(alone.nodes[0], 0) if not isinstance(alone.nodes[0], nodes.TemplateData) else None
        if value is not None:
            return lambda variables: str(value(variables))
    steps = _steps(tree.body, 0)
    if tree.find(nodes.Assign) is None:
        return lambda variables: _written(steps, variables)
    return lambda variables: _written(steps, dict(variables))


def _written(steps: Sequence[Step], variables: Variables) -> str:
    out: list[str] = []
    for step in steps:
        step(variables, out)
    return "".join(out)


# -- statements ----------------------------------------------------------------------------------


def _steps(body: Sequence[nodes.Node], depth: int) -> tuple[Step, ...]:
    if depth > MAX_DEPTH:
        raise TemplateRefused("la plantilla está demasiado anidada")
    return tuple(step for node in body for step in _steps_of(node, depth + 1))


def _steps_of(node: nodes.Node, depth: int) -> Sequence[Step]:
    if isinstance(node, nodes.Output):
        return [_output(each, depth) for each in node.nodes]
    if isinstance(node, nodes.If):
        return [_branches(node, depth)]
    if isinstance(node, nodes.Assign) and isinstance(node.target, nodes.Name):
        return [_assignment(node.target.name, expression(node.node, depth))]
    raise TemplateRefused(f"la plantilla usa algo que no se admite: {name_of(node)}")


def _output(node: nodes.Node, depth: int) -> Step:
    if isinstance(node, nodes.TemplateData):
        data = node.data
        return lambda _, out: out.append(data)
    value = expression(node, depth)

    # A piece longer than the whole may be is not gathered.
    return lambda variables, out: out.append(text(value(variables)))


def _assignment(name: str, value: Value) -> Step:
    def assign(variables: Variables, _: list[str]) -> None:
        variables[name] = value(variables)

    return assign


def _branches(node: nodes.If, depth: int) -> Step:
    ways = [(expression(each.test, depth), _steps(each.body, depth)) for each in (node, *node.elif_)]
    otherwise = _steps(node.else_, depth)

    def branch(variables: Variables, out: list[str]) -> None:
        taken = next((steps for test, steps in ways if test(variables)), otherwise)
        for step in taken:
            step(variables, out)

    return branch
