"""What `deploy/` offers to schedulers: each file read by its own tool, each command really run."""

import ast
import configparser
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
import yaml
from cronsim import CronSim

from analysis.schedule import mail_settings

CHECKOUT = Path(__file__).resolve().parents[2]
DEPLOY = CHECKOUT / "deploy"
BIN = Path(sys.executable).parent
FOLDER = "/srv/crm"
AIRFLOW = "3.3.2"
IMPORT_DAG = """\
import sys
from airflow.dag_processing.dagbag import DagBag
bag = DagBag(sys.argv[1])
assert not bag.import_errors, bag.import_errors
dag = bag.dags["crm"]
print([task.bash_command for task in dag.tasks], dag.max_active_runs, dag.catchup)"""


def crontab() -> tuple[dict[str, str], str, str]:
    """Return variables, schedule and command."""
    lines = [line for line in (DEPLOY / "crontab").read_text().splitlines() if line.strip()]
    lines = [line for line in lines if not line.startswith("#")]
    *settings, job = lines
    fields = job.split(None, 5)
    return dict(line.split("=", 1) for line in settings), " ".join(fields[:5]), fields[5]


def unit(name: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=True, interpolation=None)
    parser.optionxform = str
    parser.read(DEPLOY / name)
    return parser


def workflow() -> dict:
    return yaml.safe_load((DEPLOY / "github_actions.yml").read_text())


def step() -> dict:
    (step,) = workflow()["jobs"]["reports"]["steps"]
    return step


def operator() -> dict:
    """Return the arguments of the one task of the DAG, without importing Airflow."""
    tree = ast.parse((DEPLOY / "airflow_dag.py").read_text())
    (call,) = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "BashOperator"
    ]
    return {word.arg: ast.literal_eval(word.value) for word in call.keywords}


def commands() -> dict[str, str]:
    return {
        "crontab": crontab()[2],
        "systemd": f"cd {FOLDER} && {unit('crm.service')['Service']['ExecStart']}",
        "github": f"cd {step()['working-directory']} && {step()['run']}",
        "airflow": operator()["bash_command"],
    }


def test_each_only_calls_the_one_command():
    for name, command in commands().items():
        assert command.count("crm run --all") == 1, name
        assert len(re.findall(r"&&|;|\|", command)) == 1, name
        checked = subprocess.run(["sh", "-n", "-c", command], capture_output=True, check=False)
        assert (checked.returncode, checked.stderr) == (0, b""), name


def test_each_command_runs_what_is_due(small: Path, add_shop: Callable[..., None]):
    add_shop("tiny", "good")
    (small / ".venv" / "bin").mkdir(parents=True)
    (small / ".venv" / "bin" / "crm").symlink_to(BIN / "crm")
    variables = {name: text for name, text in crontab()[0].items() if name != "CHECKOUT"}
    for name, command in commands().items():
        (small / "reports" / "summary.json").unlink(missing_ok=True)
        shell = "bash" if name in ("github", "airflow") else "sh"
        done = subprocess.run(
            [shell, "-c", command.replace(FOLDER, str(small))],
            env={**os.environ, **variables, "CHECKOUT": str(small)},
            capture_output=True, text=True, check=False, cwd="/",
        )  # fmt: skip
        assert done.returncode == 0, (name, done.stdout, done.stderr)
        assert (small / "reports" / "summary.json").is_file(), name
        if name == "crontab":
            assert done.stdout + done.stderr == ""
            assert "Everything that was due is complete." in (small / "data/crm.log").read_text()
        else:
            assert "Nothing was due." in done.stdout


def test_the_crontab_line_means_each_morning():
    variables, schedule, command = crontab()
    assert variables["CHECKOUT"] == FOLDER
    assert "%" not in command  # which cron would take for a line break
    times = CronSim(schedule, datetime(2026, 2, 27, 12))
    assert [str(next(times)) for _ in range(3)] == [
        "2026-02-28 05:30:00", "2026-03-01 05:30:00", "2026-03-02 05:30:00",
    ]  # fmt: skip


def test_systemd_takes_service_and_timer(tmp_path: Path):
    service, timer = unit("crm.service"), unit("crm.timer")
    assert service["Service"]["Type"] == "oneshot"
    assert service["Service"]["SuccessExitStatus"] == "75 143"
    assert timer["Timer"]["Persistent"] == "true"
    if shutil.which("systemd-analyze") is None:
        missing = "no systemd-analyze to verify the units: apt-get install systemd"
        assert "CI" not in os.environ, missing
        pytest.skip(missing)
    for file in (DEPLOY / "crm.service", DEPLOY / "crm.timer"):
        # It looks for the program, which is not at that place here.
        text = file.read_text().replace(f"{FOLDER}/.venv/bin/crm", str(BIN / "crm"))
        (tmp_path / file.name).write_text(text)
    units = [tmp_path / "crm.service", tmp_path / "crm.timer"]
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert [line for line in done.stderr.splitlines() if "crm." in line] == []
    assert done.returncode == 0, done.stderr
    when = ["systemd-analyze", "calendar", timer["Timer"]["OnCalendar"]]
    subprocess.run(when, capture_output=True, check=True)


def test_the_workflow_keeps_to_its_schema():
    check = [BIN / "check-jsonschema", "--builtin-schema", "vendor.github-workflows"]
    done = subprocess.run(
        [*check, DEPLOY / "github_actions.yml"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    # YAML takes the key `on` for a truth value.
    schedule = workflow()[True]["schedule"][0]["cron"]
    assert next(CronSim(schedule, datetime(2026, 3, 1))) == datetime(2026, 3, 1, 20, 30)
    assert "${{" not in step()["run"], "what a person types must not become code"


def test_the_workflow_passes_every_setting_on(home: Path, monkeypatch: pytest.MonkeyPatch):
    passed = {name: text for name, text in step()["env"].items() if name != "SINCE"}
    for name, text in passed.items():
        assert re.fullmatch(rf"\$\{{\{{ (secrets|vars)\.{name} \}}\}}", text)
    mail = {name.removeprefix("CRM_MAIL_").lower() for name in passed if "CRM_MAIL_" in name}
    assert mail == set(mail_settings._KEYS)
    assert passed.keys() - {f"CRM_MAIL_{key.upper()}" for key in mail} == {
        "CRM_CONNECTION_WAREHOUSE"
    }
    for name in passed:
        monkeypatch.setenv(name, "")  # as a secret that is not set arrives
    assert mail_settings.read_mail_settings() is None


def test_the_dag_asks_for_no_second_run():
    task = operator()
    assert (task["retries"], task["skip_on_exit_code"]) == (0, 75)


@pytest.mark.slow
def test_airflow_imports_the_dag(tmp_path: Path):
    """Airflow itself, in an environment of its own: too heavy for every day."""
    dags = tmp_path / "dags"
    dags.mkdir()
    shutil.copy(DEPLOY / "airflow_dag.py", dags)
    uv = [BIN / "uv", "run", "-q", "--no-project", "--isolated", "--python", sys.executable]
    done = subprocess.run(
        [*uv, "--with", f"apache-airflow=={AIRFLOW}", "python", "-c", IMPORT_DAG, dags],
        env={**os.environ, "AIRFLOW_HOME": str(tmp_path), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert operator()["bash_command"] in done.stdout.splitlines()[-1]
