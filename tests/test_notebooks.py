import json
from pathlib import Path

import pytest

from analysis.errors import ParameterError
from analysis.notebooks import find_notebook, headings, list_notebooks, read_opening


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ANALYSIS_HOME", str(tmp_path))
    notebooks = tmp_path / "notebooks"
    notebooks.mkdir()
    for name in ("01_customer_analysis", "03_lifetime_value", "04_lifetime"):
        cells = [
            {"cell_type": "markdown", "source": ["# What *is* it?\n", "\n", "For\nall.\n\nMore"]}
        ]
        (notebooks / f"{name}.ipynb").write_text(json.dumps({"cells": cells}))
    return notebooks


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("03_lifetime_value", "03_lifetime_value"),
        ("03_lifetime_value.ipynb", "03_lifetime_value"),
        ("value", "03_lifetime_value"),
        ("VALUE", "03_lifetime_value"),
        ("04_lifetime", "04_lifetime"),
        ("01", "01_customer_analysis"),
    ],
)
def test_a_notebook_is_found_by_its_name_or_a_unique_part(folder, name, found):
    assert find_notebook(name) == folder / f"{found}.ipynb"


def test_a_notebook_is_found_by_its_path(folder, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert find_notebook("notebooks/04_lifetime.ipynb") == folder / "04_lifetime.ipynb"
    elsewhere = tmp_path / "own.ipynb"
    elsewhere.write_text("{}")
    assert find_notebook("own.ipynb") == elsewhere


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("lifetime", "means several notebooks: 03_lifetime_value, 04_lifetime"),
        ("03_livetime_value", "did you mean '03_lifetime_value'"),
        ("zzz", "there are 01_customer_analysis, 03_lifetime_value, 04_lifetime"),
        ("nowhere/value", "There is no notebook"),
        ("", "means several"),
    ],
)
def test_a_name_that_means_none_or_several_is_refused(folder, name, why):
    with pytest.raises(ParameterError, match=why):
        find_notebook(name)


def test_the_first_cell_says_title_and_purpose(folder):
    assert read_opening(list_notebooks()[0]) == ("What is it?", "For all.")


@pytest.mark.parametrize(
    ("cells", "title"),
    [([], "x"), ([{"cell_type": "code", "source": "# no"}], "x"),
     ([{"cell_type": "markdown", "source": "No heading"}], "x")],
)  # fmt: skip
def test_a_notebook_that_says_nothing_goes_by_its_name(tmp_path: Path, cells, title):
    (tmp_path / "x.ipynb").write_text(json.dumps({"cells": cells}))
    assert read_opening(tmp_path / "x.ipynb") == (title, "")


def test_a_file_that_is_no_notebook_is_refused(tmp_path: Path):
    (tmp_path / "x.ipynb").write_text("{}")
    with pytest.raises(ParameterError, match=r"x\.ipynb is no notebook"):
        read_opening(tmp_path / "x.ipynb")


def test_a_cell_lies_under_the_nearest_heading():
    texts = ["intro", "# A", None, "text", "## B\n\n```\n# not this\n```\n### C `x`", None]
    cells = [
        {"cell_type": "markdown", "source": text}
        if text
        else {"cell_type": "code", "source": "# no"}
        for text in texts
    ]
    assert headings(cells) == ["", "A", "A", "A", "C x", "C x"]
