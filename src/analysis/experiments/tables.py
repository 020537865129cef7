"""The tables of the evaluation, as a reader sees them."""

import math
from collections.abc import Sequence

import pandas as pd

from analysis.campaigns import segment_in_words
from analysis.experiments.baseline import Plan
from analysis.experiments.effects import Effect
from analysis.experiments.evaluation import ArmResult, Evaluation
from analysis.experiments.labels import arms_in_words, check_label
from analysis.experiments.trust import write_p
from analysis.experiments.words import (
    break_even_of,
    name_of,
    verdict_label,
    write_difference,
    write_interval,
    write_value,
)
from analysis.figures import Table
from analysis.language import _, join_list
from analysis.style import (
    NOTHING,
    format_count,
    format_date,
    format_interval,
    format_money,
    format_share,
    format_signed_share,
)
from analysis.suppression import MIN_SHOWN, is_few


def results_of(evaluations: Sequence[Evaluation]) -> list[tuple[Evaluation, ArmResult]]:
    """Return every treatment that has been read out, with its test."""
    return [
        (each, result) for each in evaluations for result in each.results if each.state == "judged"
    ]


def with_rows(*tables: Table) -> list[Table]:
    """Return the tables that have something to show."""
    return [table for table in tables if len(table.frame)]


def trust_table(evaluations: Sequence[Evaluation]) -> Table:
    """Return for each test how many customers were assigned and which conditions failed."""
    rows = []
    for each in evaluations:
        if each.state not in ("judged", "interim"):
            continue
        failed = [check for check in each.checks if not check.passed]
        rows.append(
            {
                _("test"): each.title,
                _("customers as assigned"): arms_in_words(each.sizes),
                _("as drawn, p"): _p(each.ratio_p),
                _("alike before, p"): _p(each.alike_p),
                _("conditions that hold"): _("{held} of {all}").format(
                    held=len(each.checks) - len(failed), all=len(each.checks)
                ),
                _("failed"): join_list(check_label(check.name) for check in failed) or NOTHING,
            }
        )
    columns = [
        _("test"), _("customers as assigned"), _("as drawn, p"), _("alike before, p"),
        _("conditions that hold"), _("failed"),
    ]  # fmt: skip
    return Table(pd.DataFrame(rows, columns=columns), _("Trust in each test"))


def _p(p_value: float | None) -> str:
    return NOTHING if p_value is None else write_p(p_value)


def record_table(evaluations: Sequence[Evaluation], *, currency: str) -> Table:
    """Return every verdict so far beside what was hoped for."""
    rows = []
    for each, result in results_of(evaluations):
        effect, campaign = result.primary, each.campaign
        hope = effect.sign * abs(each.stakes.expected_effect)
        judged = result.verdict != "cannot_be_judged"
        rows.append(
            {
                _("test"): name_of(each, result),
                _("verdict"): verdict_label(result.verdict),
                _("read on"): format_date(campaign.readout_on) if campaign else NOTHING,
                _("hoped for"): write_difference(hope, effect.unit, currency) if hope else NOTHING,
                _("pays from"): write_difference(
                    break_even_of(effect, each.stakes), effect.unit, currency
                ),
                _("found"): write_difference(effect.difference, effect.unit, currency)
                if judged
                else NOTHING,
                _("interval"): write_interval(effect.low, effect.high, effect.unit, currency)
                if judged
                else NOTHING,
            }
        )
    rows += [
        {_("test"): each.title, _("verdict"): verdict_label("cannot_be_judged")}
        for each in evaluations
        if each.state == "judged" and not each.results
    ]
    columns = [
        _("test"), _("verdict"), _("read on"), _("hoped for"), _("pays from"), _("found"),
        _("interval"),
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=columns).fillna(NOTHING)
    return Table(frame, _("Record of all verdicts"))


def effects_tables(evaluations: Sequence[Evaluation], *, currency: str) -> list[Table]:
    """Return for each test that can be judged its effects, the metric that decides first."""
    return [
        Table(
            pd.DataFrame(
                [_effect_row(effect, currency) for effect in (result.primary, *result.secondary)]
            ),
            _("Effects of '{name}'; the first row decides").format(name=name_of(each, result)),
        )
        for each, result in results_of(evaluations)
        if result.verdict != "cannot_be_judged"
    ]


def _effect_row(effect: Effect, currency: str) -> dict[str, str]:
    return {
        _("metric"): effect.label,
        _("control"): _side(
            effect, effect.control_sum, effect.control_customers, effect.control, currency
        ),
        _("treated"): _side(
            effect, effect.treated_sum, effect.treated_customers, effect.treated, currency
        ),
        _("difference"): write_difference(effect.difference, effect.unit, currency),
        _("interval"): write_interval(effect.low, effect.high, effect.unit, currency),
        _("lift, interval"): format_interval(
            effect.lift_low, effect.lift_high, format_signed_share
        ),
        _("p (Holm)"): write_p(effect.p_adjusted) if math.isfinite(effect.low) else NOTHING,
    }


