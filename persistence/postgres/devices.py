"""How a device is read from PostgreSQL, and of which types its columns are."""

from __future__ import annotations

from typing import Final

from persistence.forms.device_rows import DEVICE_COLUMNS

_JSON: Final = (
    *("parametros", "configuracion", "arranques", "informado", "pedido", "no_validas", "ordenes"),
    *("limites", "ritmo"),
)
_TYPES: Final = {
    **dict.fromkeys(("id", "version", "registros", "habitacion_id", "paciencia_s"), "bigint"),
    **dict.fromkeys(("reclamado", "en_linea"), "boolean"),
    **dict.fromkeys(("visto_en", "programado_en"), "float8"),
}
DEVICE_TYPES: Final = tuple(_TYPES.get(name, "text") for name in DEVICE_COLUMNS)
# How a column is read where it is not just as it stands. Of a room that is gone its devices are in none.
_READ: Final = {
    **{name: f"convert_to({name}, 'UTF8')" for name in _JSON},
    "habitacion_id": "(SELECT h.id FROM habitaciones AS h WHERE h.id = d.habitacion_id)",
}
_CELLS: Final = ", ".join(f"{_READ.get(name, name)} AS {name}" for name in DEVICE_COLUMNS)
DEVICES: Final = f"SELECT {_CELLS} FROM dispositivos AS d"
"""For :func:`persistence.forms.device_rows.device_of`."""
