"""What README.md says of a shop of one's own, done as it stands there."""

import re
from pathlib import Path

import duckdb
import pytest
import yaml

from analysis.cli import main
from analysis.ingest.layout_files import list_layouts
from analysis.shop import read_shop

TEXT = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
SECTION = TEXT[TEXT.index("## Your own shop") :].split("\n## ")[0]
EXAMPLES = re.findall(r"```yaml\n(.*?)```", SECTION, re.DOTALL)
# 03/04/2024 is in April, a state that nobody drops counts if it is named, and Sku B is half a kilo.
ORDERS = """\
Order No,Client,Date,Paid,State,Sku,Qty,Price
1,c1,03/04/2024,25.00,paid,A,2,10.00
1,c1,03/04/2024,25.00,paid,B,0.5,10.00
2,c2,04/04/2024,10.00,void,A,1,10.00
3,c1,30/04/2024,10.00,sent,A,1,10.00
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for folder in ("shops", "data", "exports"):
        (tmp_path / folder).mkdir()
    monkeypatch.setenv("ANALYSIS_HOME", str(tmp_path))
    return tmp_path


def rows(home: Path, table: str, columns: str) -> list[tuple]:
    file = home / "data" / "myshop" / "current" / f"{table}.parquet"
    return duckdb.sql(f"SELECT {columns} FROM '{file}' ORDER BY ALL").fetchall()


def test_the_shop_file_works_as_printed(home: Path):
    (home / "shops" / "myshop.yaml").write_text(EXAMPLES[0])
    assert read_shop("myshop").reports["03_lifetime_value"] == {"horizon_days": 180}
    (home / "exports" / "april.csv").write_text(ORDERS)
    assert main(["import", "--shop", "myshop", "--accept"]) == 0
    day = "strftime(ordered_at, '%Y-%m-%d')"
    assert rows(home, "orders", f"order_id, customer_id, {day}, amount_minor") == [
        ("1", "c1", "2024-04-03", 2500),
        ("3", "c1", "2024-04-30", 1000),
    ]
    assert rows(home, "order_lines", "order_id, product_id, quantity::DOUBLE, amount_minor") == [
        ("1", "A", 2.0, 2000),
        ("1", "B", 0.5, 500),
        ("3", "A", 1.0, 1000),
    ]
    assert rows(home, "set_aside", "row_no, reason") == [(4, "cancelled")]


def test_the_extension_of_a_format_works_as_printed(home: Path):
    shop = {**yaml.safe_load(EXAMPLES[0]), **yaml.safe_load(EXAMPLES[1])}
    (home / "shops" / "myshop.yaml").write_text(yaml.safe_dump(shop))
    header = "Name,Email,Financial Status,Total,Currency,Created at,Lineitem quantity,Lineitem name"
    row = "#1,a@example.com,pending,15.00,USD,2024-03-02 10:00:04 -0500,1,Tea"
    (home / "exports" / "cod.csv").write_text(f"{header}\n{row}\n")
    assert main(["import", "--shop", "myshop"]) == 0
    assert rows(home, "orders", "order_id, amount_minor") == [("#1", 1500)]


def test_every_format_has_its_line():
    table = SECTION[SECTION.index("| format |") :].split("\n\n")[0]
    assert set(re.findall(r"`(\w+)`", table)) == set(list_layouts())
