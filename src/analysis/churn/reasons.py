"""Why do subscribers leave? Cause-specific hazards by order number, and what they add up to."""

import unicodedata
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analysis.churn.peak import can_be_tested, contrasts
from analysis.churn.transitions import CONTINUED, LOST
from analysis.intervals import wilson, z_score
from analysis.multiplicity import holm

# Codes with a meaning of their own; all others are the shop's.
PAYMENT = "payment"
UNKNOWN = "unknown"
_HAZARD_COLUMNS = [
    "order_no", "at_risk", "lost", "hazard", "low", "high", "standardized", "standardized_low",
    "standardized_high", "reason",
]  # fmt: skip


def map_reasons(texts: Sequence[str | None], table: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the reason code of each text: that of the first entry of which it holds a part.

    Width and case of letters do not count. A text without any, or that no entry matches, is
    `unknown`.

    Args:
        texts: What customers wrote.
        table: Reason code to parts of texts, as the key `cancel_reasons` of a shop's file.

    >>> map_reasons(["まだ余っている", "Too EXPENSIVE", "?", None], {
    ...     "surplus": ["余って"], "price": ["expensive"]})
    ['surplus', 'price', 'unknown', 'unknown']
    """
    parts = [(code, _plain(part)) for code, entries in table.items() for part in entries]

    def code_of(text: str | None) -> str:
        if not isinstance(text, str):
            return UNKNOWN
        plain = _plain(text)
        return next((code for code, part in parts if part in plain), UNKNOWN)

    known = {text: code_of(text) for text in set(texts)}
    return [known[text] for text in texts]


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()


def losses_by_reason(cells: pd.DataFrame, table: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Count losses by order number, source and reason.

    A failed payment is the reason where a payment failed and nobody gave another.

    Args:
        cells: What `count_transitions` returned.
        table: Reason code to parts of texts.

    Returns:
        Columns `order_no`, `source`, `reason`, `lost`, and `is_told` (there was a text, mapped or
        not); subscriptions whose commitment ends with the order are left out.
    """
    rows = cells[
        (cells["cut"] == "source") & cells["outcome"].isin(LOST) & (cells["is_commitment_end"] == 0)
    ]
    texts = rows["cancel_reason"].astype(object).where(rows["cancel_reason"].notna(), None)
    reason = pd.Series(map_reasons(list(texts), table), index=rows.index, dtype=object)
    failed = (rows["outcome"] == "payment_failed") & (reason == UNKNOWN)
    return (
        pd.DataFrame(
            {
                "order_no": rows["order_no"],
                "source": rows["source"].fillna(""),
                "reason": reason.mask(failed, PAYMENT),
                "is_told": texts.notna() | failed,
                "lost": rows["subscriptions"],
            }
        )
        .groupby(["order_no", "source", "reason", "is_told"], as_index=False)["lost"]
        .sum()
    )


def at_risk_by_source(cells: pd.DataFrame) -> pd.DataFrame:
    """Return subscriptions at risk by order number (down) and source (across), ends left out."""
    rows = cells[
        (cells["cut"] == "source")
        & cells["outcome"].isin((CONTINUED, *LOST))
        & (cells["is_commitment_end"] == 0)
    ]
    table = rows.assign(source=rows["source"].fillna("")).pivot_table(
        index="order_no", columns="source", values="subscriptions", aggfunc="sum", fill_value=0
    )
    last = int(table.index.max()) if len(table) else 0
    return table.reindex(pd.RangeIndex(1, last + 1, name="order_no"), fill_value=0)


def reason_totals(losses: pd.DataFrame) -> pd.DataFrame:
    """Return losses and their share by reason, most first, `unknown` last."""
    lost = losses.groupby("reason")["lost"].sum().sort_values(ascending=False, kind="stable")
    if UNKNOWN in lost:
        lost = pd.concat([lost.drop(UNKNOWN), lost[[UNKNOWN]]])
    interval = wilson(lost, lost.sum())
    return pd.DataFrame(
        {
            "reason": lost.index,
            "lost": lost.to_numpy(),
            "share": (lost / lost.sum()).to_numpy(),
            "low": interval.low,
            "high": interval.high,
        }
    )


def unknown_share(losses: pd.DataFrame) -> float:
    """Return the share of losses whose reason nobody told or the table does not know."""
    total = losses["lost"].sum()
    unknown = losses.loc[losses["reason"] == UNKNOWN, "lost"].sum()
    return float(unknown / total) if total else 0.0


def reason_hazards(
    losses: pd.DataFrame, at_risk: pd.DataFrame, *, confidence: float = 0.95
) -> pd.DataFrame:
    r"""Estimate the chance to leave after each order for each reason, as it is and standardized.

    $$h_r(n) = \frac{d_{rn}}{r_n}, \qquad
    h^*_r(n) = \sum_s w_s \frac{d_{rns}}{r_{ns}}, \quad w_s = \frac{r_{1s}}{r_1}$$

    The standardized hazard is that of the sources' mix at order 1 at every order: without it the
    share of a reason changes along the orders for no other cause than that the subscribers of one
    source leave sooner.

    Args:
        losses: What `losses_by_reason` returned.
        at_risk: What `at_risk_by_source` returned.
        confidence: Share of intervals that hold the truth.

    Returns:
        One row per reason and order number: `reason`, `order_no`, `at_risk`, `lost`, `hazard`,
        `low`, `high` (Wilson), `standardized`, `standardized_low`, `standardized_high`.
    """
    if at_risk.empty:
        return pd.DataFrame(columns=_HAZARD_COLUMNS)
    first = at_risk.iloc[0] if at_risk.iloc[0].sum() else at_risk.sum()
    weights = first / first.sum()
    rows = []
    for reason, part in losses.groupby("reason"):
        lost = part.pivot_table(
            index="order_no", columns="source", values="lost", aggfunc="sum", fill_value=0
        ).reindex(index=at_risk.index, columns=at_risk.columns, fill_value=0)
        by_reason = pd.DataFrame(
            {"at_risk": at_risk.sum(axis=1), "lost": lost.sum(axis=1)}, index=at_risk.index
        )
        interval = wilson(by_reason["lost"], by_reason["at_risk"], confidence=confidence)
        by_reason["hazard"] = by_reason["lost"] / by_reason["at_risk"].where(lambda n: n > 0)
        by_reason["low"], by_reason["high"] = interval.low, interval.high
        rows.append(
            by_reason.join(_standardized(lost, at_risk, weights, z=z_score(confidence)))
            .assign(reason=reason)
            .reset_index()
        )
    return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=_HAZARD_COLUMNS)


