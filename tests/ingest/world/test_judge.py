"""The judge of worlds: it lets a right import pass, and no wrong one."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import cache

import pytest

from tests.ingest.world.command import Imported, Run
from tests.ingest.world.draws import draw_world
from tests.ingest.world.judge import judge
from tests.ingest.world.readers import (
    Habit,
    draw_plain_world,
    perfect,
    read_plainly,
    right_habit,
)
from tests.ingest.world.world import World

SEEDS = range(0, 240)
PLAIN = range(0, 120)


@cache
def drawn(seed: int) -> World:
    return draw_world(seed)


def verdict(world: World, tables: Imported) -> str:
    return judge(world, Run(0, "", tables)).outcome


def test_an_import_without_a_fault_passes() -> None:
    for seed in SEEDS:
        world = drawn(seed)
        wanted = "WRONG" if world.must else "set aside" if world.faults else "whole"
        assert verdict(world, perfect(world.expected)) == wanted, seed


def test_a_reader_that_is_right_passes() -> None:
    for seed in PLAIN:
        world = draw_plain_world(seed)
        wanted = "WRONG" if world.must else "whole"
        assert verdict(world, read_plainly(world, right_habit(world))) == wanted, seed


GUESSES: dict[str, Callable[[Habit], Habit]] = {
    "a comma is a thousands sign": lambda habit: habit._replace(decimal="."),
    "each row is an order": lambda habit: habit._replace(row_is_order=True),
    "the month comes first": lambda habit: habit._replace(dates="month/day/year"),
}


@pytest.mark.parametrize("guess", GUESSES)
def test_a_reader_that_guesses_is_caught(guess: str) -> None:
    caught = 0
    for seed in PLAIN:
        world = draw_plain_world(seed)
        right = right_habit(world)
        wrong = GUESSES[guess](right)
        read = read_plainly(world, right), read_plainly(world, wrong)
        if read[0] == read[1]:
            continue
        assert verdict(world, read[1]) == "WRONG", seed
        caught += 1
    assert caught >= 25


def _less(tables: Imported) -> Imported:
    orders = dict(tables.orders)
    orders.pop(max(orders, key=lambda number: orders[number][2]))
    return tables._replace(orders=orders)


def _more(tables: Imported) -> Imported:
    return tables._replace(orders={**tables.orders, "new": next(iter(tables.orders.values()))})


def _hundredfold(tables: Imported) -> Imported:
    return tables._replace(
        orders={
            number: (customer, at, amount * 100 + 1)
            for number, (customer, at, amount) in tables.orders.items()
        }
    )


def _cent(tables: Imported) -> Imported:
    number, (customer, at, amount) = next(iter(tables.orders.items()))
    return tables._replace(orders={**tables.orders, number: (customer, at, amount + 1)})


def _day(tables: Imported) -> Imported:
    number, (customer, at, amount) = next(iter(tables.orders.items()))
    changed = (customer, at + timedelta(days=1), amount)
    return tables._replace(orders={**tables.orders, number: changed})


def _merged(tables: Imported) -> Imported:
    orders = {number: ("one", at, amount) for number, (_, at, amount) in tables.orders.items()}
    return tables._replace(orders=orders)


def _split(tables: Imported) -> Imported:
    orders = {number: (number, at, amount) for number, (_, at, amount) in tables.orders.items()}
    return tables._replace(orders=orders)


def _lineless(tables: Imported) -> Imported:
    return tables._replace(lines={})


def _pieces(tables: Imported) -> Imported:
    lines = {
        number: Counter({(code, pieces + Decimal(1), amount): rows
                         for (code, pieces, amount), rows in found.items()})
        for number, found in tables.lines.items()
    }  # fmt: skip
    return tables._replace(lines=lines)


def _garbled(tables: Imported) -> Imported:
    return tables._replace(names={code: f"{name}Ã©" for code, name in tables.names.items()})


def _kept(tables: Imported) -> Imported:
    return tables._replace(refunds=tables.refunds[1:])


def _twice(tables: Imported) -> Imported:
    return tables._replace(refunds=[*tables.refunds, *tables.refunds[:1]])


def _late(tables: Imported) -> Imported:
    refunds = [
        (order, customer, at + timedelta(days=31), amount)
        for order, customer, at, amount in tables.refunds
    ]
    return tables._replace(refunds=refunds)


@pytest.mark.parametrize(
    "spoil",
    [
        _less, _more, _hundredfold, _cent, _day, _merged, _split, _lineless, _pieces, _garbled,
        _kept, _twice, _late,
    ],
)  # fmt: skip
def test_a_spoiled_import_is_caught(spoil: Callable[[Imported], Imported]) -> None:
    caught = 0
    for seed in SEEDS:
        world = drawn(seed)
        right = perfect(world.expected)
        spoiled = spoil(right)
        if world.must or spoiled == right or _same_to_a_reader(world, spoil):
            continue
        assert verdict(world, spoiled) == "WRONG", seed
        caught += 1
    assert caught >= 10


def _same_to_a_reader(world: World, spoil: Callable[[Imported], Imported]) -> bool:
    """Tell whether a world's file tells nothing that this fault could contradict."""
    orders = world.expected.orders.values()
    if spoil in (_lineless, _pieces):
        return not any(order.lines for order in orders)
    if spoil is _merged:
        return len({order.customer for order in orders}) == 1
    if spoil is _split:
        return len({order.customer for order in orders}) == len(orders)
    return spoil is _garbled and not world.expected.names


@pytest.mark.parametrize(
    ("exit_code", "said"),
    [(2, "crm: the moon is full."), (12, "crm: too much."), (1, ""), (3, "Traceback")],
)
def test_a_refusal_needs_a_reason_that_is_true(exit_code: int, said: str) -> None:
    world = next(world for world in map(drawn, SEEDS) if world.readable)
    assert judge(world, Run(exit_code, said, None)).outcome == "WRONG"


def test_a_true_refusal_passes_and_leaves_no_tables() -> None:
    world = next(world for world in map(drawn, SEEDS) if "dates" in world.must)
    said = "crm: 03/04/2024 can be read in two ways: say `day_first`."
    assert judge(world, Run(2, said, None)).outcome == "refused"
    assert judge(world, Run(2, said, perfect(world.expected))).outcome == "WRONG"
    assert judge(world, Run(0, said, perfect(world.expected))).outcome == "WRONG"
