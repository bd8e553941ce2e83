"""How long the oldest message waits in the embedded broker, where that cannot be told."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from hypothesis import given
from hypothesis import strategies as st

from actors.mqtt.broker.embedded import EmbeddedBroker
from actors.mqtt.broker.nats_server import NatsServer, NatsSettings, session_name

SCALARS: Final = st.none() | st.booleans() | st.integers(-1, 3) | st.text(max_size=2)
ODD: Final = SCALARS | st.lists(SCALARS, max_size=2) | st.dictionaries(st.text(max_size=2), SCALARS)
CONSUMERS: Final = st.fixed_dictionaries(
    {
        "name": ODD | st.just(f"{session_name('keeps')}_x"),
        "num_pending": ODD,
        "num_ack_pending": ODD,
        "ack_floor": ODD | st.fixed_dictionaries({"stream_seq": ODD}),
        "config": ODD | st.fixed_dictionaries({"filter_subject": ODD}),
    }
)
PAGES: Final = st.fixed_dictionaries(
    {
        "consumers": ODD | st.lists(ODD | CONSUMERS, max_size=2),
        "total": ODD,
        "message": ODD | st.fixed_dictionaries({"time": ODD | st.just("2026-01-01T00:00:00.000000000Z")}),
    }
)


class Answering(NatsServer):
    """Has one answer to whatever it is asked."""

    def __init__(self, answer: object) -> None:
        super().__init__(NatsSettings(Path()), 0)
        self._answer = answer

    def _ask(self, subject: str, body: object = None) -> Any:  # noqa: ARG002
        return self._answer


@given(ODD | PAGES)
def test_an_answer_of_another_shape_takes_nothing_down(answer: object) -> None:
    """Who looks each second how long the oldest message waits goes on, whatever the server says."""
    assert EmbeddedBroker(Answering(answer)).oldest("keeps", 2e9) >= 0
