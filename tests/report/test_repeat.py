"""Runs repeated: from a fresh clone, under changed circumstances, and when there is none."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat import v4

from analysis.cli import main
from analysis.report.compare import circumstances, differences

CHECKOUT = Path(__file__).resolve().parents[2]
CRM = [sys.executable, "-c", "from analysis.cli import main; raise SystemExit(main())"]
CELL = """\
shop_name: str = "tiny"  # shop
as_of: str = ""  # day to report on, ISO date
weeks: int = 4  # how far ahead, weeks, 1 to 52
write_lists: bool = False  # write a list"""
CODE = """\
import os, pathlib
from analysis.findings import Check, Finding, Metric
from analysis.report import show
from analysis.shop import open_shop
orders = open_shop(shop_name, as_of=as_of).engine.scalar("period", as_of=as_of)["orders"]
show.record(Metric("third", "A third", "a third", orders / 3 / weeks))
show.findings([Finding("one", "One.", value=0.1 + 0.2, n=orders)])
show.checks([Check("fresh", True, "It is.")])
if write_lists:
    pathlib.Path(os.environ["ANALYSIS_HOME"], "list.csv").write_text("again")"""
CHANCE = """
import random
show.record(Metric("chance", "Chance", "some", random.random()))"""


@pytest.fixture
def shop(home: Path) -> Path:
    """A home in which `tiny` has one cheap notebook."""
    (home / "notebooks").unlink()
    (home / "notebooks").mkdir()
    write_notebook(home, CODE)
    return home


def write_notebook(home: Path, code: str) -> None:
    cells = [
        v4.new_markdown_cell("# It counts", id="title"),
        v4.new_code_cell(CELL, metadata={"tags": ["parameters"]}, id="parameters"),
        v4.new_code_cell(code, id="code"),
    ]
    nbformat.write(v4.new_notebook(cells=cells), home / "notebooks" / "counts.ipynb")


def published(home: Path) -> list[Path]:
    return sorted((home / "reports").rglob("*"))


def test_a_published_run_is_repeated_from_a_fresh_clone(tmp_path: Path):
    if not (CHECKOUT / ".git").exists():
        pytest.skip("no git checkout to clone")
    clones = [tmp_path / "first", tmp_path / "second" / "elsewhere"]
    for clone in clones:
        subprocess.run(["git", "clone", "-q", CHECKOUT, clone], check=True)
        overlay_changes(clone)
        assert crm(clone, "import", "--shop", "cdnow_sample").returncode == 0
    run = ["run", "lifetime", "--shop", "cdnow_sample", "--as-of", "1997-09-30"]
    done = crm(clones[0], *run, "--param", "horizon_days=270")
    assert done.returncode == 0, done.stderr
    # A horizon of its own makes it a what-if: it has its page, and never becomes the latest.
    (report,) = clones[0].glob("reports/cdnow_sample/03_lifetime_value/1997-09-30--*")
    shutil.copy(report / "run.json", tmp_path / "run.json")
    shutil.rmtree(clones[0])
    again = crm(clones[1], "repeat", str(tmp_path / "run.json"))
    assert again.returncode == 0, again.stdout + again.stderr
    assert "the same: code, data, versions" in again.stdout
    assert "not the same" not in again.stdout
    assert "Identical: " in again.stdout
    assert not (clones[1] / "reports").exists()


def overlay_changes(clone: Path) -> None:
    """Bring along what is not committed yet: the code under test is the code as it is."""
    listed = ["git", "-C", CHECKOUT, "ls-files", "-z", "-m", "-o", "--exclude-standard"]
    names = subprocess.run(listed, capture_output=True, text=True, check=True).stdout.split("\0")
    for name in filter(None, names):
        if (CHECKOUT / name).is_file():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(CHECKOUT / name, clone / name)
        else:
            (clone / name).unlink(missing_ok=True)


def crm(clone: Path, *arguments: str) -> subprocess.CompletedProcess:
    environment = {**os.environ, "PYTHONPATH": str(clone / "src")}
    environment.pop("ANALYSIS_HOME", None)
    return subprocess.run(
        [*CRM, *arguments], capture_output=True, text=True, check=False, env=environment, cwd=clone
    )


def test_what_is_published_stays_and_every_name_of_a_run_is_understood(shop: Path, capsys):
    assert main(["run", "counts", "--shop", "tiny", "--param", "write_lists=true"]) == 0
    (shop / "list.csv").unlink()
    # Another default now; the record's own value counts.
    text = (shop / "shops" / "tiny.yaml").read_text()
    before = published(shop)
    (run,) = (shop / "reports" / "tiny" / "counts").glob("2*")
    capsys.readouterr()
    assert main(["repeat", "tiny/counts"]) == 0
    out = capsys.readouterr().out
    assert f"run {run.name}, repeated as" in out
    assert "write_lists is off: nothing is written a second time" in out
    assert "Identical: 1 metrics, 1 findings, 1 checks." in out
    assert published(shop) == before
    assert not (shop / "list.csv").exists()
    for file in run.iterdir():
        if file.name != "run.json":
            file.unlink()  # as a prune leaves it
    (shop / "shops" / "tiny.yaml").write_text(text.replace("Tiny & <Shop>", "Renamed"))
    assert main(["repeat", str(run / "run.json"), "--into", str(shop / "again")]) == 0
    out = capsys.readouterr().out
    assert "data: shop_file" in out
    assert "Identical" in out
    assert len(list((shop / "again" / "tiny" / "counts").glob("2*/index.html"))) == 1


