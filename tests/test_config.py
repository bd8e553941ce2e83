"""The settings: what is read, what is refused, and that the words about them are true."""

import dataclasses
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.setting import (
    Kind,
    choice,
    days_by_serial,
    file,
    flag,
    folder,
    host,
    number,
    or_empty,
    texts,
    url,
    whole,
)
from config import HEADINGS, SettingError, Settings, data_folder, example, settings, written_as

T = TypeVar("T")

EXAMPLE = Path(__file__).parent.parent / "config.toml.example"

NAMES = st.sampled_from(sorted(settings()))
TOML_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


def refusal(environ: Mapping[str, str], toml_path: Path | None = None) -> str:
    """The one line that refuses these settings."""
    with pytest.raises(SettingError) as caught:
        Settings.load(toml_path, environ)
    line = str(caught.value)
    assert line
    assert line.isprintable()
    return line


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


# -- what is read --------------------------------------------------------------------------------


def test_nothing_given() -> None:
    """Without a file and an environment every setting has its default, and other names are let be."""
    assert Settings.load(None, {"HOME": "/home/ana", "PATH": "/bin"}) == Settings()


@pytest.mark.parametrize(("given", "other"), [("LATITUD", "LONGITUD"), ("LONGITUD", "LATITUD")])
def test_half_a_place_is_told(given: str, other: str) -> None:
    """In one line; both say where the house is, and neither is nobody's mistake."""
    (warning,) = Settings.load(None, {given: "40.4"}).warnings
    assert warning.startswith(f"{given} sin {other} ")
    assert "\n" not in warning
    assert Settings.load(None, {given: "40.4", other: "-3.7"}).warnings == ()
    assert Settings.load(None, {}).warnings == ()


def test_environment_wins(toml: Path) -> None:
    """A variable wins over the file, which wins over the default."""
    toml.write_text('BACKEND_PORT = 8000\nMQTT_BROKER_URL = "10.0.0.2"\n')
    loaded = Settings.load(toml, {"BACKEND_PORT": "8001"})
    assert loaded == dataclasses.replace(Settings(), backend_port=8001, mqtt_broker_url="10.0.0.2")


def test_where_values_come_from(toml: Path) -> None:
    """Known of each value that somebody has set, also to what it would be anyway, and of no other."""
    toml.write_text("BACKEND_PORT = 8000\nCOPIAS_MAX = 7\nMAX_DEVICES = 5\n")
    loaded = Settings.load(toml, {"BACKEND_PORT": "8001", "LOG_LEVEL": "INFO", "HOME": "/home/ana"})
    assert loaded.origins == {
        "BACKEND_PORT": "entorno",
        "COPIAS_MAX": "fichero",
        "LOG_LEVEL": "entorno",
        "MAX_DEVICES": "fichero",
    }


def test_empty_variable_wins_too(toml: Path) -> None:
    """An empty variable is a value: it takes back the file's broker."""
    toml.write_text('MQTT_BROKER_URL = "10.0.0.2"\n')
    assert Settings.load(toml, {"MQTT_BROKER_URL": ""}).mqtt_broker_url == ""


def test_byte_order_mark(toml: Path) -> None:
    """A file saved with a byte order mark and Windows line ends is read like any other."""
    toml.write_bytes(b"\xef\xbb\xbfBACKEND_PORT = 8000\r\nMAX_DEVICES = 5\r\n")
    assert Settings.load(toml, {}) == dataclasses.replace(Settings(), backend_port=8000, max_devices=5)


def test_password_is_never_shown(toml: Path) -> None:
    """Neither the settings as text nor a complaint about the password shows it."""
    loaded = Settings.load(None, {"MQTT_USERNAME": "ana", "MQTT_PASSWORD": "hunter2"})
    assert loaded.mqtt_password == "hunter2"
    assert "hunter2" not in repr(loaded)
    toml.write_text('MQTT_PASSWORD = ["hunter2"]\n')
    assert "hunter2" not in refusal({}, toml)
    assert "hunter2" not in refusal({"MQTT_PASSWORD": "hunter2\n"})


