"""Which layout a file has, told by its header."""

import difflib
from collections.abc import Sequence
from typing import Any

from analysis.errors import DataError, ParameterError
from analysis.ingest.columns import has_column, matching, names_in
from analysis.ingest.layout_files import COMMON, layout_from, list_layouts, with_values
from analysis.ingest.layouts import OWN, Columns, Layout
from analysis.ingest.text import Text

# A file that shares fewer columns with a format has nothing to do with it.
_NEAR_SHARE = 0.5


def choose_layout(text: Text, *, wanted: str, known: dict[str, Layout], shop: str) -> Layout:
    """Return the layout of a file.

    Args:
        text: The file.
        wanted: Name of a layout, `mapping` for the shop's own, or empty to go by the header.
        known: The layouts that there are for the shop, by name.
        shop: Name of the shop, for sentences.

    Raises:
        ParameterError: There is no such layout.
        DataError: The header fits no layout, or lacks a column of the one that was asked for.
    """
    if wanted and wanted not in known:
        close = difflib.get_close_matches(wanted, known, n=1)
        hint = f"did you mean '{close[0]}'?" if close else f"known formats: {', '.join(known)}."
        raise ParameterError(f"There is no format '{wanted}': {hint}")
    candidates = {wanted: known[wanted]} if wanted else known
    layout = fitting(text.header, candidates)
    if layout is None:
        raise DataError(_complaint(text, list(candidates.values()), shop=shop))
    if layout.unreadable:
        why = layout.unreadable.rstrip(".")
        raise DataError(f"{text.file.name} is of the format {layout.title}: {why}.")
    return layout


def fitting(header: Sequence[str], known: dict[str, Layout]) -> Layout | None:
    """Return the layout that a header fits best, None if it fits none; a shop's own come first."""
    fit = [layout for layout in known.values() if not _lacking(layout, header)]
    own = [layout for layout in fit if layout.name.startswith(OWN)]

    def close(layout: Layout) -> tuple[int, int]:
        # A file of messages has the customer's number, too: what knows more of its columns is it.
        return len(layout.recognized_by), len(matching(header, tuple(names_in(layout))))

    return max(own or fit, key=close, default=None)


def layouts_of(mapping: Any, *, shop: str) -> dict[str, Layout]:
    """Return the layouts that there are for a shop: those that come along, and its own.

    Args:
        mapping: What the shop's file says under `mapping`: a layout of its own, a format that it
            extends, values that stand over all formats (`day_first`, `zone`, ...), or a list of
            such. Its own are called `mapping`, and `mapping 2` and so on.
        shop: Name of the shop, for sentences.

    Raises:
        ParameterError: The mapping is wrong.
    """
    where = f"mapping of shops/{shop}.yaml"
    layouts = dict(list_layouts())
    listed = mapping if isinstance(mapping, list) else [] if mapping is None else [mapping]
    own = {}
    for content in listed:
        if not isinstance(content, dict):
            raise ParameterError(f"{where} == {content!r}, must be keys and values.")
        if _describes(content):
            name = f"{OWN} {len(own) + 1}" if own else OWN
            own[name] = layout_from(name, content, where=where)
            continue
        wrong = [key for key in content if key not in COMMON]
        if wrong:
            raise ParameterError(
                f"{where} has '{wrong[0]}' but no order_id: name the columns of your own layout, "
                "the format that it extends (`extends: shopify_orders`), "
                f"or only values for all formats that come along ({', '.join(COMMON)})."
            )
        layouts = {
            name: with_values(layout, content, where=where) for name, layout in layouts.items()
        }
    return {**own, **layouts}


def _describes(content: dict[str, Any]) -> bool:
    """Tell whether a mapping describes files, instead of setting values for all formats."""
    return any(key in content for key in ("extends", "table", "order_id", "customer_id", "email"))


def _lacking(layout: Layout, header: Sequence[str]) -> list[str]:
    needed: list[Columns] = [*((name,) for name in layout.recognized_by), *layout.needed()]
    absent = ["/".join(names) for names in needed if not has_column(header, names)]
    return list(dict.fromkeys(absent))


def _complaint(text: Text, candidates: list[Layout], *, shop: str) -> str:
    def share_lacking(layout: Layout) -> float:
        return len(_lacking(layout, text.header)) / _size(layout)

    shown = ", ".join(name for name in text.header if name) or "no names"
    shown = shown if len(shown) < 1000 else f"{shown[:1000]}..."
    said = f"{text.file.name} has the columns {shown}"
    nearest = min(candidates, key=share_lacking)
    if share_lacking(nearest) >= _NEAR_SHARE and len(candidates) > 1:
        return (
            f"{said}, which no known format has: let `crm new` describe the file, or do it under "
            f"`mapping:` in shops/{shop}.yaml."
        )
    return (
        f"{said}; the nearest format, "
        f"{nearest.title} ({nearest.name}), lacks {', '.join(_lacking(nearest, text.header))}: "
        f"export these, or describe the file under `mapping:` in shops/{shop}.yaml."
    )


def _size(layout: Layout) -> int:
    return max(len({*layout.recognized_by, *layout.needed()}), 1)
