"""Every reduction on every engine, over the same rows: equal frames, to the last bit."""

from collections.abc import Callable

import pandas as pd
import pytest
import sqlglot
from engine_registry import DIALECTS, PARAMETERS, reductions, runs, snapshot
from engine_servers import OWNER, Server

from analysis.engine import Engine, Ledgers, open_engine
from analysis.engine.dialects import readable
from analysis.engine.optional import EMPTY_IF_ABSENT
from analysis.engine.statements import counted_instead, reduction
from analysis.schema import TABLES


def test_every_reduction_is_run_on_every_engine() -> None:
    missing = sorted(set(reductions()) - set(PARAMETERS))
    assert not missing, (
        f"{', '.join(missing)}.sql: add a line with its parameters to PARAMETERS in "
        "tests/engine/engine_registry.py, and run `make snapshots`"
    )
    gone = sorted(set(PARAMETERS) - set(reductions()))
    assert not gone, f"PARAMETERS in tests/engine/engine_registry.py names {gone}: no such file"


@pytest.mark.parametrize("name", reductions())
@pytest.mark.parametrize("dialect", DIALECTS)
def test_translation_is_the_one_that_was_looked_at(name: str, dialect: str) -> None:
    file = snapshot(name, dialect)
    assert file.exists(), f"{file.name} for {dialect} is missing: run `make snapshots`"
    assert readable(reduction(name), dialect) == file.read_text(), (
        f"{name}.sql means something else to {dialect} now: look at the difference that "
        "`make snapshots` makes"
    )


def test_aggregates_that_files_name_exist() -> None:
    named = {counted_instead(reduction(name)) for name in reductions()} - {""}
    assert named
    assert named <= set(reductions())


@pytest.fixture(scope="module")
def expected(plain_home) -> Callable[[str], dict]:
    """What DuckDB says, as reduction and parameters to frame."""
    found: dict[str, list] = {}

    def ask(shop: str) -> list:
        if shop not in found:
            folder = (plain_home.folder / "data" / shop / "current").resolve()
            engine = open_engine(folder, ledgers=_ledgers(plain_home, shop))
            period = engine.scalar("period", as_of=pd.Timestamp.max.date())
            found[shop] = [
                (name, given, engine.reduce(name, **given))
                for name, given in runs(period["first_day"], period["last_day"])
                if _tables_of(name) <= {*engine.tables, *EMPTY_IF_ABSENT}
            ]
            # The demo shop has every table, so every reduction is compared there.
            assert shop != "demo" or {name for name, *_ in found[shop]} == set(reductions())
            engine.close()
        return found[shop]

    return ask


def _ledgers(home, shop: str) -> Ledgers:
    files = sorted((home.folder / "data" / "private" / "ledgers" / shop).glob("*.parquet"))
    assert bool(files) == (shop == "demo"), "the demo shop has ledgers for engines to take along"
    return Ledgers(files)


def _tables_of(name: str) -> set[str]:
    tree = sqlglot.parse_one(reduction(name), read="duckdb")
    return {table.name for table in tree.find_all(sqlglot.exp.Table)} & set(TABLES)


def compare(engine: Engine, expected: list) -> None:
    """Demand equal frames, and name every reduction that differs."""
    different = {}
    filled = 0
    for name, given, frame in expected:
        try:
            pd.testing.assert_frame_equal(engine.reduce(name, **given), frame, check_exact=True)
        except AssertionError as error:
            different[name] = str(error)
        filled += len(frame) > 0
    assert different == {}
    # A frame without rows equals any other: most must have some (groceries know no source or cost).
    assert filled >= len(expected) * 2 / 3


@pytest.mark.parametrize("shop", ["demo", "groceries"])
def test_postgres_equals_duckdb(postgres_home, loaded: Server, opened, expected, shop: str) -> None:
    for database in ("bytes", "japanese"):
        url = loaded.url(database)
        home = postgres_home._replace(variables={"CRM_CONNECTION_WAREHOUSE": url})
        compare(opened(home, shop), expected(shop))


