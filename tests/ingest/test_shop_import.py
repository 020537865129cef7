import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from analysis.errors import DataError, ParameterError
from analysis.ingest import import_shop, publication, shop_import
from analysis.locked_folder import locked_folder
from analysis.shop import open_shop, read_shop, tables_folder


def read(home: Path, table: str, shop: str = "tiny") -> list[tuple]:
    file = home / "data" / shop / "current" / f"{table}.parquet"
    return duckdb.sql(f"SELECT * FROM '{file}'").fetchall()


def test_rows_are_accepted_or_set_aside_with_file_row_and_reason(home: Path) -> None:
    (home / "tiny.txt").write_text(
        " customer_id  date number_of_cds  dollar_value\n"
        " 00001 19970101  1   11.77\n"
        "\n"
        " 00002 19970230  1   12.00\n"
        " 00002 0002 19970112  1   12.00\n"
        " 00003 19970112  1   much\n"
        " 00003 19970112  1   -1.00\n"
        " 00004 19970112\n"
        " 00005 19970113  2    0.00\n"
    )
    (balance,) = import_shop("tiny")
    assert balance[:6] == (
        "orders",
        "tiny.txt",
        7,
        3,
        4,
        {
            "amount is negative": 1,
            "amount is no number": 1,
            "day is no date": 1,
            "not four or five columns": 1,
        },
    )
    assert [row[1:3] for row in read(home, "set_aside")] == [
        ("tiny.txt", 4),
        ("tiny.txt", 6),
        ("tiny.txt", 7),
        ("tiny.txt", 8),
    ]
    assert [(row[1], row[3]) for row in read(home, "orders")] == [
        ("00001", 1177),
        ("00002", 1200),
        ("00005", 0),
    ]


def test_days_add_up_the_orders_of_a_customer(home: Path, make_shop: Callable) -> None:
    day = date(2024, 3, 1)
    make_shop("days", [("a", day, 0.1), ("a", day, 0.2), ("b", day, 5.0), ("a", day, 0.0)])
    assert read(home, "customer_day", "days") == [
        (1, day, "one_off", 1, day, 1, 1, 3, 30),
        (2, day, "one_off", 1, day, 1, 1, 1, 500),
    ]
    assert read(home, "customer_keys", "days") == [(1, "a"), (2, "b")]


def test_yen_have_no_decimals(home: Path) -> None:
    file = home / "shops" / "tiny.yaml"
    file.write_text(file.read_text().replace("currency: USD", "currency: JPY"))
    (home / "tiny.txt").write_text("a 20240101 1 4980\na 20240102 1 4980.00\nb 20240101 1 49.80\n")
    (balance,) = import_shop("tiny")
    assert balance.reasons == {"amount has more decimals than the currency": 1}
    assert [row[3] for row in read(home, "orders")] == [4980, 4980]


def test_same_source_gives_the_same_fingerprint(home: Path) -> None:
    first = open_shop("tiny").record["fingerprint"]
    import_shop("tiny")
    assert open_shop("tiny").record["fingerprint"] == first
    with (home / "tiny.txt").open("a") as file:
        file.write("c99999 20240201 1 1.00\n")
    import_shop("tiny")
    assert open_shop("tiny").record["fingerprint"] != first


def test_source_without_a_good_row_leaves_the_former_tables(home: Path) -> None:
    before = tables_folder("tiny")
    (home / "tiny.txt").write_text("no purchases here\n")
    with pytest.raises(DataError, match=r"No row of tiny\.txt can be accepted .* tables stay"):
        import_shop("tiny")
    (home / "tiny.txt").write_text("")
    with pytest.raises(DataError, match=r"No row of tiny\.txt can be accepted"):
        import_shop("tiny")
    assert tables_folder("tiny") == before
    assert open_shop("tiny")


