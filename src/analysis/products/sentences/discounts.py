"""What the section on discounts says: results in, sentences out."""

import numpy as np
import pandas as pd

from analysis.customers.segments import segment_label
from analysis.language import _
from analysis.products.discount_segments import MIN_SEGMENT, TOTAL
from analysis.products.discounts import Discounts
from analysis.style import format_count, format_interval, format_money, format_share


def discounts_sentence(given: Discounts | None, *, currency: str) -> str:
    """Say what discounts cost in all."""
    if not given:
        return _("The shop's orders tell no discounts.")
    total = given.shares.iloc[-1]
    margin = total["margin_share_given"]
    said = (
        _(
            "{share} [{interval}] of {n} orders were discounted, by {given} or {price} of the "
            "price. Whether the orders would have come without a discount only a test with a "
            "control group can tell."
        )
        if np.isnan(margin)
        else _(
            "{share} [{interval}] of {n} orders were discounted, by {given} or {price} of the "
            "price, {margin} of the margin that the same orders would have earned without. "
            "Whether the orders would have come without a discount only a test with a control "
            "group can tell."
        )
    )
    return said.format(
        share=format_share(total["order_share"]),
        interval=format_interval(total["order_low"], total["order_high"], format_share),
        n=format_count(total["orders"]),
        given=format_money(total["given_minor"], currency, whole=True),
        price=format_share(total["price_share"]),
        margin=format_share(margin),
    )


def segment_discounts_sentence(table: pd.DataFrame, *, currency: str) -> str:
    """Say which segment has discounts most, or that no segment stands out.

    Args:
        table: What `segment_discounts` returned.
        currency: ISO code.
    """
    shown = table[table["segment"] != TOTAL]
    if len(shown) < 2:
        return _(
            "No two segments have {n} customers: who is given discounts cannot be told."
        ).format(n=MIN_SEGMENT)
    total = table.iloc[-1]
    if not total["discounted_orders"]:
        return _("No one-off order of these customers was discounted.")
    above = shown[shown["order_low"] > total["order_share"]]
    if above.empty:
        return _(
            "Discounts go to all segments alike: none has them surely more often than the {share} "
            "of all {n} one-off orders."
        ).format(share=format_share(total["order_share"]), n=format_count(total["orders"]))
    most = above.loc[above["order_share"].idxmax()]
    margin = most["margin_share_given"]
    said = (
        _(
            "Most often discounted are one-off orders of the segment "
            "\N{LEFT DOUBLE QUOTATION MARK}{segment}\N{RIGHT DOUBLE QUOTATION MARK}: {share} "
            "[{interval}] of {n} orders of {customers} customers, against {all} of all. It was "
            "given {given}, {part} of what went to all segments. Segments follow from what "
            "customers bought: this says where discounts go, not what they bring about."
        )
        if np.isnan(margin)
        else _(
            "Most often discounted are one-off orders of the segment "
            "\N{LEFT DOUBLE QUOTATION MARK}{segment}\N{RIGHT DOUBLE QUOTATION MARK}: {share} "
            "[{interval}] of {n} orders of {customers} customers, against {all} of all. It was "
            "given {given}, {part} of what went to all segments and {margin} of the margin of "
            "these orders. Segments follow from what customers bought: this says where discounts "
            "go, not what they bring about."
        )
    )
    return said.format(
        segment=segment_label(most["segment"]),
        share=format_share(most["order_share"]),
        interval=format_interval(most["order_low"], most["order_high"], format_share),
        n=format_count(most["orders"]),
        customers=format_count(most["customers"]),
        all=format_share(total["order_share"]),
        given=format_money(most["given_minor"], currency, whole=True),
        part=format_share(most["given_share"]),
        margin=format_share(margin),
    )
