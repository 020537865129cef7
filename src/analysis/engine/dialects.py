"""A reduction in another engine's SQL: sqlglot's translation, with its bound parameters."""

import re
from functools import cache
from typing import Literal

import sqlglot
from sqlglot import exp

from analysis.engine.statements import parameter_names

Dialect = Literal["postgres", "spark"]


@cache
def translate(statement: str, dialect: Dialect, stand_ins: tuple[tuple[str, str], ...] = ()) -> str:
    """Translate a statement from DuckDB's dialect.

    Bound parameters stay bound: `$as_of` becomes what the engine's own driver binds, `%(as_of)s`
    for psycopg and `:as_of` for Spark.

    Args:
        statement: One SELECT in the portable subset.
        dialect: The engine's own.
        stand_ins: Pairs of a table and the SELECT, in the engine's dialect, to read instead of it.

    >>> translate("SELECT date_diff('day', day, $as_of) AS age, 7 % 2 AS odd", "postgres")
    'SELECT (CAST(%(as_of)s AS DATE) - CAST(day AS DATE)) AS age, 7 %% 2 AS odd'
    """
    tree = _with_stand_ins(_parsed(statement, dialect), dialect, stand_ins)
    sql = tree.sql(dialect, comments=False)
    return _doubled_percent(sql, parameter_names(statement)) if dialect == "postgres" else sql


def readable(statement: str, dialect: Dialect) -> str:
    """Return the translation over several lines, for people and snapshots."""
    return _parsed(statement, dialect).sql(dialect, comments=False, pretty=True) + "\n"


def _parsed(statement: str, dialect: Dialect) -> exp.Expression:
    tree = sqlglot.parse_one(statement, read="duckdb")
    if dialect == "spark":
        # It never keeps the rows of a common table expression, and has no word for that.
        for expression in tree.find_all(exp.CTE):
            expression.set("materialized", None)
    return tree


def _with_stand_ins(
    tree: exp.Expression, dialect: Dialect, stand_ins: tuple[tuple[str, str], ...]
) -> exp.Expression:
    """Put a common table expression over each table that has a stand-in and is read."""
    read = {table.name for table in tree.find_all(exp.Table)}
    needed = [(table, select) for table, select in stand_ins if table in read]
    if not needed:
        return tree
    whole = exp.select("*").from_(tree.subquery("result"))
    for table, select in needed:
        inner = sqlglot.parse_one(select, read=dialect)
        # Not materialized: each use is planned as if it read the table itself.
        whole = whole.with_(exp.to_identifier(table), as_=inner, materialized=False)
    return whole


def _doubled_percent(sql: str, names: set[str]) -> str:
    """Double each percent sign that begins no parameter, as psycopg wants it."""
    marks = "|".join(sorted(map(re.escape, names))) or "(?!)"
    return re.sub(rf"%(?!\((?:{marks})\)s)", "%%", sql)
