"""What a file leaves open, as a person is asked it, and what that person said."""

import shlex
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from analysis.errors import ParameterError

# States of orders, each said of one value or more.
STATES = ("keep", "drop")


class Answers(NamedTuple):
    """What a person said.

    Attributes:
        values: Key of a question to the answer.
        keep: States whose orders count as sales.
        drop: States whose orders do not.
    """

    values: Mapping[str, str] = {}  # never changed
    keep: frozenset[str] = frozenset()
    drop: frozenset[str] = frozenset()

    def get(self, key: str) -> str:
        """Return the answer to a question, empty where there is none yet."""
        return self.values.get(key, "")

    def with_setting(self, key: str, value: str) -> "Answers":
        """Return the answers with one more.

        >>> Answers().with_setting("keep", "sent").with_setting("currency", "EUR").get("currency")
        'EUR'
        """
        if key in STATES:
            return self._replace(**{key: getattr(self, key) | {value}})
        return self._replace(values={**self.values, key: value})


class Question(NamedTuple):
    """Something that only a person can say.

    Attributes:
        key: What the answer is called after `--set`.
        sentence: The question, with what there is to see.
        choices: Value to what it means; none where any text may be the answer.
        default: The likeliest answer, or nothing.
        state: The state of orders that is asked about; the choices are then keys of settings.
    """

    key: str
    sentence: str
    choices: Mapping[str, str] = {}  # never changed
    default: str = ""
    state: str = ""

    def setting(self, choice: str) -> tuple[str, str]:
        """Return key and value of the setting that an answer means."""
        return (choice, self.state) if self.state else (self.key, choice)

    @property
    def options(self) -> str:
        """What answers it on the command line."""
        settings = [self.setting(choice) for choice in self.choices] or [(self.key, "VALUE")]
        return " or ".join(f"--set {key}={shlex.quote(value)}" for key, value in settings)


def refusal(questions: Sequence[Question]) -> ParameterError:
    """Return what to raise where nobody can be asked.

    >>> str(refusal([Question("currency", "Which currency?")]))
    'Nothing is written. Which currency? Say --set currency=VALUE.'
    """
    asked = " ".join(f"{one.sentence} Say {one.options}." for one in questions)
    return ParameterError(f"Nothing is written. {asked}")
