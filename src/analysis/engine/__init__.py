"""Where reductions run: one seam over DuckDB, PostgreSQL and Spark.

Nothing outside this package imports duckdb, psycopg or pyspark, and the last two are imported only
when a shop's file names a connection that needs them.
"""

from analysis.engine.duckdb import (
    Workbench,
    WorkbenchError,
    open_engine,
    refused_by_engine,
    workbench,
    written_by_engine,
)
from analysis.engine.ledgers import Ledgers
from analysis.engine.limits import ResourceLimits
from analysis.engine.seam import Engine
from analysis.engine.statements import parameter_names, reduction

__all__ = [
    "Engine",
    "Ledgers",
    "ResourceLimits",
    "Workbench",
    "WorkbenchError",
    "open_engine",
    "parameter_names",
    "reduction",
    "refused_by_engine",
    "workbench",
    "written_by_engine",
]
