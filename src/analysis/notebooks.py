"""The notebooks that there are: found by name, and what their first cell and headings say."""

import difflib
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from analysis import paths
from analysis.errors import ParameterError

_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*\s*$")
_FENCE = re.compile(r"^\s*(```|~~~)")
_MARKS = re.compile(r"[*_`]{1,2}(\S(?:.*?\S)?)[*_`]{1,2}")


class Opening(NamedTuple):
    """What the first cell of a notebook says.

    Attributes:
        title: Its heading.
        purpose: The paragraph under it: who reads it and what decision it serves.
    """

    title: str
    purpose: str


def list_notebooks() -> list[Path]:
    """Return the notebooks in the order of their names."""
    return sorted(paths.notebooks_folder().glob("*.ipynb"))


def find_notebook(name: str) -> Path:
    """Return the notebook that a name, a unique part of one, or a path means.

    Raises:
        ParameterError: No notebook has that name, or several have that part.
    """
    known = {path.stem: path for path in list_notebooks()}
    stem = Path(name).name.removesuffix(".ipynb")
    if stem in known and (Path(name).name == name or _same(Path(name), known[stem])):
        return known[stem]
    if Path(name).suffix == ".ipynb" and Path(name).is_file():
        return Path(name).resolve()
    having = [each for each in known if stem.lower() in each.lower()] if stem == name else []
    if len(having) == 1:
        return known[having[0]]
    if having:
        raise ParameterError(f"'{name}' means several notebooks: {', '.join(having)}.")
    close = difflib.get_close_matches(stem, known, n=1, cutoff=0.5)
    hint = f"did you mean '{close[0]}'?" if close else f"there are {', '.join(known) or 'none'}."
    raise ParameterError(f"There is no notebook '{name}': {hint}")


def _same(path: Path, known: Path) -> bool:
    return path.resolve() == known.resolve()


def read_opening(notebook: Path) -> Opening:
    """Return what the first cell of a notebook says; its name where it says nothing.

    Raises:
        ParameterError: The file is no notebook.
    """
    try:
        cells = read_cells(notebook)
        text = "".join(cells[0]["source"]) if cells and cells[0]["cell_type"] == "markdown" else ""
    except (ValueError, KeyError, TypeError) as error:
        raise ParameterError(f"{notebook.name} is no notebook: it cannot be read.") from error
    head, *rest = text.strip().split("\n", 1)
    title = _HEADING.match(head)
    paragraph = "".join(rest).strip().split("\n\n")[0]
    purpose = " ".join(paragraph.split()) if title else ""
    return Opening(_without_marks(title[1]) if title else notebook.stem, _without_marks(purpose))


def read_cells(notebook: Path) -> list[dict[str, Any]]:
    """Return the cells of a notebook as its file holds them.

    Raises:
        OSError: The file cannot be read.
        ValueError, KeyError, TypeError: It is no notebook.
    """
    cells: list[dict[str, Any]] = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return cells


def headings(cells: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return for each cell the nearest heading at or above it, empty before the first.

    >>> headings([{"cell_type": "markdown", "source": "# Who"}, {"cell_type": "code"}])
    ['Who', 'Who']
    """
    names, last = [], ""
    for cell in cells:
        if cell["cell_type"] == "markdown":
            last = _last_heading("".join(cell["source"])) or last
        names.append(last)
    return names


def _last_heading(text: str) -> str:
    found, fenced = "", False
    for line in text.splitlines():
        if _FENCE.match(line):
            fenced = not fenced
        elif not fenced and (heading := _HEADING.match(line)):
            found = _without_marks(heading[1])
    return found


def _without_marks(text: str) -> str:
    return _MARKS.sub(r"\1", text)
