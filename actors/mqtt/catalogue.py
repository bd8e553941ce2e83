"""What other makes have announced, and the devices that follow from it: which there are, and by which topics.

One thing is one device. Where two dialects tell of the same hardware, the one that stands first has it; so
has the one whose gateway publishes the topics that another tells of.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Final, NamedTuple, TypeAlias

from actors.domain.model import SERIAL
from actors.domain.read_models import MAX_ANNOUNCED_BYTES, MAX_ANNOUNCEMENTS
from actors.mqtt.dialects.dialect import MAX_ENTITIES, OURS, Announcement, Definition, Dialect
from actors.mqtt.protocol.payloads import SUBSCRIPTIONS
from actors.mqtt.topics.filters import FilterTree, disjoint, is_filter, is_wild, literal_levels

MAX_ID: Final = 200
"""Characters of a group's and of a key's name."""
MAX_TOPIC: Final = 1024
# Of the announcements that are kept there may be so many sixteenths before some give way, and after that.
_NEARLY: Final = 15
_ROOMY: Final = 14
MAX_NOTES: Final = 16
MAX_TOPICS: Final = 4 * MAX_ENTITIES
"""Of one device: each is subscribed to, and an announcement of 32 kB has room for 1,500."""
# A wildcard of a device's own stands beside so many levels that are none.
LEAST_LITERAL: Final = 2
NOT_CARRIED: Final = (
    "el topic {topic!r} lleva espacios, que el bróker incluido no admite: corta a quien publica ahí, un "
    "puente con todos sus aparatos; cambia el nombre, o usa MQTT_EMBEDDED=mosquitto"
)
_OWN: Final[FilterTree[str]] = FilterTree()
for _filter in SUBSCRIPTIONS:
    _OWN.add(_filter, _filter)


Carries: TypeAlias = Callable[[str], bool]
"""Whether the broker can carry messages by this topic, or filter."""


class Group(NamedTuple):
    dialect: str
    name: str


class _Source(NamedTuple):
    group: Group
    serial: str


FORGOTTEN: Final = "olvidado:"
"""How the key begins of what is kept with a group's announcements for a device of it that was forgotten."""


@dataclass(frozen=True, slots=True)
class Amendment:
    """What is to be kept of a group otherwise than before; an empty payload removes it."""

    group: Group
    key: str
    payload: bytes


class Full(Exception):
    """There is no room for this announcement; the message says why, for people, in Spanish."""


@dataclass(frozen=True, slots=True)
class Known:
    """A device, and the dialect that has defined it."""

    dialect: Dialect
    definition: Definition
    group: Group
    """Whose announcements it follows from: who speaks for it."""


@dataclass(frozen=True, slots=True)
class Upheaval:
    """What is otherwise than before."""

    now: Sequence[Known] = ()
    """New, or another than it was."""
    gone: Sequence[str] = ()
    """Serial numbers of which nothing tells any more."""


@dataclass(slots=True)
class _Told:
    announcements: dict[str, bytes] = field(default_factory=dict)
    """By their keys."""
    definitions: dict[str, Definition] = field(default_factory=dict)
    """By serial number."""
    forgotten: dict[str, frozenset[str] | None] = field(default_factory=dict)
    """Serial numbers that they define and nobody is told of, and of which keys those follow. ``None`` where
    that is not known yet, as after a start."""


