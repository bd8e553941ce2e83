"""The disk is full: nothing is promised meanwhile, people are served, and it goes on by itself."""

from __future__ import annotations

import errno
import os
import resource
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from tests.chaos.devices import Trusting, serials
from tests.chaos.fault import Outcome, Trial
from tests.chaos.victim import Place, Victim, mosquitto
from tests.chaos.watcher import Watcher

_SIZE_MIB = 24
_RATE = 200
# A commit that was under way when the disk filled up may still be told of, s.
_GRACE = 1.0


class Disk(Protocol):
    what: str

    def fill(self, victim: Victim) -> None: ...
    def empty(self, victim: Victim) -> None: ...


class Volume:
    """A file system of its own with a ballast in it."""

    what = "tmpfs"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ballast = folder / "ballast"

    def fill(self, _victim: Victim | None = None) -> None:
        with self._ballast.open("wb", buffering=0) as ballast:
            size = 2**20
            while size:
                try:
                    ballast.write(bytes(size))
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
                    size //= 2

    def empty(self, _victim: Victim | None = None) -> None:
        self._ballast.unlink()

    def take_no_more_files(self) -> None:
        """As a quota has it."""
        told = os.statvfs(self._folder)
        self.remount(f"nr_inodes={told.f_files - told.f_ffree}")

    def remount(self, option: str) -> bool:
        """Whether the kernel does it: not ``ro`` while somebody may write to a file there."""
        command = [*as_root(), "mount", "-o", f"remount,{option}", str(self._folder)]
        return subprocess.run(command, capture_output=True).returncode == 0


def as_root() -> list[str]:
    return [] if os.getuid() == 0 else ["sudo", "-n"]


class CappedFiles:
    """Where nothing may be mounted: the victim may not write beyond the first page of any file."""

    what = "no mount allowed: RLIMIT_FSIZE instead"

    def fill(self, victim: Victim) -> None:
        resource.prlimit(victim.pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))

    def empty(self, victim: Victim) -> None:
        unlimited = resource.RLIM_INFINITY, resource.RLIM_INFINITY
        resource.prlimit(victim.pid, resource.RLIMIT_FSIZE, unlimited)


@contextmanager
def small_disk(folder: Path) -> Iterator[Disk]:
    folder.mkdir(parents=True)
    mount = [*as_root(), "mount", "-t", "tmpfs", "-o", f"size={_SIZE_MIB}m,mode=777", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(mount, capture_output=True).returncode == 0
    except FileNotFoundError:  # no sudo either
        mounted = False
    if not mounted:
        yield CappedFiles()
        return
    try:
        yield Volume(folder)
    finally:
        subprocess.run([*as_root(), "umount", "--lazy", str(folder)], check=True)


def disk_full(trial: Trial) -> Outcome:
    outcome = Outcome(tried=trial.pick(2, 6))
    place_folder = trial.folder / "home"
    with mosquitto(trial.folder) as broker, small_disk(place_folder / "instance") as disk:
        place = Place(place_folder, broker)
        with (
            place.victim() as victim,
            Trusting(place.mqtt, place.ledger, serials(8), _RATE) as devices,
            Watcher(victim) as watcher,
        ):
            for done in range(outcome.tried):
                trial.progress(done, outcome.tried)
                devices.until_receipt_after(time.monotonic())
                disk.fill(victim)
                _check_while_full(outcome, trial, victim, devices, watcher)
                disk.empty(victim)
                outcome.recoveries.append(devices.until_receipt_after(time.monotonic()))
                victim.until_health_is(200)
                outcome.survived += 1
            devices.finish()
            victim.until_idle()
        outcome.extra = disk.what
        return outcome.judged(place.ledger.examine(place.data))


def _check_while_full(
    outcome: Outcome, trial: Trial, victim: Victim, devices: Trusting, watcher: Watcher
) -> None:
    victim.until_health_is(503)
    threading.Event().wait(_GRACE)
    full_since = time.monotonic()
    watcher.until_heard_after(full_since)
    threading.Event().wait(trial.pick(3.0, 60.0))
    outcome.expect(victim.ask("GET", "/dispositivos").status == 200, "no GET /dispositivos on a full disk")
    outcome.expect(victim.ask("GET", "/salud").status == 503, "/salud does not tell that the disk is full")
    outcome.expect(devices.receipted_at < full_since, "a receipt was given while the disk was full")
