"""Reasons: mapped from text, counted per person at risk, free of the mix of sources, adding up."""

import warnings

import numpy as np
import pandas as pd
import pytest
from lifelines import AalenJohansenFitter

from analysis.churn.reasons import (
    at_risk_by_source,
    cumulative_incidence,
    losses_by_reason,
    map_reasons,
    reason_hazards,
    reason_totals,
    reasons_at,
    unknown_share,
)

TABLE = {"price": ["高い", "expensive"], "surplus": ["余っ"], "payment": ["決済失敗"]}


def cells(rows: list[tuple]) -> pd.DataFrame:
    """Cells of the cut by source: order number, source, outcome, reason, subscriptions."""
    frame = pd.DataFrame(
        rows, columns=["order_no", "source", "outcome", "cancel_reason", "subscriptions"]
    )
    return frame.assign(cut="source", is_commitment_end=0)


def test_width_case_and_order_of_the_table() -> None:
    texts = [
        "ＥＸＰＥＮＳＩＶＥ!",
        "高いし余っている",
        " 余った ",
        "",
        None,
        "何となく",
        float("nan"),
    ]
    assert map_reasons(texts, TABLE) == [
        "price", "price", "surplus", "unknown", "unknown", "unknown", "unknown",
    ]  # fmt: skip
    assert map_reasons(["x"], {}) == ["unknown"]


def test_a_failed_payment_is_the_reason_unless_somebody_gave_another() -> None:
    losses = losses_by_reason(
        cells(
            [
                (1, "a", "payment_failed", None, 5),
                (1, "a", "payment_failed", "高い", 3),
                (1, "a", "cancelled", "決済失敗", 2),
                (1, "a", "lapsed", None, 4),
                (1, "a", "continued", None, 100),
            ]
        ),
        TABLE,
    )
    assert losses.groupby("reason")["lost"].sum().to_dict() == {
        "payment": 7, "price": 3, "unknown": 4,
    }  # fmt: skip
    assert unknown_share(losses) == pytest.approx(4 / 14)
    assert reason_totals(losses)["reason"].tolist() == ["payment", "price", "unknown"]


def test_no_reasons_at_all() -> None:
    rows = cells([(1, None, "cancelled", None, 40), (1, None, "continued", None, 60)])
    losses, at_risk = losses_by_reason(rows, {}), at_risk_by_source(rows)
    assert unknown_share(losses) == 1.0
    assert reason_hazards(losses, at_risk)["hazard"].tolist() == [0.4]
    assert reasons_at(losses, at_risk, order_no=1).empty


def test_nobody_lost() -> None:
    rows = cells([(1, "a", "continued", None, 60)])
    losses, at_risk = losses_by_reason(rows, TABLE), at_risk_by_source(rows)
    assert unknown_share(losses) == 0.0
    assert reason_hazards(losses, at_risk).empty
    assert cumulative_incidence(losses, at_risk).empty


def test_nobody_at_risk() -> None:
    rows = cells([(1, "a", "not_yet_due", None, 60)])
    losses, at_risk = losses_by_reason(rows, TABLE), at_risk_by_source(rows)
    assert reason_hazards(losses, at_risk).empty
    assert reasons_at(losses, at_risk, order_no=3).empty


def two_sources() -> pd.DataFrame:
    """Constant hazards within each source: price .20 in ads and .02 elsewhere, surplus .05."""
    rows = []
    for source, price, left in (("ads", 0.20, 100_000.0), ("organic", 0.02, 100_000.0)):
        for order in range(1, 9):
            gone = {"高い": left * price, "余っている": left * 0.05}
            stay = left - sum(gone.values())
            rows += [
                (order, source, "cancelled", text, round(count)) for text, count in gone.items()
            ]
            rows.append((order, source, "continued", None, round(stay)))
            left = stay
    return cells(rows)


def test_shares_shift_by_the_mix_alone_and_standardized_hazards_do_not() -> None:
    rows = two_sources()
    losses = losses_by_reason(rows, TABLE)
    shares = losses.groupby(["order_no", "reason"])["lost"].sum().unstack()
    surplus = shares["surplus"] / shares.sum(axis=1)
    assert surplus[8] - surplus[1] > 0.1, "surplus seems to grow"
    by_reason = reason_hazards(losses, at_risk_by_source(rows)).set_index(["reason", "order_no"])
    price = by_reason.loc["price"]
    assert price["hazard"][1] - price["hazard"][8] > 0.04, "price seems to fade"
    np.testing.assert_allclose(price["standardized"], 0.11, atol=1e-3)
    np.testing.assert_allclose(by_reason.loc["surplus"]["standardized"], 0.05, atol=1e-3)
    assert (by_reason["standardized_low"] <= by_reason["standardized"]).all()


