import io
import re
from datetime import date
from pathlib import Path

from analysis.report.execute import CellStart
from analysis.report.outcome import Outcome
from analysis.report.plan import Plan
from analysis.report.progress import Progress
from analysis.report.run import Result

PLAN = Plan("cdnow", "03_value", "Title", Path("x"), date(2024, 6, 30), {}, {}, {})
FAILED = Result(PLAN, Outcome.data_error, "No orders.", "Who?", 1.25, Path("page"))


class Terminal(io.StringIO):
    def isatty(self):
        return True


def tell(stream):
    progress = Progress(stream)
    progress.start(0, PLAN)
    progress.start(1, PLAN._replace(shop="groceries"))
    progress.cell(0, CellStart(7, 18, "Who is still alive?"))
    progress.finish(1, FAILED._replace(plan=PLAN._replace(shop="groceries")))
    progress.finish(0, Result(PLAN, Outcome.ok, seconds=3.0, page=Path("page")))
    return stream.getvalue()


def test_a_log_gets_plain_lines_with_time_stamps():
    lines = tell(io.StringIO()).splitlines()
    assert len(lines) == 4
    assert all(re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d\d:\d\d ", line) for line in lines)
    assert lines[0].endswith("cdnow 03_value started, as of 2024-06-30")
    assert lines[2].endswith(
        "groceries 03_value failed: data_error under 'Who?', 1.2 s: No orders."
    )
    assert lines[3].endswith("cdnow 03_value finished: ok, 3.0 s")


def screen(text):
    """Return the lines that a terminal shows in the end."""
    lines, row = [], 0
    for token in re.findall(r"\x1b\[\??\d*[A-Za-z]|\r|\n|[^\x1b\r\n]+", text):
        if up := re.fullmatch(r"\x1b\[(\d+)A", token):
            row -= int(up[1])
        elif token == "\x1b[J":
            del lines[row:]
        elif token == "\n":
            row += 1
        elif token[0] not in "\x1b\r":
            lines[row:] = [token]
    return lines


def test_a_terminal_gets_one_changing_line_for_each_report():
    text = tell(Terminal())
    assert re.search(r"cdnow 03_value  cell 7/18  Who is still alive\?  \d+\.\d s", text)
    assert screen(text) == [
        "groceries 03_value failed: data_error under 'Who?', 1.2 s: No orders.",
        "cdnow 03_value finished: ok, 3.0 s",
    ]
