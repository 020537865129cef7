"""What the evaluation says beside its figures: results in, sentences and checks out."""

from collections.abc import Mapping, Sequence

from analysis.campaigns import Campaign
from analysis.experiments.baseline import Plan
from analysis.experiments.effects import Effect
from analysis.experiments.evaluation import ArmResult, Evaluation
from analysis.experiments.sequential import Look, half_way_day
from analysis.experiments.trust import orders_reach_readout
from analysis.experiments.words import (
    name_of,
    write_difference,
    write_value,
)
from analysis.findings import Check
from analysis.language import _, join_list, join_sentences
from analysis.shop import Shop
from analysis.style import format_count, format_date, format_share
from analysis.suppression import write_people


def answer(evaluations: Sequence[Evaluation]) -> str:
    """Say what stands above everything else."""
    if not evaluations:
        return _(
            "This shop has no campaign files yet: copy one from campaigns/templates/ and decide "
            "before sending what the result will be judged by."
        )
    judged = [each for each in evaluations if each.state == "judged"]
    if not judged:
        return _("No campaign has reached its readout day; until then only counts are shown.")
    return _(
        "Verdicts compare the 95% interval of what a campaign changed with what it costs, among "
        "customers as they were assigned, whether they opened anything or not. 'Test further' does "
        "not mean that there is no effect."
    )


def waiting_sentences(evaluations: Sequence[Evaluation], *, look: Look, currency: str) -> list[str]:
    """Say what is known of tests that are not read out: counts, and a look only if it is asked."""
    said = []
    for each in evaluations:
        if each.state == "planned":
            said.append(_("'{name}': nobody is assigned yet.").format(name=each.title))
        elif each.state == "waiting" and each.campaign:
            said.append(_waiting(each, each.campaign, look))
        elif each.state == "interim":
            said += [_interim(each, result, look, currency) for result in each.results] or [
                _("'{name}': too few windows have closed for a look.").format(name=each.title)
            ]
    return said


def _waiting(evaluation: Evaluation, campaign: Campaign, look: Look) -> str:
    said = _("'{name}': {n} customers assigned; the result is read on {day}, not before.")
    half_way = half_way_day(campaign)
    if look == "group_sequential":
        said = (
            _(
                "'{name}': {n} customers assigned on one day, so there is no half-way look; the "
                "result is read on {day}."
            )
            if half_way is None
            else _(
                "'{name}': {n} customers assigned; the one look before the readout on {day} is "
                "taken as of {half_way}."
            )
        )
    return said.format(
        name=evaluation.title,
        n=write_people(sum(evaluation.sizes.values())),
        day=format_date(campaign.readout_on),
        half_way=format_date(half_way) if half_way else "",
    )


def _interim(evaluation: Evaluation, result: ArmResult, look: Look, currency: str) -> str:
    effect = result.primary
    excludes = effect.low > 0 or effect.high < 0
    kind = {
        "group_sequential": _("group-sequential interval"),
        "always_valid": _("always-valid interval"),
    }[look]
    said = _("'{name}', a look as of {day}, before the readout: {metric} {low} to {high} ({kind}).")
    said = join_sentences(
        said, _("An effect of zero is excluded.") if excludes else _("Go on as planned.")
    )
    return said.format(
        name=name_of(evaluation, result),
        day=format_date(evaluation.as_of),
        metric=effect.label,
        low=write_difference(effect.low, effect.unit, currency),
        high=write_difference(effect.high, effect.unit, currency),
        kind=kind,
    )


def trust_checks(
    evaluations: Sequence[Evaluation], shop: Shop, *, max_stale_days: int
) -> list[Check]:
    """Return one condition a test: all its own hold, or the sentences of those that do not.

    That the shop's orders reach its day comes first; the report needs it.
    """
    fresh = orders_reach_readout(shop.last_day, as_of=shop.as_of, max_stale_days=max_stale_days)
    found = [fresh._replace(needed=True)]
    for each in evaluations:
        if each.state not in ("judged", "interim"):
            continue
        failed = [check.sentence for check in each.checks if not check.passed]
        held = _("'{name}': all {n} conditions hold.").format(name=each.title, n=len(each.checks))
        broken = _("'{name}' cannot be judged: {reasons}").format(
            name=each.title, reasons=join_sentences(*failed)
        )
        found.append(Check(f"{each.name}_can_be_judged", not failed, broken if failed else held))
    return found


def trust_sentences(evaluations: Sequence[Evaluation]) -> list[str]:
    """Say what failed and why it matters, and who was left out."""
    if all(each.state in ("planned", "waiting") for each in evaluations):
        return [_("No test has been read out yet.")]
    failed = [
        _("'{name}': {sentence}").format(name=each.title, sentence=check.sentence)
        for each in evaluations
        for check in each.checks
        if not check.passed
    ]
    return [text for text in (*failed, left_out_sentence(evaluations)) if text]


