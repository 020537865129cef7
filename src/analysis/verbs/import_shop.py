"""`crm import`: turn exports into the canonical tables."""

from argparse import Namespace
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.errors import ParameterError
from analysis.verbs.options import Verbs, add_shop, for_each_shop, require_shops, say

if TYPE_CHECKING:
    from analysis.ingest import Balance
    from analysis.shop import ShopFile

# How long an import waits for files that somebody is writing.

_PATIENCE_S = 10.0

_EXAMPLES = """
examples:
  crm import --shop cdnow
  crm import --shop cdnow --shop groceries
  crm import --shop myshop orders_2024-05.csv orders_2024-06.csv customers.csv
  crm import --shop myshop --format shopify_orders data/private/orders.csv
  crm import --shop myshop                        what is new where its file says exports lie
  crm import --shop myshop --accept               the same, whatever is set aside
  crm import --shop myshop --to writer            the current tables -> PostgreSQL

Files may overlap, come in any order and again: of every order the latest export counts.
Each line tells: rows read = accepted + set aside, and why rows were set aside; below it stand the
money, values that nobody knows, and how the cells were read.

The former tables stay, with exit code 12, where nothing is accepted, where more than 2% of rows or
money (or `expected_set_aside` in the shop's file) would be set aside without a rule of the format,
where rules set aside much more than before, or where a file brings clearly less than the one before
of the same months. --accept takes it as it is.

A shop's file may say where its exports lie:
  source:
    files: [exports/*.csv, {pattern: exports/members*.csv, format: shopify_customers}]
Only new and changed files are read, and all of them where the shop's file says otherwise how to; a
file that somebody is writing waits for the next time. What was imported stays when its file goes;
where a file comes again with other content, its orders join those of the former one, and of an
order in both the later export counts.
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
        "--accept",
        action="store_true",
        help="replace the tables whatever an import leaves out",
    )
    importing.add_argument(
        "--fresh",
        action="store_true",
        help="without FILE: also read files again that were imported before",
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
    from analysis.shop import read_shop

    names = list(dict.fromkeys(options.shop))
    shops = {name: read_shop(name) for name in names}
    if options.files:
        return _import_files(options, names)
    if options.format:
        raise ParameterError(f"--format {options.format} is given without a file: name files.")
    if options.to:
        return _load(names, options.to)
    return for_each_shop(names, lambda name: _import_source(shops[name], options))


def _import_files(options: Namespace, names: Sequence[str]) -> int:
    if len(names) > 1:
        raise ParameterError(f"{len(names)} shops, but export files belong to one: name it.")
    if options.fresh:
        raise ParameterError("--fresh is given with files, which are read anyway: leave it out.")
    from analysis.ingest import import_files
    from analysis.shop import read_shop

    balances = import_files(names[0], options.files, layout=options.format, accept=options.accept)
    say(told(read_shop(names[0]), balances))
    return _load(names, options.to) if options.to else 0


def _import_source(shop: "ShopFile", options: Namespace) -> None:
    """Import what a shop's file names as its source, and tell what came of it."""
    from analysis.ingest import import_shop
    from analysis.ingest.sources import import_sources, refuse_nothing

    if not shop.patterns:
        say(told(shop, import_shop(shop.name)))
        return
    brought = import_sources(
        shop.name, patience_s=_PATIENCE_S, again=options.fresh, accept=options.accept
    )
    refuse_nothing(shop, brought)
    say(told(shop, brought.balances))
    say(
        f"{shop.name}: {file} is being written: it waits for the next import"
        for file in brought.waiting
    )
    if not brought.files and brought.unchanged:
        say([f"{shop.name}: nothing new, {brought.unchanged:,} files are imported as they are"])


def told(shop: "ShopFile", balances: Iterable["Balance"]) -> Iterator[str]:
    """Yield the balance of each file, with what it tells besides its rows."""
    from analysis.ingest.balance import details, sentence

    for balance in balances:
        yield f"{shop.name}: {sentence(balance)}"
        yield from (f"  {line}" for line in details(balance, shop.currency))


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
