"""Who are the demo shop's customers? When they came, from where, and what they allow."""

from typing import NamedTuple

import numpy as np

from analysis.demo.catalogue import pick_by_weight
from analysis.demo.clock import Clock
from analysis.demo.truth import Truth

REGIONS = (
    "Tokyo", "Kanagawa", "Osaka", "Aichi", "Saitama", "Chiba", "Hyogo", "Hokkaido", "Fukuoka",
    "Shizuoka", "Hiroshima", "Kyoto", "Miyagi", "Niigata", "Nagano", "Okinawa",
)  # fmt: skip
_POPULATION = np.array(
    [14.0, 9.2, 8.8, 7.5, 7.3, 6.3, 5.4, 5.2, 5.1, 3.6, 2.8, 2.5, 2.3, 2.2, 2, 1.5]
)
CHANNELS = ("web", "app", "phone")
_CHANNEL_WEIGHTS = np.array([0.6, 0.28, 0.12])
_ONE_OFF_ONLY, _SUBSCRIBER_ONLY = 0.55, 0.35


class People(NamedTuple):
    """Customers of one portion of the shop, as arrays of equal length.

    Attributes:
        number: The customer's number in the shop, which gives the ID.
        came: Day of the first purchase in even time, days since the clock's day 0.
        source: Position in the truth's sources.
        region: Position in `REGIONS`.
        birth_year: Year, 0 where not told.
        channel: Position in `CHANNELS`.
        email: Consent to e-mail.
        line: Consent to LINE messages.
        sms: Consent to text messages.
        waited: Seconds between registering and the first purchase.
        buys: Whether the customer buys one by one.
        subscribes: Whether the customer subscribes.
    """

    number: np.ndarray
    came: np.ndarray
    source: np.ndarray
    region: np.ndarray
    birth_year: np.ndarray
    channel: np.ndarray
    email: np.ndarray
    line: np.ndarray
    sms: np.ndarray
    waited: np.ndarray
    buys: np.ndarray
    subscribes: np.ndarray


def draw_people(
    rng: np.random.Generator, numbers: np.ndarray, *, clock: Clock, truth: Truth
) -> People:
    """Draw customers; twice as many come on the last day as on the first."""
    size = len(numbers)
    growth = (np.sqrt(1 + 3 * rng.random(size)) - 1) * (clock.even_end - clock.first)
    shares = np.array([source.share for source in truth.sources])
    kind = rng.random(size)
    return People(
        number=numbers,
        came=clock.first + growth,
        source=pick_by_weight(rng.random(size), shares),
        region=pick_by_weight(rng.random(size), _POPULATION),
        birth_year=_birth_years(rng, size),
        channel=pick_by_weight(rng.random(size), _CHANNEL_WEIGHTS),
        email=rng.random(size) < 0.62,
        line=rng.random(size) < 0.38,
        sms=rng.random(size) < 0.2,
        waited=np.floor(60 + rng.random(size) ** 8 * 20 * 86_400).astype(np.int64),
        buys=kind < 1 - _SUBSCRIBER_ONLY,
        subscribes=kind >= _ONE_OFF_ONLY,
    )


def _birth_years(rng: np.random.Generator, size: int) -> np.ndarray:
    years = np.floor(1955 + 50 * (rng.random(size) + rng.random(size)) / 2).astype(np.int64)
    return np.where(rng.random(size) < 0.12, 0, years)


def customer_ids(numbers: np.ndarray) -> list[str]:
    """Return the IDs of customers.

    >>> customer_ids(np.array([7]))
    ['C00000007']
    """
    return [f"C{number:08d}" for number in numbers.tolist()]
