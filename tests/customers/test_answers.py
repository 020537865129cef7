"""What the report says, and when it keeps silent."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from analysis import customers
from analysis.customers import answers, figures, headline, sentences
from analysis.customers.balance import Balance
from analysis.customers.movement import TopChange
from analysis.customers.silence import Dormancy
from analysis.findings import Finding, rank

STEPS = pd.DataFrame(
    {
        "purchase_no": [1, 2],
        "customers": [1000, 300],
        "converted": [300, 60],
        "share": [0.3, 0.2],
        "low": [0.27, 0.16],
        "high": [0.33, 0.25],
        "naive_share": [0.4, 0.3],
        "next_amount_minor": [5000.0, 6000.0],
    }
)
NOW = Balance(900, 400, 50, 30, 60, 420, 200, 150, 260, 123_400)


def test_step_that_costs_most_is_found_by_money_not_by_share() -> None:
    found = answers.weakest_step(STEPS, window_days=90, currency="USD")
    assert found is not None
    assert (found.value, found.n, found.money_minor) == (0.3, 700, 350_000)
    assert "30.0% [27.0% to 33.0%] of 1,000 customers" in found.sentence
    assert found.definition
    assert "no more is lost after any other purchase" in found.sentence
    alone = answers.weakest_step(STEPS.iloc[:1], window_days=90, currency="USD")
    assert alone is not None
    assert "other purchase" not in alone.sentence, "there is none to compare with"
    assert answers.weakest_step(STEPS.iloc[:0], window_days=90, currency="USD") is None


def test_weakest_step_is_named_only_where_intervals_part() -> None:
    def said(*shares: tuple[float, float, float]) -> str:
        steps = pd.DataFrame(shares, columns=["share", "low", "high"])
        steps = steps.assign(customers=100, purchase_no=range(1, len(shares) + 1))
        return sentences.steps_sentence(steps, window_days=90)

    alone = said((0.3, 0.2, 0.4))
    assert alone == "30.0% [20.0% to 40.0%] of 100 first-time buyers bought again within 90 days."
    assert "At every later step a larger share" in said((0.3, 0.2, 0.4), (0.6, 0.5, 0.7))
    overlap = said((0.3, 0.2, 0.4), (0.6, 0.5, 0.7), (0.5, 0.39, 0.61))
    assert "from purchase 1 to 2, 30.0% [20.0% to 40.0%]" in overlap
    assert "cannot be told yet" in overlap
    assert "weakest step is from purchase 2 to 3: 30.0% [20.0% to 40.0%]." in said(
        (0.6, 0.5, 0.7), (0.3, 0.2, 0.4)
    )


def about(people: int, quiet: Dormancy) -> Finding | None:
    frame = pd.DataFrame(
        {
            "quiet_ago_days": [-10] * people + [-60, 5],
            "purchases": [2] * people + [2, 2],
            "recency_days": [70] * people + [20, 85],
            "amount_minor": [2000] * (people + 2),
        }
    )
    chances = pd.DataFrame({"silent_days": range(100), "chance": np.linspace(0.6, 0.2, 100)})
    return answers.about_to_go_quiet(frame, chances, quiet, currency="JPY")


def test_waiting_costs_what_the_chance_loses() -> None:
    chance = 0.6 - 0.4 * 80 / 99
    quiet = Dormancy(80, "curve", 0.6, chance, chance - 0.01, chance + 0.01, 500)
    found = about(40, quiet)
    assert found is not None
    assert found.n == 40, "neither who has just bought nor who is already quiet"
    assert found.money_minor == round(40 * 1000 * 0.4 * 10 / 99)
    assert "only a test with a control group can tell" in found.sentence
    assert (found.value, found.low, found.high) == quiet[3:6]
    assert about(29, quiet) is None, "too few to speak of"
    assert about(40, Dormancy(60, "fixed", 0.0)) is None


def test_top_customers_within_chance_cannot_be_told() -> None:
    day = date(2025, 1, 1)
    unclear = answers.top_customers(
        TopChange(100, 104, 20, 24, -9.0, 17.0, 500, 800), compared_on=day, currency="USD"
    )
    assert unclear is not None
    assert "cannot be told yet" in unclear.sentence
    assert unclear.money_minor is None
    # 1.96 * sqrt(20 + 24) = 13.001: a balance of 13 is not enough.
    assert "Of as many moves, a balance of 14 either way would tell." in unclear.sentence
    shrinks = answers.top_customers(
        TopChange(100, 60, 50, 10, -55.2, -24.8, 90_000, 20_000), compared_on=day, currency="USD"
    )
    assert shrinks is not None
    assert "shrinks" in shrinks.sentence
    assert shrinks.money_minor == 70_000
    assert shrinks.sentence.endswith("pay $700 less than in the window before.")
    pays_more = answers.top_customers(
        TopChange(100, 60, 50, 10, -55.2, -24.8, 20_000, 90_000), compared_on=day, currency="USD"
    )
    assert pays_more is not None
    assert "shrinks" in pays_more.sentence
    assert pays_more.sentence.endswith("pay $700 more than in the window before.")
    few = TopChange(29, 9, 20, 0, -28.8, -11.2, 1, 0)
    assert answers.top_customers(few, compared_on=day, currency="USD") is None


def cohorts(late: int, early: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "is_mature": [True] * 9 + [False],
            "converted": [early] * 6 + [late] * 3 + [0],
            "customers": [200] * 10,
        }
    )


def trend(frame: pd.DataFrame, *, is_whole: bool = True) -> Finding | None:
    return answers.second_purchase_trend(
        frame, STEPS, is_whole=is_whole, window_days=90, currency="USD"
    )


def test_trend_of_second_purchases_leaves_young_months_out() -> None:
    fell = trend(cohorts(late=40, early=80))
    assert fell is not None
    assert fell.value == pytest.approx(-0.2)
    assert "fell beyond chance" in fell.sentence
    assert fell.money_minor == 600_000  # 0.2 of 600 buyers, 5,000 each
    same = trend(cohorts(late=78, early=80))
    assert same is not None
    assert "cannot be told yet" in same.sentence
    assert "first-time buyers on each side" in same.sentence
    assert same.money_minor is None
    many = cohorts(late=80, early=80)
    many[["converted", "customers"]] *= 100
    large = trend(many)
    assert large is not None
    assert "by less than 0.5 points" in large.sentence


def test_trend_is_silent_where_first_purchases_are_not_the_first() -> None:
    assert trend(cohorts(late=40, early=80), is_whole=False) is None
    assert trend(cohorts(late=40, early=80).tail(5)) is None, "too few months to compare"
    assert "first seen" in sentences.history_sentence(is_whole=False)
    assert sentences.history_sentence(is_whole=True) == ""


def test_findings_are_ranked_by_money() -> None:
    found = [
        Finding("b", "", money_minor=5),
        None,
        Finding("a", "", money_minor=5),
        Finding("unclear", ""),
        Finding("most", "", money_minor=9),
    ]
    assert [finding.name for finding in rank(found)] == ["most", "a", "b", "unclear"]
    assert [finding.name for finding in rank(found, most=1)] == ["most"]


def test_headline_holds_the_period_before() -> None:
    before = NOW._replace(new_customers=40, active_at_end=400, amount_minor=100_000)
    metrics = headline.headline(NOW, before, STEPS, period_days=30, window_days=90, currency="USD")
    by_name = {metric.name: metric for metric in metrics}
    assert by_name["new_customers"].label == "new customers in 30 days (40 in the 30 before)"
    assert by_name["active_at_end"].label == "active customers now (400 30 days ago)"
    assert "$1,000 in the 30 before" in by_name["revenue_30d_minor"].label
    second = by_name["second_purchase_90d_share"]
    assert (second.value, second.low, second.high, second.n) == (0.3, 0.27, 0.33, 1000)
    alone = headline.headline(
        NOW, None, STEPS.iloc[:0], period_days=30, window_days=90, currency="USD"
    )
    assert "before" not in " ".join(metric.label for metric in alone)
    assert "second_purchase_90d_share" not in {metric.name for metric in alone}


def test_balance_chart_says_what_keeps_active() -> None:
    chart = figures.balance_chart(NOW, period_days=30, dormancy_days=80, subscription_days=120)
    assert chart.caption == (
        "Active: a one-off purchase in the last 80 days, or a subscription order in the last 120, "
        "cancelled since or not."
    )
    assert "From 400 active customers" in chart.alt


def test_answer_says_whether_the_circle_grows() -> None:
    split = pd.DataFrame(
        {"kind": [1, 4, 0], "amount_minor": [50, 30, 20], "share": [0.5, 0.3, 0.2]}
    )
    said = sentences.answer_sentence(NOW, split, period_days=30)
    assert "80 customers became active" in said
    assert "20 more are active" in said
    assert "50% from first purchases, 30% from later purchases, 20% from subscriptions" in said
    shrinking = NOW._replace(active_at_end=390)
    assert "10 fewer" in sentences.answer_sentence(shrinking, split, period_days=30)


def test_revenue_split_by_hand() -> None:
    days = pd.DataFrame(
        {
            "day": pd.to_datetime(["2024-01-01", "2024-01-05", "2024-01-06", "2024-01-10"]),
            "kind": [1, 1, 2, 0],
            "purchases": [2, 1, 1, 3],
            "amount_minor": [100, 30, 50, 20],
        }
    )
    split = customers.revenue_split(days, as_of=date(2024, 1, 10), period_days=5)
    assert split["kind"].tolist() == [1, 2, 0]
    assert split["amount_minor"].tolist() == [0, 50, 20]
    assert split["amount_before_minor"].tolist() == [130, 0, 0]
    assert split["share"].tolist() == pytest.approx([0, 5 / 7, 2 / 7])
    months = customers.revenue_by_month(days, as_of=date(2024, 1, 30))
    assert months.empty, "January is not over"
    assert customers.revenue_by_month(days, as_of=date(2024, 1, 31)).to_numpy().tolist() == [
        [130, 50, 20]
    ]


def test_month_frequencies_by_hand() -> None:
    months = pd.DataFrame(
        {
            "month_no": [24288, 24288, 24288, 24289, 24290],
            "purchases": [1, 2, 7, 1, 1],
            "customers": [6, 3, 1, 10, 99],
        }
    )
    # March (24290) is not over on its 30th day.
    found = customers.month_frequencies(months, as_of=date(2024, 3, 30))
    assert found["customers"].tolist() == [8.0, 1.5, 0.0, 0.0, 0.5]
    assert found["share"].tolist() == [0.8, 0.15, 0.0, 0.0, 0.05]
    assert found["purchase_share"].tolist() == pytest.approx([16 / 29, 6 / 29, 0, 0, 7 / 29])
    means = customers.purchases_per_buyer(months, as_of=date(2024, 3, 30))
    assert means["mean"].tolist() == [1.9, 1.0]
    assert customers.month_frequencies(months, as_of=date(2024, 1, 15)).empty
