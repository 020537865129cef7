"""Who leaves sooner? Groups of subscriptions compared over all orders together."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from scipy.special import chdtrc, expit, ndtr

from analysis.churn.hazard import order_hazards
from analysis.churn.transitions import MIN_AT_RISK
from analysis.errors import ParameterError
from analysis.intervals import z_score
from analysis.multiplicity import holm

Cut = Literal["source", "product", "offer"]
COLUMNS: dict[Cut, str] = {"source": "source", "product": "product_id", "offer": "offer"}
FIRST_ORDERS = 6
_CROSSING_P = 0.01


class Comparison(NamedTuple):
    """Groups of subscriptions side by side.

    Attributes:
        cut: What tells the groups apart.
        chi_square: Log-rank statistic over tied order numbers.
        degrees: Its degrees of freedom: groups less one.
        p: Chance of such differences between groups that leave alike.
        interaction_p: Chance of such changes of the differences along the orders, if they stayed
            the same on the logit scale.
        crosses: Whether the largest groups' survival curves cross although differences change.
        within_orders: How many first orders the means are over: at most six, and only as many as
            every group has been followed to.
        groups: `group`, `subscriptions`, `mean_orders` within those orders, `low`, `high`.
        by_order: `group`, `order_no`, `at_risk`, `lost`, `hazard`, `others_hazard`, `difference`,
            `low`, `high`, `p_holm`.
        curves: Life table of each group, with a column `group`.
    """

    cut: Cut
    chi_square: float
    degrees: int
    p: float
    interaction_p: float
    crosses: bool
    within_orders: int
    groups: pd.DataFrame
    by_order: pd.DataFrame
    curves: pd.DataFrame


def compare_groups(cells: pd.DataFrame, *, cut: Cut, most: int = 8) -> Comparison | None:
    """Compare groups of subscriptions by source, product or offer.

    Groups with fewer than 30 at risk after order 1 are left out, unless all were committed then
    and 30 are at risk after order 2. Beyond `most` groups, the largest are compared.

    Means are over the orders that every group has been followed to: a young group whose later
    orders were taken to be certain would look better than it is.

    Args:
        cells: What `count_transitions` returned.
        cut: What tells the groups apart.
        most: How many groups are compared.

    Returns:
        The comparison, or None where fewer than two groups are large enough.
    """
    rows = cells[cells["cut"] == cut]
    name = COLUMNS[cut]
    begun = rows[(rows["order_no"] == 1) & rows[name].notna()].groupby(name)["subscriptions"].sum()
    tables = {}
    for group in begun.sort_values(ascending=False, kind="stable").index:
        table = order_hazards(rows[rows[name] == group])
        if (
            len(tables) < most
            and table.loc[table["is_shown"], "at_risk"].head(2).max() >= MIN_AT_RISK
        ):
            tables[str(group)] = table
    if len(tables) < 2:
        return None
    last = max(len(table) for table in tables.values())
    risk, lost = (
        np.array([np.pad(table[column], (0, last - len(table))) for table in tables.values()])
        for column in ("at_risk", "lost")
    )
    chi_square, degrees = log_rank(risk, lost)
    interaction_p = interaction(risk, lost)
    curves = pd.concat([table.assign(group=group) for group, table in tables.items()])
    within = 1 + min(FIRST_ORDERS - 1, *(int(table["is_shown"].sum()) for table in tables.values()))
    return Comparison(
        cut, chi_square, degrees, float(chdtrc(degrees, chi_square)), interaction_p,
        interaction_p < _CROSSING_P and _crosses(tables),
        within,
        pd.DataFrame(
            [
                (group, int(begun[group]), *mean_first_orders(table, within_orders=within))
                for group, table in tables.items()
            ],
            columns=["group", "subscriptions", "mean_orders", "low", "high"],
        ),
        _differences(list(tables), risk, lost),
        curves.reset_index(drop=True),
    )  # fmt: skip


def all_groups(compared: Sequence[Comparison]) -> pd.DataFrame:
    """Return the groups of several comparisons, with columns `cut` and `within_orders`."""
    return pd.concat(
        [one.groups.assign(cut=one.cut, within_orders=one.within_orders) for one in compared],
        ignore_index=True,
    )


def log_rank(at_risk: np.ndarray, lost: np.ndarray) -> tuple[float, int]:
    r"""Return the log-rank statistic of groups over tied order numbers, and its degrees of freedom.

    After each order the losses of a group are hypergeometric: mean $d r_g / r$, covariance
    $d \frac{r - d}{r - 1} \frac{r_g}{r} (\delta_{gk} - \frac{r_k}{r})$.

    Args:
        at_risk: Groups down, orders across.
        lost: The same of those lost.

    Source:
        Mantel (1966), Cancer Chemotherapy Reports 50, 163-170.
    """
    risk, gone = np.asarray(at_risk, dtype=float), np.asarray(lost, dtype=float)
    total, all_gone = risk.sum(axis=0), gone.sum(axis=0)
    use = total > 1
    risk, gone, total, all_gone = risk[:, use], gone[:, use], total[use], all_gone[use]
    share = risk / total
    distance = (gone - all_gone * share).sum(axis=1)
    factor = all_gone * (total - all_gone) / (total - 1)
    covariance = np.diag((factor * share).sum(axis=1)) - (factor * share) @ share.T
    inverse = np.linalg.pinv(covariance[:-1, :-1])
    return float(distance[:-1] @ inverse @ distance[:-1]), len(risk) - 1


def interaction(at_risk: np.ndarray, lost: np.ndarray) -> float:
    """Return the p-value of differences between groups that change along the orders.

    The likelihood ratio of a hazard for each group and order against a logit with one effect per
    order and one per group. Orders where a group has fewer than 30 at risk are left out.
    """
    risk, gone = np.asarray(at_risk, dtype=float), np.asarray(lost, dtype=float)
    use = (risk >= MIN_AT_RISK).all(axis=0)
    risk, gone = risk[:, use], gone[:, use]
    groups, orders = risk.shape
    if orders < 2:
        return 1.0
    by_order = np.tile(np.eye(orders), (groups, 1))
    by_group = np.repeat(np.eye(groups)[:, 1:], orders, axis=0)
    fitted = _fit_logit(np.hstack([by_order, by_group]), gone.ravel(), risk.ravel())
    ratio = 2 * (
        _log_likelihood(gone.ravel() / risk.ravel(), gone.ravel(), risk.ravel())
        - _log_likelihood(fitted, gone.ravel(), risk.ravel())
    )
    return float(chdtrc((groups - 1) * (orders - 1), max(ratio, 0.0)))


def _fit_logit(design: np.ndarray, lost: np.ndarray, at_risk: np.ndarray) -> np.ndarray:
    """Return the fitted chances of a logit by Newton's method."""
    coefficients = np.zeros(design.shape[1])
    for _step in range(50):
        chance = expit(design @ coefficients)
        weight = at_risk * chance * (1 - chance)
        slope = design.T @ (lost - at_risk * chance)
        move = np.linalg.pinv(design.T @ (weight[:, None] * design)) @ slope
        # A cell in which nobody or everybody left has no finite optimum: short steps stay safe.
        coefficients += np.clip(move, -2, 2)
        if np.abs(move).max() < 1e-10:
            break
    return expit(design @ coefficients)


