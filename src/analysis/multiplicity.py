"""What many looks at once do to p-values."""

import numpy as np


def holm(p: np.ndarray) -> np.ndarray:
    r"""Return p-values corrected by Holm's step-down method.

    $$p'_{(i)} = \max_{j \le i} \min((m - j + 1) p_{(j)}, 1)$$

    Args:
        p: The p-values of m tests, in any order.

    Source:
        Holm (1979), Scandinavian Journal of Statistics 6, 65-70.

    >>> holm(np.array([0.01, 0.04, 0.03])).tolist()
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(stepped, 1.0)
    return corrected
