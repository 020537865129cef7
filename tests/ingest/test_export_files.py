"""Whatever the layout: encodings, headers, broken rows, people, and files that overlap."""

import hashlib
import json
import os
import random
import shutil
import signal
import stat
import subprocess
import sys
import time
from datetime import datetime
from functools import partial
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from analysis.cli import main
from analysis.engine import refused_by_engine, workbench
from analysis.errors import DataError, ParameterError
from analysis.ingest import blank_rows as blank_rows_module
from analysis.ingest import export_files, publication
from analysis.ingest.layout_files import list_layouts
from analysis.ingest.people import customer_key
from analysis.shop import open_shop

# Whether so much may be set aside is another question: see test_alarms.
import_files = partial(export_files.import_files, accept=True)

MAPPING = """\
mapping:
  order_id: Order No
  customer_id: Client
  ordered_at: Date
  moments: [Changed]
  day_first: true
  amount_plus: [Paid]
  status:
    - column: State
      drop: {void: cancelled}
"""
PAID = {
    "Email": "a@example.com",
    "Financial Status": "paid",
    "Currency": "USD",
    "Total": "5.00",
    "Created at": "2024-01-01 09:00:00 +0000",
    "Lineitem quantity": "1",
    "Lineitem name": "Tea",
    "Lineitem price": "5.00",
}
HEADER = "Order No,Client,Date,Changed,Paid,State\n"


@pytest.fixture
def mapped(shop: Path) -> Path:
    """A home whose shop `yen` has a layout of its own."""
    file = shop / "shops" / "yen.yaml"
    file.write_text(file.read_text() + MAPPING)
    return shop


