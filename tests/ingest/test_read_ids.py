"""What names an order or a customer, after spreadsheets had their way with it."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.engine import Workbench, workbench
from analysis.ingest.read_ids import IdReading, read_ids


@pytest.fixture(scope="module")
def bench() -> Iterator[Workbench]:
    with workbench() as connection:
        yield connection


def told(bench: Workbench, cells: list[str | None]) -> IdReading:
    bench.execute(
        "CREATE OR REPLACE TABLE cells AS SELECT unnest(CAST($cells AS VARCHAR[])) AS c3, "
        "unnest(range(len($cells))) AS place",
        {"cells": cells},
    )
    return read_ids(bench, "c3", title="Order")


def names(bench: Workbench, cells: list[str | None]) -> list[str | None]:
    sql = told(bench, cells).sql
    rows = bench.execute(f"SELECT {sql} FROM cells ORDER BY place").fetchall()
    return [name for (name,) in rows]


@pytest.mark.parametrize(
    ("cells", "right"),
    [
        (["13085", "13086"], ["13085", "13086"]),
        (["13085.0", "13086.0", "13087"], ["13085", "13086", "13087"]),
        (["13085.00", "13086,0"], ["13085", "13086"]),
        (["007.0", "7"], ["007", "7"]),
        # Where one has decimals, they are part of all names.
        (["13085.0", "13085.5"], ["13085.0", "13085.5"]),
        (["1.0", "1.10", "2.0"], ["1.0", "1.10", "2.0"]),
        # It may be a thousand.
        (["1.000", "2.000"], ["1.000", "2.000"]),
        (["0012", "'0013", "''0014", "'"], ["0012", "0013", "0014", None]),
        (["'13085.0"], ["13085"]),
        (["#1001", "A-1.0", "P.0"], ["#1001", "A-1.0", "P.0"]),
        # Digits that a spreadsheet dropped are lost.
        (["6.80653E+12", "6,8E+12", "7E+12", "6.80653E12", "6.8e+012", "6806530000000"],
         [None, None, None, None, None, "6806530000000"]),
        # Codes of a shop that look nearly so.
        (["1E5", "7E12", "E+12", "6.80653E", "68.1E+12", "1E-05", "6.8E+12A"],
         ["1E5", "7E12", "E+12", "6.80653E", "68.1E+12", "1E-05", "6.8E+12A"]),
        (["-", "NULL", "nan", "N/A", "\\N", "--", "\u2014", "Nancy", "0", "none"],
         [None, None, None, None, None, None, None, "Nancy", "0", "none"]),
        ([None, "a@example.com", "x'; DROP TABLE cells; --"],
         [None, "a@example.com", "x'; DROP TABLE cells; --"]),
        (["\uff11\uff12", "=1+1", "+5", "１２.0"], ["１２", "=1+1", "+5", "１２.0"]),
    ],
)  # fmt: skip
def test_names_are_what_they_were(bench, cells, right) -> None:
    assert names(bench, cells) == right


def test_what_was_done_to_names_is_said_and_told(bench) -> None:
    assert told(bench, ["13085.0"]).note == "Order: 13085.0 taken for 13085"
    assert told(bench, ["'13085,00"]).note == "Order: '13085,00 taken for 13085"
    assert told(bench, ["13085"]) == IdReading("c3")
    shortened = told(bench, ["6.8E+12", "1", None]).shortened
    rows = bench.execute(f"SELECT {shortened} FROM cells ORDER BY place").fetchall()
    assert rows == [(True,), (False,), (None,)]


@given(cells=st.lists(st.from_regex(r"[#A-Z0-9]{1,12}(-[0-9]{1,4})?", fullmatch=True), max_size=8))
def test_plain_names_stay_as_they_are_and_apart(bench, cells) -> None:
    assert names(bench, cells) == cells


@given(numbers=st.lists(st.integers(0, 10**15), max_size=8))
def test_numbers_that_became_decimals_are_whole_again(bench, numbers) -> None:
    assert names(bench, [f"{number}.0" for number in numbers]) == list(map(str, numbers))
