"""A shop's file for export files that somebody has: what it would say, and what it lacks."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from glob import escape
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from analysis import paths
from analysis.errors import DataError, ParameterError
from analysis.ingest.digests import content_digest
from analysis.ingest.guessing.contents import Sample, read_sample, together
from analysis.ingest.guessing.header_words import is_header
from analysis.ingest.guessing.layout import guess_layout
from analysis.ingest.guessing.place import guess_place
from analysis.ingest.guessing.questions import Answers, Question
from analysis.ingest.layout_files import COMMON, list_layouts
from analysis.ingest.layouts import OWN, Layout
from analysis.ingest.recognize import fitting
from analysis.ingest.sources import shown
from analysis.ingest.text import Text, read_text
from analysis.notebooks import list_notebooks
from analysis.whole_files import write_whole

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
# What answers about a shop itself are called; all others are about its files.
PLACE = ("title", "currency", "time_zone", "language", "as_of")
_REPORTS = ("01_customer_analysis", "02_churn_points", "03_lifetime_value")
_STALE_DAYS = 31


class NewFile(NamedTuple):
    """A file of a new shop.

    Attributes:
        text: Its text.
        sample: Its first rows.
        layout: The format that comes along and fits it, or None.
    """

    text: Text
    sample: Sample
    layout: Layout | None


class Proposal(NamedTuple):
    """What the file of a new shop would say.

    Attributes:
        content: Its keys and values.
        questions: What a person has to say before it can be used.
    """

    content: dict[str, Any]
    questions: tuple[Question, ...]


# States that a format does not know: its name and their column, to the states.
States = Mapping[tuple[str, str], Sequence[str]]


def check_new(name: str, files: Sequence[Path]) -> list[Path]:
    """Refuse a name that is none for a new shop, and files that are not there.

    Returns:
        The files, each content once.

    Raises:
        ParameterError: The name is no file name, or there is such a shop.
    """
    if not _NAME.fullmatch(name):
        raise ParameterError(
            f"'{name}' is no name for a shop: use lower-case letters, digits, - and _, such as "
            "myshop."
        )
    taken = [paths.shops_folder() / f"{name}.yaml", paths.data_folder() / name]
    for place in taken:
        if place.exists():
            raise ParameterError(
                f"There is a shop '{name}' already ({shown(place)}): take another name, or import "
                f"into it with `crm import --shop {name} FILE...`."
            )
    if name == "private":
        raise ParameterError("'private' is the folder of keys and lists: take another name.")
    for file in files:
        if not file.is_file():
            raise ParameterError(f"{file} is no file: name an export file.")
    contents: dict[str, Path] = {}
    for file in files:
        contents.setdefault(content_digest(file), file)
    return list(contents.values())


def read_new(files: Iterable[Path], answers: Answers, *, folder: Path) -> list[NewFile]:
    """Read the files of a new shop, and tell which formats they have.

    Args:
        files: The files.
        answers: What a person said, such as `encoding` or `sheet`.
        folder: Where copies of them go.

    Raises:
        DataError: A file cannot be read, or is of a format that cannot be imported.
    """
    known = list_layouts()
    found = []
    for number, file in enumerate(files):
        place = folder / f"{number}"
        place.mkdir(exist_ok=True)
        text = read_text(
            file,
            folder=place,
            encoding=answers.get("encoding"),
            sheet=answers.get("sheet"),
            knows=lambda names: fitting(names, known) is not None or is_header(names),
        )
        layout = fitting(text.header, known)
        if layout and layout.unreadable:
            why = layout.unreadable.rstrip(".")
            raise DataError(f"{file.name} is of the format {layout.title}: {why}.")
        found.append(NewFile(text, read_sample(text), layout))
    return found


def propose(name: str, files: Sequence[NewFile], answers: Answers, states: States) -> Proposal:
    """Return what the file of a new shop would say, and what is to be asked.

    Args:
        name: Name of the shop.
        files: Its files.
        answers: What a person said.
        states: States of orders that a format of a file does not know.

    Raises:
        ParameterError: An answer is none.
        DataError: A file lacks a column that every file of orders has to have.
    """
    place = guess_place([file.sample for file in files], answers)
    guesses = [guess_layout(sample, answers) for sample in _alike(files)]
    questions = [*place.questions, *(one for guess in guesses for one in guess.questions)]
    mappings = _mappings([guess.mapping for guess in guesses], answers, states)
    content: dict[str, Any] = {
        "title": answers.get("title") or name,
        "currency": place.currency,
        "time_zone": place.time_zone,
        "as_of": answers.get("as_of") or "yesterday",
        "language": place.language,
        "source": {"files": file_patterns([file.text.file for file in files])},
    }
    if mappings:
        content["mapping"] = mappings[0] if len(mappings) == 1 else mappings
    there = {notebook.stem for notebook in list_notebooks()}
    content["reports"] = {report: None for report in _REPORTS if report in there}
    return Proposal(content, tuple({one.sentence: one for one in questions}.values()))


def _alike(files: Sequence[NewFile]) -> list[Sample]:
    """Return what is to be guessed at: files with the same columns tell more together."""
    found: dict[tuple[str, ...], list[Sample]] = {}
    for file in files:
        if file.layout is None:
            found.setdefault(tuple(file.sample.columns), []).append(file.sample)
    return [together(samples) for samples in found.values()]


def _mappings(
    guessed: Sequence[dict[str, Any]], answers: Answers, states: States
) -> list[dict[str, Any]]:
    """Return the mappings of a shop: guessed ones, formats it extends, values for all of them."""
    common = {key: _value(answers.get(key)) for key in COMMON if answers.get(key)}
    found: list[dict[str, Any]] = []
    for mapping in ({**one, **common} for one in guessed):
        if mapping not in found:
            found.append(mapping)
    extended: dict[str, dict[str, Any]] = {}
    for (layout, column), values in states.items():
        entry = _states(column, values, answers)
        if layout.startswith(OWN):
            found = [_with_states(mapping, entry) for mapping in found]
        else:
            base = extended.setdefault(layout, {"extends": layout, **common, "status": []})
            base["status"].append(entry)
    # Values without a layout stand over the formats that come along.
    return [*found, *extended.values()] or ([common] if common else [])


def _states(column: str, values: Sequence[str], answers: Answers) -> dict[str, Any]:
    """Return an entry of `status` for the states that a person decided on."""
    keep = [value for value in values if value in answers.keep]
    drop = {value: "cancelled" for value in values if value in answers.drop}
    return {"column": column} | ({"keep": keep} if keep else {}) | ({"drop": drop} if drop else {})


def _with_states(mapping: dict[str, Any], entry: dict[str, Any]) -> dict[str, Any]:
    """Return a mapping whose entry for the same column has more states."""
    statuses = [
        one | {
            "keep": [*one.get("keep", []), *entry.get("keep", [])],
            "drop": {**one.get("drop", {}), **entry.get("drop", {})},
        }
        if one["column"] == entry["column"] else one
        for one in mapping.get("status", [])
    ]  # fmt: skip
    return {**mapping, "status": statuses} if statuses else mapping


def _value(text: str) -> Any:
    """Return an answer as YAML has it: `true` is no text, and a list is one."""
    return yaml.safe_load(text) if text in ("true", "false") or text.startswith("[") else text


def file_patterns(files: Sequence[Path]) -> list[str]:
    """Return patterns that match these files; where they are all of one making, one for all.

    >>> file_patterns([Path("/no/such/orders.csv")])
    ['/no/such/orders.csv']
    """
    patterns: dict[str, None] = {}
    for file in dict.fromkeys(file.resolve() for file in files):
        alike = re.sub(r"\d+", "*", escape(file.name))
        alike = re.sub(r"\*([-_.]\*)+", "*", alike)
        same = sorted(file.parent.glob(alike))
        one_making = len(same) > 1 and set(same) <= {one.resolve() for one in files}
        folder = escape(shown(file.parent))
        patterns[str(Path(folder) / (alike if one_making else escape(file.name)))] = None
    return list(patterns)


def as_of_for(last_day: date, *, today: date) -> str:
    """Return the day that reports speak of: that of the last order where it lies well back."""
    return "last_order" if today - last_day > timedelta(days=_STALE_DAYS) else "yesterday"


def as_yaml(content: Mapping[str, Any], *, files: Sequence[Path]) -> str:
    """Return the text of a shop's file."""
    plain = {key: value for key, value in content.items() if key != "reports"}
    text = yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, default_flow_style=None)
    reports = [f"  {report}:" for report in content["reports"]]
    return "\n".join(
        [
            f"# Written by `crm new` from {', '.join(file.name for file in files)}.",
            text.rstrip(),
            "reports:" if reports else "reports: {}",
            *reports,
            "",
        ]
    )


def write_shop(name: str, text: str) -> Path:
    """Write the file of a new shop.

    Raises:
        ParameterError: Somebody has written one meanwhile.
    """
    file = paths.shops_folder() / f"{name}.yaml"
    if file.exists():
        raise ParameterError(
            f"There is a shop '{name}' already ({shown(file)}): nothing is written."
        )
    write_whole(file, text)
    return file
