"""How one and the same amount, date or number is written in the world's files."""

import random
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo


class Money(NamedTuple):
    """A cell with an amount, in minor units."""

    minor: int


class Quantity(NamedTuple):
    """A cell with a number of pieces."""

    value: Decimal


class When(NamedTuple):
    """A cell with a moment, on the shop's clock."""

    at: datetime


Cell = str | Money | Quantity | When


class Numbers(NamedTuple):
    """How numbers are written.

    Attributes:
        decimal: The sign before the cents.
        thousands: The sign between groups of three digits.
        cents: `fixed` as many as the currency has, or `one more` or `two more`, which are zeros;
            `trimmed` without closing zeros; `float` as a program prints a number: 20.0.
        before: What stands before an amount, such as a currency sign.
        after: What stands behind it.
        negative: How less than nothing is written.
        pieces: How many decimals numbers of pieces have.
        grouping: Which digits a sign parts: 1,234,567 or 12,34,567 as in India.
    """

    decimal: str = "."
    thousands: str = ""
    cents: Literal["fixed", "trimmed", "float", "one more", "two more"] = "fixed"
    before: str = ""
    after: str = ""
    negative: Literal["-", "()", "- inside", "- behind"] = "-"
    grouping: Literal["thousands", "lakhs"] = "thousands"
    pieces: Literal["short", "three decimals"] = "short"

    def money(self, minor: int, decimals: int) -> str:
        value = Decimal(abs(minor)).scaleb(-decimals)
        if self.cents == "float":
            text = repr(float(value))
        else:
            more = {"one more": 1, "two more": 2}.get(self.cents, 0)
            text = f"{value:,.{decimals + more}f}"
            if self.grouping == "lakhs":
                text = _lakhs(text)
            if self.cents == "trimmed" and "." in text:
                text = text.rstrip("0").removesuffix(".")
        text = self._signs(text)
        if minor >= 0:
            return f"{self.before}{text}{self.after}"
        if self.negative == "()":
            return f"({self.before}{text}{self.after})"
        if self.negative == "- inside":
            return f"{self.before}-{text}{self.after}"
        if self.negative == "- behind":
            return f"{self.before}{text}-{self.after}"
        return f"-{self.before}{text}{self.after}"

    def quantity(self, value: Decimal) -> str:
        text = f"{value.normalize():f}"
        if self.pieces == "three decimals":
            return self._signs(f"{value:.3f}")
        if self.cents == "float":
            text = repr(float(value))
        return self._signs(text)

    def _signs(self, text: str) -> str:
        return text.translate({ord(","): self.thousands, ord("."): self.decimal})


def _lakhs(text: str) -> str:
    """Group digits as India does: 1,234,567.00 becomes 12,34,567.00."""
    whole, point, cents = text.replace(",", "").partition(".")
    head, tail = whole[:-3], whole[-3:]
    while len(head) > 2:
        head, tail = head[:-2], f"{head[-2:]},{tail}"
    return (f"{head},{tail}" if head else tail) + point + cents


class Dates(NamedTuple):
    """How moments are written.

    Attributes:
        name: Its name in counts.
        write: Moment and zone to text.
        precision: What of the time is left.
        day_first: True or False where day and month could be exchanged.
        exotic: Whether a person reads it and hardly any program does.
        evident: Whether a person never doubts the order of day and month.
    """

    name: str
    write: Callable[[datetime, ZoneInfo], str]
    precision: Literal["day", "minute", "second"] = "second"
    day_first: bool | None = None
    evident: bool = False
    exotic: bool = False

    def kept(self, at: datetime) -> datetime:
        """Return what is left of a moment when it was written so."""
        if self.precision == "day":
            return at.replace(hour=0, minute=0, second=0)
        return at.replace(second=0) if self.precision == "minute" else at


def _format(pattern: str) -> Callable[[datetime, ZoneInfo], str]:
    # `%-d` and its like are not everywhere: a number without its zero is marked by `~` before it.
    def write(at: datetime, zone: ZoneInfo) -> str:
        text = at.replace(tzinfo=zone).strftime(pattern)
        return text.replace("~0", "").replace("~", "")

    return write


