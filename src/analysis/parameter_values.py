"""One parameter of a notebook, and the values it takes: by its declared type, never by guessing."""

import math
import re
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, NamedTuple

from analysis.errors import ParameterError

Value = str | int | float | bool | list[str]

_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_INTEGER = re.compile(r"[-+]?\d+", re.ASCII)
_FLOAT = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?", re.ASCII | re.IGNORECASE)
_TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class Parameter(NamedTuple):
    """One line of a parameters cell.

    Attributes:
        name: Name of the variable.
        type: `str`, `int`, `float`, `bool` or `list[str]`.
        default: Value that the notebook itself gives.
        meaning: What it means, with its unit, without the rule.
        low: Smallest value allowed, or None.
        high: Largest value allowed, or None.
        choices: Texts allowed; none means any.
        is_date: Whether it is an ISO date or empty.
        columns: Of a CSV or parquet file, the columns that it has to have, each by the names that
            are possible; none means that it is no such file.
    """

    name: str
    type: str
    default: Value
    meaning: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    is_date: bool = False
    columns: tuple[tuple[str, ...], ...] = ()

    @property
    def rule(self) -> str:
        """Say in words which values are allowed, or nothing where the type says it all."""
        if self.low is not None and self.high is not None:
            return f"from {_plain(self.low)} to {_plain(self.high)}"
        if self.choices:
            return f"one of {', '.join(self.choices)}"
        if self.columns:
            return f"with columns {', '.join(' or '.join(names) for names in self.columns)}"
        return "a date such as 2025-06-30, or empty" if self.is_date else ""


def cast_text(parameter: Parameter, text: str) -> Value:
    """Return the value that a text from the command line means, by the declared type alone.

    Raises:
        ParameterError: The text is not of that type, or the value breaks the parameter's rule.

    >>> cast_text(Parameter("weeks", "int", 1, "horizon"), "007")
    7
    >>> cast_text(Parameter("code", "str", "", "product code"), "007")
    '007'
    """
    try:
        value = CASTS[parameter.type](text)
    except ValueError:
        raise ParameterError(
            f"{parameter.name} == {text!r}, must be {_WORDS[parameter.type]}."
        ) from None
    return check_value(parameter, value)


def _cast_int(text: str) -> int:
    if not _INTEGER.fullmatch(text.strip()):
        raise ValueError(text)
    return int(text)


def _cast_float(text: str) -> float:
    if not _FLOAT.fullmatch(text.strip()) or not math.isfinite(float(text)):
        raise ValueError(text)
    return float(text)


def _cast_bool(text: str) -> bool:
    if text.strip().lower() not in _TRUTH:
        raise ValueError(text)
    return _TRUTH[text.strip().lower()]


def _cast_list(text: str) -> list[str]:
    items = [item.strip() for item in text.split(",")] if text.strip() else []
    if not all(items):
        raise ValueError(text)
    return items


CASTS: dict[str, Callable[[str], Value]] = {
    "str": str,
    "int": _cast_int,
    "float": _cast_float,
    "bool": _cast_bool,
    "list[str]": _cast_list,
}
_WORDS = {
    "str": "a text",
    "int": "a whole number such as 12",
    "float": "a finite number such as 0.5",
    "bool": "true or false",
    "list[str]": "texts with a comma between them, none of them empty",
}


def check_value(parameter: Parameter, value: object) -> Value:
    """Return the value in the declared type, if it is of that type and keeps the rule.

    A whole number stands for a float and a date for its ISO text; nothing else is converted.

    Raises:
        ParameterError: The type is another one, or the value breaks the parameter's rule.
    """
    if type(value) is date and parameter.type == "str":
        value = value.isoformat()
    if type(value) is int and parameter.type == "float":
        value = float(value)
    if not _has_type(parameter.type, value):
        raise ParameterError(
            f"{parameter.name} == {value!r}, must be {_WORDS[parameter.type]} ({parameter.type})."
        )
    if not _keeps_rule(parameter, value):
        raise ParameterError(f"{parameter.name} == {value!r}, must be {parameter.rule}.")
    return value


def _has_type(kind: str, value: object) -> bool:
    if kind == "list[str]":
        return isinstance(value, list) and all(type(item) is str for item in value)
    if kind == "float":
        return type(value) is float and math.isfinite(value)
    return type(value).__name__ == kind


def _keeps_rule(parameter: Parameter, value: Any) -> bool:
    if parameter.low is not None and parameter.high is not None:
        return parameter.low <= value <= parameter.high
    if parameter.choices:
        return all(item in parameter.choices for item in _each(value))
    return not (parameter.is_date and value) or _is_iso_date(value)


def _each(value: str | list[str]) -> Iterable[str]:
    return value if isinstance(value, list) else [value]


def _is_iso_date(text: str) -> bool:
    try:
        return bool(_ISO_DATE.fullmatch(text) and date.fromisoformat(text))
    except ValueError:
        return False


def _plain(number: float) -> str:
    return f"{number:g}" if abs(number) < 1e6 else f"{number:.0f}"
