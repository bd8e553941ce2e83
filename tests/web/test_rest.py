"""REST through real HTTP."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from actors.domain.model import DeadLetter, LogEntry, Report
from actors.domain.status import Damage, Hindrance, MaintenanceStatus, Recovery, StorageTrouble, WriterStatus
from actors.domain.table_flaws import TableFlaw, TableTrouble
from persistence.readers.queries import Queries
from persistence.storage.batch import Batch
from persistence.writer.store import Store
from tests.web.site import BLIND, HEALTHY, LAMP, PATIENCE, Site, at_once
from tests.web.stand_ins import NoAnswer
from web.http.services import Limits
from web.schemas.serializers import TEN
from web.texts.languages import Language
from web.texts.storage_words import damage_told

AS_BLIND = {
    "id": 2,
    "serial_number": "SHD0BBBBBBBB",
    "nombre": "Persiana",
    "tipo": "persiana",
    "modelo": "desconocido",
    "descripcion": "",
    "estado": "inactivo",
    "parametros": {},
    "configuracion": {"modo": "manual", "encendido": False},
    "reclamado": True,
    "en_linea": True,
    "visto_en": "2027-01-15T08:00:00.250Z",
    "kind": "persiana",
    "capability": "position",
    "version": 3,
    "sincronizado": None,
    "diferencias": {},
    "lecturas_no_validas": [],
    "arranque_repetido": False,
    "habitacion_id": None,
    "paciencia_s": None,
    "edicion": BLIND.edition,
}


@pytest.fixture
def site() -> Iterator[Site]:
    with Site(LAMP, BLIND) as running:
        yield running


# -- reading ---------------------------------------------------------------------------------------


def test_a_device_has_its_ten_keys_first(site: Site) -> None:
    """In the contract's order, then those added here."""
    answer = site.get("/dispositivos/2")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert "Server" not in answer.headers
    assert answer.json == AS_BLIND
    assert tuple(answer.json)[:10] == TEN
    assert site.get("/dispositivos/1").json["visto_en"] is None


@pytest.mark.parametrize(
    ("path", "ids"),
    [
        ("/dispositivos", [2, 1]),
        ("/dispositivos/", [2, 1]),
        ("/dispositivos?estado=activo", [1]),
        ("/dispositivos?estado=roto", []),
        ("/dispositivos?reclamado=true", [2]),
        ("/dispositivos?reclamado=FALSE", [1]),
        ("/dispositivos?reclamado=true&estado=activo", []),
        ("/dispositivos?reclamado=", [2, 1]),
        ("/dispositivos/no-reclamados", [1]),
        ("/dispositivos/no-reclamados/", [1]),
    ],
)
def test_lists_are_filtered_and_newest_first(site: Site, path: str, ids: list[int]) -> None:
    """An empty filter is none."""
    assert [device["id"] for device in site.get(path).json] == ids


@pytest.mark.parametrize("filters", ["", "reclamado=true&", "estado=activo&"])
@pytest.mark.parametrize("path", ["/dispositivos", "/dispositivos/no-reclamados/"])
def test_a_list_may_be_read_in_pages(path: str, filters: str) -> None:
    """By the links that it gives; who has come since is on none of them, and nobody is on two."""
    devices = [replace(LAMP, id=n, serial=f"LGT0{n}", claimed=n % 2 == 0) for n in range(1, 24)]
    with Site(*devices) as site:
        whole = site.get(f"{path}?{filters}")
        assert "Link" not in whole.headers
        ids: list[int] = []
        following = f"{path}?{filters}per_page=5"
        while following:
            answer = site.get(following)
            assert answer.headers["X-Total-Count"] == str(len(site.get(f"{path}?{filters}").json))
            ids += [device["id"] for device in answer.json]
            site.hub.device_updated(replace(LAMP, id=100 + len(ids), serial=f"LGT0{len(ids)}N"))
            following = answer.headers.get("Link", "<>").partition(">")[0][1:]
        assert ids == [device["id"] for device in whole.json]


