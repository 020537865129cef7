"""What a layout of an export file says: a format is data, not code."""

from typing import Literal, NamedTuple

from analysis.ingest.plain_columns import required_of

Table = Literal[
    "orders",
    "customers",
    "products",
    "subscriptions",
    "subscription_events",
    "contacts",
    "costs",
    "refunds",
    "assignments",
]
# Tables whose rows are read one by one, cell for column, as the contract names them.
PLAIN_TABLES = (
    "products", "subscriptions", "subscription_events", "contacts", "costs", "refunds",
    "assignments",
)  # fmt: skip

# Name of the layout that a shop's file describes.
OWN = "mapping"

# Alternatives for one cell: the first of these columns that is not blank.
Columns = tuple[str, ...]


class Status(NamedTuple):
    """A column whose value decides whether an order counts.

    Attributes:
        column: The column.
        drop: Value, or `*` for any, to the reason for which its orders are set aside.
        keep: The values that count; where given, any other is set aside as unknown. A value that
            ends in `*` means all that begin so.
    """

    column: Columns
    drop: dict[str, str] = {}  # noqa: RUF012 never changed
    keep: tuple[str, ...] = ()


class Subscription(NamedTuple):
    """How an order of a subscription is told from a one-off purchase.

    Attributes:
        id: Column with the subscription's number; a number makes it a subscription order.
        tags: Column of tags apart by commas, one of which may be in `any`.
        begins: Beginnings of such tags.
        values: Column whose value may be in `any`.
        any: The tags or values.
        order_no: Column with the number of the order within its subscription; a tag that begins
            as one of `begins` tells it, too.
        first: Tags of a subscription's first order.
    """

    id: Columns = ()
    tags: Columns = ()
    begins: tuple[str, ...] = ()
    values: Columns = ()
    any: tuple[str, ...] = ()
    order_no: Columns = ()
    first: tuple[str, ...] = ()


class Line(NamedTuple):
    """The columns of one product of an order, or the cells that hold several.

    Attributes:
        product_id: Its number or code.
        quantity: How many; 0 where a product was taken out of the order again.
        price: Price of one, before discounts.
        amount: What was paid for all pieces, before `discount` and `tax_percent` where they are
            named; it stands over a price.
        product_name: Its name.
        plus: What a row adds to its order besides its product, such as postage by piece.
        minus: What it takes from it.
        discount: What is taken off the line.
        tax_percent: Tax that comes on top, in percent.
        kind: Column that tells products from postage, fees and discounts.
        kinds: Its values that mean a product.
        not_goods: What lines are that are no products (`tip`, `fee`, `shipping`, `gift_card`,
            `deposit`, ...), each with their names or, where `kind` is given, its values; a name
            that ends in `*` means all that begin so. Gift cards and deposits are no revenue.
        packed: Columns whose cells hold products as `sku:A1|quantity:2`, several apart by `;`; a
            name that ends in `*` means all that begin so. What is said of a product are names in
            such a cell.
        codes: Column with the codes of all products, apart by commas; amounts by product are not
            known then, and the sum of goods is divided evenly.
    """

    product_id: Columns = ()
    quantity: Columns = ()
    price: Columns = ()
    amount: Columns = ()
    product_name: Columns = ()
    plus: tuple[Columns, ...] = ()
    minus: tuple[Columns, ...] = ()
    discount: Columns = ()
    tax_percent: Columns = ()
    kind: Columns = ()
    kinds: tuple[str, ...] = ()
    not_goods: dict[str, tuple[str, ...]] = {}  # noqa: RUF012 never changed
    packed: Columns = ()
    codes: Columns = ()

    def complete(self) -> bool:
        """Tell whether the lines can be read: a list of codes, or product, quantity and money."""
        return bool(
            self.codes or (self.product_id and self.quantity and (self.price or self.amount))
        )

    def required(self) -> list[Columns]:
        """Return the columns without which there is no line."""
        if self.packed or self.codes:
            return [self.packed or self.codes]
        return [self.product_id, self.quantity, (*self.amount, *self.price)]

    def columns(self) -> list[Columns]:
        """Return the columns that it names; names within a packed cell are none."""
        if self.packed or self.codes:
            return [self.packed or self.codes]
        named = [self.product_id, self.quantity, self.price, self.amount, self.product_name]
        return [name for name in (*named, self.discount, self.tax_percent, self.kind) if name]


