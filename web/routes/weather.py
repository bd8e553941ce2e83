"""What is known of the weather at the house."""

from __future__ import annotations

from typing import ClassVar

from actors.domain.people import Role
from actors.domain.status import WeatherStatus
from actors.domain.weather import Hour, measured
from web.http.handler import Handler
from web.schemas.answers import WeatherHourJson, WeatherJson
from web.schemas.operations import Operation
from web.schemas.serializers import iso


class HouseWeather(Handler):
    operations: ClassVar = {
        "GET": Operation(
            summary="El tiempo que hace y que viene, hasta donde se sabe",
            role=Role.READER,
            english="the weather that rule 6 goes by: see [weather](#weather)",
            description="Sin LATITUD y LONGITUD no se pregunta a nadie, y `activo` es false.",
            answer=WeatherJson,
        )
    }

    async def get(self) -> None:
        self.answer(weather_json(self.services.weather, self.services.access.clock.now()))


def weather_json(status: WeatherStatus, at: float) -> WeatherJson:
    weather = status.weather
    fresh = weather is not None and weather.is_fresh(at)
    return {
        "activo": bool(status.provider),
        "proveedor": status.provider or None,
        "preguntado_en": None if weather is None else iso(weather.asked_at),
        "vigente": fresh,
        "error": status.error,
        "medidas": {} if weather is None else measured(weather, at),
        "horas": [] if weather is None else [_hour_json(hour) for hour in weather.hours],
    }


def _hour_json(hour: Hour) -> WeatherHourJson:
    return {
        "desde": iso(hour.at),
        "temperatura": hour.temperature,
        "lluvia_mm": hour.rain,
        "rafagas_kmh": hour.gusts,
        "radiacion_wm2": hour.radiation,
    }
