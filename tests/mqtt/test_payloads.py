from __future__ import annotations

import json
import math
import sqlite3
from contextlib import suppress
from dataclasses import replace
from time import process_time
from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from actors.domain.model import Json, Report
from actors.mqtt.protocol import payloads
from actors.mqtt.protocol.payloads import Announcement, Malformed, read, report_payload
from actors.runtime.time_zone import zone_of

SERIAL = "TMP0603IF1WD"
TOPIC = payloads.state_topic(SERIAL)
AT = 1_800_000_000.0


def report_of(payload: bytes, topic: str = TOPIC) -> Report:
    fact = read(topic, payload, AT, retained=False)
    assert isinstance(fact, Report)
    return fact


def report_with(**fields: Json) -> Report:
    return report_of(orjson.dumps(fields))


def nested(levels: int) -> Json:
    value: Json = 1
    for _ in range(levels):
        value = [value]
    return value


def test_a_report_on_the_shared_topic_is_read_whole() -> None:
    """All that the contract knows arrives in the report, with its time."""
    payload = orjson.dumps(
        {
            "serial_number": SERIAL,
            "estado": "activo",
            "parametros": {"temp": 23.4, "ok": True, "n": None, "modo": "eco", "gps": {"lat": [1, 2]}},
            "configuracion": {"modo": "manual"},
            "boot": "a1",
            "seq": 41,
        }
    )
    assert read("dispositivos/estado", payload, AT, retained=True) == Report(
        serial=SERIAL,
        at=AT,
        state="activo",
        parameters={"temp": 23.4, "ok": True, "n": None, "modo": "eco", "gps": {"lat": [1, 2]}},
        configuration={"modo": "manual"},
        boot="a1",
        seq=41,
        retained=True,
    )


def test_what_a_report_leaves_out_is_none() -> None:
    """Left out, or null, is told apart from empty."""
    empty = report_of(b"{}")
    assert (empty.state, empty.parameters, empty.configuration, empty.boot, empty.seq) == (None,) * 5
    assert report_with(estado=None, parametros=None, boot=None, seq=None) == empty
    assert report_with(parametros={}, estado="") == replace(empty, state="", parameters={})


def test_the_serial_in_the_topic_will_do() -> None:
    """A device's own topic names it; the payload may name it too."""
    assert report_of(b"{}").serial == SERIAL
    assert report_with(serial_number=SERIAL).serial == SERIAL


def test_a_digest_is_the_same_in_capitals() -> None:
    """Libraries write hexadecimal either way."""
    assert report_with(codigo_sha256="A9" * 32).code_digest == "a9" * 32


def test_unknown_fields_are_let_pass() -> None:
    """A device may say more than the contract knows."""
    assert report_with(estado="activo", firmware=[[[[[[2**60]]]]]]).state == "activo"


@pytest.mark.parametrize("serial", ["a", "A" * 64, "a.b_c:d-9"])
def test_serials_that_fit(serial: str) -> None:
    """1 to 64 characters of A-Za-z0-9._:- name a device, on either topic."""
    assert report_of(b"{}", payloads.state_topic(serial)).serial == serial
    assert report_of(orjson.dumps({"serial_number": serial}), "dispositivos/estado").serial == serial


@pytest.mark.parametrize("serial", ["", "A" * 65, "a b", "ñ", "a\n", "a\x00", "*", None, 7, True, [], {}])
def test_serials_that_do_not_fit(serial: Json) -> None:
    """Anything else is refused, on the shared topic and, as far as topics go, on the own one."""
    with pytest.raises(Malformed, match="serial_number"):
        report_of(orjson.dumps({"serial_number": serial}), "dispositivos/estado")
    if isinstance(serial, str):
        with pytest.raises(Malformed, match="serial_number" if serial else "falta el número de serie"):
            report_of(b"{}", payloads.state_topic(serial))