def test_interrupted_import_leaves_the_former_tables(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = tables_folder("tiny")

    def interrupted(_folder: Path) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(publication, "fingerprint", interrupted)
    with pytest.raises(KeyboardInterrupt):
        import_shop("tiny")
    assert tables_folder("tiny") == before
    assert len([path for path in before.parent.iterdir() if not path.is_symlink()]) == 1


def listed(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_old_versions_are_removed_but_for_the_current_and_the_one_before(home: Path) -> None:
    folder = home / "data/tiny"
    for _ in range(3):
        before = tables_folder("tiny")
        import_shop("tiny")
        assert listed(folder) == {"current", before.name, tables_folder("tiny").name}


def test_an_open_shop_keeps_its_version_through_any_number_of_imports(home: Path) -> None:
    reader = open_shop("tiny")
    version = tables_folder("tiny")
    expected = reader.reduce("orders_by_type")
    for _ in range(3):
        import_shop("tiny")
    pd.testing.assert_frame_equal(reader.reduce("orders_by_type"), expected)
    reader.engine.close()
    import_shop("tiny")
    assert not version.exists()


def test_an_import_removes_nothing_but_versions(home: Path) -> None:
    folder = home / "data/tiny"
    own = ["2024/raw.csv", "exports/a.csv", "20240101T000000000000-1/a.csv", ".notes/a.txt"]
    for name in own:
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text("mine")
    for _ in range(3):
        import_shop("tiny")
    assert [name for name in own if not (folder / name).exists()] == []
    assert open_shop("tiny")


def test_a_clock_that_was_ahead_does_not_cost_the_new_version(home: Path) -> None:
    folder = home / "data/tiny"
    for year in (2098, 2099):
        shutil.copytree(tables_folder("tiny"), folder / f"{year}0101T000000999999-7")
    (home / "tiny.txt").write_text("a 19970101 1 11.77\n")
    import_shop("tiny")
    assert tables_folder("tiny").name.startswith("20990101T000001000000-")
    assert read(home, "orders")[0][1] == "a"
    import_shop("tiny")
    assert tables_folder("tiny").name.startswith("20990101T000001000001-")


def test_what_a_killed_import_left_goes_with_the_next(home: Path) -> None:
    folder = home / "data/tiny"
    (folder / ".import-dead/version").mkdir(parents=True)
    with locked_folder(folder, prefix=".import-") as living:
        import_shop("tiny")
        assert living.is_dir()
    assert not (folder / ".import-dead").exists()


def test_missing_package_is_named(home: Path) -> None:
    file = home / "shops" / "tiny.yaml"
    file.write_text(
        file.read_text().replace(
            "  file: tiny.txt", "  package: no_such_data\n  distribution: no-such-data\n  file: a"
        )
    )
    with pytest.raises(DataError, match="'no-such-data', which is not installed: install it with"):
        import_shop("tiny")


def test_missing_file_is_named(home: Path) -> None:
    (home / "tiny.txt").unlink()
    with pytest.raises(DataError, match=r"imported from tiny\.txt, which is not there"):
        import_shop("tiny")


def test_unknown_importer_is_named(home: Path) -> None:
    file = home / "shops" / "tiny.yaml"
    file.write_text(file.read_text().replace("importer: cdnow", "importer: shopfiy"))
    with pytest.raises(ParameterError, match=r"source\.importer of shops/tiny\.yaml == 'shopfiy'"):
        import_shop("tiny")


def test_source_is_found_without_importing_the_package(samples: Path) -> None:
    file = shop_import.source_file(read_shop("groceries"))
    assert file.name == "transactions.parquet"


def test_import_record_lies_beside_the_tables(home: Path) -> None:
    record = json.loads((home / "data/tiny/current/import.json").read_text())
    (balance,) = record["balance"]
    assert balance["rows_read"] == balance["rows_accepted"] + balance["rows_set_aside"] > 0


def test_other_home_has_no_data(home: Path, tmp_path: Path, monkeypatch) -> None:
    other = tmp_path / "other"
    shutil.copytree(home / "shops", other / "shops")
    monkeypatch.setenv("ANALYSIS_HOME", str(other))
    with pytest.raises(DataError, match="has no data yet"):
        open_shop("tiny")
