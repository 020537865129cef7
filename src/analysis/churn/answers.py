"""The answer in short: the headline numbers and findings of the churn-point report."""

import pandas as pd

from analysis.churn.conversion import Conversion
from analysis.churn.groups import FIRST_ORDERS
from analysis.churn.peak import ChurnPoint
from analysis.churn.reasons import UNKNOWN
from analysis.churn.sentences import points, with_interval
from analysis.churn.wall import Wall
from analysis.churn.wording import reason_advice, reason_label
from analysis.findings import Finding, Metric
from analysis.language import _, join_sentences
from analysis.style import format_count, format_money, format_share
from analysis.suppression import write_people


def headline(
    hazards: pd.DataFrame, points_found: list[ChurnPoint], wall: Wall | None, active: int
) -> list[Metric]:
    """Return the numbers that answer the report's question for a shop with subscriptions."""
    metrics = [_point_metric(points_found)]
    if wall:
        metrics.append(
            Metric(
                "hazard_order_1_share",
                _("leave after the first order"),
                with_interval(format_share(wall.hazard), wall.low, wall.high),
                wall.hazard, wall.low, wall.high, wall.at_risk, "share",
            )
        )  # fmt: skip
    sixth = hazards[hazards["is_shown"] & (hazards["order_no"] == FIRST_ORDERS - 1)]
    for _place, row in sixth.iterrows():
        metrics.append(
            Metric(
                f"reach_order_{FIRST_ORDERS}_share",
                _("of those who start take order {n}").format(n=FIRST_ORDERS),
                with_interval(
                    format_share(row["survival"]), row["survival_low"], row["survival_high"]
                ),
                row["survival"], row["survival_low"], row["survival_high"],
                int(hazards["at_risk"].iloc[0]), "share",
            )
        )  # fmt: skip
    metrics.append(
        Metric(
            "active_subscriptions", _("running subscriptions"), format_count(active), active,
            unit="subscriptions",
        )
    )  # fmt: skip
    return metrics


def _point_metric(found: list[ChurnPoint]) -> Metric:
    if not found:
        return Metric(
            "churn_point_excess_share", _("churn point: no order stands out"), _("none"), None
        )
    point = found[0]
    return Metric(
        "churn_point_excess_share",
        _("points more leave after order {n} than after the orders around it").format(
            n=point.order_no
        ),
        f"{points(point.excess)} [{points(point.low, point.high)}]",
        point.excess,
        point.low,
        point.high,
        point.at_risk,
        "share",
    )


def point_metrics(found: list[ChurnPoint]) -> list[Metric]:
    """Return the orders that are churn points as metrics, the worst first."""
    return [
        Metric(
            f"churn_point_{place}_order",
            _("churn point"),
            _("after order {n}").format(n=point.order_no),
            point.order_no,
            n=point.at_risk,
        )
        for place, point in enumerate(found, start=1)
    ]


def order_metrics(hazards: pd.DataFrame) -> list[Metric]:
    """Return the hazard after each shown order as metrics, so that runs can be compared."""
    return [
        Metric(
            f"hazard_order_{row['order_no']:.0f}_share",
            _("leave after order {n}").format(n=int(row["order_no"])),
            format_share(row["hazard"]),
            row["hazard"],
            row["low"],
            row["high"],
            int(row["at_risk"]),
            "share",
        )
        for _place, row in hazards[hazards["is_shown"] & (hazards["order_no"] > 1)].iterrows()
        if row["at_risk"] > 0
    ]


def findings(
    found: list[ChurnPoint],
    ranked: pd.DataFrame,
    reasons: dict[int, pd.DataFrame],
    waiting: dict[int, int],
    *,
    currency: str,
) -> list[Finding]:
    """Return each churn point with reason, people, money, what to try and whom to write to.

    Args:
        found: The churn points.
        ranked: What `rank_orders` returned.
        reasons: Order number to what `reasons_at` returned; empty where reasons are not known.
        waiting: Order number to the subscriptions that have taken the order before.
        currency: ISO code.
    """
    return [
        _finding(
            point,
            ranked[ranked["order_no"] == point.order_no].iloc[0],
            reasons.get(point.order_no),
            waiting.get(point.order_no, 0),
            currency,
        )
        for point in found
    ]


