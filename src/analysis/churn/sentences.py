"""What the churn-point report says: results in; metrics, findings and sentences out."""

import math

import pandas as pd

from analysis import style
from analysis.churn.groups import Comparison
from analysis.churn.peak import ChurnPoint
from analysis.churn.projection import HeldOutError
from analysis.churn.reasons import PAYMENT
from analysis.churn.wall import Wall
from analysis.churn.wording import cut_label, group_label
from analysis.language import _, join_sentences
from analysis.style import format_count, format_interval, format_share
from analysis.suppression import write_people


def no_subscriptions() -> str:
    """Say that a section needs a table that the shop has not."""
    return _("This shop has no table of subscriptions, so this section has nothing to say.")


def with_interval(text: str, low: float, high: float) -> str:
    """Write a share with its interval.

    >>> with_interval("10.0%", 0.08, 0.12)
    '10.0% [8.0% to 12.0%]'
    """
    return style.with_interval(text, format_share(low), format_share(high))


def points(low: float, high: float | None = None) -> str:
    """Write a difference of shares in points, or a range of it.

    >>> points(0.124), points(0.108, 0.14)
    ('12.4', '10.8 to 14.0')
    """
    if high is None:
        return _points(low)
    return format_interval(low, high, _points)


def _points(share: float) -> str:
    return f"{100 * share:.1f}".replace("-", "\N{MINUS SIGN}")


def answer_sentence(found: list[ChurnPoint], smallest: float) -> str:
    """Say on the first screen whether there is a churn point, or how large a one would be found."""
    if found:
        orders = _(" and ").join(f"{point.order_no}" for point in found)
        return _(
            "Order {orders} stands out from the orders around it, by a test that allows for having "
            "looked at all orders. Order 1 has no order before it and is reported apart."
        ).format(orders=orders)
    if smallest != smallest:
        return _(
            "There are too few subscriptions to test any order against its neighbors: each needs "
            "30 at risk."
        )
    return _(
        "No order stands out from the orders around it. After a typical order, a churn point of "
        "{points} points would have been found four times out of five; smaller ones need more "
        "subscriptions."
    ).format(points=points(smallest))


def wall_sentence(wall: Wall | None) -> str:
    """Say how many leave after order 1, and what first-order discounts have to do with it."""
    if wall is None:
        return _("Fewer than 30 subscriptions are at risk after order 1.")
    said = _("After order 1, {share} of {n} leave.").format(
        share=with_interval(format_share(wall.hazard), wall.low, wall.high),
        n=format_count(wall.at_risk),
    )
    if wall.discounted_hazard != wall.discounted_hazard:
        return said
    said = join_sentences(
        said,
        _(
            "With a first order at a lower price it is {cheap}, without {other}: a difference of "
            "{difference} points [{range}]."
        ).format(
            cheap=format_share(wall.discounted_hazard),
            other=format_share(wall.other_hazard),
            difference=points(wall.difference),
            range=points(wall.difference_low, wall.difference_high),
        ),
    )
    return join_sentences(said, _price_part(wall))


def _price_part(wall: Wall) -> str:
    """Say what the difference goes with; nobody drew lots who gets which price."""
    if wall.difference_low > 0:
        return _(
            "The loss after order 1 goes with the step in price, which is no churn point; who buys "
            "at the lower price may differ in other ways too."
        )
    if wall.difference_high < 0:
        return _("So the loss after order 1 does not go with the step in price.")
    return _("That could be chance.")


def commitment_sentence(ends: pd.DataFrame) -> str:
    """Say how many leave as soon as their commitment is over, or nothing."""
    return join_sentences(
        *(
            _(
                "Of {n} subscriptions whose commitment ends with order {order}, {share} leave at "
                "once: a step that the contract makes, not a churn point."
            ).format(
                n=format_count(row["at_risk"]),
                order=int(row["order_no"]),
                share=with_interval(format_share(row["hazard"]), row["low"], row["high"]),
            )
            for _place, row in ends.iterrows()
        )
    )


def ranking_sentence(ranked: pd.DataFrame, found: list[ChurnPoint]) -> str:
    """Say which order leads each of the three rankings."""
    if ranked.empty:
        return _("No order has 30 subscriptions at risk.")
    rate, lost = (
        int(ranked.loc[ranked[column] == 1, "order_no"].iloc[0])
        for column in ("rate_rank", "lost_rank")
    )
    said = _("The highest rate is after order {rate}; most people are lost after order {lost}.")
    said = said.format(rate=rate, lost=lost)
    if not found:
        return join_sentences(
            said,
            _(
                "What stands above the neighbors is within chance, so the third ranking is not "
                "one to act on."
            ),
        )
    worth = ranked[ranked["order_no"].isin([point.order_no for point in found])]
    kept = int(worth.sort_values("kept_rank", kind="stable")["order_no"].iloc[0])
    return join_sentences(said, _("Most orders can be kept after order {kept}.").format(kept=kept))


