"""May one look before the readout day? Only with an interval that allows for it."""

import math
from typing import Literal

from analysis.errors import ParameterError
from analysis.experiments.effects import Effect
from analysis.intervals import z_score

Look = Literal["none", "group_sequential", "always_valid"]

# Two looks, half of the customers' windows closed at the first: the bounds of O'Brien and Fleming
# (1979), Biometrics 35, 549-556, for 5% false alarms in all.
OBRIEN_FLEMING_Z = (2.797, 1.977)
# The number of customers at which an always-valid interval is as narrow as it gets.
TUNING_CUSTOMERS = 5000


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
            it, `always_valid` for any number.
        is_last: Whether the readout day has come.

    Raises:
        ParameterError: The look is unknown.
    """
    if look == "none":
        return effect
    if look == "group_sequential":
        # Several arms widen this bound as they widen the one of a single look.
        scale = z_score(effect.confidence) / z_score(0.95)
        half = OBRIEN_FLEMING_Z[is_last] * scale * effect.standard_error
    elif look == "always_valid":
        customers = effect.control_customers + effect.treated_customers
        half = sequential_half_width(effect.standard_error, customers, confidence=effect.confidence)
    else:
        raise ParameterError(
            f"interim == '{look}', must be none, group_sequential or always_valid."
        )
    return effect._replace(low=effect.difference - half, high=effect.difference + half)
