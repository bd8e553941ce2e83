"""What a metric is, which decides how it may be judged; by the name and the unit that it is told in.

Boards are written by many people, so names are taken apart: ``waterLeak``, ``fuga_agua`` and
``sensor.water-leak`` say the same. What no name says has to be learned from the values.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Final

from actors.domain.readings import switch_of
from actors.domain.units import UNITS


class Nature(Enum):
    """The value is its name on the wire."""

    GAUGE = "medida"
    """A quantity that goes up and down: its level is judged."""
    COUNTER = "contador"
    """Only rises, but for resets: its rate is judged."""
    STATE = "estado"
    """One of a few values, on or off, a word: no level at all."""
    ALARM = "alarma"
    """A :class:`Hazard` is there or not."""
    IDENTIFIER = "identificador"
    """A name, a version, a point in time: nothing is to be concluded from it."""


class Hazard(Enum):
    """What an alarm is about. The value is its name on the wire."""

    FIRE = "fuego"
    SMOKE = "humo"
    CARBON_MONOXIDE = "co"
    GAS = "gas"
    WATER = "agua"
    GLASS = "vidrio"
    TAMPER = "sabotaje"
    BATTERY = "bateria"
    OTHER = "alarma"
    """Something that is called an alarm, and no more is said."""


@dataclass(frozen=True, slots=True)
class MetricChoice:
    """What people have decided of one metric of a device; ``None`` where they have not."""

    low: float | None = None
    high: float | None = None
    """A reading beyond these is told, whatever was learned; both in the metric's own unit."""
    muted: bool = False
    """Nothing is told of it."""
    nature: Nature | None = None

    @property
    def parts(self) -> tuple[float | str | None, ...]:
        """All of it, as JSON takes it."""
        return (self.low, self.high, self.muted, None if self.nature is None else self.nature.value)


UNDECIDED: Final = MetricChoice()


class Source(Enum):
    """Who says what a metric is. The value is its name on the wire."""

    PERSON = "persona"
    DECLARED = "declarada"
    """Its name or its unit."""
    LEARNED = "aprendida"
    """Its readings."""


def _of(words: str) -> frozenset[str]:
    return frozenset(words.split())


# -- words -----------------------------------------------------------------------------------------

_PART: Final = re.compile(r"(?:\\.|[^\\.])+")
# A digit right behind letters belongs to them: co2, pm25.
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])[0-9]*|[A-Z]?[a-z]+[0-9]*|[0-9]+|[°%µ]")
# A part of a name that says nothing without the part before it: "smoke.value".
_EMPTY_WORDS: Final = _of(
    "value valor state estado status reading lectura current actual now alarm alarma active activo activa "
    "detected detectado detectada triggered disparada disparado"
)


@lru_cache(maxsize=4_096)
def words_in(name: str) -> tuple[str, ...]:
    """The words of a metric's name, or of any text, in small letters without accents or numbers behind.

    Of a nested name those of the last part, and of the parts before it as far as it says nothing by itself.
    """
    found: tuple[str, ...] = ()
    for part in reversed(_PART.findall(name)):
        found = (*_words(part), *found)
        if not _EMPTY_WORDS.issuperset(found):
            break
    return found


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text)
    letters = "".join(each for each in plain if not unicodedata.combining(each))
    return [_unnumbered(word.lower()) for word in _WORD.findall(letters) if not word.isdigit()]


def _unnumbered(word: str) -> str:
    """``temp1`` is a ``temp``; ``co2`` is no ``co``."""
    return word if word in _NUMBERED else word.rstrip("0123456789")


_NUMBERED: Final = _of("co2 eco2 no2 so2 o3 nh3 h2 ch4 m3 pm1 pm2 pm4 pm10 pm25 sha1 md5 sha256 ds18b20")

# -- hazards ---------------------------------------------------------------------------------------

