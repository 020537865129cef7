"""Did it change why subscribers cancel? Each reason by its own incidence, not by its share.

A share of cancellations moves when other reasons do: fewer cancellations because of surplus make
every other reason a larger share. Customers who cancelled for a reason, of all who were assigned,
do not (cause-specific cumulative incidence with every window closed).
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analysis.churn.reasons import map_reasons
from analysis.churn.wording import reason_label
from analysis.experiments.corrections import holm
from analysis.experiments.effects import Effect, effect_of
from analysis.experiments.evaluation import Evaluation
from analysis.experiments.sample import Measure, Sample, indicator
from analysis.shop import Shop

MIN_CUSTOMERS = 10
_MOST_REASONS = 6
_NEEDED = ("customer_id", "cancelled_at", "cancel_reason")


def reason_effects(shop: Shop, evaluation: Evaluation) -> list[Effect]:
    """Compare how many customers cancelled for each reason within the deciding metric's window.

    What customers wrote is read by the shop's own table, as the churn report reads it.

    Args:
        shop: The shop.
        evaluation: A campaign that has been read out.

    Returns:
        One effect per treatment arm and reason, the commonest reasons first, with Holm's
        correction over all; reasons of fewer than ten customers are one together. Empty where the
        shop has no subscriptions or nobody cancelled.
    """
    campaign = evaluation.campaign
    columns = shop.engine.tables.get("subscriptions", {})
    if campaign is None or not evaluation.results or not set(_NEEDED) <= set(columns):
        return []
    asked = {"campaign_id": campaign.campaign_id, "as_of": evaluation.as_of}
    people = shop.reduce("campaign_customers", pre_period_days=1, **asked)
    left = shop.reduce("campaign_cancellations", window_days=campaign.primary.window_days, **asked)
    if left.empty:
        return []
    names = ("control", *(result.arm for result in evaluation.results))
    arm = indicator(people["arm"].to_numpy(dtype=object), names, where=campaign.campaign_id)
    sample = Sample(names, arm, before={}, groups={})
    codes = _codes(list(left["cancel_reason"]), shop.file.cancel_reasons or {})
    places = pd.Index(people["customer_id"]).get_indexer(left["customer_id"])
    effects = []
    for code, _count in Counter(codes).most_common():
        value = np.zeros(len(people))
        value[places[np.array(codes, dtype=object) == code]] = 1
        measure = Measure(f"cancelled_{code}", reason_label(code), "rate", "share", value, sign=-1)
        effects += [effect_of(measure, sample, name) for name in names[1:]]
    return holm(effects)


def reasons_by_test(shop: Shop, evaluations: Sequence[Evaluation]) -> dict[str, list[Effect]]:
    """Return the effects on reasons of every test that can be judged and is about subscriptions."""
    found = {
        each.title: reason_effects(shop, each)
        for each in evaluations
        if each.state == "judged" and each.can_be_judged and _is_about_subscriptions(each)
    }
    return {name: effects for name, effects in found.items() if effects}


def _is_about_subscriptions(evaluation: Evaluation) -> bool:
    campaign = evaluation.campaign
    return campaign is not None and campaign.primary.metric in ("continuation", "cancellation")


def _codes(texts: list[str], table: Mapping[str, Sequence[str]]) -> list[str]:
    told = map_reasons(texts, table)
    kept = {
        code for code, count in Counter(told).most_common(_MOST_REASONS) if count >= MIN_CUSTOMERS
    }
    return [code if code in kept else "other" for code in told]
