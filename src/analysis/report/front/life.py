"""What becomes of a finding: found, taken up by a campaign, decided, closed."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from analysis.findings import CampaignRecord, Finding
from analysis.report.front.history import History, Record

State = Literal["open", "in_test", "decided", "closed", "gone"]
_DECISIVE = ("adopt", "drop")
_ORDER = ("", "missed", "over", "planned", "due", "waiting", "interim", "judged")


class Story(NamedTuple):
    """A finding from its first day on.

    Attributes:
        finding: As it was found last.
        report: Name of the notebook that finds it.
        address: Of the page that tells of it, relative to the shop's folder.
        first_day: When it was found first.
        last_day: When it was found last.
        campaigns: What acts on it, what runs before what is decided.
        state: `open` (nobody acts on it), `in_test` (a campaign is planned or runs), `decided`
            (judged, and the finding still stands), `closed` (decided what to do, and not found any
            more), `gone` (not found any more, nothing decided).
    """

    finding: Finding
    report: str
    address: str
    first_day: datetime.date
    last_day: datetime.date
    campaigns: tuple[CampaignRecord, ...]
    state: State


def campaigns_of(history: History) -> list[CampaignRecord]:
    """Return where every campaign stands, those that run before those decided, the latest first.

    The report of verdicts knows them all; the report of today's targets knows those that assign
    customers today, and the lists written for them.
    """
    found: dict[str, CampaignRecord] = {}
    for records in history.values():
        for name, campaign in records[-1].campaigns.items():
            found[name] = _merged(found[name], campaign) if name in found else campaign
    by_day = sorted(found.values(), key=lambda one: (one.starts_on, one.name), reverse=True)
    return sorted(by_day, key=lambda campaign: campaign.state == "judged")


def _merged(one: CampaignRecord, other: CampaignRecord) -> CampaignRecord:
    further = max(one, other, key=lambda campaign: _ORDER.index(campaign.state))
    return further._replace(lists=one.lists or other.lists)


def stories(history: History) -> list[Story]:
    """Return every finding of a shop, those that still stand first, by money.

    What reports say of campaigns is no finding here but part of one.
    """
    campaigns = campaigns_of(history)
    names = {finding for records in history.values() for r in records for finding in r.findings}
    found = [
        story
        for report, records in history.items()
        for story in _of_report(report, records, campaigns, names)
    ]
    return sorted(
        found,
        key=lambda story: (
            story.state in ("closed", "gone"),
            -(story.finding.money_minor or 0),
            story.finding.name,
        ),
    )


def _of_report(
    report: str, records: Sequence[Record], campaigns: Sequence[CampaignRecord], names: set[str]
) -> list[Story]:
    seen: dict[str, list[Record]] = {}
    for record in records:
        for name in record.findings:
            if not _is_of_campaign(name, campaigns):
                seen.setdefault(name, []).append(record)
    last = records[-1].day
    return [_story(name, report, found, last, campaigns, names) for name, found in seen.items()]


def _story(
    name: str,
    report: str,
    found: Sequence[Record],
    last: datetime.date,
    campaigns: Sequence[CampaignRecord],
    names: set[str],
) -> Story:
    acting = tuple(campaign for campaign in campaigns if _acts_on(campaign, name, names))
    return Story(
        finding=found[-1].findings[name],
        report=report,
        address=found[-1].address,
        first_day=found[0].day,
        last_day=found[-1].day,
        campaigns=acting,
        state=_state(acting, stands=found[-1].day == last),
    )


def _is_of_campaign(name: str, campaigns: Sequence[CampaignRecord]) -> bool:
    return any(
        name == campaign.name or name.startswith(f"{campaign.name}_") for campaign in campaigns
    )


def _acts_on(campaign: CampaignRecord, name: str, names: set[str]) -> bool:
    """Say whether a campaign names a finding, or its beginning where no other is called so."""
    if campaign.finding in names:
        return campaign.finding == name
    return bool(campaign.finding) and name.startswith(f"{campaign.finding}_")


def _state(campaigns: Sequence[CampaignRecord], *, stands: bool) -> State:
    decided = any(verdict in _DECISIVE for each in campaigns for verdict in each.verdicts)
    if not stands:
        return "closed" if decided else "gone"
    if any(each.state in ("planned", "due", "waiting", "interim") for each in campaigns):
        return "in_test"
    if any(each.state == "judged" for each in campaigns):
        return "decided"
    return "open"


def counts(found: Sequence[Story]) -> Mapping[State, int]:
    """Return how many findings are in which state."""
    states = [story.state for story in found]
    return {state: states.count(state) for state in dict.fromkeys(states)}
