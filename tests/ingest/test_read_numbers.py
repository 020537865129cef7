"""Which number a cell is, told by its whole column: every right value here is worked by hand."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.engine import Workbench, workbench
from analysis.errors import ParameterError
from analysis.ingest.read_numbers import Doubtful, NumberReading, read_numbers

DECIMALS = {"JPY": 0, "EUR": 2, "USD": 2, "CHF": 2, "INR": 2, "GBP": 2, "SEK": 2, "BRL": 2,
            "TND": 3, "ZAR": 2}  # fmt: skip


@pytest.fixture(scope="module")
def bench() -> Iterator[Workbench]:
    with workbench() as connection:
        yield connection


def told(
    bench: Workbench,
    cells: list[str],
    currency: str = "EUR",
    *,
    paid: bool = True,
    decimal: str = "",
) -> NumberReading | Doubtful:
    bench.execute(
        "CREATE OR REPLACE TABLE cells AS SELECT unnest(CAST($cells AS VARCHAR[])) AS cell, "
        "unnest(range(len($cells))) AS place",
        {"cells": cells},
    )
    return read_numbers(
        bench,
        "SELECT cell FROM cells",
        title="Total of a.csv",
        currency=currency,
        decimal=decimal,
        decimals=DECIMALS[currency] if paid else None,
        where="in the shop's file",
    )


def values(bench: Workbench, reading: NumberReading) -> list[Decimal | None]:
    rows = bench.execute(f"SELECT {reading.sql.format('cell')} FROM cells ORDER BY place")
    return [value for (value,) in rows.fetchall()]


def read(bench: Workbench, cells: list[str], currency: str = "EUR", **how) -> list[Decimal | None]:
    """Return what cells are; where the currency's decimals alone tell, so do they here."""
    reading = told(bench, cells, currency, **how)
    if isinstance(reading, Doubtful):
        assert reading.likely, "in doubt"
        reading = reading.likely
    return values(bench, reading)


def numbers(*texts: str | None) -> list[Decimal | None]:
    return [None if text is None else Decimal(text) for text in texts]


@pytest.mark.parametrize(
    ("currency", "cells", "right"),
    [
        # One cell that can be read in one way only tells for all.
        ("EUR", ["1.234", "19,90"], ["1234", "19.90"]),
        ("EUR", ["1,234", "19.90"], ["1234", "19.90"]),
        ("EUR", ["1.234", "19.90"], ["1.234", "19.90"]),
        ("EUR", ["1,234", "19,90"], ["1.234", "19.90"]),
        ("EUR", ["12.500", "1.234.567"], ["12500", "1234567"]),
        ("EUR", ["12,500", "1,234,567.8"], ["12500", "1234567.8"]),
        ("EUR", ["1.234,50", "7"], ["1234.50", "7"]),
        ("EUR", ["1,234.50", "7"], ["1234.50", "7"]),
        ("EUR", ["12,5"], ["12.5"]),
        ("EUR", ["12,3456"], ["12.3456"]),
        ("EUR", ["1234,567"], ["1234.567"]),
        # A thousand never begins with a zero.
        ("EUR", ["0,500"], ["0.5"]),
        ("EUR", ["0.500", "1.250"], ["0.5", "1.25"]),
        ("EUR", ["0,500", "0.5"], [None, "0.5"]),
        # Nobody pays thousandths of a cent: three digits that are no cents are a thousand.
        ("EUR", ["1.234", "5.670"], ["1234", "5670"]),
        ("EUR", ["1,234"], ["1234"]),
        ("JPY", ["1,980"], ["1980"]),
        ("JPY", ["12,500", "980"], ["12500", "980"]),
        ("JPY", ["12.500", "980"], ["12500", "980"]),
        # Groups of other countries.
        ("INR", ["1,23,456.70", "12,34,567"], ["123456.70", "1234567"]),
        ("CHF", ["1'234.50", "12'500", "1\u2019234"], ["1234.50", "12500", "1234"]),
        ("EUR", ["1 234,50", "1\u00a0234,50", "1\u202f234,5"], ["1234.50", "1234.50", "1234.5"]),
        ("EUR", ["12 500"], ["12500"]),
        ("EUR", ["1 234 567.8"], ["1234567.8"]),
        # Less than nothing.
        ("EUR", ["(19.90)", "5.00"], ["-19.90", "5"]),
        ("EUR", ["19.90-", "5.00 -"], ["-19.90", "-5"]),
        ("EUR", ["\u221219.90", "-5", "\u20135.00"], ["-19.90", "-5", "-5"]),
        ("JPY", ["\u25b31,980", "\u25b2500", "\u25b2 500"], ["-1980", "-500", "-500"]),
        ("EUR", ["-1.234,50"], ["-1234.50"]),
        ("EUR", ["+5", "+5.50"], ["5", "5.50"]),
        # Signs of the shop's own currency.
        ("EUR", ["€19.90", "19.90 €", "EUR 19.90", "19.90eur"], ["19.90"] * 4),
        ("EUR", ["-€5.00", "€-5.00", "(€5.00)", "€ (5.00)", "- 5.00 €", "5.00 €-"], ["-5"] * 6),
        ("JPY", ["\\1,980", "¥1980", "￥1,980", "1,980円", "JPY 1980"], ["1980"] * 5),
        ("INR", ["Rs. 1,980.00", "Rs.5", "₹5", "Rs. .5"], ["1980", "5", "5", "0.5"]),
        ("BRL", ["R$ 1.980,00", "R$5,5"], ["1980", "5.5"]),
        ("SEK", ["1 980,00 kr", "kr. 5,50"], ["1980", "5.50"]),
        ("ZAR", ["R 1 980,50"], ["1980.50"]),
        # No cents.
        ("CHF", ["Fr. 5.-", "5.--", "1'200.\u2014", "5.50"], ["5", "5", "1200", "5.50"]),
        ("SEK", ["1.980,-", "5,50", "5,- kr"], ["1980", "5.50", "5"]),
        # Japanese keyboards, and blanks that nobody sees.
        ("JPY", ["１，９８０", "５００円", "－５００"], ["1980", "500", "-500"]),
        ("EUR", ["１２３．５０", "（1.50）"], ["123.50", "-1.50"]),
        ("JPY", ["1\u200b980", "\ufeff500"], ["1980", "500"]),
        # Noise of binary fractions.
        ("EUR", ["19.900000000000002", "0.30000000000000004"], ["19.90", "0.30"]),
        ("EUR", [".5", "5.", "-.5"], ["0.5", "5", "-0.5"]),
        ("EUR", ["0", "0.00", "-0"], ["0", "0", "0"]),
        ("TND", ["1.234", "12.5"], ["1.234", "12.5"]),
    ],
)
def test_a_column_is_read_as_a_whole(bench, currency, cells, right) -> None:
    assert read(bench, cells, currency) == numbers(*right)