def variance_sentence(evaluations: Sequence[Evaluation]) -> str:
    """Say what the time before the assignment explained, or nothing."""
    parts = [
        _("{share} of '{metric}' of '{name}'").format(
            share=format_share(max(effect.variance_reduction, 0.0)),
            metric=effect.label,
            name=name_of(each, result),
        )
        for each in evaluations
        for result in each.results
        for effect in (result.primary, *result.secondary)
        if effect.variance_reduction is not None and result.verdict != "cannot_be_judged"
    ]
    if not parts:
        return ""
    return _(
        "The time before the assignment explains a part of the differences between customers, "
        "which is taken out of the intervals (CUPED): {parts}."
    ).format(parts=join_list(parts))


def left_out_sentence(evaluations: Sequence[Evaluation]) -> str:
    """Say who could not be asked, or nothing."""
    parts = [
        _("{n} of '{name}'").format(n=write_people(each.left_out), name=each.title)
        for each in evaluations
        if each.left_out
    ]
    if not parts:
        return ""
    return _(
        "Left out of the deciding metric, because they had no subscription that could still reach "
        "the order when they were assigned: {parts}."
    ).format(parts=join_list(parts))


def correction_sentence(evaluations: Sequence[Evaluation]) -> str:
    """Say what was corrected for, so that nobody needs to guess."""
    results = [result for each in evaluations for result in each.results]
    if not results:
        return _("No effect has been estimated yet.")
    metrics = sum(1 + len(result.secondary) for result in results)
    return _(
        "{n} effects of {tests} treatments were estimated. The one metric that decides each "
        "campaign was fixed before the start, so it is not corrected for the others; with several "
        "arms its interval is widened (Bonferroni). P-values are Holm's: over the arms for the "
        "deciding metric, over secondary metrics among themselves. Guardrails are one-sided at 5%."
    ).format(n=format_count(metrics), tests=format_count(len(results)))


def splits_sentence(evaluations: Sequence[Evaluation]) -> str:
    """Say whether any group differs, interaction first."""
    shown = [
        (name_of(each, result), split)
        for each in evaluations
        for result in each.results
        if result.verdict != "cannot_be_judged"
        for split in result.splits
        if len(split.effects) > 1
    ]
    if not shown:
        return _("No groups of 30 or more in each arm to compare.")
    clear = [
        _("'{name}' by {split}").format(name=name, split=_(split.name))
        for name, split in shown
        if split.p_adjusted < 0.05
    ]
    if not clear:
        return _(
            "No effect differs between groups by more than chance: a group that looks better here "
            "is no finding."
        )
    return _(
        "Differs between groups by more than chance: {parts}. This was looked for afterwards; take "
        "it as a reason for another test, not as a result."
    ).format(parts=join_list(clear))


def plan_sentence(plans: Sequence[Plan], *, currency: str) -> str:
    """Say what the next test would take."""
    if not plans:
        return _("The shop has too few customers to plan a test from its own rates.")
    feasible = [plan for plan in plans if plan.days is not None]
    if not feasible:
        return _("The customers there are cannot tell this change of any metric: aim for more.")
    best = min(feasible, key=lambda plan: (plan.days, plan.customers))
    return _(
        "The quickest answer comes from '{metric}': {n} customers, {days} days from the first "
        "assignment to the readout, to tell {effect} on {baseline} from nothing."
    ).format(
        metric=best.baseline.label,
        n=format_count(best.customers),
        days=format_count(best.days),
        effect=write_difference(best.effect, best.baseline.unit, currency),
        baseline=write_value(best.baseline.mean, best.baseline.unit, currency),
    )


def sold_sentence(evaluations: Sequence[Evaluation]) -> str:
    """Say how many treatments sold more or less than chance explains, over those that are judged.

    Nothing is added up over tests: a customer of two campaigns is in the sums of both.
    """
    effects = [
        result.revenue
        for each in evaluations
        for result in each.results
        if result.revenue and each.state == "judged" and result.verdict != "cannot_be_judged"
    ]
    if not effects:
        return _("No revenue of a test that can be judged is known.")
    return _(
        "Of {all} treatments {more} made customers buy for more than chance explains, and {less} "
        "for less: there the interval excludes zero. Rows are not added up, because a customer of "
        "two campaigns stands in both."
    ).format(
        all=format_count(len(effects)),
        more=format_count(sum(effect.low > 0 for effect in effects)),
        less=format_count(sum(effect.high < 0 for effect in effects)),
    )


def no_guardrails() -> str:
    """Say that nothing was to be watched."""
    return _("No test that can be judged names anything that must not be damaged.")


def reasons_sentence(effects_by_test: Mapping[str, Sequence[Effect]]) -> str:
    """Say which reasons became rarer or more frequent."""
    if not effects_by_test:
        return _("No test that can be judged is about subscriptions with known cancellations.")
    said = [
        _("'{name}': {reason} {difference}").format(
            name=name,
            reason=effect.label,
            difference=write_difference(effect.difference, "share", ""),
        )
        for name, effects in effects_by_test.items()
        for effect in effects
        if effect.p_adjusted < 0.05
    ]
    if not said:
        return _("No reason became rarer or more frequent by more than chance.")
    return _("More than chance, after Holm's correction: {parts}.").format(parts=_("; ").join(said))
