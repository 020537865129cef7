"""`crm demo`: generate a shop whose truth is known, or the files that a cart exports of it."""

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.errors import ParameterError
from analysis.verbs.options import Verbs, at_least, iso_date, say

if TYPE_CHECKING:
    from analysis.demo import Plan

_TIME_ZONE = "Asia/Tokyo"

_EXAMPLES = """
examples:
  crm demo                                      20,000 customers, the same for everybody
  crm demo --seed 2 --null                      another shop, in which there is nothing to find
  crm demo --customers 1000000 --end 2025-06-30
  crm demo --lines 10000000                     a size for measuring time and memory
  crm demo --export shopify exports             orders and customers as Shopify exports them
  crm demo --export ecforce exports             orders and subscriptions as ecforce does
  crm demo --export rakuten exports --months 6  a file a month, each with a week of the one before

Subscriptions with a wave of cancellations after order 3, one-off sales with products that lead to
each other, four past campaigns. What is planted stands in data/SHOP/current/truth.json, which no
report reads. `crm import --shop demo` does the same as `crm demo`.

Exports are for trying `crm import`: in the layout and encoding of a cart (shopify, shopify_appstle,
eccube, ecforce, rakuten, woocommerce by WebToffee, woocommerce_skyverge with a row for each item),
with people who do not exist and with faults of all kinds. shopify_appstle, ecforce and both of
WooCommerce export subscriptions, too. expected.json beside them says how many rows an import has to
set aside, and why, and how much money is in the others: gross, refunds and net, in minor units.
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
    option(
        "--export",
        nargs=2,
        metavar=("CART", "DIR"),
        help="write the files that a cart would export into a new folder, and no tables",
    )
    option(
        "--months",
        type=at_least(int, 1),
        metavar="N",
        help="with --export: a file for each of the last N months (default: one file for all)",
    )


def _demo(options: Namespace) -> int:
    """Generate a demo shop or an export of it, and tell how many rows there are."""
    if options.export:
        return _export(options)
    if options.months:
        raise ParameterError(f"--months {options.months} is given without --export CART DIR.")
    from analysis.ingest.shop_import import is_demo
    from analysis.shop import read_shop

    shop = read_shop(options.shop)
    if not is_demo(shop):
        raise ParameterError(
            f"Shop '{shop.name}' has orders of its own: `crm demo` only writes a shop whose file "
            f"says `importer: demo`."
        )
    plan = _plan(options, time_zone=shop.time_zone)

    from analysis.demo import generate_shop

    for balance in generate_shop(options.shop, plan):
        say([f"{options.shop}: {balance.table}, {balance.rows_accepted:,} rows generated"])
    return 0


def _plan(options: Namespace, *, time_zone: str) -> "Plan":
    from datetime import datetime
    from zoneinfo import ZoneInfo

    today = datetime.now(ZoneInfo(time_zone)).date()
    if options.end and options.end > today:
        raise ParameterError(f"--end {options.end}: must not lie in the future (today is {today}).")

    from analysis.demo import Plan, customers_for_lines

    plan = Plan(seed=options.seed, planted=not options.null)
    plan = plan._replace(end=options.end or plan.end, customers=options.customers or plan.customers)
    if options.lines:
        plan = plan._replace(customers=customers_for_lines(options.lines))
    return plan


def _export(options: Namespace) -> int:
    from analysis.demo.export import export_shop

    cart, folder = options.export[0], Path(options.export[1]).expanduser()
    plan = _plan(options, time_zone=_TIME_ZONE)
    say(
        f"{file}: {good + faulty:,} rows, {faulty:,} of which an import has to set aside"
        for file, good, faulty in export_shop(cart, folder, plan, months=options.months or 0)
    )
    say([f"Into a shop whose currency is JPY: crm import --shop NAME {folder / '*.csv'}"])
    return 0
