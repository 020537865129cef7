"""Tables that are read row by row: what is accepted, what is left out and why, and what counts."""

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from analysis.errors import DataError, ParameterError
from analysis.ingest import import_files
from analysis.ingest.balance import Balance
from analysis.ingest.layout_files import layout_from
from analysis.schema import TABLES

ADDRESS = "planted.person@example.com"
ORDERS = {
    "table": "orders",
    "order_id": "order",
    "customer_id": "customer",
    "email": "mail",
    "ordered_at": "day",
    "amount_plus": ["paid"],
    "subscription": {"id": "subscription", "order_no": "number"},
    "line": {"product_id": "product", "product_name": "title", "quantity": "pieces", "price": "of"},
}
OTHERS: list[dict[str, Any]] = [
    {"table": "subscriptions", "subscription_id": "contract", "customer_id": "who",
     "started_at": "began", "cycle_days": "every", "cycle_unit": "unit", "product_id": "what",
     "commitment_orders": "held", "cancelled_at": "left", "cancel_reason": "why",
     "paused_at": "on hold", "values": {"cancelled_at": {"-": ""}}},
    {"table": "subscriptions", "subscription_id": "gone", "cancelled_at": "gone at",
     "cancel_reason": "gone for"},
    {"table": "subscription_events", "subscription_id": "contract", "event_at": "at",
     "event": "event", "reason": "words", "values": {"event": {"解約": "cancel"}}},
    {"table": "contacts", "campaign_id": "mailing", "customer_id": "to", "sent_at": "sent",
     "channel": "by", "opened_at": "opened"},
    {"table": "costs", "source": "ad", "month": "month", "cost_minor": "spent"},
    {"table": "products", "product_id": "sku", "product_name": "name", "category": "kind",
     "unit_cost_minor": "cost"},
    {"table": "refunds", "order_id": "of order", "customer_id": "payee", "refunded_at": "back at",
     "amount_minor": "back"},
    {"table": "assignments", "campaign_id": "test", "customer_id": "member", "arm": "arm",
     "assigned_at": "assigned"},
]  # fmt: skip
SOLD = [
    "order,customer,mail,day,paid,subscription,number,product,title,pieces,of",
    f"1,C1,{ADDRESS},2024-01-05 10:00,100,,,P1,Mug,1,100",
    "2,C2,,2024-01-06 10:00,40,S1,1,P2,Tea,1,40",
    "3,C2,,2024-02-05 10:00,40,S1,2,P2,Tea,1,40",
    "4,C2,,2024-03-06 10:00,40,S1,3,P2,Tea,1,40",
]


def untold(lines: list[str]) -> list[str]:
    """Orders that do not tell of which subscription they are."""
    return [",".join([*line.split(",")[:5], "", "", *line.split(",")[7:]]) for line in lines]


