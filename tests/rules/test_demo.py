"""The demonstration: the same files, the same suggestions; and files that nobody should trust."""

from __future__ import annotations

import os
import pickle
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from river import compose, linear_model, optim, preprocessing

from actors.domain.durations import DAY_S
from rules.base.settings import LearnSettings
from rules.learn.demo import BadDemo, file_of, timetable_from
from rules.learn.rule import LearnRule
from rules.learn.timetable import Timetable, suggested
from tests.households import MADRID
from tests.rules.given import MONDAY, device, learn_settings, report

SERIAL = "RGD0ABC123"
DEMO = learn_settings(ai_r3_demo_mode=True)
FROM_PKL = replace(DEMO, ai_r3_demo_source="pkl")
CSV = (Path(__file__).parents[2] / "rules/data/river_models/RGD0ABC123.csv").read_bytes()


def shown(settings: LearnSettings, data: bytes) -> Timetable:
    timetable = timetable_from(settings, MADRID, data)
    assert timetable is not None
    return timetable


def test_the_example_of_the_document_comes_out_of_the_file_that_comes_with_it() -> None:
    """Mondays 06:00 and 18:00, Thursdays 08:30, with the evidence."""
    found = suggested(shown(DEMO, CSV))
    assert {
        day: [(window["inicio"], window["fin"], window["visto"], window["de"]) for window in windows]
        for day, windows in found.items()
    } == {
        "lunes": [("06:00", "06:30", 8, 8), ("18:00", "18:30", 7, 8)],
        "jueves": [("08:30", "09:00", 7, 8)],
    }


def test_a_demonstration_suggests_at_the_first_report_and_does_not_learn() -> None:
    """Once, from the file; what the device does changes nothing."""
    rule = LearnRule(DEMO, MADRID, lambda _: None, shown(DEMO, CSV))
    [finding] = rule.observe(device(serial=SERIAL), report(MONDAY, state="activo"), MONDAY)
    assert finding.details["suggested_horarios"] == suggested(shown(DEMO, CSV))
    for day in range(1, 30):
        at = MONDAY + day * DAY_S
        assert not rule.observe(device(serial=SERIAL), report(at, state="activo"), at)
    silent = LearnRule(DEMO, MADRID, lambda _: None, ())
    assert not silent.observe(device(serial=SERIAL), report(MONDAY), MONDAY)


def test_which_file() -> None:
    """By mode, source, folders and the list of serials."""
    assert file_of(learn_settings(), SERIAL) is None
    assert file_of(DEMO, "OTHER") is None
    assert (
        file_of(replace(DEMO, ai_r3_demo_serials=("OTHER",)), "OTHER") == "rules/data/river_models/OTHER.csv"
    )
    assert file_of(replace(DEMO, ai_r3_demo_csv_dir=Path("a")), SERIAL) == "a/RGD0ABC123.csv"
    assert file_of(replace(FROM_PKL, ai_r3_model_dir=Path("b")), SERIAL) == "b/RGD0ABC123.river.pkl"


def test_without_a_file() -> None:
    """Nothing is suggested where files are required; else the device is learned from."""
    assert timetable_from(DEMO, MADRID, None) == ()
    assert timetable_from(replace(DEMO, ai_r3_demo_require_files=False), MADRID, None) is None
    assert timetable_from(learn_settings(), MADRID, CSV) is None


def test_topk_per_day() -> None:
    """So many bins a day, those most often on."""
    found = suggested(shown(replace(DEMO, ai_r3_demo_topk_per_day=1), CSV))
    assert [(window["inicio"], window["visto"]) for window in found["lunes"]] == [("06:00", 8)]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "necesita las columnas"),
        (b"timestamp,estado\n", "necesita las columnas"),
        (b"timestamp,encendido\nayer,1\n", "no es una fecha"),
        (b"timestamp,encendido\n2025-03-03T00:00:00,tal vez\n", "no es encendido ni apagado"),
        (b"timestamp,encendido\n2025-03-03T00:00:00\n", "no es encendido ni apagado"),
        (b"timestamp,encendido\n\xff\xff,1\n", "UTF-8"),
        (b"x" * 20_000_001, "pasa de"),
    ],
)
def test_a_csv_that_cannot_be_used_says_why(data: bytes, said: str) -> None:
    """In Spanish, in one line."""
    with pytest.raises(BadDemo, match=said):
        timetable_from(DEMO, MADRID, data)


# -- PKL -----------------------------------------------------------------------------------------


def features(hour: int, weekday: int) -> dict[str, int]:
    return {"hora": hour, "minuto": 15, "dia_semana": weekday, "es_fin_semana": int(weekday >= 5)}


def trained() -> Any:
    """A pipeline as the original stored it, taught that evenings are on."""
    model = compose.Pipeline(
        ("scale", preprocessing.StandardScaler()),
        ("lr", linear_model.LogisticRegression(optimizer=optim.SGD(0.05))),
    )
    rng = random.Random(4)
    for _ in range(4000):
        x = features(rng.randrange(24), rng.randrange(7))
        model.learn_one(x, x["hora"] >= 18)
    return model


MODEL = trained()
PICKLED = pickle.dumps(MODEL)


def test_a_stored_model_means_what_river_means_by_it() -> None:
    """On just where River's own probability reaches the threshold, though River never runs."""
    expected = [
        weekday * 1440 + hour * 60 + minute
        for weekday in range(7)
        for hour in range(24)
        for minute in (0, 30)
        if MODEL.predict_proba_one({**features(hour, weekday), "minuto": minute + 15})[True] >= 0.55
    ]
    found = [
        minute
        for window in shown(FROM_PKL, PICKLED)
        for minute in range(window.start, window.start + window.length, 30)
    ]
    assert sorted(minute % 10_080 for minute in found) == expected
    assert 0 < len(expected) < 200


class Malice:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, ("touch /tmp/should-not-exist",)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (pickle.dumps(Malice()), "tipo que no se admite: posix.system"),
        (pickle.dumps(Path("x")), "tipo que no se admite"),
        (pickle.dumps({"a": 1}), "no es un escalador"),
        (pickle.dumps(preprocessing.StandardScaler()), "no es un escalador"),
        (PICKLED[:-20], "dañado"),
        (b"", "dañado"),
        (PICKLED.replace(b"minuto", b"minutX"), "un dato que no se conoce"),
    ],
    ids=["malice", "path", "dict", "scaler", "cut", "empty", "features"],
)
def test_a_pickle_that_cannot_be_trusted_is_refused(data: bytes, said: str) -> None:
    """Nothing that it names is run, and the reason is told."""
    with pytest.raises(BadDemo, match=said):
        timetable_from(FROM_PKL, MADRID, data)


def test_a_damaged_pickle_never_ends_in_anything_else() -> None:
    """Two thousand damages: each loads as some model, or is refused in the one way."""
    rng = random.Random(9)
    refused = 0
    for _ in range(2000):
        data = bytearray(PICKLED)
        for _ in range(rng.randrange(1, 4)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        try:
            timetable_from(FROM_PKL, MADRID, bytes(data))
        except BadDemo:
            refused += 1
    assert 500 < refused < 2000
