"""IoT Backend: the home's own server for connected devices. This file puts the parts together."""

from __future__ import annotations

import os.path
import signal
import sys

if (
    os.path.basename(sys.argv[0]).removesuffix(".py") in ("run_system", "iot-backend")
    and signal.getsignal(signal.SIGINT) is signal.default_int_handler
):
    # What follows takes half a second, in which a Ctrl-C need do no more than end it, without a traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import argparse
import logging
import shlex
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from actors import command_line as device_command_line
from actors.domain.model import Device
from actors.domain.notices import Notice, Tried
from actors.domain.people import CONSOLE, Person, Role
from actors.domain.rule import RuleFactory
from actors.messages import ForgetDevice
from actors.mqtt.broker.credentials import Logins
from actors.mqtt.broker.embedded import BrokerUnavailable
from actors.mqtt.edge import MqttEdge, MqttFiles, MqttSettings
from actors.mqtt.logins import DeviceLogins
from actors.notifier import command_line as notice_command_line
from actors.notifier.desk import NoticeDesk
from actors.notifier.web_push import new_private_key
from actors.runtime.clock import Clock, SystemClock, set_zone
from actors.runtime.dispatch import ThreadPool, tell_if_alive
from actors.runtime.event_loop import LoopThread
from actors.runtime.house_clock import HouseClock
from actors.runtime.listening import why_closed
from actors.runtime.log_format import log_to_stderr
from actors.runtime.process import (
    INTERRUPTED,
    finish_on_signals,
    speak_whatever_comes,
    speak_without_waiting,
    take_descriptors,
)
from actors.runtime.supervision import Name, Part
from actors.runtime.time_zone import UnknownZone, Zone, house_zone
from actors.simulator.device import SimulatedDevice, demo_code
from actors.simulator.fleet import Simulator
from actors.simulator.household import PEOPLE, WEEKS, simulated
from actors.system import ActorSystem
from config import SettingError, Settings, data_folder, is_loopback
from persistence import command_line as archive_command_line
from persistence.accounts.accounts import Accounts
from persistence.accounts.channels import Channels
from persistence.accounts.ledger import Ledger
from persistence.archive import FAREWELLS, Archive, ArchiveSettings
from persistence.backup.backups import BackupFailed
from persistence.engines import DATABASE, engine_of
from persistence.ledgers import ledger_of
from persistence.moving_in import catch_up, move_in
from persistence.removal_queue import NotForgotten, RemovalQueue
from persistence.rule_files import RuleFiles
from persistence.storage.faults import UnusableDatabase, hindrance_of
from persistence.storage.ports import Store
from rules.rulebook import rulebook
from web import command_line as people_command_line
from web.app import WebServer
from web.export.spreadsheet import emptied
from web.http.health import Health
from web.http.services import Limits
from web.identity.certificates import UnusableCertificate
from web.identity.endpoint import Endpoint, EndpointSettings, broker_host, public_url
from web.identity.hosts import Hosts
from web.identity.mdns_announcer import Service
from web.live.hub import EventHub
from web.live.repeats import Repeats
from web.security.access import Mode, NobodyCanEnter, access_of, mode_of, needs_people
from web.texts.console_words import speak_spanish
from web.texts.doubt_words import doubt_told
from web.texts.hitch_words import hitch_told
from web.texts.languages import Language
from web.texts.notice_words import NoticeWords

logger = logging.getLogger("run_system")

VERSION: Final = "0.1.0"  # the package's too: setup.cfg reads it here
DEMO_DIR: Final = "instance-demo"
EMPTY_DEMO_DIR: Final = "instance-demo-vacia"
# Whoever has installed the package has its own command, and no folder that the project lies in.
PROJECT: Final = Path(__file__).resolve().parent
INSTALLED: Final = not (PROJECT / "setup.cfg").exists()
SHORT_NAME: Final = "iot-backend" if Path(sys.argv[0]).stem == "iot-backend" else "run_system.py"
PROGRAM: Final = "iot-backend" if Path(sys.argv[0]).stem == "iot-backend" else "python run_system.py"
FAREWELLS_S: Final = 1.0  # between two looks for what the console wants forgotten
ACTOR_THREADS: Final = 2  # more only compete for the one interpreter lock
# What stop() may take for what is not on disk yet; at the very worst it takes 9 s in all.
DRAIN_S: Final = 3.0
HEARD_S: Final = 3.0  # a broker on the same machine confirms a subscription in milliseconds


