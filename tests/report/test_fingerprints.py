import json
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat import v4

import analysis
from analysis.report.fingerprints import code_fingerprints, input_fingerprints

PACKAGE = Path(analysis.__file__).parent
CELL = "from analysis import ltv\nfrom analysis.report import show\nshow.sentence('a')"


def notebook(folder: Path, source: str = CELL, **metadata) -> Path:
    file = folder / "notebook.ipynb"
    cell = v4.new_code_cell(source, execution_count=metadata.pop("count", None))
    nbformat.write(v4.new_notebook(cells=[cell], metadata=metadata), file)
    return file


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of the package elsewhere, free to be changed."""
    folder = tmp_path / "elsewhere" / "analysis"
    shutil.copytree(PACKAGE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def of_copy(copied: Path, file: Path) -> dict[str, str]:
    code = (
        "import json, pathlib, sys; from analysis.report.fingerprints import code_fingerprints; "
        "print(json.dumps(code_fingerprints(pathlib.Path(sys.argv[1]))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, file], capture_output=True, text=True, check=True,
        env={"PYTHONPATH": str(copied.parent), "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    return json.loads(done.stdout)


def changed(before: dict, after: dict) -> set[str]:
    return {name for name in before if before[name] != after[name]}


def test_the_same_code_elsewhere_has_the_same_digits(copied: Path, tmp_path: Path):
    file = notebook(tmp_path)
    assert of_copy(copied, file) == code_fingerprints(file)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("ltv/observed.py", {"report", "package"}),
        ("style.py", {"report", "package"}),  # imported by what the notebook imports
        ("sql/observed_value.sql", {"report", "package"}),
        ("targets/acting.py", {"package"}),
        ("sql/campaign_ledger.sql", {"package"}),
        ("report/template/style.css", {"package"}),
    ],
)
def test_a_change_is_seen_where_it_can_matter(copied: Path, tmp_path: Path, path, expected):
    file = notebook(tmp_path)
    with (copied / path).open("a") as source:
        source.write("\n")
    assert changed(code_fingerprints(file), of_copy(copied, file)) == expected


def test_cells_count_as_written_and_not_what_they_showed(tmp_path: Path):
    before = code_fingerprints(notebook(tmp_path))
    assert code_fingerprints(notebook(tmp_path, count=7, title="saved again")) == before
    assert changed(before, code_fingerprints(notebook(tmp_path, CELL + " "))) == {"notebook"}


def test_inputs_beside_the_tables_are_told_by_content(home: Path):
    file = home / "notebooks" / "03_lifetime_value.ipynb"
    before = input_fingerprints("tiny", file, {"data": "", "long": "x" * 5000, "zero": "\0"})
    assert set(before) == {"shop_file", "campaigns", "ledgers", "files"}
    assert [before[name] for name in ("campaigns", "ledgers", "files")] == [None] * 3
    (home / "campaigns" / "tiny").mkdir(parents=True)
    (home / "campaigns" / "tiny" / "spring.yaml").write_text("title: Spring")
    with (home / "shops" / "tiny.yaml").open("a") as file_of_shop:
        file_of_shop.write("amount_rule: dollars\n")
    test = home / "test.csv"
    test.write_text("customer_id,arm")
    after = input_fingerprints("tiny", file, {"data": str(test)})
    assert changed(before, after) == {"shop_file", "campaigns", "files"}
    test.write_text("customer_id,arm,orders")
    assert changed(after, input_fingerprints("tiny", file, {"data": str(test)})) == {"files"}
