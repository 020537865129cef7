"""The charts of who buys again and who has gone quiet."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.ticker import PercentFormatter

from analysis.customers.figures.overview import month_axis
from analysis.customers.silence import FIXED_DORMANCY_DAYS, NEXT_DAYS, Dormancy
from analysis.figures import Chart
from analysis.language import _
from analysis.money import decimals_of
from analysis.style import (
    BLUE,
    FIGURE_HEIGHT,
    FIGURE_WIDTH,
    GRAY,
    ORANGE,
    SOFT_INK,
    format_count,
    format_money,
    format_month,
    format_share,
)

# As many months as can be read side by side.
_MOST_COHORTS = 18
_MOST_AGES = 12
_SILENCE_SHOWN_DAYS = 365


def step_chart(steps: pd.DataFrame, *, window_days: int) -> Chart:
    """Draw which share makes the next purchase within the window, by number of purchases."""
    fig, ax = plt.subplots(figsize=(FIGURE_WIDTH, FIGURE_HEIGHT))
    place = np.arange(len(steps))
    _dots(ax, place, steps)
    for at, share in zip(place, steps["share"], strict=True):
        ax.annotate(
            format_share(share, decimals=0),
            (at, share),
            xytext=(9, 0),
            textcoords="offset points",
            va="center",
            fontsize="small",
        )
    ax.set_xticks(
        place,
        [
            f"{n} → {n + 1}\n({format_count(customers)})"
            for n, customers in zip(steps["purchase_no"], steps["customers"], strict=True)
        ],
        fontsize="small",
    )
    ax.set_xlim(-0.5, max(len(steps), 1) - 0.3)
    ax.set_ylim(0, 1.04)
    ax.yaxis.set_major_formatter(PercentFormatter(xmax=1, decimals=0))
    ax.set_xlabel(_("from purchase to purchase (customers)"))
    ax.set_ylabel(_("bought again"))
    ax.set_title(_("Who buys again within {days} days").format(days=window_days))
    first = steps.iloc[0] if len(steps) else {"share": None}
    return Chart(
        fig,
        _("Dots with intervals by number of purchases, from {first} after the first one.").format(
            first=format_share(first["share"])
        ),
        _(
            "Bars: 95% intervals. Only customers who have had {days} days for the next purchase."
        ).format(days=window_days),
    )


def second_purchase_chart(cohorts: pd.DataFrame, *, window_days: int) -> Chart:
    """Draw the second purchase by month of the first, beside the naive share that seems to fall."""
    fig, ax = plt.subplots(figsize=(FIGURE_WIDTH, FIGURE_HEIGHT))
    place = np.arange(len(cohorts))
    known = cohorts["share"].notna().to_numpy()
    for month in place[~known]:
        ax.axvspan(month - 0.5, month + 0.5, color=GRAY, alpha=0.13, linewidth=0)
    ax.plot(
        place,
        cohorts["naive_share"],
        color=SOFT_INK,
        linestyle=":",
        linewidth=1.5,
        label=_("ever so far: young months have had less time"),
    )
    _dots(ax, place[known], cohorts[known], label=_("within {days} days").format(days=window_days))
    month_axis(ax, list(cohorts["cohort"]))
    ax.set_ylim(0, min(max(cohorts["naive_share"].max(), 0.1) * 1.15, 1.04))
    ax.yaxis.set_major_formatter(PercentFormatter(xmax=1, decimals=0))
    ax.set_xlabel(_("month of the first purchase"))
    ax.set_ylabel(_("bought a second time"))
    ax.set_title(_("Second purchase by month of the first one"))
    fig.legend(loc="outside lower center", ncols=2)
    return Chart(
        fig,
        _("Dots with intervals for {known} of {months} months; the others are grey.").format(
            known=int(known.sum()), months=len(cohorts)
        ),
        _(
            "Bars: 95% intervals. Grey: months whose last customer has not had {days} days yet, or "
            "with fewer than 30 customers."
        ).format(days=window_days),
    )


def retention_chart(table: pd.DataFrame) -> Chart:
    """Draw which share of each month's new customers bought in each later month."""
    return _cohort_map(
        table,
        write=lambda share: f"{100 * share:.0f}",
        title=_("Bought again in a later month, % of the customers"),
        alt=_("A map of cohorts by age: in month 1 after the first, {first} bought again."),
        shown=format_share,
    )


def revenue_map(table: pd.DataFrame, *, currency: str) -> Chart:
    """Draw what each month's new customers paid per head in each later month."""
    unit = 10 ** decimals_of(currency)
    return _cohort_map(
        table,
        write=lambda minor: _short(minor / unit),
        title=_("Revenue in a later month per customer, {currency}").format(currency=currency),
        alt=_("A map of cohorts by age: in month 1 after the first, a customer paid {first}."),
        shown=lambda minor: format_money(minor, currency),
    )


