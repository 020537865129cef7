"""Two records of the same report side by side: what differs, and what may be why."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

from analysis.report.record import KINDS

_UNKNOWN = "not recorded"
_SHOWN_DIGITS = 12

Cause = Literal["code", "data", "versions"]


class Difference(NamedTuple):
    """Something that two runs recorded differently.

    Attributes:
        kind: `metrics`, `findings`, `checks` or `outcome`.
        name: Key in the record.
        field: Which part of it, empty where one run lacks it altogether.
        before: As the first run has it.
        after: As the second has it.
    """

    kind: str
    name: str
    field: str
    before: Any
    after: Any


class Circumstance(NamedTuple):
    """Something under which two runs were not the same.

    Attributes:
        cause: Whether it is about code, data or versions.
        what: Which part of it.
        before: As the first run has it.
        after: As the second has it.
    """

    cause: Cause
    what: str
    before: str
    after: str


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Return everything that the first record tells of and the second tells otherwise.

    Values are compared as they are recorded, to the last bit. A field that only later code records
    is no difference.

    >>> differences({"outcome": "ok", "metrics": [{"name": "a", "value": 0.1 + 0.2}]},
    ...             {"outcome": "ok", "metrics": [{"name": "a", "value": 0.3}]})
    [Difference(kind='metrics', name='a', field='value', before=0.30000000000000004, after=0.3)]
    """
    found = [
        Difference("outcome", name, "", before.get(name), after.get(name))
        for name in ("outcome", "message", "as_of")
        if before.get(name) != after.get(name)
    ]
    for kind in KINDS:
        found += _of_kind(kind, _by_name(before, kind), _by_name(after, kind))
    return found


def _by_name(run: Mapping[str, Any], kind: str) -> dict[str, Mapping[str, Any]]:
    return {item["name"]: item for item in run.get(kind) or []}


def _of_kind(
    kind: str, before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]
) -> Iterator[Difference]:
    for name in [*before, *(name for name in after if name not in before)]:
        if name not in after:
            yield Difference(kind, name, "", "recorded", _UNKNOWN)
        elif name not in before:
            yield Difference(kind, name, "", _UNKNOWN, "recorded")
        else:
            for field, value in before[name].items():
                now = after[name].get(field)
                # How a number is defined is code, told among the circumstances.
                if field != "fingerprint" and value != now:
                    yield Difference(kind, name, field, value, now)


def circumstances(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Circumstance]:
    """Return what was not the same when two runs were made: why their numbers may differ.

    Code is told by what the report ran, not by where it lay: another commit with the same notebook
    and the same modules behind it is the same code.
    """
    pairs: list[tuple[Cause, str, Any, Any]] = [
        ("code", part, _in(before, "code", part), _in(after, "code", part))
        for part in ("notebook", "report")
    ]
    pairs += [("data", "tables", *(_in(run, "data", "fingerprint") for run in (before, after)))]
    pairs += [
        ("data", part, _in(before, "inputs", part), _in(after, "inputs", part))
        for part in ("shop_file", "campaigns", "ledgers", "files")
    ]
    known, now = (run.get("versions") or {} for run in (before, after))
    names = sorted({*known, *now})
    pairs += [("versions", name, known.get(name, ""), now.get(name, "")) for name in names]
    return [
        Circumstance(cause, what, str(one), str(other))
        for cause, what, one, other in pairs
        if one != other
    ]


def _in(run: Mapping[str, Any], group: str, part: str) -> Any:
    content = run.get(group)
    return content.get(part) if content else _UNKNOWN


def count_recorded(run: Mapping[str, Any]) -> str:
    """Say how much a run recorded.

    >>> count_recorded({"metrics": [{}, {}], "findings": [], "checks": [{}]})
    '2 metrics, 1 checks'
    """
    return ", ".join(f"{len(run[kind])} {kind}" for kind in KINDS if run.get(kind))


def difference_line(found: Difference) -> str:
    """Say a difference in one line; numbers with as many digits as tell them apart."""
    place = f"{found.kind} {found.name}" + (f".{found.field}" if found.field else "")
    change = ""
    numbers = [found.before, found.after]
    if all(isinstance(each, int | float) and not isinstance(each, bool) for each in numbers):
        change = f"  ({found.after - found.before:+.3g})"
    return f"{place}: {found.before!r} -> {found.after!r}{change}"


def circumstance_line(found: Circumstance) -> str:
    """Say in one line what was not the same."""
    one, other = (_short(each) for each in (found.before, found.after))
    return f"{found.cause}: {found.what} {one} -> {other}"


def _short(text: str) -> str:
    return text[:_SHOWN_DIGITS] or "none"
