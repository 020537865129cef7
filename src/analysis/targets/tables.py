"""The tables of the target report, as a reader sees them: counts, never people."""

from collections.abc import Sequence
from datetime import timedelta

import pandas as pd

from analysis.assignment import CONTROL
from analysis.campaigns import kpi_in_words, segment_in_words
from analysis.campaigns.words import choice_label
from analysis.experiments.labels import arm_label, arms_in_words
from analysis.experiments.words import write_value
from analysis.figures import Table
from analysis.language import N_, _
from analysis.shop import Shop
from analysis.style import NOTHING, format_count, format_date
from analysis.suppression import write_people
from analysis.targets.acting import Action, Outcome
from analysis.targets.answers import due, reached, running
from analysis.targets.list_formats import list_formats
from analysis.targets.selection import assignment_day
from analysis.targets.words import reason_in_words, unit_of, write_detectable, write_hope

# The one layout whose title is no name of a tool.
FORMAT_TITLES = (N_("CSV in CP932"),)


def rules_table(actions: Sequence[Action], *, currency: str) -> Table:
    """Return what each campaign of today means, in words."""
    rows = [
        {
            _("campaign"): action.campaign.title,
            _("who is meant"): segment_in_words(
                action.campaign.segment,
                currency=currency,
                product_names=action.campaign.product_names,
            ),
            _("why it should work"): action.campaign.hypothesis,
            _("owner"): action.campaign.owner,
        }
        for action in due(actions)
    ]
    columns = [_("campaign"), _("who is meant"), _("why it should work"), _("owner")]
    return Table(pd.DataFrame(rows, columns=columns), _("Campaigns that are due"))


def steps_table(actions: Sequence[Action]) -> Table:
    """Return how many customers are left after each step from the rule to the list."""
    columns = [
        _("campaign"), _("match the rule"), _("assigned on earlier days"), _("after consent"),
        _("after recent messages"), _("after other tests"), _("assigned today"),
    ]  # fmt: skip
    rows = []
    for action in due(actions):
        one = action.selection
        if one is None:
            continue
        counts = (
            one.matched, one.assigned_before, one.consenting, one.rested, one.free,
            len(one.customers),
        )  # fmt: skip
        rows.append([action.campaign.title, *(write_people(count) for count in counts)])
    return Table(
        pd.DataFrame(rows, columns=columns), _("Customers left after each step, by campaign")
    )


def power_table(actions: Sequence[Action], *, currency: str) -> Table:
    """Return the smallest effect that each test can tell beside the one that is hoped for."""
    rows = []
    for action in running(actions):
        campaign, told = action.campaign, action.prospect
        known = told is not None and told.baseline is not None
        rows.append(
            {
                _("campaign"): campaign.title,
                _("what decides"): kpi_in_words(
                    campaign.primary, product_names=campaign.product_names
                ),
                _("without the campaign"): write_value(
                    told.baseline.mean, unit_of(campaign), currency
                )
                if known
                else _("not known"),
                _("customers in all"): write_people(told.customers) if told else NOTHING,
                _("hoped for"): write_hope(campaign, currency),
                _("smallest that can be told"): write_detectable(action, currency),
                _("customers needed"): format_count(told.needed) if known else _("not known"),
            }
        )
    columns = [
        _("campaign"), _("what decides"), _("without the campaign"), _("customers in all"),
        _("hoped for"), _("smallest that can be told"), _("customers needed"),
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=columns)
    return Table(
        frame,
        _(
            "What each test can tell with 80% power, two-sided 5% divided by the number of "
            "treatment arms"
        ),
    )


def arms_table(actions: Sequence[Action]) -> Table:
    """Return how today's customers are divided, and when the result is read."""
    rows = [
        {
            _("campaign"): action.campaign.title,
            _("left alone (control)"): write_people(action.arms[CONTROL]),
            _("treated"): arms_in_words(
                {arm: count for arm, count in action.arms.items() if arm != CONTROL}
            ),
            _("salt"): action.campaign.salt,
            _("read on"): format_date(action.campaign.readout_on),
        }
        for action in reached(actions)
    ]
    columns = [_("campaign"), _("left alone (control)"), _("treated"), _("salt"), _("read on")]
    return Table(pd.DataFrame(rows, columns=columns), _("How today's customers are divided"))


def sending_table(shop: Shop, actions: Sequence[Action]) -> Table:
    """Return what is sent to the treated, and on which day."""
    day = assignment_day(shop.as_of)
    rows = [
        {
            _("campaign"): action.campaign.title,
            _("send on"): format_date(day + timedelta(days=step.day)),
            _("channel"): choice_label(step.channel),
            _("message"): step.message,
            _("offer"): action.campaign.offer or NOTHING,
        }
        for action in running(actions)
        for step in action.campaign.steps
    ]
    columns = [_("campaign"), _("send on"), _("channel"), _("message"), _("offer")]
    return Table(pd.DataFrame(rows[:60], columns=columns), _("What is sent to the treated"))


def lists_table(outcomes: Sequence[Outcome]) -> Table:
    """Return which lists were written, with how many customers, and why some are not in them."""
    forms = list_formats()
    rows = [
        {
            _("campaign"): outcome.action.campaign.title,
            _("arm"): arm_label(written.arm),
            _("list for"): _(forms[written.format].title),
            _("customers in it"): write_people(written.customers),
            _("treated, but not in it"): _("; ").join(
                f"{write_people(count)} {reason_in_words(reason)}"
                for reason, count in written.left_out.items()
            )
            or NOTHING,
            _("files"): format_count(len(written.files)),
        }
        for outcome in outcomes
        for written in outcome.lists
    ]
    columns = [
        _("campaign"), _("arm"), _("list for"), _("customers in it"),
        _("treated, but not in it"), _("files"),
    ]  # fmt: skip
    return Table(pd.DataFrame(rows[:60], columns=columns), _("Lists that were written"))


def others_table(actions: Sequence[Action]) -> Table:
    """Return the campaigns that do nothing today, and why."""
    why = {
        "planned": _("begins on {day}"),
        "over": _("assigned {n} customers; its result is read on {read}"),
        "missed": _("assigned nobody, and its last day of assignment was {end}: move its days"),
    }
    rows = [
        {
            _("campaign"): action.campaign.title,
            _("state"): why[action.state].format(
                day=format_date(action.campaign.starts_on),
                end=format_date(action.campaign.ends_on),
                read=format_date(action.campaign.readout_on),
                n=write_people(action.assigned),
            ),
        }
        for action in actions
        if action.state != "due"
    ]
    return Table(
        pd.DataFrame(rows[:60], columns=[_("campaign"), _("state")]),
        _("Campaigns that do nothing today"),
    )


def with_rows(*tables: Table) -> list[Table]:
    """Return the tables that have something to show."""
    return [table for table in tables if len(table.frame)]
