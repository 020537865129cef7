"""`crm new` as a person meets it: a process of its own, a fresh home, files as they come."""

import re
import subprocess
import sys
import textwrap
from pathlib import Path

import duckdb
import pytest
import yaml

from analysis.verbs import new

CRM = [sys.executable, "-c", "from analysis.cli import main; raise SystemExit(main())"]
CHECKOUT = Path(__file__).parents[1]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with notebooks and nothing else."""
    (tmp_path / "notebooks").symlink_to(CHECKOUT / "notebooks")
    monkeypatch.setenv("ANALYSIS_HOME", str(tmp_path))
    return tmp_path


def crm(*arguments: str | Path, says: str = "") -> subprocess.CompletedProcess:
    return subprocess.run(
        [*CRM, *map(str, arguments)], input=says, capture_output=True, text=True, check=False
    )


def write(home: Path, text: str, name: str = "orders.csv", encoding: str = "utf-8") -> Path:
    file = home / name
    file.write_bytes(textwrap.dedent(text).lstrip().encode(encoding))
    return file


def left(home: Path) -> set[str]:
    return {path.name for path in home.iterdir()} - {"notebooks"}


def content(home: Path, shop: str = "s") -> dict:
    return yaml.safe_load((home / "shops" / f"{shop}.yaml").read_text())


def orders(home: Path, shop: str = "s") -> dict[str, tuple[str, int]]:
    file = home / "data" / shop / "current" / "orders.parquet"
    rows = duckdb.sql(f"SELECT order_id, strftime(ordered_at, '%Y-%m-%d'), amount_minor "
                      f"FROM '{file}' ORDER BY 1").fetchall()  # fmt: skip
    return {order: (day, minor) for order, day, minor in rows}


def _plain(line: str) -> str:
    """Return a line with single blanks, whichever cells it takes for examples of dates."""
    about_dates = re.search("holds dates|comes? first|has the (day|month) first", line)
    line = re.sub(r"\d\d/\d\d/\d{4} \d\d:\d\d", "DATE", line) if about_dates else line
    return " ".join(line.split())


PLAIN = """
    Order No,Client,Date,Paid
    1,a7,2024-03-02,$19.90
    2,a8,2024-03-03,$5.00
    """


def test_the_session_that_help_shows_is_what_happens(home: Path):
    shown = [line.strip() for line in new._EXAMPLES.splitlines()]
    begin = shown.index("$ cat orders.csv") + 1
    file = write(home, "\n".join(shown[begin : shown.index("", begin)]) + "\n")
    answers = [line[2:] for line in shown if line.startswith("> ")]
    done = crm("new", "myshop", file, says="\n".join(answers))
    assert (done.returncode, done.stderr) == (0, "")
    happened = [_plain(line) for line in done.stdout.splitlines()]
    unwrapped = "\n".join(shown).replace("read in\nmore", "read in more")
    unwrapped = unwrapped.replace("shops/myshop.yaml\nNext", f"{home}/shops/myshop.yaml\nNext")
    said = unwrapped[unwrapped.index("Which currency") : unwrapped.index("Nothing is written")]
    for words in map(_plain, said.splitlines()):
        if words.endswith("| ..."):
            assert any(one.startswith(words[:-3].strip()) for one in happened), words
        elif not words.startswith("(and"):
            assert words in happened or not words, words
    assert orders(home, "myshop") == {
        "1001": ("2024-04-03", 1990),
        "1002": ("2024-04-05", 1645),
        "1003": ("2024-05-02", 1300),
    }
    assert crm("run", "--shop", "myshop", "01").returncode == 0


def test_what_is_certain_needs_no_person(home: Path):
    file = write(
        home,
        """
        注文番号,受注日時,会員ID,メールアドレス,氏名,商品コード,商品名,数量,単価,合計金額,対応状況
        A-1,2024/04/05 09:05,7,hanako@example.com,山田 花子,T1,お茶,2,1000,2500,発送済み
        A-2,2024/04/06 10:00,8,taro@example.com,鈴木 太郎,T1,お茶,1,1000,1500,キャンセル
        A-3,2024/05/06 10:00,7,hanako@example.com,山田 花子,T2,茶碗,1,3000,3500,発送済み
        """,
        encoding="cp932",
    )
    done = crm("new", "s", file, "--yes")
    assert (done.returncode, done.stderr) == (0, "")
    shop = content(home)
    assert (shop["currency"], shop["time_zone"], shop["language"]) == ("JPY", "Asia/Tokyo", "ja")
    assert shop["source"] == {"files": ["orders.csv"]}
    assert shop["mapping"] == {
        "order_id": "注文番号",
        "customer_id": "会員ID",
        "email": "メールアドレス",
        "ordered_at": "受注日時",
        "amount_plus": ["合計金額"],
        "status": [
            {"column": "対応状況", "keep": ["発送済み"], "drop": {"キャンセル": "cancelled"}}
        ],
        "line": {
            "product_id": "商品コード",
            "product_name": "商品名",
            "quantity": "数量",
            "price": "単価",
        },
    }
    assert orders(home) == {"A-1": ("2024-04-05", 2500), "A-3": ("2024-05-06", 3500)}
    assert "hanako" not in done.stdout
    assert "花子" not in done.stdout
    assert "メールアドレス h***@***m" in done.stdout


def test_a_german_file_with_a_decimal_comma_and_title_rows(home: Path):
    file = write(
        home,
        """
        Umsatzbericht des Onlineshops


        Bestellnummer;Bestelldatum;Kundennummer;Artikelnummer;Menge;Einzelpreis;Gesamtbetrag;Zahlungsstatus
        5001;02.03.2024;K1;T-1;2;9,95 €;1.019,90 €;bezahlt
        5002;15.03.2024;K2;T-1;1;9,95 €;9,95 €;storniert
        5003;28.03.2024;K1;T-2;1;6,50 €;6,50 €;bezahlt
        """,
        encoding="cp1252",
    )
    refused = crm("new", "s", file, "--yes")
    assert refused.returncode == 2
    assert "Which time zone is the shop in" in refused.stderr
    assert "currency" not in refused.stderr
    done = crm("new", "s", file, "--yes", "--set", "time_zone=Europe/Berlin")
    assert (done.returncode, done.stderr) == (0, "")
    assert orders(home) == {"5001": ("2024-03-02", 101990), "5003": ("2024-03-28", 650)}


def test_rows_that_are_lines_and_files_of_several_months(home: Path):
    header = "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID\n"
    for month, day, cups in (("2010-01", "1/13/2010", 12), ("2010-02", "2/14/2010", 2)):
        rows = f"{month},A,Cup,{cups},{day} 7:45,6.95,13085.0\n"
        rows += f"{month},B,Tea,10,{day} 7:45,1.00,13085.0\n"
        write(home, header + rows, f"sales_{month}.csv")
    files = sorted(home.glob("*.csv"))
    wanted = ("--set", "currency=GBP")
    done = crm("new", "s", *files, "--yes", *wanted)
    assert (done.returncode, done.stderr) == (0, "")
    assert content(home)["source"] == {"files": ["sales_*.csv"]}
    assert content(home)["mapping"]["amount"] == "lines"
    assert orders(home) == {"2010-01": ("2010-01-13", 9340), "2010-02": ("2010-02-14", 2390)}
    assert crm("import", "--shop", "s").stdout == (
        "s: nothing new, 2 files are imported as they are\n"
    )


def test_a_known_format_beside_one_that_nobody_described(home: Path):
    write(
        home,
        """
        Name,Email,Financial Status,Total,Currency,Created at,Lineitem quantity,Lineitem name
        #1,a@example.com,paid,15.00,USD,2024-03-02 10:00:04 -0500,1,Tea
        #2,b@example.com,pending_review,9.00,USD,2024-07-02 10:00:04 -0400,1,Tea
        """,
    )
    write(home, "E-mail,Member since,Newsletter\na@example.com,2023-01-05,yes\n", "people.csv")
    asked = crm("new", "s", home / "orders.csv", home / "people.csv", "--yes")
    assert "Financial Status of orders.csv, people.csv says 'pending_review'" in asked.stderr
    assert "Say --set keep=pending_review or --set drop=pending_review." in asked.stderr
    keep = ("--set", "keep=pending_review")
    done = crm("new", "s", home / "orders.csv", home / "people.csv", "--yes", *keep)
    assert (done.returncode, done.stderr) == (0, "")
    shop = content(home)
    assert (shop["currency"], shop["time_zone"]) == ("USD", "America/New_York")
    assert [mapping.get("table", mapping.get("extends")) for mapping in shop["mapping"]] == [
        "customers",
        "shopify_orders",
    ]
    assert orders(home) == {"#1": ("2024-03-02", 1500), "#2": ("2024-07-02", 900)}


@pytest.mark.parametrize(
    ("header", "rows", "why"),
    [
        ("Order No,Client,Date,Paid", "1,a1,2024-03-02,9.00", "Which currency are the amounts"),
        (
            "Order No,Client,Date,Total,Paid",
            "1,a1,2024-03-02,$9.00,$4.00\n2,a2,2024-03-02,$5.00,$5.00",
            "Which column of orders.csv holds what was paid for an order? "
            "Say --set amount=Total or --set amount=Paid.",
        ),
        (
            "Order No,Client,Date,Product,Qty,Price",
            "1,a1,2024-03-02,Tea,2,$9.00",
            "Is Price of orders.csv the price of one piece, or of all of a row? "
            "Say --set price=one or --set price=all.",
        ),
        (
            "Order No,Client,Date,Paid,State",
            "1,a1,2024-03-02,$9.00,lost at sea",
            "says 'lost at sea' in 1 rows: do such orders count as sales? "
            "Say --set keep='lost at sea' or --set drop='lost at sea'.",
        ),
        (
            "Order No,Client,Date,Paid",
            "1,a1,03/04/2024,$9.00\n2,a1,05/06/2024,$9.00",
            "can be read in more ways than one (day first, month first). Which is it? "
            "Say --set day_first=true or --set day_first=false.",
        ),
        (
            "Order No,Customer,Date,Paid",
            "1,Hanako Yamada,2024-03-02,$9.00",
            "No column of orders.csv tells customers apart",
        ),
        (
            "Order No,Client,Date,Remark",
            "1,a1,2024-03-02,$",
            "No column of orders.csv holds what was paid for an order",
        ),
    ],
)
def test_what_is_open_is_refused_with_its_question_and_nothing_is_written(
    home: Path, header: str, rows: str, why: str
):
    file = write(home, f"{header}\n{rows}\n")
    settings = ["--set", "time_zone=America/New_York"]
    settings += ["--set", "currency=USD"] if "$" in rows else []
    for arguments in (["--yes"], []):
        done = crm("new", "s", file, *settings, *arguments)
        assert done.returncode in (2, 3)
        assert why in done.stderr
        assert "Hanako" not in done.stdout + done.stderr
        assert left(home) == {"orders.csv"}


def test_an_answer_that_is_none_is_asked_for_again(home: Path):
    file = write(home, PLAIN)
    done = crm("new", "s", file, says="dollars\nUSD\nNew York\nAmerica/New_York\ny\n")
    assert done.returncode == 0, done.stderr
    assert "currency == 'DOLLARS', must be an ISO code" in done.stdout
    assert "time_zone == 'New York', must be an IANA name" in done.stdout
    assert orders(home) == {"1": ("2024-03-02", 1990), "2": ("2024-03-03", 500)}


def test_a_person_who_says_no_or_goes_away_leaves_nothing_behind(home: Path):
    file = write(home, PLAIN)
    place = ("--set", "currency=USD", "--set", "time_zone=America/New_York")
    for says, code, why in (("n\n", 0, ""), ("what\nno\n", 0, ""), ("", 2, "give --yes")):
        done = crm("new", "s", file, *place, says=says)
        assert done.returncode == code
        assert why in done.stderr
        assert "shops/s.yaml would say:" in done.stdout
        assert left(home) == {"orders.csv"}


def test_no_shop_is_ever_overwritten(home: Path):
    file = write(home, PLAIN)
    place = ("--set", "currency=USD", "--set", "time_zone=America/New_York")
    assert crm("new", "s", file, "--yes", *place).returncode == 0
    before = (home / "shops" / "s.yaml").read_bytes()
    again = crm("new", "s", file, "--yes", *place)
    assert again.returncode == 2
    assert "There is a shop 's' already (shops/s.yaml): take another name" in again.stderr
    (home / "shops" / "s.yaml").unlink()
    assert "There is a shop 's' already (data/s)" in crm("new", "s", file, "--yes").stderr
    (home / "shops" / "s.yaml").write_bytes(before)
    for name in ("../s", "S", "", "private"):
        assert crm("new", name, file, "--yes").returncode == 2


def test_what_would_be_left_out_is_looked_at_first(home: Path):
    rows = "".join(f"{n},{'' if n % 8 == 0 else n},2024-03-02,9.00\n" for n in range(1, 81))
    file = write(home, f"Order No,Client,Date,Paid\n{rows}")
    place = ("--set", "currency=USD", "--set", "time_zone=America/New_York")
    refused = crm("new", "s", file, *place, "--yes")
    assert refused.returncode == 12
    assert "set aside: no customer: 10 rows, USD 90.00" in refused.stderr
    assert crm("new", "s", file, *place, says="n\n").returncode == 12
    assert left(home) == {"orders.csv"}
    assert crm("new", "s", file, *place, says="y\ny\n").returncode == 0
    assert content(home)["expected_set_aside"] == 0.13
    assert len(orders(home)) == 70
    assert crm("import", "--shop", "s", "--fresh").returncode == 0


def test_files_that_are_none_are_named_and_a_home_that_is_none(home: Path, monkeypatch):
    assert "nowhere.csv is no file" in crm("new", "s", home / "nowhere.csv").stderr
    file = write(home, PLAIN)
    wrong = crm("new", "s", file, "--yes", "--set", "customer_id=Kunde")
    assert "has no column 'Kunde' for customer_id: it has Order No, Client" in wrong.stderr
    assert re.search(r"--set currency: must be NAME=VALUE", crm(
        "new", "s", file, "--set", "currency").stderr)  # fmt: skip
    monkeypatch.setenv("ANALYSIS_HOME", str(home / "gone"))
    assert "gone is no folder: set ANALYSIS_HOME" in crm("new", "s", file, "--yes").stderr