def test_what_differs_is_told_with_what_may_be_why(shop: Path, capsys):
    assert main(["run", "counts", "--shop", "tiny"]) == 0
    write_notebook(shop, CODE.replace("orders / 3", "orders / 7").replace("0.1 + 0.2", "0.3"))
    assert main(["repeat", "tiny/counts"]) == 12
    out = capsys.readouterr().out
    assert "the same: data, versions\n" in out
    assert "  code: notebook " in out
    assert "  metrics third.value: " in out
    assert "  findings one.value: 0.30000000000000004 -> 0.3  (-5.55e-17)\n" in out
    assert "2 recorded values differ" in out
    assert "They may differ because of code." in out
    write_notebook(shop, "1 / 0")
    assert main(["repeat", "tiny/counts"]) == 12
    out = capsys.readouterr().out
    assert "outcome outcome: 'ok' -> 'notebook_error'" in out
    assert "metrics third: 'recorded' -> 'not recorded'" in out


def test_a_report_of_chance_does_not_repeat(shop: Path, capsys):
    write_notebook(shop, CODE + CHANCE)
    assert main(["run", "counts", "--shop", "tiny"]) == 0
    assert main(["repeat", "tiny/counts"]) == 13
    out = capsys.readouterr().out
    assert "the same: code, data, versions" in out
    assert "1 recorded values differ" in out
    assert "this report does not repeat" in out


def test_a_kernel_that_dies_is_no_difference(shop: Path, capsys):
    assert main(["run", "counts", "--shop", "tiny"]) == 0
    write_notebook(shop, "import os\nos._exit(1)")
    assert main(["repeat", "tiny/counts"]) == 5
    assert "Could not be run again: The kernel died" in capsys.readouterr().out


RUN = {
    "shop": "tiny", "report": "counts", "as_of": "2024-12-01", "parameters": {}, "outcome": "ok",
    "run_id": "one", "metrics": [], "findings": [], "checks": [],
    "code": {"notebook": "n", "report": "r", "package": "p"}, "versions": {"pandas": "3.1.0"},
    "inputs": {"shop_file": "s", "campaigns": None, "ledgers": None, "files": None},
    "data": {"fingerprint": "f"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"code": {"notebook": "n", "report": "other", "package": "p"}}, ("code", "report")),
        ({"data": {"fingerprint": "other"}}, ("data", "tables")),
        ({"inputs": {**RUN["inputs"], "ledgers": "l"}}, ("data", "ledgers")),
        ({"versions": {"pandas": "3.1.1"}}, ("versions", "pandas")),
        ({"versions": {"pandas": "3.1.0", "scipy": "1"}}, ("versions", "scipy")),
    ],
)
def test_each_circumstance_is_named(change, cause):
    found = circumstances(RUN, {**RUN, **change})
    assert [(each.cause, each.what) for each in found] == [cause]
    assert circumstances(RUN, RUN) == []


def test_other_files_of_the_package_are_no_reason():
    other = {**RUN, "code": {**RUN["code"], "package": "other"}, "git_commit": "other"}
    assert circumstances(RUN, other) == []


def test_a_record_from_before_code_was_recorded_tells_that(capsys):
    old = {key: value for key, value in RUN.items() if key not in ("code", "inputs")}
    causes = circumstances(old, RUN)
    assert {"notebook", "report", "shop_file"} <= {each.what for each in causes}
    assert all(each.before == "not recorded" for each in causes)


def test_fields_that_only_later_code_records_are_no_difference():
    metric = {"name": "a", "value": 1.0, "low": None}
    before, after = ({**RUN, "metrics": [each]} for each in (metric, {**metric, "definition": "d"}))
    assert differences(before, after) == []
    assert len(differences(after, before)) == 1


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("tiny/other", "There is no run 'tiny/other': name its folder"),
        ("broken/run.json", "cannot be read as a run record."),
        ("empty/run.json", "it lacks 'shop'."),
        ("foreign/run.json", "There is no shop 'elsewhere'"),
        ("unknown/run.json", "There is no notebook 'nowhere'"),
        ("early/run.json", "as_of == 1999-01-01"),
    ],
)
def test_a_run_that_cannot_be_repeated_is_told_in_one_line(shop: Path, capsys, name, why):
    records = {
        "broken": "no json",
        "empty": "[]",
        "foreign": json.dumps({**RUN, "shop": "elsewhere"}),
        "unknown": json.dumps({**RUN, "report": "nowhere"}),
        "early": json.dumps({**RUN, "as_of": "1999-01-01"}),
    }
    for folder, text in records.items():
        (shop / folder).mkdir()
        (shop / folder / "run.json").write_text(text)
    asked = name if name.startswith("tiny") else str(shop / name)
    assert main(["repeat", asked]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert why in err


def test_data_that_are_gone_and_a_place_among_the_pages_are_refused(shop: Path, capsys):
    assert main(["run", "counts", "--shop", "tiny"]) == 0
    assert main(["repeat", "tiny/counts", "--into", str(shop / "reports" / "x")]) == 2
    assert "must lie outside the folder of the published pages" in capsys.readouterr().err
    shutil.rmtree(shop / "data" / "tiny")
    assert main(["repeat", "tiny/counts"]) == 3
    assert "Could not be run again: Shop 'tiny' has no data yet" in capsys.readouterr().out
