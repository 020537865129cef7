"""Cells that were never meant to be read: right numbers or a clean sentence, and nobody's name."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.ingest.world.command import Imported, crm, read_tables

PERSON = ("planted.person@example.com", "Hanako Planted", "090-5555-0123")
SHOP = """\
title: Hostile
currency: USD
time_zone: America/New_York
as_of: last_order
amount_rule: paid
source: {}
mapping:
  order_id: Order No
  email: Email
  ordered_at: Date
  amount_plus: [Paid]
  line: {product_id: Item, product_name: Item, quantity: Qty, amount: Paid}
reports: {}
"""
HEADER = ["Order No", "Email", "Buyer", "Phone", "Date", "Paid", "Item", "Qty"]
CLEAN = (0, 2, 3, 12)
MEGABYTE = 1_000_000

Import = Callable[..., tuple[int, str, Imported | None]]


def row(number: int, *, item: str = "Mug", **cells: str) -> list[str]:
    values = {
        "Order No": str(number),
        "Email": PERSON[0],
        "Buyer": PERSON[1],
        "Phone": PERSON[2],
        "Date": f"2024-03-{number:02d}",
        "Paid": f"{number}.50",
        "Item": item,
        "Qty": "1",
    }
    return list((values | cells).values())


def text(rows: list[list[str]], header: list[str] = HEADER) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows([header, *rows])
    return out.getvalue()


@pytest.fixture
def imported(tmp_path: Path) -> Import:
    """Import bytes into a new shop: exit code, what was said, and the tables."""

    def run(
        content: bytes | str, *, shop: str = SHOP, name: str = "orders.csv"
    ) -> tuple[int, str, Imported | None]:
        for folder in ("shops", "data"):
            (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / "shops" / "hostile.yaml").write_text(shop, encoding="utf-8")
        file = tmp_path / name
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        exit_code, said, crashed = crm(tmp_path, "import", "--shop", "hostile", str(file))
        assert not crashed, crashed
        assert exit_code in CLEAN, said
        assert "Traceback" not in said
        record = tmp_path / "data" / "hostile" / "current" / "import.json"
        written = record.read_text(encoding="utf-8") if record.exists() else ""
        for secret in PERSON:
            assert secret not in said
            assert secret not in written
        return exit_code, said, read_tables(tmp_path, "hostile")

    return run


def amounts(tables: Imported | None) -> dict[str, int]:
    assert tables is not None
    return {number: amount for number, (_, _, amount) in tables.orders.items()}


FORMULAS = (
    "=1+1",
    '=HYPERLINK("http://example.com","x")',
    "=cmd|' /C calc'!A0",
    "+SUM(A1:A9)",
    "-2+3",
    "@SUM(1)",
    "\t=1",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</td></tr></table>",
    "&lt;b&gt;",
    "{{ 7 * 7 }}",
    "${jndi:ldap://x}",
    "%s%n%x",
    "$order_id",
    "'; DROP TABLE orders; --",
    '"quoted ""twice"""',
    "it's",
    "back\\slash\\",
    "line\nbreak",
    "line\r\nbreak",
    "semi;colon",
    "tab\there",
    "pipe|name:x|quantity:9",
    "\u202eright to left",
    "\u200fmark",
    "zero\u200bwidth",
    "e\u0301",
    "👩\u200d👩\u200d👧",
    "\ufeff",
    "NULL",
    "nan",
    "-",
)


@pytest.mark.parametrize("item", FORMULAS)
def test_a_product_s_name_is_text(item: str, imported: Import) -> None:
    """Such names decide nothing: other orders come in, and this one if its name is one."""
    content = text([row(1), row(2, item=item), row(3)])
    exit_code, _, tables = imported(content)
    if exit_code:
        assert tables is None
        return
    found = amounts(tables)
    assert found | {"2": 250} == {"1": 150, "2": 250, "3": 350}


# Programs write these for nothing.
NOTHING = ("NULL", "nan", "-")


@pytest.mark.parametrize(
    "item", [name for name in FORMULAS if name.isprintable() and name not in NOTHING]
)
def test_a_name_without_invisible_signs_comes_in_as_it_is(item: str, imported: Import) -> None:
    exit_code, said, tables = imported(text([row(1), row(2, item=item), row(3)]))
    assert exit_code == 0, said
    assert amounts(tables) == {"1": 150, "2": 250, "3": 350}
    assert item in tables.names.values()


@pytest.mark.parametrize("item", FORMULAS)
def test_an_order_s_number_is_text(item: str, imported: Import) -> None:
    exit_code, _, tables = imported(text([row(1), row(2, **{"Order No": item}), row(3)]))
    if exit_code == 0:
        found = amounts(tables)
        assert (found["1"], found["3"]) == (150, 350)
        assert sum(found.values()) in (500, 750)


def test_a_cell_of_a_megabyte(imported: Import) -> None:
    """A note that nobody reads, or a name: rows around it stand."""
    content = text([row(1), row(2, Buyer="x" * MEGABYTE), row(3)])
    exit_code, said, tables = imported(content)
    assert exit_code == 0, said
    assert amounts(tables) == {"1": 150, "2": 250, "3": 350}


