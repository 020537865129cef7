"""Which decimal sign a column has: told by all its cells, or asked; never by a single one.

`1.234` is a thousand in one country and little more than one in another. Most columns hold cells
that can be read in one way only, such as `19,90`; those decide for all.
"""

import re
from typing import Any, Literal, NamedTuple

from analysis.engine import Workbench
from analysis.errors import ParameterError
from analysis.ingest.currencies import marks_of
from analysis.ingest.wide import is_wide, narrowed

Sign = Literal[".", ","]

# What may stand between groups of digits, or around a number.
_BLANKS = " \t\u00a0\u202f\u2007\u2009"
_APOSTROPHES = "'\u2019"
# The hyphen last: it begins a range anywhere else.
_MINUS = "\u2212\u2013\u25b3\u25b2-"
_SIGNS: tuple[Sign, ...] = (".", ",")
# So many cells that contradict all others are slips: they are set aside.
_SLIPS_SHARE = 0.02
_ENOUGH_CELLS = 200
_FAR_OFF = 1000
# Larger ones are none: they would not fit where they are multiplied.
_FITTING = "CAST(try_cast({0} AS DECIMAL(16, 4)) AS DECIMAL(18, 4))"

_PROBE = """
SELECT count(cell), count(try_cast(cell AS DECIMAL(18, 4))),
    count(*) FILTER (contains(cell, '.')),
    count(*) FILTER (contains(cell, '.') AND NOT starts_with(right(cell, 4), '.')),
    count(*) FILTER (contains(cell, 'e') OR contains(cell, 'E') OR contains(cell, '_'))
FROM {cells}
"""

_SHAPES = """
SELECT translate(cell, '0123456789', '9999999999') AS shape, count(*), any_value(cell)
FROM {cells} WHERE cell IS NOT NULL GROUP BY shape ORDER BY count(*) DESC LIMIT 2000
"""

# In cells with three digits behind their only sign: whether these can be decimals of the currency,
# and whether they cannot be anything else.
_IN_DOUBT = """
SELECT
    count(*) FILTER (NOT regexp_full_match(tail, '0*')) AS odd,
    min(cell) FILTER (regexp_matches(cell, '^\\D*0[.,]')) AS below_one,
    min(cell), max(cell)
FROM (SELECT cell, right(regexp_replace(cell, '\\D+$', ''), $beyond) AS tail FROM {cells})
WHERE regexp_matches(cell, '^\\D*\\d{{1,3}}[.,]\\d{{3}}\\D*$')
"""

_SPREAD = "SELECT max(abs(value)), median(abs(value)), arg_max(cell, abs(value)) FROM ({values})"


class NumberReading(NamedTuple):
    """How the cells of a column are numbers.

    Attributes:
        sql: Expression of the number, exact to four decimals or null, over `{0}`, the cell.
        sign: The decimal sign; None where no cell has one.
        note: What a reader of the balance should know, or nothing.
    """

    sql: str
    sign: Sign | None = None
    note: str = ""


class Doubtful(NamedTuple):
    """A column whose cells alone do not tell the sign: each has three digits behind its only one.

    Attributes:
        cells: Two of them.
        likely: The only reading that gives amounts of the currency, if there is one: it stands
            unless another column of the file tells the other sign.
    """

    cells: tuple[str, str]
    likely: NumberReading | None = None


PLAIN = NumberReading(_FITTING)


