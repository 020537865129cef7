"""May the numbers of the churn-point report be trusted? Each condition with what it compared."""

import pandas as pd

from analysis.churn.projection import HeldOutError
from analysis.churn.transitions import BEGAN_BEFORE, CAME_BACK
from analysis.findings import Check
from analysis.language import _
from analysis.shop import Shop
from analysis.style import format_count, format_share, format_signed_share
from analysis.trust import data_is_fresh, import_balances

_MAX_CAME_BACK_SHARE = 0.05
_MAX_BEGAN_BEFORE_SHARE = 0.1
_MAX_GRACE_CHANGE = 0.02
_MAX_HELD_OUT_ERROR = 0.15


def shop_checks(shop: Shop, *, max_stale_days: int) -> list[Check]:
    """Return the conditions that hold for every shop."""
    return [
        data_is_fresh(shop, max_stale_days=max_stale_days),
        import_balances(shop.record.get("balance", [])),
    ]


def subscription_checks(
    balance: pd.DataFrame, grace: pd.DataFrame, error: HeldOutError | None, unknown: float,
    *, max_unknown_share: float,
) -> list[Check]:  # fmt: skip
    """Return the conditions for a shop with subscriptions."""
    checks = [
        history_is_whole(balance),
        ended_stay_ended(balance),
        grace_matters_little(grace),
        reasons_are_known(unknown, max_unknown_share=max_unknown_share),
    ]
    return [*checks, projection_holds(error)] if error else checks


def history_is_whole(balance: pd.DataFrame) -> Check:
    """Check that few subscriptions are older than the data."""
    share = balance[BEGAN_BEFORE].sum() / max(balance["reached"].sum(), 1)
    return Check(
        name="history_is_whole",
        passed=share <= _MAX_BEGAN_BEFORE_SHARE,
        sentence=_(
            "{share} of the orders belong to subscriptions that began before the data, so their "
            "number is not known and they are left out; the limit is {limit}."
        ).format(share=format_share(share), limit=format_share(_MAX_BEGAN_BEFORE_SHARE)),
    )


def ended_stay_ended(balance: pd.DataFrame) -> Check:
    """Check that few subscriptions that were counted as lost take orders again."""
    share = balance[CAME_BACK].sum() / max(balance["reached"].sum(), 1)
    return Check(
        name="ended_stay_ended",
        passed=share <= _MAX_CAME_BACK_SHARE,
        sentence=_(
            "{share} of the orders come after their subscription had counted as ended; the limit "
            "is {limit}. More means that the grace is too short or that skips are not in the data."
        ).format(share=format_share(share), limit=format_share(_MAX_CAME_BACK_SHARE)),
    )


def grace_matters_little(grace: pd.DataFrame) -> Check:
    """Check that half or double the grace gives nearly the same rates."""
    rows = grace[grace["at_risk"] >= 100]
    moved = max(
        [
            float((rows[name] - rows["hazard"]).abs().max())
            for name in ("half_grace", "double_grace")
            if len(rows)
        ],
        default=0.0,
    )
    return Check(
        name="grace_matters_little",
        passed=moved <= _MAX_GRACE_CHANGE,
        sentence=_(
            "With half or double the grace, the rate after an order with 100 or more at risk moves "
            "by at most {moved}; the limit is {limit}."
        ).format(moved=format_share(moved), limit=format_share(_MAX_GRACE_CHANGE)),
    )


def reasons_are_known(unknown: float, *, max_unknown_share: float) -> Check:
    """Check that most losses have a reason that the shop's table knows."""
    return Check(
        name="reasons_are_known",
        passed=unknown <= max_unknown_share,
        sentence=_(
            "Of {share} of the losses the reason is not known; the limit is {limit}."
        ).format(share=format_share(unknown), limit=format_share(max_unknown_share)),
    )


def projection_holds(error: HeldOutError) -> Check:
    """Check that the projection expects about the losses of months that it did not see."""
    return Check(
        name="projection_holds",
        passed=abs(error.bias_share) <= _MAX_HELD_OUT_ERROR,
        sentence=_(
            "On {n} steps of later months the projection was {bias} off in total; the limit is "
            "{limit}."
        ).format(
            n=format_count(error.at_risk),
            bias=format_signed_share(error.bias_share),
            limit=format_share(_MAX_HELD_OUT_ERROR),
        ),
    )
