"""`crm check`: tell what a shop's data cover, what they lack, and what looks wrong."""

from argparse import Namespace

from analysis.verbs.options import Verbs, add_shop, for_each_shop, require_shops, say

_EXAMPLES = """
examples:
  crm check --shop cdnow

What looks wrong is for a person to judge: it does not change the exit code.
"""


def add(verbs: Verbs) -> None:
    """Add the verb and its options to the command."""
    checking = verbs.add_parser(
        "check",
        help="tell what a shop's data cover, lack, and what looks wrong",
        description="Tell what a shop's data cover, what they lack, and what looks wrong.",
        epilog=_EXAMPLES,
    )
    checking.set_defaults(command=_check)
    add_shop(checking)


def _check(options: Namespace) -> int:
    """Tell what shops' data cover, what they lack, and what looks wrong."""
    require_shops(options.shop)
    from analysis.check import check_shop

    def check(name: str) -> None:
        report = check_shop(name)
        say([name, *(f"  {fact}" for fact in report.facts)])
        say(["  missing, and what it silences:"] if report.silent else [])
        say(f"    {line}" for line in report.silent)
        say(["  suspicious:" if report.suspicious else "  nothing suspicious"])
        say(f"    {line}" for line in report.suspicious)

    return for_each_shop(options.shop, check)
