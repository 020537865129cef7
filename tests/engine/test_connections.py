"""A connection is a name: its address comes from outside, and its secrets stay there."""

import os
import pickle
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.engine.connections import Connection, find_connection, require_postgres
from analysis.errors import DataError, ParameterError
from analysis.shop import read_shop

SECRET = "Pl4nted"


def write(home: Path, text: str, mode: int = 0o600) -> None:
    file = home / "data" / "private" / "connections.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(mode)


def test_environment_stands_over_the_file(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(home, "warehouse:\n  url: postgresql://file/\n  schema: crm_{shop}\n")
    found = find_connection("warehouse")
    assert (found.kind, found.url) == ("postgres", "postgresql://file/")
    assert found.option("schema", "{shop}", shop="tiny") == "crm_tiny"
    monkeypatch.setenv("CRM_CONNECTION_WAREHOUSE", "sc://spark:15002/;token=abc")
    found = find_connection("warehouse")
    assert (found.kind, found.options) == ("spark", {})
    assert found.option("schema", "{shop}", shop="tiny") == "tiny"


@pytest.mark.parametrize(
    ("text", "mode", "sentence"),
    [
        ("warehouse: {url: 'postgresql://a:Pl4nted@b/c'}", 0o644, "can be read by others: chmod"),
        ("warehous: {url: 'postgresql://a:Pl4nted@b/c'}", 0o600, "did you mean 'warehous'"),
        ("warehouse: postgresql://a:Pl4nted@b/c", 0o600, "must have a `url`"),
        ("- Pl4nted", 0o600, "must hold connection names"),
        ("warehouse: {url: 'Pl4nted: [", 0o600, "is no valid YAML"),
        ("warehouse: {url: 'mysql://a:Pl4nted@b/c'}", 0o600, "must begin with postgresql://"),
        ("warehouse: {url: 'sc://a', shema: x}", 0o600, "unknown option 'shema': known: schema"),
        ("", 0o600, "no connection 'warehouse': set CRM_CONNECTION_WAREHOUSE or name it in"),
    ],
)
def test_mistakes_are_named_without_secrets(
    home: Path, text: str, mode: int, sentence: str
) -> None:
    write(home, text, mode)
    with pytest.raises(ParameterError, match=sentence) as refused:
        find_connection("warehouse")
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("name", ["postgresql://a:b@c/d", "", "War House", 7, ["a"]])
def test_an_address_is_no_name(home: Path, name: object) -> None:
    with pytest.raises(ParameterError, match="must be the name of a connection"):
        find_connection(name)


def test_tables_are_loaded_into_postgres_only(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_CONNECTION_LAKE", "local[2]")
    with pytest.raises(ParameterError, match="--to lake: tables are loaded into PostgreSQL only"):
        require_postgres("lake")


def test_a_connection_shows_no_secret() -> None:
    where = Connection("warehouse", "postgres", f"postgresql://a:{SECRET}@b/c", {})
    assert SECRET not in f"{where} {where!r} {[where]} {(where,)}"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://crm:Pl4nted%2FW0rd@db/shop",
        "postgresql://crm:Pl4nted/W0rd@db/shop",
        "postgresql://db/shop?user=crm&password=Pl4nted%2FW0rd",
        "sc://db:15002/;token=Pl4nted/W0rd;user_id=crm",
    ],
)
def test_messages_are_scrubbed(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "Pl4nted-elsewhere")
    where = Connection("warehouse", "postgres", url, {})
    for text in (
        f'unexpected spaces found in "{url}", use percent-encoded spaces',
        "no password Pl4nted/W0rd for crm, tried Pl4nted%2FW0rd and Pl4nted-elsewhere",
        "postgresql://other:Pl4nted@somewhere/else",
        "password=Pl4nted token=Pl4nted",
    ):
        assert SECRET not in where.scrubbed(text), text


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("postgresql://crm_reader:pw@127.0.0.1:{port}/shops", "server at ***, port *** failed: "),
        ("postgresql://crm_reader@localhost:{port}/shops", "server at ***, port *** failed: "),
        ("postgresql:///shops?host=/nowhere/at/all&port={port}", "on socket *** failed: No such"),
        ("postgresql://crm_reader@demo.invalid/shops", "failed to resolve host ***: "),
        ("postgresql://reader@demo-db.invalid,other.invalid/x", "failed to resolve host ***"),
    ],
)
def test_why_nobody_answers_is_told_without_the_address(url: str, told: str) -> None:
    from analysis.engine.postgres_session import connect

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(DataError) as refused:
        connect(Connection("warehouse", "postgres", url.format(port=port), {}))
    assert told in str(refused.value)
    for part in (f"{port}", "127.0.0.1", "localhost", "invalid", "nowhere", "demo", "reader"):
        assert part not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("lost db.example.org:6000, then db.example.org.", "lost ***, then ***."),
        ("10.1.2.3:5432 is away, 10.1.2.3 too", "*** is away, *** too"),
        ("no crm_reader on demo:6000", "no *** on ***"),
        ("table demo.orders of shop demo, read by a reader", "table demo.orders of shop demo, "),
        ("[fd00::1]:6000 is away, fd00::2 too", "*** is away, *** too"),
    ],
)
def test_hosts_and_users_are_scrubbed_and_words_are_not(text: str, seen: str) -> None:
    url = "postgresql://crm_reader:pw@db.example.org:6000,demo:6000,[fd00::1]/demo?user=reader"
    url += "&hostaddr=fd00::2"
    assert Connection("warehouse", "postgres", url, {}).scrubbed(text).startswith(seen)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("limits: 4GB", "limits of shops/tiny.yaml == '4GB', must be keys and values: memory"),
        ("limits: {memory: lots}", "limits.memory of shops/tiny.yaml == 'lots', must be a size"),
        ("limits: {threads: two}", "limits.threads of .* == 'two', must be a whole number >= 0"),
        ("limits: {rows: 0}", "limits.rows of .* == 0, must be a whole number >= 1"),
        ("limits: {row: 5}", "has the unknown key 'row': known: memory, threads, rows"),
        ("engine: postgresql://a:Pl4nted@b/c", "engine of .* must be the name .*never its address"),
        ("engine: [a]", "engine of shops/tiny.yaml must be the name of a connection"),
    ],
)
def test_mistakes_in_a_shop_file_are_named(home: Path, line: str, sentence: str) -> None:
    file = home / "shops" / "tiny.yaml"
    file.write_text(file.read_text() + line + "\n")
    with pytest.raises(ParameterError, match=sentence) as refused:
        read_shop("tiny")
    assert SECRET not in str(refused.value)


def test_an_engine_can_not_be_carried_away(home: Path) -> None:
    from analysis.shop import open_shop

    engine = open_shop("tiny").engine
    assert repr(engine) == "Engine(DuckDB, 4 tables)"
    with pytest.raises(TypeError):
        pickle.dumps(engine)


@pytest.mark.parametrize(
    ("url", "package", "extra"),
    [("postgresql://", "psycopg", "postgres"), ("local[2]", "pyspark", "spark")],
)
def test_packages_that_are_not_installed_are_named(url: str, package: str, extra: str) -> None:
    code = (
        "import sys; from analysis.engine.connections import find_connection; "
        "sys.path = [folder for folder in sys.path if 'site-packages' not in folder]; "
        "find_connection('warehouse')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "CRM_CONNECTION_WAREHOUSE": url},
    )
    command = f".venv/bin/uv pip install -c requirements/dev.lock -e '.[{extra}]'"
    sentence = f"needs the package {package}, which is not installed: {command}"
    assert sentence in done.stderr.splitlines()[-1]
    readme = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    assert command.replace("spark", "postgres") in readme
