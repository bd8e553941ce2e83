"""The devices as they now stand, ready to be read without waiting for an actor or a disk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from actors.domain.model import Device
from actors.domain.packed import encoded
from web.schemas.serializers import device_json

# Of a device whose JSON takes more bytes it is made anew for each who asks: in microseconds, as what
# makes it long is held as JSON.
MOST_KEPT: Final = 4096


class Known(NamedTuple):
    device: Device
    kept: bytes | None
    """As it goes out; encoded once, for the stream and for all who ask."""

    @property
    def json(self) -> bytes:
        return encoded(device_json(self.device)) if self.kept is None else self.kept


class DeviceCache:
    """The newest state of every device, by id and by serial. Used on the loop only."""

    def __init__(self) -> None:
        self._by_id: dict[int, Known] = {}
        self._ids: dict[str, int] = {}
        self._spelled: dict[str, int] = {}

    def put(self, known: Known) -> str | None:
        """The serial number by which it went until now, if by another."""
        last, before = self._by_id.get(known.device.id), None
        if last is not None and last.device.serial != known.device.serial:
            before = last.device.serial
            self.drop(known.device.id)
        self._by_id[known.device.id] = known
        self._ids[known.device.serial] = known.device.id
        self._spelled.setdefault(known.device.serial.lower(), known.device.id)
        return before

    def drop(self, device_id: int) -> None:
        known = self._by_id.pop(device_id, None)
        if known is not None and self._ids.get(known.device.serial) == device_id:
            del self._ids[known.device.serial]
        if known is not None and self._spelled.get(known.device.serial.lower()) == device_id:
            del self._spelled[known.device.serial.lower()]

    def by_id(self, device_id: int) -> Known | None:
        return self._by_id.get(device_id)

    def json_of(self, device: Device) -> bytes:
        """As it has gone out already, where the device still is so."""
        known = self._by_id.get(device.id)
        if known is not None and known.device is device:
            return known.json
        return encoded(device_json(device))

    def by_serial(self, serial: str) -> Known | None:
        """As it is spelled, or else as one does that differs in letter case alone."""
        device_id = self._ids.get(serial, self._spelled.get(serial.lower()))
        return None if device_id is None else self._by_id[device_id]

    def __iter__(self) -> Iterator[Known]:
        """In no order."""
        return iter(self._by_id.values())

    def newest_first(self) -> Iterator[Known]:
        return (self._by_id[device_id] for device_id in sorted(self._by_id, reverse=True))

    def __len__(self) -> int:
        return len(self._by_id)
