r"""What is a contract still worth? Orders that follow count for less the later they come.

$$\sum_{k=0}^{\infty} \frac{1}{(1 + d)^k} \prod_{j=0}^{k} (1 - h(n + j))$$

is the present value, in orders, of all orders that still follow order n, seen from the day on which
order n + 1 falls due, before it is known whether it comes. Without discounting the sum can be
infinite: those who stay are ever less likely to leave.

Source:
    Fader and Hardie (2010), Customer-Base Valuation in a Contractual Setting: The Perils of
    Ignoring Heterogeneity, Marketing Science 29(1), equation 6 (discounted expected residual
    lifetime).
"""

import numpy as np

_NEGLIGIBLE = 1e-13


def terms_of(discount_share: float) -> int:
    """Return how many orders ahead count; what comes later is worth nothing at this discount.

    Args:
        discount_share: What a payment one order later is worth less (d), above 0.
    """
    return int(np.ceil(-np.log(_NEGLIGIBLE * discount_share) / np.log1p(discount_share)))


def present_orders(hazards: np.ndarray, *, discount_share: float) -> float:
    """Return the present value, in orders, of going on step by step with these chances to leave.

    Args:
        hazards: Chance to leave at each order from here on (h), as many as `terms_of` says for all
            orders ever to come.
        discount_share: What a payment one order later is worth less (d).

    >>> present_orders(np.array([0.5, 0.5]), discount_share=1.0)
    0.625
    """
    weights = (1 + discount_share) ** -np.arange(len(hazards), dtype=float)
    return float(np.einsum("i,i->", np.cumprod(1 - hazards), weights))
