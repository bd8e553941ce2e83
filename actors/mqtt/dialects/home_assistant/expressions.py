"""What a template's expressions are compiled to: closures, one for each node of the white list."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from jinja2 import nodes

from actors.mqtt.dialects.home_assistant.words import (
    FILTERS,
    FUNCTIONS,
    METHOD_NAMES,
    METHODS,
    TESTS,
    UNDEFINED,
    NotThere,
    TemplateFailed,
    Word,
    number,
    text,
    weigh,
)

MAX_DEPTH: Final = 40
"""Of expressions and branches within each other."""

Variables: TypeAlias = dict[str, Any]
Value: TypeAlias = Callable[[Variables], Any]


class TemplateRefused(Exception):
    """A template that is not compiled; ``reason`` says why, for people, in Spanish."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def expression(node: nodes.Node, depth: int) -> Value:
    """What computes ``node``, which stands so deep within others. Raises :class:`TemplateRefused`."""
    compile_it = _EXPRESSIONS.get(type(node))
    if compile_it is None:
        raise TemplateRefused(f"la plantilla usa algo que no se admite: {name_of(node)}")
    if depth > MAX_DEPTH:
        raise TemplateRefused("la plantilla está demasiado anidada")
    return compile_it(node, depth + 1)


def name_of(node: nodes.Node) -> str:
    """What jinja2 calls a node of this sort."""
    return type(node).__name__.lower()


def _constant(node: nodes.Const, _: int) -> Value:
    constant = node.value
    if type(constant) in (int, float):
        try:
            number(constant)
        except (TemplateFailed, TypeError):
            raise TemplateRefused("la plantilla contiene un número imposible") from None
    return lambda _: constant


def _data(node: nodes.TemplateData, _: int) -> Value:
    data = node.data
    return lambda _: data


def _name(node: nodes.Name, _: int) -> Value:
    name = node.name
    if name.startswith("__"):
        raise TemplateRefused(f"la plantilla usa un nombre que no se admite: {name[:50]}")
    if name in FUNCTIONS or name in _FOREIGN:
        raise TemplateRefused(f"la plantilla usa una función que no se admite: {name}")
    return lambda variables: variables.get(name, UNDEFINED)


# Functions of Home Assistant and jinja2 that are not answered here: a template that asks for one means it,
# and would print nothing for ever.
_FOREIGN: Final = frozenset({
    *("as_datetime", "as_local", "as_timestamp", "cycler", "dict", "is_state", "joiner", "lipsum"),
    *("namespace", "now", "range", "state_attr", "states", "strptime", "timedelta", "today_at", "utcnow"),
    "zip",
})  # fmt: skip


def _tuple(node: nodes.Tuple, depth: int) -> Value:
    items = [expression(each, depth) for each in node.items]
    return lambda variables: tuple(_weighed([item(variables) for item in items]))


def _list(node: nodes.List, depth: int) -> Value:
    items = [expression(each, depth) for each in node.items]
    return lambda variables: _weighed([item(variables) for item in items])


def _dict(node: nodes.Dict, depth: int) -> Value:
    pairs = [(expression(pair.key, depth), expression(pair.value, depth)) for pair in node.items]
    if all(isinstance(part, nodes.Const) for pair in node.items for part in (pair.key, pair.value)):
        # Most are tables of words: made once, since nothing in a template can change one.
        whole = {key({}): value({}) for key, value in pairs}
        return lambda _: whole
    return lambda variables: _weighed({key(variables): value(variables) for key, value in pairs})


def _weighed(made: Any) -> Any:
    weigh(made)
    return made


def _attribute(node: nodes.Getattr, depth: int) -> Value:
    if node.attr.startswith("__"):
        raise TemplateRefused(f"la plantilla usa un atributo que no se admite: {node.attr[:50]}")
    return _path(expression(node.node, depth), node.attr)