def _finding(
    point: ChurnPoint, row: pd.Series, tested: pd.DataFrame | None, waiting: int, currency: str
) -> Finding:
    low, high, money = (
        format_money(row[name], currency, whole=True)
        for name in ("kept_minor_low", "kept_minor_high", "kept_minor")
    )
    reason = top_reason(tested)
    said = _(
        "After order {n}, {hazard} of {at_risk} subscriptions leave; at the level of the orders "
        "around it that would be {usual}: {excess} points more [{range}]."
    ).format(
        n=point.order_no,
        hazard=format_share(point.hazard),
        at_risk=format_count(point.at_risk),
        usual=format_share(point.usual),
        excess=points(point.excess),
        range=points(point.low, point.high),
    )
    said = join_sentences(said, _reason_part(reason, tested))
    said = join_sentences(
        said,
        _(
            "In the last 365 days that was {people} people [{low} to {high}] and {orders} orders "
            "they would still have taken, worth {money} [{money_low} to {money_high}]."
        ).format(
            people=format_count(row["kept_people"]),
            low=format_count(row["kept_people_low"]),
            high=format_count(row["kept_people_high"]),
            orders=format_count(row["kept_orders"]),
            money=money,
            money_low=low,
            money_high=high,
        ),
    )
    code = reason["reason"] if reason is not None else UNKNOWN
    said = join_sentences(
        said, _("To try: {advice}").format(advice=reason_advice(code, order_no=point.order_no))
    )
    said = join_sentences(
        said,
        _(
            "Write to the {count} subscriptions now between order {before} and order {n}; hold "
            "back half by lot, so that the effect can be told."
        ).format(count=write_people(waiting), before=point.order_no - 1, n=point.order_no),
    )
    return Finding(
        name=f"churn_point_order_{point.order_no}" + (f"_{code}" if reason is not None else ""),
        sentence=said,
        value=point.excess,
        low=point.low,
        high=point.high,
        n=round(float(row["kept_people"])),
        money_minor=round(float(row["kept_minor"])),
        money=_("{money} a year at stake").format(money=money),
    )


def top_reason(tested: pd.DataFrame | None) -> pd.Series | None:
    """Return the reason that makes an order stand out, or None if none clearly does.

    Of several that clearly do, it is the one with the largest excess.
    """
    if tested is None or tested.empty:
        return None
    clear = tested[(tested["p_holm"] < 0.05) & (tested["low"] > 0)]
    return clear.iloc[0] if len(clear) else None


def _reason_part(reason: pd.Series | None, tested: pd.DataFrame | None) -> str:
    if tested is None:
        return _("Why cannot be told: too few gave a reason.")
    if reason is None:
        return _("No single reason makes the difference.")
    return _(
        "The reason is \N{LEFT DOUBLE QUOTATION MARK}{reason}\N{RIGHT DOUBLE QUOTATION MARK}: "
        "{share} leave for it, {usual} after the orders around it."
    ).format(
        reason=reason_label(reason["reason"]),
        share=format_share(reason["hazard"]),
        usual=format_share(reason["usual"]),
    )


def conversion_metrics(found: list[Conversion]) -> list[Metric]:
    """Return the share that goes from each purchase to the next, as metrics."""
    return [
        Metric(
            f"conversion_{one.order_no}_to_{one.order_no + 1}_{one.window_days}d_share",
            _("go from purchase {n} to {next} within {days} days").format(
                n=one.order_no, next=one.order_no + 1, days=one.window_days
            ),
            with_interval(format_share(one.share), one.low, one.high),
            one.share,
            one.low,
            one.high,
            one.customers,
            "share",
        )
        for one in found[:3]
    ]
