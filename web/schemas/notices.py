"""What people may ask of their notifications, and how that is answered."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

from actors.domain.findings import Severity
from actors.domain.json_values import Json
from actors.domain.notices import Channel, Notice, Preferences, QuietHours, Recipient, Subscription
from actors.domain.rule_events import EVENTS
from web.schemas.answers import ChannelJson, NoticeJson, NotificationsJson, QuietJson
from web.schemas.serializers import iso
from web.schemas.validators import (
    Body,
    Field,
    Given,
    Line,
    ListOf,
    Name,
    OneOf,
    OneWord,
    OrNull,
    Schema,
    Switch,
    Whole,
)
from web.texts.faults import Fault
from web.texts.languages import Language
from web.texts.problem import Problem

_TIME: Final = "([01][0-9]|2[0-3]):([0-5][0-9])"
# Longer than any address of a service, or a browser's.
_LONGEST_ADDRESS: Final = 2_000


class AtOnce(Enum):
    """From which severity on something is told at once."""

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"
    NOTHING = "ninguna"

    @property
    def severity(self) -> Severity | None:
        return None if self is AtOnce.NOTHING else Severity(self.value)


@dataclass(frozen=True, slots=True)
class TimeOfDay:
    """ "HH:MM", as minutes since midnight."""

    @property
    def schema(self) -> Schema:
        return {"type": "string", "maxLength": 5, "pattern": f"^{_TIME}$"}

    def read(self, value: Json, name: str) -> int:
        match = re.fullmatch(_TIME, value) if isinstance(value, str) and value.isascii() else None
        if match is None:
            raise Problem(Fault.NO_TIME_OF_DAY, field=name)
        return int(match[1]) * 60 + int(match[2])


@dataclass(frozen=True, slots=True)
class Between:
    """From one time of day to another one, perhaps past midnight."""

    @property
    def schema(self) -> Schema:
        time: Json = dict(TimeOfDay().schema)
        return {
            "type": "object",
            "properties": {"desde": time, "hasta": time},
            "required": ["desde", "hasta"],
        }

    def read(self, value: Json, name: str) -> QuietHours:
        if not isinstance(value, dict):
            raise Problem(Fault.NO_TIME_OF_DAY, field=f"{name}.desde")
        start, end = (TimeOfDay().read(value.get(each), f"{name}.{each}") for each in ("desde", "hasta"))
        if start == end:
            raise Problem(Fault.NO_TIME_BETWEEN, field=name)
        return QuietHours(start, end)


AT_ONCE: Final = Field("gravedad", OneOf(AtOnce), "Desde qué gravedad se avisa en el acto.", "medium")
ENDS: Final = Field("fin", Switch(), "Si también se avisa de que algo ha terminado.", True)
LANGUAGE: Final = Field("idioma", OneOf(Language), "En qué idioma.", "es")
ROOMS: Final = Field(
    "habitaciones",
    OrNull(ListOf(Whole(2**53))),
    "Solo lo de estas, y lo crítico; null es de cualquier sitio.",
    [1, 2],
)
RULES: Final = Field(
    "reglas",
    OrNull(ListOf(OneWord(tuple(EVENTS)))),
    "Solo lo que concluyen estas, y lo crítico; null son todas.",
    ["extremos", "offline"],
)
QUIET: Final = Field(
    "silencio",
    OrNull(Between()),
    "Horas en que solo se avisa de lo crítico; lo demás, a su fin.",
    {"desde": "22:30", "hasta": "07:30"},
)
DIGEST: Final = Field(
    "resumen", OrNull(TimeOfDay()), "A qué hora se cuenta, en un solo mensaje, lo que no se avisó.", "08:00"
)
PREFERENCES: Final = Body(
    (AT_ONCE, ENDS, LANGUAGE, ROOMS, RULES, QUIET, DIGEST), needs=((AT_ONCE, ENDS, LANGUAGE),)
)
CHANNEL_NAME: Final = Field("nombre", Name(60), "Cómo llamarlo.", "Mi correo")
ADDRESS: Final = Field(
    "url",
    Line(_LONGEST_ADDRESS),
    "Del servicio, como la escribe Apprise; no se vuelve a mostrar.",
    "ntfy://mi-tema",
)
ENDPOINT: Final = Field(
    "endpoint",
    Line(_LONGEST_ADDRESS),
    "Los tres, de PushSubscription.",
    "https://fcm.googleapis.com/fcm/send/…",
)
P256DH: Final = Field("p256dh", Line(200), "En base64url.", "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcx")
AUTH: Final = Field("auth", Line(100), "En base64url.", "BTBZMqHH6r4Tts7J_aSIgg")
SERVICE: Final = Body((CHANNEL_NAME, ADDRESS), needs=((CHANNEL_NAME, ADDRESS),))
_SUBSCRIPTION: Final = (ENDPOINT, P256DH, AUTH)
SUBSCRIPTION: Final = Body(_SUBSCRIPTION, needs=(_SUBSCRIPTION,))
BROWSER: Final = Body((CHANNEL_NAME, *_SUBSCRIPTION), needs=((CHANNEL_NAME, *_SUBSCRIPTION),))


def subscription_of(given: Given) -> Subscription:
    return Subscription(given[ENDPOINT], given[P256DH], given[AUTH])


def preferences_of(given: Given) -> Preferences:
    rooms, rules = given.get(ROOMS), given.get(RULES)
    return Preferences(
        severity=given[AT_ONCE].severity,
        rooms=None if rooms is None else frozenset(rooms),
        rules=None if rules is None else frozenset(rules),
        ends=given[ENDS],
        quiet=given.get(QUIET),
        digest_at=given.get(DIGEST),
        language=given[LANGUAGE].value,
    )


def notifications_json(recipient: Recipient, push_key: str) -> NotificationsJson:
    wishes = recipient.preferences
    return {
        "gravedad": AtOnce.NOTHING.value if wishes.severity is None else wishes.severity.value,
        "fin": wishes.ends,
        "idioma": wishes.language,
        "habitaciones": None if wishes.rooms is None else sorted(wishes.rooms),
        "reglas": None if wishes.rules is None else sorted(wishes.rules),
        "silencio": None if wishes.quiet is None else _quiet_json(wishes.quiet),
        "resumen": None if wishes.digest_at is None else _time(wishes.digest_at),
        "canales": [channel_json(channel) for channel in recipient.channels],
        "clave_push": push_key,
    }


def channel_json(channel: Channel) -> ChannelJson:
    return {
        "id": channel.id,
        "tipo": channel.kind.value,
        "nombre": channel.name,
        "servicio": channel.shown,
        "creado_en": iso(channel.created_at),
    }


def notice_json(notice: Notice, why: str | None, names: dict[int, str]) -> NoticeJson:
    """``why`` it was not sent, if that is known; ``names`` are those of the channels."""
    return {
        "momento": notice.key.moment.value,
        "estado": notice.state.value,
        "gravedad": notice.severity.value,
        "titulo": notice.title,
        "texto": notice.text,
        "dispositivo_id": notice.device_id,
        "canal": names.get(notice.key.channel_id),
        "creado_en": iso(notice.created_at),
        "no_antes": iso(notice.due_at),
        "cambiado_en": iso(notice.changed_at),
        "intentos": notice.tries,
        "motivo": why,
    }


def _quiet_json(quiet: QuietHours) -> QuietJson:
    return {"desde": _time(quiet.start), "hasta": _time(quiet.end)}


def _time(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
