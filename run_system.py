"""IoT Backend: the home's own server for connected devices. This file puts the parts together."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from tzlocal import get_localzone

from actors.clock import SystemClock
from actors.directory import Directory, DirectoryStatus
from actors.dispatch import ThreadPool
from actors.kinds import PREFIXES
from actors.logs import log_to_stderr
from actors.mqtt.bridge import Bridge
from actors.mqtt.broker import BrokerUnavailable, EmbeddedBroker
from actors.mqtt.claim_code import print_claim_code
from actors.mqtt.simulated_device import fleet
from actors.mqtt.simulator import Simulator
from actors.ports import RuleFactory
from actors.scanner import ScannerActor
from actors.surroundings import Surroundings
from config import SettingError, Settings
from persistence import Queries, Store, UnusableDatabase, WriterActor, WriterStatus
from persistence.historian import HistorianActor
from persistence.rule_files import RuleFiles
from rules.rulebook import rulebook
from rules.settings import LearnSettings
from web.app import WebServer
from web.health import BrokerHealth, Health, WriterHealth
from web.hub import EventHub
from web.loop import LoopThread
from web.services import Limits

logger = logging.getLogger("run_system")

VERSION: Final = "0.1.0"
ACTOR_THREADS: Final = 2  # more only compete for the one interpreter lock
# What stop() may take, at the very worst 9 s in all, of which most is for what is not on disk yet.
DRAIN_S: Final = 3.0
TURNS_S: Final = 0.5
LAST_COMMIT_S: Final = 1.5
HEARD_S: Final = 3.0  # a broker on the same machine confirms a subscription in milliseconds


class Unstartable(Exception):
    """Something that the system needs cannot be had."""


# Each says in one Spanish line what is wrong.
CANNOT_START: Final = (SettingError, UnusableDatabase, BrokerUnavailable, Unstartable)


class System:
    """All parts, wired. Each layer is started after those that it tells, and stopped before them."""

    def __init__(self, settings: Settings) -> None:
        """Raises ``UnusableDatabase`` where DATA_DIR cannot be used."""
        self._settings = settings
        path = settings.data_dir / "iot.db"

        def open_store() -> Store:
            return Store(path, settings.rechazados_max)

        with open_store() as store:
            devices = store.devices()
            instance = store.instance_id
        self._began = time.monotonic()
        self.clock = SystemClock()
        self._actors = ThreadPool("actors", ACTOR_THREADS)
        self._disk = ThreadPool("writer", 1)
        self._archive = ThreadPool("historian", 1)
        loop = LoopThread("web")
        self._hub = EventHub(loop, devices)
        self.broker = None if settings.mqtt_broker_url else EmbeddedBroker(port=settings.mqtt_broker_port)
        self._bridge = Bridge(
            keepalive=settings.mqtt_keepalive,
            username=settings.mqtt_username,
            password=settings.mqtt_password,
            client_id=f"iot-backend-{instance}",
            clock=self.clock,
        )
        self._writer_status = WriterStatus()
        self._writer = WriterActor.start(
            self._disk, open_store, self.clock, self._bridge, self._hub, self._writer_status
        )
        queries = Queries(path)
        self._historian = HistorianActor.start(self._archive, queries, self.clock)
        self._rule_files = RuleFiles(
            settings.data_dir / "tablas", settings.ai_limites_path, settings.ai_estandar_path
        )
        rules = self._rulebook(self._rule_files)
        around = Surroundings(
            dispatcher=self._actors,
            clock=self.clock,
            writer=self._writer,
            historian=self._historian,
            events=self._hub,
            commands=self._bridge,
            rules=rules,
            offline_after=settings.ai_r4_offline_secs,
            startup_grace=settings.ai_r4_startup_grace_secs,
        )
        self._directory_status = DirectoryStatus()
        self._directory = Directory.start(around, devices, settings.max_devices, self._directory_status)
        self._bridge.attach(self._directory, self._writer)
        self._scanner = ScannerActor.start(
            self._actors,
            self.clock,
            self._historian,
            self._hub,
            rules["extremos"],
            settings.ai_hist_window_days,
        )
        self.web = WebServer(
            loop=loop,
            hub=self._hub,
            directory=self._directory,
            scanner=self._scanner,
            queries=queries,
            health=self.health,
            host=settings.backend_host,
            port=settings.backend_port,
            version=VERSION,
            limits=Limits(clients=settings.sse_max_clients),
        )

    def _rulebook(self, files: RuleFiles) -> Mapping[str, RuleFactory]:
        here = get_localzone()  # schedules go by the clock on the wall of this house
        demo = partial(files.demo, LearnSettings.of(self._settings), here)
        return rulebook(self._settings, files.limits, files.standards, here, demo)

    def start(self) -> None:
        """Raises ``BrokerUnavailable`` or ``Unstartable`` where a port cannot be had."""
        try:
            self.web.start()
        except OSError as error:
            where = f"{self._settings.backend_host}:{self._settings.backend_port}"
            raise Unstartable(f"BACKEND_PORT: {where} no se puede abrir ({error.strerror}).") from None
        if self.broker is not None:
            self.broker.start()
        self.clock.start()
        self._disk.start()
        self._archive.start()
        self._actors.start()
        self._bridge.start(*self.mqtt)
        # Whoever is told that it runs may publish at once; but a broker that is away is not waited for.
        self._bridge.wait_until_heard(HEARD_S)

    def stop(self) -> None:
        """Take nothing more in, keep what was taken in, acknowledge it, close; within 10 s."""
        self._bridge.stop_intake()
        if not self._bridge.wait_until_settled(DRAIN_S):
            logger.error("stopped_without_keeping in_flight=%d", self._bridge.in_flight)
        self.web.stop()
        for actor, threads, patience in (
            (self._directory, self._actors, TURNS_S),
            (self._historian, self._archive, TURNS_S),
            (self._writer, self._disk, LAST_COMMIT_S),
        ):
            actor.stop(block=False)
            threads.stop(patience)
        self._bridge.close()
        if self.broker is not None:
            self.broker.stop()
        self.clock.stop()

    @property
    def mqtt(self) -> tuple[str, int]:
        """Host and port of the broker, known after :meth:`start`."""
        if self.broker is not None:
            return "127.0.0.1", self.broker.port
        return self._settings.mqtt_broker_url, self._settings.mqtt_broker_port

    def health(self) -> Health:
        """How the parts are doing; any thread may ask."""
        return Health(
            broker=BrokerHealth(
                connected=self._bridge.connected and self._bridge.healthy,
                embedded_alive=None if self.broker is None else self.broker.alive,
                received=self._bridge.received,
                rejected=self._bridge.rejected,
                in_flight=self._bridge.in_flight,
            ),
            writer=WriterHealth(
                healthy=self._writer_status.healthy and self._writer.is_alive(),
                queued=self._writer_status.queued,
                last_error=self._writer_status.last_error,
            ),
            actors_healthy=self._actors.alive
            and all(each.is_alive() for each in (self._directory, self._historian, self._scanner)),
            actors_waiting=self._actors.waiting,
            device_failures=self._directory_status.failures,
            tables=self._rule_files.troubles,
            uptime=time.monotonic() - self._began,
        )


# -- the command line ----------------------------------------------------------------------------

DESCRIPTION: Final = """\
El servidor de los dispositivos de casa: recibe sus informes por MQTT, los guarda y los sirve por
HTTP (REST y SSE) a la app y al navegador.
"""
EPILOG: Final = """\
Los ajustes se leen de config.toml, si existe, y del entorno, que manda; todos están descritos en
config.toml.example. Ejemplos:

  python run_system.py demo
  BACKEND_PORT=8080 python run_system.py run
  MQTT_BROKER_URL=192.168.1.10 python run_system.py run
  python run_system.py simulate --count 200 --broker localhost
  python run_system.py qr TMP0603IF1WD --png tmp.png
