"""The house by name on the LAN: ``smarthome.local`` and its services, by multicast DNS (RFC 6762, 6763)."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import itertools
import logging
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

# Some of these are public, though not in the package's __all__.
from zeroconf import (  # type: ignore[attr-defined]
    AddressResolver,
    DNSAddress,
    DNSQuestion,
    DNSQuestionType,
    Error,
    IPVersion,
    NonUniqueNameException,
    RecordUpdate,
    RecordUpdateListener,
    ServiceInfo,
    Zeroconf,
)
from zeroconf.asyncio import AsyncZeroconf

from actors.runtime.clock import Clock, Timer
from actors.runtime.event_loop import LoopThread
from web.identity.network import Address, Network

logger = logging.getLogger(__name__)
# It warns, with a traceback, of each packet that an interface did not take.
logging.getLogger("zeroconf").setLevel(logging.ERROR)

# How soon a changed network is noticed, and what failed is tried again.
POLL_S: Final = 15.0
# How long we ask whether a name is taken; the RFC's three probes take 750 ms.
PROBE_MS: Final = 1_500
# A goodbye takes 0.4 s.
STOP_S: Final = 3.0
# How long one who should yield a name is given to do so, and how often, before we do.
YIELD_S: Final = 2.0
CLAIMS_BORNE: Final = 3

_TYPE_ANY: Final = 255
_CLASS_IN: Final = 1


@dataclass(frozen=True, slots=True)
class Service:
    """What is to be found: ``kind`` as ``_https._tcp``. Everybody reads the ``properties`` (TXT)."""

    kind: str
    port: int
    properties: Mapping[str, str]


class Announcer:
    """Announces ``name`` (``smarthome.local``) with the machine's addresses, and its services.

    Where another machine has the name, ours becomes ``smarthome-2.local``, and so on. Every 15 s it looks
    whether the network has changed, and if so announces all anew. Nothing that goes wrong, be it that
    there is no network at all, goes further than the log, and all is tried again.

    ``interfaces`` limits it to some of the machine's, by name. Works on a thread of its own.
    """

    def __init__(
        self,
        clock: Clock,
        name: str,
        services: Sequence[Service],
        interfaces: Collection[str] = (),
        serves: Callable[[Address], bool] = lambda _: True,
    ) -> None:
        """``serves`` tells by which of the machine's addresses the services can be reached."""
        self._serves = serves
        self._clock = clock
        self._name = name.lower().removesuffix(".local")
        self._services = services
        self._interfaces = interfaces
        self._loop = LoopThread("mdns")
        self._work: asyncio.Task[None] | None = None
        self._goodbye: asyncio.Task[None] | None = None
        self._stopped = False
        self._timer: Timer | None = None
        self._ticked = asyncio.Event()
        self._woken = asyncio.Event()
        self._network = Network(frozenset(), frozenset())
        # All that were ever ours, as an echo of them may be heard long after the network has changed.
        self._ours: set[bytes] = set()
        self._yielded: set[str] = set()
        self._host: str | None = None
        self._trouble = ""

    @property
    def host(self) -> str | None:
        """The name as it is announced now, perhaps ``smarthome-2.local``; ``None`` while none is."""
        return self._host

    def start(self) -> None:
        """Returns at once; some 3 s later the name is announced."""
        self._loop.start()
        self._loop.call_soon(self._begin)
        self._tick()

    def stop(self) -> None:
        """Say goodbye, once started. Takes 0.4 s, and never more than 4."""
        self._stopped = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            try:
                self._loop.run(self._end(), STOP_S)
            except TimeoutError:
                logger.warning("mdns_goodbye_not_said within_s=%.0f", STOP_S)
        self._loop.stop(timeout=1.0)

    # -- on the loop -----------------------------------------------------------------------------

    def _begin(self) -> None:
        self._work = asyncio.create_task(self._run())

    async def _end(self) -> None:
        if self._work is not None:
            self._work.cancel()
            await asyncio.gather(self._work, return_exceptions=True)
        if self._goodbye is not None:
            await asyncio.gather(self._goodbye, return_exceptions=True)

    def _tick(self) -> None:
        if not self._stopped:
            self._timer = self._clock.call_later(POLL_S, self._tick)
            self._loop.call_soon(self._look)

    def _look(self) -> None:
        self._ticked.set()
        with contextlib.suppress(OSError):  # told when the next announcement fails of it
            if self._host is not None and Network.present(self._interfaces) != self._network:
                self._woken.set()

    async def _run(self) -> None:
        while True:
            self._ticked.clear()
            try:
                await self._announce()
                continue
            except (Error, OSError, RuntimeError) as error:
                self._log_once(f"{type(error).__name__}: {error}")
            except Exception:
                logger.exception("mdns_failed")
            await self._ticked.wait()

    def _log_once(self, trouble: str) -> None:
        """Once, though it is met again every 15 s."""
        if trouble != self._trouble:
            logger.warning("mdns_off_air error=%s retry_s=%.0f", trouble, POLL_S)
        self._trouble = trouble

    async def _announce(self) -> None:
        """Until the network changes or the name is lost."""
        network = Network.present(self._interfaces)
        if network != self._network:
            self._network = network
            self._yielded.clear()
            self._ours |= {address.packed for address in network.addresses}
        if not network.addresses:
            raise OSError(errno.ENETDOWN, os.strerror(errno.ENETDOWN))
        self._woken.clear()
        air = AsyncZeroconf(list(network.joins))
        try:
            claim = await self._claim(air)
            self._host, self._trouble = f"{claim.label}.local", ""
            logger.info("mdns_announced host=%s addresses=%d", self._host, len(network.addresses))
            await self._hold(air, claim)
        finally:
            self._host = None
            # By a task of its own, as one that was cancelled would leave sockets open that are just opening.
            self._goodbye = asyncio.create_task(air.async_close())
            await self._goodbye

    # -- names -----------------------------------------------------------------------------------

    async def _claim(self, air: AsyncZeroconf) -> _Claim:
        """All announced under the first name that is free."""
        numbered = (f"{self._name}-{number}" for number in itertools.count(2))
        for label in itertools.chain([self._name], numbered):
            if label in self._yielded:
                continue
            claim = _Claim(label, [self._info(label, service) for service in self._services])
            if not await self._is_taken(air, claim.host) and await _registered(air, claim.infos):
                return claim
            self._yield(label)
        raise AssertionError("there are endlessly many names")

    def _yield(self, label: str) -> None:
        logger.warning("mdns_name_taken name=%s.local", label)
        self._yielded.add(label)

    def _info(self, label: str, service: Service) -> ServiceInfo:
        kind = f"{service.kind}.local."
        return ServiceInfo(
            kind,
            f"{label}.{kind}",
            port=service.port,
            properties=dict(service.properties),
            server=f"{label}.local.",
            addresses=sorted(each.packed for each in self._network.addresses if self._serves(each)),
        )

    async def _is_taken(self, air: AsyncZeroconf, host: str) -> bool:
        question = AddressResolver(host)
        # Of the answers to us alone another responder on this machine, such as avahi, may get our share.
        await question.async_request(air.zeroconf, PROBE_MS, DNSQuestionType.QM)
        found = question.ip_addresses_by_version(IPVersion.All)
        return any(address.packed not in self._ours for address in found)

    async def _hold(self, air: AsyncZeroconf, claim: _Claim) -> None:
        """Until the network changes, or one who was out of reach when we asked proves to have the name too.

        Of two the one with the greater address keeps it, after the RFC's rule for two who ask at the
        same time (8.2). Both hear each other as soon as anybody asks for the name.
        """
        rivals = _Rivals(claim.host, self._ours, self._woken.set)
        air.zeroconf.async_add_listener(rivals, DNSQuestion(claim.host, _TYPE_ANY, _CLASS_IN))
        greatest = max(address.packed for address in self._network.addresses)
        for borne in itertools.count():
            await self._woken.wait()
            if not rivals.heard:
                return
            if borne == CLAIMS_BORNE or max(rivals.heard) > greatest:
                return self._yield(claim.label)
            await asyncio.sleep(YIELD_S)
            rivals.heard.clear()
            self._woken.clear()