def _utc(pattern: str) -> Callable[[datetime, ZoneInfo], str]:
    return lambda at, zone: at.replace(tzinfo=zone).astimezone(UTC).strftime(pattern)


def _serial(decimals: int) -> Callable[[datetime, ZoneInfo], str]:
    def write(at: datetime, _zone: ZoneInfo) -> str:
        days = (at - datetime(1899, 12, 30)).total_seconds() / 86400
        return f"{int(days)}" if not decimals else f"{days:.{decimals}f}"

    return write


def _epoch(factor: int) -> Callable[[datetime, ZoneInfo], str]:
    return lambda at, zone: str(int(at.replace(tzinfo=zone).timestamp()) * factor)


def _day(name: str, pattern: str, **more: object) -> Dates:
    return Dates(name, _format(pattern), "day", **more)  # type: ignore[arg-type]


def _minute(name: str, pattern: str, **more: object) -> Dates:
    return Dates(name, _format(pattern), "minute", **more)  # type: ignore[arg-type]


def _mixed(one: str, other: str) -> Callable[[datetime, ZoneInfo], str]:
    return lambda at, zone: _format(one if at.second % 2 else other)(at, zone)


def _german(at: datetime, _zone: ZoneInfo) -> str:
    names = [
        "Jan.",
        "Feb.",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "Aug.",
        "Sept.",
        "Okt.",
        "Nov.",
        "Dez.",
    ]
    return f"{at.day}. {names[at.month - 1]} {at.year}"


def _era(at: datetime, _zone: ZoneInfo) -> str:
    return f"令和{at.year - 2018}年{at.month}月{at.day}日"


def _offset(at: datetime, zone: ZoneInfo) -> str:
    return at.replace(tzinfo=zone).isoformat()


ISO = Dates("iso", _format("%Y-%m-%d %H:%M:%S"))
SHOPIFY = Dates("iso space offset", _format("%Y-%m-%d %H:%M:%S %z"))
SERIAL = Dates("serial", _serial(5))
ISO_OFFSET = Dates("iso offset", _offset)

NOTATIONS = (
    ISO,
    _minute("iso minutes", "%Y-%m-%d %H:%M"),
    _day("iso day", "%Y-%m-%d"),
    Dates("iso T", _format("%Y-%m-%dT%H:%M:%S")),
    Dates("iso Z", _utc("%Y-%m-%dT%H:%M:%SZ")),
    Dates("iso ms Z", _utc("%Y-%m-%dT%H:%M:%S.000Z")),
    ISO_OFFSET,
    SHOPIFY,
    Dates("year first slashes", _format("%Y/%m/%d %H:%M:%S")),
    _minute("year first short", "%Y/~%m/~%d ~%H:%M"),
    _minute("day/month/year", "%d/%m/%Y %H:%M", day_first=True),
    _day("day.month.year", "%d.%m.%Y", day_first=True, evident=True),
    Dates(
        "day.month.year time", _format("%d.%m.%Y %H:%M:%S"), "second", day_first=True, evident=True
    ),
    _day("day-month-year", "%d-%m-%Y", day_first=True),
    _day("day/month/yy", "~%d/~%m/%y", day_first=True),
    _day("day.month.yy", "%d.%m.%y", day_first=True, evident=True),
    _minute("month/day/year", "%m/%d/%Y %H:%M", day_first=False),
    _minute("month/day short", "~%m/~%d/%Y ~%H:%M", day_first=False),
    _minute("month/day pm", "~%m/~%d/%Y ~%I:%M %p", day_first=False),
    _day("month/day/yy", "~%m/~%d/%y", day_first=False),
    _minute("month/day/yy time", "~%m/~%d/%y ~%H:%M", day_first=False),
    _day("Mon day, year", "%b ~%d, %Y"),
    _day("day Mon year", "%d %b %Y"),
    _minute("day-Mon-year", "%d-%b-%Y %H:%M"),
    _day("day-Mon-yy", "%d-%b-%y", day_first=None),
    _minute("Month day, year pm", "%B ~%d, %Y %I:%M %p"),
    Dates("mail", _format("%a, %d %b %Y %H:%M:%S %z")),
    Dates("serial day", _serial(0), "day"),
    SERIAL,
    Dates("epoch", _epoch(1)),
    Dates("epoch ms", _epoch(1000)),
    _day("yyyymmdd", "%Y%m%d"),
    Dates("two notations", _mixed("%Y-%m-%d %H:%M:%S", "%b ~%d, %Y %H:%M:%S")),
    Dates("with T and without", _mixed("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S")),
    Dates("yyyymmddhhmmss", _format("%Y%m%d%H%M%S")),
    _day("year.month.day", "%Y.%m.%d"),
    _day("day Month year", "~%d %B %Y"),
    Dates("month/day pm seconds", _format("~%m/~%d/%Y ~%I:%M:%S %p"), day_first=False),
    Dates("Mon day, year pm zone", _utc("%b %d, %Y %I:%M:%S %p UTC")),
    Dates("iso UTC", _utc("%Y-%m-%d %H:%M:%S UTC")),
    Dates("iso micro", _utc("%Y-%m-%dT%H:%M:%S.123456+00:00")),
    Dates("iso basic", _utc("%Y%m%dT%H%M%SZ")),
    Dates("javascript", _format("%a %b %d %Y %H:%M:%S GMT%z"), exotic=True),
    Dates("german month", _german, "day", exotic=True),
    Dates("era", _era, "day", exotic=True),
    _day("japanese", "%Y年~%m月~%d日"),
    _minute("japanese time", "%Y年%m月%d日 %H:%M"),
)


