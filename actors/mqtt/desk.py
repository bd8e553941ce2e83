"""Devices from the machine's own console: the words of the command line, and what they do."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Final, TextIO

from actors.kinds import PREFIXES
from actors.mqtt.claim_code import print_claim_code
from actors.mqtt.simulated_device import fleet
from actors.mqtt.simulator import Simulator
from actors.ports import Clock

# Between two lines of progress, s.
PROGRESS_S: Final = 10.0


class WrongArgument(Exception):
    """What was asked for cannot be done. Its text is one line for people, in Spanish."""


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    simulate = commands.add_parser("simulate", help="solo dispositivos simulados, contra cualquier bróker")
    simulate.add_argument(
        "--count", type=int, default=len(PREFIXES), help="cuántos (por defecto %(default)s)"
    )
    simulate.add_argument(
        "--broker", default="127.0.0.1", help="máquina del bróker (por defecto %(default)s)"
    )
    simulate.add_argument("--port", type=int, help="puerto del bróker (MQTT_BROKER_PORT)")
    simulate.add_argument("--interval", type=float, default=5.0, help="segundos entre informes (%(default)s)")
    simulate.add_argument(
        "--kinds",
        nargs="+",
        choices=list(PREFIXES.values()),
        metavar="CLASE",
        help=f"de qué clases: {', '.join(PREFIXES.values())} (por defecto, todas)",
    )
    simulate.add_argument("--seed", type=int, default=0, help="otra semilla, otros dispositivos")
    qr = commands.add_parser("qr", help="el código QR con que la app reclama un dispositivo")
    qr.add_argument("serial", help="su número de serie, p. ej. TMP0603IF1WD")
    qr.add_argument(
        "--png", type=Path, metavar="ARCHIVO", help="además, como imagen (por defecto SERIAL.png)"
    )


def simulate(
    options: argparse.Namespace,
    port: int,
    login: tuple[str, str],
    clock: Clock,
    finished: Callable[[float], bool],
    out: TextIO,
) -> None:
    """Simulated devices alone, with a line of progress now and then, until ``finished`` within so many s.

    Raises :class:`WrongArgument`.
    """
    if options.count < 1 or not options.interval > 0:
        raise WrongArgument("--count e --interval han de ser mayores que 0.")
    devices = fleet(options.count, options.seed, options.kinds or list(PREFIXES.values()), options.interval)
    port = port if options.port is None else options.port
    simulator = Simulator(options.broker, port, devices, clock, *login)
    simulator.start()
    where = f"{options.broker}:{port}"
    print(f"{len(devices)} dispositivos simulados en {where}. Ctrl-C para terminar.", file=out, flush=True)
    while not finished(PROGRESS_S):
        now = simulator.counters
        print(
            f"conectados {now.connected}/{len(devices)}, enviados {now.sent}, repetidos {now.resent}, "
            f"con recibo {now.receipted}, sin recibo {now.kept}",
            file=out,
            flush=True,
        )
    simulator.stop()


def show_claim_code(options: argparse.Namespace, out: TextIO) -> None:
    """Raises :class:`WrongArgument`."""
    png = options.png or Path(f"{options.serial}.png")
    try:
        print_claim_code(options.serial, out, png)
    except (OSError, ValueError) as error:
        raise WrongArgument(f"{options.serial}: {error}") from None
    print(f"También en {png}", file=out)