class Unstartable(Exception):
    """Something that the system needs cannot be had."""


# Each says in one Spanish line what is wrong.
CANNOT_START: Final = (
    SettingError,
    UnusableDatabase,
    BackupFailed,
    NotForgotten,
    BrokerUnavailable,
    UnusableCertificate,
    NobodyCanEnter,
    people_command_line.NotDone,
    device_command_line.WrongArgument,
    notice_command_line.NothingSent,
    UnknownZone,
    Unstartable,
)


class System:
    """All parts, wired. Each layer is started after those that it tells, and stopped before them."""

    def __init__(
        self,
        settings: Settings,
        zone: Zone,
        ledger: Ledger,
        living_there: Callable[[Sequence[Device]], Sequence[SimulatedDevice]] = lambda _: (),
        first: Callable[[Store, float], object] = lambda *_: None,
    ) -> None:
        """Days and schedules go by the clock on the wall of this house, which is in ``zone``. Its people are
        in ``ledger``. Beside the devices that are stored live those that ``living_there`` makes of them;
        ``first`` has the database before anybody else.

        Raises ``UnusableDatabase`` where DATA_DIR cannot be used.
        """
        self._settings = settings
        self._began = time.monotonic()
        self._machine_clock = SystemClock()
        self.clock = HouseClock(self._machine_clock)
        here = zone.rules
        engine = engine_of(settings)
        self._elsewhere = engine.elsewhere
        self._archive = Archive(engine, ArchiveSettings.of(settings), here, self.clock, first=first)
        loop = LoopThread("web")
        devices = self._archive.hand_over()
        self.simulated = living_there(devices)
        """The devices that are not there."""
        hub = EventHub(
            loop,
            devices,
            repeats=Repeats(
                settings.ai_alert_cooldown_s if settings.ai_alert_repeat else 0.0,
                settings.ai_r4_remind_secs,
            ),
        )
        self._edge = MqttEdge(
            MqttSettings.of(settings),
            MqttFiles.under(settings.data_dir),
            client_id=f"iot-backend-{self._archive.instance}",
            clock=self.clock,
            zone=zone,
            version=VERSION,
        )
        self._bridge = self._edge.bridge
        self._farewells = RemovalQueue(settings.data_dir / FAREWELLS)
        self._rule_files = rule_files_of(settings)
        rules = rules_of(settings, self._rule_files, here)
        self._desk = desk_of(settings, ledger, self.clock, here, self._home, self._archive.queries.notices)
        threads = ThreadPool("actors", ACTOR_THREADS)
        self._actors = ActorSystem(
            settings,
            self._archive,
            devices,
            hub,
            self._edge,
            self.clock,
            here,
            threads,
            rules,
            rules["extremos"],
            self._desk,
        )
        hosts = Hosts(settings.allowed_hosts)
        self._endpoint = Endpoint(EndpointSettings.of(settings), hosts, self.clock)
        accounts = Accounts(ledger, self.clock.now)
        access = access_of(settings, accounts, self._endpoint, hosts, self.clock)
        self.web = WebServer(
            loop=loop,
            hub=hub,
            directory=self._actors.directory,
            scanner=self._actors.scanner,
            queries=self._archive.queries,
            backups=self._archive.backups,
            settings=settings,
            health=self.health,
            writer=self._archive.writer_status,
            zone=zone,
            host=settings.backend_host,
            port=settings.backend_port,
            version=VERSION,
            limits=Limits(clients=settings.sse_max_clients, descriptors=take_descriptors()),
            access=access,
            tls=self._endpoint.context,
            scratch=emptied(settings.data_dir / "temporal"),
            logins=DeviceLogins(
                MqttFiles.under(settings.data_dir).logins,
                MqttSettings.of(settings).prefixes,
                lambda: self._edge.seen_from_house(broker_host(settings)),
                self.clock.now,
            ),
            hindrance=hindrance_of,
            weather=self._actors.weather,
            notices=self._desk,
            program=program_for(settings),
            labels={each.serial: demo_code(each.serial) for each in self.simulated},
        )

    def _take_farewells(self) -> None:
        """What the console has left for a running system; looked for again, whatever comes in between."""
        self.clock.call_later(FAREWELLS_S, self._take_farewells)
        for removal in self._farewells.take():
            tell_if_alive(self._actors.directory, ForgetDevice(removal, lambda _: None))

    def start(self) -> None:
        """Raises ``BrokerUnavailable`` or ``Unstartable`` where a port cannot be had."""
        try:
            self.web.start()
        except OSError as error:
            where = f"{self._settings.backend_host}:{self._settings.backend_port}"
            why = why_closed(error, "BACKEND_HOST", "BACKEND_PORT")
            raise Unstartable(f"el servidor web no puede abrir {where}: {why}.") from None
        self._machine_clock.start()
        self._edge.start()
        self._actors.start()
        self._take_farewells()
        self._endpoint.start(self._services())
        # Whoever is told that it runs may publish at once; but a broker that is away is not waited for.
        self._edge.let_in(HEARD_S)

    def stop(self, simulator: Simulator) -> None:
        """Take nothing more in, keep what was taken in, acknowledge it, close; within 10 s."""
        self._bridge.stop_intake()
        simulator.stop()  # its goodbyes are for the broker: here nobody is to be found gone by them
        if not self._bridge.wait_until_settled(DRAIN_S):
            logger.error("stopped_without_keeping in_flight=%d", self._bridge.in_flight)
        self.web.stop()
        self._actors.stop()
        self._edge.stop()
        self._endpoint.stop()
        self._machine_clock.stop()

    def simulator(self) -> Simulator:
        """The devices that are not there, to be started, on the system's broker."""
        login = self._settings.mqtt_username, self._settings.mqtt_password
        return Simulator(*self._edge.address, self.simulated, self.clock, *login, tls=self._edge.tls)

    def places(self) -> Iterator[str]:
        """Where programs of this machine find it, and, if they can, apps and devices of the house."""
        url = public_url(self._settings, self.web.port)
        yield f"  Página {self.web.url}"
        yield f"  REST  {self.web.url}/dispositivos"
        yield f"  SSE   {self.web.url}/stream/dispositivos"
        yield "  MQTT  {}:{}".format(*self._edge.address)
        if self._elsewhere:
            yield f"  Datos {self._elsewhere}, en PostgreSQL; lo demás, en {self._settings.data_dir}"
        else:
            yield f"  Datos {self._settings.data_dir}"
        if not is_loopback(self._settings.backend_host):
            yield f"  En casa: {url}"
        if (door := self._edge.door) is not None:
            tls = "" if door.certificate is None else ", con TLS"
            host = urlsplit(url).hostname if door.host in ("0.0.0.0", "::") else door.host
            yield f"  Dispositivos: {host}, puerto {door.port}{tls}"

    def _home(self) -> str:
        """Where people's own devices find the page, if they do."""
        if self._settings.public_backend_url or not is_loopback(self._settings.backend_host):
            return public_url(self._settings, self.web.port)
        return ""

    def _services(self) -> list[Service]:
        """What is announced on the network. Nothing in it is a secret."""
        scheme = "http" if self._endpoint.context is None else "https"
        found = [Service(f"_{scheme}._tcp", self.web.port, {"path": "/", "version": VERSION})]
        if (door := self._edge.door) is not None:
            tls = {} if door.certificate is None else {"tls": "1"}
            found.append(Service("_mqtt._tcp", door.port, {"version": VERSION, **tls}))
        return found

    def health(self) -> Health:
        """How the parts are doing; any thread may ask."""
        failures = self._actors.failure_registry
        return Health(
            broker=self._edge.status,
            writer=self._archive.writer_status,
            notices=self._actors.notices,
            strangers=self._actors.strangers,
            maintenance=self._archive.maintenance_status,
            recovery=self._archive.recovery,
            accounts_error=self.web.accounts_trouble,
            actors_healthy=self._actors.healthy,
            actors_waiting=self._actors.waiting,
            device_failures=failures.failures(Part.DEVICE),
            rule_failures=failures.failures(Part.RULE),
            core_failures=failures.failures(*(part for part in Part if Name(part).is_core)),
            quarantined=failures.quarantined,
            tables=self._rule_files.troubles,
            clock_doubt=self.clock.doubt,
            at=self.clock.now(),
            uptime=time.monotonic() - self._began,
        )


