"""``GET /dispositivos/<id>/exportar``."""

from __future__ import annotations

import csv
import http.client
import io
import itertools
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch
from urllib.parse import urlencode

import pytest
from openpyxl import load_workbook

from actors.domain.read_models import Point, Statistics
from persistence.storage import statistics
from tests.brokers import wait_until
from tests.persistence.archive import DAY, HOUR, Archive
from tests.persistence.conformance.engines import SqliteHouse
from tests.stage import FakeClock
from tests.web.site import BLIND, PATIENCE, Answer, Site
from tests.web.stand_ins import Shelf
from web.export import spreadsheet
from web.export.route import TYPES
from web.http.services import Limits
from web.schemas.serializers import iso
from web.security.access import Access

NOW: Final = 1_800_000_000.0
# On the hour in India, where the archive's hours begin.
FIRST: Final = NOW - 40 * DAY + HOUR / 2


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    """A device with a report every six hours of forty days, and one from before its clock was set."""
    with Archive(SqliteHouse(tmp_path / "iot.db")) as archive:
        archive.keep((5.0, {"temp": -1}))
        archive.keep(*((FIRST + 6 * HOUR * n, {"temp": n, "aire": {"co2": 400.5}}) for n in range(160)))
        yield archive


@pytest.fixture
def site(archive: Archive) -> Iterator[Site]:
    with Site(archive.device, queries=archive.queries, access=Access(clock=FakeClock(NOW))) as site:
        yield site


def ask(site: Site, **query: object) -> Answer:
    return site.get(f"/dispositivos/1/exportar?{urlencode(query)}")


def rows(answer: Answer) -> list[dict[str, str]]:
    assert answer.status == 200, answer.body
    return list(csv.DictReader(io.StringIO(answer.body.decode("utf-8-sig"), newline="")))


# -- what one gets -------------------------------------------------------------------------------


def test_the_whole_log_as_csv(site: Site) -> None:
    """All that is kept, oldest first, also what came before the clock was set."""
    answer = ask(site)
    found = rows(answer)
    assert [row["temp"] for row in found] == ["-1", *map(str, range(160))]
    assert found[1] == {
        "fecha": found[1]["fecha"],
        "fecha_utc": iso(FIRST),
        "estado": "online",
        "temp": "0",
        "aire.co2": "400.5",
    }
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="TMP0AAAAAAAA-historial.csv"'


def test_a_part_of_the_log(site: Site) -> None:
    """``desde`` is in it and ``hasta`` is not; columns are those of this part."""
    found = rows(ask(site, desde=FIRST + 6 * HOUR, hasta=FIRST + 18 * HOUR))
    assert [row["temp"] for row in found] == ["1", "2"]
    assert [*rows(ask(site, hasta=1_000_000))[0]] == ["fecha", "fecha_utc", "estado", "temp"]


@pytest.mark.parametrize("rolled_up", [False, True])
def test_the_summary_as_csv(site: Site, archive: Archive, rolled_up: bool) -> None:
    """Thirty days of hours, whether rows or summaries are left of them; metric by metric, oldest first."""
    if rolled_up:
        archive.roll_up()
    answer = ask(site, tabla="resumen")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="TMP0AAAAAAAA-resumen.csv"'
    found = rows(answer)
    metrics = [row["metrica"] for row in found]
    assert metrics.count("temp") == metrics.count("aire.co2") == 120
    assert [name for name, _ in itertools.groupby(metrics)] == list(dict.fromkeys(metrics))
    first = next(row for row in found if row["metrica"] == "temp")
    assert first == {
        "inicio": first["inicio"],
        "inicio_utc": iso(FIRST + 10 * DAY),
        "metrica": "temp",
        "n": "1",
        "media": "40.0",
        "min": "40.0",
        "max": "40.0",
    }
    assert len(rows(ask(site, tabla="resumen", desde=FIRST, hasta=FIRST + DAY))) == 8