class Layout(NamedTuple):
    """One layout of an export file.

    Attributes:
        name: Its key, for `--format`.
        title: Its name in sentences.
        table: The canonical table that it fills.
        base: Name of the format that it extends.
        cart: The system that writes it; layouts of one system may share numbers of orders.
        unreadable: Why its files cannot be imported, where that is all that is known of it.
        recognized_by: Columns that tell it from other layouts.
        encoding: How its files are encoded; told by their content where empty.
        sheet: Name of the sheet of a workbook; the first one where empty.
        dates: strptime formats, `%z` where time stamps state their zone; where none are given, the
            cells of a column tell.
        day_first: Whether 03/04/2024 is in April; None where the cells tell.
        earliest: The first day that an order or registration can have, an ISO date.
        zone: IANA zone of time stamps that state none; the shop's own where empty.
        unit: Whether money is written in `major` units (dollars) or `minor` ones (cents).
        decimal: The decimal mark, a point or a comma; empty where the cells tell.
        order_id: Order number.
        line_id: Number of the row, by which an exact repetition is told.
        customer_id: Customer number.
        no_customer: Customer numbers that mean nobody.
        email: Address that stands in for a missing customer number, hashed under the key.
        phone: Telephone number that stands in where there is neither, hashed too.
        ordered_at: When it was ordered.
        ordered_time: The time of that day, where it stands in a column of its own.
        moments: Other time stamps of the order; the newest tells which export is later.
        known: Columns that tell nothing new, as others hold what they say: no file's reader is
            told that they are not read.
        amount: `lines` where an order is worth what its lines add up to, with `amount_plus` and
            without `amount_minus`, which stand for the order once.
        amount_plus: What the order's amount is the sum of; without it, that of its lines.
        amount_minus: What is taken from it.
        refund: What was paid back.
        refunded_at: When that was; where it is not known, it is taken from the order's amount.
        refunds: Cell with all refunds, as `date:2024-03-05|amount:5|reason:torn;amount:2`.
        goods: What the lines add up to.
        goods_minus: What is to be taken from it before.
        discount: What was taken off the whole order.
        currency: ISO code.
        status: Columns that decide whether the order counts.
        subscription: How subscription orders are told.
        coupon_code: Coupon that was used.
        coupon_key: Name of the coupon within that cell, where it says `code:MAY|amount:5`.
        channel: Where it was ordered.
        source: Where the customer came from.
        line: The columns of a product.
        registered_at: When a customer registered.
        region: Region of a customer.
        birth_day: Birthday, of which the year is kept.
        email_optin: Consent to e-mail.
        line_optin: Consent to messages over LINE.
        sms_optin: Consent to short messages.
        granted: Values that mean consent.
        refused: Values that mean none.
        cycle_unit: For subscriptions: unit of `cycle_days` (day, week, month) in a cell of its own.
        cycle_months: For subscriptions: their cycle in months, where `cycle_days` says nothing.
        order_ids: For subscriptions: numbers of their orders, apart by commas, bars or blanks.
        paused_at: For subscriptions: since when one is on hold.
        pause_reason: Why it is.
        columns: For a table other than orders and customers: its columns to those of the file.
        values: For such a table: column to what its cells mean, such as {event: {解約: cancel}}.
    """

    name: str
    title: str
    table: Table = "orders"
    base: str = ""
    cart: str = ""
    unreadable: str = ""
    recognized_by: tuple[str, ...] = ()
    encoding: str = ""
    sheet: str = ""
    dates: tuple[str, ...] = ()
    day_first: bool | None = None
    earliest: str = "1995-01-01"
    zone: str = ""
    unit: Literal["major", "minor"] = "major"
    decimal: Literal["", ".", ","] = ""
    order_id: Columns = ()
    line_id: Columns = ()
    customer_id: Columns = ()
    no_customer: tuple[str, ...] = ()
    email: Columns = ()
    phone: Columns = ()
    ordered_at: Columns = ()
    ordered_time: Columns = ()
    moments: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    amount: Literal["", "lines"] = ""
    amount_plus: tuple[Columns, ...] = ()
    amount_minus: tuple[Columns, ...] = ()
    refund: Columns = ()
    refunded_at: Columns = ()
    refunds: Columns = ()
    goods: Columns = ()
    goods_minus: tuple[Columns, ...] = ()
    discount: Columns = ()
    currency: Columns = ()
    status: tuple[Status, ...] = ()
    subscription: Subscription | None = None
    coupon_code: Columns = ()
    coupon_key: str = ""
    channel: Columns = ()
    source: Columns = ()
    line: Line | None = None
    registered_at: Columns = ()
    region: Columns = ()
    birth_day: Columns = ()
    email_optin: Columns = ()
    line_optin: Columns = ()
    sms_optin: Columns = ()
    granted: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    cycle_unit: Columns = ()
    cycle_months: Columns = ()
    order_ids: Columns = ()
    paused_at: Columns = ()
    pause_reason: Columns = ()
    columns: dict[str, Columns] = {}  # noqa: RUF012 never changed
    values: dict[str, dict[str, str]] = {}  # noqa: RUF012 never changed

    def is_described(self) -> bool:
        """Tell whether a shop describes its files with it; who extends a format does not."""
        return self.name.startswith(OWN) and not self.base

    def by_lines(self) -> bool:
        """Tell whether an order is worth what its lines add up to.

        It is, too, where the one column of its amount is that of its lines: what differs between
        the rows of an order is not the order's.
        """
        if self.amount == "lines" or not self.amount_plus:
            return True
        of_lines = (self.line.price, self.line.amount) if self.line else ()
        return len(self.amount_plus) == 1 and self.amount_plus[0] in of_lines

    def needed(self) -> list[Columns]:
        """Return the cells without which a file of this layout cannot be read."""
        if self.unreadable:
            return []
        if self.table == "customers":
            return [(*self.customer_id, *self.email)]
        if self.table != "orders":
            # Of what comes along, a shop may have chosen the columns; a shop means what it names.
            required = (*self.columns,) if self.is_described() else required_of(self.table)
            return [columns for name, columns in self.columns.items() if name in required]
        # Only what comes along is read without a column that could have told of test orders.
        statuses = [status.column for status in self.status if status.keep or self.is_described()]
        customer = (*self.customer_id, *self.email, *self.phone)
        amounts = [] if self.by_lines() else [*self.amount_plus, *self.amount_minus]
        # What comes along fits exports with and without lines; a shop means what it names.
        lines: list[Columns] = []
        if self.line and (self.by_lines() or self.is_described()):
            lines = self.line.columns() if self.is_described() else self.line.required()
        return [self.order_id, customer, self.ordered_at, *amounts, *statuses, *lines]
