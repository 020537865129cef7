"""How much of what is paid goes back? Orders old enough to tell, and refunds that have a day."""

from typing import NamedTuple

from analysis.findings import Metric
from analysis.intervals import wilson
from analysis.language import _
from analysis.shop import Shop
from analysis.style import format_count, format_interval, format_money, format_share, with_interval

WINDOW_DAYS = 30


class Returns(NamedTuple):
    """What went back within a window of orders that have had all of it.

    Attributes:
        orders: Orders that lie at least the window back.
        paid_minor: What was paid for them at first.
        refunded_orders: Those of them of which money went back within the window.
        refunded_minor: How much that was.
        low: Lower end of the 95% interval of the share of orders.
        high: Its upper end.
    """

    orders: int
    paid_minor: int
    refunded_orders: int
    refunded_minor: int
    low: float
    high: float


def read_returns(shop: Shop) -> Returns | None:
    """Read what went back within 30 days; None where no refund, or no order so old, is known."""
    if "refunds" not in shop.engine.tables:
        return None
    row = shop.engine.scalar("refunds_within", as_of=shop.as_of, window_days=WINDOW_DAYS)
    if not row["orders"]:
        return None
    low, high = wilson(row["refunded_orders"], row["orders"])
    return Returns(**row, low=float(low), high=float(high))


def returns_metric(returns: Returns) -> Metric:
    """Return the share of orders of which money went back, for the record of the run."""
    share = returns.refunded_orders / returns.orders
    return Metric(
        name=f"refunded_{WINDOW_DAYS}d_share",
        label=_("of orders had money go back within {days} days").format(days=WINDOW_DAYS),
        text=with_interval(*map(format_share, (share, returns.low, returns.high))),
        value=share,
        low=returns.low,
        high=returns.high,
        n=returns.orders,
        unit="share",
    )


def returns_sentence(returns: Returns, *, currency: str) -> str:
    """Say of how many orders money went back within the window, and how much."""
    return _(
        "Of {orders} orders that are at least {days} days old, {refunded} had money go back within "
        "{days} days: {share} [{interval}]. That was {money} of the {paid} paid for all of them "
        "({money_share})."
    ).format(
        orders=format_count(returns.orders),
        days=WINDOW_DAYS,
        refunded=format_count(returns.refunded_orders),
        share=format_share(returns.refunded_orders / returns.orders),
        interval=format_interval(returns.low, returns.high, format_share),
        money=format_money(returns.refunded_minor, currency, whole=True),
        paid=format_money(returns.paid_minor, currency, whole=True),
        money_share=format_share(
            returns.refunded_minor / returns.paid_minor if returns.paid_minor else None
        ),
    )