@dataclass(frozen=True, slots=True)
class _Claim:
    label: str
    infos: Sequence[ServiceInfo]

    @property
    def host(self) -> str:
        return f"{self.label}.local."


class _Rivals(RecordUpdateListener):
    """Hears others say that the name is theirs."""

    def __init__(self, host: str, ours: Collection[bytes], tell: Callable[[], object]) -> None:
        self.heard: set[bytes] = set()
        self._host = host
        self._ours = ours
        self._tell = tell

    def async_update_records(self, _zc: Zeroconf, _now: float, records: Sequence[RecordUpdate]) -> None:
        for each in records:
            record = each.new
            if not isinstance(record, DNSAddress) or record.name.lower() != self._host:
                continue
            if record.ttl and record.address not in self._ours:  # without a time to live it is a goodbye
                self.heard.add(record.address)
                self._tell()


async def _registered(air: AsyncZeroconf, infos: Sequence[ServiceInfo]) -> bool:
    """Announce them, unless one's name is somebody else's."""
    ends = await asyncio.gather(*map(air.async_register_service, infos), return_exceptions=True)
    faults = [end for end in ends if isinstance(end, BaseException)]
    if not faults:
        await asyncio.gather(*(end for end in ends if not isinstance(end, BaseException)))
        return True
    await air.async_unregister_all_services()
    for fault in faults:
        if not isinstance(fault, NonUniqueNameException):
            raise fault
    return False
