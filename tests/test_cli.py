import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest
from nbformat import v4

from analysis.cli import main

CELL = """\
shop_name: str = "tiny"  # shop
as_of: str = ""  # day to report on, ISO date
weeks: int = 4  # how far ahead, weeks, 1 to 52"""
HANG = """\
import os, pathlib, time
pathlib.Path(os.environ["ANALYSIS_HOME"], "kernel.pid").write_text(str(os.getpid()))
time.sleep(120)"""
IMPORTS = """\
from analysis.ingest import import_shop
from analysis.shop import open_shop
[import_shop(shop_name) for _ in range(3)]
open_shop(shop_name, as_of=as_of).reduce("orders_by_type")"""
CODES = {
    "good": "weeks",
    "fails": "1 / 0",
    "hangs": HANG,
    "exits": "import sys\nsys.exit(0)",
    "imports": IMPORTS,
}


@pytest.fixture
def shop(home: Path) -> Path:
    """The home of a small imported shop whose notebooks each do one thing."""
    (home / "notebooks").unlink()
    (home / "notebooks").mkdir()
    for name, code in CODES.items():
        cells = [
            v4.new_markdown_cell(f"# It {name}\n\nFor whoever tests."),
            v4.new_code_cell(CELL, metadata={"tags": ["parameters"]}),
            v4.new_code_cell(code),
        ]
        nbformat.write(v4.new_notebook(cells=cells), home / "notebooks" / f"{name}.ipynb")
    return home


def crm(*arguments: str, **options) -> subprocess.Popen:
    command = [sys.executable, "-c", "from analysis.cli import main; raise SystemExit(main())"]
    # A test run in the background may hand on signals as ignored.
    heard = {"preexec_fn": lambda: [signal.signal(n, signal.SIG_DFL) for n in (2, 15)]} | options
    return subprocess.Popen(
        [*command, *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **heard,
    )  # fmt: skip


def wait_for(path: Path, process: subprocess.Popen) -> int:
    """Return the number written to a file by a process that is on its way."""
    for _ in range(600):
        if path.exists() and path.read_text():
            return int(path.read_text())
        assert process.poll() is None, process.communicate()
        time.sleep(0.1)
    raise AssertionError(f"{path} was never written")


def gone(pid: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.1)
    return False


def records(home: Path, report: str) -> list[dict]:
    files = sorted((home / "reports" / "tiny" / report).glob("2*/run.json"))
    return [json.loads(file.read_text()) for file in files]


def test_reports_run_side_by_side_and_the_worst_gives_the_exit_code(shop: Path):
    process = crm("run", "good", "fails", "exits", "--shop", "tiny", "--param", "weeks=8")
    out, err = process.communicate(timeout=100)
    assert process.returncode == 1, err
    lines = out.splitlines()
    assert [line.split()[0] for line in lines[:3]] == ["ok", "notebook_error", "stopped_early"]
    assert lines[3:] == [
        "1 of 3 reports are complete.",
        f"All reports: {shop / 'reports' / 'index.html'}",
    ]
    page = Path(lines[0].split()[-1])
    assert page.read_text().startswith("<!doctype html>")
    assert records(shop, "good")[0]["parameters"]["weeks"] == 8
    assert records(shop, "exits")[0]["outcome"] == "stopped_early"
    assert "tiny good started, as of 20" in err
    assert "tiny fails failed: notebook_error under 'It fails'" in err
    assert "Traceback" not in err
    assert (shop / "reports" / "tiny" / "good" / "latest").is_symlink()
    assert not (shop / "reports" / "tiny" / "fails" / "latest").exists()
    index = (shop / "reports" / "index.html").read_text()
    assert "It good" in index
    assert "It fails" in index


@pytest.mark.parametrize(
    ("number", "code", "outcome"),
    [(signal.SIGTERM, 143, "terminated"), (signal.SIGINT, 130, "interrupted")],
)
def test_a_signal_ends_kernels_publishes_the_failure_and_runs_no_more(shop, number, code, outcome):
    process = crm("run", "hangs", "good", "--shop", "tiny", "--jobs", "1")
    kernel = wait_for(shop / "kernel.pid", process)
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert process.returncode == code, err
    assert gone(kernel, 5)
    (record,) = records(shop, "hangs")
    assert (record["outcome"], record["exit_code"]) == (outcome, code)
    assert number.name in record["message"]
    assert record["failed_cell"]["heading"] == "It hangs"
    assert not (shop / "reports" / "tiny" / "hangs" / "latest").exists()
    assert records(shop, "good") == []
    assert list((shop / "reports" / ".work").iterdir()) == []
    assert [line.split()[0] for line in out.splitlines()[:2]] == [outcome, outcome]
    assert "Traceback" not in err


def test_a_runner_that_is_killed_leaves_no_kernel_and_no_obstacle(shop: Path):
    process = crm("run", "hangs", "--shop", "tiny")
    kernel = wait_for(shop / "kernel.pid", process)
    (held,) = (shop / "reports" / ".work").iterdir()
    second = crm("run", "hangs", "--shop", "tiny")
    _, err = second.communicate(timeout=60)
    assert second.returncode == 75
    assert f"process {process.pid}, run {held.name}" in err
    process.kill()
    process.communicate()
    assert gone(kernel, 10)
    assert list((shop / "reports" / ".work").iterdir()) == [held]
    third = crm("run", "hangs", "--shop", "tiny", "--cell-timeout", "0.5")
    third.communicate(timeout=60)
    assert third.returncode == 6
    assert list((shop / "reports" / ".work").iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["run"], "Name a shop with --shop: tiny."),
        (["run", "good", "--shop", "tinny"], "There is no shop 'tinny': did you mean 'tiny'?"),
        (["run", "goood", "--shop", "tiny"], "There is no notebook 'goood': did you mean 'good'?"),
        (["run", "good", "--shop", "tiny", "--param", "week=3"], "did you mean 'weeks'?"),
        (
            ["run", "good", "--shop", "tiny", "--param", "weeks=-3"],
            "weeks == -3, must be from 1 to",
        ),
        (
            ["run", "good", "--shop", "tiny", "--param", "weeks"],
            "--param weeks: must be NAME=VALUE.",
        ),
        (["run", "good", "--shop", "tiny", "--param", "weeks=1", "--param", "weeks=2"], "twice"),
        (["run", "good", "--shop", "tiny", "--param", "as_of=2024-01-01"], "use --as-of"),
        (["run", "good", "--shop", "tiny", "--as-of", "soon"], "as_of == 'soon'"),
        (["run", "good", "--shop", "tiny", "--as-of", "1999-01-01"], "as_of == 1999-01-01"),
        (["demo"], "There is no shop 'demo': known shops: tiny."),
        (["demo", "--shop", "tiny"], "Shop 'tiny' has orders of its own: `crm demo` only"),
        (["import"], "Name a shop with --shop: tiny."),
        (["import", "--shop", "tiny", "--shop", "other"], "There is no shop 'other'"),
    ],
)
def test_a_wrong_request_gets_one_line_and_runs_nothing(shop, capsys, arguments, why):
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert why in err
    assert err.startswith("crm: ")
    assert len(err.splitlines()) == 1
    assert list((shop / "reports").iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["run", "good", "--shop", "tiny", "--jobs", "0"], "--jobs: 0, must be >= 1"),
        (["run", "good", "--shop", "tiny", "--timeout", "-1"], "--timeout: -1, must be >= 0"),
        (["run", "good", "--shop", "tiny", "--cell-timeout", "nan"], "--cell-timeout: nan"),
        (["run", "good", "--shops", "tiny"], "unrecognized arguments: --shops"),
        (["demo", "--customers", "0"], "--customers: 0, must be >= 1"),
        (["demo", "--customers", "5", "--lines", "5"], "not allowed with argument --customers"),
        (["demo", "--end", "soon"], "--end: 'soon', must be a date such as 2025-12-31"),
        (["demo", "--seed", "-1"], "--seed: -1, must be >= 0"),
        (["prune"], "--keep"),
        (["prune", "--keep", "some"], "invalid whole number value: 'some'"),
        ([], "COMMAND"),
    ],
)
def test_a_wrong_option_gets_one_line(capsys, arguments, why):
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2
    err = capsys.readouterr().err
    assert why in err
    assert len(err.splitlines()) == 1


