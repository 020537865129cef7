"""The charts of the target report: results in, figure and alt text out."""

import textwrap
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import FuncFormatter, MaxNLocator

from analysis.figures import Chart
from analysis.language import _
from analysis.style import (
    BLUE,
    FIGURE_WIDTH,
    GRAY,
    GREEN,
    GRID,
    INK,
    ORANGE,
    PURPLE,
    SOFT_INK,
    format_count,
)
from analysis.suppression import write_people
from analysis.targets.acting import Action
from analysis.targets.answers import due, running
from analysis.targets.words import write_detectable, write_hope

_LABEL_WIDTH = 26
_ROW_HEIGHT = 0.62
_MOST_ROWS = 20
_FARTHEST = 8.0


def steps_charts(actions: Sequence[Action]) -> list[Chart]:
    """Draw where the customers of each rule go: assigned today, or left out for which reason.

    Returns:
        One chart, or none where nobody matches any rule.
    """
    shown = [action for action in due(actions) if action.selection and action.selection.matched]
    shown = shown[:_MOST_ROWS]
    if not shown:
        return []
    parts = [_parts(action) for action in shown]
    labels = list(parts[0])
    colors = (GREEN, BLUE, GRAY, ORANGE, PURPLE, GRID, SOFT_INK)
    fig, ax = plt.subplots(figsize=(FIGURE_WIDTH, _ROW_HEIGHT * len(shown) + 1.7))
    left = np.zeros(len(shown))
    totals = np.array([sum(part.values()) for part in parts], dtype=float)
    for label, color in zip(labels, colors, strict=True):
        width = np.array([part[label] for part in parts]) / totals
        if width.any():
            ax.barh(range(len(shown)), width, left=left, color=color, label=label, height=0.62)
        left += width
    for place, (part, total) in enumerate(zip(parts, totals, strict=True)):
        ax.annotate(
            _("{n} of {all}").format(n=write_people(part[labels[0]]), all=write_people(int(total))),
            (1.01, place),
            va="center",
            fontsize=10,
            color=SOFT_INK,
        )
    names = [textwrap.fill(action.campaign.title, _LABEL_WIDTH) for action in shown]
    ax.set_yticks(range(len(shown)), names)
    ax.set_ylim(len(shown) - 0.5, -0.5)
    ax.set_xlim(0, 1.22)
    ax.set_xticks(np.arange(0, 1.01, 0.25))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda share, _place: f"{100 * share:.0f}%"))
    ax.set_xlabel(_("of the customers who match the rule"))
    ax.grid(axis="y", visible=False)
    fig.legend(loc="outside lower center", ncols=3, fontsize=10)
    fig.suptitle(_("Who of each rule is assigned today, and why not the others"), x=0.01, ha="left")
    said = _("; ").join(
        _("{name}: {n} of {all} assigned").format(
            name=action.campaign.title,
            n=write_people(part[labels[0]]),
            all=write_people(int(sum(part.values()))),
        )
        for action, part in zip(shown, parts, strict=True)
    )
    return [
        Chart(
            fig,
            _("Bars of shares, one a campaign: {rows}.").format(rows=said),
            _("Whoever is left out for several reasons counts for the first of them."),
        )
    ]


def _parts(action: Action) -> dict[str, int]:
    one = action.selection
    new = one.matched - one.assigned_before
    return {
        _("assigned today"): len(one.customers),
        _("assigned on earlier days"): one.assigned_before,
        _("no consent"): new - one.consenting,
        _("got a message recently"): one.consenting - one.rested,
        _("in another running test"): one.rested - one.free,
        _("global holdout"): one.free - one.late - len(one.customers),
        _("came too late"): one.late,
    }


def power_charts(actions: Sequence[Action], *, currency: str) -> list[Chart]:
    """Draw the effect that is hoped for beside the smallest that each test can tell.

    In multiples of the smallest that can be told, so that rates and money stand on one scale.

    Returns:
        One chart, or none where of no test is known what it can tell.
    """
    shown = [
        action
        for action in running(actions)
        if action.prospect
        and action.prospect.detectable is not None
        and np.isfinite(action.prospect.detectable)
    ][:_MOST_ROWS]
    if not shown:
        return []
    ratio = [abs(one.campaign.expected_effect) / one.prospect.detectable for one in shown]
    fig, ax = plt.subplots(figsize=(FIGURE_WIDTH, _ROW_HEIGHT * len(shown) + 1.4))
    ax.axvline(1, color=INK, linewidth=1)
    for place, (action, times) in enumerate(zip(shown, ratio, strict=True)):
        color = GREEN if times >= 1 else ORANGE
        far = min(times, _FARTHEST)
        ax.plot([0, far], [place, place], color=color, linewidth=2.5)
        ax.plot(far, place, "o" if times <= _FARTHEST else ">", color=color, markersize=8)
        ax.annotate(
            _("hopes for {hope}, can tell {least}").format(
                hope=write_hope(action.campaign, currency),
                least=write_detectable(action, currency),
            ),
            (0, place),
            xytext=(2, 8),
            textcoords="offset points",
            fontsize=10,
            color=SOFT_INK,
        )
    names = [textwrap.fill(action.campaign.title, _LABEL_WIDTH) for action in shown]
    ax.set_yticks(range(len(shown)), names)
    ax.set_ylim(len(shown) - 0.5, -0.75)
    ax.set_xlim(0, max(1.3, 1.1 * min(max(ratio), _FARTHEST)))
    ax.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    ax.xaxis.set_major_formatter(
        FuncFormatter(lambda value, _place: format_count(value, decimals=1))
    )
    ax.set_xlabel(_("effect hoped for, as a multiple of the smallest that can be told"))
    ax.grid(axis="y", visible=False)
    ax.grid(axis="x", visible=True)
    fig.suptitle(_("Can each test tell what it hopes for?"), x=0.01, ha="left")
    return [
        Chart(
            fig,
            _("One line a test: {rows}.").format(
                rows=_("; ").join(
                    _("{name} hopes for {hope} and can tell {least}").format(
                        name=action.campaign.title,
                        hope=write_hope(action.campaign, currency),
                        least=write_detectable(action, currency),
                    )
                    for action in shown
                )
            ),
            _(
                "Beyond the line at 1 a test tells what it hopes for in 80 of 100 cases; before it "
                "(orange) it will most likely not."
            ),
        )
    ]
