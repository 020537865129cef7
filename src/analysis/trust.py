"""May any report on this shop be trusted? The conditions that all reports share."""

from typing import Any

from analysis.errors import ParameterError
from analysis.findings import Check
from analysis.language import _
from analysis.shop import Shop
from analysis.style import format_count, format_date


def data_is_fresh(shop: Shop, *, max_stale_days: int) -> Check:
    """Check that somebody bought shortly before the as-of day.

    Raises:
        ParameterError: The limit is negative.
    """
    if max_stale_days < 0:
        raise ParameterError(f"max_stale_days == {max_stale_days}, must be >= 0.")
    silent_days = (shop.as_of - shop.last_day).days
    return Check(
        name="data_is_fresh",
        passed=silent_days <= max_stale_days,
        sentence=_(
            "The last order is of {day}, {silent} days before the day of this report; the limit is "
            "{limit}. Older data makes every customer look lost."
        ).format(day=format_date(shop.last_day), silent=silent_days, limit=max_stale_days),
        needed=True,
    )


def import_balances(balance: list[dict[str, Any]]) -> Check:
    """Check that every row of the imported files is accounted for."""
    read, accepted, aside = (
        sum(entry[column] for entry in balance)
        for column in ("rows_read", "rows_accepted", "rows_set_aside")
    )
    return Check(
        name="import_balances",
        passed=bool(balance) and read == accepted + aside,
        sentence=_("{read} rows read, {accepted} accepted and {aside} set aside.").format(
            read=format_count(read), accepted=format_count(accepted), aside=format_count(aside)
        ),
        needed=True,
    )
