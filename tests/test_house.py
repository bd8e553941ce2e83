"""The rooms' borders, read from the imports, and the house rules that the other tools do not know."""

import ast
import configparser
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cached_property
from operator import attrgetter
from pathlib import Path

import pytest

HOUSE = Path(__file__).parent.parent

# What every room of ours may know: the domain, the runtime, and the actors' words and wants.
SHARED = ("actors.domain", "actors.runtime", "actors.messages", "actors.ports")

# A line a room, innermost first: what it may import beside itself, which stands above it.
MAY_IMPORT = {
    "actors.domain": (),
    "rules.base": ("actors.domain",),
    "config": ("rules.base", "actors.domain"),
    "actors.runtime": ("actors.domain",),
    "actors.messages": ("actors.domain",),
    "actors.ports": ("actors.domain", "actors.messages"),
    "actors.cluster": ("actors.domain",),
    "actors.context": SHARED,
    "actors": ("actors.context", *SHARED),
    "actors.mqtt.topics": (),
    "actors.mqtt.protocol": SHARED,
    "actors.mqtt.broker": ("actors.mqtt.topics", "actors.mqtt.protocol", *SHARED),
    "actors.mqtt.dialects": ("actors.mqtt.topics", "actors.domain"),
    "actors.mqtt.dialects.home_assistant": ("actors.mqtt.dialects", "actors.mqtt.topics", "actors.domain"),
    "actors.mqtt.dialects.registry": ("actors.mqtt.dialects", "actors.mqtt.dialects.home_assistant"),
    "actors.mqtt": (
        *("actors.mqtt.topics", "actors.mqtt.protocol", "actors.mqtt.broker", "actors.mqtt.dialects"),
        *("actors.mqtt.dialects.registry", "actors.context", "config", *SHARED),
    ),
    "actors.weather": ("actors.context", *SHARED),
    "actors.notifier": SHARED,
    "actors.system": (
        *("actors", "actors.context", "actors.mqtt", "actors.notifier", "actors.weather", "config"),
        *SHARED,
    ),
    "actors.simulator": ("actors.mqtt.protocol", "actors.domain", "actors.runtime"),
    "actors.command_line": ("actors.mqtt.broker", "actors.mqtt", "actors.simulator", "config", *SHARED),
    "rules.extremes": ("rules.base", "actors.domain"),
    "rules.learn": ("rules.base", "actors.domain"),
    "rules": ("rules.base", "rules.extremes", "rules.learn", "actors.domain"),
    "persistence.forms": ("actors.domain",),
    "persistence.storage": ("persistence.forms", *SHARED),
    "persistence.database": ("persistence.forms", "persistence.storage", *SHARED),
    "persistence.writer": ("persistence.forms", "persistence.storage", "persistence.database", *SHARED),
    "persistence.readers": ("persistence.forms", "persistence.storage", "persistence.database", *SHARED),
    "persistence.backup": (
        *("persistence.forms", "persistence.storage", "persistence.database"),
        *("actors.domain", "actors.runtime"),
    ),
    "persistence.maintenance": (
        *("persistence.forms", "persistence.storage", "persistence.database", "persistence.writer"),
        *("persistence.readers", "persistence.backup"),
        *SHARED,
    ),
    "persistence.accounts": ("persistence.storage", "persistence.database", "actors.domain"),
    "persistence.postgres": (
        *("persistence.forms", "persistence.storage", "persistence.accounts"),
        *("actors.cluster", *SHARED),
    ),
    "persistence": (
        *("persistence.forms", "persistence.storage", "persistence.database", "persistence.writer"),
        *("persistence.readers", "persistence.backup"),
        *("persistence.maintenance", "persistence.accounts", "persistence.postgres"),
        *("rules", "rules.base", "rules.learn"),
        *("actors.simulator", "config", *SHARED),
    ),
    "web.texts": ("actors.domain",),
    "web.schemas": ("web.texts", "config", *SHARED),
    "web.identity": ("config", "actors.runtime"),
    "web.security": ("web.texts", "web.identity", "config", "actors.domain", "actors.runtime"),
    "web.live": ("web.schemas", *SHARED),
    "web.http": ("web.texts", "web.schemas", "web.security", "web.live", "config", *SHARED),
    "web.routes": ("web.texts", "web.schemas", "web.security", "web.live", "web.http", "config", *SHARED),
    "web.export": ("web.texts", "web.schemas", "web.http", "web.routes", "actors.domain"),
    "web.page": ("web.texts", "web.schemas", "web.http", "actors.domain"),
    "web": (
        *("web.texts", "web.schemas", "web.identity", "web.security", "web.live", "web.http"),
        *("web.routes", "web.export", "web.page", "config", *SHARED),
    ),
}
# The innermost rooms, and the libraries that they may have beside the standard one.
LIBRARIES = {"config": (), "actors.domain": ("orjson",), "actors.messages": (), "actors.ports": ()}

