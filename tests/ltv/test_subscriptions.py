"""Subscriptions: orders to come by hand, planted chances to leave found again, every refusal."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis import churn
from analysis.contractual import RenewalModel, hazard_at
from analysis.demo import Plan, generate_shop
from analysis.errors import DataError
from analysis.ltv import value_sentences
from analysis.ltv.contract_value import check_contracts, read_contracts
from analysis.ltv.purchases import fit_purchases
from analysis.ltv.renewals import (
    Renewals,
    expected_hazards,
    fit_renewals,
    late_share,
    with_commitment,
)
from analysis.ltv.subscriptions import (
    customer_values,
    next_amounts,
    outlook_by,
    running,
    score_subscriptions,
    stretch,
)
from analysis.ltv.value_tables import renewal_table
from analysis.residual_life import present_orders, terms_of
from analysis.shop import Shop, open_shop
from analysis.style import NOTHING

CELLS = pd.DataFrame(
    {"cut": ["offer"] * 2, "offer": ["half", "half"], "order_no": [1, 2],
     "amount_minor": [50 * 100, 100 * 60], "subscriptions": [100, 60]}
)  # fmt: skip


def renewals(hazards: list[float], **changes: object) -> Renewals:
    """Counted chances to leave on a thousand each, and a model that gives 10% afterwards."""
    count = np.full(len(hazards), 1000)
    table = pd.DataFrame(
        {"order_no": np.arange(1, len(hazards) + 1), "free_at_risk": count,
         "free_lost": (np.array(hazards) * 1000).round().astype(int)}
    )  # fmt: skip
    # Alpha and beta so large that the chance is the same after every order.
    model = RenewalModel(1e7, 9e7, 1.0, 0.0, np.eye(2) * 1e-9, 10**6, is_constant=True)
    nothing = pd.DataFrame({"order_no": [], "at_risk": [], "lost": []})
    return Renewals(table, nothing, model, None, None)._replace(**changes)


def subscription(**changes: object) -> pd.DataFrame:
    row = {
        "customer_id": "a", "cycle_days": 30, "commitment_orders": 1, "offer": "", "order_no": 1,
        "steps": 1, "span_days": 30, "amount_minor": 100, "is_paused": 0,
        "days_until_next_order": 30, "later_orders": 0, "later_amount_minor": 0,
    } | changes  # fmt: skip
    return pd.DataFrame([row])


def scored(rows: pd.DataFrame, known: Renewals, *, horizon_days: int = 90) -> pd.DataFrame:
    return score_subscriptions(
        rows, known, CELLS, horizon_days=horizon_days, annual_discount_rate=0.1
    )


def test_orders_to_come_by_hand() -> None:
    """Due in 30, 60 and 90 days; leave chances 50%, 20% and 10%: 0.5 + 0.4 + 0.36 orders."""
    (row,) = scored(subscription(), renewals([0.5, 0.2])).to_dict("records")
    assert row["slots"] == 3
    assert row["expected_orders"] == pytest.approx(0.5 + 0.4 + 0.36)
    assert row["expected_value_minor"] == pytest.approx(126)
    # P(N = 0, 1, 2, 3) = .5, .1, .04, .36.
    mean = 1.26
    assert row["orders_variance"] == pytest.approx(0.1 + 4 * 0.04 + 9 * 0.36 - mean**2)


def test_nothing_is_due_beyond_the_horizon() -> None:
    (row,) = scored(subscription(cycle_days=60, days_until_next_order=60),
                    renewals([0.5, 0.2]), horizon_days=59).to_dict("records")  # fmt: skip
    assert (row["slots"], row["expected_orders"], row["orders_variance"]) == (0, 0, 0)


def test_who_has_waited_without_cancelling_is_less_likely_to_leave() -> None:
    """Half of the wait is over, and so is half of the 50% who cancel: 25 of 75 still will."""
    (row,) = scored(subscription(days_until_next_order=15), renewals([0.5])).to_dict("records")
    assert row["stay_chance"] == pytest.approx(1 - 0.25 / 0.75)


@pytest.mark.parametrize("days", [0, -1, -13])
def test_an_overdue_order_is_not_certain_to_come(days: int) -> None:
    """Of 50 who leave, 20 lapse: 30 had cancelled by the due day, and 50 of 70 left go on."""
    known = renewals([0.5], late_share=0.4)
    (row,) = scored(subscription(days_until_next_order=days), known).to_dict("records")
    assert row["stay_chance"] == pytest.approx(50 / 70)
    (half,) = scored(subscription(days_until_next_order=15), known).to_dict("records")
    assert half["stay_chance"] == pytest.approx(50 / 85)


def test_what_is_seen_only_after_the_due_day_is_counted() -> None:
    counts = {"continued": 900, "cancelled": 50, "lapsed": 20, "payment_failed": 10, "paused": 20}
    cells = pd.DataFrame(
        {"cut": "cohort", "outcome": list(counts), "subscriptions": list(counts.values())}
    )
    assert late_share(cells) == pytest.approx(0.3)
    assert late_share(cells[cells["outcome"] == "continued"]) == 0


def test_commitments_hold_until_their_end() -> None:
    """Nobody leaves after orders 1 and 2; whoever wanted to, leaves after order 3."""
    known = renewals([0.5, 0.2, 0.1])
    chances = expected_hazards(known, 5)
    held = with_commitment(chances, known, 3)
    assert held[:2].tolist() == [0, 0]
    assert held[2] == pytest.approx(1 - 0.5 * 0.8 * 0.9)
    np.testing.assert_allclose(held[3:], chances[3:])
    counted = known._replace(
        commitments=pd.DataFrame({"order_no": [3], "at_risk": [100], "lost": [45]})
    )
    assert with_commitment(chances, counted, 3)[2] == 0.45
    (row,) = scored(subscription(commitment_orders=3), counted).to_dict("records")
    assert row["expected_orders"] == pytest.approx(1 + 1 + 0.55)
    # An order whose commitment is behind it is like any other.
    late = scored(subscription(commitment_orders=3, order_no=4), counted)
    assert late["expected_orders"][0] == pytest.approx(0.9 + 0.81 + 0.729, rel=1e-6)


def test_a_commitment_beyond_the_horizon_holds_all_of_it() -> None:
    known = renewals([0.5, 0.2, 0.1])
    assert with_commitment(expected_hazards(known, 4), known, 12).tolist() == [0, 0, 0, 0]
    (row,) = scored(subscription(commitment_orders=12), known).to_dict("records")
    assert (row["slots"], row["expected_orders"], row["orders_variance"]) == (3, 3, 0)


@pytest.mark.parametrize("commitment", [1, 3, 4, 12, 60])
def test_all_orders_to_come_are_worth_more_than_those_of_a_year(commitment: int) -> None:
    """A commitment holds in both sums; the first 59 orders of one to order 60 come for sure."""
    rows = subscription(commitment_orders=commitment)
    known = renewals([0.5, 0.5, 0.5, 0.5])
    (row,) = scored(rows, known, horizon_days=365).to_dict("records")
    discounted = row["expected_value_minor"] / 1.1
    assert row["residual_minor"] > discounted
    if commitment == 60:
        weights = 1.1 ** (-np.arange(1, 60) * 30 / 365.25)
        assert row["residual_minor"] > 100 * weights.sum()


def test_pauses_without_end_bring_no_orders() -> None:
    known = renewals([0.5], pause_chance=0.1)
    assert expected_hazards(known, 1)[0] == pytest.approx(1 - 0.5 * 0.9)


def test_residual_value_is_that_of_the_closed_model() -> None:
    """Without counts, all orders to come are the model's discounted residual lifetime."""
    model = RenewalModel(0.7, 3.8, 1.0, 0.0, np.eye(2) * 1e-6, 1000)
    known = renewals([])._replace(constant=model)
    (row,) = scored(subscription(order_no=8, days_until_next_order=0, span_days=30), known).to_dict(
        "records"
    )
    discount = 1.1 ** (30 / 365.25) - 1
    hazards = hazard_at(model, 8 + np.arange(terms_of(discount)))
    orders = present_orders(hazards, discount_share=discount)
    # On the due day itself nobody is left who cancels before it.
    assert row["stay_chance"] == 1
    stays = 1 - float(hazard_at(model, 8))
    assert row["residual_minor"] == pytest.approx(100 * orders / stays, rel=1e-9)


