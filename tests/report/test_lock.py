import json
import os
from pathlib import Path

import pytest

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


def test_a_holder_that_does_not_say_who_it_is_is_busy_all_the_same(tmp_path: Path):
    file = tmp_path / "x.lock"
    with hold(file, run_id="first", since=SINCE):
        file.write_text("no json")
        with pytest.raises(BusyError, match="another process"), hold(file, run_id="b", since=SINCE):
            pass
