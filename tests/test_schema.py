import pytest

from analysis.errors import DataError
from analysis.schema import SQL_TYPES, TABLES, check_tables


def whole() -> dict[str, dict[str, str]]:
    return {
        name: {column.name: SQL_TYPES[column.kind] for column in columns}
        for name, columns in TABLES.items()
    }


def test_whole_tables_pass() -> None:
    check_tables(whole(), shop="tiny")


def test_optional_columns_and_tables_may_be_missing() -> None:
    tables = whole()
    del tables["products"], tables["order_lines"], tables["orders"]["coupon_code"]
    check_tables(tables, shop="tiny")


@pytest.mark.parametrize(
    ("table", "column"),
    [
        (name, column.name)
        for name, columns in TABLES.items()
        for column in columns
        if column.required
    ],
)
def test_missing_required_column_is_named(table: str, column: str) -> None:
    tables = whole()
    del tables[table][column]
    with pytest.raises(DataError, match=f"'{table}' of shop 'tiny' lacks .* column '{column}'"):
        check_tables(tables, shop="tiny")


def test_wrong_type_is_named() -> None:
    tables = whole()
    tables["orders"]["amount_minor"] = "DOUBLE"
    with pytest.raises(DataError, match="'amount_minor' .* has type DOUBLE, must be BIGINT"):
        check_tables(tables, shop="tiny")


@pytest.mark.parametrize("table", ["order_lines", "baskets"])
def test_whole_pieces_are_quantities_and_floats_are_none(table: str) -> None:
    tables = whole()
    tables[table]["quantity"] = "BIGINT"  # as an earlier version wrote them
    check_tables(tables, shop="tiny")
    tables[table]["quantity"] = "DOUBLE"
    with pytest.raises(DataError, match=r"'quantity' .* has type DOUBLE, must be DECIMAL\(18,3\)"):
        check_tables(tables, shop="tiny")


def test_unknown_columns_and_tables_are_no_obstacle() -> None:
    tables = whole() | {"weather": {"day": "DATE"}}
    tables["orders"]["note"] = "VARCHAR"
    check_tables(tables, shop="tiny")
