import subprocess
from pathlib import Path

from analysis.report.facts import code_state, versions


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    command = ["git", "-C", str(folder), *identity, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_versions_name_what_a_number_depends_on():
    found = versions()
    assert {"python", "analysis", "pandas", "numpy", "scipy", "duckdb", "lifetimes"} <= found.keys()
    assert all(found.values())


def test_the_commit_and_whether_it_was_changed(tmp_path: Path):
    git(tmp_path, "init")
    (tmp_path / "file").touch()
    assert code_state.__wrapped__(tmp_path) == (None, True)
    git(tmp_path, "add", "file")
    git(tmp_path, "commit", "-m", "first")
    assert code_state.__wrapped__(tmp_path) == (git(tmp_path, "rev-parse", "HEAD"), False)
    (tmp_path / "file").write_text("changed")
    assert code_state.__wrapped__(tmp_path)[1] is True


def test_the_commit_of_another_project_around_it_is_not_ours(tmp_path: Path):
    git(tmp_path, "init")
    git(tmp_path, "commit", "--allow-empty", "-m", "first")
    (tmp_path / "lib").mkdir()
    assert code_state.__wrapped__(tmp_path / "lib") == (None, False)
    assert code_state.__wrapped__(tmp_path / "nowhere") == (None, False)
