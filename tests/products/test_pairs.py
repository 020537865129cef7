"""Pairs of products against hand-worked tables, independent tests and a shop without any."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, fisher_exact
from statsmodels.stats.multitest import multipletests

from analysis.engine import open_engine
from analysis.errors import ParameterError
from analysis.products import sentences
from analysis.products.expected import chance_factors, read_margins, without_repeats
from analysis.products.pairs import either_way, false_discovery, find_pairs, upper_tail

DAY = date(2024, 6, 30)


def records(frame: pd.DataFrame) -> list[tuple]:
    return [tuple(int(value) for value in row) for row in frame.itertuples(index=False)]


# (customer, order of the customer, type, day of June 2024, products)
BY_HAND = [
    (1, 1, "one_off", 1, [1]),
    (1, 2, "one_off", 2, [2, 3]),
    (1, 3, "one_off", 3, [1]),
    (2, 1, "one_off", 4, [1]),
    (2, 2, "subscription", 5, [9]),
    (2, 3, "one_off", 6, [2]),
    (3, 1, "one_off", 7, [1, 2]),
    (3, 2, "one_off", 8, [1]),
    (4, 1, "one_off", 9, [1]),
]


def engine_of(folder: Path, orders: list[tuple], write) -> object:
    rows = [
        (number, customer, order_no, kind, date(2024, 6, day), product, 1, 100)
        for number, (customer, order_no, kind, day, products) in enumerate(orders, start=1)
        for product in products
    ]
    write(folder, "baskets", rows)
    return open_engine(folder)


def test_next_products_by_hand(tmp_path: Path, write_table) -> None:
    engine = engine_of(tmp_path, BY_HAND, write_table)
    # Customer 1: 1 -> 2, 1 -> 3; then 2 -> 1, 3 -> 1 (1 -> is counted once a customer).
    # Customer 2: 1 -> 2 across the renewal. Customer 3: 1 -> 1 and 2 -> 1. Customer 4: nothing.
    assert records(engine.reduce("next_product", as_of=DAY, min_customers=1)) == [
        (1, 1, 1),
        (1, 2, 2),
        (1, 3, 1),
        (2, 1, 2),
        (3, 1, 1),
    ]
    june = 2024 * 12 + 6
    assert records(engine.reduce("next_product_margins", as_of=DAY, min_customers=1)) == [
        (1, 0, 1, 0, 0),
        (1, june, 3, 4, 4),
        (2, 0, 1, 0, 0),
        (2, june, 2, 2, 2),
        (3, june, 1, 1, 1),
    ]
    late = engine.reduce("next_product_margins", as_of=date(2025, 1, 1), min_customers=1)
    assert sorted(late["month"].unique()) == [-1, june], "who waits for long is not waiting lately"


def test_pairs_of_an_order_by_hand(tmp_path: Path, write_table) -> None:
    engine = engine_of(tmp_path, BY_HAND, write_table)
    assert records(engine.reduce("basket_pairs", as_of=DAY, min_customers=1)) == [
        (1, 2, 1),
        (2, 1, 1),
        (2, 3, 1),
        (3, 2, 1),
    ]
    june = 2024 * 12 + 6
    assert records(engine.reduce("basket_pairs_margins", as_of=DAY, min_customers=1)) == [
        (1, june, 4, 1, 1),
        (2, june, 3, 2, 2),
        (3, june, 1, 1, 1),
    ]


def test_rare_pairs_and_products_stay_in_the_engine(tmp_path: Path, write_table) -> None:
    engine = engine_of(tmp_path, BY_HAND, write_table)
    assert records(engine.reduce("next_product", as_of=DAY, min_customers=2)) == [
        (1, 1, 1),
        (1, 2, 2),
        (2, 1, 2),
    ]
    assert records(engine.reduce("basket_pairs", as_of=DAY, min_customers=2)) == []


orders_strategy = st.lists(
    st.tuples(
        st.integers(1, 4),
        st.sampled_from(["one_off", "one_off", "subscription"]),
        st.sets(st.integers(1, 4), min_size=1, max_size=3),
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=30, deadline=None)
@given(orders=orders_strategy, cut=st.integers(1, 28), seed=st.integers(0, 99))
def test_pairs_equal_a_plain_count(
    tmp_path_factory: pytest.TempPathFactory, write_table, orders, cut: int, seed: int
) -> None:
    """Any orders, in any order of rows, cut at any day, counted in the engine and by hand."""
    numbered, of_customer = [], {}
    for place, (customer, kind, products) in enumerate(orders):
        of_customer.setdefault(customer, []).append((place, kind, products))
        numbered.append((customer, len(of_customer[customer]), kind, place + 1, sorted(products)))
    folder = tmp_path_factory.mktemp("pairs")
    engine = engine_of(folder, numbered, lambda *args: write_table(*args, shuffle=seed))
    after, together = {}, {}
    for history in of_customer.values():
        one_off = [p for place, kind, p in history if kind == "one_off" and place + 1 <= cut]
        seen = set()
        for place, products in enumerate(one_off):
            for first in products - seen:
                for other in one_off[place + 1] if place + 1 < len(one_off) else ():
                    after[first, other] = after.get((first, other), 0) + 1
                for other in products - {first}:
                    together[first, other] = together.get((first, other), 0) + 1
            seen |= products
    day = date(2024, 6, cut)
    for name, wanted in (("next_product", after), ("basket_pairs", together)):
        counts = engine.reduce(name, as_of=day, min_customers=1)
        assert {row[:2]: row[2] for row in records(counts)} == wanted
        margins = engine.reduce(f"{name}_margins", as_of=day, min_customers=1)
        assert margins["other_products"].sum() == sum(wanted.values())
        assert margins["times_other"].sum() == sum(wanted.values())


def margins_of(rows: list[tuple]) -> pd.DataFrame:
    columns = ["product_no", "month", "customers", "other_products", "times_other"]
    return pd.DataFrame(rows, columns=columns)


def counts_of(table: np.ndarray) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return pairs and margins of one month in which every following order holds one product."""
    size = len(table)
    counts = pd.DataFrame(
        [(i + 1, j + 1, table[i, j]) for i in range(size) for j in range(size)],
        columns=["product_no", "other_product_no", "customers"],
    )
    margins = margins_of(
        [(i + 1, 24_289, table[i].sum(), table[i].sum(), table[:, i].sum()) for i in range(size)]
    )
    return counts, margins


