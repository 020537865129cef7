"""Reading layouts of export files from YAML: those that come along, and a shop's own."""

import difflib
from datetime import date
from functools import cache
from typing import Any, get_args
from zoneinfo import ZoneInfo

from analysis.errors import ParameterError
from analysis.ingest.extending import extended
from analysis.ingest.layouts import PLAIN_TABLES, Layout, Line, Status, Subscription, Table
from analysis.ingest.plain_columns import columns_of, required_of
from analysis.yaml_file import read_bundled

# What a shop may say of all layouts that come along, without naming one to extend.
COMMON = ("dates", "day_first", "decimal", "earliest", "encoding", "sheet", "unit", "zone")

_PLAIN = ("name", "title", "table", "amount", "day_first", "earliest", "zone", "unit", "decimal",
          "cart", "coupon_key", "encoding", "sheet", "unreadable", "columns", "values")  # fmt: skip
_SUMS = ("amount_plus", "amount_minus", "goods_minus")
_NESTED = ("status", "subscription", "line")


@cache
def bundled() -> dict[str, dict[str, Any]]:
    """Return what the YAML of each layout that comes along holds, by name."""
    return read_bundled("ingest", "formats")


@cache
def list_layouts() -> dict[str, Layout]:
    """Return the layouts that come along, by name."""
    return {
        name: layout_from(name, content, where=f"formats/{name}.yaml")
        for name, content in bundled().items()
    }


def layout_from(name: str, content: dict[str, Any], *, where: str) -> Layout:
    """Check what YAML says of a layout.

    Raises:
        ParameterError: A key is unknown or missing, or a value is not one of the possible ones.

    >>> layout_from("own", {"title": "Own", "order": "No"}, where="shops/own.yaml")
    Traceback (most recent call last):
        ...
    analysis.errors.ParameterError: shops/own.yaml has the unknown key 'order': did you mean ...
    """
    if not isinstance(content, dict):
        raise ParameterError(f"{where} == {content!r}, must be keys and values.")
    base = content.get("extends", "")
    if base:
        content = extended(content, bundled(), where=where)
    # `rows` said how orders span rows, which the file tells.
    values = {key: value for key, value in content.items() if value is not None and key != "rows"}
    known = Layout._fields[1:]
    columns: dict[str, Any] = {}
    if (table := values.get("table")) in PLAIN_TABLES:
        columns = {
            column.name: _texts(values.pop(column.name), f"{column.name} of {where}")
            for column in columns_of(table)
            if column.name in values
        }
        values["customer_id"] = list(columns.get("customer_id", ()))
        known = (*known, *(column.name for column in columns_of(table)))
    _refuse_unknown(values, [key for key in known if key not in ("base", "columns")], where=where)
    for key in _SUMS:
        values[key] = _sums(values.get(key), f"{key} of {where}")
    values["status"] = tuple(
        _nested(Status, entry, f"status of {where}") for entry in _list(values.get("status"))
    )
    for key, kind in (("subscription", Subscription), ("line", Line)):
        if key in values:
            values[key] = _nested(kind, values[key], f"{key} of {where}")
    values["values"] = _meanings(values.get("values", {}), f"values of {where}")
    for key in set(values) - {*_PLAIN, *_SUMS, *_NESTED}:
        values[key] = _texts(values[key], f"{key} of {where}")
    layout = Layout(name=name, **{"title": name, **values, "base": base, "columns": columns})
    _check(layout, where)
    return layout


def with_values(layout: Layout, values: dict[str, Any], *, where: str) -> Layout:
    """Return a layout in which some of its plain values stand otherwise.

    Raises:
        ParameterError: A value is not one of the possible ones.
    """
    texts = {
        key: _texts(value, f"{key} of {where}") for key, value in values.items() if key == "dates"
    }
    changed = layout._replace(**{**values, **texts})
    _check(changed, where)
    return changed


def _nested(kind: Any, content: Any, where: str) -> Any:
    if not isinstance(content, dict):
        raise ParameterError(f"{where} == {content!r}, must be keys and values.")
    _refuse_unknown(content, kind._fields, where=where)
    for key in kind._fields:
        if key not in kind._field_defaults and key not in content:
            raise ParameterError(f"{where} lacks the key '{key}'.")
    read = {"drop": _reasons, "not_goods": _names_by_kind, "plus": _sums, "minus": _sums}
    return kind(
        **{key: read.get(key, _texts)(value, f"{key} in {where}") for key, value in content.items()}
    )


def _reasons(value: Any, where: str) -> dict[str, str]:
    if not isinstance(value, dict):
        raise ParameterError(
            f"{where} == {value!r}, must be values, each with why its orders are set aside, such "
            "as {void: cancelled}."
        )
    return {_text(key, where).lower(): _text(reason, where) for key, reason in value.items()}


