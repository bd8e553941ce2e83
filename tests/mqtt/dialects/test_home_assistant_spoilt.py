"""Whatever is announced, reported and ordered: nothing is raised but that it is not understood."""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actors.mqtt.dialects.dialect import Message, NotUnderstood
from tests.mqtt.dialects.home_assistant import DIALECT, OWNER, own

# -- whatever comes ------------------------------------------------------------------------------

SAMPLES: list[tuple[str, dict[str, Any]]] = [
    (
        "sensor/a/1",
        own(stat_t="a/all", dev_cla="temperature", unit_of_meas="°C", val_tpl="{{ value_json.t }}"),
    ),
    ("binary_sensor/a/1", own(stat_t="a/b", dev_cla="motion", off_dly=5)),
    ("switch/a/1", own(stat_t="a/s", cmd_t="a/c", avty_t="a/lwt")),
    (
        "light/a/1",
        own(schema="json", stat_t="a/j", cmd_t="a/jc", sup_clrm=["rgb", "color_temp"], fx_list=["x"]),
    ),
    (
        "light/a/2",
        own(stat_t="a/s", cmd_t="a/c", bri_cmd_t="a/b", bri_stat_t="a/b", hs_cmd_t="a/h", xy_stat_t="a/xy"),
    ),
    (
        "light/a/3",
        own(schema="template", cmd_t="a/c", cmd_on_tpl="{{ brightness }}", cmd_off_tpl="x", stat_t="a/s"),
    ),
    ("cover/a/1", own(pos_t="a/p", set_pos_t="a/ps", tilt_cmd_t="a/t", stat_t="a/s", cmd_t="a/c")),
    ("fan/a/1", own(cmd_t="a/c", pct_cmd_t="a/p", pct_stat_t="a/p", spd_rng_min=1, spd_rng_max=3)),
    (
        "climate/a/1",
        own(temp_cmd_t="a/t", temp_stat_t="a/t", modes=["off", "heat"], mode_cmd_t="a/m", curr_temp_t="a/n"),
    ),
    ("valve/a/1", own(stat_t="a/v", cmd_t="a/vc", pos=True)),
    ("number/a/1", own(stat_t="a/n", cmd_t="a/nc", min=0, max=5)),
    ("update/a/1", own(stat_t="a/u", l_ver_t="a/l")),
    ("device/a", {"dev": OWNER, "o": {"name": "x"}, "cmps": {"q": {"p": "sensor", "stat_t": "a/q"}}}),
]
JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["~", "#", "+/x", "{{ value_json.x }}", "{{", "{{ value | int }}", "1e308", "-1", "0"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
ORDERS = st.dictionaries(
    st.sampled_from(
        ["encendido", "brillo", "temp_color", "color", "posicion", "velocidad", "temp_objetivo", "modo_clima"]
    ),
    JUNK | st.sampled_from([True, False, 0, 50, 100, "#ff0000", "heat", 1e308]),
    max_size=4,
)


@st.composite
def spoilt(draw: st.DrawFn) -> tuple[str, bytes]:
    """A sample with some of its values, or its device's, of other types; or cut; or no JSON at all."""
    place, config = draw(st.sampled_from(SAMPLES))
    made = dict(config)
    for name in draw(
        st.lists(st.sampled_from([*config, "avty", "~", "cns", "ret", "bri_scl", "schema"]), max_size=3)
    ):
        made[name] = draw(JUNK)
    raw = json.dumps(made).encode()
    return place, raw[: draw(st.integers(0, len(raw)))] if draw(st.integers(0, 9)) == 0 else raw


@given(
    st.lists(spoilt(), max_size=5),
    st.lists(
        st.tuples(
            st.sampled_from(["a/all", "a/s", "a/j", "a/xy", "a/p", "a/v", "a/u", "a/lwt"]),
            st.binary(max_size=20) | JUNK,
        ),
        max_size=4,
    ),
    ORDERS,
)
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_nothing_but_not_understood(
    announced: list[tuple[str, bytes]], messages: list[tuple[str, Any]], wanted: Mapping[str, Any]
) -> None:
    """However an announcement, a message or an order is spoilt, nothing else is raised."""
    kept: dict[str, bytes] = {}
    for place, raw in announced:
        try:
            heard = DIALECT.announced(Message(f"homeassistant/{place}/config", raw))
        except NotUnderstood:
            continue
        kept |= {each.key: each.payload for each in heard.announcements}
    for each in DIALECT.define("homeassistant", {key: raw for key, raw in kept.items() if raw}):
        for topic, payload in messages:
            raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
            with suppress(NotUnderstood):
                DIALECT.read(each, Message(topic, raw))
        with suppress(NotUnderstood):
            DIALECT.order(each, wanted)
