"""Agreeing on the file of a new shop: proposed, tried, asked about, until nothing is open."""

import tempfile
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from analysis.errors import ParameterError, QuestionError
from analysis.ingest.guessing.questions import Answers, Question
from analysis.ingest.new_shop import NewFile, Proposal, as_of_for, as_yaml, propose, read_new
from analysis.ingest.trial import Trial, states_to_ask, try_import

# Returns key and value of the setting that answers the first of several questions; raises what
# refuses the request where nobody can be asked.
Ask = Callable[[Sequence[Question]], tuple[str, str]]


class Agreed(NamedTuple):
    """What was agreed on.

    Attributes:
        content: What the shop's file says.
        files: The shop's files.
        trial: What they bring.
    """

    content: dict[str, Any]
    files: tuple[NewFile, ...]
    trial: Trial


def agree(name: str, files: Sequence[Path], answers: Answers, *, ask: Ask, home: Path) -> Agreed:
    """Ask until the file of a new shop is whole, and return it with what an import brings.

    Args:
        name: Name of the shop.
        files: Its export files.
        answers: What a person said beforehand.
        ask: Asks a person, or refuses the request.
        home: A folder for trials, which nobody else reads.

    Raises:
        ParameterError: Something is open that nobody can be asked, or an answer is none.
        DataError: A file cannot be read, or lacks what every file of orders has to tell.
    """
    states: dict[tuple[str, str], dict[str, int]] = {}
    while True:
        found = read_new(files, answers, folder=Path(tempfile.mkdtemp(dir=home)))
        proposal = propose(name, found, answers, _values(states))
        trial, questions, before = None, proposal.questions, _values(states)
        if not questions:
            trial, questions = _tried(name, proposal, found, answers, home)
        if trial:
            for place, rows in states_to_ask(trial, found, answers).items():
                states.setdefault(place, {}).update(rows)
            questions = _open(states, answers, files)
        if questions:
            answers = _answered(questions, name, found, answers, states, ask)
        elif trial and _values(states) == before:
            content = {**proposal.content, "as_of": _as_of(proposal.content, trial, answers)}
            return Agreed(content, tuple(found), trial)


def _tried(
    name: str, proposal: Proposal, files: Sequence[NewFile], answers: Answers, home: Path
) -> tuple[Trial | None, Sequence[Question]]:
    """Return what an import brings, or else the question that the files leave open."""
    text = as_yaml(proposal.content, files=[file.text.file for file in files])
    try:
        return try_import(name, text, files, home=home), ()
    except QuestionError as error:
        if answers.get(error.key):
            raise
        sentence = f"{str(error).partition(': say `')[0]}. Which is it?"
        return None, [Question(error.key, sentence, error.choices)]


def _answered(
    questions: Sequence[Question],
    name: str,
    files: Sequence[NewFile],
    answers: Answers,
    states: dict[tuple[str, str], dict[str, int]],
    ask: Ask,
) -> Answers:
    """Return the answers with that to the first question, asked again where it was none."""
    asked = questions
    while True:
        said = answers.with_setting(*ask(asked))
        try:
            propose(name, files, said, _values(states))
        except ParameterError as error:
            first, *others = questions
            asked = [first._replace(sentence=f"{error} {first.sentence}"), *others]
        else:
            return said


def _values(states: dict[tuple[str, str], dict[str, int]]) -> dict[tuple[str, str], list[str]]:
    return {place: list(rows) for place, rows in states.items()}


def _open(
    states: dict[tuple[str, str], dict[str, int]], answers: Answers, files: Sequence[Path]
) -> list[Question]:
    """Return a question for each state of which nobody has said yet whether it counts."""
    names = ", ".join(file.name for file in files)
    choices = {"keep": "they count", "drop": "they are set aside"}
    return [
        Question(
            "keep",
            f"{column} of {names} says '{value}' in {rows:,} orders: do such orders count as "
            "sales?",
            choices,
            state=value,
        )
        for (_, column), found in states.items()
        for value, rows in found.items()
        if value not in answers.keep | answers.drop
    ]


def _as_of(content: dict[str, Any], trial: Trial, answers: Answers) -> str:
    if answers.get("as_of") or trial.last_day is None:
        return content["as_of"]
    today = datetime.now(ZoneInfo(content["time_zone"])).date()
    return as_of_for(trial.last_day, today=today)
