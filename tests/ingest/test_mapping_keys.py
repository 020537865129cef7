"""The tables of keys in data/README.md, held against the layouts that are read."""

import re
from pathlib import Path

import pytest
import yaml

from analysis.ingest.layout_files import COMMON, layout_from
from analysis.ingest.layouts import Layout, Line, Status, Subscription

TEXT = (Path(__file__).parents[2] / "data" / "README.md").read_text(encoding="utf-8")
# Fields that no key of YAML gives: the name is that of the file, the others are made of keys.
DERIVED = {"name", "base", "columns"}
# What makes an example a whole layout.
ORDERS = {"order_id": "O", "customer_id": "C", "ordered_at": "D", "amount_plus": ["A"]}
LINE = {"product_id": "P", "quantity": "Q", "price": "R"}


def rows(of: str) -> dict[str, list[str]]:
    """Return key to the other cells of a row, of the table of keys `of` something, or of all."""
    head = f"| key of `{of}` |" if of else "| key |"
    table = TEXT[TEXT.index(f"\n{head}") :].split("\n\n")[0].strip().splitlines()
    cells = [re.split(r"(?<!\\)\|", line.strip("|")) for line in table[2:]]
    return {one[0].strip(" `"): [cell.strip() for cell in one[1:]] for one in cells}


@pytest.mark.parametrize(
    ("of", "keys"),
    [
        ("", set(Layout._fields) - DERIVED | {"extends"}),
        ("status", set(Status._fields)),
        ("subscription", set(Subscription._fields)),
        ("line", set(Line._fields)),
    ],
)
def test_every_key_has_a_row_with_meaning_values_default_and_example(of: str, keys: set[str]):
    found = rows(of)
    assert set(found) == keys
    for key, cells in found.items():
        assert len(cells) == 4, key
        assert all(cells), key


@pytest.mark.parametrize("of", ["", "status", "subscription", "line"])
def test_every_example_is_one(of: str):
    for key, (*_, example) in rows(of).items():
        content = yaml.safe_load(example.strip("`").replace("\\|", "|"))
        assert list(content) == [key]
        layout_from("mapping", whole(of, content), where="data/README.md")


def whole(of: str, content: dict) -> dict:
    """Return a layout that is complete but for what an example says."""
    if of == "status":
        return {**ORDERS, "status": [{"column": "S", **content}]}
    if of == "subscription":
        return {**ORDERS, "subscription": content}
    if of == "line":
        return {**ORDERS, "line": {**LINE, **content}}
    if "extends" in content:
        return content
    if "values" in content:
        events = {"subscription_id": "S", "event_at": "D", "event": "E"}
        return {"table": "subscription_events", **events, **content}
    return {**ORDERS, **({"line": LINE} if "amount" in content else {}), **content}


@pytest.mark.parametrize("key", ["table", "unit", "earliest"])
def test_defaults_that_are_values_are_the_defaults(key: str):
    assert rows("")[key][2] == f"`{Layout._field_defaults[key]}`"


def test_what_may_be_set_for_all_formats_is_listed():
    listed = TEXT[TEXT.index("it sets `dates`") :].split(" for all formats")[0]
    assert set(re.findall(r"`(\w+)`", listed)) == set(COMMON)