def test_chance_knows_margins_and_leaves_repeats_out() -> None:
    counts = np.array([[40, 6, 12], [5, 60, 10], [8, 4, 90]], dtype=float)
    _pairs, margins = counts_of(counts)
    table = without_repeats(read_margins(margins), counts.diagonal())
    assert table.rows.ravel() == pytest.approx(counts.sum(axis=1) - counts.diagonal())
    left, right = chance_factors(table)
    expected = left @ right.T * (1 - np.eye(3))
    assert expected.sum(axis=1) == pytest.approx(table.rows.ravel(), rel=1e-6)
    assert expected.sum(axis=0) == pytest.approx(table.columns.ravel(), rel=1e-6)
    # Quasi-independence: the cross products around the empty diagonal are equal.
    assert expected[0, 1] * expected[1, 2] * expected[2, 0] == pytest.approx(
        expected[0, 2] * expected[2, 1] * expected[1, 0]
    )


def test_a_season_makes_no_pair() -> None:
    """Coats and gloves sell in winter, sandals and hats in summer: pooled they look like pairs."""
    rows, counts = [], []
    for month, sold in ((24_289, (1, 2)), (24_295, (3, 4))):
        rows += [(product, month, 400, 400, 400) for product in sold]
        counts += [(i, j, 200) for i in sold for j in sold]
    columns = ["product_no", "other_product_no", "customers"]
    counts = pd.DataFrame(counts, columns=columns)
    by_month = find_pairs(counts, margins_of(rows), min_lift=1.0)
    assert by_month.reliable.empty
    pooled = margins_of(rows).assign(month=24_289)
    assert len(find_pairs(counts, pooled, min_lift=1.0).reliable) == 4, "what months are for"


def test_large_orders_make_no_pair() -> None:
    """Buyers of the first product place orders of ten products, others of one."""
    rows = [(1, 24_289, 200, 2_000, 500)] + [
        (product, 24_289, 200, 200, 700) for product in (2, 3, 4)
    ]
    columns = ["product_no", "other_product_no", "customers"]
    counts = pd.DataFrame([(1, other, 180) for other in (2, 3, 4)], columns=columns)
    found = find_pairs(counts, margins_of(rows), min_lift=1.0)
    assert found.reliable.empty, "180 of 200 looks like much, but ten products are drawn"


