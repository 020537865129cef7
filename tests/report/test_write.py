import json
from pathlib import Path

import jinja2
import pytest
from nbformat import v4

from analysis.report.write import write_run


@pytest.fixture
def notebook():
    """A notebook whose one cell displays a picture that no reader of texts could see."""
    picture = v4.new_output("display_data", data={"image/png": "iVBORw0KGgo="})
    cell = v4.new_code_cell("show(figure)", outputs=[picture], execution_count=1)
    return v4.new_notebook(cells=[v4.new_markdown_cell("# Title"), cell])


def record(outcome: str, code: int) -> dict:
    return {
        "shop": "shop", "report": "tiny", "title": "A <title>", "as_of": "2024-06-30",
        "outcome": outcome, "exit_code": code, "message": "", "failed_cell": None,
    }  # fmt: skip


def test_a_page_that_cannot_be_rendered_makes_a_failed_run(tmp_path: Path, notebook):
    run = write_run(tmp_path, notebook, record("ok", 0))
    assert (run["outcome"], run["exit_code"]) == ("page_error", 8)
    assert "alt text" in run["message"]
    assert json.loads((tmp_path / "run.json").read_text()) == run
    page = (tmp_path / "index.html").read_text()
    assert "alt text" in page
    assert "iVBORw0KGgo" not in page
    assert "iVBORw0KGgo" in (tmp_path / "notebook.ipynb").read_text()


def test_a_worse_failure_keeps_its_name(tmp_path: Path, notebook):
    run = write_run(tmp_path, notebook, record("kernel_died", 5))
    assert (run["outcome"], run["exit_code"]) == ("kernel_died", 5)


def test_even_a_broken_template_leaves_a_page_that_says_why(tmp_path: Path, notebook, monkeypatch):
    nowhere = jinja2.Environment(loader=jinja2.FileSystemLoader(tmp_path / "nowhere"))
    monkeypatch.setattr("analysis.report.templates.environment", lambda: nowhere)
    run = write_run(tmp_path, notebook, record("ok", 0))
    assert run["outcome"] == "page_error"
    page = (tmp_path / "index.html").read_text()
    assert "<h1>A &lt;title&gt;</h1>" in page
    assert "The page cannot be rendered." in page
