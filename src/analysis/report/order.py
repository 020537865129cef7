"""Which report to begin first, so that all are done soonest."""

import json
import math
from collections.abc import Sequence
from pathlib import Path

from analysis.report import publish
from analysis.report.plan import Plan


def longest_first(plans: Sequence[Plan], reports: Path) -> list[int]:
    """Return the places of plans, those of a shop by how long their last good runs took.

    A long report begun last would run alone, while the other cores have nothing left to do. What
    never ran comes first, as nobody knows.

    Args:
        plans: What is to be run; the shops keep their order.
        reports: Folder of the published pages.
    """
    shops = list(dict.fromkeys(plan.shop for plan in plans))
    seconds = [_seconds(publish.report_folder(reports, plan.shop, plan.report)) for plan in plans]
    return sorted(range(len(plans)), key=lambda at: (shops.index(plans[at].shop), -seconds[at]))


def _seconds(folder: Path) -> float:
    try:
        run = json.loads((folder / publish.LATEST / "run.json").read_text(encoding="utf-8"))
        return float(run["seconds"])
    except (OSError, ValueError, KeyError, TypeError):
        return math.inf
