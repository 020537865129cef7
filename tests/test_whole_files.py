"""Files appear whole or not at all, and are read by whom the umask lets."""

import os
import stat
from pathlib import Path

import pytest

from analysis.whole_files import write_whole


@pytest.fixture(params=[0o022, 0o027, 0o077], ids=oct)
def umask(request):
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_who_may_read_a_file_is_for_the_umask_to_say(tmp_path: Path, umask: int) -> None:
    file = tmp_path / "shop" / "index.html"
    for text in ("before", "after: 日本"):
        write_whole(file, text)
        assert file.read_text("utf-8") == text
        assert mode(file) == 0o666 & ~umask
    assert mode(file.parent) == 0o777 & ~umask


def test_a_private_file_is_its_owners_alone(tmp_path: Path, umask: int) -> None:
    file = tmp_path / "private" / "list.csv"
    write_whole(file, b"\x82\xa0", is_private=True)
    assert file.read_bytes() == b"\x82\xa0"
    assert (mode(file), mode(file.parent)) == (0o600, 0o700)


def test_where_the_disk_is_full_the_former_file_stays_alone(tmp_path: Path, monkeypatch) -> None:
    file = tmp_path / "index.html"
    write_whole(file, "before")

    def full(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(file, "after")
    assert [path.name for path in tmp_path.iterdir()] == ["index.html"]
    assert file.read_text() == "before"
