"""What an order is worth: a column of its own, or what its lines add up to."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from statistics import median
from typing import Any

from analysis.errors import DataError, ParameterError
from analysis.ingest.guessing.columns import candidates, column_meanings, possible
from analysis.ingest.guessing.contents import Column, Sample, groups
from analysis.ingest.guessing.questions import Answers, Question

# Names that can only mean the price of one piece.
_OF_ONE = re.compile(
    r"unit|each|single|per |cost|einzel|stück|unitaire|unité|\bpu\b|unitario|singolo|単価", re.I
)
_LINES = "lines"
_SLACK = 0.005
# A price that is the same whatever is bought of a product differs by no more, as prices change.
_STEADY = 0.1
_BELOW = ("-", "(", "\u2212")


def amount_keys(
    sample: Sample, chosen: Mapping[str, Column], answers: Answers
) -> tuple[dict[str, Any], list[Question]]:
    """Return the keys of money and lines, and what has to be asked about them.

    Args:
        sample: The first rows of the file.
        chosen: Key to the column that was chosen for it; `order_id` is among them.
        answers: What a person said.

    Raises:
        ParameterError: An answer wants lines, and there are none.
        DataError: No column can hold what was paid.
    """
    orders = list(groups(chosen["order_id"]).values())
    total, asked = _total(sample, orders, answers)
    line, asked_of_line = _line(sample, orders, total, answers)
    keys: dict[str, Any] = {}
    if total is not None:
        keys["amount_plus"] = [total.name]
    elif line and not asked:
        keys["amount"] = _LINES
    for key in ("refund", "discount"):
        found = [
            column
            for column, _ in candidates(sample, key)
            if is_own(column, orders) and not _is_rate(column)
        ]
        if found and (key != "discount" or not line or found[0].name != line.get("discount")):
            keys[key] = found[0].name
    if line:
        keys["line"] = line
    elif answers.get("amount") == _LINES:
        raise ParameterError(
            f"amount == 'lines', but {sample.name} has no lines to add up: it lacks a product, a "
            "quantity or a price."
        )
    return keys, [*asked, *asked_of_line]


def is_own(column: Column, orders: list[list[int]]) -> bool:
    """Tell whether a column says something of orders: their rows hold one value or none.

    Rows below zero are money that went back.

    >>> is_own(Column("Total", ("9", "", "5", "5")), [[0, 1], [2, 3]])
    True
    """
    values = [
        {cell for row in rows if (cell := column.cells[row]) and not cell.startswith(_BELOW)}
        for rows in orders
    ]
    return sum(len(found) > 1 for found in values) <= len(values) // 50


def _total(
    sample: Sample, orders: list[list[int]], answers: Answers
) -> tuple[Column | None, list[Question]]:
    """Return the column of what was paid for an order; None where lines tell, or it is asked."""
    if (given := answers.get("amount")) and given != _LINES:
        column = sample.columns[given]
        return (column if is_own(column, orders) else None), []
    has_lines = _has_lines(sample, orders)
    named = {
        key: [(column, match) for column, match in candidates(sample, key)
              if is_own(column, orders) and not _is_of_lines(sample, column, orders)]
        for key in ("amount", "worth")
    }  # fmt: skip
    if given == _LINES or (has_lines and not any(named.values())):
        return None, []
    for likely in named.values():
        sure = [column for column, match in likely if match.share == 1]
        if len({column.cells for column in sure}) == 1:
            return sure[0], []
        if sure:
            break
    names = [column for likely in named.values() for column, _ in likely] or [
        column for column in possible(sample, "amount") if is_own(column, orders)
    ]
    choices = {column.name: _example(column) for column in names}
    if has_lines:
        choices[_LINES] = "what the lines of an order add up to"
    return None, [_which(sample, choices)]


def _has_lines(sample: Sample, orders: list[list[int]]) -> bool:
    money = [*candidates(sample, "price"), *candidates(sample, "line_amount")]
    return bool(
        _products(sample)
        and candidates(sample, "quantity")
        and (money or _differing(sample, orders))
    )


def _differing(sample: Sample, orders: list[list[int]]) -> list[Column]:
    """Return the columns that are called like amounts of orders and differ between their rows."""
    return [
        column
        for key in ("amount", "worth")
        for column, match in candidates(sample, key)
        if match.share == 1 and (not is_own(column, orders) or _is_of_lines(sample, column, orders))
    ]


def _is_of_lines(sample: Sample, column: Column, orders: list[list[int]]) -> bool:
    """Tell whether a column is quantity times price in orders of several rows, each on its own."""
    prices, quantities = candidates(sample, "price"), candidates(sample, "quantity")
    rows = [row for rows in orders if len(rows) > 1 for row in rows if column.cells[row]]
    if not (prices and quantities and rows):
        return False
    price, quantity = prices[0][0], quantities[0][0]

    def is_product(row: int) -> bool:
        cells = (price.cells[row], quantity.cells[row], column.cells[row])
        one, many, worth = map(number, cells)
        if one is None or many is None or worth is None:
            return False
        return abs(one * many - worth) <= _SLACK * abs(worth)

    return all(map(is_product, rows))


def _which(sample: Sample, choices: Mapping[str, str]) -> Question:
    what = "holds what was paid for an order"
    if not choices:
        raise DataError(
            f"No column of {sample.name} {what}: export it with one; it has "
            f"{', '.join(sample.columns)}."
        )
    sentence = f"Which column of {sample.name} {what}?"
    return Question("amount", sentence, choices, next(iter(choices)))


def _is_rate(column: Column) -> bool:
    """Tell whether cells are shares, such as 0.2, and not money."""
    values = {value for cell in column.filled if (value := number(cell)) is not None}
    return bool(values - {0.0, 1.0}) and all(0 <= value <= 1 for value in values)


def _example(column: Column) -> str:
    return f"such as {', '.join(column.filled[:3])}" if column.filled else ""


def _products(sample: Sample) -> dict[str, Column]:
    """Return the columns that name products: their number, or else their name in its place."""
    found = {
        key: sorted((column for column, _ in candidates(sample, key)), key=_numbers_rows)
        for key in ("product_id", "product_name")
    }
    number = found["product_id"] or found["product_name"]
    if not number:
        return {}
    names = [column for column in found["product_name"] if column != number[0]]
    return {"product_id": number[0]} | ({"product_name": names[0]} if names else {})


def _numbers_rows(column: Column) -> bool:
    """Tell whether no cell comes twice: such a number is that of the row, and not of a product."""
    return 2 < len(column.filled) == column.distinct


def _line(
    sample: Sample, orders: list[list[int]], total: Column | None, answers: Answers
) -> tuple[dict[str, Any], list[Question]]:
    """Return the columns of a line; none where product, quantity or money is not told."""
    products = _products(sample)
    quantities = [column for column, _ in candidates(sample, "quantity") if column != total]
    if not (products and quantities):
        return {}, []
    line: dict[str, Any] = {key: column.name for key, column in products.items()}
    line["quantity"] = quantities[0].name
    of_rows = _of_rows(sample, orders, total, answers)
    prices = [column for column, _ in candidates(sample, "price") if column != total]
    if of_rows:
        return {**line, "amount": of_rows.name}, []
    if not prices:
        # One product an order, and one amount: that is the amount of both.
        single = len(orders) == sum(map(len, orders)) and _is_only_money(sample, total)
        return ({**line, "amount": total.name} if single and total else {}), []
    price = prices[0]
    kind = answers.get("price") or _kind(price, quantities[0], products, orders, total)
    if not kind:
        choices = {"one": "of one piece", "all": "of all pieces of the row"}
        sentence = f"Is {price.name} of {sample.name} the price of one piece, or of all of a row?"
        return {**line, "price": price.name}, [Question("price", sentence, choices, "one")]
    return {**line, ("price" if kind == "one" else "amount"): price.name}, []


def _is_only_money(sample: Sample, total: Column | None) -> bool:
    """Tell whether an amount is all the money that a file tells: no postage is in it, no tax."""
    if total is None:
        return False
    money = ("amount", "worth", "refund", "discount", "other")
    return not any(
        column != total and column.has_numbers and set(money) & set(column_meanings(column.name))
        for column in sample.columns.values()
    )


def _of_rows(
    sample: Sample, orders: list[list[int]], total: Column | None, answers: Answers
) -> Column | None:
    """Return the column that holds what was paid for all pieces of a row."""
    given = sample.columns.get(answers.get("amount"))
    if given and not is_own(given, orders):
        return given
    named = [column for column, _ in candidates(sample, "line_amount") if column != total]
    if named:
        return named[0]
    differing = _differing(sample, orders)
    return differing[0] if differing else None


def _kind(
    price: Column,
    quantity: Column,
    products: Mapping[str, Column],
    orders: list[list[int]],
    total: Column | None,
) -> str:
    """Tell whether a price is of `one` piece or of `all`: by its name, or else by its cells."""
    if _OF_ONE.search(price.name):
        return "one"
    rows = [
        (number(price.cells[row]), number(quantity.cells[row])) for row in range(len(price.cells))
    ]
    if all(many in (None, 1.0) for _, many in rows):
        return "one"
    votes = [*_by_product(rows, products["product_id"]), *_by_total(rows, orders, total)]
    one, every = votes.count("one"), votes.count("all")
    return "one" if one > 9 * every else "all" if every > 9 * one else ""


def _by_product(rows: list[tuple[float | None, float | None]], product: Column) -> Iterator[str]:
    """Yield, for products sold in several quantities, which of the two stays the same."""
    sold: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for (price, many), name in zip(rows, product.cells, strict=True):
        if price and many and name:
            sold[name].append((price, many))
    for pairs in sold.values():
        if len({many for _, many in pairs}) < 2:
            continue
        spread = {"one": _spread([price for price, _ in pairs]),
                  "all": _spread([price / many for price, many in pairs])}  # fmt: skip
        likely, other = sorted(spread, key=spread.__getitem__)
        if spread[likely] <= _STEADY and spread[other] > 2 * spread[likely]:
            yield likely


def _spread(values: list[float]) -> float:
    middle = median(values)
    return median(abs(value - middle) for value in values) / abs(middle) if middle else 0.0


def _by_total(
    rows: list[tuple[float | None, float | None]], orders: list[list[int]], total: Column | None
) -> Iterator[str]:
    """Yield, for orders of several pieces, which of the two adds up to what was paid."""
    if total is None:
        return
    for places in orders:
        paid = next((number(total.cells[row]) for row in places if total.cells[row]), None)
        pairs = [rows[row] for row in places if None not in rows[row]]
        if not paid or all(many == 1 for _, many in pairs):
            continue
        if abs(sum(price * many for price, many in pairs) - paid) < _SLACK * paid:
            yield "one"
        elif abs(sum(price for price, _ in pairs) - paid) < _SLACK * paid:
            yield "all"


def number(cell: str) -> float | None:
    """Return about what a cell says as a number, enough to compare it with others.

    >>> number("1.234,50 €"), number("12"), number("n/a")
    (1234.5, 12.0, None)
    """
    digits = re.sub(r"[^\d.,-]", "", cell)
    mark = max(digits.rfind("."), digits.rfind(","))
    if mark >= 0 and len(digits) - mark != 4:
        digits = re.sub(r"[.,]", "", digits[:mark]) + "." + digits[mark + 1 :]
    else:
        digits = re.sub(r"[.,]", "", digits)
    try:
        return float(digits)
    except ValueError:
        return None
