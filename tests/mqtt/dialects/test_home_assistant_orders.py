"""How the entities of Home Assistant's discovery are told, and what they say that they are set to."""

from typing import Any

import pytest

from actors.mqtt.dialects.dialect import Definition, Reading
from tests.mqtt.dialects.home_assistant import DIALECT, device, devices, online, own, read, told

# -- switching -----------------------------------------------------------------------------------


def test_a_switch() -> None:
    """Its state's words may be others than its orders'."""
    thing = device(
        (
            "switch/a/relay",
            own(
                stat_t="a/s",
                cmd_t="a/c",
                pl_on='{"on":true}',
                pl_off='{"on":false}',
                stat_on="on",
                stat_off="off",
            ),
        )
    )
    assert (thing.profile.kind, thing.profile.capability) == ("enchufe", "binary")
    assert read(thing, "a/s", "on") == Reading(reported={"encendido": True})
    assert told(thing, encendido=False) == [("a/c", {"on": False})]


def test_several_switches_are_several_devices() -> None:
    """With what they measure by the same topic, the presence they share, and all else at the first."""
    relays = [
        (
            f"switch/a/r{n}",
            own(
                stat_t=f"a/r{n}",
                cmd_t=f"a/r{n}/set",
                name=f"Relay {n}",
                avty_t="a/lwt",
                val_tpl="{{ value_json.on }}",
                pl_on=True,
                pl_off=False,
            ),
        )
        for n in (10, 2, 1)
    ]
    power = ("sensor/a/p2", own(stat_t="a/r2", dev_cla="power", avty_t="a/lwt", val_tpl="{{ value_json.w }}"))
    rssi = ("sensor/a/rssi", own(stat_t="a/rssi", dev_cla="signal_strength", avty_t="a/lwt"))
    one, two, ten = devices(*relays, power, rssi)
    assert [each.serial.partition(".")[2] for each in (one, two, ten)] == ["", "2", "3"]
    assert read(two, "a/r2", {"on": True, "w": 5}) == Reading(
        reported={"encendido": True}, parameters={"consumo_w": 5}
    )
    assert told(ten, encendido=True) == [("a/r10/set", "True")]
    assert read(one, "a/rssi", "-60") == Reading(parameters={"rssi": -60})
    assert all(online(each, "a/lwt", "offline") is False for each in (one, two, ten))
    assert two.profile.name == "Thing Relay 2"


def test_a_setting_s_switch_is_a_control_beside() -> None:
    """A child lock does not make a second device."""
    thing = device(
        ("climate/a/c", own(temp_cmd_t="a/t/set", temp_stat_t="a/t")),
        ("switch/a/lock", own(stat_t="a/l", cmd_t="a/l/set", name="Child lock", ent_cat="config")),
    )
    assert {*thing.profile.controls} == {"temp_objetivo", "child_lock"}
    assert told(thing, child_lock=True) == [("a/l/set", "ON")]
    assert read(thing, "a/l", "ON") == Reading(reported={"child_lock": True})


def test_a_siren_is_told_by_json() -> None:
    """Or by its templates, and read as JSON or a word."""
    plain = device(("siren/a/s", own(stat_t="a/s", cmd_t="a/c")))
    assert told(plain, encendido=True) == [("a/c", {"state": "ON"})]
    assert read(plain, "a/s", {"state": "OFF"}) == Reading(reported={"encendido": False})
    assert read(plain, "a/s", "ON") == Reading(reported={"encendido": True})
    by_template = device(("siren/a/s", own(cmd_t="a/c", cmd_tpl="w {{ value }}", cmd_off_tpl="quiet")))
    assert told(by_template, encendido=True) == [("a/c", "w ON")]
    assert told(by_template, encendido=False) == [("a/c", "quiet")]


# -- lamps ---------------------------------------------------------------------------------------


def lamp(**config: Any) -> Definition:
    return device(("light/a/l", own(stat_t="a/s", cmd_t="a/c", **config)))


