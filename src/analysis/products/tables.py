"""The tables of when, at what price and what customers buy, as a reader sees them."""

import numpy as np
import pandas as pd

from analysis.codes import code_label
from analysis.figures import Table
from analysis.language import _
from analysis.products.offers import Offers
from analysis.products.pairs import Pairs
from analysis.products.words import next_labels, together_labels
from analysis.style import (
    NOTHING,
    format_count,
    format_interval,
    format_money,
    format_share,
    format_signed_share,
)

MOST_ROWS = 15


def products_table(ranked: pd.DataFrame, names: pd.Series, *, currency: str) -> Table:
    """Return the products that sell most as a table for a page.

    Args:
        ranked: What `rank_sales` returned.
        names: Product names by number.
        currency: ISO code.
    """
    return _sales_table(ranked, ranked["product_no"].map(names), of=_("product"), currency=currency)


def categories_table(ranked: pd.DataFrame, *, currency: str) -> Table:
    """Return the categories that sell most as a table for a page."""
    return _sales_table(ranked, ranked["category"], of=_("category"), currency=currency)


def _sales_table(ranked: pd.DataFrame, names: pd.Series, *, of: str, currency: str) -> Table:
    shown = ranked.head(MOST_ROWS)
    frame = pd.DataFrame(
        {
            of: names.loc[shown.index].replace("", _("without a category")).to_numpy(),
            _("revenue"): [
                format_money(minor, currency, whole=True) for minor in shown["amount_minor"]
            ],
            _("share"): [format_share(share) for share in shown["revenue_share"]],
            _("running share"): [format_share(share) for share in shown["running_share"]],
            _("buyers"): shown["customers"].to_numpy(),
            _("in first orders of"): [format_share(share) for share in shown["first_share"]],
            _("bought again"): [format_share(share) for share in shown["repeat_share"]],
            _("95% interval"): _intervals(shown, "repeat_low", "repeat_high", format_share),
            _("of"): [
                format_count(n) if not np.isnan(share) else NOTHING
                for n, share in zip(shown["mature_customers"], shown["repeat_share"], strict=True)
            ],
        }
    )
    caption = _("Most revenue by {of}: {n} of {all} with ten buyers or more").format(
        of=of, n=len(shown), all=format_count(len(ranked))
    )
    return Table(frame, caption)


def _intervals(frame: pd.DataFrame, low: str, high: str, write: object) -> list[str]:
    return [
        NOTHING if pd.isna(start) else format_interval(start, end, write)
        for start, end in zip(frame[low], frame[high], strict=True)
    ]


def first_product_table(values: pd.DataFrame, names: pd.Series, *, currency: str) -> Table:
    """Return what customers paid by first product as a table for a page."""
    return _value_table(values, names, of=_("first product"), currency=currency)


def source_table(values: pd.DataFrame, *, currency: str) -> Table:
    """Return what customers paid by source as a table for a page."""
    sources = values["source"].drop_duplicates()
    return _value_table(
        values,
        sources.set_axis(sources.to_numpy()).map(code_label),
        of=_("source"),
        currency=currency,
    )


def _value_table(groups: pd.DataFrame, labels: pd.Series, *, of: str, currency: str) -> Table:
    key = groups.columns[1]
    last = groups[groups["window_days"] == groups["window_days"].max()].head(MOST_ROWS)
    columns = {of: [labels[name] for name in last[key]]}
    for days, part in groups.groupby("window_days", sort=True):
        rows = part.set_index(key).reindex(last[key])
        columns[_("{days} days").format(days=days)] = [
            _value(row, currency) for _name, row in rows.iterrows()
        ]
        if days == groups["window_days"].max():
            columns[_("95% interval")] = _intervals(
                rows, "low", "high", lambda minor: format_money(minor, currency, whole=True)
            )
            columns[_("customers")] = rows["n"].astype(int).to_numpy()
            columns[_("as counted")] = [
                format_money(minor, currency, whole=True) for minor in rows["mean"]
            ]
    caption = _("Paid per customer since the first order, drawn towards all; * rests mostly on all")
    return Table(pd.DataFrame(columns), caption)


def _value(row: pd.Series, currency: str) -> str:
    if pd.isna(row["shrunk"]):
        return NOTHING
    return format_money(row["shrunk"], currency, whole=True) + ("*" if row["is_marked"] else "")


