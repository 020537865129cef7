"""What the target report says beside its figures."""

from collections.abc import Sequence

from analysis.campaigns.rules import Condition, conditions_of
from analysis.churn.origin import origin_sentence, read_origin
from analysis.language import _, join_list, join_sentences
from analysis.shop import Shop
from analysis.style import format_count, format_date, format_share
from analysis.suppression import is_few, write_people
from analysis.targets.acting import Action, Outcome, why_not_now
from analysis.targets.answers import due, running
from analysis.targets.division import global_holdout_salt
from analysis.targets.facts import CANCELLATION_CONDITIONS, SUBSCRIPTION_CONDITIONS
from analysis.targets.list_formats import list_formats
from analysis.targets.ranks import RANK_SHARES, WINDOW_DAYS
from analysis.targets.selection import assignment_day


def answer(shop: Shop, actions: Sequence[Action], *, write_lists: bool) -> str:
    """Say for which morning this is, and whether anything is written."""
    if not actions:
        return _(
            "This shop has no campaign files yet: copy one from campaigns/templates/ and decide "
            "before sending what the result will be judged by."
        )
    said = _("For the morning of {day}, by what was known on the evening before.").format(
        day=format_date(assignment_day(shop.as_of))
    )
    if not due(actions):
        return join_sentences(said, _("No campaign is due."))
    if why_not_now(shop):
        return join_sentences(said, why_not_now(shop))
    if not write_lists:
        return join_sentences(
            said,
            _(
                "This is a what-if: nothing is written, and nobody is assigned. With the parameter "
                "write_lists set to true, ledgers and lists are written."
            ),
        )
    return said


def rule_sentence() -> str:
    """Say how scores and ranks are formed."""
    first, second, third = (format_share(share, decimals=0) for share in RANK_SHARES)
    return _(
        "What is not known of a customer never matches, and neither does its opposite. Scores from "
        "1 to 5 are fifths of the customers who bought in the last {days} days. Ranks go by what "
        "was paid in those days: gold the top {first}, silver down to {second}, bronze down to "
        "{third}, regular the rest."
    ).format(days=WINDOW_DAYS, first=first, second=second, third=third)


def derived_sentence(shop: Shop, actions: Sequence[Action]) -> str:
    """Say on what a rule about subscriptions rests where these are derived from orders, or nothing.

    Where no cancellation is known at all, rules that ask for one match nobody.
    """
    asked = [
        condition
        for action in due(actions)
        for condition in conditions_of(action.campaign.segment)
        if condition.name in SUBSCRIPTION_CONDITIONS
    ]
    origin = read_origin(shop) if asked else None
    if origin is None or not origin.derived:
        return ""
    if origin.ended or not any(map(_asks_who_cancelled, asked)):
        return origin_sentence(origin)
    return join_sentences(
        origin_sentence(origin),
        _("No cancellation is known, so rules that ask who has cancelled match nobody."),
    )


def _asks_who_cancelled(condition: Condition) -> bool:
    return condition.name in CANCELLATION_CONDITIONS or "cancelled" in condition.choices


def steps_sentence(actions: Sequence[Action]) -> str:
    """Say where most customers were lost on the way from the rule to the list."""
    shown = [action.selection for action in due(actions) if action.selection]
    matched = sum(one.matched - one.assigned_before for one in shown)
    if not matched:
        return _("No rule matches anybody new.")
    lost = {
        _("consent"): sum(one.matched - one.assigned_before - one.consenting for one in shown),
        _("recent messages"): sum(one.consenting - one.rested for one in shown),
        _("other running tests"): sum(one.rested - one.free for one in shown),
        _("the global holdout"): sum(one.free - one.late - len(one.customers) for one in shown),
        _("coming after the only day of assignment"): sum(one.late for one in shown),
    }
    most = max(lost, key=lambda name: lost[name])
    if not lost[most]:
        return _("Nobody who matches a rule is left out.")
    # A share of a count that is told would tell the one that is not.
    said = (
        _(
            "Of {matched} matches, most are lost to {most}: {n}. Someone who matches several rules "
            "counts in each."
        )
        if is_few(lost[most])
        else _(
            "Of {matched} matches, most are lost to {most}: {n} ({share}). Someone who matches "
            "several rules counts in each."
        )
    )
    return said.format(
        matched=write_people(matched),
        most=most,
        n=write_people(lost[most]),
        share=format_share(lost[most] / matched),
    )


def holdout_sentence(shop: Shop, *, share: float) -> str:
    """Say whom all campaigns leave alone."""
    day = assignment_day(shop.as_of)
    if not share:
        return _("There is no global holdout: what all campaigns do together cannot be told.")
    return _(
        "{share} of all customers are left alone by every campaign of this half-year (salt "
        "{salt}): comparing them with the others shows what all campaigns do together."
    ).format(share=format_share(share, decimals=0), salt=global_holdout_salt(day))


def power_answer(actions: Sequence[Action]) -> str:
    """Say how many of today's tests can tell what they hope for."""
    told = [action.prospect for action in running(actions) if action.prospect]
    answers = [one.can_answer for one in told]
    if not told:
        return _("No test begins or goes on today.")
    said = _(
        "{can} of {all} tests can tell what they hope for with 80% power. A test that cannot will "
        "most likely end in 'test further', whatever the campaign does: make the list longer, hope "
        "for more, or choose a metric that happens more often."
    )
    return said.format(can=format_count(answers.count(True)), all=format_count(len(told)))


def written_sentence(
    shop: Shop, actions: Sequence[Action], outcomes: Sequence[Outcome], *, write_lists: bool
) -> str:
    """Say what was written, and where to."""
    if not due(actions):
        return _("Nothing was to be written.")
    if not write_lists:
        return _("Nothing was written: write_lists is false.")
    if why_not_now(shop):
        return _("Nothing was written: {why}").format(why=why_not_now(shop))
    new = sum(bool(outcome.ledger) for outcome in outcomes)
    lists = sum(len(outcome.lists) for outcome in outcomes)
    return _(
        "{new} ledgers got new customers, and {lists} lists lie in data/private/targets/{shop}/, "
        "readable by their owner only, each day's with a count file. Whoever is in a ledger stays "
        "as assigned; a second run assigns nobody again and writes the same lists."
    ).format(new=format_count(new), lists=format_count(lists), shop=shop.file.name)


def list_sentences(
    outcomes: Sequence[Outcome], *, contacts_file: str, write_lists: bool
) -> list[str]:
    """Say what is wrong with lists: the tool may refuse them, or addresses are missing."""
    said = []
    if write_lists and not contacts_file:
        said.append(
            _(
                "No export of customers was given (contacts_file), so lists hold customer numbers "
                "only, and formats that need an address were not written. Addresses are joined in "
                "that moment alone and kept nowhere else."
            )
        )
    forms = list_formats()
    said += [
        _(
            "{tool} may refuse the list of '{name}': it has {n} customers, and needs {least}."
        ).format(
            tool=forms[written.format].title,
            name=outcome.action.campaign.title,
            n=write_people(written.customers),
            least=forms[written.format].least_rows,
        )
        for outcome in outcomes
        for written in outcome.lists
        if written.too_few
    ]
    return said


def others_sentence(actions: Sequence[Action]) -> str:
    """Say whether a campaign was forgotten."""
    missed = [action.campaign.title for action in actions if action.state == "missed"]
    if missed:
        return _("Forgotten: {names}. Nobody was assigned while there was time.").format(
            names=join_list(missed)
        )
    if all(action.state == "due" for action in actions):
        return _("Every campaign of this shop is due.")
    return _("None of them was forgotten.")
