"""The answer in short: how every test came out, as metrics and findings."""

from collections.abc import Sequence

from analysis.experiments.decision import detectable
from analysis.experiments.effects import Effect
from analysis.experiments.evaluation import ArmResult, Evaluation
from analysis.experiments.words import name_of, per_thousand, write_counts, write_difference
from analysis.findings import CampaignRecord, Finding, Metric
from analysis.language import _, join_sentences
from analysis.style import format_count, format_money

_VERDICTS = ("adopt", "drop", "test_further", "cannot_be_judged")


def headline(evaluations: Sequence[Evaluation]) -> list[Metric]:
    """Return how many tests came out which way."""
    labels = {
        "adopt": _("to adopt"),
        "drop": _("to drop"),
        "test_further": _("to test further"),
        "cannot_be_judged": _("that cannot be judged"),
    }
    verdicts = [verdict for each in evaluations for verdict in verdicts_of(each)]
    metrics = [
        Metric(
            name=f"tests_{verdict}",
            label=labels[verdict],
            text=format_count(verdicts.count(verdict)),
            value=verdicts.count(verdict),
            n=len(verdicts) or None,
        )
        for verdict in _VERDICTS
    ]
    waiting = sum(each.state in ("waiting", "interim") for each in evaluations)
    if waiting:
        label = _("waiting for their readout day")
        metrics.append(Metric("tests_waiting", label, format_count(waiting), waiting))
    return metrics


def verdicts_of(evaluation: Evaluation) -> list[str]:
    """Return the verdict of each treatment arm of a test that has been read out."""
    if evaluation.state != "judged":
        return []
    if not evaluation.results:
        return ["cannot_be_judged"]
    return [result.verdict for result in evaluation.results]


def findings(evaluations: Sequence[Evaluation], *, currency: str) -> list[Finding]:
    """Return the verdict of every test that has been read out, each with effect and money."""
    found = []
    for each in evaluations:
        if each.state != "judged":
            continue
        if not each.results:
            found.append(Finding(each.name, _not_judged(each, None)))
        found += [_finding(each, result, currency) for result in each.results]
    return found


def records(evaluations: Sequence[Evaluation], *, currency: str) -> list[CampaignRecord]:
    """Return where every campaign stands, for pages that follow a finding to its verdict."""
    return [
        CampaignRecord(
            name=each.name,
            title=each.title,
            owner=each.campaign.owner,
            finding=each.campaign.finding,
            state=each.state,
            starts_on=each.campaign.starts_on.isoformat(),
            readout_on=each.campaign.readout_on.isoformat(),
            verdicts=tuple(verdicts_of(each)),
            sentence=" ".join(found.sentence for found in findings([each], currency=currency)),
        )
        for each in evaluations
        if each.campaign
    ]


def _finding(evaluation: Evaluation, result: ArmResult, currency: str) -> Finding:
    effect = result.primary
    name = f"{evaluation.name}_{result.arm}"
    if result.verdict == "cannot_be_judged":
        return Finding(name, _not_judged(evaluation, result))
    parts = [
        _verdict_sentence(evaluation, result, currency),
        _effect_sentence(effect, currency),
        _why(evaluation, result, currency),
    ]
    money, text = None, ""
    if result.profit and result.verdict in ("adopt", "drop"):
        # What a harmful campaign loses is as much at stake as what a good one earns.
        money = round(abs(result.profit.estimate))
        text = _("{money} per 1,000 treated").format(
            money=format_money(result.profit.estimate, currency, whole=True)
        )
    return Finding(
        name=name,
        sentence=join_sentences(*parts),
        value=effect.difference,
        low=effect.low,
        high=effect.high,
        n=effect.control_customers + effect.treated_customers,
        money_minor=money,
        money=text,
    )


def _verdict_sentence(evaluation: Evaluation, result: ArmResult, currency: str) -> str:
    said = {
        "adopt": _("Adopt '{name}'."),
        "drop": _("Drop '{name}'."),
        "test_further": _("Test '{name}' further: it cannot be told yet whether it pays."),
    }[result.verdict].format(name=name_of(evaluation, result))
    if result.profit and result.verdict in ("adopt", "drop"):
        low, high = (
            format_money(end, currency, whole=True)
            for end in (result.profit.low, result.profit.high)
        )
        said = join_sentences(
            said,
            _("After costs, 1,000 treated customers bring {low} to {high}.").format(
                low=low, high=high
            ),
        )
    return said


def _effect_sentence(effect: Effect, currency: str) -> str:
    amount = per_thousand(effect, currency)
    if effect.unit == "minor":
        said = _("Per treated customer, {metric}: {amount} ({counts}).")
    elif effect.kind == "rate":
        said = _("Per 1,000 treated customers, {amount} {metric} ({counts}).")
    else:
        said = _("Per 1,000 treated customers, {metric}: {amount} ({counts}).")
    return said.format(metric=effect.label, amount=amount, counts=write_counts(effect, currency))


def _why(evaluation: Evaluation, result: ArmResult, currency: str) -> str:
    effect, stakes = result.primary, evaluation.stakes
    violated = [rail for rail in result.guardrails if rail.standing == "violated"]
    if violated:
        return _("A guardrail is violated: {metric} {difference}.").format(
            metric=violated[0].effect.label,
            difference=write_difference(
                violated[0].effect.difference, violated[0].effect.unit, currency
            ),
        )
    if result.verdict != "test_further":
        return ""
    if effect.gain[1] > stakes.break_even:
        unproven = [rail.effect.label for rail in result.guardrails if rail.standing != "holds"]
        return _("It would pay, but damage to {metrics} is not excluded.").format(
            metrics=_(" and ").join(unproven)
        )
    needed = (
        _("A test that tells the {hope} hoped for needs about {n} customers.").format(
            hope=write_difference(effect.sign * abs(stakes.expected_effect), effect.unit, currency),
            n=format_count(result.needed),
        )
        if result.needed
        else _("No number of customers would make what is hoped for pay.")
        if stakes.expected_effect
        else ""
    )
    told = _("Differences below {size} cannot be told apart in a test of this size.").format(
        size=write_difference(abs(detectable(effect)), effect.unit, currency).lstrip("+")
    )
    return join_sentences(told, needed)


def _not_judged(evaluation: Evaluation, result: ArmResult | None) -> str:
    failed = [check.sentence for check in evaluation.checks if not check.passed]
    name = name_of(evaluation, result)
    reason = failed[0] if failed else _("The effect has no interval: an arm has no variance.")
    return _("'{name}' cannot be judged. {reason}").format(name=name, reason=reason)