class Catalogue:
    """The one room of announcements and definitions."""

    def __init__(self, dialects: Sequence[Dialect], carries: Carries = lambda _: True) -> None:
        self._carries = carries
        self._dialects = {dialect.name: dialect for dialect in dialects}
        self._rank = {name: rank for rank, name in enumerate(self._dialects)}
        self._told: dict[Group, _Told] = {}
        self._sources: dict[str, dict[Group, None]] = {}
        """Groups that define a serial number, the newest last."""
        self._by_hardware: dict[str, dict[_Source, None]] = {}
        self._by_prefix: dict[str, dict[_Source, None]] = {}
        """By each beginning of their first topic that ends at a level."""
        self._known: dict[str, Known] = {}
        self._addresses: dict[str, set[str]] = {}
        """Of those who are known, where their orders go: serial numbers by beginnings of topics."""
        self._topics: FilterTree[str] = FilterTree()
        self._listeners: FilterTree[str] = FilterTree()
        """Names of the dialects that hear announcements there."""
        for dialect in dialects:
            for filter in dialect.filters:
                self._listeners.add(filter, dialect.name)
        self._announcements = 0
        self._bytes = 0
        self._turn = 0
        """Of whatever was announced last."""
        self._heard: dict[tuple[Group, str], int] = {}
        """In which turn each announcement was heard last."""
        self._spoke: dict[str, int] = {}
        """In which turn each serial number spoke last."""

    # -- asking ------------------------------------------------------------------------------

    @property
    def all(self) -> Collection[Known]:
        return self._known.values()

    def known(self, serial: str) -> Known | None:
        return self._known.get(serial)

    def told_by(self, topic: str) -> Sequence[Known]:
        """Whose messages come by it."""
        return [self._known[serial] for serial in self._topics.find(topic)]

    def listening(self, topic: str) -> Sequence[Dialect]:
        """Who hears announcements by it."""
        return [self._dialects[name] for name in self._listeners.find(topic)]

    def is_told_by(self, topic: str, known: Known) -> bool:
        """Whether orders to it may go there: not where a protocol that stands before has another thing.

        What hears the same as that one is no other.
        """
        rank, heard = self._rank[known.dialect.name], {*known.definition.topics}
        for place in (*beginnings([topic]), topic):
            if self._is_gateway(place, rank):
                return False
            for serial in self._addresses.get(place, ()):
                owner = self._known[serial]
                if self._rank[owner.dialect.name] < rank and heard.isdisjoint(owner.definition.topics):
                    return False
        return True

    def beside(self, known: Known) -> Sequence[str]:
        """The serial numbers of those for whom the same one speaks, itself among them."""
        keys = known.definition.keys
        told = self._told[known.group].definitions
        return [serial for serial, each in told.items() if each.keys == keys]

    def other_names(self, known: Known) -> Sequence[str]:
        """By which serial numbers the same thing was known to protocols that stand behind."""
        channel = _channel(known.definition.serial)
        sharing = [
            each.serial for address in known.definition.hardware for each in self._by_hardware[address]
        ]
        return [
            name for name in dict.fromkeys(sharing) if name not in self._known and _channel(name) == channel
        ]

    def following_from(self, group: Group, keys: Collection[str]) -> Sequence[Known]:
        """Who is known by announcements with these keys."""
        told = self._told.get(group)
        if told is None:
            return ()
        found = [
            each.serial
            for each in told.definitions.values()
            if not each.keys or not each.keys.isdisjoint(keys)
        ]
        return [known for serial in found if (known := self._known.get(serial)) and known.group == group]

    def filters(self) -> set[str]:
        """What to subscribe to: no two of them meet, and none meets the house's own."""
        announced = [filter for dialect in self._dialects.values() for filter in dialect.filters]
        of_devices = [topic for known in self._known.values() for topic in known.definition.topics]
        found = disjoint(dict.fromkeys([*announced, *of_devices]), LEAST_LITERAL)
        return {filter for filter in found if not _OWN.meeting(filter)}

    # -- announcements -----------------------------------------------------------------------

    def keep(self, dialect: str, announcement: Announcement) -> bool:
        """Whether it is news; the group's definitions are then to be made anew. Raises :class:`Full`."""
        group, key, payload = Group(dialect, announcement.group), announcement.key, announcement.payload
        if key.startswith(FORGOTTEN):
            raise Full("ese nombre no es de un anuncio")
        is_news = self._keep(group, key, payload)
        if payload:
            self._turn += 1
            self._heard[group, key] = self._turn
        return is_news

    def keep_forgotten(self, dialect: str, announcement: Announcement) -> None:
        """As it was kept by a :class:`Amendment`."""
        told = self._told.setdefault(Group(dialect, announcement.group), _Told())
        told.forgotten[announcement.key.removeprefix(FORGOTTEN)] = None

    def _keep(self, group: Group, key: str, payload: bytes) -> bool:
        told = self._told.get(group)
        before = b"" if told is None else told.announcements.get(key, b"")
        if before == payload:
            return False
        self._check_room(group, key, len(payload), len(before))
        told = self._told.setdefault(group, _Told())
        if payload:
            told.announcements[key] = payload
        else:
            del told.announcements[key]
            del self._heard[group, key]
        self._announcements += bool(payload) - bool(before)
        self._bytes += len(payload) - len(before)
        return True

    def _check_room(self, group: Group, key: str, size: int, before: int) -> None:
        if max(len(group.name), len(key)) > MAX_ID:
            raise Full(f"un nombre pasa de {MAX_ID} caracteres")
        if size and not before and self._announcements >= MAX_ANNOUNCEMENTS:
            raise Full(f"ya hay {MAX_ANNOUNCEMENTS} anuncios")
        if size > before and self._bytes + size - before > MAX_ANNOUNCED_BYTES:
            raise Full(f"los anuncios pasan de {MAX_ANNOUNCED_BYTES >> 20} MiB en total")

    # -- giving way --------------------------------------------------------------------------

    def hear(self, serial: str) -> None:
        """It has spoken: its announcements are as good as heard."""
        self._spoke[serial] = self._turn

    @property
    def is_nearly_full(self) -> bool:
        return self._is_beyond(_NEARLY)

    def _is_beyond(self, sixteenths: int) -> bool:
        rows, size = 16 * self._announcements, 16 * self._bytes
        return rows > sixteenths * MAX_ANNOUNCEMENTS or size > sixteenths * MAX_ANNOUNCED_BYTES

    def make_room(self, claimed: Collection[str]) -> Sequence[Amendment]:
        """What nobody has claimed gives way, the longest unheard first; its groups are to be made anew.

        ``claimed`` are serial numbers in small letters. What tells of one of them stays, with all that tells
        of it.
        """
        gone: list[Amendment] = []
        last = 0
        for turn, group, key in sorted(self._of_nobody(claimed)):
            if turn != last and not self._is_beyond(_ROOMY):
                break  # and not in the middle of a device
            self._keep(group, key, b"")
            gone.append(Amendment(group, key, b""))
            last = turn
        return gone

    def _of_nobody(self, claimed: Collection[str]) -> Iterator[tuple[int, Group, str]]:
        """Announcements that tell of no claimed device, and in which turn all that tells of theirs, or it
        itself, was heard last.
        """
        for group, told in self._told.items():
            turns = {key: self._heard[group, key] for key in told.announcements}
            held: set[str] = set()
            for serial, each in told.definitions.items():
                keys = turns.keys() & each.keys if each.keys else turns.keys()
                if serial.lower() in claimed:
                    held.update(keys)
                last = max((turns[key] for key in keys), default=0)
                turns |= dict.fromkeys(keys, max(last, self._spoke.get(serial, 0)))
            yield from ((turn, group, key) for key, turn in turns.items() if key not in held)

    def recall(self, group: Group, key: str) -> Sequence[Amendment]:
        """The announcement with this key is heard again: whoever follows from it is forgotten no more."""
        told = self._told.get(group)
        if told is None or not told.forgotten:
            return ()
        again = [serial for serial, keys in told.forgotten.items() if not keys or key in keys]
        for serial in again:
            del told.forgotten[serial]
        return [Amendment(group, FORGOTTEN + serial, b"") for serial in again]

    def forget(self, serial: str) -> tuple[Upheaval, Sequence[Amendment]]:
        """A person has forgotten it: until it is announced anew, nothing that was tells of it."""
        touched: dict[str, None] = {}
        changes: list[Amendment] = []
        for name in self._same_thing(serial):
            for group in [*self._sources.get(name, ())]:
                changes += self._forgotten(group, name)
                touched |= self._remade(group)
        return self._settle(touched), changes

    def _same_thing(self, serial: str) -> Iterable[str]:
        """It, and by which other names it would be known where it is not by this one."""
        known = self._known.get(serial)
        hardware = frozenset[str]() if known is None else known.definition.hardware
        sharing = [each.serial for address in hardware for each in self._by_hardware[address]]
        return dict.fromkeys([serial, *(each for each in sharing if each not in self._known)])

    def _forgotten(self, group: Group, serial: str) -> Sequence[Amendment]:
        """What tells of nobody else goes; else it is noted that this one is not to be told of."""
        told = self._told[group]
        all_keys = frozenset(told.announcements)
        keys = told.definitions[serial].keys or all_keys
        others = [each.keys or all_keys for name, each in told.definitions.items() if name != serial]
        if not keys.isdisjoint(frozenset().union(*others)):
            told.forgotten[serial] = keys
            return [Amendment(group, FORGOTTEN + serial, b"-")]
        gone = [Amendment(group, key, b"") for key in keys & all_keys]
        for each in gone:
            self._keep(group, each.key, b"")
        withdrawn = [] if told.announcements else [*told.forgotten]
        return [*gone, *(Amendment(group, FORGOTTEN + name, b"") for name in withdrawn)]

    def redefine(self, group: Group) -> Upheaval:
        """What its announcements make of it. Raises whatever the dialect does, and then all stays."""
        return self._settle(self._remade(group))

    def _remade(self, group: Group) -> dict[str, None]:
        """Whom that may concern."""
        told = self._told.get(group)
        if told is None:
            return {}
        definitions = {}
        if told.announcements:
            made = self._dialects[group.dialect].define(group.name, told.announcements)
            definitions = {
                each.serial: bounded(each, self._carries) for each in made if SERIAL.fullmatch(each.serial)
            }
        for serial in told.forgotten.keys() & definitions.keys():
            told.forgotten[serial] = definitions.pop(serial).keys
        before, told.definitions = told.definitions, definitions
        changed = [each for each in {**before, **definitions} if before.get(each) != definitions.get(each)]
        touched = dict.fromkeys(changed)
        for serial in changed:
            sharing = self._index(_Source(group, serial), before.get(serial), definitions.get(serial))
            touched.update((source.serial, None) for source in sharing)
        if bool(before) is not bool(definitions):  # what a gateway publishes is told of by it alone
            touched.update((source.serial, None) for source in self._by_prefix.get(group.name, ()))
        if not told.announcements:
            del self._told[group]
        return touched

    def _index(self, source: _Source, before: Definition | None, now: Definition | None) -> Iterable[_Source]:
        """Who shares hardware with it, before or now."""
        sources = self._sources.setdefault(source.serial, {})
        sharing: dict[_Source, None] = {}
        if before is not None:
            for index, name in self._places(before):
                del index[name][source]
                if not index[name]:
                    del index[name]
            for each in before.hardware:
                sharing.update(self._by_hardware.get(each, {}))
        if now is None:
            del sources[source.group]
            if not sources:
                del self._sources[source.serial]
            return sharing
        sources.setdefault(source.group)
        for index, name in self._places(now):
            index.setdefault(name, {})[source] = None
        for each in now.hardware:
            sharing.update(self._by_hardware[each])
        return sharing

    def _places(self, definition: Definition) -> Iterator[tuple[dict[str, dict[_Source, None]], str]]:
        for address in definition.hardware:
            yield self._by_hardware, address
        for prefix in beginnings(definition.topics[:1]):
            yield self._by_prefix, prefix

    # -- who is who --------------------------------------------------------------------------

    def _settle(self, serials: Iterable[str]) -> Upheaval:
        now, gone = [], []
        for serial in serials:
            before, known = self._known.get(serial), self._best(serial)
            if before == known:
                continue
            if before is not None:
                self._forget_places(before.definition)
            if known is None:
                del self._known[serial]
                self._spoke.pop(serial, None)
                gone.append(serial)
                continue
            self._known[serial] = known
            for topic in known.definition.topics:
                self._topics.add(topic, serial)
            self._addresses.setdefault(_place(known.definition), set()).add(serial)
            now.append(known)
        return Upheaval(now, gone)

    def _forget_places(self, definition: Definition) -> None:
        for topic in definition.topics:
            self._topics.discard(topic, definition.serial)
        place = _place(definition)
        self._addresses[place].remove(definition.serial)
        if not self._addresses[place]:
            del self._addresses[place]

    def _best(self, serial: str) -> Known | None:
        """By the dialect that stands first; of one dialect's, by the group that has told of it last."""
        best: Group | None = None
        for group in self._sources.get(serial, ()):
            if best is None or self._rank[group.dialect] <= self._rank[best.dialect]:
                best = group
        if best is None:
            return None
        definition = self._told[best].definitions[serial]
        if self._is_another_s(definition, self._rank[best.dialect]):
            return None
        return Known(self._dialects[best.dialect], definition, best)

    def _is_another_s(self, definition: Definition, rank: int) -> bool:
        """Whether a dialect that stands before knows the same thing by another name."""
        for address in definition.hardware:
            if any(self._rank[source.group.dialect] < rank for source in self._by_hardware[address]):
                return True
        for prefix in beginnings(definition.topics[:1]):
            if self._is_gateway(prefix, rank):
                return all(topic.startswith(f"{prefix}/") for topic in definition.topics)
        return False

    def _is_gateway(self, prefix: str, rank: int) -> bool:
        """Whether a dialect that stands before knows things that are told of, and told, under it."""
        groups = (Group(dialect, prefix) for dialect in [*self._dialects][:rank])
        return any((told := self._told.get(group)) is not None and told.definitions for group in groups)


