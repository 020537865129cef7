"""`crm new`: make a shop of export files that somebody has."""

import shutil
from argparse import Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from analysis import paths
from analysis.errors import AlarmError
from analysis.report.outcome import Outcome
from analysis.verbs.asking import ask, confirm, refuse
from analysis.verbs.import_shop import told
from analysis.verbs.options import Verbs, say
from analysis.verbs.run import parse_setting

if TYPE_CHECKING:
    from analysis.ingest.guessing.questions import Answers
    from analysis.ingest.new_session import Agreed
    from analysis.ingest.trial import Trial

# Where more is left out, that is no habit of the shop but something to mend.
_MOST_USUAL = 0.25

_EXAMPLES = """
examples:
  crm new myshop orders.csv                              asks what the file leaves open
  crm new myshop orders_*.csv customers.csv              several files, of one format or more
  crm new myshop orders.csv --yes --set currency=EUR --set time_zone=Europe/Berlin

A whole session, with this file:

  $ cat orders.csv
  Order No;Client;Date;State;Item;Qty;Price each;Total
  1001;77;03/04/2024 09:12;paid;Tea;2;9,95;19,90
  1002;78;05/04/2024 18:30;paid;Tea;1;9,95;16,45
  1002;78;05/04/2024 18:30;paid;Cup;1;6,50;16,45
  1003;77;02/05/2024 11:05;on its way;Cup;2;6,50;13,00
  1004;79;07/05/2024 07:45;cancelled;Tea;1;9,95;9,95

  $ crm new myshop orders.csv

  Which currency are the amounts of orders.csv in (an ISO code such as USD)?
  > EUR

  Which time zone is the shop in (an IANA name such as Europe/Berlin)?
  > Europe/Berlin

  State of orders.csv says 'on its way' in 1 rows: do such orders count as sales?
    1  keep  they count
    2  drop  they are set aside
  > 1

  Date of orders.csv holds dates such as 02/05/2024 11:05 and 07/05/2024 07:45, which can be read in
  more ways than one (day first, month first). Which is it?
    1  true   02/05/2024 11:05 has the day first
    2  false  02/05/2024 11:05 has the month first
  > 1

  shops/myshop.yaml would say:
    # Written by `crm new` from orders.csv.
    title: myshop
    currency: EUR
    time_zone: Europe/Berlin
    as_of: last_order
    language: en
    source:
      files: [orders.csv]
    mapping:
      order_id: Order No
      customer_id: Client
      ordered_at: Date
      amount_plus: [Total]
      status:
      - column: State
        keep: [on its way, paid]
        drop: {cancelled: cancelled}
      line: {product_id: Item, quantity: Qty, price: Price each}
      day_first: true
    reports:
      01_customer_analysis:
      02_churn_points:
      03_lifetime_value:

  Orders as they come in, beside their cells:
    order 1001: 2024-04-03 09:12, EUR 19.90, customer 77, 1 line, 2 pieces, EUR 19.90
      row 2: Order No 1001 | Client 77 | Date 03/04/2024 09:12 | State paid | Item Tea | Qty 2 | ...
    (and up to four more)

  What comes in, by month:
      month  orders      gross   refunds        net
    2024-04       2  EUR 36.35  EUR 0.00  EUR 36.35
    2024-05       1  EUR 13.00  EUR 0.00  EUR 13.00

  myshop: orders from orders.csv: 5 rows read = 4 accepted + 1 set aside (cancelled: 1)
    EUR 49.35 gross - EUR 0.00 refunds = EUR 49.35 net
    set aside, cancelled: EUR 9.95

  Write shops/myshop.yaml and import? [Y/n]
  > y
  Written and imported: shops/myshop.yaml
  Next: crm run --shop myshop

Nothing is written before the last answer, and never over a shop that is there. Without a terminal,
--yes takes what is certain; what is not is refused with its question and the --set that answers it.
Where too much would be left out, a person is asked and --yes refuses with exit code 12, unless
--accept is given. Addresses and telephone numbers are masked on the screen.
"""


def add(verbs: Verbs) -> None:
    """Add the verb and its options to the command."""
    new = verbs.add_parser(
        "new",
        help="make a shop of export files: recognize them, ask, show, import",
        description="Make a shop of export files: tell or guess what their columns mean, ask what "
        "they leave open, show what would come in, write shops/NAME.yaml and import.",
        epilog=_EXAMPLES,
    )
    new.set_defaults(command=_new)
    option = new.add_argument
    option("name", metavar="NAME", help="name of the shop, such as myshop")
    option("files", nargs="+", type=Path, metavar="FILE", help="export file of orders or customers")
    option(
        "--set",
        action="append",
        default=[],
        dest="settings",
        metavar="KEY=VALUE",
        help="answer beforehand: currency, time_zone, title, language, amount, day_first, ...; "
        "keep=STATE and drop=STATE say which orders count; may be repeated",
    )
    option(
        "--yes",
        action="store_true",
        help="ask nothing: take what is certain, and refuse what is not with its question",
    )
    option("--accept", action="store_true", help="import it whatever is set aside")


