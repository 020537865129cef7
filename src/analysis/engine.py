"""Where reductions run: DuckDB over the parquet files of one shop. Nothing else imports duckdb."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import duckdb

from analysis.errors import DataError
from analysis.schema import SQL_TYPES, TABLES

if TYPE_CHECKING:
    from pandas import DataFrame

Workbench = duckdb.DuckDBPyConnection

# Extensions are never fetched: what the wheel holds is all that is used.
_OFFLINE = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}

# A shop whose export knows of no such events is read like one in which none happened.
_EMPTY_IF_ABSENT = {"subscription_events"}


class Engine(NamedTuple):
    """A connection that can read one shop's tables and nothing else.

    Attributes:
        connection: The DuckDB connection, with a view for each table.
        tables: Table name to its columns, each column name to its SQL type, as the files have
            them. In a reduction, optional columns that a file lacks read as empty.
    """

    connection: duckdb.DuckDBPyConnection
    tables: dict[str, dict[str, str]]

    def reduce(self, name: str, **parameters: Any) -> "DataFrame":
        """Run the reduction `sql/NAME.sql` and return its rows.

        Args:
            name: Name of the file without its ending.
            parameters: A value for each `$name` that the file mentions.

        Raises:
            ValueError: The parameters are not those that the file names.
            DataError: The shop lacks a table or column that the reduction reads.
        """
        statement = reduction(name)
        named = parameter_names(statement)
        if named != set(parameters):
            raise ValueError(f"{name}.sql takes {sorted(named)}, given {sorted(parameters)}")
        try:
            return self.connection.execute(statement, parameters).fetch_df()
        except (duckdb.CatalogException, duckdb.BinderException) as error:
            first_line = str(error).splitlines()[0]
            raise DataError(
                f"The reduction '{name}' cannot run on this shop: {first_line}"
            ) from error

    def scalar(self, name: str, **parameters: Any) -> dict[str, Any]:
        """Run a reduction that returns one row, as column name to value, without pandas."""
        cursor = self.connection.execute(reduction(name), parameters)
        names = [column[0] for column in cursor.description]
        # To the end: a result that is half read would keep the connection busy.
        (row,) = cursor.fetchall()
        return dict(zip(names, row, strict=True))


def open_engine(folder: Path) -> Engine:
    """Connect to the parquet files of a folder, read-only and closed to everything else.

    Args:
        folder: Folder with a `TABLE.parquet` for each table, a file or a folder of parts.

    Raises:
        DataError: A file is not parquet, or cannot be read.
    """
    connection = duckdb.connect(":memory:", config=_OFFLINE)
    tables = {}
    for file in sorted(folder.glob("*.parquet")):
        try:
            relation = connection.read_parquet(str(file / "*" if file.is_dir() else file))
        except duckdb.Error as error:
            raise DataError(
                f"{file.name} cannot be read as parquet: import the shop again."
            ) from error
        tables[file.stem] = dict(
            zip(relation.columns, (str(kind) for kind in relation.types), strict=True)
        )
        _completed(relation, file.stem).create_view(file.stem)
    for name in _EMPTY_IF_ABSENT - tables.keys():
        nothing = ", ".join(f"CAST(NULL AS {SQL_TYPES[c.kind]}) AS {c.name}" for c in TABLES[name])
        connection.sql(f"SELECT {nothing} WHERE false").create_view(name)
    # The order matters: once the configuration is locked, no statement can widen it.
    connection.execute("SET allowed_directories = [$folder]", {"folder": str(folder)})
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return Engine(connection, tables)


def _completed(relation: duckdb.DuckDBPyRelation, table: str) -> duckdb.DuckDBPyRelation:
    """Add the optional columns of the contract that a file lacks, all empty."""
    lacking = [
        f"CAST(NULL AS {SQL_TYPES[column.kind]}) AS {column.name}"
        for column in TABLES.get(table, ())
        if not column.required and column.name not in relation.columns
    ]
    return relation.project(", ".join(["*", *lacking])) if lacking else relation


def workbench(folder: Path | None = None) -> Workbench:
    """Return a connection that may read and write files, for imports only.

    Args:
        folder: Where it may put aside what does not fit into 1.5 GB of memory.
    """
    limits = {"memory_limit": "1500MB", "temp_directory": str(folder)} if folder else {}
    return duckdb.connect(":memory:", config={**_OFFLINE, **limits})


@contextmanager
def refused_by_engine(file: str) -> Iterator[None]:
    """Say in one sentence that the engine could not read a file.

    Raises:
        DataError: It could not; the first line of what the engine says is passed on.
    """
    try:
        yield
    except duckdb.Error as error:
        raise DataError(
            f"{file} cannot be read as a table of rows and columns "
            f"({str(error).splitlines()[0]}): export it again."
        ) from error


@cache
def reduction(name: str) -> str:
    """Return the text of `sql/NAME.sql`."""
    return (resources.files("analysis") / "sql" / f"{name}.sql").read_text(encoding="utf-8")


def parameter_names(statement: str) -> set[str]:
    """Return the names of the bound parameters of a statement.

    >>> sorted(parameter_names("SELECT $as_of, $window_days -- $comment"))
    ['as_of', 'window_days']
    """
    code = re.sub(r"--[^\n]*", "", statement)
    return set(re.findall(r"\$([a-z_]+)", code))