# -- what is refused -----------------------------------------------------------------------------

WRONG_TEXTS = {
    "BACKEND_HOST": [
        "",
        "http://0.0.0.0",
        "0.0.0.0:5000",
        "dos palabras",
        "a..b",
        "-a",
        "[::1]",
        ".".join(["a" * 63] * 4),
    ],
    "BACKEND_PORT": ["", "abc", "-1", "65536", "5000.0", "5_000", " 5000", "\u0665\u0660", "9" * 5000],
    "PUBLIC_BACKEND_URL": [
        "192.168.0.106",
        "ftp://a",
        "http://",
        "http://a:99999",
        "http://a b",
        "http://[a",
    ],
    "MQTT_BROKER_URL": ["mqtt://10.0.0.2", "10.0.0.2:1883", "\udcff"],
    "MQTT_KEEPALIVE": ["4", "3601"],
    "MQTT_USERNAME": ["a\nb", "\udcff", "a\0"],
    "DATA_DIR": ["", "a\0b", "~nadie-con-este-nombre/datos"],
    "LOG_LEVEL": ["VERBOSE", ""],
    "RETENCION_DIAS": ["-1", "36501", "1.5", "siempre", ""],
    "RETENCION_POR_DISPOSITIVO": [
        "CAM0",
        "CAM0=",
        "=7",
        "CAM0=siete",
        "CAM0=-1",
        "CAM0=36501",
        "CAM0 = 7",
        "CAM0=7,CAM0=8",
    ],
    "COPIAS_MAX": ["0", "1001"],
    "CLAIM_WINDOW_S": ["-1", "", "siempre"],
    "AI_R4_OFFLINE_SECS": ["0", "-1", "nan", "inf", "1e999", "1_0", "0,5", "", "1e10"],
    "AI_R4_STARTUP_GRACE_SECS": ["-0.1", "true"],
    "AI_R4_WATCHDOG_TICK_SECS": ["0"],
    "AI_HIST_MIN_POINTS": ["0", "1.5"],
    "AI_HIST_PMIN": ["-1", "50.1"],
    "AI_HIST_PMAX": ["49.9", "100.1"],
    "AI_LIMITES_PATH": ["a\0b", "~nadie-con-este-nombre/limites.json"],
    "AI_R3_BIN_MINUTES": ["0", "7", "-30", "30.0", "120", ""],
    "AI_R3_PROB_THRESH": ["0", "1"],
    "AI_R3_WARM_START": ["2", "quizá", ""],
    "AI_R3_DEMO_SOURCE": ["xls", ""],
    "AI_R3_DEMO_SERIALS": ["a\nb"],
}


@pytest.mark.parametrize(
    ("name", "text"), [(name, text) for name in WRONG_TEXTS for text in WRONG_TEXTS[name]]
)
def test_wrong_variable(name: str, text: str) -> None:
    """A wrong value in the environment is one line with the setting, the value and what is wanted."""
    line = refusal({name: text})
    assert len(line) < 250
    assert line.startswith(f"{name} (entorno): {repr(text)[:60]}")
    assert line.endswith(f"no vale; se espera {settings()[name].kind.takes}.")


@pytest.mark.parametrize(
    "wrong",
    [
        'BACKEND_PORT = "5000"',
        "BACKEND_PORT = true",
        "BACKEND_PORT = 5000.0",
        "BACKEND_HOST = 127",
        "LOG_LEVEL = []",
        "DATA_DIR = false",
        'AI_R3_BIN_MINUTES = "30"',
        "AI_R3_DEMO_MODE = 1",
        'AI_R3_DEMO_SERIALS = "RGD0ABC123"',
        "AI_R3_DEMO_SOURCE = ['csv']",
        'AI_R4_OFFLINE_SECS = "120"',
        "AI_R4_OFFLINE_SECS = nan",
        "AI_R4_OFFLINE_SECS = true",
        "MAX_DEVICES = 2024-01-01",
        "MAX_DEVICES = {}",
    ],
)
def test_wrong_value_in_file(toml: Path, wrong: str) -> None:
    """A wrong value or type in the file is told the same way, even where the environment overrides it."""
    toml.write_text(wrong)
    name = wrong.split()[0]
    good = str(settings()[name].default)
    for line in (refusal({}, toml), refusal({name: good}, toml)):
        assert line.startswith(f"{name} ({toml}): ")
        assert line.endswith(f"se espera {settings()[name].kind.takes}.")


