"""The tables that look closer: by reason to cancel, and by group of customers."""

from collections.abc import Sequence

import pandas as pd

from analysis.codes import code_label
from analysis.experiments.effects import Effect
from analysis.experiments.evaluation import Evaluation
from analysis.experiments.segments import Split
from analysis.experiments.tables import few, results_of, with_rows
from analysis.experiments.trust import write_p
from analysis.experiments.words import name_of, write_difference, write_interval
from analysis.figures import Table
from analysis.language import _
from analysis.style import format_count


def reasons_table(effects: Sequence[Effect], title: str) -> Table:
    """Return how many customers cancelled for each reason, treated and control."""
    rows = [
        {
            _("reason"): effect.label,
            _("control"): few(effect.control_sum, effect.control_customers),
            _("treated"): few(effect.treated_sum, effect.treated_customers),
            _("difference"): write_difference(effect.difference, "share", ""),
            _("interval"): write_interval(effect.low, effect.high, "share", ""),
            _("p (Holm)"): write_p(effect.p_adjusted),
        }
        for effect in effects
    ]
    return Table(pd.DataFrame(rows), _("Cancelled, by reason: {title}").format(title=title))


def splits_tables(evaluations: Sequence[Evaluation], *, currency: str) -> list[Table]:
    """Return the effects by group, interaction first, of tests that have groups to compare."""
    found = []
    for each, result in results_of(evaluations):
        if result.verdict == "cannot_be_judged":
            continue
        shown = [split for split in result.splits if len(split.effects) > 1]
        frame = pd.DataFrame([row for split in shown for row in _split_rows(split, currency)])
        caption = _("Exploratory: effect by group, {name}").format(name=name_of(each, result))
        found.append(Table(frame, caption))
    return with_rows(*found)


def _split_rows(split: Split, currency: str) -> list[dict[str, str]]:
    labels = {
        "source": _("came through"),
        "region": _("region"),
        "orders_before": _("orders before"),
    }
    label = labels.get(split.name, split.name)
    return [
        {
            _("group"): f"{label}: {code_label(group) if group else _('unknown')}",
            _("groups differ, p (Holm)"): "" if place else write_p(split.p_adjusted),
            _("treated customers"): format_count(effect.treated_customers),
            _("control customers"): format_count(effect.control_customers),
            _("difference"): write_difference(effect.difference, effect.unit, currency),
            _("interval"): write_interval(effect.low, effect.high, effect.unit, currency),
        }
        for place, (group, effect) in enumerate(split.effects.items())
    ]
