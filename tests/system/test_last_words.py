"""The system ends in order, with all it was given on disk, whatever has become of where it speaks to."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.brokers import Device, accepts, free_port, until_published, wait_until
from tests.system.backend import END_S, Backend, Installation, command_line, surroundings
from tests.web.site import PATIENCE

pytestmark = pytest.mark.broker

REPORTS = 1_000


@pytest.fixture
def plain_home(tmp_path: Path) -> Installation:
    """As its users start it, from Python's own start on."""
    return Installation(tmp_path, kind=Backend)


SERIAL = "TMP0ULTIMAS"


class Mute(Backend):
    """A backend whose ports are known beforehand, so that it need say nothing."""

    def __init__(
        self, home: Installation, folder: Path, stdout: int | None, stderr: int | None, before: str
    ) -> None:
        self.http, self.mqtt = free_port(), free_port()
        settings = {"backend_port": self.http, "mqtt_broker_port": self.mqtt, "data_dir": home.data}
        shell = ["sh", "-c", f'{before} exec "$@"', "sh"]
        self._process = subprocess.Popen(
            [*shell, *command_line("run")],
            cwd=folder,
            env=surroundings(**settings),
            stdout=stdout,
            stderr=stderr,
            encoding="utf-8",
            start_new_session=True,
        )

    def __enter__(self) -> Mute:
        wait_until(lambda: accepts(self.http), PATIENCE)
        self.until_health_is(200)
        return self

    def __exit__(self, *_: object) -> None:
        if self.runs:
            self._process.kill()
            self._process.wait()


def ended(backend: Backend, how: signal.Signals = signal.SIGTERM) -> int:
    os.kill(backend.pid, how)
    return backend._process.wait(END_S)


def report_everything(backend: Backend) -> None:
    """Returns when the backend has heard, and perhaps not yet stored, all that its broker acknowledged."""
    with Device(backend.mqtt) as device:
        sent = [
            device.publish_soon(f"dispositivos/{SERIAL}/estado", f'{{"boot":"a","seq":{n}}}')
            for n in range(REPORTS)
        ]
        until_published(*sent)
        wait_until(lambda: backend.ask("GET", "/salud").json["broker"]["recibidos"] >= REPORTS, PATIENCE)


def assert_all_is_kept(home: Installation) -> None:
    assert home.numbered_reports() == [(SERIAL, n) for n in range(REPORTS)]


# -- where it speaks to --------------------------------------------------------------------------------


@contextmanager
def reader_gone() -> Iterator[tuple[int, int]]:
    """As ``make run | tee`` whose tee was killed."""
    reader, writer = os.pipe()
    os.close(reader)
    yield writer, writer
    os.close(writer)