def test_p_values_against_scipy() -> None:
    events, trials = pd.Series([0, 3, 30, 80]), pd.Series([50, 50, 400, 100])
    chance = np.array([0.1, 0.02, 0.05, 0.75])
    assert upper_tail(events, trials, chance) == pytest.approx(
        [
            binomtest(x, n, p, alternative="greater").pvalue
            for x, n, p in zip(events, trials, chance, strict=True)
        ]
    )


def test_p_values_are_not_bolder_than_fisher() -> None:
    rng = np.random.default_rng(5)
    for _draw in range(20):
        a_and_b, a_only, b_only, rest = rng.integers(5, 400, 4)
        total = a_and_b + a_only + b_only + rest
        ours = upper_tail(
            pd.Series([a_and_b]),
            pd.Series([a_and_b + a_only]),
            np.array([(a_and_b + b_only) / total]),
        )[0]
        table = [[a_and_b, a_only], [b_only, rest]]
        exact = fisher_exact(table, alternative="greater").pvalue
        if exact < 0.05:
            assert ours >= exact * 0.999


def test_false_discovery_against_statsmodels() -> None:
    p_values = np.random.default_rng(2).uniform(0, 0.2, 40)
    padded = np.concatenate((p_values, np.ones(60)))
    _reject, theirs, *_rest = multipletests(padded, method="fdr_bh")
    assert false_discovery(p_values, tested=100) == pytest.approx(theirs[:40])


def planted_counts(seed: int, *, extra: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Eight products; buyers of the first turn to the second with an extra chance."""
    rng = np.random.default_rng(seed)
    popular = rng.dirichlet(np.full(8, 5.0))
    table = np.array([rng.multinomial(rng.integers(300, 900), popular) for _row in range(8)])
    moved = rng.binomial(table[0], extra)
    table[0] = table[0] - moved
    table[0, 1] += moved.sum()
    return counts_of(table)


def test_a_planted_pair_comes_first_in_every_draw() -> None:
    """Its share lies within 3 standard errors of the truth in nearly all of 40 draws."""
    held = 0
    for seed in range(40):
        counts, margins = planted_counts(seed, extra=0.3)
        found = find_pairs(counts, margins)
        assert list(found.reliable[["product_no", "other_product_no"]].iloc[0]) == [1, 2]
        row = found.reliable.iloc[0]
        share = row["confidence"]
        error = np.sqrt(share * (1 - share) / row["buyers"])
        popular = np.random.default_rng(seed).dirichlet(np.full(8, 5.0))
        held += abs(share - (popular[1] + 0.3 * (1 - popular[1]))) < 3 * error
        assert row["lift_low"] < row["lift"] < row["lift_high"]
        assert found.tested == 56
    assert held >= 38


def test_without_a_planted_pair_nearly_nothing_is_found() -> None:
    false = sum(
        len(find_pairs(*planted_counts(seed, extra=0.0), min_lift=1.0).reliable) > 0
        for seed in range(200)
    )
    assert false <= 20, "10% would lie 3 standard errors above 5%"


def test_only_what_was_tested_counts() -> None:
    counts, margins = planted_counts(1, extra=0.3)
    few = margins.assign(customers=margins["customers"].where(margins["product_no"] != 8, 29))
    assert find_pairs(counts, few).tested == 56 - 7, "29 buyers are too few to lead"
    assert find_pairs(counts[:0], margins[:0]).tested == 0
    assert find_pairs(counts[:0], margins[:0]).reliable.empty


def test_either_way_keeps_one_direction() -> None:
    table = np.full((4, 4), 100)
    table[0, 1] = table[1, 0] = 900
    np.fill_diagonal(table, 0)
    found = find_pairs(*counts_of(table))
    assert len(found.reliable) == 2
    names = pd.Series([f"Product {number}" for number in range(20)])
    for said in (sentences.next_sentence(found, names), sentences.together_sentence(found, names)):
        assert "2 are reliable: on average no more than 5% of such finds are false." in said
    assert len(either_way(found).reliable) == 1


@pytest.mark.parametrize(("name", "value"), [("min_lift", 0.9), ("false_share", 0.0)])
def test_impossible_demands_are_refused(name: str, value: float) -> None:
    counts, margins = planted_counts(1, extra=0.0)
    with pytest.raises(ParameterError, match=name):
        find_pairs(counts, margins, **{name: value})
