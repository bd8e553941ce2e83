"""The filters for topics that are nearly right: each message is heard by one of them at most."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.client import topic_matches_sub

from actors.mqtt.protocol import payloads
from actors.mqtt.protocol.near_misses import FILTERS, suggestion

OURS = [payloads.configuration_topic("TMP0A"), payloads.receipt_topic("TMP0A")]
WORDS = st.sampled_from(
    [
        "",
        "dispositivos",
        "Dispositivos",
        "dispositivo",
        "estado",
        "Estado",
        "conexion",
        "status",
        "TMP0A",
        "recibo",
    ]
)


@given(st.lists(WORDS, min_size=1, max_size=6).map("/".join))
def test_no_topic_is_heard_twice(topic: str) -> None:
    """No two filters overlap, near misses and the others, so no broker delivers a copy."""
    matching = [each for each in (*payloads.SUBSCRIPTIONS, *FILTERS) if topic_matches_sub(each, topic)]
    assert len(matching) <= 1


def test_no_filter_is_part_of_another() -> None:
    assert len(set(FILTERS)) == len(FILTERS)
    assert not [pair for pair in combinations(FILTERS, 2) if topic_matches_sub(pair[0], pair[1])]


@pytest.mark.parametrize("topic", OURS)
def test_what_we_publish_ourselves_is_not_heard(topic: str) -> None:
    assert not [each for each in FILTERS if topic_matches_sub(each, topic)]
    assert suggestion("otro/tema") == ""


@pytest.mark.parametrize(
    "topic",
    [
        "dispositivos/casa/tmp0a/estado",
        "Dispositivos/tmp0a/sala/estado",
        "/dispositivos/sala/1/tmp0a/Estado",
    ],
)
def test_of_several_levels_the_one_that_begins_as_serial_numbers_do_is_taken_for_it(topic: str) -> None:
    assert suggestion(topic) == "; ¿quisiste decir dispositivos/tmp0a/estado?"
