"""A River model out of a pickle that nobody has to trust.

A pipeline of a scaler and a logistic regression over ``hora``, ``minuto``, ``dia_semana`` and
``es_fin_semana``. Nothing that the pickle names is run: each type that such a pickle holds stands for
a record of what was stored, any other is refused, and the model is computed from its numbers.
"""

from __future__ import annotations

import collections
import io
import math
import pickle
import pickletools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from rules.learn.timetable import DAY


class BadModel(ValueError):
    """A pickle that is no such model. ``str()`` says why, in Spanish."""


class _Record:
    """Stands for an object of a River type: what it was made with and what was put into it."""

    def __init__(self, *arguments: Any) -> None:
        self.arguments = arguments
        self.fields: Mapping[str, Any] = {}

    def __setstate__(self, fields: Any) -> None:
        if not isinstance(fields, dict):
            raise BadModel("el modelo PKL no tiene la forma esperada")
        self.fields = fields


class _Pipeline(_Record): ...


class _Scaler(_Record): ...


class _Regression(_Record): ...


class _Weights(_Record): ...


_TYPES: Final[Mapping[tuple[str, str], type]] = {
    ("builtins", "float"): float,
    ("collections", "OrderedDict"): collections.OrderedDict,
    ("collections", "Counter"): collections.Counter,
    ("collections", "defaultdict"): collections.defaultdict,
    ("river.compose.pipeline", "Pipeline"): _Pipeline,
    ("river.preprocessing.scale", "StandardScaler"): _Scaler,
    ("river.linear_model.log_reg", "LogisticRegression"): _Regression,
    ("river._river_rust.vectordict", "VectorDict"): _Weights,
    ("river.optim.sgd", "SGD"): _Record,
    ("river.optim.schedulers", "Constant"): _Record,
    ("river.optim.losses", "Log"): _Record,
    ("river.optim.initializers", "Zeros"): _Record,
}

# What a damaged pickle of these types can end in.
_DAMAGE: Final = (
    pickle.UnpicklingError,
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    TypeError,
    ValueError,
)


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> type:
        try:
            return _TYPES[module, name]
        except KeyError:
            raise BadModel(f"el PKL nombra un tipo que no se admite: {module}.{name}"[:200]) from None


@dataclass(frozen=True, slots=True)
class _Term:
    """One feature's part in the logistic regression, after scaling."""

    mean: float
    deviation: float
    weight: float

    def of(self, value: float) -> float:
        return self.weight * (value - self.mean) / self.deviation if self.deviation else 0.0


@dataclass(frozen=True, slots=True)
class StoredModel:
    """A logistic regression over the time of the week."""

    intercept: float
    terms: Mapping[str, _Term]

    def probability(self, minute: int) -> float:
        """That it is on at this minute of the week."""
        features = _features(minute)
        odds = self.intercept + sum(term.of(features[name]) for name, term in self.terms.items())
        return 1 / (1 + math.exp(-max(-500.0, min(500.0, odds))))


def read_model(data: bytes) -> StoredModel:
    """Raises :class:`BadModel`."""
    try:
        scaler, regression = _steps(_loaded(data))
        means, variances = scaler.fields["means"], scaler.fields["vars"]
        weights = regression.fields["_weights"].arguments[0]
        terms = {
            name: _Term(_finite(means[name]), math.sqrt(_finite(variances[name])), _finite(weight))
            for name, weight in weights.items()
        }
        intercept = _finite(regression.fields["intercept"])
    except BadModel:
        raise
    except _DAMAGE as error:
        raise BadModel(f"el modelo PKL está dañado: {error}"[:200]) from None
    if strange := terms.keys() - _features(0).keys():
        raise BadModel(f"el modelo PKL usa un dato que no se conoce: {min(map(str, strange))!r:.40}")
    return StoredModel(intercept, terms)


def _loaded(data: bytes) -> Any:
    """What the pickle holds, as records."""
    for opcode, argument, _ in pickletools.genops(data):
        # Room would be made for as many objects as this number says.
        if opcode.name == "LONG_BINPUT" and isinstance(argument, int) and argument > len(data):
            raise BadModel("el modelo PKL está dañado")
    return _Unpickler(io.BytesIO(data)).load()


def _steps(model: Any) -> tuple[_Scaler, _Regression]:
    if isinstance(model, _Pipeline):
        match list(model.fields["steps"].values()):
            case [_Scaler() as scaler, _Regression() as regression]:
                return scaler, regression
    raise BadModel("el PKL no es un escalador seguido de una regresión logística de River")


def _finite(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise BadModel(f"el modelo PKL tiene un número que no lo es: {value!r:.40}")
    return value


def _features(minute: int) -> Mapping[str, float]:
    weekday, of_day = divmod(minute, DAY)
    return {
        "hora": of_day // 60,
        "minuto": of_day % 60,
        "dia_semana": weekday,
        "es_fin_semana": weekday >= 5,
    }
