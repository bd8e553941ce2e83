"""What the console leaves for a running system to forget."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from actors.messages import Removal
from persistence.removal_queue import RemovalQueue

REMOVAL = Removal(3, "LGT0AAAAAAAA")


@pytest.fixture
def box(tmp_path: Path) -> RemovalQueue:
    return RemovalQueue(tmp_path / "olvidar")


def test_what_is_left_is_taken_once(box: RemovalQueue) -> None:
    box.leave(REMOVAL)
    assert box.take() == [REMOVAL]
    assert box.take() == []


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"id": null, "serial_number": "A"}', "\xff"])
def test_what_cannot_be_read_is_dropped(box: RemovalQueue, text: str) -> None:
    path = box.leave(REMOVAL)
    path.write_text(text, "latin-1")
    assert box.take() == []
    assert not path.exists()


def test_what_the_disk_does_not_let_go_is_told_of_once_and_waits(
    box: RemovalQueue, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is not forgotten again and again, and nobody dies of it."""
    caplog.set_level(logging.WARNING)
    other = Removal(4, "LGT0BBBBBBBB")
    stuck = box.leave(REMOVAL)
    box.leave(other)
    unlink = Path.unlink

    def refuse(path: Path, missing_ok: bool = False) -> None:
        if path == stuck:
            raise OSError(30, "Read-only file system")
        unlink(path, missing_ok)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", refuse)
        assert box.take() == [other]
        assert box.take() == []
    assert len(caplog.messages) == 1
    assert box.take() == [REMOVAL]
