"""Prices, hours, values, waits, discounts: by hand, against other libraries, on the samples."""

from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from scipy.stats import chisquare
from statsmodels.stats.meta_analysis import combine_effects
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from analysis import ltv, products
from analysis.customers import rfm
from analysis.demo import Plan, generate_shop
from analysis.errors import DataError, ParameterError
from analysis.ingest.derived import derive_tables
from analysis.products import answers, figures, sentences, tables
from analysis.products.replenishment import replenishment
from analysis.products.shrinkage import paule_mandel, shrink
from analysis.shop import Shop, open_shop

# Whole weeks, so that there are as many days of each weekday.
WEEKS = {"first_day": date(2024, 1, 1), "last_day": date(2024, 12, 29)}


def by_hour(counts: np.ndarray) -> pd.DataFrame:
    """Counts by weekday (rows) and hour (columns) as the query gives them, a customer an order."""
    return pd.DataFrame(
        [(day + 1, hour, n, n) for (day, hour), n in np.ndenumerate(counts) if n],
        columns=["weekday", "hour", "orders", "customers"],
    )


def test_hours_against_scipy() -> None:
    counts = np.random.default_rng(3).poisson(30, (7, 24))
    busy = products.busy_hours(by_hour(counts), **WEEKS)
    theirs = [chisquare(counts.sum(axis=axis)).pvalue for axis in (0, 1)]
    assert [busy.hours_p, busy.weekdays_p] == pytest.approx(
        multipletests(theirs, method="holm")[1].tolist()
    )
    said = sentences.hours_sentence(busy, by_hour(counts))
    assert "cannot be told yet from 5,074 one-off orders (p = " in said
    assert "An hour with 36% more orders" in said


