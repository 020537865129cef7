"""What a scheduler has to know of a run of everything: one word, one exit code, one sentence."""

from collections.abc import Iterable
from enum import Enum


class Verdict(Enum):
    """Name what a scheduler has to know, each with its own exit code."""

    complete = (0, "Everything that was due is complete.")
    nothing_due = (0, "Nothing was due.")
    mail_failed = (9, "The reports are complete, but a mail could not be sent.")
    some_failed = (10, "Some of what was due could not be completed, the rest is complete.")
    all_failed = (11, "Nothing of what was due could be completed.")
    busy = (75, "Another command runs what was due, or some of it; nothing failed.")
    out_of_time = (6, "The time allowed for everything ran out.")
    interrupted = (130, "The command was interrupted.")
    terminated = (143, "The command was told to end.")

    def __init__(self, exit_code: int, sentence: str) -> None:
        self.exit_code = exit_code
        self.sentence = sentence


def exit_codes(verdicts: Iterable[Verdict] = tuple(Verdict)) -> str:
    """Return the exit codes with their meanings, a line each.

    >>> exit_codes([Verdict.nothing_due, Verdict.mail_failed]).splitlines()[0]
    '   0  Nothing was due.'
    """
    return "\n".join(f"{each.exit_code:>4}  {each.sentence}" for each in verdicts)
