"""How the cells of a column are dates: told by all of them together, or asked.

`03/04/2024` is in March or in April. A column that holds a 25 in one place tells; where none does,
the shop has to say. Everything else that carts and spreadsheets write can be read in one way only.
"""

import re
from collections.abc import Callable
from datetime import date
from typing import Any, NamedTuple

from analysis.engine import Workbench
from analysis.errors import DataError, QuestionError
from analysis.ingest.date_shapes import EPOCH_UNITS, DateShape, date_shape

# Of three numbers: which is day, month and year.
_ORDERS = ("dmy", "mdy", "ymd")
_CENTURY_BEGINS = 95  # of two digits: 95 to 99 are of the last century

_SAME = "SELECT count(cell), count(*) FILTER (regexp_full_match(cell, $shape)) FROM {cells}"
_SHAPES = """
SELECT translate(cell, '0123456789', '9999999999') AS shape, count(*), any_value(cell)
FROM {cells} WHERE cell IS NOT NULL GROUP BY shape ORDER BY count(*) DESC LIMIT 5000
"""
_PLACES = """
SELECT min(a), max(a), min(b), max(b), min(c), max(c), any_value(cell), arg_max(cell, a + b)
FROM (
    SELECT cell, {place}1) AS INTEGER) AS a, {place}2) AS INTEGER) AS b, {place}3) AS INTEGER) AS c
    FROM {cells} WHERE regexp_matches(cell, '^\\d{{1,2}}[/.-]\\d{{1,2}}[/.-](\\d{{4}}|\\d{{2}})\\b')
) WHERE length(regexp_extract(cell, '^\\d+\\D\\d+\\D(\\d+)', 1)) = $year_digits
"""
_PLACE = r"CAST(regexp_extract(cell, '^(\d+)\D(\d+)\D(\d+)', "

# Cells as strptime takes them: one blank before the time, no fraction, offsets in digits.
_NORMAL = (
    (r"(\d)(?:T|,?\s+)(\d{1,2}:)", r"\1 \2"),
    (r"(:\d\d)[.,]\d+", r"\1"),
    (r"\s*(?:Z|UTC|GMT)$", "+00:00"),
    (r"(:\d\d(?: [AP]M)?\s?[+-]\d\d)$", r"\1:00"),
    (r"\s*([AaPp])\.?([Mm])\.?$", r" \1\2"),
)
_OFFSET = r"\s*[+-]\d{2}:?\d{2}$"


class DateReading(NamedTuple):
    """How the cells of a column are time stamps.

    Attributes:
        sql: Expression of the moment on the shop's clock, or null, over `{0}`, the cell.
        note: What a reader of the balance should know, or nothing.
        order: Which of three numbers is day, month and year, where the cells told.
    """

    sql: str
    note: str = ""
    order: str = ""


def read_dates(
    connection: Workbench,
    cells: str,
    *,
    title: str,
    time_zone: str,
    zone: str = "",
    day_first: bool | None = None,
    formats: tuple[str, ...] = (),
    today: date,
    bind: Callable[[Any], str],
    where: str,
) -> DateReading:
    """Tell how the cells of a column are time stamps.

    Args:
        connection: Where they are.
        cells: A SELECT of one column, `cell`.
        title: What the column is called in sentences.
        time_zone: IANA name of the shop's zone.
        zone: Zone of cells that state none; the shop's where empty.
        day_first: What the shop says of 03/04/2024.
        formats: strptime formats, where the shop names them: nothing else is tried then.
        today: The shop's day.
        bind: Makes a value a parameter of the statement that the expression goes into.
        where: Where a shop says how its files are written, for sentences.

    Raises:
        QuestionError: The cells can be read in two ways, and both are possible.
        DataError: Not one cell is a date of a known notation.
    """
    other = bind(zone) if zone and zone != time_zone else ""
    local = _Local(bind(time_zone), other, bind)
    if formats:
        return DateReading(_coalesced([_parsed("{0}", list(formats), local)]))
    shapes = _shapes(connection, cells)
    found = {shape: date_shape(shape) for shape, _, _ in shapes}
    known = {shape: one for shape, one in found.items() if one}
    if shapes and not known:
        shape = re.sub(r"[^\W\d_]", "x", shapes[0][0])
        raise DataError(
            f"{title} holds cells such as {shape} (9: a digit, x: a letter), which is no notation "
            "of dates known here: name the column of dates, or how they are written under "
            f'`dates:`, such as ["%d.%m.%Y %H:%M"], {where}.'
        )
    orders, notes = {}, []
    for digits in sorted({one.year_digits for one in known.values()} - {0}):
        orders[digits], example = _order(
            connection, cells, digits, title=title, day_first=day_first, today=today, where=where
        )
        if day_first is None:
            notes.append(f"{_WORDS[orders[digits]]} ({example})")
    parts = _expressions(known, orders, local)
    notes += [
        f"{_COUNTED[str(one.counted)]} ({cell})"
        for shape, _, cell in shapes
        if (one := found[shape]) and one.counted
    ][:1]
    told = {order for order in orders.values() if day_first is None}
    return DateReading(
        _coalesced(parts),
        f"{title}: {', '.join(notes)}" if notes else "",
        told.pop() if len(told) == 1 else "",
    )


