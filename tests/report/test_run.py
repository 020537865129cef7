import json
import os
import resource
import subprocess
import threading
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import nbformat
import pytest
from nbformat import v4

from analysis.report.outcome import Outcome
from analysis.report.plan import Plan
from analysis.report.run import Limits, run_report

NO_LIMITS = Limits(cell=0, run=0)
METRIC = """\
from analysis.findings import Metric
from analysis.report import show
show.record(Metric("alive_customers", "alive", "7", 7))"""
PICTURE = """\
from IPython.display import Image, display
display(Image(url="https://example.org/a.png"))
display({"image/png": "iVBORw0KGgo="}, raw=True)"""


def plan(tmp_path: Path, *sources: str, report: str = "tiny", **changes) -> Plan:
    cells = [v4.new_markdown_cell("# Title"), *map(v4.new_code_cell, sources)]
    file = tmp_path / f"{report}.ipynb"
    nbformat.write(v4.new_notebook(cells=cells), file)
    return Plan(
        shop="shop",
        report=report,
        title="Title",
        notebook=file,
        as_of=date(2024, 6, 30),
        parameters={"shop_name": "shop", "as_of": "2024-06-30", "n": 5},
        parameter_help={"n": "count"},
        data={"title": "Shop", "fingerprint": "abc"},
    )._replace(**changes)


def run(asked: Plan, reports: Path, **options):
    return run_report(asked, reports=reports, limits=NO_LIMITS, **options)


def read(result) -> dict:
    return json.loads((result.page.parent / "run.json").read_text())


def latest(reports: Path) -> Path:
    return reports / "shop" / "tiny" / "latest"


def test_a_good_run_publishes_page_notebook_and_record_and_becomes_the_latest(tmp_path: Path):
    reports = tmp_path / "reports"
    result = run(plan(tmp_path, "n + 1", METRIC), reports)
    assert (result.outcome, result.message) == (Outcome.ok, "")
    assert sorted(path.name for path in result.page.parent.iterdir()) == [
        "index.html", "notebook.ipynb", "run.json",
    ]  # fmt: skip
    record = read(result)
    assert set(record) == {
        "run_id", "shop", "report", "title", "language", "as_of", "asked", "parameters",
        "parameter_help", "outcome", "exit_code", "message", "failed_cell", "started_at",
        "seconds", "cells", "versions", "git_commit", "git_dirty", "code", "inputs", "data",
        "metrics", "findings", "checks", "campaigns", "what_if", "basis",
    }  # fmt: skip
    assert record["run_id"] == result.page.parent.name
    assert record["run_id"].startswith("2024-06-30--2")
    assert record["parameters"] == {"shop_name": "shop", "as_of": "2024-06-30", "n": 5}
    assert record["metrics"][0]["name"] == "alive_customers"
    assert record["data"]["fingerprint"] == "abc"
    assert {"python", "analysis", "pandas", "papermill"} <= record["versions"].keys()
    assert [cell["status"] for cell in record["cells"]] == ["completed"] * 3
    assert latest(reports).readlink() == Path(record["run_id"])
    assert "Title" in result.page.read_text()
    assert list((reports / ".work").iterdir()) == []


@pytest.fixture
def published(tmp_path: Path):
    """A folder of reports in which one good run stands."""
    folder = tmp_path / "reports" / "shop" / "tiny"
    (folder / "good").mkdir(parents=True)
    (folder / "good" / "index.html").write_text("good")
    (folder / "latest").symlink_to("good")
    return tmp_path / "reports"


@pytest.mark.parametrize(
    ("source", "outcome", "on_page"),
    [
        ("raise ValueError('a <b>')", Outcome.notebook_error, "a &lt;b&gt;"),
        ("import os; os._exit(1)", Outcome.kernel_died, "died with exit status 1"),
        (PICTURE, Outcome.page_error, "alt text"),
    ],
)
def test_a_failed_run_is_published_and_latest_stays(published, tmp_path, source, outcome, on_page):
    result = run(plan(tmp_path, "'early'", source), published)
    assert result.outcome is outcome
    assert read(result)["outcome"] == outcome.name
    assert read(result)["exit_code"] == outcome.exit_code
    assert on_page in result.page.read_text()
    assert "early" in (result.page.parent / "notebook.ipynb").read_text()
    assert latest(published).readlink() == Path("good")
    assert (latest(published) / "index.html").read_text() == "good"


@contextmanager
def file_size_limit(_folder: Path):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def small_disk(folder: Path, size: str = "500k"):
    options = ["-t", "tmpfs", "-o", f"size={size}", "none", str(folder)]
    if subprocess.run(["mount", *options], capture_output=True, check=False).returncode:
        pytest.skip("only root can mount a small disk")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("disk", [file_size_limit, small_disk])
def test_a_full_disk_is_told_and_what_fits_is_published(tmp_path: Path, disk):
    reports = tmp_path / "reports"
    reports.mkdir()
    with disk(reports):
        good = run(plan(tmp_path, "1"), reports)
        full = run(plan(tmp_path, "print('x' * 1_000_000)"), reports)
        assert good.outcome is Outcome.ok
        assert full.outcome is Outcome.disk_full
        assert read(full)["outcome"] == "disk_full"
        assert "could not be written" in full.page.read_text()
        assert latest(reports).readlink() == Path(good.page.parent.name)


