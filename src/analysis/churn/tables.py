"""The tables of the churn-point report, as a reader sees them."""

import numpy as np
import pandas as pd

from analysis.churn.cells import intervals, p_value, points, shares, three, with_ends
from analysis.churn.conversion import Conversion
from analysis.churn.groups import Comparison
from analysis.churn.projection import HeldOutError
from analysis.churn.wording import MOST_ORDERS, cut_label, group_label, reason_label
from analysis.contractual import RenewalModel, constant_chance
from analysis.figures import Table
from analysis.intervals import z_score
from analysis.language import _
from analysis.style import (
    NOTHING,
    format_count,
    format_interval,
    format_money,
    format_share,
)
from analysis.suppression import format_people


def hazard_table(hazards: pd.DataFrame) -> Table:
    """Return the rate of leaving and both retentions by order."""
    rows = hazards[hazards["is_shown"]].head(MOST_ORDERS)
    frame = pd.DataFrame(
        {
            _("order n"): [f"{order}" for order in rows["order_no"]],
            _("at risk"): rows["at_risk"].to_numpy(),
            _("leave: h(n) = lost / at risk"): shares(rows["hazard"]),
            _("95% interval"): intervals(rows["low"], rows["high"]),
            _("stay, against the order before: 1 - h(n)"): shares(1 - rows["hazard"]),
            _("stay, against the first order: S(n)"): shares(rows["survival"]),
            _("95% interval of S(n)"): intervals(rows["survival_low"], rows["survival_high"]),
        }
    )
    return Table(frame, _("Rates after each order, ends of commitments included"))


def ranking_table(ranked: pd.DataFrame, *, currency: str) -> Table:
    """Return the three rankings side by side."""
    rows = ranked.head(MOST_ORDERS)
    frame = pd.DataFrame(
        {
            _("order"): [f"{order}" for order in rows["order_no"]],
            _("leave (rank)"): [
                _ranked(format_share(value), place)
                for value, place in zip(rows["hazard"], rows["rate_rank"], strict=True)
            ],
            _("people lost in 365 days (rank)"): [
                _ranked(format_people(value), place)
                for value, place in zip(rows["recent_lost"], rows["lost_rank"], strict=True)
            ],
            _("orders that could be kept (rank)"): [
                _ranked(format_count(value), place if value > 0 else None)
                for value, place in zip(rows["kept_orders"], rows["kept_rank"], strict=True)
            ],
            _("worth"): [format_money(value, currency, whole=True) for value in rows["kept_minor"]],
        }
    )
    return Table(frame, _("Three rankings of the orders, ends of commitments left out"))


def _ranked(text: str, place: int | None) -> str:
    return text if place is None or pd.isna(place) else f"{text} ({place})"


def reason_table(tested: pd.DataFrame, *, order_no: int) -> Table:
    """Return each reason after the churn point against its neighbors."""
    frame = pd.DataFrame(
        {
            _("reason"): [reason_label(code) for code in tested["reason"]],
            _("lost"): [format_people(count) for count in tested["lost"]],
            _("leave for it after order {n}").format(n=order_no): shares(tested["hazard"]),
            _("around order {n}").format(n=order_no): shares(tested["usual"]),
            _("difference, points"): [points(value) for value in tested["excess"]],
            _("95% interval"): [
                format_interval(low, high, points)
                for low, high in zip(tested["low"], tested["high"], strict=True)
            ],
            _("p, corrected"): [p_value(value) for value in tested["p_holm"]],
        }
    )
    caption = _("Reasons after order {n} and after the orders around it").format(n=order_no)
    return Table(frame, caption)


def incidence_table(incidence: pd.DataFrame, totals: pd.DataFrame, *, orders: int) -> Table:
    """Return the share of starters that each reason has taken by some orders."""
    at = [order for order in (3, 6, 12) if order <= orders] or [orders]
    rows = []
    for code in totals["reason"]:
        own = incidence[incidence["reason"] == code].set_index("order_no")
        count = totals.loc[totals["reason"] == code, "lost"].iloc[0]
        cells = [
            with_ends(*own.loc[order, ["share", "low", "high"]]) if order in own.index else NOTHING
            for order in at
        ]
        rows.append((reason_label(code), format_people(count), *cells))
    frame = pd.DataFrame(
        rows, columns=[_("reason"), _("lost"), *(_("by order {n}").format(n=n) for n in at)]
    )
    return Table(
        frame, _("Share of starters lost to each reason (cumulative incidence, 95% interval)")
    )


def group_table(compared: list[Comparison]) -> Table:
    """Return how groups differ over all orders together."""
    frame = pd.DataFrame(
        {
            _("grouped by"): [cut_label(one.cut) for one in compared],
            _("groups"): [len(one.groups) for one in compared],
            _("log-rank chi-square"): [f"{one.chi_square:.1f}" for one in compared],
            _("p, groups leave alike"): [p_value(one.p) for one in compared],
            _("p, differences stay the same"): [p_value(one.interaction_p) for one in compared],
            _("curves cross"): [_("yes") if one.crosses else _("no") for one in compared],
        }
    )
    return Table(frame, _("Do groups leave differently? Log-rank test over tied order numbers"))