_HAZARDS: Final[Mapping[str, Hazard]] = {
    **dict.fromkeys(_of("fire incendio fuego flame llama llamas"), Hazard.FIRE),
    **dict.fromkeys(_of("smoke humo humos"), Hazard.SMOKE),
    **dict.fromkeys(_of("co monoxide monoxido"), Hazard.CARBON_MONOXIDE),
    **dict.fromkeys(_of("gas methane metano lpg glp butane butano propane propano"), Hazard.GAS),
    **dict.fromkeys(_of("leak leakage waterleak flood flooded flooding"), Hazard.WATER),
    **dict.fromkeys(_of("fuga inundacion inundado inundada"), Hazard.WATER),
    **dict.fromkeys(_of("glass glassbreak vidrio cristal"), Hazard.GLASS),
    **dict.fromkeys(
        _of("tamper tampered tampering sabotaje antisabotaje manipulado manipulacion"), Hazard.TAMPER
    ),
    **dict.fromkeys(_of("danger peligro safety sos panic panico intrusion intruder intruso"), Hazard.OTHER),
}
_BATTERY: Final = _of("battery bateria batt bat pila pilas lowbat lowbatt lowbattery")
_LOW: Final = _of("low baja bajo critical critica lowbat lowbatt lowbattery")
# A hazard only with one of these beside it: there is water in every tank.
_IF_FOUND: Final = _of("water agua moisture humedad rain lluvia")
_FOUND: Final = _of("alarm alarma detected detectado detectada detection deteccion")
# All that a name may say that is only called an alarm: neither its volume nor its being armed is one.
_ALARM: Final = _of("alarm alarma alarms alarmas")
_ALARM_WORDS: Final = _ALARM | _EMPTY_WORDS | _of("on sounding sonando")
# With these it is about the hazard, and not the hazard: how much of it, what is set, or its opposite.
_ABOUT: Final = _of(
    "level nivel density densidad concentration concentracion ppm ppb percent porcentaje raw adc mv "
    "voltage tension resistance resistencia intensity intensidad index indice m3 m l kwh threshold umbral "
    "limit limite sensitivity sensibilidad enabled enable habilitado habilitada armed mode modo time hora "
    "tiempo at last ultimo ultima count cuenta duration duracion delay retardo volume volumen melody "
    "melodia supported version type tipo config led interval intervalo test prueba mute muted silence "
    "silenciar silenciado silenciada temperature temperatura temp meter consumo consumption flow caudal "
    "valve valvula pump bomba heater price precio no sin clear ok normal free safe limpio co2 total clock "
    "reloj settings contador counter medidor pulsos pulses"
)


@lru_cache(maxsize=4_096)
def hazard_of(name: str) -> Hazard | None:
    """What a metric of this name warns of, where its values say so (:func:`alarm_of`)."""
    words = frozenset(words_in(name))
    if words & _ABOUT:
        return None
    if words & _BATTERY:
        return Hazard.BATTERY if words & _LOW else None
    if (known := next((_HAZARDS[word] for word in words_in(name) if word in _HAZARDS), None)) is not None:
        if known is Hazard.WATER and (gases := words & _HAZARDS.keys() - {"fuga", "leak", "leakage"}):
            return _HAZARDS[min(gases)]
        return known
    if words & _IF_FOUND:
        return Hazard.WATER if words & _FOUND else None
    last = {word for part in _PART.findall(name)[-1:] for word in _words(part)}
    return Hazard.OTHER if last & _ALARM and last <= _ALARM_WORDS else None


_CHARGE_WORDS: Final = _BATTERY | _of(
    "level nivel percent percentage porcentaje pct remaining restante charge carga soc value valor"
)


@lru_cache(maxsize=4_096)
def is_charge(name: str) -> bool:
    """Whether a metric of this name tells how much a battery has left, of which 100 is all."""
    words = frozenset(words_in(name))
    return not words.isdisjoint(_BATTERY) and words <= _CHARGE_WORDS and words.isdisjoint(_LOW)


_ALARMED: Final = _of(
    "alarm alarma alarmed alarming detected detectado detectada fire fuego incendio smoke humo gas leak "
    "leaking fuga flood flooded inundacion inundado inundada wet mojado mojada triggered disparado "
    "disparada critical critico critica emergency emergencia danger peligro tampered manipulado "
    "manipulada sabotaje broken roto rota mild heavy sos panic panico warning aviso"
)
_AT_REST: Final = _of(
    "no not sin none ninguno ninguna clear ok normal dry seco seca idle reposo safe bien closed "
    "undetected disarmed armed"
)
_CHARGED: Final = _of("full high medium good llena alta media buena cargada")
_TESTED: Final = _of("test testing prueba")


def alarm_of(value: object, hazard: Hazard = Hazard.OTHER) -> bool | None:
    """Whether it says that there is alarm: truth, 1, a word for on, or one such as "detectado" or "fire".

    ``None`` where it says neither: any other number, and what is written as 1.0, is a level, which no
    alarm's name turns into an alarm.
    """
    if type(value) is float:
        return None
    told = switch_of(value)
    if told is not None or type(value) is not str:
        return told
    words = frozenset(_words(value))
    if words & _TESTED:
        return None
    if hazard is Hazard.BATTERY and words & (_LOW | _CHARGED):
        return bool(words & _LOW)
    if words & _AT_REST:
        return False
    return True if words & _ALARMED else None


def unit_of(name: str) -> str:
    """The unit of a metric by its name alone; empty where none is known."""
    parts = _PART.findall(name)
    return UNITS.get(parts[-1], "") if parts else ""


