"""The charts of subscriptions and of what a new customer may cost."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter, PercentFormatter

from analysis.codes import code_label
from analysis.contractual import survival_at, survival_band
from analysis.figures import Chart
from analysis.language import _
from analysis.ltv.renewals import Renewals
from analysis.style import (
    BLUE,
    FIGURE_HEIGHT,
    FIGURE_WIDTH,
    GRAY,
    GREEN,
    ORANGE,
    format_count,
    format_money,
    format_share,
)

_BEYOND = 12


def renewal_chart(renewals: Renewals) -> Chart:
    """Draw the share of subscribers who take order after order, counted and projected."""
    fig, ax = plt.subplots(figsize=(FIGURE_WIDTH, FIGURE_HEIGHT))
    table = renewals.hazards
    counted = np.cumprod(1 - table["free_hazard"].fillna(0.0).to_numpy())
    last = len(table) + _BEYOND
    order = np.arange(1, last + 2)
    shown = np.arange(1, len(table) + 2)
    ax.axvspan(len(table) + 1, last + 1, color=GRAY, alpha=0.10, linewidth=0)
    low, high = (np.append(1.0, end) for end in survival_band(renewals.model, last))
    ax.fill_between(order, low, high, color=ORANGE, alpha=0.18, linewidth=0)
    curves = [(renewals.constant, ORANGE, "--", _("model: each one's chance to leave stays"))]
    if renewals.changing:
        curves.append((renewals.changing, GREEN, ":", _("model: it may change")))
    for model, color, line, label in curves:
        survival = np.append(1.0, survival_at(model, last))
        ax.plot(order, survival, color=color, linestyle=line, label=label)
    ax.plot(shown, np.append(1.0, counted), color=BLUE, marker="o", label=_("counted"))
    ax.set_ylim(0, 1.02)
    ax.set_xlim(0.7, last + 1)
    ax.yaxis.set_major_formatter(PercentFormatter(xmax=1, decimals=0))
    ax.set_xlabel(_("order of the subscription"))
    ax.set_ylabel(_("share who take it"))
    ax.set_title(_("How long subscribers stay: counted, and as the models go on"))
    ax.legend(loc="upper right")
    end = survival_at(renewals.model, last)[-1]
    return Chart(
        fig,
        _(
            "Falling curves of the share who take each order: {counted} counted at order {order}, "
            "{end} projected at order {last}."
        ).format(
            counted=format_share(counted[-1], decimals=0),
            order=len(table) + 1,
            end=format_share(end, decimals=0),
            last=last + 1,
        ),
        _(
            "Of those free to leave. Grey: beyond what can be counted (30 or more at risk). Band: "
            "95% interval of the model that the values use."
        ),
    )


def break_even_chart(table: pd.DataFrame, *, currency: str) -> Chart:
    """Draw what a new customer of each source may cost, and what one has cost."""
    fig, ax = plt.subplots(figsize=(FIGURE_WIDTH, 1.5 + 0.5 * len(table)))
    place = np.arange(len(table))[::-1]
    middle = table["break_even_minor"]
    ax.errorbar(
        middle, place, xerr=[middle - table["low"], table["high"] - middle],
        fmt="o", color=BLUE, capsize=3, label=_("break-even cost, with 95% interval"),
    )  # fmt: skip
    ax.plot(
        table["window_profit_minor"], place, "|", color=BLUE, markersize=13,
        label=_("earned within the window"),
    )  # fmt: skip
    if table["cost_per_customer_minor"].notna().any():
        ax.plot(table["cost_per_customer_minor"], place, "D", color=ORANGE, label=_("cost so far"))
    ax.set_yticks(
        place,
        [
            f"{code_label(source)} ({format_count(count)})"
            for source, count in zip(table["source"], table["customers"], strict=True)
        ],
    )
    ax.set_ylim(-0.6, len(table) - 0.4)
    ax.set_xlim(left=0)
    ax.grid(visible=True, axis="x")
    ax.grid(visible=False, axis="y")
    ax.xaxis.set_major_formatter(
        FuncFormatter(lambda minor, _place: format_money(minor, currency, whole=True))
    )
    ax.set_xlabel(_("per new customer"))
    ax.set_title(_("What a new customer may cost, by source (customers)"))
    ax.legend(loc="upper center", bbox_to_anchor=(0.4, -0.32 + 0.02 * len(table)), ncols=3)
    best, worst = table.iloc[0], table.iloc[-1]
    return Chart(
        fig,
        _("Dots with intervals: from {low} for {worst} to {high} for {best}.").format(
            low=format_money(worst["break_even_minor"], currency, whole=True),
            worst=code_label(worst["source"]),
            high=format_money(best["break_even_minor"], currency, whole=True),
            best=code_label(best["source"]),
        ),
        _("A diamond to the left of the whole bar: customers of this source earn their cost."),
    )
