"""A small page to serve: one file of each kind."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from web.page.build import LICENCES, SOURCES
from web.page.files import WORKER, Page

INDEX: Final = """<!doctype html>
<html lang="es">
<title>Casa</title>
<link rel="icon" href="/pagina/icons/icon.svg">
<link rel="stylesheet" href="/pagina/style.css">
<script type="module" src="/pagina/js/main.js"></script>
<body><p id="said"></p></body>
</html>
"""
MAIN: Final = """import { word } from "./named.js";
import "./register.js";
document.getElementById("said").textContent = word;
"""
REGISTER: Final = """navigator.serviceWorker
  ?.register("/pagina/sw.js", { scope: "/" })
  .catch((error) => console.warn(error));
"""


def furnish(folder: Path, word: str = "uno") -> Path:
    """Files that show ``word``, with the real service worker."""
    files = {
        "index.html": INDEX,
        "style.css": "p { color: black; }\n" * 50,
        "js/main.js": MAIN,
        "js/register.js": REGISTER,
        "js/named.js": f'export const word = "{word}";\n',
        LICENCES: "named 1.0.0 (MIT)\n",
        "notes.md": "not of the page",
        ".hidden/secret.js": "not of the page",
    }
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    shutil.copy(SOURCES / WORKER, folder)
    shutil.copytree(SOURCES / "icons", folder / "icons", dirs_exist_ok=True)
    return folder


def page_of(folder: Path, word: str = "uno") -> Page:
    return Page.read(furnish(folder, word))