@pytest.mark.parametrize(
    ("currency", "cell"),
    [
        ("EUR", "$19.90"),
        ("EUR", "£5.00"),
        ("USD", "¥1980"),
        ("EUR", "5 USD"),
        ("EUR", "19€90"),  # French shops write cents so; it is not 1,990
        ("EUR", "1.5E+3"),
        ("EUR", "1e3"),
        ("EUR", "1_000"),
        ("EUR", "5%"),
        ("EUR", "1.2.3"),
        ("EUR", "1,2,3"),
        ("EUR", "10 20"),
        ("EUR", "1 2 3"),
        ("CHF", "1'2"),
        ("EUR", "--5"),
        ("EUR", "-5-"),
        ("EUR", "(-5)"),
        ("EUR", "(5"),
        ("EUR", "5)"),
        ("EUR", "5-7"),
        ("EUR", "Infinity"),
        ("EUR", "NaN"),
        ("EUR", "0x10"),
        ("EUR", "12:30"),
        ("EUR", "1.234.56"),
        ("EUR", "="),
        ("EUR", "."),
        ("EUR", "€"),
        ("EUR", "٣٤"),
        ("EUR", "½"),
        ("EUR", "5' OR 1=1"),
        ("EUR", "{0}"),
    ],
)
def test_what_is_no_number_is_none(bench, currency, cell) -> None:
    assert read(bench, [cell, "7.50"], currency) == numbers(None, "7.50")
    assert read(bench, [cell], currency) == [None]


def test_blank_columns_are_no_numbers(bench) -> None:
    assert read(bench, []) == []
    assert values(bench, told(bench, [None, None])) == [None, None]
    assert read(bench, ["", " "]) == [None, None]


@pytest.mark.parametrize(
    "cell",
    ["1234567890123", "99999999999999.9999", "123456789012345678.00", "9" * 400,
     "1,234,567,890,123,456,789.00", "-99999999999999"],
)  # fmt: skip
def test_numbers_too_large_for_money_are_none_and_no_crash(bench, cell) -> None:
    assert read(bench, [cell, "7.50", "999999999999.9999"]) == numbers(
        None, "7.50", "999999999999.9999"
    )


@pytest.mark.parametrize(
    ("currency", "cells", "paid"),
    [
        ("EUR", ["12,500"], True),
        ("EUR", ["1.230", "5.670", "7"], True),
        ("JPY", ["12,000"], True),
        ("TND", ["1,234"], True),
        # A price before tax may well have thousandths.
        ("EUR", ["1,234"], False),
        ("EUR", ["1.234", "5"], False),
        # Both signs with three digits behind each.
        ("EUR", ["1.234", "1,234"], True),
        # 99,999 euros among fives are no likely total, and 99.999 is none at all.
        ("EUR", ["99.999", *["5"] * 50], True),
    ],
)
def test_three_digits_that_may_be_decimals_are_in_doubt(bench, currency, cells, paid) -> None:
    reading = told(bench, cells, currency, paid=paid)
    assert isinstance(reading, Doubtful)
    assert reading.likely is None
    assert set(reading.cells) <= set(cells)


