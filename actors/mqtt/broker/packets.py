"""MQTT 3.1.1 packets as the door to the embedded broker reads them: strictly, and a little at a time."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from actors.domain.unserved import Trouble

if TYPE_CHECKING:
    from asyncio import StreamReader

CONNECT: Final = 0x10
PUBLISH: Final = 3
SUBSCRIBE: Final = 0x82
# What else a client may say once it is in: PUBACK, PUBREC, PUBREL, PUBCOMP, UNSUBSCRIBE, PINGREQ, DISCONNECT.
HARMLESS: Final = frozenset({0x40, 0x50, 0x62, 0x70, 0xA2, 0xC0, 0xE0})
NOT_AUTHORISED: Final = b"\x20\x02\x00\x05"

_PROTOCOL: Final = b"\x00\x04MQTT\x04"
_MQTT_5: Final = b"\x00\x04MQTT\x05"
_MQTT_3_1: Final = b"\x00\x06MQIsdp\x03"
# CONNACK: of MQTT 3 "unacceptable protocol version", of 5 "unsupported protocol version", no properties.
_UNACCEPTABLE: Final = b"\x20\x02\x00\x01"
_UNSUPPORTED_5: Final = b"\x20\x03\x00\x84\x00"
_KEEPALIVE: Final = struct.Struct("!H")
_WILL: Final = 0x04
_WILL_SETTINGS: Final = 0x3E  # those of the will and the clean session
_PASSWORD: Final = 0x40
_USER: Final = 0x80


class Breach(Exception):
    """What the client sent breaks the protocol, or is more than it may.

    ``trouble`` is what people are told of it, if anything.
    """

    def __init__(self, reason: str, trouble: Trouble | None = None) -> None:
        super().__init__(reason)
        self.trouble: Final = trouble


class OtherVersion(Breach):
    """The client speaks another version of the protocol. ``answer`` is what that wants to hear."""

    def __init__(self, version: str, trouble: Trouble, answer: bytes) -> None:
        super().__init__(f"speaks MQTT {version}", trouble)
        self.answer: Final = answer


@dataclass(frozen=True, slots=True)
class Packet:
    head: bytes
    """The first byte and the length."""
    body: bytes

    @property
    def first(self) -> int:
        return self.head[0]

    @property
    def kind(self) -> int:
        """The first byte without its flags."""
        return self.first >> 4

    def topic(self) -> bytes:
        """Of a PUBLISH."""
        return _Reader(self.body).text()

    def filters(self) -> list[bytes]:
        """Of a SUBSCRIBE."""
        reader = _Reader(self.body)
        reader.take(2)
        found = []
        while not reader.at_end:
            found.append(reader.text())
            reader.take(1)
        return found


@dataclass(frozen=True, slots=True)
class Connect:
    """What a client says of itself; texts as they came."""

    flags: int
    keepalive: bytes
    user: bytes
    password: bytes
    will_topic: bytes | None
    will: bytes

    @classmethod
    def read(cls, packet: Packet) -> Self:
        """Raises :class:`Breach` also for what is no MQTT 3.1.1, and for a client without a login."""
        reader = _Reader(packet.body)
        if packet.first == CONNECT and packet.body.startswith(_MQTT_5):
            raise OtherVersion("5", Trouble.MQTT_5, _UNSUPPORTED_5)
        if packet.first == CONNECT and packet.body.startswith(_MQTT_3_1):
            raise OtherVersion("3.1", Trouble.MQTT_3_1, _UNACCEPTABLE)
        if packet.first != CONNECT or reader.take(len(_PROTOCOL)) != _PROTOCOL:
            raise Breach("no MQTT 3.1.1")
        flags = reader.take(1)[0]
        keepalive = reader.take(_KEEPALIVE.size)
        reader.text()  # its client id, in whose place its login will stand
        has_will = bool(flags & _WILL)
        will_topic = reader.text() if has_will else None
        will = reader.text() if has_will else b""
        if flags & 1 or not flags & _USER or not flags & _PASSWORD:
            raise Breach("no login", Trouble.NO_LOGIN)
        user, password = reader.text(), reader.text()
        if not reader.at_end:
            raise Breach("more than a CONNECT")
        return cls(flags, keepalive, user, password, will_topic, will)

    def introduced(self) -> bytes:
        """The packet for the broker behind the door: the login as client id, and no password."""
        body = _PROTOCOL + bytes([self.flags & _WILL_SETTINGS]) + self.keepalive + _text(self.user)
        if self.will_topic is not None:
            body += _text(self.will_topic) + _text(self.will)
        return bytes([CONNECT]) + _length(len(body)) + body


async def read_packet(reader: StreamReader, largest: int) -> Packet:
    """The next one, of at most ``largest`` bytes. Raises :class:`Breach`, ``EOFError`` and ``OSError``."""
    head = await reader.readexactly(1)
    length = 0
    for shift in (0, 7, 14, 21):
        byte = await reader.readexactly(1)
        head += byte
        length |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            break
    else:
        raise Breach("no length")
    if length > largest:
        raise Breach(f"{length} bytes", Trouble.TOO_LARGE)
    return Packet(head, await reader.readexactly(length))


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def at_end(self) -> bool:
        return self._at == len(self._data)

    def take(self, size: int) -> bytes:
        start, self._at = self._at, self._at + size
        if self._at > len(self._data):
            raise Breach("ends too early")
        return self._data[start : self._at]

    def text(self) -> bytes:
        return self.take(int.from_bytes(self.take(2)))


def _text(data: bytes) -> bytes:
    return len(data).to_bytes(2) + data


def _length(size: int) -> bytes:
    out = b""
    while size > 127:
        out += bytes([size & 127 | 128])
        size >>= 7
    return out + bytes([size])
