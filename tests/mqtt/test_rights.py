"""What a login may do, as data."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.client import topic_matches_sub

from actors.mqtt.broker.acl import Rights, rights_of_device
from actors.mqtt.topics.filters import covers

# Few words, so that filters and topics meet; "" is a level too, and $SYS is for no wildcard.
NAMES = st.lists(st.sampled_from(["a", "b", "", "$SYS"]), min_size=1, max_size=4)
TOPICS = NAMES.map("/".join)
FILTERS = st.tuples(
    st.lists(st.sampled_from(["a", "b", "", "$SYS", "+"]), min_size=1, max_size=4),
    st.sampled_from([[], ["#"]]),
).map(lambda parts: "/".join(parts[0] + parts[1])) | st.just("#")


@given(FILTERS, TOPICS)
def test_a_filter_covers_the_topics_that_it_matches(granted: str, topic: str) -> None:
    """And no other, as paho has it."""
    assert covers(granted, topic) == topic_matches_sub(granted, topic)


@given(FILTERS, FILTERS, TOPICS)
def test_who_may_read_a_filter_may_read_all_that_it_brings(granted: str, asked: str, topic: str) -> None:
    """No subscription brings a topic that the granted filter does not match."""
    if covers(granted, asked) and topic_matches_sub(asked, topic):
        assert topic_matches_sub(granted, topic)


@pytest.mark.parametrize(
    ("granted", "asked", "may"),
    [
        ("zigbee2mqtt/#", "zigbee2mqtt/#", True),
        ("zigbee2mqtt/#", "zigbee2mqtt/+/set", True),
        ("zigbee2mqtt/#", "zigbee2mqtt", True),
        ("zigbee2mqtt/+/set", "zigbee2mqtt/+/set", True),
        ("zigbee2mqtt/+/set", "zigbee2mqtt/#", False),
        ("zigbee2mqtt/+/set", "zigbee2mqtt/+/+", False),
        ("zigbee2mqtt/lamp/set", "zigbee2mqtt/+/set", False),
        ("zigbee2mqtt/#", "#", False),
        ("#", "$SYS/#", False),
        ("zigbee2mqtt/#", "$share/g/zigbee2mqtt/#", False),
    ],
)
def test_a_wildcard_is_granted_only_where_all_of_it_is(granted: str, asked: str, may: bool) -> None:
    """What a gateway's login may subscribe to."""
    assert Rights((), (granted,)).may_read(asked) is may


def test_nobody_publishes_on_a_wildcard() -> None:
    """It is no topic, though it may be granted whole."""
    gateway = Rights(("zigbee2mqtt/#",), ())
    assert gateway.may_publish("zigbee2mqtt/bridge/devices")
    assert not gateway.may_publish("zigbee2mqtt/#")
    assert not gateway.may_publish("zigbee2mqtt/+/set")


def test_a_device_speaks_and_hears_for_itself() -> None:
    """Of the topic for all only while that serves."""
    rights = rights_of_device("TMP0A", shared=True)
    assert rights.may_publish("dispositivos/TMP0A/estado")
    assert rights.may_publish("dispositivos/estado")
    assert not rights.may_publish("dispositivos/TMP0B/estado")
    assert not rights.may_publish("dispositivos/TMP0A/configuracion")
    assert rights.may_read("dispositivos/TMP0A/configuracion")
    assert not rights.may_read("dispositivos/TMP0A/estado")
    assert not rights_of_device("TMP0A", shared=False).may_publish("dispositivos/estado")