def test_a_lamp_with_a_topic_for_each() -> None:
    """Brightness by its scale, colour temperature in mireds, colours with commas; the switch last."""
    thing = lamp(
        bri_stat_t="a/b",
        bri_cmd_t="a/b/set",
        bri_scl=100,
        clr_temp_stat_t="a/ct",
        clr_temp_cmd_t="a/ct/set",
        rgb_stat_t="a/rgb",
        rgb_cmd_t="a/rgb/set",
        rgb_cmd_tpl="{{ '#%s' if false }}{{ red }};{{ green }};{{ blue }}",
        fx_stat_t="a/fx",
        fx_cmd_t="a/fx/set",
        fx_list=["rain", "fire"],
    )
    assert {*thing.profile.controls} == {"encendido", "brillo", "temp_color", "color", "efecto"}
    assert read(thing, "a/b", "40") == Reading(reported={"brillo": 40})
    assert read(thing, "a/ct", "250") == Reading(reported={"temp_color": 4000})
    assert read(thing, "a/rgb", "255,128,0") == Reading(reported={"color": "#ff8000"})
    assert read(thing, "a/fx", "rain") == Reading(reported={"efecto": "rain"})
    assert told(thing, encendido=True, brillo=40, temp_color=4000, color="#0102ff") == [
        ("a/b/set", "40"),
        ("a/ct/set", "250"),
        ("a/rgb/set", "1;2;255"),
        ("a/c", "ON"),
    ]
    assert told(thing, encendido=False, brillo=40) == [("a/c", "OFF")]


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("last", [("a/b/set", "102"), ("a/c", "ON")]),
        ("first", [("a/c", "ON"), ("a/b/set", "102")]),
        ("brightness", [("a/b/set", "102")]),
    ],
)
def test_on_command_type(when: str, expected: list[tuple[str, str]]) -> None:
    """The brightness before the switch, after it, or instead of it."""
    thing = lamp(bri_cmd_t="a/b/set", bri_stat_t="a/b", on_cmd_type=when)
    assert told(thing, encendido=True, brillo=40) == expected


def test_on_by_brightness_alone() -> None:
    """A lamp that is switched by its brightness alone, and not told one, is bright."""
    thing = lamp(bri_cmd_t="a/b/set", on_cmd_type="brightness")
    assert told(thing, encendido=True) == [("a/b/set", "255")]
    assert told(thing, encendido=False) == [("a/c", "OFF")]


@pytest.mark.parametrize(
    ("prefix", "payload", "color"),
    [("hs", "30,100", "#ff8000"), ("rgbw", "255,128,0,0", "#ff8000"), ("rgbww", "0,0,255,0,0", "#0000ff")],
)
def test_other_colours(prefix: str, payload: str, color: str) -> None:
    """Each as it is told is how it is read."""
    thing = lamp(**{f"{prefix}_stat_t": "a/k", f"{prefix}_cmd_t": "a/k/set"})
    assert read(thing, "a/k", payload) == Reading(reported={"color": color})
    assert told(thing, color=color) == [("a/k/set", payload)]


def test_a_json_lamp() -> None:
    """One object, of which it says what is so; a brightness of 0 tells nothing."""
    thing = lamp(schema="json", sup_clrm=["color_temp", "rgb"], brightness=True, effect=True, fx_list=["x"])
    state = {
        "state": "ON",
        "brightness": 102,
        "color_mode": "rgb",
        "color": {"r": 255, "g": 0, "b": 0},
        "color_temp": 200,
    }
    assert read(thing, "a/s", state) == Reading(
        reported={"encendido": True, "brillo": 40, "color": "#ff0000"}
    )
    white = {
        "state": "ON",
        "color_mode": "color_temp",
        "color_temp": 250,
        "color": {"r": 255, "g": 200, "b": 9},
    }
    assert read(thing, "a/s", white) == Reading(reported={"encendido": True, "temp_color": 4000})
    assert read(thing, "a/s", {"state": "OFF", "brightness": 0}) == Reading(reported={"encendido": False})
    assert told(thing, brillo=40, color="#00ff00", encendido=True) == [
        ("a/c", {"state": "ON", "brightness": 102, "color": {"r": 0, "g": 255, "b": 0}})
    ]
    assert told(thing, temp_color=4000) == [("a/c", {"color_temp": 250})]
    assert told(thing, encendido=False, brillo=10) == [("a/c", {"state": "OFF"})]