def test_a_row_longer_than_any(imported: Import) -> None:
    content = text([row(1), row(2, item="y" * 3 * MEGABYTE), *(row(day) for day in range(3, 29))])
    exit_code, said, tables = imported(content)
    if exit_code == 0:
        found = amounts(tables)
        assert found == {key: amount for key, amount in found.items() if amount % 100 == 50}
        assert len(found) >= 27
    else:
        assert len(said) < 2_000


@pytest.mark.parametrize(
    "broken",
    [
        b"Mug\x00",
        b"\x00",
        b"\xff\xfe\xfd",
        b"\xed\xa0\x80",  # half of a surrogate pair
        b"\xc3",
        b"\xf4\x90\x80\x80",  # beyond the last sign there is
        b"\x1b[31mred",
        b"\x85\x9f",
    ],
)
def test_bytes_that_are_no_text(broken: bytes, imported: Import) -> None:
    content = text([row(1), row(2, item="BROKEN"), row(3)]).encode().replace(b"BROKEN", broken)
    exit_code, said, tables = imported(content)
    if exit_code == 0:
        found = amounts(tables)
        assert found | {"2": 250} == {"1": 150, "2": 250, "3": 350}
    else:
        assert said.startswith("crm: ")
        assert len(said.splitlines()) <= 4, said


def test_ten_thousand_columns(imported: Import) -> None:
    others = [f"Answer {number}" for number in range(10_000)]
    rows = [[*row(number), *["no"] * 10_000] for number in (1, 2, 3)]
    exit_code, said, tables = imported(text(rows, [*HEADER, *others]))
    if exit_code == 0:
        assert amounts(tables) == {"1": 150, "2": 250, "3": 350}
    assert len(said) < 5_000, "a sentence, not ten thousand names"


@pytest.mark.parametrize(
    "name",
    [
        "Paid'; DROP TABLE orders; --",
        'Paid" OR "1"="1',
        "Paid) FROM staged; SELECT (1",
        "$amount",
        "Paid\nin full",
        "Paid `x`",
        "{Paid}",
        "Paid\u202e",
        "SELECT",
        "*",
        "Paid*",
    ],
)
def test_a_column_may_be_called_anything(name: str, imported: Import) -> None:
    import yaml

    header = [name if column == "Paid" else column for column in HEADER]
    shop = yaml.safe_load(SHOP)
    shop["mapping"]["amount_plus"] = [name]
    shop["mapping"]["line"]["amount"] = name
    exit_code, said, tables = imported(
        text([row(1), row(2), row(3)], header), shop=yaml.safe_dump(shop, allow_unicode=True)
    )
    if exit_code == 0:
        assert amounts(tables) == {"1": 150, "2": 250, "3": 350}
    else:
        assert name.endswith("*"), said


@pytest.mark.parametrize(
    "others",
    [["", ""], ["Paid", "Paid"], ["paid", "PAID"], ["'", '"'], ["x" * 5_000, "y"], ["\x00", "\t"]],
)
def test_other_columns_may_be_called_anything(others: list[str], imported: Import) -> None:
    rows = [[*row(number), "7", "8"] for number in (1, 2, 3)]
    exit_code, said, tables = imported(text(rows, [*HEADER, *others]))
    if exit_code == 0:
        # Of two columns of one name the first is meant.
        assert amounts(tables) == {"1": 150, "2": 250, "3": 350}
    assert len(said) < 8_000


@pytest.mark.parametrize(
    "cells",
    [
        {"Paid": "1e400"},
        {"Paid": "9" * 40},
        {"Paid": "NaN"},
        {"Paid": "Infinity"},
        {"Paid": "0x1F"},
        {"Paid": "2.50.50"},
        {"Paid": "=2.5"},
        {"Paid": "２．５０"},
        {"Paid": "٢٫٥٠"},
        {"Qty": "1e9"},
        {"Qty": "-0"},
        {"Qty": "½"},
        {"Date": "2024-02-30"},
        {"Date": "9999-12-31"},
        {"Date": "-2024-03-02"},
        {"Date": "2024-03-02T25:61:00"},
        {"Date": "<b>2024-03-02</b>"},
        {"Email": "<script>@example.com"},
        {"Email": "a" * 5_000 + "@example.com"},
        {"Email": PERSON[0] + "\nbcc: other@example.com"},
    ],
)
def test_cells_that_are_read(cells: dict[str, str], imported: Import) -> None:
    """The order with the odd cell comes in as a person reads it, or is left out; others stand."""
    rows = [row(2, **cells) if number == 2 else row(number) for number in range(1, 29)]
    content = text(rows)
    exit_code, _, tables = imported(content)
    if exit_code == 0:
        found = amounts(tables)
        assert found | {"2": 250} == {str(number): number * 100 + 50 for number in range(1, 29)}


def test_nobody_is_named_where_cells_cannot_be_read(imported: Import) -> None:
    """A shifted row puts an address where the date was: its shape may be told, it may not."""
    mail, name, phone = PERSON
    rows = [row(number) for number in range(1, 20)]
    rows += [
        ["20", "", name, phone, mail, name, "Mug", "1"],
        ["21", "x", "", "", phone, mail, "", ""],
    ]
    _, said, _ = imported(text(rows))
    assert mail.split("@")[0] not in said