@contextmanager
def nobody_reads() -> Iterator[tuple[int, int]]:
    """A pipe that is full, as that of a terminal held with Ctrl-S."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with open(os.dup(writer), "wb", buffering=0) as pipe:
        while pipe.write(bytes(1024)):
            pass
    os.set_blocking(writer, True)
    yield writer, writer
    os.close(writer)
    os.close(reader)


@contextmanager
def disk_full() -> Iterator[tuple[int, int]]:
    full = os.open("/dev/full", os.O_WRONLY)
    yield full, full
    os.close(full)


@contextmanager
def terminal_closed() -> Iterator[tuple[int, int]]:
    ours, theirs = pty.openpty()
    os.close(ours)
    yield theirs, theirs
    os.close(theirs)


@pytest.mark.parametrize("listeners", [reader_gone, nobody_reads, disk_full, terminal_closed])
def test_an_end_that_nobody_hears_of_is_in_order(
    plain_home: Installation, tmp_path: Path, listeners: Callable[[], Iterator[tuple[int, int]]]
) -> None:
    """With nobody at either standard stream it serves, ends with status 0, and has kept everything."""
    with listeners() as (out, err), Mute(plain_home, tmp_path, out, err, "") as backend:  # type: ignore[attr-defined]
        report_everything(backend)
        assert ended(backend) == 0
    assert_all_is_kept(plain_home)


def test_standard_streams_that_are_closed_are_nobodys_files(plain_home: Installation, tmp_path: Path) -> None:
    """Begun with ``<&- >&- 2>&-`` it has none of its own files where things are printed."""
    with Mute(plain_home, tmp_path, None, None, "exec <&- >&- 2>&-;") as backend:
        links = [os.readlink(f"/proc/{backend.pid}/fd/{number}") for number in range(3)]
        report_everything(backend)
        assert ended(backend) == 0
    assert links == ["/dev/null"] * 3
    assert_all_is_kept(plain_home)


@pytest.mark.parametrize(("alphabet", "said"), [("ascii", "Terminando..."), ("latin-1", "Terminando...")])
def test_an_alphabet_without_the_letters(
    plain_home: Installation, monkeypatch: pytest.MonkeyPatch, alphabet: str, said: str
) -> None:
    """What cannot be written is written plainer."""
    monkeypatch.setenv("PYTHONIOENCODING", alphabet)
    process = subprocess.Popen(
        command_line("run"),
        cwd=plain_home.data.parent,
        env=surroundings(backend_port=0, mqtt_broker_port=0, data_dir=plain_home.data),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding=alphabet,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("Ctrl-C"):
            break
    process.send_signal(signal.SIGTERM)
    out, complaints = process.communicate(timeout=END_S)
    assert (process.returncode, out.strip(), complaints) == (0, said, "")


# -- signals -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", [signal.SIGHUP, signal.SIGQUIT])
def test_a_closed_terminal_ends_it_in_order(plain_home: Installation, how: signal.Signals) -> None:
    """SIGHUP, of which a terminal that closes sends several, as a SIGTERM; and SIGQUIT."""
    with plain_home.backend() as backend:
        report_everything(backend)
        if how is signal.SIGHUP:
            os.killpg(backend.pid, how)
            os.killpg(backend.pid, how)
        backend.end(how)
    assert_all_is_kept(plain_home)


def test_nohup_keeps_it_running(plain_home: Installation, tmp_path: Path) -> None:
    """A SIGHUP that whoever started it has ignored stays ignored."""
    with Mute(plain_home, tmp_path, subprocess.DEVNULL, subprocess.DEVNULL, "trap '' HUP;") as backend:
        os.kill(backend.pid, signal.SIGHUP)
        report_everything(backend)
        assert ended(backend) == 0
    assert_all_is_kept(plain_home)


def test_ctrl_c_while_it_begins_leaves_no_traceback(plain_home: Installation) -> None:
    """From when the interpreter stands it just ends, by the signal or with status 0."""
    for patience in (0.0, 0.1, 0.3, 0.6, 1.0, 1.5):
        process = subprocess.Popen(
            command_line("run"),
            cwd=plain_home.data.parent,
            env=surroundings(backend_port=0, mqtt_broker_port=0, data_dir=plain_home.data),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        # Which moment it hits is chance; that there is none in which it complains is the claim.
        wait_until(lambda p=process: is_past_its_first_lines(p.pid) or p.poll() is not None)  # type: ignore[misc]
        threading.Event().wait(patience)
        process.send_signal(signal.SIGINT)
        _, complaints = process.communicate(timeout=END_S)
        assert complaints == ""
        assert process.returncode in (0, -signal.SIGINT)


def is_past_its_first_lines(pid: int) -> bool:
    """Whether it is past its first lines, where SIGINT is the operating system's, as not even Python has it.

    That Python has begun shows in SIGPIPE, which it ignores.
    """
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    caught, ignored = (
        int(line.split()[1], 16) for name in ("SigCgt:", "SigIgn:") for line in lines if line.startswith(name)
    )
    return bool(ignored >> (signal.SIGPIPE - 1) & 1) and not caught >> (signal.SIGINT - 1) & 1
