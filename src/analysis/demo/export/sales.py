"""What is exported of the demo shop: its orders row by row, with people who do not exist.

Names, addresses and numbers are made of the customer's number. Addresses of mail lie in domains
that are reserved for examples, telephone numbers and postcodes in ranges that are not given out.
No two people share an address or a telephone number, by which an import knows them.
"""

import numpy as np
import pandas as pd

from analysis.demo.catalogue import PRODUCTS
from analysis.demo.people import REGIONS
from analysis.demo.portion import Plan, draw_portion
from analysis.demo.tables import day_end, visible_tables
from analysis.engine import Workbench

# An order's number in the cart: that of the customer, and four digits. Copies begin at 5000.
SERIAL = 10_000
_FIRST_COPY = 5_000
COPIES = 3
# One customer in so many orders as a guest, where the cart knows such.
GUESTS = 10

# ISO 3166-2 code, name in Japanese.
PREFECTURES = {
    "Tokyo": ("JP-13", "東京都"), "Kanagawa": ("JP-14", "神奈川県"), "Osaka": ("JP-27", "大阪府"),
    "Aichi": ("JP-23", "愛知県"), "Saitama": ("JP-11", "埼玉県"), "Chiba": ("JP-12", "千葉県"),
    "Hyogo": ("JP-28", "兵庫県"), "Hokkaido": ("JP-01", "北海道"), "Fukuoka": ("JP-40", "福岡県"),
    "Shizuoka": ("JP-22", "静岡県"), "Hiroshima": ("JP-34", "広島県"), "Kyoto": ("JP-26", "京都府"),
    "Miyagi": ("JP-04", "宮城県"), "Niigata": ("JP-15", "新潟県"), "Nagano": ("JP-20", "長野県"),
    "Okinawa": ("JP-47", "沖縄県"),
}  # fmt: skip
# Characters that only CP932 has, and some whose second byte is a backslash.
_FAMILY = ("髙橋", "﨑山", "表", "能登", "曽根", "佐藤", "鈴木", "田中", "渡邉", "山本", "ソノ田")
_FAMILY_KANA = (
    "タカハシ", "サキヤマ", "オモテ", "ノト", "ソネ", "サトウ", "スズキ", "タナカ", "ワタナベ",
    "ヤマモト", "ソノダ",
)  # fmt: skip
_GIVEN = ("架空花子", "架空太郎", "架空ソラ", "架空①子", "架空十郎", "架空葵", "架空蓮")
_ROMAN = ("hanako", "taro", "sora", "maruko", "juro", "aoi", "ren")
_FRAMES = ("orders", "order_lines", "customers", "subscriptions", "subscription_events")
# Reduced tax on what is eaten.
_REDUCED = "Health food"

_ROWS = """
CREATE OR REPLACE TABLE sales AS
WITH written AS (
    SELECT orders.*, order_lines.line_no AS position, 1 AS kind, quantity,
        CAST(product_id AS VARCHAR) AS product_id,
        order_lines.amount_minor AS net,
        order_lines.amount_minor + CASE WHEN line_no = 1 THEN discount_minor ELSE 0 END AS gross
    FROM orders JOIN order_lines USING (number, order_no)),
copied AS (
    SELECT written.* REPLACE (
            CASE WHEN copies.fault = 'repeated' THEN written.order_no ELSE copies.order_no END
            AS order_no),
        copies.fault
    FROM written JOIN copies ON written.number = copies.number
        AND written.order_no = copies.template)
SELECT *, number * {serial} + order_no AS serial,
    CAST(ordered_at AS TIMESTAMP) + INTERVAL 1 MINUTE AS paid_at,
    CAST(ordered_at AS TIMESTAMP) + INTERVAL 2 DAY AS shipped_at,
    CAST(ordered_at AS TIMESTAMP) + INTERVAL 1 DAY AS cancelled_at
FROM (SELECT *, '' AS fault FROM written UNION ALL BY NAME SELECT * FROM copied)
JOIN customers_seen USING (number) JOIN products USING (product_id)
LEFT JOIN terms USING (number)
"""

# The terms of who subscribes, and a pause that has not ended.
_TERMS = """
CREATE OR REPLACE TABLE terms AS
SELECT subscriptions.number, started_at AS subscribed_at, cycle_days, commitment_orders,
    CAST(product_id AS VARCHAR) AS subscribed_product,
    cancelled_at AS left_at, CAST(cancel_reason AS VARCHAR) AS left_for, paused_at, paused_for
FROM subscriptions LEFT JOIN (
    SELECT number, max(event_at) AS paused_at,
        CAST(arg_max(reason, event_at) AS VARCHAR) AS paused_for
    FROM subscription_events WHERE event IN ('pause', 'resume') GROUP BY number
    HAVING arg_max(event, event_at) = 'pause') AS open_pauses USING (number)
"""

