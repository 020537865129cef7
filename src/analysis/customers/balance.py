"""How did the circle of active customers change? New, come back, gone quiet, period by period."""

from datetime import date, timedelta
from typing import NamedTuple

from analysis.errors import ParameterError
from analysis.shop import Shop


class Balance(NamedTuple):
    """Customers in a period, one row of `sql/customer_balance.sql`.

    Always: active at the end = active at the start + new + came back - went quiet.

    Attributes:
        customers: Everybody who had bought by the end.
        active_at_start: Kept active on the day before the period by a purchase: for the dormancy
            days by a one-off one, for the subscription days by a subscription order.
        new_customers: Bought for the first time in the period.
        came_back: Had gone quiet and bought again in the period.
        went_quiet: Ceased to be active in the period, for want of another purchase.
        active_at_end: Kept active on the last day.
        buyers: Bought in the period.
        returning_customers: Buyers who had bought before the period.
        purchases: Purchases in the period; all orders of a customer on one day are one.
        amount_minor: Paid for the orders of the period, net of their refunds, less the refunds of
            the period that belong to no order.
    """

    customers: int
    active_at_start: int
    new_customers: int
    came_back: int
    went_quiet: int
    active_at_end: int
    buyers: int
    returning_customers: int
    purchases: int
    amount_minor: int


def balances(
    shop: Shop, *, period_days: int, dormancy_days: int, subscription_days: int
) -> tuple[Balance, Balance | None]:
    """Count a shop's customers in the last period and in the one before.

    The one before is None where the orders do not reach back over all of it.

    Args:
        shop: The shop.
        period_days: Length of both periods.
        dormancy_days: How long a one-off purchase keeps a customer active.
        subscription_days: How long a subscription order does.

    Raises:
        ParameterError: A number of days is below 1.
    """
    lengths = {
        "period_days": period_days,
        "dormancy_days": dormancy_days,
        "subscription_days": subscription_days,
    }
    for name, value in lengths.items():
        if value < 1:
            raise ParameterError(f"{name} == {value}, must be >= 1.")

    def count(as_of: date) -> Balance:
        frame = shop.reduce("customer_balance", as_of=as_of, **lengths)
        return Balance(*(int(value) for value in frame[list(Balance._fields)].iloc[0]))

    start = shop.as_of - timedelta(days=period_days)
    known = has_period_before(shop.first_day, shop.as_of, period_days=period_days)
    return count(shop.as_of), count(start) if known else None


def has_period_before(first_day: date, as_of: date, *, period_days: int) -> bool:
    """Say whether the orders cover two whole periods up to a day.

    >>> has_period_before(date(2024, 1, 1), date(2024, 2, 29), period_days=30)
    True
    >>> has_period_before(date(2024, 1, 2), date(2024, 2, 29), period_days=30)
    False
    """
    return first_day <= as_of - timedelta(days=2 * period_days - 1)
