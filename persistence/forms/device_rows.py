"""A device as a row of its table."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Final, NamedTuple

import orjson

from actors.domain.metrics import MetricChoice, Nature
from actors.domain.model import Device, Json
from actors.domain.orders import Orders
from actors.domain.rhythm import CLASSES, Rhythm
from actors.domain.sequences import Boot
from persistence.forms.rows import Row, held_object, json_object, json_text, json_texts

logger = logging.getLogger(__name__)


class DeviceRow(NamedTuple):
    """The columns of ``dispositivos``, as they are read: JSON as bytes, since it may be damaged."""

    id: int
    serial_number: str
    nombre: str
    tipo: str
    modelo: str
    descripcion: str
    estado: str
    parametros: bytes
    configuracion: bytes
    reclamado: int
    en_linea: int
    visto_en: float | None
    version: int
    registros: int
    arranques: bytes
    informado: bytes
    pedido: bytes
    codigo_sha256: str | None
    habitacion_id: int | None
    no_validas: bytes
    ordenes: bytes | None
    programado_en: float | None
    limites: bytes
    paciencia_s: int | None
    ritmo: bytes


DEVICE_COLUMNS: Final = DeviceRow._fields
_JSON_COLUMNS: Final = (
    *("parametros", "configuracion", "arranques", "informado", "pedido", "no_validas", "limites", "ritmo"),
)
_NATURES: Final[Mapping[Json, Nature]] = {nature.value: nature for nature in Nature}
# How a column is read where it is not just as it stands. Of a room that is gone its devices are in none.
_READ: Final = {
    **{name: f"CAST({name} AS BLOB)" for name in (*_JSON_COLUMNS, "ordenes")},
    "habitacion_id": "(SELECT id FROM habitaciones WHERE id = habitacion_id)",
}
DEVICES: Final = f"SELECT {', '.join(_READ.get(name, name) for name in DEVICE_COLUMNS)} FROM dispositivos"
"""For :func:`device_of`."""


def newcomer_row(serial: str) -> dict[str, Json]:
    """The row of a device never seen, without the id, which the database gives."""
    return dict(zip(DEVICE_COLUMNS[1:], device_row(Device(id=0, serial=serial))[1:], strict=True))


def device_row(device: Device) -> Row:
    """The device in the order of :data:`DEVICE_COLUMNS`."""
    return (
        device.id,
        device.serial,
        device.name,
        device.type,
        device.model,
        device.description,
        device.state,
        json_text(device.parameters),
        json_text(device.configuration),
        device.claimed,
        device.online,
        device.seen_at,
        device.version,
        device.reports,
        json_text({boot.name: _boot_json(boot) for boot in device.boots}),
        json_text(device.reported),
        json_text(sorted(device.asked)),
        device.code_digest,
        device.room,
        json_text(device.invalid) if device.invalid else "[]",
        None if device.orders is None else json_text(_orders_json(device.orders)),
        device.scheduled_at,
        json_text(_choices_json(device.limits)) if device.limits else "{}",
        device.patience,
        json_text(device.rhythm.counts),
    )


def device_of(columns: Row) -> Device:
    """From a row of :data:`DEVICES`: what is damaged counts as empty, with a warning."""
    row = DeviceRow(*columns)
    parameters, configuration = held_object(row.parametros), held_object(row.configuracion)
    boots, reported = _boots(row.arranques), held_object(row.informado)
    asked, invalid = json_texts(row.pedido), json_texts(row.no_validas)
    orders = None if row.ordenes is None else _orders(row.ordenes)
    limits, rhythm = _choices(row.limites), _rhythm(row.ritmo)
    found = (
        *(parameters, configuration, boots, reported, asked, invalid, limits, rhythm),
        row.ordenes is None or orders,
    )
    for column, value in zip((*_JSON_COLUMNS, "ordenes"), found, strict=True):
        if value is None:
            logger.warning("device_row_damaged serial=%s column=%s", row.serial_number, column)
    return Device(
        id=row.id,
        serial=row.serial_number,
        name=row.nombre,
        type=row.tipo,
        model=row.modelo,
        description=row.descripcion,
        state=row.estado,
        parameters=parameters or {},
        configuration=configuration or {},
        claimed=bool(row.reclamado),
        online=bool(row.en_linea),
        seen_at=row.visto_en,
        version=row.version,
        reports=row.registros,
        boots=boots or (),
        reported=reported or {},
        asked=frozenset(asked or ()),
        code_digest=row.codigo_sha256,
        room=row.habitacion_id,
        invalid=tuple(invalid or ()),
        orders=None if row.ordenes is None else orders or Orders(),
        scheduled_at=row.programado_en,
        limits=limits or {},
        patience=row.paciencia_s,
        rhythm=rhythm or Rhythm(),
    )


def _rhythm(text: bytes) -> Rhythm | None:
    """``None`` for what is no list of whole numbers from 0 on, or a longer one than any rhythm's."""
    try:
        counts = orjson.loads(text)
    except ValueError:
        return None
    if (
        isinstance(counts, list)
        and len(counts) <= CLASSES
        and all(type(count) is int and count >= 0 for count in counts)
    ):
        return Rhythm(tuple(counts))
    return None