def draw_numbers(rng: random.Random, *, currency: str, encoding: str) -> Numbers:
    """Draw how amounts are written, in signs that the encoding has."""
    signs = {
        "USD": [("$", ""), ("USD ", ""), ("", " USD"), ("US$", "")],
        "EUR": [("€", ""), ("", " €"), ("EUR ", "")],
        "GBP": [("£", ""), ("GBP ", ""), ("£ ", "")],
        "JPY": [("¥", ""), ("", "円"), ("JPY ", ""), ("￥", "")],
        "BRL": [("R$ ", ""), ("R$", ""), ("BRL ", "")],
        "INR": [("₹", ""), ("Rs.", ""), ("Rs. ", ""), ("INR ", "")],
    }[currency]
    before, after = rng.choice(signs) if rng.random() < 0.25 else ("", "")
    try:
        f"{before}{after}".encode(encoding)
    except UnicodeEncodeError:
        before, after = "", ""
    negative = rng.choice(("-", "-", "-", "()", "- inside", "- behind"))
    if currency == "JPY":
        thousands = rng.choice(("", "", ","))
        cents = rng.choice(("fixed", "fixed", "float")) if not thousands else "fixed"
        return Numbers(".", thousands, cents, before, after, negative)  # type: ignore[arg-type]
    decimal, thousands = rng.choice(
        ((".", ""), (".", ""), (".", ","), (".", " "), (",", ""), (",", "."), (",", " "),
         (",", "\u00a0"), (",", "\u202f"), (".", "'"), (".", "\u2019"))
    )  # fmt: skip
    if currency == "INR":
        decimal, thousands = ".", ","
    try:
        thousands.encode(encoding)
    except UnicodeEncodeError:
        thousands = " "
    cents = rng.choice(("fixed", "fixed", "trimmed", "float" if not thousands else "fixed"))
    if rng.random() < 0.06:
        cents = rng.choice(("one more", "two more"))
    grouping = "lakhs" if currency == "INR" else "thousands"
    pieces = "three decimals" if rng.random() < 0.05 else "short"
    return Numbers(
        decimal,
        thousands,
        cents,
        before,
        after,
        negative,
        grouping,
        pieces,  # type: ignore[arg-type]
    )


def days_exchangeable(dates: list[date]) -> bool:
    """Tell whether every date could be read with day and month exchanged, and one would differ."""
    return all(one.day <= 12 for one in dates) and any(one.day != one.month for one in dates)


def years_exchangeable(dates: list[date]) -> bool:
    """Tell whether every date of a two-digit year could be read with year and day exchanged."""
    try:
        read = [date(2000 + one.day, one.month, one.year % 100) for one in dates]
    except ValueError:
        return False
    return all(one <= date.today() for one in read)