def test_busy_hours_are_told_as_far_as_they_differ() -> None:
    def told(counts: np.ndarray) -> str:
        frame = by_hour(counts)
        return sentences.hours_sentence(products.busy_hours(frame, **WEEKS), frame)

    even = np.full((7, 24), 30)
    sunday = even.copy()
    sunday[6, 20:23] += 60
    assert told(sunday).startswith("Sunday from 20:00 to 23:00: 5.2% [")
    evening = told(even + 10 * (np.arange(24) // 3 == 6))
    assert evening.startswith("Every day from 18:00 to 21:00: 16.0% [")
    assert "Whether weekdays differ cannot be told yet (p = 1)" in evening
    friday = even.copy()
    friday[4] += 5
    assert told(friday).startswith("Friday: 16.3% [")
    assert "Whether hours of the day differ cannot be told yet (p = 1)" in told(friday)


def test_an_hour_is_found_as_often_as_is_said() -> None:
    """Hour 20 with as much more orders as four of five samples are said to tell, and with none."""
    rng = np.random.default_rng(5)
    orders = 4_000
    more = products.busy_hours(by_hour(np.full((7, 24), orders / 168)), **WEEKS).told_change
    found, false = 0, 0
    for _draw in range(300):
        for change in (more, 0):
            weights = np.ones((7, 24))
            weights[:, 20] += change
            busy = products.busy_hours(
                by_hour(rng.multinomial(orders, (weights / weights.sum()).ravel()).reshape(7, 24)),
                **WEEKS,
            )
            if change:
                found += busy.hours_p <= 0.05
            else:
                false += min(busy.hours_p, busy.weekdays_p) <= 0.05
    # At the first level of Holm 80%, and more where the weekdays fall below 5% too.
    assert 0.8 - 3 * np.sqrt(0.16 / 300) <= found / 300 <= 0.82 + 3 * np.sqrt(0.16 / 300)
    assert false / 300 <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 300)


def test_weekdays_are_compared_by_their_number_of_days() -> None:
    """Ten days of equally many orders hold two Mondays and one Thursday."""
    counts = np.outer([200, 200, 200, 100, 100, 100, 100], np.ones(24, dtype=int))
    ten = {"first_day": date(2024, 1, 1), "last_day": date(2024, 1, 10)}
    busy = products.busy_hours(by_hour(counts), **ten)
    assert busy.weekdays_p == 1
    assert busy.weekday.times_even == pytest.approx(1)
    assert products.busy_hours(by_hour(counts), **WEEKS).weekdays_p < 1e-9


def test_an_eager_customer_does_not_make_an_hour() -> None:
    frame = by_hour(np.full((7, 24), 30))
    frame.loc[frame["hour"] == 9, "orders"] += 200
    busy = products.busy_hours(frame, **WEEKS)
    assert busy.hours_p == 1


def test_orders_without_a_time_say_so() -> None:
    frame = pd.DataFrame({"weekday": [1, 2], "hour": 0, "orders": 50, "customers": 50})
    assert products.busy_hours(frame, **WEEKS) is None
    assert "no time of day" in sentences.hours_sentence(None, frame)
    none = frame.iloc[:0]
    assert products.busy_hours(none, **WEEKS) is None
    assert "There are no one-off orders" in sentences.hours_sentence(None, none)


def test_bands_hold_every_order() -> None:
    rng = np.random.default_rng(4)
    values = pd.DataFrame(
        {
            "is_first": rng.random(500) < 0.4,
            "value_minor": (rng.gamma(3, 1_500, 500) // 10 * 10).astype(int),
            "number": rng.integers(1, 5, 500),
        }
    )
    bands = products.bands(values)
    for name, of in (("first", True), ("repeat", False)):
        assert bands[f"{name}_number"].sum() == values.loc[values["is_first"] == of, "number"].sum()
        assert bands[f"{name}_share"].sum() == pytest.approx(1)
        assert (bands[f"{name}_low"] <= bands[f"{name}_share"]).all()
    assert np.isnan(bands["high_minor"].iloc[-1])
    every = values.loc[values.index.repeat(values["number"]), "value_minor"]
    assert products.quantile(values, 0.5).value_minor == every.quantile(0.5, interpolation="lower")


def _counted(*rows: tuple[bool, int, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["is_first", "value_minor", "number"])


def test_prices_without_orders_have_no_chart() -> None:
    with pytest.raises(DataError, match="no values"):
        products.bands(_counted())
    unknown = products.quantile(_counted(), 0.5)
    assert unknown.n == 0
    none = products.Prices(_counted(), _counted(), unknown, unknown)
    assert "too few" in sentences.prices_sentence(none, currency="USD")


def test_price_chart_leaves_out_what_there_is_not() -> None:
    orders = _counted((True, 1_000, 40))
    median = products.quantile(orders, 0.5)
    prices = products.Prices(orders, _counted(), median, products.quantile(_counted(), 0.5))
    chart = figures.price_chart(prices, currency="USD")
    assert [ax.get_title(loc="left") or ax.get_title() for ax in chart.fig.axes] == [
        "What an order is worth"
    ]
    assert "Most repeat orders" not in chart.alt, "there are none"
    both = pd.concat([orders, _counted((False, 2_000, 30))], ignore_index=True)
    chart = figures.price_chart(prices._replace(orders=both, units=both), currency="USD")
    assert len(chart.fig.axes) == 2
    assert "Most repeat orders, 100%" in chart.alt


def test_median_interval_covers_nineteen_of_twenty() -> None:
    rng = np.random.default_rng(6)
    held = 0
    for _draw in range(400):
        values = pd.DataFrame({"value_minor": rng.exponential(1_000, 80), "number": 1})
        found = products.quantile(values, 0.5)
        held += found.low_minor <= 1_000 * np.log(2) <= found.high_minor
    assert held >= 400 * 0.95 - 3 * np.sqrt(400 * 0.95 * 0.05)


def test_shrinkage_against_statsmodels() -> None:
    rng = np.random.default_rng(7)
    mean, variance = rng.normal(100, 12, 9), rng.uniform(4, 90, 9)
    theirs = combine_effects(mean, variance, method_re="iterated")
    ours = paule_mandel(mean, variance)
    assert ours.variance == pytest.approx(theirs.tau2, rel=1e-4)
    assert ours.mean == pytest.approx(theirs.mean_effect_re, rel=1e-6)


def test_shrinkage_beats_own_means_and_covers() -> None:
    """Over draws with known true means, groups of 12 to 400 customers."""
    rng = np.random.default_rng(8)
    own, drawn, held, groups = 0.0, 0.0, 0, 0
    for _draw in range(60):
        truth = rng.normal(1_000, 60, 12)
        n = rng.integers(12, 400, 12)
        samples = [rng.gamma(2, middle / 2, size) for middle, size in zip(truth, n, strict=True)]
        frame = pd.DataFrame(
            {"n": n, "mean": [s.mean() for s in samples], "sd": [s.std(ddof=1) for s in samples]}
        )
        table = shrink(frame)
        own += ((table["mean"] - truth) ** 2).sum()
        drawn += ((table["shrunk"] - truth) ** 2).sum()
        held += int(((table["low"] <= truth) & (truth <= table["high"])).sum())
        groups += len(truth)
        assert list(table["is_marked"]) == list(table["own_weight"] < 0.5)
    assert drawn < 0.7 * own
    assert held / groups > 0.9


def test_values_count_mature_customers_only() -> None:
    """Naively, customers who came lately would make their group look poor."""
    values = pd.DataFrame(
        {
            "source": ["old"] * 40 + ["new"] * 40 + ["few"] * 9,
            "first_day": pd.to_datetime(
                ["2024-01-01"] * 40 + ["2024-11-01"] * 40 + ["2024-01-01"] * 9
            ),
            "amount_90d_minor": 100,
            "amount_180d_minor": [200] * 40 + [100] * 40 + [200] * 9,
            "amount_365d_minor": 400,
        }
    )
    table = products.value_by_group(values, "source", as_of=date(2025, 1, 29))
    assert set(table["window_days"]) == {90}, "180 days leave one group only"
    assert list(table["source"]) == ["new", "old"]
    assert products.value_by_group(values, "source", as_of=date(2025, 1, 28)).empty


def test_payback_by_hand() -> None:
    costs = pd.DataFrame(
        [("ads", 1, 900, 2), ("ads", 2, 300, 2), ("ads", 3, 9_999, 1), ("mail", 1, 50, 1)],
        columns=["source", "month", "cost_minor", "customers"],
    )
    table = products.cost_per_customer(costs, through_month=2)
    assert list(table["cost_per_customer_minor"]) == [300, 50]
    paid = pd.DataFrame(
        [("ads", 0, 800), ("ads", 2, 1_600), ("mail", 0, 1_000)],
        columns=["source", "age_months", "amount_minor"],
    )
    customers = pd.Series({"ads": 4, "mail": 10})
    profit = products.profit_by_age(paid, customers, margin_share=0.5, months=3)
    assert profit.loc["ads"].tolist() == [100, 100, 300]
    values = pd.DataFrame(
        {"source": ["ads", "mail"], "n": [4, 10], "mean": [600.0, 100.0], "sd": [100.0, 10.0]}
    )
    returns = products.payback(profit, table, values, margin_share=0.5).set_index("source")
    assert returns.loc["ads", "payback_month"] == 3
    assert returns.loc["ads", "earned_minor"] == 300
    assert returns.loc["mail", "payback_month"] == 1
    dear = products.payback(
        profit, table.assign(cost_per_customer_minor=301.0), values, margin_share=0.5
    )
    assert dear["payback_month"].isna().all()  # fmt: skip
    found = answers.payback_findings(dear, window_days=90, currency="JPY")
    names = [finding.name for finding in found]
    assert names == ["source_not_paid_back_mail"], "ads cannot be told yet"
    assert "within 90 days" in found[0].sentence
    assert found[0].money_minor == 251 * 1


def test_customers_count_where_their_cost_does() -> None:
    """March is not over, April has no cost row, and nobody knows what the others cost."""
    first = ["2024-02-28", "2024-03-01", "2024-04-02", "2024-02-10", "2024-01-31"]
    customers = pd.DataFrame(
        {"source": ["ads", "ads", "ads", "free", "ads"], "first_day": pd.to_datetime(first)}
    )
    month = 2024 * 12
    costs = pd.DataFrame({"source": ["ads"] * 3, "month": [month + 2, month + 3, month + 5]})
    kept = products.of_known_cost(customers, costs, through_month=month + 2)
    assert kept.index.tolist() == [0]
    kept = products.of_known_cost(customers, costs, through_month=month + 4)
    assert kept.index.tolist() == [0, 1]


def test_the_same_customers_earned_and_cost(demo) -> None:
    """On a day within a month, customers of the month that is cut count on neither side."""
    shop = demo[0]._replace(as_of=date(2025, 9, 17))
    acquisition = products.read_acquisition(shop, margin_share=0.5)
    returns = acquisition.returns.set_index("source")
    assert acquisition.window_days == 365
    assert (returns["n"] == returns["customers"]).all()
    whole = acquisition.profit[12].reindex(returns.index)
    np.testing.assert_array_less(whole * 0.9, returns["earned_minor"])
    np.testing.assert_array_less(whole, returns["earned_minor"] + 1e-9)
    values, window = ltv.read_values(shop, wanted_days=365)
    expected = pd.Series(0.0, index=values["customer_id"])
    table = ltv.read_break_even(shop, values, expected, window_days=window, margin_share=0.5)
    both = table.set_index("source").reindex(returns.index)
    assert (both["customers"] == returns["n"]).all()
    np.testing.assert_allclose(both["window_profit_minor"], returns["earned_minor"])
    np.testing.assert_allclose(both["cost_per_customer_minor"], returns["cost_per_customer_minor"])


def waits(rng: np.random.Generator, days: np.ndarray, *, seen: int) -> pd.DataFrame:
    """Return waits of customers watched for a random time up to `seen` days."""
    watched = rng.integers(1, seen, len(days))
    frame = pd.DataFrame(
        {"gap_days": np.minimum(days, watched).astype(int), "has_next": days <= watched}
    )
    counted = frame.groupby(["gap_days", "has_next"]).size().rename("customers").reset_index()
    return counted.assign(product_no=1)


def test_a_used_up_product_has_a_rhythm_and_others_none() -> None:
    rng = np.random.default_rng(9)
    used_up = np.where(rng.random(3_000) < 0.4, rng.integers(40, 55, 3_000), 10_000)
    row = replenishment(waits(rng, used_up, seen=700), within_days=180).iloc[0]
    assert row["has_rhythm"]
    assert 36 <= row["peak_from_days"] <= 43
    assert 49 <= row["peak_to_days"] <= 56
    assert row["again_low"] < 0.4 < row["again_high"]
    assert 40 <= row["middle_low"] <= 47 <= row["middle_high"] <= 54
    false = 0
    for _draw in range(60):
        rates = rng.gamma(0.8, 1 / 120, 2_000)
        days = np.ceil(rng.exponential(1 / np.maximum(rates, 1e-9)))
        false += int(replenishment(waits(rng, days, seen=700), within_days=180)["has_rhythm"].any())
    assert false <= 9, "5% of 60 is 3; 9 would lie 3.6 standard errors above"


def test_observed_gaps_alone_would_be_too_short() -> None:
    rng = np.random.default_rng(10)
    days = np.ceil(rng.exponential(100, 4_000))
    cells = waits(rng, days, seen=200)
    row = replenishment(cells, within_days=180).iloc[0]
    answered = cells[cells["has_next"]]
    naive = np.average(answered["gap_days"], weights=answered["customers"])
    truth = -100 * np.log(1 - (1 - np.exp(-1.8)) / 2)
    assert row["middle_low"] <= truth <= row["middle_high"]
    assert naive < truth


def test_discounts_by_hand() -> None:
    use = pd.DataFrame(
        [("first", False, 6, 6, 600, 0), ("first", True, 4, 4, 300, 100),
         ("repeat", False, 10, 5, 1_000, 0)],
        columns=["kind", "is_discounted", "orders", "customers", "amount_minor", "discount_minor"],
    )  # fmt: skip
    table = products.discount_shares(use, margin_share=0.5).set_index("kind")
    assert list(table.index) == ["first", "repeat", "total"]
    assert table.loc["first", "order_share"] == 0.4
    assert table.loc["first", "price_share"] == 0.1
    assert table.loc["first", "margin_share_given"] == pytest.approx(100 / 550)
    assert table.loc["total", "margin_share_given"] == pytest.approx(100 / 1_050)
    unknown = products.discount_shares(use, margin_share=None)
    assert unknown["margin_share_given"].isna().all()


def _given(groups: list[tuple[int, int, int, int, int]]) -> pd.DataFrame:
    """Repeat customers: how many, orders, discounted orders, paid and given by each."""
    columns = ["orders", "discounted_orders", "amount_minor", "discount_minor"]
    rows = [row for times, *row in groups for _customer in range(times)]
    return pd.DataFrame(rows, columns=columns)


def test_discounts_by_segment_by_hand() -> None:
    given = _given([(30, 2, 0, 100, 0), (10, 2, 2, 160, 40), (40, 1, 0, 50, 0), (29, 1, 1, 9, 9)])
    segments = pd.Series(["best"] * 40 + ["new"] * 40 + ["loyal"] * 29)
    table = products.segment_discounts(given, segments, margin_share=0.5).set_index("segment")
    assert list(table.index) == ["best", "new", "total"], "29 customers are too few to tell"
    assert table.loc["best", ["customers", "orders", "discounted_orders"]].tolist() == [40, 80, 20]
    best, total = table.loc["best"], table.loc["total"]
    assert best["order_share"] == 0.25
    assert (best["paid_minor"], best["given_minor"], best["given_share"]) == (4_600, 400, 1)
    assert best["price_share"] == 400 / 5_000
    assert best["margin_share_given"] == 400 / (2_300 + 400)
    assert total["order_share"] == 20 / 120
    # Each customer's two orders are alike: they tell as much as one (40/39 for the small sample).
    ends = proportion_confint(20 * 39 / 80, 80 * 39 / 80, alpha=0.05 / 2, method="wilson")
    assert best[["order_low", "order_high"]].tolist() == pytest.approx(ends)
    assert table.loc["new", "order_low"] == 0
    text = sentences.segment_discounts_sentence(table.reset_index(), currency="JPY")
    assert "\u201cbest customers\u201d: 25.0%" not in text, "12.8% to 43.0% holds 16.7%"
    unknown = products.segment_discounts(given, segments, margin_share=None)
    assert unknown["margin_share_given"].isna().all()


def test_a_segment_that_has_discounts_is_named() -> None:
    given = _given([(200, 1, 1, 90, 10), (100, 1, 0, 100, 0), (300, 1, 0, 100, 0)])
    segments = pd.Series(["new"] * 300 + ["loyal"] * 300)
    table = products.segment_discounts(given, segments, margin_share=0.5)
    text = sentences.segment_discounts_sentence(table, currency="JPY")
    assert "\u201cnew customers\u201d: 66.7%" in text
    assert "against 33.3% of all" in text
    assert "100.0% of what went to all segments" in text
    few = products.segment_discounts(given[:29], segments[:29], margin_share=0.5)
    assert few.empty
    assert "cannot be told" in sentences.segment_discounts_sentence(few, currency="JPY")


def test_the_interval_of_a_segment_covers_when_orders_of_one_are_alike() -> None:
    """Each customer has discounts always or never: orders taken as independent miss too often."""
    rng = np.random.default_rng(5)
    held, naive, draws = 0, 0, 300
    for _draw in range(draws):
        orders = rng.integers(1, 9, 200)
        has = rng.random(200) < 0.3
        given = pd.DataFrame({"orders": orders, "discounted_orders": orders * has})
        given = given.assign(amount_minor=100, discount_minor=10)
        row = products.segment_discounts(given, pd.Series(["best"] * 200), margin_share=None).iloc[
            0
        ]
        held += row["order_low"] <= 0.3 <= row["order_high"]
        low, high = proportion_confint(row["discounted_orders"], row["orders"], method="wilson")
        naive += low <= 0.3 <= high
    assert held >= draws * 0.95 - 3 * np.sqrt(draws * 0.95 * 0.05)
    assert naive < draws * 0.8


def test_a_margin_must_be_a_share(samples: Path) -> None:
    with pytest.raises(ParameterError, match="margin_share == 1.5"):
        products.gross_margin(open_shop("demo"), margin_share=1.5)


@pytest.fixture
def demo(samples: Path):
    shop = open_shop("demo")
    return shop, products.read_offers(shop, again_days=180, min_lift=1.2)


def test_what_is_planted_is_found_on_the_demo_shop(demo) -> None:
    shop, offers = demo
    names = dict(offers.names.items())
    found = [
        (names[row.product_no], names[row.other_product_no])
        for row in offers.next_pairs.reliable.itertuples()
    ]
    assert found == [
        ("Cotton T-shirt", "Ankle boots"),
        ("Backpack 20 L", "Backpack 30 L, leather"),
    ]
    rhythmic = offers.refills[offers.refills["has_rhythm"]]
    assert [names[number] for number in rhythmic["product_no"]] == ["Face wash"]
    assert rhythmic["peak_from_days"].iloc[0] in range(31, 44)
    assert rhythmic["peak_to_days"].iloc[0] in range(47, 60)
    assert products.together(shop, min_lift=1.2).reliable.empty
    busy = products.busy_hours(
        shop.reduce("orders_by_hour"), first_day=shop.first_day, last_day=shop.as_of
    )
    assert busy.week[:2] == (7, 20)
    assert max(busy.hours_p, busy.weekdays_p) < 1e-9


def test_sources_cost_what_is_planted(demo) -> None:
    shop, _offers = demo
    acquisition = products.read_acquisition(shop, margin_share=0.0)
    costs = acquisition.returns.set_index("source")["cost_per_customer_minor"]
    assert costs.to_dict() == {
        "search": 1_800,
        "social_ad": 4_200,
        "affiliate": 5_500,
        "referral": 900,
    }
    values = acquisition.by_source[acquisition.by_source["window_days"] == 365]
    assert list(values.sort_values("shrunk")["source"]) == [
        "affiliate",
        "social_ad",
        "search",
        "referral",
    ]


def test_findings_name_people_interval_and_money(demo) -> None:
    shop, offers = demo
    acquisition = products.read_acquisition(shop, margin_share=0.0)
    found = answers.findings(offers, acquisition, again_days=180, currency="JPY")
    assert len({finding.name for finding in found}) == len(found) == 3
    for finding in found:
        assert finding.money_minor > 0
        assert finding.n >= 10
        assert finding.low < finding.value < finding.high
        assert finding.money.startswith("¥")
    assert answers.findings(None, None, again_days=180, currency="JPY") == []


def _by_segment(shop: Shop, margin_share: float | None) -> pd.DataFrame:
    lengths = {"compared_on": shop.as_of, "dormancy_days": 100, "subscription_days": 120}
    ranks = shop.reduce("customer_ranks", window_days=365, **lengths)
    cuts = rfm.thresholds(ranks, currency="JPY")
    return products.read_segment_discounts(shop, cuts, window_days=365, margin_share=margin_share)


def test_discounts_go_to_all_segments_alike_on_the_demo_shop(demo) -> None:
    """Every one-off order is discounted with the same chance, whoever places it."""
    shop, _offers = demo
    table = _by_segment(shop, margin_share=0.4).set_index("segment")
    assert len(table) == 9
    total = table.loc["total", "order_share"]
    assert table["order_low"].max() < total < table["order_high"].min()
    use = shop.reduce("discount_use")
    one_off = use[use["kind"] != "subscription"]
    assert table.loc["total", "orders"] == one_off["orders"].sum()
    assert table.loc["total", "given_minor"] == one_off["discount_minor"].sum()
    text = sentences.segment_discounts_sentence(table.reset_index(), currency="JPY")
    assert text.startswith("Discounts go to all segments alike")


def test_every_chart_and_table_is_named(demo) -> None:
    shop, offers = demo
    currency = "JPY"
    hours = shop.reduce("orders_by_hour")
    busy = products.busy_hours(hours, first_day=shop.first_day, last_day=shop.as_of)
    acquisition = products.read_acquisition(shop, margin_share=0.0)
    given = products.read_discounts(shop, margin_share=0.0)
    by_segment = _by_segment(shop, given.margin_share)
    ranked = products.rank_sales(offers.sales, customers=offers.customers)
    for chart in (
        figures.hours_chart(hours, busy),
        figures.price_chart(products.read_prices(shop), currency=currency),
        figures.source_chart(acquisition.by_source, currency=currency),
        figures.payback_chart(acquisition, currency=currency),
        figures.next_chart(offers.next_pairs, offers.names),
        figures.segment_discounts_chart(by_segment),
    ):
        title = chart.fig.get_suptitle() or chart.fig.axes[0].get_title(loc="left")
        assert title or chart.fig.axes[0].get_title()
        assert chart.alt.endswith(".")
        assert chart.caption.endswith(".")
    for table in (
        tables.products_table(ranked, offers.names, currency=currency),
        tables.next_table(offers.next_pairs, offers.names),
        tables.replenishment_table(offers, within_days=180),
        tables.upgrades_table(offers, within_days=180, currency=currency),
        tables.payback_table(acquisition.returns, window_days=365, currency=currency),
        tables.discounts_table(given.shares, currency=currency),
        tables.coupons_table(given.codes, currency=currency),
        tables.segment_discounts_table(by_segment, currency=currency),
    ):
        assert table.caption
        assert len(table.frame)


def test_a_shop_without_products_or_sources_says_so(samples: Path) -> None:
    shop = open_shop("cdnow")
    assert products.read_offers(shop, again_days=180, min_lift=1.2) is None
    assert products.read_acquisition(shop, margin_share=0.0) is None
    assert products.read_discounts(shop, margin_share=0.0) is None
    for text in (
        sentences.no_lines_sentence(),
        sentences.source_sentence(None, currency="USD"),
        sentences.discounts_sentence(None, currency="USD"),
    ):
        assert text.startswith("The shop's orders")
    assert products.read_prices(shop).units is None


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_shop_without_truth_has_no_pairs(home: Path, seed: int) -> None:
    (home / "shops" / "null.yaml").write_text(
        (home / "shops" / "tiny.yaml").read_text().replace("Tiny", "Null")
    )
    generate_shop("null", Plan(customers=4_000, seed=seed, planted=False))
    shop = open_shop("null", as_of="2025-12-31")
    offers = products.read_offers(shop, again_days=180, min_lift=1.2)
    assert offers.next_pairs.tested == 24 * 23
    assert offers.next_pairs.reliable.empty
    assert products.together(shop, min_lift=1.2).reliable.empty
    assert not offers.refills["has_rhythm"].any()
    assert "No reliable pair: of 552 pairs" in sentences.next_sentence(
        offers.next_pairs, offers.names
    )


def test_lines_of_one_product_are_one(tmp_path: Path) -> None:
    """Splitting an order into more lines changes no basket, so nothing read from baskets."""

    def baskets(lines: str) -> list[tuple]:
        with duckdb.connect() as connection:
            connection.execute(
                "CREATE TABLE orders AS SELECT 'o' AS order_id, 'a' AS customer_id, "
                "TIMESTAMP '2024-01-01 10:00' AS ordered_at, CAST(300 AS BIGINT) AS amount_minor, "
                "'one_off' AS purchase_type"
            )
            columns = "order_id, line_no, product_id, quantity, amount_minor"
            connection.execute(f"CREATE TABLE order_lines AS FROM (VALUES {lines}) t({columns})")
            derive_tables(connection)
            return connection.execute("FROM baskets").fetchall()

    whole = baskets("('o', 1, 'x', 3, 200), ('o', 2, 'y', 1, 100)")
    assert baskets("('o', 1, 'x', 2, 150), ('o', 2, 'y', 1, 100), ('o', 3, 'x', 1, 50)") == whole
