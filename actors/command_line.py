"""Devices from the machine's own console: the words of the command line, and what they do."""

from __future__ import annotations

import argparse
import errno
import secrets
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, TextIO

from actors.domain.kinds import PREFIXES
from actors.mqtt.broker.acl import NoLogin, can_log_in, check_login
from actors.mqtt.broker.credentials import Logins, spelled
from actors.mqtt.broker.mosquitto_config import Tls, write
from actors.mqtt.edge import MqttFiles, MqttSettings
from actors.mqtt.families import FAMILIES
from actors.mqtt.logins import DeviceLogins, NoTopic
from actors.runtime.clock import Clock
from actors.simulator.claim_code import print_claim_code
from actors.simulator.device import fleet
from actors.simulator.fleet import Simulator
from config import Settings

COMMANDS: Final = ("simulate", "qr", "mqtt-clave", "mqtt-login", "mosquitto-config")
# Between two lines of progress, s.
PROGRESS_S: Final = 10.0
# Of a Mosquitto, where ours would take any free port.
PORT: Final = 1883
TLS_PORT: Final = 8883


class WrongArgument(Exception):
    """What was asked for cannot be done. Its text is one line for people, in Spanish."""


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    simulate = commands.add_parser("simulate", help="solo dispositivos simulados, contra cualquier bróker")
    simulate.add_argument(
        "--count", type=int, metavar="N", default=len(PREFIXES), help="cuántos (por defecto %(default)s)"
    )
    simulate.add_argument(
        "--broker",
        metavar="MÁQUINA",
        default="127.0.0.1",
        help="máquina del bróker (por defecto %(default)s)",
    )
    simulate.add_argument("--port", type=int, metavar="PUERTO", help="puerto del bróker (MQTT_BROKER_PORT)")
    simulate.add_argument(
        "--interval",
        type=float,
        metavar="SEGUNDOS",
        default=5.0,
        help="segundos entre informes (%(default)s)",
    )
    simulate.add_argument(
        "--kinds",
        nargs="+",
        choices=list(PREFIXES.values()),
        metavar="CLASE",
        help=f"de qué clases: {', '.join(PREFIXES.values())} (por defecto, todas)",
    )
    simulate.add_argument(
        "--seed",
        type=int,
        metavar="N",
        help="la misma semilla, los mismos dispositivos (por defecto, otros cada vez)",
    )
    login = commands.add_parser(
        "mqtt-clave", help="una contraseña nueva para que un dispositivo entre en el bróker"
    )
    login.add_argument("serial", metavar="SERIE", help="su número de serie, que es su usuario")
    login.add_argument("--quitar", action="store_true", help="en vez de eso, que ya no entre")
    family = commands.add_parser(
        "mqtt-login", help="usuario y contraseña para un dispositivo o una pasarela de otra marca"
    )
    family.add_argument("name", metavar="NOMBRE", help="su usuario, y cómo se llama en sus topics")
    family.add_argument(
        "--family",
        "--familia",
        choices=[*FAMILIES],
        metavar="FAMILIA",
        help=f"de qué marca o programa: {', '.join(FAMILIES)}",
    )
    family.add_argument(
        "--topic",
        metavar="TOPIC",
        default="",
        help="si en sus topics se llama de otra forma, p. ej. casa/zigbee2mqtt",
    )
    family.add_argument(
        "--host", metavar="MÁQUINA", help="la máquina del bróker, como la verá el dispositivo"
    )
    family.add_argument("--quitar", action="store_true", help="en vez de eso, que ya no entre")
    mosquitto = commands.add_parser(
        "mosquitto-config", help="la configuración, los usuarios y los permisos para Mosquitto"
    )
    mosquitto.add_argument("--a", type=Path, metavar="CARPETA", help="dónde (DATA_DIR/mosquitto)")
    mosquitto.add_argument(
        "--serie", nargs="+", default=[], metavar="SERIE", help="además de los dispositivos conocidos"
    )
    qr = commands.add_parser("qr", help="el código QR con que la app reclama un dispositivo")
    qr.add_argument("serial", metavar="SERIE", help="su número de serie, p. ej. TMP0603IF1WD")
    qr.add_argument("--png", type=Path, metavar="ARCHIVO", help="además, como imagen (por defecto SERIE.png)")


