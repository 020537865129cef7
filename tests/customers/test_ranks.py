"""Scores, segments, states and movement by hand, and rules that must hold for any customers."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import mcnemar

from analysis import customers, ltv
from analysis.customers import rfm, segments
from analysis.customers.movement import NOT_YET, rank_of
from analysis.errors import ParameterError

CUTS = rfm.Thresholds((120, 60, 30, 14), (2, 3, 5, 9), (1000, 2000, 3000, 4000), is_fixed=True)


def ranks(**columns: list[int]) -> pd.DataFrame:
    names = (
        "age_days recency_days purchases amount_minor quiet_ago_days window_purchases "
        "window_amount_minor then_age_days then_recency_days then_window_purchases "
        "then_window_amount_minor"
    )
    length = len(next(iter(columns.values())))
    return pd.DataFrame({name: columns.get(name, [0] * length) for name in names.split()})


def test_scores_by_hand() -> None:
    people = ranks(
        recency_days=[14, 15, 60, 121, 500],
        window_purchases=[9, 8, 1, 3, 0],
        window_amount_minor=[4000, 3999, 0, 2000, 0],
    )
    assert rfm.scores(people, CUTS).to_numpy().tolist() == [
        [5, 5, 5],
        [4, 4, 4],
        [3, 1, 1],
        [1, 3, 3],
        [0, 0, 0],
    ]


def test_fifths_keep_equal_customers_together() -> None:
    once = [1] * 60 + [2] * 20 + [3] * 15 + [40] * 5
    people = ranks(
        recency_days=list(range(100)), window_purchases=once, window_amount_minor=[5] * 100
    )
    cuts = rfm.thresholds(people, currency="JPY")
    assert not cuts.is_fixed
    assert cuts.recency_days == (79, 59, 39, 19)
    assert cuts.purchases == (2, 2, 2, 3)
    scored = rfm.scores(people, cuts)
    assert scored.groupby(people["window_purchases"])["f_score"].nunique().max() == 1
    assert scored["f_score"].tolist() == [1] * 60 + [4] * 20 + [5] * 20
    assert set(scored["m_score"]) == {1}, "who pays all the same is neither best nor worst"
    assert scored["r_score"].value_counts().tolist() == [20] * 5


def test_fixed_limits_are_given_whole_and_in_order() -> None:
    people = ranks(recency_days=[1], window_purchases=[1], window_amount_minor=[1])
    cuts = rfm.thresholds(
        people,
        recency_days="120 60 30 14",
        purchases="2 3 5 9",
        amounts="10 20 30 40.5",
        currency="USD",
    )
    assert cuts == (*CUTS[:2], (1000, 2000, 3000, 4050), True)
    with pytest.raises(ParameterError, match="rfm_amounts == '', must be given too"):
        rfm.thresholds(people, recency_days="4 3 2 1", purchases="1 2 3 4", currency="USD")
    for wrong in ("14 30 60 120", "120 60 30", "120 60 x 14"):
        with pytest.raises(ParameterError, match="must be four falling numbers"):
            rfm.thresholds(
                people, recency_days=wrong, purchases="1 2 3 4", amounts="1 2 3 4", currency="USD"
            )


def test_segments_by_hand() -> None:
    people = ranks(
        purchases=[9, 9, 1, 2, 9, 2, 2, 7],
        recency_days=[10, 50, 20, 20, 90, 50, 90, 900],
        window_purchases=[9, 6, 1, 2, 5, 2, 2, 0],
        window_amount_minor=[9000, 100, 50, 50, 100, 50, 50, 0],
    )
    named = customers.segment(people, rfm.scores(people, CUTS))
    assert named.tolist() == [
        "best",
        "loyal",
        "new",
        "growing",
        "slipping",
        "occasional",
        "cooling",
        "lapsed",
    ]
    sizes = customers.segment_sizes(people, named)
    assert sizes["customers"].tolist() == [1] * 8
    assert sizes["amount_share"].sum() == pytest.approx(1)
    for name in segments.SEGMENTS:
        assert segments.segment_label(name)
        assert "{" not in segments.segment_rule(name, CUTS, currency="USD")


PEOPLE = st.lists(
    st.tuples(
        st.integers(0, 400),  # recency
        st.integers(0, 400),  # tenure
        st.integers(1, 12),
        st.integers(0, 9999),
        st.integers(0, 12),
        st.integers(0, 9999),
    ),
    min_size=1,
    max_size=60,
)


def drawn(people: list[tuple[int, ...]]) -> pd.DataFrame:
    recency, tenure, purchases, amount, then_purchases, then_amount = zip(*people, strict=True)
    return ranks(
        recency_days=list(recency),
        age_days=list(np.add(recency, tenure)),
        purchases=list(purchases),
        amount_minor=list(amount),
        quiet_ago_days=list(np.subtract(recency, 90)),
        window_purchases=list(purchases),
        window_amount_minor=list(amount),
        then_age_days=[0 if bought else -1 for bought in then_purchases],
        then_window_purchases=list(then_purchases),
        then_window_amount_minor=[
            a if n else 0 for a, n in zip(then_amount, then_purchases, strict=True)
        ],
    )


@settings(max_examples=60, deadline=None)
@given(people=PEOPLE, data=st.data())
def test_everybody_is_counted_once_in_any_order(
    people: list[tuple[int, ...]], data: st.DataObject
) -> None:
    frame = drawn(people)
    shuffled = drawn(data.draw(st.permutations(people)))
    results = []
    for given_frame in (frame, shuffled):
        cuts = rfm.thresholds(given_frame, currency="JPY")
        scored = rfm.scores(given_frame, cuts)
        limits = customers.rank_limits(given_frame)
        stages = customers.stages(given_frame, tenure_days=180, currency="JPY")
        moved = customers.movement(given_frame, limits)
        sizes = customers.segment_sizes(given_frame, customers.segment(given_frame, scored))
        states = customers.cpm_states(given_frame, stages)
        assert scored.to_numpy().min() >= 1
        assert scored.to_numpy().max() <= 5
        for counted in (sizes["customers"], states["customers"], moved.to_numpy()):
            assert counted.sum() == len(people)
        assert len(states) == 10
        assert states["amount_minor"].sum() == given_frame["amount_minor"].sum()
        results.append((cuts, limits, sizes.to_dict(), states.to_dict(), moved.to_dict()))
    assert results[0] == results[1]


def test_states_by_hand() -> None:
    people = ranks(
        purchases=[1, 2, 2, 3, 3, 1],
        age_days=[10, 20, 300, 30, 400, 500],
        recency_days=[10, 10, 100, 20, 5, 500],
        amount_minor=[900, 100, 100, 5000, 5000, 50],
        quiet_ago_days=[-80, -80, 10, -70, -85, 410],
    )
    stages = customers.stages(people, tenure_days=180, amount=50, currency="USD")
    assert stages == (180, 5000, True)
    counted = customers.cpm_states(people, stages)
    found = {(row.stage, row.is_active): row.customers for row in counted.itertuples()}
    assert {state: n for state, n in found.items() if n} == {
        ("first", True): 1,
        ("first", False): 1,
        ("starting", True): 1,
        ("steady", False): 1,
        ("burst", True): 1,
        ("top", True): 1,
    }
    with pytest.raises(ParameterError, match="cpm_tenure_days == 0"):
        customers.stages(people, tenure_days=0, currency="USD")


def test_movement_by_hand() -> None:
    then = [100, 90, 80, 70, 60, 50, 40, 30, 20, 10]
    people = ranks(
        then_window_purchases=[1] * 10 + [0, 0],
        then_window_amount_minor=[*then, 0, 0],
        then_age_days=[50] * 10 + [50, -1],
        window_purchases=[1, 0, *[1] * 10],
        window_amount_minor=[95, 0, 100, *then[3:], 150, 5],
    )
    limits = customers.rank_limits(people)
    assert limits == (100, 80, 50)
    assert rank_of(people["window_amount_minor"], people["window_purchases"], limits).tolist() == [
        1,
        4,
        0,
        2,
        2,
        2,
        3,
        3,
        3,
        3,
        0,
        3,
    ]
    moved = customers.movement(people, limits)
    assert moved.loc[0].tolist() == [0, 1, 0, 0, 0], "the only top customer fell"
    assert moved.loc[NOT_YET].tolist() == [0, 0, 0, 1, 0]
    change = customers.top_change(people, limits)
    assert (change.before, change.now, change.fell, change.rose) == (1, 2, 1, 2)
    assert (change.lost_minor, change.gained_minor) == (5, 20 + 150)


def test_balance_of_top_customers_agrees_with_mcnemar() -> None:
    for fell, rose in ((30, 60), (40, 52), (25, 26)):
        stay = 400
        people = ranks(
            then_window_purchases=[1] * (fell + rose + stay),
            then_window_amount_minor=[9] * fell + [1] * rose + [1] * stay,
            window_purchases=[1] * (fell + rose + stay),
            window_amount_minor=[1] * fell + [9] * rose + [1] * stay,
        )
        change = customers.top_change(people, (9, 5, 3))
        theirs = mcnemar([[0, fell], [rose, stay]], exact=False, correction=False)
        assert (change.fell, change.rose) == (fell, rose)
        assert (change.low > 0) == (theirs.pvalue < 0.05)


def test_both_days_look_back_equally_far() -> None:
    first, last = date(2025, 1, 1), date(2025, 12, 31)
    assert customers.comparison(first, last) == (date(2025, 10, 2), 275)
    assert customers.comparison(first, last, window_days=90).window_days == 90
    chosen = customers.comparison(first, last, compared_on="2025-03-31", window_days=180)
    assert chosen == (date(2025, 3, 31), 90)
    assert customers.comparison(first, first) == (first, 1)
    with pytest.raises(ParameterError, match="compared_on == 2026-01-01"):
        customers.comparison(first, last, compared_on="2026-01-01")
    with pytest.raises(ParameterError, match="rank_window_days == 0"):
        customers.comparison(first, last, window_days=0)


def test_deciles_take_ranks_as_they_are() -> None:
    people = ranks(window_purchases=[1] * 20, window_amount_minor=list(range(1, 21)))
    tenths = ltv.deciles(people.rename_axis("customer_id").reset_index(), "window_amount_minor")
    assert tenths["value_minor"].tolist()[0] == 39
