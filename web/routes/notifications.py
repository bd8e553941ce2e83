"""One's own notifications: what one wants to hear, by which channels, and what has come of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import ClassVar, Final, TypeVar

from actors.domain.notices import HOUSE, Channel, Tried
from actors.domain.people import NoSuch, PeopleError, Role
from actors.domain.refusals import Refusal
from actors.ports import NoticeDesk
from web.http.handler import Handler
from web.schemas.answers import ChannelJson, NoticeJson, NotificationsJson, TrialJson
from web.schemas.notices import (
    ADDRESS,
    BROWSER,
    CHANNEL_NAME,
    PREFERENCES,
    SERVICE,
    SUBSCRIPTION,
    channel_json,
    notice_json,
    notifications_json,
    preferences_of,
    subscription_of,
)
from web.schemas.operations import Operation
from web.security.access import Mode
from web.texts.faults import Fault
from web.texts.hitch_words import hitch_told
from web.texts.problem import Problem

T = TypeVar("T")

# As many as are shown; the newest.
MOST_SHOWN: Final = 50
# For a service to take a test message, s.
TRIAL_S: Final = 19.0


class NotificationsHandler(Handler):
    """Of whoever calls. Without a token that is the house, where only its own machine's programs can call."""

    change = ""

    @property
    def person_id(self) -> int:
        if self.caller.token is not None:
            return self.caller.token.person_id
        if self.services.access.mode is not Mode.HERE:
            raise Problem(Fault.TOKEN_NEEDED_HERE)
        return HOUSE

    @property
    def desk(self) -> NoticeDesk:
        if self.services.notices is None:
            raise Problem(Fault.NO_ACCOUNTS)
        return self.services.notices

    async def at_desk(self, call: Callable[[], T]) -> T:
        """Do it where waiting for the disk, or for Apprise to load, holds up nobody."""
        try:
            return await self.read(call)
        except PeopleError as error:
            raise Problem.of(error) from None


class Notifications(NotificationsHandler):
    operations: ClassVar = {
        "GET": Operation(
            summary="Lo que uno quiere saber, y sus canales",
            role=Role.READER,
            english="one's own [notifications](#notifications)",
            answer=NotificationsJson,
        ),
        "PUT": Operation(
            summary="Cambiar lo que uno quiere saber",
            role=Role.READER,
            english="the same; what is left out is `null`",
            description="Lo que falta es null.",
            body=PREFERENCES,
            answer=NotificationsJson,
        ),
    }

    async def get(self) -> None:
        person_id, desk = self.person_id, self.desk
        self.answer(await self.at_desk(lambda: notifications_json(desk.recipient(person_id), desk.push_key)))

    async def put(self) -> None:
        wishes = preferences_of(self.given())
        await self.at_desk(partial(self.desk.prefer, self.person_id, wishes))
        await self.get()


class AllChannels(NotificationsHandler):
    """A service may be in the house's own network, so that it takes a member to have requests sent there."""

    operations: ClassVar = {
        "POST": Operation(
            summary="Añadir un servicio",
            role=Role.MEMBER,
            english="the channel",
            body=SERVICE,
            status=201,
            answer=ChannelJson,
            refusals=(409,),
        )
    }

    async def post(self) -> None:
        given = self.given()
        add = partial(self.desk.add_service, self.person_id, given[CHANNEL_NAME], given[ADDRESS], self.author)
        await self.added(add, Fault.NO_SERVICE)

    async def added(self, add: Callable[[], Channel | None], otherwise: Fault) -> None:
        channel = await self.at_desk(add)
        if channel is None:
            raise Problem(otherwise)
        self.set_status(201)
        self.answer(channel_json(channel))


class Browsers(AllChannels):
    operations: ClassVar = {
        "POST": Operation(
            summary="Avisar a este navegador (Web Push)",
            role=Role.READER,
            english="the channel; a browser that had one gets it anew",
            body=BROWSER,
            status=201,
            answer=ChannelJson,
            refusals=(409,),
        ),
        "PUT": Operation(
            summary="Seguir avisando a este navegador, con otra suscripción o sesión",
            role=Role.READER,
            english=(
                "the same channel, by a new subscription or a new session; 404 where this browser has none"
            ),
            body=SUBSCRIPTION,
            answer=ChannelJson,
            refusals=(404,),
        ),
    }

    async def post(self) -> None:
        given = self.given()
        subscription, name = subscription_of(given), given[CHANNEL_NAME]
        add = partial(self.desk.subscribe, self.person_id, name, subscription, self.author, self._token_id)
        await self.added(add, Fault.NO_BROWSER)

    async def put(self) -> None:
        subscription = subscription_of(self.given())
        renew = partial(self.desk.renew, self.person_id, subscription, self._token_id)
        channel = await self.at_desk(renew)
        if channel is None:
            raise Problem(Fault.NO_BROWSER)
        self.answer(channel_json(channel))

    @property
    def _token_id(self) -> int | None:
        return None if self.caller.token is None else self.caller.token.id


class OneChannel(NotificationsHandler):
    operations: ClassVar = {
        "DELETE": Operation(
            summary="Borrar un canal",
            role=Role.READER,
            english="nothing",
            status=204,
            refusals=(404,),
        )
    }

    async def delete(self, channel_id: str) -> None:
        await self.at_desk(partial(self.desk.remove, self.person_id, int(channel_id), self.author))
        self.set_status(204)


class ChannelTrial(NotificationsHandler):
    operations: ClassVar = {
        "POST": Operation(
            summary="Probar un canal",
            role=Role.READER,
            english="whether the service has taken a test message; it may take half a minute",
            answer=TrialJson,
            refusals=(404,),
        )
    }

    async def post(self, channel_id: str) -> None:
        number = int(channel_id)
        recipient = await self.at_desk(partial(self.desk.recipient, self.person_id))
        channel = next((each for each in recipient.channels if each.id == number), None)
        if channel is None:
            raise Problem.of(NoSuch(Refusal.NO_SUCH_CHANNEL, id=number))
        tried = await self._tried(channel, recipient.preferences.language)
        told: TrialJson = {
            "enviado": tried.hitch is None,
            "detalle": hitch_told(tried.hitch, tried.said, self.language),
        }
        self.answer(told)

    async def _tried(self, channel: Channel, language: str) -> Tried:
        outcome: asyncio.Future[Tried] = asyncio.get_running_loop().create_future()

        def settle(tried: Tried) -> None:
            if not outcome.done():
                outcome.set_result(tried)

        loop = self.services.loop
        self.desk.try_out(channel, language, lambda tried: loop.call_soon(partial(settle, tried)))
        try:
            async with asyncio.timeout(TRIAL_S):
                return await outcome
        except TimeoutError:
            raise Problem(Fault.NO_REPLY) from None


class Outbox(NotificationsHandler):
    operations: ClassVar = {
        "GET": Operation(
            summary="Los últimos avisos, y qué ha sido de ellos",
            role=Role.READER,
            english="array of one's own newest notices, at most 50, newest first",
            answer=list[NoticeJson],
        )
    }

    async def get(self) -> None:
        person_id, language = self.person_id, self.language
        recipient = await self.at_desk(partial(self.desk.recipient, person_id))
        notices = await self.at_desk(partial(self.desk.notices, person_id, MOST_SHOWN))
        names = {channel.id: channel.name for channel in recipient.channels}
        self.answer(
            [
                notice_json(each, hitch_told(each.hitch, each.said, language) if each.hitch else None, names)
                for each in notices
            ]
        )
