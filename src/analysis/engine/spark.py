"""Spark as a source: a local session, a cluster's master, or a Spark Connect server."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyspark.sql
from pyspark.errors import AnalysisException, PySparkException

from analysis.engine.connections import Connection
from analysis.engine.dialects import translate
from analysis.engine.ledgers import COLUMNS, Ledgers, read_ledgers
from analysis.engine.optional import completed, empty_columns, lacking
from analysis.engine.refunds import stored
from analysis.engine.results import Mirror
from analysis.engine.seam import Tables
from analysis.engine.spark_session import start_session, unwarned
from analysis.errors import DataError
from analysis.schema import TABLES

if TYPE_CHECKING:
    from pandas import DataFrame
    from pyarrow import Table

# What each is called in DuckDB. Another type keeps its own name, which the contract refuses.
_TYPES = {
    "string": "VARCHAR",
    "bigint": "BIGINT",
    "int": "INTEGER",
    "smallint": "SMALLINT",
    "timestamp_ntz": "TIMESTAMP",
    "timestamp": "TIMESTAMP WITH TIME ZONE",
    "date": "DATE",
    "boolean": "BOOLEAN",
    "double": "DOUBLE",
    "float": "FLOAT",
    "decimal(18,3)": "DECIMAL(18,3)",
}

_NAMES = {"VARCHAR": "STRING", "TIMESTAMP": "TIMESTAMP_NTZ"}


class Spark:
    """Spark as a source of rows.

    Attributes:
        session: With a temporary view for each table.
        tables: As `Engine.tables`.
    """

    def __init__(
        self,
        session: "pyspark.sql.SparkSession",
        where: Connection,
        views: Mapping[str, "pyspark.sql.DataFrame"],
        *,
        is_ours: bool,
    ) -> None:
        self.session = session
        self._where = where
        self._is_ours = is_ours
        self.tables: Tables = {}
        with _told(where, "tables"):
            for name, view in views.items():
                self.tables[name] = {
                    field.name: _TYPES.get(kind := field.dataType.simpleString(), kind)
                    for field in view.schema.fields
                }
            whole = self._completed(views)
            again = {second_name: whole[name] for name, second_name in stored(views).items()}
            for name, view in {**whole, **again}.items():
                view.createOrReplaceTempView(name)
        self._mirror = Mirror(completed(self.tables))

    def _completed(
        self, views: Mapping[str, "pyspark.sql.DataFrame"]
    ) -> dict[str, "pyspark.sql.DataFrame"]:
        whole = dict(views)
        for name, columns in lacking(self.tables).items():
            nothing = empty_columns(columns, _NAMES)
            if name in whole:
                whole[name] = whole[name].selectExpr("*", *nothing)
            else:
                whole[name] = self.session.range(0).selectExpr(*nothing)
        return whole

    def frame(self, name: str, statement: str, parameters: Mapping[str, Any]) -> "DataFrame":
        """Return all rows."""
        types = self._mirror.types(name, statement, parameters)
        return self._mirror.frame(self._collect(name, statement, parameters), types)

    def row(self, name: str, statement: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return the only row, as column name to value."""
        types = self._mirror.types(name, statement, parameters)
        return self._mirror.row(self._collect(name, statement, parameters), types)

    def close(self) -> None:
        """End a session that was started here; leave another one running."""
        if self._is_ours:
            # A server that went away has ended the session by itself.
            with unwarned(), suppress(Exception):
                self.session.stop()
        self._mirror.close()

    def _collect(self, name: str, statement: str, parameters: Mapping[str, Any]) -> "Table":
        with _told(self._where, name), unwarned():
            query = translate(statement, "spark")
            return self.session.sql(query, args=dict(parameters)).toArrow()


@contextmanager
def _told(connection: Connection, name: str) -> Iterator[None]:
    """Turn what Spark says into a sentence without an address."""
    where = connection.name
    try:
        yield
    except AnalysisException as no:
        raise DataError(
            f"The reduction '{name}' cannot run on connection '{where}': {connection.scrubbed(no)}"
        ) from None
    except Exception as no:
        if _is_gone(no):
            raise DataError(
                f"Connection '{where}' was lost while '{name}' was read: run the report again."
            ) from None
        if "FAILED_READ_FILE" in str(no) or "FileNotFoundException" in str(no):
            raise DataError(
                f"The tables of connection '{where}' were replaced while '{name}' read them: "
                "run the report again."
            ) from None
        if isinstance(no, PySparkException):
            raise DataError(
                f"The reduction '{name}' failed on connection '{where}': {connection.scrubbed(no)}"
            ) from None
        raise


def _is_gone(error: Exception) -> bool:
    """Tell whether the server or the Java process behind a session no longer answers."""
    from py4j.protocol import Py4JNetworkError

    lost = isinstance(error, Py4JNetworkError | ConnectionError)
    return lost or "UNAVAILABLE" in str(error) or "failed to connect" in str(error).lower()


def open_spark(
    where: Connection, *, shop: str, folder: Path | None, ledgers: Ledgers | None = None
) -> Spark:
    """Open a shop's tables in Spark.

    Args:
        where: The connection.
        shop: The shop's name, which stands for `{shop}` in the options.
        folder: The shop's parquet files on this machine, read where no option says otherwise.
        ledgers: Those on this machine whose rows join the table `assignments`.

    Raises:
        DataError: Java is missing, the server cannot be reached, or there are no tables.
    """
    session, is_ours = start_session(where)
    try:
        views = _views(session, where, shop, folder)
        if ledgers:
            with _told(where, "assignments"):
                views["assignments"] = _with_ledgers(session, views.get("assignments"), ledgers)
        return Spark(session, where, views, is_ours=is_ours)
    except BaseException:
        if is_ours:
            with unwarned(), suppress(Exception):  # as when it is closed
                session.stop()
        raise


def _with_ledgers(
    session: "pyspark.sql.SparkSession",
    imported: "pyspark.sql.DataFrame | None",
    ledgers: Ledgers,
) -> "pyspark.sql.DataFrame":
    """Return the ledgers' rows and, of campaigns without any, those of the shop's own table."""
    schema = ", ".join(f"{name} {_NAMES[kind]}" for name, kind in COLUMNS.items())
    with unwarned():
        written = session.createDataFrame(read_ledgers(ledgers), schema=schema)
        if imported is None:
            return written
        named = written.select("campaign_id").distinct()
        others = imported.select(*COLUMNS).join(named, "campaign_id", "left_anti")
        return written.unionByName(others)


def _views(
    session: "pyspark.sql.SparkSession", where: Connection, shop: str, folder: Path | None
) -> dict[str, "pyspark.sql.DataFrame"]:
    schema = where.option("schema", "", shop=shop)
    place = where.option("tables", "", shop=shop)
    if not (schema or place) and folder is None:
        raise DataError(
            f"Shop '{shop}' has no data on this machine, and connection '{where.name}' has neither "
            "an option `tables` (folder or bucket of parquet files) nor `schema`."
        )
    views = {}
    for name in (*TABLES, "import_record"):
        try:
            if schema:
                view = session.table(f"{schema}.{name}")
            else:
                view = session.read.parquet(f"{place or folder}/{name}.parquet")
            _ = view.schema
            views[name] = view
        except AnalysisException:
            continue
        except Exception as error:
            raise DataError(
                f"Connection '{where.name}' cannot read table '{name}' of shop '{shop}': "
                f"{where.scrubbed(error)}"
            ) from None
    return views
