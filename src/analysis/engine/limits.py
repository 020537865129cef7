"""How much a reduction may take: memory, threads, rows returned."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from analysis.errors import ParameterError

ROW_LIMIT = 5_000_000
_MEMORY = re.compile(r"\d+(\.\d+)?\s*[KMGT](i?)B", re.IGNORECASE)


class ResourceLimits(NamedTuple):
    """What the key `limits` of a shop's file says.

    Attributes:
        memory: What DuckDB may hold in memory before it spills to disk, such as `4GB`; empty for
            its own rule, four fifths of the machine.
        threads: Threads of DuckDB, 0 for one per core.
        rows: Rows that a reduction may return, on any engine.
    """

    memory: str = ""
    threads: int = 0
    rows: int = ROW_LIMIT


def read_limits(content: Any, *, where: str) -> ResourceLimits:
    """Check the limits of a shop's file.

    Args:
        content: What stands under the key.
        where: The file, for the sentence.

    Raises:
        ParameterError: A key is unknown, or its value is impossible.

    >>> read_limits({"memory": "2GB"}, where="shops/tiny.yaml")
    ResourceLimits(memory='2GB', threads=0, rows=5000000)
    """
    known = ", ".join(ResourceLimits._fields)
    if not isinstance(content, Mapping):
        raise ParameterError(f"limits of {where} == {content!r}, must be keys and values: {known}.")
    for key in content:
        if key not in ResourceLimits._fields:
            raise ParameterError(f"limits of {where} has the unknown key '{key}': known: {known}.")
    limits = ResourceLimits(**content)
    if limits.memory and not _MEMORY.fullmatch(str(limits.memory)):
        raise ParameterError(
            f"limits.memory of {where} == {limits.memory!r}, must be a size such as 4GB."
        )
    for key, least in (("threads", 0), ("rows", 1)):
        value = getattr(limits, key)
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise ParameterError(
                f"limits.{key} of {where} == {value!r}, must be a whole number >= {least}."
            )
    return limits
