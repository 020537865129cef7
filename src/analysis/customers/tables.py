"""The tables of the customer report, as a reader sees them."""

from datetime import date

import numpy as np
import pandas as pd

from analysis.customers.balance import Balance
from analysis.customers.months import last_whole_month, month_text
from analysis.customers.revenue import REFUNDS_ALONE, kind_label
from analysis.customers.rfm import Thresholds
from analysis.customers.segments import segment_label, segment_rule
from analysis.customers.silence import FIXED_DORMANCY_DAYS, NEXT_DAYS
from analysis.figures import Table
from analysis.language import _
from analysis.style import (
    NOTHING,
    format_count,
    format_interval,
    format_money,
    format_month,
    format_share,
    format_signed_share,
)
from analysis.suppression import MIN_SHOWN, format_people, hidden, is_few


def balance_table(
    now: Balance,
    before: Balance | None,
    split: pd.DataFrame,
    *,
    period_days: int,
    currency: str,
) -> Table:
    """Return customers and revenue of the period and of the one before as a table for a page."""
    labels = {
        "buyers": _("customers who bought"),
        "new_customers": _("of them new"),
        "returning_customers": _("of them returning"),
        "came_back": _("of them back after going quiet"),
        "went_quiet": _("customers who went quiet"),
        "active_at_end": _("active at the end"),
        "purchases": _("purchases"),
    }
    rows = [
        (
            label,
            format_count(getattr(now, name)),
            format_count(getattr(before, name)) if before else NOTHING,
            _change(getattr(now, name), getattr(before, name) if before else None),
        )
        for name, label in labels.items()
    ]
    money = [(_("revenue"), now.amount_minor, before.amount_minor if before else None)]
    for row in split.itertuples():
        label, sign = _("of it {kind}").format(kind=kind_label(row.kind)), 1
        if row.kind == REFUNDS_ALONE:
            label, sign = _("less refunds without an order"), -1
        earlier = sign * row.amount_before_minor if before else None
        money.append((label, sign * row.amount_minor, earlier))
    rows += [
        (
            label,
            format_money(amount, currency, whole=True),
            format_money(earlier, currency, whole=True),
            _change(amount, earlier),
        )
        for label, amount, earlier in money
    ]
    columns = [
        _("in {days} days").format(days=period_days),
        _("now"),
        _("period before"),
        _("change"),
    ]
    return Table(
        pd.DataFrame(rows, columns=columns),
        _("The last {days} days and the {days} days before").format(days=period_days),
    )


def segment_table(sizes: pd.DataFrame, cuts: Thresholds, *, currency: str) -> Table:
    """Return the named segments with their rules in words.

    Shares tell of a segment as much as its count: they are hidden with it, and so are those of
    another segment, where the rest of the total would tell.
    """
    concealed = hidden(sizes["customers"])
    frame = pd.DataFrame(
        {
            _("segment"): [segment_label(name) for name in sizes["segment"]],
            _("who they are; the first rule that fits holds"): [
                segment_rule(name, cuts, currency=currency) for name in sizes["segment"]
            ],
            _("customers"): [
                NOTHING if hides and not is_few(count) else format_people(count)
                for count, hides in zip(sizes["customers"], concealed, strict=True)
            ],
            _("share"): _shares_but(concealed, sizes["customer_share"]),
            _("of revenue"): _shares_but(concealed, sizes["amount_share"]),
        }
    )
    caption = (
        _("Segments by thresholds set for this shop")
        if cuts.is_fixed
        else _("Segments by fifths of this shop's customers")
    )
    if concealed.any():
        caption = _("{caption}; what could tell of fewer than {limit} people is hidden").format(
            caption=caption, limit=MIN_SHOWN
        )
    return Table(frame, caption)


def silence_rows(silences: pd.DataFrame) -> Table:
    """Return today's silences, with what can be expected of them."""
    frame = pd.DataFrame(
        {
            _("days since the last purchase"): [
                f"{row.from_days:.0f}+"
                if pd.isna(row.to_days)
                else _("{low}\N{EN DASH}{high}").format(
                    low=f"{row.from_days:.0f}", high=f"{row.to_days:.0f}"
                )
                for row in silences.itertuples()
            ],
            _("customers"): [format_people(count) for count in silences["customers"]],
            _("chance to buy in {days} days").format(days=NEXT_DAYS): [
                format_share(chance) for chance in silences["chance"]
            ],
            _("of them will buy"): [
                NOTHING if is_few(count) else format_count(expected)
                for expected, count in zip(silences["expected"], silences["customers"], strict=True)
            ],
        }
    )
    return Table(frame, _("One-off customers today, by silence, if all goes on as before"))


def threshold_table(compared: pd.DataFrame) -> Table:
    """Return who counts as gone quiet under each threshold."""
    labels = {
        "fixed": _("{days} days, as many tools have it").format(days=FIXED_DORMANCY_DAYS),
        "observed": _("90% of the waits that ended were shorter"),
        "curve_90": _("90% of all waits end sooner, open ones counted"),
        "chosen": _("this report"),
    }
    frame = pd.DataFrame(
        {
            _("threshold"): [labels[name] for name in compared["name"]],
            _("days"): [
                _("never reached") if pd.isna(days) else format_count(days)
                for days in compared["days"]
            ],
            _("customers gone quiet"): [
                format_count(count) for count in compared["quiet_customers"]
            ],
            _("share"): [format_share(share) for share in compared["quiet_share"]],
        }
    )
    return Table(frame, _("Who has gone quiet, by threshold"))


def definition_table(rates: pd.DataFrame, *, window_days: int, as_of: date) -> Table:
    """Return one shop's rate under each definition.

    Args:
        rates: What `definition_rates` returned.
        window_days: Within how many days the second purchase counts in this report.
        as_of: Day that the report speaks of; the last whole month before it is the one counted.
    """
    month_no = last_whole_month(as_of)
    months = {
        "month": format_month(month_text(month_no)),
        "before": format_month(month_text(month_no - 1)),
    }
    names = {
        "second_in_window": _(
            "this report: second purchase within {days} days, of those who have had them"
        ).format(days=window_days),
        "second_ever": _("customers with two or more purchases, of all"),
        "bought_both_months": _("buyers of {before} who bought in {month} too").format(**months),
        "month_on_month": _("buyers in {month}, of buyers in {before}").format(**months),
        "returning_share": _("returning buyers, of the buyers in {month}").format(**months),
        "mean_of_most": _("mean number of purchases, of the largest number"),
        "within_fixed_days": _("bought in the last {days} days, of all customers").format(
            days=FIXED_DORMANCY_DAYS
        ),
    }
    frame = pd.DataFrame(
        {
            _("what is called repeat or continuation rate"): [names[n] for n in rates["name"]],
            _("rate"): [format_share(rate) for rate in rates["rate"]],
            _("95% interval"): [
                format_interval(row.low, row.high, format_share) if row.low == row.low else NOTHING
                for row in rates.itertuples()
            ],
            _("counted"): [format_count(count) for count in rates["numerator"]],
            _("of"): [format_count(count) for count in rates["denominator"]],
        }
    )
    return Table(frame, _("The same orders under the definitions that tools use"))


def _change(now: float, before: float | None) -> str:
    if not before:
        return NOTHING
    change = now / before - 1
    return format_signed_share(change if abs(change) >= 0.0005 else 0.0)


def _shares_but(concealed: np.ndarray, shares: pd.Series) -> list[str]:
    return [
        NOTHING if hides else format_share(share)
        for share, hides in zip(shares, concealed, strict=True)
    ]
