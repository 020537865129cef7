"""`crm run --all` with real kernels, over shops that each have something else wrong."""

import json
import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import nbformat
import pytest

from analysis import paths
from analysis.cli import main
from analysis.report.lock import hold
from analysis.report.progress import Progress
from analysis.report.publish import lock_file
from analysis.report.run import Limits
from analysis.schedule.due import find_due, plan_missed
from analysis.schedule.everything import run_everything
from analysis.schedule.log import Log

# In Tokyo already the first of December, in New York still the thirtieth of November.
NOW = datetime(2024, 11, 30, 20, 0, tzinfo=UTC)


def due(shop: str, *, since: date | None = None) -> list[tuple[str, str]]:
    found = find_due(shop, reports=paths.reports_folder(), now=NOW, since=since)
    assert found.refused is None
    missed = [(report, f"{day}") for day, waiting in found.missed for report in sorted(waiting)]
    return [*missed, *((plan.report, f"{plan.as_of}") for plan in found.last)]


def publish(home: Path, shop: str, report: str, day: str, **record) -> None:
    """Leave the record of a run, as a pruned run does."""
    folder = home / "reports" / shop / report / f"{day}--20260101T000000Z--00000000"
    folder.mkdir(parents=True)
    parameters = {"shop_name": shop, "as_of": day, "weeks": 4}
    good = {"outcome": "ok", "parameters": parameters, "data": {"fingerprint": "other"}}
    (folder / "run.json").write_text(json.dumps({**good, **record}))


def summary_of(home: Path) -> dict:
    return json.loads((home / "reports" / "summary.json").read_text())


def outcomes(home: Path) -> dict[tuple[str, str], tuple[str, int]]:
    return {
        (run["shop"], run["report"]): (run["outcome"], run["attempts"])
        for run in summary_of(home)["reports"]
    }


def test_one_shops_failure_stops_no_other(small: Path, add_shop, capsys):
    add_shop("tiny", "good", "dies_once")
    add_shop("broken", "fails", "dies", title="Broken & <shop>")
    add_shop("asleep", "good", data=False)
    add_shop("silent")
    (small / "shops" / "wrong.yaml").write_text("title: [")
    add_shop("typo", "goood")
    assert main(["run", "--all"]) == 10
    assert outcomes(small) == {
        ("tiny", "good"): ("ok", 1),
        ("tiny", "dies_once"): ("ok", 2),
        ("broken", "fails"): ("notebook_error", 1),
        ("broken", "dies"): ("kernel_died", 2),
    }
    summary = summary_of(small)
    assert (summary["verdict"], summary["exit_code"]) == ("some_failed", 10)
    shops = {shop["shop"]: shop for shop in summary["shops"]}
    assert shops["asleep"]["skipped"] == "no data yet: crm import --shop asleep"
    assert shops["silent"]["skipped"] == "its file names no reports"
    assert shops["wrong"]["refused"] == shops["typo"]["refused"] == "bad_request"
    assert "shops/wrong.yaml is no valid YAML" in shops["wrong"]["message"]
    assert "did you mean 'good'?" in shops["typo"]["message"]
    assert str(small) not in json.dumps(summary)
    assert all((small / "reports" / run["page"]).is_file() for run in summary["reports"])
    out, err = capsys.readouterr()
    assert "Some of what was due could not be completed" in out
    assert "tiny dies_once failed: kernel_died" in err
    assert "Traceback" not in err
    assert len(list((small / "reports" / "broken" / "dies").glob("2*"))) == 2
    assert len(list((small / "reports" / "broken" / "fails").glob("2*"))) == 1

    # What is complete is done; what failed is due again.
    (small / "died").unlink()
    shutil.rmtree(small / "data" / "broken")
    assert main(["run", "--all"]) == 11
    summary = summary_of(small)
    shops = {shop["shop"]: shop for shop in summary["shops"]}
    assert summary["reports"] == []
    assert shops["tiny"]["done_before"] == 2
    assert shops["broken"]["refused"] == "data_error"
    assert "had data when its reports last ran" in shops["broken"]["message"]


def test_what_is_done_is_due_again_for_other_data_notebooks_or_parameters(
    small: Path, add_shop, add_notebook
):
    add_shop("tiny", "good")
    assert main(["run", "--all"]) == 0
    assert main(["run", "--all"]) == 0
    assert (summary_of(small)["verdict"], summary_of(small)["reports"]) == ("nothing_due", [])
    (run,) = (small / "reports" / "tiny" / "good").glob("2*")
    day, source = run.name.partition("--")[0], code_of(run)
    add_shop("tiny", "good:\n    weeks: 5\n  dies_once")
    assert due("tiny") == [("good", day), ("dies_once", day)]
    add_shop("tiny", "good")
    assert due("tiny") == []
    add_notebook("good", "weeks * 2")
    assert due("tiny") == [("good", day)]
    add_notebook("good", source)
    assert main(["run", "--all", "--fresh"]) == 0
    assert len(summary_of(small)["reports"]) == 1, "done, and run all the same"
    assert due("tiny") == []
    current = (small / "data" / "tiny" / "current").resolve() / "import.json"
    current.write_text(current.read_text().replace('"fingerprint": "', '"fingerprint": "0'))
    assert due("tiny") == [("good", day)]


