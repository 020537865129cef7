"""Numbers of orders and customers, and people as files name them."""

import random
from collections.abc import Callable
from typing import NamedTuple

# How a number is written, and what it has to be after an import.
Form = Callable[[int], tuple[str, str]]


def _same(write: Callable[[int], str]) -> Form:
    return lambda number: (write(number), write(number))


def _scientific(number: int) -> tuple[str, str]:
    text = f"{5_454_350_000_000 + number * 1000:.5E}".replace("E+0", "E+")
    return text, text


ORDER_FORMS: dict[str, Form] = {
    "plain": _same(lambda number: str(1001 + number)),
    "hash": _same(lambda number: f"#{1001 + number}"),
    "letters": _same(lambda number: f"P-2024-{number:05d}"),
    "zeros": _same(lambda number: f"{number + 17:08d}"),
    "point zero": lambda number: (f"{489434 + number}.0", f"{489434 + number}"),
    "long": _same(lambda number: str(5_454_350_001_234 + number * 32_768)),
    "marketplace": _same(
        lambda number: f"{250 + number % 9}-{4_000_000 + number:07d}-{number:07d}"
    ),
    "formula": lambda number: (f'="{number + 17:08d}"', f"{number + 17:08d}"),
    "apostrophe": lambda number: (f"'{number + 17:08d}", f"{number + 17:08d}"),
    "cases": _same(lambda number: f"{'aA'[number % 2]}{100 + number // 2}x"),
    "shortened": _scientific,
}
CUSTOMER_FORMS: dict[str, Form] = {
    "plain": _same(lambda number: str(7 + number)),
    "letters": _same(lambda number: f"c{number}"),
    "zeros": _same(lambda number: f"{number + 3:07d}"),
    "point zero": lambda number: (f"{13085 + number}.0", f"{13085 + number}"),
    "formula": lambda number: (f'="{number + 3:07d}"', f"{number + 3:07d}"),
    "long": _same(lambda number: str(6_806_530_001_111 + number * 32_768)),
    "shortened": _scientific,
}


def mail_of(rng: random.Random, customer: int, *, forms: bool, invisible: bool) -> str:
    """Return an address of a customer in one of the spellings that mean the same mailbox."""
    plain = f"ann.{customer}+shop@example.com"
    if not forms:
        return plain
    spellings = [plain, plain.upper(), f"{plain} ", plain.title(), f" {plain}"]
    if invisible:
        spellings += [f"\u00a0{plain}", f"\u200b{plain}"]
    return rng.choice(spellings)


def phone_of(rng: random.Random, customer: int, *, currency: str, forms: bool) -> str:
    """Return a telephone number of a customer as somebody may have typed it."""
    if currency == "JPY":
        end = f"{10_000_000 + customer:08d}"
        spellings = [
            f"+8190{end}",
            f"090{end}",
            f"090-{end[:4]}-{end[4:]}",
            f"+81 90 {end[:4]} {end[4:]}",
        ]
    else:
        end = f"{100 + customer:04d}"
        spellings = [f"+1800555{end}", f"+1 800 555 {end}", f"+1 (800) 555-{end}"]
    return rng.choice(spellings) if forms else spellings[0]


class Identity(NamedTuple):
    """How the rows of an order say whose it is: which of the three cells are filled."""

    number: bool
    mail: bool
    phone: bool = False
    guests: bool = False


IDENTITIES = {
    "number": Identity(True, False),
    "mail": Identity(False, True),
    "number, guests by mail": Identity(True, True, guests=True),
    "phone": Identity(False, False, phone=True),
}
