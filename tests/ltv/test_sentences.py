"""What the report says follows from the numbers, in both directions."""

from datetime import date

import pandas as pd

from analysis.ltv import answers, sentences, tables
from analysis.ltv.holdout import PredictionError
from analysis.ltv.observed import ObservedValue
from analysis.ltv.predictive import Outlook

ONCE = Outlook(60, 60, 60, 60, 6, 5, 7, 60_000, 50_000, 70_000)
DOUBT = Outlook(10, 5, 4, 6, 9, 8, 10, 90_000, 80_000, 100_000)
LIKELY = Outlook(30, 28, 27, 29, 85, 80, 90, 850_000, 800_000, 900_000)
REPEATERS = Outlook(40, 33, 31, 35, 94, 88, 100, 940_000, 880_000, 1_000_000)
TOTAL = Outlook(100, 93, 91, 95, 100, 93, 107, 1_000_000, 930_000, 1_070_000)
GROUPS = {
    "bought_once": ONCE, "in_doubt": DOUBT, "likely": LIKELY, "repeaters": REPEATERS,
    "total": TOTAL,
}  # fmt: skip
LOW = PredictionError(90, 120, -0.25, -0.3, -0.2, 1, 1, 0.5, 100)
OBSERVED = ObservedValue(9073, 8830, 9316, 100, 365)


def test_headline_counts_repeat_customers_only_as_alive() -> None:
    metrics = {
        metric.name: metric
        for metric in answers.headline(OBSERVED, GROUPS, LOW, horizon_days=365, currency="USD")
    }
    alive = metrics["alive_repeat_customers"]
    assert (alive.value, alive.low, alive.high, alive.n) == (33, 31, 35, 40)
    assert metrics["expected_value_365d_minor"].text == "$10,000 [$9,300 to $10,700]"
    assert metrics["observed_value_365d_minor"].text == "$90.73 [$88.30 to $93.16]"
    assert metrics["holdout_bias_share"].text == "−25.0% [−30.0% to −20.0%]"


def test_expected_value_has_the_interval_of_its_one_part() -> None:
    """As in the table below it: money is skewed, and its interval is not the same on both sides."""
    skewed = {"total": TOTAL._replace(value_minor_low=900_000, value_minor_high=1_400_000)}
    (expected,) = answers.headline(None, skewed, None, horizon_days=365, currency="USD")
    assert (expected.low, expected.high) == (900_000, 1_400_000)


def test_nothing_predicted_is_no_number() -> None:
    (only,) = answers.headline(OBSERVED, None, None, horizon_days=365, currency="USD")
    assert only.name == "observed_value_365d_minor"
    assert answers.headline(None, None, None, horizon_days=365, currency="USD") == []


def test_headline_without_mature_months_leaves_observed_value_out() -> None:
    names = [
        metric.name
        for metric in answers.headline(None, GROUPS, LOW, horizon_days=90, currency="JPY")
    ]
    assert names == ["expected_value_90d_minor", "alive_repeat_customers", "holdout_bias_share"]


def test_findings_carry_people_interval_and_money() -> None:
    scored = pd.DataFrame({"value_if_alive_minor": [15_000.0] * 10 + [0.0] * 90})
    standings = pd.Series(["in_doubt"] * 10 + ["bought_once"] * 60 + ["likely"] * 30)
    doubt, once = answers.findings(scored, standings, GROUPS, horizon_days=365, currency="USD")
    assert (doubt.n, doubt.money_minor) == (10, 60_000)
    assert "10 repeat customers may or may not have left" in doubt.sentence
    assert "bring $900 [$800 to $1,000]; if all of them stayed they would bring $600 more" in (
        doubt.sentence
    )
    assert (once.n, once.value, once.low, once.high) == (60, 1000, 50_000 / 60, 70_000 / 60)
    assert "each is expected to bring $10.00 [$8.33 to $11.67]" in once.sentence


def test_groups_that_are_not_there_give_no_finding() -> None:
    only = {"likely": LIKELY, "total": LIKELY}
    frame, standings = pd.DataFrame({"value_if_alive_minor": []}), pd.Series([], dtype=str)
    assert answers.findings(frame, standings, only, horizon_days=9, currency="USD") == []
    assert sentences.alive_sentence(only) == "Every customer has bought at least twice."


def test_groups_that_single_people_out_are_neither_a_row_nor_a_finding() -> None:
    few = GROUPS | {
        "in_doubt": DOUBT._replace(customers=9),
        "bought_once": ONCE._replace(customers=9),
    }
    scored = pd.DataFrame({"value_if_alive_minor": [15_000.0] * 9})
    standings = pd.Series(["in_doubt"] * 9)
    assert answers.findings(scored, standings, few, horizon_days=9, currency="USD") == []
    frame, _caption = tables.outlook_table(
        few, as_of=date(2024, 12, 31), horizon_days=365, currency="USD"
    )
    assert list(frame.iloc[:, 1]) == [30, 100]
    whole, _caption = tables.outlook_table(
        GROUPS, as_of=date(2024, 12, 31), horizon_days=365, currency="USD"
    )
    assert list(whole.iloc[:, 1]) == [30, 10, 60, 100]


def test_prediction_that_was_not_checked_says_why() -> None:
    said = sentences.answer_sentence(None, unchecked="It is too early.")
    assert said == "It is too early. Until then, read the expected value as rough."
    outlook = sentences.outlook_sentence(GROUPS, None)
    assert outlook.startswith("100 purchases are expected [93 to 107].")
    assert outlook.endswith("the error of the model itself, which cannot be checked yet.")
    assert "predicted 75.0% of what happened" in sentences.outlook_sentence(GROUPS, LOW)


def test_verdict_turns_at_the_limit() -> None:
    assert "within the limit of 25.0%" in sentences.trust_sentence(LOW, max_error_share=0.25)
    missed = sentences.trust_sentence(LOW, max_error_share=0.249)
    assert "90 repeat purchases for the rest; 120 were made: an error of −25.0% [−30.0%" in missed
    assert "beyond the limit of 24.9%: do not plan budgets" in missed


def test_shorter_window_is_said() -> None:
    wanted = sentences.observed_sentence(OBSERVED, wanted_days=365, currency="USD")
    assert "within 365 days" in wanted
    assert "shorter window" not in wanted
    shorter = sentences.observed_sentence(
        OBSERVED._replace(window_days=180), wanted_days=365, currency="USD"
    )
    assert "Fewer than 30 customers are of months that are 365 days old" in shorter
    none = sentences.observed_sentence(None, wanted_days=365, currency="USD")
    assert "Fewer than 30 customers are of months old enough" in none


def test_first_screen_says_how_wrong_the_prediction_was() -> None:
    assert "25.0% too low. The interval" in sentences.answer_sentence(LOW)
    high = LOW._replace(bias_share=0.1, bias_low=0.05, bias_high=0.15)
    assert "10.0% too high. The interval" in sentences.answer_sentence(high)
    near = LOW._replace(bias_share=0.01, bias_low=-0.01, bias_high=0.03)
    assert sentences.answer_sentence(near).endswith("uncertainty [−1.0% to +3.0%].")
