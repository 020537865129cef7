"""Does it work better for some? Asked of the interaction first, and only to explore."""

from typing import NamedTuple

import numpy as np
from scipy.special import chdtrc

from analysis.experiments.effects import Effect, effect_of
from analysis.experiments.sample import Measure, Sample, asked_sizes
from analysis.multiplicity import holm

MIN_PER_ARM = 30


class Split(NamedTuple):
    """One effect looked at by group.

    Attributes:
        name: What the groups are of.
        effects: Group to its effect; groups where the metric can be asked of fewer than 30
            customers in an arm are left out.
        p_value: Of no difference between the groups (interaction).
        p_adjusted: After Holm's correction over all splits.
        hidden: How many groups are left out.
    """

    name: str
    effects: dict[str, Effect]
    p_value: float
    p_adjusted: float
    hidden: int


def interaction_p(effects: list[Effect]) -> float:
    r"""Return the p-value of equal effects in all groups (Cochran's Q, a Wald test).

    $$Q = \sum_g w_g (d_g - \bar d)^2 \sim \chi^2_{G-1}, \quad w_g = 1 / \mathrm{SE}_g^2$$
    """
    pairs = [
        (effect.difference, effect.standard_error)
        for effect in effects
        if np.isfinite(effect.standard_error) and effect.standard_error > 0
    ]
    if len(pairs) < 2:
        return 1.0
    found, errors = np.array(pairs).T
    weights = 1 / errors**2
    mean = (weights * found).sum() / weights.sum()
    return float(chdtrc(len(pairs) - 1, (weights * (found - mean) ** 2).sum()))


def splits(measure: Measure, sample: Sample, arm: str) -> list[Split]:
    """Compare one treatment arm with control in each group of each split, to explore."""
    found = []
    for name, groups in sample.groups.items():
        effects, hidden = {}, 0
        for group in sorted(set(groups.tolist())):
            inside = groups == group
            part, people = measure.only(inside), sample._replace(arm=sample.arm[inside])
            sizes = asked_sizes(part, people)
            if min(sizes[0], sizes[sample.arms.index(arm)]) < MIN_PER_ARM:
                hidden += 1
                continue
            effects[str(group)] = effect_of(part, people, arm)
        p_value = interaction_p(list(effects.values()))
        found.append(Split(name, effects, p_value, p_value, hidden))
    adjusted = holm(np.array([split.p_value for split in found])).tolist()
    return [split._replace(p_adjusted=p) for split, p in zip(found, adjusted, strict=True)]
