"""What the command line itself says, help and errors, in Spanish, as all on the machine's console is.

argparse words its own texts by gettext, whose catalogues are files and whose language is the environment's.
The console speaks one language whatever that says.
"""

from __future__ import annotations

import argparse
from typing import Final

# By what argparse calls them, of Python 3.11 to 3.14; what is not here is said as it is.
WORDS: Final = {
    "usage: ": "uso: ",
    "options": "opciones",
    "positional arguments": "argumentos",
    "show this help message and exit": "esta ayuda",
    "show program's version number and exit": "la versión",
    " (default: %(default)s)": " (por defecto %(default)s)",
    "%(prog)s: error: %(message)s\n": "%(prog)s: %(message)s\n",
    "argument %(argument_name)s: %(message)s": "%(argument_name)s: %(message)s",
    "the following arguments are required: %s": "falta %s",
    "one of the arguments %s is required": "falta uno de %s",
    "unrecognized arguments: %s": "no se conoce %s",
    "invalid choice: %(value)r (choose from %(choices)s)": "%(value)r no vale; elige entre %(choices)s",
    "invalid choice: %(value)r, maybe you meant %(closest)r? (choose from %(choices)s)": (
        "%(value)r no vale; quizá %(closest)r. Elige entre %(choices)s"
    ),
    "unknown parser %(parser_name)r (choices: %(choices)s)": (
        "%(parser_name)r no vale; elige entre %(choices)s"
    ),
    "invalid %(type)s value: %(value)r": "%(value)r no es un número de los que valen aquí",
    "expected one argument": "le falta su valor",
    "expected at most one argument": "lleva un valor como mucho",
    "expected at least one argument": "le falta al menos un valor",
    "expected %s argument": "lleva %s valor",
    "expected %s arguments": "lleva %s valores",
    "ambiguous option: %(option)s could match %(matches)s": "%(option)s puede ser %(matches)s",
    "ignored explicit argument %r": "no lleva valor, y se le ha dado %r",
    "not allowed with argument %s": "no va con %s",
}


def speak_spanish() -> None:
    """From now on argparse does, in this process; before the first parser is made."""
    vars(argparse).update(_=_said, ngettext=_counted)


def _said(text: str) -> str:
    return WORDS.get(text, text)


def _counted(one: str, other: str, count: int) -> str:
    return _said(one if count == 1 else other)