def _item(node: nodes.Getitem, depth: int) -> Value:
    of = expression(node.node, depth)
    if isinstance(node.arg, nodes.Slice):
        return _slice(of, node.arg, depth)
    if isinstance(node.arg, nodes.Const):
        return _path(of, node.arg.value)
    key = expression(node.arg, depth)
    return lambda variables: _within(of(variables), key(variables))


def _path(of: Value, key: Any) -> Value:
    def step(variables: Variables) -> Any:
        whole = of(variables)
        if type(whole) is dict:
            return whole.get(key, UNDEFINED)
        return _within(whole, key)

    return step


def _within(whole: Any, key: Any) -> Any:
    """What ``whole`` has under ``key``: only what is a message's own, never an attribute of Python's."""
    if whole is UNDEFINED:
        raise NotThere(f"{str(key)[:50]!r} de algo que no está definido")
    if not isinstance(whole, (dict, list, tuple, str)):
        return UNDEFINED
    try:
        return whole[key]
    except (LookupError, TypeError):
        return UNDEFINED


def _slice(of: Value, node: nodes.Slice, depth: int) -> Value:
    start, stop, by = (
        (lambda _: None) if part is None else expression(part, depth)
        for part in (node.start, node.stop, node.step)
    )

    def cut(variables: Variables) -> Any:
        whole = of(variables)
        if not isinstance(whole, (list, tuple, str)):
            raise TypeError("no se puede cortar")
        return whole[start(variables) : stop(variables) : by(variables)]

    return cut


def _arithmetic(of: Callable[[Any, Any], Any]) -> Callable[[nodes.BinExpr, int], Value]:
    def compile_it(node: nodes.BinExpr, depth: int) -> Value:
        left, right = expression(node.left, depth), expression(node.right, depth)
        return lambda variables: number(of(number(left(variables)), number(right(variables))))

    return compile_it


def _sum(node: nodes.Add, depth: int) -> Value:
    left, right = expression(node.left, depth), expression(node.right, depth)

    def add(variables: Variables) -> Any:
        one, other = left(variables), right(variables)
        if type(one) is str and type(other) is str:
            return text(one + other)
        return number(number(one) + number(other))

    return add


def _negative(node: nodes.Neg, depth: int) -> Value:
    value = expression(node.node, depth)
    return lambda variables: -number(value(variables))


def _positive(node: nodes.Pos, depth: int) -> Value:
    value = expression(node.node, depth)
    return lambda variables: number(value(variables))


def _not(node: nodes.Not, depth: int) -> Value:
    value = expression(node.node, depth)
    return lambda variables: not value(variables)


def _and(node: nodes.And, depth: int) -> Value:
    left, right = expression(node.left, depth), expression(node.right, depth)
    return lambda variables: left(variables) and right(variables)


def _or(node: nodes.Or, depth: int) -> Value:
    left, right = expression(node.left, depth), expression(node.right, depth)
    return lambda variables: left(variables) or right(variables)


def _choice(node: nodes.CondExpr, depth: int) -> Value:
    test, yes = expression(node.test, depth), expression(node.expr1, depth)
    no = (lambda _: UNDEFINED) if node.expr2 is None else expression(node.expr2, depth)
    return lambda variables: yes(variables) if test(variables) else no(variables)


def _concatenated(node: nodes.Concat, depth: int) -> Value:
    parts = [expression(each, depth) for each in node.nodes]
    return lambda variables: text("".join([text(part(variables)) for part in parts]))


_COMPARISONS: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "lteq": operator.le,
    "gt": operator.gt,
    "gteq": operator.ge,
    "in": lambda one, whole: one in whole,
    "notin": lambda one, whole: one not in whole,
}
_COMPARING_TESTS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("eq", "equalto", "=="), "eq"),
    **dict.fromkeys(("ne", "!="), "ne"),
    **dict.fromkeys(("lt", "lessthan", "<"), "lt"),
    **dict.fromkeys(("gt", "greaterthan", ">"), "gt"),
    **{"le": "lteq", "<=": "lteq", "ge": "gteq", ">=": "gteq", "in": "in"},
}


