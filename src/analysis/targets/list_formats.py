"""What a list looks like for each tool, read from YAML: a format is data, not code."""

import difflib
from collections.abc import Sequence
from functools import cache
from typing import Literal, NamedTuple

from analysis.errors import ParameterError
from analysis.yaml_file import read_bundled


class ListFormat(NamedTuple):
    """How one tool wants a list.

    Attributes:
        name: Its key, for the parameter `list_formats`.
        title: The tool's name.
        channel: Over what it reaches people; `any` leaves that to whoever uses the list.
        columns: Header of a column to what stands in it (see `lists`).
        needs: Without what a customer cannot be in the list.
        ending: Ending of the file's name.
        encoding: Encoding of the file.
        line_end: How lines end.
        header: Whether the first line names the columns.
        most_bytes: Most bytes of a text; 0 for any.
        most_rows: Most rows of a file; 0 for any.
        least_rows: Fewest rows that the tool accepts; fewer are written and told.
        skip_roles: Whether the tool refuses addresses of roles.
    """

    name: str
    title: str
    channel: Literal["email", "line", "any"]
    columns: dict[str, str]
    needs: Literal["email", "line_user_id", "customer"] = "email"
    ending: str = "csv"
    encoding: Literal["utf-8", "utf-8-sig", "cp932"] = "utf-8"
    line_end: Literal["crlf", "lf"] = "crlf"
    header: bool = True
    most_bytes: int = 0
    most_rows: int = 0
    least_rows: int = 0
    skip_roles: bool = False


@cache
def list_formats() -> dict[str, ListFormat]:
    """Return the formats that come along, by name."""
    return {
        name: ListFormat(name=name, **content)
        for name, content in read_bundled("targets", "formats").items()
    }


def choose_formats(names: Sequence[str]) -> list[ListFormat]:
    """Return the formats of these names.

    Raises:
        ParameterError: There is no such format.

    >>> choose_formats(["klavio"])
    Traceback (most recent call last):
        ...
    analysis.errors.ParameterError: There is no list format 'klavio': did you mean 'klaviyo'?
    """
    known = list_formats()
    for name in names:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean '{close[0]}'?" if close else f"known: {', '.join(known)}."
            raise ParameterError(f"There is no list format '{name}': {hint}")
    return [known[name] for name in dict.fromkeys(names)]
