"""How are customers reached? The shop's own export of customers, read while lists are written.

Nothing of it is kept: addresses live in memory, and in the lists.
"""

import csv
import hashlib
import hmac
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from analysis import paths
from analysis.errors import DataError
from analysis.ingest.people import customer_key, private_work
from analysis.ingest.text import Text, normalize, read_text
from analysis.yaml_file import read_bundled

_FIELDS = ("email", "first_name", "last_name", "phone", "line_user_id", "tags")
_CHANNELS = ("email", "line", "sms")


class Contact(NamedTuple):
    """How one customer is reached; empty where the export does not say.

    Attributes:
        email: Address.
        first_name: Given name.
        last_name: Family name.
        phone: Telephone number as the shop writes it.
        line_user_id: ID of the customer for the shop's LINE official account.
        tags: Tags that the customer has, apart by commas.
        refused: Channels that the export says the customer does not allow, apart by blanks.
    """

    email: str = ""
    first_name: str = ""
    last_name: str = ""
    phone: str = ""
    line_user_id: str = ""
    tags: str = ""
    refused: str = ""


class AddressBook(NamedTuple):
    """Contacts of the customers that were asked for.

    Attributes:
        title: Name of the export's layout.
        rows: Rows of the export.
        contacts: Customer to contact.
    """

    title: str
    rows: int
    contacts: Mapping[str, Contact]


@cache
def _layouts() -> dict[str, dict[str, Any]]:
    return read_bundled("targets", "contacts")


def read_address_book(file: str, customers: set[str]) -> AddressBook:
    """Read how customers are reached out of the shop's own export of customers.

    A row belongs to a customer by the shop's number, or by the keyed digest of the e-mail address
    where the import knows customers by that.

    Args:
        file: The export, from the folder of this installation on or as a whole path.
        customers: The customers wanted; nothing is kept of any other.

    Raises:
        DataError: There is no such file, its columns are none that are known, or not one row
            belongs to a customer.
    """
    path = paths.home() / Path(file).expanduser()
    if not path.is_file():
        raise DataError(
            f"contacts_file == '{file}' is not there: name the shop's own export of customers."
        )
    key = customer_key()
    found: dict[str, Contact] = {}
    rows = 0
    with private_work() as work:
        text = read_text(path, folder=work, knows=lambda header: bool(_fitting(header)))
        layout = _layout_of(text)
        for row in _rows(text):
            rows += 1
            contact = _contact(row, layout)
            number = _first(row, layout.get("customer_id"))
            who = number if number in customers else digest(contact.email, key)
            if who in customers and (who not in found or not found[who].email):
                found[who] = contact
    if not found and customers:
        raise DataError(
            f"Not one of the {rows:,} rows of {path.name} belongs to a customer of these lists: is "
            f"it the export of this shop, and data/private/customer_key the key of its imports?"
        )
    return AddressBook(layout["title"], rows, found)


def digest(email: str, key: bytes) -> str:
    """Return the name that imports give to a customer who is known by an address; see `ingest`.

    >>> digest("A@example.com", b"key") == digest("a@example.com", b"key"), digest("", b"key")
    (True, '')
    """
    return hmac.new(key, email.lower().encode(), hashlib.sha256).hexdigest() if email else ""


def _layout_of(text: Text) -> dict[str, Any]:
    fitting = _fitting(text.header)
    if not fitting:
        known = "; ".join(
            f"{layout['title']} ({', '.join(layout['recognized_by'])})"
            for layout in _layouts().values()
        )
        raise DataError(
            f"{text.file.name} has the columns {', '.join(text.header)}, which are none of: "
            f"{known}."
        )
    return max(fitting, key=lambda layout: len(layout["recognized_by"]))


def _fitting(header: tuple[str, ...]) -> list[dict[str, Any]]:
    present = set(header)
    return [
        layout
        for layout in _layouts().values()
        if {normalize(name) for name in layout["recognized_by"]} <= present
    ]


def _rows(text: Text) -> Iterator[dict[str, str]]:
    with text.utf8.open(encoding="utf-8-sig", newline="") as content:
        for _ in range(text.skip):
            content.readline()
        reader = csv.reader(content, delimiter=text.delimiter)
        next(reader, None)
        for cells in reader:
            if cells:
                yield dict(zip(text.header, cells, strict=False))


def _contact(row: Mapping[str, str], layout: Mapping[str, Any]) -> Contact:
    found = {name: _first(row, layout.get(name)) for name in _FIELDS}
    granted = layout.get("granted", [])
    refused = [
        channel
        for channel in _CHANNELS
        if (column := layout.get(f"{channel}_optin"))
        and normalize(column) in row
        and _first(row, column).lower() not in granted
    ]
    if _first(row, layout.get("line_blocked_at")):
        refused.append("line")
    return Contact(**found, refused=" ".join(refused))


def _first(row: Mapping[str, str], columns: str | list[str] | None) -> str:
    """Return the first of some cells that is not blank, without a spreadsheet's apostrophe."""
    for column in [columns] if isinstance(columns, str) else columns or []:
        value = row.get(normalize(column), "").strip().lstrip("'")
        if value:
            return value
    return ""
