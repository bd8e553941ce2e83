"""Script is made lean without a change of what it says."""

from __future__ import annotations

import json
import subprocess

import pytest

from tests.page.node import node
from web.page.files import FOLDER, Page
from web.page.lean import lean

# What it is, and what comes of it.
CASES = {
    "const a = 1;  // said of it\n": "const a=1;// said of it\n",
    "/** Why. */\nlet a;\n\n\n  let b;\n": "let a;\nlet b;\n",
    "return a in b;": "return a in b;",
    "a = b - -c + +d;": "a=b- -c+ +d;",
    "a = b / c / d;": "a=b/c/d;",
    "a = b\n  / c; x = 'q / \" // r';": "a=b\n/c;x='q / \" // r';",
    """return / ["'`] /.test(a) ? "b  c" : 'd \\' e';""": """return/ ["'`] /.test(a)?"b  c":'d \\' e';""",
    "f(/[/'] {2}/g, a ? b : c);": "f(/[/'] {2}/g,a?b:c);",
    "`a  ${ b ? `c  ${ {d: 1}.d }  e` : 2 }  f \\` g`;": "`a  ${b?`c  ${{d:1}.d}  e`:2}  f \\` g`;",
    "html`\n  <p a=${ 1 } b>\n    c  d\n  </p>\n`;": "html`\n<p a=${1} b>\nc  d\n</p>\n`;",
    'import { a } from "b";': 'import{a}from"b";',
    "/*! (c) somebody */\na;": "/*! (c) somebody */\na;",
}


@pytest.mark.parametrize("script", CASES)
def test_only_what_says_nothing_goes(script: str) -> None:
    """Spaces within texts, patterns and templates stay; so do those that keep two names or signs apart."""
    assert lean(script.encode()).decode() == CASES[script]


def test_every_script_of_the_page_can_be_read_as_it_goes_out() -> None:
    """By another reader than ours; and what is lean already stays as it is."""
    read = (
        "import vm from 'node:vm'; for await (const each of process.stdin.setEncoding('utf8')) text += each;"
    )
    check = (
        "for (const [name, body] of JSON.parse(text)) new vm.SourceTextModule(body, { identifier: name });"
    )
    scripts = [
        [name, file.plain.body.decode()]
        for name, file in Page.read(FOLDER).files.items()
        if name.endswith(".js") and name not in ("sw.js", "shell.js")
    ]
    for _, body in scripts:
        assert lean(body.encode()).decode() == body
    done = subprocess.run(
        [
            node(),
            "--experimental-vm-modules",
            "--no-warnings",
            "--input-type=module",
            "-e",
            "let text = '';" + read + check,
        ],
        input=json.dumps(scripts),
        capture_output=True,
        encoding="utf-8",
    )
    assert (done.returncode, done.stderr) == (0, "")
