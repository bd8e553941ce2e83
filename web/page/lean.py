"""Script as it goes over the wire: without what only people read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

# Only what fills whole lines, as what stands behind code may be within a text; and no notice of a licence.
_COMMENT: Final = re.compile(r"^[ \t]*(?://.*|/\*(?!!)(?:(?!\*/)[\s\S])*\*/[ \t]*)$", re.MULTILINE)
_IDLE: Final = re.compile(r"(?<=\n)\s+|\A\s+")

# What a script is made of, as far as it matters where a space may go. A template is taken part by part, since
# there may be code in it.
_TOKEN: Final = re.compile(
    r"""
    (?P<text> "(?:[^"\\\n]|\\[\s\S])*" | '(?:[^'\\\n]|\\[\s\S])*' )
  | (?P<comment> //[^\n]* | /\*[\s\S]*?\*/ )
  | (?P<pattern> /(?![*/])(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]* )
  | (?P<space> [ \t]+ )
  | (?P<code> [^ \t\n"'`/{}]+ )
  | (?P<other> [\s\S] )
    """,
    re.VERBOSE,
)
_TEMPLATE: Final = re.compile(r"(?:[^`\\$]|\\[\s\S]|\$(?!\{))*(?:`|\$\{)")
# After these a slash divides; after anything else it begins a pattern.
_VALUE_ENDS: Final = re.compile(r"[\w$)\]}\"'`]\Z")
_KEYWORD: Final = re.compile(r"(?<![\w$.])(?:return|typeof|case|in|of|void|delete|await|yield|else|do)\Z")
# Between two of these a space tells one from the other: names, and signs that double.
_NAME: Final = re.compile(r"[\w$#][\w$#]")
_SIGNS: Final = frozenset("+-/")


def lean(script: bytes) -> bytes:
    """The same script with its comments, its indentation, its empty lines and its idle spaces gone."""
    bare = _IDLE.sub("", _COMMENT.sub("", script.decode()))
    return "".join(_squeezed(bare)).encode()


def _squeezed(script: str) -> Iterator[str]:
    """Its pieces, without the spaces that keep nothing apart."""
    before, last, at = ";", "\n", 0
    # For each template that is open, how many braces are in the code that stands in it.
    templates: list[int] = []
    while at < len(script):
        kind, piece = _next(script, at, before)
        at += len(piece)
        if kind == "space":
            after = script[at : at + 1] or "\n"
            if not _NAME.match(last + after) and not {last, after} <= _SIGNS:
                continue
        elif piece == "`" or (piece == "}" and templates and templates[-1] == 0):
            if piece == "}":
                templates.pop()
            rest = _TEMPLATE.match(script, at)
            assert rest is not None, "a template that does not end"
            piece, at = piece + rest[0], rest.end()
            if piece.endswith("${"):
                templates.append(0)
        elif templates and piece in "{}":
            templates[-1] += 1 if piece == "{" else -1
        yield piece
        last = piece[-1]
        if not piece.isspace() and kind != "comment":
            before = piece


def _next(script: str, at: int, before: str) -> tuple[str, str]:
    """What comes next, and its text."""
    token = _TOKEN.match(script, at)
    assert token is not None
    assert token.lastgroup is not None
    divides = _VALUE_ENDS.search(before) and not _KEYWORD.search(before)
    if token.lastgroup == "pattern" and divides:
        return "other", script[at]
    return token.lastgroup, token[0]
