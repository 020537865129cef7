"""Which conditions a campaign must meet before its effects are read, and whether it does."""

from datetime import date

import pandas as pd

from analysis import ledger
from analysis.campaigns import Campaign
from analysis.experiments import trust
from analysis.experiments.gather import Gathered
from analysis.findings import Check
from analysis.language import _, join_list
from analysis.shop import Shop


def planned_shares(campaign: Campaign) -> tuple[float, ...]:
    """Return the planned share of each arm, control first."""
    return (campaign.holdout_share, *(share for _arm, share in campaign.arms))


def ledger_conditions(shop: Shop, campaign: Campaign, written: pd.DataFrame) -> list[Check]:
    """Check that the ledger names everybody once, and is as it was written.

    Args:
        shop: The shop.
        campaign: What the file says.
        written: The campaign's rows of what `sql/campaign_ledger.sql` returned.
    """
    broken = ledger.broken_seals(shop.file.name, campaign.campaign_id)
    checks = [
        trust.assigned_once(int(written["repeated"].sum()), int(written["crossed"].sum())),
    ]
    if ledger.ledger_files(shop.file.name, campaign.campaign_id):
        checks.append(
            Check(
                name="ledger_is_as_written",
                passed=not broken,
                sentence=_("The ledger's files are as they were written.")
                if not broken
                else _(
                    "The ledger was changed after it was written ({files}): who was assigned to "
                    "what can no longer be told. Restore the file from a copy."
                ).format(files=join_list(broken)),
            )
        )
    return checks


def outcome_conditions(shop: Shop, campaign: Campaign, found: Gathered, as_of: date) -> list[Check]:
    """Check that arms can be compared, and that everybody's outcome is known and independent.

    Args:
        shop: The shop.
        campaign: What the file says.
        found: What was gathered.
        as_of: Day up to which outcomes are read.
    """
    checks = [
        trust.arms_are_there(found.primary, found.sample),
        trust.ratio_is_as_planned(found.sample, planned_shares(campaign)),
        trust.arms_were_alike(found.sample),
    ]
    longest = (campaign.last_window_day - campaign.ends_on).days + 1
    if as_of >= campaign.readout_on:
        checks.append(
            trust.windows_are_closed(found.last_assigned, window_days=longest, as_of=as_of)
        )
    if found.undecided is not None:
        checks.append(trust.outcomes_are_decided(found.primary, found.sample, found.undecided))
    checks.append(trust.enough_happened(found.primary, found.sample))
    crossed = shop.reduce(
        "campaign_overlaps",
        campaign_id=campaign.campaign_id,
        within_days=longest,
        as_of=as_of,
    )
    checks.append(trust.overlaps_are_independent(crossed, customers=len(found.sample.arm)))
    return checks
