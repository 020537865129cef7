"""Can today's assignments be trusted? Conditions of the target report."""

from collections.abc import Sequence

from analysis import ledger
from analysis.assignment import CONTROL
from analysis.experiments.trust import ALPHA, orders_reach_readout, sample_ratio_p_value, say_p
from analysis.findings import Check
from analysis.language import _, join_list, join_sentences
from analysis.shop import Shop
from analysis.style import format_date
from analysis.suppression import write_people
from analysis.targets.acting import Action
from analysis.targets.answers import due


def checks(shop: Shop, actions: Sequence[Action], *, max_stale_days: int) -> list[Check]:
    """Return the conditions under which today's campaigns may be sent."""
    return [
        data_is_fresh(shop, max_stale_days=max_stale_days),
        _ledgers_are_as_written(shop, actions),
        _campaigns_can_act(actions),
        _division_is_as_planned(actions),
        _consent_is_known(shop),
    ]


def data_is_fresh(shop: Shop, *, max_stale_days: int) -> Check:
    """Check that the shop's orders reach its day; else people are written to for what is old."""
    found = orders_reach_readout(shop.last_day, as_of=shop.as_of, max_stale_days=max_stale_days)
    return Check(
        name="data_is_fresh",
        passed=found.passed,
        sentence=_(
            "The last order known is of {last}, {days} days before the day of this report; the "
            "limit is {limit}. Whoever bought since would be written to as if they had not."
        ).format(
            last=format_date(shop.last_day),
            days=max((shop.as_of - shop.last_day).days, 0),
            limit=max_stale_days,
        ),
        needed=True,
    )


def _ledgers_are_as_written(shop: Shop, actions: Sequence[Action]) -> Check:
    broken = [
        name
        for action in actions
        for name in ledger.broken_seals(shop.file.name, action.campaign.campaign_id)
    ]
    return Check(
        name="ledgers_are_as_written",
        passed=not broken,
        sentence=_("The ledgers' files are as they were written.")
        if not broken
        else _(
            "Ledgers were changed after they were written ({files}): restore them from a copy. "
            "Until then their campaigns assign nobody, and their results cannot be judged."
        ).format(files=join_list(broken)),
    )


def _campaigns_can_act(actions: Sequence[Action]) -> Check:
    stuck = [action for action in due(actions) if action.problem]
    return Check(
        name="campaigns_can_act",
        passed=not stuck,
        sentence=_("Nothing keeps the {n} campaigns that are due.").format(n=len(due(actions)))
        if not stuck
        else join_sentences(*(action.problem for action in stuck)),
    )


def _division_is_as_planned(actions: Sequence[Action]) -> Check:
    worst, where = 1.0, ""
    for action in due(actions):
        shares = (action.campaign.holdout_share, *(share for _arm, share in action.campaign.arms))
        if sum(action.arms.values()):
            sizes = [
                action.arms[CONTROL],
                *(action.arms[arm] for arm, _share in action.campaign.arms),
            ]
            p_value = sample_ratio_p_value(sizes, shares)
            if p_value < worst:
                worst, where = p_value, action.campaign.title
    said = _("Today's arms are as large as they were planned.")
    if where:
        said = _(
            "Today's arms compared with their planned shares: the least alike are those of "
            "'{name}', p {p}. Below {limit} this would be no chance."
        ).format(name=where, p=say_p(worst), limit=f"{ALPHA:g}")
    return Check(name="division_is_as_planned", passed=worst >= ALPHA, sentence=said)


def _consent_is_known(shop: Shop) -> Check:
    if "customers" not in shop.engine.tables:
        return Check(
            name="consent_is_known",
            passed=False,
            sentence=_(
                "The shop has no table of customers, so nobody is known to allow any message: "
                "import an export of customers that holds consent."
            ),
        )
    frame = shop.reduce("target_consent")
    known = frame.drop(columns="customer_id").notna().any(axis=1)
    return Check(
        name="consent_is_known",
        passed=bool(known.any()),
        sentence=_(
            "Of {n} of {all} customers it is recorded whether they allow messages, as of the last "
            "export of customers; what is not recorded counts as no."
        ).format(n=write_people(int(known.sum())), all=write_people(len(frame))),
    )
