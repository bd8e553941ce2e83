"""What the check of types finds: calls that the server does not serve, fields that it does not send."""

from __future__ import annotations

import json
from pathlib import Path

from tests.page.node import SCRIPTS
from tests.page.types import TOP, faults, make_types

# One a line; what is wrong in it, if anything is.
LINES = {
    'const a = (await get("/dispositivos")).map(({ nombre }) => nombre.length);': "",
    "const b = (await get(`/dispositivos/${a[0]}/limites`)).data;": "",
    "const c = (await get(`/ai/eventos?rule=${a}&per_page=1`)).data[0].decision;": "",
    "await put(`/dispositivos/${a[0]}`, { nombre: 'Luz' }, 'edition');": "",
    "await remove(`/habitaciones/${a[0]}`);": "",
    'const d = (await get("/dispositivos")).map(({ name }) => name);': "name",
    'await get("/dispositivo");': "never",
    "await get(`/dispositivos/${a[0]}/informes`);": "never",
    "await remove(`/ai/eventos/${a[0]}/aplicar`);": "never",
    "await put(`/habitaciones/${a[0]}`, { name: 'Cocina' });": "name",
    "const e = (await get(`/dispositivos/${a[0]}`)).en_linea.length;": "length",
    "for (const room of rooms.value) room.devices.length;": "devices",
    "if (me.value) me.value.role;": "role",
}


def test_what_does_not_fit_the_description_is_found(tmp_path: Path) -> None:
    """Calls, bodies, answers and what the page keeps of them, each by a line; and nothing else."""
    make_types()
    api, house = (json.dumps(f"{SCRIPTS.as_posix()}/{name}.js") for name in ("api", "house"))
    first = f"import {{ get, put, remove }} from {api}; import {{ me, rooms }} from {house};"
    (tmp_path / "lines.js").write_text("\n".join([first, *LINES]), "utf-8")
    config = {"extends": str(TOP / "tsconfig.json"), "include": ["*.js"]}
    (tmp_path / "tsconfig.json").write_text(json.dumps(config), "utf-8")
    found = dict.fromkeys(LINES, "")
    for line in faults(tmp_path).splitlines():
        place, _, fault = line.partition(": error ")
        if fault:
            assert "/lines.js(" in place, line
            found[list(LINES)[int(place.rpartition("(")[2].partition(",")[0]) - 2]] += fault
    assert {line: wrong in found[line] for line, wrong in LINES.items()} == dict.fromkeys(LINES, True)
    assert {line for line in LINES if found[line]} == {line for line, wrong in LINES.items() if wrong}
