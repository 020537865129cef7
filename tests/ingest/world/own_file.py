"""A file of a shop's own making: rows by drawn habits, and the mapping a person writes for it."""

import random
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from tests.ingest.world.habits import Habits
from tests.ingest.world.notation import Cell, Money, Quantity, When
from tests.ingest.world.people import CUSTOMER_FORMS, IDENTITIES, ORDER_FORMS, mail_of, phone_of
from tests.ingest.world.truth import Line, Order

Row = dict[str, Cell]
STATES = {
    "paid": ("paid", "Completed", "shipped"),
    "cancelled": ("void", "Cancelled"),
    "unpaid": ("open", "awaiting payment"),
    "test": ("TEST",),
}
NOT_GOODS = {
    "tip": ("Tip", "Tip"),
    "gift_card": ("Gift Card*", "voucher"),
    "shipping": ("Postage", "shipping"),
}


class Group(NamedTuple):
    """The rows of one number, and which order they tell of."""

    number: str
    order: Order
    rows: list[Row]


class Writer:
    """Writes orders as rows whose cells are named by what they mean."""

    def __init__(
        self, rng: random.Random, habits: Habits, *, currency: str, decimals: int, invisible: bool
    ) -> None:
        self.rng = rng
        self.habits = habits
        self.currency = currency
        self.decimals = decimals
        self.invisible = invisible
        self.forms = rng.random() < 0.3
        self.sign = -1 if habits.signed else 1
        self.rows = 0

    def groups(self, orders: list[Order]) -> list[Group]:
        """Return the rows of every order, and of every refund that has a number of its own."""
        groups = [Group(self.number(order), order, self.rows_of(order)) for order in orders]
        if self.habits.back in ("rows", "credit notes"):
            later = [(refund, order) for order in orders for refund in order.refunds]
            for count, (refund, order) in enumerate(sorted(later, key=lambda pair: pair[0].at)):
                groups.append(self._paid_back(count, order, refund.at, refund.amount))
        return groups

    def earlier(self, group: Group) -> Group:
        """Return an order as a file told of it that was exported before it was paid or refunded."""
        if self.habits.back in ("column", "column dated", "packed"):
            return group._replace(rows=self.rows_of(group.order._replace(refunds=())))
        if self.habits.state and group.order.state == "paid":
            return group._replace(rows=self.rows_of(group.order._replace(state="unpaid")))
        return group

    def number(self, order: Order) -> str:
        return ORDER_FORMS[self.habits.order_form](order.number)[0]

    def rows_of(self, order: Order) -> list[Row]:
        own = self._own(order)
        if self.habits.shape == "order rows":
            return [own]
        if self.habits.shape != "line rows":
            return [own | self._packed(order)]
        lines = [self._line(line) for line in self._written(order)]
        if self.habits.back == "in order":
            lines += [self._taken_back(refund.amount) for refund in order.refunds]
        return self._spread(own, lines)

    def _spread(self, own: Row, lines: list[Row]) -> list[Row]:
        where = self.habits.own
        always = {key: cell for key, cell in own.items() if key in {"order", *self.habits.always}}
        if where == "first, nameless":
            always.pop("order")
        if where == "every":
            return [own | line for line in lines]
        if where == "row before":
            return [own, *(always | line for line in lines)]
        if where == "row after":
            return [*(always | line for line in lines), own]
        holder = 0 if where.startswith("first") else len(lines) - 1
        return [(own if at == holder else always) | line for at, line in enumerate(lines)]

    def _own(self, order: Order) -> Row:
        row: Row = {"order": self.number(order), "date": When(order.at)} | self._customer(order)
        for key in ("order", "customer"):
            if self.habits.padded_ids and row.get(key) and self.rng.random() < 0.3:
                row[key] = f"{row[key]} "
        if self.habits.time_apart:
            row["time"] = f"{order.at:%H:%M:%S}"
        if self.habits.state:
            row["state"] = self.rng.choice(STATES[order.state])
        if self.habits.amount == "total":
            row["total"] = Money(order.total)
        elif self.habits.amount == "parts":
            row["goods"] = Money(order.goods)
            row["postage"] = Money(order.postage)
            row["discount"] = Money(self.sign * order.discount)
        if self.habits.back in ("column", "column dated"):
            row["refunded"] = Money(self.sign * order.refunded)
        if self.habits.back == "column dated" and order.refunds:
            row["refunded at"] = When(order.refunds[0].at)
        if self.habits.back == "packed":
            amounts = [self._plain(self.sign * refund.amount) for refund in order.refunds]
            row["refunds"] = ";".join(
                f"id:{number}|date:{refund.at:%Y-%m-%d}|amount:{amounts[number]}|reason:"
                for number, refund in enumerate(order.refunds)
            )
        return row

    def _customer(self, order: Order) -> Row:
        identity = IDENTITIES[self.habits.identity]
        row: Row = {}
        if identity.number:
            guest = identity.guests and self.rng.random() < 0.3 and order.customer % 3 == 0
            text = CUSTOMER_FORMS[self.habits.customer_form](order.customer)[0]
            row["customer"] = self.rng.choice(("", "0")) if guest else text
        if identity.mail:
            row["mail"] = mail_of(
                self.rng, order.customer, forms=self.forms, invisible=self.invisible
            )
        if identity.phone:
            row["phone"] = phone_of(
                self.rng, order.customer, currency=self.currency, forms=self.forms
            )
        return row

    def _written(self, order: Order) -> list[Line]:
        lines = list(order.lines)
        if self.habits.amount == "lines" and order.postage:
            lines.append(Line(95, "", "Postage", Decimal(1), order.postage, kind="shipping"))
        return lines

    def _line(self, line: Line) -> Row:
        self.rows += 1
        row: Row = {"name": line.name, "quantity": Quantity(line.quantity)}
        # Where lines have a code only, what is no product needs one, too.
        row["code"] = line.code or line.name
        if self.habits.line_money != "amount":
            row["price"] = Money(line.price)
            row["line discount"] = Money(line.discount)
        if self.habits.line_money != "price":
            row["amount"] = Money(line.amount + line.discount)
        if self.habits.line_ids:
            row["line"] = str(40_000 + self.rows)
        row["kind"] = NOT_GOODS[line.kind][1] if line.kind in NOT_GOODS else "article"
        return row

    def _taken_back(self, amount: int) -> Row:
        line = Line(0, "SKU-000", "Taken back", Decimal(-1), amount)
        return self._line(line)

    def _paid_back(self, count: int, order: Order, at: datetime, amount: int) -> Group:
        """Return a row of a number of its own by which money went back."""
        # Its digits are those of some other order, as in shops that number notes on their own.
        number = f"{self.rng.choice('CR')}{1001 + count}"
        row = self._own(order._replace(at=at, refunds=())) | {"order": number}
        if self.habits.time_apart:
            row["time"] = f"{at:%H:%M:%S}"
        if "state" in row:
            row["state"] = STATES["paid"][0]
        if self.habits.amount == "total":
            row["total"] = Money(-amount)
        elif self.habits.amount == "parts":
            row |= {"goods": Money(-amount), "postage": Money(0), "discount": Money(0)}
        else:
            row |= self._taken_back(amount)
        return Group(number, order, [row])

    def _packed(self, order: Order) -> Row:
        items = [
            f"name:{line.name.replace('|', '/').replace(';', ',')}|sku:{line.code}"
            f"|quantity:{line.quantity.normalize():f}|total:{self._plain(line.amount)}"
            for line in order.lines
        ]
        if self.habits.shape == "packed cell":
            return {"packed": ";".join(items)}
        return {f"packed {number}": item for number, item in enumerate(items, start=1)}

    def _plain(self, minor: int) -> str:
        decimals = 0 if self.habits.minor else self.decimals
        return f"{Decimal(minor).scaleb(-decimals):.{decimals}f}"