def test_a_json_lamp_in_kelvin_and_by_hue() -> None:
    """By its own scale, and in the first mode that it has."""
    thing = lamp(
        schema="json", sup_clrm=["color_temp", "hs"], bri_scl=254, clr_temp_k=True, min_k=2200, max_k=6500
    )
    assert thing.profile.controls["temp_color"].low == 2200
    assert told(thing, temp_color=3000, brillo=100) == [("a/c", {"brightness": 254, "color_temp": 3000})]
    assert told(thing, color="#ff8000") == [("a/c", {"color": {"h": 30, "s": 100}})]
    told_xy = {"state": "ON", "color_mode": "xy", "color": {"x": 0.64, "y": 0.33}}
    reading = read(thing, "a/s", told_xy)
    assert reading is not None
    assert str(reading.reported["color"]).startswith("#ff")


def test_a_lamp_by_templates() -> None:
    """One order for all; what is not ordered is undefined."""
    thing = lamp(
        schema="template",
        cmd_on_tpl='{"on":true{% if brightness is defined %},"b":{{ brightness }}{% endif %}'
        '{% if red is defined %},"rgb":[{{ red }},{{ green }},{{ blue }}]{% endif %}}',
        cmd_off_tpl='{"on":false}',
        stat_tpl="{% if value_json.on %}on{% else %}off{% endif %}",
        bri_tpl="{{ value_json.b }}",
        r_tpl="{{ value_json.rgb[0] }}",
        g_tpl="{{ value_json.rgb[1] }}",
        b_tpl="{{ value_json.rgb[2] }}",
    )
    assert told(thing, encendido=True, brillo=40) == [("a/c", {"on": True, "b": 102})]
    assert told(thing, color="#010203") == [("a/c", {"on": True, "rgb": [1, 2, 3]})]
    assert told(thing, encendido=False) == [("a/c", {"on": False})]
    state = {"on": True, "b": 102, "rgb": [255, 0, 0]}
    assert read(thing, "a/s", state) == Reading(
        reported={"encendido": True, "brillo": 40, "color": "#ff0000"}
    )
    assert read(thing, "a/s", {"on": False}) == Reading(reported={"encendido": False})


# -- what opens, turns, locks and warms ----------------------------------------------------------


def test_a_cover_by_position() -> None:
    """Also one that counts backwards; tilted by a range of its own."""
    thing = device(
        (
            "cover/a/c",
            own(
                pos_t="a/p",
                set_pos_t="a/p/set",
                pos_open=0,
                pos_clsd=100,
                cmd_t="a/c",
                set_pos_tpl='{"p":{{ position }}}',
                tilt_cmd_t="a/t/set",
                tilt_status_t="a/t",
                tilt_min=0,
                tilt_max=90,
            ),
        )
    )
    assert (thing.profile.kind, thing.profile.settling) == ("persiana", 60)
    assert read(thing, "a/p", "30") == Reading(reported={"posicion": 70})
    assert read(thing, "a/t", "45") == Reading(reported={"inclinacion": 50})
    assert told(thing, posicion=100, inclinacion=50) == [("a/p/set", {"p": 0}), ("a/t/set", "45")]


def test_what_has_few_steps_is_confirmed_by_the_nearest() -> None:
    """A cover that counts to 99 is half open at 51 %, and a lamp of ten steps at 45 % is at 50."""
    cover = device(("cover/a/c", own(pos_t="a/p", set_pos_t="a/p/set", pos_open=99)))
    lamp_of_ten = lamp(bri_stat_t="a/b", bri_cmd_t="a/b/set", bri_scl=10)
    for thing, name, topic in ((cover, "posicion", "a/p"), (lamp_of_ten, "brillo", "a/b")):
        for wanted in range(101):
            ((_, payload),) = told(thing, **{name: wanted})
            reading = read(thing, topic, payload)
            assert reading is not None
            assert thing.profile.controls[name].confirms(wanted, reading.reported[name]), (name, wanted)