def _standardized(
    lost: pd.DataFrame, at_risk: pd.DataFrame, weights: pd.Series, *, z: float
) -> pd.DataFrame:
    share = lost / at_risk.where(at_risk > 0)
    # A source that nobody is left of passes its weight to the others.
    weight = share.notna().mul(weights, axis=1)
    weight = weight.div(weight.sum(axis=1).replace(0, np.nan), axis=0)
    mean = (weight * share).sum(axis=1, min_count=1)
    # Half a loss more keeps the error of a share of none above zero.
    smooth = (lost + 0.5) / (at_risk + 1)
    variance = (weight**2 * smooth * (1 - smooth) / at_risk.where(at_risk > 0)).sum(axis=1)
    margin = z * np.sqrt(variance)
    return pd.DataFrame(
        {
            "standardized": mean,
            "standardized_low": (mean - margin).clip(lower=0),
            "standardized_high": (mean + margin).clip(upper=1),
        }
    )


def cumulative_incidence(
    losses: pd.DataFrame, at_risk: pd.DataFrame, *, confidence: float = 0.95
) -> pd.DataFrame:
    r"""Estimate which share of starters has left for each reason by each order.

    $$F_r(n) = \sum_{k \le n} S(k-1) \, h_r(k)$$

    The reasons' shares add up to 1 - S(n). Interval: the delta method, on the plain scale.

    Args:
        losses: What `losses_by_reason` returned.
        at_risk: What `at_risk_by_source` returned.
        confidence: Share of intervals that hold the truth.

    Returns:
        One row per reason and order number: `reason`, `order_no`, `share`, `low`, `high`.

    Source:
        Aalen and Johansen (1978), Scandinavian Journal of Statistics 5, 141-150; the variance:
        Marubini and Valsecchi (1995), equation 10.12.
    """
    risk = at_risk.sum(axis=1).to_numpy(float)
    by_reason = losses.pivot_table(
        index="order_no", columns="reason", values="lost", aggfunc="sum", fill_value=0
    ).reindex(at_risk.index, fill_value=0)
    lost = by_reason.sum(axis=1).to_numpy(float)
    reached = risk > 0
    safe = np.where(reached, risk, 1.0)
    before = np.concatenate(([1.0], np.cumprod(1 - lost / safe)[:-1]))
    z = z_score(confidence)
    rows = []
    for reason in by_reason:
        own = by_reason[reason].to_numpy(float)
        share = np.cumsum(before * own / safe)
        margin = z * np.sqrt(_incidence_variance(share, before, risk, lost, own))
        rows.append(
            pd.DataFrame(
                {
                    "reason": reason,
                    "order_no": at_risk.index,
                    "share": share,
                    "low": np.clip(share - margin, 0, 1),
                    "high": np.clip(share + margin, 0, 1),
                }
            )
        )
    columns = ["reason", "order_no", "share", "low", "high"]
    return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=columns)