@pytest.mark.parametrize(
    ("name", "closest"),
    [
        ("BACKEND_PROT", "BACKEND_PORT"),
        ("MQTT_BROKER", "MQTT_BROKER_URL"),
        ("AI_R4_OFFLINE", "AI_R4_OFFLINE_SECS"),
        ("RETENCION_DIA", "RETENCION_DIAS"),
        ("COPIAS_MAXIMO", "COPIAS_MAX"),
        ("CLAIM_WINDOWS", "CLAIM_WINDOW_S"),
    ],
)
def test_unknown_variable(name: str, closest: str) -> None:
    """An unknown name that begins like one of ours is refused with the closest known one, unread."""
    line = refusal({name: "hunter2"})
    assert name in line
    assert closest in line
    assert "hunter2" not in line


@pytest.mark.parametrize(
    ("text", "closest"),
    [
        ("backend_port = 5000", "BACKEND_PORT"),
        ("DATADIR = 'x'", "DATA_DIR"),
        ("[WEB]\nBACKEND_PORT = 1", ""),
        ("'a\\nb' = 1", ""),
    ],
)
def test_unknown_name_in_file(toml: Path, text: str, closest: str) -> None:
    """Any unknown name in the file is refused with the closest known one, tables included."""
    toml.write_text(text)
    assert re.search(rf"no hay tal ajuste; el más parecido es [A-Z_0-9]*{closest}\.$", refusal({}, toml))


@pytest.mark.parametrize(
    "broken",
    [
        b"BACKEND_PORT = ",
        b"BACKEND_PORT 5000",
        b"\xff",
        b"A = 1\nA = 2",
        b"A = " + b"[" * 100_000,
        b'A = "\n"',
    ],
)
def test_broken_toml(toml: Path, broken: bytes) -> None:
    """A file that is not TOML is one line that names it."""
    toml.write_bytes(broken)
    assert refusal({}, toml).startswith(f"{toml}: el archivo de ajustes no es TOML válido")


def test_missing_file(toml: Path) -> None:
    """A file that was asked for and is not there is told by its name."""
    assert refusal({}, toml) == f"{toml}: el archivo de ajustes no existe."


def test_unreadable_file(tmp_path: Path) -> None:
    """What cannot be read as a file is told by its name."""
    assert refusal({}, tmp_path).startswith(f"{tmp_path}: el archivo de ajustes no se puede leer")


def test_settings_that_do_not_go_together() -> None:
    """A password wants a user, somebody else's broker its port, and a range a lower end below its upper."""
    assert refusal({"MQTT_PASSWORD": "x"}).startswith("MQTT_PASSWORD: ")
    assert "SSL_KEY_PATH" in refusal({"SSL_CERT_PATH": "a.pem"})
    assert "SSL_CERT_PATH" in refusal({"SSL_KEY_PATH": "a.key"})
    assert refusal({"MQTT_BROKER_URL": "10.0.0.2", "MQTT_BROKER_PORT": "0"}).startswith("MQTT_BROKER_PORT: ")
    assert Settings.load(None, {"MQTT_BROKER_PORT": "0"}).mqtt_broker_port == 0


def test_mosquitto_is_not_asked_for_what_it_cannot_do() -> None:
    """To have each message on the medium before it acknowledges it; it may as somebody else's broker."""
    wanted = {"MQTT_EMBEDDED": "mosquitto", "MQTT_SYNC_INTERVAL": "0"}
    assert refusal(wanted).startswith("MQTT_SYNC_INTERVAL: ")
    assert Settings.load(None, wanted | {"MQTT_BROKER_URL": "10.0.0.2"}).mqtt_sync_interval == 0
    assert refusal({"AI_HIST_PMIN": "50", "AI_HIST_PMAX": "50"}).startswith("AI_HIST_PMIN: ")
    assert Settings.load(None, {"AI_HIST_PMIN": "50"}).ai_hist_pmin == 50


