import json
from datetime import date
from pathlib import Path

import pytest

from analysis.errors import ParameterError
from analysis.report.plan import plan_runs

CELL = """\
shop_name: str = "tiny"  # shop
as_of: str = ""  # day to report on, ISO date
weeks: int = 4  # how far ahead, weeks, 1 to 52
"""
SHOP = """\
title: Other
currency: USD
time_zone: UTC
as_of: last_order
source: {importer: cdnow}
reports:
"""


@pytest.fixture
def notebooks(home: Path) -> Path:
    """The home of a small imported shop, with two notebooks of its own."""
    folder = home / "notebooks"
    folder.unlink()
    folder.mkdir()
    for name in ("01_one", "02_two"):
        tagged = {"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": CELL}
        opening = {"cell_type": "markdown", "metadata": {}, "source": f"# Title of {name}"}
        content = {"cells": [opening, tagged], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        (folder / f"{name}.ipynb").write_text(json.dumps(content))
    write_reports(home, "  01_one:\n    weeks: 8\n  02_two:\n")
    return folder


def write_reports(home: Path, reports: str) -> None:
    file = home / "shops" / "tiny.yaml"
    file.write_text(file.read_text().split("reports:\n")[0] + f"reports:\n{reports}")


def test_without_a_notebook_the_shop_file_says_which(notebooks: Path):
    one, two = plan_runs([], shops=["tiny"])
    assert (one.shop, one.report, one.title) == ("tiny", "01_one", "Title of 01_one")
    assert (one.parameters["weeks"], two.parameters["weeks"]) == (8, 4)
    assert one.parameters["shop_name"] == "tiny"
    assert one.parameters["as_of"] == one.as_of.isoformat() == one.data["last_day"]
    assert one.parameter_help["weeks"] == "how far ahead, weeks"
    assert one.data["fingerprint"]


def test_the_data_are_checked_once_as_of_the_day_of_the_reports(notebooks: Path):
    one, two = plan_runs([], shops=["tiny"], as_of="2024-10-01")
    assert one.data["check"] is two.data["check"]
    assert (
        "no orders.source: value and churn by where customers came from"
        in (one.data["check"]["missing"])
    )
    # That day the last order was fresh, however old it is today.
    assert not any("days old" in line for line in one.data["check"]["suspicious"])


def test_what_is_asked_for_stands_over_the_shop_file_and_is_asked_once(notebooks: Path):
    asked = ["one", "01_one", "01_one.ipynb"]
    (plan,) = plan_runs(asked, shops=["tiny", "tiny"], parameters={"weeks": "12"})
    assert plan.parameters["weeks"] == 12


def test_the_day_is_resolved_once_for_all_reports(notebooks: Path):
    plans = plan_runs([], shops=["tiny"], as_of="2024-10-01")
    assert [plan.as_of for plan in plans] == [date(2024, 10, 1)] * 2
    assert all(plan.data["last_day"] <= "2024-10-01" for plan in plans)


@pytest.mark.parametrize(
    ("reports", "request_", "why"),
    [
        (
            "  01_one:\n",
            {"parameters": {"week": "3"}},
            "01_one has no parameter 'week': did you mean",
        ),
        ("  01_one:\n", {"parameters": {"weeks": "-3"}}, "weeks == -3, must be from 1 to 52"),
        ("  01_one:\n", {"as_of": "31.12.2024"}, "as_of == '31.12.2024'"),
        ("  01_one:\n", {"as_of": "1999-01-01"}, "as_of == 1999-01-01"),
        ("  01_one:\n    weeks: soon\n", {}, r"shops/tiny.yaml: weeks == 'soon'"),
        ("  01_one:\n    week: 3\n", {}, "shops/tiny.yaml: 01_one has no parameter 'week'"),
        ("  01_none:\n", {}, "reports of shops/tiny.yaml: There is no notebook '01_none'"),
        ("  01_one:\n  02_two:\n    weeks: 53\n", {}, "shops/tiny.yaml: weeks == 53"),
        ("  {}\n", {}, "shops/tiny.yaml names no reports"),
    ],
)
def test_a_mistake_anywhere_refuses_the_whole_request(notebooks, home, reports, request_, why):
    write_reports(home, reports)
    with pytest.raises(ParameterError, match=why):
        plan_runs([], shops=["tiny"], **request_)


def test_a_shop_without_data_does_not_keep_the_others_from_running(notebooks: Path, home: Path):
    (home / "shops" / "empty.yaml").write_text(SHOP + "  01_one:\n")
    empty, tiny = plan_runs(["one"], shops=["empty", "tiny"])
    assert empty.as_of is None
    assert "crm import --shop empty" in empty.refusal
    assert tiny.as_of is not None


def test_a_report_is_in_the_language_of_its_shop_unless_asked_for_another(notebooks: Path):
    file = notebooks.parent / "shops" / "tiny.yaml"
    for path in notebooks.glob("*.ipynb"):
        content = json.loads(path.read_text())
        content["cells"][0]["source"] = "# Definitions"
        content["cells"][1]["source"] += 'language: str = ""  # language of the report\n'
        path.write_text(json.dumps(content))
    assert {plan.language for plan in plan_runs([], shops=["tiny"])} == {"en"}
    file.write_text(f"language: ja\n{file.read_text()}")
    one, two = plan_runs([], shops=["tiny"])
    assert (one.language, two.title) == ("ja", "定義")
    assert any("流入元" in missing for missing in one.data["check"]["missing"])
    english, _ = plan_runs([], shops=["tiny"], parameters={"language": "en"})
    assert (english.language, english.title) == ("en", "Definitions")
    with pytest.raises(ParameterError, match=r"language == 'fr', must be one of en, ja\."):
        plan_runs([], shops=["tiny"], parameters={"language": "fr"})


def test_a_notebook_without_a_language_of_its_own_is_in_that_of_the_shop(notebooks: Path):
    file = notebooks.parent / "shops" / "tiny.yaml"
    file.write_text(f"language: ja\n{file.read_text()}")
    assert {plan.language for plan in plan_runs([], shops=["tiny"])} == {"ja"}


def test_what_the_request_changes_is_told_from_what_it_repeats(notebooks: Path):
    (asked,) = plan_runs(["one"], shops=["tiny"], parameters={"weeks": "12"})
    assert asked.changed == ("weeks",)
    (asked,) = plan_runs(["one"], shops=["tiny"], parameters={"weeks": "8"})
    assert asked.changed == ()
