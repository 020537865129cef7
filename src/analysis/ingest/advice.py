"""What a person is told of an import that was refused: what it holds, and the lines to add."""

from collections.abc import Iterator, Mapping, Sequence

import yaml

from analysis.ingest.balance import Balance, written
from analysis.ingest.layouts import OWN, Layout
from analysis.shop import ShopFile

_MOST_VALUES = 8
# What rules decide is explained where it is so much of a file.
_MUCH = 0.1


def outlook(
    balances: Sequence[Balance], shop: ShopFile, layouts: Mapping[str, Layout]
) -> Iterator[str]:
    """Yield what would come in, what would be set aside and why, and what to add, in lines.

    Args:
        balances: Where the rows of each file went.
        shop: What the shop's file says.
        layouts: The layout of each file, by the name that its balance has.
    """
    for balance in balances:
        yield f"{balance.table} from {balance.source}: {_what_comes(balance, shop)}"
        for reason, rows in balance.reasons.items():
            money = balance.money_set_aside.get(reason, 0)
            worth = f", {written(money, shop.currency)}" if money else ""
            yield f"  set aside: {reason}: {rows:,} rows{worth}"
            if layout := layouts.get(balance.source):
                yield from (f"    {line}" for line in _on_reason(balance, reason, layout, shop))


def _what_comes(balance: Balance, shop: ShopFile) -> str:
    counts = f"{balance.rows_accepted:,} of {balance.rows_read:,} rows would come in"
    if not balance.months:
        return counts
    net = written(balance.gross_minor - balance.refunds_minor, shop.currency)
    return f"{counts}, {net}, {min(balance.months)} to {max(balance.months)}"


def _on_reason(balance: Balance, reason: str, layout: Layout, shop: ShopFile) -> Iterator[str]:
    """Yield the states behind a reason, and what the shop's file has to say to count them."""
    decided = reason in balance.decided
    if decided and balance.reasons[reason] < _MUCH * balance.rows_read:
        return
    for column, values in values_by_column(balance.unknown.get(reason, {}), layout).items():
        if is_dropped_whole(column, layout):
            continue
        told = ", ".join(f"{value} ({rows:,})" for value, rows in _first(values))
        yield f"{column} says {told}: if these count, add to shops/{shop.name}.yaml:"
        lines = lines_to_keep(column, list(values), layout, shop)
        if not decided:
            other = _yaml({next(iter(values)): "cancelled"}).strip()
            lines.append(f"# or, where they are no sales, drop: {other}")
        yield from (f"  {line}" for line in lines)


def is_dropped_whole(column: str, layout: Layout) -> bool:
    """Tell whether whatever a column says sets an order aside, such as the day it was cancelled."""
    return any(column in status.column and "*" in status.drop for status in layout.status)


def values_by_column(values: Mapping[str, int], layout: Layout) -> dict[str, dict[str, int]]:
    """Return column to value to rows of values that are told as `Column: value`.

    A value without a column belongs to the only one whose values the layout knows.

    >>> layout = Layout("own", "Own")
    >>> values_by_column({"State: on its way": 3}, layout)
    {'State': {'on its way': 3}}
    """
    known = [name for status in layout.status for name in status.column]
    found: dict[str, dict[str, int]] = {}
    for text, rows in values.items():
        named = next((name for name in known if text.startswith(f"{name}: ")), "")
        column, _, value = text.partition(": ")
        if named:
            column, value = named, text.removeprefix(f"{named}: ")
        elif not value:
            column, value = (known or [""])[0], text
        found.setdefault(column, {})[value] = rows
    return found


def lines_to_keep(column: str, values: Sequence[str], layout: Layout, shop: ShopFile) -> list[str]:
    """Return the lines of YAML by which values of a column count as sales.

    They extend a format that comes along; of the shop's own mapping they are the part to add.
    """
    status = [{"column": column, "keep": list(values)}]
    content = {"status": status}
    if not layout.name.startswith(OWN):
        content = {"mapping": {"extends": layout.name, **content}}
    lines = _yaml(content).splitlines()
    if shop.mapping:
        lines.append(f"# beside what shops/{shop.name}.yaml says under mapping already")
    return lines


def _yaml(content: object) -> str:
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, default_flow_style=None)


def _first(values: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(values.items(), key=lambda one: (-one[1], one[0]))[:_MOST_VALUES]
