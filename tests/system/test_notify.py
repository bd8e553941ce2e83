"""The console's trial of the channels: whether messages reach people, the system running or not."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from tests.notifier.receivers import http_receiver
from tests.system.backend import Installation, surroundings
from tests.system.forked import Forked
from tests.web.site import PATIENCE

pytestmark = pytest.mark.broker

TAKEN = "El servicio lo ha aceptado."


class Ended(NamedTuple):
    stdout: str
    stderr: str
    returncode: int | None


def tried(directory: Path, *arguments: str) -> Ended:
    settings = surroundings(data_dir=directory / "instance")
    process = Forked(directory, ("notify", "--test", *arguments), settings)
    return Ended(*process.communicate(PATIENCE), process.poll())


def test_each_channel_says_whether_it_has_taken_a_test(tmp_path: Path) -> None:
    with http_receiver() as hook, http_receiver(status=500) as refuses:
        with Installation(tmp_path).backend() as backend:
            given = {"nombre": "Gancho", "url": f"json://ana:clave-secreta@{hook.address}/tema-secreto"}
            assert backend.ask("POST", "/notificaciones/canales", given).status == 201
            while_it_runs = tried(tmp_path)
            assert (while_it_runs.returncode, while_it_runs.stderr) == (0, "")
            assert while_it_runs.stdout == f"la casa: Gancho (JSON): {TAKEN}\n"
            assert hook.next().json["title"] == "Prueba de los avisos de la casa"
            given = {"nombre": "Otro", "url": f"json://{refuses.address}/tema-secreto"}
            assert backend.ask("POST", "/notificaciones/canales", given).status == 201
        failed = tried(tmp_path, "la casa")
        assert failed.returncode == 2
        first, second = failed.stdout.splitlines()
        assert first == while_it_runs.stdout.rstrip()
        assert second.startswith("la casa: Otro (JSON): El servicio no lo ha aceptado")
        assert "500" in second
        assert failed.stderr == "run_system.py: 1 de 2 canales no han aceptado la prueba.\n"
        assert "secret" not in failed.stdout + failed.stderr
        assert hook.next().path == "/tema-secreto"


def test_who_has_no_channel_or_is_nobody_is_told_so(tmp_path: Path) -> None:
    """In one line, with exit status 2."""
    nothing, nobody = tried(tmp_path), tried(tmp_path, "Ana")
    assert (nothing.returncode, nothing.stdout) == (2, "")
    assert nothing.stderr == (
        "run_system.py: No hay ningún canal; se añaden en la página, en Casa, Notificaciones.\n"
    )
    assert (nobody.returncode, nobody.stderr) == (2, "run_system.py: No hay nadie que se llame Ana.\n")
