"""What is known of every customer as of a day, for the rules that campaigns ask."""

from collections.abc import Iterable, Mapping
from datetime import date

import numpy as np
import pandas as pd

from analysis import ltv
from analysis.campaigns.rules import Condition, Rule
from analysis.churn.reasons import map_reasons
from analysis.errors import DataError, ParameterError
from analysis.language import _
from analysis.shop import Shop
from analysis.targets.ranks import RANKS, WINDOW_DAYS, ranks, scores

# Which table and columns answer a condition, beyond the days on which customers bought.
_CONSENT = ("email_optin", "line_optin", "sms_optin")
CANCELLATION_CONDITIONS = ("days_since_cancellation", "cancel_reason")
SUBSCRIPTION_CONDITIONS = (
    "subscription_state",
    "subscription_orders",
    "days_until_next_order",
    *CANCELLATION_CONDITIONS,
)
# Answered by the models of the lifetime-value report.
_VALUE = (
    "alive_probability",
    "alive_probability_fall",
    "expected_value_minor",
    "value_standing",
)
_NEEDS: Mapping[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "consent": (("customers", _CONSENT),),
    "source": (("customers", ("source", "region")),),
    "region": (("customers", ("source", "region")),),
    "bought": (("baskets", ("product_no",)), ("product_keys", ("product_id",))),
    "not_bought": (("baskets", ("product_no",)), ("product_keys", ("product_id",))),
    **dict.fromkeys(
        SUBSCRIPTION_CONDITIONS,
        (
            ("subscriptions", ("cycle_days", "cancelled_at", "cancel_reason")),
            ("orders", ("subscription_id",)),
        ),
    ),
}
CONSENT_COLUMNS = {"email": "email_optin", "line": "line_optin", "sms": "sms_optin"}


class Facts:
    """One row a customer who has bought by a day; each reduction is read when it is first asked.

    Attributes:
        shop: The shop.
        as_of: The day; nothing after it is read.
        customers: `sql/target_customers.sql`, to which columns are added as rules ask for them.
    """

    def __init__(self, shop: Shop, *, as_of: date) -> None:
        """Read who has bought by the day."""
        self.shop, self.as_of = shop, as_of
        self.customers = self._read("target_customers", window_days=WINDOW_DAYS)
        self.index = pd.Index(self.customers["customer_id"])
        self._bought: dict[str, np.ndarray] = {}
        self._joined: set[str] = set()

    def frame(self, names: Iterable[str]) -> pd.DataFrame:
        """Return a frame that answers these conditions.

        Raises:
            DataError: The shop lacks a table or column that a condition needs.
        """
        for name in names:
            self._require(name)
            if name in SUBSCRIPTION_CONDITIONS:
                self._join("target_subscriptions", missing={"subscription_state": "none"})
                self._name_reasons()
            elif name in ("source", "region"):
                self._join("target_origin")
            elif name == "consent":
                self._join("target_consent")
            elif name in _VALUE:
                self._score_value(name)
            elif name == "rank" and "rank" not in self.customers:
                self.customers["rank"] = ranks(self.customers)
            elif name.endswith("_score") and name not in self.customers:
                self.customers = self.customers.join(scores(self.customers))
        return self.customers

    def bought(self, product_id: str) -> np.ndarray:
        """Return which customers have bought a product.

        Raises:
            DataError: Nobody has ever ordered it; the ID is probably mistyped.
        """
        if product_id not in self._bought:
            buyers = self._read("target_product_buyers", product_id=product_id)
            if buyers.empty:
                raise DataError(
                    f"Nobody had bought the product '{product_id}' by {self.as_of}: is that the ID "
                    f"that the shop's orders use?"
                )
            self._bought[product_id] = self.index.isin(buyers["customer_id"])
        return self._bought[product_id]

    def consents(self, channel: str) -> np.ndarray:
        """Return who allows messages over a channel; what is not recorded is no consent."""
        column = self.frame(["consent"])[CONSENT_COLUMNS[channel]]
        return column.eq(True).fillna(value=False).to_numpy(dtype=bool)

    def is_recorded(self, channel: str) -> bool:
        """Return whether the shop knows of anybody at all whether a channel is allowed."""
        return bool(self.frame(["consent"])[CONSENT_COLUMNS[channel]].notna().any())

    def _read(self, name: str, **parameters: object) -> pd.DataFrame:
        return self.shop.reduce(name, as_of=self.as_of, **parameters)

    def _join(self, name: str, *, missing: Mapping[str, str] | None = None) -> None:
        if name in self._joined:
            return
        self._joined.add(name)
        found = self._read(name).set_index("customer_id").reindex(self.index)
        for column in found:
            values = found[column]
            if missing and column in missing:
                values = values.fillna(missing[column])
            self.customers[column] = values.to_numpy()

    def _name_reasons(self) -> None:
        if "reasons" not in self._joined:
            self._joined.add("reasons")
            self.customers["cancel_reason"] = reason_codes(self.shop, self.customers)

    def _score_value(self, name: str) -> None:
        if name in self.customers:
            return
        model = ltv.fit_purchases(self._read("btyd_cells"))
        summary = self._read("btyd_summary")
        if name == "alive_probability":
            columns = ("frequency", "recency_days", "age_days")
            histories = (summary[column].to_numpy(float) for column in columns)
            summary = summary.assign(alive_probability=ltv.alive_probability(model, *histories))
        else:
            spend, _problem = ltv.fit_amounts(self._read("spend_cells"))
            summary = ltv.score_standing(summary, model, spend)
        known = summary.set_index("customer_id").reindex(self.index)
        for column in _VALUE:
            if column in known:
                self.customers[column] = known[column].to_numpy()

    def _require(self, name: str) -> None:
        tables = self.shop.engine.tables
        for table, columns in _NEEDS.get(name, ()):
            lacking = [column for column in columns if column not in tables.get(table, {})]
            if table not in tables:
                what = _("the table '{table}'").format(table=table)
            elif lacking:
                what = _("the column '{column}' of the table '{table}'").format(
                    column=lacking[0], table=table
                )
            else:
                continue
            raise DataError(
                _(
                    "The rule asks for '{name}', for which shop '{shop}' lacks {what}: import it, "
                    "or ask for something else."
                ).format(name=name, shop=self.shop.file.name, what=what)
            )


def reason_codes(shop: Shop, standing: pd.DataFrame) -> np.ndarray:
    """Return why customers cancelled, by the shop's own table; empty for those who did not.

    Args:
        shop: The shop.
        standing: Columns `subscription_state` and `cancel_reason`
            (`sql/target_subscriptions.sql`).
    """
    codes = map_reasons(list(standing["cancel_reason"]), shop.file.cancel_reasons or {})
    has_cancelled = (standing["subscription_state"] == "cancelled").to_numpy(dtype=bool)
    return np.where(has_cancelled, np.array(codes, dtype=object), "")


def check_choices(rule: Rule, *, where: str) -> None:
    """Refuse a rank that no customer can have.

    Raises:
        ParameterError: The rule names a rank that is none of `RANKS`.
    """
    if isinstance(rule, Condition):
        unknown = [choice for choice in rule.choices if rule.name == "rank" and choice not in RANKS]
        if unknown:
            raise ParameterError(
                f"{where}: rank == '{unknown[0]}', must be one of {', '.join(RANKS)}."
            )
        return
    for part in rule.rules:
        check_choices(part, where=where)
