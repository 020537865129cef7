"""What is said of a file that no format fits."""

from pathlib import Path

import pytest

from analysis.cli import main

SHOP = """\
title: S
currency: USD
time_zone: America/New_York
source: {}
reports: {}
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for folder in ("shops", "data"):
        (tmp_path / folder).mkdir()
    (tmp_path / "shops" / "s.yaml").write_text(SHOP)
    monkeypatch.setenv("ANALYSIS_HOME", str(tmp_path))
    return tmp_path


def said(home: Path, capsys, header: str) -> str:
    (home / "orders.csv").write_text(f"{header}\n{',' * header.count(',')}\n")
    assert main(["import", "--shop", "s", str(home / "orders.csv")]) == 3
    return capsys.readouterr().err


def test_a_format_that_shares_little_with_a_file_is_not_named(home: Path, capsys):
    text = said(home, capsys, "Order No,Client,Date,Status,Total")
    assert "which no known format has: let `crm new` describe the file" in text
    assert "nearest" not in text


def test_a_format_that_shares_most_is_named_with_what_is_missing(home: Path, capsys):
    header = "Name,Email,Financial Status,Currency,Created at,Lineitem quantity,Lineitem name"
    text = said(home, capsys, header)
    assert "the nearest format, Shopify orders (shopify_orders), lacks Total: export these" in text