_WORDS = {"dmy": "day first", "mdy": "month first", "ymd": "year first, of two digits"}
_COUNTED = {
    "serial": "days as spreadsheets count them",
    "1": "seconds since 1970",
    "1000": "milliseconds since 1970",
}


class _Local(NamedTuple):
    """The zones of a column, as parameters, and what makes a value one."""

    time_zone: str
    zone: str
    bind: Callable[[Any], str]

    def from_zone(self, expression: str) -> str:
        """Return a moment of the cells' own zone on the shop's clock."""
        if not self.zone:
            return expression
        return f"timezone({self.time_zone}, timezone({self.zone}, {expression}))"

    def from_utc(self, expression: str) -> str:
        """Return a moment of UTC on the shop's clock."""
        return f"timezone({self.time_zone}, timezone('UTC', {expression}))"

    def listed(self, formats: list[str]) -> str:
        """Return formats as a list of parameters."""
        return f"[{', '.join(map(self.bind, formats))}]"


def _shapes(connection: Workbench, cells: str) -> list[tuple[str, int, str]]:
    """Return the shapes of a column with their counts; one look suffices where all are alike."""
    sample = connection.execute(
        f"SELECT any_value(cell) FROM ({cells})"  # noqa: S608
    ).fetchall()[0][0]
    if sample is None:
        return []
    shape = re.sub(r"[0-9]", "9", sample)
    if len(shape) < 40:
        pattern = re.escape(shape).replace("9", "[0-9]")
        total, alike = connection.execute(
            _SAME.format(cells=f"({cells})"), {"shape": pattern}
        ).fetchall()[0]
        if total == alike:
            return [(shape, total, sample)]
    return connection.execute(_SHAPES.format(cells=f"({cells})")).fetchall()


def _order(
    connection: Workbench,
    cells: str,
    digits: int,
    *,
    title: str,
    day_first: bool | None,
    today: date,
    where: str,
) -> tuple[str, str]:
    """Return which order of three numbers all cells can have, and a cell that tells."""
    if day_first is not None:
        return ("dmy" if day_first else "mdy"), ""
    statement = _PLACES.format(cells=f"({cells})", place=_PLACE)
    low_a, a, low_b, b, low_c, c, one, other = connection.execute(
        statement, {"year_digits": digits}
    ).fetchall()[0]
    year = today.year % 100

    def years(low: int, high: int) -> bool:
        return digits == 4 or high <= year or low >= _CENTURY_BEGINS or (
            high >= _CENTURY_BEGINS and low <= year
        )  # fmt: skip

    days = {"a": low_a > 0 and a <= 31, "b": low_b > 0 and b <= 31, "c": low_c > 0 and c <= 31}
    months = {"a": low_a > 0 and a <= 12, "b": low_b > 0 and b <= 12}
    possible = {
        "dmy": days["a"] and months["b"] and years(low_c, c),
        "mdy": months["a"] and days["b"] and years(low_c, c),
        "ymd": digits == 2 and months["b"] and days["c"] and years(low_a, a),
    }
    # With points between them, the month never comes first.
    if "." in re.sub(r"\s.*", "", one):
        possible["mdy"] = False
    left = [order for order in _ORDERS if possible[order]]
    if len(left) == 1:
        return left[0], other
    choices = {
        "true": f"{one} has the day first",
        "false": f"{one} has the month first",
    }
    if not left:
        raise QuestionError(
            f"{title} holds {one} and {other}, which no order of day, month and year reads both: "
            f"correct the file, or say `day_first: true` or "
            f"`false` {where}; what is no date is then set aside.",
            key="day_first",
            choices=choices,
        )
    readings = ", ".join(_WORDS[order] for order in left)
    also = ', or `dates: ["%y/%m/%d"]`' if "ymd" in left else ""
    raise QuestionError(
        f"{title} holds dates such as {one} and {other}, which can be read in more ways than one "
        f"({readings}): say `day_first: true` (the day comes first) or `day_first: false` "
        f"(the month){also} {where}.",
        key="day_first",
        choices=choices,
    )


