"""Customers divided in SQL as in Python, evenly, and the same way for ever."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.assignment import CONTROL, arms, assignment_shares
from analysis.campaigns import Campaign, Condition, Kpi, assigned_arms
from analysis.errors import ParameterError
from analysis.targets import divide, global_holdout_salt, in_global_holdout, places


def campaign(salt: str = "spring", **changes: object) -> Campaign:
    base = Campaign(
        campaign_id="one",
        shop="tiny",
        title="One",
        hypothesis="None.",
        owner="CRM",
        segment=Condition("orders", at_least=1),
        starts_on=date(2026, 1, 1),
        ends_on=date(2026, 1, 1),
        readout_on=date(2026, 3, 1),
        steps=(),
        offer="",
        contact_cost_minor=0,
        offer_cost_minor=0,
        margin_share=0.5,
        primary=Kpi("purchase", 30),
        secondary=(),
        guardrails=(),
        expected_effect=0.1,
        holdout_share=0.5,
        arms=(("treatment", 0.5),),
        salt=salt,
    )
    return base._replace(**changes)


def customers(count: int) -> list[str]:
    return [f"C{number:07d}" for number in range(count)]


@pytest.mark.parametrize(
    ("salt", "customer", "place"),
    [
        ("2026-07-winback", "C000001", 0.891087981770),
        ("2026-07-winback", "C000002", 0.640526338406),
        ("2026-08-crosssell", "C000001", 0.059332221651),
        ("テスト", "顧客1", 0.554254908217),
    ],
)
def test_known_customers_keep_their_place_in_sql(salt: str, customer: str, place: float) -> None:
    assert places(salt, [customer])[0] == pytest.approx(place, abs=1e-12)


def test_sql_and_python_agree_bit_for_bit_in_the_order_given() -> None:
    """Enough customers for several threads of the engine, which must not change their order."""
    ids = np.random.default_rng(1).permutation(customers(300_000))
    assert (places("spring", ids) == assignment_shares("spring", ids)).all()


@settings(max_examples=50, deadline=None)
@given(
    salt=st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20),
    ids=st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20), max_size=5
    ),
)
def test_sql_and_python_agree_on_any_text(salt: str, ids: list[str]) -> None:
    assert places(salt, ids).tolist() == assignment_shares(salt, ids).tolist()


def test_one_arm_is_divided_as_the_past_campaigns_were() -> None:
    ids = customers(5_000)
    for holdout in (0.5, 0.3, 0.1):
        one = campaign(holdout_share=holdout, arms=(("treatment", 1 - holdout),))
        assert (divide(one, ids) == arms("spring", ids, treated_share=1 - holdout)).all()
        assert (divide(one, ids) == assigned_arms(one, ids)).all()


def test_several_arms_have_their_shares_and_salts_are_independent() -> None:
    ids = customers(40_000)
    three = {"holdout_share": 0.3, "arms": (("coupon", 0.5), ("reminder", 0.2))}
    first, second = (divide(campaign(salt, **three), ids) for salt in ("a", "b"))
    assert (first == assigned_arms(campaign("a", **three), ids)).all()
    for arm, share in ((CONTROL, 0.3), ("coupon", 0.5), ("reminder", 0.2)):
        assert abs((first == arm).mean() - share) < 4 * np.sqrt(share * (1 - share) / len(ids))
        both = ((first == arm) & (second == arm)).mean()
        assert abs(both - share**2) < 0.01
    larger = divide(
        campaign("a", holdout_share=0.1, arms=(("coupon", 0.7), ("reminder", 0.2))), ids
    )
    assert set(larger[first == "coupon"]) == {"coupon"}


def test_the_global_holdout_is_drawn_anew_each_half_year() -> None:
    ids = customers(40_000)
    january, june, july = (
        in_global_holdout(day, ids, share=0.05)
        for day in (date(2026, 1, 1), date(2026, 6, 30), date(2026, 7, 1))
    )
    assert (january == june).all()
    assert abs(january.mean() - 0.05) < 0.005
    assert abs((january & july).mean() - 0.05**2) < 0.001
    assert not in_global_holdout(date(2026, 1, 1), ids, share=0).any()
    assert len({global_holdout_salt(date(2026, month, 1)) for month in range(1, 13)}) == 2
    # Its salt is its own: whoever is left divides by a campaign's salt as planned.
    assert abs((divide(campaign(), np.array(ids)[~january]) == CONTROL).mean() - 0.5) < 0.01


@pytest.mark.parametrize("share", [-0.1, 0.6])
def test_impossible_holdouts_are_refused(share: float) -> None:
    with pytest.raises(ParameterError, match="must be from 0 to 0.5"):
        in_global_holdout(date(2026, 1, 1), ["a"], share=share)


def test_nobody_is_divided_into_nothing() -> None:
    assert len(divide(campaign(), [])) == 0
