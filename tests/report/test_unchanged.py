import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from nbformat import v4

import analysis
from analysis.cli import main
from analysis.ledger import append_ledger
from analysis.report.forks import fork_server
from analysis.report.outcome import Outcome
from analysis.report.plan import Plan, plan_runs
from analysis.report.prune import prune
from analysis.report.run import Limits, run_report
from analysis.report.unchanged import find_unchanged

NO_LIMITS = Limits(cell=0, run=0)
PACKAGE = Path(analysis.__file__).parent
PARAMETERS = """\
shop_name: str = "tiny"  # shop
as_of: str = ""  # day
n: int = 1  # count
data: str = ""  # file
language: str = ""  # language, the shop's own if empty
write_lists: bool = False  # write lists
"""
METRIC = """\
from analysis.findings import Metric
from analysis.report import show
show.record(Metric("alive_customers", "alive", f"{n}", n, n - 1, n + 1))"""


def write(home: Path, *sources: str) -> Path:
    """Write a small report."""
    cells = [
        v4.new_markdown_cell("# Title\n\nFor tests."),
        v4.new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]}),
        *map(v4.new_code_cell, sources),
    ]
    nbformat.write(v4.new_notebook(cells=cells), home / "own.ipynb")
    return home / "own.ipynb"


def planned(home: Path, *, as_of: str = "", **parameters: str) -> Plan:
    (plan,) = plan_runs(
        [f"{home / 'own.ipynb'}"], shops=["tiny"], as_of=as_of, parameters=parameters
    )
    return plan


@pytest.fixture(scope="module")
def forks():
    with fork_server("forked") as server:
        yield server


@pytest.fixture
def run(home: Path, forks) -> Callable[..., Path]:
    """Run the report well, and return its page."""

    def run(**asked: str) -> Path:
        reports = home / "reports"
        result = run_report(planned(home, **asked), reports=reports, limits=NO_LIMITS, forks=forks)
        assert (result.outcome, result.message) == (Outcome.ok, "")
        return result.page

    return run


def served(home: Path, **asked: str) -> Path | None:
    found = find_unchanged(planned(home, **asked), home / "reports")
    return found and found.page


def test_an_unchanged_report_is_served_and_said_to_be(home: Path, capsys):
    file = write(home, METRIC)
    folder = home / "reports" / "tiny" / "own"
    pages = []
    for options in ((), (), ("--fresh",)):
        assert main(["run", f"{file}", "--shop", "tiny", *options]) == 0
        pages.append(((folder / "latest").resolve(), capsys.readouterr()))
    (first, ran), (second, stood), (third, fresh) = pages
    assert first == second != third
    assert len([each for each in folder.iterdir() if not each.is_symlink()]) == 2
    assert stood.out.startswith("unchanged ")
    started = json.loads((first / "run.json").read_text())["started_at"]
    assert f"{first / 'index.html'}  (as it ran at {started})" in stood.out
    assert "--fresh runs it again" in stood.out
    for other in (ran, fresh):
        assert other.out.startswith("ok ")
        assert "--fresh" not in other.out


def test_an_index_that_lags_behind_is_put_right_by_a_served_report(home: Path, run):
    file = write(home, METRIC)
    page = run()
    index = home / "reports" / "index.html"
    index.write_text("from before")
    os.utime(index, (1, 1))
    assert main(["run", f"{file}", "--shop", "tiny"]) == 0
    assert page.parent.name in index.read_text() or "tiny/own/latest" in index.read_text()


def add_campaign(home: Path) -> None:
    (home / "campaigns" / "tiny").mkdir(parents=True)
    (home / "campaigns" / "tiny" / "spring.yaml").write_text("title: Spring")


def add_ledger(_home: Path) -> None:
    day = pd.Timestamp("2024-01-01")
    columns = {"campaign_id": "spring", "customer_id": "1", "arm": "control", "assigned_at": day}
    append_ledger("tiny", pd.DataFrame([columns]))


def lose_a_seal(home: Path) -> None:
    for file in (home / "data" / "private" / "ledgers" / "tiny").glob("*.parquet.*"):
        file.unlink()


def change_shop_file(home: Path) -> None:
    with (home / "shops" / "tiny.yaml").open("a") as file:
        file.write("# a remark\n")


def change_cells(home: Path) -> None:
    write(home, METRIC, "n")


def change_data_file(home: Path) -> None:
    (home / "test.csv").write_text("customer_id,arm,orders")


def change_language(home: Path) -> None:
    with (home / "shops" / "tiny.yaml").open("a") as file:
        file.write("language: ja\n")


def touch_a_table(home: Path) -> None:
    table = next((home / "data" / "tiny" / "current").glob("*.parquet"))
    os.utime(table, (1, 1))


def import_again(home: Path) -> None:
    source = next(home.rglob("tiny.txt"))
    lines = source.read_text().splitlines()
    source.write_text("\n".join(lines[:-1]) + "\n")
    assert main(["import", "--shop", "tiny"]) == 0


def add_words(home: Path) -> None:
    folder = home / "locale" / "ja" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "own.po").write_text("")


def add_a_list(home: Path) -> None:
    folder = home / "data" / "private" / "targets" / "tiny"
    folder.mkdir(parents=True)
    (folder / "list.csv").write_text("customer_id")


