"""The charts of the evaluation: results in, figure and alt text out."""

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import FuncFormatter, MaxNLocator

from analysis.experiments.baseline import Baseline
from analysis.experiments.evaluation import ArmResult, Evaluation
from analysis.experiments.power import detectable_mean, detectable_rate
from analysis.experiments.words import (
    break_even_of,
    name_of,
    verdict_label,
    write_difference,
    write_interval,
)
from analysis.figures import Chart
from analysis.language import _
from analysis.style import (
    BLUE,
    FIGURE_HEIGHT,
    FIGURE_WIDTH,
    GRAY,
    GREEN,
    INK,
    ORANGE,
    PURPLE,
    SOFT_INK,
    format_count,
    format_money,
    format_share,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Row = tuple[Evaluation, ArmResult]

_COLORS = {"adopt": GREEN, "drop": ORANGE, "test_further": BLUE, "cannot_be_judged": GRAY}
_ROW_HEIGHT = 0.62
_LABEL_WIDTH = 30
_MOST_ROWS = 20
_LEAST_CUSTOMERS = 200
_HOLDOUT_SHARES = (0.5, 0.2, 0.05)


def interval_charts(evaluations: Sequence[Evaluation], *, currency: str) -> list[Chart]:
    """Draw every test's effect on its deciding metric beside zero and its break-even line.

    Rates, money and counts have an axis each. Tests that cannot be judged are grey.

    Returns:
        One chart, or none where no test has been read out.
    """
    rows = [
        (each, result)
        for each in evaluations
        for result in each.results
        if each.state == "judged" and np.isfinite(result.primary.low)
    ][-_MOST_ROWS:]
    if not rows:
        return []
    units = list(dict.fromkeys(result.primary.unit for _each, result in rows))
    parts = [[row for row in rows if row[1].primary.unit == unit] for unit in units]
    heights = [len(part) + 0.8 for part in parts]
    fig, axes = plt.subplots(
        len(units),
        figsize=(FIGURE_WIDTH, _ROW_HEIGHT * sum(heights) + 0.9 * len(units) + 0.5),
        height_ratios=heights,
        squeeze=False,
    )
    for ax, part in zip(axes[:, 0], parts, strict=True):
        _draw(ax, part, currency)
    fig.suptitle(_("What the campaigns changed, compared with doing nothing"), x=0.01, ha="left")
    chart = Chart(
        fig,
        _("Intervals, one row a test: {rows}.").format(
            rows=_("; ").join(_in_words(each, result, currency) for each, result in rows)
        ),
        _(
            "Line at 0: no effect. Short purple line: from there on it pays. A test is adopted "
            "when its whole interval lies beyond that line, and dropped when it lies before it. "
            "Grey: cannot be judged. Intervals are 95%, wider where a campaign has several arms."
        ),
    )
    return [chart]


def _draw(ax: "Axes", part: Sequence[Row], currency: str) -> None:
    unit = part[0][1].primary.unit
    ax.axvline(0, color=INK, linewidth=1)
    for place, (each, result) in enumerate(part):
        effect, color = result.primary, _COLORS[result.verdict]
        ax.plot([effect.low, effect.high], [place, place], color=color, linewidth=2.5)
        ax.plot(effect.difference, place, "o", color=color, markersize=7)
        line = break_even_of(effect, each.stakes)
        ax.plot([line, line], [place - 0.14, place + 0.36], color=PURPLE, linewidth=2.5)
        ax.annotate(
            _("{verdict}: {difference}").format(
                verdict=verdict_label(result.verdict),
                difference=write_difference(effect.difference, unit, currency),
            )
            if result.verdict != "cannot_be_judged"
            else verdict_label(result.verdict),
            (effect.difference, place),
            xytext=(0, 8),
            textcoords="offset points",
            ha="center",
            fontsize=10,
            color=SOFT_INK,
            zorder=3,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1, "alpha": 0.85},
        )
    labels = [textwrap.fill(name_of(each, result), _LABEL_WIDTH) for each, result in part]
    ax.set_yticks(range(len(part)), labels)
    ax.set_ylim(len(part) - 0.45, -0.75)
    ax.margins(x=0.08)
    ax.grid(axis="y", visible=False)
    ax.grid(axis="x", visible=True)
    ax.xaxis.set_major_locator(MaxNLocator(6))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _place: _tick(value, unit, currency)))
    ax.set_xlabel(
        {
            "share": _("treated less control, percentage points"),
            "minor": _("treated less control, per customer"),
            "count": _("treated less control, per customer"),
        }[unit]
    )


