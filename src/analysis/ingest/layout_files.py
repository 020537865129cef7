"""Reading layouts of export files from YAML: those that come along, and a shop's own."""

import difflib
from functools import cache
from typing import Any, get_args
from zoneinfo import ZoneInfo

from analysis.errors import ParameterError
from analysis.ingest.layouts import Layout, Line, Rows, Status, Subscription, Table
from analysis.yaml_file import read_bundled


@cache
def list_layouts() -> dict[str, Layout]:
    """Return the layouts that come along, by name."""
    return {
        name: layout_from(name, content, where=f"formats/{name}.yaml")
        for name, content in read_bundled("ingest", "formats").items()
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
    values = {key: value for key, value in content.items() if value is not None}
    _refuse_unknown(values, Layout._fields[1:], where=where)
    for key in ("amount_plus", "amount_minus", "goods_minus"):
        parts = _list(values.get(key))
        values[key] = tuple(_texts(part, f"{key} of {where}") for part in parts)
    values["status"] = tuple(
        _nested(Status, entry, f"status of {where}") for entry in _list(values.get("status"))
    )
    for key, kind in (("subscription", Subscription), ("line", Line)):
        if key in values:
            values[key] = _nested(kind, values[key], f"{key} of {where}")
    plain = ("name", "title", "table", "rows", "day_first", "zone", "unit", "decimal", "coupon_key")
    nested = ("amount_plus", "amount_minus", "goods_minus", "status", "subscription", "line")
    for key in set(values) - {*plain, *nested}:
        values[key] = _texts(values[key], f"{key} of {where}")
    layout = Layout(name=name, **{"title": name, **values})
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
    read = {"drop": _reasons}
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


def _refuse_unknown(content: dict[str, Any], known: tuple[str, ...], *, where: str) -> None:
    for key in content:
        if key not in known:
            close = difflib.get_close_matches(str(key), known, n=1)
            hint = f"did you mean '{close[0]}'?" if close else f"known keys: {', '.join(known)}."
            raise ParameterError(f"{where} has the unknown key '{key}': {hint}")


def _check(layout: Layout, where: str) -> None:
    for key, possible in (
        ("table", get_args(Table)),
        ("rows", get_args(Rows)),
        ("unit", ("major", "minor")),
        ("decimal", (".", ",")),
        ("day_first", (True, False, "ask", None)),
    ):
        if getattr(layout, key) not in possible:
            raise ParameterError(
                f"{key} of {where} == {getattr(layout, key)!r}, "
                f"must be one of {', '.join(map(str, possible))}."
            )
    for key in ("title", "zone", "coupon_key"):
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
    if layout.line and not layout.line.complete():
        raise ParameterError(
            f"line of {where} must name product_id, quantity, and price or amount; or codes."
        )
    if not all(layout.needed()) or (layout.table == "orders" and not layout.amount_plus):
        raise ParameterError(
            f"{where} must name the columns order_id, ordered_at, amount_plus, and customer_id "
            "or email; for customers, customer_id or email."
        )


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