def lose_the_page(home: Path) -> None:
    (home / "reports" / "tiny" / "own" / "latest" / "index.html").unlink()


CHANGES = [
    add_campaign, add_ledger, lose_a_seal, change_shop_file, change_cells, change_data_file,
    change_language, touch_a_table, import_again, add_words, add_a_list, lose_the_page,
]  # fmt: skip


def test_whatever_a_report_reads_it_is_run_again_once_that_changes(home: Path, run):
    write(home, METRIC)
    (home / "test.csv").write_text("customer_id,arm")
    asked = {"data": "test.csv"}
    for change in CHANGES:
        page = run(**asked)
        assert served(home, **asked) == page, change.__name__
        change(home)
        assert served(home, **asked) is None, change.__name__


def test_day_and_parameters_are_part_of_it_and_a_what_if_answers_only_its_like(home: Path, run):
    write(home, METRIC)
    own = run()
    assert served(home, n="2") is None
    assert served(home, as_of="2024-01-01") is None
    what_if = run(n="2")
    assert served(home, n="2") == what_if
    assert served(home) == own
    assert served(home, n="3") is None
    assert served(home, n="1") == own, "that is what the notebook says anyway"


def test_a_report_that_writes_lists_is_always_run(home: Path, run):
    write(home, METRIC)
    run(write_lists="true")
    assert served(home, write_lists="true") is None


def test_a_variable_of_the_environment_or_a_new_package_counts(home: Path, run, monkeypatch):
    write(home, METRIC)
    page = run()
    (home / "site" / "new_package-1.0.dist-info").mkdir(parents=True)
    with monkeypatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "7")
        assert served(home) is None
    assert served(home) == page
    monkeypatch.syspath_prepend(home / "site")
    assert served(home) is None


def test_the_code_of_the_package_counts_wherever_it_lies(home: Path, run, tmp_path: Path):
    write(home, METRIC)
    page = run()
    copied = tmp_path / "elsewhere" / "analysis"
    shutil.copytree(PACKAGE, copied, ignore=shutil.ignore_patterns("__pycache__"))
    code = (
        "import sys; from pathlib import Path; from analysis.report.plan import plan_runs; "
        "from analysis.report.unchanged import find_unchanged; "
        "(plan,) = plan_runs([sys.argv[1]], shops=['tiny']); "
        "found = find_unchanged(plan, Path(sys.argv[2])); print(found and found.page)"
    )

    def of_copy() -> str:
        done = subprocess.run(
            [sys.executable, "-c", code, home / "own.ipynb", home / "reports"],
            env={**os.environ, "PYTHONPATH": f"{copied.parent}", "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        return done.stdout.strip()

    assert of_copy() == f"{page}"
    with (copied / "churn" / "hazard.py").open("a") as file:
        file.write("\n")
    assert of_copy() == "None"


def test_earlier_days_that_the_page_would_tell_of_count(home: Path, run):
    write(home, METRIC)
    page = run()
    assert served(home) == page
    run(as_of="2024-03-31")
    assert served(home) is None, "the page would now say what the number was then"


def test_after_a_change_and_back_the_last_good_run_has_to_be_the_one(home: Path, run):
    write(home, METRIC)
    first = run()
    write(home, METRIC, "n")
    second = run()
    assert served(home) == second
    write(home, METRIC)
    assert served(home) is None, "readers are led to the second"
    assert first.exists()


def test_a_run_that_failed_since_is_not_passed_over(home: Path, run):
    write(home, METRIC)
    run()
    write(home, METRIC, "1 / 0")
    failed = run_report(planned(home), reports=home / "reports", limits=NO_LIMITS)
    assert failed.outcome is Outcome.notebook_error
    write(home, METRIC)
    assert served(home) is None


def test_a_pruned_page_and_a_link_that_is_lost_are_made_anew(home: Path, run):
    write(home, METRIC)
    what_if, _later, page = run(n="2"), run(n="3"), run()
    assert served(home, n="2") == what_if
    prune(home / "reports", keep=1)
    assert served(home, n="2") is None
    assert served(home) == page
    (page.parent.parent / "latest").unlink()
    assert served(home) is None


def test_what_changes_while_a_report_runs_leaves_nothing_to_serve(home: Path, run):
    change = f"open({f'{home}/shops/tiny.yaml'!r}, 'a').write('# meanwhile\\n');"
    write(home, METRIC, change)
    page = run()
    assert json.loads(page.with_name("run.json").read_text())["basis"]["made_of"] is None
    assert served(home) is None


def test_records_of_another_make_are_passed_over(home: Path, run):
    write(home, METRIC)
    page = run()
    record = page.with_name("run.json")
    text = record.read_text()
    told = json.loads(text)
    lacking = [
        json.dumps({**told, key: None} | {}).replace(f'"{key}"', '"x"')
        for key in ("outcome", "parameters", "started_at", "metrics", "language", "as_of")
    ]
    for broken in ("", "[]", "{}", *lacking, json.dumps({**told, "basis": {}})):
        record.write_text(broken)
        assert served(home) is None
    record.write_text(text)
    assert served(home) == page
