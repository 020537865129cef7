"""What is planted is found by simple counting over several seeds; where nothing is, nothing is."""

import math

import numpy as np
import pandas as pd
import pytest

from analysis.demo.reasons import WORDINGS
from analysis.ltv.purchases import fit_purchases
from analysis.ltv.spend import fit_spend

SEEDS = (1, 2, 3)
END = "TIMESTAMP '2025-12-31 23:59:59'"

# One row a subscription and order whose next order has fallen due: whether the subscriber cancelled
# before it by an own decision. Left out are decisions that a campaign was about.
DECISIONS = f"""
WITH numbered AS (
    SELECT subscription_id, ordered_at,
           row_number() OVER (PARTITION BY subscription_id ORDER BY ordered_at) AS n,
           count(*) OVER (PARTITION BY subscription_id) AS orders
    FROM orders WHERE purchase_type = 'subscription'
)
SELECT n, s.offer, c.source, o.channel,
       n = orders AND cancelled_at IS NOT NULL AND cancel_reason IS DISTINCT FROM '決済失敗' AS left_by_choice,
       CASE WHEN n = orders THEN cancel_reason END AS reason
FROM numbered JOIN subscriptions s USING (subscription_id) JOIN customers c USING (customer_id)
JOIN (SELECT customer_id, any_value(channel) AS channel FROM orders GROUP BY ALL) o USING (customer_id)
LEFT JOIN assignments a ON a.customer_id = s.customer_id
WHERE NOT (n = 3 AND coalesce(campaign_id, '') IN ('skip-guide', 'bulk-upsell'))
  AND ordered_at + to_days(CAST(cycle_days AS INTEGER)) + INTERVAL 1 DAY < {END}
"""  # noqa: E501


def hazards(shop, *, offer: str = "standard") -> pd.DataFrame:
    table = shop.ask(
        f"SELECT n, count(*) AS at_risk, sum(CAST(left_by_choice AS INT)) AS left_now "
        f"FROM ({DECISIONS}) WHERE offer = '{offer}' GROUP BY n ORDER BY n"
    ).set_index("n")
    table["hazard"] = table["left_now"] / table["at_risk"]
    table["error"] = np.sqrt(table["hazard"] * (1 - table["hazard"]) / table["at_risk"])
    return table


def planted_hazard(truth: dict, n: int) -> float:
    surplus, other = (
        values[min(n, len(values)) - 1]
        for values in (truth["hazards"]["surplus"], truth["hazards"]["other"])
    )
    return 1 - (1 - surplus) * (1 - other)


@pytest.mark.parametrize("seed", SEEDS)
def test_subscribers_leave_after_order_3(demo, seed: int) -> None:
    shop = demo(seed)
    found = hazards(shop)
    for n in range(1, 7):
        assert abs(found["hazard"][n] - planted_hazard(shop.truth, n)) < 4 * found["error"][n], n
    around = (found["hazard"][2] + found["hazard"][4]) / 2
    assert found["hazard"][3] - around > 0.06


@pytest.mark.parametrize("seed", SEEDS)
def test_surplus_is_the_reason_after_order_3(demo, seed: int) -> None:
    words = ", ".join(f"'{text}'" for text in WORDINGS["surplus"])
    share = demo(seed).ask(
        f"SELECT n, avg(CAST(reason IN ({words}) AS INT)) AS surplus, "
        f"count(DISTINCT reason) FILTER (reason IN ({words})) AS wordings "
        f"FROM ({DECISIONS}) WHERE left_by_choice AND reason IS NOT NULL GROUP BY n"
    ).set_index("n")  # fmt: skip
    assert share["surplus"][3] > 0.5
    assert share["surplus"][[1, 2, 4]].max() < 0.4
    assert share["wordings"][3] == len(WORDINGS["surplus"])


