"""A log that grows while it is read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.domain.model import LogEntry
from persistence.readers.queries import Queries
from persistence.storage.batch import Batch
from persistence.writer.store import Store
from tests.web.site import LAMP, Site

LOG = f"/dispositivos/{LAMP.id}/logs"
AT = 1_800_000_000


def reports(*numbers: int) -> Batch:
    entries = [LogEntry(LAMP.id, n, AT + n, "activo", {"n": n}) for n in numbers]
    return Batch(entries=entries)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "iot.db") as store:
        store.save(reports(*range(1, 11)))
        yield store


@pytest.fixture
def site(store: Store, tmp_path: Path) -> Iterator[Site]:  # noqa: ARG001
    with Site(LAMP, queries=Queries(tmp_path / "iot.db")) as running:
        yield running


def numbers(site: Site, query: str) -> tuple[list[int], int | None]:
    answer = site.get(f"{LOG}?{query}")
    assert answer.status == 200, answer.json
    return [row["parametros"]["n"] for row in answer.json["data"]], answer.json["siguiente"]


def test_what_comes_meanwhile_repeats_nothing(site: Site, store: Store) -> None:
    """Nor does it leave anything out, with a range and without."""
    for span in ("", f"&desde={AT + 1}&hasta={AT + 11}"):
        found, following = numbers(site, f"per_page=4{span}")
        newest = site.get(LOG).json["total"]
        while following is not None:
            store.save(reports(newest := newest + 1))
            rows, following = numbers(site, f"per_page=4&antes={following}{span}")
            found += rows
        assert found[-10:] == list(range(10, 0, -1))
        assert found == sorted(set(found), reverse=True)


def test_a_range_has_its_rows(site: Site) -> None:
    """From ``desde`` on, before ``hasta``, in any form that statistics take; pages too."""
    assert numbers(site, f"desde={AT + 3}&hasta={AT + 6}") == ([5, 4, 3], None)
    assert numbers(site, f"desde={AT + 9}") == ([10, 9], None)
    assert numbers(site, f"hasta={AT + 3}") == ([2, 1], None)
    assert numbers(site, "desde=2027-01-15T08:00:08Z") == ([10, 9, 8], None)
    assert numbers(site, f"desde={AT + 3}&per_page=2&page=2") == ([8, 7], 7)
    assert site.get(f"{LOG}?desde={AT + 3}&per_page=2").json["total"] == 8


@pytest.mark.parametrize("query", ["desde=2&hasta=1", "desde=x", "hasta=ayer", "antes=0", "antes=x"])
def test_what_is_no_range_is_said(site: Site, query: str) -> None:
    assert site.get(f"{LOG}?{query}").status == 400