def test_a_shop_without_data_is_told_how_to_import_them(shop: Path, capsys):
    file = (shop / "shops" / "tiny.yaml").read_text()
    (shop / "shops" / "empty.yaml").write_text(file)
    assert main(["run", "good", "--shop", "empty"]) == 3
    out, err = capsys.readouterr()
    assert "crm import --shop empty" in err
    assert "All reports" not in out


@pytest.mark.parametrize(
    "command", ["new", "run", "repeat", "list", "prune", "import", "check", "demo"]
)
def test_every_command_shows_an_example(capsys, command):
    with pytest.raises(SystemExit) as end:
        main([command, "--help"])
    assert end.value.code == 0
    assert f"  crm {command}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("none.csv", None, "there is no such file."),
        ("folder", "", "that is a folder, must be a file."),
        ("test.csv", "client,arm,bought\n1,control,0\n", "test.csv lacks the column 'customer_id'"),
        (
            "test.csv",
            "customer,group\n1,control\n",
            "lacks the column 'arm': it has customer, group",
        ),
        ("test.csv", "customer_id,arm,bought\n", "test.csv has no rows."),
        ("test.csv", "", "test.csv cannot be read as a table: "),
        (
            "test.parquet",
            "customer_id,arm\n1,control\n",
            "test.parquet cannot be read as a table",
        ),
        ("test.csv", "PK\x03\x04\udcff\udcfe", "test.csv cannot be read as a table: "),
    ],
)
def test_a_file_that_a_request_names_is_looked_at_before_a_kernel_starts(
    home: Path, capsys, name: str, content: str | None, why: str
):
    file = home / name
    if name == "folder":
        file.mkdir()
    elif content is not None:
        file.write_bytes(content.encode(errors="surrogateescape"))
    assert main(["run", "04", "--shop", "tiny", "--param", f"data={name}"]) == 2
    out, err = capsys.readouterr()
    assert (out, len(err.splitlines())) == ("", 1)
    assert why in err
    assert list((home / "reports").iterdir()) == []


