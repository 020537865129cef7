"""The tables of what discounts cost, as a reader sees them."""

import pandas as pd

from analysis.customers.segments import segment_label
from analysis.figures import Table
from analysis.language import _
from analysis.products.discount_segments import MIN_SEGMENT, TOTAL
from analysis.products.tables.cells import MOST_ROWS, intervals
from analysis.style import (
    format_money,
    format_share,
)


def discounts_table(shares: pd.DataFrame, *, currency: str) -> Table:
    """Return what discounts cost by kind of order as a table for a page."""
    labels = {
        "first": _("first one-off orders"),
        "repeat": _("repeat one-off orders"),
        "subscription": _("subscription orders"),
        "total": _("all orders"),
    }

    def money(minor: float) -> str:
        return format_money(minor, currency, whole=True)

    columns = {
        _("kind of order"): [labels[kind] for kind in shares["kind"]],
        _("orders"): shares["orders"],
        _("discounted"): [format_share(share) for share in shares["order_share"]],
        _("95% interval"): intervals(shares, "order_low", "order_high", format_share),
        _("given away"): [money(minor) for minor in shares["given_minor"]],
        _("of the price"): [format_share(share) for share in shares["price_share"]],
        _("of the margin"): [format_share(share) for share in shares["margin_share_given"]],
        _("paid with discount"): [money(minor) for minor in shares["discounted_mean_minor"]],
        _("paid without"): [money(minor) for minor in shares["full_mean_minor"]],
    }
    if shares["margin_share_given"].isna().all():
        del columns[_("of the margin")]
    return Table(pd.DataFrame(columns), _("Coupons, points and other discounts by kind of order"))


def coupons_table(codes: pd.DataFrame, *, currency: str) -> Table:
    """Return what each coupon code cost as a table for a page."""
    shown = codes.head(MOST_ROWS)

    def money(minor: float) -> str:
        return format_money(minor, currency, whole=True)

    frame = pd.DataFrame(
        {
            _("code"): shown["coupon_code"],
            _("orders"): shown["orders"],
            _("customers"): shown["customers"],
            _("paid"): [money(minor) for minor in shown["amount_minor"]],
            _("given away"): [money(minor) for minor in shown["discount_minor"]],
            _("of the price"): [
                format_share(given / (given + paid) if given + paid else None)
                for given, paid in zip(shown["discount_minor"], shown["amount_minor"], strict=True)
            ],
        }
    )
    return Table(frame, _("Coupon codes used by ten customers or more"))


def segment_discounts_table(table: pd.DataFrame, *, currency: str) -> Table:
    """Return what discounts cost by segment of customers as a table for a page."""
    labels = [
        _("all of these") if name == TOTAL else segment_label(name) for name in table["segment"]
    ]
    columns = {
        _("segment"): labels,
        _("customers"): table["customers"],
        _("one-off orders"): table["orders"],
        _("discounted"): [format_share(share) for share in table["order_share"]],
        _("interval"): intervals(table, "order_low", "order_high", format_share),
        _("given away"): [
            format_money(minor, currency, whole=True) for minor in table["given_minor"]
        ],
        _("of all given"): [format_share(share) for share in table["given_share"]],
        _("of the price"): [format_share(share) for share in table["price_share"]],
        _("of the margin"): [format_share(share) for share in table["margin_share_given"]],
    }
    if table["margin_share_given"].isna().all():
        del columns[_("of the margin")]
    caption = _(
        "Discounts by segment of {n} customers or more, their one-off orders so far"
    ).format(n=MIN_SEGMENT)
    return Table(pd.DataFrame(columns), caption)
