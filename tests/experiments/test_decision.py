"""The verdict from interval, break-even and guardrails, and what is said of it."""

import pytest

from analysis.experiments import ArmResult, Effect, Evaluation, Stakes, answers, rate_difference
from analysis.experiments.decision import (
    customers_needed,
    decide,
    detectable,
    judge_rail,
    profit_per_thousand,
)
from analysis.experiments.words import write_difference, write_interval


def effect(events0: int, events1: int, n: int, *, sign: int = 1) -> Effect:
    return Effect(
        name="b", label="bought", kind="rate", unit="share", arm="mail",
        control_customers=n, treated_customers=n, control_sum=events0, treated_sum=events1,
        confidence=0.95, sign=sign, **rate_difference(events0, n, events1, n),
    )  # fmt: skip


def test_profit_by_hand() -> None:
    """200 of 1,000 against 260 of 1,000, each worth 500, each treated for 12."""
    found = effect(200, 260, 1000)
    stakes = Stakes(cost_minor=12, value_minor=500, expected_effect=0.05)
    profit = profit_per_thousand(found, stakes)
    assert stakes.break_even == 0.024
    assert profit.estimate == pytest.approx(60 * 500 - 12_000)
    assert profit.low == pytest.approx(1000 * (found.low * 500 - 12))
    assert decide(found, stakes, []) == "test_further"
    assert decide(found, stakes._replace(cost_minor=5), []) == "adopt"
    assert decide(found, stakes._replace(cost_minor=60), []) == "drop"
    assert profit_per_thousand(found, Stakes()) is None


def test_less_is_better_for_cancellations() -> None:
    fewer = effect(300, 200, 1000, sign=-1)
    assert fewer.gain[0] == pytest.approx(0.1)
    assert fewer.gain[1:] == (-fewer.high, -fewer.low)
    assert decide(fewer, Stakes(), []) == "adopt"
    assert decide(effect(200, 300, 1000, sign=-1), Stakes(), []) == "drop"
    # The same rise harms as a guardrail that it would praise as a metric of its own.
    assert judge_rail(effect(200, 300, 1000, sign=-1), 0.02).standing == "violated"
    assert judge_rail(effect(200, 300, 1000), 0.02).standing == "holds"


@pytest.mark.parametrize(
    ("margin", "standing"), [(0.08, "holds"), (0.04, "unproven"), (0.001, "unproven")]
)
def test_guardrails_need_proof(margin: float, standing: str) -> None:
    """200 against 190 of 1,000: a fall of one point that may be four."""
    rail = judge_rail(effect(200, 190, 1000), margin)
    assert rail.standing == standing
    good = effect(200, 300, 1000)
    assert decide(good, Stakes(), [rail]) == ("adopt" if standing == "holds" else "test_further")


def test_customers_needed_shrink_the_interval_to_the_distance() -> None:
    found = effect(200, 210, 1000)
    stakes = Stakes(cost_minor=1, value_minor=100, expected_effect=0.03)
    needed = customers_needed(found, stakes)
    scaled = found.standard_error * (2000 / needed) ** 0.5
    assert (1.959964 + 0.841621) * scaled == pytest.approx(0.02, rel=1e-3)
    assert customers_needed(found, stakes._replace(expected_effect=0.01)) is None
    assert detectable(found) == pytest.approx((1.959964 + 0.841621) * found.standard_error)


def test_an_effect_without_interval_is_not_judged() -> None:
    assert decide(effect(1, 2, 10)._replace(low=float("nan")), Stakes(), []) == "cannot_be_judged"


def test_sentences_give_counts_and_what_is_needed() -> None:
    found = effect(200, 210, 1000)
    stakes = Stakes(cost_minor=2, value_minor=100, expected_effect=0.03)
    result = ArmResult(
        arm="mail", primary=found, verdict=decide(found, stakes, []), guardrails=(), secondary=(),
        revenue=None, profit=profit_per_thousand(found, stakes),
        needed=customers_needed(found, stakes), splits=(),
    )  # fmt: skip
    test = Evaluation("x", "The test", "judged", None, {"control": 1000, "mail": 1000}, stakes)
    (said,) = answers.findings([test._replace(results=(result,))], currency="JPY")
    assert said.sentence == (
        "Test 'The test' further: it cannot be told yet whether it pays. Per 1,000 treated "
        "customers, +10 [\N{MINUS SIGN}25 to +45] bought (treated 210 of 1,000, control 200 of "
        "1,000). Differences below 5.1 points cannot be told apart in a test of this size. A test "
        "that tells the +3.0 points hoped for needs about 51,159 customers."
    )
    assert (said.value, said.n, said.money) == (found.difference, 2000, "")
    hopeless = result._replace(needed=None)
    (said,) = answers.findings([test._replace(results=(hopeless,))], currency="JPY")
    assert "No number of customers would make what is hoped for pay." in said.sentence


def test_differences_are_written_with_their_units() -> None:
    assert write_difference(-0.00001, "share", "JPY") == "0.0 points"
    assert write_difference(0.0123, "count", "JPY") == "+0.012"
    assert write_difference(float("nan"), "share", "JPY") == "\N{EN DASH}"
    money = write_interval(-120.0, 40.0, "minor", "JPY").replace("\N{WORD JOINER}", "")
    assert money == "\N{MINUS SIGN}¥120 to +¥40"
    assert write_interval(float("nan"), 1.0, "minor", "JPY") == "no interval"
