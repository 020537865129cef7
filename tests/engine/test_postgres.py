"""PostgreSQL: what may go wrong with a server, told in a sentence, and loading all or nothing."""

import threading
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import psycopg
import pytest
from engine_servers import PASSWORD, READER, Server, free_port

from analysis.engine import Engine
from analysis.errors import DataError, ParameterError
from analysis.shop import describe, open_shop, tables_folder

DAY = date(2025, 12, 31)


@pytest.fixture
def here(postgres_home, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The home over PostgreSQL, in force for one test in this process."""
    monkeypatch.setenv("ANALYSIS_HOME", str(postgres_home.folder))
    for name, value in postgres_home.variables.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def demo(postgres_home, opened) -> Engine:
    return opened(postgres_home, "demo")


@pytest.fixture
def owner(loaded: Server) -> Iterator[psycopg.Connection]:
    with psycopg.connect(loaded.url("japanese"), autocommit=True) as link:
        yield link


def test_the_session_can_only_read_and_counts_days_in_utc(demo: Engine) -> None:
    link = demo.source.connection
    settings = ("transaction_read_only", "default_transaction_read_only", "TimeZone")
    found = [link.execute("SELECT current_setting(%s)", (name,)).fetchone()[0] for name in settings]
    assert found == ["on", "on", "UTC"]
    assert link.execute("SHOW transaction_isolation").fetchone() == ("repeatable read",)
    assert link.execute("SHOW statement_timeout").fetchone() == ("10min",)
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction), link.transaction():
        link.execute("CREATE TABLE demo.mine (a int)")


def test_ledgers_go_where_the_session_may_have_a_table_of_its_own(
    here: None, owner: psycopg.Connection
) -> None:
    owner.execute("REVOKE TEMPORARY ON DATABASE japanese FROM PUBLIC")
    try:
        with pytest.raises(DataError, match="GRANT TEMPORARY ON DATABASE to its role"):
            open_shop("demo")
    finally:
        owner.execute("GRANT TEMPORARY ON DATABASE japanese TO PUBLIC")
    shop = open_shop("demo")
    found = shop.reduce("target_assigned", campaign_id="usage-follow-up", as_of=shop.as_of)
    shop.engine.close()
    assert len(found) >= 10


def test_the_role_may_not_write_even_outside_our_session(loaded: Server) -> None:
    with (
        psycopg.connect(loaded.url("japanese", role=READER)) as link,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        link.execute("DELETE FROM demo.orders")


def test_the_record_of_the_import_comes_along(here: None, plain_home, monkeypatch) -> None:
    shop = open_shop("demo")
    there = describe(shop)
    shop.engine.close()
    monkeypatch.setenv("ANALYSIS_HOME", str(plain_home.folder))
    assert there == describe(open_shop("demo"))
    assert there["balance"]


def test_tables_without_a_record_get_the_fingerprint_of_their_totals(
    here: None, owner: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner.execute("DROP SCHEMA IF EXISTS copied CASCADE")
    owner.execute("CREATE SCHEMA copied")
    for table in ("orders", "customer_day", "customer_keys"):
        owner.execute(f"CREATE TABLE copied.{table} AS SELECT * FROM demo.{table}")
    owner.execute(f"GRANT USAGE ON SCHEMA copied TO {READER}")
    owner.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA copied TO {READER}")
    monkeypatch.setenv("CRM_CONNECTION_WAREHOUSE_SCHEMA", "copied")

    def fingerprint() -> str:
        shop = open_shop("demo")
        shop.engine.close()
        return shop.record["fingerprint"]

    first = fingerprint()
    assert first.startswith("totals-")
    assert fingerprint() == first
    owner.execute(
        "UPDATE copied.customer_day SET amount_minor = amount_minor + 1 WHERE day = "
        "(SELECT min(day) FROM copied.customer_day)"
    )
    assert fingerprint() != first


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("postgresql://crm_reader:{wrong}@127.0.0.1:{port}/japanese", "password authentication"),
        ("postgresql://crm_reader:{right}@127.0.0.1:{closed}/japanese", "refused"),
        ("postgresql://crm_reader:{right}@127.0.0.1:{port}/nowhere", '"nowhere" does not exist'),
        ("postgresql://crm_reader:{right}@127.0.0.1:port/japanese", "invalid integer value"),
        ("postgresql://crm_reader:{right}@[::1/japanese", "end of string"),
        ("postgresql://crm_reader:{raw}@127.0.0.1:{port}/japanese?nonsense=1", "invalid URI"),
    ],
)
def test_wrong_addresses_and_servers_that_are_down(
    here: None, loaded: Server, warehouse, url: str, sentence: str
) -> None:
    right = loaded.url("x").split(":")[2].split("@")[0]
    warehouse(
        url.format(
            wrong=right + "x", right=right, raw=PASSWORD, port=loaded.port, closed=free_port()
        )
    )
    with pytest.raises(DataError, match=f"^Connection 'warehouse' cannot be opened: .*{sentence}"):
        open_shop("demo")
    with pytest.raises(DataError) as refused:
        open_shop("demo")
    for secret in (PASSWORD, right):
        assert secret not in str(refused.value)


def test_libpq_fills_in_what_the_address_leaves_out(
    here: None, loaded: Server, warehouse, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    services = tmp_path / "services.conf"
    services.write_text(f"[shops]\nhost=127.0.0.1\nport={loaded.port}\ndbname=japanese\n")
    monkeypatch.setenv("PGSERVICEFILE", str(services))
    monkeypatch.setenv("PGUSER", READER)
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    warehouse("postgresql://?service=shops")
    shop = open_shop("demo")
    assert len(shop.reduce("btyd_cells")) > 100
    shop.engine.close()


def test_a_shop_that_was_never_loaded(here: None, warehouse, loaded: Server) -> None:
    warehouse(loaded.url("japanese", role=READER), schema="elsewhere")
    with pytest.raises(DataError, match="shows no tables in schema 'elsewhere': load them with"):
        open_shop("demo")
    warehouse(loaded.url("japanese", role=READER), statement_timeout_s="soon")
    with pytest.raises(ParameterError, match="statement_timeout_s of .* == 'soon', must be"):
        open_shop("demo")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("REVOKE SELECT ON broken.orders FROM crm_reader", "may not read table 'orders' of schema"),
        ("REVOKE USAGE ON SCHEMA broken FROM crm_reader", "permission denied for schema broken"),
        ("DROP TABLE broken.orders", "Shop 'demo' has no table 'orders'"),
        ("ALTER TABLE broken.orders DROP COLUMN amount_minor", "lacks the required column 'amount"),
        (
            "ALTER TABLE broken.customer_day ALTER amount_minor TYPE numeric",
            "'amount_minor' of table 'customer_day' of shop 'demo' has type DECIMAL.*must be",
        ),
        (
            "ALTER TABLE broken.customer_keys ALTER customer_id TYPE json USING '{}'",
            "Column 'customer_id' .* has type json, must be VARCHAR",
        ),
        (
            "ALTER TABLE broken.customer_day DROP COLUMN customer_no",
            "lacks the column .customer_no., as an earlier version .* import again with .* `--to`",
        ),
        ("DELETE FROM broken.customer_day", "Shop 'demo' has no orders"),
    ],
)
def test_tables_that_cannot_be_used(
    here: None, owner: psycopg.Connection, warehouse, loaded: Server, change: str, sentence: str
) -> None:
    owner.execute("DROP SCHEMA IF EXISTS broken CASCADE")
    owner.execute("CREATE SCHEMA broken")
    for table in ("orders", "customer_day", "customer_keys"):
        owner.execute(f"CREATE TABLE broken.{table} AS SELECT * FROM demo.{table}")
    owner.execute(f"GRANT USAGE ON SCHEMA broken TO {READER}")
    owner.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA broken TO {READER}")
    owner.execute(change)
    warehouse(loaded.url("japanese", role=READER), schema="broken")
    with pytest.raises(DataError, match=sentence):
        open_shop("demo")


def test_a_reduction_without_its_table_is_told_as_duckdb_tells_it(
    here: None, owner: psycopg.Connection, warehouse, loaded: Server
) -> None:
    owner.execute("DROP SCHEMA IF EXISTS bare CASCADE")
    owner.execute("CREATE SCHEMA bare")
    for table in ("orders", "customer_day", "customer_keys"):
        owner.execute(f"CREATE VIEW bare.{table} AS SELECT * FROM demo.{table}")
    warehouse(loaded.url("japanese"), schema="bare")
    shop = open_shop("demo")
    assert len(shop.reduce("btyd_cells")) > 100, "views are as good as tables"
    with pytest.raises(DataError, match="'next_product' cannot run on this shop: .*baskets"):
        shop.reduce("next_product", min_customers=3)
    shop.engine.close()


def test_a_slow_query_is_stopped_and_the_next_one_runs(
    here: None, warehouse, loaded: Server
) -> None:
    warehouse(loaded.url("japanese", role=READER), statement_timeout_s="1")
    shop = open_shop("demo")
    slow = "SELECT count(*) AS n FROM baskets AS a, baskets AS b, baskets AS c"
    with pytest.raises(DataError, match="'slow' took longer than the server allows: raise"):
        shop.engine.source.row("slow", slow, {})
    assert shop.engine.scalar("period", as_of=DAY)["orders"] > 1000
    shop.engine.close()


def test_a_connection_cut_while_rows_are_read(demo: Engine, owner: psycopg.Connection) -> None:
    server_process = demo.source.connection.info.backend_pid

    def cut() -> None:
        time.sleep(0.7)
        owner.execute("SELECT pg_terminate_backend(%s)", (server_process,))

    thread = threading.Thread(target=cut)
    thread.start()
    rows = "SELECT a.order_no AS n FROM baskets AS a, baskets AS b, baskets AS c"
    with pytest.raises(DataError, match="Connection 'warehouse' was lost while 'rows' was read"):
        demo.source.frame("rows", rows, {})
    thread.join()
    with pytest.raises(DataError, match="Connection 'warehouse' was lost"):
        demo.scalar("period", as_of=DAY)


def test_a_reader_sees_one_state_while_rows_change(
    demo: Engine, owner: psycopg.Connection, here: None
) -> None:
    before = demo.scalar("period", as_of=DAY)
    owner.execute("UPDATE demo.customer_day SET amount_minor = amount_minor + 1")
    try:
        assert demo.scalar("period", as_of=DAY) == before
        late = open_shop("demo")
        assert late.engine.scalar("period", as_of=DAY) != before
        late.engine.close()
    finally:
        owner.execute("UPDATE demo.customer_day SET amount_minor = amount_minor - 1")


def test_a_load_waits_for_readers_and_replaces_all_at_once(
    postgres_home, plain_home, loaded: Server, opened
) -> None:
    reader = opened(postgres_home, "groceries")
    before = reader.reduce("btyd_summary", as_of=DAY)
    writer = {
        "CRM_CONNECTION_WRITER": loaded.url("japanese"),
        "CRM_CONNECTION_WRITER_READER": READER,
    }
    done = []
    home = plain_home._replace(variables=writer)
    thread = threading.Thread(
        target=lambda: done.append(home.crm("import", "--shop", "groceries", "--to", "writer"))
    )
    thread.start()
    time.sleep(6)
    assert not done, "the load must not take the tables from under a reader"
    assert reader.reduce("btyd_summary", as_of=DAY).equals(before)
    assert len(reader.reduce("spend_cells", as_of=DAY)) > 10, "a table not read before is there too"
    reader.close()
    thread.join()
    assert done[0].returncode == 0, done[0].stderr
    assert "groceries: orders, " in done[0].stdout
    assert opened(postgres_home, "groceries").reduce("btyd_summary", as_of=DAY).equals(before)


def test_a_load_that_fails_leaves_the_former_tables(
    plain_home,
    loaded: Server,
    owner: psycopg.Connection,
    opened,
    postgres_home,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import duckdb

    from analysis.engine.loading import load_shop

    before = opened(postgres_home, "demo").scalar("period", as_of=DAY)
    monkeypatch.setenv("ANALYSIS_HOME", str(plain_home.folder))
    monkeypatch.setenv("CRM_CONNECTION_WRITER", loaded.url("japanese"))
    broken = tmp_path / "tables"
    broken.mkdir()
    for file in tables_folder("demo").iterdir():
        (broken / file.name).write_bytes(file.read_bytes())
    products = duckdb.read_parquet(str(broken / "products.parquet")).to_arrow_table()  # noqa: F841
    duckdb.sql("FROM products UNION ALL FROM products").write_parquet(
        str(broken / "products.parquet")
    )
    with pytest.raises(DataError, match="'products' of shop 'demo' has two rows of the same key"):
        load_shop("demo", "writer", folder=broken)
    monkeypatch.setenv("CRM_CONNECTION_WRITER", loaded.url("japanese", role=READER))
    with pytest.raises(DataError, match="cannot be loaded .* permission denied .* former"):
        load_shop("demo", "writer", folder=tables_folder("demo"))
    assert opened(postgres_home, "demo").scalar("period", as_of=DAY) == before
    schemas = {name for (name,) in owner.execute("SELECT nspname FROM pg_namespace").fetchall()}
    assert "demo" in schemas
    assert "demo__new" not in schemas


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A version of a shop with one order."""
    import duckdb

    duckdb.sql(
        "SELECT 'o1' AS order_id, 'c1' AS customer_id, TIMESTAMP '2024-01-01 00:00:00' "
        "AS ordered_at, CAST(100 AS BIGINT) AS amount_minor"
    ).write_parquet(str(tmp_path / "orders.parquet"))
    (tmp_path / "import.json").write_text('{"imported_at": "now", "fingerprint": "f"}')
    return tmp_path


@pytest.fixture
def fixed_schema(
    loaded: Server, owner: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """A schema that a connection names for whatever shop, gone afterwards."""
    monkeypatch.setenv("CRM_CONNECTION_WRITER", loaded.url("japanese"))
    monkeypatch.setenv("CRM_CONNECTION_WRITER_SCHEMA", "fixed")
    yield "fixed"
    owner.execute("DROP SCHEMA IF EXISTS fixed CASCADE")


@pytest.mark.parametrize(
    "theirs",
    [
        "CREATE TABLE fixed.invoices (id int)",
        "CREATE VIEW fixed.v AS SELECT 1 AS a",
        "CREATE TABLE fixed.orders (id int)",
        "CREATE SEQUENCE fixed.numbers",
    ],
)
def test_a_schema_with_what_somebody_else_made_is_left_alone(
    fixed_schema: str, owner: psycopg.Connection, small: Path, theirs: str
) -> None:
    from analysis.engine.loading import load_shop

    owner.execute("CREATE SCHEMA fixed")
    owner.execute(theirs)
    count = "SELECT count(*) FROM pg_class WHERE relnamespace = 'fixed'::regnamespace"
    before = owner.execute(count).fetchall()
    with pytest.raises(DataError, match="'fixed' holds what .* did not write .* option `schema`"):
        load_shop("one", "writer", folder=small)
    assert owner.execute(count).fetchall() == before


def test_one_shop_does_not_take_the_schema_of_another(
    fixed_schema: str, owner: psycopg.Connection, small: Path
) -> None:
    from analysis.engine.loading import load_shop

    owner.execute("CREATE SCHEMA fixed")
    owner.execute(f"GRANT USAGE ON SCHEMA fixed TO {READER}")
    load_shop("one", "writer", folder=small)
    owner.execute(f"GRANT SELECT ON fixed.orders TO {READER}")
    load_shop("one", "writer", folder=small)
    with pytest.raises(DataError, match="'fixed' holds the tables of shop 'one', not of 'two'"):
        load_shop("two", "writer", folder=small)
    owner.execute(f"SET ROLE {READER}")
    assert owner.execute("SELECT order_id FROM fixed.orders").fetchall() == [("o1",)]
    owner.execute("RESET ROLE")


def test_a_view_over_the_tables_is_not_dropped(
    fixed_schema: str, owner: psycopg.Connection, small: Path
) -> None:
    from analysis.engine.loading import load_shop

    load_shop("one", "writer", folder=small)
    owner.execute("CREATE VIEW public.mine AS SELECT order_id FROM fixed.orders")
    try:
        with pytest.raises(DataError, match="view mine depends on .* drop that, load shop 'one'"):
            load_shop("one", "writer", folder=small)
        assert owner.execute("SELECT order_id FROM public.mine").fetchall() == [("o1",)]
    finally:
        owner.execute("DROP VIEW public.mine")


def test_tables_without_their_record_are_not_loaded(fixed_schema: str, small: Path) -> None:
    from analysis.engine.loading import load_shop

    (small / "import.json").unlink()
    with pytest.raises(DataError, match=r"shop 'one' lack import\.json: import the shop again"):
        load_shop("one", "writer", folder=small)


def test_loaded_tables_have_keys_and_sort_by_bytes(owner: psycopg.Connection, loaded) -> None:
    found = owner.execute(
        "SELECT c.relname, pg_get_constraintdef(k.oid) FROM pg_constraint k "
        "JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = 'demo' AND k.contype = 'p'"
    )
    keys = dict(found.fetchall())
    assert keys["orders"] == "PRIMARY KEY (order_id)"
    assert keys["customer_day"] == "PRIMARY KEY (customer_no, day, purchase_type)"
    assert keys["baskets"] == "PRIMARY KEY (order_no, product_no)"
    collations = owner.execute(
        "SELECT DISTINCT collation_name FROM information_schema.columns "
        "WHERE table_schema = 'demo' AND data_type = 'text'"
    ).fetchall()
    assert collations == [("C",)]


def test_missing_values_and_odd_texts_arrive_as_they_are(
    loaded: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, warehouse
) -> None:
    import duckdb

    from analysis.engine.loading import load_shop
    from analysis.engine.postgres import open_postgres

    odd = [
        "",
        None,
        'say "yes", please',
        "two\nlines",
        "\\N",
        "髙﨑①",
        " spaced ",
        "null",
        "a'b;--",
    ]
    rows = [(f"o{n}", "c", "2024-01-01 00:00:00", n, text) for n, text in enumerate(odd)]
    duckdb.sql(
        "SELECT a AS order_id, b AS customer_id, CAST(c AS TIMESTAMP) AS ordered_at, "
        "CAST(d AS BIGINT) AS amount_minor, e AS coupon_code FROM (VALUES "
        + ", ".join(["(?, ?, ?, ?, ?)"] * len(rows))
        + ") AS given(a, b, c, d, e)",
        params=[value for row in rows for value in row],
    ).write_parquet(str(tmp_path / "orders.parquet"))
    (tmp_path / "import.json").write_text('{"imported_at": "now", "fingerprint": "f"}')
    monkeypatch.setenv("CRM_CONNECTION_WRITER", loaded.url("japanese"))
    assert load_shop("odd", "writer", folder=tmp_path) == {"orders": len(odd)}
    source = open_postgres(warehouse(loaded.url("japanese")), shop="odd")
    frame = source.frame("all", "SELECT coupon_code FROM orders ORDER BY amount_minor", {})
    assert [None if text != text else text for text in frame["coupon_code"]] == odd
    one = source.frame(
        "one", "SELECT coupon_code FROM orders WHERE coupon_code = $t", {"t": "a'b;--"}
    )
    assert len(one) == 1
    source.close()


def test_a_load_that_is_refused_has_the_exit_codes_of_every_command(
    plain_home, loaded: Server
) -> None:
    done = plain_home.crm("import", "--shop", "demo", "--to", "nowhere")
    assert (done.returncode, done.stdout) == (2, "")
    assert "crm: There is no connection 'nowhere': set CRM_CONNECTION_NOWHERE" in done.stderr
    reader = {"CRM_CONNECTION_WRITER": loaded.url("japanese", role=READER)}
    home = plain_home._replace(variables=reader)
    done = home.crm("import", "--shop", "demo", "--to", "writer")
    assert (done.returncode, done.stdout) == (3, "")
    assert "crm: Shop 'demo' cannot be loaded into connection 'writer': permission" in done.stderr
    assert PASSWORD not in done.stderr
