"""A mapping for a file that nobody described: what is certain, and what has to be asked."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from analysis.errors import DataError, ParameterError
from analysis.ingest.guessing.amounts import amount_keys
from analysis.ingest.guessing.columns import candidates, choose, column_meanings, possible
from analysis.ingest.guessing.contents import Column, Sample
from analysis.ingest.guessing.header_words import means, state
from analysis.ingest.guessing.questions import Answers, Question

# Those that choose first come first: `Client` is a number before it is a name.
_WHO = ("email", "customer_id", "phone")
_ORDER = ("order_id", "ordered_at", *_WHO, "ordered_time", "refunded_at", "currency",
          "coupon_code", "channel", "source", "cancelled_at")  # fmt: skip
_CUSTOMER = (*_WHO, "registered_at", "region", "email_optin")


class Guess(NamedTuple):
    """What a mapping for a file may be.

    Attributes:
        mapping: As the shop's file would hold it, with what is known so far.
        questions: What a person has to say before it can be used.
    """

    mapping: dict[str, Any]
    questions: tuple[Question, ...] = ()


def guess_layout(sample: Sample, answers: Answers) -> Guess:
    """Return a mapping for a file, and what is to be asked.

    Args:
        sample: The first rows of the file.
        answers: What a person said.

    Raises:
        ParameterError: An answer names a column that the file does not have.
        DataError: No column can hold what every file of orders has to tell.
    """
    if _is_of_customers(sample):
        return _guess_customers(sample, answers)
    _check_answers(sample, answers)
    chosen = choose(sample, _ORDER, answers)
    questions = [*_missing(sample, chosen)]
    who = {key: chosen[key].name for key in _WHO if key in chosen}
    mapping: dict[str, Any] = {}
    if "order_id" in chosen:
        mapping["order_id"] = chosen["order_id"].name
    mapping |= {key: who[key] for key in ("customer_id", "email", "phone") if key in who}
    if nobody := _nobody(chosen.get("customer_id")):
        mapping["no_customer"] = nobody
    mapping |= {key: chosen[key].name for key in ("ordered_at", "ordered_time") if key in chosen}
    if "order_id" in chosen:
        keys, asked = amount_keys(sample, chosen, answers)
        mapping |= keys
        questions += asked
    for key in ("refunded_at", "currency", "coupon_code", "channel", "source"):
        if key in chosen and (key != "refunded_at" or "refund" in mapping):
            mapping[key] = chosen[key].name
    statuses, asked = _statuses(sample, chosen, answers)
    mapping |= {"status": statuses} if statuses else {}
    return Guess(_in_order(mapping), (*questions, *asked))


def _nobody(column: Column | None) -> list[str]:
    """Return the customer numbers that mean nobody: all guests would become one customer."""
    values = set(column.filled if column else ())
    return sorted(value for value in values if means(value, "nobody"))


def _is_of_customers(sample: Sample) -> bool:
    """Tell whether a file lists people and not what they bought."""
    money = [
        match.share == 1
        for key in ("amount", "worth", "price", "line_amount")
        for _, match in candidates(sample, key)
    ]
    about_people = [candidates(sample, key) for key in ("registered_at", "email_optin", "email")]
    return any(about_people) and not any(money) and not candidates(sample, "order_id")


def _guess_customers(sample: Sample, answers: Answers) -> Guess:
    chosen = choose(sample, _CUSTOMER, answers)
    mapping: dict[str, Any] = {"table": "customers"}
    mapping |= {key: chosen[key].name for key in _CUSTOMER if key in chosen}
    if "email_optin" in mapping:
        granted, refused = _consent(chosen["email_optin"])
        if granted or refused:
            mapping |= {"granted": granted, "refused": refused}
        else:
            del mapping["email_optin"]
    asked = () if set(_WHO) & set(chosen) else (_who(sample, chosen),)
    return Guess(_in_order(mapping), asked)


def _consent(column: Column) -> tuple[list[str], list[str]]:
    """Return the values of a column that mean yes and no; nothing where one is not known."""
    values = set(column.filled)
    granted = {value for value in values if means(value, "granted")}
    refused = {value for value in values if means(value, "refused")}
    if values - granted - refused:
        return [], []
    return sorted({"1", "true", "yes", *granted}), sorted({"0", "false", "no", *refused})


def _missing(sample: Sample, chosen: Mapping[str, Column]) -> Iterator[Question]:
    if "order_id" not in chosen:
        yield _which(sample, chosen, "order_id", "holds the number of the order")
    if "ordered_at" not in chosen:
        yield _which(sample, chosen, "ordered_at", "tells when it was ordered")
    if not set(_WHO) & set(chosen):
        yield _who(sample, chosen)


def _check_answers(sample: Sample, answers: Answers) -> None:
    for key in (*_ORDER, "amount"):
        # The currency of the shop is a code, whatever column says the same.
        given = answers.get(key) if key != "currency" else ""
        if given and given not in sample.columns and (key, given) != ("amount", "lines"):
            names = ", ".join(sample.columns)
            raise ParameterError(
                f"{sample.name} has no column '{given}' for {key}: it has {names}."
            )
    who = sample.columns.get(answers.get("customer_id"))
    if who and who.is_people:
        raise ParameterError(
            f"{who.name} of {sample.name} looks like names of people, which enter no table: name "
            "a column of customer numbers, e-mail addresses or telephone numbers."
        )


def _who(sample: Sample, chosen: Mapping[str, Column]) -> Question:
    what = "tells customers apart, by a number, an e-mail address or a telephone number"
    return _which(sample, chosen, "customer_id", what)


def _which(sample: Sample, chosen: Mapping[str, Column], key: str, what: str) -> Question:
    taken = {column.name for column in chosen.values()}
    left = [column.name for column in possible(sample, key) if column.name not in taken]
    if not left:
        people = [column.name for column in sample.columns.values() if column.is_people]
        names = f" ({', '.join(people)}: names of people, which enter no table)" if people else ""
        raise DataError(
            f"No column of {sample.name} {what}: export it with one; it has "
            f"{', '.join(sample.columns)}{names if key == 'customer_id' else ''}."
        )
    return Question(key, f"Which column of {sample.name} {what}?", dict.fromkeys(left, ""))


def _statuses(
    sample: Sample, chosen: Mapping[str, Column], answers: Answers
) -> tuple[list[dict[str, Any]], list[Question]]:
    """Return the columns that decide whether an order counts, and the states nobody knows."""
    found, asked = [], []
    columns = [
        column for column, _ in candidates(sample, "status") if _tells_states(column, sample)
    ]
    for place, column in enumerate(columns):
        told = {value: _meaning(value, answers) for value in sorted(set(column.filled))}
        drop = {value: why for value, why in told.items() if why not in ("", "keep")}
        if place == 0:
            keep = [value for value, why in told.items() if why == "keep"]
            unknown = [value for value, why in told.items() if not why]
            asked += [_counts(sample, column, value) for value in unknown]
            found.append({"column": column.name, "keep": keep, "drop": drop})
        elif drop:
            found.append({"column": column.name, "drop": drop})
    if "cancelled_at" in chosen:
        found.append({"column": chosen["cancelled_at"].name, "drop": {"*": "cancelled"}})
    return [_without_empty(one) for one in found], asked


def _tells_states(column: Column, sample: Sample) -> bool:
    """Tell whether the states of a column are those of orders, not those that people live in."""
    if any(map(state, set(column.filled))):
        return True
    places = any("place" in column_meanings(name) for name in sample.columns)
    return column_meanings(column.name)["status"].share == 1 and not places


def _without_empty(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if value}


def _meaning(value: str, answers: Answers) -> str:
    """Return what a state means: as a person said it, or else by its words."""
    if value in answers.keep:
        return "keep"
    if value in answers.drop:
        return "cancelled"
    return state(value)


def _counts(sample: Sample, column: Column, value: str) -> Question:
    rows = column.cells.count(value)
    sentence = (
        f"{column.name} of {sample.name} says '{value}' in {rows:,} rows: do such orders count as "
        "sales?"
    )
    choices = {"keep": "they count", "drop": "they are set aside"}
    return Question("keep", sentence, choices, state=value)


_KEYS = ("table", "order_id", "customer_id", "no_customer", "email", "phone", "ordered_at",
         "ordered_time", "amount", "amount_plus", "refund", "refunded_at", "discount", "currency",
         "coupon_code", "channel", "source", "status", "line")  # fmt: skip


def _in_order(mapping: dict[str, Any]) -> dict[str, Any]:
    """Return a mapping with its keys as a person would write them."""
    places = {key: place for place, key in enumerate(_KEYS)}
    return dict(sorted(mapping.items(), key=lambda one: places.get(one[0], len(places))))
