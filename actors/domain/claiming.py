"""Who may claim a device: who has its code in hand or, where it has none, who comes in time."""

from __future__ import annotations

import hashlib
import hmac
import logging
import math
import unicodedata
from typing import Final

from actors.domain.model import Claim, Device, Report
from actors.domain.refusals import Refusal, Refused

logger = logging.getLogger(__name__)

# Of a code of 80 random bits, 480 guesses a day find none; a mistyped one has four more goes.
TRIES: Final = 5
LOCKED_S: Final = 900.0


def code_digest(serial: str, code: str) -> str:
    """What a device announces in place of its code: SHA-256 of ``<serial>:<code>``, in lower-case hex."""
    return hashlib.sha256(f"{serial}:{code}".encode()).hexdigest()


def without_typos(code: str) -> str:
    """In capitals, without spaces and hyphens, and in letters of the usual width."""
    plain = unicodedata.normalize("NFKC", code).upper()
    return "".join(letter for letter in plain if unicodedata.category(letter) not in ("Zs", "Pd", "Cf", "Cc"))


def spellings(code: str) -> tuple[str, ...]:
    """What a person may mean who types ``code``: it may stand in the QR with small letters or hyphens."""
    typed = code.strip()
    return code, typed, unicodedata.normalize("NFKC", typed).upper(), without_typos(code)


def unproven(serial: str) -> Refused:
    """One answer where there is no such device, no right code, or no listening; it tells none of them."""
    return Refused(Refusal.UNPROVEN, {"serial": serial, "tries": TRIES, "minutes": round(LOCKED_S / 60)})


def unproven_spare(serial: str) -> Refused:
    """The same where it is to take the place of another one."""
    return Refused(
        Refusal.SPARE_UNPROVEN, {"serial": serial, "tries": TRIES, "minutes": round(LOCKED_S / 60)}
    )


class ClaimGuard:
    """One device's. ``window`` is for how many seconds after its start one without a code can be claimed.

    With 0 it always can. All times are monotonic. What was heard and tried is forgotten with the actor:
    after a restart there are five tries again, and no window is open.
    """

    def __init__(self, window: float) -> None:
        self._window = window
        self._opened_at = -math.inf
        self._wrong = 0
        self._locked_until = -math.inf

    def hear(self, report: Report, before: Device, now: float) -> None:
        """Take notice of a new report of the device as it stood ``before``: perhaps it has just started."""
        if self._window and (before.reports == 0 or _starts_a_boot(report, before)):
            self._opened_at = now

    def objection_to(self, claim: Claim, device: Device, now: float) -> Refused | None:
        """Why whoever claims is not even told whether it is claimed already; ``None`` if there is no reason.

        Five wrong codes in a row lock the door, for the right one too. A claim without any is no guess.
        """
        if device.code_digest is not None:
            return None if self._proves(claim, device, now) else unproven(device.serial)
        if device.claimed or not self._window or now - self._opened_at <= self._window:
            return None
        return Refused(Refusal.WINDOW_CLOSED, {"serial": device.serial, "seconds": self._window})

    def _proves(self, claim: Claim, device: Device, now: float) -> bool:
        """Takes as long whatever comes of it. However code and serial number are written, it is one try."""
        serials, digest = (claim.serial, device.serial), device.code_digest or ""
        codes = spellings(claim.code or "")
        given = [code_digest(serial, code).encode() for serial in serials for code in codes]
        right = sum(hmac.compare_digest(each, digest.encode()) for each in given) > 0
        if claim.code is None or now < self._locked_until:
            return False
        self._wrong = 0 if right else self._wrong + 1
        if self._wrong == TRIES:
            logger.warning("claim_locked serial=%s seconds=%d", claim.serial, LOCKED_S)
            self._wrong, self._locked_until = 0, now + LOCKED_S
        return right


def _starts_a_boot(report: Report, before: Device) -> bool:
    if report.boot is None or report.seq is None or report.retained:
        return False
    return not before.boot(report.boot).spans
