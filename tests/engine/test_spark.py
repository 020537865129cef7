"""Spark: what may go wrong with Java, a server or files, told in a sentence."""

import os
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from engine_servers import free_port

from analysis.engine.connections import Connection
from analysis.errors import DataError

DAY = date(2025, 12, 31)
OPEN = "from analysis.shop import open_shop; open_shop('demo')"


def open_elsewhere(home: Path, **variables: str) -> str:
    """Open the demo shop in a process of its own, and return what it died of."""
    done = subprocess.run(
        [sys.executable, "-c", OPEN],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "ANALYSIS_HOME": str(home), **variables},
    )
    assert done.returncode == 1
    return done.stderr.splitlines()[-1]


@pytest.fixture
def spark_shop(plain_home, tmp_path: Path) -> Path:
    (tmp_path / "shops").mkdir()
    (tmp_path / "data").symlink_to(plain_home.folder / "data")
    text = (plain_home.folder / "shops" / "demo.yaml").read_text() + "engine: lake\n"
    (tmp_path / "shops" / "demo.yaml").write_text(text)
    return tmp_path


def test_java_is_missing(spark_shop: Path, tmp_path: Path) -> None:
    said = open_elsewhere(spark_shop, CRM_CONNECTION_LAKE="local[2]", PATH="", JAVA_HOME="")
    assert "DataError: Spark needs Java 17 or later, and there is none on this machine" in said


def test_java_is_too_old(spark_shop: Path, tmp_path: Path) -> None:
    java = tmp_path / "jdk" / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n")
    java.chmod(0o755)
    said = open_elsewhere(
        spark_shop, CRM_CONNECTION_LAKE="local[2]", JAVA_HOME=str(java.parents[1])
    )
    assert "DataError: Spark needs Java 17 or later, and" in said
    assert "is version 11" in said


_WITHOUT_ARM = """
import sys
from pathlib import Path
import pandas as pd
from pyspark import SparkContext
from analysis.engine import Ledgers
from analysis.engine.connections import Connection
from analysis.engine.spark import open_spark
folder = Path(sys.argv[1])
rows = pd.DataFrame({"campaign_id": ["a"], "customer_id": ["c"], "assigned_at": [pd.NaT]})
rows["assigned_at"] = rows["assigned_at"].astype("datetime64[us]")
rows.to_parquet(folder / "assignments.parquet")
rows.assign(arm="control").to_parquet(folder / "ledger.parquet")
where = Connection("lake", "spark", "local[1]", {})
try:
    open_spark(where, shop="demo", folder=folder, ledgers=Ledgers([folder / "ledger.parquet"]))
except BaseException as error:
    print(type(error).__name__, error)
print(SparkContext._active_spark_context)
"""


def test_a_session_that_fails_as_it_is_opened_is_ended(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _WITHOUT_ARM, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    said, session = done.stdout.splitlines()
    assert said.startswith("DataError The reduction 'assignments' cannot run on connection 'lake'")
    assert session == "None"


def test_connect_server_is_down(spark_shop: Path) -> None:
    url = f"sc://127.0.0.1:{free_port()}/;token=Pl4nted"
    said = open_elsewhere(spark_shop, CRM_CONNECTION_LAKE=url)
    assert "DataError: Connection 'lake' cannot be opened" in said
    assert "Pl4nted" not in said


def test_server_goes_away_while_tables_are_read(
    spark_home, spark_port: str, opened, monkeypatch
) -> None:
    with Relay(int(spark_port)) as relay:
        variables = {"CRM_CONNECTION_WAREHOUSE": f"sc://127.0.0.1:{relay.port}"}
        engine = opened(spark_home._replace(variables=variables), "demo")
        assert engine.scalar("period", as_of=DAY)["orders"] > 1000
    with pytest.raises(DataError, match="Connection 'warehouse' was lost while 'period' was read"):
        engine.scalar("period", as_of=DAY)


class Relay:
    """A network between a client and a server on this machine, which can be cut."""

    def __init__(self, server: int) -> None:
        self._server = server
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = [self._listener]
        self.port = self._listener.getsockname()[1]

    def __enter__(self) -> "Relay":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for each in self._open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._server))
                self._open += [near, far]
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._pass_on, args=(one, other), daemon=True).start()

    @staticmethod
    def _pass_on(one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while block := one.recv(65536):
                other.sendall(block)


def test_a_shop_without_files_or_place(spark_shop: Path, spark_port: str) -> None:
    (spark_shop / "data").unlink()
    (spark_shop / "data").mkdir()
    url = f"sc://127.0.0.1:{spark_port}"
    said = open_elsewhere(spark_shop, CRM_CONNECTION_LAKE=url)
    assert "DataError: Shop 'demo' has no data on this machine, and connection 'lake'" in said
    said = open_elsewhere(
        spark_shop, CRM_CONNECTION_LAKE=url, CRM_CONNECTION_LAKE_TABLES=f"{spark_shop}/{{shop}}"
    )
    assert "DataError: Shop 'demo' has no table 'orders'" in said


def test_session_time_zone_is_utc_and_errors_are_sentences(
    plain_home, spark_port: str, spark_options: dict, tmp_path: Path
) -> None:
    from analysis.engine.spark import open_spark

    where = Connection("lake", "spark", "local[2]", spark_options)
    folder = tmp_path / "tables"
    folder.mkdir()
    current = plain_home.folder / "data" / "demo" / "current"
    for table in ("orders", "customer_day", "customer_keys"):
        (folder / f"{table}.parquet").write_bytes((current / f"{table}.parquet").read_bytes())
    spark = open_spark(where, shop="demo", folder=folder)
    zone = spark.session.sql("SELECT current_timezone() AS zone").first()["zone"]
    assert zone == "UTC"
    assert set(spark.tables) == {"orders", "customer_day", "customer_keys"}
    with pytest.raises(DataError, match="'next' cannot run on this shop: .*baskets"):
        spark.frame("next", "SELECT product_no FROM baskets", {})
    with pytest.raises(DataError, match="'wrong' failed on connection 'lake': .*DIVIDE_BY_ZERO"):
        spark.row("wrong", "SELECT count(*) / (count(*) - count(*)) AS x FROM orders", {})
    # Read once, so that the file's place is known, then replaced by something shorter.
    assert spark.row("rows", "SELECT count(*) AS n FROM orders", {})["n"] > 1000
    (folder / "customer_day.parquet").unlink()
    with pytest.raises(DataError, match="were replaced while 'days' read them"):
        spark.row("days", "SELECT max(amount_minor) AS n FROM customer_day", {})


def test_shops_of_one_process_do_not_see_each_other(
    plain_home, spark_port: str, spark_options: dict
) -> None:
    from analysis.engine.spark import open_spark

    where = Connection("lake", "spark", "local[2]", spark_options)
    demo, groceries = (
        open_spark(where, shop=shop, folder=(plain_home.folder / "data" / shop / "current"))
        for shop in ("demo", "groceries")
    )
    rows = "SELECT count(*) AS n FROM orders"
    counts = [engine.row("rows", rows, {})["n"] for engine in (demo, groceries, demo)]
    assert counts[0] == counts[2] != counts[1]
