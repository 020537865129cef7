"""The files that set up a machine say what they should, once, and name no address."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml

from analysis import cli

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
README = (ROOT / "README.md").read_text()
LOCKS = sorted((ROOT / "requirements").glob("*.lock"))


def pins(lock: Path) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([a-z0-9-]+)==([^ ;\\]+)", lock.read_text(), re.MULTILINE):
        found.setdefault(name, set()).add(version)
    return found


def test_conda_users_are_sent_to_pyproject() -> None:
    content = yaml.safe_load((ROOT / "environment.yml").read_text())
    *conda, pip = content["dependencies"]
    assert conda == ["python>=3.11", "pip"]
    assert pip == {"pip": ["-e .[samples]", "jupyterlab"]}
    assert len((ROOT / "environment.yml").read_text().splitlines()) <= 12


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_locks_hold_hashes_and_no_address(lock: Path) -> None:
    text = lock.read_text()
    assert "://" not in text
    assert not re.search(r"\.(org|com|io|net)\b", text)
    entries = re.findall(r"^[a-z0-9-]+==.*?(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)
    assert len(entries) > 50
    assert all("--hash=sha256:" in entry for entry in entries)


def test_scheduled_runs_need_no_jupyterlab_tests_or_linter() -> None:
    run = pins(ROOT / "requirements" / "run.lock")
    assert {"pandas", "papermill", "duckdb", "lifetimes"} <= set(run)
    assert not {"jupyterlab", "pytest", "nbval", "ruff", "playwright"} & set(run)


def test_people_and_schedules_run_the_same_versions() -> None:
    run, dev = (pins(ROOT / "requirements" / f"{name}.lock") for name in ("run", "dev"))
    assert {name: dev.get(name) for name in run} == run


def test_slow_import_is_left_out_of_both_locks() -> None:
    for lock in LOCKS:
        entry = re.search(r"^rfc3987-syntax==.*$", lock.read_text(), re.MULTILINE)
        assert entry is None or "sys_platform == 'never'" in entry[0]


def test_every_direct_dependency_is_locked() -> None:
    groups = PROJECT["dependency-groups"]
    wanted = [*PROJECT["project"]["dependencies"], *groups["lab"], *groups["lint"], *groups["test"]]
    names = {re.match(r"[a-z0-9-]+", requirement)[0] for requirement in wanted}
    assert names <= set(pins(ROOT / "requirements" / "dev.lock"))


def imported() -> dict[str, str]:
    """Every package that the code imports, and where."""
    found: dict[str, str] = {}
    for file in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module]
            else:
                continue
            found |= dict.fromkeys((name.split(".")[0] for name in names), file.name)
    return found


def test_what_the_code_imports_is_declared() -> None:
    project = PROJECT["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["postgres"], *extras["spark"]]
    declared = {re.match(r"[a-z0-9-]+", requirement)[0] for requirement in wanted}
    distributions = packages_distributions()
    found = imported()
    outside = found.keys() - sys.stdlib_module_names - {"analysis"}
    assert len(outside) > 20
    missing = {
        name: found[name]
        for name in outside
        if not declared & {re.sub(r"[._]", "-", each).lower() for each in distributions[name]}
    }
    assert missing == {}


def test_pandas_and_python_are_bounded() -> None:
    assert "pandas>=3.1,<4" in PROJECT["project"]["dependencies"]
    assert PROJECT["project"]["requires-python"] == ">=3.11"


def test_readme_shows_what_make_runs() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)[1].split()
    assert len(targets) > 8
    for target in targets:
        assert f"# make {target}\n" in README or f"# make {target}:" in README
        line = re.search(rf"^{target}: [^;]*; (.+)$", makefile, re.MULTILINE)[1]
        for command in line.split(" && "):
            assert command in README, f"make {target} runs `{command}`, README does not show it"


def test_the_editable_package_is_installed_by_uv_which_takes_locks_with_hashes() -> None:
    tools = re.findall(r"(\S+(?: pip)?) install [^#&\n]*requirements/", README)
    assert len(tools) >= 2
    assert set(tools) == {".venv/bin/uv pip"}


def test_tables_are_loaded_over_the_connection_that_may_write() -> None:
    texts = [README, (ROOT / "src/analysis/verbs/import_shop.py").read_text()]
    named = {name for text in texts for name in re.findall(r"--to (\w+)", text)}
    assert named == {"writer"}
    assert re.search(r"CRM_CONNECTION_WRITER=\S+ +# a role that may create schemas", README)


def test_a_scheduled_run_imports_no_lab_and_no_slow_grammar() -> None:
    code = (
        "import sys, analysis.cli, analysis.report.run, papermill, nbconvert; "
        "print([name for name in ('jupyterlab', 'jupyter_server', 'lark', 'pytest') "
        "if name in sys.modules])"
    )
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert printed.strip() == "[]"


def test_help_is_quick_to_import() -> None:
    code = (
        "import sys, analysis.cli; "
        "print([name for name in ('pandas', 'papermill', 'nbconvert', 'matplotlib', 'scipy') "
        "if name in sys.modules])"
    )
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert printed.strip() == "[]"


def test_ci_runs_the_test_command_of_the_readme() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert re.search(r"^make test$", script.read_text(), re.MULTILINE)


def test_command_is_installed() -> None:
    assert PROJECT["project"]["scripts"] == {"crm": "analysis.cli:main"}
    assert callable(cli.main)
