"""What boards say that is not quite what they should: it is understood, or told, and none of it is lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.bench.wire import Publisher
from tests.brokers import wait_until
from tests.chaos.fault import Outcome, Trial
from tests.chaos.victim import START_S, Place, Victim, mosquitto

_PLUG, _METER, _BOARD = "PLG0CAOS", "TMP0CAOS", "TMP0CAOSBOOT"
_ON = ("on", "ON", "true", "TRUE", "1", "activo", "Encendido", "ENCENDIDO")
_OFF = ("off", "OFF", "false", "0", "inactivo", "Apagado")
_NO_NUMBERS = ("NaN", "Infinity", "-Infinity", "1e400", "36893488147419103232")
_TEXTS = {"23.4": 23.4, "23,4": 23.4, "-3": -3.0}


class _Board:
    """Says what it likes, and waits until the backend has taken it in."""

    def __init__(self, victim: Victim, publisher: Publisher) -> None:
        self._victim = victim
        self._publisher = publisher

    def say(self, serial: str, payload: str) -> dict[str, Any]:
        """The device as it is shown then."""
        before = self.logged(serial)
        self._publisher.publish([(f"dispositivos/{serial}/estado", payload.encode())])
        while self._publisher.acknowledged < self._publisher.sent:
            self._publisher.read()
        wait_until(lambda: self.logged(serial) > before, START_S)
        return self._found(serial)

    def logged(self, serial: str) -> int:
        device = self._found(serial)
        return int(self.ask(f"/dispositivos/{device['id']}/logs")["total"]) if device else 0

    def _found(self, serial: str) -> dict[str, Any]:
        return next((each for each in self.ask("/dispositivos") if each["serial_number"] == serial), {})

    def ask(self, path: str) -> Any:
        return self._victim.ask("GET", path).json

    def claim(self, serial: str, configuration: dict[str, Any]) -> None:
        claim = {"serial_number": serial, "configuracion": configuration}
        assert self._victim.ask("POST", "/dispositivos/reclamar", claim).status == 200


def _switches(board: _Board, outcome: Outcome) -> None:
    """A plug that follows its timetable, and says so in its own words, is ordered nothing."""
    board.say(_PLUG, '{"estado":"activo"}')
    board.claim(_PLUG, {"modo": "horario"})
    for word in (*_ON, *_OFF):
        told = board.say(_PLUG, json.dumps({"estado": word}))["configuracion"]["encendido"]
        _note(outcome, told is (word in _ON), f"{word!r} was taken for {told}")


def _numbers(board: _Board, outcome: Outcome) -> None:
    """What is none is left out and told, the rest is kept, and the board lives."""
    for number in _NO_NUMBERS:
        device = board.say(_METER, f'{{"parametros":{{"temp":{number},"hum":50}}}}')
        told = device["parametros"], device["lecturas_no_validas"], device["en_linea"]
        _note(outcome, told == ({"hum": 50}, ["temp"], True), f"after {number}: {told}")


def _texts(board: _Board, outcome: Outcome) -> None:
    """A number that is sent as text is charted; in the log it stays what was sent."""
    for number, (text, meant) in enumerate(_TEXTS.items()):
        device = board.say(_METER, json.dumps({"parametros": {f"t{number}": text}}))
        found = board.ask(f"/dispositivos/{device['id']}/estadisticas?metric=t{number}")
        charted = [point["media"] for point in found["data"]]
        sent = board.ask(f"/dispositivos/{device['id']}/logs")["data"][0]["parametros"]
        as_sent = sent == {f"t{number}": text}
        _note(outcome, charted == [meant] and as_sent, f"{text!r}: charted {charted}, logged {sent}")


def _boots(board: _Board, outcome: Outcome) -> None:
    """One ``boot`` at each start: all that differs is stored, what is sent again is not, and it is told."""
    told = False
    for start in range(3):
        for seq in range(1, 21):
            report = {"boot": "siempre", "seq": seq, "parametros": {"n": 100 * start + seq}}
            told = bool(board.say(_BOARD, json.dumps(report))["arranque_repetido"])
    logged = board.logged(_BOARD)
    _note(outcome, (logged, told) == (60, True), f"of 60 reports {logged} are logged, told: {told}")


_KINDS: tuple[Callable[[_Board, Outcome], None], ...] = (_switches, _numbers, _texts, _boots)


def words(trial: Trial) -> Outcome:
    outcome = Outcome()
    with mosquitto(trial.folder) as broker, Place(trial.folder / "home", broker).victim() as victim:
        victim.until_health_is(200)
        publisher = Publisher(broker.port, "board")
        with publisher.sock:
            for kind in _KINDS:
                kind(_Board(victim, publisher), outcome)
        failed = [line for line in victim.said if "Traceback" in line or "_failed" in line]
        outcome.expect(not failed, f"it says {failed[:3]}")
    return outcome


def _note(outcome: Outcome, holds: bool, otherwise: str) -> None:
    outcome.tried += 1
    outcome.survived += holds
    outcome.expect(holds, otherwise)
