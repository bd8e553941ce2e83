from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.mqtt.broker.packets import Breach, Connect, Packet, read_packet

TEXTS = st.binary(max_size=300)


def text(data: bytes) -> bytes:
    return len(data).to_bytes(2) + data


def received(data: bytes, largest: int = 1 << 20) -> Packet:
    """The first packet in what a client has sent before it left."""

    async def read() -> Packet:
        reader = asyncio.StreamReader()
        reader.feed_data(data)
        reader.feed_eof()
        return await read_packet(reader, largest)

    return asyncio.run(read())


def a_connect(
    flags: int, client_id: bytes, will: tuple[bytes, bytes] | None, user: bytes, password: bytes
) -> Packet:
    body = b"\x00\x04MQTT\x04" + bytes([flags | (0x04 if will else 0)]) + b"\x00\x3c" + text(client_id)
    for part in (*(will or ()), user, password):
        body += text(part)
    return Packet(b"\x10\x00", body)


@given(st.binary(max_size=200))
def test_whatever_comes_is_read_or_refused(data: bytes) -> None:
    """No sequence of bytes does anything but make a packet, break the rules, or end too early."""
    try:
        packet = received(data, largest=100)
        assert packet.head + packet.body == data[: len(packet.head + packet.body)]
        for read in (packet.topic, packet.filters, lambda: Connect.read(packet)):
            try:
                read()
            except Breach:
                continue
    except (Breach, EOFError):
        pass


@given(st.sampled_from([0xC0, 0xC2]), TEXTS, st.none() | st.tuples(TEXTS, TEXTS), TEXTS, TEXTS)
def test_the_broker_behind_is_told_the_login_and_no_password(
    flags: int, client_id: bytes, will: tuple[bytes, bytes] | None, user: bytes, password: bytes
) -> None:
    """The session is the login's, whatever the client calls itself; its last will stays."""
    connect = Connect.read(a_connect(flags, client_id, will, user, password))
    assert (connect.user, connect.password) == (user, password)
    inner = received(connect.introduced())
    expected = b"\x00\x04MQTT\x04" + bytes([flags & 0x02 | (0x04 if will else 0)]) + b"\x00\x3c" + text(user)
    assert inner.body == expected + b"".join(text(part) for part in will or ())


@pytest.mark.parametrize(
    "packet",
    [
        Packet(b"\x30\x00", b""),
        Packet(b"\x10\x00", b"\x00\x04MQTT\x05\xc2\x00\x3c\x00\x00\x00\x01u\x00\x01p"),  # MQTT 5
        Packet(b"\x10\x00", b"\x00\x06MQIsdp\x03\xc2\x00\x3c\x00\x00\x00\x01u\x00\x01p"),  # MQTT 3.1
        Packet(b"\x10\x00", b"\x00\x04MQTT\x04\x02\x00\x3c\x00\x00"),  # without a login
        Packet(b"\x10\x00", b"\x00\x04MQTT\x04\x82\x00\x3c\x00\x00\x00\x01u"),  # without a password
        Packet(b"\x10\x00", b"\x00\x04MQTT\x04\xc3\x00\x3c\x00\x00\x00\x01u\x00\x01p"),  # a reserved flag
        Packet(b"\x10\x00", b"\x00\x04MQTT\x04\xc2\x00\x3c\x00\x00\x00\x01u\x00\x01p!"),  # and more
    ],
)
def test_another_introduction_is_refused(packet: Packet) -> None:
    """MQTT 3.1.1 with a login, to the byte, or nothing."""
    with pytest.raises(Breach):
        Connect.read(packet)


def test_a_packet_is_not_read_beyond_the_limit() -> None:
    """Who announces more than is allowed is refused before it is sent."""
    assert len(received(b"\x30\x7f" + bytes(127), largest=127).body) == 127
    with pytest.raises(Breach, match="128 bytes"):
        received(b"\x30\x80\x01", largest=127)
    with pytest.raises(Breach):
        received(b"\x30\xff\xff\xff\xff\x01")