"""


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        "run_system.py",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=VERSION)
    top.add_argument("--config", type=Path, metavar="ARCHIVO", help="ajustes en TOML (config.toml)")
    commands = top.add_subparsers(dest="command", required=True, metavar="ORDEN")
    commands.add_parser("run", help="el sistema, hasta Ctrl-C")
    commands.add_parser("demo", help="el sistema con un dispositivo simulado de cada clase")
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
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 after an orderly end, 2 where it cannot start (said in one line)."""
    options = parser().parse_args(arguments)
    try:
        default = Path("config.toml")
        settings = Settings.load(options.config or (default if default.exists() else None), os.environ)
        log_to_stderr(settings.log_level)
        match options.command:
            case "run":
                serve(settings, devices=0)
            case "demo":
                serve(settings, devices=len(PREFIXES))
            case "simulate":
                simulate(settings, options)
            case "qr":
                show_claim_code(options.serial, options.png or Path(f"{options.serial}.png"))
    except CANNOT_START as problem:
        print(f"run_system.py: {problem}", file=sys.stderr)
        return 2
    return 0


def serve(settings: Settings, devices: int) -> None:
    """The system until Ctrl-C or SIGTERM, with so many simulated devices beside it."""
    finished = _finish_on_signals()
    system = System(settings)
    system.start()
    login = settings.mqtt_username, settings.mqtt_password
    simulator = Simulator(*system.mqtt, fleet(devices), system.clock, *login)
    simulator.start()
    print(f"IoT Backend {VERSION}{f' con {devices} dispositivos simulados' if devices else ''}")
    print(f"  REST  {system.web.url}/dispositivos")
    print(f"  SSE   {system.web.url}/stream/dispositivos")
    print("  MQTT  {}:{}\nCtrl-C para terminar.".format(*system.mqtt), flush=True)
    while not finished.wait(1):  # a wait without end hears no Ctrl-C on Windows
        pass
    print("Terminando…", flush=True)
    simulator.stop()
    system.stop()


