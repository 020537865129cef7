"""`crm list`: show notebooks with their parameters, and shops."""

from argparse import Namespace
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.errors import ParameterError
from analysis.verbs.options import Verbs, say

if TYPE_CHECKING:
    from analysis.parameters import Parameter

_EXAMPLES = """
examples:
  crm list
"""


def add(verbs: Verbs) -> None:
    """Add the verb and its options to the command."""
    listing = verbs.add_parser(
        "list",
        help="show notebooks with their parameters, and shops",
        description="Show each notebook's question and parameters, and the shops.",
        epilog=_EXAMPLES,
    )
    listing.set_defaults(command=_show)


def _show(_options: Namespace) -> int:
    """Show the notebooks with their parameters, and the shops."""
    from analysis.notebooks import list_notebooks
    from analysis.shop import list_shops, no_shops

    for notebook in list_notebooks():
        say([*_notebook_lines(notebook), ""])
    shops = [f"  {_shop_line(name)}" for name in list_shops()]
    say(["Shops", *(shops or [f"  {no_shops()}"])])
    return 0


def _notebook_lines(notebook: Path) -> Iterable[str]:
    from analysis.notebooks import read_opening
    from analysis.parameters import RESERVED, read_parameters

    try:
        opening, parameters = read_opening(notebook), read_parameters(notebook)
    except ParameterError as error:
        return [f"{notebook.stem}  cannot be run: {error}"]
    free = [parameter for parameter in parameters if parameter.name not in RESERVED]
    purpose = [f"  {opening.purpose}"] if opening.purpose else []
    return [f"{notebook.stem}  {opening.title}", *purpose, *map(_parameter_line, free)]


def _parameter_line(parameter: "Parameter") -> str:
    rule = f", {parameter.rule}" if parameter.rule else ""
    default = parameter.default
    shown = ",".join(default) if isinstance(default, list) else default
    return f"    {parameter.name}: {parameter.type} = {shown}  {parameter.meaning}{rule}"


def _shop_line(name: str) -> str:
    from analysis.shop import read_shop

    try:
        shop = read_shop(name)
    except ParameterError as error:
        return f"{name}  cannot be used: {error}"
    return f"{name}  {shop.title}, {shop.currency}, {shop.time_zone}: {', '.join(shop.reports)}"