def silence_chart(curves: dict[str, pd.DataFrame], chosen: Dormancy) -> Chart:
    """Draw the chance of a purchase within the next days by silence so far.

    Args:
        curves: Label to what `chance_after_silence` returned; the first is that of all waits.
        chosen: The threshold, drawn as a line.
    """
    fig, ax = plt.subplots(figsize=(FIGURE_WIDTH, FIGURE_HEIGHT))
    longest = 1
    for (label, curve), color in zip(curves.items(), (BLUE, ORANGE, GRAY), strict=False):
        ax.plot(curve["silent_days"], curve["chance"], color=color, label=label)
        ax.fill_between(
            curve["silent_days"], curve["low"], curve["high"], color=color, alpha=0.15, lw=0
        )
        longest = max(longest, int(curve["silent_days"].iloc[-1]))
    _mark(ax, chosen.days, _("gone quiet after {days} days").format(days=chosen.days), line=0)
    if abs(FIXED_DORMANCY_DAYS - chosen.days) > 0.02 * longest:
        fixed = _("fixed: {days} days").format(days=FIXED_DORMANCY_DAYS)
        _mark(ax, FIXED_DORMANCY_DAYS, fixed, line=1, style=":")
    ax.set_xlim(0, min(longest, max(_SILENCE_SHOWN_DAYS, 3 * chosen.days)))
    ax.set_ylim(0, 1)
    ax.yaxis.set_major_formatter(PercentFormatter(xmax=1, decimals=0))
    ax.set_xlabel(_("days of silence so far"))
    ax.set_ylabel(_("will buy in the next {days} days").format(days=NEXT_DAYS))
    ax.set_title(_("Chance of another purchase, by silence so far"))
    fig.legend(loc="outside lower center", ncols=3)
    return Chart(
        fig,
        _(
            "Falling curves of the chance to buy within {next} days by silence. At {days} days of "
            "silence it is {chance}."
        ).format(next=NEXT_DAYS, days=chosen.days, chance=format_share(chosen.chance)),
        _("Bands: 95% intervals. All waits count, those that still last too."),
    )


def _mark(ax: plt.Axes, day: int, text: str, *, line: int, style: str = "-") -> None:
    ax.axvline(day, color=SOFT_INK, linewidth=1.2, linestyle=style)
    ax.annotate(
        text,
        (day, 1.0),
        xycoords=("data", "axes fraction"),
        xytext=(5, -10 - 16 * line),
        textcoords="offset points",
        color=SOFT_INK,
        fontsize="small",
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
    )


def _cohort_map(table: pd.DataFrame, *, write, title: str, alt: str, shown) -> Chart:
    recent = table.tail(_MOST_COHORTS)
    values = recent.drop(columns="customers").iloc[:, 1 : _MOST_AGES + 1]
    # Recent cohorts may not reach the last ages at all.
    values = values.loc[:, values.notna().any()]
    fig, ax = plt.subplots(figsize=(FIGURE_WIDTH, 1.2 + 0.27 * max(len(values), 4)))
    grid = values.to_numpy(float)
    top = float(np.nanmax(grid)) if np.isfinite(grid).any() else 1.0
    if grid.size:
        ax.imshow(grid, cmap="Blues", vmin=0, vmax=1.15 * (top or 1), aspect="auto")
    for row, column in np.argwhere(np.isfinite(grid)):
        text = ax.text(
            column,
            row,
            write(grid[row, column]),
            ha="center",
            va="center",
            fontsize="small",
            color="white" if grid[row, column] > 0.6 * top else "black",
        )
        text.set_in_layout(False)  # laying out hundreds of texts takes seconds
    ax.set_facecolor("#eceef1")
    ax.set_xticks(range(values.shape[1]), [f"{age}" for age in values.columns])
    ax.set_yticks(
        range(len(values)),
        [
            f"{format_month(cohort)} ({format_count(customers)})"
            for cohort, customers in zip(recent.index, recent["customers"], strict=True)
        ],
        fontsize="small",
    )
    ax.set_xlabel(_("months since the first purchase"))
    ax.set_ylabel(_("month of the first purchase"))
    ax.set_title(title)
    ax.grid(visible=False)
    ax.tick_params(length=0)
    first = _first_known(values)
    return Chart(
        fig,
        alt.format(first=shown(first)),
        _(
            "In brackets: customers of the month. Grey: not over yet. Month 0, in which everybody "
            "bought, is left out."
        ),
    )


def _first_known(values: pd.DataFrame) -> float | None:
    if not values.shape[1]:
        return None
    known = values.iloc[:, 0].dropna()
    return float(known.iloc[-1]) if len(known) else None


def _short(amount: float) -> str:
    if amount >= 10_000:
        return f"{amount / 1000:.0f}k"
    return f"{amount / 1000:.1f}k" if amount >= 1_000 else f"{amount:.0f}"


def _dots(ax: plt.Axes, place: np.ndarray, rows: pd.DataFrame, *, label: str = "") -> None:
    share = rows["share"].to_numpy(float)
    ax.errorbar(
        place,
        share,
        # Rounding may put an end a hair on the wrong side of the share.
        yerr=[
            np.maximum(share - rows["low"].to_numpy(float), 0),
            np.maximum(rows["high"].to_numpy(float) - share, 0),
        ],
        fmt="o",
        color=BLUE,
        capsize=3,
        label=label or None,
    )