def test_the_shared_topic_needs_a_serial() -> None:
    """Nobody else can know whose report it is."""
    with pytest.raises(Malformed, match="serial_number falta"):
        report_of(b"{}", "dispositivos/estado")


@pytest.mark.parametrize("serial", ["OTHER", 7, [], [[[]]], {"a": 1}])
def test_a_payload_may_not_name_another_serial_than_the_topic(serial: Json) -> None:
    """A report under a false name is refused, not stored under either."""
    with pytest.raises(Malformed, match="no coincide"):
        report_with(serial_number=serial)


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "JSON"),
        (b"{", "JSON"),
        (b"\xff\xfe", "JSON"),
        (b'{"estado":"\xff"}', "JSON"),
        (b"[1]", "objeto JSON"),
        (b"7", "objeto JSON"),
        (b"null", "objeto JSON"),
        (b'"activo"', "objeto JSON"),
        (b'{"parametros":{"t":"\\ud800"}}', "JSON"),
        (b'{"parametros":{"\\udfff":1}}', "JSON"),
        (b'{"parametros":' + b"[" * 5000 + b"]" * 5000 + b"}", "JSON"),
        (b'{"estado":5}', "estado debe"),
        (b'{"parametros":{"t":nan},"x":hola}', "JSON"),
        (b'{"parametros":{"t":nan,"s":"\\ud800"}}', "JSON"),
        (b'{"parametros":{"t":nan},"estado":"\\ud800"}', "JSON"),
        (b'{"parametros":{"t":nan,"s":"\xff"}}', "JSON"),
        (b'{"parametros":{"t":nan', "JSON"),
        (b'{"parametros":[nan]}', "parametros debe"),
        (b'{"parametros":{"t":[[[[[[nan]]]]]]}}', "niveles"),
        (b'{"estado":["activo"]}', "estado debe"),
        (b'{"estado":"' + b"x" * 21 + b'"}', "estado tiene 21"),
        (b'{"parametros":[1]}', "parametros debe"),
        (b'{"parametros":"x"}', "parametros debe"),
        (b'{"parametros":0}', "parametros debe"),
        (b'{"configuracion":[1]}', "configuracion debe"),
        (b'{"configuracion":false}', "configuracion debe"),
        (b'{"codigo_sha256":7}', "codigo_sha256 debe"),
        (b'{"codigo_sha256":""}', "codigo_sha256 debe"),
        (b'{"codigo_sha256":"' + b"0" * 63 + b'"}', "codigo_sha256 debe"),
        (b'{"codigo_sha256":"' + b"0" * 64 + b'\\n"}', "codigo_sha256 debe"),
        (b'{"codigo_sha256":"' + b"g" * 64 + b'"}', "codigo_sha256 debe"),
        (b'{"boot":7}', "boot debe"),
        (b'{"boot":"' + b"x" * 65 + b'","seq":1}', "boot tiene 65"),
        (b'{"boot":"b","seq":-1}', "seq"),
        (b'{"boot":"b","seq":1.0}', "seq"),
        (b'{"boot":"b","seq":"1"}', "seq"),
        (b'{"boot":"b","seq":true}', "seq"),
        (b'{"boot":"b","seq":[1]}', "seq"),
        (b'{"boot":"b","seq":9007199254740993}', "seq"),
    ],
)
def test_what_the_contract_does_not_allow_is_refused_with_its_reason(payload: bytes, reason: str) -> None:
    """Each way to break the contract is told apart from the others, in one line."""
    with pytest.raises(Malformed, match=reason) as caught:
        report_of(payload)
    assert "\n" not in caught.value.reason


