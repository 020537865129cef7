"""What a notebook says about itself: the records that its displays carry beside what is seen."""

import math
from collections.abc import Iterable, Mapping
from typing import Any, Literal

MIME = "application/vnd.crm.record+json"

Kind = Literal["metrics", "findings", "checks", "campaigns"]
KINDS: tuple[Kind, ...] = ("metrics", "findings", "checks", "campaigns")


def collect(nb: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Return every metric, finding, check and campaign that the outputs of a notebook carry.

    A notebook that stopped half-way gives what it had recorded until then. When a name was recorded
    twice, the later record stands, in the place of the earlier one.

    >>> collect({"cells": []})
    {'metrics': [], 'findings': [], 'checks': [], 'campaigns': []}
    """
    found: dict[str, dict[str, dict[str, Any]]] = {kind: {} for kind in KINDS}
    for bundle in _bundles(nb):
        for kind in KINDS:
            for item in bundle.get(kind, []):
                found[kind][item["name"]] = dict(item)
    return {kind: list(items.values()) for kind, items in found.items()}


def _bundles(nb: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    for cell in nb["cells"]:
        for output in cell.get("outputs", []):
            bundle = output.get("data", {}).get(MIME)
            if isinstance(bundle, Mapping):
                yield bundle


def as_record(item: Any) -> dict[str, Any]:
    """Return a Metric, Finding, Check or CampaignRecord as a dict that JSON can hold.

    numpy scalars become Python's own; NaN and infinity, which JSON lacks, become None.
    """
    return {key: _plain(value) for key, value in item._asdict().items()}


def _plain(value: Any) -> Any:
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