def test_a_what_if_is_not_done_once_the_shop_asks_the_same(small: Path, add_shop):
    add_shop("tiny", "good")
    assert main(["run", "--all"]) == 0
    home = small / "reports" / "tiny" / "good"
    assert main(["run", "good", "--shop", "tiny", "--param", "weeks=5"]) == 0
    with (small / "shops" / "tiny.yaml").open("a") as file:
        file.write("    weeks: 5\n")
    assert main(["run", "--all"]) == 0
    shown = json.loads((home / "latest" / "run.json").read_text())
    assert (shown["parameters"]["weeks"], shown["what_if"]) == (5, [])


def code_of(run: Path) -> str:
    return nbformat.read(run / "notebook.ipynb", as_version=4).cells[-1].source


def test_yesterday_is_that_of_each_shop_at_one_moment(add_shop):
    add_shop("kobe", "good", as_of="yesterday", time_zone="Asia/Tokyo")
    add_shop("boston", "good", as_of="yesterday")
    assert due("kobe") == [("good", "2024-11-30")]
    assert due("boston") == [("good", "2024-11-29")]


def test_a_week_or_month_is_due_once_it_is_over(small: Path, add_shop):
    weekly, monthly = "every: week\n", "every: month\n"
    add_shop("weekly", "good", as_of="yesterday", time_zone="Asia/Tokyo", more=weekly)
    add_shop("monthly", "good", as_of="yesterday", more=monthly)
    assert due("weekly") == [("good", "2024-11-24")]
    assert due("monthly") == [("good", "2024-10-31")]
    assert [day for _, day in due("monthly", since=date(2024, 8, 31))] == [
        "2024-08-31", "2024-09-30", "2024-10-31",
    ]  # fmt: skip
    publish(small, "monthly", "good", "2024-09-30")
    publish(small, "monthly", "good", "2024-08-31", outcome="timeout")
    assert [day for _, day in due("monthly", since=date(2024, 8, 1))] == [
        "2024-08-31", "2024-10-31",
    ]  # fmt: skip
    add_shop("odd", "good", more="every: hour\n")
    found = find_due("odd", reports=small / "reports", now=NOW)
    assert found.refused[1] == "every of shops/odd.yaml == 'hour', must be day, week or month."


def test_missed_days_are_caught_up_oldest_first_and_the_last_stands(small: Path, add_shop):
    add_shop("tiny", "good", as_of="yesterday")
    assert next(day for _, day in due("tiny", since=date(2023, 1, 1))) == "2024-01-01"
    publish(small, "tiny", "good", "2024-11-28")
    summary = run_everything(
        reports=small / "reports",
        limits=Limits(0, 0),
        jobs=2,
        progress=Progress(),
        since=date(2024, 11, 27),
        now=NOW,
    )
    ran = [f"{attempt.result.plan.as_of}" for attempt in summary.attempts]
    assert ran == ["2024-11-27", "2024-11-29"]
    assert summary.verdict.name == "complete"
    latest = (small / "reports" / "tiny" / "good" / "latest").resolve()
    assert latest.name.startswith("2024-11-29--")


def test_a_shop_that_breaks_under_the_command_stops_no_other(small: Path, add_shop):
    add_shop("tiny", "good", as_of="yesterday")
    found = find_due("tiny", reports=small / "reports", now=NOW, since=date(2024, 11, 28))
    (small / "shops" / "tiny.yaml").write_text("title: [")
    (plan,) = plan_missed("tiny", *found.missed[0])
    assert plan.as_of is None
    assert plan.refusal.startswith("As of 2024-11-28: shops/tiny.yaml is no valid YAML")


def test_a_shop_whose_tables_cannot_be_read_is_refused_in_one_sentence(small: Path, add_shop):
    add_shop("tiny", "good")
    for file in (small / "data" / "tiny" / "current").resolve().rglob("*.parquet"):
        file.write_bytes(b"no parquet")
    found = find_due("tiny", reports=small / "reports", now=NOW)
    why = found.refused[1] if found.refused else found.last[0].refusal
    assert "cannot be read as parquet: import the shop again." in why
    assert "\n" not in why


def test_the_time_limit_ends_what_runs_and_starts_nothing_more(small: Path, add_shop, capsys):
    add_shop("tiny", "hangs", "good")
    assert main(["run", "--all", "--time-limit", "4", "--jobs", "1"]) == 6
    assert outcomes(small) == {("tiny", "hangs"): ("timeout", 1), ("tiny", "good"): ("timeout", 1)}
    hangs, good = summary_of(small)["reports"]
    assert hangs["message"] == "Running everything took longer than the 4 s allowed."
    assert hangs["page"]
    assert good["page"] is None
    assert main(["run", "--all", "--cell-timeout", "0.5", "--jobs", "1"]) == 10
    assert outcomes(small) == {("tiny", "hangs"): ("timeout", 1), ("tiny", "good"): ("ok", 1)}


