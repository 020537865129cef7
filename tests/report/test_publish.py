import fcntl
import json
import os
import stat
import tempfile
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from analysis.report.lock import hold
from analysis.report.private import private_folder, sweep
from analysis.report.publish import (
    lock_file,
    point_latest,
    publish,
    rebuild_index,
    settle_latest,
    work_folder,
)


def fill(folder: Path, text: str = "page") -> None:
    (folder / "index.html").write_text(text)


def test_the_work_folder_is_private_and_gone_afterwards(tmp_path: Path):
    with work_folder(tmp_path, "one") as folder:
        assert folder == tmp_path / ".work" / "one"
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        fill(folder)
    assert not folder.exists()


def test_the_work_folder_is_gone_after_an_error(tmp_path: Path):
    with pytest.raises(FileNotFoundError), work_folder(tmp_path, "one") as folder:
        fill(folder / "nowhere")
    assert not folder.exists()


@pytest.mark.parametrize("alive", [False, True])
def test_a_work_folder_is_swept_when_its_run_is_dead(tmp_path: Path, alive):
    reports = tmp_path / "reports"
    folder = reports / ".work" / "someone"
    folder.mkdir(parents=True)
    (folder / "notebook.ipynb").touch()
    handle = os.open(folder, os.O_RDONLY)
    if alive:
        fcntl.flock(handle, fcntl.LOCK_EX)
    with work_folder(reports, "another"):
        pass
    os.close(handle)
    assert folder.exists() is alive


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o755), (0o027, 0o750), (0o077, 0o700)])
def test_what_is_published_may_be_read_as_the_umask_says(tmp_path: Path, umask, mode):
    before = os.umask(umask)
    try:
        with work_folder(tmp_path, "one") as folder:
            fill(folder)
            target = publish(folder, tmp_path / "shop" / "report" / "one", good=True)
    finally:
        os.umask(before)
    assert stat.S_IMODE(target.stat().st_mode) == mode
    assert stat.S_IMODE((target / "index.html").stat().st_mode) == mode & 0o666
    assert (target / "index.html").read_text() == "page"


def test_only_a_good_run_becomes_the_latest(tmp_path: Path):
    home = tmp_path / "shop" / "report"
    for name, good in (("one", True), ("two", False), ("three", True), ("four", False)):
        with work_folder(tmp_path, name) as folder:
            fill(folder)
            publish(folder, home / name, good=good)
    assert (home / "latest").readlink() == Path("three")
    assert sorted(path.name for path in home.iterdir()) == ["four", "latest", "one", "three", "two"]


def test_a_run_never_takes_the_place_of_another(tmp_path: Path):
    home = tmp_path / "shop" / "report"
    for text in ("first", "second"):
        with work_folder(tmp_path, "one") as folder:
            fill(folder, text)
            if text == "first":
                publish(folder, home / "one", good=True)
            else:
                with pytest.raises(OSError, match="not empty"):
                    publish(folder, home / "one", good=True)
    assert (home / "latest" / "index.html").read_text() == "first"


def test_latest_leads_somewhere_at_every_moment(tmp_path: Path):
    home, enough = tmp_path / "report", threading.Event()
    for name in ("one", "two"):
        (home / name).mkdir(parents=True)
        fill(home / name, name)
    point_latest(home / "one")

    def flip():
        for turn in range(100_000):
            if enough.is_set():
                break
            point_latest(home / ("two" if turn % 2 else "one"))

    seen = Counter()
    with ThreadPoolExecutor() as pool:
        flipping = pool.submit(flip)
        try:
            while not flipping.done() and (seen.total() < 300 or len(seen) < 2):
                seen[(home / "latest" / "index.html").read_text()] += 1
        finally:
            enough.set()
    flipping.result()
    assert seen.keys() == {"one", "two"}
    assert sorted(path.name for path in home.iterdir()) == ["latest", "one", "two"]


def put(reports: Path, name: str, outcome: str = "ok", **more: object) -> Path:
    run = reports / "shop" / "report" / name
    run.mkdir(parents=True)
    fill(run)
    (run / "run.json").write_text(json.dumps({"outcome": outcome, **more}))
    return run


def test_latest_is_settled_where_a_process_died_or_the_clock_was_wrong(tmp_path: Path):
    put(tmp_path, "2024-01-01--20240102T000000Z--0")
    newest = put(tmp_path, "2024-01-02--20240103T000000Z--0")
    put(tmp_path, "2024-01-03--20240104T000000Z--0", outcome="notebook_error")
    put(tmp_path, "2024-01-03--20240104T000001Z--0", what_if=["weeks"])
    mistaken = put(tmp_path, "2999-01-01--29990102T000000Z--0")
    home = mistaken.parent
    (home / f".latest.{newest.name}").symlink_to(newest.name)
    point_latest(mistaken)
    with hold(lock_file(tmp_path, "shop", "report"), run_id="a run", since="now"):
        settle_latest(tmp_path)
    assert (home / "latest").readlink() == Path(mistaken.name)  # left to the run
    settle_latest(tmp_path)
    assert (home / "latest").readlink() == Path(newest.name)
    assert not list(home.glob(".latest.*"))


def test_files_that_never_came_to_their_place_are_gone_with_the_next_index(tmp_path: Path):
    (tmp_path / ".locks").mkdir()
    (tmp_path / "shop").mkdir()
    left = [tmp_path / ".index-a.html", tmp_path / "shop" / ".index-b.html"]
    for file in left:
        file.write_text("half a pa")
    rebuild_index(tmp_path)
    assert [file for file in left if file.exists()] == []
    assert (tmp_path / "index.html").exists()


def test_private_folders_of_the_dead_are_swept_and_those_in_use_are_not(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    dead = tmp_path / "crm-sockets-dead"
    dead.mkdir()
    (dead / "kernel.json").touch()
    with private_folder() as folder:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert list(tmp_path.iterdir()) == [folder]
        sweep()
        assert folder.exists()
    assert list(tmp_path.iterdir()) == []
