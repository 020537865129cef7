"""What did the assigned customers do? A campaign's customers and metrics out of the shop."""

from datetime import date
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.assignment import CONTROL
from analysis.campaigns import Campaign, Kpi, kpi_in_words
from analysis.campaigns.campaign import LOWER_IS_BETTER
from analysis.churn.origin import read_origin
from analysis.churn.reasons import map_reasons
from analysis.errors import DataError
from analysis.experiments.corrections import winsorize
from analysis.experiments.sample import Measure, Sample, indicator
from analysis.language import _
from analysis.shop import Shop

_ORDER_GROUPS = ("0", "1", "2-4", "5+")


class Gathered(NamedTuple):
    """A campaign's customers as assigned, and what was measured of them.

    Attributes:
        sample: Who was in which arm.
        primary: What decides.
        secondary: What else is hoped for.
        guardrails: What must not be damaged, with the largest damage that is accepted.
        revenue: What customers paid within the primary metric's window, in minor units.
        undecided: For a continuation that decides, whose order may still come in time; None
            for other metrics.
        left_out: How many customers the primary metric cannot be asked of.
        last_assigned: Day of the last assignment.
    """

    sample: Sample
    primary: Measure
    secondary: tuple[Measure, ...]
    guardrails: tuple[tuple[Measure, float], ...]
    revenue: Measure
    undecided: np.ndarray | None
    left_out: int
    last_assigned: date


class _Reader:
    """Reads each reduction once, in the order of the campaign's customers."""

    def __init__(self, shop: Shop, campaign: Campaign, as_of: date, grace_days: int) -> None:
        self.shop, self.campaign, self.as_of, self.grace_days = shop, campaign, as_of, grace_days
        self.people = self._read("campaign_customers", pre_period_days=campaign.pre_period_days)
        self.index = pd.Index(self.people["customer_id"])
        self.kept = np.ones(len(self.people), dtype=bool)
        self.held: dict[tuple[str, int], dict[str, np.ndarray]] = {}

    def _read(self, name: str, **parameters: object) -> pd.DataFrame:
        return self.shop.reduce(
            name, campaign_id=self.campaign.campaign_id, as_of=self.as_of, **parameters
        )

    def place(self, frame: pd.DataFrame) -> np.ndarray:
        return self.index.get_indexer(frame["customer_id"])

    def spread(self, frame: pd.DataFrame, *columns: str) -> dict[str, np.ndarray]:
        """Return columns for all customers, 0 for those who are absent, and who is `asked`."""
        places = self.place(frame)
        found = {"asked": np.zeros(len(self.index), dtype=bool)}
        found["asked"][places] = True
        for column in columns:
            found[column] = np.zeros(len(self.index))
            found[column][places] = frame[column].to_numpy(dtype=float)
        return found

    def purchases(self, window_days: int) -> dict[str, np.ndarray]:
        key = ("purchases", window_days)
        if key not in self.held:
            frame = self._read("campaign_purchases", window_days=window_days)
            self.held[key] = self.spread(frame, "orders", "amount_minor")
        return self.held[key]

    def continuation(self, order_no: int) -> dict[str, np.ndarray]:
        key = ("continuation", order_no)
        if key not in self.held:
            frame = self._read(
                "campaign_continuation", order_no=order_no, grace_days=self.grace_days
            )
            self.held[key] = self.spread(frame, "reached", "is_open")
        return self.held[key]

    def bought(self, kpi: Kpi) -> np.ndarray:
        some = np.zeros(len(self.index))
        for product in kpi.product_ids:
            frame = self._read(
                "campaign_product_buyers", window_days=kpi.window_days, product_id=product
            )
            some[self.place(frame)] = 1
        return some

    def cancelled(self, kpi: Kpi) -> np.ndarray:
        origin = read_origin(self.shop._replace(as_of=self.as_of))
        if origin and origin.derived and not origin.ended:
            raise DataError(
                _(
                    "Campaign '{name}' is judged by cancellations, of which nothing is known: "
                    "import the shop's list of cancellations."
                ).format(name=self.campaign.campaign_id)
            )
        frame = self._read("campaign_cancellations", window_days=kpi.window_days)
        if kpi.reasons:
            codes = map_reasons(list(frame["cancel_reason"]), self.shop.file.cancel_reasons or {})
            frame = frame[np.isin(codes, kpi.reasons)]
        some = np.zeros(len(self.index))
        some[self.place(frame)] = 1
        return some

    def groups(self) -> dict[str, np.ndarray]:
        found: dict[str, np.ndarray] = {}
        wanted = self.campaign.split_by
        if "orders_before" in wanted:
            places = np.digitize(self.people["orders_before"].to_numpy(), (1, 2, 5))
            found["orders_before"] = np.array(_ORDER_GROUPS)[places]
        known = self.shop.engine.tables.get("customers", {})
        columns = [name for name in wanted if name in ("source", "region") and name in known]
        if columns and {"source", "region"} <= set(known):
            frame = self._read("campaign_groups")
            for column in columns:
                names = np.full(len(self.index), "", dtype=object)
                names[self.place(frame)] = frame[column].to_numpy(dtype=object)
                found[column] = names
        return found


