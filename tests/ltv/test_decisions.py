"""Sources, offers, newcomers and who slips away: tables worked by hand, and every verdict."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import ParameterError
from analysis.ltv import value_sentences, value_tables
from analysis.ltv.at_risk import alive_fall, score_standing, value_at_risk, value_standing
from analysis.ltv.break_even import break_even
from analysis.ltv.new_customer import new_customer
from analysis.ltv.offers import example_costs, offers_worth
from analysis.ltv.purchases import PurchaseModel, expected_new
from analysis.ltv.spend import SpendModel
from analysis.ltv.totals import customer_totals, totals_by_kind

MODEL = PurchaseModel(0.6, 6.0, 0.8, 2.5, 0.0, np.eye(4) * 1e-4, 1000, 500, 900)
SPEND = SpendModel(6.0, 4.0, 1500.0, -1.0, np.eye(3) * 1e-4, 900, 2, 0.05)


def customers_of(source: str, paid: list[int], *, repeat: int = 20) -> pd.DataFrame:
    rows = paid * repeat
    return pd.DataFrame({"source": source, "paid_minor": rows, "expected_minor": 50.0})


def costs(**minor: float) -> pd.DataFrame:
    return pd.DataFrame({"source": list(minor), "cost_per_customer_minor": list(minor.values())})


def test_break_even_by_hand() -> None:
    values = pd.concat([customers_of("ad", [100, 300]), customers_of("few", [100], repeat=29)])
    table = break_even(values, costs(ad=30.0), margin_share=0.5)
    (row,) = table.to_dict("records")
    assert (row["source"], row["customers"], row["paid_minor"], row["expected_minor"]) == (
        "ad", 40, 200, 50,
    )  # fmt: skip
    assert (row["break_even_minor"], row["window_profit_minor"]) == (125, 100)
    error = 1.959964 * np.std([100, 300] * 20, ddof=1) / np.sqrt(40) * 0.5
    assert (row["low"], row["high"]) == pytest.approx((125 - error, 125 + error), rel=1e-6)


@pytest.mark.parametrize(
    ("cost", "verdict"), [(100.0, "earns"), (125.0, "unclear"), (150.0, "loses")]
)
def test_verdict_needs_the_whole_interval(cost: float, verdict: str) -> None:
    table = break_even(customers_of("ad", [100, 300]), costs(ad=cost), margin_share=0.5)
    assert table["verdict"].tolist() == [verdict]
    findings = value_sentences.source_findings(table, currency="JPY")
    assert [finding.name for finding in findings] == (
        ["source_loses_ad"] if verdict == "loses" else []
    )
    if findings:
        assert findings[0].money_minor == 25 * 40
        assert findings[0].high < 0
    frame, _caption = value_tables.break_even_table(
        table, window_days=365, horizon_days=365, currency="JPY"
    )
    assert frame.iloc[0, -1] in {"earns its cost", "costs more than it earns", "cannot tell yet"}


def test_sources_without_costs_have_no_verdict() -> None:
    table = break_even(customers_of("ad", [100, 300]), costs(), margin_share=0.5)
    assert table["verdict"].tolist() == ["unknown"]
    said = value_sentences.source_sentence(table, margin_share=0.5)
    assert "What winning a customer costs is not known" in said
    assert "needs orders with a source" in value_sentences.source_sentence(None, margin_share=None)


@pytest.mark.parametrize("margin", [0.0, -0.1, 1.1])
def test_impossible_margins_are_refused(margin: float) -> None:
    with pytest.raises(ParameterError, match="margin_share == .*, must be above 0"):
        break_even(customers_of("ad", [1]), costs(), margin_share=margin)


def test_offers_by_hand() -> None:
    profit = np.array([1000.0] * 10 + [200.0] * 30)
    table = offers_worth(profit, [100, 500, 2000])
    assert table["customers"].tolist() == [40, 10, 0]
    assert table["profit_minor"].tolist() == [16_000, 10_000, 0]
    assert table["needed_rise_share"].tolist()[:2] == [0.25, 0.5]
    assert np.isnan(table["needed_rise_share"][2])
    shown = value_tables.offer_table(table, horizon_days=365, currency="JPY", margin_share=0.5)
    assert list(shown.frame.iloc[:, 1]) == ["40", "10"]
    nobody = offers_worth(profit, [2000])
    assert "No customer" in value_sentences.offer_sentence(nobody, horizon_days=365)
    with pytest.raises(ParameterError, match="must all be above zero"):
        offers_worth(profit, [0])


def test_nobody_to_make_an_offer_to() -> None:
    assert example_costs(np.array([])) == []
    assert example_costs(np.zeros(50)) == []
    nobody = offers_worth(np.array([]), [500])
    assert (nobody["customers"][0], nobody["customer_share"][0]) == (0, 0)
    assert value_tables.offer_table(
        nobody, horizon_days=365, currency="JPY", margin_share=None
    ) is None  # fmt: skip


def test_why_no_subscriptions_are_valued() -> None:
    orders = pd.DataFrame({"purchase_type": ["one_off", "subscription"], "orders": [50, 5]})
    assert "Too few subscriptions of this shop are running" in value_sentences.no_contracts(orders)
    assert "has no subscriptions" in value_sentences.no_contracts(orders[:1])


def test_totals_count_everybody_once() -> None:
    totals = customer_totals(
        pd.Series({"a": 100.0, "b": 200.0, "c": 300.0}), pd.Series({"c": 50.0, "d": 70.0})
    )
    table = totals_by_kind(totals).set_index("kind")
    assert table["customers"].to_dict() == {"one_off": 2, "subscription": 1, "both": 1, "total": 4}
    assert table.loc["both", ["one_off_minor", "subscription_minor", "total_minor"]].tolist() == [
        300, 50, 350,
    ]  # fmt: skip
    assert table.loc["total", "mean_minor"] == 180


def test_newcomers_are_first_purchase_and_expectation() -> None:
    scored = pd.DataFrame({"amount_minor": [300, 500] * 50, "repeat_amount_minor": [100, 300] * 50})
    found = new_customer(scored, MODEL, SPEND, horizon_days=365)
    repeats = float(expected_new(MODEL, np.array([365.0]))[0])
    assert found.repeats == pytest.approx(repeats)
    assert found.value_minor == pytest.approx(200 + repeats * SPEND.mean_minor)
    assert found.value_minor_low < found.value_minor < found.value_minor_high
    known = MODEL._replace(log_covariance=np.zeros((4, 4)))
    sure = new_customer(
        scored, known, SPEND._replace(log_covariance=np.zeros((3, 3))), horizon_days=365
    )
    assert sure.value_minor_high - sure.value_minor_low == pytest.approx(0, abs=1e-6)


def histories() -> pd.DataFrame:
    """Twenty loyal customers, twenty silent for 60 days, twenty small ones, twenty bought once."""
    rows = [(20, 195, 200, 40_000)] * 20 + [(20, 140, 200, 40_000)] * 20
    rows += [(1, 195, 200, 500)] * 60 + [(0, 0, 200, 0)] * 20
    columns = ["frequency", "recency_days", "age_days", "repeat_amount_minor"]
    return pd.DataFrame(rows, columns=columns).assign(
        amount_minor=lambda frame: frame["repeat_amount_minor"] + 500
    )


def test_who_is_valuable_and_silent_is_at_risk() -> None:
    model = MODEL._replace(a=0.3, b=6.0)
    scored = score_standing(histories(), model, SPEND)
    counts = scored.groupby([scored.index // 20, "value_standing"], sort=False).size()
    assert counts.to_dict() == {
        (0, "valuable"): 20, (1, "at_risk"): 20, (2, "ordinary"): 20, (3, "ordinary"): 20,
        (4, "ordinary"): 20, (5, "once"): 20,
    }  # fmt: skip
    silent = scored[scored["value_standing"] == "at_risk"]
    assert (silent["alive_probability_fall"] >= 0.05).all()
    assert (scored["alive_probability_fall"][:20] == 0).all(), "who bought lately has not fallen"
    risk = value_at_risk(scored, model, SPEND)
    assert risk.customers == 20
    assert risk.stake_minor == pytest.approx(
        (silent["value_if_alive_minor"] * (1 - silent["alive_probability"])).sum()
    )
    finding = value_sentences.at_risk_finding(risk, currency="JPY")
    assert (finding.n, finding.money_minor) == (20, round(risk.stake_minor))
    assert "value_standing: at_risk" in value_sentences.at_risk_sentence(risk)


def test_fall_is_the_difference_to_what_the_model_said_then() -> None:
    from analysis.ltv.purchases import alive_probability

    rows = histories()[20:21]
    now = alive_probability(MODEL, rows["frequency"], rows["recency_days"], rows["age_days"])
    then = alive_probability(MODEL, rows["frequency"], rows["recency_days"], rows["age_days"] - 28)
    fall = alive_fall(rows.assign(alive_probability=now), MODEL)
    assert fall[0] == pytest.approx(then[0] - now[0])


def test_nobody_at_risk_is_said() -> None:
    scored = score_standing(histories()[60:], MODEL, SPEND)
    assert value_at_risk(scored, MODEL, SPEND) is None
    assert value_sentences.at_risk_finding(None, currency="JPY") is None
    assert "Hardly any valuable customer" in value_sentences.at_risk_sentence(None)
    nobody = value_standing(scored[scored["frequency"] == 0], np.zeros(20))
    assert set(nobody) == {"once"}
