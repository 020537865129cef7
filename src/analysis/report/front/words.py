"""What a shop's page says of findings, campaigns and changes, in sentences."""

import datetime
import re
from collections.abc import Mapping, Sequence
from typing import Any

from analysis.findings import CampaignRecord
from analysis.language import _, join_list
from analysis.report.front.history import History
from analysis.report.front.life import Story
from analysis.report.front.lines import Change, Moves
from analysis.report.front.trends import number_of
from analysis.style import format_count, format_date

_MOST_CAMPAIGNS = 3


def story_words(story: Story, history: History) -> dict[str, Any]:
    """Return what the page says of a finding: the sentence, and who does what about it."""
    # "$18,560 at stake": the amount stands large, the words around it small.
    found = re.search("[^ ]*[0-9][^ ]*", story.finding.money)
    amount = found[0] if found else ""
    lists = [name for campaign in story.campaigns for name in campaign.lists]
    owners = dict.fromkeys(campaign.owner for campaign in story.campaigns if campaign.owner)
    return {
        "sentence": story.finding.sentence,
        "amount": amount,
        "before": story.finding.money[: found.start()].strip() if found else "",
        "after": story.finding.money[found.end() :].strip() if found else "",
        "title": history[story.report][-1].title,
        "address": story.address,
        "people": format_count(story.finding.n) if story.finding.n else "",
        "owner": join_list(owners) or _("nobody yet"),
        "list": join_list(lists) or _("none written"),
        "test": state_of_test(story),
        "found": found_words(story),
    }


def state_of_test(story: Story) -> str:
    """Say how far the test of a finding is."""
    if not story.campaigns:
        return _("none yet: no campaign names “{name}” as its finding").format(
            name=story.finding.name
        )
    return _("; ").join(
        _("{title}: {state}").format(title=campaign.title, state=campaign_state(campaign))
        for campaign in story.campaigns[:_MOST_CAMPAIGNS]
    )


def found_words(story: Story) -> str:
    """Say since when a finding stands, and what became of it."""
    first = format_date(story.first_day)
    said = {
        "open": _("since {first}; open"),
        "in_test": _("since {first}; in test"),
        "decided": _("since {first}; decided, and it still stands"),
        "closed": _("{first} to {last}; decided, and not found any more: closed"),
        "gone": _("{first} to {last}; not among the findings any more, without a decision"),
    }[story.state]
    return said.format(first=first, last=format_date(story.last_day))


def past_words(stories: Sequence[Story]) -> dict[str, Any] | None:
    """Return what became of findings that do not stand any more."""
    past = [story for story in stories if story.state in ("closed", "gone")]
    if not past:
        return None
    return {
        "summary": _("{n} earlier findings do not stand any more").format(n=len(past)),
        "sentences": [
            _("{sentence} ({state})").format(
                sentence=story.finding.sentence, state=found_words(story)
            )
            for story in past
        ],
    }


def campaign_state(campaign: CampaignRecord) -> str:
    """Say where a campaign stands."""
    if campaign.state == "judged":
        verdicts = dict.fromkeys(campaign.verdicts) or {"cannot_be_judged": None}
        return join_list(verdict_word(verdict) for verdict in verdicts)
    said = {
        "planned": _("planned for {start}"),
        "due": _("due now, read out on {readout}"),
        "waiting": _("running, read out on {readout}"),
        "interim": _("running, looked at before its readout on {readout}"),
        "missed": _("its days passed and nobody was assigned"),
        "over": _("sent, read out on {readout}"),
    }.get(campaign.state, campaign.state)
    return said.format(start=_day(campaign.starts_on), readout=_day(campaign.readout_on))


def verdict_word(verdict: str) -> str:
    """Return the verdict on a campaign as a reader sees it."""
    return {
        "adopt": _("adopt"),
        "drop": _("drop"),
        "test_further": _("test further"),
        "cannot_be_judged": _("cannot be judged"),
    }.get(verdict, verdict)


def _day(text: str) -> str:
    return format_date(text) if text else "\N{EN DASH}"


def campaign_words(campaign: CampaignRecord) -> dict[str, str]:
    """Return a line of the table of campaigns."""
    return {
        "title": campaign.title,
        "owner": campaign.owner,
        "state": campaign_state(campaign),
        "sentence": campaign.sentence,
    }


def planned_words(campaigns: Sequence[CampaignRecord]) -> str:
    """Name the campaigns whose days have not begun, or nothing."""
    planned = [
        _("{title} ({start})").format(title=each.title, start=_day(each.starts_on))
        for each in campaigns
        if each.state == "planned"
    ]
    return _("Planned: {campaigns}.").format(campaigns=join_list(planned)) if planned else ""


def moves_words(found: Sequence[Moves | None]) -> list[dict[str, Any]]:
    """Say what moved beyond its uncertainty since an earlier run, or that nothing did."""
    parts = [_moves(moves) for moves in found if moves]
    if not parts:
        nothing = _("There is no earlier run to compare with, or it computed otherwise.")
        return [{"summary": nothing, "sentences": []}]
    return parts


def _moves(moves: Moves) -> dict[str, Any]:
    words = {"n": format_count(moves.compared), "day": format_date(moves.since)}
    if moves.changes:
        summary = _("Since {day}, of {n} numbers these moved by more than their uncertainty:")
    else:
        summary = _("Since {day}, none of {n} numbers moved by more than its uncertainty.")
    return {
        "summary": summary.format(**words),
        "sentences": [_change(change) for change in moves.changes],
    }


def _change(change: Change) -> str:
    return _("{label}: {before} then, {now} now").format(
        label=change.now.metric.label,
        before=number_of(change.before.metric),
        now=change.now.metric.text,
    )


def problems(history: History, failures: Mapping[str, str]) -> dict[str, Any]:
    """Return what is wrong with data or runs, from the newest records.

    Args:
        history: The shop's records.
        failures: Title of a report to what went wrong in its last run, after its last good one.
    """
    last = max((records[-1] for records in history.values()), key=lambda r: r.started, default=None)
    check = (last.data.get("check") or {}) if last else {}
    failed = [
        one.sentence
        for records in history.values()
        for one in records[-1].checks.values()
        if not one.passed
    ]
    failed = list(dict.fromkeys(failed))
    remarks = list(check.get("suspicious") or [])
    broken = [
        _("The last run of “{title}” failed: {why}").format(title=title, why=why)
        for title, why in failures.items()
    ]
    found = len(failed) + len(remarks) + len(broken)
    return {
        "good": not found,
        "summary": _("Every check passed and nothing in the data looks wrong.")
        if not found
        else _("{n} things to keep in mind:").format(n=found)
        if found > 1
        else _("One thing to keep in mind:"),
        "sentences": [*broken, *failed, *remarks],
        "missing": list(check.get("missing") or []),
    }


def period(data: Mapping[str, Any]) -> str:
    """Say how many orders and customers the data hold, from which day to which."""
    if not data.get("orders"):
        return ""
    return _("{orders} orders by {customers} customers, {first} to {last}").format(
        orders=format_count(data["orders"]),
        customers=format_count(data["customers"]),
        first=format_date(data["first_day"]),
        last=format_date(data["last_day"]),
    )


def day_words(day: datetime.date, page_day: datetime.date) -> str:
    """Return the day of a panel that is not that of the page, else nothing."""
    return "" if day == page_day else format_date(day)