def payback_table(returns: pd.DataFrame, *, currency: str) -> Table:
    """Return cost, break-even cost and payback month by source as a table for a page."""

    def money(minor: float) -> str:
        return format_money(minor, currency, whole=True)

    frame = pd.DataFrame(
        {
            _("source"): returns["source"].map(code_label),
            _("customers"): returns["n"],
            _("cost per customer"): [money(minor) for minor in returns["cost_per_customer_minor"]],
            _("break-even cost"): [money(minor) for minor in returns["break_even_minor"]],
            _("95% interval"): _intervals(returns, "break_even_low", "break_even_high", money),
            _("earned over cost"): [
                format_signed_share(share) for share in returns["return_share"]
            ],
            _("paid back in month"): [
                _("not yet") if np.isnan(month) else f"{month:.0f}"
                for month in returns["payback_month"]
            ],
        }
    )
    return Table(frame, _("What winning a customer cost and what the customer earned, by source"))


def next_table(pairs: Pairs, names: pd.Series) -> Table:
    """Return what is bought next after what as a table for a page."""
    return _pairs_table(pairs, next_labels(pairs, names), buyers=_("who ordered again"))


def together_table(pairs: Pairs, names: pd.Series) -> Table:
    """Return what is bought together as a table for a page."""
    return _pairs_table(pairs, together_labels(pairs, names), buyers=_("buyers of the first"))


def _pairs_table(pairs: Pairs, labels: list[str], *, buyers: str) -> Table:
    shown = pairs.reliable.head(MOST_ROWS)
    frame = pd.DataFrame(
        {
            _("pair"): labels[: len(shown)],
            _("customers with both"): shown["customers"],
            buyers: shown["buyers"],
            _("share"): [format_share(share) for share in shown["confidence"]],
            _("by chance"): [format_share(share) for share in shown["base"]],
            _("lift"): [f"{lift:.1f}" for lift in shown["lift"]],
            _("interval"): _intervals(shown, "lift_low", "lift_high", lambda lift: f"{lift:.1f}"),
            _("customers beyond chance"): [format_count(extra) for extra in shown["extra"]],
        }
    )
    caption = _("{n} of {all} reliable pairs among {tested} tested").format(
        n=len(shown),
        all=format_count(len(pairs.reliable)),
        tested=format_count(pairs.tested),
    )
    return Table(frame, caption)


def replenishment_table(offers: Offers, *, within_days: int) -> Table:
    """Return when products are bought again as a table for a page."""
    shown, names = offers.refills.head(MOST_ROWS), offers.names
    frame = pd.DataFrame(
        {
            _("product"): [names[number] for number in shown["product_no"]],
            _("purchases"): shown["purchases"],
            _("bought again"): [format_share(share) for share in shown["again_share"]],
            _("95% interval"): _intervals(shown, "again_low", "again_high", format_share),
            _("half by day"): [_days(day) for day in shown["middle_days"]],
            _("its interval"): [
                _("{low} to {high}").format(low=_days(low), high=_days(high))
                for low, high in zip(shown["middle_low"], shown["middle_high"], strict=True)
            ],
            _("middle half, days"): [
                _("{low} to {high}").format(low=_days(low), high=_days(high))
                for low, high in zip(shown["early_days"], shown["late_days"], strict=True)
            ],
            _("most often, days"): [
                _("no rhythm")
                if not rhythm
                else _("{low} to {high}").format(low=_days(low), high=_days(high))
                for rhythm, low, high in zip(
                    shown["has_rhythm"],
                    shown["peak_from_days"],
                    shown["peak_to_days"],
                    strict=True,
                )
            ],
            _("customers due"): shown["due"],
        }
    )
    caption = _("Days to the next purchase of the same product, within {days} days").format(
        days=within_days
    )
    return Table(frame, caption)


def _days(days: float) -> str:
    return _("later") if np.isinf(days) else f"{days:.0f}"


def upgrades_table(offers: Offers, *, within_days: int, currency: str) -> Table:
    """Return who may want the higher grade as a table for a page."""
    table, names = offers.upgrades.head(MOST_ROWS), offers.names
    frame = pd.DataFrame(
        {
            _("product"): [names[number] for number in table["product_no"]],
            _("higher grade"): [names[number] for number in table["upgrade_product_no"]],
            _("buyers followed"): table["mature_buyers"],
            _("went up"): [format_share(share) for share in table["upgrade_share"]],
            _("95% interval"): _intervals(table, "upgrade_low", "upgrade_high", format_share),
            _("candidates"): table["candidates"],
            _("at stake"): [
                format_money(minor, currency, whole=True) for minor in table["at_stake_minor"]
            ],
        }
    )
    caption = _(
        "Buyers who bought the higher grade within {days} days, and who did not yet"
    ).format(days=within_days)
    return Table(frame, caption)


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
        _("95% interval"): _intervals(shares, "order_low", "order_high", format_share),
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