def reason_sentence(totals: pd.DataFrame, unknown: float, *, max_unknown_share: float) -> str:
    """Say how many reasons are known, and how many leave without wanting to."""
    lost = int(totals["lost"].sum())
    said = _("{n} were lost; of {unknown} the reason is not known.").format(
        n=format_count(lost), unknown=format_share(unknown)
    )
    if unknown > max_unknown_share:
        return join_sentences(
            said,
            _(
                "That is more than {limit}, so reasons are not ranked: those who tell may differ "
                "from those who do not. Ask for a reason in the cancellation form, or complete the "
                "table cancel_reasons of the shop's file."
            ).format(limit=format_share(max_unknown_share, decimals=0)),
        )
    failed = totals[totals["reason"] == PAYMENT]
    if failed.empty:
        return join_sentences(said, _("No loss is a failed payment."))
    row = failed.iloc[0]
    return join_sentences(
        said,
        _("{share} left without deciding to: their payment failed. The others decided.").format(
            share=with_interval(format_share(row["share"]), row["low"], row["high"])
        ),
    )


def group_sentence(compared: list[Comparison]) -> str:
    """Say which groups differ, and which curves cross."""
    if not compared:
        return _("There are no two groups with 30 subscriptions at risk to compare.")
    limit = 0.05 / len(compared)
    parts = []
    for one in compared:
        if one.p >= limit:
            parts.append(
                _("By {cut}, no difference beyond chance (p {p}).").format(
                    cut=cut_label(one.cut), p=f"{one.p:.2f}"
                )
            )
        else:
            parts.append(_extremes(one))
        if one.crosses:
            parts.append(
                _("The curves by {cut} cross: who leads depends on the order.").format(
                    cut=cut_label(one.cut)
                )
            )
    return join_sentences(*parts)


def _extremes(one: Comparison) -> str:
    """Name the groups that bring most and least, or say that their means are too close to tell."""
    best = one.groups.loc[one.groups["mean_orders"].idxmax()]
    worst = one.groups.loc[one.groups["mean_orders"].idxmin()]
    margin = math.hypot(*((row["high"] - row["low"]) / 2 for row in (best, worst)))
    if best["mean_orders"] - worst["mean_orders"] > margin:
        said = _(
            "By {cut}, {best} brings most ({high} of the first {n} orders) and {worst} least "
            "({low})."
        )
    else:
        said = _(
            "By {cut}, groups differ, but not clearly within the first {n} orders, to which all "
            "of them can be followed: from {low} ({worst}) to {high} ({best})."
        )
    return said.format(
        cut=cut_label(one.cut),
        best=group_label(best["group"]),
        high=_orders(best),
        n=one.within_orders,
        worst=group_label(worst["group"]),
        low=_orders(worst),
    )


def _orders(row: pd.Series) -> str:
    low, high = (format_count(row[name], decimals=2) for name in ("low", "high"))
    return style.with_interval(format_count(row["mean_orders"], decimals=2), low, high)


def triangle_sentence(triangle: pd.DataFrame) -> str:
    """Say how much of the triangle can be read yet."""
    cells = triangle[triangle["cohort"] != "pooled"]
    shown = int((cells["status"] == "shown").sum())
    return _(
        "{shown} of {all} cells can be read; the others wait, or are too small. Compare months "
        "down a column: a month whose cells are paler than those above began to lose more."
    ).format(shown=format_count(shown), all=format_count(len(cells)))


def projection_sentence(error: HeldOutError | None, found: list[ChurnPoint]) -> str:
    """Say how far the projection is to be trusted."""
    if error is None:
        return _("There are too few months to check the projection on later ones.")
    said = _(
        "Fitted on earlier months only, the model expects {predicted} losses in {cohorts} later "
        "months [{low} to {high}]; {actual} came."
    ).format(
        predicted=format_count(error.predicted),
        cohorts=error.cohorts,
        low=format_count(error.low),
        high=format_count(error.high),
        actual=format_count(error.actual),
    )
    if not error.low <= error.actual <= error.high:
        said = join_sentences(said, _("That is outside its range: read the projection as rough."))
    if found:
        said = join_sentences(
            said,
            _(
                "The model knows no churn points; where an order has been counted, the count is "
                "used."
            ),
        )
    return said


def definition_sentence(others: pd.DataFrame, hazards: pd.DataFrame) -> str:
    """Say how far other tools' rates are from this report's."""
    both = others[others["order_no"].isin(hazards.loc[hazards["is_shown"], "order_no"])].head(6)
    gaps = {
        name: (both[name] - both["hazard"]).mean()
        for name in ("not_reached", "ended_of_all", "no_order_in_cycle")
    }
    return _(
        "Over the first {n} orders, comparing who took n + 1 with who took n says {reached} points "
        "more on average, since many are not due yet; dividing those known to have ended by all "
        "says {ended}; counting whoever skipped or paused as lost says {cycle} more."
    ).format(
        n=len(both),
        reached=points(gaps["not_reached"]),
        ended=points(gaps["ended_of_all"]),
        cycle=points(gaps["no_order_in_cycle"]),
    )


def people_sentence(found: list[ChurnPoint], active: pd.DataFrame, former: int | None) -> str:
    """Say how many are at the churn point now, and how many could be won back, if that is known."""
    said = ""
    if former is not None:
        said = _("{n} customers have ended their last subscription.").format(n=write_people(former))
    for point in found:
        counts = active.set_index("order_no")["active"]
        before, at = (int(counts.get(order, 0)) for order in (point.order_no - 1, point.order_no))
        said = join_sentences(
            _(
                "{before} subscriptions are between order {prior} and {n} and can still be "
                "reached before the churn point; {at} have just taken order {n}."
            ).format(
                before=write_people(before),
                prior=point.order_no - 1,
                n=point.order_no,
                at=write_people(at),
            ),
            said,
        )
    return said