def test_a_second_one_at_once_is_refused_and_leaves_the_summary(small: Path, add_shop, capsys):
    add_shop("tiny", "good")
    with hold(lock_file(small / "reports", "every shop", "all"), run_id="first", since="noon"):
        assert main(["run", "--all"]) == 75
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "Already running since noon" in err
    assert not (small / "reports" / "summary.json").exists()


def test_what_another_command_runs_has_not_failed(small: Path, add_shop, monkeypatch):
    """One report is run elsewhere: the rest is run, and nobody is told of a failure."""
    add_shop("tiny", "good", "dies_once")
    (small / "died").touch()
    monkeypatch.setenv("CRM_MAIL_SERVER", "127.0.0.1:9")  # nobody listens: a mail would be told
    monkeypatch.setenv("CRM_MAIL_SENDER", "crm@example.org")
    monkeypatch.setenv("CRM_MAIL_SECURITY", "none")
    monkeypatch.setenv("CRM_MAIL_MAINTAINER", "dev@example.org")
    with hold(lock_file(small / "reports", "tiny", "good"), run_id="first", since="noon"):
        assert main(["run", "--all"]) == 75
    assert outcomes(small) == {("tiny", "good"): ("busy", 1), ("tiny", "dies_once"): ("ok", 1)}
    assert summary_of(small)["verdict"] == "busy"
    assert summary_of(small)["mail_errors"] == []
    assert [report for report, _ in due("tiny")] == ["good"]


def test_no_shop_is_a_wrong_request(small: Path, add_shop, capsys):
    assert main(["run", "--all"]) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"crm: There are no shops: {small / 'shops'} holds no YAML file. ")
    assert "Set ANALYSIS_HOME to the folder that holds shops/" in err
    add_shop("asleep", "good", data=False)
    assert main(["run", "--all"]) == 2
    assert "No shop can be run. asleep: no data yet" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--all", "--since", "2124-01-01"], "--since 2124-01-01: must not lie in the future."),
        (["--all", "--shop", "tiny"], "--shop is given with --all"),
        (["--all", "good"], "NOTEBOOK is given with --all"),
        (["--all", "--as-of", "2024-01-01"], "--as-of is given with --all"),
        (["--shop", "tiny", "--since", "2024-01-01"], "--since is given without --all."),
        (["--shop", "tiny", "--no-mail"], "--no-mail is given without --all."),
    ],
)
def test_a_wrong_request_gets_one_line_and_runs_nothing(small, add_shop, capsys, arguments, why):
    add_shop("tiny", "good")
    assert main(["run", *arguments]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert why in err
    assert list((small / "reports").glob("tiny/*")) == []


@pytest.mark.parametrize("text", ["soon", "2024-13-01", "20240230"])
def test_a_since_that_is_no_date_is_refused(capsys, text):
    with pytest.raises(SystemExit) as end:
        main(["run", "--all", "--since", text])
    assert end.value.code == 2
    assert "must be a date such as 2025-12-31" in capsys.readouterr().err


def test_a_folder_of_pages_that_cannot_be_used_is_told(small: Path, add_shop, capsys):
    add_shop("tiny", "good")
    (small / "file").touch()
    assert main(["run", "--all", "--reports", str(small / "file")]) == 7
    assert "The folder of the pages cannot be used" in capsys.readouterr().err
    assert main(["run", "--all", "--summary", str(small / "file" / "summary.json")]) == 7
    assert "The summary could not be written" in capsys.readouterr().err


def test_help_tells_every_exit_code(capsys):
    with pytest.raises(SystemExit):
        main(["run", "--help"])
    out = capsys.readouterr().out
    told = out.partition("exit codes of --all:")[2].split("\n")
    codes = {int(line.split()[0]) for line in told if line.strip()}
    assert codes == {0, 2, 6, 7, 9, 10, 11, 75, 130, 143}


def test_the_log_keeps_its_end_and_passes_everything_on(tmp_path: Path):
    with (tmp_path / "log").open("w") as stream:
        log = Log(stream)
        for number in range(500):
            print(f"line {number}", file=log)
        log.write("an open line")
        log.flush()
    assert log.end(2) == ["line 498", "line 499"]
    assert (tmp_path / "log").read_text().count("\n") == 500
    assert not log.isatty()


def test_what_was_left_half_way_is_put_right_also_where_nothing_is_due(small: Path, add_shop):
    add_shop("tiny", "good")
    assert main(["run", "--all", "--no-mail"]) == 0
    reports = small / "reports"
    link, index = reports / "tiny" / "good" / "latest", reports / "index.html"
    led = link.readlink()
    link.unlink()
    index.write_text("half a pa")
    (reports / ".work" / "dead").mkdir()
    (reports / ".index-dead.html").touch()
    assert main(["run", "--all", "--no-mail"]) == 0
    assert summary_of(small)["reports"] == []
    assert link.readlink() == led
    assert led.name in index.read_text()
    assert list((reports / ".work").iterdir()) == []
    assert not (reports / ".index-dead.html").exists()
