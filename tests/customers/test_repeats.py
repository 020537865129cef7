"""From purchase to purchase on shops whose truth is known: the naive figure falls, not ours."""

from collections.abc import Callable, Iterator
from datetime import date

import numpy as np
import pandas as pd
import pytest

from analysis import customers
from analysis.customers.answers import _difference
from analysis.demo import Plan, generate_shop
from analysis.demo.truth import planted
from analysis.engine import Engine, open_engine

SEEDS = (1, 2, 3)
END = date(2025, 12, 31)
WINDOW_DAYS = 90
PLANTED = planted()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[int], Engine]]:
    """Return the tables of demo shops by seed, of 6,000 customers each."""
    home = tmp_path_factory.mktemp("home")
    made: dict[int, Engine] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANALYSIS_HOME", str(home))

        def make(seed: int) -> Engine:
            if seed not in made:
                generate_shop(f"demo-{seed}", Plan(customers=6_000, seed=seed))
                made[seed] = open_engine((home / "data" / f"demo-{seed}" / "current").resolve())
            return made[seed]

        yield make


def planted_second_purchase(shop: Engine, window_days: int) -> float:
    """Return the chance of a second purchase within whole days, from the planted rates.

    Rates are gamma by source, so a wait exceeds t with chance (alpha / (alpha + t)) ** r; nobody
    leaves before the second purchase. A first purchase falls anywhere within its day.
    """
    shares = shop.source.connection.execute(
        "SELECT c.source, count(*) FROM customers c JOIN (SELECT DISTINCT customer_id FROM orders "
        "WHERE purchase_type = 'one_off') o USING (customer_id) GROUP BY c.source"
    ).fetchall()
    weeks = (window_days + np.linspace(0.05, 0.95, 19)) / 7
    chances = {
        s.name: 1 - np.mean((s.alpha_weeks / (s.alpha_weeks + weeks)) ** s.r)
        for s in PLANTED.sources
    }
    return sum(chances[source] * n for source, n in shares) / sum(n for _source, n in shares)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("window_days", [30, 90, 180])
def test_second_purchases_are_as_planted(
    demo: Callable[[int], Engine], seed: int, window_days: int
) -> None:
    steps = customers.step_conversion(
        demo(seed).reduce("purchase_steps", as_of=END, window_days=window_days)
    )
    first = steps.iloc[0]
    planted = planted_second_purchase(demo(seed), window_days)
    error = np.sqrt(planted * (1 - planted) / first["customers"])
    assert abs(first["share"] - planted) < 3 * error
    assert first["low"] < first["share"] < first["high"]


@pytest.mark.parametrize("seed", SEEDS)
def test_gap_curve_finds_the_planted_waits(demo: Callable[[int], Engine], seed: int) -> None:
    gaps = demo(seed).reduce("order_gaps", as_of=END, purchase_type="one_off", last_order_no=1)
    curve = customers.gap_curve(gaps, 1).set_index("day")
    for day in (30, 120, 365):
        row = curve.loc[day]
        error = (row["high"] - row["low"]) / (2 * 1.96)
        assert abs(row["share"] - planted_second_purchase(demo(seed), day)) < 3 * error


@pytest.mark.parametrize("seed", SEEDS)
def test_naive_share_falls_in_the_last_months_and_ours_does_not(
    demo: Callable[[int], Engine], seed: int
) -> None:
    """Nothing changes in the shop: a figure that falls in its last months falls by itself."""
    cohorts = customers.second_purchase_by_cohort(
        demo(seed).reduce("second_purchase_cohorts", as_of=END, window_days=WINDOW_DAYS),
        as_of=END,
        window_days=WINDOW_DAYS,
    )
    naive = cohorts["naive_share"] * cohorts["customers"]
    sizes = cohorts["customers"]
    _change, _low, high = _difference(
        (round(naive.tail(3).sum()), int(sizes.tail(3).sum())),
        (round(naive[:-3].sum()), int(sizes[:-3].sum())),
    )
    assert high < -0.2, "counted so far, the last three months seem to fall by 20 points or more"
    # Ours says nothing of the months that are too young, and of the others the same throughout.
    assert cohorts["share"].isna().tolist()[-4:] == [False, True, True, True]
    shown = cohorts.dropna(subset="share")
    late = shown.tail(3)
    change, low, high = _difference(
        (int(late["converted"].sum()), int(late["customers"].sum())),
        (int(shown["converted"][:-3].sum()), int(shown["customers"][:-3].sum())),
    )
    assert abs(change) < 3 * (high - low) / (2 * 1.96)


def test_steps_by_hand() -> None:
    steps = pd.DataFrame(
        {
            "purchase_no": [1, 2, 3],
            "customers": [100, 40, 10],
            "next_ever": [60, 20, 5],
            "mature_customers": [80, 30, 9],
            "mature_next": [40, 12, 5],
            "mature_next_amount_minor": [4000, 2400, 500],
        }
    )
    found = customers.step_conversion(steps)
    assert found["purchase_no"].tolist() == [1, 2], "nine mature customers are too few to show"
    assert found["share"].tolist() == [0.5, 0.4]
    assert found["naive_share"].tolist() == [0.6, 0.5]
    assert found["next_amount_minor"].tolist() == [100, 200]
    # Wilson (1927) for 40 of 80.
    assert found.loc[0, ["low", "high"]].tolist() == pytest.approx([0.3930, 0.6070], abs=5e-5)


def test_difference_equals_statsmodels() -> None:
    from statsmodels.stats.proportion import confint_proportions_2indep

    for one, other in (((56, 70), (48, 80)), ((9, 10), (3, 10)), ((10, 10), (0, 20))):
        theirs = confint_proportions_2indep(*one, *other, method="newcomb", compare="diff")
        assert _difference(one, other)[1:] == pytest.approx(theirs)


def test_cohort_cells_are_known_once_their_month_is_over() -> None:
    cells = pd.DataFrame(
        {
            "cohort_no": [24288, 24288, 24289, 24289],
            "age_months": [0, 1, 0, 1],
            "customers": [40, 10, 50, 3],
            "purchases": [40, 12, 50, 3],
            "amount_minor": [400, 120, 500, 30],
        }
    )
    # March is not over: February's second month is unknown, not a fall from 25% to 6%.
    table = customers.cohort_table(cells, "customers", as_of=date(2024, 3, 30))
    assert table.index.tolist() == ["2024-01", "2024-02"]
    assert table[1].tolist()[0] == 0.25
    assert np.isnan(table[1].tolist()[1])
    over = customers.cohort_table(cells, "amount_minor", as_of=date(2024, 3, 31))
    assert over[1].tolist() == [3.0, 0.6]
    assert over[2].tolist()[0] == 0.0, "a month in which nobody bought is a true nothing"
    assert customers.pooled_by_age(table)[1] == 0.25