def _tick(value: float, unit: str, currency: str) -> str:
    if unit == "share":
        return f"{100 * value:+.0f}".replace("-", "\N{MINUS SIGN}") if value else "0"
    if unit == "minor":
        return write_difference(value, unit, currency) if value else "0"
    return f"{value:g}".replace("-", "\N{MINUS SIGN}")


def _in_words(evaluation: Evaluation, result: ArmResult, currency: str) -> str:
    effect = result.primary
    return _("{name} {interval}, {verdict}").format(
        name=name_of(evaluation, result),
        interval=write_interval(effect.low, effect.high, effect.unit, currency),
        verdict=verdict_label(result.verdict),
    )


def power_chart(baseline: Baseline, *, currency: str) -> Chart:
    """Draw the smallest effect that a list can tell, by its size and the share held out."""
    there = baseline.customers
    sizes = np.geomspace(min(_LEAST_CUSTOMERS, there), max(10 * there, 20_000), 60)
    fig, ax = plt.subplots(figsize=(FIGURE_WIDTH, FIGURE_HEIGHT))
    ends = {}
    for share, color in zip(_HOLDOUT_SHARES, (BLUE, GREEN, ORANGE), strict=True):
        effect = _detectable(baseline, sizes, share)
        ax.plot(sizes, effect, color=color)
        known = np.flatnonzero(np.isfinite(effect))[0]
        ax.annotate(
            _("{share} held out").format(share=format_share(share, decimals=0)),
            (sizes[known], effect[known]),
            xytext=(4, -14 if share == max(_HOLDOUT_SHARES) else 3),
            textcoords="offset points",
            color=color,
            fontsize=10,
        )
        ends[share] = float(_detectable(baseline, np.array([there]), share)[0])
    ax.axvline(there, color=GRAY, linewidth=1, linestyle=":")
    ax.annotate(
        _("customers there are: {n}").format(n=format_count(there)),
        (there, ax.get_ylim()[1]),
        xytext=(4, -12),
        textcoords="offset points",
        fontsize=10,
        color=SOFT_INK,
    )
    ax.set_xscale("log")
    ax.set_ylim(bottom=0)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda n, _place: format_count(n)))
    ax.yaxis.set_major_formatter(
        FuncFormatter(
            lambda value, _place: (
                f"{100 * value:.0f}"
                if baseline.unit == "share"
                else format_money(value, currency, whole=True)
            )
        )
    )
    ax.set_xlabel(_("customers in all arms"))
    ax.set_ylabel(
        _("smallest rise that can be told, points")
        if baseline.unit == "share"
        else _("smallest rise that can be told, per customer")
    )
    ax.set_title(_("What a list of a given size can tell"))
    return Chart(
        fig,
        _(
            "Falling curves: with {n} customers and half of them held out, a rise of {half} can be "
            "told; with 5% held out, {least}."
        ).format(
            n=format_count(there),
            half=write_difference(ends[0.5], baseline.unit, currency),
            least=write_difference(ends[0.05], baseline.unit, currency),
        ),
        _("{metric}; 80% power, two-sided 5%.").format(metric=baseline.label),
    )


def _detectable(baseline: Baseline, customers: np.ndarray, holdout_share: float) -> np.ndarray:
    if baseline.unit == "share":
        return detectable_rate(baseline.mean, customers, holdout_share=holdout_share)
    return detectable_mean(baseline.deviation, customers, holdout_share=holdout_share)