# Who alone may import what. The time is asked in one place, so that a test can put its own there; the
# embedded broker is a real process, which takes real time whatever a test's clock says.
KEPT_TO = {
    "tornado": ("web",),
    "sqlite_utils": ("persistence",),
    "sqlite3": ("persistence",),
    "psycopg": ("persistence.postgres",),
    "river": ("rules",),
    "jinja2": ("actors.mqtt.dialects.home_assistant",),
    "paho": ("actors.mqtt", "actors.simulator"),
    "cryptography": ("web", "actors.notifier"),
    "apprise": ("actors.notifier",),
    "http_ece": ("actors.notifier",),
    "py_vapid": ("actors.notifier",),
    "zeroconf": ("web",),
    "ifaddr": ("web",),
    "argon2": ("web",),
    "prometheus_client": ("web",),
    "urllib.request": ("actors.weather", "web.page.fetch"),
    "pykka._actor": ("actors.runtime.dispatch",),
    "pykka._envelope": ("actors.runtime.dispatch",),
    "time": ("actors.runtime.clock", "actors.mqtt.broker.child"),
}

# What does I/O, waits, or asks the time or chance: none of it for a rule.
IMPURE_MODULES = ("asyncio", "importlib.resources", "logging", "os", "random", "socket", "time")
IMPURE_CALLS = ("input", "now", "open", "print", "read_bytes", "read_text", "today", "utcnow", "write_text")

SLEEPS = ("asyncio.sleep", "gen.sleep", "sleep", "time.sleep", "tornado.gen.sleep")

MODULE = attrgetter("module")


@dataclass(frozen=True)
class Source:
    """One Python file: its dotted name, and its text."""

    module: str
    text: str
    is_package: bool = False

    @classmethod
    def of(cls, path: Path) -> "Source":
        parts = path.relative_to(HOUSE).with_suffix("").parts
        name = ".".join(part for part in parts if part != "__init__")
        return cls(name, path.read_text("utf-8"), path.name == "__init__.py")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    def imports(self) -> set[str]:
        """Everything imported, wherever it stands in the file, down to the names taken."""
        found = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                # A relative import keeps its dots and so belongs to no room.
                base = "." * node.level + (node.module or "")
                found |= {f"{base}.{alias.name}" for alias in node.names}
        return found

    def calls(self) -> set[str]:
        """Everything called, as written."""
        return {ast.unparse(call.func) for call in calls_in(self.tree)}


def calls_in(tree: ast.AST) -> list[ast.Call]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def within(name: str, outer: str) -> bool:
    return name == outer or name.startswith(f"{outer}.")


def room_of(name: str) -> str:
    """The innermost room that a dotted name lies in."""
    return max((room for room in MAY_IMPORT if within(name, room)), key=len, default="")


def is_ours(name: str) -> bool:
    return (HOUSE / name.split(".")[0]).is_dir() or (HOUSE / f"{name.split('.')[0]}.py").is_file()


# -- what breaks a rule --------------------------------------------------------------------------


def outward_imports(source: Source) -> set[str]:
    """Imports that point the wrong way."""
    room = room_of(source.module)
    allowed = {room, *MAY_IMPORT[room]}
    return {
        name
        for name in source.imports()
        if name.startswith(".") or (is_ours(name) and room_of(name) not in allowed)
    }


def foreign_imports(source: Source) -> set[str]:
    """Imports from outside the standard library where there must be none."""
    libraries = LIBRARIES.get(room_of(source.module))
    if libraries is None:
        return set()
    return {
        name
        for name in source.imports()
        if not is_ours(name) and name.split(".")[0] not in {*sys.stdlib_module_names, *libraries}
    }


def strayed_imports(source: Source) -> set[str]:
    """Imports of what is kept to another room."""
    return {
        name
        for name in source.imports()
        for library, rooms in KEPT_TO.items()
        if within(name, library) and not any(within(source.module, room) for room in rooms)
    }


def impurities(source: Source) -> set[str]:
    """Imports and calls by which a rule would do I/O or ask the time."""
    imported = {name for name in source.imports() for module in IMPURE_MODULES if within(name, module)}
    return imported | {call for call in source.calls() if call.split(".")[-1] in IMPURE_CALLS}


