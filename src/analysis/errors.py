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


class CheckError(AnalysisError):
    """Refuse to publish numbers that a check says cannot be trusted."""


class PageError(AnalysisError):
    """Refuse to render a page that a reader could not use, such as a figure without alt text."""
