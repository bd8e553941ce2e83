"""A LAN of machines, each a network namespace on one switch, and what runs on them, as processes."""

from __future__ import annotations

import itertools
import json
import os
import select
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from actors.runtime.clock import SystemClock
from tests.machine import lacking, need

HOUSE = Path(__file__).parent.parent.parent
# Seconds for anything to happen; a machine's answer takes two at most when nothing else goes on.
PATIENCE = 60.0

_numbers = itertools.count()


class Process:
    """One of :mod:`tests.web.lan_roles` on a machine. Told a line of words it answers with one of JSON."""

    def __init__(self, namespace: str, *words: str) -> None:
        command = ["ip", "netns", "exec", namespace, sys.executable, "-m", "tests.web.lan_roles", *words]
        self._process = subprocess.Popen(
            command, cwd=HOUSE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
        )

    def ask(self, *words: str) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(" ".join(words).encode() + b"\n")
        assert select.select([self._process.stdout], [], [], PATIENCE)[0], f"no answer to {words}"
        return json.loads(self._process.stdout.readline())

    def until(self, wanted: object, *words: str) -> None:
        """Ask, each answer taking its time, until it is ``wanted``."""
        clock = SystemClock()
        deadline = clock.monotonic() + PATIENCE
        while (answer := self.ask(*words)) != wanted:
            assert clock.monotonic() < deadline, f"{words}: {answer} and not {wanted}"

    def end(self) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        return self._process.wait(PATIENCE)


class Machine:
    """With addresses as ``192.168.7.1/24``; its one interface is ``lan0``."""

    def __init__(self, switch: str, name: str, *addresses: str) -> None:
        self.namespace = name
        self.processes: list[Process] = []
        self._switch = switch
        self._port = f"port{name.rpartition('-')[2]}"
        _ip("netns", "add", name)
        _ip("-n", switch, "link", "add", self._port, "type", "veth", "peer", "name", "lan0", "netns", name)
        # Addresses are ready at once, with no second's search for duplicates.
        self._ip("link", "set", "lan0", "addrgenmode", "none")
        self._ip("link", "set", "lan0", "up")
        self.plug()
        for address in addresses:
            self.add(address)

    def add(self, address: str) -> None:
        self._ip("address", "add", address, "dev", "lan0", *(["nodad"] if ":" in address else []))

    def remove(self, address: str) -> None:
        self._ip("address", "del", address, "dev", "lan0")

    def plug(self) -> None:
        _ip("-n", self._switch, "link", "set", self._port, "master", "switch", "up")

    def unplug(self) -> None:
        """The machine keeps its addresses and reaches nobody."""
        _ip("-n", self._switch, "link", "set", self._port, "nomaster")

    def run(self, *words: str) -> Process:
        process = Process(self.namespace, *words)
        self.processes.append(process)
        return process

    def _ip(self, *words: str) -> None:
        _ip("-n", self.namespace, *words)


class Lan:
    """Use in a ``with``; where namespaces may not be made, as :func:`~tests.machine.lacking` says."""

    def __enter__(self) -> Self:
        need("namespaces")
        self._name = f"lan{os.getpid()}x{next(_numbers)}"
        self._machines: list[Machine] = []
        try:
            _ip("netns", "add", self._name)
        except (OSError, subprocess.CalledProcessError) as error:
            lacking(f"the right to make network namespaces ({error})")
        _ip("-n", self._name, "link", "add", "switch", "type", "bridge", "mcast_snooping", "0")
        _ip("-n", self._name, "link", "set", "switch", "up")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        ends = [process.end() for machine in self._machines for process in machine.processes]
        for machine in self._machines:
            _ip("netns", "del", machine.namespace)
        _ip("netns", "del", self._name)
        assert error is not None or not any(ends)

    def machine(self, *addresses: str) -> Machine:
        made = Machine(self._name, f"{self._name}-{len(self._machines)}", *addresses)
        self._machines.append(made)
        return made


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, timeout=PATIENCE)