# -- natures ---------------------------------------------------------------------------------------

_IDENTIFIERS: Final = _of(
    "id uid uuid guid serial serie mac bssid ssid ip ipv4 ipv6 host hostname version firmware fw build "
    "sha1 md5 sha256 code codigo card tarjeta tag model modelo name nombre timestamp epoch fecha date "
    "datetime latitude longitude latitud longitud lat lon seen visto url token"
)
_COUNTERS: Final = _of(
    "energy energia counter contador count cuenta recuento pulses pulsos odometer uptime encendidos "
    "restarts reinicios reboots kwh litros liters litres acumulado acumulada"
)
# In these a counter's word tells of a span that is over, or of what comes and goes.
_OVER: Final = _of(
    "ayer yesterday guardada stored people personas occupants devices dispositivos clients clientes "
    "atras regresiva"
)
# What a meter tells beside what it has counted, where only its own name says that it counts.
_METERS: Final = _of("counter contador energy energia")
_BESIDE: Final = _of(
    "power potencia watts voltage voltaje volt tension corriente amps caudal frecuencia frequency "
    "temperature temperatura temp rssi snr lqi signal senal"
)
_COUNTED_UNITS: Final = _of("Wh kWh MWh m³ m3 varh kvarh VAh kVAh Ah pulses pulsos")
_VOLUMES: Final = frozenset({"m3"})
_FLOWS: Final = _of("h caudal flow min ug mg")
_STATES: Final = _of(
    "encendido on output relay rele switch interruptor abierta abierto open opening door puerta window "
    "ventana contact contacto lock bloqueada bloqueado cerradura movimiento motion occupancy ocupacion "
    "presencia presence vibracion vibration mode modo state estado status program programa efecto effect "
    "grabando recording conectado connected problema problem running marcha action accion boton button "
    "online"
)
_GAUGES: Final = _of(
    "temperatura temperature temp humedad humidity hum moisture presion pressure lux luz illuminance "
    "light co2 eco2 pm1 pm2 pm4 pm10 pm25 voc tvoc nox no2 o3 ppm ppb aqi db ruido noise power potencia "
    "consumo watts voltage tension volt voltaje current corriente amps rssi snr lqi linkquality signal "
    "senal calidad quality bateria battery batt brillo brightness posicion position velocidad speed "
    "viento wind frecuencia frequency factor distancia distance peso weight caudal flow level nivel "
    "setpoint consigna objetivo target uv index indice density densidad concentration concentracion humo "
    "smoke kbps load carga"
)
_GAUGED_UNITS: Final = _of(
    "°C °F K % hPa Pa kPa mbar bar psi mmHg lx lux ppm ppb µg/m³ mg/m³ dB dBA dBm W kW VA var V mV A mA "
    "Hz m/s km/h cm m kg g l/min L/min m³/h lqi ° pH µS/cm bpm rpm kbit/s kbps ms"
)


def nature_of(
    choice: MetricChoice, name: str, unit: str, learned: Nature | None
) -> tuple[Nature, Source] | None:
    """What a metric is, and who says so; ``None`` while nobody does.

    A person stands above its name, and that above its readings; but what is called as an alarm is, and
    tells levels, is a gauge.
    """
    if choice.nature is not None:
        return choice.nature, Source.PERSON
    declared = declared_nature(name, unit)
    if declared is not None and not (declared is Nature.ALARM and learned is Nature.GAUGE):
        return declared, Source.DECLARED
    return None if learned is None else (learned, Source.LEARNED)


@lru_cache(maxsize=4_096)
def declared_nature(name: str, unit: str = "") -> Nature | None:
    """What a metric is by its name (:func:`actors.domain.readings.metric_name`) and unit; ``None`` where
    they do not tell.

    One that is called as an alarm is, and tells a level, is a gauge: see :func:`alarm_of`.
    """
    words = frozenset(words_in(name))
    if not unit and hazard_of(name) is not None:
        return Nature.ALARM
    if unit in _GAUGED_UNITS:
        return Nature.GAUGE
    counting = words & _COUNTERS
    beside = unit not in _COUNTED_UNITS and counting and counting <= _METERS and words & _BESIDE
    if words & _OVER or beside:
        return Nature.GAUGE
    if unit in _COUNTED_UNITS or counting or (words & _VOLUMES and not words & _FLOWS):
        return Nature.COUNTER
    if words & _IDENTIFIERS:
        return Nature.IDENTIFIER
    # "temperatura_puerta" is a temperature.
    if words & _GAUGES:
        return Nature.GAUGE
    if words & _STATES:
        return Nature.STATE
    return Nature.COUNTER if words & {"total"} else None