def test_both_as_a_workbook(site: Site) -> None:
    """Made by the process that is made for it; with numbers and times as such."""
    answer = ask(site, formato="xlsx")
    assert answer.status == 200, answer.body
    assert answer.headers["Content-Type"] == TYPES["xlsx"]
    assert answer.headers["Content-Disposition"] == 'attachment; filename="TMP0AAAAAAAA.xlsx"'
    assert int(answer.headers["Content-Length"]) == len(answer.body)
    book = load_workbook(io.BytesIO(answer.body), read_only=True)
    history: list[tuple[Any, ...]] = list(book["historial"].iter_rows(values_only=True))
    assert history[0] == ("fecha", "fecha_utc", "estado", "temp", "aire.co2")
    assert [row[3:] for row in history[2:]] == [(n, 400.5) for n in range(160)]
    assert history[2][1].isoformat() == iso(FIRST).removesuffix(".000Z")
    assert len(list(book["resumen"].iter_rows())) == 1 + 2 * 120
    book.close()


def test_one_table_as_a_workbook(site: Site) -> None:
    answer = ask(site, formato="xlsx", tabla="resumen")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="TMP0AAAAAAAA-resumen.xlsx"'
    assert load_workbook(io.BytesIO(answer.body), read_only=True).sheetnames == ["resumen"]


@pytest.mark.parametrize("form", TYPES)
def test_head_makes_nothing(form: str) -> None:
    """It tells what would come, while nobody reads a row."""
    with Site(BLIND, queries=Endless()) as site:
        answer = site.ask("HEAD", f"/dispositivos/2/exportar?formato={form}")
        assert (answer.status, answer.headers["Content-Type"]) == (200, TYPES[form])
        assert site.ask("HEAD", "/dispositivos/3/exportar").status == 404


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ({"formato": "pdf"}, 400, "csv, xlsx"),
        ({"tabla": "todo"}, 400, "historial, resumen"),
        ({"desde": "ayer"}, 400, "2026-01-31"),
        ({"desde": 200, "hasta": 100}, 400, "desde no es anterior a hasta"),
        ({"desde": NOW + 1, "tabla": "resumen"}, 400, "desde no es anterior a hasta"),
    ],
)
def test_what_cannot_be_is_told(site: Site, query: dict[str, object], status: int, said: str) -> None:
    answer = ask(site, **query)
    assert (answer.status, said in answer.json["detalle"]) == (status, True)


def test_what_is_not_summarised_yet_is_told(site: Site) -> None:
    """Before anything is sent; the log itself can be had."""
    with patch.object(statistics, "ROWS_MAX", 100):
        for form in TYPES:
            answer = ask(site, tabla="resumen", formato=form)
            assert (answer.status, "por resumir" in answer.json["detalle"]) == (503, True)
        assert ask(site).status == 200


# -- what it costs -------------------------------------------------------------------------------


class Endless(Shelf):
    """Has a summary without end, unless it ``breaks``; who wants it waits until they may."""

    def __init__(self, *, breaks: int = 10**9) -> None:
        super().__init__()
        self.may_read = threading.Event()
        self.asked: list[object] = []
        self.reads = 0
        self._breaks = breaks

    def metrics(self, *asked: object) -> list[str]:
        self.asked.append(asked)
        assert self.may_read.wait(PATIENCE)
        return ["temp" * 500] * 10**6

    def statistics(self, *_asked: object) -> Statistics:
        self.reads += 1
        if self.reads > self._breaks:
            raise OSError("disk gone")
        return Statistics(0, [Point(1_800_000_000 + n, 1, 0.5, 0.5, 0.5) for n in range(10)], ())


@contextmanager
def asking(site: Site, form: str) -> Iterator[socket.socket]:
    """A client that has asked for the summary, and reads nothing."""
    with socket.socket() as client:
        client.settimeout(PATIENCE)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", site.server.port))
        path = f"/dispositivos/2/exportar?tabla=resumen&formato={form}"
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        yield client


def busy(site: Site) -> bool:
    """Whether there is no room for one more."""
    answer = site.get("/dispositivos/2/exportar?hasta=1000000")
    assert answer.status in (200, 503), answer.body
    return answer.status == 503


def exporting() -> bool:
    return any(thread.name.startswith("web-exports") for thread in threading.enumerate())


