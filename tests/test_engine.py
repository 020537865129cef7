from datetime import date
from pathlib import Path

import duckdb
import pytest

from analysis.engine import open_engine, parameter_names, reduction
from analysis.errors import DataError

SQL = Path(__file__).resolve().parents[1] / "src" / "analysis" / "sql"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tables = tmp_path / "tables"
    tables.mkdir()
    duckdb.sql(
        "SELECT 'a' AS customer_id, DATE '2024-01-01' AS day, 'one_off' AS purchase_type, "
        "CAST(1 AS BIGINT) AS orders, CAST(100 AS BIGINT) AS amount_minor"
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
        engine.connection.execute(statement.format(outside=tmp_path))
    assert engine.connection.execute("SELECT count(*) FROM customer_day").fetchone() == (1,)


@pytest.mark.parametrize("file", sorted(SQL.glob("*.sql")), ids=lambda file: file.stem)
def test_every_reduction_is_one_select_in_the_portable_subset(file: Path) -> None:
    text = reduction(file.stem)
    code = "\n".join(line.split("--")[0] for line in text.splitlines())
    assert text.startswith("-- "), "the first line says what the file returns"
    assert code.strip().upper().startswith(("SELECT", "WITH"))
    assert ";" not in code
    assert "as_of" in parameter_names(text), "nothing after the as-of day may be read"
    for engine_word in ("median", "quantile", "epoch", "strftime", "hash(", "round(", "::"):
        assert engine_word not in code.lower(), f"{engine_word} differs between engines"
    sums = code.lower().count("sum(")
    assert sums == code.lower().count("cast(sum("), "a sum of integers must stay an integer"
    if "GROUP BY" in code or "PARTITION BY" in code:
        assert "ORDER BY" in code


def test_no_other_module_imports_duckdb() -> None:
    package = SQL.parent
    importers = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if "import duckdb" in path.read_text() or "from duckdb" in path.read_text()
    }
    assert importers == {"engine.py"}