def _channel(serial: str) -> str:
    """``2`` of ``<serial>.2``; empty of the device itself."""
    _, _, last = serial.rpartition(".")
    return last if last.isdecimal() else ""


def _place(definition: Definition) -> str:
    return definition.profile.address.strip("/")


def beginnings(topics: Iterable[str]) -> Iterator[str]:
    """Of ``a/b/c``: ``a`` and ``a/b``."""
    for topic in topics:
        at = topic.find("/")
        while at > 0:
            yield topic[:at]
            at = topic.find("/", at + 1)


def bounded(definition: Definition, carries: Carries) -> Definition:
    """The same, but for what would be too much or nobody's business; its notes say so."""
    profile = definition.profile
    hearable = dict.fromkeys(topic for topic in definition.topics if is_hearable(topic))
    topics = tuple(islice(filter(carries, hearable), MAX_TOPICS))
    notes = [f"no se oye {topic[:80]!r}" for topic in definition.topics if topic not in hearable]
    notes += [NOT_CARRIED.format(topic=topic[:80]) for topic in hearable if not carries(topic)][:1]
    if len(topics) == MAX_TOPICS < len(hearable):
        notes.append(f"tiene más de {MAX_TOPICS} topics; los demás no se oyen")
    controls = dict(islice(profile.controls.items(), MAX_ENTITIES))
    units = dict(islice(profile.units.items(), MAX_ENTITIES))
    if (len(controls), len(units)) != (len(profile.controls), len(profile.units)):
        notes.append(f"tiene más de {MAX_ENTITIES} entidades; las demás no se ven")
    if not notes:
        return definition if topics == definition.topics else replace(definition, topics=topics)
    told = replace(profile, controls=controls, units=units, notes=(*profile.notes, *notes)[:MAX_NOTES])
    return replace(definition, profile=told, topics=topics)


def is_hearable(filter: str) -> bool:
    """Whether a device of another make may have it heard."""
    if not is_filter(filter) or len(filter) > MAX_TOPIC or filter.startswith("$"):
        return False
    if filter.split("/")[0] in OURS or _OWN.meeting(filter):
        return False
    return not is_wild(filter) or literal_levels(filter) >= LEAST_LITERAL