def swallowed_errors(source: Source) -> set[int]:
    """Lines of handlers for every exception that neither log it with its traceback nor raise.

    Logged means a call of some ``.exception(...)``, one with an ``exc_info`` that is not literally
    false, or one of ``sys.exc_info()``, which hands the error on whole. It may stand in the handler
    or in a function of the same file that the handler calls. That the handler stands at a thread's
    border is for a reader to see.
    """
    functions = {node.name: node for node in ast.walk(source.tree) if isinstance(node, ast.FunctionDef)}
    return {
        node.lineno
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ExceptHandler) and _catches_all(node) and not _tells(node, functions)
    }


def _catches_all(handler: ast.ExceptHandler) -> bool:
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or ast.unparse(kind) in ("Exception", "BaseException") for kind in caught)


def _tells(handler: ast.ExceptHandler, functions: Mapping[str, ast.FunctionDef]) -> bool:
    calls = calls_in(handler)
    called = {ast.unparse(call.func).split(".")[-1] for call in calls}
    for name in called & functions.keys():
        calls += calls_in(functions[name])
    return any(isinstance(node, ast.Raise) for node in ast.walk(handler)) or any(map(_logs_traceback, calls))


def _logs_traceback(call: ast.Call) -> bool:
    said = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
    called = ast.unparse(call.func)
    return (
        called.endswith(".exception")
        or called == "sys.exc_info"
        or said.get("exc_info", "None") not in ("False", "None")
    )


# -- the house -----------------------------------------------------------------------------------


def sources(*places: str) -> list[Source]:
    files = [path for place in places for path in (HOUSE / place).rglob("*.py")]
    return [Source.of(path) for path in sorted(files)]


ROOMS = [*sources("actors", "persistence", "rules", "web"), Source.of(HOUSE / "config.py")]
EVERYTHING = [*ROOMS, Source.of(HOUSE / "run_system.py")]
# A benchmark paces its load by the clock; a test waits for what it wants to see.
TESTS = [source for source in sources("tests") if not within(source.module, "tests.bench")]


@pytest.mark.parametrize("source", ROOMS, ids=MODULE)
def test_imports_point_inwards(source: Source) -> None:
    """A room imports only what the table lists beside it, and the innermost the standard library alone."""
    assert outward_imports(source) == set()
    assert foreign_imports(source) == set()


@pytest.mark.parametrize("source", ROOMS, ids=MODULE)
def test_libraries_keep_to_their_room(source: Source) -> None:
    """The web server, the database, the learner, the MQTT client and the clock are each one room's affair."""
    assert strayed_imports(source) == set()


def test_a_start_loads_nothing_that_few_or_none_need() -> None:
    """Apprise waits for somebody's channel, psycopg and nats for more than one machine. Nobody needs numpy,
    of 10 MiB: it only lies there, for River.
    """
    start = [sys.executable, "-c", "import run_system, sys; print(*sys.modules)"]
    loaded = subprocess.run(start, cwd=HOUSE, check=True, capture_output=True, text=True).stdout.split()
    assert "sqlite_utils.db" in loaded
    assert {"apprise", "nats", "numpy", "psycopg", "scipy"}.isdisjoint(loaded)


@pytest.mark.parametrize("source", sources("rules"), ids=MODULE)
def test_rules_are_pure(source: Source) -> None:
    """A rule does no I/O and asks neither the time nor chance."""
    assert impurities(source) == set()


@pytest.mark.parametrize("source", sources("actors/mqtt/dialects"), ids=MODULE)
def test_dialects_are_pure(source: Source) -> None:
    """A dialect says what messages mean: it does no I/O and asks neither the time nor chance."""
    assert impurities(source) == set()


@pytest.mark.parametrize("source", sources("actors/domain"), ids=MODULE)
def test_the_domain_is_pure(source: Source) -> None:
    """The domain does no I/O but to log, and asks neither the time nor chance."""
    assert impurities(source) <= {"logging"}


@pytest.mark.parametrize("source", EVERYTHING, ids=MODULE)
def test_no_error_is_swallowed(source: Source) -> None:
    """Who catches every exception logs its traceback or raises."""
    assert swallowed_errors(source) == set()


@pytest.mark.parametrize("source", TESTS, ids=MODULE)
def test_no_test_sleeps(source: Source) -> None:
    """A test waits for an event or moves the fake clock."""
    assert source.calls().isdisjoint(SLEEPS)


def test_the_table_has_no_circle() -> None:
    """A line names only what stands above it."""
    rooms = list(MAY_IMPORT)
    for number, room in enumerate(rooms):
        assert set(MAY_IMPORT[room]) <= set(rooms[:number]), room


def test_every_folder_is_a_room() -> None:
    """Each has its line in the table, and says what it is for."""
    folders = [each for each in sources("actors", "persistence", "rules", "web") if each.is_package]
    assert {each.module for each in folders} <= set(MAY_IMPORT)
    assert all(ast.get_docstring(each.tree) and len(each.tree.body) == 1 for each in folders)


