"""Life tables against lifelines, a discrete-time logit and published counts."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from lifelines import KaplanMeierFitter

from analysis.churn.hazard import order_hazards
from analysis.intervals import wilson

from .counts import HIGH_END, REGULAR, steps


def test_published_hazards_and_intervals() -> None:
    table = order_hazards(steps(list(REGULAR[:-1] - REGULAR[1:]), list(REGULAR[1:])))
    assert [round(value, 4) for value in table["hazard"][:4]] == [0.3690, 0.2583, 0.1838, 0.1466]
    ends = table.loc[:1, ["low", "high"]].round(4).to_numpy().tolist()
    assert ends == [[0.3396, 0.3994], [0.2257, 0.2939]]
    np.testing.assert_allclose(table["survival"], REGULAR[1:] / 1000)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_survival_equals_lifelines_whose_waiting_subjects_are_one_order_behind(seed: int) -> None:
    """A subscription with n orders that waits has survived n - 1 steps, not n."""
    rng = np.random.default_rng(seed)
    orders = np.minimum(rng.geometric(0.2, 800), rng.integers(1, 12, 800))
    gone = rng.random(800) < 0.6
    last = int(orders.max())
    lost = [int((gone & (orders == n)).sum()) for n in range(1, last + 1)]
    waiting = [int((~gone & (orders == n)).sum()) for n in range(1, last + 1)]
    continued = [int((orders > n).sum()) for n in range(1, last + 1)]
    table = order_hazards(steps(lost, continued, waiting=waiting))
    fitter = KaplanMeierFitter().fit(np.where(gone, orders, orders - 1), gone)
    steps_at_risk = table["at_risk"] > 0
    np.testing.assert_allclose(
        table["survival"][steps_at_risk],
        fitter.predict(table["order_no"][steps_at_risk]).to_numpy(),
        atol=1e-12,
    )
    band = fitter.confidence_interval_.reindex(table["order_no"].astype(float), method="ffill")
    inside = (table["survival"] > 0) & (table["survival"] < 1) & steps_at_risk
    np.testing.assert_allclose(
        table.loc[inside, ["survival_low", "survival_high"]],
        band.to_numpy()[inside.to_numpy()],
        atol=1e-9,
    )


def test_hazards_equal_a_logit_with_one_effect_an_order() -> None:
    lost, continued = [40, 25, 60, 10], [360, 235, 175, 165]
    table = order_hazards(steps(lost, continued))
    fitted = sm.GLM(
        np.repeat([1.0, 0.0], 4),
        np.tile(np.eye(4), (2, 1)),
        family=sm.families.Binomial(),
        freq_weights=np.array([*lost, *continued]),
    ).fit()
    np.testing.assert_allclose(table["hazard"], fitted.fittedvalues[:4], atol=1e-6)


def test_odds_of_two_segments_equal_the_published_logit() -> None:
    survivors = {"regular": REGULAR, "high_end": HIGH_END}
    rows = [
        (segment, n + 1, one[n] - one[n + 1], one[n + 1])
        for segment, one in survivors.items()
        for n in range(12)
    ]
    frame = pd.DataFrame(rows, columns=["segment", "n", "lost", "stayed"])
    design = np.column_stack([pd.get_dummies(frame["n"]), frame["segment"] == "regular"])
    fitted = sm.GLM(
        frame[["lost", "stayed"]], design.astype(float), family=sm.families.Binomial()
    ).fit()
    odds = np.exp([fitted.params.iloc[-1], *fitted.conf_int().iloc[-1]])
    np.testing.assert_allclose(odds, [2.188, 1.950, 2.456], atol=6e-4)


def test_hazard_of_none_and_of_all() -> None:
    table = order_hazards(steps([0, 40], [50, 0]))
    assert table["hazard"].tolist() == [0.0, 1.0]
    assert table["survival"].tolist() == [1.0, 0.0]
    assert table["low"].tolist()[0] == 0.0
    assert table["high"].tolist()[1] == 1.0
    assert table[["survival_low", "survival_high"]].notna().all().all()


def test_fewer_than_30_at_risk_are_not_shown_nor_anything_after() -> None:
    table = order_hazards(steps([10, 9, 10], [30, 20, 40]))
    assert table["is_shown"].tolist() == [True, False, False]


def test_orders_that_nobody_may_leave_hide_nothing() -> None:
    rows = steps([0, 0, 20], [0, 0, 40])
    held = pd.DataFrame(
        {"order_no": [1, 2], "outcome": "committed", "subscriptions": 60, "is_commitment_end": 0}
    )
    table = order_hazards(pd.concat([rows, held]))
    assert table["is_shown"].all()
    assert table["survival"].round(4).tolist() == [1.0, 1.0, 0.6667]


def test_ends_of_commitments_are_apart() -> None:
    free = steps([10], [90])
    table = order_hazards(pd.concat([free, steps([30], [20]).assign(is_commitment_end=1)]))
    assert table.loc[0, ["at_risk", "lost", "free_at_risk", "free_lost"]].tolist() == [
        150, 40, 100, 10,
    ]  # fmt: skip


def test_no_cells_no_table() -> None:
    assert order_hazards(steps([], [])).empty


def test_shares_of_nobody_and_of_everybody_lost_have_intervals() -> None:
    nobody = order_hazards(steps([0, 0], [50, 40]))
    expected = wilson(40, 40)
    ends = nobody.loc[1, ["survival", "survival_low", "survival_high"]].tolist()
    assert ends == pytest.approx([1.0, expected.low, 1.0])
    everybody = order_hazards(steps([10, 40], [40, 0]))
    ends = everybody.loc[1, ["survival", "survival_low", "survival_high"]].tolist()
    assert ends == pytest.approx([0.0, 0.0, wilson(0, 40).high])


def test_who_may_not_leave_is_surely_still_there() -> None:
    held = pd.DataFrame(
        {"order_no": [1], "outcome": ["committed"], "subscriptions": [60], "is_commitment_end": [0]}
    )
    table = order_hazards(pd.concat([held, steps([0, 20], [0, 40])]))
    assert table.loc[0, ["survival", "survival_low", "survival_high"]].tolist() == [1, 1, 1]
    assert table["survival_low"][1] < table["survival"][1] < table["survival_high"][1]
