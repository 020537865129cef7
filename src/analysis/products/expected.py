"""How often would two products meet by chance? Counts that margins alone explain."""

from typing import NamedTuple

import numpy as np
import pandas as pd

_MOST_ROUNDS = 500
_CLOSE_ENOUGH = 1e-10


class Margins(NamedTuple):
    """The rows and columns of a table of pairs, month by month.

    Attributes:
        product_no: Products, ascending; the rows of all other arrays.
        customers: Customers who were counted for each product as the first of a pair.
        waiting: Of those whose following order is yet to come, those who ordered lately.
        first_buyers: Customers who were counted, whether followed by an order or not.
        rows: Other products in the orders looked at, by product and month.
        columns: How often the product was the other one, by product and month.
    """

    product_no: np.ndarray
    customers: np.ndarray
    waiting: np.ndarray
    first_buyers: np.ndarray
    rows: np.ndarray
    columns: np.ndarray

    def place(self, product_no: pd.Series) -> np.ndarray:
        """Return in which row each product stands."""
        return np.searchsorted(self.product_no, product_no.to_numpy())


def read_margins(frame: pd.DataFrame) -> Margins:
    """Arrange the rows of `next_product_margins` or `basket_pairs_margins` as tables.

    Args:
        frame: Columns product_no, month (0: not followed yet, -1: not followed for long),
            customers, other_products, times_other.
    """
    seen = frame[frame["month"] > 0]
    products, months = np.unique(frame["product_no"]), np.unique(seen["month"])
    row = np.searchsorted(products, seen["product_no"])
    column = np.searchsorted(months, seen["month"])
    rows, columns = np.zeros((2, len(products), len(months)))
    rows[row, column] = seen["other_products"]
    columns[row, column] = seen["times_other"]
    customers = np.bincount(row, weights=seen["customers"], minlength=len(products))
    place = np.searchsorted(products, frame["product_no"])
    lately = frame["customers"].where(frame["month"] == 0, 0)
    counts = (
        customers,
        np.bincount(place, weights=lately, minlength=len(products)),
        np.bincount(place, weights=frame["customers"], minlength=len(products)),
    )
    return Margins(products, *(count.astype(int) for count in counts), rows, columns)


def without_repeats(margins: Margins, repeats: np.ndarray) -> Margins:
    r"""Take out of the margins what a product's own repeats brought.

    The repeats of a product are divided over the months as chance would, in proportion to
    $r_{im} c_{im} / \sum_k r_{km}$: who repeats one product all the time would otherwise make every
    pair of two look rare.

    Args:
        margins: Rows and columns that include repeats.
        repeats: How often each product followed itself.
    """
    total = np.maximum(margins.rows.sum(axis=0), 1)
    weight = margins.rows * margins.columns / total
    whole = np.maximum(weight.sum(axis=1, keepdims=True), np.finfo(float).tiny)
    taken = np.minimum(repeats[:, None] * weight / whole, np.minimum(margins.rows, margins.columns))
    return margins._replace(rows=margins.rows - taken, columns=margins.columns - taken)


def chance_factors(margins: Margins) -> tuple[np.ndarray, np.ndarray]:
    r"""Return factors whose products are the counts expected by chance.

    Quasi-independence: in month $m$ the pair $(i, j)$, $i \ne j$, is expected
    $a_{im} b_{jm}$ times, such that

    $$a_{im} \sum_{j \ne i} b_{jm} = r_{im}, \qquad b_{jm} \sum_{i \ne j} a_{im} = c_{jm}.$$

    Months apart, so that a season or a product that comes new makes no pair; other products in the
    order counted, so that large orders make none; no product with itself.

    Args:
        margins: Rows $r$ and columns $c$ without a product's own repeats.

    Returns:
        $a$ and $b$, products down and months across.

    Source:
        Goodman (1968), Journal of the American Statistical Association 63, 1091-1131.
    """
    total = np.maximum(margins.rows.sum(axis=0), 1)
    right = margins.columns / np.sqrt(total)
    left = margins.rows / np.sqrt(total)
    for _round in range(_MOST_ROUNDS):
        before = left
        left = _divided(margins.rows, right.sum(axis=0) - right)
        right = _divided(margins.columns, left.sum(axis=0) - left)
        if np.abs(left - before).max(initial=0) <= _CLOSE_ENOUGH * left.max(initial=1):
            break
    return left, right


def _divided(amounts: np.ndarray, by: np.ndarray) -> np.ndarray:
    return np.divide(amounts, by, out=np.zeros_like(amounts), where=by > 0)