def rule_files_of(settings: Settings) -> RuleFiles:
    return RuleFiles(
        settings.data_dir / "tablas",
        settings.ai_limites_path,
        settings.ai_estandar_path,
        settings.ai_clima_path,
    )


def rules_of(settings: Settings, tables: RuleFiles, zone: tzinfo) -> Mapping[str, RuleFactory]:
    demo = partial(tables.demo, settings, zone)
    return rulebook(settings, tables.limits, tables.standards, zone, demo, tables.weather)


def desk_of(
    settings: Settings,
    ledger: Ledger,
    clock: Clock,
    zone: tzinfo,
    home: Callable[[], str],
    outbox: Callable[[int, int], Sequence[Notice]],
) -> NoticeDesk:
    mode = mode_of(settings.auth_mode, settings.backend_host, settings.trusted_proxies)
    return NoticeDesk(
        Channels(ledger, clock.now, new_private_key),
        clock,
        NoticeWords(zone),
        home,
        outbox,
        serves_house=mode is Mode.HERE,
        contact=settings.push_contacto,
        services=settings.push_servicios,
    )


# -- the command line ----------------------------------------------------------------------------

BEGINNING: Final = f"""\
{PROGRAM} demo    una casa con seis semanas vividas, para verlo todo: http://127.0.0.1:5000
{PROGRAM} run     la tuya, vacía: la página dice cómo conectar el primer dispositivo
{PROGRAM} setup   para entrar desde el móvil: un código, cuando BACKEND_HOST abre la casa
"""
DESCRIPTION: Final = """\
El servidor de los dispositivos de casa: recibe sus informes por MQTT, los guarda y los sirve por
HTTP (REST y SSE) a la app y al navegador.
"""
EPILOG: Final = """\
Los ajustes se leen de config.toml, si existe, y del entorno, que manda; todos están descritos en
config.toml.example (python -m config lo escribe). Ejemplos:

  %(prog)s demo
  BACKEND_PORT=8080 %(prog)s run
  MQTT_BROKER_URL=192.168.1.10 %(prog)s run
  %(prog)s simulate --count 200 --broker localhost
  %(prog)s qr TMP0603IF1WD --png tmp.png
  %(prog)s backup
  %(prog)s notify --test
  %(prog)s device forget TMP0603IF1WD
"""


