"""How a run ended: one word, one exit code and one sentence, the same wherever it is told."""

from collections.abc import Iterable
from enum import Enum


class Outcome(Enum):
    """Name the ways a run can end, from good through ever less of the notebook's own making.

    The order is that of severity: of several runs, the last in this order is the one to tell a
    scheduler about.
    """

    ok = (0, "The report is complete.")
    busy = (75, "The same report is being run already.")
    bad_request = (2, "The request cannot be met; nothing was run.")
    data_error = (3, "The data do not allow the answer.")
    alarm = (12, "The import leaves out too much: the former tables stay.")
    stopped_early = (4, "A cell ended the notebook before its end.")
    notebook_error = (1, "A cell failed.")
    page_error = (8, "The page cannot be rendered.")
    timeout = (6, "The time allowed ran out.")
    kernel_died = (5, "The process that runs the notebook died.")
    disk_full = (7, "The result could not be written.")
    interrupted = (130, "The run was interrupted.")
    terminated = (143, "The run was told to end.")

    def __init__(self, exit_code: int, sentence: str) -> None:
        self.exit_code = exit_code
        self.sentence = sentence


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """Return the most severe of several outcomes, `ok` when there are none.

    >>> worst([Outcome.ok, Outcome.busy, Outcome.data_error, Outcome.ok])
    <Outcome.data_error: (3, 'The data do not allow the answer.')>
    """
    order = list(Outcome)
    return max(outcomes, key=order.index, default=Outcome.ok)
