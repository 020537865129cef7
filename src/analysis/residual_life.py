"""What is a contract still worth? Orders that follow count for less the later they come."""

import numpy as np

from analysis.contractual import RenewalModel, hazard_at
from analysis.errors import ParameterError

_SMALLEST_DISCOUNT = 1e-4
_NEGLIGIBLE = 1e-13


def discounted_remaining_orders(
    model: RenewalModel, *, order_no: int, discount_share: float
) -> float:
    r"""Return the present value, in orders, of all orders that still follow order n.

    $$\sum_{k=0}^{\infty} \frac{1}{(1 + d)^k} \prod_{j=0}^{k} (1 - h(n + j))$$

    seen from the day on which order n + 1 falls due, before it is known whether it comes. Without
    discounting the sum can be infinite: those who stay are ever less likely to leave.

    Args:
        model: A fitted model.
        order_no: Orders taken so far (n), at least 1.
        discount_share: What a payment one order later is worth less (d), at least 0.0001.

    Raises:
        ParameterError: The order number or the discount is too small.

    Source:
        Fader and Hardie (2010), Customer-Base Valuation in a Contractual Setting: The Perils of
        Ignoring Heterogeneity, Marketing Science 29(1), equation 6 (discounted expected residual
        lifetime).

    >>> model = RenewalModel(0.668, 3.806, 1.0, 0.0, np.eye(2), 1000)
    >>> round(discounted_remaining_orders(model, order_no=8, discount_share=0.1), 3)
    7.53
    """
    if order_no < 1:
        raise ParameterError(f"order_no == {order_no}, must be >= 1.")
    if discount_share < _SMALLEST_DISCOUNT:
        raise ParameterError(
            f"discount_share == {discount_share}, must be >= {_SMALLEST_DISCOUNT}."
        )
    steps = np.arange(terms_of(discount_share))
    return present_orders(hazard_at(model, order_no + steps), discount_share=discount_share)


def terms_of(discount_share: float) -> int:
    """Return how many orders ahead count; what comes later is worth nothing at this discount."""
    return int(np.ceil(-np.log(_NEGLIGIBLE * discount_share) / np.log1p(discount_share)))


def present_orders(hazards: np.ndarray, *, discount_share: float) -> float:
    """Return the present value, in orders, of going on step by step with these chances to leave.

    >>> present_orders(np.array([0.5, 0.5]), discount_share=1.0)
    0.625
    """
    weights = (1 + discount_share) ** -np.arange(len(hazards), dtype=float)
    return float(np.einsum("i,i->", np.cumprod(1 - hazards), weights))