def _choices_json(limits: Mapping[str, MetricChoice]) -> Json:
    return {
        name: {
            "min": choice.low,
            "max": choice.high,
            "silenciada": choice.muted,
            "naturaleza": None if choice.nature is None else choice.nature.value,
        }
        for name, choice in limits.items()
    }


def _choices(text: bytes) -> Mapping[str, MetricChoice] | None:
    """``None`` for what is no such object."""
    known = json_object(text)
    if known is None:
        return None
    try:
        return {name: _choice(each) for name, each in known.items()}
    except (TypeError, ValueError):
        return None


def _choice(value: Json) -> MetricChoice:
    """Raises :class:`ValueError`. A nature that only a newer version knows counts as none."""
    match value:
        case {"min": low, "max": high, "silenciada": bool(muted), "naturaleza": nature}:
            least, most = (None if bound is None else float(bound) for bound in (low, high))
            return MetricChoice(least, most, muted, _NATURES.get(nature))
    raise ValueError(value)


def _orders_json(orders: Orders) -> Json:
    return {
        "sin_enviar": sorted(orders.unsent),
        "sin_confirmar": sorted(orders.unconfirmed),
        "direccion": orders.address,
        **({"direccion_parada": orders.stop_address} if orders.stop_address else {}),
    }


def _orders(text: bytes) -> Orders | None:
    """``None`` for what is no such object. Without its address nothing is sent before somebody consents."""
    match json_object(text):
        case {"sin_enviar": [*unsent], "sin_confirmar": [*unconfirmed], "direccion": str(address), **rest}:
            if all(isinstance(name, str) for name in (*unsent, *unconfirmed)):
                stop = rest.get("direccion_parada")
                stop_address = stop if isinstance(stop, str) else ""
                return Orders(frozenset(unsent), frozenset(unconfirmed), address, stop_address)
    return None


def _boot_json(boot: Boot) -> Json:
    """Of one that nothing but its spans is known of they alone, as all were once written."""
    return (boot.spans, boot.firsts, boot.again) if boot.firsts or boot.again else boot.spans


def _boot_of(name: str, value: Json) -> Boot:
    match value:
        case [[*spans], [*firsts], int(again)]:
            return Boot(name, _pairs(spans), _pairs(firsts), again)
        case _:
            return Boot(name, _pairs(value))


def _pairs(values: Json) -> tuple[tuple[int, int], ...]:
    return tuple((first, last) for first, last in values)


def _boots(text: bytes) -> tuple[Boot, ...] | None:
    """``None`` for what is no object of lists of pairs of whole numbers."""
    known = json_object(text)
    if known is None:
        return None
    try:
        boots = tuple(_boot_of(name, value) for name, value in known.items())
    except (TypeError, ValueError):
        return None
    whole = all(
        isinstance(seq, int) for boot in boots for span in (*boot.spans, *boot.firsts) for seq in span
    )
    return boots if whole else None
