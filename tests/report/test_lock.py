import json
import os
import threading
from pathlib import Path

import pytest

from analysis.report import lock
from analysis.report.lock import BusyError, hold

SINCE = "2026-11-21T21:15:00Z"


def test_a_second_holder_is_told_who_the_first_is(tmp_path: Path):
    file = tmp_path / "locks" / "x.lock"
    with hold(file, run_id="first", since=SINCE):
        with pytest.raises(BusyError) as refusal, hold(file, run_id="second", since="later"):
            pass
        assert json.loads(file.read_text())["run_id"] == "first"
    message = str(refusal.value)
    assert message == f"Already running since {SINCE} (process {os.getpid()}, run first)."


def test_the_lock_is_free_again_after_its_holder_whatever_happened(tmp_path: Path):
    file = tmp_path / "x.lock"
    with pytest.raises(RuntimeError), hold(file, run_id="first", since=SINCE):
        raise RuntimeError
    with hold(file, run_id="second", since=SINCE):
        assert json.loads(file.read_text())["run_id"] == "second"


@pytest.mark.parametrize("left", ['{"pid": 1, "since": "x", "run_id": "dead"}', "", "no json"])
def test_a_file_left_behind_is_no_obstacle(tmp_path: Path, left):
    file = tmp_path / "x.lock"
    file.write_text(left)
    with hold(file, run_id="new", since=SINCE):
        assert json.loads(file.read_text())["run_id"] == "new"


def test_a_run_waits_for_one_who_tidies_up_and_for_no_other_run(tmp_path: Path):
    file, order = tmp_path / "x.lock", []
    held, waited = threading.Event(), threading.Event()

    def tidy() -> None:
        with hold(file, run_id="prune", since="just now", is_brief=True):
            held.set()
            # Until the run below has met it.
            waited.wait(60)
            order.append("tidied")

    thread = threading.Thread(target=tidy)
    thread.start()
    try:
        assert held.wait(60)
        threading.Timer(0.2, waited.set).start()
        with hold(file, run_id="run", since=SINCE):
            order.append("run")
            with (
                pytest.raises(BusyError, match="run run"),
                hold(file, run_id="prune", since=SINCE, is_brief=True),
            ):
                pass
    finally:
        waited.set()
        thread.join()
    assert order == ["tidied", "run"]


def test_patience_with_one_who_tidies_up_ends(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(lock, "_BRIEF_WAIT_S", 0.05)
    file = tmp_path / "x.lock"
    with (
        hold(file, run_id="prune", since="just now", is_brief=True),
        pytest.raises(BusyError, match="run prune"),
        hold(file, run_id="run", since=SINCE),
    ):
        pass


def test_a_holder_that_does_not_say_who_it_is_is_busy_all_the_same(tmp_path: Path):
    file = tmp_path / "x.lock"
    with hold(file, run_id="first", since=SINCE):
        file.write_text("no json")
        with pytest.raises(BusyError, match="another process"), hold(file, run_id="b", since=SINCE):
            pass
