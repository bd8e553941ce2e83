"""What goes wrong on the way to an answer, as the person who asked is told it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from actors.domain.people import PeopleError
from actors.domain.refusals import Refused
from actors.domain.schedule import ScheduleError
from web.texts.languages import Language
from web.texts.sentences import SENTENCES, Reason, title_of


class Problem(Exception):
    """Ends a request. ``about`` fills the places of the sentence that :mod:`web.texts.sentences` has for
    it."""

    def __init__(self, why: Reason, *, retry_after: int | None = None, **about: object) -> None:
        super().__init__(SENTENCES[why].filled(Language.SPANISH, about))
        self.why = why
        self.about: Mapping[str, object] = about
        self.retry_after = retry_after
        """Seconds after which it is worth asking again, if that is known."""

    @classmethod
    def of(cls, refused: Refused | PeopleError | ScheduleError) -> Problem:
        about: Mapping[str, Any] = refused.about
        return cls(refused.why, **about)

    @property
    def status(self) -> int:
        return SENTENCES[self.why].status

    def json(self, language: Language) -> dict[str, str]:
        """As :class:`web.schemas.answers.ErrorJson`."""
        return {
            "error": title_of(self.status, language),
            "detalle": SENTENCES[self.why].filled(language, self.about),
            "codigo": self.why.value,
        }