def test_a_cover_that_only_opens_and_closes() -> None:
    """What is on the way is neither."""
    thing = device(("cover/a/c", own(stat_t="a/s", cmd_t="a/c", pl_cls="DOWN")))
    assert read(thing, "a/s", "open") == Reading(reported={"posicion": 100})
    assert read(thing, "a/s", "closing") is None
    assert told(thing, posicion=0) == [("a/c", "DOWN")]
    assert told(thing, posicion=100) == [("a/c", "OPEN")]


def test_a_cover_is_stopped_where_it_says_so() -> None:
    """By the word that it has, which is STOP where it says nothing; null is none, nor is one without a topic.

    What goes to a topic of its own has an address of its own, so that what was claimed before is still told.
    """
    placed = own(pos_t="a/p", set_pos_t="a/p/set")
    for config, stop in (
        (own(stat_t="a/s", cmd_t="a/c"), ("a/c", b"STOP")),
        (own(stat_t="a/s", cmd_t="a/c", pl_stop="HALT"), ("a/c", b"HALT")),
        (own(stat_t="a/s", cmd_t="a/c", pl_stop=None), None),
        ({**placed, "cmd_t": "a/c"}, ("a/c", b"STOP")),
        (placed, None),
    ):
        thing = device(("cover/a/c", config))
        assert [(each.topic, each.payload) for each in DIALECT.stop(thing)] == ([stop] if stop else [])
        assert (thing.profile.stop_address is None) is (stop is None)
    one, two = (device(("cover/a/c", {**placed, "cmd_t": topic})).profile for topic in ("a/c", "b/c"))
    assert one.address == two.address == device(("cover/a/c", placed)).profile.address
    assert len({one.stop_address, two.stop_address, ""}) == 3
    alone = device(("cover/a/c", own(stat_t="a/s", cmd_t="a/c"))).profile
    assert (alone.address != "", alone.stop_address) == (True, "")


def test_valves() -> None:
    """Open is on, by its state or by its position."""
    plain = device(("valve/a/v", own(stat_t="a/s", cmd_t="a/c")))
    assert plain.profile.kind == "riego"
    assert read(plain, "a/s", "open") == Reading(reported={"encendido": True})
    assert told(plain, encendido=False) == [("a/c", "CLOSE")]
    placed = device(("valve/a/v", own(stat_t="a/s", cmd_t="a/c", pos=True)))
    assert read(placed, "a/s", {"state": "opening", "position": 30}) == Reading(reported={"encendido": True})
    assert read(placed, "a/s", "0") == Reading(reported={"encendido": False})
    assert told(placed, encendido=True) == [("a/c", "100")]


def test_a_fan() -> None:
    """Its speeds are parts of a whole; none is off."""
    thing = device(
        (
            "fan/a/f",
            own(
                stat_t="a/s",
                cmd_t="a/c",
                pct_stat_t="a/p",
                pct_cmd_t="a/p/set",
                spd_rng_max=4,
                osc_stat_t="a/o",
                osc_cmd_t="a/o/set",
                pr_mode_cmd_t="a/m/set",
                pr_modes=["smart"],
            ),
        )
    )
    assert read(thing, "a/p", "2") == Reading(reported={"velocidad": 50})
    assert told(thing, velocidad=75, encendido=True) == [("a/p/set", "3"), ("a/c", "ON")]
    assert told(thing, velocidad=0) == [("a/c", "OFF")]
    assert told(thing, oscilacion=True, modo_ventilador="smart") == [
        ("a/m/set", "smart"),
        ("a/o/set", "oscillate_on"),
    ]
    assert read(thing, "a/o", "oscillate_off") == Reading(reported={"oscilacion": False})