def read_numbers(
    connection: Workbench,
    cells: str,
    *,
    title: str,
    currency: str,
    decimal: str = "",
    decimals: int | None = None,
    where: str = "",
) -> NumberReading | Doubtful:
    """Tell how the cells of a column are numbers.

    Args:
        connection: Where they are.
        cells: A SELECT of one column, `cell`.
        title: What the column is called in sentences.
        currency: ISO code of the shop's currency, whose signs may stand beside a number.
        decimal: The decimal sign, where it is known.
        decimals: How many decimals money of this column can have; None where it is no money that
            was paid, such as a price before tax or a quantity.
        where: Where a shop says how its files are written, for sentences.

    Raises:
        ParameterError: Cells contradict one another.
    """
    total, plain, dotted, clear, odd = connection.execute(
        _PROBE.format(cells=f"({cells})")
    ).fetchall()[0]
    if plain == total and not odd and decimal != "," and (not dotted or clear or decimal == "."):
        return PLAIN._replace(sign="." if dotted else None)
    shapes = connection.execute(_SHAPES.format(cells=f"({cells})")).fetchall()
    if any(is_wide(shape) for shape, _, _ in shapes):
        return _read_narrowed(
            connection, cells, title=title, currency=currency, decimal=decimal, decimals=decimals,
            where=where,
        )  # fmt: skip
    found = {shape: _possible(shape, currency) for shape, _, _ in shapes}
    votes = {
        sign: sum(rows for shape, rows, _ in shapes if found[shape] == {sign}) for sign in _SIGNS
    }
    if decimal in _SIGNS:
        return _reading(decimal, currency, shapes, title)  # type: ignore[arg-type]
    if all(votes.values()):
        sign = max(_SIGNS, key=votes.__getitem__)
        if sum(votes.values()) < _ENOUGH_CELLS or min(votes.values()) > _SLIPS_SHARE * total:
            one, other = (
                next(cell for shape, _, cell in shapes if found[shape] == {sign}) for sign in _SIGNS
            )
            raise ParameterError(
                f"{title} holds {one} and {other}, and no decimal sign reads both: correct the "
                f'file, or say `decimal: "."` or `decimal: ","` {where}; what cannot be read is '
                "then set aside."
            )
        return _reading(sign, currency, shapes, title)
    for sign in _SIGNS:
        if votes[sign]:
            return _reading(sign, currency, shapes, title)
    if any(found[shape] == set(_SIGNS) and _digits_behind(shape) for shape, _, _ in shapes):
        return _doubtful(connection, cells, currency, shapes, title, decimals=decimals)
    return _reading(".", currency, shapes, title)._replace(sign=None, note="")


def read_doubtful(sign: Sign, *, currency: str, title: str) -> NumberReading:
    """Return the reading of a column whose sign another column of the file tells."""
    reading = _reading(sign, currency, [], title)
    return reading._replace(note=f"{title}: decimal {_NAMES[sign]}, as in other columns")


def read_as(cell: str, sign: Sign) -> str:
    """Say what a cell is under a decimal sign.

    >>> read_as("1.234", ","), read_as("1.234", ".")
    ('1.234 is 1234', '1.234 is 1.234')
    """
    thousands = "." if sign == "," else ","
    return f"{cell} is {cell.replace(thousands, '').replace(sign, '.')}"


_NAMES = {".": "point", ",": "comma"}


def _doubtful(
    connection: Workbench,
    cells: str,
    currency: str,
    shapes: list[tuple[str, int, str]],
    title: str,
    *,
    decimals: int | None,
) -> NumberReading | Doubtful:
    """Tell whether three digits behind the only sign can be decimals at all."""
    used = {_digits_behind(shape) for shape, _, _ in shapes} - {""}
    statement = _IN_DOUBT.format(cells=f"({cells})")
    beyond = 3 - (decimals or 0)
    odd, below_one, one, other = connection.execute(statement, {"beyond": beyond}).fetchall()[0]
    if len(used) != 1:
        return Doubtful((one, other))
    (mark,) = used
    if below_one:
        reading = _reading(mark, currency, shapes, title)
        note = f"{title}: decimal comma ({below_one})" if mark == "," else ""
        return reading._replace(note=note)
    if decimals is None or not odd:
        return Doubtful((one, other))
    reading = _reading("," if mark == "." else ".", currency, shapes, title)
    if mark == ".":
        note = f"{title}: {read_as(one, ',')}, as {currency} has no three decimals"
        reading = reading._replace(note=note)
    values = f"SELECT cell, {reading.sql.format('cell')} AS value FROM ({cells})"  # noqa: S608
    most, usual, cell = connection.execute(_SPREAD.format(values=values)).fetchall()[0]
    if most is not None and most > _FAR_OFF * usual:
        return Doubtful((cell, one if one != cell else other))
    return Doubtful((one, other), reading)


def _read_narrowed(connection: Workbench, cells: str, **how: Any) -> NumberReading | Doubtful:
    """Read cells with wide or unseen signs as what they are without."""
    inner = f"SELECT {narrowed('cell')} AS cell FROM ({cells})"  # noqa: S608
    reading = read_numbers(connection, inner, **how)

    def of_wide(one: NumberReading) -> NumberReading:
        return one._replace(sql=one.sql.replace("{0}", narrowed("{0}")))

    if isinstance(reading, NumberReading):
        return of_wide(reading)
    return reading._replace(likely=reading.likely and of_wide(reading.likely))


