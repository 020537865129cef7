"""Refusals that a person can read: one sentence that names the thing, its value and the fix."""


class AnalysisError(Exception):
    """Say in one sentence why something is refused and what to do about it."""

    def _render_traceback_(self) -> list[str]:
        # What a notebook shows instead of a stack trace, which would hide the sentence.
        return [f"{type(self).__name__}: {self}"]


class ParameterError(AnalysisError):
    """Refuse a request: an unknown name, a wrong type or an impossible value."""


class DataError(AnalysisError):
    """Refuse data that is missing, incomplete or too little for the question."""


class QuestionError(ParameterError):
    """Refuse a file that can be read in several ways until one key says which is meant.

    Attributes:
        key: The key of a mapping that would settle it, such as `day_first`.
        choices: Each value it may have, to what that means in the cells at hand.
        file: Name of the file.
    """

    def __init__(self, sentence: str, *, key: str, choices: dict[str, str], file: str = "") -> None:
        super().__init__(sentence)
        self.key = key
        self.choices = choices
        self.file = file


class AlarmError(DataError):
    """Refuse to replace tables by an import that would leave out too much of what was sold."""


class CheckError(AnalysisError):
    """Refuse to publish numbers that a check says cannot be trusted."""


class PageError(AnalysisError):
    """Refuse to render a page that a reader could not use, such as a figure without alt text."""
