"""Whom do campaigns reach today? Rule, consent, other tests, division, ledgers and lists."""

from analysis.targets.acting import Action, Outcome, act, plan_actions, why_not_now
from analysis.targets.division import (
    divide,
    global_holdout_salt,
    in_global_holdout,
    places,
)
from analysis.targets.facts import Facts
from analysis.targets.list_formats import list_formats
from analysis.targets.power import Prospect, prospect
from analysis.targets.selection import Selection, assignment_day, select, state_of

__all__ = [
    "Action",
    "Facts",
    "Outcome",
    "Prospect",
    "Selection",
    "act",
    "assignment_day",
    "divide",
    "global_holdout_salt",
    "in_global_holdout",
    "list_formats",
    "places",
    "plan_actions",
    "prospect",
    "select",
    "state_of",
    "why_not_now",
]
