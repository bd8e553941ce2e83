"""What all handlers have in common: what they are given, how bodies come in and errors go out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from functools import partial
from types import TracebackType
from typing import Any, ClassVar, Final, TypeAlias, TypeVar, cast

import orjson
import pykka
from tornado.http1connection import HTTP1Connection
from tornado.web import HTTPError, RequestHandler, stream_request_body

from actors.domain.logbook import Cause, Origin
from actors.domain.notices import HOUSE
from actors.domain.packed import encoded
from actors.domain.people import Author, Caller, Role
from actors.domain.refusals import Refused
from actors.domain.status import Hindrance
from web.http.audit import about_change
from web.http.services import Services
from web.schemas.body import MAX_SMALL_BODY, Object, read_object
from web.schemas.operations import Operation
from web.schemas.query import Parameter
from web.schemas.validators import Given
from web.security.access import Access
from web.security.authenticator import SAFE
from web.security.bans import network_of
from web.security.connections import Standing
from web.security.defences import SECURITY_HEADERS, cors_headers, is_foreign, is_link
from web.security.open_streams import Holder
from web.texts.faults import Fault
from web.texts.languages import Language, wanted
from web.texts.problem import Problem

logger = logging.getLogger(__name__)

T = TypeVar("T")
Message: TypeAlias = Callable[[Callable[[T | Refused], None]], object]
"""To the directory, once it is said whom to answer with a ``T``."""

# A body that is too large is read to its end, and dropped, up to here: closing on a client that is
# still sending resets the connection, and it never sees the answer.
MAX_DROPPED: Final = 4 * 1024 * 1024

# Bytes of a body, of which each takes 1 µs at the worst.
WORKED_OUT_HERE: Final = 4 * 1024
# Messages that wait for the disk, past which people's changes are refused: 100 MB with the largest.
MOST_QUEUED: Final = 2_000


@stream_request_body
class Handler(RequestHandler):
    """Answers in JSON, whatever happens. Bodies are taken in here, so that a large one gets its 413.

    Nobody gets past :meth:`let_in` who may not call.
    """

    operations: ClassVar[Mapping[str, Operation]] = {}
    """By method."""
    change: ClassVar[str] = "cambio"
    """What is written down of a change; empty where the handler, or the accounts, do that themselves."""
    takes_ticket: ClassVar[bool] = False
    linked: ClassVar[bool] = False
    """Whether pages of other sites may lead people here."""
    largest_body: ClassVar[int] = MAX_SMALL_BODY
    allow: ClassVar[str] = ""

    caller: Caller
    """Who calls, unless the method is public."""

    def __init_subclass__(cls) -> None:
        methods = ["GET", "PUT", "POST", "DELETE"]
        own = [name for name in methods if getattr(cls, name.lower()) is not getattr(Handler, name.lower())]
        cls.allow = ", ".join([*own, *(["HEAD"] if "GET" in own else []), "OPTIONS"])

    def initialize(self, services: Services) -> None:
        self.services = services
        self._body = bytearray()
        self.body_size = 0
        self._taken: Object = {}
        self.concerning = ""
        """The device that a change is of, to be written down where nothing else in the request names it."""

    def set_default_headers(self) -> None:
        self.clear_header("Server")
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        access: Access = self.settings["access"]
        for name, value in cors_headers(self.request, access.cors_origins, self.allow).items():
            self.set_header(name, value)
        for name, value in SECURITY_HEADERS.items():
            self.set_header(name, value)

    def compute_etag(self) -> None:
        """None: what is asked for here changes by the second."""

    # -- who calls ---------------------------------------------------------------------------

    @classmethod
    def role_for(cls, method: str) -> Role | None:
        """The role that a method needs; ``None`` if anybody may, and then no token is looked at."""
        if method == "OPTIONS":
            return None
        method = "GET" if method == "HEAD" else method
        if method in cls.operations:
            return cls.operations[method].role
        return Role.READER if method == "GET" else Role.MEMBER

    def prepare(self) -> None:
        foreign = is_foreign(self.request, self.settings["access"].cors_origins)
        if foreign and self.request.method != "OPTIONS" and not (self.linked and is_link(self.request)):
            # Before anything is looked at, and without its body.
            raise Problem(Fault.OTHER_SITE)
        declared = self.request.headers.get("Content-Length", "")
        if declared.isdecimal() and (len(declared) > 18 or int(declared) > MAX_DROPPED):
            raise self._too_large()
        try:
            self.let_in()
        except Problem as problem:
            # Said in the method's place, when the body has been taken in: an answer that ends before
            # that ends the connection too, and a client that still sends may never see it.
            setattr(self, str(self.request.method).lower(), partial(_answer_problem, problem))

    def let_in(self) -> None:
        """Raises :class:`Problem` for who may not call. :attr:`caller` is then known."""
        request, services = self.request, self.services
        services.access.proxies.unwrap(request)
        client = self.connection.stream
        if client.closed():
            raise Problem(Fault.CONNECTION_CLOSED)
        if not services.access.hosts.allow(request.headers.get("Host"), client.socket.getsockname()[0]):
            raise Problem(Fault.WRONG_HOST)
        services.connections.heard(client, Standing.STRANGER, network_of(request.remote_ip or ""))
        needed = self.role_for(request.method or "")
        if needed is not None:
            ticket = self.get_query_argument("ticket", "") if self.takes_ticket else ""
            self.caller = services.authenticator.admit(request, needed, ticket)
            services.connections.heard(client, Standing.KNOWN, self.held_by)

    @property
    def connection(self) -> HTTP1Connection:
        return cast(HTTP1Connection, self.request.connection)

    @property
    def held_by(self) -> Holder:
        """Whose connections and streams the caller's are."""
        token = self.caller.token
        return network_of(self.request.remote_ip or "") if token is None else token.person_id

    @property
    def author(self) -> Author:
        return Author(self.caller.name, self.request.remote_ip or "")

    @property
    def origin(self) -> Origin:
        """Whose doing in the house's logbook is what the caller orders."""
        token = self.caller.token
        return Origin(Cause.PERSON) if token is None else Origin(Cause.PERSON, token.person_id, token.owner)

    @property
    def viewer(self) -> int:
        """Whose view of the house the caller has: a person's, or that of all who need no token."""
        return HOUSE if self.caller.token is None else self.caller.token.person_id

    def on_finish(self) -> None:
        if self.change and self.request.method not in SAFE and self.get_status() < 300:
            about = about_change(self.request.method or "", self.request.path, self._taken, self.concerning)
            self.services.authenticator.note(self.author, self.change, about)

    # -- bodies ------------------------------------------------------------------------------

    def data_received(self, chunk: bytes) -> None:
        self.body_size += len(chunk)
        if self.body_size > MAX_DROPPED:
            self.answer_problem(self._too_large())
        elif self.body_size <= self.largest_body:
            self._body += chunk

    def json_body(self) -> Object:
        if self.body_size > self.largest_body:
            raise self._too_large()
        self._taken = read_object(bytes(self._body))
        return self._taken

    def _too_large(self) -> Problem:
        return Problem(Fault.BODY_TOO_LARGE, most=self.largest_body)

    def given(self) -> Given:
        """The body that the operation names, checked."""
        body = self.operation.body
        assert body is not None
        return body.read(self.json_body())

    # -- methods -----------------------------------------------------------------------------

    async def head(self, *path: str) -> None:
        answer = self.get(*path)
        if answer is not None:
            await answer

    async def options(self, *_path: str) -> None:
        self.set_header("Allow", self.allow)
        self.set_status(204)
        self.clear_header("Content-Type")

    # -- answers -----------------------------------------------------------------------------

    @property
    def language(self) -> Language:
        """In which whoever asks wants to be told."""
        return wanted(self.request.headers.get("Accept-Language", ""))

    def answer(self, value: object) -> None:
        self.finish(encoded(value))

    def answer_problem(self, problem: Problem) -> None:
        self.finish(orjson.dumps(self.told(problem)))

    def told(self, problem: Problem) -> dict[str, str]:
        """What the answer to a request that came to nothing says; status and headers are set."""
        language = self.language
        self.set_status(problem.status)
        self.set_header("Content-Language", language.value)
        self.add_header("Vary", "Accept-Language")
        if problem.status == 401:
            self.set_header("WWW-Authenticate", "Bearer")
        if problem.retry_after is not None:
            self.set_header("Retry-After", problem.retry_after)
        return problem.json(language)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        error: BaseException | None = kwargs.get("exc_info", (None, None, None))[1]
        hindrance = None if error is None else self.services.hindrance(error)
        if isinstance(error, Problem):
            self.answer_problem(error)
        elif hindrance is not None:
            self.answer_problem(_hindered(hindrance))
        elif status_code == 405:
            self.set_header("Allow", self.allow)
            self.answer_problem(Problem(Fault.NO_METHOD, allowed=self.allow))
        elif isinstance(error, HTTPError) and status_code < 500:
            self.answer_problem(Problem(Fault.UNREADABLE))
        else:
            self.answer_problem(Problem(Fault.BROKEN))

    def log_exception(
        self,
        typ: type[BaseException] | None,
        value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        if isinstance(value, Problem | HTTPError):
            return
        assert typ is not None
        assert value is not None
        request = self.request
        if self.services.hindrance(value) is not None:
            logger.warning("request_hindered method=%s path=%s error=%s", request.method, request.path, value)
            return
        logger.error(
            "request_failed method=%s path=%s", request.method, request.path, exc_info=(typ, value, tb)
        )

    # -- the query string --------------------------------------------------------------------

    @property
    def operation(self) -> Operation:
        return self.operations["GET" if self.request.method == "HEAD" else str(self.request.method)]

    def asked(self, parameter: Parameter[T]) -> T:
        """One of the parameters that the operation names, checked."""
        assert parameter in self.operation.query
        return parameter.of(self.get_query_arguments(parameter.name, strip=False))

    # -- the other threads -------------------------------------------------------------------

    def tell(self, actor: pykka.ActorRef[Any], message: object) -> None:
        try:
            actor.tell(message)
        except pykka.ActorDeadError:
            raise Problem(Fault.STOPPING) from None

    async def ask(self, command: Message[T]) -> T:
        """Tell the directory and wait for what comes of it, without ever blocking the loop."""
        return await self.outcome(self.order(command))

    def order(self, command: Message[T]) -> asyncio.Future[T | Refused]:
        """Tell the directory. The answer comes on the loop, perhaps when nobody waits for it any more."""
        self.expect_storage()
        return self._told(command)

    def expect_storage(self) -> None:
        """Raises :class:`Problem`, 503, where what is ordered would wait for the disk, and so in memory."""
        writer = self.services.writer
        if not writer.healthy or writer.queued > MOST_QUEUED:
            raise _hindered(writer.hindrance or Hindrance.TOO_MUCH_WAITS)

    async def outcome(self, answer: asyncio.Future[T | Refused]) -> T:
        """Wait for the answer to an order; who waits too long leaves it as it is."""
        try:
            async with asyncio.timeout(self.services.limits.reply):
                return _granted(await asyncio.shield(answer))
        except TimeoutError:
            hindrance = self.services.writer.hindrance
            if hindrance is None:
                raise Problem(Fault.UNCONFIRMED) from None
            raise Problem(Fault.UNCONFIRMED_AND_HINDERED, hindrance=hindrance) from None

    async def inquire(self, question: Message[T]) -> T:
        """As :meth:`ask`, of what changes nothing and so needs no disk."""
        answer = self._told(question)
        return _granted(await self._in_time(answer, Fault.NO_REPLY))

    def _told(self, message: Callable[[Callable[[T], None]], object]) -> asyncio.Future[T]:
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()

        def reply(outcome: T) -> None:
            self.services.loop.call_soon(partial(_settle, answer, outcome))

        self.tell(self.services.directory, message(reply))
        return answer

    async def read(self, query: Callable[[], T]) -> T:
        """Run ``query`` where waiting for the disk holds up nobody else."""
        result = asyncio.get_running_loop().run_in_executor(self.services.disk, query)
        return await self._in_time(result, Fault.NO_DISK)

    async def work_out(self, size: int, work: Callable[[], T]) -> T:
        """Do what takes as long as ``size`` bytes are many: here, or where that holds up nobody else."""
        if size <= WORKED_OUT_HERE:
            return work()
        result = asyncio.get_running_loop().run_in_executor(self.services.calculations, work)
        return await self._in_time(result, Fault.TOO_MUCH_TO_DO)

    async def _in_time(self, answer: asyncio.Future[T], otherwise: Fault) -> T:
        try:
            async with asyncio.timeout(self.services.limits.reply):
                return await answer
        except TimeoutError:
            raise Problem(otherwise) from None


class UnknownPath(Handler):
    @classmethod
    def role_for(cls, method: str) -> Role | None:  # noqa: ARG003
        return None

    async def get(self, *_path: str) -> None:
        raise Problem(Fault.NO_PATH, path=self.request.path)

    head = post = put = patch = delete = options = get


async def _answer_problem(problem: Problem, *_path: str) -> None:
    raise problem


def _hindered(why: Hindrance) -> Problem:
    return Problem(Fault.HINDERED, hindrance=why)


def _granted(outcome: T | Refused) -> T:
    if isinstance(outcome, Refused):
        raise Problem.of(outcome)
    return outcome


def _settle(answer: asyncio.Future[T], outcome: T) -> None:
    if not answer.done():  # a device that dies of a command may answer it, and be answered for
        answer.set_result(outcome)