def obey(
    options: argparse.Namespace,
    settings: Settings,
    serials: Callable[[], Iterable[str]],
    clock: Clock,
    finished: Callable[[float], bool],
    out: TextIO,
    host: str,
) -> None:
    """Carry out one of :data:`COMMANDS`. ``serials`` tells the known devices', ``host`` is the machine as
    devices see it. Raises :class:`WrongArgument`.

    What takes time waits by ``finished``, for so many seconds, and ends when it says so.
    """
    files = MqttFiles.under(settings.data_dir)

    def logins() -> DeviceLogins:
        wishes = MqttSettings.of(settings)
        server = wishes.seen_from_house(getattr(options, "host", None) or host)
        return DeviceLogins(files.logins, wishes.prefixes, lambda: server, clock.now)

    match options.command:
        case "simulate":
            _simulate(options, settings, clock, finished, out)
        case "qr":
            _show_claim_code(options, spelled(options.serial, serials()), out)
        case "mqtt-clave":
            _change_login(options, logins(), serials(), files.logins, out)
        case "mqtt-login":
            _make_login(options, logins(), files.logins, out)
        case "mosquitto-config":
            folder = options.a or settings.data_dir / "mosquitto"
            known = [serial for serial in serials() if can_log_in(serial)]
            wanted = dict.fromkeys([*known, *options.serie])
            _write_mosquitto_config(folder, MqttSettings.of(settings), files, wanted, out)


def _simulate(
    options: argparse.Namespace,
    settings: Settings,
    clock: Clock,
    finished: Callable[[float], bool],
    out: TextIO,
) -> None:
    if options.count < 1 or not options.interval > 0:
        raise WrongArgument("--count e --interval han de ser mayores que 0.")
    seed = secrets.randbits(32) if options.seed is None else options.seed
    devices = fleet(options.count, seed, options.kinds or list(PREFIXES.values()), options.interval)
    port = settings.mqtt_broker_port if options.port is None else options.port
    login = settings.mqtt_username, settings.mqtt_password
    simulator = Simulator(options.broker, port, devices, clock, *login)
    simulator.start()
    where = f"{options.broker}:{port} (--seed {seed})"
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


def _change_login(
    options: argparse.Namespace, logins: DeviceLogins, known: Iterable[str], path: Path, out: TextIO
) -> None:
    try:
        serial = check_login(logins.spelled(options.serial, known))
        if not options.quitar:
            print(f"Usuario {serial}, contraseña {logins.renew(serial)}", file=out)
        elif logins.remove(serial):
            print(f"{serial} ya no entra.", file=out)
        else:
            raise WrongArgument(f"{serial} no tenía contraseña.")
    except NoLogin as error:
        raise WrongArgument(str(error)) from None
    except OSError as error:
        raise _unwritten(path, error) from None


def _make_login(options: argparse.Namespace, logins: DeviceLogins, path: Path, out: TextIO) -> None:
    try:
        if options.quitar:
            if not logins.remove(options.name):
                raise WrongArgument(f"{options.name} no tenía contraseña.")
            print(f"{options.name} ya no entra.", file=out)
            return
        if options.family is None:
            raise WrongArgument(f"Falta --family: {', '.join(FAMILIES)}.")
        made = logins.make(options.family, options.name, options.topic)
    except NoTopic as error:
        taken = "sin comodines, que no empiece como los de este sistema ni donde otros se anuncian"
        raise WrongArgument(f"--topic: {str(error)[:80]!r} no sirve; se espera uno {taken}.") from None
    except NoLogin as error:
        raise WrongArgument(str(error)) from None
    except OSError as error:
        raise _unwritten(path, error) from None
    print(f"Usuario {made.account.user}, contraseña {made.account.password}", file=out)
    print(f"\n{FAMILIES[options.family].title}: {made.setup.where}\n\n{made.setup.text}", file=out)
    if logins.server.here_only:
        print(
            f"\nA {logins.server.host} solo llega esta máquina: MQTT_BIND_HOST=0.0.0.0 abre la casa.",
            file=out,
        )


def _write_mosquitto_config(
    folder: Path, wishes: MqttSettings, files: MqttFiles, serials: Iterable[str], out: TextIO
) -> None:
    tls = Tls(files.certificate, files.key, wishes.tls_port or TLS_PORT) if wishes.tls else None
    shared, port = wishes.shared_topic, wishes.port or PORT
    try:
        written = write(folder, Logins(files.logins), serials, shared_topic=shared, port=port, tls=tls)
    except NoLogin as error:
        raise WrongArgument(str(error)) from None
    except OSError as error:
        raise _unwritten(folder, error) from None
    print(written.instructions(), file=out)


def _show_claim_code(options: argparse.Namespace, serial: str, out: TextIO) -> None:
    png = options.png or Path(f"{serial}.png")
    try:
        print_claim_code(serial, out, png)
    except ValueError as error:
        raise WrongArgument(f"{serial}: {error}") from None
    except OSError as error:
        raise _unwritten(png, error) from None
    print(f"También en {png}", file=out)


def _unwritten(path: Path, error: OSError) -> WrongArgument:
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return WrongArgument(f"No queda sitio en el disco de {path}: libera espacio.")
        case errno.EROFS:
            text = f"El disco de {path} está montado solo para leer: mira el registro del sistema."
            return WrongArgument(text)
        case errno.EACCES | errno.EPERM:
            return WrongArgument(f"No se puede escribir {path}: revisa los permisos de {path.parent}.")
        case _:
            return WrongArgument(f"No se puede escribir {path}: {error}.")
