"""Export files that lie where a shop's file says, as people and carts leave them there."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from analysis.errors import ParameterError
from analysis.ingest.digests import content_digest
from analysis.ingest.sources import import_sources, look
from analysis.shop import read_shop

CRM = [sys.executable, "-c", "from analysis.cli import main; raise SystemExit(main())"]
SHOP = """\
title: Sources
currency: USD
time_zone: America/New_York
as_of: last_order
source:
  files: {files}
mapping: {{order_id: Nr, customer_id: Client, ordered_at: Date, amount_plus: [Paid]}}
reports: {{}}
"""
OTHER = "{order_id: Order, customer_id: Who, ordered_at: When, amount_plus: [Sum]}"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with a shop `s` whose exports lie in exports/."""
    for folder in ("shops", "data", "exports"):
        (tmp_path / folder).mkdir()
    say(tmp_path, "[exports/*.csv]")
    monkeypatch.setenv("ANALYSIS_HOME", str(tmp_path))
    return tmp_path


def say(home: Path, files: str) -> None:
    (home / "shops" / "s.yaml").write_text(SHOP.format(files=files))


def leave(home: Path, name: str, *orders: str, header: str = "Nr,Client,Date,Paid", age: int = 60):
    """Leave a file as a cart would have written it a minute ago."""
    file = home / "exports" / name
    file.write_text("\n".join([header, *orders]) + "\n")
    moment = time.time() - age
    os.utime(file, (moment, moment))
    return file


