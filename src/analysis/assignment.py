"""Who gets a campaign and who is held out: decided by a salted hash, the same on every machine."""

import hashlib
from collections.abc import Iterable

import numpy as np

TREATMENT = "treatment"
CONTROL = "control"

_HEX_DIGITS = 13


def assignment_share(salt: str, customer_id: str) -> float:
    """Return the place of a customer in a campaign, evenly spread from 0 up to below 1.

    The first 13 hexadecimal digits of SHA-256 of `SALT:CUSTOMER_ID` in UTF-8, read as a number and
    divided by 16^13: 52 bits, exact in a float. In SQL, bit for bit:
    `CAST('0x' || substr(sha256(salt || ':' || customer_id), 1, 13) AS UBIGINT) / pow(16, 13)`.

    Args:
        salt: One of its own for each campaign, so that campaigns divide customers independently.
        customer_id: The customer.

    >>> round(assignment_share("2026-07-winback", "C000001"), 12)
    0.89108798177
    """
    digest = hashlib.sha256(f"{salt}:{customer_id}".encode()).hexdigest()
    return int(digest[:_HEX_DIGITS], 16) / 16**_HEX_DIGITS


def assignment_shares(salt: str, customer_ids: Iterable[str]) -> np.ndarray:
    """Return the places of many customers in a campaign, as `assignment_share` does of one."""
    return np.array([assignment_share(salt, customer) for customer in customer_ids], dtype=float)


def arms(salt: str, customer_ids: Iterable[str], *, treated_share: float) -> np.ndarray:
    """Return `treatment` for customers whose place lies below the share, else `control`.

    A larger share moves nobody from treatment to control.

    Args:
        salt: The campaign's salt.
        customer_ids: The customers.
        treated_share: From 0 to 1.
    """
    return np.where(assignment_shares(salt, customer_ids) < treated_share, TREATMENT, CONTROL)