def test_a_disk_without_any_room_publishes_nothing_and_leaves_nothing(tmp_path: Path):
    reports = tmp_path / "reports"
    reports.mkdir()
    with small_disk(reports, "64k"):
        (reports / "ballast").write_bytes(b"x" * 48_000)
        result = run(plan(tmp_path, "print('x' * 100_000)"), reports)
        assert (result.outcome, result.page) == (Outcome.disk_full, None)
        assert list((reports / ".work").iterdir()) == []
        assert list(reports.glob("shop/*/*")) == []


def test_a_reports_folder_that_cannot_be_is_told(tmp_path: Path):
    (tmp_path / "file").touch()
    result = run(plan(tmp_path, "1"), tmp_path / "file" / "reports")
    assert (result.outcome, result.page) == (Outcome.disk_full, None)
    assert "Not a directory" in result.message


def test_a_second_run_of_the_same_report_is_told_who_holds_it(tmp_path: Path):
    reports, up, go = tmp_path / "reports", threading.Event(), threading.Event()
    results = []

    def first():
        held = {"on_start": lambda _: (up.set(), go.wait(30))}
        results.append(run(plan(tmp_path, "1"), reports, **held))

    holder = threading.Thread(target=first)
    holder.start()
    up.wait(30)
    second = run(plan(tmp_path, "1"), reports)
    other = run(plan(tmp_path, "1", report="other"), reports)
    go.set()
    holder.join()
    assert second.outcome is Outcome.busy
    assert second.page is None
    assert f"process {os.getpid()}" in second.message
    assert results[0].page.parent.name in second.message
    assert [results[0].outcome, other.outcome] == [Outcome.ok] * 2


def test_data_that_are_not_there_publish_nothing(tmp_path: Path):
    result = run(plan(tmp_path, "1", as_of=None, refusal="No data."), tmp_path / "reports")
    assert (result.outcome, result.message, result.page) == (Outcome.data_error, "No data.", None)
    assert not (tmp_path / "reports").exists()


DEPENDENT = """\
from analysis.findings import Metric
from analysis.report import show
show.record(Metric("alive_customers", "alive", f"{n}", n, n - 1, n + 1))"""


def test_settings_of_the_request_make_a_what_if_where_they_bear_on_a_number(tmp_path: Path):
    reports = tmp_path / "reports"
    standing = run(plan(tmp_path, DEPENDENT), reports)
    asked = plan(tmp_path, DEPENDENT, changed=("n", "other"))
    asked = asked._replace(parameters={**asked.parameters, "n": 6})
    what_if = run(asked, reports)
    assert (read(standing)["what_if"], read(what_if)["what_if"]) == ([], ["n"])
    assert latest(reports).resolve() == standing.page.parent, "readers keep the shop's own numbers"
    silent = run(plan(tmp_path, METRIC, changed=("n",)), reports)
    assert read(silent)["what_if"] == [], "no number depends on it"


def test_numbers_carry_how_they_are_defined(tmp_path: Path):
    reports = tmp_path / "reports"
    one = run(plan(tmp_path, DEPENDENT), reports)
    asked = plan(tmp_path, DEPENDENT)
    other = run(asked._replace(parameters={**asked.parameters, "n": 6}), reports)
    prints = [read(result)["metrics"][0]["fingerprint"] for result in (one, other)]
    assert all(len(fingerprint) == 16 for fingerprint in prints)
    assert prints[0] != prints[1]


def test_a_report_shows_how_its_numbers_moved_since_earlier_days(tmp_path: Path):
    reports = tmp_path / "reports"
    first = run(plan(tmp_path, DEPENDENT, as_of=date(2024, 5, 31)), reports)
    assert 'class="trends"' not in first.page.read_text()
    page = run(plan(tmp_path, DEPENDENT), reports).page.read_text()
    assert "5 on 31 May 2024: change within uncertainty" in page
    early = run(plan(tmp_path, DEPENDENT, as_of=date(2024, 4, 30)), reports)
    assert 'class="trends"' not in early.page.read_text(), "later days are not known yet"


def test_a_failed_run_is_compared_with_nothing(tmp_path: Path):
    reports = tmp_path / "reports"
    run(plan(tmp_path, DEPENDENT, as_of=date(2024, 5, 31)), reports)
    failed = run(plan(tmp_path, DEPENDENT, "1 / 0"), reports)
    assert failed.outcome is Outcome.notebook_error
    assert 'class="trends"' not in failed.page.read_text()


def test_names_go_on_where_the_clock_was_put_back(tmp_path: Path):
    reports = tmp_path / "reports"
    (reports / "shop" / "tiny" / "2024-06-30--29990101T000000Z--00000000").mkdir(parents=True)
    result = run(plan(tmp_path, "1"), reports)
    assert result.page.parent.name.startswith("2024-06-30--29990101T000001Z--")
    assert read(result)["started_at"] < "2999"
    assert latest(reports).resolve() == result.page.parent