def crm(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([*CRM, *arguments], capture_output=True, text=True, check=False)


def orders(home: Path) -> dict[str, int]:
    file = home / "data" / "s" / "current" / "orders.parquet"
    return dict(duckdb.sql(f"SELECT order_id, amount_minor FROM '{file}' ORDER BY 1").fetchall())


def fresh(home: Path) -> list[str]:
    return [given.file.name for given in look(read_shop("s")).fresh]


def test_what_lies_there_is_imported_and_only_once(home: Path):
    leave(home, "may.csv", "1,a,2024-05-01,10.00")
    leave(home, "june.csv", "2,b,2024-06-01,20.00")
    done = crm("import", "--shop", "s")
    assert (done.returncode, done.stderr) == (0, "")
    assert "s: orders from may.csv: 1 rows read = 1 accepted + 0 set aside" in done.stdout
    assert orders(home) == {"1": 1000, "2": 2000}
    version = (home / "data" / "s" / "current").resolve()
    again = crm("import", "--shop", "s")
    assert again.stdout == "s: nothing new, 2 files are imported as they are\n"
    leave(home, "july.csv", "3,b,2024-07-01,30.00")
    assert "july.csv" in (more := crm("import", "--shop", "s").stdout)
    assert "may.csv" not in more
    assert orders(home) == {"1": 1000, "2": 2000, "3": 3000}
    assert (home / "data" / "s" / "current").resolve() != version


def test_an_unchanged_file_is_not_even_opened(home: Path):
    file = leave(home, "may.csv", "1,a,2024-05-01,10.00")
    import_sources("s")
    file.chmod(0)
    if os.access(file, os.R_OK):  # root reads everything: then take the content away
        stamp = file.stat()
        file.write_bytes(b"\0" * stamp.st_size)
        os.utime(file, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert import_sources("s").unchanged == 1
    assert orders(home) == {"1": 1000}


def test_a_file_that_was_touched_or_renamed_is_the_same(home: Path):
    file = leave(home, "may.csv", "1,a,2024-05-01,10.00")
    import_sources("s")
    version = (home / "data" / "s" / "current").resolve()
    moved = file.rename(file.with_name("2024-05.csv"))
    os.utime(moved, (time.time() - 30,) * 2)
    assert import_sources("s").unchanged == 1
    assert (home / "data" / "s" / "current").resolve() == version


def test_a_file_that_was_imported_by_hand_lives_with_those_of_the_patterns(home: Path):
    by_hand = home / "old.csv"
    by_hand.write_text("Nr,Client,Date,Paid\n0,z,2024-04-01,5.00\n")
    assert crm("import", "--shop", "s", str(by_hand)).returncode == 0
    leave(home, "may.csv", "1,a,2024-05-01,10.00")
    import_sources("s")
    assert orders(home) == {"0": 500, "1": 1000}
    record = json.loads((home / "data" / "s" / "current" / "import.json").read_text())
    assert [entry["digest"] for entry in record["files"]] == [
        content_digest(by_hand),
        content_digest(home / "exports" / "may.csv"),
    ]
    (home / "exports" / "old.csv").write_bytes(by_hand.read_bytes())
    os.utime(home / "exports" / "old.csv", (time.time() - 60,) * 2)
    assert fresh(home) == []


def test_other_content_under_the_same_name_joins_what_was_there(home: Path):
    leave(home, "orders.csv", "1,a,2024-05-01,10.00", "2,b,2024-05-02,20.00")
    import_sources("s")
    leave(home, "orders.csv", "2,b,2024-05-02,25.00", "3,c,2024-05-03,30.00", age=50)
    import_sources("s")
    assert orders(home) == {"1": 1000, "2": 2500, "3": 3000}
    (home / "exports" / "orders.csv").unlink()
    gone = crm("import", "--shop", "s")
    assert gone.returncode == 3
    assert "No file lies where source.files of shops/s.yaml looks for exports" in gone.stderr
    assert orders(home) == {"1": 1000, "2": 2500, "3": 3000}


def test_files_are_read_again_once_the_shop_says_otherwise_how_to(home: Path):
    leave(home, "may.csv", "1,a,2024-05-01,10.00,3.00", header="Nr,Client,Date,Paid,Post")
    import_sources("s")
    assert orders(home) == {"1": 1000}
    file = home / "shops" / "s.yaml"
    file.write_text(file.read_text().replace("[Paid]", "[Paid, Post]"))
    import_sources("s")
    assert orders(home) == {"1": 1300}
    assert fresh(home) == []
    assert crm("import", "--shop", "s", "--fresh").stdout.startswith("s: orders from may.csv")


def test_patterns_say_how_their_files_are_read(home: Path):
    say(home, f"[exports/*.csv, {{pattern: exports/other*.csv, mapping: {OTHER}}}]")
    leave(home, "may.csv", "1,a,2024-05-01,10.00")
    leave(home, "other_may.csv", "7,q,2024-05-01,70.00", header="Order,Who,When,Sum")
    assert len(import_sources("s").files) == 2
    assert orders(home) == {"1": 1000, "7": 7000}
    say(home, "[exports/may.csv, {pattern: exports/other*.csv, format: shopify_orders}]")
    wrong = crm("import", "--shop", "s")
    assert wrong.returncode == 3
    assert "other_may.csv has the columns Order, Who, When, Sum" in wrong.stderr
    assert orders(home) == {"1": 1000, "7": 7000}


def test_a_file_that_is_being_written_waits_and_is_named(home: Path):
    leave(home, "may.csv", "1,a,2024-05-01,10.00")
    growing = home / "exports" / "june.csv"
    code = (
        "import os, sys, time; file = open(sys.argv[1], 'a', buffering=1)\n"
        "file.write('Nr,Client,Date,Paid\\n'); print(flush=True)\n"
        "for number in range(10_000):\n"
        "    file.write(f'{number},b,2024-06-01,20.00\\n'); time.sleep(0.02)\n"
        # As a copy that keeps the times of what it copies: only the size tells.
        "    os.utime(sys.argv[1], (1, 1))"
    )
    with subprocess.Popen([sys.executable, "-c", code, growing], stdout=subprocess.PIPE) as writer:
        writer.stdout.readline()
        try:
            brought = import_sources("s")
        finally:
            writer.kill()
    assert (brought.files, brought.waiting) == (("exports/may.csv",), ("exports/june.csv",))
    assert orders(home) == {"1": 1000}


def test_a_file_that_was_written_just_now_waits_unless_a_person_can(home: Path):
    leave(home, "may.csv", "1,a,2024-05-01,10.00", age=-2)
    assert import_sources("s").waiting == ("exports/may.csv",)
    assert not (home / "data" / "s" / "current").exists()
    assert crm("import", "--shop", "s").returncode == 0
    assert orders(home) == {"1": 1000}


def test_a_time_of_a_wrong_clock_does_not_keep_a_file_waiting(home: Path):
    leave(home, "may.csv", "1,a,2024-05-01,10.00", age=-10_000_000)
    assert import_sources("s").files == ("exports/may.csv",)


def test_hidden_files_and_folders_are_no_exports(home: Path):
    leave(home, "may.csv", "1,a,2024-05-01,10.00")
    leave(home, ".june.csv", "half a fi")
    (home / "exports" / "old.csv").mkdir()
    assert fresh(home) == ["may.csv"]


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("files: []", r"source\.files of shops/s\.yaml == \[\], must be patterns such as"),
        ("files: [7]", "has the entry 7, must be a pattern such as exports/"),
        ("files: [{patern: a}]", "unknown key 'patern': did you mean 'pattern'"),
        ("files: [{format: a}]", r"an entry without a pattern such as exports/\*\.csv"),
        ("files: [{pattern: a, format: b, mapping: {}}]", "says both format and mapping of a"),
        ("files: [{pattern: a, mapping: b}]", "mapping of a in .* == 'b', must be keys and values"),
        ("files: [a]\n  importer: cdnow", "names both files and importer: leave one of them out"),
        ("fils: [a]", r"source of shops/s\.yaml has the unknown key 'fils': did you mean 'files'"),
    ],
)
def test_a_source_that_cannot_be_meant_is_refused_with_what_to_write(home: Path, source, why):
    file = home / "shops" / "s.yaml"
    file.write_text(file.read_text().replace("files: [exports/*.csv]", source))
    with pytest.raises(ParameterError, match=why):
        read_shop("s")


def test_a_pattern_needs_no_folder_of_its_own_in_the_home(home: Path, tmp_path_factory):
    outside = tmp_path_factory.mktemp("else[w]here")
    leave(home, "may.csv", "1,a,2024-05-01,10.00").rename(outside / "may.csv")
    escaped = str(outside).replace("[w]", "[[]w]")
    say(home, f"'{escaped}/*.csv'")
    assert import_sources("s").files == (str(outside / "may.csv"),)