def _new(options: Namespace) -> int:
    from analysis.report.stopping import unwinding

    with unwinding():
        return _make(options)


def _make(options: Namespace) -> int:
    """Agree on the file of a new shop, show what comes of it, write it and import."""
    from analysis.ingest.new_session import agree
    from analysis.ingest.new_shop import as_yaml, check_new
    from analysis.ingest.trial import trial_home

    files = check_new(options.name, [file.expanduser() for file in options.files])
    asking = refuse if options.yes else ask
    with trial_home() as home:
        agreed = agree(options.name, files, _answers(options.settings), ask=asking, home=home)
        say(_shown(options.name, as_yaml(agreed.content, files=files), agreed))
        taken = _look_at(agreed, options)
        question = f"Write shops/{options.name}.yaml and import?"
        if taken is None or not (options.yes or confirm(question, otherwise=True)):
            say(["Nothing is written."])
            return 0 if taken else Outcome.alarm.exit_code
    _write(options.name, as_yaml(taken.content, files=files), files)
    has_orders = taken.trial.last_day is not None
    command = "run" if has_orders else "import"
    more = "" if has_orders else " FILE, with orders: reports need them"
    say([f"Next: crm {command} --shop {options.name}{more}"])
    return 0


def _answers(texts: Sequence[str]) -> "Answers":
    from analysis.ingest.guessing.questions import Answers

    answers = Answers()
    for text in texts:
        answers = answers.with_setting(*parse_setting("--set", text))
    return answers


def _look_at(agreed: "Agreed", options: Namespace) -> "Agreed | None":
    """Let a person look at what would be left out; without one, an alarm is final.

    Returns:
        What was agreed on, with the share that may be left out every time; None if it is refused.
    """
    from analysis.ingest.advice import outlook
    from analysis.ingest.alarms import check_alarms, covering, faulty_share, find_alarms

    trial = agreed.trial
    layouts = {
        balance.source: layout
        for balance, layout in zip(trial.balances, trial.layouts, strict=True)
    }
    if not any(balance.rows_accepted for balance in trial.balances):
        # A shop without a single order or customer is none, whoever accepts it.
        lines = outlook(trial.balances, trial.shop, layouts)
        told = "\n".join(f"  {line}" for line in lines)
        raise AlarmError(f"Nothing is written: not one row would come in.\n{told}")
    if options.yes:
        check_alarms(trial.balances, [], trial.shop, layouts=layouts, accept=options.accept)
    alarms = find_alarms(trial.balances, [], trial.shop)
    if alarms and not options.accept:
        lines = outlook(trial.balances, trial.shop, layouts)
        say(["", "To be looked at first:", "", *(f"  {line}" for line in [*alarms, *lines])])
        if not confirm("Take it as it is?", otherwise=False):
            return None
    share = covering(faulty_share(trial.balances))
    if not alarms or not trial.shop.expected_set_aside < share <= _MOST_USUAL:
        return agreed
    return agreed._replace(content={**agreed.content, "expected_set_aside": share})


def _shown(name: str, text: str, agreed: "Agreed") -> Iterator[str]:
    """Yield what a person looks at: the shop's file, orders beside their cells, months."""
    trial = agreed.trial
    for file in agreed.files:
        how = f"{file.layout.title} ({file.layout.name})" if file.layout else "told by its columns"
        yield f"{file.text.file.name}: {how}"
    yield from ("", f"shops/{name}.yaml would say:", "")
    yield from (f"  {line}" for line in text.splitlines())
    if trial.orders:
        yield from ("", "Orders as they come in, beside their cells:", "")
        yield from (f"  {line}" for line in trial.orders)
    if trial.months:
        yield from ("", "What comes in, by month:", "")
        yield from (f"  {line}" for line in _months(trial))
    yield ""
    yield from told(trial.shop, trial.balances)


def _months(trial: "Trial") -> Iterator[str]:
    from analysis.ingest.balance import written

    rows = [
        (month, f"{orders:,}", *(written(minor, trial.shop.currency) for minor in money))
        for month, orders, *money in trial.months
    ]
    head = ("month", "orders", "gross", "refunds", "net")
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    for row in [head, *rows]:
        yield "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))


def _write(name: str, text: str, files: Sequence[Path]) -> None:
    """Write the shop's file and import; where that fails, no file is left."""
    from analysis.ingest import import_files
    from analysis.ingest.new_shop import write_shop

    file, folder = write_shop(name, text), paths.data_folder() / name
    try:
        # What a person has seen of the trial comes in now.
        import_files(name, files, accept=True)
    except BaseException:
        file.unlink()
        if not (folder / "current").exists():
            shutil.rmtree(folder, ignore_errors=True)
        raise
    say([f"Written and imported: {file}"])
