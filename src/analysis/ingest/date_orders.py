"""Which of three numbers is day, month and year: told by all dates of a column, or asked."""

from datetime import date
from typing import NamedTuple

from analysis.engine import Workbench
from analysis.errors import QuestionError

_ORDERS = ("dmy", "mdy", "ymd")
_CENTURY_BEGINS = 95  # of two digits: 95 to 99 are of the last century
# So many dates that contradict all others are slips: they are set aside.
_SLIPS_SHARE = 0.02
_ENOUGH_CELLS = 200

_FITS = r"""
SELECT count(*), count(*) FILTER (dmy), count(*) FILTER (mdy), count(*) FILTER (ymd),
    count(*) FILTER (a <= 12 AND b <= 12), min(cell), max(cell),
    min(cell) FILTER (dmy AND NOT mdy), min(cell) FILTER (mdy AND NOT dmy),
    min(cell) FILTER (ymd AND NOT dmy AND NOT mdy)
FROM (
    SELECT cell, a, b,
        a BETWEEN 1 AND 31 AND b BETWEEN 1 AND 12 AND {year_last} AS dmy,
        -- With points between them, the month never comes first.
        a BETWEEN 1 AND 12 AND b BETWEEN 1 AND 31 AND {year_last} AND sign <> '.' AS mdy,
        $year_digits = 2 AND b BETWEEN 1 AND 12 AND c BETWEEN 1 AND 31 AND {year_first} AS ymd
    FROM (
        SELECT cell, {place}1) AS INTEGER) AS a, {place}3) AS INTEGER) AS b,
            {place}4) AS INTEGER) AS c, regexp_extract(cell, '^\d+(\D)', 1) AS sign
        FROM {cells}
        WHERE regexp_matches(cell, '^\d{{1,2}}[/.-]\d{{1,2}}[/.-](\d{{4}}|\d{{2}})\b')
            AND length(regexp_extract(cell, '^\d+\D\d+\D(\d+)', 1)) = $year_digits
    -- 00/00/0000 is how databases write that there is none.
    ) WHERE a + b + c > 0
)
"""
_PLACE = r"CAST(regexp_extract(cell, '^(\d+)(\D)(\d+)\D(\d+)', "

WORDS = {"dmy": "day first", "mdy": "month first", "ymd": "year first, of two digits"}


class DateOrder(NamedTuple):
    """How three numbers are a date.

    Attributes:
        order: Their order.
        example: A cell that tells; empty where the shop does.
        one_sided: Whether no cell could be read with day and month exchanged.
    """

    order: str
    example: str = ""
    one_sided: bool = False


class _Seen(NamedTuple):
    """How many dates of a column fit each order, and some of them."""

    dates: int
    fits: dict[str, int]
    exchangeable: int
    first: str
    last: str
    tells: dict[str, str]

    def possible(self) -> list[str]:
        """Return the orders that all dates fit, or all but a few slips."""
        whole = [order for order in _ORDERS if self.dates and self.fits[order] == self.dates]
        slips = self.dates * _SLIPS_SHARE if self.dates >= _ENOUGH_CELLS else 0
        return whole or [order for order in _ORDERS if self.fits[order] >= self.dates - slips]


def date_order(
    connection: Workbench,
    cells: str,
    digits: int,
    *,
    title: str,
    day_first: bool | None,
    today: date,
    where: str,
) -> DateOrder:
    """Tell the order of the three numbers of dates.

    Args:
        connection: Where they are.
        cells: A SELECT of one column, `cell`.
        digits: Of the year, two or four.
        title: What the column is called in sentences.
        day_first: What the shop says of 03/04/2024.
        today: The shop's day.
        where: Where a shop says how its files are written, for sentences.

    Raises:
        QuestionError: They fit several orders, or none.
    """
    seen = _seen(connection, cells, digits, today=today)
    one_sided = seen.dates > 0 and not seen.exchangeable
    if day_first is not None or not seen.dates:
        return DateOrder("mdy" if day_first is False else "dmy", one_sided=one_sided)
    possible = seen.possible()
    if len(possible) == 1:
        (order,) = possible
        return DateOrder(order, seen.tells[order] or seen.last, one_sided and order != "ymd")
    raise _question(seen, possible, title=title, where=where)


def _seen(connection: Workbench, cells: str, digits: int, *, today: date) -> _Seen:
    plain = "{0} <= $year OR {0} >= $century" if digits == 2 else "true"
    statement = _FITS.format(
        cells=f"({cells})",
        place=_PLACE,
        year_last=f"({plain.format('c')})",
        year_first=f"({plain.format('a')})" if digits == 2 else "false",
    )
    values = {"year_digits": digits}
    if digits == 2:
        values |= {"year": today.year % 100, "century": _CENTURY_BEGINS}
    dates, *found = connection.execute(statement, values).fetchall()[0]
    return _Seen(
        dates,
        dict(zip(_ORDERS, found[:3], strict=True)),
        found[3],
        found[4] or "",
        found[5] or "",
        dict(zip(_ORDERS, (cell or "" for cell in found[6:]), strict=True)),
    )


def _question(seen: _Seen, possible: list[str], *, title: str, where: str) -> QuestionError:
    one, other = seen.first, seen.last
    if not possible:
        one, other = seen.tells["mdy"] or one, seen.tells["dmy"] or other
    shown = one if one == other else f"{one} and {other}"
    choices = {"true": f"{one} has the day first", "false": f"{one} has the month first"}
    if not possible:
        return QuestionError(
            f"{title} holds {shown}, and no order of day, month and year reads "
            f"{'it' if one == other else 'both'}: correct the file, or say `day_first: true` or "
            f"`false` {where}; what is no date is then set aside.",
            key="day_first",
            choices=choices,
        )
    readings = ", ".join(WORDS[order] for order in possible)
    also = ', or `dates: ["%y/%m/%d"]`' if "ymd" in possible else ""
    return QuestionError(
        f"{title} holds dates such as {shown}, which can be read in more ways than one "
        f"({readings}): say `day_first: true` (the day comes first) or `day_first: false` "
        f"(the month){also} {where}.",
        key="day_first",
        choices=choices,
    )