@given(NAMES, st.text())
def test_any_text_is_taken_or_refused_in_one_line(name: str, text: str) -> None:
    """Whatever a variable holds, it becomes a value of the setting's type or a line that names it."""
    try:
        loaded = Settings.load(None, {name: text})
    except SettingError:
        assert refusal({name: text}).startswith(name)
    else:
        default = getattr(Settings(), name.lower())
        assert default is None or type(getattr(loaded, name.lower())) is type(default)


@given(NAMES, TOML_VALUES)
def test_any_toml_value_is_taken_or_refused(name: str, value: object) -> None:
    """Whatever a file holds, its setting takes it as a value of its type or refuses it."""
    known = settings()[name]
    try:
        taken = known.kind.from_toml(value)
    except ValueError:
        return
    assert known.default is None or isinstance(taken, type(known.default))


@given(
    NAMES, st.text() | st.sampled_from(["0", "7.5", "sí", "", "a, b", "CAM0=7, TMP0=0", "~/a", "casa.local"])
)
def test_a_value_can_be_written_again(name: str, text: str) -> None:
    """What is shown of a setting is what a person would write in the file to have it so."""
    kind = settings()[name].kind
    try:
        value = kind.from_text(text)
    except ValueError:
        return
    assert kind.from_toml(json.loads(json.dumps(written_as(value)))) == value


# -- what each kind takes ------------------------------------------------------------------------


def is_refused(read: Callable[[T], object], value: T) -> bool:
    try:
        read(value)
    except ValueError:
        return True
    return False


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (flag, "1", True),
        (flag, "TRUE", True),
        (flag, "si", True),
        (flag, "SÍ", True),
        (flag, "0", False),
        (flag, "False", False),
        (flag, "no", False),
        (whole(-5, 5), "-5", -5),
        (whole(-5, 5), "5", 5),
        (number(low=0), "0", 0.0),
        (number(), "-2.5e-3", -0.0025),
        (texts, "RGD0ABC123, LGT0XYZ", ("RGD0ABC123", "LGT0XYZ")),
        (texts, "", ()),
        (days_by_serial, "CAM0=7, TMP0603IF1WD=400", (("CAM0", 7), ("TMP0603IF1WD", 400))),
        (days_by_serial, "", ()),
        (host, "casa.local", "casa.local"),
        (host, "fe80::1%eth0", "fe80::1%eth0"),
        (or_empty(url), "", ""),
        (url, "http://192.168.0.106:5000/", "http://192.168.0.106:5000"),
        (folder, "a/b", Path("a/b")),
        (folder, "~", Path.home()),
        (file, "~/límites.json", str(Path.home() / "límites.json")),
        (or_empty(file), "", ""),
        (choice("csv", "pkl"), "PKL", "pkl"),
        (choice(5, 10), "10", 10),
    ],
)
def test_text_is_read(kind: Kind[Any], text: str, value: object) -> None:
    """Each kind reads its own notation from an environment variable."""
    assert kind.from_text(text) == value