def few(events: float, customers: int) -> str:
    """Write a count of customers, but not one that tells of fewer than ten."""
    if is_few(events):
        return _("fewer than {limit} of {n}").format(limit=MIN_SHOWN, n=format_count(customers))
    return f"{format_count(events)} / {format_count(customers)}"


def _side(effect: Effect, events: float, customers: int, value: float, currency: str) -> str:
    if not math.isfinite(value):
        return NOTHING
    text = write_value(value, effect.unit, currency)
    if effect.kind == "rate":
        if is_few(events):
            return few(events, customers)
        return f"{few(events, customers)} = {text}"
    return _("{mean} (n = {n})").format(mean=text, n=format_count(customers))


def sold_table(evaluations: Sequence[Evaluation], *, currency: str) -> Table:
    """Return what the treated group bought beside what the treatment caused."""
    rows = []
    for each, result in results_of(evaluations):
        effect = result.revenue
        if effect is None or result.verdict == "cannot_be_judged":
            continue
        people = effect.treated_customers
        caused = [people * end for end in (effect.difference, effect.low, effect.high)]
        rows.append(
            {
                _("test"): name_of(each, result),
                _("treated customers"): format_count(people),
                _("sold to them"): format_money(effect.treated_sum, currency, whole=True),
                _("sold without it"): format_money(
                    effect.treated_sum - caused[0], currency, whole=True
                ),
                _("caused by it"): format_money(caused[0], currency, whole=True),
                _("its 95% interval"): format_interval(
                    caused[1], caused[2], lambda minor: format_money(minor, currency, whole=True)
                ),
            }
        )
    columns = [
        _("test"), _("treated customers"), _("sold to them"), _("sold without it"),
        _("caused by it"), _("its 95% interval"),
    ]  # fmt: skip
    return Table(
        pd.DataFrame(rows, columns=columns),
        _("What the treated bought in the window, and how much of it the treatment caused"),
    )


def guardrail_table(evaluations: Sequence[Evaluation], *, currency: str) -> Table:
    """Return what must not be damaged, and whether damage is excluded."""
    words = {
        "holds": _("holds"),
        "violated": _("violated"),
        "unproven": _("damage not excluded"),
    }
    rows = []
    for each, result in results_of(evaluations):
        if result.verdict == "cannot_be_judged":
            continue
        for rail in result.guardrails:
            effect = rail.effect
            bound = effect.low if effect.sign > 0 else effect.high
            rows.append(
                {
                    _("test"): name_of(each, result),
                    _("must not be damaged"): effect.label,
                    _("found"): write_difference(effect.difference, effect.unit, currency),
                    _("at worst (one-sided 95%)"): write_difference(bound, effect.unit, currency),
                    _("accepted"): write_difference(
                        -effect.sign * rail.margin, effect.unit, currency
                    ),
                    _("guardrail"): words[rail.standing],
                }
            )
    columns = [
        _("test"), _("must not be damaged"), _("found"), _("at worst (one-sided 95%)"),
        _("accepted"), _("guardrail"),
    ]  # fmt: skip
    return Table(pd.DataFrame(rows, columns=columns), _("Guardrails"))


def campaigns_table(evaluations: Sequence[Evaluation], *, currency: str) -> Table:
    """Return what every campaign is: whom, what, why, and when it is read."""
    state = {
        "planned": _("nobody assigned yet"),
        "waiting": _("running"),
        "interim": _("running"),
        "judged": _("read out"),
    }
    rows = [
        {
            _("campaign"): each.title,
            _("hypothesis"): each.campaign.hypothesis,
            _("for whom"): segment_in_words(
                each.campaign.segment, currency=currency, product_names=each.campaign.product_names
            ),
            _("assigned"): arms_in_words(each.sizes) or NOTHING,
            _("cost per treated"): format_money(each.campaign.cost_minor, currency),
            _("state"): state[each.state],
        }
        for each in evaluations
        if each.campaign
    ]
    columns = [
        _("campaign"), _("hypothesis"), _("for whom"), _("assigned"), _("cost per treated"),
        _("state"),
    ]  # fmt: skip
    return Table(pd.DataFrame(rows, columns=columns), _("Campaigns of this shop"))


def plan_table(plans: Sequence[Plan], *, currency: str, holdout_share: float = 0.5) -> Table:
    """Return how many customers and days a test of each metric would take."""
    rows = [
        {
            _("metric"): plan.baseline.label,
            _("without a campaign"): write_value(plan.baseline.mean, plan.baseline.unit, currency),
            _("change to be told"): write_difference(plan.effect, plan.baseline.unit, currency),
            _("customers needed"): format_count(plan.customers),
            _("of them held out"): format_count(round(plan.customers * holdout_share)),
            _("days until readout"): _("more customers than there are")
            if plan.days is None
            else format_count(plan.days),
        }
        for plan in plans
    ]
    columns = [
        _("metric"), _("without a campaign"), _("change to be told"), _("customers needed"),
        _("of them held out"), _("days until readout"),
    ]  # fmt: skip
    return Table(
        pd.DataFrame(rows, columns=columns),
        _("What the next test takes, with 80% power and {share} held out").format(
            share=format_share(holdout_share, decimals=0)
        ),
    )
