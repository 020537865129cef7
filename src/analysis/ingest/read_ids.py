"""What a spreadsheet did to numbers that name things: `13085.0`, and `6.80653E+12`.

The first is undone where all numbers of a column are such; the second lost its digits, and whoever
took it for a number would make one order, or one customer, of many.
"""

from typing import NamedTuple

from analysis.engine import Workbench

# What spreadsheets and programs write where there is nothing, as SQL has a list.
NOTHING = (
    "('-', '--', '\u2013', '\u2014', 'NULL', 'null', 'NaN', 'nan', 'N/A', '\\N', "
    "'#N/A', '#REF!', '#VALUE!', '#NAME?', '#DIV/0!', '#NULL!', '#NUM!', '#SPILL!', '#CALC!', "
    "'#NOT CALCULATED')"
)

# A spreadsheet writes the sign of the exponent; other programs write decimals. A code such as 1E5
# has neither, and `1.000` may be a thousand.
_SHORTENED = r"\d([.,]\d+[eE]\+?|[eE]\+)\d{1,3}"
_WHOLE = r"'?\d+[.,]0{1,2}"
# Cells with a point are few in columns of numbers; all else is told by these.
_PROBE = r"""
SELECT
    count(*) FILTER (regexp_full_match({cell}, $whole)),
    count(*) FILTER (regexp_full_match({cell}, '[''0-9]\d*[.,]\d+')
        AND NOT regexp_full_match({cell}, $whole)),
    count(*) FILTER (regexp_full_match({cell}, $shortened)),
    min({cell}) FILTER (regexp_full_match({cell}, $whole))
FROM cells
WHERE contains({cell}, '.') OR contains({cell}, ',') OR contains({cell}, 'E')
    OR contains({cell}, 'e')
"""
_ODD = """
SELECT count(*) FILTER (starts_with({cell}, '''')), count(*) FILTER (starts_with({cell}, '="')),
    count(*) FILTER ((strlen({cell}) < 5 OR starts_with({cell}, '#')) AND {cell} IN {nothing})
FROM cells
"""


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
    whole, broken, shortened, example = connection.execute(
        _PROBE.format(cell=cell), {"whole": _WHOLE, "shortened": _SHORTENED}
    ).fetchall()[0]
    quoted, protected, nothing = connection.execute(
        _ODD.format(cell=cell, nothing=NOTHING)
    ).fetchall()[0]
    sql = f"CASE WHEN {cell} NOT IN {NOTHING} THEN {cell} END" if nothing else cell
    if quoted:
        bare = f"nullif(ltrim({cell}, ''''), '')"
        sql = f"CASE WHEN starts_with({cell}, '''') THEN {bare} ELSE {sql} END"
    if protected:
        # What some programs write so that spreadsheets leave a number alone.
        sql = f"regexp_replace({sql}, '^=\"(.*)\"$', '\\1')"
    note = ""
    if whole and not broken:
        sql = f"regexp_replace({sql}, '^(\\d+)[.,]0{{1,2}}$', '\\1')"
        note = f"{title}: {example} taken for {example.lstrip(chr(39))[:-2].rstrip('.,')}"
    test = ""
    if shortened:
        test = f"regexp_full_match({cell}, '{_SHORTENED}')"
        sql = f"CASE WHEN NOT {test} THEN {sql} END"
    return IdReading(sql, test, note)
