"""The real system on a real PostgreSQL: what was acknowledged is there after whatever ends."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.brokers import PATIENCE, Device, wait_until
from tests.postgres import PostgresServer
from tests.system.backend import Installation, Process, surroundings

SERIAL = "TMP0603IF1WD"


@pytest.fixture
def postgres() -> Iterator[PostgresServer]:
    server = PostgresServer()
    yield server
    server.close()


@pytest.mark.broker
@pytest.mark.database
def test_a_house_on_a_server_survives_its_own_end_and_the_servers(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    """A report becomes a row; a claim outlives both processes; backups and a second system are refused."""
    home = Installation(tmp_path, database_url=postgres.url())
    with home.backend() as backend, Device(backend.mqtt) as device:
        assert "otra instancia" in refused(home, postgres, "run")
        device.publish(f"dispositivos/{SERIAL}/estado", report(1))
        backend.until_known(SERIAL)
        backend.claim({"serial_number": SERIAL, "nombre": "Salón"})
        rows = postgres.execute("SELECT n, seq FROM estado_log")
        assert rows == [["1", "1"]]
        assert backend.ask("GET", "/copias").status == 409
        assert backend.ask("POST", "/copias").status == 409
        postgres.kill()
        device.publish(f"dispositivos/{SERIAL}/estado", report(2))
        backend.until_health_is(503)
        postgres.start()
        wait_until(lambda: backend.logged(SERIAL) == 2, PATIENCE)
        backend.until_health_is(200)
    with home.backend() as backend:
        assert backend.devices()[SERIAL]["nombre"] == "Salón"
        assert backend.logged(SERIAL) == 2
    assert not (home.data / "iot.db").exists()
    assert "pg_dump" in refused(home, postgres, "backup")
    assert "pg_restore" in refused(home, postgres, "restore")


@pytest.mark.broker
def test_the_start_says_on_which_server_the_house_lies(
    tmp_path: Path, shared_postgres: PostgresServer, database_url: str
) -> None:
    """And never by which password."""
    url = database_url.replace("iot@", "iot:secreto@")
    with Process(
        tmp_path, "run", database_url=url, data_dir=tmp_path, backend_port=0, mqtt_broker_port=0
    ) as run:
        said = [run.line() for _ in range(6)]
    name = shared_postgres.execute(
        "SELECT current_database()", database_url.rpartition("@/")[2].partition("?")[0]
    )
    where = f"{name[0][0]}@{shared_postgres.folder}:{shared_postgres.port}"
    assert f"  Datos {where}, en PostgreSQL; lo demás, en {tmp_path}" in said
    assert "secreto" not in "".join(said)


def report(seq: int) -> str:
    told = f'"parametros": {{"temperatura": {20 + seq}}}, "boot": "b", "seq": {seq}'
    return f'{{"serial_number": "{SERIAL}", "estado": "activo", {told}}}'


def refused(home: Installation, postgres: PostgresServer, command: str) -> str:
    """The one line by which it is, and no warning that a connection was left open."""
    said = subprocess.run(
        [sys.executable, "run_system.py", command],
        cwd=Path(__file__).parents[2],
        env=surroundings(database_url=postgres.url(), data_dir=home.data, backend_port=0, mqtt_broker_port=0),
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 2
    [line] = said.stderr.splitlines()
    return line
