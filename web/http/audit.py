"""What is written down of a request that has changed something: where, and which fields; no values."""

from __future__ import annotations

from typing import Final

from web.schemas.body import Object

# What says which device a body is about, where the path does not.
NAMING: Final = ("serial_number", "serial", "dispositivo_id")
LONGEST: Final = 300


def about_change(method: str, path: str, body: Object, concerning: str = "") -> str:
    """``PUT /dispositivos/3: configuracion.encendido, nombre``."""
    named = concerning or next((body[name] for name in NAMING if isinstance(body.get(name), str | int)), "")
    device = f" {named}" if named else ""
    fields = []
    for name, value in body.items():
        fields += [f"{name}.{inner}" for inner in value] if isinstance(value, dict) and value else [name]
    return f"{method} {path}{device}{': ' if fields else ''}{', '.join(sorted(fields))}"[:LONGEST]