def test_amounts_after_a_cheaper_first_order() -> None:
    rows = pd.concat([
        subscription(offer="half", amount_minor=60),
        subscription(offer="half", amount_minor=60, order_no=2),
        subscription(offer="unknown", amount_minor=60),
    ])  # fmt: skip
    assert next_amounts(rows, CELLS).tolist() == [120, 60, 60]


def test_paused_and_overdue_are_left_out() -> None:
    rows = pd.concat([
        subscription(customer_id=name, is_paused=paused, days_until_next_order=days)
        for name, paused, days in (("a", 0, 5), ("b", 1, 5), ("c", 0, -14), ("d", 0, -15))
    ])  # fmt: skip
    assert running(rows, grace_days=14)["customer_id"].tolist() == ["a", "c"]
    assert stretch(rows.assign(steps=0)) == 1


def test_interval_holds_chance_and_counts() -> None:
    """A thousand subscriptions like one: the spread of a sum, and that of the counted chances."""
    rows = pd.concat([subscription()] * 1000, ignore_index=True)
    known = renewals([0.5, 0.2, 0.1])
    values = scored(rows, known)
    total = outlook_by(values, known, pd.Series("all", index=values.index))["total"]
    assert total.orders == pytest.approx(1260)
    margin = (total.orders_high - total.orders_low) / 2
    chance_alone = 1.96 * np.sqrt(1000 * values["orders_variance"][0])
    assert chance_alone < margin < 2 * chance_alone
    assert customer_values(values)["a"] == pytest.approx(126_000)