def _possible(shape: str, currency: str) -> set[str]:
    """Return the decimal signs under which a shape, digits as 9, is a number of this currency."""
    text = re.sub(_NO_CENTS, r"\1\2", shape)
    if not re.fullmatch(_ONE_SIGN, text):
        return set()
    return {sign for sign in _SIGNS if re.fullmatch(_whole(sign, currency), text, re.IGNORECASE)}


def _digits_behind(shape: str) -> str:
    """Return the only sign of a shape if three digits stand behind it, and 1 to 3 before it."""
    found = re.fullmatch(r"\D*9{1,3}([.,])999\D*", shape)
    return found[1] if found else ""


# `5.-` is five and no cents.
_NO_CENTS = "([0-9])[.,][\u2013\u2014-]+([^0-9]*)$"
# One sign at most, or a pair of brackets.
_ONE_SIGN = rf"[^()+{_MINUS}]*(?:[+{_MINUS}][^()+{_MINUS}]*|\([^()+{_MINUS}]*\)[^()+{_MINUS}]*)?"


def _number(sign: str) -> str:
    """Return what digits of a number look like; thousands in groups of three, in India of two."""
    thousands = "." if sign == "," else ","
    groups = "|".join(
        f"[1-9][0-9]{{0,2}}(?:{one}[0-9]{{{most}}})*{one}[0-9]{{3}}"
        for one, most in (
            (f"\\{thousands}", "2,3"),
            (f"[{_APOSTROPHES}]", "3"),
            (f"[{_BLANKS}]", "3"),
        )
    )
    return rf"(?:{groups}|[0-9]+)(?:\{sign}[0-9]*)?|\{sign}[0-9]+"


def _whole(sign: str, currency: str) -> str:
    """Return what a cell looks like, its number as the only group; `_ONE_SIGN` has to fit, too."""
    marks = "|".join(map(re.escape, marks_of(currency)))
    blank, mark = f"[{_BLANKS}]*", f"(?:{marks})?"
    before = f"{blank}[(+{_MINUS}]?{blank}{mark}{blank}[(+{_MINUS}]?{blank}"
    after = f"{blank}{mark}{blank}[){_MINUS}]?{blank}{mark}{blank}"
    return f"{before}({_number(sign)}){after}"


def _reading(
    sign: Sign, currency: str, shapes: list[tuple[str, int, str]], title: str
) -> NumberReading:
    """Return how cells are numbers under a decimal sign: what has none of it is null."""
    thousands = "." if sign == "," else ","
    text = "{0}"
    if any(re.search(_NO_CENTS, shape) for shape, _, _ in shapes):
        text = f"regexp_replace({text}, {_pattern(_NO_CENTS)}, '\\1\\2')"
    whole = _pattern(f"(?i)^{_whole(sign, currency)}$")
    drop = _quoted(thousands + _BLANKS + _APOSTROPHES)
    digits = f"translate(regexp_extract({text}, {whole}, 1), {drop}, '')"
    if sign != ".":
        digits = f"replace({digits}, '{sign}', '.')"
    fitting = _FITTING.replace("{0}", digits)
    negative = f"regexp_matches({text}, {_pattern(f'[({_MINUS}]')})"
    signed = f"regexp_full_match({text}, {_pattern(_ONE_SIGN)})"
    sql = f"CASE WHEN {signed} THEN {fitting} * CASE WHEN {negative} THEN -1 ELSE 1 END END"
    shown = next((cell for shape, _, cell in shapes if _possible(shape, currency) == {sign}), "")
    note = f"{title}: decimal {_NAMES[sign]} ({shown})" if shown and sign == "," else ""
    return NumberReading(f"CAST({sql} AS DECIMAL(18, 4))", sign, note)


def _pattern(pattern: str) -> str:
    """Return a pattern as SQL within an expression that is formatted once more."""
    return _quoted(pattern).replace("{", "{{").replace("}", "}}")


def _quoted(text: str) -> str:
    """Return a text of this module as SQL: none of them comes from a file."""
    return "'" + text.replace("'", "''") + "'"
