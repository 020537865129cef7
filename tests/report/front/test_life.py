"""What became of a finding: found, in test, decided, closed or gone."""

from datetime import date

import pytest

from analysis.report.front.history import read_history
from analysis.report.front.life import campaigns_of, stories
from analysis.report.front.words import found_words, state_of_test

from .conftest import campaign, finding

DAYS = ("2026-01-31", "2026-02-28", "2026-03-31")


@pytest.fixture
def told(tmp_path, put):
    """Return a function that gives the stories after findings and campaigns of each day."""

    def tell(found, campaigns=()):
        for day, names in zip(DAYS, found, strict=False):
            put(day, findings=[finding(name, money) for name, money in names])
        if campaigns:
            put(DAYS[-1], report="04_tests", campaigns=list(campaigns))
        return {story.finding.name: story for story in stories(read_history(tmp_path, "tiny"))}

    return tell


def test_a_finding_that_nobody_acts_on_is_open(told):
    story = told([[("a", 5)], [("a", 7)], [("a", 9)]])["a"]
    assert (story.state, story.first_day, story.finding.money_minor) == (
        "open",
        date(2026, 1, 31),
        9,
    )
    assert found_words(story) == "since 31 January 2026; open"
    assert "no campaign names" in state_of_test(story)


@pytest.mark.parametrize("state", ["planned", "due", "waiting", "interim"])
def test_a_campaign_that_names_it_puts_it_in_test(told, state):
    story = told([[("a", 5)]] * 3, [campaign("c", state, finding="a")])["a"]
    assert story.state == "in_test"
    assert state_of_test(story).startswith("Campaign c: ")


def test_a_verdict_decides_and_the_finding_still_stands(told):
    judged = campaign("c", "judged", finding="a", verdicts=["adopt"])
    story = told([[("a", 5)]] * 3, [judged])["a"]
    assert (story.state, state_of_test(story)) == ("decided", "Campaign c: adopt")


def test_a_decided_finding_that_is_not_found_any_more_is_closed(told):
    judged = campaign("c", "judged", finding="a", verdicts=["drop"])
    story = told([[("a", 5)], [("a", 5)], [("b", 1)]], [judged])["a"]
    assert (story.state, story.last_day) == ("closed", date(2026, 2, 28))
    assert found_words(story).endswith("closed")


def test_one_not_found_any_more_without_a_decision_is_gone(told):
    undecided = campaign("c", "judged", finding="a", verdicts=["test_further"])
    stories_told = told([[("a", 5)], [("b", 1)], [("b", 1)]], [undecided])
    assert stories_told["a"].state == "gone"
    assert list(stories_told) == ["b", "a"], "what stands comes first"


def test_a_campaign_may_name_the_beginning_of_a_finding(told):
    acting = campaign("c", "due", finding="churn_point_order_3")
    found = told([[("churn_point_order_3_surplus", 5), ("churn_point_order_30", 1)]] * 3, [acting])
    assert found["churn_point_order_3_surplus"].state == "in_test"
    assert found["churn_point_order_30"].state == "open"


def test_the_whole_name_goes_before_a_beginning(told):
    acting = campaign("c", "due", finding="source_loses_ads")
    found = told([[("source_loses_ads", 5), ("source_loses_ads_b", 1)]] * 3, [acting])
    assert found["source_loses_ads"].state == "in_test"
    assert found["source_loses_ads_b"].state == "open"


def test_what_reports_say_of_campaigns_is_no_finding_of_its_own(tmp_path, put):
    put(DAYS[0], findings=[finding("a", 1)])
    put(
        DAYS[0],
        report="04_tests",
        findings=[finding("c_treatment", 9), finding("c", 8)],
        campaigns=[campaign("c", "judged")],
    )
    assert [story.finding.name for story in stories(read_history(tmp_path, "tiny"))] == ["a"]


def test_two_reports_on_one_campaign_are_put_together(tmp_path, put):
    planned = campaign("c", "planned")
    due = campaign("c", "due", lists=["treatment.csv.csv"], sentence="Reaches 40.")
    put(DAYS[0], report="04_tests", campaigns=[planned, campaign("d", "judged")])
    put(DAYS[0], report="05_targets", campaigns=[due])
    first, second = campaigns_of(read_history(tmp_path, "tiny"))
    assert (first.name, first.state, first.lists) == ("c", "due", ("treatment.csv.csv",))
    assert second.name == "d", "what runs stands before what is decided"


def test_findings_are_ranked_by_money_over_all_reports(tmp_path, put):
    put(DAYS[0], findings=[finding("small", 1), finding("none")])
    put(DAYS[0], report="02_churn", findings=[finding("large", 9)])
    names = [story.finding.name for story in stories(read_history(tmp_path, "tiny"))]
    assert names == ["large", "small", "none"]
