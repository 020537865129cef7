"""`crm prune`: remove the pages of old runs."""

from argparse import Namespace

from analysis.verbs.options import Verbs, add_reports, at_least, reports_folder, say

_EXAMPLES = """
examples:
  crm prune --keep 30
  crm prune --keep 5 --reports /srv/reports

Kept for each shop and report: the newest good runs, the last failed run, as many of the runs with
settings of their own, and what `latest` leads to. Of a run that is removed, run.json stays: trends
remember its numbers, `crm run --all` that it was done, and `crm repeat` can run it again. A report
that is being run is left alone.
"""


def add(verbs: Verbs) -> None:
    """Add the verb and its options to the command."""
    prune = verbs.add_parser(
        "prune",
        help="remove the pages of old runs",
        description="Remove the pages of old runs of every report; their records stay.",
        epilog=_EXAMPLES,
    )
    prune.set_defaults(command=_prune)
    prune.add_argument(
        "--keep",
        type=at_least(int, 1),
        required=True,
        metavar="N",
        help="how many of the newest good runs to keep for each shop and report",
    )
    add_reports(prune)


def _prune(options: Namespace) -> int:
    """Remove old runs and tell which."""
    from analysis.report.prune import prune
    from analysis.report.publish import rebuild_index

    reports = reports_folder(options.reports)
    removed = 0
    for pruned in prune(reports, keep=options.keep):
        name = f"{pruned.shop}/{pruned.report}"
        removed += len(pruned.removed)
        say(f"removed {name}/{run_id}" for run_id in pruned.removed)
        if pruned.busy:
            say([f"left alone {name}: {pruned.busy}"])
    if removed:
        rebuild_index(reports)
    runs = "run" if removed == 1 else "runs"
    say([f"{removed} {runs} removed." if removed else "Nothing to remove."])
    return 0
