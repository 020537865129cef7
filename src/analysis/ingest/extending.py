"""A shop's own words about a format that comes along: `extends`, and what is said beside it."""

import difflib
from typing import Any

from analysis.errors import ParameterError

# Lists to which a shop adds; any other list is a choice of columns, and the shop's stands.
_ADDED = ("any", "begins", "first", "kinds", "no_customer", "granted", "refused", "moments",
          "known")  # fmt: skip


def extended(
    content: dict[str, Any], known: dict[str, dict[str, Any]], *, where: str
) -> dict[str, Any]:
    """Return a format with what a shop adds to it.

    States that count (`keep`) and states that do not (`drop`) join those of the format, as do
    tags, kinds and other lists of values; a column or setting stands over the format's own.

    Args:
        content: What the shop says, with the key `extends`.
        known: The formats that come along, by name.
        where: What the shop's file is called in sentences.

    Raises:
        ParameterError: There is no such format.

    >>> known = {"cart": {"order_id": "No", "status": [{"column": "S", "keep": ["paid"]}]}}
    >>> own = {"extends": "cart", "status": [{"column": "S", "keep": ["cash"]}]}
    >>> extended(own, known, where="shops/own.yaml")["status"]
    [{'column': 'S', 'keep': ['paid', 'cash'], 'drop': {}}]
    """
    base = content["extends"]
    if base not in known:
        close = difflib.get_close_matches(str(base), known, n=1)
        hint = f"did you mean '{close[0]}'?" if close else f"known formats: {', '.join(known)}."
        raise ParameterError(f"extends of {where} == {base!r}, and there is no such format: {hint}")
    added = {key: value for key, value in content.items() if key != "extends"}
    return _merged(known[base], added)


def _merged(
    base: dict[str, Any], added: dict[str, Any], *, lists_join: bool = False
) -> dict[str, Any]:
    merged = dict(base)
    for key, value in added.items():
        former = base.get(key)
        if key == "status":
            merged[key] = _statuses(_list(former), _list(value))
        elif isinstance(former, dict) and isinstance(value, dict):
            merged[key] = _merged(former, value, lists_join=key == "not_goods")
        elif key in _ADDED or lists_join:
            merged[key] = _joined(_list(former), _list(value))
        else:
            merged[key] = value
    return merged


def _statuses(base: list[Any], added: list[Any]) -> list[Any]:
    """Join the states of the same column: what a shop keeps is dropped no more, and vice versa."""
    merged = [dict(one) for one in base]
    for one in added:
        same = [
            status
            for status in merged
            if isinstance(one, dict)
            and _list(status.get("column"))[:1] == _list(one.get("column"))[:1]
        ]
        if not same:
            merged.append(one)
            continue
        (status,) = same[:1]
        keep, drop = _list(one.get("keep")), one.get("drop") or {}
        gone = {str(value).lower() for value in drop}
        kept = {str(value).lower() for value in keep}
        former = [value for value in _list(status.get("keep")) if str(value).lower() not in gone]
        dropped = {
            value: reason
            for value, reason in (status.get("drop") or {}).items()
            if str(value).lower() not in kept
        }
        status |= {"keep": _joined(former, keep), "drop": {**dropped, **drop}}
    return merged


def _joined(base: list[Any], added: list[Any]) -> list[Any]:
    return [*base, *(value for value in added if value not in base)]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
