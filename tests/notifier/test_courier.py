"""Services that hang, and what they cost the others: nothing."""

from __future__ import annotations

from dataclasses import replace
from queue import Queue
from threading import Thread

import pytest

from actors.domain.findings import Severity
from actors.domain.notices import Address, Hitch, Secret, Subscription, Tried
from actors.notifier.courier import FOR_CRITICAL, LONGEST_TRY_S, MOST_THREADS, ThreadCourier
from actors.notifier.message import Message
from actors.notifier.services import CONNECT_S
from actors.notifier.web_push import PushSender, new_private_key
from tests.notifier.receivers import PATIENCE_S, Browser, http_receiver
from tests.stage import FakeClock

HELLO = Message("Hola", "", Severity.INFO, "/", "", "1")


class Secrets:
    """Implements :class:`actors.domain.notices.ChannelSecrets`."""

    def __init__(self, **by_channel: Secret) -> None:
        self.known: dict[int, Secret] = {int(name[1:]): secret for name, secret in by_channel.items()}

    def secret_of(self, channel_id: int) -> Secret | None:
        return self.known.get(channel_id)

    def push_key(self) -> bytes:
        return new_private_key()

    def drop_channel(self, channel_id: int) -> None:
        del self.known[channel_id]


class Sending:
    """A courier, and what comes of what it carries."""

    def __init__(self, secrets: Secrets, push: str = "") -> None:
        self.clock = FakeClock()
        pusher = PushSender(secrets.push_key(), "mailto:casa@example.org", (push,))
        self.courier = ThreadCourier(secrets, self.clock, lambda: pusher, lambda: "")
        self.came: Queue[tuple[int, Tried]] = Queue()

    def carry(self, channel_id: int, message: Message = HELLO) -> None:
        self.courier.carry(channel_id, message, lambda tried: self.came.put((channel_id, tried)))

    def next(self) -> tuple[int, Tried]:
        return self.came.get(timeout=PATIENCE_S)

    def pass_time(self, seconds: float) -> None:
        self.clock.advance_to(self.clock.monotonic() + seconds)
        self.clock.ring()


@pytest.mark.parametrize("kind", ["silent", "trickling"])
def test_a_service_that_hangs_holds_up_nobody(kind: str) -> None:
    """It is given up, is not asked a third time while it hangs, and the others have their messages meanwhile;
    so has it what is critical, if it takes that.
    """
    given = {"status": None} if kind == "silent" else {"trickles": True}
    with http_receiver(**given) as hangs, http_receiver() as works:
        sending = Sending(
            Secrets(_1=Address(f"json://{hangs.address}/"), _2=Address(f"json://{works.address}/"))
        )
        sending.carry(1)
        assert hangs.asked.wait(PATIENCE_S)
        sending.carry(2)
        assert sending.next() == (2, Tried())
        sending.pass_time(LONGEST_TRY_S)
        assert sending.next() == (1, Tried(Hitch.NO_ANSWER))
        sending.carry(1)
        sending.pass_time(LONGEST_TRY_S)
        assert sending.next() == (1, Tried(Hitch.NO_ANSWER))
        sending.carry(1)
        assert sending.next() == (1, Tried(Hitch.OVERLOADED))
        hangs.status, hangs.trickles = 200, False
        sending.carry(1, replace(HELLO, severity=Severity.CRITICAL))
        assert sending.next() == (1, Tried())
        hangs.closing.set()
        sending.courier.settle(PATIENCE_S)
        sending.carry(1)  # which the receiver, closing, does not answer; but it is asked again
        assert sending.next()[1] != Tried(Hitch.OVERLOADED)
        assert sending.came.empty()  # nobody is told twice of one try


def test_who_waits_in_vain_is_told_that_nobody_answers() -> None:
    """Apprise itself gives up sooner than we do, and says only that it was not taken."""
    with http_receiver(status=None) as hangs:
        sending = Sending(Secrets(_1=Address(f"json://{hangs.address}/")))
        sending.carry(1)
        assert hangs.asked.wait(PATIENCE_S)
        sending.clock.advance_to(sending.clock.monotonic() + CONNECT_S)
        hangs.closing.set()
        assert sending.next()[1].hitch is Hitch.NO_ANSWER


def test_hanging_services_take_no_more_than_so_many_threads() -> None:
    """Which leaves some for what is critical."""
    most = MOST_THREADS - FOR_CRITICAL
    with http_receiver(status=None) as hangs, http_receiver() as works:
        channels = {f"_{number}": Address(f"json://{hangs.address}/") for number in range(most + 1)}
        sending = Sending(Secrets(**channels, _99=Address(f"json://{works.address}/")))
        for number in range(most + 1):
            sending.carry(number)
        assert sending.next() == (most, Tried(Hitch.OVERLOADED))
        sending.carry(99)
        assert sending.next() == (99, Tried(Hitch.OVERLOADED))
        sending.carry(99, replace(HELLO, severity=Severity.CRITICAL))
        assert sending.next() == (99, Tried())


def test_a_thread_that_cannot_start_takes_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: Thread) -> None:
        raise RuntimeError("can't start new thread")

    sending = Sending(Secrets())
    with monkeypatch.context() as patched:
        patched.setattr(Thread, "start", fails)
        sending.carry(1)
    assert sending.next() == (1, Tried(Hitch.OVERLOADED))
    sending.courier.settle(0)
    sending.carry(1)
    assert sending.next() == (1, Tried(Hitch.NO_CHANNEL))


def test_a_channel_that_is_gone_is_no_way() -> None:
    sending = Sending(Secrets())
    sending.carry(1)
    assert sending.next() == (1, Tried(Hitch.NO_CHANNEL))


def test_a_browser_that_has_gone_is_forgotten() -> None:
    with http_receiver(status=410) as push:
        secrets = Secrets(_1=Browser().subscription(f"http://{push.address}/"))
        sending = Sending(secrets, push.address)
        sending.carry(1)
        assert sending.next() == (1, Tried(Hitch.NO_CHANNEL))
    assert secrets.known == {}


def test_whatever_fails_inside_is_told() -> None:
    """And logged; the channel is free again."""

    class Failing(Secrets):
        def secret_of(self, channel_id: int) -> Secret | None:
            raise RuntimeError(channel_id)

    sending = Sending(Failing(_1=Subscription("", "", "")))
    for _ in range(2):
        sending.carry(1)
        assert sending.next() == (1, Tried(Hitch.NOT_TAKEN))
        sending.courier.settle(PATIENCE_S)