@pytest.mark.parametrize("wrong", [{"estado": "x" * 21}, {"parametros": 0}, {"codigo_sha256": ""}])
def test_what_is_refused_for_what_it_says_keeps_its_number(wrong: dict[str, Json]) -> None:
    """Unless it has none that is sound."""
    numbers: list[dict[str, Json]] = [
        {"boot": "b", "seq": 7},
        {"boot": "b"},
        {"seq": 7},
        {"boot": "b", "seq": -1},
    ]
    found = []
    for number in numbers:
        with pytest.raises(Malformed) as caught:
            report_with(**number, **wrong)
        found.append(caught.value.report)
    unnumbered = Report(SERIAL, AT)
    assert found == [Report(SERIAL, AT, boot="b", seq=7), unnumbered, unnumbered, unnumbered]


NO_NUMBERS = [
    *("nan", "NaN", "-nan", "NAN", "inf", "-inf", "Infinity", "-Infinity", "ovf", "-nan(ind)", "1.#QNAN"),
    *(
        "1e999",
        "-1e400",
        "9" * 5000,
        "0." + "9" * 400 + "e999",
        "9223372036854775808",
        "-9223372036854775809",
    ),
    *(
        "18446744073709551615",
        "18446744073709551616",
        "1180591620717411303424",
        "+5",
        ".5",
        "5.",
        "007",
        "0x1F",
    ),
]


@pytest.mark.parametrize("number", NO_NUMBERS)
def test_a_number_that_is_none_is_left_out_and_the_rest_is_kept(number: str) -> None:
    """Whatever it is the value of, and however deep; the metrics are named."""
    payload = (
        '{"estado":"nan","boot":"b","seq":3,"otro":%s,"parametros":{"t":%s,"a.b": %s ,"a":{"b":%s,"c":"inf"},'
        '"l":[1,%s,{"n":%s,"m":2}],"h":40.5},"configuracion":{"intervalo_envio":%s,"modo":"manual"}}'
    ) % ((number,) * 7)
    report = report_of(payload.encode())
    assert (report.state, report.boot, report.seq) == ("nan", "b", 3)
    assert report.parameters == {"a": {"c": "inf"}, "l": [1, None, {"m": 2}], "h": 40.5}
    assert report.configuration == {"modo": "manual"}
    assert set(report.invalid) == {"t", "a\\.b", "a.b", "l", "l.n"}


@pytest.mark.parametrize("number", ["nan", "1e999", "9" * 30])
def test_a_seq_that_is_no_number_is_as_good_as_none(number: str) -> None:
    report = report_of(f'{{"boot":"b","seq":{number},"parametros":{{"t":1}}}}'.encode())
    assert (report.parameters, report.seq) == ({"t": 1}, None)


@given(st.text(st.sampled_from('{}[]:,"\\ nNaAinf0123456789.eE+-tru'), max_size=40))
def test_of_whatever_is_sent_a_report_or_a_reason_is_made(text: str) -> None:
    payload = f'{{"parametros":{{"t":nan,"u":{text}}}}}'.encode()
    with suppress(Malformed):
        json.dumps(report_of(payload).parameters, allow_nan=False)


