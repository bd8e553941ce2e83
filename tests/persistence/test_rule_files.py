"""An operator's mistake in a table is said, and costs nothing that was known before."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC
from pathlib import Path

import pytest

from persistence.rule_files import RuleFiles
from rules.base.settings import LearnSettings

ROOT = Path(__file__).parents[2]

MINE = '{"TMP0":{"temperatura":{"min":5,"max":40}}}'
BROKEN = ["", "{", '{"TMP0":{"temperatura":{"min":9,"max":1}}}', '{"TMP0":7}', "\x00"]


def test_the_built_in_tables_can_be_used(tmp_path: Path) -> None:
    files = RuleFiles(tmp_path, "", "")
    assert files.troubles == []
    assert files.limits["TMP0"]["temperatura"].high == 100
    assert files.standards["RGD0"].mode == "horario"


@pytest.mark.parametrize("text", BROKEN)
def test_a_broken_table_is_replaced_by_the_last_good_one(tmp_path: Path, text: str) -> None:
    table = tmp_path / "mine.json"
    table.write_text(MINE)
    assert RuleFiles(tmp_path / "good", str(table), "").limits["TMP0"]["temperatura"].high == 40
    table.write_text(text)
    files = RuleFiles(tmp_path / "good", str(table), "")
    assert files.limits["TMP0"]["temperatura"].high == 40
    [trouble] = files.troubles
    assert trouble.path == str(table)
    assert trouble.instead == str(tmp_path / "good" / "limites.json")


def test_without_a_good_one_it_is_the_built_in(tmp_path: Path) -> None:
    files = RuleFiles(tmp_path, str(tmp_path / "absent.json"), "")
    assert files.limits["TMP0"]["temperatura"].high == 100
    assert len(files.troubles) == 1


def test_a_copy_that_cannot_be_kept_costs_only_the_copy(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Here a file lies where its folder should be."""
    (tmp_path / "mine.json").write_text(MINE)
    (tmp_path / "good").write_text("")
    files = RuleFiles(tmp_path / "good", str(tmp_path / "mine.json"), "")
    assert files.limits["TMP0"]["temperatura"].high == 40
    assert files.troubles == []
    assert [message.split()[0] for message in caplog.messages] == ["last_good_not_kept"] * 3


FULL_DISK = """
import resource, sys
from pathlib import Path
from persistence.rule_files import RuleFiles
resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))
print(RuleFiles(Path(sys.argv[1]), sys.argv[2], "").limits["TMP0"]["temperatura"].high)
"""


def test_a_copy_cut_short_leaves_the_one_before_it(tmp_path: Path) -> None:
    """The disk takes ten bytes of the new table and no more."""
    table, good = tmp_path / "mine.json", tmp_path / "good"
    table.write_text(MINE)
    RuleFiles(good, str(table), "")
    table.write_text(MINE.replace("40", "41"))
    child = [sys.executable, "-c", FULL_DISK, str(good), str(table)]
    # Into pipes: the limit holds for any file, also the one that this test's own output may go to.
    ended = subprocess.run(child, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    assert float(ended.stdout) == 41
    assert (good / "limites.json").read_text() == MINE


def test_a_demonstration_is_read_from_its_folder(tmp_path: Path) -> None:
    files = RuleFiles(tmp_path, "", "")
    settings = LearnSettings(ai_r3_demo_mode=True)
    assert files.demo(settings, UTC, "RGD0ABC123")
    assert files.demo(settings, UTC, "RGD0OTHER") is None


def test_a_demonstration_that_cannot_be_used_suggests_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "RGD0ABC123.csv").write_text("nothing,of,use\n")
    settings = LearnSettings(ai_r3_demo_mode=True, ai_r3_demo_csv_dir=tmp_path)
    assert RuleFiles(tmp_path, "", "").demo(settings, UTC, "RGD0ABC123") == ()
    assert "demo_unusable" in caplog.text