class Desk:
    """A shop in dollars, and files that are written for it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.describe(OTHERS)

    def describe(self, others: list[dict[str, Any]]) -> None:
        shop = {"title": "Own", "currency": "USD", "time_zone": "Asia/Tokyo", "source": {},
                "as_of": "last_order", "reports": {}, "mapping": [ORDERS, *others]}  # fmt: skip
        (self.home / "shops" / "own.yaml").write_text(yaml.safe_dump(shop, allow_unicode=True))

    def write(self, name: str, *lines: str) -> Path:
        file = self.home / "files" / f"{name}.csv"
        file.write_text("\n".join(lines) + "\n")
        return file

    def bring(self, *lines: str, name: str = "other", sold: bool = True) -> Balance:
        """Import a file, and the orders with it, and return its balance."""
        before = [self.write("orders", *SOLD)] if sold else []
        return import_files("own", [*before, self.write(name, *lines)], accept=True)[-1]

    def rows(self, table: str, columns: str = "*", order: str = "ALL") -> list[tuple]:
        file = self.home / "data" / "own" / "current" / f"{table}.parquet"
        if not file.exists():
            return []
        return duckdb.sql(f"SELECT {columns} FROM '{file}' ORDER BY {order}").fetchall()


@pytest.fixture
def desk(shop: Path) -> Desk:
    return Desk(shop)


CONTRACTS = "contract,who,began,every,unit,what,held,left,why,on hold"


# What a row says.


def test_a_list_of_subscriptions_is_read_cell_for_column(desk: Desk) -> None:
    balance = desk.bring(
        CONTRACTS,
        "S1,C2,2024-01-06 09:00,1,month,Tea,3,2024-03-20,too much,",
        "S2,C1,2024-02-01 09:00,2,week,P1,1,-,,2024-03-01",
    )
    assert (balance.rows_read, balance.rows_accepted) == (2, 2)
    columns = "subscription_id, customer_id, cycle_days, product_id, commitment_orders, "
    columns += "CAST(cancelled_at AS DATE)::VARCHAR, cancel_reason, derived, cycle_certainty"
    assert desk.rows("subscriptions", columns) == [
        ("S1", "C2", 30, "P2", 3, "2024-03-20", "too much", None, None),
        ("S2", "C1", 14, "P1", 1, None, None, None, None),
    ]
    assert desk.rows("subscription_events", "subscription_id, event, reason") == [
        ("S1", "cancel", "too much"),
        ("S2", "pause", None),
    ]


def test_a_planned_end_has_not_come(desk: Desk) -> None:
    desk.bring(CONTRACTS, "S1,C2,2024-01-06,30,day,,,2999-01-01,,")
    assert desk.rows("subscriptions", "cancelled_at") == [(None,)]


def test_a_list_of_cancellations_is_completed_from_orders(desk: Desk) -> None:
    balance = desk.bring(
        "gone,gone at,gone for", "S1,2024-03-20,too much", "S7,2024-03-20,never seen"
    )
    assert balance.reasons == {"no customer, start or cycle, and no order that tells it": 1}
    columns = "subscription_id, customer_id, cycle_days, cycle_certainty, cancel_reason, derived"
    assert desk.rows("subscriptions", columns) == [
        ("S1", "C2", 30, "likely", "too much", None)
    ]  # fmt: skip


def test_events_are_known_words_and_those_that_the_layout_translates(desk: Desk) -> None:
    balance = desk.bring(
        "contract,at,event,words",
        "S1,2024-02-20 08:00,Skip,holiday",
        "S1,2024-03-20 08:00,解約,",
        "S1,2024-03-21 08:00,hibernate,",
        "S1,2024-03-22 08:00,payment failure,",
    )
    assert desk.rows("subscription_events", "event, reason", "event_at") == [
        ("skip", "holiday"), ("cancel", None), ("payment_failure", None),
    ]  # fmt: skip
    assert balance.unknown == {"event is not known": {"hibernate": 1}}


def test_one_word_may_stand_for_any_cell(desk: Desk) -> None:
    """A column of days on which somebody cancelled is a list of cancellations."""
    events = {"table": "subscription_events", "subscription_id": "contract", "event_at": "left at",
              "event": "left at", "values": {"event": {"*": "cancel"}}}  # fmt: skip
    desk.describe([events])
    desk.bring("contract,left at", "S1,2024-03-20 08:00")
    assert desk.rows("subscription_events", "subscription_id, event") == [("S1", "cancel")]


def test_messages_are_to_a_number_or_to_an_address(desk: Desk) -> None:
    desk.bring(
        "mailing,to,sent,by,opened",
        f"spring,{ADDRESS.upper()},2024-02-01 10:00,email,2024-02-01 11:00",
        "spring,C2,2024-02-01 10:00,line,",
        "spring,stranger@example.com,2024-02-01 10:00,email,",
    )
    known = {one for (one,) in desk.rows("contacts", "customer_id")}
    assert {"C1", "C2"} < known, "the address is that of an order with a number"
    (digest,) = known - {"C1", "C2"}
    assert len(digest) == 64
    written = repr([desk.rows(table) for table in ("contacts", "set_aside")])
    assert "example.com" not in written


@pytest.mark.parametrize(
    ("cells", "month"),
    [
        (["2024-03", "2024-12"], "2024-03-01"),
        (["2024/3", "2024/12"], "2024-03-01"),
        (["2024年3月", "2024年12月"], "2024-03-01"),
        (["202403", "202412"], "2024-03-01"),
        (["03/2024", "12/2024"], "2024-03-01"),
        (["Mar 2024", "Dec 2024"], "2024-03-01"),
        (["March 2024", "December 2024"], "2024-03-01"),
        (["2024-03-17", "2024-12-01"], "2024-03-01"),
        (["17.03.2024", "31.12.2024"], "2024-03-01"),
    ],
)
def test_a_month_may_be_written_in_many_ways(desk: Desk, cells: list[str], month: str) -> None:
    balance = desk.bring("ad,month,spent", *(f"search,{cell},10.5" for cell in cells))
    assert balance.rows_set_aside == 0
    assert [(str(first), cost) for first, cost in desk.rows("costs", "month, cost_minor")] == [
        (month, 1050), ("2024-12-01", 1050),
    ]  # fmt: skip


def test_costs_of_a_source_and_month_add_up_within_a_file_and_not_over_files(desk: Desk) -> None:
    desk.bring("ad,month,spent", "search,2024-03,10.25", "search,2024-03,4.75", "social,2024-03,1")
    assert desk.rows("costs", "source, cost_minor") == [("search", 1500), ("social", 100)]
    balance = desk.bring("ad,month,spent", "search,2024-03,20", name="later", sold=False)
    assert balance.rows_accepted == 1
    assert desk.rows("costs", "source, cost_minor") == [("search", 2000), ("social", 100)]


def test_products_of_a_list_stand_over_those_of_orders(desk: Desk) -> None:
    assert desk.bring("sku,name,kind,cost", "P1,Big mug,Home,12.3456").rows_set_aside == 0
    columns = "product_id, product_name, category, unit_cost_minor"
    assert desk.rows("products", columns) == [
        ("P1", "Big mug", "Home", 1235), ("P2", "Tea", None, None),
    ]  # fmt: skip


def test_refunds_of_a_list_lower_their_orders(desk: Desk) -> None:
    balance = desk.bring(
        "of order,payee,back at,back",
        "1,C1,2024-02-01 10:00,-30.00",
        ",C2,2024-02-02 10:00,5.00",
        "2,C2,2024-02-02 10:00,0.00",
    )
    assert balance.reasons == {"amount is zero or negative": 1}
    columns = "order_id, customer_id, amount_minor"
    assert ("1", "C1", 3000) in desk.rows("refunds", columns)
    assert dict(desk.rows("orders", "order_id, amount_minor"))["1"] == 7000
    assert sum(amount for (amount,) in desk.rows("orders", "amount_minor")) == 22000 - 3500


def test_assignments_are_read(desk: Desk) -> None:
    desk.bring("test,member,arm,assigned", "spring,C1,control,2024-02-01", "spring,C2,a,2024-02-01")
    assert desk.rows("assignments", "customer_id, arm") == [("C1", "control"), ("C2", "a")]


# What a row is left out for.


@pytest.mark.parametrize(
    ("header", "row", "reason", "content"),
    [
        (CONTRACTS, ",C1,2024-01-01,30,day,,,,,", "a required cell is blank", "subscription_id"),
        (CONTRACTS, "S5,C1,2024-01-01,30,day,,,soon,,", "a date is no date", "cancelled_at: xxxx"),
        (CONTRACTS, "S5,C1,2024-01-01,x,day,,,,,", "cycle is no number of days", "cycle_days: x"),
        (CONTRACTS, "S5,C1,2024-01-01,1,moon,,,,,", "cycle is no number of days", "cycle_days: 9"),
        (CONTRACTS, "S5,C1,2024-01-01,30,day,,2.5,,,", "a number is no number",
         "commitment_orders: 9.9"),
        (CONTRACTS, "6.8E+12,C1,2024-01-01,30,day,,,,,", "a number was shortened by a spreadsheet",
         "subscription_id: 9.9x+99"),
        ("contract,at,event,words", "S1,2024-03-20,,", "a required cell is blank", "event"),
        ("mailing,to,sent,by,opened", "spring,,2024-02-01 10:00,email,", "no customer", ""),
        ("mailing,to,sent,by,opened", "spring,6.8E+12,2024-02-01 10:00,email,",
         "customer number was shortened by a spreadsheet", ""),
        ("ad,month,spent", "search,soon,10", "a date is no date", "month: xxxx"),
        ("ad,month,spent", "search,2024-03,much", "an amount is no amount of the currency",
         "cost_minor: xxxx"),
        ("of order,payee,back at,back", "1,C1,2024-02-01 10:00,1.005",
         "an amount is no amount of the currency", "amount_minor: 9.999"),
        ("sku,name,kind,cost", f"P1,{ADDRESS},,", "a required cell is an address",
         "product_name: xxxxxxx.xxxxxx@xxxxxxx.xxx"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_set_aside(
    desk: Desk, header: str, row: str, reason: str, content: str
) -> None:
    good = {
        CONTRACTS: "S1,C2,2024-01-06,30,day,,,2024-03-20,,",
        "contract,at,event,words": "S1,2024-03-20,skip,",
        "mailing,to,sent,by,opened": "spring,C1,2024-02-01 10:00,email,",
        "ad,month,spent": "search,2024-02,10",
        "of order,payee,back at,back": "1,C1,2024-02-01 10:00,1.5",
        "sku,name,kind,cost": "P9,Cup,,",
    }[header]
    balance = desk.bring(header, good, row)
    assert (balance.rows_read, balance.rows_accepted, balance.reasons) == (2, 1, {reason: 1})
    assert desk.rows("set_aside", "row_no, reason, content") == [(3, reason, content)]


def test_a_state_may_leave_rows_out(desk: Desk) -> None:
    costs = {**OTHERS[4], "status": [{"column": "state", "keep": ["paid"],
                                      "drop": {"void": "cancelled"}}]}  # fmt: skip
    desk.describe([costs])
    balance = desk.bring("ad,month,spent,state", "a,2024-03,1,Paid", "b,2024-03,1,void",
                         "c,2024-03,1,odd")  # fmt: skip
    assert desk.rows("costs", "source") == [("a",)]
    assert balance.reasons == {"cancelled": 1, "status is not known": 1}
    assert balance.unknown == {"status is not known": {"state: odd": 1}}
    assert "cancelled" in balance.decided


# What counts where rows are about the same thing.


def test_the_row_further_down_and_the_later_file_count(desk: Desk) -> None:
    one = desk.bring(CONTRACTS, "S1,C2,2024-01-06,30,day,,,,,", "S1,C2,2024-01-06,45,day,,,,,")
    assert one.reasons == {"the row was exported again later": 1}
    assert desk.rows("subscriptions", "cycle_days") == [(45,)]
    desk.bring(CONTRACTS, "S1,C2,2024-01-06,60,day,,,2024-03-09,,", name="later", sold=False)
    assert desk.rows("subscriptions", "cycle_days") == [(60,)]
    desk.bring(CONTRACTS, "S1,C2,2024-01-06,no,day,,,,,", name="broken", sold=False)
    assert desk.rows("subscriptions", "cycle_days") == [(60,)], "what cannot be read says nothing"


def test_what_earlier_files_told_is_kept_and_a_file_given_again_is_read_anew(desk: Desk) -> None:
    events = ("contract,at,event,words", "S1,2024-02-20 08:00,skip,")
    desk.bring(*events)
    desk.bring("contract,at,event,words", "S1,2024-03-20 08:00,pause,", name="later", sold=False)
    assert desk.rows("subscription_events", "event", "event_at") == [("skip",), ("pause",)]
    before = desk.rows("subscription_events")
    desk.bring(*events, sold=False)
    assert desk.rows("subscription_events") == before


def test_files_in_any_order_give_the_same(desk: Desk) -> None:
    files = [
        desk.write("orders", *SOLD),
        desk.write("events", "contract,at,event,words", "S1,2024-02-20 08:00,skip,"),
        desk.write(
            "list", CONTRACTS, *(f"{who},2024-01-06,30,day,,,,," for who in ("S1,C2", "S2,C1"))
        ),
    ]
    tables = ("orders", "subscriptions", "subscription_events", "customer_day")
    import_files("own", files)
    together = [desk.rows(table) for table in tables]
    for file in reversed(files):
        import_files("own", [file])
    assert [desk.rows(table) for table in tables] == together


def test_a_list_that_comes_later_changes_what_is_derived_from_orders(desk: Desk) -> None:
    """Which orders are of subscriptions only the list says: as if both had come together."""
    contracts = {**OTHERS[0], "order_ids": "orders"}
    desk.describe([contracts])
    plain = untold(SOLD[1:])
    orders = desk.write("orders", SOLD[0], *plain)
    rows = ("S1,C2,2024-01-06,30,day,,,,,,2|3 4", "S2,C1,2024-01-05,7,day,,,,,,")
    listed = desk.write("list", f"{CONTRACTS},orders", *rows)
    import_files("own", [orders])
    assert desk.rows("subscriptions") == []
    assert {kind for (kind,) in desk.rows("customer_day", "purchase_type")} == {"one_off"}
    (balance,) = import_files("own", [listed])
    assert "3 orders are taken for those of subscriptions" in " ".join(balance.notes)
    tables = ("orders", "customer_day", "baskets", "subscriptions")
    apart = [desk.rows(table) for table in tables]
    assert ("subscription", 3) in duckdb.sql(
        f"SELECT purchase_type, count(*) FROM '{desk.home}/data/own/current/orders.parquet' "
        "GROUP BY ALL").fetchall()  # fmt: skip
    import_files("own", [orders, listed])
    assert [desk.rows(table) for table in tables] == apart


def test_orders_of_no_list_are_found_by_customer_and_product(desk: Desk) -> None:
    plain = untold(SOLD[1:])
    plain += [
        "5,C2,,2024-03-01 10:00,100,,,P1,Mug,1,100",
        "6,C2,,2024-06-06 10:00,40,,,P2,Tea,1,40",
    ]
    import_files("own", [desk.write("orders", SOLD[0], *plain)])
    balance = desk.bring(CONTRACTS, "S1,C2,2024-01-06,30,day,Tea,,2024-03-20,,", sold=False)
    assert "hold nothing but the product of a listed subscription" in " ".join(balance.notes)
    assert desk.rows("orders", "order_id", "order_id")[1:4] == [("2",), ("3",), ("4",)]
    found = dict(desk.rows("orders", "order_id, subscription_id"))
    assert {order for order, number in found.items() if number} == {"2", "3", "4"}


# What a layout must say.


@pytest.mark.parametrize("layout", OTHERS, ids=lambda one: one["table"])
def test_every_needed_column_must_be_named(layout: dict[str, Any]) -> None:
    needed = [c.name for c in TABLES[layout["table"]] if c.required and c.name in layout]
    # Orders tell the rest.
    by_orders = {"subscriptions": ["subscription_id"], "refunds": ["amount_minor"]}
    for name in by_orders.get(layout["table"], needed):
        without = {key: value for key, value in layout.items() if key != name}
        with pytest.raises(ParameterError, match=f"must name the column of {name}"):
            layout_from("mapping", without, where="mapping of shops/own.yaml")


def test_a_column_of_no_table_is_refused() -> None:
    with pytest.raises(ParameterError, match="unknown key 'cost_minr': did you mean 'cost_minor'"):
        layout_from("mapping", {"table": "costs", "cost_minr": "x"}, where="x")
    with pytest.raises(ParameterError, match="unknown key 'derived'"):
        layout_from("mapping", {"table": "subscriptions", "derived": "x"}, where="x")


def test_a_file_without_a_named_column_is_refused(desk: Desk) -> None:
    with pytest.raises(DataError, match="other.csv has the columns ad, month"):
        desk.bring("ad,month", "search,2024-03")


def test_an_open_quote_is_told(desk: Desk) -> None:
    rows = [f"search{n},2024-03,1" for n in range(5)]
    with pytest.raises(DataError, match="opens a quote in row 3"):
        desk.bring("ad,month,spent", rows[0], '"search,2024-03,1', *rows[1:])


def test_the_balance_adds_up_and_is_recorded(desk: Desk) -> None:
    desk.bring("ad,month,spent", "search,2024-03,1", "x,y,z")
    record = json.loads((desk.home / "data/own/current/import.json").read_text())
    (entry,) = (one for one in record["balance"] if one["table"] == "costs")
    assert entry["rows_read"] == entry["rows_accepted"] + entry["rows_set_aside"] == 2


def test_one_off_buyers_get_no_subscriptions(desk: Desk) -> None:
    plain = untold(SOLD[1:])
    (balance,) = import_files("own", [desk.write("orders", SOLD[0], *plain)])
    assert desk.rows("subscriptions") == []
    assert not any("subscription" in note for note in balance.notes)
