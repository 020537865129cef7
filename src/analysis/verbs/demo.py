"""`crm demo`: generate a shop whose truth is known."""

from argparse import Namespace

from analysis.errors import ParameterError
from analysis.verbs.options import Verbs, at_least, iso_date, say

_EXAMPLES = """
examples:
  crm demo                                      20,000 customers, the same for everybody
  crm demo --seed 2 --null                      another shop, in which there is nothing to find
  crm demo --customers 1000000 --end 2025-06-30
  crm demo --lines 10000000                     a size for measuring time and memory

Subscriptions with a wave of cancellations after order 3, one-off sales with products that lead to
each other, four past campaigns. What is planted stands in data/SHOP/current/truth.json, which no
report reads. `crm import --shop demo` does the same as `crm demo`.
"""


def add(verbs: Verbs) -> None:
    """Add the verb and its options to the command."""
    demo = verbs.add_parser(
        "demo",
        help="generate a shop whose truth is known",
        description="Generate the tables of a shop in which the answers are planted.",
        epilog=_EXAMPLES,
    )
    demo.set_defaults(command=_demo)
    option = demo.add_argument
    option(
        "--shop",
        default="demo",
        metavar="NAME",
        help="shop to generate; its file must say `importer: demo` (default: demo)",
    )
    size = demo.add_mutually_exclusive_group()
    size.add_argument(
        "--customers",
        type=at_least(int, 1),
        metavar="N",
        help="how many customers (default: 20000)",
    )
    size.add_argument(
        "--lines",
        type=at_least(int, 1),
        metavar="N",
        help="as many customers as bring about this many order lines, rather more",
    )
    option(
        "--end",
        type=iso_date,
        metavar="DATE",
        help="last day of the thirty months, ISO date (default: 2025-12-31)",
    )
    option(
        "--seed",
        type=at_least(int, 0),
        default=1,
        metavar="N",
        help="another seed gives another shop with the same truth (default: 1)",
    )
    option("--null", action="store_true", help="plant nothing: what is found then is a false alarm")


def _demo(options: Namespace) -> int:
    """Generate a demo shop, and tell how many rows each table got."""
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from analysis.importing.shop_import import is_demo
    from analysis.shop import read_shop

    shop = read_shop(options.shop)
    if not is_demo(shop):
        raise ParameterError(
            f"Shop '{shop.name}' has orders of its own: `crm demo` only writes a shop whose file "
            f"says `importer: demo`."
        )
    today = datetime.now(ZoneInfo(shop.time_zone)).date()
    if options.end and options.end > today:
        raise ParameterError(f"--end {options.end}: must not lie in the future (today is {today}).")

    from analysis.demo import Plan, customers_for_lines, generate_shop

    plan = Plan(seed=options.seed, planted=not options.null)
    plan = plan._replace(end=options.end or plan.end, customers=options.customers or plan.customers)
    if options.lines:
        plan = plan._replace(customers=customers_for_lines(options.lines))
    for balance in generate_shop(options.shop, plan):
        say([f"{options.shop}: {balance.table}, {balance.rows_accepted:,} rows generated"])
    return 0
