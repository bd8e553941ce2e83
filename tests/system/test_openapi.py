"""The description holds: schemathesis asks the running system for everything that it promises, and more.

To see what it does, run it by hand on a server with a token: ``schemathesis run $U/openapi.json``.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.brokers import Device, wait_until
from tests.system.backend import Installation, run_to_end
from tests.web.site import PATIENCE

pytestmark = pytest.mark.broker

HOOKS: Final = Path(__file__).with_name("openapi_hooks.py")
SPRINKLER: Final = "RGD0ABC123"
THERMOMETER: Final = "TMP0603IF1WD"
LAMP: Final = "LGT0AAAAAAAA"
# All checks, on what examples, limits and chance give, the same each time; of a stream its first event.
CONFIG: Final = """
hooks = {hooks}
max-stream-events = 1
request-timeout = 20
headers = {{ Authorization = "Bearer {token}" }}
checks = {{ enabled = true }}

[generation]
deterministic = true
database = "none"
max-examples = 10

[phases.coverage]
generate-duplicate-query-parameters = true
"""
# Beside other tests it takes 240 on two cores.
RUN_S: Final = 600


def on_the_console(home: Installation, *arguments: str) -> str:
    done = run_to_end(home.data.parent, *arguments, data_dir=home.data)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def token_of(home: Installation, person: str, role: str) -> str:
    on_the_console(home, "user", "add", person, "--role", role)
    return on_the_console(home, "token", "create", person, "prueba")


def furnish(home: Installation) -> None:
    """Two claimed devices that the rules have found something about, and a lamp that nobody has claimed."""
    with home.backend() as backend:
        with Device(backend.mqtt) as device:
            for serial in (SPRINKLER, THERMOMETER, LAMP):
                device.publish("dispositivos/estado", json.dumps({"serial_number": serial}))
            backend.until_known(SPRINKLER, THERMOMETER, LAMP)
            wrong = {"modo": "manual", "encendido": True, "intervalo_envio": 7200}
            backend.claim({"serial_number": SPRINKLER, "configuracion": wrong})
            backend.claim({"serial_number": THERMOMETER})
            too_hot = {"serial_number": THERMOMETER, "parametros": {"temperatura": 120.5}}
            device.publish("dispositivos/estado", json.dumps(too_hot))
            device.publish("dispositivos/estado", "refused")
        wait_until(lambda: backend.get("/ai/eventos")["total"] >= 2, PATIENCE)


@pytest.mark.timeout(RUN_S + 60)
def test_the_description_holds(plain_home: Installation, tmp_path: Path) -> None:
    """Nothing answers otherwise than described, good requests are taken and bad ones are not, nobody gets in
    without a token, what is deleted is gone, and nothing is logged as wrong.
    """
    furnish(plain_home)
    token_of(plain_home, "Bea", "miembro")
    token = token_of(plain_home, "Ana", "admin")
    config = tmp_path / "schemathesis.toml"
    config.write_text(CONFIG.format(hooks=json.dumps(str(HOOKS)), token=token))
    with plain_home.backend(auth_mode="tokens", trusted_proxies="127.0.0.1") as backend:
        where = f"http://127.0.0.1:{backend.http}/openapi.json"
        done = subprocess.run(
            [sys.executable, "-m", "schemathesis.cli", "--config-file", config, "run", where, "--no-color"],
            cwd=tmp_path,
            capture_output=True,
            encoding="utf-8",
            timeout=RUN_S,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert backend.said == []