def _sums(value: Any, where: str) -> tuple[tuple[str, ...], ...]:
    return tuple(_texts(part, where) for part in _list(value))


def _names_by_kind(value: Any, where: str) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, dict):
        raise ParameterError(
            f"{where} == {value!r}, must be kinds, each with the names of such lines, such as "
            "{tip: [Tip], gift_card: [Gift card*]}."
        )
    return {_text(kind, where): _texts(names, where) for kind, names in value.items()}


def _meanings(value: Any, where: str) -> dict[str, dict[str, str]]:
    if not isinstance(value, dict) or not all(isinstance(one, dict) for one in value.values()):
        raise ParameterError(
            f"{where} == {value!r}, must be columns, each with what its cells mean, such as "
            "{event: {stop: cancel}}."
        )
    return {
        _text(column, where): {_text(cell, where): _text(mean, where) for cell, mean in one.items()}
        for column, one in value.items()
    }


def _refuse_unknown(content: dict[str, Any], known: Any, *, where: str) -> None:
    for key in content:
        if key not in known:
            close = difflib.get_close_matches(str(key), known, n=1)
            hint = f"did you mean '{close[0]}'?" if close else f"known keys: {', '.join(known)}."
            raise ParameterError(f"{where} has the unknown key '{key}': {hint}")


def _check(layout: Layout, where: str) -> None:
    for key, possible in (
        ("table", get_args(Table)),
        ("unit", ("major", "minor")),
        ("decimal", ("", ".", ",")),
        ("amount", ("", "lines")),
        ("day_first", (True, False, None)),
    ):
        if getattr(layout, key) not in possible:
            raise ParameterError(
                f"{key} of {where} == {getattr(layout, key)!r}, "
                f"must be one of {', '.join(str(one) for one in possible if one != '')}."
            )
    for key in ("title", "cart", "zone", "coupon_key", "encoding", "sheet", "unreadable"):
        if not isinstance(getattr(layout, key), str):
            raise ParameterError(
                f"{key} of {where} == {getattr(layout, key)!r}, must be a text: put it in quotes."
            )
    try:
        ZoneInfo(layout.zone or "UTC")
    except (KeyError, ValueError, OSError):
        raise ParameterError(
            f"zone of {where} == {layout.zone!r}, must be an IANA name such as Asia/Tokyo."
        ) from None
    try:
        date.fromisoformat(str(layout.earliest))
    except ValueError:
        raise ParameterError(
            f"earliest of {where} == {layout.earliest!r}, must be a date such as 1985-04-01."
        ) from None
    _check_columns(layout, where)


def _check_columns(layout: Layout, where: str) -> None:
    if layout.line and not layout.line.complete():
        raise ParameterError(
            f"line of {where} must name product_id, quantity, and price or amount; or codes."
        )
    if layout.unreadable:
        return
    if layout.table in PLAIN_TABLES:
        for name in required_of(layout.table):
            by_address = name == "customer_id" and (layout.email or layout.phone)
            if not layout.columns.get(name) and not by_address:
                raise ParameterError(
                    f"{where} must name the column of {name}, which every row of the table "
                    f"'{layout.table}' has."
                )
        of_order = layout.columns.get("order_id")
        if layout.table == "refunds" and not (of_order or all(layout.needed())):
            raise ParameterError(f"{where} must name the column of order_id or customer_id.")
        return
    if not all(layout.needed()):
        raise ParameterError(
            f"{where} must name the columns order_id, ordered_at, and customer_id, email or "
            "phone; for customers, customer_id or email."
        )
    if layout.table == "orders" and layout.by_lines() and not _has_prices(layout.line):
        raise ParameterError(
            f"{where} must name what an order is worth: amount_plus, or the prices of its lines "
            "(`line: {product_id: .., quantity: .., price: ..}`)."
        )


def _has_prices(line: Line | None) -> bool:
    return line is not None and bool(line.price or line.amount)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _texts(value: Any, where: str) -> tuple[str, ...]:
    return tuple(_text(part, where) for part in _list(value))


def _text(value: Any, where: str) -> str:
    """Return a name or value as it stands in a file.

    YAML takes No, Yes, On and Off for true and false, and ~ or nothing for none.
    """
    if isinstance(value, bool):
        spelled = "'Yes' or 'On'" if value else "'No' or 'Off'"
        raise ParameterError(f"{where} == {value}, as YAML has it: put it in quotes, {spelled}.")
    if value is None or isinstance(value, list | dict):
        raise ParameterError(f"{where} == {value!r}, must be a text: put it in quotes.")
    return str(value)