@pytest.mark.parametrize("seed", SEEDS)
def test_reasons_depend_on_source_channel_and_order(demo, seed: int) -> None:
    shop = demo(seed)
    left = shop.ask(f"SELECT * FROM ({DECISIONS}) WHERE left_by_choice")
    truth = shop.truth
    assert left["reason"].isna().mean() == pytest.approx(
        truth["hazards"]["reason_missing"], abs=0.03
    )
    named = left.dropna(subset="reason")
    price = named["reason"].isin(WORDINGS["price"])
    by_source = price.groupby(named["source"]).mean()
    assert by_source["affiliate"] > by_source["search"] + 0.1
    procedure = named["reason"].isin(WORDINGS["procedure"]).groupby(named["channel"]).mean()
    assert procedure["phone"] > procedure["web"] + 0.05
    switch = named["reason"].isin(WORDINGS["switch"]).groupby(named["n"] >= 4).mean()
    assert switch[True] > switch[False] + 0.05


@pytest.mark.parametrize("seed", SEEDS)
def test_half_price_first_orders_leave_before_the_second(demo, seed: int) -> None:
    shop = demo(seed)
    discounted, standard = hazards(shop, offer="first_order_half_price"), hazards(shop)
    assert discounted["hazard"][1] - standard["hazard"][1] > 0.07
    assert abs(discounted["hazard"][2] - standard["hazard"][2]) < 0.05


@pytest.mark.parametrize("seed", SEEDS)
def test_nobody_leaves_during_a_commitment(demo, seed: int) -> None:
    found = hazards(demo(seed), offer="commitment")
    assert list(found["left_now"][[1, 2]]) == [0, 0]
    assert found["hazard"][3] > 0.35, "who wanted to leave before leaves now"


def test_subscriptions_skip_pause_and_fail(demo) -> None:
    shop = demo()
    events = shop.ask("SELECT event, count(*) AS n FROM subscription_events GROUP BY event")
    assert set(events["event"]) == {"skip", "pause", "resume", "cancel", "payment_failure"}
    cycles = shop.ask("SELECT cycle_days, count(*) AS n FROM subscriptions GROUP BY ALL")
    assert set(cycles["cycle_days"]) == {30, 60, 90}
    failures = shop.ask(
        f"""
        SELECT count(*) AS n, sum(CAST(s.subscription_id IS NOT NULL AS INT)) AS lost
        FROM subscription_events e
        LEFT JOIN (FROM subscriptions WHERE cancel_reason = '決済失敗') s
            ON s.subscription_id = e.subscription_id
            AND date_diff('day', event_at, cancelled_at) = 10
        WHERE event = 'payment_failure' AND event_at < {END} - INTERVAL 10 DAY
        """
    ).loc[0]
    planted = shop.truth["hazards"]["payment_loss"]
    error = math.sqrt(planted * (1 - planted) / failures["n"])
    assert abs(failures["lost"] / failures["n"] - planted) < 3.5 * error


def next_product_shares(shop) -> pd.DataFrame:
    """For each pair: how often the next one-off order's first line is it, against everybody."""
    pairs = shop.ask(
        """
        WITH bought AS (
            SELECT customer_id, product_id, ordered_at,
                   lag(product_id) OVER w AS before, lag(ordered_at) OVER w AS ordered_before
            FROM orders JOIN order_lines USING (order_id)
            WHERE purchase_type = 'one_off' AND line_no = 1
            WINDOW w AS (PARTITION BY customer_id ORDER BY ordered_at)
        )
        SELECT before, product_id, date_diff('day', ordered_before, ordered_at) AS gap
        FROM bought WHERE before IS NOT NULL
        """
    )
    counts = pd.crosstab(pairs["before"], pairs["product_id"])
    base = counts.sum() / counts.to_numpy().sum()
    shares = counts.div(counts.sum(axis=1), axis=0)
    errors = np.sqrt(np.outer(1 / counts.sum(axis=1), base * (1 - base)))
    shares.attrs["z"] = (shares - base) / errors
    shares.attrs["gaps"] = pairs
    return shares


@pytest.mark.parametrize("seed", SEEDS)
def test_products_lead_to_products(demo, seed: int) -> None:
    shares = next_product_shares(demo(seed))
    z = shares.attrs["z"]
    assert shares["P002"]["P001"] == pytest.approx(0.3 + 0.7 / 29, abs=0.04)
    assert shares["P002"].drop("P001").mean() < 0.06
    assert shares["P005"]["P004"] == pytest.approx(0.15, abs=0.05)
    for before, after in (("P001", "P002"), ("P003", "P003"), ("P004", "P005")):
        z = z.drop(columns=after) if after in z else z
        z = z.drop(index=before)
    assert z.abs().to_numpy().max() < 4.5, "no other pair stands out"
    gaps = shares.attrs["gaps"]
    again = gaps[(gaps["before"] == "P003") & (gaps["product_id"] == "P003")]["gap"]
    assert ((again >= 38) & (again <= 52)).mean() > 0.4
    assert abs(again[(again >= 38) & (again <= 52)].median() - 45) <= 3


