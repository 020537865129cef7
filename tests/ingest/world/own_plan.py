"""All that is drawn of a file of a shop's own making before its first row is written."""

import random
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from tests.ingest.world.habits import Habits, draw_habits, traits_of
from tests.ingest.world.notation import NOTATIONS, Dates, Numbers, draw_numbers
from tests.ingest.world.sheet import Container, Style, draw_container
from tests.ingest.world.truth import Order, Traits, draw_shop
from tests.ingest.world.world import SHOPS

ENCODINGS = ("utf-8",) * 12 + ("utf-8-sig",) * 4 + (
    "utf-16", "utf-16-be", "cp932", "cp932", "euc_jp", "cp1252", "cp1252", "latin-1", "cp1250",
)  # fmt: skip
JAPANESE = ("cp932", "euc_jp")
LATIN = ("cp1252", "latin-1", "cp1250")


class Hand(NamedTuple):
    """How a second file was written that another program made.

    Attributes:
        container: What its table was put into.
        numbers: How amounts are written.
        dates: How moments are.
        point_zero: Whether numbers of orders became 1001.0.
    """

    container: Container
    numbers: Numbers
    dates: Dates
    point_zero: bool


class Plan(NamedTuple):
    """All that is drawn before the first row is written."""

    currency: str
    habits: Habits
    traits: Traits
    container: Container
    numbers: Numbers
    dates: Dates
    alphabet: str
    files: int
    given: frozenset[str]
    early_days: bool
    faulty: bool
    in_utc: bool
    other: Hand | None = None

    @property
    def typed(self) -> bool:
        return self.container.kind == "typed"

    @property
    def decimals(self) -> int:
        return 0 if self.currency == "JPY" else 2

    @property
    def style(self) -> Style:
        decimals = 0 if self.habits.minor else self.decimals
        zone = ZoneInfo(SHOPS[self.currency])
        return Style(self.numbers, self.dates, zone, decimals, self.habits.pad, self.in_utc)

    def hand(self, file: int) -> tuple[Style, Container]:
        """Return how a file was written, from 0; every second one may be another program's."""
        if not self.other or file % 2 == 0:
            return self.style, self.container
        changed = {"numbers": self.other.numbers, "dates": self.other.dates, "pad": ""}
        return self.style._replace(**changed), self.other.container


def draw_plan(rng: random.Random) -> Plan:
    """Draw a plan whose parts go together."""
    currency = rng.choice(("USD", "EUR", "GBP", "JPY") * 4 + ("BRL", "INR"))
    habits = draw_habits(rng)
    traits = traits_of(rng, habits)
    if (traits.tips or traits.gift_cards or habits.amount == "lines") and not habits.kinds:
        habits = habits._replace(names=True)
    encodings = tuple(name for name in ENCODINGS if currency == "JPY" or name not in JAPANESE)
    if currency == "JPY":
        encodings = tuple(name for name in encodings if name not in LATIN)
        habits = habits._replace(minor=False)
    encoding = rng.choice(encodings)
    if habits.pad and not _holds(encoding, habits.pad):
        habits = habits._replace(pad=" ")
    numbers = draw_numbers(rng, currency=currency, encoding=encoding)
    if habits.minor:
        numbers = Numbers()
    container = draw_container(rng, encodings=(encoding,), decimal=numbers.decimal)
    if habits.scattered or habits.back != "none":
        container = container._replace(total="")
    notations = _notations(encoding, container, habits)
    if rng.random() < 0.7:
        notations = [one for one in notations if not one.exotic]
    dates = rng.choice(notations)
    given = {
        key for key, chance in (("decimal", 0.15), ("day_first", 0.3), ("encoding", 0.3))
        if rng.random() < chance
    }  # fmt: skip
    plan = Plan(
        currency=currency,
        habits=habits,
        traits=traits,
        container=container,
        numbers=numbers,
        dates=dates,
        alphabet=_alphabet(rng, encoding),
        files=rng.choice((1, 1, 1, 2, 3)) if not container.total else 1,
        given=frozenset(given),
        early_days=rng.random() < 0.12 and dates.day_first is not None,
        faulty=rng.random() < 0.12,
        in_utc=rng.random() < 0.15
        and dates.name in ("iso", "iso T", "year first slashes")
        and container.kind != "typed"
        and habits.back != "packed",
    )
    return _with_other_hand(rng, plan)


