"""What a spreadsheet did to numbers that name things: `13085.0`, and `6.80653E+12`.

The first is undone where all numbers of a column are such; the second lost its digits, and whoever
took it for a number would make one order, or one customer, of many.
"""

from typing import NamedTuple

from analysis.engine import Workbench

# Cells with a point are few in columns of numbers; all else is told by these.
_PROBE = r"""
SELECT
    count(*) FILTER (regexp_full_match({cell}, '''?\d+\.0+')),
    count(*) FILTER (regexp_full_match({cell}, '''?\d+\.\d*[1-9]\d*')),
    count(*) FILTER (regexp_full_match({cell}, '\d([.,]\d+)?[eE]\+?\d{{1,2}}')),
    any_value({cell}) FILTER (regexp_full_match({cell}, '''?\d+\.0+'))
FROM cells WHERE contains({cell}, '.') OR contains({cell}, 'E') OR contains({cell}, 'e')
"""
_APOSTROPHES = "SELECT count(*) FROM cells WHERE starts_with({cell}, '''')"


class IdReading(NamedTuple):
    """How the cells of a column name things.

    Attributes:
        sql: Expression of the name, or null where it is lost.
        shortened: Expression of whether it was shortened; empty where none is.
        note: What a reader of the balance should know, or nothing.
    """

    sql: str
    shortened: str = ""
    note: str = ""


def read_ids(connection: Workbench, cell: str, *, title: str) -> IdReading:
    """Tell how the cells of a column of the table `cells` name things.

    Args:
        connection: Where the table is.
        cell: The column, such as `c17`.
        title: What it is called in sentences.
    """
    whole, broken, shortened, example = connection.execute(_PROBE.format(cell=cell)).fetchall()[0]
    (quoted,) = connection.execute(_APOSTROPHES.format(cell=cell)).fetchall()[0]
    bare = f"nullif(ltrim({cell}, ''''), '')"
    sql = f"CASE WHEN starts_with({cell}, '''') THEN {bare} ELSE {cell} END" if quoted else cell
    note = ""
    if whole and not broken:
        sql = f"regexp_replace({sql}, '^(\\d+)\\.0+$', '\\1')"
        note = f"{title}: {example} taken for {example.lstrip(chr(39)).split('.')[0]}"
    test = ""
    if shortened:
        test = f"regexp_full_match({cell}, '\\d([.,]\\d+)?[eE]\\+?\\d{{1,2}}')"
        sql = f"CASE WHEN NOT {test} THEN {sql} END"
    return IdReading(sql, test, note)
