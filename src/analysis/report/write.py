"""The files of a run: page, notebook and record, written even when not all of it can be."""

import copy
import json
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from analysis.errors import PageError
from analysis.report.front.trends import Trend
from analysis.report.outcome import Outcome, worst
from analysis.report.render import render


def write_run(
    folder: Path, notebook: NotebookNode, run: Mapping[str, Any], *, trends: Sequence[Trend] = ()
) -> dict[str, Any]:
    """Write `index.html`, `notebook.ipynb` and `run.json`; return the record as it was written.

    A page that cannot be rendered, or a disk that is full, makes a failed run of a good one: its
    page tells why instead of showing what the cells displayed.

    Raises:
        OSError: Not even the page without any output could be written.
    """
    run = dict(run)
    try:
        page = _page(notebook, run, trends)
    except PageError as error:
        run = _failed(run, Outcome.page_error, str(error))
        page = _page_without_outputs(notebook, run)
    try:
        _write(folder, notebook, page, run)
    except OSError as error:
        run = _failed(run, Outcome.disk_full, unwritten(error))
        bare = _without_outputs(notebook)
        _write(folder, bare, _page_without_outputs(notebook, run), run)
    return run


def unwritten(error: OSError) -> str:
    """Say why something could not be written."""
    return f"The result could not be written: {error.strerror or error}."


def _failed(run: Mapping[str, Any], outcome: Outcome, message: str) -> dict[str, Any]:
    if worst([Outcome[run["outcome"]], outcome]) is not outcome:
        return dict(run)
    return {
        **run,
        "outcome": outcome.name,
        "exit_code": outcome.exit_code,
        "message": message,
        "failed_cell": None,
    }


def _page(notebook: NotebookNode, run: Mapping[str, Any], trends: Sequence[Trend] = ()) -> str:
    try:
        return render(notebook, run, trends=trends)
    except PageError:
        raise
    except Exception as error:
        raise PageError(f"{type(error).__name__}: {error}") from error


def _page_without_outputs(notebook: NotebookNode, run: Mapping[str, Any]) -> str:
    try:
        return _page(_without_outputs(notebook), run)
    except PageError:
        title, message = escape(str(run["title"])), escape(str(run["message"]))
        return (
            f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
            f"<h1>{title}</h1><p>{escape(Outcome[run['outcome']].sentence)} {message}</p></html>\n"
        )


def _without_outputs(notebook: NotebookNode) -> NotebookNode:
    bare = copy.deepcopy(notebook)
    for cell in bare.cells:
        if cell.cell_type == "code":
            cell.outputs = []
    return bare


def _write(folder: Path, notebook: NotebookNode, page: str, run: Mapping[str, Any]) -> None:
    contents = {
        "index.html": page,
        "run.json": json.dumps(run, indent=2, ensure_ascii=False) + "\n",
        "notebook.ipynb": nbformat.writes(notebook) + "\n",
    }
    for name in contents:
        # What a first attempt left is room that a smaller second one may need.
        (folder / name).unlink(missing_ok=True)
    for name, text in contents.items():
        (folder / name).write_text(text, encoding="utf-8")
