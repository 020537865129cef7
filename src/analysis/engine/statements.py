"""The texts of the reductions: what they take, and how more rows than allowed are noticed."""

import re
from functools import cache
from importlib import resources

_INSTEAD = re.compile(r"^-- Counted instead: ([a-z0-9_]+)\.$", re.MULTILINE)


@cache
def reduction(name: str) -> str:
    """Return the text of `sql/NAME.sql`."""
    return (resources.files("analysis") / "sql" / f"{name}.sql").read_text(encoding="utf-8")


def parameter_names(statement: str) -> set[str]:
    """Return the names of the bound parameters of a statement.

    >>> sorted(parameter_names("SELECT $as_of, $window_days -- $comment"))
    ['as_of', 'window_days']
    """
    code = re.sub(r"--[^\n]*", "", statement)
    return set(re.findall(r"\$([a-z_]+)", code))


def quoted(name: str) -> str:
    """Return the name of a table or column as SQL takes any.

    >>> quoted('5" disc')
    '"5"" disc"'
    """
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def enclosed(statement: str) -> str:
    r"""Return a statement as a SELECT that begins with no WITH, in the order of the one within.

    >>> enclosed("WITH one AS (SELECT 1) FROM one")
    'SELECT * FROM (\nWITH one AS (SELECT 1) FROM one\n) AS reduction'
    """
    return f"SELECT * FROM (\n{statement}\n) AS reduction"  # noqa: S608 our own


def guarded(statement: str) -> str:
    r"""Return a statement that ends after `$most_rows` rows, in the order of the one within.

    >>> guarded("SELECT 1")
    'SELECT * FROM (\nSELECT 1\n) AS reduction LIMIT $most_rows'
    """
    return f"{enclosed(statement)} LIMIT $most_rows"


def counted_instead(statement: str) -> str:
    r"""Return the reduction that a file names for shops with too many rows, or empty.

    >>> counted_instead("-- One row per customer.\n-- Counted instead: btyd_cells.\nSELECT 1")
    'btyd_cells'
    """
    found = _INSTEAD.search(statement)
    return found[1] if found else ""
