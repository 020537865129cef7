"""`crm import`: turn exports into the canonical tables."""

import sys
from argparse import Namespace
from pathlib import Path

from analysis.errors import DataError, ParameterError
from analysis.verbs.options import Verbs, add_shop, require_shops, say

_EXAMPLES = """
examples:
  crm import --shop cdnow
  crm import --shop cdnow --shop groceries
  crm import --shop myshop orders_2024-05.csv orders_2024-06.csv customers.csv
  crm import --shop myshop --format shopify_orders data/private/orders.csv

Files may overlap, come in any order and again: of every order the latest export counts.
Each line tells: rows read = accepted + set aside, and why rows were set aside.
"""


def add(verbs: Verbs) -> None:
    """Add the verb and its options to the command."""
    importing = verbs.add_parser(
        "import",
        help="turn a shop's export into the canonical tables",
        description="Read a shop's export files, or else the source that its file names, "
        "and write its canonical tables.",
        epilog=_EXAMPLES,
    )
    importing.set_defaults(command=_import)
    importing.add_argument(
        "files",
        nargs="*",
        type=Path,
        metavar="FILE",
        help="export file; without one, the source that the shop's file names",
    )
    importing.add_argument(
        "--format",
        default="",
        metavar="NAME",
        help="format of the files (default: told by their headers; `mapping`: the shop's own)",
    )
    add_shop(importing)


def _import(options: Namespace) -> int:
    """Import shops one after another, and tell where every row went.

    A shop whose data cannot be imported does not keep the others from it.
    """
    require_shops(options.shop)
    from analysis.importing import import_files, import_shop
    from analysis.importing.balance import sentence
    from analysis.shop import read_shop

    names = list(dict.fromkeys(options.shop))
    for name in names:
        read_shop(name)
    if options.files:
        if len(names) > 1:
            raise ParameterError(f"{len(names)} shops, but export files belong to one: name it.")
        balances = import_files(names[0], options.files, layout=options.format)
        say(f"{names[0]}: {sentence(balance)}" for balance in balances)
        return 0
    if options.format:
        raise ParameterError(f"--format {options.format} is given without a file: name files.")
    failed = False
    for name in names:
        try:
            say(f"{name}: {sentence(balance)}" for balance in import_shop(name))
        except DataError as error:
            sys.stderr.write(f"crm: {error}\n")
            failed = True
    return 3 if failed else 0
