"""The habits of whoever wrote a file of their own: which cells stand where."""

import random
from typing import Literal, NamedTuple

from tests.ingest.world.people import CUSTOMER_FORMS, IDENTITIES, ORDER_FORMS
from tests.ingest.world.truth import Traits

Shape = Literal["order rows", "line rows", "packed cells", "packed cell"]
Own = Literal["every", "first", "first, nameless", "last", "row before", "row after"]
Amount = Literal["total", "parts", "lines"]
Back = Literal[
    "none", "column", "column dated", "packed", "rows", "file", "credit notes", "in order"
]


class Habits(NamedTuple):
    """How the orders of a shop become rows.

    Attributes:
        shape: One row an order without products, a row per line, or products packed into cells.
        own: Of a row per line: which rows hold the order's own cells.
        always: Own cells that stand on every row all the same.
        scattered: Whether rows of an order are apart.
        amount: Whether a column holds what an order is worth, several do, or its lines.
        back: How refunds are told.
        identity: Key of `IDENTITIES`.
        order_form: Key of `ORDER_FORMS`.
        customer_form: Key of `CUSTOMER_FORMS`.
        state: Whether there is a column of states, and what the mapping says of it.
        line_money: Whether lines have the price of one, the amount of all, or both.
        line_ids: Whether rows are numbered.
        repeats: Whether some rows stand there twice, under the same number.
        kinds: Whether a column says what a line is.
        time_apart: Whether the time of day has a column of its own.
        minor: Whether money is written in cents.
        names: Whether lines have a name beside their code.
        pad: Blanks around numbers and dates.
        signed: Whether what is taken off is written with a minus.
        padded_ids: Whether numbers of orders and customers have a blank behind them here and there.
    """

    shape: Shape = "order rows"
    own: Own = "every"
    always: frozenset[str] = frozenset()
    scattered: bool = False
    amount: Amount = "total"
    back: Back = "none"
    identity: str = "number"
    order_form: str = "plain"
    customer_form: str = "plain"
    state: Literal["", "drop", "keep and drop"] = ""
    line_money: Literal["price", "amount", "both"] = "price"
    line_ids: bool = False
    repeats: bool = False
    kinds: bool = False
    time_apart: bool = False
    minor: bool = False
    names: bool = True
    pad: str = ""
    padded_ids: bool = False
    signed: bool = False


def draw_habits(rng: random.Random) -> Habits:
    """Draw habits that go together."""
    shape: Shape = rng.choice(
        ("order rows", "order rows", "line rows", "line rows", "line rows", "packed cells",
         "packed cell")
    )  # fmt: skip
    own: Own = "every"
    amount: Amount = rng.choice(("total", "total", "parts"))
    back: list[Back] = ["none", "none", "column", "column dated", "packed", "file"]
    if shape == "line rows":
        own = rng.choice(("every", "every", "first", "first", "last", "row before", "row after"))
        if own == "first" and rng.random() < 0.1:
            own = "first, nameless"
        if rng.random() < 0.35:
            amount, own = "lines", rng.choice(("every", "first"))
            back = ["none", "file", "credit notes", "credit notes", "in order"]
    if shape == "order rows":
        back += ["rows", "rows"]
    line_ids = shape == "line rows" and rng.random() < 0.35
    return Habits(
        shape=shape,
        own=own,
        always=frozenset(rng.choice(((), (), ("date", "mail"), ("customer", "mail"), ("date",)))),
        scattered=shape == "line rows" and "nameless" not in own and rng.random() < 0.25,
        amount=amount,
        back=rng.choice(back),
        identity=rng.choice(("number",) * 4 + tuple(IDENTITIES)[1:]),
        order_form=_form(rng, ORDER_FORMS),
        customer_form=_form(rng, CUSTOMER_FORMS),
        state=rng.choice(("", "drop", "keep and drop")),
        line_money=rng.choice(("price", "price", "amount", "both")),
        line_ids=line_ids,
        repeats=line_ids and own in ("every", "first") and rng.random() < 0.5,
        kinds=shape == "line rows" and rng.random() < 0.3,
        time_apart=rng.random() < 0.08,
        minor=rng.random() < 0.04,
        names=rng.random() < 0.8,
        pad=rng.choice(("",) * 18 + (" ", "\u00a0")),
        signed=rng.random() < 0.12,
        padded_ids=rng.random() < 0.05,
    )


def _form(rng: random.Random, forms: dict[str, object]) -> str:
    if rng.random() < 0.03:
        return "shortened"
    return rng.choice([name for name in forms if name != "shortened"] + ["plain"] * 4)


def traits_of(rng: random.Random, habits: Habits) -> Traits:
    """Draw what the shop has, of what such a file can tell."""
    by_rows = habits.shape == "line rows"
    with_lines = habits.shape != "order rows"
    total = habits.amount == "total"

    def some(chance: float, when: bool = True) -> float:
        return chance if when and rng.random() < 0.4 else 0

    # A sum of goods and postage knows of no tip.
    extra = total or habits.amount == "lines"
    return Traits(
        fractions=some(0.2, with_lines),
        samples=some(0.15, with_lines),
        removed=some(0.15, by_rows),
        tips=some(0.15, by_rows and extra),
        gift_cards=some(0.1, by_rows and extra and habits.back == "none"),
        postage=some(0.6, extra or habits.amount == "parts"),
        discounts=some(0.2, habits.amount != "lines"),
        line_discounts=some(0.2, by_rows and habits.line_money != "amount"),
        cancelled=some(0.08, bool(habits.state)),
        unpaid=some(0.08, bool(habits.state)),
        tests=some(0.05, bool(habits.state)),
        refunds=0.25 if habits.back != "none" else 0,
        full_refunds=some(0.3),
        equal_lines=some(0.1, by_rows),
        several_refunds=some(0.4, habits.back in ("packed", "rows", "file")),
    )
