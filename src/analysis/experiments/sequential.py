"""May one look before the readout day? Only with an interval that allows for it."""

import math
from datetime import date, timedelta
from typing import Literal, get_args

from analysis.campaigns import Campaign
from analysis.errors import ParameterError
from analysis.experiments.effects import Effect
from analysis.intervals import z_score

Look = Literal["none", "group_sequential", "always_valid"]

# Two looks, half of the customers' windows closed at the first: the bounds of O'Brien and Fleming
# (1979), Biometrics 35, 549-556, for 5% false alarms in all. What keeps them is that there are two
# looks: wherever the first one lies, false alarms stay below 5.3%.
OBRIEN_FLEMING_Z = (2.797, 1.977)
# The number of customers at which an always-valid interval is as narrow as it gets.
TUNING_CUSTOMERS = 5000


def half_way_day(campaign: Campaign) -> date | None:
    """Return the one day of a group-sequential look, which the campaign's file fixes beforehand.

    It is the day on which the windows of whoever is assigned in the first half of the days of
    assignment have closed.

    Returns:
        None for a campaign of one day: its windows close all at once, none of them half-way.
    """
    if campaign.ends_on == campaign.starts_on:
        return None
    half = (campaign.ends_on - campaign.starts_on) // 2
    longest = campaign.last_window_day - campaign.ends_on
    return campaign.starts_on + timedelta(days=half.days) + longest


def look_day(campaign: Campaign, *, look: Look, as_of: date) -> date | None:
    """Return as of which day a look before the readout day is taken.

    A group-sequential look stays the one of its day however often the report runs until the
    readout: another day would be another look, for which its bounds do not allow.

    Returns:
        None where there is to be no look, or not yet.

    Raises:
        ParameterError: The look is unknown.
    """
    _check(look)
    if look == "always_valid":
        return as_of
    day = half_way_day(campaign) if look == "group_sequential" else None
    return day if day is not None and day <= as_of else None


def look_that_counts(campaign: Campaign, look: Look) -> Look:
    """Return the look that a campaign's readout allows for: none where none could be taken."""
    if look == "group_sequential" and half_way_day(campaign) is None:
        return "none"
    return look


def sequential_half_width(
    standard_error: float,
    customers: int,
    *,
    tuning_customers: int = TUNING_CUSTOMERS,
    confidence: float = 0.95,
) -> float:
    r"""Return how far an always-valid interval (asymptotic confidence sequence) reaches.

    $$\mathrm{SE} \sqrt{\frac{2 (n \rho^2 + 1)}{n \rho^2}
    \log\frac{\sqrt{n \rho^2 + 1}}{\alpha}}, \qquad
    \rho^2 = \frac{-2 \log\alpha + \log(1 - 2 \log\alpha)}{n^*}$$

    It holds at every look, however often one looks and whenever one stops.

    Args:
        standard_error: Of the estimate.
        customers: Customers in both arms together, $n$.
        tuning_customers: Customers at which it is narrowest, $n^*$.
        confidence: Share of intervals that hold the truth at all looks.

    Raises:
        ParameterError: There are no customers, or the tuning is below 1.

    Source:
        Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (2024), Annals of Statistics 52, 2613-2640.

    >>> round(sequential_half_width(1.0, 5000) , 2)
    3.04
    """
    if customers < 1 or tuning_customers < 1:
        raise ParameterError(
            f"customers == {customers}, tuning_customers == {tuning_customers}: both must be >= 1."
        )
    alpha = 1 - confidence
    rho_square = (-2 * math.log(alpha) + math.log(1 - 2 * math.log(alpha))) / tuning_customers
    scaled = customers * rho_square
    return standard_error * math.sqrt(
        2 * (scaled + 1) / scaled * math.log(math.sqrt(scaled + 1) / alpha)
    )


def widened(effect: Effect, *, look: Look, is_last: bool) -> Effect:
    """Return an effect with the interval of its difference that a look allows.

    The p-value and the lift's interval stay those of a single look.

    Args:
        effect: As estimated for one look, at confidence 95% or the one that several arms demand.
        look: `none` for a single look on the readout day, `group_sequential` for one look before
            it (`look_day`), `always_valid` for any number.
        is_last: Whether the readout day has come.

    Raises:
        ParameterError: The look is unknown.
    """
    _check(look)
    if look == "none":
        return effect
    if look == "group_sequential":
        # Several arms widen this bound as they widen the one of a single look.
        scale = z_score(effect.confidence) / z_score(0.95)
        half = OBRIEN_FLEMING_Z[is_last] * scale * effect.standard_error
    else:
        customers = effect.control_customers + effect.treated_customers
        half = sequential_half_width(effect.standard_error, customers, confidence=effect.confidence)
    return effect._replace(low=effect.difference - half, high=effect.difference + half)


def _check(look: str) -> None:
    if look not in get_args(Look):
        raise ParameterError(
            f"interim == '{look}', must be none, group_sequential or always_valid."
        )
