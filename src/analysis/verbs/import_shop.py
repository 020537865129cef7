"""`crm import`: turn exports into the canonical tables."""

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from analysis.errors import ParameterError
from analysis.verbs.options import Verbs, add_shop, for_each_shop, require_shops, say

_EXAMPLES = """
examples:
  crm import --shop cdnow
  crm import --shop cdnow --shop groceries
  crm import --shop myshop orders_2024-05.csv orders_2024-06.csv customers.csv
  crm import --shop myshop --format shopify_orders data/private/orders.csv
  crm import --shop myshop --to writer            the current tables -> PostgreSQL

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
    importing.add_argument(
        "--to",
        default="",
        metavar="CONNECTION",
        help="also load the tables into PostgreSQL, all or nothing: those of FILE, "
        "or without one the tables as they were imported last",
    )
    add_shop(importing)


def _import(options: Namespace) -> int:
    from analysis.report.stopping import unwinding

    with unwinding():
        return _import_all(options)


def _import_all(options: Namespace) -> int:
    """Import shops one after another, and tell where every row went."""
    require_shops(options.shop)
    from analysis.ingest import import_files, import_shop
    from analysis.ingest.balance import sentence
    from analysis.shop import read_shop

    names = list(dict.fromkeys(options.shop))
    for name in names:
        read_shop(name)
    if options.files:
        if len(names) > 1:
            raise ParameterError(f"{len(names)} shops, but export files belong to one: name it.")
        balances = import_files(names[0], options.files, layout=options.format)
        say(f"{names[0]}: {sentence(balance)}" for balance in balances)
        return _load(names, options.to) if options.to else 0
    if options.format:
        raise ParameterError(f"--format {options.format} is given without a file: name files.")
    if options.to:
        return _load(names, options.to)
    return for_each_shop(
        names,
        lambda name: say(f"{name}: {sentence(balance)}" for balance in import_shop(name)),
    )


def _load(names: Sequence[str], connection: str) -> int:
    """Load the current tables of shops into PostgreSQL, and tell how many rows each has."""
    from analysis.engine.connections import require_postgres
    from analysis.shop import tables_folder

    require_postgres(connection)
    from analysis.engine.loading import load_shop

    def load(name: str) -> None:
        counts = load_shop(name, connection, folder=tables_folder(name))
        say(f"{name}: {table}, {rows:,} rows loaded" for table, rows in counts.items())

    return for_each_shop(names, load)