def test_every_room_is_read() -> None:
    """The table names no room that is not there, and every module of the package is read."""
    modules = {source.module for source in ROOMS}
    assert set(MAY_IMPORT) <= modules
    assert all(room_of(module) for module in modules)


# -- the readers themselves ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("actors.device", "import web.live.hub"),
        ("actors.device", "from actors.mqtt import bridge"),
        ("actors.device", "from actors.mqtt.bridge import Bridge"),
        ("actors.device", "def f():\n    from rules.offline import Offline"),
        ("actors.device", "from . import model"),
        ("actors.domain.model", "from actors import messages"),
        ("actors.messages", "from actors.ports import Clock"),
        ("actors.mqtt.bridge", "from actors.directory import Directory"),
        ("rules.extremes.rule", "from config import Settings"),
        ("web.app", "from actors.mqtt.bridge import Bridge"),
        ("web.app", "import persistence"),
        ("persistence.writer.actor", "from web.live.hub import EventHub"),
        ("rules.offline", "from actors.device import DeviceActor"),
    ],
)
def test_outward_import_is_found(module: str, text: str) -> None:
    """Every way to write a wrong import is seen."""
    assert outward_imports(Source(module, text))


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("actors.device", "from actors.domain.model import Device\nimport pykka"),
        ("actors.mqtt.bridge", "from actors.mqtt.protocol.payloads import read\nimport actors.runtime.clock"),
        ("rules.offline", "from actors.domain.model import Device\nfrom rules.base.tables import Table"),
        ("web.app", "from actors.domain.schedule import check\nfrom web.live.hub import EventHub"),
    ],
)
def test_inward_import_is_let_be(module: str, text: str) -> None:
    """Imports that the table allows, and those of libraries, are no fault."""
    assert not outward_imports(Source(module, text))


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("actors.device", "import tornado.web"),
        ("actors.directory", "from paho.mqtt.client import Client"),
        ("actors.directory", "from pykka._actor import ActorInbox"),
        ("web.app", "import sqlite3"),
        ("web.app", "from time import time"),
        ("persistence.writer.store", "import river"),
    ],
)
def test_strayed_import_is_found(module: str, text: str) -> None:
    """A library in another room than its own is seen."""
    assert strayed_imports(Source(module, text))


def test_foreign_import_is_found() -> None:
    """A library in the innermost room is seen, and the standard library is not taken for one."""
    assert foreign_imports(Source("actors.domain.model", "import json, orjson, pykka")) == {"pykka"}


@pytest.mark.parametrize(
    "text",
    ["import os.path", "from time import monotonic", "open('x')", "datetime.now()", "Path('x').read_text()"],
)
def test_impurity_is_found(text: str) -> None:
    """I/O and the time of day are seen in a rule."""
    assert impurities(Source("rules.offline", text))


@pytest.mark.parametrize(
    ("handler", "swallows"),
    [
        ("except Exception:\n    pass", True),
        ("except:\n    pass", True),
        ("except (OSError, BaseException) as error:\n    print(error)", True),
        ("except Exception:\n    logger.error('x')", True),
        ("except Exception:\n    logger.error('x', exc_info=False)", True),
        ("except Exception:\n    logger.exception('x')", False),
        ("except Exception:\n    if loud:\n        logger.error('x', exc_info=True)", False),
        ("except BaseException:\n    undo()\n    raise", False),
        ("except BaseException:\n    self.die()\ndef die(self):\n    fail(*sys.exc_info())", False),
        ("except BaseException:\n    self.die()\ndef die(self):\n    fail()", True),
        ("except OSError:\n    pass", False),
    ],
)
def test_swallowed_error_is_found(handler: str, swallows: bool) -> None:
    """A handler for everything is seen when it keeps what it caught to itself."""
    assert bool(swallowed_errors(Source("x", f"try:\n    f()\n{handler}"))) is swallows


@pytest.mark.parametrize("text", ["time.sleep(1)", "async def f():\n    await asyncio.sleep(0)", "sleep(1)"])
def test_sleep_is_found(text: str) -> None:
    """A sleep is seen however it is imported."""
    assert not Source("tests.x", text).calls().isdisjoint(SLEEPS)


def test_the_package_has_every_room() -> None:
    """A folder that it lacks is missed by nobody who runs it where the project lies."""
    declared = configparser.ConfigParser()
    declared.read(HOUSE / "setup.cfg")
    wanted = declared["options.packages.find"]["include"].split()
    folders = {source.module.rpartition(".")[0] for source in ROOMS if not source.is_package} - {""}
    assert folders <= {source.module for source in ROOMS if source.is_package}
    assert all(any(fnmatch(folder, each) for each in wanted) for folder in folders)