def test_a_new_device_is_seen_at_once(site: Site) -> None:
    """What an actor has handed in is there for the next request."""
    site.hub.device_updated(replace(LAMP, id=9, serial="CAM0CCCCCCCC"))
    assert [device["id"] for device in site.get("/dispositivos").json] == [9, 2, 1]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/dispositivos/99", None, 404),
        ("GET", "/dispositivos/999999999999999999999", None, 404),
        ("GET", "/dispositivos/uno", None, 404),
        ("GET", "/nada", None, 404),
        ("POST", "/nada", b"{}", 404),
        ("DELETE", "/nada", None, 404),
        ("GET", "/dispositivos?reclamado=quizas", None, 400),
        ("GET", "/dispositivos?estado=%ff", None, 400),
        ("GET", "/dispositivos/1/logs?page=0", None, 400),
        ("GET", "/dispositivos/1/logs?page=dos", None, 400),
        ("GET", "/dispositivos/1/logs?page=-1", None, 400),
        ("GET", "/dispositivos/1/logs?per_page=0", None, 400),
        ("GET", "/dispositivos/1/logs?per_page=000", None, 400),
        ("GET", "/dispositivos/1/logs?per_page=-1", None, 400),
        ("GET", "/dispositivos/1/logs?per_page=1e3", None, 400),
        ("GET", "/dispositivos/1/logs?per_page=%C2%B2", None, 400),
        ("GET", "/dispositivos/99/logs", None, 404),
        ("GET", "/diagnostico/rechazados?antes=x", None, 400),
        ("GET", "/stream/dispositivos?reclamado=1", None, 400),
        ("GET", "/stream/dispositivos?serial=a%20b", None, 400),
        ("PUT", "/dispositivos/99", b'{"nombre":"x"}', 404),
        ("PUT", "/dispositivos/2", b"", 400),
        ("PUT", "/dispositivos/2", b"[1]", 400),
        ("PUT", "/dispositivos/2", b'{"id":7}', 400),
        ("PUT", "/dispositivos/2", b"{" + b" " * 65 * 1024 + b"}", 413),
        ("POST", "/dispositivos/reclamar", b'{"nombre":"x"}', 400),
        ("POST", "/dispositivos/reclamar", b'{"serial":"NUNCA"}', 404),
        ("POST", "/dispositivos/reclamar", b'{"serial":"SHD0BBBBBBBB"}', 409),
        ("DELETE", "/dispositivos", None, 405),
        ("POST", "/dispositivos", b"{}", 405),
        ("PATCH", "/dispositivos/1", b"{}", 405),
        ("GET", "/dispositivos/reclamar", None, 405),
        ("PUT", "/dispositivos/1/logs", b"{}", 405),
        ("POST", "/stream/ai", b"{}", 405),
        ("BREW", "/dispositivos", None, 405),
    ],
)
def test_what_cannot_be_done_is_explained(
    site: Site, method: str, path: str, body: bytes | None, status: int
) -> None:
    """In JSON, in Spanish, with the right status."""
    answer = site.ask(method, path, body)
    assert answer.status == status
    assert answer.json.keys() == {"error", "detalle", "codigo"}
    assert all(answer.json.values())
    if status == 405:
        assert answer.headers["Allow"].endswith("OPTIONS")
        assert method not in answer.headers["Allow"].split(", ")


@pytest.mark.parametrize("asked", ["200", "201", "0201", "1000000", "9" * 5_000])
def test_pages_have_at_most_200(site: Site, asked: str) -> None:
    """Who asks for more gets that many, as the original answers its clients; and it says so."""
    for path in ("/dispositivos/1/logs", "/ai/eventos", "/diagnostico/rechazados"):
        answer = site.get(f"{path}?per_page={asked}")
        assert (answer.status, answer.json["per_page"]) == (200, 200)


def test_options_tell_the_methods(site: Site) -> None:
    """And nothing else."""
    answer = site.ask("OPTIONS", "/dispositivos/2")
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["Allow"] == "GET, PUT, DELETE, HEAD, OPTIONS"


@pytest.mark.parametrize("path", ["/dispositivos", "/stream/dispositivos", "/salud", "/dispositivos/2/logs"])
def test_head_is_get_without_a_body(site: Site, path: str) -> None:
    """Of a stream too, where it ends at once."""
    answer = site.ask("HEAD", path)
    assert (answer.status, answer.body) == (200, b"")


def test_the_index_names_what_there_is(site: Site) -> None:
    """Every link that it gives leads somewhere."""
    index = site.ask("GET", "/", headers={"Accept": "application/json"}).json
    assert (index["nombre"], index["version"]) == ("IoT Backend", "0.1.0")
    assert {site.ask("HEAD", link).status for link in index["enlaces"]} == {200}


# -- commands --------------------------------------------------------------------------------------


