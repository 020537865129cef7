"""The charts of the lifetime-value report: data in, figure and alt text out."""

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter, PercentFormatter

from analysis.figures import Chart
from analysis.language import _
from analysis.ltv.observed import ObservedValue
from analysis.style import (
    BLUE,
    FIGURE_HEIGHT,
    FIGURE_WIDTH,
    GRAY,
    ORANGE,
    format_money,
    format_month,
    format_share,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes


_MOST_LABELS = 16


def observed_value_chart(
    cohorts: pd.DataFrame, observed: ObservedValue | None, *, currency: str
) -> Chart:
    """Draw the observed value per customer by month of the first purchase, immature months grey."""
    fig, ax = plt.subplots(figsize=(FIGURE_WIDTH, FIGURE_HEIGHT))
    place = np.arange(len(cohorts))
    known = cohorts["mean_minor"].notna().to_numpy()
    for month in place[~known]:
        ax.axvspan(month - 0.5, month + 0.5, color=GRAY, alpha=0.13, linewidth=0)
    if observed:
        dots(ax, place[known], cohorts[known], "mean_minor", "low_minor", "high_minor")
        ax.axhline(observed.mean_minor, color=BLUE, linewidth=1, linestyle=":")
        ax.set_title(
            _("Paid per customer within {days} days of the first purchase").format(
                days=observed.window_days
            )
        )
    else:
        ax.set_title(_("Fewer than 30 customers are old enough yet"))
    every = -(-len(place) // _MOST_LABELS)
    ax.set_xticks(
        place[::every],
        [format_month(f"{month}") for month in cohorts["cohort"][::every]],
        rotation=45 if len(place) > _MOST_LABELS // 2 else 0,
    )
    ax.set_xlim(-0.7, len(place) - 0.3)
    ax.set_ylim(0, _top(cohorts, observed))
    money_axis(ax, currency)
    ax.set_xlabel(_("month of the first purchase"))
    ax.set_ylabel(_("paid per customer"))
    return Chart(
        fig,
        _(
            "Dots with intervals by month of the first purchase; {known} of {months} months are "
            "shown, the others are grey. The mean over all mature months is {mean}."
        ).format(
            known=known.sum(),
            months=len(place),
            mean=format_money(observed.mean_minor if observed else None, currency),
        ),
        _(
            "Bars: 95% intervals. Dotted: mean of all mature months. Grey: months that are too "
            "young to tell or have fewer than 30 customers."
        ),
    )


def _top(cohorts: pd.DataFrame, observed: ObservedValue | None) -> float:
    # Where every month is small there is none to draw, only the mean of all of them.
    highest = cohorts["high_minor"].max()
    if np.isnan(highest):
        highest = observed.high_minor if observed else 0.0
    return 1.15 * highest if highest > 0 else 1.0


def alive_chart(chances: pd.DataFrame) -> Chart:
    """Draw the chance to be still a customer by purchases so far and days of silence."""
    import seaborn as sns  # only this chart needs it, and it is slow to import

    fig, ax = plt.subplots(figsize=(FIGURE_WIDTH, FIGURE_HEIGHT))
    sns.heatmap(
        chances,
        vmin=0,
        vmax=1,
        cmap="Blues",
        annot=chances.map(lambda chance: format_share(chance, decimals=0)),
        fmt="",
        linewidths=1.5,
        cbar=False,
        ax=ax,
    )
    ax.grid(visible=False)
    ax.tick_params(length=0, rotation=0)
    ax.set_xlabel(_("days since the last purchase"))
    ax.set_ylabel(_("purchases so far"))
    ax.set_title(_("Chance to be still a customer, by purchases and silence"))
    return Chart(
        fig,
        _(
            "A map of the chance to be still a customer, by purchases so far and days since the "
            "last one: from {low} to {high}, lower the longer the silence."
        ).format(
            low=format_share(chances.min().min(), decimals=0),
            high=format_share(chances.max().max(), decimals=0),
        ),
        _("Customers with two or more purchases. Fields with fewer than ten customers are empty."),
    )


def decile_chart(paid: pd.DataFrame, expected: pd.DataFrame) -> Chart:
    """Draw the share of value by decile of the customers, so far and expected."""
    fig, ax = plt.subplots(figsize=(FIGURE_WIDTH, FIGURE_HEIGHT))
    place = np.arange(len(paid))
    ax.bar(place - 0.2, paid["share"], width=0.38, color=BLUE, label=_("paid so far"))
    ax.bar(place + 0.2, expected["share"], width=0.38, color=ORANGE, label=_("expected"))
    ax.set_xticks(place, [f"{decile}" for decile in paid["decile"]])
    ax.yaxis.set_major_formatter(PercentFormatter(xmax=1, decimals=0))
    ax.set_xlabel(_("decile of the customers, most valuable first"))
    ax.set_ylabel(_("share of all value"))
    ax.set_title(_("Share of value by decile of the customers"))
    ax.legend(loc="upper right")
    return Chart(
        fig,
        _(
            "Bars by decile of the customers. The first decile paid {paid} of all value so far and "
            "is expected to bring {expected}."
        ).format(
            paid=format_share(paid["share"].iloc[0]),
            expected=format_share(expected["share"].iloc[0]),
        ),
        _("Each kind of value ranks the customers anew."),
    )


def dots(
    ax: "Axes",
    place: np.ndarray,
    rows: pd.DataFrame,
    mean: str,
    low: str,
    high: str,
    *,
    label: str = "",
) -> None:
    """Draw estimates with their intervals."""
    ax.errorbar(
        place,
        rows[mean],
        yerr=[rows[mean] - rows[low], rows[high] - rows[mean]],
        fmt="o",
        color=BLUE,
        capsize=3,
        label=label or None,
    )


def money_axis(ax: "Axes", currency: str) -> None:
    """Write the vertical axis as money."""
    ax.yaxis.set_major_formatter(
        FuncFormatter(lambda minor, _place: format_money(minor, currency, whole=True))
    )