def difference_table(compared: list[Comparison]) -> Table | None:
    """Return the orders after which a group differs from the others, corrected within each cut."""
    rows = [
        (
            f"{cut_label(one.cut)}: {group_label(row['group'])}",
            f"{row['order_no']:.0f}",
            format_count(row["at_risk"]),
            format_share(row["hazard"]),
            format_share(row["others_hazard"]),
            points(row["difference"]),
            format_interval(row["low"], row["high"], points),
        )
        for one in compared
        for _place, row in one.by_order[one.by_order["p_holm"] < 0.05].head(10).iterrows()
    ]
    if not rows:
        return None
    frame = pd.DataFrame(
        rows,
        columns=[
            _("group"), _("after order"), _("at risk"), _("leave"), _("others leave"),
            _("difference, points"), _("95% interval"),
        ],
    )  # fmt: skip
    return Table(frame, _("Orders after which a group differs from the others"))


def projection_table(
    hazards: pd.DataFrame, remaining: pd.Series, *, horizon_orders: int, order_minor: float,
    currency: str,
) -> Table:  # fmt: skip
    """Return the expected further orders by the last order taken."""
    orders = [order for order in range(1, MOST_ORDERS + 1) if order in remaining.index]
    known = hazards.set_index("order_no").reindex(orders)
    known["is_shown"] = known["is_shown"].eq(True)
    frame = pd.DataFrame(
        {
            _("last order taken"): [f"{order}" for order in orders],
            _("leave after it"): [
                format_share(share) if shown else NOTHING
                for share, shown in zip(known["hazard"], known["is_shown"], strict=True)
            ],
            _("further orders of who stays"): [
                format_count(remaining[order], decimals=1) for order in orders
            ],
            _("worth"): [
                format_money(remaining[order] * order_minor, currency, whole=True)
                for order in orders
            ],
        }
    )
    caption = _("Expected orders among the next {n}, of who takes the next one").format(
        n=horizon_orders
    )
    return Table(frame, caption)


def model_table(model: RenewalModel, error: HeldOutError | None) -> Table:
    """Return the model's parameters and how it did on later cohorts."""
    if model.is_constant:
        chance, low, high = constant_chance(model)
        rows = [
            (
                _("chance to leave, one for all orders: subscribers cannot be told apart"),
                format_share(chance),
                format_interval(low, high, format_share),
            )
        ]
    else:
        spread = np.exp(z_score(0.95) * np.sqrt(model.log_covariance.diagonal()))
        rows = [
            (name, three(value), format_interval(value / factor, value * factor, three))
            for name, value, factor in zip(
                (_("alpha"), _("beta")), (model.alpha, model.beta), spread, strict=True
            )
        ]
    if error:
        rows.append(
            (
                _("losses expected in later months; {n} came").format(n=format_count(error.actual)),
                format_count(error.predicted),
                format_interval(error.low, error.high),
            )
        )
    frame = pd.DataFrame(rows, columns=[_("projection"), _("estimate"), _("95% interval")])
    return Table(frame, _("The shifted-beta-geometric model, checked on months it did not see"))


def definition_table(grace: pd.DataFrame, others: pd.DataFrame) -> Table:
    """Return the hazard by other graces and by other tools' definitions."""
    both = grace[grace["at_risk"] >= 30].head(MOST_ORDERS)
    theirs = others.set_index("order_no").reindex(both["order_no"])
    frame = pd.DataFrame(
        {
            _("order"): [f"{order}" for order in both["order_no"]],
            _("this report"): shares(both["hazard"]),
            _("half the grace"): shares(both["half_grace"]),
            _("double the grace"): shares(both["double_grace"]),
            _("1 - took (n + 1) / took n"): shares(theirs["not_reached"]),
            _("ended / all who took n"): shares(theirs["ended_of_all"]),
            _("no order within cycle + grace"): shares(theirs["no_order_in_cycle"]),
        }
    )
    return Table(frame, _("The same rate by other definitions"))


def conversion_table(found: list[Conversion]) -> Table:
    """Return the share of one-off buyers who buy again, by purchase."""
    frame = pd.DataFrame(
        {
            _("from purchase"): [
                _("{n} to {next}").format(n=one.order_no, next=one.order_no + 1) for one in found
            ],
            _("customers"): [one.customers for one in found],
            _("known for the whole window"): [one.known for one in found],
            _("buy again within {n} days").format(n=found[0].window_days): [
                format_share(one.share) for one in found
            ],
            _("95% interval"): [format_interval(one.low, one.high, format_share) for one in found],
            _("half of them within, days"): [format_count(one.half_days) for one in found],
            _("have bought again so far"): [format_share(one.ever) for one in found],
        }
    )
    return Table(frame, _("One-off buyers who buy again"))
