"""The console speaks Spanish in its help and errors too, whatever language the machine is set to."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator

import pytest

from run_system import parser

ENGLISH = re.compile(
    r"\b(usage|options?|positional|arguments?|show|exit|version|default|error|required|invalid|choose|choice"
    r"|choices|expected|unrecognized|value|the|from|following)\b",
    re.IGNORECASE,
)


def commands(above: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    yield above
    for action in above._actions:
        if isinstance(action, argparse._SubParsersAction):
            for each in action.choices.values():
                yield from commands(each)


ALL = {each.prog.removeprefix("python run_system.py").strip() or "-": each for each in commands(parser())}


def test_commands_of_commands_are_looked_at_too() -> None:
    assert {"-", "demo", "token create", "user passwd", "device forget"} <= ALL.keys()


@pytest.mark.parametrize("command", ALL.values(), ids=ALL)
def test_help_is_spanish(command: argparse.ArgumentParser) -> None:
    """But for what is typed as it stands there, like --version."""
    told = re.sub(r"--?[a-z-]+", "", command.format_help())
    assert ENGLISH.findall(told) == []


@pytest.mark.parametrize("command", ALL.values(), ids=ALL)
def test_each_argument_says_what_it_is(command: argparse.ArgumentParser) -> None:
    """What is to be put in its place has a Spanish name, in capitals, where it is not listed."""
    for each in command._actions:
        assert each.help or isinstance(each, argparse._SubParsersAction), each.dest
        assert each.nargs == 0 or each.choices or (isinstance(each.metavar, str) and each.metavar.isupper())


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("nada", "ORDEN: 'nada' no vale; elige entre "),
        ("token", "falta QUÉ"),
        ("user add", "falta PERSONA"),
        ("notify", "falta --test"),
        ("user add Ana --role jefa", "--role: 'jefa' no vale; elige entre "),
        ("token revoke el-de-ana", "ID: 'el-de-ana' no es un número"),
        ("simulate --interval poco", "--interval: 'poco' no es un número"),
        ("simulate --count", "--count: le falta su valor"),
        ("simulate --kinds", "--kinds: le falta al menos un valor"),
        ("demo --vacia=3", "--vacia: no lleva valor, y se le ha dado '3'"),
        ("backup --a-otro-sitio", "no se conoce --a-otro-sitio"),
        ("mqtt-login x --f tasmota", "--f puede ser --family, --familia"),
    ],
)
def test_errors_are_spanish(typed: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The usage, and in one line what is wrong, with exit status 2."""
    with pytest.raises(SystemExit, match="2"):
        parser().parse_args(typed.split())
    usage, wrong = capsys.readouterr().err.rsplit("\n", 2)[:2]
    assert usage.startswith("uso: ")
    assert told in wrong
    assert ENGLISH.findall(re.sub(r"--?[a-z-]+|'\w+'", "", wrong)) == []