def test_a_change_answers_with_the_whole_device(site: Site) -> None:
    """``configuracion`` is merged key by key and ``estado`` follows from ``encendido``."""
    answer = site.put("/dispositivos/2", {"nombre": "Salón", "configuracion": {"encendido": True}})
    assert answer.status == 200
    edition = replace(BLIND, name="Salón", version=4).edition
    changed = {"nombre": "Salón", "estado": "activo", "version": 4, "edicion": edition}
    assert answer.json == {**AS_BLIND, **changed, "configuracion": {"modo": "manual", "encendido": True}}
    assert site.get("/dispositivos/2").json == answer.json


def test_a_change_is_out_of_sync_until_the_device_reports_it(site: Site) -> None:
    """In the answer, and for all who read the device before its next report."""
    site.directory.tell(Report(BLIND.serial, 1.8e9, "inactivo"))
    answer = site.put("/dispositivos/2", {"encendido": True})
    differs = {"encendido": {"deseado": True, "informado": False}}
    assert (answer.json["sincronizado"], answer.json["diferencias"]) == (False, differs)
    assert site.get("/dispositivos").json[0]["diferencias"] == differs
    site.directory.tell(Report(BLIND.serial, 1.8e9, "activo"))
    confirmed = site.put("/dispositivos/2", {"nombre": "Salón"}).json
    assert (confirmed["sincronizado"], confirmed["diferencias"]) == (True, {})


def test_a_device_may_be_sent_back_while_it_reports(site: Site) -> None:
    """What was read before the reports is unchanged, the first state of all included."""
    read = site.get("/dispositivos/1").json
    for n in range(3):
        site.directory.tell(Report(LAMP.serial, 1.8e9 + n, "activo", {"brillo": n}))
    answer = site.put("/dispositivos/1", {**read, "descripcion": "De pie"})
    assert (answer.status, answer.json["descripcion"]) == (200, "De pie")
    assert answer.json["parametros"] == {"brillo": 2}
    refused = site.put("/dispositivos/1", {**read, "parametros": {"brillo": 77}})
    assert refused.status == 400
    assert "parametros" in refused.json["detalle"]


def test_an_old_whole_device_undoes_no_change_of_others(site: Site) -> None:
    """Who only renames a lamp that was read while on does not turn it on again."""
    site.put("/dispositivos/2", {"encendido": True})
    read = site.get("/dispositivos/2").json
    site.put("/dispositivos/2", {"encendido": False})
    answer = site.put("/dispositivos/2", {**read, "nombre": "Salón"})
    assert (answer.status, answer.json["nombre"]) == (200, "Salón")
    assert (answer.json["estado"], answer.json["configuracion"]["encendido"]) == ("inactivo", False)
    assert answer.json["version"] == read["version"] + 1


def test_a_configuration_does_not_grow_without_end(site: Site) -> None:
    """Each change is small enough, all of them together are not: the last is 400 and changes nothing."""
    keys = [f"nota{n}" for n in range(5)]
    *fits, too_much = [site.put("/dispositivos/2", {"configuracion": {key: "x" * 12_000}}) for key in keys]
    assert [answer.status for answer in fits] == 4 * [200]
    assert (too_much.status, too_much.json["error"]) == (400, "petición incorrecta")
    assert all(word in too_much.json["detalle"] for word in ("configuracion", "49152"))
    assert site.get("/dispositivos/2").json == fits[-1].json


def test_a_claim_is_answered_with_the_id(site: Site) -> None:
    """And the device is no longer among the unclaimed."""
    body = {
        "serial_number": LAMP.serial,
        "nombre": "Lámpara",
        "tipo": "luz",
        "configuracion": {"modo": "manual"},
    }
    answer = site.ask("POST", "/dispositivos/reclamar", body)
    assert (answer.status, answer.json) == (
        200,
        {"mensaje": "Dispositivo reclamado correctamente", "id": 1},
    )
    assert site.get("/dispositivos/no-reclamados").json == []
    assert site.get("/dispositivos/1").json["nombre"] == "Lámpara"


def test_of_racing_claims_exactly_one_wins(site: Site) -> None:
    """The others are told 409."""

    def claim(serial: str) -> int:
        return site.ask("POST", "/dispositivos/reclamar", {"serial_number": serial}).status

    assert at_once(claim, 8 * [LAMP.serial]) == [200] + 7 * [409]