_SUBSCRIPTION_ROWS = """
CREATE OR REPLACE TABLE subscription_rows AS
SELECT customers_seen.*, terms.* EXCLUDE (number), taken.* EXCLUDE (number), product_name,
    '' AS fault, CASE WHEN left_at IS NOT NULL THEN 'left' WHEN paused_at IS NOT NULL THEN 'paused'
        ELSE 'running' END AS standing
FROM terms JOIN customers_seen USING (number)
JOIN products ON products.product_id = subscribed_product
JOIN (
    SELECT number, list(number * {serial} + order_no ORDER BY order_no) AS serials,
        max(ordered_at) AS last_order_at, arg_max(amount_minor, order_no) AS last_amount_minor
    FROM orders WHERE purchase_type = 'subscription' GROUP BY number) AS taken USING (number)
"""

_PEOPLE = """
CREATE OR REPLACE TABLE customers_seen AS
SELECT number, registered_at, source AS came_by, region, province, prefecture, birth_year,
    email_optin, sms_optin,
    list_extract($family, 1 + number % len($family)) AS family,
    list_extract($family_kana, 1 + number % len($family)) AS family_kana,
    list_extract($given, 1 + number % len($given)) AS given,
    concat(list_extract($roman, 1 + number % len($roman)), '.', number, '@example.com') AS mail,
    format('090-0{:03d}-{:04d}', number // 10000 % 1000, number % 10000) AS phone,
    concat('000-', lpad(CAST(number % 10000 AS VARCHAR), 4, '0')) AS postcode,
    concat('架空町', 1 + number % 9, '-', 1 + number % 31) AS street,
    -- Whoever subscribes has an account.
    number % $guests = 0 AND number NOT IN (SELECT number FROM terms) AS guest,
    -- The first letter as a capital, and a blank behind: still the same address.
    CASE WHEN number % 7 = 0 THEN concat(upper(mail[1]), mail[2:], ' ') ELSE mail END AS typed_mail
FROM customers JOIN prefectures USING (region)
"""

_CUSTOMER_ROWS = """
CREATE OR REPLACE TABLE customer_rows AS
SELECT *, '' AS fault, 0 AS copy FROM customers_seen
UNION ALL
SELECT customers_seen.*, copies.fault, copies.order_no
FROM customers_seen JOIN copies USING (number)
"""


def prepare(bench: Workbench) -> None:
    """Put what is the same for every portion of the shop into a connection."""
    products = pd.DataFrame(
        {
            "product_id": [product.product_id for product in PRODUCTS],
            "product_name": [product.name for product in PRODUCTS],
            "tax_percent": [8 if product.category == _REDUCED else 10 for product in PRODUCTS],
        }
    )
    prefectures = pd.DataFrame(
        [(region, *PREFECTURES[region]) for region in REGIONS],
        columns=["region", "province", "prefecture"],
    )
    for name, frame in (("products", products), ("prefectures", prefectures)):
        bench.register(name, frame)


def load_portion(
    bench: Workbench, plan: Plan, number: int, *, faults: dict[str, list[str]]
) -> None:
    """Put a portion's rows into the tables `sales`, `customer_rows` and `subscription_rows`.

    Args:
        bench: The connection.
        plan: What shop.
        number: Which portion. The first one has copies of some rows, in each of which something
            is wrong.
        faults: Table to what may be wrong in its rows.
    """
    frames = visible_tables(
        draw_portion(plan, number),
        clock=plan.clock,
        until=day_end(plan.clock),
        truth=plan.truth,
        campaign_ids=tuple(campaign.campaign_id for campaign in plan.truth.campaigns),
    )
    for name in _FRAMES:
        bench.register(name, frames[name])
    bench.execute(_TERMS)
    lists = {
        "family": list(_FAMILY), "family_kana": list(_FAMILY_KANA), "given": list(_GIVEN),
        "roman": list(_ROMAN), "guests": GUESTS,
    }  # fmt: skip
    bench.execute(_PEOPLE, lists)
    rng = np.random.default_rng((plan.seed, number))
    for table, statement in (
        ("orders", _ROWS.format(serial=SERIAL)),
        ("customers", _CUSTOMER_ROWS),
    ):
        wanted = faults.get(table, []) if number == 0 else []
        bench.register("copies", _copies(frames[table], wanted, rng))
        bench.execute(statement)
        bench.unregister("copies")
    bench.execute(_SUBSCRIPTION_ROWS.format(serial=SERIAL))
    for name in _FRAMES:
        bench.unregister(name)


def _copies(frame: pd.DataFrame, faults: list[str], rng: np.random.Generator) -> pd.DataFrame:
    """Choose the rows of which copies are planted, and say what is wrong with each copy."""
    # Guests are no rows of a list of members, and no subscription takes an order twice.
    members = frame[frame["number"] % GUESTS != 0]
    if "purchase_type" in members:
        members = members[members["purchase_type"] == "one_off"]
    wanted = len(faults) * COPIES if len(members) else 0
    few = len(members) < wanted
    chosen = members.iloc[rng.choice(len(members), wanted, replace=few)] if wanted else members[:0]
    return pd.DataFrame(
        {
            "number": chosen["number"].to_numpy(),
            "template": chosen["order_no"].to_numpy() if "order_no" in frame else 0,
            "order_no": _FIRST_COPY + np.arange(len(chosen)),
            "fault": pd.Series(faults, dtype=object).repeat(COPIES).to_numpy()[:wanted],
        }
    )
