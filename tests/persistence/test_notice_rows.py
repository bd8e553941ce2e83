"""What is asked of notices after each commit costs no more the more there are."""

from __future__ import annotations

from pathlib import Path

from persistence.database import notice_rows
from persistence.writer.store import Store


def test_what_is_to_be_decided_is_found_without_looking_through_all_findings(tmp_path: Path) -> None:
    """However many there are: the writer asks after each commit that has news."""
    with Store(tmp_path / "iot.db") as store:
        asked = f"EXPLAIN QUERY PLAN {notice_rows._DROP_ORPHANS}"
        plan = store.database.conn.execute(asked).fetchall()
    assert not [detail for *_, detail in plan if detail.startswith("SCAN") and "por_avisar" not in detail]
