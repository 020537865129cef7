"""The subscriptions of a shop, read, modelled, scored and checked in one go."""

from datetime import date
from typing import NamedTuple

import pandas as pd

from analysis.churn.transitions import count_transitions, has_subscriptions
from analysis.errors import DataError
from analysis.ltv.bins import cut
from analysis.ltv.renewals import Renewals, fit_renewals
from analysis.ltv.subscriptions import (
    SubscriptionOutlook,
    outlook_by,
    running,
    score_subscriptions,
)
from analysis.shop import Shop

_ORDER_ENDS = [1, 2, 3, 4, 5, 6, 12]
_MIN_RUNNING = 30


class ContractCheck(NamedTuple):
    """What was expected of the subscriptions that ran on an earlier day, and what they took.

    Attributes:
        day: The earlier day.
        subscriptions: Subscriptions that ran then and whose next order could be expected.
        expected: Orders expected up to now, with the 95% range.
        low: Lower end.
        high: Upper end.
        actual: Orders taken.
        bias_share: (expected - actual) / actual.
    """

    day: date
    subscriptions: int
    expected: float
    low: float
    high: float
    actual: int
    bias_share: float


class ContractValue(NamedTuple):
    """What the running subscriptions are expected to bring.

    Attributes:
        renewals: What is known of how subscriptions go on.
        scored: What `score_subscriptions` returned, one row a subscription.
        by_order: Outlook by the number of orders taken, and `total`.
        left_out: Running subscriptions that are paused or overdue, of which nothing is expected.
        check: The same prediction made on an earlier day, or None where that cannot be.
    """

    renewals: Renewals
    scored: pd.DataFrame
    by_order: dict[str, SubscriptionOutlook]
    left_out: int
    check: ContractCheck | None


def read_contracts(
    shop: Shop,
    *,
    split_day: date | None,
    horizon_days: int,
    grace_days: int,
    annual_discount_rate: float,
) -> ContractValue | None:
    """Value the subscriptions that run now, or return None where there are none to value.

    Args:
        shop: The shop.
        split_day: Earlier day on which the prediction is made once more, to check it.
        horizon_days: Length of the horizon.
        grace_days: Days after the due day in which an order still counts as taken.
        annual_discount_rate: What a year's wait takes off the worth of money.
    """
    if not has_subscriptions(shop):
        return None
    found = _value(
        shop, shop.as_of, horizon_days=horizon_days, grace_days=grace_days,
        annual_discount_rate=annual_discount_rate,
    )  # fmt: skip
    if found is None:
        return None
    renewals, scored, everybody = found
    orders = cut(scored["order_no"], _ORDER_ENDS, start=1).astype(str)
    check = None
    if split_day:
        check = check_contracts(
            shop, split_day, grace_days=grace_days, annual_discount_rate=annual_discount_rate
        )
    return ContractValue(
        renewals, scored, outlook_by(scored, renewals, orders), everybody - len(scored), check
    )


def check_contracts(
    shop: Shop, day: date, *, grace_days: int, annual_discount_rate: float
) -> ContractCheck | None:
    """Predict from an earlier day the orders that running subscriptions took since, and compare."""
    horizon_days = (shop.as_of - day).days
    found = _value(
        shop, day, horizon_days=horizon_days, grace_days=grace_days,
        annual_discount_rate=annual_discount_rate,
    )  # fmt: skip
    if found is None:
        return None
    renewals, scored, _everybody = found
    total = outlook_by(scored, renewals, pd.Series("all", index=scored.index))["total"]
    actual = int(scored["later_orders"].sum())
    return ContractCheck(
        day=day,
        subscriptions=len(scored),
        expected=total.orders,
        low=total.orders_low,
        high=total.orders_high,
        actual=actual,
        bias_share=total.orders / actual - 1 if actual else float("nan"),
    )


def _value(
    shop: Shop, day: date, *, horizon_days: int, grace_days: int, annual_discount_rate: float
) -> tuple[Renewals, pd.DataFrame, int] | None:
    try:
        cells = count_transitions(shop._replace(as_of=day), grace_days=grace_days)
    except DataError:
        return None
    renewals = fit_renewals(cells)
    everybody = shop.reduce("running_subscriptions", known_by=day)
    expected = running(everybody, grace_days=grace_days)
    if renewals is None or len(expected) < _MIN_RUNNING:
        return None
    scored = score_subscriptions(
        expected, renewals, cells, horizon_days=horizon_days,
        annual_discount_rate=annual_discount_rate,
    )  # fmt: skip
    return renewals, scored, len(everybody)