def _expressions(known: dict[str, DateShape], orders: dict[int, str], local: _Local) -> list[str]:
    """Return an expression for each kind of notation that a column holds."""
    formats: dict[bool, list[str]] = {False: [], True: []}
    for one in known.values():
        if one.format:
            form = one.format
            if one.year_digits:
                form = _ordered(form, orders[one.year_digits])
            formats[one.zoned].append(form)
    text = _normal("{0}", known)
    parts = []
    for zoned, forms in formats.items():
        if forms:
            # Two digits of a year first: `%Y` takes 24 for the year 24.
            ordered = sorted(dict.fromkeys(forms), key=lambda form: "%y" not in form)
            parts.append(_parsed(text, ordered, local, zoned=zoned))
    counted = {one.counted for one in known.values() if one.counted}
    if "serial" in counted:
        days = "try_cast(replace({0}, ',', '.') AS DOUBLE)"
        fits = r"regexp_full_match({0}, '\d{{5}}([.,]\d+)?')"
        seconds = f"CAST(round({days} * 86400) AS BIGINT)"
        parts.append(
            f"CASE WHEN {fits} THEN "
            + local.from_zone(f"TIMESTAMP '1899-12-30' + to_seconds({seconds})")
            + " END"
        )
    for unit in sorted(one for one in counted if isinstance(one, int)):
        length = next(digits for digits, many in EPOCH_UNITS.items() if many == unit)
        moment = local.from_utc(f"make_timestamp(CAST({{0}} AS BIGINT) * {1_000_000 // unit})")
        parts.append(f"CASE WHEN regexp_full_match({{0}}, '\\d{{{{{length}}}}}') THEN {moment} END")
    return parts


def _ordered(form: str, order: str) -> str:
    """Put day and month, or the year, where an order has them."""
    if order == "ymd":
        return form.replace("%y", "\2").replace("\0", "%y").replace("\1", "%m").replace("\2", "%d")
    first, second = ("%d", "%m") if order == "dmy" else ("%m", "%d")
    return form.replace("\0", first).replace("\1", second)


def _normal(cell: str, known: dict[str, DateShape]) -> str:
    """Return a cell in its normal form; only what some shape needs is done."""
    text = cell
    for pattern, instead in _NORMAL:
        if any(re.search(pattern.replace(r"\d", "9"), shape) for shape in known) and not (
            instead == r"\1 \2" and not any("T" in s or re.search(r",? {2,}|, 9", s) for s in known)
        ):
            escaped = pattern.replace("{", "{{").replace("}", "}}")
            text = f"regexp_replace({text}, '{escaped}', '{instead}')"
    return text


def _parsed(text: str, formats: list[str], local: _Local, *, zoned: bool | None = None) -> str:
    """Return what strptime makes of a text; formats without and with an offset apart."""
    with_offset = [form for form in formats if "%z" in form]
    without = [form for form in formats if "%z" not in form]
    parts = []
    if with_offset and zoned is not False:
        # With a zone the engine takes February 30 for March 1; without one it does not.
        plainly = local.listed([form.replace("%z", "").strip() for form in with_offset])
        offset = _OFFSET.replace("{", "{{").replace("}", "}}")
        exists = f"try_strptime(regexp_replace({text}, '{offset}', ''), {plainly}) IS NOT NULL"
        if all(form.startswith(("%Y-%m-%d", "%Y/%m/%d")) for form in with_offset):
            # The first ten characters tell in a fifth of the time, for nearly all.
            exists = f"try_cast(left({text}, 10) AS DATE) IS NOT NULL OR {exists}"
        moment = f"timezone({local.time_zone}, try_strptime({text}, {local.listed(with_offset)}))"
        parts.append(f"CASE WHEN {exists} THEN {moment} END")
    if without:
        moment = f"CAST(try_strptime({text}, {local.listed(without)}) AS TIMESTAMP)"
        parts.append(local.from_zone(moment))
    return _coalesced(parts)


def _coalesced(parts: list[str]) -> str:
    if not parts:
        return "CAST(NULL AS TIMESTAMP)"
    return parts[0] if len(parts) == 1 else f"coalesce({', '.join(parts)})"