def _with_other_hand(rng: random.Random, plan: Plan) -> Plan:
    """Let every second file be one that another program wrote, of the same precision."""
    plain = not (plan.typed or plan.container.sheet or plan.in_utc or plan.habits.minor)
    if plan.files == 1 or not plain or plan.dates.exotic or rng.random() < 0.5:
        return plan
    same = [
        one for one in _notations("utf-8", Container(), plan.habits)
        if one.precision == plan.dates.precision and not one.exotic
    ]  # fmt: skip
    numbers = draw_numbers(rng, currency=plan.currency, encoding="utf-8")
    hand = Hand(
        container=Container(separator=rng.choice(";\t")),
        numbers=numbers,
        dates=rng.choice(same),
        point_zero=plan.habits.order_form == "plain" and rng.random() < 0.5,
    )
    return plan._replace(other=hand, given=frozenset())


def _notations(encoding: str, container: Container, habits: Habits) -> list[Dates]:
    """Return the notations of dates that go with a file."""
    if container.kind == "typed":
        return [one for one in NOTATIONS if one.name in ("iso", "iso day")]
    held = [one for one in NOTATIONS if _held(one, encoding)]
    if habits.time_apart:
        return [one for one in held if one.precision == "day" and "serial" not in one.name]
    return held


def _held(dates: Dates, encoding: str) -> bool:
    sign = {"japanese": "年", "era": "令", "german": "ä"}.get(dates.name.split()[0], "1")
    return _holds(encoding, sign)


def _holds(encoding: str, text: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _alphabet(rng: random.Random, encoding: str) -> str:
    if encoding == "cp1250":
        return rng.choice(("plain", "polish"))
    if encoding in LATIN:
        return rng.choice(("plain", "latin", "latin"))
    if encoding == "cp932":
        return rng.choice(("plain", "japanese", "japanese"))
    if encoding == "euc_jp":
        # Its own signs lack ① and 髙.
        return "plain"
    return rng.choice(("plain", "latin", "japanese"))


def orders_of(rng: random.Random, plan: Plan) -> list[Order]:
    """Draw the orders of a plan's shop."""
    orders = draw_shop(
        rng,
        plan.traits,
        decimals=plan.decimals,
        alphabet=plan.alphabet,
        orders=rng.randint(14, 40) if rng.random() > 0.08 else rng.randint(3, 6),
        large=rng.random() < 0.4,
        whole=rng.random() < 0.15,
    )
    if plan.early_days:
        orders = [
            order._replace(at=order.at.replace(day=1 + order.at.day % 12)) for order in orders
        ]
    return orders


def keys_of(plan: Plan) -> dict[str, Any]:
    """Return what the mapping says of the notation."""
    keys: dict[str, Any] = {}
    if plan.in_utc:
        keys["zone"] = "UTC"
    if "decimal" in plan.given and not plan.typed:
        keys["decimal"] = plan.numbers.decimal
    if "day_first" in plan.given and plan.dates.day_first is not None:
        keys["day_first"] = plan.dates.day_first
    if "encoding" in plan.given and plan.container.encoding in (*LATIN, *JAPANESE):
        keys["encoding"] = plan.container.encoding
    if plan.container.sheet:
        keys["sheet"] = plan.container.sheet
    return keys


def labels_of(plan: Plan) -> dict[str, str]:
    """Return the conventions of a plan, for counts."""
    habits = plan.habits
    return {
        "format": "own",
        "shape": habits.shape,
        "own cells": habits.own,
        "amount": habits.amount,
        "refunds": habits.back,
        "identity": habits.identity,
        "orders' numbers": habits.order_form,
        "customers' numbers": habits.customer_form,
        "dates": "typed" if plan.typed else plan.dates.name,
        "decimal sign": "typed" if plan.typed else plan.numbers.decimal,
        "cents": plan.numbers.cents,
        "thousands": plan.numbers.thousands or "none",
        "currency sign": (plan.numbers.before + plan.numbers.after).strip() or "none",
        "container": plan.container.kind,
        "encoding": plan.container.encoding if plan.container.kind == "csv" else "workbook",
        "separator": plan.container.separator if plan.container.kind == "csv" else "workbook",
        "files": str(plan.files),
        "scattered": str(habits.scattered),
        "blanks around": repr(habits.pad) if habits.pad else "none",
        "empty cells at the end": "left out" if plan.container.short else "written",
        "second file": "another program's" if plan.other else "alike",
        "what is taken off": "with a minus" if habits.signed else "without",
        "zone": "UTC, by a key" if plan.in_utc else "the shop's",
        "above the header": "titles" if plan.container.titles else "nothing",
        "last row": plan.container.total or plan.container.footer or "an order",
        "quotes": "after a backslash" if plan.container.escape else "doubled",
        "newline": repr(plan.container.newline) if plan.container.kind == "csv" else "workbook",
    }