def _incidence_variance(
    share: np.ndarray, before: np.ndarray, risk: np.ndarray, lost: np.ndarray, own: np.ndarray
) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        all_causes = np.where((risk > 0) & (lost < risk), lost / (risk * (risk - lost)), 0.0)
        one_cause = np.where(risk > 0, before**2 * own * (risk - own) / risk**3, 0.0)
        both = np.where(risk > 0, before * own / risk**2, 0.0)
    variance = np.empty(len(share))
    for last in range(len(share)):
        ahead = share[last] - share[: last + 1]
        variance[last] = (
            (ahead**2 * all_causes[: last + 1]).sum()
            + one_cause[: last + 1].sum()
            - 2 * (ahead * both[: last + 1]).sum()
        )
    return np.maximum(variance, 0.0)


def reasons_at(losses: pd.DataFrame, at_risk: pd.DataFrame, *, order_no: int) -> pd.DataFrame:
    """Test for each reason whether it is more frequent after an order than after its neighbors.

    Returns:
        One row per told reason, the largest excess first, as `contrasts` gives them, with `reason`
        and `p_holm`; empty where the order or a neighbor has fewer than 30 at risk.
    """
    risk = at_risk.sum(axis=1).to_numpy(float)
    place = order_no - 2
    if not 0 <= place < len(risk) - 2 or not can_be_tested(risk)[place]:
        return pd.DataFrame(columns=["reason", "excess", "low", "high", "p_holm"])
    rows = []
    for reason, part in losses[losses["reason"] != UNKNOWN].groupby("reason"):
        lost = part.groupby("order_no")["lost"].sum().reindex(at_risk.index, fill_value=0)
        rows.append(contrasts(risk, lost.to_numpy(float)).iloc[[place]].assign(reason=reason))
    if not rows:
        return pd.DataFrame(columns=["reason", "excess", "low", "high", "p_holm"])
    table = pd.concat(rows, ignore_index=True)
    table["p_holm"] = holm(table["p"].to_numpy())
    return table.sort_values(["excess", "reason"], ascending=[False, True], ignore_index=True)
