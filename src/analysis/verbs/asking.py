"""Asking a person on standard input, or refusing where nobody is there to be asked."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

from analysis.errors import ParameterError
from analysis.verbs.options import say

if TYPE_CHECKING:
    from analysis.ingest.guessing.questions import Question


def refuse(questions: Sequence["Question"]) -> NoReturn:
    """Refuse a request that leaves something open.

    Raises:
        ParameterError: Always, with the questions and what answers them.
    """
    from analysis.ingest.guessing.questions import refusal

    raise refusal(questions)


def ask(questions: Sequence["Question"]) -> tuple[str, str]:
    """Ask a person, until one of the choices is named or, where there are none, anything is."""
    question = questions[0]
    choices = list(question.choices)
    width = max(map(len, choices), default=0)
    say(["", question.sentence])
    say(
        f"  {number}  {choice:<{width}}  {question.choices[choice]}".rstrip()
        for number, choice in enumerate(choices, start=1)
    )
    while True:
        line = _read(question.default)
        if line is None:
            refuse(questions[:1])
        said = line or question.default
        if said.isdigit() and 0 < int(said) <= len(choices):
            return question.setting(choices[int(said) - 1])
        if said and (not choices or said in choices):
            return question.setting(said)
        say([f"Say 1 to {len(choices)}." if choices else "Say something."])


def confirm(sentence: str, *, otherwise: bool) -> bool:
    """Ask for yes or no; an empty line means what most would say.

    Raises:
        ParameterError: Nobody is there.
    """
    say(["", f"{sentence} {'[Y/n]' if otherwise else '[y/N]'}"])
    while True:
        line = _read()
        if line is None:
            raise ParameterError(f"Nothing is written. {sentence} Nobody says so: give --yes.")
        said = line.lower()
        if said in ("", "y", "yes", "n", "no"):
            return said[0] == "y" if said else otherwise
        say(["Say y or n."])


def _read(default: str = "") -> str | None:
    """Return what a person says in a line, None where nobody is there."""
    sys.stdout.write(f"> [{default}] " if default else "> ")
    sys.stdout.flush()
    line = sys.stdin.readline()
    if not line or not sys.stdin.isatty():  # a terminal has shown it already
        say([line.strip()])
    return line.strip() if line else None
