"""The facts around a report in words: which shop, which day, data, settings and run."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from analysis.language import _, join_list, p_
from analysis.report import tables
from analysis.style import format_count, format_date


class About(NamedTuple):
    """What a page says about its run.

    Attributes:
        shop: Title of the shop.
        as_of: The day in words, or empty.
        data: How many orders and customers, from which day to which, or empty.
        rows: How many rows were imported and how many of them set aside, or empty.
        parameters: HTML table of every setting with its meaning.
        balance: HTML table of rows read, accepted and set aside, or empty.
        facts: When, how long, which code: label and value.
        versions: Package and version.
    """

    shop: str
    as_of: str
    data: str
    rows: str
    parameters: str
    balance: str
    facts: Sequence[tuple[str, str]]
    versions: Sequence[tuple[str, str]]


def about(run: Mapping[str, Any]) -> About:
    """Put the facts of a run record into words; what the record lacks is left out."""
    data = run.get("data") or {}
    return About(
        shop=str(data.get("title") or run["shop"]),
        as_of=format_date(run["as_of"]) if run.get("as_of") else "",
        data=_data(data),
        rows=_rows(data.get("balance") or []),
        parameters=_parameters(run),
        balance=_balance(data.get("balance") or []),
        facts=_facts(run, data),
        versions=sorted((run.get("versions") or {}).items()),
    )


def utc(moment: str) -> str:
    """Write a time stamp of a run record in words.

    >>> utc("2026-11-21T21:15:00Z")
    '21 November 2026, 21:15 UTC'
    """
    at = datetime.datetime.fromisoformat(moment).astimezone(datetime.UTC)
    return _("{day}, {time} UTC").format(day=format_date(at), time=f"{at:%H:%M}")


def _data(data: Mapping[str, Any]) -> str:
    if not data.get("orders"):
        return ""
    return _("{orders} orders by {customers} customers, {first} to {last}").format(
        orders=format_count(data["orders"]),
        customers=format_count(data["customers"]),
        first=format_date(data["first_day"]),
        last=format_date(data["last_day"]),
    )


def _rows(balance: Sequence[Mapping[str, Any]]) -> str:
    if not balance:
        return ""
    read, accepted, aside = (
        format_count(sum(line[f"rows_{kind}"] for line in balance))
        for kind in ("read", "accepted", "set_aside")
    )
    return _("{read} rows imported: {accepted} accepted, {aside} set aside").format(
        read=read, accepted=accepted, aside=aside
    )


def _parameters(run: Mapping[str, Any]) -> str:
    meanings = run.get("parameter_help") or {}
    values = dict(run.get("parameters") or {})
    if "as_of" in values and run.get("as_of"):
        values["as_of"] = format_date(run["as_of"])  # the day that "" came to mean
    rows = []
    for name, value in values.items():
        meaning = meanings.get(name) or ""
        title = f"{_sentence_case(meaning)} ({name})" if meaning else name
        rows.append((title, _value(value)))
    if not rows:
        return ""
    caption = _("Settings of this run")
    return tables.table((_("Setting"), _("Value")), rows, caption=caption, rights=(False, False))


def _sentence_case(text: str) -> str:
    return text[:1].upper() + text[1:]


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        value = join_list(str(item) for item in value)
    return str(value) if value != "" else _("not given")


def _balance(balance: Sequence[Mapping[str, Any]]) -> str:
    if not balance:
        return ""
    columns = (_("Table"), _("Rows read"), _("Accepted"), _("Set aside"), _("Why set aside"))
    rows = [_balance_row(line) for line in balance]
    rights = (False, True, True, True, False)
    return tables.table(
        columns, rows, caption=_("Import: rows read = accepted + set aside"), rights=rights
    )


def _balance_row(line: Mapping[str, Any]) -> tuple[str, ...]:
    read, accepted, aside = (line[f"rows_{kind}"] for kind in ("read", "accepted", "set_aside"))
    reasons = [
        _("{n} {reason}").format(n=format_count(n), reason=p_("row set aside", why))
        for why, n in (line.get("reasons") or {}).items()
    ]
    if read != accepted + aside:
        missing = format_count(abs(read - accepted - aside))
        reasons.insert(0, _("does not balance: {n} rows").format(n=missing))
    source = line.get("source") or ""
    name = f"{line['table']} ({source})" if source else line["table"]
    counts = (format_count(count) for count in (read, accepted, aside))
    return (name, *counts, _("; ").join(reasons) or "\N{EN DASH}")


def _facts(run: Mapping[str, Any], data: Mapping[str, Any]) -> list[tuple[str, str]]:
    commit = str(run.get("git_commit") or "")
    if commit and run.get("git_dirty"):
        commit = _("{commit}, with changes that are not committed").format(commit=commit)
    facts = [
        (_("Computed on"), utc(run["started_at"]) if run.get("started_at") else ""),
        (_("Took"), _("{n} seconds").format(n=format_count(run.get("seconds"), decimals=1))),
        (_("Time zone of the shop"), str(data.get("time_zone") or "")),
        (_("Currency"), str(data.get("currency") or "")),
        (_("Run"), str(run.get("run_id") or "")),
        (_("Version of the code"), commit),
        (_("Fingerprint of the data"), str(data.get("fingerprint") or "")),
    ]
    return [(label, value) for label, value in facts if value]