def mapping_of(
    habits: Habits, headers: Callable[[str], str], rng: random.Random, used: set[str]
) -> dict[str, Any]:
    """Return what a sensible person writes of such a file, column by column."""
    identity = IDENTITIES[habits.identity]
    mapping: dict[str, Any] = {"order_id": headers("order"), "ordered_at": headers("date")}
    if identity.number:
        mapping["customer_id"] = headers("customer")
        if identity.guests:
            mapping["no_customer"] = ["0"]
    if identity.mail:
        mapping["email"] = headers("mail")
    if identity.phone:
        mapping["phone"] = headers("phone")
    if habits.time_apart:
        mapping["ordered_time"] = headers("time")
    mapping |= _amounts(habits, headers) | _states(habits, headers)
    if habits.minor:
        mapping["unit"] = "minor"
    if habits.line_ids:
        mapping["line_id"] = headers("line")
    if habits.shape != "order rows":
        mapping["line"] = _lines(habits, headers, used)
    if rng.random() < 0.2:
        mapping["rows"] = rng.choice(("repeated", "continued", "order"))
    return mapping


def _amounts(habits: Habits, headers: Callable[[str], str]) -> dict[str, Any]:
    mapping: dict[str, Any] = {"amount_plus": [headers("total")]}
    if habits.amount == "lines":
        mapping = {"amount": "lines"}
    elif habits.amount == "parts":
        parts = [headers("goods"), headers("postage")]
        signed = {"amount_plus": [*parts, headers("discount")]}
        unsigned = {"amount_plus": parts, "amount_minus": [headers("discount")]}
        mapping = {
            **(signed if habits.signed else unsigned),
            "goods": headers("goods"),
            "discount": headers("discount"),
        }
    if habits.back in ("column", "column dated"):
        mapping["refund"] = headers("refunded")
    if habits.back == "column dated":
        mapping["refunded_at"] = headers("refunded at")
    if habits.back == "packed":
        mapping["refunds"] = headers("refunds")
    return mapping


def _states(habits: Habits, headers: Callable[[str], str]) -> dict[str, Any]:
    if not habits.state:
        return {}
    reasons = {"cancelled": "cancelled", "unpaid": "unpaid", "test": "test order"}
    drop = {word: reason for state, reason in reasons.items() for word in STATES[state]}
    status: dict[str, Any] = {"column": headers("state"), "drop": drop}
    if habits.state == "keep and drop":
        status["keep"] = list(STATES["paid"])
    return {"status": [status]}


def _lines(habits: Habits, headers: Callable[[str], str], used: set[str]) -> dict[str, Any]:
    if habits.shape != "line rows":
        columns = headers("packed") + (" *" if habits.shape == "packed cells" else "")
        return {
            "packed": columns,
            "product_id": "sku",
            "product_name": "name",
            "quantity": "quantity",
            "amount": "total",
        }
    line: dict[str, Any] = {"product_id": headers("code"), "quantity": headers("quantity")}
    if habits.names:
        line["product_name"] = headers("name")
    if habits.line_money == "price":
        line["price"] = headers("price")
    else:
        line["amount"] = headers("amount")
    if habits.line_money != "amount":
        line["discount"] = headers("line discount")
    if habits.kinds:
        line["kind"] = headers("kind")
    at = 1 if habits.kinds else 0
    others = {kind: [words[at]] for kind, words in NOT_GOODS.items() if kind in used}
    if others:
        line["not_goods"] = others
    return line
