"""What people are told of a finding where they are: a title and a few lines, in their language."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final

from actors.domain.findings import SILENCED, Finding
from actors.domain.metrics import Hazard
from actors.domain.model import Json, JsonObject
from actors.domain.notices import Occurrence, Told
from web.texts.languages import Language

# What each event is called.
_TITLES: Final[Mapping[str, tuple[str, str]]] = {
    "ai_anomaly": ("{metric} de {value} en {where}", "{metric} of {value} at {where}"),
    "ai_offline": ("{where} no responde", "{where} does not respond"),
    "ai_back_online": ("{where} vuelve a responder", "{where} responds again"),
    "ai_misconfig": ("{where} se puede ajustar mejor", "{where} could be set up better"),
    "ai_suggest": ("Un horario para {where}", "A timetable for {where}"),
}
_OTHER: Final = ("Aviso de {where}", "Notice from {where}")
_OVER: Final = ("Ya pasó: {title}", "Over: {title}")
_SILENCED: Final = ("Ya no se avisa: {title}", "Told no more: {title}")
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
_REST: Final = ("Y {count} más", "And another {count}")
_MORE: Final = ("… y {n} más.", "… and {n} more.")
_AGAIN: Final = (
    "Quizá ya lo recibiste: el sistema se cerró mientras lo enviaba.",
    "You may have received this already: the system ended while sending it.",
)
_TRIAL: Final = (
    ("Prueba de los avisos de la casa", "Test of the house's notifications"),
    ("Si lees esto, los avisos llegan hasta aquí.", "If you can read this, notifications reach you here."),
)
_ALARMS: Final[Mapping[Hazard, tuple[str, str]]] = {
    Hazard.FIRE: ("¡Fuego! {where}", "Fire! {where}"),
    Hazard.SMOKE: ("¡Humo! {where}", "Smoke! {where}"),
    Hazard.CARBON_MONOXIDE: ("¡Monóxido de carbono! {where}", "Carbon monoxide! {where}"),
    Hazard.GAS: ("¡Gas! {where}", "Gas! {where}"),
    Hazard.WATER: ("¡Agua! {where}", "Water! {where}"),
    Hazard.GLASS: ("¡Cristal roto! {where}", "Glass broken! {where}"),
    Hazard.TAMPER: ("¡Manipulado! {where}", "Tampered with! {where}"),
    Hazard.BATTERY: ("Batería baja: {where}", "Battery low: {where}"),
    Hazard.OTHER: ("¡Alarma! {where}", "Alarm! {where}"),
}
_SAYS_SO: Final = ("Lo dice el propio aparato ({metric}).", "The device itself says so ({metric}).")
_COMES_AND_GOES: Final = ("Va y viene.", "It comes and goes.")
# By the name of the advice in the table, which people may edit.
_ADVICE: Final[Mapping[str, tuple[str, str]]] = {
    "lluvia": ("Llueve: {where} puede descansar", "It is raining: {where} can rest"),
    "helada": ("Va a helar: cuida {where}", "Frost is coming: look after {where}"),
    "sol": ("Pega el sol: {where} puede bajar", "The sun is strong: {where} could go down"),
    "viento": ("Viene viento fuerte: cuida {where}", "A strong wind is coming: look after {where}"),
}
_OTHER_ADVICE: Final = ("El tiempo aconseja algo para {where}", "The weather suggests something for {where}")
_WEATHER_OVER: Final = (
    "Pasó el mal tiempo: {where} puede volver a lo de antes",
    "The weather has passed: {where} can go back to what it was",
)
_MEASURES: Final[Mapping[str, tuple[str, str]]] = {
    "lluvia_mm": (
        "{value} mm de lluvia entre las 12 horas pasadas y las 12 próximas.",
        "{value} mm of rain over the past and the next 12 hours.",
    ),
    "temperatura": ("Fuera hay {value} °C.", "{value} °C outside."),
    "temperatura_minima": (
        "Mínima de {value} °C en las próximas 12 horas.",
        "As low as {value} °C in the next 12 hours.",
    ),
    "rafagas_kmh": (
        "Rachas de {value} km/h en las próximas 3 horas.",
        "Gusts of {value} km/h in the next 3 hours.",
    ),
    "radiacion_wm2": ("{value} W/m² de sol.", "{value} W/m² of sunshine."),
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
    "humo": ("Humo", "Smoke", "%"),
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
        lines = [_why(finding, tongue), self._when(occurrence, tongue)]
        title = _title(occurrence, tongue)
        if occurrence.kept.ends:  # of what was told to nobody while it lasted
            title = _over(finding, title, tongue)
        return Told(title, "\n".join(line for line in lines if line))

    def ended(self, occurrence: Occurrence, language: str) -> Told:
        tongue = _tongue(language)
        title = _over(occurrence.kept.finding, _title(occurrence, tongue), tongue)
        return Told(title, self._when(occurrence, tongue))

    def digest(self, lines: Sequence[str], left_out: int, language: str) -> Told:
        return _listed(_DIGEST, lines, left_out, _tongue(language))

    def rest(self, lines: Sequence[str], left_out: int, language: str) -> Told:
        return _listed(_REST, lines, left_out, _tongue(language))

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


def _listed(title: tuple[str, str], lines: Sequence[str], left_out: int, tongue: int) -> Told:
    total = len(lines) + left_out
    count = _COUNTS[tongue][total != 1].format(n=total)
    told = [f"· {line}" for line in lines]
    if left_out:
        told.append(_MORE[tongue].format(n=left_out))
    return Told(title[tongue].format(count=count), "\n".join(told))


def _over(finding: Finding, title: str, tongue: int) -> str:
    """What people have muted has not passed for that."""
    return (_SILENCED if finding.details.get(SILENCED) else _OVER)[tongue].format(title=title)


def _title(occurrence: Occurrence, tongue: int) -> str:
    finding = occurrence.kept.finding
    metric = _text(finding.details.get("metric"))
    return _titles(finding)[tongue].format(
        where=_where(occurrence),
        metric=_metric(metric, tongue),
        value=_value(finding.details.get("value"), metric, tongue),
    )


def _titles(finding: Finding) -> tuple[str, str]:
    """In both languages, with places for the device, the metric and its value."""
    details = finding.details
    match finding.event:
        case "ai_alarm":
            return _ALARMS[_hazard(details)]
        case "ai_weather" if details.get("fin"):
            return _WEATHER_OVER
        case "ai_weather":
            return _ADVICE.get(_text(details.get("consejo")), _OTHER_ADVICE)
        case "ai_offline" if details.get("inestable"):
            return _UNSTABLE
        case "ai_anomaly" if details.get("motivo") == "sensor":
            return _FAULTY
    return _TITLES.get(finding.event, _OTHER)


def _where(occurrence: Occurrence) -> str:
    name = occurrence.device_name
    if not name or name == _UNNAMED:
        name = occurrence.kept.finding.serial
    return f"{name} ({occurrence.room})" if occurrence.room else name


def _why(finding: Finding, tongue: int) -> str:
    """What would have been normal, who says so, or what weather there is, where that is known."""
    match finding.event:
        case "ai_alarm":
            metric = _metric(_text(finding.details.get("metric")), tongue)
            says_so = _SAYS_SO[tongue].format(metric=metric)
            comes_and_goes = finding.details.get("intermitente") is True
            return f"{says_so} {_COMES_AND_GOES[tongue]}" if comes_and_goes else says_so
        case "ai_weather":
            return _measured(finding.details.get("medidas"), tongue)
    return _normal(finding.details, tongue)


def _measured(measures: Json, tongue: int) -> str:
    if not isinstance(measures, Mapping):
        return ""
    known = [(words[tongue], measures[name]) for name, words in _MEASURES.items() if name in measures]
    return " ".join(words.format(value=_value(value, "", tongue)) for words, value in known)


def _normal(details: JsonObject, tongue: int) -> str:
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