def gather(shop: Shop, campaign: Campaign, *, as_of: date, grace_days: int) -> Gathered:
    """Read what a campaign's customers did, as assigned, up to a day.

    Before the readout day, only customers whose windows are over are read, so that no arm and no
    customer looks worse for being young.

    Args:
        shop: The shop.
        campaign: What the file says.
        as_of: The readout day, or the day of an earlier look.
        grace_days: How late an order may come and still count as come.

    Raises:
        DataError: The ledger is empty, has an arm that the file does not name, lacks control or an
            arm, or the shop lacks a table that a metric needs.
    """
    reader = _Reader(shop, campaign, as_of, grace_days)
    if not len(reader.people):
        raise DataError(
            _("The ledger has no customer of campaign '{name}' up to {day}.").format(
                name=campaign.campaign_id, day=as_of
            )
        )
    names = (CONTROL, *(arm for arm, _share in campaign.arms))
    where = f"The ledger of campaign '{campaign.campaign_id}'"
    arm = indicator(reader.people["arm"].to_numpy(dtype=object), names, where=where)
    for place, name in enumerate(names):
        if not (arm == place).any():
            raise DataError(
                f"{where} has no customer in the arm '{name}': without it there is nothing to "
                f"compare with."
            )
    sample = Sample(
        names,
        arm,
        before={
            column: reader.people[column].to_numpy(dtype=float)
            for column in ("orders_before", "amount_before_minor")
        },
        groups=reader.groups(),
    )
    undecided = None
    left_out = 0
    if campaign.primary.metric == "continuation":
        found = reader.continuation(campaign.primary.order_no)
        undecided, left_out = found["is_open"], int((~found["asked"]).sum())
    gathered = Gathered(
        sample=sample,
        primary=_measure(reader, campaign.primary),
        secondary=tuple(_measure(reader, kpi) for kpi in campaign.secondary),
        guardrails=tuple(
            (_measure(reader, rail.kpi), rail.non_inferiority_margin)
            for rail in campaign.guardrails
        ),
        revenue=_sold(reader, campaign.primary.window_days),
        undecided=undecided,
        left_out=left_out,
        last_assigned=reader.people["assigned_day"].max().date(),
    )
    closed = _closed(reader, campaign, as_of)
    return gathered if closed.all() else _only(gathered, closed)


def _measure(reader: _Reader, kpi: Kpi) -> Measure:
    label = kpi_in_words(kpi, product_names=reader.campaign.product_names)
    name = f"{kpi.metric}_{kpi.window_days}d"
    sign = -1 if kpi.metric in LOWER_IS_BETTER else 1
    if kpi.metric == "continuation":
        found = reader.continuation(kpi.order_no)
        name = f"continuation_to_{kpi.order_no}"
        return Measure(name, label, "rate", "share", found["reached"], asked=found["asked"])
    if kpi.metric == "bought_product":
        return Measure(name, label, "rate", "share", reader.bought(kpi))
    if kpi.metric == "cancellation":
        return Measure(name, label, "rate", "share", reader.cancelled(kpi), sign=sign)
    orders, amount = (reader.purchases(kpi.window_days)[key] for key in ("orders", "amount_minor"))
    orders_before = reader.people["orders_before"].to_numpy(dtype=float)
    amount_before = reader.people["amount_before_minor"].to_numpy(dtype=float)
    if kpi.metric == "purchase":
        return Measure(name, label, "rate", "share", (orders > 0).astype(float))
    if kpi.metric == "orders":
        return Measure(name, label, "mean", "count", orders, covariate=orders_before)
    if kpi.metric == "average_order_value":
        return Measure(name, label, "ratio", "minor", amount, orders, amount_before, orders_before)
    amount, _cut = winsorize(amount, share=reader.campaign.winsorize_share)
    kept = reader.campaign.margin_share if kpi.metric == "margin" else 1.0
    return Measure(name, label, "mean", "minor", amount * kept, covariate=amount_before)


def _sold(reader: _Reader, window_days: int) -> Measure:
    # As it was paid: what was sold is no estimate, and is never cut.
    return Measure(
        name=f"sold_{window_days}d",
        label=kpi_in_words(Kpi("revenue", window_days)),
        kind="mean",
        unit="minor",
        value=reader.purchases(window_days)["amount_minor"],
        covariate=reader.people["amount_before_minor"].to_numpy(dtype=float),
    )


def _closed(reader: _Reader, campaign: Campaign, as_of: date) -> np.ndarray:
    if as_of >= campaign.readout_on:
        return np.ones(len(reader.index), dtype=bool)
    longest = (campaign.last_window_day - campaign.ends_on).days
    days = (pd.Timestamp(as_of) - reader.people["assigned_day"]).dt.days.to_numpy()
    return days >= longest


def _only(gathered: Gathered, rows: np.ndarray) -> Gathered:
    """Return the same for some of the customers."""
    sample = gathered.sample
    return gathered._replace(
        sample=sample._replace(
            arm=sample.arm[rows],
            before={name: column[rows] for name, column in sample.before.items()},
            groups={name: column[rows] for name, column in sample.groups.items()},
        ),
        primary=gathered.primary.only(rows),
        secondary=tuple(measure.only(rows) for measure in gathered.secondary),
        guardrails=tuple((measure.only(rows), margin) for measure, margin in gathered.guardrails),
        revenue=gathered.revenue.only(rows),
        undecided=None if gathered.undecided is None else gathered.undecided[rows],
    )
