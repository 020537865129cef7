import json
from pathlib import Path

import pytest

from analysis.errors import ParameterError
from analysis.report.lock import hold
from analysis.report.prune import prune
from analysis.report.publish import lock_file


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    """Runs 1 to 8 of one report: 2, 4 and 7 failed, and `latest` leads to 1."""
    home = tmp_path / "shop" / "report"
    for number in range(1, 9):
        folder = home / f"run{number}"
        folder.mkdir(parents=True)
        outcome = "timeout" if number in (2, 4, 7) else "ok"
        record = {"started_at": f"2026-01-0{number}T00:00:00Z", "outcome": outcome}
        (folder / "run.json").write_text(json.dumps(record))
    (home / "latest").symlink_to("run1")
    (home / "notes").mkdir()
    (home / "broken").mkdir()
    (home / "broken" / "run.json").write_text("no json")
    return tmp_path


def left(reports: Path) -> list[str]:
    return sorted(path.name for path in (reports / "shop" / "report").iterdir())


def test_the_newest_good_runs_the_last_failure_and_the_latest_stay(reports: Path):
    (pruned,) = prune(reports, keep=2)
    assert (pruned.shop, pruned.report, pruned.busy) == ("shop", "report", "")
    assert pruned.removed == ["run2", "run3", "run4", "run5"]
    assert left(reports) == ["broken", "latest", "notes", "run1", "run6", "run7", "run8"]
    assert list((reports / ".work").iterdir()) == []
    assert prune(reports, keep=2)[0].removed == []


def test_more_to_keep_than_there_is_removes_only_older_failures(reports: Path):
    assert prune(reports, keep=99)[0].removed == ["run2", "run4"]


def test_a_report_that_is_being_run_is_left_alone(reports: Path):
    before = left(reports)
    with hold(lock_file(reports, "shop", "report"), run_id="now", since="today"):
        (pruned,) = prune(reports, keep=1)
    assert pruned.removed == []
    assert "run now" in pruned.busy
    assert left(reports) == before


def test_nothing_to_prune_is_no_error(tmp_path: Path):
    assert prune(tmp_path / "none", keep=1) == []


def test_to_keep_nothing_is_refused(reports: Path):
    with pytest.raises(ParameterError, match="keep == 0, must be >= 1"):
        prune(reports, keep=0)
    assert "run3" in left(reports)
