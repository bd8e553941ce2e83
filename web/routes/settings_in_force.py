"""The settings in force, for whoever wonders why the system does as it does."""

from __future__ import annotations

from typing import ClassVar

from actors.domain.people import Role
from config import HEADINGS, Settings, settings, written_as
from web.http.handler import Handler
from web.schemas.answers import SettingJson
from web.schemas.operations import Operation
from web.texts.languages import Language
from web.texts.setting_words import DESCRIPTIONS, GROUPS


def settings_json(in_force: Settings, language: Language) -> list[SettingJson]:
    """All of them, in the order of the example file, as a person would write them there."""
    english = language is Language.ENGLISH
    headings = GROUPS if english else HEADINGS
    told: list[SettingJson] = []
    group = ""
    for name, known in settings().items():
        group = headings.get(name, group)
        is_secret = known.kind.is_secret
        told.append(
            {
                "nombre": name,
                "grupo": group,
                "valor": None if is_secret else written_as(getattr(in_force, name.lower())),
                "por_defecto": written_as(known.default),
                "origen": in_force.origins.get(name, "defecto"),
                "secreto": is_secret,
                "descripcion": DESCRIPTIONS[name] if english else known.description,
            }
        )
    return told


class SettingsInForce(Handler):
    operations: ClassVar = {
        "GET": Operation(
            summary="Los ajustes con los que funciona el sistema",
            role=Role.ADMIN,
            english="array: the settings in force, described in the language asked for",
            description="Se cambian en config.toml o en el entorno, y valen desde el arranque.",
            answer=list[SettingJson],
        )
    }

    async def get(self) -> None:
        self.set_header("Content-Language", self.language.value)
        self.add_header("Vary", "Accept-Language")
        self.answer(settings_json(self.services.settings, self.language))