@pytest.mark.parametrize(
    ("kind", "value", "taken"),
    [
        (flag, True, True),
        (number(low=0), 2, 2.0),
        (texts, ["a", "b"], ("a", "b")),
        (texts, [], ()),
        (days_by_serial, ["CAM0=0"], (("CAM0", 0),)),
        (choice("csv", "pkl"), "Csv", "csv"),
        (choice(5, 10), 5, 5),
    ],
)
def test_toml_is_read(kind: Kind[Any], value: object, taken: object) -> None:
    """Each kind takes its own TOML type."""
    assert kind.from_toml(value) == taken
    assert type(kind.from_toml(value)) is type(taken)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (flag, 1),
        (flag, "true"),
        (texts, "a"),
        (texts, ["a", 1]),
        (texts, ["a\nb"]),
        (days_by_serial, "CAM0=7"),
        (days_by_serial, [["CAM0", 7]]),
        (days_by_serial, ["CAM0=99999"]),
        (number(), 10**400),
        (number(), float("inf")),
        (number(above=0), 0),
        (number(low=0, high=1), 1.01),
        (whole(0, 1), True),
        (number(0, 1), True),
        (number(), "1"),
        (choice(0, 1), True),
        (choice(5, 10), "5"),
        (choice(5, 10), 7),
        (choice("5", "10"), 5),
        (file, ""),
    ],
)
def test_toml_is_refused(kind: Kind[Any], value: object) -> None:
    """A value of another TOML type or out of bounds is refused."""
    assert is_refused(kind.from_toml, value)


def test_flag_refuses_other_words() -> None:
    """A word that is neither yes nor no is not taken for either."""
    assert is_refused(flag.from_text, "quizá")


@pytest.mark.parametrize(
    ("kind", "takes"),
    [
        (number(), "un número"),
        (number(above=0), "un número mayor que 0"),
        (number(low=0, high=0.5), "un número no menor que 0 y no mayor que 0.5"),
        (whole(0, 65535), "un entero de 0 a 65535"),
        (choice(5, 10), "uno de 5, 10"),
        (or_empty(file), "la ruta de un archivo, o vacío"),
    ],
)
def test_bounds_are_said(kind: Kind[Any], takes: str) -> None:
    """What a value has to be is said with its bounds, its choices, and whether it may be empty."""
    assert kind.takes == takes


# -- the words about them ------------------------------------------------------------------------


@pytest.mark.parametrize("name", settings())
def test_setting_is_documented(name: str) -> None:
    """Every setting has a sentence on one line, and a default that its own kind takes."""
    known = settings()[name]
    assert re.fullmatch(r"[A-ZÁÉÍÓÚÑ0-9].*\.", known.description)
    assert known.kind.from_toml(written_as(known.default)) == known.default


def test_every_setting_stands_below_a_heading() -> None:
    """The first setting begins a group, and every heading is some setting's and says something."""
    assert next(iter(settings())) in HEADINGS
    assert HEADINGS.keys() <= settings().keys()
    assert all(HEADINGS.values())
    assert re.findall("(?m)^# ---- (.+) ----$", example()) == list(HEADINGS.values())


def test_example_is_current() -> None:
    """The committed example is what the code says now; ``make -B config.toml.example`` renews it."""
    assert EXAMPLE.read_text("utf-8") == example()


def test_example_as_it_stands_changes_nothing() -> None:
    """The example, copied and left alone, gives the defaults."""
    assert Settings.load(EXAMPLE, {}) == Settings()


def test_example_holds_every_default(toml: Path) -> None:
    """With every setting uncommented, the example still gives the defaults, and names them all."""
    uncommented = re.sub(r"(?m)^#(?=[A-Z])", "", example())
    toml.write_text(uncommented, "utf-8")
    assert Settings.load(toml, {}) == Settings()
    assert re.findall(r"(?m)^([A-Z_0-9]+) = ", uncommented) == list(settings())


@pytest.mark.parametrize(
    ("platform", "environ", "folder"),
    [
        ("linux", {}, ".local/share/iot-backend/instance"),
        ("linux", {"XDG_DATA_HOME": "/data"}, "/data/iot-backend/instance"),
        ("linux", {"XDG_DATA_HOME": "relative"}, ".local/share/iot-backend/instance"),
        ("darwin", {"XDG_DATA_HOME": "/data"}, "Library/Application Support/iot-backend/instance"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/iot-backend/instance"),
        ("win32", {}, "AppData/Local/iot-backend/instance"),
    ],
)
def test_an_installed_package_has_its_data_where_the_platform_keeps_them(
    platform: str, environ: Mapping[str, str], folder: str
) -> None:
    """Relative to a person's home, where nothing else is said."""
    assert data_folder(environ, platform) == Path.home() / folder