def test_a_command_without_an_answer_is_not_waited_for() -> None:
    """503 after the time-out, and the same when there is nobody to tell."""
    directory = NoAnswer.start()
    with Site(BLIND, directory=lambda _: directory, limits=Limits(reply=0.1)) as site:
        answer = site.put("/dispositivos/2", {"nombre": "x"})
        assert (answer.status, answer.json["detalle"][:22]) == (503, "No se pudo confirmar l")
        directory.stop(timeout=PATIENCE)
        assert site.put("/dispositivos/2", {"nombre": "x"}).status == 503


# -- what is on the disk ---------------------------------------------------------------------------


def test_a_log_is_paged_from_the_database(tmp_path: Path) -> None:
    """Newest first, with the totals; past the end there is nothing."""
    path = tmp_path / "iot.db"
    with Store(path) as store:
        device = store.recall(LAMP.serial)
        entries = [LogEntry(device.id, n, 1.8e9 + n, "activo", {"temp": n}) for n in range(1, 121)]
        letters = [DeadLetter(1.8e9, "dispositivos/estado", b"\xff{%d" % n, "no es JSON") for n in range(3)]
        store.save(Batch(entries=entries, letters=letters))
        with Site(device, queries=Queries(path)) as site:
            page = site.get(f"/dispositivos/{device.id}/logs?page=3").json
            assert {name: page[name] for name in ("page", "per_page", "total", "pages")} == {
                "page": 3,
                "per_page": 50,
                "total": 120,
                "pages": 3,
            }
            assert [row["parametros"]["temp"] for row in page["data"]] == list(range(20, 0, -1))
            assert page["data"][-1] == {
                "estado": "activo",
                "parametros": {"temp": 1},
                "timestamp": "2027-01-15T08:00:01.000Z",
            }
            assert len(site.get(f"/dispositivos/{device.id}/logs?per_page=200").json["data"]) == 120
            assert site.get(f"/dispositivos/{device.id}/logs?page=4").json["data"] == []

            rejected = site.get("/diagnostico/rechazados?per_page=2").json["data"]
            assert [letter["payload"] for letter in rejected] == ["\\xff{2", "\\xff{1"]
            assert rejected[0].keys() == {"id", "recibido_en", "topic", "motivo", "bytes", "payload"}
            rest = site.get(f"/diagnostico/rechazados?antes={rejected[-1]['id']}").json["data"]
            assert [letter["payload"] for letter in rest] == ["\\xff{0"]


def test_a_slow_disk_holds_up_nobody_else() -> None:
    """A page that cannot be read in time is 503, and other requests are answered meanwhile."""
    released = threading.Event()

    class Stuck:
        def log_page(self, *_: int) -> Any:
            released.wait(PATIENCE)

        def rejected(self, *_: int) -> Any:
            raise OSError("disk gone")

        def findings(self, *_: Any) -> Any: ...

        def finding(self, *_: int) -> Any: ...

        def logbook(self, *_: Any) -> Any: ...

        def seen(self, *_: Any) -> Any: ...

        def rooms(self) -> Any: ...

        def absences(self) -> Any: ...

        def consumption(self, *_: Any) -> Any: ...

        def summed_consumption(self, *_: Any) -> Any: ...

        def metered(self) -> Any: ...

        def energy_plan(self) -> Any: ...

        def log_search(self, *_: float) -> Any: ...

        def log_range(self, *_: float, until: float) -> Any: ...

        def metrics(self, *_: Any) -> Any: ...

        def first_heard(self, *_: Any) -> Any: ...

        def statistics(self, *_: Any) -> Any: ...

    with Site(BLIND, queries=Stuck(), limits=Limits(reply=0.1)) as site:
        assert site.get("/dispositivos/2/logs").status == 503
        assert site.get("/dispositivos/2").status == 200
        broken = site.get("/diagnostico/rechazados")
        assert (broken.status, broken.json["error"]) == (500, "error interno")
        assert b"disk gone" not in broken.body
        released.set()


# -- health ----------------------------------------------------------------------------------------


def test_health_is_told_part_by_part(site: Site) -> None:
    """200 while all is well."""
    answer = site.get("/salud")
    assert (answer.status, answer.json["estado"]) == (200, "ok")
    assert answer.json["dispositivos"] == {
        "total": 2,
        "reclamados": 1,
        "en_linea": 1,
        "arranque_repetido": 0,
        "sin_sitio": 0,
        "cedieron": 0,
        "detalle": [],
    }
    assert answer.json["broker"]["conectado"] is True
    assert answer.json["hub"]["clientes"] == 0
    assert answer.json["tablas"] == []