def simulate(settings: Settings, options: argparse.Namespace) -> None:
    """Simulated devices alone, with a line of progress every ten seconds."""
    if options.count < 1 or not options.interval > 0:
        raise Unstartable("--count e --interval han de ser mayores que 0.")
    finished = _finish_on_signals()
    clock = SystemClock()
    devices = fleet(options.count, options.seed, options.kinds or list(PREFIXES.values()), options.interval)
    port = settings.mqtt_broker_port if options.port is None else options.port
    login = settings.mqtt_username, settings.mqtt_password
    simulator = Simulator(options.broker, port, devices, clock, *login)
    simulator.start()
    print(
        f"{len(devices)} dispositivos simulados en {options.broker}:{port}. Ctrl-C para terminar.", flush=True
    )
    while not finished.wait(10):
        now = simulator.counters
        print(
            f"conectados {now.connected}/{len(devices)}, enviados {now.sent}, repetidos {now.resent}, "
            f"con recibo {now.receipted}, sin recibo {now.kept}",
            flush=True,
        )
    simulator.stop()


def show_claim_code(serial: str, png: Path) -> None:
    try:
        print_claim_code(serial, sys.stdout, png)
    except (OSError, ValueError) as error:
        raise Unstartable(f"{serial}: {error}") from None
    print(f"También en {png}")


def _finish_on_signals() -> threading.Event:
    """Set at the first Ctrl-C or SIGTERM; the second one is the operating system's again."""
    finished = threading.Event()

    def finish(number: int, _: object) -> None:
        signal.signal(number, signal.SIG_DFL)
        finished.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, finish)
    return finished


if __name__ == "__main__":
    sys.exit(main())
