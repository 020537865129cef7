"""The line on the data in a page's header: what looks wrong, what is missing, how fresh it is."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from analysis.ingest.balance_remarks import set_aside
from analysis.language import _, join_sentences
from analysis.report.about import utc
from analysis.style import format_count


class DataCheck(NamedTuple):
    """What a page says of its data before its answer.

    Attributes:
        summary: All of it in a few words.
        fresh: How old the last order is, and when it was imported.
        suspicious: What may be wrong.
        missing: What is not there, and which part of the reports that leaves out.
        aside: What orders were worth that imports set aside, by reason.
    """

    summary: str
    fresh: str
    suspicious: Sequence[str]
    missing: Sequence[str]
    aside: Sequence[str]


def data_check(run: Mapping[str, Any]) -> DataCheck | None:
    """Put what a run record keeps of its data check into words; None where it keeps nothing."""
    data = run.get("data") or {}
    check = data.get("check")
    if check is None:
        return None
    return DataCheck(
        summary=_("Data: {suspicious}, {missing}").format(
            suspicious=_suspicious(len(check["suspicious"])),
            missing=_missing(len(check["missing"])),
        ),
        fresh=_fresh(run, data),
        suspicious=check["suspicious"],
        missing=check["missing"],
        aside=set_aside(data.get("balance") or [], str(data.get("currency") or "")),
    )


def _suspicious(count: int) -> str:
    if count == 0:
        return _("nothing suspicious")
    if count == 1:
        return _("1 remark")
    return _("{n} remarks").format(n=format_count(count))


def _missing(count: int) -> str:
    if count == 0:
        return _("nothing missing")
    if count == 1:
        return _("1 thing missing")
    return _("{n} things missing").format(n=format_count(count))


def _fresh(run: Mapping[str, Any], data: Mapping[str, Any]) -> str:
    said = []
    if run.get("as_of") and data.get("last_day"):
        days = (date.fromisoformat(run["as_of"]) - date.fromisoformat(data["last_day"])).days
        said.append(_age(days))
    if data.get("imported_at"):
        said.append(_("Imported on {moment}.").format(moment=utc(data["imported_at"])))
    return join_sentences(*said)


def _age(days: int) -> str:
    if days == 0:
        return _("The last order was made on the day of this report.")
    if days == 1:
        return _("The last order was made on the day before the day of this report.")
    return _("The last order was made {n} days before the day of this report.").format(
        n=format_count(days)
    )
