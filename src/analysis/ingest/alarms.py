"""When an import leaves out so much that a person has to look before it replaces the tables."""

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from analysis.errors import AlarmError
from analysis.ingest.advice import outlook
from analysis.ingest.balance import Balance, file_name, written
from analysis.ingest.layouts import Layout
from analysis.shop import EXPECTED_SET_ASIDE, ShopFile
from analysis.style import format_share

# Rows that say again what is known: neither a fault of theirs nor of the file.
REPEATED = frozenset(
    (
        "duplicate of an earlier row",
        "the customer was exported again later",
        "the order was exported again later",
        "the row was exported again later",
    )
)
# What rules of a format may set aside (cancelled, unpaid, ...), and how much more than before.
_RULED_SHARE = 0.30
_MORE = 0.20
# A file that covers the months of the one before ought to bring about as much of them.
_LESS = 0.10
_DIGITS = re.compile(r"\d+")


class _Part(NamedTuple):
    """A part of what a table was read from."""

    rows: int = 0
    minor: int = 0

    def __add__(self, other: Any) -> "_Part":
        return _Part(self.rows + other.rows, self.minor + other.minor)


class _Sums(NamedTuple):
    """Where the rows and the money of a table went; what was said twice is left out."""

    accepted: _Part
    ruled: _Part
    faults: _Part

    @property
    def all(self) -> _Part:
        return self.accepted + self.ruled + self.faults


def check_alarms(
    balances: Sequence[Balance],
    former: Sequence[Mapping[str, Any]],
    shop: ShopFile,
    *,
    layouts: Mapping[str, Layout],
    accept: bool = False,
) -> None:
    """Refuse to replace a shop's tables by an import that leaves out too much.

    Args:
        balances: Where the rows of each file of this import went.
        former: The balances that earlier imports recorded, the last one at the end.
        shop: What the shop's file says.
        layouts: The layout of each file, by the name that its balance has.
        accept: Whether a person has looked, and takes it as it is.

    Raises:
        AlarmError: There is an alarm; it says what would have come in, what would be set aside,
            and what to do.
    """
    alarms = [] if accept else find_alarms(balances, former, shop)
    if alarms:
        lines = [
            f"Nothing is imported into shop '{shop.name}', its tables stay as they are: "
            f"{' '.join(alarms)}",
            *(f"  {line}" for line in outlook(balances, shop, layouts)),
            "  The same command with --accept takes it as it is.",
        ]
        usual = covering(faulty_share(balances))
        if 0 < usual < 1:
            lines.append(
                f"  `expected_set_aside: {usual:.2f}` in shops/{shop.name}.yaml says that so much "
                "may be set aside every time without a rule of the format."
            )
        raise AlarmError("\n".join(lines))


def find_alarms(
    balances: Sequence[Balance], former: Sequence[Mapping[str, Any]], shop: ShopFile
) -> list[str]:
    """Return a sentence for each thing that a person has to look at.

    Those are: a file of which nothing is accepted; more rows or money set aside than the shop
    expects for reasons that no rule of the format decided; much, or much more than before, that
    rules did; and a file that brings clearly less than the one before of the months of that one.

    Args:
        balances: Where the rows of each file of this import went.
        former: The balances that earlier imports recorded, the last one at the end.
        shop: What the shop's file says.
    """
    entries = [balance._asdict() for balance in balances]
    alarms = [*_empty_files(entries)]
    for table in dict.fromkeys(entry["table"] for entry in entries):
        now = _sums(entry for entry in entries if entry["table"] == table)
        before = _sums(entry for entry in former if entry["table"] == table)
        if now.accepted.rows:
            alarms += _faults(table, now, shop)
            alarms += _ruled(table, now, before, shop)
    return [*alarms, *_shrunk_files(entries, former, shop)]


def faulty_share(balances: Sequence[Balance]) -> float:
    """Return the largest share of a table, of rows or money, that no rule of a format decided."""
    entries = [balance._asdict() for balance in balances]
    sums = [
        _sums(entry for entry in entries if entry["table"] == table)
        for table in {entry["table"] for entry in entries}
    ]
    shares = [part / of for one in sums for part, of, _ in _measures(one.faults, one.all) if of > 0]
    return max(shares, default=0.0)


def covering(share: float) -> float:
    """Return the least share of whole hundredths that is no smaller.

    >>> covering(0.1101)
    0.12
    """
    return math.ceil(round(share * 100, 6)) / 100


