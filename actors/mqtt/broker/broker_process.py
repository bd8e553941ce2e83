"""The process between us and the embedded broker: it runs the command it is given, and ends it.

The broker ends when this process's standard input does, so it never outlives us, however we end. A Ctrl-C
or a service manager's SIGTERM reaches this process too and is ignored, since the backend still has
acknowledgements to send. What the broker says goes to standard error, its process id first.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Final

_PR_SET_PDEATHSIG: Final = 1
# Mosquitto writes down what it keeps when it is asked to end, s.
_FAREWELL: Final = 2.0


def main(command: Sequence[str]) -> int:
    """Run ``command`` until it ends or standard input does; its exit status."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        broker = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=sys.stderr, preexec_fn=_dies_with_its_parent()
        )
    except OSError as error:
        print(f"[ERR] {command[0]}: {error.strerror}", file=sys.stderr)
        return 127
    print(f"pid {broker.pid}", file=sys.stderr, flush=True)
    threading.Thread(target=_end_with_parent, args=(broker,), daemon=True).start()
    return broker.wait()


def _end_with_parent(broker: subprocess.Popen[bytes]) -> None:
    sys.stdin.buffer.read()
    broker.terminate()
    try:
        broker.wait(_FAREWELL)
    except subprocess.TimeoutExpired:
        broker.kill()


def _dies_with_its_parent() -> Callable[[], None] | None:
    """For Linux: should this very process be killed, the kernel ends the broker."""
    if sys.platform != "linux":
        return None
    import ctypes

    prctl = ctypes.CDLL(None).prctl

    def ask() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

    return ask


if __name__ == "__main__":
    status = main(sys.argv[1:])
    os._exit(status if 0 <= status < 256 else 1)
