import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb
import pytest

from analysis.engine import open_engine, parameter_names, reduction
from analysis.engine.results import Mirror
from analysis.errors import DataError
from analysis.schema import SQL_TYPES, TABLES

SQL = Path(__file__).resolve().parents[2] / "src" / "analysis" / "sql"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tables = tmp_path / "tables"
    tables.mkdir()
    duckdb.sql(
        "SELECT CAST(1 AS BIGINT) AS customer_no, DATE '2024-01-01' AS day, "
        "'one_off' AS purchase_type, CAST(1 AS BIGINT) AS purchase_no, "
        "DATE '2024-01-01' AS first_day, CAST(1 AS BIGINT) AS opens_day, "
        "CAST(1 AS BIGINT) AS opens_month, CAST(1 AS BIGINT) AS orders, "
        "CAST(100 AS BIGINT) AS amount_minor"
    ).write_parquet(str(tables / "customer_day.parquet"))
    return tables


def test_reduction_returns_rows(folder: Path) -> None:
    frame = open_engine(folder).reduce("btyd_cells", as_of=date(2024, 1, 31))
    assert frame.to_dict("records") == [
        {"frequency": 0, "recency_days": 0, "age_days": 30, "customers": 1}
    ]


def test_parameters_must_be_those_of_the_file(folder: Path) -> None:
    with pytest.raises(ValueError, match="btyd_cells.sql takes \\['as_of'\\], given"):
        open_engine(folder).reduce("btyd_cells", as_off=date(2024, 1, 31))


def test_missing_table_is_named(folder: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(DataError, match="'btyd_cells' cannot run on this shop: .*customer_day"):
        open_engine(empty).reduce("btyd_cells", as_of=date(2024, 1, 31))


def test_file_that_is_no_parquet_is_named(folder: Path) -> None:
    (folder / "orders.parquet").write_text("not a table")
    with pytest.raises(DataError, match=r"orders\.parquet cannot be read as parquet"):
        open_engine(folder)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_csv('{outside}/secret.csv')",
        "COPY (SELECT 1) TO '{outside}/stolen.csv'",
        "SET enable_external_access = true",
        "SET allowed_directories = ['/']",
        "INSTALL httpfs",
        "ATTACH '{outside}/other.duckdb'",
    ],
)
def test_engine_reads_its_folder_and_nothing_else(
    folder: Path, tmp_path: Path, statement: str
) -> None:
    (tmp_path / "secret.csv").write_text("a\n1\n")
    engine = open_engine(folder)
    with pytest.raises(duckdb.Error):
        engine.source.connection.execute(statement.format(outside=tmp_path))
    assert engine.source.connection.execute("SELECT count(*) FROM customer_day").fetchone() == (1,)


@pytest.mark.parametrize("file", sorted(SQL.glob("*.sql")), ids=lambda file: file.stem)
def test_every_reduction_is_one_select_in_the_portable_subset(file: Path) -> None:
    text = reduction(file.stem)
    code = "\n".join(line.split("--")[0] for line in text.splitlines())
    assert text.startswith("-- "), "the first line says what the file returns"
    assert code.strip().upper().startswith(("SELECT", "WITH"))
    assert ";" not in code
    dated = re.search(
        r"\b(orders|order_lines|refunds|customer_day|baskets|subscriptions|contacts)\b", code
    )
    if dated:
        assert "as_of" in parameter_names(text), "nothing after the as-of day may be read"
    for engine_word in ("median", "quantile", "epoch", "strftime", "hash(", "round(", "::"):
        assert engine_word not in code.lower(), f"{engine_word} differs between engines"
    answer = code[("\n" + code).rindex("\nSELECT") :]
    if "GROUP BY" in answer:
        assert "ORDER BY" in answer, "engines return groups in any order"


@pytest.mark.parametrize("file", sorted(SQL.glob("*.sql")), ids=lambda file: file.stem)
def test_every_reduction_returns_types_that_pandas_holds_exactly(file: Path) -> None:
    """A sum of integers that is not cast back is a HUGEINT, which pandas makes a float.

    A decimal comes as a float by intent: quantities are written with three digits after the point.
    """
    contract = {
        table: {column.name: SQL_TYPES[column.kind] for column in columns}
        for table, columns in TABLES.items()
    }
    statement = reduction(file.stem)
    values = dict.fromkeys(parameter_names(statement), 1)
    days = {
        name: date(2024, 1, 1) for name in values if name.endswith(("as_of", "end", "by", "_on"))
    }
    words = {name: "one_off" for name in values if name.endswith("type")}
    types = Mirror(contract).types(file.stem, statement, {**values, **days, **words})
    exact = {"VARCHAR", "DATE", "BIGINT", "INTEGER", "BOOLEAN", "DOUBLE", "DECIMAL(18,3)"}
    assert set(types.values()) <= exact


def test_decimals_come_as_floats_that_say_the_same(tmp_path: Path) -> None:
    duckdb.sql(
        "SELECT CAST(q AS DECIMAL(18, 3)) AS q FROM (VALUES ('0.5'), ('1.251'), (NULL), "
        "('1234567890.123')) AS t(q)"
    ).write_parquet(str(tmp_path / "orders.parquet"))
    frame = open_engine(tmp_path).source.frame("orders", "SELECT q FROM orders", {})
    assert frame["q"].dtype == "float64"
    assert [str(value) for value in frame["q"]] == ["0.5", "1.251", "nan", "1234567890.123"]


def test_only_the_engine_imports_what_runs_sql() -> None:
    package = SQL.parent
    drivers = re.compile(
        r"^\s*(import|from) (duckdb|psycopg|pyspark|adbc\w*|sqlglot)\b", re.MULTILINE
    )
    importers = {
        path.relative_to(package).parts[0]
        for path in package.rglob("*.py")
        if drivers.search(path.read_text())
    }
    assert importers == {"engine"}


def test_a_shop_over_parquet_loads_no_other_engine() -> None:
    code = (
        "import sys, analysis.shop, analysis.verbs.import_shop; "
        "print([name for name in ('psycopg', 'pyspark', 'sqlglot', 'py4j') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
