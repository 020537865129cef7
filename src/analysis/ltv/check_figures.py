"""The charts that check the models: what they expected against what came."""

from datetime import date

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter, PercentFormatter

from analysis.figures import Chart
from analysis.language import _
from analysis.ltv.figures import dots
from analysis.ltv.purchase_counts import Fit
from analysis.ltv.reliability import Reliability
from analysis.style import (
    BLUE,
    FIGURE_HEIGHT,
    FIGURE_WIDTH,
    GRAY,
    ORANGE,
    format_count,
    format_date,
    format_share,
)


def fit_chart(fit: Fit) -> Chart:
    """Draw how many customers made how many repeat purchases, and how many the model expects."""
    fig, ax = plt.subplots(figsize=(FIGURE_WIDTH, FIGURE_HEIGHT))
    table = fit.table
    place = np.arange(len(table))
    ax.bar(place - 0.2, table["actual"], width=0.38, color=BLUE, label=_("actual"))
    ax.bar(place + 0.2, table["expected"], width=0.38, color=ORANGE, label=_("model"))
    ax.set_xticks(place, list(table["repeats"]))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _place: format_count(value)))
    ax.set_xlabel(_("repeat purchases in the first part of the history"))
    ax.set_ylabel(_("customers"))
    ax.set_title(_("Customers by repeat purchases: counted and as the model has them"))
    ax.legend(loc="best")
    worst = (table["actual"] - table["expected"]).abs().to_numpy().argmax()
    return Chart(
        fig,
        _(
            "Pairs of bars by number of repeat purchases. They differ most at {repeats}: {actual} "
            "customers, {expected} expected."
        ).format(
            repeats=table["repeats"][worst],
            actual=format_count(table["actual"][worst]),
            expected=format_count(table["expected"][worst]),
        ),
        _("Pairs of equal height: the model has seen through how often these customers buy."),
    )


def tracking_chart(tracked: pd.DataFrame, *, calibration_end: date) -> Chart:
    """Draw actual against expected repeat purchases, week by week and added up, with bands."""
    fig, (weekly, total) = plt.subplots(
        2, 1, figsize=(FIGURE_WIDTH, FIGURE_HEIGHT * 1.5), sharex=True, layout="constrained"
    )
    split_week = (tracked["last_day"] <= pd.Timestamp(calibration_end)).sum() + 0.5
    for ax, suffix in ((weekly, ""), (total, "_total")):
        ax.plot(tracked["week"], tracked[f"actual{suffix}"], color=BLUE, label=_("actual"))
        ax.plot(
            tracked["week"],
            tracked[f"expected{suffix}"],
            color=ORANGE,
            linestyle="--",
            label=_("expected"),
        )
        ax.fill_between(
            tracked["week"],
            tracked[f"low{suffix}"],
            tracked[f"high{suffix}"],
            color=ORANGE,
            alpha=0.18,
            linewidth=0,
        )
        ax.axvline(split_week, color=GRAY, linewidth=1)
        ax.set_ylim(bottom=0)
        ax.set_ylabel(_("repeat purchases"))
        ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _place: format_count(value)))
    weekly.annotate(
        _("prediction starts"),
        (split_week, 0.04),
        xytext=(4, 0),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        color=GRAY,
        fontsize="small",
    )
    weekly.set_title(_("Repeat purchases each week"))
    total.set_title(_("Repeat purchases added up"))
    total.set_xlabel(_("week since the first order"))
    total.legend(loc="upper left")
    last = tracked.iloc[-1]
    return Chart(
        fig,
        _(
            "Two line charts of actual and expected repeat purchases per week and added up. After "
            "{weeks} weeks {actual} were made and {expected} expected."
        ).format(
            weeks=last["week"],
            actual=format_count(last["actual_total"]),
            expected=format_count(last["expected_total"]),
        ),
        _(
            "Repeat purchases of everyone who first bought by {day}. The model saw nothing to the "
            "right of the grey line. Band: where 95% of such weeks, or totals, would lie if the "
            "model were true."
        ).format(day=format_date(calibration_end)),
    )


def holdout_chart(bins: pd.DataFrame, *, holdout_days: int) -> Chart:
    """Draw actual and predicted holdout purchases by repeat purchases in calibration."""
    fig, ax = plt.subplots(figsize=(FIGURE_WIDTH, FIGURE_HEIGHT))
    place = np.arange(len(bins))
    dots(
        ax,
        place,
        bins,
        "actual_mean",
        "actual_low",
        "actual_high",
        label=_("actual, with 95% interval"),
    )
    ax.plot(place, bins["model_mean"], color=ORANGE, marker="D", label=_("model"))
    ax.plot(place, bins["naive_mean"], color=GRAY, linestyle=":", label=_("going on as before"))
    ax.set_xticks(
        place,
        [
            f"{repeats}\n({format_count(customers)})"
            for repeats, customers in zip(bins["repeats"], bins["customers"], strict=True)
        ],
    )
    ax.set_ylim(bottom=0)
    ax.set_xlabel(_("repeat purchases before the prediction (customers)"))
    ax.set_ylabel(_("purchases per customer"))
    ax.set_title(_("Purchases in the {days} days that were predicted").format(days=holdout_days))
    ax.legend(loc="upper left")
    ends = bins.iloc[[0, -1]]
    return Chart(
        fig,
        _(
            "Actual and predicted purchases rise with earlier repeat purchases: from {low} actual "
            "and {low_model} predicted per customer to {high} and {high_model}."
        ).format(
            low=format_count(ends["actual_mean"].iloc[0], decimals=2),
            low_model=format_count(ends["model_mean"].iloc[0], decimals=2),
            high=format_count(ends["actual_mean"].iloc[1], decimals=2),
            high_model=format_count(ends["model_mean"].iloc[1], decimals=2),
        ),
        _("Diamonds inside the bars: the model agrees with what happened."),
    )


def reliability_chart(found: Reliability, *, holdout_days: int) -> Chart:
    """Draw the share who bought against the chance that the model gave them."""
    fig, ax = plt.subplots(figsize=(FIGURE_WIDTH, FIGURE_HEIGHT * 1.15))
    table = found.table
    top = min(1.0, 1.08 * float(max(table["high"].max(), table["chance"].max())))
    ax.plot([0, top], [0, top], color=GRAY, linewidth=1, linestyle=":")
    dots(ax, table["chance"].to_numpy(), table, "share", "low", "high")
    ax.set_xlim(0, top)
    ax.set_ylim(0, top)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(PercentFormatter(xmax=1, decimals=0))
    ax.set_xlabel(_("chance to buy again that the model gave"))
    ax.set_ylabel(_("share who bought again"))
    ax.set_title(_("Bought again in the {days} days that were predicted").format(days=holdout_days))
    return Chart(
        fig,
        _(
            "{n} dots with intervals around the diagonal: chances from {low} to {high} that the "
            "model gave, against shares from {least} to {most} who bought again."
        ).format(
            n=len(table),
            low=format_share(table["chance"].min(), decimals=0),
            high=format_share(table["chance"].max(), decimals=0),
            least=format_share(table["share"].min(), decimals=0),
            most=format_share(table["share"].max(), decimals=0),
        ),
        _(
            "Each dot is a group of {least} to {most} customers of similar chances. On the dotted "
            "line: of customers with a chance of 30%, 30% bought again. Above it the model is too "
            "gloomy, below too hopeful."
        ).format(
            least=format_count(table["customers"].min()),
            most=format_count(table["customers"].max()),
        ),
    )
