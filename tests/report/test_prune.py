import json
import re
from pathlib import Path

import pytest

from analysis.errors import ParameterError
from analysis.report.index import build_index
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
        (folder / "index.html").touch()
        (folder / "notebook.ipynb").touch()
    (home / "latest").symlink_to("run1")
    (home / "notes").mkdir()
    (home / "broken").mkdir()
    (home / "broken" / "run.json").write_text("no json")
    return tmp_path


def left(reports: Path) -> list[str]:
    """The runs that have a page."""
    return sorted(path.parent.name for path in (reports / "shop" / "report").glob("*/index.html"))


def test_the_newest_good_runs_the_last_failure_and_the_latest_stay(reports: Path):
    (pruned,) = prune(reports, keep=2)
    assert (pruned.shop, pruned.report, pruned.busy) == ("shop", "report", "")
    assert pruned.removed == ["run2", "run3", "run4", "run5"]
    assert left(reports) == ["latest", "run1", "run6", "run7", "run8"]
    home = reports / "shop" / "report"
    assert (home / "notes").is_dir()
    assert prune(reports, keep=2)[0].removed == []


def test_the_record_of_a_pruned_run_stays_alone(reports: Path):
    home = reports / "shop" / "report"
    before = (home / "run3" / "run.json").read_text()
    prune(reports, keep=2)
    for run in ("run2", "run3", "run4", "run5"):
        assert [file.name for file in (home / run).iterdir()] == ["run.json"]
    assert (home / "run3" / "run.json").read_text() == before


def test_a_prune_that_was_cut_off_is_finished_by_the_next(reports: Path):
    (reports / "shop" / "report" / "run3" / "index.html").unlink()
    assert "run3" in prune(reports, keep=2)[0].removed
    assert not (reports / "shop" / "report" / "run3" / "notebook.ipynb").exists()


def test_an_index_offers_no_page_that_is_gone(reports: Path):
    home = reports / "shop" / "report"
    for number in range(1, 9):
        record = json.loads((home / f"run{number}" / "run.json").read_text())
        more = {"shop": "shop", "report": "report", "as_of": f"2026-01-0{number}"}
        (home / f"run{number}" / "run.json").write_text(json.dumps({**record, **more}))
    prune(reports, keep=1)
    build_index(reports)
    links = re.findall(r'<a href="([^"]+)"', (reports / "index.html").read_text())
    assert links
    assert all((reports / link).is_file() for link in links)


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


def test_what_ifs_take_the_place_of_no_regular_run(reports: Path):
    for number in (3, 6, 8):
        file = reports / "shop" / "report" / f"run{number}" / "run.json"
        file.write_text(json.dumps({**json.loads(file.read_text()), "what_if": ["weeks"]}))
    assert prune(reports, keep=1)[0].removed == ["run2", "run3", "run4", "run6"]
    assert left(reports) == ["latest", "run1", "run5", "run7", "run8"]


def test_a_clock_put_back_makes_no_run_an_older_one(reports: Path):
    file = reports / "shop" / "report" / "run8" / "run.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "started_at": "2020-01-01"}))
    prune(reports, keep=1)
    assert left(reports) == ["latest", "run1", "run7", "run8"]


def test_a_run_of_a_day_that_has_not_come_is_no_newer_one(reports: Path):
    home = reports / "shop" / "report"
    for number, day in ((5, "2026-01-05"), (6, "2026-01-06"), (8, "9999-01-08")):
        (home / f"run{number}").rename(home / f"{day}--20260101T000000Z--00000000")
    prune(reports, keep=1)
    assert left(reports) == ["2026-01-06--20260101T000000Z--00000000", "latest", "run1", "run7"]


def test_to_keep_nothing_is_refused(reports: Path):
    with pytest.raises(ParameterError, match="keep == 0, must be >= 1"):
        prune(reports, keep=0)
    assert "run3" in left(reports)
