"""Which layout a file has, told by its header."""

import difflib
from collections.abc import Sequence
from typing import Any

from analysis.errors import DataError, ParameterError
from analysis.ingest.layout_files import layout_from, list_layouts, with_values
from analysis.ingest.layouts import OWN, Columns, Layout
from analysis.ingest.text import Text, normalize


def choose_layout(text: Text, *, wanted: str, mapping: dict[str, Any] | None, shop: str) -> Layout:
    """Return the layout of a file.

    Args:
        text: The file.
        wanted: Name of a layout, `mapping` for the shop's own, or empty to go by the header.
        mapping: What the shop's file says under `mapping`: a layout of its own, or values that
            stand over those of the layouts that come along (`day_first`, `zone`, `unit`, ...).
        shop: Name of the shop, for sentences.

    Raises:
        ParameterError: There is no such layout, or the mapping is wrong.
        DataError: The header fits no layout, or lacks a column of the one that was asked for.
    """
    known = layouts_of(mapping, shop=shop)
    if wanted and wanted not in known:
        close = difflib.get_close_matches(wanted, known, n=1)
        hint = f"did you mean '{close[0]}'?" if close else f"known formats: {', '.join(known)}."
        raise ParameterError(f"There is no format '{wanted}': {hint}")
    candidates = {wanted: known[wanted]} if wanted else known
    fitting = [layout for layout in candidates.values() if not _lacking(layout, text.header)]
    if not fitting:
        raise DataError(_complaint(text, list(candidates.values()), shop=shop))
    return max(fitting, key=lambda layout: (layout.name == OWN, len(layout.recognized_by)))


def layouts_of(mapping: dict[str, Any] | None, *, shop: str) -> dict[str, Layout]:
    """Return the layouts that come along, and the shop's own by the name `mapping`."""
    where = f"mapping of shops/{shop}.yaml"
    if mapping is None:
        return list_layouts()
    if not isinstance(mapping, dict):
        raise ParameterError(f"{where} == {mapping!r}, must be keys and values.")
    if "order_id" in mapping or "customer_id" in mapping or "email" in mapping:
        own = layout_from(OWN, mapping, where=where)
        return {OWN: own, **list_layouts()}
    over = ("day_first", "zone", "unit", "decimal", "dates")
    wrong = [key for key in mapping if key not in over]
    if wrong:
        raise ParameterError(
            f"{where} has '{wrong[0]}' but no order_id: name the columns of your own layout, "
            f"or only values for the layouts that come along ({', '.join(over)})."
        )
    return {
        name: with_values(layout, mapping, where=where) for name, layout in list_layouts().items()
    }


def _lacking(layout: Layout, header: Sequence[str]) -> list[str]:
    present = set(header)
    needed: list[Columns] = [*((name,) for name in layout.recognized_by), *layout.needed()]
    absent = ["/".join(names) for names in needed if not _has(present, names)]
    return list(dict.fromkeys(absent))


def _has(present: set[str], names: Columns) -> bool:
    return any(
        name in present
        or (name.endswith("*") and any(column.startswith(name[:-1]) for column in present))
        for name in map(normalize, names)
    )


def _complaint(text: Text, candidates: list[Layout], *, shop: str) -> str:
    def share_lacking(layout: Layout) -> float:
        return len(_lacking(layout, text.header)) / _size(layout)

    nearest = min(candidates, key=share_lacking)
    return (
        f"{text.file.name} has the columns {', '.join(text.header)}; the nearest format, "
        f"{nearest.title} ({nearest.name}), lacks {', '.join(_lacking(nearest, text.header))}: "
        f"export these, or describe the file under `mapping:` in shops/{shop}.yaml."
    )


def _size(layout: Layout) -> int:
    return len({*layout.recognized_by, *layout.needed()})
