"""Shops, and real servers that hold them: started once, for the one test process that needs them.

Every test that uses a server belongs to the group `engines`, so that tests running side by side
do not start two.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import duckdb
import engine_servers
import pandas as pd
import pytest
from engine_servers import READER, Server

from analysis.demo import Plan, generate_shop
from analysis.engine import Engine, workbench
from analysis.engine.connections import find_connection
from analysis.engine.loading import load_shop
from analysis.ingest.publication import publish
from analysis.ledger import append_ledger
from analysis.schema import DERIVED_TABLES, SQL_TYPES, SUBSCRIPTIONS
from analysis.shop import open_shop, tables_folder

CHECKOUT = Path(__file__).resolve().parents[2]
CRM = Path(sys.executable).with_name("crm")
SHOPS = ("demo", "groceries")
DEMO_CUSTOMERS = 1_200
HOUSEHOLDS = 40

# A Java process for a few seconds: quick compilation, little memory.
SPARK_OPTIONS = {
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.driver.memory": "900m",
    "spark.sql.shuffle.partitions": "2",
    "spark.plugins": "org.apache.spark.sql.connect.SparkConnectPlugin",
}


class Home(NamedTuple):
    """A home whose shops are read through one engine, and what its processes need to know."""

    folder: Path
    variables: dict[str, str]

    def crm(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(CRM), *map(str, arguments)],
            capture_output=True,
            text=True,
            check=False,
            cwd=self.folder,
            env={**os.environ, **self.variables, "ANALYSIS_HOME": str(self.folder)},
        )


@pytest.fixture(scope="session")
def plain_home(tmp_path_factory: pytest.TempPathFactory, samples_home: Path) -> Home:
    """A small demo shop and forty households of the groceries, over parquet."""
    folder = tmp_path_factory.mktemp("engines") / "home"
    for name in ("shops", "data", "reports"):
        (folder / name).mkdir(parents=True)
    (folder / "notebooks").symlink_to(CHECKOUT / "notebooks")
    for shop in SHOPS:
        shutil.copy(CHECKOUT / "shops" / f"{shop}.yaml", folder / "shops")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANALYSIS_HOME", str(folder))
        generate_shop("demo", Plan(customers=DEMO_CUSTOMERS))
        _derive_some_subscriptions()
        _write_ledgers()
    whole = samples_home / "data" / "groceries" / "current"
    with workbench() as bench:
        households = f"(SELECT customer_id FROM '{whole}/customer_keys.parquet' LIMIT {HOUSEHOLDS})"
        bench.execute(
            f"CREATE TABLE orders AS SELECT * FROM '{whole}/orders.parquet' "
            f"WHERE customer_id IN {households} ORDER BY order_id"
        )
        for file in sorted(whole.glob("*.parquet")):
            if file.stem not in (*DERIVED_TABLES, "orders", "set_aside"):
                columns = duckdb.read_parquet(str(file)).columns
                kept = "WHERE order_id IN (FROM (SELECT order_id FROM orders))"
                bench.execute(
                    f"CREATE TABLE {file.stem} AS FROM '{file}' "
                    + (kept if "order_id" in columns else "")
                )
        publish(bench, [], folder / "data" / "groceries")
    return Home(folder, {})


def _derive_some_subscriptions() -> None:
    """Let every third subscription be one that only its orders tell of."""
    file = tables_folder("demo") / "subscriptions.parquet"
    told = {
        "cancelled_at": "CASE WHEN told THEN cancelled_at END",
        "derived": "CASE WHEN NOT told THEN true END",
        "cycle_certainty": "CASE WHEN NOT told THEN 'likely' END",
        "start_certainty": "CASE WHEN NOT told THEN if(number % 2 = 0, 'seen', 'unknown') END",
        "first_wait_days": "CASE WHEN NOT told THEN 90 END",
    }
    columns = ", ".join(
        f"CAST({told.get(column.name, column.name)} AS {SQL_TYPES[column.kind]}) AS {column.name}"
        for column in SUBSCRIPTIONS
    )
    number = "CAST(subscription_id[2:] AS BIGINT)"
    rows = duckdb.sql(
        f"SELECT {columns} FROM (SELECT *, {number} AS number, {number} % 3 > 0 AS told "
        f"FROM '{file}')"
    ).to_arrow_table()
    duckdb.sql("FROM rows").write_parquet(str(file))
    assert rows.num_rows


def _write_ledgers() -> None:
    """Assign on this machine what every engine has to count, of a campaign known there and not."""
    shop = open_shop("demo")
    known = shop.reduce("target_assigned", campaign_id="skip-guide", as_of=shop.as_of)
    shop.engine.close()
    assert len(known) >= 20
    for campaign, rows in (("skip-guide", known[::2]), ("usage-follow-up", known[1::2])):
        moment = rows["assigned_day"] + pd.Timedelta(hours=9)
        append_ledger("demo", rows.assign(campaign_id=campaign, assigned_at=moment))


def home_on(plain: Home, folder: Path, connection: str, variables: dict[str, str]) -> Home:
    """Return a home of the same notebooks and data whose shops name a connection."""
    (folder / "shops").mkdir(parents=True)
    (folder / "reports").mkdir()
    for name in ("notebooks", "data"):
        (folder / name).symlink_to(plain.folder / name)
    for file in (plain.folder / "shops").glob("*.yaml"):
        (folder / "shops" / file.name).write_text(file.read_text() + f"engine: {connection}\n")
    return Home(folder, variables)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    programs = engine_servers.programs()
    _require(programs, "no PostgreSQL to test with: apt-get install postgresql")
    with engine_servers.running_postgres(programs) as server:
        yield server


@pytest.fixture(scope="session")
def loaded(postgres: Server, plain_home: Home) -> Server:
    """The server with both shops in both databases, loaded as `crm import --to` does."""
    for database in ("bytes", "japanese"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("ANALYSIS_HOME", str(plain_home.folder))
            patch.setenv("CRM_CONNECTION_WRITER", postgres.url(database))
            patch.setenv("CRM_CONNECTION_WRITER_READER", READER)
            for shop in SHOPS:
                load_shop(shop, "writer", folder=tables_folder(shop))
    return postgres


@pytest.fixture(scope="session")
def postgres_home(
    plain_home: Home, loaded: Server, tmp_path_factory: pytest.TempPathFactory
) -> Home:
    folder = tmp_path_factory.mktemp("postgres") / "home"
    variables = {"CRM_CONNECTION_WAREHOUSE": loaded.url("japanese", role=READER)}
    return home_on(plain_home, folder, "warehouse", variables)


@pytest.fixture(scope="session")
def spark_options() -> dict[str, str]:
    return {
        **SPARK_OPTIONS,
        "spark.connect.grpc.binding.port": str(engine_servers.free_port()),
        "spark.connect.grpc.binding.address": "127.0.0.1",
    }


@pytest.fixture(scope="session")
def spark_port(plain_home: Home, spark_options: dict[str, str]) -> Iterator[str]:
    """One Java process for all tests: a local session here, a Spark Connect server for others."""
    _require(shutil.which("java"), "no Java for Spark: apt-get install openjdk-17-jre-headless")
    from analysis.engine.connections import Connection
    from analysis.engine.spark import open_spark

    where = Connection("local", "spark", "local[2]", spark_options)
    folder = plain_home.folder / "data" / "demo" / "current"
    spark = open_spark(where, shop="demo", folder=folder.resolve())
    yield spark_options["spark.connect.grpc.binding.port"]
    spark.close()


@pytest.fixture(scope="session")
def spark_home(plain_home: Home, spark_port: str, tmp_path_factory: pytest.TempPathFactory) -> Home:
    folder = tmp_path_factory.mktemp("spark") / "home"
    variables = {"CRM_CONNECTION_WAREHOUSE": f"sc://127.0.0.1:{spark_port}"}
    return home_on(plain_home, folder, "warehouse", variables)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Home, str], Engine]]:
    """Open a shop's engine in this process, and close it after the test."""
    from analysis.shop import open_shop

    engines: list[Engine] = []

    def open_here(home: Home, shop: str) -> Engine:
        monkeypatch.setenv("ANALYSIS_HOME", str(home.folder))
        for name, value in home.variables.items():
            monkeypatch.setenv(name, value)
        engines.append(open_shop(shop, as_of="last_order").engine)
        return engines[-1]

    yield open_here
    for engine in engines:
        engine.close()


@pytest.fixture
def warehouse(monkeypatch: pytest.MonkeyPatch) -> Callable[..., object]:
    """Name an address as the connection `warehouse`, for this process."""

    def name(url: str, **options: str) -> object:
        monkeypatch.setenv("CRM_CONNECTION_WAREHOUSE", url)
        for key, value in options.items():
            monkeypatch.setenv(f"CRM_CONNECTION_WAREHOUSE_{key.upper()}", value)
        return find_connection("warehouse")

    return name


def _require(found: object, sentence: str) -> None:
    if not found:
        assert "CI" not in os.environ, sentence
        pytest.skip(sentence)
