"""What a layout of an export file says: a format is data, not code."""

from typing import Literal, NamedTuple

Table = Literal["orders", "customers"]
Rows = Literal["order", "continued", "repeated"]

# Name of the layout that a shop's file describes.
OWN = "mapping"

# Alternatives for one cell: the first of these columns that is not blank.
Columns = tuple[str, ...]

_ISO = (
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d",
    "%Y-%m-%dT%H:%M:%S",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y/%m/%d",
)
_DAY_FIRST = ("%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y")
_MONTH_FIRST = ("%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y")


class Status(NamedTuple):
    """A column whose value decides whether an order counts.

    Attributes:
        column: The column.
        drop: Value, or `*` for any, to the reason for which its orders are set aside.
        keep: The values that count; where given, any other is set aside as unknown.
    """

    column: Columns
    drop: dict[str, str]
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
        quantity: How many.
        price: Price of one, before discounts.
        amount: What was paid for all pieces, before `discount` and `tax_percent` where they are
            named; it stands over a price.
        product_name: Its name.
        discount: What is taken off the line.
        tax_percent: Tax that comes on top, in percent.
        kind: Column that tells products from postage, fees and discounts.
        kinds: Its values that mean a product.
        packed: Columns whose cells hold one product each, as `sku:A1|quantity:2`; a name that ends
            in `*` means all that begin so. What is said of a product are names in such a cell.
        codes: Column with the codes of all products, apart by commas; amounts by product are not
            known then, and the sum of goods is divided evenly.
    """

    product_id: Columns = ()
    quantity: Columns = ()
    price: Columns = ()
    amount: Columns = ()
    product_name: Columns = ()
    discount: Columns = ()
    tax_percent: Columns = ()
    kind: Columns = ()
    kinds: tuple[str, ...] = ()
    packed: Columns = ()
    codes: Columns = ()

    def complete(self) -> bool:
        """Tell whether the lines can be read: a list of codes, or product, quantity and money."""
        return bool(
            self.codes or (self.product_id and self.quantity and (self.price or self.amount))
        )

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
        rows: `order` for one row per order; `continued` where the order's own cells stand on its
            first row only; `repeated` where they stand on every row.
        recognized_by: Columns that tell it from other layouts.
        dates: strptime formats; `%z` where time stamps state their zone.
        day_first: Whether 03/04/2024 is in April; `ask` where only the shop can know.
        zone: IANA zone of time stamps that state none; the shop's own where empty.
        unit: Whether money is written in `major` units (dollars) or `minor` ones (cents).
        decimal: The decimal mark, a point or a comma.
        order_id: Order number.
        line_id: Number of the row, by which an exact repetition is told.
        customer_id: Customer number.
        no_customer: Customer numbers that mean nobody.
        email: Address that stands in for a missing customer number, hashed under the key.
        ordered_at: When it was ordered.
        moments: Other time stamps of the order; the newest tells which export is later.
        amount_plus: What the order's amount is the sum of.
        amount_minus: What is taken from it.
        refund: What was paid back.
        refunds: Cell with all refunds, as `amount:5|reason:torn;amount:2`, to be taken from the
            order's amount.
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
    """

    name: str
    title: str
    table: Table = "orders"
    rows: Rows = "order"
    recognized_by: tuple[str, ...] = ()
    dates: tuple[str, ...] = _ISO
    day_first: bool | Literal["ask"] | None = None
    zone: str = ""
    unit: Literal["major", "minor"] = "major"
    decimal: Literal[".", ","] = "."
    order_id: Columns = ()
    line_id: Columns = ()
    customer_id: Columns = ()
    no_customer: tuple[str, ...] = ()
    email: Columns = ()
    ordered_at: Columns = ()
    moments: tuple[str, ...] = ()
    amount_plus: tuple[Columns, ...] = ()
    amount_minus: tuple[Columns, ...] = ()
    refund: Columns = ()
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

    def date_formats(self) -> tuple[str, ...]:
        """Return the strptime formats, with those that `day_first` decides on."""
        slashed = {True: _DAY_FIRST, False: _MONTH_FIRST}.get(self.day_first, ())  # type: ignore[call-overload]
        return (*self.dates, *slashed)

    def needed(self) -> list[Columns]:
        """Return the cells without which a file of this layout cannot be read."""
        if self.table == "customers":
            return [self.customer_id or self.email]
        statuses = [status.column for status in self.status]
        customer = (*self.customer_id, *self.email)
        amounts = [*self.amount_plus, *self.amount_minus]
        # What comes along fits exports with and without lines; a shop means what it names.
        lines = self.line.columns() if self.line and self.name == OWN else []
        return [self.order_id, customer, self.ordered_at, *amounts, *statuses, *lines]