def cells(shop, source: str) -> pd.DataFrame:
    return shop.ask(
        f"""
        WITH days AS (
            SELECT customer_id, day FROM customer_day
            JOIN customer_keys USING (customer_no) JOIN customers USING (customer_id)
            WHERE purchase_type = 'one_off' AND source = '{source}'
        ), histories AS (
            SELECT count(*) - 1 AS frequency, date_diff('day', min(day), max(day)) AS recency_days,
                   date_diff('day', min(day), DATE '{shop.plan.end}') AS age_days
            FROM days GROUP BY customer_id
        )
        SELECT frequency, recency_days, age_days, count(*) AS customers
        FROM histories GROUP BY ALL ORDER BY ALL
        """
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_purchase_models_of_sources_are_found(demo, seed: int) -> None:
    shop = demo(seed)
    for source in shop.truth["sources"]:
        model = fit_purchases(cells(shop, source["name"]))
        planted = np.log([source[name] for name in ("r", "alpha_weeks", "a", "b")])
        found = np.log([model.r, model.alpha, model.a, model.b])
        distance = (found - planted) @ np.linalg.solve(model.log_covariance, found - planted)
        assert distance < 23.5, f"{source['name']}: chi-square with 4 degrees, p = 0.0001"


@pytest.mark.parametrize("seed", SEEDS)
def test_spend_model_of_a_source_is_found(demo, seed: int) -> None:
    shop = demo(seed)
    source = shop.truth["sources"][0]
    repeats = shop.ask(
        """
        WITH numbered AS (
            SELECT customer_id, d.amount_minor,
                   row_number() OVER (PARTITION BY customer_id ORDER BY day) AS n
            FROM customer_day d
            JOIN customer_keys USING (customer_no) JOIN customers USING (customer_id)
            WHERE purchase_type = 'one_off' AND source = 'search' AND d.orders = 1
        ), histories AS (
            SELECT count(*) AS frequency, CAST(sum(amount_minor) AS BIGINT) AS repeat_amount_minor
            FROM numbered WHERE n > 1 GROUP BY customer_id
        )
        SELECT frequency, repeat_amount_minor, count(*) AS customers FROM histories GROUP BY ALL
        """
    )
    model = fit_spend(repeats)
    planted = np.log([source[name] for name in ("p", "q", "v_minor")])
    found = np.log([model.p, model.q, model.v_minor])
    distance = (found - planted) @ np.linalg.solve(model.log_covariance, found - planted)
    assert distance < 21.1, "chi-square with 3 degrees, p = 0.0001"


def test_sources_cost_what_they_should(demo) -> None:
    shop = demo()
    spent = shop.ask(
        "SELECT source, cost / customers AS each FROM (SELECT source, sum(cost_minor) AS cost "
        "FROM costs GROUP BY ALL) JOIN (SELECT source, count(*) AS customers FROM customers "
        "GROUP BY ALL) USING (source)"
    ).set_index("source")["each"]
    planted = {s["name"]: s["cost_per_customer_minor"] for s in shop.truth["sources"]}
    assert dict(spent) == planted


def campaign_outcomes(shop) -> pd.DataFrame:
    """Subscribers of each campaign who reached order 3, by arm: how many left after it."""
    return shop.ask(
        f"""
        WITH numbered AS (
            SELECT subscription_id, ordered_at,
                   row_number() OVER (PARTITION BY subscription_id ORDER BY ordered_at) AS n,
                   count(*) OVER (PARTITION BY subscription_id) AS orders
            FROM orders WHERE purchase_type = 'subscription'
        )
        SELECT campaign_id, arm, count(*) AS people,
               sum(CAST(orders = 3 AND cancelled_at IS NOT NULL
                        AND cancel_reason IS DISTINCT FROM '決済失敗' AS INT)) AS left_now
        FROM assignments JOIN subscriptions s USING (customer_id)
        JOIN numbered USING (subscription_id)
        WHERE n = 3 AND offer <> 'commitment'
          AND ordered_at + to_days(CAST(cycle_days AS INTEGER)) + INTERVAL 1 DAY < {END}
        GROUP BY ALL
        """
    ).set_index(["campaign_id", "arm"]).sort_index()  # fmt: skip


@pytest.mark.parametrize("planted", [True, False])
def test_campaigns_do_what_is_planted(demo, planted: bool) -> None:
    worked, harmed = [], []
    for seed in SEEDS:
        shop = demo(seed, planted=planted)
        table = campaign_outcomes(shop)
        for campaign in shop.truth["campaigns"]:
            arms = table.loc[campaign["campaign_id"]]
            share = arms["left_now"] / arms["people"]
            error = math.sqrt((share * (1 - share) / arms["people"]).sum())
            effect = share["treatment"] - share["control"]
            (surplus, other) = (
                values[min(3, len(values)) - 1]
                for values in (
                    shop.truth["hazards"]["surplus"],
                    shop.truth["hazards"]["other"],
                )
            )
            treated = 1 - (1 - surplus * campaign["surplus_factor"]) * (
                1 - other * campaign["other_factor"]
            )
            expected = treated - planted_hazard(shop.truth, 3)
            assert abs(effect - expected) < 3.9 * error, (seed, campaign["campaign_id"])
            if campaign["campaign_id"] == "skip-guide":
                worked.append(effect / error)
            if campaign["campaign_id"] == "bulk-upsell":
                harmed.append(effect / error)
    if planted:
        assert max(worked) < -1.96
        assert min(harmed) > 1.96


@pytest.mark.parametrize("planted", [True, False])
def test_one_ledger_is_out_of_proportion(demo, planted: bool) -> None:
    for seed in SEEDS:
        arms = demo(seed, planted=planted).ask(
            "SELECT campaign_id, sum(CAST(arm = 'treatment' AS INT)) AS treated, count(*) AS n "
            "FROM assignments GROUP BY ALL"
        ).set_index("campaign_id")  # fmt: skip
        z = (arms["treated"] - arms["n"] / 2) / np.sqrt(arms["n"] / 4)
        broken = {"line-coupon"} if planted else set()
        assert set(z.index[z.abs() > 3.3]) == broken, z


@pytest.mark.parametrize("seed", SEEDS)
def test_people_buy_on_sunday_evenings(demo, seed: int) -> None:
    hours = demo(seed).ask(
        "SELECT isodow(ordered_at) AS weekday, hour(ordered_at) AS hour, count(*) AS n "
        "FROM orders WHERE purchase_type = 'one_off' GROUP BY ALL"
    )
    busiest = hours.loc[hours["n"].idxmax()]
    assert busiest["weekday"] == 7
    assert busiest["hour"] in (20, 21, 22)
    by_hour = hours.groupby("hour")["n"].sum()
    assert by_hour[[3, 4]].sum() < by_hour[[21, 22]].sum() / 8


@pytest.mark.parametrize("seed", SEEDS)
def test_without_truth_there_is_nothing_to_find(demo, seed: int) -> None:
    shop = demo(seed, planted=False)
    table = pd.concat([hazards(shop, offer=offer) for offer in ("standard", "commitment")])
    table = table.groupby(level=0)[["at_risk", "left_now"]].sum().head(6)
    pooled = planted_hazard(shop.truth, 1)
    z = (table["left_now"] / table["at_risk"] - pooled) / np.sqrt(
        pooled * (1 - pooled) / table["at_risk"]
    )
    assert z.abs().max() < 3.5, "the hazard is flat"
    assert next_product_shares(shop).attrs["z"].abs().to_numpy().max() < 4.5
    days = shop.ask(
        "SELECT isodow(ordered_at) AS weekday, count(*) AS n FROM orders "
        "WHERE purchase_type = 'one_off' GROUP BY ALL ORDER BY ALL"
    )["n"]
    assert abs(days / days.mean() - 1).max() < 0.05
    amounts = shop.ask(
        "SELECT source, avg(amount_minor) AS mean FROM orders WHERE purchase_type = 'one_off' "
        "GROUP BY ALL"
    )["mean"]
    assert amounts.max() / amounts.min() < 1.15