def test_the_reading_that_stands_is_said(bench) -> None:
    assert told(bench, ["1.234,50"]).note == "Total of a.csv: decimal comma (1.234,50)"
    assert told(bench, ["0,500"]).note == "Total of a.csv: decimal comma (0,500)"
    assert told(bench, ["19.90", "1,234.50"]).note == ""
    assert told(bench, ["1.234"]).likely.note == (
        "Total of a.csv: 1.234 is 1234, as EUR has no three decimals"
    )
    assert told(bench, ["1,980"], "JPY").likely.note == ""


def test_cells_that_contradict_one_another_are_refused_with_two_of_them(bench) -> None:
    with pytest.raises(ParameterError) as refusal:
        told(bench, ["19.90", "19,90"])
    text = str(refusal.value)
    assert "Total of a.csv holds 19.90 and 19,90, and no decimal sign reads both" in text
    assert 'say `decimal: "."` or `decimal: ","` in the shop\'s file' in text
    assert len(text.splitlines()) == 1


def test_of_contradicting_cells_the_shop_s_sign_leaves_the_others_out(bench) -> None:
    cells = ["19.90", "19,90", "1.234"]
    assert read(bench, cells, decimal=".") == numbers("19.90", None, "1.234")
    assert read(bench, cells, decimal=",") == numbers(None, "19.90", "1234")


@pytest.mark.parametrize(("decimal", "right"), [(".", "12.5"), (",", "12500")])
def test_the_shop_s_sign_settles_a_doubt(bench, decimal, right) -> None:
    assert read(bench, ["12.500"], decimal=decimal) == numbers(right)


def test_slips_in_a_long_column_are_left_out_up_to_two_percent(bench) -> None:
    good = [f"{n},{n % 100:02}" for n in range(1000, 1294)]
    assert read(bench, [*good, *["19.90"] * 6])[-7:] == numbers("1293.93", *[None] * 6)
    with pytest.raises(ParameterError, match="no decimal sign reads both"):
        told(bench, [*good, *["19.90"] * 7])
    with pytest.raises(ParameterError, match="no decimal sign reads both"):
        told(bench, [*good[:190], "19.90"])


GROUPS = {".": ["", ",", "'", " ", "\u00a0", "\u202f"], ",": ["", ".", "'", " ", "\u00a0"]}
MINUS = ["-{}", "\u2212{}", "({})", "{}-", "\u25b3{}", "- {}"]
MARK = ["{}", "€{}", "{} €", "EUR {}", "{}EUR"]


def in_groups(whole: int, mark: str) -> str:
    return f"{whole:,}".replace(",", mark)


@st.composite
def columns(draw) -> tuple[list[str], list[Decimal], str, str]:
    """Draw amounts and how somebody wrote them, all in one way."""
    sign = draw(st.sampled_from(".,"))
    group = draw(st.sampled_from(GROUPS[sign]))
    minus, mark = draw(st.sampled_from(MINUS)), draw(st.sampled_from(MARK))
    cents = draw(st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=8))
    short = draw(st.booleans())
    cells = []
    for amount in cents:
        whole, rest = divmod(abs(amount), 100)
        text = in_groups(whole, group)
        text += "" if short and not rest else f"{sign}{rest:02}"
        text = mark.format(text)
        cells.append(minus.format(text) if amount < 0 else text)
    return cells, [Decimal(amount) / 100 for amount in cents], sign, group


@given(column=columns())
def test_whatever_way_amounts_are_written_they_are_never_read_wrongly(bench, column) -> None:
    cells, right, sign, _ = column
    reading = told(bench, cells)
    if isinstance(reading, Doubtful):
        # Only whole thousands are left, whose sign is no decimal sign: it is not in any cell.
        assert not any(sign in cell for cell in cells)
        if reading.likely:
            assert values(bench, reading.likely) == right
        reading = told(bench, cells, decimal=sign)
    assert values(bench, reading) == right


@given(cells=st.lists(st.text(max_size=12), max_size=6), currency=st.sampled_from(["EUR", "JPY"]))
def test_no_text_breaks_the_reading(bench, cells, currency) -> None:
    cells = [cell.replace("\0", "") for cell in cells]
    try:
        reading = told(bench, cells, currency)
    except ParameterError:
        return
    reading = reading.likely if isinstance(reading, Doubtful) else reading
    if reading:
        for cell, value in zip(cells, values(bench, reading), strict=True):
            assert value is None or any(mark.isdecimal() for mark in cell)
