"""One campaign's lists: cells safe for spreadsheets, files that only their owner reads."""

import csv
import io
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from analysis import paths
from analysis.language import NP_, p_
from analysis.targets.address_book import Contact
from analysis.targets.list_formats import ListFormat
from analysis.whole_files import write_whole

_EMAIL = re.compile(r"[A-Za-z0-9_][A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]*@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_E164 = re.compile(r"\+[1-9]\d{6,14}")
_LINE_USER = re.compile(r"U[0-9a-f]{32}")
_ROLES = frozenset(
    ("abuse", "admin", "contact", "help", "info", "mail", "noreply", "no-reply", "office",
     "postmaster", "sales", "security", "support", "webmaster")
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_LONGEST_TAG = 100


class Member(NamedTuple):
    """A treated customer of a campaign, and how to reach them.

    Attributes:
        customer: The customer.
        arm: Treatment arm.
        contact: How the customer is reached; None where the export of customers does not say.
        allows: Channels that the shop's tables say the customer allows.
    """

    customer: str
    arm: str
    contact: Contact | None
    allows: frozenset[str]


class Sending(NamedTuple):
    """What all rows of a list share.

    Attributes:
        campaign_id: The campaign.
        as_of: Day of the report.
        send_on: Day of the first message over the list's channel.
        forbidden: Addresses and IDs that a control customer has, too: nobody is written to there.
    """

    campaign_id: str
    as_of: date
    send_on: date
    forbidden: frozenset[str]


class Written(NamedTuple):
    """One list as it was written.

    Attributes:
        format: Name of the format.
        arm: Whose list it is.
        files: Names of its files.
        customers: How many customers are in it.
        left_out: Why to how many are not.
        too_few: Whether the tool may refuse it for its size.
    """

    format: str
    arm: str
    files: tuple[str, ...]
    customers: int
    left_out: dict[str, int]
    too_few: bool


def targets_folder(shop: str, campaign_id: str, day: date) -> Path:
    """Return the folder of the lists of one day of assignment."""
    return paths.data_folder() / "private" / "targets" / shop / campaign_id / day.isoformat()


def write_list(
    folder: Path, form: ListFormat, arm: str, members: Sequence[Member], sending: Sending
) -> Written:
    """Write the list of one treatment arm for one tool; the arm's former files are replaced.

    Args:
        folder: Where to.
        form: How the tool wants it.
        arm: The treatment arm.
        members: Customers of that arm.
        sending: What all rows share.
    """
    rows: list[list[str]] = []
    reasons: Counter[str] = Counter()
    seen: set[str] = set()
    for member in members:
        reason = _why_not(member, form, sending, seen)
        if reason:
            reasons[reason] += 1
            continue
        values = _values(member, form, sending)
        rows.append([_cell(values[key], form) for key in form.columns.values()])
    size = form.most_rows or max(len(rows), 1)
    parts = [rows[start : start + size] for start in range(0, len(rows), size)]
    names = []
    # Those that a killed process left half-way, too.
    for former in [*folder.glob(f"{arm}.{form.name}.*"), *folder.glob(f".{arm}.{form.name}[-.]*")]:
        former.unlink()
    for number, part in enumerate(parts, start=1):
        place = f".{number}" if len(parts) > 1 else ""
        name = f"{arm}.{form.name}{place}.{form.ending}"
        content = _text(form, part).encode(form.encoding, errors="replace")
        write_whole(folder / name, content, is_private=True)
        names.append(name)
    too_few = 0 < len(rows) < form.least_rows
    return Written(form.name, arm, tuple(names), len(rows), dict(reasons), too_few)


# Headings of lists for any use; a tool knows its own only.
HEADINGS = (
    NP_("heading of a list", "customer_id"),
    NP_("heading of a list", "campaign_id"),
    NP_("heading of a list", "arm"),
    NP_("heading of a list", "as_of"),
    NP_("heading of a list", "send_on"),
    NP_("heading of a list", "email"),
    NP_("heading of a list", "first_name"),
    NP_("heading of a list", "last_name"),
    NP_("heading of a list", "phone"),
    NP_("heading of a list", "line_user_id"),
)


def write_counts(folder: Path, content: Mapping[str, Any]) -> None:
    """Write the count file of a day's lists."""
    text = json.dumps(content, indent=2, ensure_ascii=False, default=str)
    write_whole(folder / "counts.json", f"{text}\n", is_private=True)


def _why_not(member: Member, form: ListFormat, sending: Sending, seen: set[str]) -> str:
    contact = member.contact or Contact()
    if form.channel != "any":
        if form.channel not in member.allows:
            return "does not allow the channel"
        if form.channel in contact.refused.split():
            return "refuses the channel in the export of customers"
    if addresses(contact) & sending.forbidden:
        return "shares an address with a customer in control"
    if form.needs == "customer":
        return ""
    address = getattr(contact, form.needs)
    if not address:
        return "no address in the export of customers"
    if form.needs == "email" and not _EMAIL.fullmatch(address):
        return "address cannot be used"
    if form.needs == "line_user_id" and not _LINE_USER.fullmatch(address):
        return "address cannot be used"
    if form.skip_roles and address.partition("@")[0].lower() in _ROLES:
        return "address of a role"
    if address.lower() in seen:
        return "same address as another customer of the list"
    seen.add(address.lower())
    return ""


def addresses(contact: Contact) -> set[str]:
    """Return what a customer is reached by, in lower case."""
    return {text.lower() for text in (contact.email, contact.line_user_id) if text}


def _values(member: Member, form: ListFormat, sending: Sending) -> dict[str, str]:
    contact = member.contact or Contact()
    tag = f"{sending.campaign_id}:{member.arm}"[:_LONGEST_TAG]
    phone = re.sub(r"[\s()-]", "", contact.phone)
    own = [part.strip() for part in contact.tags.split(",") if part.strip()]
    allowed = member.allows - set(contact.refused.split())
    if form.needs == "customer":
        # A list for any use names an address only where the customer allows to be written to.
        contact = contact._replace(
            email=contact.email if "email" in allowed else "",
            line_user_id=contact.line_user_id if "line" in allowed else "",
        )
    return {
        **contact._asdict(),
        "email": contact.email if _EMAIL.fullmatch(contact.email) else "",
        "e164": phone if _E164.fullmatch(phone) else "",
        "customer": member.customer,
        "campaign": sending.campaign_id,
        "arm": member.arm,
        "as_of": f"{sending.as_of}",
        "send_on": f"{sending.send_on}",
        "tag": tag,
        "all_tags": ", ".join(dict.fromkeys([*own, tag])),
    }


def _cell(text: str, form: ListFormat) -> str:
    """Return a text as a cell: on one line, no formula, no longer than the tool takes it.

    A spreadsheet would run what begins like a formula, in full width, too; a telephone number is
    none.
    """
    text = " ".join(text.split())
    if unicodedata.normalize("NFKC", text[:1]).startswith(_FORMULA) and not _E164.fullmatch(text):
        text = f"'{text}"
    if form.most_bytes:
        text = text.encode()[: form.most_bytes].decode(errors="ignore")
    return text


def _text(form: ListFormat, rows: Sequence[Sequence[str]]) -> str:
    content = io.StringIO(newline="")
    writer = csv.writer(content, lineterminator="\r\n" if form.line_end == "crlf" else "\n")
    if form.header:
        writer.writerow(
            [p_("heading of a list", name) for name in form.columns]
            if form.needs == "customer"
            else form.columns
        )
    writer.writerows(rows)
    return content.getvalue()
