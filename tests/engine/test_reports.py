"""Whole reports over PostgreSQL and Spark: the same recorded numbers, and no secret anywhere."""

import json
from pathlib import Path
from urllib.parse import quote

import nbformat
import pytest
from engine_servers import PASSWORD, READER, Server

from analysis.notebooks import list_notebooks

CHECKOUT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted(path.stem for path in (CHECKOUT / "notebooks").glob("*.ipynb"))


def run_all(home, reports: Path) -> dict[str, dict]:
    """Run every notebook on the demo shop, and return their records by name."""
    done = home.crm("run", *NOTEBOOKS, "--shop", "demo", "--jobs", 1, "--reports", reports)
    (reports / "said.txt").write_text(done.stdout + done.stderr)
    assert done.returncode == 0, done.stdout + done.stderr
    files = reports.glob("demo/*/latest/run.json")
    return {file.parent.parent.name: json.loads(file.read_text()) for file in files}


@pytest.fixture(scope="module")
def over_parquet(plain_home, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict]:
    return run_all(plain_home, tmp_path_factory.mktemp("over-parquet"))


@pytest.fixture(scope="module")
def postgres_reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("over-postgres")


@pytest.fixture(scope="module")
def over_postgres(postgres_home, postgres_reports: Path) -> dict[str, dict]:
    return run_all(postgres_home, postgres_reports)


@pytest.fixture(scope="module")
def over_spark(spark_home, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict]:
    return run_all(spark_home, tmp_path_factory.mktemp("over-spark"))


@pytest.mark.parametrize("notebook", NOTEBOOKS)
@pytest.mark.parametrize("engine", ["over_postgres", "over_spark"])
def test_recorded_numbers_are_those_of_duckdb(
    over_parquet, request: pytest.FixtureRequest, engine: str, notebook: str
) -> None:
    there = request.getfixturevalue(engine)[notebook]
    here = over_parquet[notebook]
    assert here["metrics"]
    for part in ("as_of", "outcome", "metrics", "findings", "checks", "parameters", "data"):
        assert there[part] == here[part], part
    assert {"psycopg", "pyspark", "sqlglot"} <= set(there["versions"])


def assert_no_secret(folder: Path, server: Server) -> None:
    """Look through every file for the password, however it is spelled, and for the address."""
    url = server.url("japanese", role=READER)
    secrets = [PASSWORD, quote(PASSWORD, ""), quote(PASSWORD), url, json.dumps(PASSWORD)[1:-1]]
    looked_at = 0
    for file in folder.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            looked_at += 1
            for secret in secrets:
                assert secret.encode() not in content, file
    assert looked_at > 0


def test_no_file_of_a_good_run_holds_the_password(
    over_postgres, postgres_reports: Path, loaded: Server
) -> None:
    assert_no_secret(postgres_reports, loaded)


# Cuts its own connection between two reductions, as a server that is restarted does.
CUT = """
import psycopg
from contextlib import suppress
link = shop.engine.source.connection
with suppress(psycopg.Error):
    link.execute("SELECT pg_terminate_backend(pg_backend_pid())")
shop
"""


@pytest.fixture
def cutting_home(postgres_home, tmp_path: Path):
    """The home over PostgreSQL with one more notebook, whose server goes away."""
    folder = tmp_path / "home"
    (folder / "notebooks").mkdir(parents=True)
    for name in ("data", "shops"):
        (folder / name).symlink_to(postgres_home.folder / name)
    source = nbformat.read(CHECKOUT / "notebooks" / f"{NOTEBOOKS[0]}.ipynb", as_version=4)
    first_code = [n for n, cell in enumerate(source.cells) if cell.cell_type == "code"][:2]
    source.cells = source.cells[: first_code[1] + 1]
    for code in (CUT, 'shop.reduce("btyd_cells")'):
        source.cells.append(nbformat.v4.new_code_cell(code))
    nbformat.write(source, folder / "notebooks" / "03_lifetime_value.ipynb")
    return postgres_home._replace(folder=folder)


def test_a_connection_cut_in_the_middle_of_a_run(cutting_home, loaded: Server) -> None:
    reports = cutting_home.folder / "reports"
    done = cutting_home.crm("run", "lifetime", "--shop", "demo")
    assert done.returncode == 3, done.stdout + done.stderr
    sentence = "Connection 'warehouse' was lost while 'btyd_cells' was read"
    assert sentence in done.stdout + done.stderr
    (record,) = reports.glob("demo/*/*/run.json")
    assert sentence in json.loads(record.read_text())["message"]
    assert not list(reports.glob("demo/*/latest")), "nothing half-published"
    (reports / "said.txt").write_text(done.stdout + done.stderr)
    assert_no_secret(reports, loaded)


@pytest.mark.parametrize(
    ("variables", "code", "sentence"),
    [
        ({"CRM_CONNECTION_WAREHOUSE": ""}, 2, "There is no connection 'warehouse': set CRM_CONN"),
        ({"CRM_CONNECTION_WAREHOUSE": "Pl4nted/P@ss:word"}, 2, "must begin with postgresql://"),
        (
            {"CRM_CONNECTION_WAREHOUSE": "postgresql://a:Pl4nted%2FP%40ss%3Aword@127.0.0.1:1/b"},
            3,
            "Connection 'warehouse' cannot be opened",
        ),
        ({"CRM_CONNECTION_WAREHOUSE_SCHEMA": "empty"}, 3, "shows no tables in schema 'empty'"),
    ],
)
def test_what_cannot_be_opened_publishes_nothing(
    postgres_home, loaded: Server, tmp_path: Path, variables: dict, code: int, sentence: str
) -> None:
    home = postgres_home._replace(variables={**postgres_home.variables, **variables})
    done = home.crm("run", "--shop", "demo", "--reports", tmp_path)
    assert done.returncode == code, done.stdout + done.stderr
    assert sentence in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    (tmp_path / "said.txt").write_text(done.stdout + done.stderr)
    assert_no_secret(tmp_path, loaded)
    assert not list(tmp_path.glob("demo/*/*/run.json"))


def test_shop_check_reads_through_the_engine(postgres_home, plain_home) -> None:
    here, there = (home.crm("check", "--shop", "demo") for home in (plain_home, postgres_home))
    assert here.returncode == there.returncode == 0, there.stderr
    assert here.stdout == there.stdout


def test_every_notebook_of_the_checkout_is_run_here(plain_home, monkeypatch) -> None:
    monkeypatch.setenv("ANALYSIS_HOME", str(plain_home.folder))
    assert [path.stem for path in list_notebooks()] == NOTEBOOKS