@pytest.mark.parametrize("form", TYPES)
def test_so_many_at_a_time(form: str) -> None:
    """More are told when to come again; and meanwhile all else is answered."""
    queries = Endless()
    with Site(BLIND, queries=queries) as site, asking(site, form), asking(site, "csv"):
        wait_until(lambda: len(queries.asked) == 2)
        assert busy(site)
        refused = site.get("/dispositivos/2/exportar")
        assert (refused.status, refused.headers["Retry-After"]) == (503, "15")
        assert "2 exportaciones" in refused.json["detalle"]
        assert site.get("/dispositivos/2").status == site.get("/dispositivos/2/logs").status == 200
        queries.may_read.set()


@pytest.mark.parametrize("form", TYPES)
def test_who_goes_away_is_worked_for_no_more(form: str) -> None:
    """And leaves room for another, and no process behind."""
    queries = Endless()
    with children() as launched, Site(BLIND, queries=queries, limits=Limits(exports=1)) as site:
        with asking(site, form):
            wait_until(lambda: len(queries.asked) == 1)
            assert busy(site)
            queries.may_read.set()
            wait_until(lambda: queries.reads > 0)
        wait_until(lambda: not busy(site))
        assert all(child.returncode is not None for child in launched)
        assert bool(launched) is (form == "xlsx")


def test_who_does_not_read_is_cut_off() -> None:
    """With what was sent, but no end; what waits to be sent is bounded."""
    queries = Endless()
    queries.may_read.set()
    with Site(BLIND, queries=queries, limits=Limits(exports=1, stall=0.1)) as site:
        with asking(site, "csv") as client:
            wait_until(lambda: queries.reads > 0)
            wait_until(lambda: not busy(site))
            with client.makefile("rb") as file:
                sent = file.read()
        assert sent.startswith(b"HTTP/1.1 200")
        assert not sent.endswith(b"0\r\n\r\n")


def test_a_part_does_not_pass_for_the_whole(caplog: pytest.LogCaptureFixture) -> None:
    """What breaks off on the way ends so that the client sees it, and so does the operator."""
    queries = Endless(breaks=200)
    queries.may_read.set()
    with Site(BLIND, queries=queries) as site:
        with pytest.raises(http.client.IncompleteRead):
            site.get("/dispositivos/2/exportar?tabla=resumen")
        wait_until(lambda: "disk gone" in caplog.text)
        assert site.get("/dispositivos/2").status == 200


@pytest.mark.parametrize("form", TYPES)
def test_the_end_waits_for_no_export(form: str) -> None:
    """The server's end is that of what it makes, whoever waits for it."""
    queries = Endless()
    queries.may_read.set()
    with children() as launched:
        with Site(BLIND, queries=queries) as site, asking(site, form):
            wait_until(lambda: queries.reads > 0)
            site.server.stop()
        wait_until(lambda: not exporting())
        assert all(child.returncode is not None for child in launched)


# -- the process ---------------------------------------------------------------------------------


@contextmanager
def children() -> Iterator[list[subprocess.Popen[bytes]]]:
    """Those that are launched from now on."""
    launched: list[subprocess.Popen[bytes]] = []
    launch = spreadsheet._launch

    def noted(*about: Any) -> subprocess.Popen[bytes]:
        launched.append(launch(*about))
        return launched[-1]

    with patch.object(spreadsheet, "_launch", noted):
        yield launched


def test_a_process_that_fails_is_told(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What to do for people, and its last words for the operator; nothing of it stays in any folder."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    room = tmp_path / "web" / "export"
    room.mkdir(parents=True)
    for package in (room.parent, room):
        (package / "__init__.py").touch()
    (room / "spreadsheet_process.py").write_text('raise SystemExit("hoy no")')
    with patch.object(spreadsheet, "_ROOT", tmp_path):
        answer = ask(site, formato="xlsx")
    assert (answer.status, "formato=csv" in answer.json["detalle"]) == (503, True)
    assert "hoy no" in caplog.text
    assert ask(site, formato="xlsx").status == 200
    assert list(folder.iterdir()) == []