@pytest.mark.parametrize("shop", ["demo", "groceries"])
def test_tables_that_a_locale_sorts_equal_duckdb(
    postgres_home, loaded: Server, opened, expected, monkeypatch: pytest.MonkeyPatch, shop: str
) -> None:
    """Tables that somebody else made: no key, no record, texts in the order of the database."""
    import psycopg

    with psycopg.connect(loaded.url("japanese")) as link:
        link.execute(f"DROP SCHEMA IF EXISTS foreign_{shop} CASCADE")
        link.execute(f"CREATE SCHEMA foreign_{shop}")
        for (table,) in link.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = %s", (shop,)
        ).fetchall():
            if table == "import_record":
                continue
            columns = ", ".join(
                f'CAST({column.name} AS text) COLLATE "default" AS {column.name}'
                if column.kind == "text"
                else column.name
                for column in TABLES[table]
                if column.name in _columns(link, shop, table)
            )
            link.execute(
                f"CREATE TABLE foreign_{shop}.{table} AS SELECT {columns} FROM {shop}.{table}"
            )
        (sorted_apart,) = link.execute("SELECT 'B' > 'a' COLLATE \"default\"").fetchone()
        assert sorted_apart, "the locale must differ from the order of bytes for this to tell"
    monkeypatch.setenv("CRM_CONNECTION_WAREHOUSE_SCHEMA", "foreign_{shop}")
    url = loaded.url("japanese", role=OWNER)
    home = postgres_home._replace(variables={"CRM_CONNECTION_WAREHOUSE": url})
    engine = opened(home, shop)
    compare(engine, expected(shop))
    assert engine.record == {}


def _columns(link, schema: str, table: str) -> set[str]:
    rows = link.execute(
        "SELECT column_name FROM information_schema.columns "
        "WHERE table_schema = %s AND table_name = %s",
        (schema, table),
    )
    return {name for (name,) in rows}


@pytest.mark.parametrize("shop", ["demo", "groceries"])
def test_spark_equals_duckdb(
    plain_home, spark_port: str, spark_options: dict, expected, shop: str
) -> None:
    from analysis.engine.connections import Connection
    from analysis.engine.spark import open_spark

    where = Connection("local", "spark", "local[2]", spark_options)
    folder = (plain_home.folder / "data" / shop / "current").resolve()
    spark = open_spark(where, shop=shop, folder=folder, ledgers=_ledgers(plain_home, shop))
    compare(Engine(spark, spark.tables, {}), expected(shop))


def test_scalar_and_filled_are_the_same_everywhere(
    plain_home, postgres_home, spark_home, opened
) -> None:
    answers = []
    for home in (plain_home, postgres_home, spark_home):
        engine = opened(home, "demo")
        day = pd.Timestamp("2025-06-30").date()
        volume = engine.scalar("check_volume", as_of=day)
        filled = engine.filled("orders", [column.name for column in TABLES["orders"]])
        answers.append((volume, sorted(filled), {t: sorted(c) for t, c in engine.tables.items()}))
        assert {type(value) for value in volume.values()} <= {int, type(day), type(None)}
    assert answers[1] == answers[0]
    assert answers[2] == answers[0]


def test_a_ratio_in_the_engine_is_the_same_to_the_last_bit(
    postgres_home, plain_home, opened
) -> None:
    statement = (
        "SELECT customer_no, order_no / (product_no + 7) AS ratio, order_no % 7 AS rest "
        "FROM baskets ORDER BY order_no, product_no"
    )
    frames = [
        opened(home, "demo").source.frame("ratios", statement, {})
        for home in (plain_home, postgres_home)
    ]
    assert len(frames[0]) > 1000
    pd.testing.assert_frame_equal(*frames, check_exact=True)