def test_subscription_orders_are_refused_by_the_model_of_silent_leaving() -> None:
    cells = pd.DataFrame({
        "frequency": [1] * 40, "recency_days": 10, "age_days": 20, "customers": 1,
        "purchase_type": ["one_off"] * 30 + ["subscription"] * 10,
    })  # fmt: skip
    with pytest.raises(DataError, match="10 of 40 rows are subscription orders: who leaves"):
        fit_purchases(cells)
    assert fit_purchases(cells.assign(purchase_type="one_off")).customers == 40


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> list[Shop]:
    """Demo shops of three seeds, most of whose customers subscribe or buy one by one."""
    home = tmp_path_factory.mktemp("planted")
    (home / "shops").mkdir()
    shops = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANALYSIS_HOME", str(home))
        demo = Path(__file__).parents[2] / "shops" / "demo.yaml"
        for seed in (11, 12, 13):
            name = f"demo-{seed}"
            (home / "shops" / f"{name}.yaml").write_text(demo.read_text())
            generate_shop(name, Plan(customers=9_000, seed=seed))
            shops.append(open_shop(name))
    return shops


def test_planted_subscriptions_take_the_orders_expected_of_them(planted: list[Shop]) -> None:
    """From half a year before the end, within three standard errors in every shop."""
    for shop in planted:
        check = check_contracts(shop, date(2025, 6, 30), grace_days=14, annual_discount_rate=0.1)
        error = (check.high - check.low) / 3.92
        assert abs(check.expected - check.actual) < 3 * error, shop.file.name
        assert abs(check.bias_share) < 0.08
        assert "came, an error of" in value_sentences.contract_check_sentence(check)


def test_planted_chances_to_leave_are_those_that_the_values_use(planted: list[Shop]) -> None:
    """Order 3 is the planted churn point: counted chances show it, which no smooth model can."""
    cells = churn.count_transitions(planted[0], grace_days=14)
    known = fit_renewals(cells)
    chances = expected_hazards(known, 30)
    assert chances[2] > chances[1] + 0.04 > chances[3]
    assert chances[2] > hazard_at(known.model, 3) + 0.04
    assert 0 < known.pause_chance < 0.05


def test_contracts_of_a_shop_add_up(planted: list[Shop]) -> None:
    found = read_contracts(
        planted[0], split_day=date(2025, 6, 30), horizon_days=365, grace_days=14,
        annual_discount_rate=0.1,
    )  # fmt: skip
    groups = [group for name, group in found.by_order.items() if name != "total"]
    total = found.by_order["total"]
    assert sum(group.subscriptions for group in groups) == total.subscriptions
    assert sum(group.value_minor for group in groups) == pytest.approx(total.value_minor)
    assert total.residual_minor > total.value_minor
    assert found.left_out > 0
    said = value_sentences.contract_sentence(
        found, horizon_days=365, margin_share=0.5, currency="JPY"
    )
    assert "At a margin of 50.0%" in said


def test_one_chance_for_all_is_said_where_subscribers_cannot_be_told_apart() -> None:
    lost, continued = [5, 5, 5], [55, 50, 45]
    rows = [
        (order, outcome, count)
        for outcome, counts in (("cancelled", lost), ("continued", continued))
        for order, count in enumerate(counts, start=1)
    ]
    cells = pd.DataFrame(rows, columns=["order_no", "outcome", "subscriptions"]).assign(
        cut="cohort", is_commitment_end=0
    )
    known = fit_renewals(cells)
    assert "one chance for all, 9.1%" in value_sentences.renewal_sentence(known)
    first = renewal_table(known).frame.iloc[0]
    assert first["alpha"] == first["beta"] == NOTHING
    assert first["leave after order 1"] == "9.1%"


def test_shops_without_subscriptions_have_none_to_value(home: Path) -> None:
    assert (
        read_contracts(
            open_shop("tiny"), split_day=None, horizon_days=365, grace_days=14,
            annual_discount_rate=0.1,
        )
        is None
    )  # fmt: skip
