"""Telling people apart by telephone: one number, however it is written, is one person."""

import hashlib
import hmac
from typing import Any

from analysis.engine import Workbench

_PHONES = "SELECT DISTINCT phone FROM {table} WHERE phone IS NOT NULL"
_KEYS = """
UPDATE {table} SET phone_key = keys.key FROM (
    SELECT unnest(CAST($phones AS VARCHAR[])) AS phone, unnest(CAST($keys AS VARCHAR[])) AS key
) AS keys WHERE {table}.phone = keys.phone
"""


def add_phone_keys(connection: Workbench, table: str, *, key: Any, region: Any) -> None:
    """Fill the column `phone_key` of a table with the digests of its `phone`, and drop the latter.

    Args:
        connection: Where the table is.
        table: Its name.
        key: The secret key.
        region: ISO code of the country whose numbers are written without a country code.
    """
    phones = [phone for (phone,) in connection.execute(_PHONES.format(table=table)).fetchall()]
    keys = {
        phone: digest_of(number, key)
        for phone in phones
        if (number := international(phone, region=region))
    }
    if keys:
        values = {"phones": list(keys), "keys": list(keys.values())}
        connection.execute(_KEYS.format(table=table), values)
    connection.execute(f"ALTER TABLE {table} DROP COLUMN phone")


def international(phone: str, *, region: str) -> str:
    """Return a telephone number as E.164 writes it, empty where it is none.

    Args:
        phone: The number as somebody wrote it.
        region: ISO code of the country of numbers without a country code.

    >>> international("'090-1234-5678", region="JP"), international("+81 90 1234 5678", region="US")
    ('+819012345678', '+819012345678')
    >>> international("none", region="JP")
    ''
    """
    import phonenumbers

    try:
        number = phonenumbers.parse(phone.lstrip("'"), region or None)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def digest_of(number: str, key: bytes) -> str:
    """Return HMAC-SHA256 of a number, as 64 hexadecimal digits."""
    return hmac.new(key, number.encode(), hashlib.sha256).hexdigest()