def test_a_lock() -> None:
    """Jammed is neither."""
    thing = device(("lock/a/l", own(stat_t="a/s", cmd_t="a/c")))
    assert (thing.profile.kind, thing.profile.capability) == ("puerta", "lock")
    assert read(thing, "a/s", "LOCKED") == Reading(reported={"bloqueada": True})
    assert read(thing, "a/s", "JAMMED") is None
    assert told(thing, bloqueada=False) == [("a/c", "UNLOCK")]


def test_a_thermostat() -> None:
    """To be on is to be in a mode; a mode that is ordered is not overruled by the switch."""
    thing = device(
        (
            "climate/a/c",
            own(
                curr_temp_t="a/now",
                temp_stat_t="a/t",
                temp_cmd_t="a/t/set",
                min_temp="5",
                max_temp=30,
                temp_step=0.5,
                mode_stat_t="a/m",
                mode_cmd_t="a/m/set",
                modes=["off", "heat", "auto"],
                act_t="a/act",
            ),
        )
    )
    assert (thing.profile.kind, thing.profile.capability) == ("termometro", "setpoint")
    control = thing.profile.controls["temp_objetivo"]
    assert (control.low, control.high, control.step) == (5, 30, 0.5)
    assert read(thing, "a/now", "20.5") == Reading(parameters={"temperatura": 20.5})
    assert read(thing, "a/m", "off") == Reading(reported={"modo_clima": "off", "encendido": False})
    assert told(thing, temp_objetivo=21.0, encendido=True, modo_clima="auto") == [
        ("a/t/set", "21"),
        ("a/m/set", "auto"),
    ]
    assert told(thing, encendido=True) == [("a/m/set", "heat")]
    assert told(thing, encendido=False, modo_clima="auto") == [("a/m/set", "off")]


def test_a_thermostat_in_fahrenheit_with_a_switch() -> None:
    """All in °C here."""
    config = {
        "temp_unit": "F",
        "temp_stat_t": "a/t",
        "temp_cmd_t": "a/t/set",
        "curr_temp_t": "a/now",
        "pow_cmd_t": "a/p",
    }
    thing = device(("water_heater/a/w", own(**config, min_temp=86, max_temp=140)))
    assert read(thing, "a/now", "68") == Reading(parameters={"temperatura": 20})
    assert (thing.profile.controls["temp_objetivo"].low, thing.profile.controls["temp_objetivo"].high) == (
        30,
        60,
    )
    assert told(thing, temp_objetivo=50, encendido=True) == [("a/t/set", "122"), ("a/p", "ON")]


def test_a_humidifier() -> None:
    """On, and how humid."""
    thing = device(
        ("humidifier/a/h", own(stat_t="a/s", cmd_t="a/c", hum_stat_t="a/h", hum_cmd_t="a/h/set", max_hum=80))
    )
    assert read(thing, "a/h", "55") == Reading(reported={"humedad_objetivo": 55})
    assert told(thing, humedad_objetivo=60, encendido=True) == [("a/h/set", "60"), ("a/c", "ON")]


def test_settings_beside() -> None:
    """Numbers, choices, texts and buttons are controls by their own names."""
    thing = device(
        ("number/a/n", own(stat_t="a/n", cmd_t="a/n/set", name="Delay", min=0, max=10, step=0.5)),
        ("select/a/s", own(stat_t="a/s", cmd_t="a/s/set", name="Kind", ops=["x", "y"])),
        ("text/a/t", own(cmd_t="a/t/set", name="Display")),
        ("button/a/b", own(cmd_t="a/b/set", name="Restart", pl_prs="GO")),
        ("sensor/a/k", own(stat_t="a/k", dev_cla="temperature")),
    )
    assert {*thing.profile.controls} == {"delay", "kind_2", "display", "restart"}
    assert told(thing, delay=2.5, kind_2="y", display="hi", restart="pulsar") == [
        ("a/b/set", "GO"),
        ("a/n/set", "2.5"),
        ("a/s/set", "y"),
        ("a/t/set", "hi"),
    ]
    assert read(thing, "a/n", "3") == Reading(reported={"delay": 3})
    assert told(thing, kind_2="z") == []
