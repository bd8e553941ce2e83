"""What people are told of a finding where they are: a title and a few lines, in their language."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final

from actors.domain.metrics import Hazard
from actors.domain.model import Json, JsonObject
from actors.domain.notices import Occurrence, Told
from web.texts.languages import Language

# What each event is called.
_TITLES: Final[Mapping[str, tuple[str, str]]] = {
    "ai_anomaly": ("{metric} de {value} en {where}", "{metric} of {value} at {where}"),
    "ai_alarm": ("¡{hazard}! {where}", "{hazard}! {where}"),
    "ai_offline": ("{where} no responde", "{where} does not respond"),
    "ai_back_online": ("{where} vuelve a responder", "{where} responds again"),
    "ai_misconfig": ("{where} se puede ajustar mejor", "{where} could be set up better"),
    "ai_suggest": ("Un horario para {where}", "A timetable for {where}"),
}
_OTHER: Final = ("Aviso de {where}", "Notice from {where}")
_OVER: Final = ("Ya pasó: {title}", "Over: {title}")
_UNSTABLE: Final = ("{where} pierde la conexión a menudo", "{where} loses its connection often")
_FAULTY: Final = (
    "El sensor de {where} parece averiado ({metric})",
    "The sensor of {where} seems faulty ({metric})",
)
_NORMAL: Final = ("Lo normal es {range}.", "Normal is {range}.")
_RANGE: Final = ("de {low} a {high}", "{low} to {high}")
_AT_LEAST: Final = ("{low} o más", "{low} or more")
_AT_MOST: Final = ("{high} o menos", "{high} or less")
_SINCE: Final = ("Desde el {since}.", "Since {since}.")
_FROM_TO: Final = ("Del {since} al {until}.", "From {since} to {until}.")
_AT: Final = ("El {since}.", "On {since}.")
_DIGEST: Final = ("Resumen de la casa: {count}", "The house in short: {count}")
_COUNTS: Final = (("1 aviso", "{n} avisos"), ("1 notice", "{n} notices"))
_MORE: Final = ("… y {n} más.", "… and {n} more.")
_AGAIN: Final = (
    "Quizá ya lo recibiste: el sistema se cerró mientras lo enviaba.",
    "You may have received this already: the system ended while sending it.",
)
_TRIAL: Final = (
    ("Prueba de los avisos de la casa", "Test of the house's notifications"),
    ("Si lees esto, los avisos llegan hasta aquí.", "If you can read this, notifications reach you here."),
)
_HAZARDS: Final[Mapping[Hazard, tuple[str, str]]] = {
    Hazard.FIRE: ("Fuego", "Fire"),
    Hazard.SMOKE: ("Humo", "Smoke"),
    Hazard.CARBON_MONOXIDE: ("Monóxido de carbono", "Carbon monoxide"),
    Hazard.GAS: ("Gas", "Gas"),
    Hazard.WATER: ("Fuga de agua", "Water leak"),
    Hazard.GLASS: ("Rotura de cristal", "Glass breaking"),
    Hazard.TAMPER: ("Sabotaje", "Tampering"),
    Hazard.BATTERY: ("Batería baja", "Battery low"),
    Hazard.OTHER: ("Alarma", "Alarm"),
}
# By the last part of a metric's name: what it is called, and its unit.
_METRICS: Final[Mapping[str, tuple[str, str, str]]] = {
    "temperatura": ("Temperatura", "Temperature", "°C"),
    "temp": ("Temperatura", "Temperature", "°C"),
    "temperature": ("Temperatura", "Temperature", "°C"),
    "humedad": ("Humedad", "Humidity", "%"),
    "humidity": ("Humedad", "Humidity", "%"),
    "humedad_suelo": ("Humedad del suelo", "Soil moisture", "%"),
    "bateria": ("Batería", "Battery", "%"),
    "battery": ("Batería", "Battery", "%"),
    "caudal_lpm": ("Caudal", "Flow", "l/min"),
    "consumo_w": ("Consumo", "Consumption", "W"),
    "energia_kwh": ("Energía", "Energy", "kWh"),
    "luz_lux": ("Luz", "Light", "lx"),
    "lux": ("Luz", "Light", "lx"),
    "co2_ppm": ("CO₂", "CO₂", "ppm"),
    "co2": ("CO₂", "CO₂", "ppm"),
    "db": ("Ruido", "Noise", "dB"),
    "humo": ("Humo", "Smoke", ""),
    "flujo_kbps": ("Vídeo", "Video", "kbit/s"),
    "rssi": ("Señal", "Signal", "dBm"),
}
_UNNAMED: Final = "No definido"
_LONGEST: Final = 60


@dataclass(frozen=True, slots=True)
class NoticeWords:
    """Implements :class:`actors.domain.notices.NoticeWords`. Times are those on a wall in ``zone``."""

    zone: tzinfo

    def begun(self, occurrence: Occurrence, language: str) -> Told:
        finding, tongue = occurrence.kept.finding, _tongue(language)
        lines = [_why(finding.details, tongue), self._when(occurrence, tongue)]
        return Told(_title(occurrence, tongue), "\n".join(line for line in lines if line))

    def ended(self, occurrence: Occurrence, language: str) -> Told:
        tongue = _tongue(language)
        title = _OVER[tongue].format(title=_title(occurrence, tongue))
        return Told(title, self._when(occurrence, tongue))

    def digest(self, lines: Sequence[str], left_out: int, language: str) -> Told:
        tongue, total = _tongue(language), len(lines) + left_out
        count = _COUNTS[tongue][total != 1].format(n=total)
        told = [f"· {line}" for line in lines]
        if left_out:
            told.append(_MORE[tongue].format(n=left_out))
        return Told(_DIGEST[tongue].format(count=count), "\n".join(told))

    def trial(self, language: str) -> Told:
        return Told(*(words[_tongue(language)] for words in _TRIAL))

    def perhaps_again(self, text: str, language: str) -> str:
        return f"{text}\n{_AGAIN[_tongue(language)]}"

    def _when(self, occurrence: Occurrence, tongue: int) -> str:
        finding = occurrence.kept.finding
        episode = finding.episode
        if episode is None:
            return _AT[tongue].format(since=self._moment(finding.at, tongue))
        since = self._moment(episode.since, tongue)
        if episode.until is None:
            return _SINCE[tongue].format(since=since)
        return _FROM_TO[tongue].format(since=since, until=self._moment(episode.until, tongue))

    def _moment(self, at: float, tongue: int) -> str:
        local = datetime.fromtimestamp(at, self.zone)
        return (
            f"{local.day}/{local.month} a las {local:%H:%M}"
            if tongue == 0
            else f"{local:%d %b} at {local:%H:%M}"
        )


def _tongue(language: str) -> int:
    """Which of two: in all tables Spanish stands first."""
    return 1 if language == Language.ENGLISH.value else 0


def _title(occurrence: Occurrence, tongue: int) -> str:
    finding = occurrence.kept.finding
    details = finding.details
    title = _TITLES.get(finding.event, _OTHER)[tongue]
    if finding.event == "ai_offline" and details.get("inestable"):
        title = _UNSTABLE[tongue]
    if finding.event == "ai_anomaly" and details.get("motivo") == "sensor":
        title = _FAULTY[tongue]
    metric = _text(details.get("metric"))
    return title.format(
        where=_where(occurrence),
        metric=_metric(metric, tongue),
        value=_value(details.get("value"), metric, tongue),
        hazard=_HAZARDS[_hazard(details)][tongue],
    )


def _where(occurrence: Occurrence) -> str:
    name = occurrence.device_name
    if not name or name == _UNNAMED:
        name = occurrence.kept.finding.serial
    return f"{name} ({occurrence.room})" if occurrence.room else name


def _why(details: JsonObject, tongue: int) -> str:
    """What would have been normal, where that is known."""
    bounds, metric = details.get("bounds"), _text(details.get("metric"))
    if not isinstance(bounds, Mapping):
        return ""
    low, high = (_value(bounds.get(name), metric, tongue) for name in ("min", "max"))
    form = _RANGE if low and high else _AT_LEAST if low else _AT_MOST if high else None
    return "" if form is None else _NORMAL[tongue].format(range=form[tongue].format(low=low, high=high))


def _hazard(details: JsonObject) -> Hazard:
    try:
        return Hazard(details.get("peligro"))
    except ValueError:
        return Hazard.OTHER


def _metric(metric: str, tongue: int) -> str:
    last = metric.rsplit(".", 1)[-1]
    if last in _METRICS:
        return _METRICS[last][tongue]
    return last.replace("_", " ")[:_LONGEST].capitalize()


def _value(value: Json, metric: str, tongue: int) -> str:
    """ "23,4 °C"; "" where there is none."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        return "" if value is None else _text(value)
    number = f"{value:.4g}" if abs(value) < 1e4 else f"{value:.0f}"
    if tongue == 0:
        number = number.replace(".", ",")
    unit = _METRICS.get(metric.rsplit(".", 1)[-1], ("", "", ""))[2]
    return f"{number} {unit}".strip()


def _text(value: Json) -> str:
    return str(value)[:_LONGEST] if isinstance(value, str | int | float) else ""
