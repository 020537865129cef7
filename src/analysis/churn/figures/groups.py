"""The charts of who leaves and why: reasons, months, groups, and buyers without a cycle."""

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from analysis.churn.conversion import Conversion
from analysis.churn.figures.hazards import share_axis
from analysis.churn.triangle import POOLED
from analysis.churn.wording import MOST_ORDERS, cut_label, group_label
from analysis.figures import Chart
from analysis.language import _, join_sentences
from analysis.style import (
    BLUE,
    COLORS,
    FIGURE_HEIGHT,
    FIGURE_WIDTH,
    GRAY,
    INK,
    ORANGE,
    PURPLE,
    format_count,
    format_month,
    format_share,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def reason_chart(by_reason: pd.DataFrame, labels: dict[str, str]) -> Chart:
    """Draw the hazard after each order by reason, stacked, at one mix of sources."""
    fig, ax = plt.subplots(figsize=(FIGURE_WIDTH, FIGURE_HEIGHT * 1.1))
    shown = by_reason[(by_reason["order_no"] <= MOST_ORDERS) & (by_reason["at_risk"] >= 30)]
    table = shown.pivot_table(
        index="order_no", columns="reason", values="standardized", aggfunc="sum"
    ).fillna(0.0)
    order = [name for name in labels if name in table]
    bottom = np.zeros(len(table))
    palette = dict(zip(order, _reason_colors(order), strict=True))
    for name in order:
        ax.bar(
            table.index, table[name], bottom=bottom, color=palette[name], width=0.75,
            label=labels[name],
        )  # fmt: skip
        bottom += table[name].to_numpy()
    ax.set_xticks(table.index)
    share_axis(ax)
    ax.set_xlabel(_("after order"))
    ax.set_ylabel(_("leave before the next order"))
    ax.set_title(_("Why subscribers leave after each order"))
    handles, names = ax.get_legend_handles_labels()
    ax.legend(handles[::-1], names[::-1], loc="upper right", fontsize="small")
    most = max(((table[name].max(), table[name].idxmax(), name) for name in order), default=None)
    return Chart(
        fig,
        _("Stacked bars of the share that leaves, by reason. The largest part is {why} after {n}.")
        .format(why=labels[most[2]] if most else "", n=most[1] if most else ""),
        _(
            "The same mix of acquisition sources at every order, so that no reason grows only "
            "because the subscribers of one source leave sooner. Ends of commitments left out."
        ),
    )  # fmt: skip


def _reason_colors(names: list[str]) -> list[str]:
    spare = iter([BLUE, "#0f9f68", PURPLE, "#9dbbdf", "#e7b04b", "#7d9c5a", "#b57ba6", INK] * 4)
    return [
        ORANGE if place == 0 else GRAY if name == "unknown" else next(spare)
        for place, name in enumerate(names)
    ]


def triangle_chart(triangle: pd.DataFrame) -> Chart:
    """Draw retention by month of the first order and order, immature cells grey."""
    cohorts = triangle["cohort"].drop_duplicates().tolist()
    orders = triangle["order_no"].drop_duplicates().tolist()
    values, status = (
        triangle.pivot_table(index="cohort", columns="order_no", values=name, aggfunc="first",
                             dropna=False).reindex(index=cohorts, columns=orders)
        for name in ("retention", "status")
    )  # fmt: skip
    height = 1.4 + 0.23 * len(cohorts)
    fig, ax = plt.subplots(figsize=(FIGURE_WIDTH, height))
    shares = values.to_numpy(dtype=float)
    ax.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    waiting = (status == "not_yet_due").to_numpy()
    for place, order in zip(*np.nonzero(waiting), strict=True):
        patch = plt.Rectangle((order - 0.5, place - 0.5), 1, 1, color=GRAY, alpha=0.22, linewidth=0)
        ax.add_patch(patch).set_in_layout(False)
    for place, order in zip(*np.nonzero(~np.isnan(shares)), strict=True):
        share = shares[place, order]
        text = ax.text(
            order, place, format_share(share, decimals=0), ha="center", va="center",
            fontsize=8.5, color="white" if share > 0.55 else INK,
        )  # fmt: skip
        text.set_in_layout(False)  # laying out hundreds of texts takes seconds
    ax.axhline(len(cohorts) - 1.5, color=INK, linewidth=1)
    names = [_("all months") if cohort == POOLED else format_month(cohort) for cohort in cohorts]
    ax.set_yticks(range(len(cohorts)), names, fontsize=8.5)
    ax.set_xticks(range(len(orders)), [f"{order}" for order in orders])
    ax.grid(visible=False)
    ax.tick_params(length=0)
    ax.set_xlabel(_("order that is reached"))
    ax.set_ylabel(_("month of the first order"))
    ax.set_title(_("Share of starters who come to each order, by month"))
    return Chart(
        fig,
        _("A map of retention by month of the first order; {n} of {all} cells are not yet due.")
        .format(n=format_count(int(waiting.sum())), all=format_count(waiting.size)),
        _(
            "Against the first order. Grey: not yet due for 99% of the month. White: fewer than 30 "
            "at risk. Last row: all months pooled, the life table."
        ),
    )  # fmt: skip


def group_chart(groups: pd.DataFrame) -> Chart:
    """Draw the mean orders within the first ones by group, with intervals, one panel a grouping.

    Args:
        groups: What `all_groups` returned.
    """
    groups = groups.assign(
        label=[
            f"{cut_label(cut)}: {group_label(group)}"
            for cut, group in zip(groups["cut"], groups["group"], strict=True)
        ]
    )
    cuts = [part for _cut, part in groups.groupby("cut", sort=False)]
    fig, axes = plt.subplots(
        len(cuts),
        figsize=(FIGURE_WIDTH, 0.6 + 0.7 * len(cuts) + 0.36 * len(groups)),
        height_ratios=[len(part) + 0.2 for part in cuts],
        # Means over as many orders can be compared across groupings, others cannot.
        sharex=len(set(groups["within_orders"])) == 1,
        squeeze=False,
    )
    for number, part in enumerate(cuts):
        _draw_means(axes[number, 0], part, color=COLORS[number % len(COLORS)])
    axes[0, 0].set_title(_("Mean orders by group (subscriptions)"))
    most, least = groups["mean_orders"].idxmax(), groups["mean_orders"].idxmin()
    return Chart(
        fig,
        _("Dots with intervals: from {low} orders ({worst}) to {high} ({best}).").format(
            low=format_count(groups["mean_orders"][least], decimals=2),
            worst=groups["label"][least],
            high=format_count(groups["mean_orders"][most], decimals=2),
            best=groups["label"][most],
        ),
        _(
            "Bars: 95% intervals. One panel for each way of grouping, over as many orders as all "
            "of its groups can be followed to."
        ),
    )


def _draw_means(ax: "Axes", part: pd.DataFrame, *, color: str) -> None:
    place = np.arange(len(part))[::-1]
    ax.errorbar(
        part["mean_orders"],
        place,
        xerr=[part["mean_orders"] - part["low"], part["high"] - part["mean_orders"]],
        fmt="o",
        color=color,
        capsize=3,
    )
    ax.set_yticks(
        place,
        [
            f"{label} ({format_count(count)})"
            for label, count in zip(part["label"], part["subscriptions"], strict=True)
        ],
    )
    ax.set_ylim(-0.6, len(part) - 0.4)
    ax.grid(visible=True, axis="x")
    ax.grid(visible=False, axis="y")
    ax.tick_params(axis="x", labelbottom=True)
    ax.set_xlabel(
        _("orders within the first {n}, mean").format(n=int(part["within_orders"].iloc[0]))
    )


def conversion_chart(found: list[Conversion]) -> Chart:
    """Draw which share has bought again by each day after the n-th purchase."""
    fig, ax = plt.subplots(figsize=(FIGURE_WIDTH, FIGURE_HEIGHT))
    drawn = found[:3]
    last = max(one.window_days for one in drawn)
    for one, color in zip(drawn, COLORS, strict=False):
        curve = one.curve[one.curve["duration"] <= last]
        days = np.concatenate(([0], curve["duration"], [last]))
        share = np.concatenate(([0.0], 1 - curve["survival"], [one.share]))
        ax.step(days, share, where="post", color=color)
        ax.fill_between(
            curve["duration"], 1 - curve["high"], 1 - curve["low"], step="post", color=color,
            alpha=0.15, linewidth=0,
        )  # fmt: skip
    top = min(1.0, max(one.share for one in drawn) * 1.25 + 0.02)
    at = -np.inf
    for place in np.argsort([one.share for one in drawn], kind="stable"):
        one = drawn[place]
        at = max(one.share, at + 0.06 * top)
        ax.annotate(
            _("purchase {n} to {next}").format(n=one.order_no, next=one.order_no + 1),
            (last * 1.02, at),
            va="center",
            color=COLORS[place],
            annotation_clip=False,
        )
    ax.set_xlim(0, last * 1.28)
    ax.set_xticks(np.linspace(0, last, 7).round().astype(int))
    ax.set_ylim(0, max(top, at + 0.04 * top))
    share_axis(ax)
    ax.set_xlabel(_("days since the purchase"))
    ax.set_ylabel(_("have bought again"))
    ax.set_title(_("How many one-off buyers buy again, and when"))
    return Chart(
        fig,
        join_sentences(
            *(
                _("Within {days} days, {share} go from purchase {n} to {next}.").format(
                    days=one.window_days, share=format_share(one.share), n=one.order_no,
                    next=one.order_no + 1,
                )
                for one in drawn
            )
        ),
        _("Bands: 95% intervals. Waits that are not over count as long as they have lasted."),
    )  # fmt: skip
