"""DuckDB over the parquet files of one shop: the default, and the one that imports write with."""

import errno
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import duckdb

from analysis.engine.frames import frame_of
from analysis.engine.ledgers import Ledgers, join_ledgers
from analysis.engine.limits import ResourceLimits
from analysis.engine.optional import empty_columns, lacking
from analysis.engine.refunds import stored
from analysis.engine.seam import Engine, Tables
from analysis.errors import DataError
from analysis.locked_folder import locked_folder

if TYPE_CHECKING:
    from pandas import DataFrame

Workbench = duckdb.DuckDBPyConnection
WorkbenchError = duckdb.Error

# Extensions are never fetched: what the wheel holds is all that is used.
OFFLINE = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}

_SPILL = "engine-"


class DuckDB(NamedTuple):
    """DuckDB as a source of rows.

    Attributes:
        connection: With a view for each table.
        spill: Removes, as it is closed, the folder for what does not fit into memory.
    """

    connection: duckdb.DuckDBPyConnection
    spill: ExitStack | None = None

    def frame(self, name: str, statement: str, parameters: Mapping[str, Any]) -> "DataFrame":
        """Return all rows."""
        try:
            return frame_of(self.connection.sql(statement, params=dict(parameters)))
        except duckdb.Error as error:
            raise refusal(name, error) from error

    def row(self, name: str, statement: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return the only row, as column name to value."""
        try:
            cursor = self.connection.execute(statement, dict(parameters))
            names = [column[0] for column in cursor.description]
            # To the end: a result that is half read would keep the connection busy.
            (row,) = cursor.fetchall()
        except duckdb.Error as error:
            raise refusal(name, error) from error
        return dict(zip(names, row, strict=True))

    def close(self) -> None:
        """Let go of the files."""
        self.connection.close()
        if self.spill:
            self.spill.close()


def refusal(name: str, error: duckdb.Error) -> Exception:
    """Return what to raise for an error of DuckDB: a sentence, or the error where it is our own."""
    first_line = str(error).splitlines()[0]
    if isinstance(error, duckdb.CatalogException | duckdb.BinderException):
        return DataError(f"The reduction '{name}' cannot run on this shop: {first_line}")
    if isinstance(error, duckdb.OutOfMemoryException):
        return DataError(
            f"The reduction '{name}' needs more memory than it may take, or more disk to put the "
            f"rest aside: raise limits.memory in the shop's file. {first_line}"
        )
    if isinstance(error, duckdb.IOException) and ".parquet" not in first_line:
        return DataError(
            f"The reduction '{name}' could not put aside what does not fit into memory: is there "
            "space left in the folder data/.spill?"
        )
    if isinstance(error, duckdb.IOException):
        return DataError(
            f"The tables were replaced while the reduction '{name}' read them: run it again."
        )
    return error


def open_engine(
    folder: Path,
    *,
    limits: ResourceLimits | None = None,
    spill: Path | None = None,
    record: Mapping[str, Any] | None = None,
    ledgers: Ledgers | None = None,
) -> Engine:
    """Connect to the parquet files of a folder, read-only and closed to everything else.

    Args:
        folder: Folder with a `TABLE.parquet` for each table, a file or a folder of parts. Optional
            columns that a file lacks read as empty.
        limits: Memory, threads and rows that a reduction may take.
        spill: Folder in which a query that does not fit into memory puts the rest aside.
        record: What the import recorded.
        ledgers: Ledgers of campaigns, whose rows join the table `assignments`.

    Raises:
        DataError: A file is not parquet, or cannot be read.
    """
    limits = limits or ResourceLimits()
    stack = ExitStack()
    connection = duckdb.connect(":memory:", config=_settings(limits, spill, stack))
    # Drawn after two seconds, it would stand in the midst of what a program prints; a notebook
    # without widgets has none, and there DuckDB refuses the setting.
    with suppress(duckdb.InvalidInputException):
        connection.execute("SET enable_progress_bar = false")
    relations: dict[str, duckdb.DuckDBPyRelation] = {}
    tables: Tables = {}
    for file in sorted(folder.glob("*.parquet")):
        try:
            relation = connection.read_parquet(str(file / "*" if file.is_dir() else file))
        except duckdb.Error as error:
            raise DataError(
                f"{file.name} cannot be read as parquet: import the shop again."
            ) from error
        relations[file.stem] = relation
        tables[file.stem] = dict(
            zip(relation.columns, (str(kind) for kind in relation.types), strict=True)
        )
    for name, columns in lacking(tables).items():
        nothing = ", ".join(empty_columns(columns))
        relations[name] = (
            relations[name].project(f"*, {nothing}")
            if name in relations
            else connection.sql(f"SELECT {nothing} WHERE false")
        )
    for name, relation in relations.items():
        relation.create_view(name)
    for name, second_name in stored(tables).items():
        relations[name].create_view(second_name)
    if ledgers:
        tables["assignments"] = join_ledgers(connection, ledgers, known="assignments" in relations)
    # The order matters: once the configuration is locked, no statement can widen it.
    beside = [file for file in (*ledgers.files, ledgers.names) if file] if ledgers else []
    open_to = {"folders": [str(folder), *{str(file.parent) for file in beside}]}
    connection.execute("SET allowed_directories = $folders", open_to)
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return Engine(DuckDB(connection, stack), tables, dict(record or {}), limits.rows)


def _settings(limits: ResourceLimits, spill: Path | None, stack: ExitStack) -> dict[str, Any]:
    settings: dict[str, Any] = dict(OFFLINE)
    if limits.memory:
        settings["memory_limit"] = limits.memory
    if limits.threads:
        settings["threads"] = limits.threads
    if spill:
        # Who may read the tables and not write beside them has to do with memory alone.
        with suppress(OSError):
            spill.mkdir(parents=True, exist_ok=True)
            folder = stack.enter_context(locked_folder(spill, prefix=_SPILL))
            settings["temp_directory"] = str(folder / "rows")
    return settings


def workbench(folder: Path | None = None) -> Workbench:
    """Return a connection that may read and write files, for imports only.

    Args:
        folder: Where it may put aside what does not fit into 1.5 GB of memory.
    """
    limits = {"memory_limit": "1500MB", "temp_directory": str(folder)} if folder else {}
    return duckdb.connect(":memory:", config={**OFFLINE, **limits})


@contextmanager
def written_by_engine() -> Iterator[None]:
    """Raise what Python would where the engine cannot write: no space left, no permission.

    Raises:
        OSError: It could not; the first line of what the engine says is passed on.
    """
    try:
        yield
    except duckdb.IOException as error:
        raise OSError(errno.EIO, str(error).splitlines()[0].rstrip(".")) from error


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
