"""What people send of a device's metrics: bounds, whether one is muted, what it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from actors.domain.metrics import Nature
from actors.domain.model import MAX_CHOICES, Decided, Json, MetricChange
from web.schemas.body import Object
from web.schemas.validators import Body, Field, OneOf, OrNull, Real, Schema, Switch
from web.texts.faults import Fault
from web.texts.problem import Problem

LONGEST_METRIC: Final = 200
"""Characters of a metric's name."""

_LEVEL: Final = OrNull(Real(-1e15, 1e15))
LOW: Final = Field("min", _LEVEL, "Por debajo se avisa, diga lo que diga el historial.", 2.0)
HIGH: Final = Field("max", _LEVEL, "Por encima se avisa, diga lo que diga el historial.", 8.0)
MUTED: Final = Field("silenciada", OrNull(Switch()), "Si no se avisa de ella.", False)
NATURE: Final = Field("naturaleza", OrNull(OneOf(Nature)), "Qué es, si su nombre no lo dice.", "medida")


@dataclass(frozen=True, eq=False)
class ByMetric(Body):
    """An object of objects, by metric; ``null`` takes back what was decided of one, or of a part of it."""

    @property
    def schema(self) -> Schema:
        of_one: Schema = {**super().schema, "additionalProperties": False}
        return {
            "type": "object",
            "propertyNames": {"minLength": 1, "maxLength": LONGEST_METRIC},
            "maxProperties": MAX_CHOICES,
            "additionalProperties": {"anyOf": [of_one, {"type": "null"}]},
        }

    @property
    def example(self) -> Object:
        return {"temperatura": super().example}


LIMITS: Final = ByMetric((LOW, HIGH, MUTED, NATURE))
_EDITABLE: Final = tuple(field.name for field in LIMITS.fields)


def limits_of(body: Object) -> Mapping[str, MetricChange | None]:
    """What is to be changed, by metric; what a metric leaves out stays as it is."""
    return {name: _change(name, value) for name, value in body.items()}


def _change(metric: str, value: Json) -> MetricChange | None:
    if not 1 <= len(metric) <= LONGEST_METRIC:
        about = {"length": len(metric), "shortest": 1, "longest": LONGEST_METRIC}
        raise Problem(Fault.WRONG_LENGTH, field=f"{metric:.40}", **about)
    if value is None:
        return None
    if not isinstance(value, dict):
        raise Problem(Fault.NO_CHOICE, field=metric, editable=", ".join(_EDITABLE))
    if unknown := sorted(value.keys() - {*_EDITABLE}):
        names = ", ".join(f"{metric}.{name}" for name in unknown)
        raise Problem(Fault.UNKNOWN_NAMES, names=names, editable=", ".join(_EDITABLE))
    return MetricChange(*(_decided(field, value, metric) for field in LIMITS.fields))


def _decided(field: Field[Any], value: Object, metric: str) -> Decided[Any] | None:
    if field.name not in value:
        return None
    return Decided(field.shape.read(value[field.name], f"{metric}.{field.name}"))
