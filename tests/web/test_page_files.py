"""The page as it is served: whole, small, fresh, under its policy, and nothing else of the disk."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest.mock import patch

import brotli  # type: ignore[import-untyped]
import pytest

from tests.page.node import node
from tests.web.page import INDEX, furnish, page_of
from tests.web.site import Answer, Site
from web.page.build import BUILT, LICENCES, PREFIX, SOURCES
from web.page.files import TYPES, File, Form, Page, shipped


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with Site(page=page_of(tmp_path)) as running:
        yield running


def get(site: Site, path: str, **headers: str) -> Answer:
    return site.ask("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})


# -- which file ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "accept",
    ["*/*", "text/html,application/xhtml+xml,*/*;q=0.8", "text/html, application/json", "text/plain", ""],
)
def test_whoever_opens_the_house_gets_the_page(site: Site, accept: str) -> None:
    answer = get(site, "/", Accept=accept)
    assert (answer.status, answer.body) == (200, INDEX.encode())
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize(
    "accept", ["application/json", "application/json, text/plain, */*", "Application/JSON"]
)
def test_a_program_that_asks_for_json_gets_the_index(site: Site, accept: str) -> None:
    """Under the policy of all JSON, and kept by nobody."""
    answer = get(site, "/", Accept=accept)
    assert answer.json["nombre"] == "IoT Backend"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "script-src" not in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("style.css", "text/css; charset=utf-8"),
        ("js/main.js", "text/javascript; charset=utf-8"),
        ("sw.js", "text/javascript; charset=utf-8"),
        ("icons/icon.svg", "image/svg+xml; charset=utf-8"),
        ("icons/icon-192.png", "image/png"),
        (LICENCES, "text/plain; charset=utf-8"),
    ],
)
def test_each_file_comes_as_what_it_is(site: Site, tmp_path: Path, name: str, kind: str) -> None:
    answer = get(site, PREFIX + name)
    assert (answer.status, answer.headers["Content-Type"]) == (200, kind)
    assert answer.body == (tmp_path / name).read_bytes()


@pytest.mark.parametrize(
    "path",
    [
        "notes.md",
        ".hidden/secret.js",
        "../style.css",
        "..%2fstyle.css",
        "js/../style.css",
        "/style.css",
        "%2e%2e/%2e%2e/web/http/handler.py",
        "/etc/passwd",
        "c:/windows/win.ini",
        "style.css%00",
        "style.css/",
        "js",
        "STYLE.css",
        "%ff",
    ],
)
def test_nothing_else_can_be_reached(site: Site, path: str) -> None:
    """What is not of the page does not exist, however it is written."""
    answer = get(site, PREFIX + path)
    assert answer.status in (400, 404)
    assert set(answer.json) == {"error", "detalle", "codigo"}


def test_a_page_that_is_not_built_says_what_to_do(tmp_path: Path) -> None:
    """And the rest works."""
    with Site(page=Page.read(tmp_path / "built")) as site:
        answer = site.get("/")
        assert answer.status == 503
        assert "python -m web.page.build" in answer.json["detalle"]
        assert get(site, "/", Accept="application/json").status == 200
        assert site.get("/dispositivos").status == 200


# -- how it comes ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accepted", "encoding", "unpacked"),
    [
        *((each, "gzip", gzip.decompress) for each in ("gzip", "*", "GZIP , deflate", "gzip, br;q=0")),
        *((each, "br", brotli.decompress) for each in ("br", "gzip, deflate, br, zstd", "BR;q=0.1 , gzip")),
    ],
)
def test_who_can_unpack_gets_it_small(
    site: Site, accepted: str, encoding: str, unpacked: Callable[[bytes], bytes]
) -> None:
    """By Brotli, where the client knows it."""
    for _ in range(2):
        answer = get(site, "/pagina/style.css", Accept_Encoding=accepted)
        assert answer.headers["Content-Encoding"] == encoding
        assert unpacked(answer.body) == get(site, "/pagina/style.css").body
        assert len(answer.body) < 100


@pytest.mark.parametrize("accepted", ["", "br;q=0", "gzip;q=0", "gzip; q=0.00", "identity", "xgzip"])
def test_who_cannot_gets_it_plain(site: Site, accepted: str) -> None:
    answer = get(site, "/pagina/style.css", Accept_Encoding=accepted)
    assert "Content-Encoding" not in answer.headers
    assert answer.body.startswith(b"p {")


def test_a_file_is_compressed_once_however_many_ask() -> None:
    """Those who come while it is being made get what the first one is waiting for."""
    file = File.of("text/css", b"p { color: black; }\n" * 50)

    async def ask() -> list[Form]:
        return await asyncio.gather(*(file.for_whom("br") for _ in range(8)))

    with patch.object(brotli, "compress", wraps=brotli.compress) as compress:
        forms = asyncio.run(ask())
    assert [brotli.decompress(form.body) for form in forms] == [file.plain.body] * 8
    compress.assert_called_once()


def test_many_who_ask_at_once_get_the_same(site: Site) -> None:
    """Although the first of them has to wait until it is made."""
    with ThreadPoolExecutor(8) as clients:
        asked = [clients.submit(get, site, "/pagina/style.css", Accept_Encoding="br") for _ in range(8)]
        answers = [each.result() for each in asked]
    assert len({(answer.headers["Etag"], answer.body) for answer in answers}) == 1
    assert brotli.decompress(answers[0].body) == get(site, "/pagina/style.css").body


def test_what_gets_no_smaller_stays_as_it_is(tmp_path: Path) -> None:
    folder = furnish(tmp_path)
    (folder / "icons" / "noise.png").write_bytes(hashlib.shake_256(b"noise").digest(2_000))
    with Site(page=Page.read(folder)) as site:
        answer = get(site, "/pagina/icons/noise.png", Accept_Encoding="gzip, br")
        assert "Content-Encoding" not in answer.headers


@pytest.mark.parametrize("path", ["/", "/pagina/style.css"])
@pytest.mark.parametrize("encoding", ["br", "gzip", "identity"])
def test_what_a_browser_has_is_not_sent_again(site: Site, path: str, encoding: str) -> None:
    """It asks each time, and a 304 is without body; each form has a strong tag of its own."""
    whole = get(site, path, Accept_Encoding=encoding)
    tag = whole.headers["Etag"]
    assert whole.headers["Cache-Control"] == "no-cache"
    assert re.fullmatch(r'"[^"]+"', tag)
    assert "Accept-Encoding" in whole.headers["Vary"]
    again = get(site, path, Accept_Encoding=encoding, If_None_Match=f'"other", {tag}')
    assert (again.status, again.body) == (304, b"")
    assert again.headers["Etag"] == tag
    other = get(site, path, Accept_Encoding="identity" if encoding == "gzip" else "gzip", If_None_Match=tag)
    assert other.status == 200


def test_the_tag_goes_with_the_content(tmp_path: Path) -> None:
    one, two = (page_of(tmp_path / word, word).files for word in ("uno", "dos"))
    assert {name for name in one if one[name].plain.etag != two[name].plain.etag} == {
        "js/named.js",
        "shell.js",
    }


def test_head_tells_the_length(site: Site) -> None:
    answer = site.ask("HEAD", "/pagina/style.css")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["Content-Length"] == str(len(get(site, "/pagina/style.css").body))


# -- under which policy ----------------------------------------------------------------------------


def policy_of(headers: Mapping[str, str]) -> dict[str, list[str]]:
    directives = (each.split() for each in headers["Content-Security-Policy"].split(";"))
    return {name: values for name, *values in directives}


def test_only_our_own_scripts_may_run(site: Site) -> None:
    """No others' and no inline ones, and what they fetch is ours; the camera is for the page alone."""
    for path in ("/", "/pagina/sw.js"):
        headers = site.get(path).headers
        policy = policy_of(headers)
        assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == ["'none'"]
        assert policy["script-src"] == ["'self'"]
        assert policy["style-src"] == policy["connect-src"] == ["'self'"]
        assert not {
            value for values in policy.values() for value in values if "unsafe" in value or "//" in value
        }
        assert "camera=(self)" in headers["Permissions-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_the_page_too_is_served_under_our_names_alone(site: Site) -> None:
    for path in ("/", "/pagina/js/main.js"):
        assert get(site, path, Host="evil.example").status == 421


# -- what the service worker keeps -----------------------------------------------------------------


def shell_of(page: Page) -> dict[str, object]:
    text = page.files["shell.js"].plain.body.decode()
    told: dict[str, object] = json.loads(text.removeprefix("self.SHELL = ").removesuffix(";\n"))
    return told


def test_the_worker_may_have_the_whole_site(site: Site) -> None:
    assert site.get("/pagina/sw.js").headers["Service-Worker-Allowed"] == "/"
    assert "Service-Worker-Allowed" not in site.get("/pagina/js/main.js").headers


def test_the_shell_is_what_opens_the_page(site: Site, tmp_path: Path) -> None:
    """All of it is there, none of it is the worker's or the house's, and no file is left out."""
    files = shell_of(Page.read(tmp_path))["files"]
    assert isinstance(files, list)
    assert {site.get(path).status for path in files} == {200}
    assert {path for path in files if not path.startswith(PREFIX)} == {"/"}
    assert {"/pagina/js/main.js", "/pagina/js/named.js", "/pagina/icons/icon.svg"} < set(files)
    assert not {"/pagina/sw.js", "/pagina/shell.js"} & set(files)


def test_any_change_makes_another_version(tmp_path: Path) -> None:
    """Of content, of a name, of what there is; and the same page has the same."""
    folder = furnish(tmp_path)
    versions = [shell_of(Page.read(folder))["version"], shell_of(Page.read(folder))["version"]]
    assert versions[0] == versions[1]
    for change in (
        lambda: (folder / "style.css").write_text("p {}"),
        lambda: (folder / "style.css").rename(folder / "looks.css"),
        lambda: (folder / "looks.css").unlink(),
        lambda: (folder / "sw.js").write_text("// another"),
    ):
        change()
        versions.append(shell_of(Page.read(folder))["version"])
    assert len(set(versions)) == len(versions) - 1


# -- the page that comes with it -------------------------------------------------------------------

# In any of its forms.
IMPORTED = re.compile(r"""(?:[}*]\s*from|\bimport(?:[\s\w*]+\sfrom)?)\s*\(?\s*["']([^"']+)["']""")


def test_every_import_of_the_page_leads_somewhere() -> None:
    """To a file beside it, none of which is left to the network; and none to the one that awaits, nor to the
    one that runs beside the page, which names it by its whole path."""
    files = shipped().files
    scripts = {name: files[name].plain.body.decode() for name in files if name.startswith("js/")}
    wanted = {
        f"js/{target.removeprefix('./')}" for text in scripts.values() for target in IMPORTED.findall(text)
    }
    beside = "js/stream_worker.js"
    assert wanted == scripts.keys() - {"js/main.js", beside}
    assert any(f'"/pagina/{beside}"' in text for text in scripts.values())


# What a function that is not async cannot hold, once it is no module any more.
_WHICH_AWAIT = r"""
const { readFileSync } = require("node:fs");
for (const path of process.argv.slice(1)) {
  const text = readFileSync(path, "utf8");
  const plain = text.replace(/^(import\b|export {)[^;]*;$/gm, "").replace(/^export /gm, "");
  try {
    new Function(plain);
  } catch {
    console.log(path);
  }
}
"""


def test_no_module_awaits_but_the_one_that_nobody_imports() -> None:
    """WebKit may never run what imports one that does."""
    scripts = sorted(str(path) for path in (SOURCES / "js").rglob("*.js"))
    done = subprocess.run([node(), "-e", _WHICH_AWAIT, *scripts], capture_output=True, encoding="utf-8")
    assert (done.stdout.split(), done.stderr) == ([str(SOURCES / "js" / "main.js")], "")


def test_every_file_of_the_page_is_served() -> None:
    """None is of a kind unknown here, but for the word of what it was built of."""
    files = [path for path in BUILT.rglob("*") if path.is_file()]
    assert {path.name for path in files if path.suffix not in TYPES} == {".sources"}


def test_what_the_manifest_promises_is_there() -> None:
    """Icons in the sizes that they say, one of them for any shape; it begins at the page."""
    files = shipped().files
    manifest = json.loads(files["manifest.webmanifest"].plain.body)
    assert (manifest["start_url"], manifest["scope"], manifest["lang"]) == ("/", "/", "es")
    assert "maskable" in {icon.get("purpose") for icon in manifest["icons"]}
    for icon in manifest["icons"]:
        body = files[icon["src"].removeprefix(PREFIX)].plain.body
        if icon["type"] == "image/png":
            width, height = (int.from_bytes(body[at : at + 4]) for at in (16, 20))
            assert icon["sizes"] == f"{width}x{height}"
