"""Currency, clock and language of a shop, where its files show them and where they do not."""

from pathlib import Path

import pytest

from analysis.errors import ParameterError
from analysis.ingest.guessing.contents import read_sample
from analysis.ingest.guessing.place import Place, guess_place
from analysis.ingest.guessing.questions import Answers
from analysis.ingest.text import read_text


def place(folder: Path, header: str, *rows: str, **answers: str) -> Place:
    file = folder / "orders.csv"
    file.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    (folder / "work").mkdir(exist_ok=True)
    return guess_place([read_sample(read_text(file, folder=folder / "work"))], Answers(answers))


@pytest.mark.parametrize(
    ("header", "rows", "currency", "time_zone"),
    [
        ("No,Total", ["1,£9.00", "2,£8.00"], "GBP", "Europe/London"),
        ("No,Total", ['1,"9,00 €"'], "EUR", ""),
        ("No,Total (SEK)", ["1,9.00"], "SEK", "Europe/Stockholm"),
        ("No,Currency,Total", ["1,BDT,9.00", "2,BDT,8.00", "3,USD,1.00"], "BDT", "Asia/Dhaka"),
        ("No,Total", ["1,9.00 kr"], "", ""),
        ("No,Total", ["1,$9.00"], "", ""),
        # Codes of countries, of products and of taxes are none of currencies.
        ("No,Country,Total", ["1,USA,9.00", "2,CAN,9.00"], "", ""),
        ("No,SKU,VAT,Total", ["1,100,1.50,9.00"], "", ""),
        # In winter and in summer: only clocks on the east coast show both.
        (
            "No,Currency,Created at",
            ["1,USD,2024-03-02 10:00:04 -0500", "2,USD,2024-07-02 10:00:04 -0400"],
            "USD",
            "America/New_York",
        ),
        (
            "No,Currency,Created at",
            ["1,USD,2024-03-02T10:00:04-07:00", "2,USD,2024-07-02T10:00:04-07:00"],
            "USD",
            "America/Phoenix",
        ),
        ("No,Currency,Created at", ["1,USD,2024-07-02 10:00:04 +0000"], "USD", ""),
    ],
)
def test_what_a_file_shows_and_what_it_leaves_open(
    tmp_path: Path, header: str, rows: list[str], currency: str, time_zone: str
):
    found = place(tmp_path, header, *rows)
    assert (found.currency, found.time_zone, found.language) == (currency, time_zone, "en")
    open_keys = [question.key for question in found.questions]
    assert open_keys == ["currency"] * (not currency) + ["time_zone"] * (not time_zone)


def test_a_file_in_japanese_is_of_a_shop_in_japan(tmp_path: Path):
    found = place(tmp_path, "注文番号,合計金額", "1,1000")
    assert (found.currency, found.time_zone, found.language) == ("JPY", "Asia/Tokyo", "ja")
    said = place(tmp_path, "注文番号,合計金額", "1,1000", currency="usd", time_zone="Asia/Seoul")
    assert (said.currency, said.time_zone, said.questions) == ("USD", "Asia/Seoul", ())


def test_an_answer_that_is_none_is_refused(tmp_path: Path):
    with pytest.raises(ParameterError, match="currency == 'DOLLAR', must be an ISO code"):
        place(tmp_path, "No,Total", "1,9.00", currency="dollar")
    with pytest.raises(ParameterError, match="time_zone == 'Tokyo', must be an IANA name"):
        place(tmp_path, "No,Total", "1,9.00", time_zone="Tokyo")
