"""What a report says in numbers and sentences, in the shape that pages and run records share."""

from collections.abc import Iterable
from typing import NamedTuple

from analysis.errors import CheckError


class Metric(NamedTuple):
    """A number that a run records under a name, with its interval and the count behind it.

    Attributes:
        name: Key in the run record, with the unit as its ending (`alive_customers`,
            `value_365d_minor`).
        label: The same in words.
        text: The value as a reader sees it, unit and interval included.
        value: Estimate; money in minor units, shares from 0 to 1.
        low: Lower end of the 95% interval, or None where the value is a count of facts.
        high: Upper end of the 95% interval.
        n: How many customers or events the value rests on.
        unit: `customers`, `orders`, `minor`, `share`, `days`, `weeks` or empty.
        fingerprint: Of how it is computed; the run fills it in, so that numbers computed
            otherwise are not compared.
    """

    name: str
    label: str
    text: str
    value: float | int | None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    unit: str = ""
    fingerprint: str = ""


class Finding(NamedTuple):
    """A sentence worth acting on, with its effect, its uncertainty and what it is worth.

    Attributes:
        name: Key in the run record.
        sentence: The finding in words, interval and people included.
        value: Effect size.
        low: Lower end of its 95% interval.
        high: Upper end of its 95% interval.
        n: How many people it is about.
        money_minor: Money at stake in minor units, by which findings are ordered.
        money: The same as a reader sees it.
        definition: How effect and money are counted, in words.
    """

    name: str
    sentence: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    money_minor: int | None = None
    money: str = ""
    definition: str = ""


class Check(NamedTuple):
    """A condition under which the numbers of a report may be trusted.

    Attributes:
        name: Key in the run record.
        passed: Whether the condition holds.
        sentence: What was compared with what, and what it means when it fails.
        needed: Whether the report must not be published without it.
    """

    name: str
    passed: bool
    sentence: str
    needed: bool = False


class CampaignRecord(NamedTuple):
    """Where one campaign stands, so that later pages can tell what became of a finding.

    Attributes:
        name: The campaign's ID; several reports may record the same.
        title: Its name on pages.
        owner: Who decides what follows from the result.
        finding: Name of the finding that it acts on, or empty.
        state: `planned`, `due`, `waiting`, `interim` or `judged`.
        starts_on: First day of assignment, ISO text.
        readout_on: Day on which the result is read, ISO text.
        verdicts: Of each treatment arm once it is judged: `adopt`, `drop`, `test_further` or
            `cannot_be_judged`.
        sentence: What it did, or whom it reaches, in words, interval included.
        lists: Names of the target lists that were written.
    """

    name: str
    title: str
    owner: str = ""
    finding: str = ""
    state: str = ""
    starts_on: str = ""
    readout_on: str = ""
    verdicts: tuple[str, ...] = ()
    sentence: str = ""
    lists: tuple[str, ...] = ()


def rank(findings: Iterable[Finding | None], *, most: int = 5) -> list[Finding]:
    """Return the findings worth most money, the largest first; those without money come last.

    Args:
        findings: From any section; None stands for nothing found.
        most: How many to return.

    >>> found = [Finding("small", "", money_minor=1), None, Finding("large", "", money_minor=2)]
    >>> [finding.name for finding in rank(found)]
    ['large', 'small']
    """
    found = [finding for finding in findings if finding is not None]
    return sorted(found, key=lambda finding: (-(finding.money_minor or 0), finding.name))[:most]


def require(checks: Iterable[Check]) -> None:
    """Stop a report whose numbers cannot be trusted.

    Raises:
        CheckError: A check that is needed has failed.

    >>> require([Check("data_is_fresh", False, "The last order is 90 days old.", needed=True)])
    Traceback (most recent call last):
        ...
    analysis.errors.CheckError: The last order is 90 days old.
    """
    for check in checks:
        if check.needed and not check.passed:
            raise CheckError(check.sentence)
