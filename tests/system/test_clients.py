"""Clients that generators make of the description: they list, claim, switch and read a log."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from shutil import copy
from typing import Any, Final

import pytest

from tests.brokers import Device, wait_until
from tests.system.backend import Backend, Installation
from tests.web.site import PATIENCE

pytestmark = pytest.mark.broker

NPM: Final = Path(__file__).parents[2] / "node_modules" / ".bin"
PROGRAM: Final = Path(__file__).with_name("client.ts")
# Nothing of it asks the network, as what tidies up would; and what a certificate is, only browsers know.
CONFIG: Final = "post_hooks: []\ncontent_type_overrides: {application/x-x509-ca-cert: text/plain}\n"
STRICT: Final = ("--strict", "--noUncheckedIndexedAccess", "--target", "es2022", "--module", "es2022")
LAMP: Final = "LGT0AAAAAAAA"
# A generator takes 2 where nothing else runs.
GENERATED_S: Final = 60


@pytest.fixture
def backend(plain_home: Installation) -> Iterator[Backend]:
    """With a lamp that nobody has claimed and that has told how bright it is."""
    with plain_home.backend() as running:
        with Device(running.mqtt) as lamp:
            told = {"serial_number": LAMP, "estado": "inactivo", "parametros": {"brillo": 40}}
            lamp.publish("dispositivos/estado", json.dumps(told))
        wait_until(lambda: running.logged(LAMP) == 1, PATIENCE)
        yield running


@pytest.fixture
def description(backend: Backend, tmp_path: Path) -> Path:
    path = tmp_path / "openapi.json"
    path.write_bytes(backend.ask("GET", "/openapi.json").body)
    return path


def printed(*command: object) -> str:
    """All that it says, both ways; it must succeed. Node may be the environment's."""
    path = os.pathsep.join([os.environ["PATH"], str(Path(sys.executable).parent)])
    done = subprocess.run(
        [*map(str, command)],
        env={**os.environ, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=GENERATED_S,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture
def client(description: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The name of the package that openapi-python-client makes, without a word of what it leaves out."""
    (settings := description.with_name("settings.yaml")).write_text(CONFIG)
    package = description.with_name("generated_house")
    generate = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none"]
    said = printed(*generate, "--path", description, "--config", settings, "--output-path", package)
    assert said.strip() == f"Generating {package}"
    monkeypatch.syspath_prepend(package.parent)
    yield package.name
    for name in [name for name in sys.modules if name.partition(".")[0] == package.name]:
        del sys.modules[name]


def test_no_call_and_no_body_is_left_out(client: str, description: Path) -> None:
    """Each operation is a function, and takes what the description has it take."""
    for operations in json.loads(description.read_bytes())["paths"].values():
        for operation in operations.values():
            name = f"{client}.api.{operation['tags'][0]}.{operation['operationId']}"
            takes = importlib.import_module(name).sync_detailed.__annotations__
            assert ("body" in takes) is ("requestBody" in operation), name


def test_a_python_client_does_what_an_app_does(client: str, backend: Backend) -> None:
    """Every answer comes as its own type."""

    def module(name: str) -> Any:
        return importlib.import_module(f"{client}.{name}")

    models, calls = module("models"), "api.dispositivos"
    with module("client").Client(f"http://127.0.0.1:{backend.http}", timeout=PATIENCE) as house:
        [lamp] = module(f"{calls}.get_dispositivos").sync(client=house, reclamado=False)
        assert (lamp.serial_number, lamp.parametros["brillo"]) == (LAMP, 40)
        claim = models.PostDispositivosReclamarBodyType0(LAMP, nombre="Lámpara")
        claimed = module(f"{calls}.post_dispositivos_reclamar").sync(client=house, body=claim)
        assert isinstance(claimed, models.Hecho)
        assert claimed.id == lamp.id
        now = module(f"{calls}.get_dispositivos_id").sync(lamp.id, client=house)
        assert (now.nombre, now.reclamado) == ("Lámpara", True)
        switch = module(f"{calls}.put_dispositivos_id").sync
        on = models.PutDispositivosIdBody(configuracion=models.Configuracion(encendido=True))
        switched = switch(lamp.id, client=house, body=on, if_match=f'"{now.edicion}"')
        assert isinstance(switched, models.Dispositivo)
        assert switched.configuracion["encendido"] is True
        late = switch(lamp.id, client=house, body=on, if_match=f'"{now.edicion}"')
        assert isinstance(late, models.Cambiado)
        assert (late.codigo.value, late.dispositivo.edicion) == ("stale_edition", switched.edicion)
        log = module(f"{calls}.get_dispositivos_id_logs").sync(lamp.id, client=house)
        assert [entry.parametros["brillo"] for entry in log.data] == [40]


def test_a_typescript_client_does_what_an_app_does(backend: Backend, description: Path) -> None:
    """Its types and what is written with them hold to the strictest; it does what it says when it runs."""
    here = description.parent
    said = printed(NPM / "openapi-typescript", description, "--output", here / "api.ts")
    assert "⚠" not in said
    assert "rror" not in said
    printed(NPM / "tsc", *STRICT, copy(PROGRAM, here))
    (here / "package.json").write_text('{"type": "module"}')
    house = f"http://127.0.0.1:{backend.http}"
    was_there, name, configuration, total, newest = json.loads(
        printed("node", here / "client.js", house, LAMP)
    )
    assert (was_there, name, total, newest) == (True, "Lámpara", 1, {"brillo": 40})
    assert configuration == {
        "modo": "manual",
        "encendido": True,
        "brillo": [40, {"de": "noche"}],
        "horarios": [{"dias": ["todos"], "inicio": "22:30", "fin": "06:00"}],
    }
