"""How will subscriptions go on? Counted where the data reach, by a contractual model beyond."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.churn.hazard import order_hazards
from analysis.churn.transitions import LOST, PAUSED
from analysis.churn.wall import commitment_ends
from analysis.contractual import (
    LikelihoodRatio,
    RenewalModel,
    draw_hazards,
    fit_beta_discrete_weibull,
    fit_shifted_beta_geometric,
    hazard_at,
    likelihood_ratio,
)
from analysis.errors import DataError

_SEEN_LATE = ("lapsed", "payment_failed")


class Renewals(NamedTuple):
    """What is known of how subscriptions go on from order to order.

    Attributes:
        hazards: What `churn.order_hazards` returned, the shown orders only.
        commitments: What `churn.commitment_ends` returned.
        constant: The shifted-beta-geometric model.
        changing: The beta-discrete-Weibull model, or None with fewer than three orders.
        ratio: The test between the two, or None.
        pause_chance: Share of the steps that ended in a pause without an end so far; such
            subscriptions are not lost, but bring no orders.
        late_share: Share of those lost or paused of whom nothing is seen before the next order is
            due: lapses and failed payments. The others said so before.
    """

    hazards: pd.DataFrame
    commitments: pd.DataFrame
    constant: RenewalModel
    changing: RenewalModel | None
    ratio: LikelihoodRatio | None
    pause_chance: float = 0.0
    late_share: float = 0.0

    @property
    def model(self) -> RenewalModel:
        """The model that the projection uses: the plain one unless the other is clearly better."""
        if self.changing and self.ratio and self.ratio.is_clear:
            return self.changing
        return self.constant


def fit_renewals(cells: pd.DataFrame) -> Renewals | None:
    """Count the chances to leave and fit both models, or return None where too few are decided.

    Ends of commitments are left out of the fit, as leaving was held up until then.

    Args:
        cells: What `churn.count_transitions` returned.
    """
    hazards = order_hazards(cells[cells["cut"] == "cohort"])
    shown = hazards[hazards["is_shown"]].reset_index(drop=True)
    at_risk, lost = (shown[name].to_numpy() for name in ("free_at_risk", "free_lost"))
    try:
        constant = fit_shifted_beta_geometric(at_risk, lost)
    except DataError:
        return None
    try:
        changing = fit_beta_discrete_weibull(at_risk, lost)
        ratio = likelihood_ratio(constant, changing)
    except DataError:
        changing = ratio = None
    paused = int(hazards["paused"].sum())
    steps = int(hazards["at_risk"].sum()) + paused
    return Renewals(
        shown, commitment_ends(hazards), constant, changing, ratio, paused / steps,
        late_share(cells),
    )  # fmt: skip


def late_share(cells: pd.DataFrame) -> float:
    """Return the share of those lost or paused of whom nothing is seen before the due day."""
    counts = cells[cells["cut"] == "cohort"].groupby("outcome")["subscriptions"].sum()
    late = sum(int(counts.get(outcome, 0)) for outcome in _SEEN_LATE)
    ended = sum(int(counts.get(outcome, 0)) for outcome in (*LOST, PAUSED))
    return late / ended if ended else 0.0


def expected_hazards(renewals: Renewals, last_order_no: int) -> np.ndarray:
    """Return the chance to take no further order after order 1 to the last.

    Counted where shown, else the model's, and with the chance of a pause without an end. It is that
    of whoever is free to leave; what happens at the end of a commitment is not in it.
    """
    chances = hazard_at(renewals.model, np.arange(1, last_order_no + 1))
    known = _known(renewals, last_order_no)
    chances[known["order_no"] - 1] = known["free_lost"] / known["free_at_risk"]
    return 1 - (1 - chances) * (1 - renewals.pause_chance)


def drawn_hazards(
    renewals: Renewals, last_order_no: int, *, rng: np.random.Generator, draws: int
) -> np.ndarray:
    """Draw `expected_hazards`: counts by Jeffreys' posterior, the rest from the model's parameters.

    Returns:
        An array of draws x orders.
    """
    drawn = draw_hazards(renewals.model, last_order_no, rng=rng, draws=draws)
    known = _known(renewals, last_order_no)
    lost, at_risk = (known[name].to_numpy(float) for name in ("free_lost", "free_at_risk"))
    drawn[:, known["order_no"] - 1] = rng.beta(
        lost + 0.5, at_risk - lost + 0.5, size=(draws, len(known))
    )
    return 1 - (1 - drawn) * (1 - renewals.pause_chance)


def _known(renewals: Renewals, last_order_no: int) -> pd.DataFrame:
    table = renewals.hazards
    return table[(table["free_at_risk"] > 0) & (table["order_no"] <= last_order_no)]


def with_commitment(
    hazards: np.ndarray, renewals: Renewals, commitment_orders: int, *,
    rng: np.random.Generator | None = None,
) -> np.ndarray:  # fmt: skip
    """Return chances to leave under a commitment: none before its end, then those counted there.

    Where fewer than 30 commitments of that length have ended, all who wanted to leave before are
    taken to leave at the end.

    Args:
        hazards: One row of chances, or one row a draw; orders across.
        renewals: What `fit_renewals` returned.
        commitment_orders: Orders before one may leave; 1 for no commitment.
        rng: Draws the chance at the end, where rows are draws.
    """
    if commitment_orders <= 1:
        return hazards
    if commitment_orders > hazards.shape[-1]:
        return np.zeros_like(hazards)
    held = hazards.copy()
    last = commitment_orders - 1
    held[..., last] = 1 - np.prod(1 - hazards[..., : last + 1], axis=-1)
    held[..., :last] = 0.0
    ends = renewals.commitments[renewals.commitments["order_no"] == commitment_orders]
    if len(ends):
        lost, at_risk = (float(ends[name].iloc[0]) for name in ("lost", "at_risk"))
        held[..., last] = (
            lost / at_risk
            if rng is None
            else rng.beta(lost + 0.5, at_risk - lost + 0.5, size=held.shape[:-1])
        )
    return held
