"""Export files in the layouts of real shops, written on the spot; every person in them is planted.

Rows are given as column name to value; all other columns are filled with what real files hold
there, people included, so that a test can look for those in everything that an import writes.
"""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest

Write = Callable[..., Path]

# The first row of an export of each layout, as it is.
HEADERS = {
    file.stem: file.read_text().strip()
    for file in (Path(__file__).parent / "headers").glob("*.csv")
}

# What stands in columns that name people; nothing of it may be found after an import.
PLANTED = {
    "name": "Hanako Planted",
    "street": "Planted-machi 1-2-3",
    "phone": "+81-90-5555-0123",
    "zip": "999-0123",
    "mail": "planted.person@example.com",
}

SHOP_FILE = """\
title: Exports
currency: {currency}
time_zone: Asia/Tokyo
as_of: last_order
source: {{}}
reports: {{}}
"""


def planted(column: str) -> str:
    lower = column.lower()
    if any(word in lower for word in ("province", "country", "都道府県")):
        return ""
    if any(word in lower for word in ("phone", "tel", "電話")):
        return PLANTED["phone"]
    if any(word in lower for word in ("email", "メールアドレス")):
        return PLANTED["mail"]
    if any(word in lower for word in ("zip", "postcode", "郵便番号")):
        return PLANTED["zip"]
    if any(word in lower for word in ("address", "street", "住所", "ip_addr")):
        return PLANTED["street"]
    if any(word in lower for word in ("first name", "last name", "billing name", "お名前")):
        return PLANTED["name"]
    if any(word in lower for word in ("customer name", "buyer-name", "recipient-name", "お客様名")):
        return PLANTED["name"]
    if any(word in lower for word in ("氏(", "名(", "購入者 名前", "配送先 名前")):
        return PLANTED["name"]
    if any(
        word in lower for word in ("shipping name", "注文者", "送付先姓", "note", "メモ", "_name")
    ):
        return PLANTED["name"]
    return ""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with a shop in yen, one in dollars, and nothing imported yet."""
    home = tmp_path / "home"
    for folder in ("shops", "data", "files"):
        (home / folder).mkdir(parents=True)
    for name, currency in (("yen", "JPY"), ("usd", "USD")):
        (home / "shops" / f"{name}.yaml").write_text(SHOP_FILE.format(currency=currency))
    monkeypatch.setenv("ANALYSIS_HOME", str(home))
    return home


@pytest.fixture
def planted_people() -> dict[str, str]:
    """What the files of `write_export` say of people."""
    return PLANTED


@pytest.fixture
def write_export(shop: Path) -> Write:
    """Write rows as a file of a layout; a column that comes twice is named with ` (2)`."""

    def write(
        layout: str,
        rows: list[dict[str, str]],
        *,
        name: str = "",
        encoding: str = "utf-8",
        delimiter: str = ",",
        fill: bool = True,
    ) -> Path:
        columns = next(csv.reader([HEADERS[layout]]))
        text = io.StringIO(newline="")
        writer = csv.writer(text, delimiter=delimiter, lineterminator="\r\n")
        writer.writerow(columns)
        for row in rows:
            assert {key.removesuffix(" (2)") for key in row} <= set(columns)
            seen: dict[str, int] = {}
            cells = []
            for column in columns:
                seen[column] = seen.get(column, 0) + 1
                key = column if seen[column] == 1 else f"{column} ({seen[column]})"
                cells.append(row.get(key, planted(column) if fill else ""))
            writer.writerow(cells)
        file = shop / "files" / (name or f"{layout}.csv")
        file.write_bytes(text.getvalue().encode(encoding))
        return file

    return write
