"""Which moment a cell is, told by its whole column: every right value here is worked by hand."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.engine import Workbench, workbench
from analysis.errors import DataError, ParameterError, QuestionError
from analysis.ingest.read_dates import DateReading, read_dates

TODAY = date(2024, 6, 30)


class Read(NamedTuple):
    moments: list[datetime | None]
    note: str
    order: str


@pytest.fixture(scope="module")
def bench() -> Iterator[Workbench]:
    with workbench() as connection:
        yield connection


def read(bench: Workbench, cells: list[str | None], *, zone_of_shop="Asia/Tokyo", **how) -> Read:
    bench.execute(
        "CREATE OR REPLACE TABLE cells AS SELECT unnest(CAST($cells AS VARCHAR[])) AS cell, "
        "unnest(range(len($cells))) AS place",
        {"cells": cells},
    )
    parameters: dict[str, Any] = {}

    def bind(value: Any) -> str:
        parameters[f"p{len(parameters)}"] = value
        return f"$p{len(parameters) - 1}"

    reading: DateReading = read_dates(
        bench,
        "SELECT cell FROM cells",
        title="Date of a.csv",
        time_zone=zone_of_shop,
        today=TODAY,
        bind=bind,
        where="in the shop's file",
        **how,
    )
    statement = f"SELECT {reading.sql.format('cell')} FROM cells ORDER BY place"
    used = set(re.findall(r"\$(p\d+)", statement))
    rows = bench.execute(statement, {name: parameters[name] for name in used}).fetchall()
    return Read([moment for (moment,) in rows], reading.note, reading.order)


def moments(*texts: str | None) -> list[datetime | None]:
    return [None if text is None else datetime.fromisoformat(text) for text in texts]


@pytest.mark.parametrize(
    ("cells", "right"),
    [
        (["2024-03-02", "2024-3-2", "2024/03/02", "2024.03.02"], ["2024-03-02"] * 4),
        (["2024-03-02 10:05", "2024/3/2 9:05:06"], ["2024-03-02T10:05", "2024-03-02T09:05:06"]),
        (["2024-03-02T10:05:06.123456", "2024-03-02 10:05:06,5"], ["2024-03-02T10:05:06"] * 2),
        # Zones: noon in Tokyo is 3 o'clock in Greenwich.
        (["2024-03-02T03:00:00Z", "2024-03-02 03:00:00 UTC"], ["2024-03-02T12:00"] * 2),
        (["2024-03-01T22:00:00-05:00", "2024-03-01 22:00 -0500"], ["2024-03-02T12:00"] * 2),
        (["2024-03-02T12:00:00.9+09:00", "2024-03-02 12:00+09"], ["2024-03-02T12:00"] * 2),
        # One cell is only possible in one way, and tells for all.
        (["03/04/2024", "25/04/2024"], ["2024-04-03", "2024-04-25"]),
        (["03/04/2024", "04/25/2024"], ["2024-03-04", "2024-04-25"]),
        (["3-4-2024 9:05", "25-4-2024 23:59"], ["2024-04-03T09:05", "2024-04-25T23:59"]),
        (["9/6/16", "9/13/16"], ["2016-09-06", "2016-09-13"]),
        (["24/03/02", "24/12/31"], ["2024-03-02", "2024-12-31"]),
        (["31.12.99", "01.02.24"], ["1999-12-31", "2024-02-01"]),
        # With points, the month never comes first.
        (["03.04.2024", "3.4.2024 9:05"], ["2024-04-03", "2024-04-03T09:05"]),
        # Days that do not exist.
        (["2024-02-30", "2023-02-29", "2024-02-29"], [None, None, "2024-02-29"]),
        (["2024-02-30T10:00:00Z", "2024-02-29T10:00:00Z"], [None, "2024-02-29T19:00"]),
        (["30/02/2024", "25/04/2024"], [None, "2024-04-25"]),
        (["2024-03-02 24:00", "2024-03-02 23:60", "2024-03-02 23:59"],
         [None, None, "2024-03-02T23:59"]),
        (["0000-00-00 00:00:00", "2024-01-02 00:00:00"], [None, "2024-01-02"]),
        (["00/00/0000", "25/04/2024"], [None, "2024-04-25"]),
        # Noon and midnight.
        (["1/13/2024 12:00 AM", "1/13/2024 12:00 PM", "1/13/2024 12:30:15 am"],
         ["2024-01-13", "2024-01-13T12:00", "2024-01-13T00:30:15"]),
        (["1/13/2024 1:05 p.m.", "1/13/2024 1:05pm", "1/13/2024, 1:05:06 PM"],
         ["2024-01-13T13:05", "2024-01-13T13:05", "2024-01-13T13:05:06"]),
        (["1/13/2024 13:05 PM", "1/13/2024 1:05 PM"], [None, "2024-01-13T13:05"]),
        # Months by name.
        (["Mar 2, 2024", "MAR 2, 2024", "mar 2 2024", "March 2, 2024", "Mar. 2, 2024"],
         ["2024-03-02"] * 5),
        (["2 March 2024", "02-MAR-2024", "2-Mar-24", "2nd March 2024"], ["2024-03-02"] * 4),
        (["Sat, 2 Mar 2024 10:05:06 +0900", "Mar 2, 2024 10:05:06 AM", "2 Mar 2024, 10:05:06"],
         ["2024-03-02T10:05:06"] * 3),
        (["Saturday, March 2, 2024", "Sat Mar 02 2024", "Sept 2, 2024"],
         ["2024-03-02", "2024-03-02", "2024-09-02"]),
        (["May 5, 2024", "Foo 5, 2024"], ["2024-05-05", None]),
        # Japan.
        (["2024年3月2日", "2024年03月02日 10:05", "2024年3月2日10時05分"],
         ["2024-03-02", "2024-03-02T10:05", "2024-03-02T10:05"]),
        (["2024年3月2日 10時05分06秒"], ["2024-03-02T10:05:06"]),
        (["２０２４年３月２日", "２０２４／０３／０２　１０：０５"],
         ["2024-03-02", "2024-03-02T10:05"]),
        (["2024/03/02(土) 10:05", "2024年3月2日(土)", "2024/3/2（土曜日）"],
         ["2024-03-02T10:05", "2024-03-02", "2024-03-02"]),
        (["令和6年3月2日 10:05", "令和元年5月1日", "平成31年4月30日", "昭和55年4月5日"],
         ["2024-03-02T10:05", "2019-05-01", "2019-04-30", "1980-04-05"]),
        (["R6.3.2", "H31/4/30", "S64.1.7", "H1.1.8", "T15.12.24"],
         ["2024-03-02", "2019-04-30", "1989-01-07", "1989-01-08", "1926-12-24"]),
        # Digits alone.
        (["20240302", "202403021005", "20240302100506"],
         ["2024-03-02", "2024-03-02T10:05", "2024-03-02T10:05:06"]),
        (["20240302", "99999999", "20240230"], ["2024-03-02", None, None]),
        (["45353", "45353.5", "45353,25", "45353.41671"],
         ["2024-03-02", "2024-03-02T12:00", "2024-03-02T06:00", "2024-03-02T10:00:04"]),
        (["1705276800", "1705276800000", "1705276800.25"],
         ["2024-01-15T09:00", "2024-01-15T09:00", "2024-01-15T09:00:00.250000"]),
        # Several notations in one column, and what is none of them.
        (["2024-03-02", "20240303", "Mar 4, 2024", "soon", "", None, "5", "2024-03"],
         ["2024-03-02", "2024-03-03", "2024-03-04", None, None, None, None, None]),
    ],
)  # fmt: skip
def test_a_column_is_read_as_a_whole(bench, cells, right) -> None:
    assert read(bench, cells).moments == moments(*right)


@pytest.mark.parametrize(
    ("zone_of_shop", "cell", "right"),
    [
        # On 10 March 2024 New York's clocks went from 2 to 3 o'clock, on 3 November back to 1.
        ("America/New_York", "2024-03-10T06:59:59Z", "2024-03-10T01:59:59"),
        ("America/New_York", "2024-03-10T07:00:00Z", "2024-03-10T03:00:00"),
        ("America/New_York", "2024-11-03T05:30:00Z", "2024-11-03T01:30:00"),
        ("America/New_York", "2024-11-03T06:30:00Z", "2024-11-03T01:30:00"),
        ("America/New_York", "1710054000", "2024-03-10T03:00:00"),
        ("Europe/Paris", "2024-03-31T00:59:59+00:00", "2024-03-31T01:59:59"),
        ("Europe/Paris", "2024-03-31T01:00:00+00:00", "2024-03-31T03:00:00"),
        ("Europe/Paris", "2024-10-27T02:30:00+02:00", "2024-10-27T02:30:00"),
        ("Europe/Paris", "2024-10-27T02:30:00+01:00", "2024-10-27T02:30:00"),
    ],
)
def test_clocks_that_go_forward_and_back(bench, zone_of_shop, cell, right) -> None:
    assert read(bench, [cell], zone_of_shop=zone_of_shop).moments == moments(right)


@given(
    seconds=st.lists(st.integers(1_200_000_000, 1_900_000_000), min_size=1, max_size=5),
    zones=st.tuples(*[st.sampled_from(["America/New_York", "Europe/Paris", "Asia/Tokyo"])] * 2),
    offset=st.integers(-11, 14),
)
def test_moments_in_zones_are_those_of_python(bench, seconds, zones, offset) -> None:
    shop, stated = map(ZoneInfo, zones)
    right = [
        datetime.fromtimestamp(second, UTC).astimezone(shop).replace(tzinfo=None)
        for second in seconds
    ]
    east = timezone(timedelta(hours=offset))
    written = [datetime.fromtimestamp(second, east).isoformat(" ") for second in seconds]
    assert read(bench, written, zone_of_shop=zones[0]).moments == right
    assert read(bench, list(map(str, seconds)), zone_of_shop=zones[0]).moments == right
    plain = [datetime.fromtimestamp(second, stated).replace(tzinfo=None) for second in seconds]
    # An hour that comes twice is not told apart.
    clear = [
        moment
        for moment in plain
        if moment.replace(tzinfo=stated).utcoffset()
        == moment.replace(tzinfo=stated, fold=1).utcoffset()
    ]
    cells = [moment.isoformat(" ") for moment in clear]
    found = read(bench, cells, zone_of_shop=zones[0], zone=zones[1]).moments
    assert found == [
        moment.replace(tzinfo=stated).astimezone(shop).replace(tzinfo=None) for moment in clear
    ]


@pytest.mark.parametrize(
    ("cells", "readings"),
    [
        (["03/04/2024"], "day first, month first"),
        (["03-04-2024", "12/12/2024 10:00"], "day first, month first"),
        (["9/6/16"], "day first, month first, year first, of two digits"),
        (["13/9/16"], "day first, year first, of two digits"),
        (["01.02.03"], "day first, year first, of two digits"),
        # A few other dates do not tell it.
        (["03/04/2024", "2024-04-25", "soon"], "day first, month first"),
    ],
)
def test_two_possible_readings_are_asked_about(bench, cells, readings) -> None:
    with pytest.raises(QuestionError) as question:
        read(bench, cells)
    text = str(question.value)
    assert f"can be read in more ways than one ({readings}): say `day_first: true`" in text
    assert cells[0] in text
    assert ("%y/%m/%d" in text) == ("year first" in readings)
    assert question.value.key == "day_first"
    assert len(text.splitlines()) == 1


@pytest.mark.parametrize(("day_first", "month"), [(True, 4), (False, 3)])
def test_the_shop_s_word_settles_it(bench, day_first, month) -> None:
    found = read(bench, ["03/04/2024"], day_first=day_first)
    assert found.moments == [datetime(2024, month, 7 - month)]
    assert found.note == ""


def test_dates_that_contradict_one_another_are_refused_with_two_of_them(bench) -> None:
    with pytest.raises(QuestionError) as question:
        read(bench, ["25/04/2024", "04/25/2024", "01/01/2024"])
    text = str(question.value)
    assert "holds 04/25/2024 and 25/04/2024, and no order of day, month and year reads both" in text
    assert "correct the file, or say `day_first: true` or `false`" in text
    found = read(bench, ["25/04/2024", "04/25/2024", "01/02/2024"], day_first=True).moments
    assert found == moments("2024-04-25", None, "2024-02-01")


def test_slips_in_a_long_column_are_left_out_up_to_two_percent(bench) -> None:
    good = ["25/04/2024", "03/04/2024"] * 147
    found = read(bench, [*good, *["99/99/2024", "04/25/2024"] * 3])
    assert found.moments[-7:] == moments("2024-04-03", *[None] * 6)
    assert found.order == "dmy"
    with pytest.raises(QuestionError, match="no order of day, month and year"):
        read(bench, [*good, *["99/99/2024"] * 7])
    with pytest.raises(QuestionError, match="no order of day, month and year"):
        read(bench, [*good[:190], "99/99/2024"])
    # Slips that leave both readings possible do not make one of them true.
    with pytest.raises(QuestionError, match="more ways than one"):
        read(bench, [*["03/04/2024"] * 297, "25/04/2024", "04/25/2024", "99/99/2024"])


def test_days_that_a_spreadsheet_took_for_months_are_refused(bench) -> None:
    cells = ["45355", "45386", "25/04/2024", "13/05/2024"]
    with pytest.raises(ParameterError) as refusal:
        read(bench, cells)
    text = str(refusal.value)
    assert "holds 13/05/2024 and 45355, days as spreadsheets count them" in text
    assert "took days for months" in text
    with pytest.raises(ParameterError, match="took days for months"):
        read(bench, cells, day_first=True)
    # What is left in writing could be exchanged, and was not: it was no spreadsheet's choice.
    assert read(bench, [*cells, "03/04/2024"]).moments[-1] == datetime(2024, 4, 3)
    found = read(bench, cells, formats=("%d/%m/%Y",)).moments
    assert found == moments(None, None, "2024-04-25", "2024-05-13")


@pytest.mark.parametrize(
    ("cell", "shape"),
    [
        ("soon", "xxxx"),
        ("2024-W10-3", "9999-x99-9"),
        ("2024年3月", "9999x9x"),
        ("2. März 2024", "9. xxxx 9999"),
        ("02.03.2024 10h05", "99.99.9999 99x99"),
        ("hanako@example.com", "xxxxxx@xxxxxxx.xxx"),
        ("12", "99"),
    ],
)
def test_a_column_without_any_date_is_refused_by_its_shape(bench, cell, shape) -> None:
    with pytest.raises(DataError) as refusal:
        read(bench, [cell, None])
    text = str(refusal.value)
    assert f"holds cells such as {shape} (9: a digit, x: a letter)" in text
    assert "`dates:`" in text
    assert cell not in text or cell == shape


def test_blank_columns_are_no_dates(bench) -> None:
    assert read(bench, []).moments == []
    assert read(bench, [None, None]).moments == [None, None]


def test_the_reading_that_stands_is_said(bench) -> None:
    assert read(bench, ["03/04/2024", "25/04/2024"])[1:] == (
        "Date of a.csv: day first (25/04/2024)",
        "dmy",
    )
    assert read(bench, ["24/12/31"])[1:] == (
        "Date of a.csv: year first, of two digits (24/12/31)",
        "ymd",
    )
    assert read(bench, ["45353"]).note == "Date of a.csv: days as spreadsheets count them (45353)"
    assert read(bench, ["1705276800"]).note == "Date of a.csv: seconds since 1970 (1705276800)"
    assert read(bench, ["2024-03-02"]).note == ""


@pytest.mark.parametrize(
    ("cell", "form", "right"),
    [
        ("02.03.2024 10h05", "%d.%m.%Y %Hh%M", "2024-03-02T10:05"),
        ("on 2/3/24", "on %d/%m/%y", "2024-03-02"),
        ('it\'s {2024} \\ "03"', 'it\'s {%Y} \\ "%m"', "2024-03-01"),
        ("'; DROP TABLE cells; -- 2024", "'; DROP TABLE cells; -- %Y", "2024-01-01"),
        ("$p0 {0} 2024", "$p0 {0} %Y", "2024-01-01"),
        ("2024-03-02 10:05:06 +0000", "%Y-%m-%d %H:%M:%S %z", "2024-03-02T19:05:06"),
        ("2024-02-30 10:05:06 +0000", "%Y-%m-%d %H:%M:%S %z", None),
        ("25/04/2024", "%m/%d/%Y", None),
    ],
)
def test_the_shop_s_own_format_is_a_value_and_never_a_statement(bench, cell, form, right) -> None:
    assert read(bench, [cell], formats=(form,)).moments == moments(right)


def test_of_the_shop_s_formats_a_year_of_two_digits_is_never_taken_for_four(bench) -> None:
    cells = ["03/02/24", "03/02/2024"]
    for formats in (("%d/%m/%Y", "%d/%m/%y"), ("%d/%m/%y", "%d/%m/%Y")):
        assert read(bench, cells, formats=formats).moments == moments("2024-02-03", "2024-02-03")


def test_a_format_that_is_none_is_named(bench) -> None:
    with pytest.raises(ParameterError, match=r"== '%Q', and the engine cannot read .*such as"):
        read(bench, ["2024"], formats=("%Y", "%Q"))


WAYS = ("%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M", "%d.%m.%Y %H:%M", "%d/%m/%Y", "%m/%d/%Y %I:%M %p",
        "%b %d, %Y", "%d %B %Y %H:%M", "%Y年%m月%d日 %H:%M", "%Y%m%d%H%M%S", "%d.%m.%y",
        "%m/%d/%y %H:%M", "%y/%m/%d")  # fmt: skip


@given(
    way=st.sampled_from(WAYS),
    written=st.lists(
        st.datetimes(datetime(1995, 1, 1), datetime(2024, 6, 29)), min_size=1, max_size=12
    ),
)
def test_whatever_way_dates_are_written_they_are_never_read_wrongly(bench, way, written) -> None:
    cells = [moment.strftime(way) for moment in written]
    right = [datetime.strptime(cell, way) for cell in cells]
    try:
        found = read(bench, cells).moments
    except QuestionError:
        found = read(bench, cells, formats=(way,)).moments
    assert found == right


@given(cells=st.lists(st.text(max_size=14), max_size=6))
def test_no_text_breaks_the_reading(bench, cells) -> None:
    cells = [cell.replace("\0", "") for cell in cells]
    try:
        found = read(bench, cells).moments
    except (DataError, ParameterError):
        return
    for cell, moment in zip(cells, found, strict=True):
        assert moment is None or any(mark.isdecimal() for mark in cell)