def expected_share(shop: ShopFile, table: str) -> float:
    """Return the share of a table that a shop expects an import to set aside."""
    said = shop.expected_set_aside
    return said.get(table, EXPECTED_SET_ASIDE) if isinstance(said, Mapping) else said


def _empty_files(entries: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for entry in entries:
        sums = _sums([entry])
        if sums.all.rows and not sums.accepted.rows:
            why = ", ".join(reason for reason in entry["reasons"] if reason not in REPEATED)
            yield f"None of the {sums.all.rows:,} rows of {entry['source']} is accepted ({why})."


def _faults(table: str, now: _Sums, shop: ShopFile) -> Iterator[str]:
    limit = expected_share(shop, table)
    over = [
        f"{format_share(part / of)} of the {what}"
        for part, of, what in _measures(now.faults, now.all)
        if of > 0 and part > limit * of
    ]
    if over:
        yield (
            f"{' and '.join(over)} of {table} would be set aside, which no rule of the format "
            f"decided; no more than {format_share(limit)} is expected."
        )


def _ruled(table: str, now: _Sums, before: _Sums, shop: ShopFile) -> Iterator[str]:
    usual = max(_RULED_SHARE, expected_share(shop, table))
    both = zip(_measures(now.ruled, now.all), _measures(before.ruled, before.all), strict=True)
    over = []
    for (part, of, what), (former_part, former_of, _) in both:
        former = former_part / former_of if former_of > 0 else None
        limits = [] if former is None else [former + _MORE]
        if former is None or former <= usual:  # beyond that, a person has let it pass before
            limits.append(usual)
        if of > 0 and part / of > min(limits) and _surely(part / of, now.all.rows) > min(limits):
            than = "" if former is None else f" ({format_share(former)} before)"
            over.append(f"{format_share(part / of)} of the {what}{than}")
    if over:
        yield f"{' and '.join(over)} of {table} would be set aside by rules of the format."


def _measures(part: _Part, of: _Part) -> list[tuple[int, int, str]]:
    return [(part.rows, of.rows, "rows"), (part.minor, of.minor, "money")]


def _surely(share: float, rows: int) -> float:
    """Return what a share is at least, so that a few rows give no false alarm."""
    from analysis.intervals import wilson  # which most imports need not wait for

    return float(wilson(min(share, 1.0) * rows, rows).low)


def _shrunk_files(
    entries: Sequence[Mapping[str, Any]], former: Sequence[Mapping[str, Any]], shop: ShopFile
) -> Iterator[str]:
    for entry in entries:
        family = [one for one in former if _family(one) == _family(entry) and one.get("months")]
        months, last = _sold(entry), _sold(family[-1]) if family else set()
        # The first month may have been cut by a window that moves on; what follows may not.
        shared = sorted(last)[1:]
        if not shared or REPEATED & set(entry["reasons"]):
            continue
        # A file of what changed holds an old order here and there, not each month.
        covers = last <= months
        was, now = (sum(_gross(one, month) for month in shared) for one in (family[-1], entry))
        if covers and now < (1 - _LESS) * was:
            yield (
                f"{entry['source']} holds {written(now, shop.currency)} of {shared[0]} to "
                f"{shared[-1]}, of which {family[-1]['source']} held "
                f"{written(was, shop.currency)}."
            )


def _sold(entry: Mapping[str, Any]) -> set[str]:
    """Return the months of which an entry holds sales."""
    return {month for month, (gross, *_) in (entry.get("months") or {}).items() if gross > 0}


def _gross(entry: Mapping[str, Any], month: str) -> int:
    return entry["months"][month][0] if month in entry["months"] else 0


def _family(entry: Mapping[str, Any]) -> tuple[str, str]:
    """Return what files of the same making have in common: table, and name but for its digits."""
    return entry["table"], _DIGITS.sub("", file_name(entry["source"]))


def _sums(entries: Iterable[Mapping[str, Any]]) -> _Sums:
    accepted = ruled = faults = _Part()
    for entry in entries:
        money, decided = entry.get("money_set_aside") or {}, entry.get("decided") or []
        accepted += _Part(entry["rows_accepted"], entry.get("gross_minor") or 0)
        for reason, rows in entry["reasons"].items():
            part = _Part(rows, money.get(reason, 0))
            if reason in REPEATED:
                continue
            if reason in decided:
                ruled += part
            else:
                faults += part
    return _Sums(accepted, ruled, faults)