@pytest.mark.parametrize(
    "filling", [",1", ",nan", "," + "9" * 5000, ",0." + "9" * 5000, ',"\\"', ',"', "nan(", "[", '{"a":']
)
def test_leaving_numbers_out_takes_time_in_proportion(filling: str) -> None:
    """Of twice as much no more than about twice the time; of any 64 KiB a fraction of a second."""

    def seconds(size: int) -> float:
        payload = ('{"parametros":{"a":[nan' + filling * (size // len(filling)))[:size] + "]}}"
        began = process_time()
        with suppress(Malformed):
            report_of(payload.encode())
        return process_time() - began

    whole = min(seconds(65_000) for _ in range(3))
    assert whole < 10 * min(seconds(16_250) for _ in range(3)) + 0.01


@pytest.mark.parametrize(
    ("said", "state"), [(True, "true"), (False, "false"), (1, "1"), (0, "0"), (1.0, "1")]
)
def test_a_state_may_be_a_truth_value(said: Json, state: str) -> None:
    assert report_with(estado=said).state == state


@pytest.mark.parametrize(
    ("payload", "serial"),
    [(b"{", None), (b'{"serial_number":"X-1","estado":', "X-1"), (b'{"serial_number" : "X-1"}]', "X-1")],
)
def test_whose_a_broken_report_seems_to_be_is_told(payload: bytes, serial: str | None) -> None:
    """On a topic of its own always; on the shared one where it can be read."""
    for topic, whose in (("dispositivos/estado", serial), (f"dispositivos/{SERIAL}/estado", SERIAL)):
        with pytest.raises(Malformed) as caught:
            report_of(payload, topic)
        found = caught.value.report
        assert (None if found is None else found.serial) == whose


@pytest.mark.parametrize(
    "value", [2**63 - 1, -(2**63), 1e300, -1e300, 9.3e18, 0, -0.0, 5e-324, "é\u0000😀", "x" * 1000]
)
def test_values_at_the_edge_are_kept_exactly(value: Json) -> None:
    """64-bit integers and any finite double arrive as they were sent."""
    report = report_with(parametros={"v": value, "deep": [value]})
    assert report.parameters == {"v": value, "deep": [value]}
    assert type(report.parameters["v"]) is type(value)


def test_limits_are_exact() -> None:
    """The last size that fits is taken, the next one refused."""
    names = {f"p{i}": i for i in range(64)}
    assert report_with(parametros=names).parameters == names
    with pytest.raises(Malformed, match="65 nombres"):
        report_with(parametros={**names, "x": 1})
    assert report_with(estado="é" * 20).state == "é" * 20
    assert report_with(boot="b" * 64, seq=2**53).seq == 2**53
    assert report_with(parametros={"v": nested(4)}).parameters == {"v": nested(4)}
    with pytest.raises(Malformed, match="4 niveles"):
        report_with(parametros={"v": nested(5)})
    with pytest.raises(Malformed, match="4 niveles"):
        report_with(configuracion={"v": {"a": {"b": {"c": {"d": {}}}}}})


def test_size_limit_is_exact() -> None:
    """64 KiB fit, one byte more does not."""
    frame = len(orjson.dumps({"parametros": {"v": ""}}))
    text = "x" * (64 * 1024 - frame)
    assert report_with(parametros={"v": text}).parameters == {"v": text}
    with pytest.raises(Malformed, match="65537 bytes"):
        report_with(parametros={"v": text + "x"})


def test_presence() -> None:
    """A device says online itself, its last will says offline; nothing else is presence."""
    topic = payloads.presence_topic(SERIAL)
    assert read(topic, b"online", AT, True) == Announcement(SERIAL, online=True)
    assert read(topic, b"offline", AT, False) == Announcement(SERIAL, online=False)
    for payload in (b"", b"ONLINE", b'"online"', b"\xff", b"x" * 100_000):
        with pytest.raises(Malformed, match="conexion") as caught:
            read(topic, payload, AT, False)
        assert len(caught.value.reason) < 500
    with pytest.raises(Malformed, match="serial_number"):
        read("dispositivos/a b/conexion", b"online", AT, False)


@pytest.mark.parametrize(
    "topic",
    ["", "dispositivos", "otros/estado", "dispositivos/a/b/estado", "dispositivos/a/recibo", "/" * 99],
)
def test_other_topics_are_refused(topic: str) -> None:
    """A broker that sends what we never asked for does no harm."""
    with pytest.raises(Malformed, match="topic"):
        read(topic, b"{}", AT, False)


def test_what_goes_out_is_as_the_contract_says() -> None:
    """Configuration and receipt, byte by byte, and the topics."""
    madrid = zone_of("Europe/Madrid")
    assert payloads.configuration_payload(7, {"modo": "manual"}, madrid) == (
        b'{"version":7,"configuracion":{"modo":"manual"},'
        b'"zona":{"iana":"Europe/Madrid","posix":"CET-1CEST,M3.5.0,M10.5.0/3"}}'
    )
    window = {"dias": ["todos"], "inicio": "19:46", "fin": "23:00"}
    sunlit = {"horarios": [window | {"sol": {"inicio": "ocaso+30"}}, window | {"sol": {"descansa": True}}]}
    told = json.loads(payloads.configuration_payload(8, sunlit, madrid))
    assert told["configuracion"] == {"horarios": [window]}
    assert payloads.receipt_payload("a1", 41) == b'{"boot":"a1","seq":41}'
    assert payloads.configuration_topic("X") == "dispositivos/X/configuracion"
    assert payloads.receipt_topic("X") == "dispositivos/X/recibo"


numbers = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | numbers | st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
names = st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
inner = st.lists(scalars, max_size=3) | st.dictionaries(names, scalars, max_size=3)
values = scalars | inner | st.lists(inner, max_size=3)
reports = st.builds(
    Report,
    serial=st.just(SERIAL),
    at=st.just(AT),
    state=st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    parameters=st.none() | st.dictionaries(names, values, max_size=8),
    configuration=st.none() | st.dictionaries(names, values, max_size=8),
    boot=st.text(st.characters(exclude_categories=["Cs"]), max_size=64),
    seq=st.integers(0, 2**53),
    code_digest=st.none() | st.text("0123456789abcdef", min_size=64, max_size=64),
)


@given(reports)
def test_what_a_device_sends_is_what_is_read(report: Report) -> None:
    """Writing a report and reading it gives the same report, on either topic."""
    payload = report_payload(report)
    assert report_of(payload) == replace(report, own_topic=True)
    assert report_of(payload, "dispositivos/estado") == report


any_json = st.recursive(
    scalars | st.integers() | st.floats(),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(max_size=5), inside, max_size=4),
    max_leaves=15,
)
field_names = st.sampled_from(
    ["serial_number", "estado", "parametros", "configuracion", "boot", "seq", "codigo_sha256", "x"]
)


def as_text(value: Any) -> bytes:
    """JSON with all of Python's liberties: NaN, lone surrogates, integers of any length."""
    return json.dumps(value).encode()


@given(
    st.sampled_from(["dispositivos/estado", TOPIC, payloads.presence_topic(SERIAL)]) | st.text(),
    st.binary(max_size=200)
    | any_json.map(as_text)
    | st.dictionaries(field_names, any_json | st.just(SERIAL), max_size=6).map(as_text),
)
@example("dispositivos/estado", b'{"serial_number":' + b"[" * 1000 + b"]" * 1000 + b"}")
@example(TOPIC, b'{"serial_number":' + b"[" * 1000 + b"]" * 1000 + b"}")
@example(TOPIC, b'{"x":' + b"[" * 1000 + b"]" * 1000 + b',"parametros":{"a":1e30}}')
@example(TOPIC, b'{"parametros":{"a":1e30,"b":-0,"c":1E-400}}')
def test_whatever_arrives_is_refused_or_can_be_stored(topic: str, payload: bytes) -> None:
    """No bytes raise anything but Malformed, and what is accepted fits SQLite and JSON as it is."""
    try:
        fact = read(topic, payload, AT, False)
    except Malformed as malformed:
        malformed.reason.encode()
        return
    if isinstance(fact, Announcement):
        return
    again = report_of(report_payload(fact), payloads.state_topic(fact.serial))
    assert again == replace(fact, own_topic=True)
    check_numbers(fact.parameters)
    check_numbers(fact.configuration)
    with sqlite3.connect(":memory:") as db:
        row = (fact.serial, fact.state, fact.boot, fact.seq)
        assert db.execute("select ?, ?, ?, ?", row).fetchone() == row
    db.close()


def check_numbers(value: Json) -> None:
    match value:
        case dict():
            for part in value.values():
                check_numbers(part)
        case list():
            for part in value:
                check_numbers(part)
        case float():
            assert math.isfinite(value)
        case int():
            assert -(2**63) <= value < 2**63
