"""The answer in short: what today's campaigns reach, and whether their tests can tell anything."""

from collections.abc import Sequence

from analysis.assignment import CONTROL
from analysis.campaigns import kpi_in_words
from analysis.experiments.words import write_value
from analysis.findings import CampaignRecord, Finding, Metric
from analysis.language import _, join_sentences
from analysis.style import format_count, format_money
from analysis.suppression import is_few, write_people
from analysis.targets.acting import Action, Outcome
from analysis.targets.words import unit_of, write_detectable, write_hope


def due(actions: Sequence[Action]) -> list[Action]:
    """Return the campaigns that assign customers today."""
    return [action for action in actions if action.state == "due"]


def reached(actions: Sequence[Action]) -> list[Action]:
    """Return the campaigns of today that reach anybody."""
    return [action for action in due(actions) if action.selection and sum(action.arms.values())]


def running(actions: Sequence[Action]) -> list[Action]:
    """Return the campaigns of today that have customers, of today or of earlier days."""
    return [
        action
        for action in due(actions)
        if action.selection and action.assigned + sum(action.arms.values())
    ]


def headline(actions: Sequence[Action]) -> list[Metric]:
    """Return how many campaigns are due, and whom they reach."""
    treated = sum(
        count for action in due(actions) for arm, count in action.arms.items() if arm != CONTROL
    )
    held = sum(action.arms.get(CONTROL, 0) for action in due(actions))
    blind = sum(
        action.prospect is not None and action.prospect.can_answer is False
        for action in running(actions)
    )
    return [
        Metric(
            "campaigns_due",
            _("campaigns that are due"),
            format_count(len(due(actions))),
            len(due(actions)),
        ),
        Metric(
            "treated_customers",
            _("customers to be written to"),
            write_people(treated),
            treated,
            unit="customers",
        ),
        Metric(
            "control_customers",
            _("customers left alone, to compare with"),
            write_people(held),
            held,
            unit="customers",
        ),
        Metric(
            "tests_too_small",
            _("tests too small for what they hope for"),
            format_count(blind),
            blind,
            n=len(running(actions)),
        ),
    ]


def findings(actions: Sequence[Action], *, currency: str) -> list[Finding]:
    """Return what each campaign of today can reach, and what is wrong with it."""
    return [_finding(action, currency) for action in actions if action.problem] + [
        _finding(action, currency) for action in running(actions) if not action.problem
    ]


def records(
    actions: Sequence[Action], outcomes: Sequence[Outcome], *, currency: str
) -> list[CampaignRecord]:
    """Return whom every campaign of today reaches, and which lists were written for it."""
    lists = {
        outcome.action.campaign.campaign_id: tuple(
            file for written in outcome.lists for file in written.files
        )
        for outcome in outcomes
    }
    return [
        CampaignRecord(
            name=action.campaign.campaign_id,
            title=action.campaign.title,
            owner=action.campaign.owner,
            finding=action.campaign.finding,
            state=action.state,
            starts_on=action.campaign.starts_on.isoformat(),
            readout_on=action.campaign.readout_on.isoformat(),
            sentence=_finding(action, currency).sentence,
            lists=lists.get(action.campaign.campaign_id, ()),
        )
        for action in due(actions)
    ]


def _finding(action: Action, currency: str) -> Finding:
    campaign = action.campaign
    if action.problem:
        said = _("'{name}' assigns nobody. {problem}")
        return Finding(
            campaign.campaign_id, said.format(name=campaign.title, problem=action.problem)
        )
    if not sum(action.arms.values()):
        said = _("'{name}' assigns nobody new today; {n} customers are assigned already. {power}")
        said = said.format(
            name=campaign.title,
            n=write_people(action.assigned),
            power=power_sentence(action, currency),
        )
        return Finding(campaign.campaign_id, said, n=action.assigned)
    treated = sum(count for arm, count in action.arms.items() if arm != CONTROL)
    hope = _hoped_profit(action, treated)
    sentence = _(
        "'{name}' can write to {treated} customers and leaves {held} alone. {power}"
    ).format(
        name=campaign.title,
        treated=write_people(treated),
        held=write_people(action.arms[CONTROL]),
        power=power_sentence(action, currency),
    )
    found = Finding(
        name=campaign.campaign_id,
        sentence=sentence,
        value=campaign.expected_effect,
        n=treated + action.arms[CONTROL],
    )
    if is_few(treated):
        # The money divided by what each brings in would tell how few they are.
        return found
    return found._replace(
        money_minor=round(hope),
        money=_("{money} if the hope comes true").format(
            money=format_money(hope, currency, whole=True)
        ),
    )


def _hoped_profit(action: Action, treated: int) -> float:
    """Return what the treated bring in after costs, if the expected effect comes true."""
    campaign = action.campaign
    gain = abs(campaign.expected_effect) * campaign.value_minor
    return treated * (gain - campaign.cost_minor)


def power_sentence(action: Action, currency: str) -> str:
    """Say whether a campaign's test can tell what it hopes for, and what it would take."""
    campaign, told = action.campaign, action.prospect
    if told is None or told.baseline is None or told.detectable is None:
        return _(
            "What it can tell is not known: too few customers matched the rule one window ago to "
            "know what they do anyway."
        )
    parts = {
        "metric": kpi_in_words(campaign.primary, product_names=campaign.product_names),
        "anyway": write_value(told.baseline.mean, unit_of(campaign), currency),
        "hope": write_hope(campaign, currency),
        "least": write_detectable(action, currency),
        "n": write_people(told.customers),
        "needed": format_count(told.needed),
    }
    if told.can_answer:
        return _(
            "With {n} customers in all, the test tells {least} from nothing; {hope} is hoped for."
        ).format(**parts)
    if told.detectable != told.detectable:
        said = _("The test cannot answer: with {n} customers in all no effect could be told.")
    else:
        said = _(
            "The test cannot answer: with {n} customers in all it tells {least} or more from "
            "nothing, and {hope} is hoped for ({metric}; {anyway} without the campaign)."
        )
    if told.needed:
        said = join_sentences(said, _("That would need about {needed} customers."))
    return said.format(**parts)
