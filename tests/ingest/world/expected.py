"""What an import of a drawn file has to hold."""

from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

Lines = Counter[tuple[str, Decimal, int]]


class ExpectedOrder(NamedTuple):
    """An order that has to come in.

    Attributes:
        customer: Whose it is; the same number is the same person.
        at: When, as far as the file tells.
        gross: What it brought, less refunds whose day the file does not tell.
        lines: Product, quantity and amount of each line; None where the file does not tell.
        net: What it brought less all refunds, where those may stand as rows of refunds or not.
    """

    customer: int
    at: datetime
    gross: int
    lines: Lines | None
    net: int | None = None


class ExpectedRefund(NamedTuple):
    """A refund whose day the file tells; `order` is empty where it may not be tied to one."""

    customer: int
    at: datetime
    amount: int
    order: str


class Expected(NamedTuple):
    """The whole of it.

    Attributes:
        orders: By number, those that have to be there.
        optional: Numbers that may be left out, since nothing was paid in the end.
        left_out: Number to a pattern of the reason, for what a rule leaves out.
        faulty: Number to a pattern of the reason, for what is wrong in the file.
        refunds: Those whose day is known.
        names: Product to its name; None where the file names none.
        tolerance: How far moments may lie apart.
        out_money: Share of the money that was sold and does not count.
        extra_rows: Rows that are no order's, such as a closing sum.
    """

    orders: dict[str, ExpectedOrder]
    optional: frozenset[str] = frozenset()
    left_out: dict[str, str] = {}  # noqa: RUF012 never changed
    faulty: dict[str, str] = {}  # noqa: RUF012 never changed
    refunds: tuple[ExpectedRefund, ...] = ()
    names: dict[str, str] | None = None
    tolerance: timedelta = timedelta(0)
    out_money: float = 0
    extra_rows: int = 0
