"""What the process says on its standard streams, what it is told by signals, and how many files it may open.

Nothing that is printed may keep the system from ending in order: a terminal is closed, the reader of a
pipe is killed, a disk is full, an alphabet has no accents.
"""

from __future__ import annotations

import io
import mmap
import os
import select
import signal
import sys
import threading
import unicodedata
from codecs import register_error
from contextlib import suppress
from typing import ClassVar, Final, TextIO

# Status of a command that Ctrl-C has ended, as shells give it.
INTERRUPTED: Final = 128 + signal.SIGINT
# What a process is told to end by; a system has those that it knows.
_ENDS: Final = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGBREAK")
# Those below it are what select() takes, by which paho waits for the broker.
DESCRIPTORS: Final = 1024
# What a pipe takes whole once it takes anything.
_AT_ONCE: Final = getattr(select, "PIPE_BUF", 512)
_PATIENCE_S: Final = 1.0
_PLAIN: Final = "in_plain_letters"


class _Unfailing(io.FileIO):
    """A standard stream; what nobody can take any more is dropped."""

    patience: ClassVar[float | None] = None
    """How long a reader that takes nothing is waited for, s; ``None`` is as long as it likes."""

    def __init__(self, number: int) -> None:
        super().__init__(number, "w", closefd=False)
        self._is_stuck = False

    def write(self, data: object) -> int:
        wanted = memoryview(data).cast("B")[:_AT_ONCE]  # type: ignore[arg-type]
        try:
            written = super().write(wanted) if self._may_be_written() else None
        except OSError:
            written = None
        return len(wanted) if written is None else written

    def _may_be_written(self) -> bool:
        """Whether a write returns at once; a reader that was waited for in vain is not waited for again."""
        if self.patience is None or not hasattr(select, "poll"):
            return True
        waiting = select.poll()
        waiting.register(self.fileno(), select.POLLOUT)
        self._is_stuck = not waiting.poll(0 if self._is_stuck else self.patience * 1000)
        return not self._is_stuck


def speak_whatever_comes() -> None:
    """From now on nothing that is written to standard output or standard error raises.

    A letter that the stream's alphabet lacks is written as the nearest one that it has. A stream that was
    closed before the start is the null device, or the next file that is opened would get its number and
    what is printed.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
    register_error(_PLAIN, _in_plain_letters)
    sys.stdout = _unfailing(sys.stdout, 1)
    sys.stderr = _unfailing(sys.stderr, 2)


def _unfailing(stream: TextIO | None, number: int) -> TextIO:
    encoding = "utf-8" if stream is None else stream.encoding
    buffered = io.BufferedWriter(_Unfailing(number))
    return io.TextIOWrapper(buffered, encoding, _PLAIN, line_buffering=True)


def speak_without_waiting() -> None:
    """From now on a terminal that is held with Ctrl-S, or a pipe that nobody reads, holds up nobody."""
    _Unfailing.patience = _PATIENCE_S


def _in_plain_letters(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    letters = unicodedata.normalize("NFKD", error.object[error.start : error.end])
    plain = (each if each.isascii() else "?" for each in letters if not unicodedata.combining(each))
    return "".join(plain), error.end


def has_blocks(out: TextIO) -> bool:
    """Whether ``out`` can show the block characters of which QR codes are drawn."""
    try:
        "█▀▄".encode(out.encoding or "utf-8")
    except (UnicodeError, LookupError):
        return False
    return True


def finish_on_signals() -> threading.Event:
    """Set at the first Ctrl-C, SIGTERM, SIGHUP or SIGQUIT.

    The same signal a second time is the operating system's again and ends the process at once; but not
    SIGHUP, of which a terminal that is closed sends several. One that whoever started us has it ignored,
    as ``nohup`` does, stays so.
    """
    finished = threading.Event()

    def finish(number: int, _: object) -> None:
        again = signal.SIG_IGN if number == getattr(signal, "SIGHUP", None) else signal.SIG_DFL
        signal.signal(number, again)
        finished.set()

    for name in _ENDS:
        number = getattr(signal, name, None)
        if number is None or (name == "SIGHUP" and signal.getsignal(number) is signal.SIG_IGN):
            continue
        signal.signal(number, finish)
    return finished


def take_descriptors() -> int:
    """Have as many files and connections open as are of use, if the system lets us; how many that are."""
    try:
        import resource  # not on Windows
    except ImportError:
        return DESCRIPTORS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(DESCRIPTORS, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
            soft = most
    return most if soft == resource.RLIM_INFINITY else min(soft, DESCRIPTORS)


def expect_memory(size: int) -> None:
    """Raises ``MemoryError`` where a limit (``ulimit -v``) leaves no room for so many bytes.

    Libraries in C die of a lack of memory, or take it for damage, and say nothing that anybody understands.
    Nothing is taken: it is about addresses.
    """
    if not hasattr(mmap, "MAP_PRIVATE"):
        return
    try:
        mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, prot=mmap.PROT_READ).close()
    except OSError:
        raise MemoryError(f"No hay memoria bastante: hacen falta otros {size >> 20} MiB.") from None
