"""How the cells of a column are dates: told by all of them together, or asked.

`03/04/2024` is in March or in April. A column that holds a 25 in one place tells; where none does,
the shop has to say. Everything else that carts and spreadsheets write can be read in one way only.
"""

import re
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, NamedTuple

from analysis.engine import Workbench, WorkbenchError
from analysis.errors import DataError, ParameterError
from analysis.ingest.date_orders import WORDS, DateOrder, date_order
from analysis.ingest.date_shapes import (
    BESIDE,
    EPOCH_UNITS,
    ERA,
    ERA_BEGINS,
    DateShape,
    date_shape,
)
from analysis.ingest.wide import is_wide, narrowed

_SAME = "SELECT count(cell), count(*) FILTER (regexp_full_match(cell, $shape)) FROM {cells}"
_SHAPES = """
SELECT translate(cell, '0123456789', '9999999999') AS shape, count(*), any_value(cell)
FROM {cells} WHERE cell IS NOT NULL GROUP BY shape ORDER BY count(*) DESC LIMIT 5000
"""
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
        ParameterError: A format is none, or a spreadsheet exchanged days and months.
        DataError: Not one cell is a date of a known notation.
    """
    other = bind(zone) if zone and zone != time_zone else ""
    local = _Local(bind(time_zone), other, bind)
    if formats:
        _check_formats(connection, formats, where=where)
        return DateReading(_parsed("{0}", list(formats), local))
    shapes = _shapes(connection, cells)
    if any(is_wide(shape) for shape, _, _ in shapes):
        reading = read_dates(
            connection, f"SELECT {narrowed('cell')} AS cell FROM ({cells})",  # noqa: S608
            title=title, time_zone=time_zone, zone=zone, day_first=day_first, today=today,
            bind=bind, where=where,
        )  # fmt: skip
        return reading._replace(sql=reading.sql.replace("{0}", narrowed("{0}")))
    found = {shape: date_shape(shape) for shape, _, _ in shapes}
    known = {shape: one for shape, one in found.items() if one}
    if shapes and not known:
        shape = re.sub(r"[^\W\d_]", "x", shapes[0][0])
        raise DataError(
            f"{title} holds cells such as {shape} (9: a digit, x: a letter), which is no notation "
            "of dates known here: name the column of dates, or how they are written under "
            f'`dates:`, such as ["%d.%m.%Y %H:%M"], {where}.'
        )
    told = {
        digits: date_order(
            connection, cells, digits, title=title, day_first=day_first, today=today, where=where
        )
        for digits in sorted({one.year_digits for one in known.values()} - {0})
    }
    counted = {
        str(known[shape].counted): cell
        for shape, _, cell in reversed(shapes)
        if shape in known and known[shape].counted
    }
    _refuse_exchanged(told.values(), counted.get("serial", ""), title=title, where=where)
    parts = _expressions(known, {digits: one.order for digits, one in told.items()}, local)
    notes = [f"{WORDS[one.order]} ({one.example})" for one in told.values() if one.example]
    notes += [f"{_COUNTED[unit]} ({cell})" for unit, cell in sorted(counted.items())]
    orders = {one.order for one in told.values() if one.example}
    return DateReading(
        _coalesced(parts),
        f"{title}: {', '.join(notes)}" if notes else "",
        orders.pop() if len(orders) == 1 else "",
    )


def _check_formats(connection: Workbench, formats: tuple[str, ...], *, where: str) -> None:
    """Refuse a format that strptime does not know.

    Raises:
        ParameterError: There is one.
    """
    for form in formats:
        try:
            connection.execute("SELECT try_strptime('', $form)", {"form": form})
        except WorkbenchError as error:
            raise ParameterError(
                f"dates {where} == {form!r}, and the engine cannot read dates so written "
                f'({str(error).splitlines()[0]}): write a format such as "%d.%m.%Y %H:%M".'
            ) from None


def _refuse_exchanged(orders: Iterable[DateOrder], serial: str, *, title: str, where: str) -> None:
    """Refuse what a spreadsheet makes of 03/04/2024 and 25/04/2024 if it expects the month first.

    The first becomes a day in March, counted; the second stays as it is written.

    Raises:
        ParameterError: No date in writing could be read with day and month exchanged, and some are
            counted.
    """
    for order in orders:
        if serial and order.one_sided:
            raise ParameterError(
                f"{title} holds {order.example or 'dates'} and {serial}, days as spreadsheets "
                "count them: it seems that a spreadsheet took days for months wherever it could; "
                "export it again and do not save it in between, or say how dates are written "
                f"under `dates:` {where}, and the others are set aside."
            )


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
            parts.append(_parsed(text, list(dict.fromkeys(forms)), local, zoned=zoned))
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
        count = f"CAST(CAST({{0}} AS DECIMAL(22, 6)) * {1_000_000 // unit} AS BIGINT)"
        fits = rf"regexp_full_match({{0}}, '\d{{{{{length}}}}}(\.\d+)?')"
        parts.append(f"CASE WHEN {fits} THEN {local.from_utc(f'make_timestamp({count})')} END")
    return parts


def _ordered(form: str, order: str) -> str:
    """Put day and month, or the year, where an order has them."""
    if order == "ymd":
        return form.replace("%y", "\2").replace("\0", "%y").replace("\1", "%m").replace("\2", "%d")
    first, second = ("%d", "%m") if order == "dmy" else ("%m", "%d")
    return form.replace("\0", first).replace("\1", second)


def _normal(cell: str, known: dict[str, DateShape]) -> str:
    """Return a cell in its normal form; only what some shape needs is done."""
    text = _without_era(cell) if any(one.era for one in known.values()) else cell
    for pattern, instead in (*BESIDE, *_NORMAL):
        if any(re.search(pattern.replace(r"\d", "9"), shape) for shape in known) and not (
            instead == r"\1 \2" and not any("T" in s or re.search(r",? {2,}|, 9", s) for s in known)
        ):
            escaped = pattern.replace("{", "{{").replace("}", "}}")
            text = f"regexp_replace({text}, '{escaped}', '{instead}')"
    return text


def _without_era(cell: str) -> str:
    """Return a cell with the year of the common era: the first year of an era has a name."""
    begins = " ".join(
        f"WHEN left({cell}, 1) IN ('{names[0]}', '{names[1]}') THEN {year}"
        for names, year in ERA_BEGINS.items()
    )
    era = ERA.replace("{", "{{").replace("}", "}}")
    told = f"regexp_extract({cell}, '^{era}')"
    number = f"coalesce(try_cast(regexp_extract({told}, '[0-9]+') AS INTEGER), 1)"
    common = f"concat(CASE {begins} END + {number} - 1, regexp_replace({cell}, '^{era}', ''))"
    return f"CASE WHEN regexp_matches({cell}, '^{era}[年./-]') THEN {common} ELSE {cell} END"


def _parsed(text: str, formats: list[str], local: _Local, *, zoned: bool | None = None) -> str:
    """Return what strptime makes of a text; formats without and with an offset apart."""
    # Two digits of a year first: `%Y` takes 24 for the year 24.
    ordered = sorted(formats, key=lambda form: "%y" not in form)
    with_offset = [form for form in ordered if "%z" in form]
    without = [form for form in ordered if "%z" not in form]
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
