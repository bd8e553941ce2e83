"""Why a command is not carried out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class Refusal(Enum):
    """Why a command was not carried out. The value is what programs are told, and stays as it is; the web
    room has the words for people."""

    # -- of devices
    ALREADY_CLAIMED = "already_claimed"
    UNPROVEN = "claim_unproven"
    WINDOW_CLOSED = "claim_window_closed"
    CONFIGURATION_TOO_LARGE = "configuration_too_large"
    STATE_READ_ONLY = "state_read_only"
    BOUNDS_CROSSED = "bounds_crossed"
    TOO_MANY_CHOICES = "too_many_choices"
    STALE = "stale_edition"
    NOTHING_TO_ACCEPT = "definition_not_pending"
    NOT_CLAIMED = "not_claimed"
    SPARE_UNPROVEN = "replacement_unproven"
    GONE = "device_gone"
    UNKNOWN_SERIAL = "unknown_serial"
    CANNOT_STOP = "cannot_stop"
    # -- of rooms
    NO_SUCH_ROOM = "no_such_room"
    NO_ROOM_TO_MOVE_TO = "no_room_to_move_to"
    ROOM_NAME_TAKEN = "room_name_taken"
    TOO_MANY_ROOMS = "too_many_rooms"
    # -- of absences
    NO_SUCH_ABSENCE = "no_such_absence"
    ABSENCE_ENDS_FIRST = "absence_ends_first"
    ABSENCES_MEET = "absences_meet"
    TOO_MANY_ABSENCES = "too_many_absences"
    # -- of the house's current
    TARIFFS_MEET = "tariffs_meet"
    # -- of findings
    NOTHING_PROPOSED = "nothing_proposed"
    PROPOSAL_INVALID = "proposal_invalid"
    MOVED_ON = "moved_on"
    # -- of people
    NO_SUCH_PERSON = "no_such_person"
    NOBODY_NAMED = "nobody_named"
    NO_SUCH_TOKEN = "no_such_token"
    TOO_MANY_PEOPLE = "too_many_people"
    NAME_TAKEN = "name_taken"
    LAST_ADMIN = "last_admin"
    TOO_MANY_TOKENS = "too_many_tokens"
    # -- of logins at the broker
    FOREIGN_BROKER = "foreign_broker"
    UNKNOWN_FAMILY = "unknown_family"
    LOGIN_UNUSABLE = "login_unusable"
    LOGIN_TOPIC_UNUSABLE = "login_topic_unusable"
    LOGIN_TAKEN = "login_taken"
    NO_SUCH_LOGIN = "no_such_login"
    # -- of notifications
    NO_SUCH_CHANNEL = "no_such_channel"
    BROWSER_NOT_TOLD = "browser_not_told"
    TOO_MANY_CHANNELS = "too_many_channels"
    # -- not now
    QUARANTINED = "device_quarantined"
    UNREACHED = "device_unreached"
    FAILED = "failed_inside"
    RULE_FAILED = "rule_failed"
    NOT_STORED = "not_stored"
    BACKUP_STOPPING = "backup_stopping"
    BACKUP_NO_SPACE = "backup_no_space"
    BACKUP_DAMAGED = "backup_damaged"
    BACKUP_FAILED = "backup_failed"
    BACKUP_ELSEWHERE = "backup_elsewhere"


@dataclass(frozen=True, slots=True)
class Refused:
    """The answer to a command that changed nothing: why, and what that is about."""

    why: Refusal
    about: Mapping[str, str | float] = field(default_factory=dict)


def unreached(serial: str) -> Refused:
    """What cannot wait is not told to whoever does not hear it now."""
    return Refused(Refusal.UNREACHED, {"serial": serial})