def put(home: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    file = home / "files" / name
    file.write_bytes(text.encode(encoding))
    return file


def read(home: Path, table: str, columns: str = "*") -> list[tuple]:
    file = home / "data" / "yen" / "current" / f"{table}.parquet"
    return duckdb.sql(f"SELECT {columns} FROM '{file}'").fetchall()


def test_a_layout_of_the_shop_s_own(mapped: Path) -> None:
    text = HEADER + '1,c1,03/04/2024,,"1,980",ok\n2,c1,31/04/2024,,5,ok\n3,c2,01/05/2024,,7,VOID\n'
    (balance,) = import_files("yen", [put(mapped, "own.csv", text)])
    assert balance.reasons == {"cancelled": 1, "order date is missing or no date": 1}
    assert read(mapped, "orders", "order_id, customer_id, ordered_at, amount_minor") == [
        ("1", "c1", datetime(2024, 4, 3), 1980)
    ]


LINES = "Order No,Client,Date,Changed,Paid,State,Sku,Qty,Total,Less\n"


def with_lines(home: Path, line: str) -> None:
    file = home / "shops" / "yen.yaml"
    file.write_text(f"{file.read_text()}  rows: repeated\n  line: {line}\n")


def test_lines_with_an_amount_in_the_place_of_a_price(mapped: Path) -> None:
    with_lines(mapped, "{product_id: Sku, quantity: Qty, amount: Total, discount: Less}")
    text = LINES + "1,c1,03/04/2024,,90,ok,A,2,60,10\n1,c1,03/04/2024,,90,ok,B,1,40,\n"
    import_files("yen", [put(mapped, "own.csv", text)])
    assert read(mapped, "order_lines", "order_id, product_id, quantity, amount_minor") == [
        ("1", "A", 2, 50),
        ("1", "B", 1, 40),
    ]
    assert read(mapped, "baskets", "sum(amount_minor)") == [(90,)]


@pytest.mark.parametrize(
    ("line", "lacks"),
    [
        ("{product_id: Sku, quantity: Qty, amount: Sum}", "lacks Sum"),
        ("{product_id: Sku, quantity: Qty, amount: Total, product_name: Name}", "lacks Name"),
        ("{product_id: Sku, quantity: Qty, amount: Total, packed: 'item_*'}", r"lacks item_\*"),
    ],
)
def test_a_named_column_of_the_lines_must_be_there(mapped: Path, line: str, lacks: str) -> None:
    with_lines(mapped, line)
    text = LINES + "1,c1,03/04/2024,,90,ok,A,2,60,10\n"
    with pytest.raises(DataError, match=lacks):
        import_files("yen", [put(mapped, "own.csv", text)])


def test_minor_units_decimal_commas_and_a_zone(shop: Path) -> None:
    file = shop / "shops" / "usd.yaml"
    base = file.read_text() + "mapping: {order_id: A, customer_id: B, ordered_at: C, amount_plus: D"
    text = "A;B;C;D\n1;x;2024-05-01 23:30;1.234,50\n"
    file.write_text(base + ', decimal: ",", zone: UTC}\n')
    import_files("usd", [put(shop, "a.csv", text)])
    orders = f"SELECT ordered_at, amount_minor FROM '{shop}/data/usd/current/orders.parquet'"
    assert duckdb.sql(orders).fetchall() == [(datetime(2024, 5, 2, 8, 30), 123450)]
    file.write_text(base + ", unit: minor}\n")
    import_files("usd", [put(shop, "b.csv", "A\tB\tC\tD\n1\tx\t2024-06-01\t1234\n")])
    assert duckdb.sql(orders).fetchall() == [(datetime(2024, 6, 1), 1234)]


@pytest.mark.parametrize(
    ("encoding", "end"),
    [("utf-8", "\n"), ("utf-8-sig", "\r\n"), ("cp932", "\r\n"), ("utf-16", "\r\n")],
)
def test_encodings_and_line_ends_give_the_same(mapped: Path, encoding: str, end: str) -> None:
    text = HEADER + '1,"髙﨑①\r\n㈱",2024-04-03,,1980,ok\n2,~表\\,2024-04-03,,5,ok\n'
    (balance,) = import_files("yen", [put(mapped, "a.csv", text.replace("\n", end), encoding)])
    assert balance.rows_accepted == 2
    names = [row[1].replace("\r", "").replace("\n", "") for row in read(mapped, "customer_keys")]
    assert sorted(names) == ["~表\\", "髙﨑①㈱"]


def test_an_undecodable_byte_is_named(mapped: Path) -> None:
    file = mapped / "files" / "bad.csv"
    lines = [HEADER.encode(), *[b"1,\x82\xa0,2024-04-03,,1,ok\n"] * 300_000, b"2,\xff,,,,\n"]
    file.write_bytes(b"".join(lines))
    where = sum(map(len, lines[:-1])) + 2
    expected = (  # Python's own codec would take 0xff for a character of nobody's
        r"bad\.csv is neither utf-8 \(byte 0x82 in line 2, at position \d+\), nor cp932 "
        rf"\(byte 0xff in line 300002, at position {where:,}\): export it again as UTF-8"
    )
    with pytest.raises(DataError, match=expected):
        import_files("yen", [file])
    assert not (mapped / "data/yen/current").exists()


def test_broken_rows_are_numbered_as_in_the_file(mapped: Path) -> None:
    text = (
        HEADER
        + "1,c1,2024-04-03,,1,ok\n2,short\n3,c1,2024-04-03,,1,ok\n4,c,c,c,c,c,c,c\n"
        + "5,c1,soon,,1,ok\n"
        + '6,"a\nb",never,,1,ok\n7,c1,2024-04-03,,"1,ok\n'
    )
    (balance,) = import_files("yen", [put(mapped, "a.csv", text)])
    assert (balance.rows_read, balance.rows_accepted) == (7, 2)
    broken = "row has another number of cells, or an open quote"
    assert read(mapped, "set_aside", "row_no, reason, content") == [
        (3, broken, ""),
        (5, broken, ""),
        (6, "order date is missing or no date", "5 xxxx 9"),
        (7, "order date is missing or no date", "6 xxxxx 9"),
        (8, broken, ""),
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_blank_lines_are_counted_as_a_spreadsheet_does(mapped: Path, end: str) -> None:
    text = (
        HEADER
        + "\n1,c1,soon,,1,ok\n\n\n2,short\n\n"
        + '3,"a\n\nb",soon,,1,ok\n4,c1,2024-04-03,,1,ok\n\n5,c1,soon,,1,ok\n\n\n'
    )
    (balance,) = import_files("yen", [put(mapped, "a.csv", text.replace("\n", end))])
    assert (balance.rows_read, balance.rows_accepted) == (5, 1)
    rows = read(mapped, "set_aside", "row_no, split(content, ' ')[1]")
    assert rows == [(3, "1"), (6, "2"), (8, "3"), (11, "5")]


def test_blank_lines_may_lie_anywhere_in_a_file_read_in_blocks(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(blank_rows_module, "_BLOCK", 3)
    rng = random.Random(1)
    for _ in range(50):
        end = rng.choice(["\n", "\r\n"])
        rows = [rng.choice(["a,b", "", f'"x{end}{end}""",c', '"",d']) for _ in range(12)]
        file = tmp_path / "a.csv"
        file.write_bytes(f"h,i{end}{end.join(rows)}{end}".encode())
        expected = [number for number, row in enumerate(rows, start=2) if not row]
        assert blank_rows_module.blank_rows(file) == expected


def test_cells_that_spreadsheets_would_run_stay_text(mapped: Path) -> None:
    rows = [f"{mark}1+1,{mark}cmd|x,2024-04-03,,1,ok" for mark in "=+-"]
    import_files("yen", [put(mapped, "a.csv", HEADER + "\n".join(rows) + "\n")])
    found = sorted(read(mapped, "orders", "order_id, customer_id"))
    assert found == [("+1+1", "+cmd|x"), ("-1+1", "-cmd|x"), ("=1+1", "=cmd|x")]


def test_an_unknown_header_names_the_nearest_format(shop: Path) -> None:
    file = put(shop, "x.csv", "Name,Email,Created at,Total,Currency,Cancelled at,Paid at\n")
    with pytest.raises(DataError) as refusal:
        import_files("yen", [file])
    text = str(refusal.value)
    assert "x.csv has the columns Name, Email, Created at, Total, Currency, Cancelled at" in text
    assert "the nearest format, Shopify orders (shopify_orders), lacks Financial Status, " in text
    assert "Lineitem quantity" in text
    assert "mapping:" in text
    assert len(text.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "code", "why"),
    [
        (["--format", "shopfy_orders", "FILE"], 2, "did you mean 'shopify_orders'?"),
        (["--format", "eccube_orders", "FILE"], 3, "EC-CUBE 4 orders (eccube_orders), lacks"),
        (["nowhere.csv"], 3, "nowhere.csv is no file"),
        (["--format", "shopify_orders"], 2, "without a file"),
        ([], 2, "shops/yen.yaml names no source: name export files"),
        (["--shop", "usd", "FILE"], 2, "2 shops, but export files belong to one"),
    ],
)
def test_wrong_requests_get_one_line(shop: Path, capsys, arguments, code, why) -> None:
    file = put(shop, "x.csv", "a,b\n1,2\n")
    given_arguments = [str(file) if word == "FILE" else word for word in arguments]
    assert main(["import", "--shop", "yen", *given_arguments]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert why in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    ("mapping", "why"),
    [
        ("{order_id: A, customerid: B}", "unknown key 'customerid': did you mean 'customer_id'"),
        ("{order_id: A, customer_id: B}", "must name the columns order_id, ordered_at"),
        ("{order_id: A, customer_id: B, ordered_at: C, amount_plus: D, unit: cents}", "unit of"),
        ("{line: {price: A}}", "but no order_id"),
        ("{unit: cents}", "unit of mapping"),
        ("{zone: Nowhere}", "zone of mapping"),
        ("{zone: 5}", "zone of mapping .* == 5, must be a text"),
        ("[a]", "must be keys and values"),
        ("{order_id: No}", "order_id of mapping .* == False, .* put it in quotes, 'No' or 'Off'"),
        ("{order_id: [A, ~]}", "order_id of mapping .* == None, must be a text: put it in quotes"),
        ("{order_id: A, amount_plus: [Yes]}", "amount_plus of mapping .* == True, .* 'Yes'"),
        ("{order_id: A, line: {quantity: On}}", "quantity in line of mapping .* == True"),
        ("{order_id: A, status: {column: B, drop: [void]}}", r"drop in status .* == \['void'\]"),
        ("{order_id: A, status: {column: B, drop: {No: void}}}", "drop in status .* == False"),
        ("{order_id: A, status: {column: B, drop: {a: [b]}}}", r"drop in status .* == \['b'\]"),
        ("{order_id: A, coupon_key: 5}", "coupon_key of mapping .* == 5, must be a text"),
    ],
)
def test_a_wrong_mapping_is_refused(shop: Path, mapping: str, why: str) -> None:
    file = shop / "shops" / "yen.yaml"
    file.write_text(f"{file.read_text()}mapping: {mapping}\n")
    with pytest.raises(ParameterError, match=why):
        import_files("yen", [put(shop, "x.csv", "A,B,C,D\n1,2,2024-01-01,4\n")])


def test_empty_files_are_refused(mapped: Path) -> None:
    with pytest.raises(DataError, match="is empty"):
        import_files("yen", [put(mapped, "a.csv", "")])
    with pytest.raises(DataError, match=r"No order or customer can be read from a\.csv \(0 rows"):
        import_files("yen", [put(mapped, "a.csv", HEADER)])


def everything_in(folder: Path) -> str:
    texts = []
    for file in folder.rglob("*"):
        if file.suffix == ".parquet":
            texts.append(repr(duckdb.sql(f"SELECT * FROM '{file}'").fetchall()))
        elif file.is_file():
            texts.append(file.read_bytes().decode("latin-1"))
    return "\n".join(texts)


def test_no_person_is_found_in_what_an_import_writes(
    shop: Path, write_export, planted_people, capfd
) -> None:
    mail, phone = planted_people["mail"], planted_people["phone"]
    odd = {
        # An address where a number, a source or a date is expected.
        "shopify_orders": {"Name": mail, "Created at": phone},
        "eccube_orders": {"会員ID": mail, "受注日": "2024-05-01 00:00:00", "注文番号": "1",
                          "対応状況(ID)": "5", "支払合計": "10", "小計": "0", "明細区分(ID)": "2"},
        "ecforce_orders": {"受注番号": "E1", "顧客番号": "7", "受注日": "2024/05/01 10:00",
                           "支払い合計": "10", "広告主名": mail},
        "rakuten_orders": {"注文番号": "2", "ステータス": "700", "単価": "9", "個数": "1",
                           "注文日時": "2024-05-01 10:00:00", "合計金額": "9", "商品管理番号": "t"},
        "woocommerce_orders": {"order_id": "3", "order_number": "3", "status": "completed",
                               "order_date": mail, "order_total": phone},
    }  # fmt: skip
    files = []
    for layout in (name for name, one in list_layouts().items() if not one.unreadable):
        plain = write_export(layout, [odd.get(layout, {}), {}])
        text = plain.read_text()
        assert any(person in text for person in planted_people.values())
        too_long = ",".join([mail, phone] * 100)
        files += [plain, put(shop, f"{layout}_broken.csv", f"{text}{too_long}\n")]
    # A column without a single date is refused; what is said of it must not show its cells.
    codes = {main(["import", "--shop", "yen", "--accept", f"{file}"]): file.name for file in files}
    assert set(codes) == {0, 3}, codes
    assert read(shop, "orders", "count(*)") == [(3,)]
    assert len(read(shop, "customers")) >= 1
    said = capfd.readouterr()
    written = everything_in(shop / "data") + said.out + said.err
    for kind, person in planted_people.items():
        assert person not in written, kind
    assert "5555" not in written


def test_the_key_is_made_once_and_for_its_owner(shop: Path) -> None:
    assert customer_key() == customer_key()
    mode = (shop / "data/private/customer_key").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600
    assert stat.S_IMODE((shop / "data/private").stat().st_mode) == 0o700


def test_another_key_is_refused(mapped: Path) -> None:
    file = put(mapped, "a.csv", HEADER + "1,c1,2024-04-03,,1,ok\n")
    import_files("yen", [file])
    (mapped / "data/private/customer_key").unlink()
    with pytest.raises(DataError, match="is not the key of the earlier imports"):
        import_files("yen", [file])
    for text in ("ab", "no hexadecimal digits", "鍵"):
        (mapped / "data/private/customer_key").write_text(text, encoding="utf-8")
        with pytest.raises(DataError, match="holds no key of 32 bytes: restore it"):
            import_files("yen", [file])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_no_names_stay_behind_when_an_import_is_ended(mapped: Path, number: int) -> None:
    row = "{},山田花子,03/04/2024,,5,ok\n".format
    big = put(mapped, "big.csv", HEADER + "".join(map(row, range(200_000))), "cp932")
    private = mapped / "data/private"
    code = "import sys; from analysis.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "import", "--shop", "yen", f"{big}"]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        while not (copies := list(private.rglob("*.utf8"))):
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.002)
        assert stat.S_IMODE(copies[0].stat().st_mode) == 0o600
        process.send_signal(number)
        said = process.stderr.read()
    assert (process.returncode, said) == (-9 if number == signal.SIGKILL else 128 + number, b"")
    if number == signal.SIGKILL:
        import_files("yen", [put(mapped, "small.csv", HEADER + "1,c1,2024-04-03,,1,ok\n")])
    assert [path.name for path in private.iterdir()] == ["customer_key"]


def test_a_later_export_takes_an_order_back_and_an_older_one_does_not_revive_it(
    mapped: Path,
) -> None:
    first = put(mapped, "may.csv", HEADER + "1,a,2024-05-01,,9,ok\n2,b,2024-05-02,,9,ok\n")
    later = put(mapped, "june.csv", HEADER + "1,a,2024-05-01,2024-06-03,9,void\n")
    import_files("yen", [first])
    (balance,) = import_files("yen", [later])
    assert balance.reasons == {"cancelled": 1}
    assert read(mapped, "orders", "order_id") == [("2",)]
    (balance,) = import_files("yen", [first])
    assert balance.reasons == {"the order was exported again later": 1}
    assert read(mapped, "orders", "order_id") == [("2",)]
    record = json.loads((mapped / "data/yen/current/import.json").read_text())
    assert sorted(entry["source"] for entry in record["balance"]) == ["june.csv", "may.csv"]
    assert len(read(mapped, "set_aside")) == 2


def test_two_files_of_the_same_name_keep_their_own_balance(mapped: Path) -> None:
    import_files("yen", [put(mapped, "orders.csv", HEADER + "1,a,2024-05-01,,9,ok\n")])
    text = HEADER + "2,a,2024-05-01,,9,ok\n"
    (balance,) = import_files("yen", [put(mapped, "orders.csv", text)])
    digest = hashlib.blake2b(text.encode(), digest_size=32).hexdigest()
    assert balance.source == f"orders.csv ({digest[:8]})"
    assert len(read(mapped, "orders")) == 2


def test_a_corrected_mapping_takes_effect_when_the_file_is_imported_again(mapped: Path) -> None:
    file = put(mapped, "a.csv", HEADER + "1,a,03/04/2024,,9,ok\n")
    import_files("yen", [file])
    settings_file = mapped / "shops" / "yen.yaml"
    settings_file.write_text(
        settings_file.read_text().replace("day_first: true", "day_first: false")
    )
    import_files("yen", [file])
    assert read(mapped, "orders", "ordered_at") == [(datetime(2024, 3, 4),)]


def test_an_interrupted_import_leaves_the_former_tables(
    mapped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_files("yen", [put(mapped, "a.csv", HEADER + "1,a,2024-05-01,,9,ok\n")])
    before = os.readlink(mapped / "data/yen/current")  # noqa: PTH115

    def interrupted(_folder: Path) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(publication, "fingerprint", interrupted)
    with pytest.raises(KeyboardInterrupt):
        import_files("yen", [put(mapped, "b.csv", HEADER + "2,a,2024-05-01,,9,ok\n")])
    assert os.readlink(mapped / "data/yen/current") == before  # noqa: PTH115
    assert open_shop("yen").engine.tables.keys() >= {"orders", "customer_day"}
    assert [path.name for path in (mapped / "data/private").iterdir()] == ["customer_key"]


ORDER = st.tuples(
    st.integers(1, 4),
    st.sampled_from(["a", "b"]),
    st.sampled_from(["", "2024-06-01", "2024-07-01"]),
    st.integers(0, 3),
    st.sampled_from(["ok", "void"]),
)


@settings(
    max_examples=6,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(files=st.lists(
           st.lists(ORDER, min_size=1, max_size=4, unique_by=lambda order: order[0]),
           min_size=2, max_size=3),
       seed=st.integers(0, 1000))  # fmt: skip
def test_files_in_any_order_and_again_give_the_same_tables(mapped: Path, files, seed) -> None:
    # Two exports of an order that differ are of different moments, or nobody could tell.
    known: dict[tuple[int, str], tuple] = {}
    files = [
        [known.setdefault((order, changed), (order, customer, changed, *rest))
         for order, customer, changed, *rest in rows]
        for rows in files
    ]  # fmt: skip
    paths = [
        put(mapped, f"{number}.csv", HEADER + "".join(
            f"{order},{customer},2024-05-0{order},{changed},{amount},{state}\n"
            for order, customer, changed, amount, state in rows))
        for number, rows in enumerate(files)
    ]  # fmt: skip
    results = []
    order = [*paths, *paths]
    for round_number in range(2):
        shutil.rmtree(mapped / "data/yen", ignore_errors=True)
        random.Random(seed + round_number).shuffle(order)
        if round_number:
            order = list(dict.fromkeys(order))
        for path in order:
            import_files("yen", [path])
        results.append(read(mapped, "orders"))
    assert results[0] == results[1]


def test_a_file_twice_in_one_import_counts_once(mapped: Path) -> None:
    file = put(mapped, "a.csv", HEADER + "1,a,2024-05-01,,9,ok\n")
    assert len(import_files("yen", [file, file])) == 1
    assert export_files.read_shop("yen").name == "yen"


def test_what_an_older_version_kept_is_not_mixed_with_what_is_read_now(mapped: Path) -> None:
    import_files("yen", [put(mapped, "a.csv", HEADER + "1,a,2024-05-01,,9,ok\n")])
    file = mapped / "data/yen/current/import.json"
    record = json.loads(file.read_text())
    file.write_text(json.dumps({key: value for key, value in record.items() if key != "kept"}))
    with pytest.raises(DataError, match="earlier version of this program.*import all its files"):
        import_files("yen", [put(mapped, "b.csv", HEADER + "2,a,2024-05-01,,9,ok\n")])
    assert read(mapped, "orders", "order_id") == [("1",)]


def test_a_quote_that_is_never_closed_is_refused_and_named(write_export, shop: Path) -> None:
    file = write_export("shopify_orders", [{**PAID, "Name": f"#{n}"} for n in range(50)])
    lines = file.read_text().splitlines(keepends=True)
    lines[10] = lines[10].replace("#9,", '"#9,', 1)
    file.write_text("".join(lines))
    with pytest.raises(DataError, match=r"opens a quote in row 11 that is never closed"):
        import_files("usd", [file])
    assert not (shop / "data" / "usd" / "current").exists()


def test_a_quote_in_the_header_that_is_never_closed_is_refused(mapped: Path) -> None:
    text = '"' + HEADER + "1,c1,03/04/2024,,5,ok\n" * 10_000
    with pytest.raises(DataError, match=r"^a\.csv opens a quote in its header that is never"):
        import_files("yen", [put(mapped, "a.csv", text)])


def test_a_cell_of_many_megabytes_is_one_row_set_aside(write_export) -> None:
    rows = [{**PAID, "Name": f"#{n}"} for n in range(3)]
    rows[1]["Notes"] = "y" * 3_000_000
    (balance,) = import_files("usd", [write_export("shopify_orders", rows)])
    assert balance.reasons == {"row is longer than 2,000,000 bytes": 1}
    assert (balance.rows_read, balance.rows_accepted) == (3, 2)


def test_what_the_engine_cannot_read_is_one_sentence() -> None:
    said = r"^a\.csv cannot be read .* export it again\.$"
    with pytest.raises(DataError, match=said), refused_by_engine("a.csv"), workbench() as engine:
        engine.execute("SELECT * FROM read_csv('/nowhere.csv')")


def test_imports_of_one_shop_at_once_wait_for_each_other(write_export, shop: Path) -> None:
    files = [
        write_export("shopify_orders", [{**PAID, "Name": f"#{part}-{n}"} for n in range(40)],
                     name=f"{part}.csv")
        for part in range(3)
    ]  # fmt: skip
    code = "import sys; from analysis.cli import main; sys.exit(main(sys.argv[1:]))"
    commands = [
        [sys.executable, "-c", code, "import", "--shop", "usd", f"{file}"] for file in files
    ]
    running = [subprocess.Popen(command) for command in commands]
    assert [process.wait(timeout=120) for process in running] == [0, 0, 0]
    # Each built on the one before it: none was lost, whichever came last.
    current = shop / "data" / "usd" / "current"
    record = json.loads((current / "import.json").read_text())
    assert sorted(entry["source"] for entry in record["files"]) == ["0.csv", "1.csv", "2.csv"]
    assert sum(entry["rows_accepted"] for entry in record["balance"]) == 120
    with workbench() as connection:
        assert len(connection.read_parquet(str(current / "orders.parquet")).fetchall()) == 120
