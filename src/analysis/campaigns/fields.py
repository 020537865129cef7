"""Keys and values of a campaign file, taken out one by one, each refusal naming file and key."""

import difflib
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, NoReturn

from analysis.errors import ParameterError

_NEEDED = object()


class Fields:
    """A mapping of a file, and where it stands in it."""

    def __init__(self, content: Any, where: str) -> None:
        """Take a mapping.

        Args:
            content: What the file holds there.
            where: File and key, for messages.

        Raises:
            ParameterError: It is no mapping.
        """
        self.where = where
        if not isinstance(content, dict):
            self.refuse(f"== {content!r}, must hold keys and values")
        self.content: dict[str, Any] = {str(key): value for key, value in content.items()}

    def refuse(self, why: str) -> NoReturn:
        """Refuse the mapping."""
        raise ParameterError(f"{self.where} {why}.")

    def refuse_value(self, key: str, must: str) -> NoReturn:
        """Refuse a value, and say what it must be."""
        value = self.content.get(key)
        shown = value.isoformat() if isinstance(value, date) else repr(value)
        raise ParameterError(f"{self.where}: {key} == {shown}, must be {must}.")

    def allow(self, known: Sequence[str]) -> None:
        """Refuse keys that are not known."""
        for key in self.content:
            if key not in known:
                hint = _hint(key, known, "it takes")
                raise ParameterError(f"{self.where} has the unknown key '{key}': {hint}")

    def choose(self, key: str, value: str, known: Sequence[str]) -> None:
        """Refuse a value that is not one of those known; none known allows all."""
        if known and value not in known:
            hint = _hint(value, known, "it must be one of")
            raise ParameterError(f"{self.where}: {key} == {value!r}: {hint}")

    def text(self, key: str, default: Any = _NEEDED) -> Any:
        """Return a text that is not empty."""
        value = self._take(key, default)
        if value is default:
            return value
        if isinstance(value, bool | dict | list) or not str(value).strip():
            self.refuse_value(key, "a text")
        return str(value).strip()

    def texts(self, key: str, default: Any = _NEEDED) -> tuple[str, ...]:
        """Return texts, where one alone may stand without brackets."""
        value = self._take(key, default)
        parts = value if isinstance(value, list | tuple) else [value]
        if (value is not default and not parts) or any(
            isinstance(part, bool | dict | list) or part is None or not str(part).strip()
            for part in parts
        ):
            self.refuse_value(key, "a text or several, as in [one, two]")
        return tuple(str(part).strip() for part in parts)

    def number(
        self,
        key: str,
        default: Any = _NEEDED,
        *,
        above: float | None = None,
        low: float | None = None,
        high: float | None = None,
    ) -> Any:
        """Return a number within limits: `above` is excluded, `low` and `high` are included."""
        value = self._take(key, default)
        if value is default:
            return value
        must = _limits("a number", above, low, high)
        if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
            self.refuse_value(key, must)
        if (
            (above is not None and value <= above)
            or (low is not None and value < low)
            or (high is not None and value > high)
        ):
            self.refuse_value(key, must)
        return value

    def whole(self, key: str, default: Any = _NEEDED, *, low: int = 0) -> Any:
        """Return a whole number."""
        value = self._take(key, default)
        if value is default:
            return value
        if type(value) is not int or value < low:
            self.refuse_value(key, _limits("a whole number", None, low, None))
        return value

    def day(self, key: str, default: Any = _NEEDED) -> Any:
        """Return a day."""
        value = self._take(key, default)
        if value is default or type(value) is date:
            return value
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            self.refuse_value(key, "a date such as 2026-01-31")

    def inner(self, key: str) -> "Fields":
        """Return the mapping under a key."""
        return Fields(self._take(key, _NEEDED), f"{self.where}: {key}")

    def several(self, key: str) -> list["Fields"]:
        """Return the mappings listed under a key, none where it is absent."""
        value = self.content.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            self.refuse_value(key, "a list, each item after a dash")
        return [
            Fields(part, f"{self.where}: {key}[{place}]")
            for place, part in enumerate(value, start=1)
        ]

    def _take(self, key: str, default: Any) -> Any:
        value = self.content.get(key)
        if value is not None:
            return value
        if default is _NEEDED:
            raise ParameterError(f"{self.where} lacks the key '{key}': add it.")
        return default


def _limits(kind: str, above: float | None, low: float | None, high: float | None) -> str:
    parts = []
    if above is not None:
        parts.append(f"> {above:g}")
    if low is not None:
        parts.append(f">= {low:g}")
    if high is not None:
        parts.append(f"<= {high:g}")
    return " ".join((kind, " and ".join(parts))).strip()


def _hint(value: str, known: Iterable[str], otherwise: str) -> str:
    names = list(known)
    close = difflib.get_close_matches(value, names, n=1)
    return f"did you mean '{close[0]}'?" if close else f"{otherwise} {', '.join(names)}."