def _comparison(node: nodes.Compare, depth: int) -> Value:
    first = expression(node.expr, depth)
    rest = [(_COMPARISONS[each.op], expression(each.expr, depth)) for each in node.ops]
    if len(rest) == 1:
        ((compare, second),) = rest
        return lambda variables: compare(first(variables), second(variables))

    def chain(variables: Variables) -> Any:
        left = first(variables)
        for compare, following in rest:
            right = following(variables)
            if not compare(left, right):
                return False
            left = right
        return True

    return chain


# -- calls ---------------------------------------------------------------------------------------


def _filter(node: nodes.Filter, depth: int) -> Value:
    word = FILTERS.get(node.name)
    if word is None or node.node is None:
        raise TemplateRefused(f"la plantilla usa un filtro que no se admite: {node.name[:50]}")
    return _called(word, (node.node,), node, depth)


def _test(node: nodes.Test, depth: int) -> Value:
    comparing = _COMPARING_TESTS.get(node.name)
    word = TESTS.get(node.name) if comparing is None else _COMPARISONS[comparing]
    if word is None:
        raise TemplateRefused(f"la plantilla usa una prueba que no se admite: {node.name[:50]}")
    return _called(word, (node.node,), node, depth)


def _call(node: nodes.Call, depth: int) -> Value:
    called = node.node
    if isinstance(called, nodes.Name) and called.name in FUNCTIONS:
        return _called(FUNCTIONS[called.name], (), node, depth)
    if isinstance(called, nodes.Getattr) and called.attr in METHOD_NAMES:
        return _called(_method(called.attr), (called.node,), node, depth)
    name = getattr(called, "attr", None) or getattr(called, "name", "")
    raise TemplateRefused(f"la plantilla usa una función que no se admite: {str(name)[:50]}")


def _method(name: str) -> Word:
    def call(of: Any, *arguments: Any, **named: Any) -> Any:
        methods = METHODS.get(type(of))
        if of is UNDEFINED:
            raise NotThere(f"{name} de algo que no está definido")
        if methods is None or name not in methods:
            raise TemplateFailed(f"{name} de algo que no lo tiene")
        return methods[name](of, *arguments, **named)

    return call


def _called(
    word: Word, before: Sequence[nodes.Expr], node: nodes.Filter | nodes.Test | nodes.Call, depth: int
) -> Value:
    if node.dyn_args is not None or node.dyn_kwargs is not None:
        raise TemplateRefused("la plantilla usa argumentos que no se admiten")
    places = [expression(each, depth) for each in (*before, *node.args)]
    named: dict[str, Value] = {str(pair.key): expression(pair.value, depth) for pair in node.kwargs}
    if len(places) == 1 and not named:
        only = places[0]
        return lambda variables: word(only(variables))
    if not named:
        return lambda variables: word(*[place(variables) for place in places])
    return lambda variables: word(
        *[place(variables) for place in places], **{key: value(variables) for key, value in named.items()}
    )


_EXPRESSIONS: Final[Mapping[type[nodes.Node], Callable[[Any, int], Value]]] = {
    nodes.Add: _sum,
    nodes.And: _and,
    nodes.Call: _call,
    nodes.Compare: _comparison,
    nodes.Concat: _concatenated,
    nodes.CondExpr: _choice,
    nodes.Const: _constant,
    nodes.Dict: _dict,
    nodes.Div: _arithmetic(operator.truediv),
    nodes.Filter: _filter,
    nodes.FloorDiv: _arithmetic(operator.floordiv),
    nodes.Getattr: _attribute,
    nodes.Getitem: _item,
    nodes.List: _list,
    nodes.Mod: _arithmetic(operator.mod),
    nodes.Mul: _arithmetic(operator.mul),
    nodes.Name: _name,
    nodes.Neg: _negative,
    nodes.Not: _not,
    nodes.Or: _or,
    nodes.Pos: _positive,
    nodes.Sub: _arithmetic(operator.sub),
    nodes.TemplateData: _data,
    nodes.Test: _test,
    nodes.Tuple: _tuple,
}
