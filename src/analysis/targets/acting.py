"""From campaign files to ledgers and lists: first what would happen, then, if asked, that it does.

The ledger is written before any list, and lists are made from the ledger. A second run of a day
assigns nobody anew and writes the same lists again; a run for another day than the shop's own
writes nothing.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis import ledger
from analysis.assignment import CONTROL
from analysis.campaigns import Campaign, segment_in_words, with_product_names
from analysis.errors import AnalysisError
from analysis.language import _
from analysis.shop import Shop, open_shop
from analysis.targets.address_book import AddressBook, read_address_book
from analysis.targets.division import divide, global_holdout_salt
from analysis.targets.facts import CONSENT_COLUMNS, Facts
from analysis.targets.list_formats import ListFormat, choose_formats
from analysis.targets.lists import (
    Member,
    Sending,
    Written,
    addresses,
    targets_folder,
    write_counts,
    write_list,
)
from analysis.targets.power import Prospect, prospect
from analysis.targets.selection import (
    Selection,
    State,
    assigned_customers,
    assignment_day,
    assignments_of,
    in_running_tests,
    select,
    state_of,
)


class Action(NamedTuple):
    """What a report does about one campaign.

    Attributes:
        campaign: What the file says.
        state: `due`, `planned`, `over`, or `missed` (its days have passed and nobody is assigned).
        assigned: Customers whom it has assigned on earlier days.
        selection: Whom it assigns today; None where it is not due, or cannot.
        arms: Arm to how many customers are assigned to it today, control first.
        prospect: What the test can tell; None where it is not due, or cannot.
        problem: Why it cannot act, in a sentence; empty where nothing is wrong.
    """

    campaign: Campaign
    state: State
    assigned: int
    selection: Selection | None = None
    arms: dict[str, int] = {}  # noqa: RUF012 never changed
    prospect: Prospect | None = None
    problem: str = ""


class Outcome(NamedTuple):
    """What was written for one campaign.

    Attributes:
        action: What was to be done.
        ledger: Name of the ledger's new file; empty where nobody was new.
        lists: The lists.
        problem: Why there are no lists, in a sentence; empty where nothing is wrong.
    """

    action: Action
    ledger: str
    lists: tuple[Written, ...]
    problem: str = ""


def plan_actions(
    shop: Shop, campaigns: Sequence[Campaign], *, global_holdout_share: float
) -> list[Action]:
    """Return what each campaign would do on the morning after the shop's day; nothing is written.

    Campaigns choose in the order of their first days: whoever is chosen by one is in a running test
    for the next. What is wrong with one campaign does not keep the others.

    Args:
        shop: The shop.
        campaigns: All campaigns of the shop.
        global_holdout_share: Share of the customers whom all campaigns leave alone.
    """
    facts, campaigns = Facts(shop, as_of=shop.as_of), with_product_names(shop, campaigns)
    chosen: dict[str, np.ndarray] = {}
    actions = []
    for campaign in campaigns:
        assigned, state, problem = 0, "due", ""
        try:
            assigned = len(assigned_customers(shop, campaign.campaign_id))
        except AnalysisError as error:
            problem = str(error)
        state = state_of(campaign, as_of=shop.as_of, assigned=assigned)
        action = Action(campaign, state, assigned, problem=problem)
        if state == "due" and not problem:
            taken = in_running_tests(shop, campaign, campaigns, facts, chosen=chosen)
            action = _plan(shop, action, facts, taken, global_holdout_share)
            if action.selection:
                chosen[campaign.campaign_id] = action.selection.customers
        actions.append(action)
    return actions


def _plan(
    shop: Shop, action: Action, facts: Facts, taken: np.ndarray, global_holdout_share: float
) -> Action:
    campaign = action.campaign
    try:
        selection = select(
            shop,
            campaign,
            facts,
            in_other_tests=taken,
            global_holdout_share=global_holdout_share,
        )
        today = len(selection.customers)
        told = prospect(shop, campaign, facts, assigned=action.assigned, today=today)
    except AnalysisError as error:
        return action._replace(problem=str(error))
    counted = Counter(divide(campaign, selection.customers).tolist())
    arms = {arm: counted[arm] for arm in (CONTROL, *(arm for arm, _share in campaign.arms))}
    return action._replace(selection=selection, arms=arms, prospect=told, problem=selection.problem)


def why_not_now(shop: Shop) -> str:
    """Return why a report as of its day must not write, or nothing.

    Lists are for the shop's own day (`as_of` of its file) only. A ledger of a day that lies back
    would claim that customers were assigned before it was known what they did; one of a day that is
    not over would leave out what they do yet.
    """
    own = open_shop(shop.file.name).as_of
    if shop.as_of != own:
        return _(
            "This report is as of {day}, and the shop's own day is {own}: for another day nothing "
            "is written."
        ).format(day=shop.as_of, own=own)
    return ""


def act(
    shop: Shop,
    actions: Sequence[Action],
    *,
    formats: Sequence[str],
    contacts_file: str = "",
    global_holdout_share: float = 0.0,
) -> list[Outcome]:
    """Write the ledger of every due campaign, then its lists, and return what was written.

    Args:
        shop: The shop.
        actions: What `plan_actions` returned.
        formats: Names of the list formats wanted.
        contacts_file: The shop's own export of customers; empty for lists of numbers only.
        global_holdout_share: As given to `plan_actions`, for the count files.

    Raises:
        ParameterError: There is no such format; nothing is written.
        DataError: The export of customers cannot be read; nothing is written.
    """
    forms = choose_formats(formats)
    if why_not_now(shop):
        return []
    ready = [action for action in actions if action.state == "due" and action.selection]
    # The export is read first: one that cannot be read leaves everything as it is.
    book = _read_book(shop, ready, contacts_file) if contacts_file and ready else None
    ledgers = {action.campaign.campaign_id: _write_ledger(shop, action) for action in ready}
    facts = Facts(shop, as_of=shop.as_of)
    outcomes = []
    for action in ready:
        name = action.campaign.campaign_id
        rows = _assigned_today(shop, action.campaign)
        lists = _write_lists(shop, action, rows, forms, book, facts) if len(rows) else ()
        if lists:
            _write_count_file(shop, action, rows, lists, global_holdout_share)
        outcomes.append(Outcome(action, ledgers[name], lists))
    return outcomes


def _read_book(shop: Shop, ready: Sequence[Action], contacts_file: str) -> AddressBook:
    wanted: set[str] = set()
    for action in ready:
        wanted.update(action.selection.customers if action.selection else ())
        wanted.update(_assigned_today(shop, action.campaign)["customer_id"])
    return read_address_book(contacts_file, wanted)


def _write_ledger(shop: Shop, action: Action) -> str:
    selection, campaign = action.selection, action.campaign
    if selection is None or not len(selection.customers):
        return ""
    moment = datetime.combine(assignment_day(shop.as_of), time())
    batch = pd.DataFrame(
        {
            "campaign_id": campaign.campaign_id,
            "customer_id": selection.customers,
            "arm": divide(campaign, selection.customers),
            "assigned_at": pd.Timestamp(moment),
        }
    )
    return ledger.append_ledger(shop.file.name, batch).name


def _assigned_today(shop: Shop, campaign: Campaign) -> pd.DataFrame:
    rows = assignments_of(shop, campaign.campaign_id)
    return rows[rows["assigned_day"] == pd.Timestamp(assignment_day(shop.as_of))]


def _write_lists(
    shop: Shop,
    action: Action,
    rows: pd.DataFrame,
    forms: Sequence[ListFormat],
    book: AddressBook | None,
    facts: Facts,
) -> tuple[Written, ...]:
    campaign, day = action.campaign, assignment_day(shop.as_of)
    folder = targets_folder(shop.file.name, campaign.campaign_id, day)
    contacts = book.contacts if book else {}
    control = rows.loc[rows["arm"] == CONTROL, "customer_id"]
    taken = (addresses(contacts[who]) for who in control if who in contacts)
    forbidden = frozenset(address for some in taken for address in some)
    allows = _allowed_channels(facts, rows["customer_id"])
    written = []
    for form in forms:
        if form.channel != "any" and form.channel not in campaign.channels:
            continue
        if form.needs != "customer" and book is None:
            continue
        for arm, _share in campaign.arms:
            members = [
                Member(who, arm, contacts.get(who), allows.get(who, frozenset()))
                for who in rows.loc[rows["arm"] == arm, "customer_id"]
            ]
            sending = Sending(
                campaign.campaign_id, shop.as_of, _first_day(campaign, form, day), forbidden
            )
            written.append(write_list(folder, form, arm, members, sending))
    return tuple(written)


def _first_day(campaign: Campaign, form: ListFormat, day: date) -> date:
    days = [step.day for step in campaign.steps if form.channel in ("any", step.channel)]
    return day + pd.Timedelta(days=min(days)).to_pytimedelta()


def _allowed_channels(facts: Facts, customers: pd.Series) -> dict[str, frozenset[str]]:
    if "customers" not in facts.shop.engine.tables:
        return {}
    places = facts.index.get_indexer(customers)
    consents = {channel: facts.consents(channel) for channel in CONSENT_COLUMNS}
    return {
        who: frozenset(channel for channel, given in consents.items() if given[place])
        for who, place in zip(customers, places, strict=True)
        if place >= 0
    }


def _write_count_file(
    shop: Shop,
    action: Action,
    rows: pd.DataFrame,
    lists: Sequence[Written],
    global_holdout_share: float,
) -> None:
    campaign, day = action.campaign, assignment_day(shop.as_of)
    folder = targets_folder(shop.file.name, campaign.campaign_id, day)
    files = ledger.ledger_files(shop.file.name, campaign.campaign_id)
    write_counts(
        folder,
        {
            "campaign": campaign.campaign_id,
            "as_of": shop.as_of,
            "assigned_on": day,
            "salt": campaign.salt,
            "rule": segment_in_words(
                campaign.segment, currency=shop.file.currency, product_names=campaign.product_names
            ),
            "global_holdout": {
                "salt": global_holdout_salt(day),
                "share": global_holdout_share,
            },
            "steps": [
                {"send_on": day + pd.Timedelta(days=step.day), **step._asdict()}
                for step in campaign.steps
            ],
            "assigned": rows["arm"].value_counts().to_dict(),
            "ledger": [file.name for file in files],
            "lists": [written._asdict() for written in lists],
        },
    )
