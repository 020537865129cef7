"""The charts of leaving by order: hazards with their churn points, and who is left."""

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter, MaxNLocator

from analysis.churn.peak import ChurnPoint
from analysis.churn.wall import commitment_ends
from analysis.churn.wording import MOST_ORDERS
from analysis.contractual import RenewalModel, survival_at, survival_band
from analysis.figures import Chart
from analysis.language import _, join_sentences
from analysis.style import (
    BLUE,
    FIGURE_HEIGHT,
    FIGURE_WIDTH,
    INK,
    ORANGE,
    PURPLE,
    SOFT_INK,
    format_count,
    format_share,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes


_PALE_BLUE = "#9dbbdf"


def hazard_chart(hazards: pd.DataFrame, points: list[ChurnPoint]) -> Chart:
    """Draw the share that leaves after each order, with churn points and ends of commitments."""
    fig, ax = plt.subplots(figsize=(FIGURE_WIDTH, FIGURE_HEIGHT * 1.1))
    rows = hazards[hazards["is_shown"] & (hazards["free_at_risk"] > 0)].head(MOST_ORDERS)
    peaks = {point.order_no for point in points}
    colors = [ORANGE if order in peaks else _PALE_BLUE for order in rows["order_no"]]
    ax.bar(rows["order_no"], rows["free_hazard"], color=colors, width=0.7)
    ax.errorbar(
        rows["order_no"],
        rows["free_hazard"],
        yerr=[
            rows["free_hazard"] - rows["free_low"],
            rows["free_high"] - rows["free_hazard"],
        ],
        fmt="none",
        ecolor=SOFT_INK,
        elinewidth=1,
        capsize=2,
    )
    for _place, row in rows.iterrows():
        ax.annotate(
            format_share(row["free_hazard"], decimals=0),
            (row["order_no"], row["free_high"]),
            xytext=(0, 3),
            textcoords="offset points",
            ha="center",
            fontsize="small",
            color=INK,
        )
    for point in points:
        if point.order_no in set(rows["order_no"]):
            ends = [point.order_no - 0.45, point.order_no + 0.45]
            ax.plot(ends, [point.usual] * 2, color=INK, linewidth=1.5)
    ends = commitment_ends(hazards)
    _draw_ends(ax, ends)
    ax.set_xticks(
        rows["order_no"],
        [
            f"{order}\n({format_count(at_risk)})"
            for order, at_risk in zip(rows["order_no"], rows["free_at_risk"], strict=True)
        ],
        fontsize="small",
    )
    top = max([*rows["free_high"], *ends["high"], 0.05])
    ax.set_ylim(0, top * 1.15)
    share_axis(ax)
    ax.set_xlabel(_("after order (subscriptions at risk)"))
    ax.set_ylabel(_("leave before the next order"))
    ax.set_title(_hazard_title(points))
    return Chart(fig, _hazard_alt(rows, points), _hazard_caption(points, has_ends=len(ends) > 0))


def _draw_ends(ax: "Axes", ends: pd.DataFrame) -> None:
    if ends.empty:
        return
    ax.errorbar(
        ends["order_no"],
        ends["hazard"],
        yerr=[ends["hazard"] - ends["low"], ends["high"] - ends["hazard"]],
        fmt="D",
        color=PURPLE,
        capsize=3,
    )
    first = ends.iloc[0]
    ax.annotate(
        _("commitment ends: {share} of {n}").format(
            share=format_share(first["hazard"], decimals=0), n=format_count(first["at_risk"])
        ),
        (first["order_no"], first["hazard"]),
        xytext=(10, -3),
        textcoords="offset points",
        color=PURPLE,
        fontsize="small",
    )


def _hazard_title(points: list[ChurnPoint]) -> str:
    if not points:
        return _("Share that leaves after each order: none stands out")
    return _("Order {n} stands out: share that leaves after each order").format(
        n=points[0].order_no
    )


def _hazard_alt(rows: pd.DataFrame, points: list[ChurnPoint]) -> str:
    said = _("Bars of the share that leaves after each order, from order 1 ({first}) to {last}.")
    said = said.format(
        first=format_share(rows["free_hazard"].iloc[0]) if len(rows) else "",
        last=rows["order_no"].iloc[-1] if len(rows) else 0,
    )
    for point in points:
        said = join_sentences(
            said,
            _("Order {n} stands out with {share} against {usual} around it.").format(
                n=point.order_no, share=format_share(point.hazard), usual=format_share(point.usual)
            ),
        )
    return said


def _hazard_caption(points: list[ChurnPoint], *, has_ends: bool) -> str:
    said = _(
        "Of the subscriptions whose next order was due more than the grace ago, whatever came of "
        "it. Thin lines: 95% intervals."
    )
    if points:
        said = join_sentences(said, _("Black line: the level of the orders around."))
    if has_ends:
        said = join_sentences(
            said,
            _(
                "Diamond: subscriptions whose commitment ends with this order; the bars leave them "
                "out."
            ),
        )
    return said


def survival_chart(hazards: pd.DataFrame, model: RenewalModel | None) -> Chart:
    """Draw the share of starters still there by order, with what the model projects."""
    fig, ax = plt.subplots(figsize=(FIGURE_WIDTH, FIGURE_HEIGHT))
    rows = hazards[hazards["is_shown"]]
    orders = np.concatenate(([1], rows["order_no"] + 1))
    curves = {
        name: np.concatenate(([1.0], rows[name]))
        for name in ("survival", "survival_low", "survival_high")
    }
    ax.step(orders, curves["survival"], where="post", color=BLUE)
    ax.fill_between(
        orders, curves["survival_low"], curves["survival_high"], step="post", color=BLUE, alpha=0.2
    )
    last = max(len(rows) + MOST_ORDERS, 2)
    if model:
        ahead = np.arange(1, last + 2)
        ax.plot(ahead, np.concatenate(([1.0], survival_at(model, last))), color=ORANGE, ls="--")
        low, high = survival_band(model, last)
        ax.fill_between(ahead[1:], low, high, color=ORANGE, alpha=0.15, linewidth=0)
        ax.annotate(
            _("projected"), (last, survival_at(model, last)[-1]), xytext=(0, 8), ha="right",
            textcoords="offset points", color=ORANGE,
        )  # fmt: skip
    ax.annotate(
        _("counted"),
        (orders[min(2, len(orders) - 1)], curves["survival"][min(2, len(orders) - 1)]),
        xytext=(14, 4),
        textcoords="offset points",
        color=BLUE,
    )  # fmt: skip
    ax.set_ylim(0, 1.02)
    ax.set_xlim(1, last + 1)
    share_axis(ax)
    ax.set_xlabel(_("order"))
    ax.set_ylabel(_("share of starters who take it"))
    ax.set_title(_("How many of those who start come to each order"))
    return Chart(
        fig,
        _("A falling curve of the share of starters by order: {last} take order {order}.").format(
            last=format_share(curves["survival"][-1]), order=orders[-1]
        ),
        _(
            "Blue: the life table with its 95% band. Orange: the shifted-beta-geometric model, "
            "fitted on the same counts. A hazard that falls need not mean that subscribers grow "
            "loyal: those who leave easily leave first."
        ),
    )


def share_axis(ax: "Axes") -> None:
    """Write the values of the upright axis as whole percent."""
    ax.yaxis.set_major_locator(MaxNLocator(nbins=7, steps=[1, 2, 5, 10]))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda share, _at: format_share(share, decimals=0)))