def parser() -> argparse.ArgumentParser:
    speak_spanish()
    top = argparse.ArgumentParser(
        PROGRAM,
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=VERSION, help="la versión")
    top.add_argument("--config", type=Path, metavar="ARCHIVO", help="ajustes en TOML (config.toml)")
    commands = top.add_subparsers(dest="command", title="órdenes", metavar="ORDEN")
    commands.add_parser("run", help="el sistema, hasta Ctrl-C")
    demo = commands.add_parser("demo", help="una casa de demostración, con dispositivos simulados")
    demo.add_argument(
        "--vacia", action="store_true", help="sin nada puesto: un dispositivo de cada clase se anuncia"
    )
    device_command_line.add_commands(commands)
    archive_command_line.add_commands(commands)
    people_command_line.add_commands(commands)
    notice_command_line.add_commands(commands)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 after an orderly end, 2 where it cannot start (said in one line), 130 after Ctrl-C."""
    speak_whatever_comes()
    options = parser().parse_args(arguments)
    if options.command is None:
        print(BEGINNING)
        parser().print_help()
        return 0
    try:
        # The system has nothing to undo before it listens for signals itself: until then Ctrl-C just ends it.
        if options.command not in ("run", "demo"):
            signal.signal(signal.SIGINT, signal.default_int_handler)
        default = Path("config.toml")
        settings = at_home(
            Settings.load(options.config or (default if default.exists() else None), os.environ)
        )
        log_to_stderr(settings.log_level)
        os.umask(0o077)  # what is written here is nobody else's business
        zone = house_zone(os.environ)
        set_zone(zone)
        clock = HouseClock(SystemClock())
        if options.command != "demo":  # which asks its own house, once that has been lived in meanwhile
            clock.compare(engine_of(settings).last_heard(clock.now()))
        match options.command:
            case "run":
                serve(settings, zone, clock)
            case "demo":
                demonstrate(demo_settings(settings, options.vacia), zone, clock, options.vacia)
            case command if command in device_command_line.COMMANDS:
                # Mosquitto may need its certificate.
                Endpoint(EndpointSettings.of(settings), Hosts(), clock)
                known = engine_of(settings).serials
                finished, host = finish_on_signals().wait, broker_host(settings)
                device_command_line.obey(options, settings, known, clock, finished, sys.stdout, host)
            case command if command in archive_command_line.COMMANDS:
                logins = Logins(MqttFiles.under(settings.data_dir).logins)
                archive_command_line.obey(options, settings, clock.now(), sys.stdout, logins.remove)
            case command if command in notice_command_line.COMMANDS:
                notify(options, settings, zone, clock)
            case _:
                people(options, settings, clock)
    except CANNOT_START as problem:
        print(f"{SHORT_NAME}: {problem}", file=sys.stderr)
        return 2
    except MemoryError as problem:
        print(f"{SHORT_NAME}: {str(problem) or 'No hay memoria bastante.'}", file=sys.stderr)
        return 2
    except RuntimeError as problem:
        if "new thread" not in str(problem):
            raise
        print(f"{SHORT_NAME}: Un límite de memoria o de procesos no deja crear más hilos.", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return INTERRUPTED
    finally:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    return 0


def at_home(settings: Settings) -> Settings:
    """Whoever has installed the package has their data where the platform keeps such, unless they have said
    where, or have some in the current folder from before.
    """
    if not INSTALLED or "DATA_DIR" in settings.origins or (settings.data_dir / DATABASE).exists():
        return settings
    return replace(settings, data_dir=data_folder(os.environ, sys.platform))


def program_for(settings: Settings) -> str:
    """How another console of this machine calls the system, so that it has to do with the same house."""
    program = PROGRAM if INSTALLED else f".venv/bin/{PROGRAM}"
    is_demo = settings.data_dir.name in (DEMO_DIR, EMPTY_DEMO_DIR)
    if not is_demo and settings.origins.get("DATA_DIR") != "entorno":
        return program
    return f"DATA_DIR={shlex.quote(str(settings.data_dir))} {program}"


def demo_settings(settings: Settings, empty: bool) -> Settings:
    """A house of its own, in files, so that a real one starts empty; unless somebody has said which."""
    settings = replace(settings, database_url="")
    if "DATA_DIR" in settings.origins:
        return settings
    name = EMPTY_DEMO_DIR if empty else DEMO_DIR
    return replace(settings, data_dir=settings.data_dir.with_name(name))


def people(options: argparse.Namespace, settings: Settings, clock: HouseClock) -> None:
    """Who may enter; and, before the first of them, the certificate by which they know the house."""
    appearance = Endpoint(EndpointSettings.of(settings), Hosts(), clock)
    url = public_url(settings, settings.backend_port)
    with closing(ledger_of(settings)) as ledger:
        if options.command == "setup" and (warning := _about(clock)):
            print(f"Aviso: {warning}", file=sys.stderr)
        accounts = Accounts(ledger, clock.now)
        people_command_line.obey(
            options, accounts, sys.stdout, url, appearance.ca_fingerprint, appearance.left_out
        )


def notify(options: argparse.Namespace, settings: Settings, zone: Zone, clock: HouseClock) -> None:
    """Send each channel a message, whether or not the system runs."""
    machine_clock = SystemClock()
    machine_clock.start()  # by which a service that hangs is given up
    with closing(ledger_of(settings)) as ledger:
        accounts = Accounts(ledger, clock.now)
        desk = desk_of(settings, ledger, machine_clock, zone.rules, lambda: "", lambda *_: ())
        names = {person.id: person.name for person in accounts.people()}
        try:
            notice_command_line.obey(options, desk, names, sys.stdout, _tried_told)
        finally:
            machine_clock.stop()


def _tried_told(tried: Tried) -> str:
    return hitch_told(tried.hitch, tried.said, Language.SPANISH)


def _about(clock: HouseClock) -> str | None:
    """What is wrong with the time by which the certificate is made, if anything is."""
    today = datetime.fromtimestamp(clock.now(), UTC).date()
    if clock.doubt is not None:
        return f"{doubt_told(clock.doubt, Language.SPANISH)} Se sigue con {today} hasta que esté en hora."
    if clock.is_outdated:
        return f"El reloj marca {today}; si no es así, ponlo en hora y repite setup: la huella será otra."
    return None


def demonstrate(settings: Settings, zone: Zone, clock: HouseClock, empty: bool) -> None:
    """A house of devices that are not there. One that has been lived in is made when it is first opened."""
    if settings.mqtt_broker_url and settings.mqtt_username:
        raise Unstartable("demo: sus dispositivos no tienen usuario en MQTT_BROKER_URL; usa run.")
    if empty:
        serve(settings, zone, clock, simulated)
        return
    database = settings.data_dir / DATABASE
    try:
        accounts = Accounts(ledger_of(settings), clock.now)
        if not database.exists():
            print(f"Preparando una casa con {WEEKS} semanas vividas…", flush=True)
            rules = rules_of(settings, rule_files_of(settings), zone.rules)
            people = {name: inhabitant(accounts, name).id for name in PEOPLE}
            move_in(database, rules, people, zone.rules, clock.now(), show_progress)
        still_there = {each.name: each.id for each in accounts.people()}
    except OSError as error:
        raise Unstartable(f"DATA_DIR: {settings.data_dir} no se puede usar ({error.strerror}).") from None
    serve(settings, zone, clock, simulated, partial(catch_up, database, still_there, zone.rules))


def inhabitant(accounts: Accounts, name: str) -> Person:
    """Who is made, as an admin where there is none yet, unless an interrupted start has."""
    known = accounts.people()
    role = Role.MEMBER if any(each.role is Role.ADMIN for each in known) else Role.ADMIN
    found = next((each for each in known if each.name == name), None)
    return found or accounts.add_person(name, role, None, CONSOLE)


def show_progress(share: float) -> None:
    """From 0 to 1; on a terminal alone, where it is written over."""
    if sys.stdout.isatty():
        print(f"\r  {share:4.0%}", end="\n" if share == 1 else "", flush=True)


def serve(
    settings: Settings,
    zone: Zone,
    clock: HouseClock,
    living_there: Callable[[Sequence[Device]], Sequence[SimulatedDevice]] = lambda _: (),
    first: Callable[[Store, float], object] = lambda *_: None,
) -> None:
    """The system until it is told to end, with simulated devices beside it, as :class:`System` has them."""
    finished = finish_on_signals()
    with closing(ledger_of(settings)) as ledger:
        if sys.stdout.isatty() and needs_people(settings, Accounts(ledger, clock.now)):
            people(parser().parse_args(["setup"]), settings, clock)
        speak_without_waiting()
        system = System(settings, zone, ledger, living_there, first)
        if not finished.is_set():  # while it mended the database, perhaps for minutes
            run(system, settings, finished)


def run(system: System, settings: Settings, finished: threading.Event) -> None:
    """It says where it is found, and ends once ``finished`` is set."""
    system.start()
    simulator = system.simulator()
    simulator.start()
    beside = f" con {len(system.simulated)} dispositivos simulados" if system.simulated else ""
    print(f"IoT Backend {VERSION}{beside}")
    for warning in settings.warnings:
        print(f"Aviso: {warning}")
    print(*system.places(), "Ctrl-C para terminar.", sep="\n", flush=True)
    while not finished.wait(1):  # a wait without end hears no Ctrl-C on Windows
        pass
    print("Terminando…", flush=True)
    system.stop(simulator)


if __name__ == "__main__":
    sys.exit(main())