def test_a_table_that_cannot_be_used_is_told() -> None:
    """A line each, in both languages; another one stands in for it, so that all is still well."""
    troubles = [
        TableTrouble("limites.json", TableFlaw.BOUNDS_CROSSED, "TMP0.humedad", "buena.json"),
        TableTrouble("estandar.json", TableFlaw.NO_OBJECT, "", None),
    ]
    with Site(health=lambda: replace(HEALTHY, tables=troubles)) as site:
        answer = site.get("/salud")
        assert (answer.status, answer.json["estado"]) == (200, "ok")
        assert answer.json["tablas"] == [
            "limites.json: TMP0.humedad: min es mayor que max; se usa buena.json.",
            "estandar.json: la tabla: se espera un objeto; no hay otra, así que no se comprueba nada.",
        ]
        assert site.ask("GET", "/salud", headers={"Accept-Language": "en"}).json["tablas"] == [
            "limites.json: TMP0.humedad: min is greater than max; buena.json is used.",
            "estandar.json: the table: an object is expected; there is no other, so nothing is checked.",
        ]


def test_what_the_database_suffers_from_is_told_in_both_languages() -> None:
    """As on the console in Spanish; what an older version has noted stays as it was."""
    line = "No queda sitio en el disco de /datos/iot.db: libera espacio."
    full = StorageTrouble(line, Hindrance.NO_SPACE)
    recovery = Recovery(0.0, "está dañada: la cabecera", None, "apartados/1", Damage.DAMAGED)
    health = replace(
        HEALTHY,
        writer=WriterStatus(healthy=False, last_error=full),
        maintenance=MaintenanceStatus(backup_error=full),
        accounts_error=StorageTrouble("KeyError('x')"),
        recovery=recovery,
    )
    with Site(health=lambda: health) as site:
        languages = [{"Accept-Language": each} for each in ("es", "en")]
        told = [site.ask("GET", "/salud", headers=each).json for each in languages]
    assert [each["escritor"]["ultimo_error"] for each in told] == [
        line,
        "There is no space left on the disk.",
    ]
    bases = [each["base_de_datos"] for each in told]
    assert [base["error_de_copia"] for base in bases] == [line, "There is no space left on the disk."]
    assert [base["error_de_cuentas"] for base in bases] == ["KeyError('x')"] * 2
    assert [base["recuperada"]["motivo"] for base in bases] == ["está dañada: la cabecera", "is damaged"]
    assert damage_told(replace(recovery, damage=None), Language.ENGLISH) == recovery.reason


@pytest.mark.parametrize(
    "health",
    [
        replace(HEALTHY, broker=replace(HEALTHY.broker, connected=False)),
        replace(HEALTHY, broker=replace(HEALTHY.broker, embedded_alive=False)),
        replace(
            HEALTHY, writer=replace(HEALTHY.writer, healthy=False, last_error=StorageTrouble("disk full"))
        ),
    ],
)
def test_a_part_that_fails_degrades_the_whole(health: Any) -> None:
    """503, for those who only look at the status."""
    with Site(health=lambda: health) as site:
        answer = site.get("/salud")
        assert (answer.status, answer.json["estado"]) == (503, "degradado")


@pytest.mark.parametrize("seconds", [0, 1, 604_800, 400 * 86_400])
def test_people_say_how_long_a_device_may_be_silent(site: Site, seconds: int) -> None:
    """And take it back; a whole device that is sent back leaves it as it is."""
    told = site.put("/dispositivos/2", {"paciencia_s": seconds}).json
    assert (told["paciencia_s"], site.get("/dispositivos/2").json) == (seconds, told)
    assert site.put("/dispositivos/2", told).json == told
    assert site.put("/dispositivos/2", {"paciencia_s": None}).json["paciencia_s"] is None


@pytest.mark.parametrize("value", [-1, 1.5, "60", True, 400 * 86_400 + 1, []])
def test_of_what_is_no_time_none_can_be_silent(site: Site, value: object) -> None:
    refused = site.put("/dispositivos/2", {"paciencia_s": value})
    assert (refused.status, refused.json["codigo"]) == (400, "not_a_whole_number")
    assert "0 a 34560000" in refused.json["detalle"]