def test_a_source_that_is_gone_passes_its_weight_on() -> None:
    rows = cells(
        [
            (1, "a", "cancelled", "高い", 50), (1, "b", "cancelled", "高い", 10),
            (1, "b", "continued", None, 40), (2, "b", "cancelled", "高い", 10),
            (2, "b", "continued", None, 30),
        ]
    )  # fmt: skip
    table = reason_hazards(losses_by_reason(rows, TABLE), at_risk_by_source(rows))
    assert table["standardized"].round(4).tolist() == [0.6, 0.25]


@pytest.mark.parametrize("seed", [1, 2])
def test_cumulative_incidence_equals_lifelines(seed: int) -> None:
    rng = np.random.default_rng(seed)
    orders, cause = rng.geometric(0.25, 600).clip(max=8), rng.integers(0, 3, 600)
    names = {1: "高い", 2: "余っている"}
    rows = [
        (order, "a", "cancelled", names[one], int(((orders == order) & (cause == one)).sum()))
        for order in range(1, 9)
        for one in (1, 2)
    ]
    # Who waits with n orders has come through n - 1 steps.
    durations = np.where(cause == 0, orders - 1, orders)
    rows += [
        (order, "a", "continued", None, int((durations > order).sum() + (
            (durations == order) & (cause == 0)).sum()))
        for order in range(1, 9)
    ]  # fmt: skip
    frame = cells([row for row in rows if row[4]])
    ours = cumulative_incidence(losses_by_reason(frame, TABLE), at_risk_by_source(frame))
    for one, name in ((1, "price"), (2, "surplus")):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fitted = AalenJohansenFitter(seed=1, calculate_variance=False).fit(
                durations, cause, event_of_interest=one
            )
        mine = ours[ours["reason"] == name].set_index("order_no")["share"]
        # It spreads tied times at random, so its value just after each order is compared.
        theirs = fitted.cumulative_density_.iloc[:, 0]
        for order in mine.index:
            assert mine[order] == pytest.approx(
                theirs[theirs.index <= order + 0.4].iloc[-1], abs=0.01
            )


def test_incidences_and_those_left_add_up() -> None:
    rows = two_sources()
    losses, at_risk = losses_by_reason(rows, TABLE), at_risk_by_source(rows)
    table = cumulative_incidence(losses, at_risk)
    risk, lost = at_risk.sum(axis=1), losses.groupby("order_no")["lost"].sum()
    left = (1 - lost / risk).cumprod()
    np.testing.assert_allclose(table.groupby("order_no")["share"].sum() + left, 1.0)
    assert ((table["low"] <= table["share"]) & (table["share"] <= table["high"])).all()


def test_interval_of_the_incidence_covers() -> None:
    rng, inside = np.random.default_rng(7), 0
    hazard, truth = {"高い": 0.1, "余っている": 0.05}, 0.1 + 0.85 * 0.1 + 0.85**2 * 0.1
    for _time in range(150):
        left, rows = 300, []
        for order in (1, 2, 3):
            gone = rng.multinomial(left, [*hazard.values(), 0.85])
            rows += [
                (order, "a", "cancelled", text, int(count))
                for text, count in zip(hazard, gone, strict=False)
            ]
            rows.append((order, "a", "continued", None, int(gone[2])))
            left = gone[2]
        frame = cells(rows)
        table = cumulative_incidence(losses_by_reason(frame, TABLE), at_risk_by_source(frame))
        last = table[(table["reason"] == "price") & (table["order_no"] == 3)].iloc[0]
        inside += last["low"] <= truth <= last["high"]
    assert 0.9 <= inside / 150 <= 0.99


def test_the_reason_that_makes_an_order_stand_out() -> None:
    rows = []
    for order, surplus in ((1, 20), (2, 20), (3, 160), (4, 20)):
        rows += [
            (order, "a", "cancelled", "余っている", surplus),
            (order, "a", "cancelled", "高い", 50),
            (order, "a", "cancelled", None, 30),
            (order, "a", "continued", None, 900),
        ]
    frame = cells(rows)
    tested = reasons_at(losses_by_reason(frame, TABLE), at_risk_by_source(frame), order_no=3)
    assert tested["reason"].tolist() == ["surplus", "price"]
    assert tested["excess"][0] == pytest.approx(160 / 1140 - 0.02, abs=2e-3)
    assert tested["p_holm"][0] < 1e-6 < 0.5 < tested["p_holm"][1]