def test_list_shows_questions_parameters_and_shops(shop: Path, capsys):
    (shop / "notebooks" / "broken.ipynb").write_text("no json")
    assert main(["list"]) == 0
    out = capsys.readouterr().out
    assert "good  It good\n  For whoever tests.\n" in out
    assert "weeks: int = 4  how far ahead, weeks, from 1 to 52" in out
    assert "shop_name" not in out
    assert "broken  cannot be run: broken.ipynb is no notebook" in out
    assert "tiny  Tiny & <Shop>, USD, America/New_York" in out


def test_help_and_list_wait_for_no_heavy_library(shop: Path):
    code = (
        "import sys; from analysis.cli import main; main(['list']); "
        "print({'pandas', 'numpy', 'papermill', 'nbconvert', 'zmq'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "set()"


def test_import_tells_where_every_row_went(shop: Path, capsys):
    assert main(["import", "--shop", "tiny", "--shop", "tiny"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert len(out) == 1
    assert "rows read = " in out[0]
    assert " accepted + 0 set aside" in out[0]


def test_prune_tells_what_it_removed_and_rebuilds_the_index(shop: Path, capsys):
    reports = shop / "reports"
    for number in (1, 2, 3):
        folder = reports / "tiny" / "good" / f"2024-01-01--20260101T00000{number}Z--00000000"
        folder.mkdir(parents=True)
        record = {"started_at": f"2026-01-01T00:00:0{number}Z", "outcome": "ok"}
        (folder / "run.json").write_text(json.dumps(record))
        (folder / "index.html").touch()
    assert main(["prune", "--keep", "2"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out == [
        "removed tiny/good/2024-01-01--20260101T000001Z--00000000",
        "1 run removed.",
    ]
    assert (reports / "index.html").exists()
    assert main(["prune", "--keep", "2"]) == 0
    assert capsys.readouterr().out == "Nothing to remove.\n"


def test_a_run_keeps_the_data_that_it_began_with_through_imports(shop: Path, capsys) -> None:
    began_with = (shop / "data/tiny/current").resolve()
    assert main(["run", "imports", "--shop", "tiny"]) == 0, capsys.readouterr().out
    assert began_with.is_dir()
    assert main(["import", "--shop", "tiny"]) == 0
    assert not began_with.exists()


def test_a_shop_that_is_wrong_does_not_keep_the_others_from_it(home: Path, capsys) -> None:
    file = (home / "shops/tiny.yaml").read_text()
    (home / "shops/wrong.yaml").write_text(file.replace("importer: cdnow", "importer: nothing"))
    assert main(["import", "--shop", "wrong"]) == 2, "nothing was done"
    capsys.readouterr()
    for verb, why, done in (("import", "source.importer", "tiny: orders"), ("check", "", "tiny\n")):
        assert main([verb, "--shop", "wrong", "--shop", "tiny"]) == 3
        out, said = capsys.readouterr()
        assert out.startswith(done)
        assert said.startswith(f"crm: {why}")
        assert len(said.splitlines()) == 1


def test_a_disk_that_takes_no_more_is_one_sentence(home: Path) -> None:
    before = (home / "data/tiny/current").resolve()
    limit = (400, resource.RLIM_INFINITY)
    small = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit)}
    with crm("import", "--shop", "tiny", **small) as importing:
        _, said = importing.communicate()
    assert (importing.returncode, len(said.splitlines())) == (7, 1), said
    assert "File too large" in said
    assert (home / "data/tiny/current").resolve() == before


@pytest.mark.skipif(not shutil.which("setpriv"), reason="apt-get install util-linux")
@pytest.mark.parametrize("folder", ["data", "data/tiny"])
def test_a_folder_without_the_right_to_write_is_named_with_what_to_do(home: Path, folder: str):
    if folder == "data":
        shutil.rmtree(home / "data" / "tiny")
    (home / folder).chmod(0o555)
    code = "from analysis.cli import main; raise SystemExit(main())"
    # Root may write everywhere, unless it gives that up.
    bound = ["--bounding-set=-dac_override"] if os.geteuid() == 0 else []
    command = ["setpriv", *bound, sys.executable, "-c", code, "import", "--shop", "tiny"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    (home / folder).chmod(0o755)
    assert (done.returncode, len(done.stderr.splitlines())) == (7, 1), done.stderr
    assert done.stderr == (
        f"crm: {home / folder} may not be written: let this user write there, or set ANALYSIS_HOME "
        "to another folder.\n"
    )


def test_a_folder_that_cannot_be_written_is_one_sentence(home: Path, capsys) -> None:
    (home / "reports/tiny/answer/2024-01-01--20240101T000000Z--1").mkdir(parents=True)
    (home / "reports/.locks").write_text("a file where a folder is to be")
    assert main(["prune", "--keep", "1"]) == 7
    assert capsys.readouterr().err == f"crm: {home}/reports/.locks: File exists.\n"