def _log_likelihood(chance: np.ndarray, lost: np.ndarray, at_risk: np.ndarray) -> float:
    with np.errstate(divide="ignore", invalid="ignore"):
        gone = np.where(lost > 0, lost * np.log(chance), 0.0)
        stayed = np.where(lost < at_risk, (at_risk - lost) * np.log1p(-chance), 0.0)
    return float(gone.sum() + stayed.sum())


def mean_first_orders(table: pd.DataFrame, *, within_orders: int) -> tuple[float, float, float]:
    r"""Return the mean number of orders within the first ones, with its 95% interval.

    $$\sum_{n=0}^{N-1} S(n)$$

    Args:
        table: What `order_hazards` returned for a group.
        within_orders: How many first orders are counted (N).

    Raises:
        ParameterError: An order is asked for that fewer than 30 are at risk before.
    """
    steps = within_orders - 1
    shown = int(table["is_shown"].sum())
    if not 0 <= steps <= shown:
        raise ParameterError(
            f"within_orders == {within_orders}, must be from 1 to {shown + 1}: further orders have "
            f"fewer than {MIN_AT_RISK} at risk before them."
        )
    at_risk, lost = (table[column].to_numpy(float)[:steps] for column in ("at_risk", "lost"))
    safe = np.where(at_risk > 0, at_risk, 1.0)
    survival = np.cumprod(1 - lost / safe)
    ahead = survival[::-1].cumsum()[::-1]
    open_steps = (at_risk > 0) & (lost < at_risk)
    spread = np.where(open_steps, lost / np.where(open_steps, at_risk * (at_risk - lost), 1), 0.0)
    margin = z_score(0.95) * float(np.sqrt((ahead**2 * spread).sum()))
    mean = 1 + float(survival.sum())
    return mean, mean - margin, mean + margin


def _differences(names: list[str], risk: np.ndarray, lost: np.ndarray) -> pd.DataFrame:
    rows = []
    for place, name in enumerate(names):
        other_risk, other_lost = risk.sum(axis=0) - risk[place], lost.sum(axis=0) - lost[place]
        for step in np.flatnonzero((risk[place] >= MIN_AT_RISK) & (other_risk >= MIN_AT_RISK)):
            own = lost[place, step] / risk[place, step]
            other = other_lost[step] / other_risk[step]
            pooled = (lost[place, step] + other_lost[step]) / (risk[place, step] + other_risk[step])
            ways = 1 / risk[place, step] + 1 / other_risk[step]
            null_error = np.sqrt(pooled * (1 - pooled) * ways)
            error = np.sqrt(
                own * (1 - own) / risk[place, step] + other * (1 - other) / other_risk[step]
            )
            z = abs(own - other) / null_error if null_error > 0 else 0.0
            rows.append(
                (name, step + 1, risk[place, step], lost[place, step], own, other, own - other,
                 own - other - z_score(0.95) * error, own - other + z_score(0.95) * error,
                 2 * (1 - ndtr(z)))
            )  # fmt: skip
    table = pd.DataFrame(
        rows,
        columns=["group", "order_no", "at_risk", "lost", "hazard", "others_hazard", "difference",
                 "low", "high", "p"],
    )  # fmt: skip
    table["p_holm"] = holm(table["p"].to_numpy(float))
    return table


def _crosses(tables: dict[str, pd.DataFrame]) -> bool:
    """Return whether two of the curves change places while both are shown."""
    shown = [table.loc[table["is_shown"], "survival"].to_numpy() for table in tables.values()]
    for place, one in enumerate(shown):
        for other in shown[place + 1 :]:
            both = min(len(one), len(other))
            gap = one[:both] - other[:both]
            if (gap > 0.01).any() and (gap < -0.01).any():
                return True
    return False
