"""What a line of an order is: goods, or postage, a tip, a gift card, ..."""

from analysis.ingest.cells import Cells
from analysis.ingest.layouts import Line

# Money of these lines is no revenue: who buys a gift card, or leaves a deposit, has paid for
# nothing yet.
NO_REVENUE = ("gift_card", "deposit")
# What the sum of goods of an order holds besides products.
AMONG_GOODS = ("goods", *NO_REVENUE)


def line_kind(cells: Cells, line: Line, kind: str, name: str) -> str:
    """Return what a line is: `goods`, or one of what is no goods; `other` where nobody says."""
    cases = []
    by_kind = bool(line.kind) and (cells.has(line.kind) or bool(line.packed))
    for what, names in line.not_goods.items():
        if names:
            among = cells.is_among(kind if by_kind else name, names)
            cases.append(f"WHEN {among} THEN {cells.bind(what)}")
    if line.kinds and by_kind:
        cases.append(f"WHEN NOT {cells.one_of(kind, line.kinds)} THEN 'other'")
    return f"CASE {' '.join(cases)} ELSE 'goods' END" if cases else "'goods'"
