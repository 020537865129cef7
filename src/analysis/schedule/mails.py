"""What people are told by mail: failures to whoever mends them, a shop's page to its readers."""

import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple

from nbconvert.filters.ansi import strip_ansi

from analysis.language import _, using
from analysis.report.front.page import first_screen
from analysis.report.run import Result
from analysis.schedule.log import Log
from analysis.schedule.mail_settings import MailSettings
from analysis.schedule.secrets import scrub
from analysis.schedule.summary import Attempt, Summary, lines
from analysis.style import format_date

MOST_BYTES = 100_000
_LOG_LINES, _ERROR_LINES = 40, 25
# Nothing but ASCII on the way: not every server between here and a reader takes more.
_POLICY = SMTP.clone(cte_type="7bit")
_BLOCKS = {"p", "li", "tr", "div", "h1", "h2", "h3", "h4", "ul", "ol", "table", "section", "dl"}


def failure_mail(
    summary: Summary, settings: MailSettings, *, reports: Path, log: Log
) -> EmailMessage | None:
    """Return the mail on what could not be completed, with the ends of errors and of the log.

    None where everything is complete, or nobody is to be told.
    """
    failed = [attempt for attempt in summary.attempts if attempt.failed]
    if not settings.maintainer or not (failed or summary.refused):
        return None
    count = len(failed) + len(summary.refused)
    shops = dict.fromkeys([*map(_shop, failed), *(due.shop for due in summary.refused)])
    text = "\n".join(
        [
            *lines(summary),
            "",
            *(line for attempt in failed for line in _about(attempt.result, settings, reports)),
            "The end of the log:",
            *(f"  {line}" for line in log.end(_LOG_LINES)),
        ]
    )
    message = _message(settings, settings.maintainer, summary.finished)
    message["Subject"] = f"crm: {count} of what was due failed ({', '.join(shops)})"
    message.set_content(scrub(text) + "\n")
    return message


def trouble_mail(sentence: str, settings: MailSettings) -> EmailMessage | None:
    """Return the mail on why nothing could even be begun; None where nobody is to be told."""
    if not settings.maintainer:
        return None
    message = _message(settings, settings.maintainer, datetime.now(UTC))
    message["Subject"] = "crm: what was due could not be run"
    message.set_content(scrub(sentence) + "\n")
    return message


def _shop(attempt: Attempt) -> str:
    return attempt.result.plan.shop


def _about(result: Result, settings: MailSettings, reports: Path) -> Iterator[str]:
    plan = result.plan
    yield f"{plan.shop} {plan.report}, {plan.as_of or 'no day'}: {result.outcome.sentence}"
    yield f"  {result.message}"
    if result.where:
        yield f"  It stopped in the part '{result.where}'."
    if result.page:
        yield f"  {_address(settings, result.page.relative_to(reports).as_posix())}"
        yield from (f"    {line}" for line in _error_end(result.page.with_name("notebook.ipynb")))
    yield ""


def _error_end(notebook: Path) -> list[str]:
    """Return the last lines of the error that a notebook shows."""
    try:
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    except (OSError, ValueError, KeyError):
        return []
    shown = [output for cell in cells for output in cell.get("outputs", [])]
    errors = [output["traceback"] for output in shown if output["output_type"] == "error"]
    return strip_ansi("\n".join(errors[-1])).splitlines()[-_ERROR_LINES:] if errors else []


def reader_mails(
    summary: Summary, settings: MailSettings, *, reports: Path
) -> Iterator[EmailMessage]:
    """Yield mails on each shop of which a report is complete, with what its page says first.

    Each reader gets one of their own: who else reads is nobody's business. Days that were caught up
    on are not told: readers get the page as it is now.
    """
    for due in summary.due:
        readers = settings.readers_of(due.shop)
        good = [
            attempt.result
            for attempt in summary.attempts
            if attempt.good and _shop(attempt) == due.shop and attempt.result.plan in due.last
        ]
        if readers and good:
            content = _content(good, settings, reports)
            yield from (_reader_mail(content, reader, settings, summary) for reader in readers)


class _Content(NamedTuple):
    subject: str
    html: str
    language: str


def _content(good: Sequence[Result], settings: MailSettings, reports: Path) -> _Content:
    plan = good[0].plan
    with using(plan.language):
        day = format_date(plan.as_of)
        title = str(plan.data.get("title") or plan.shop)
        links = _links(good, settings, reports)
        screen = first_screen(reports, plan.shop)
        subject = _("{shop}: reports as of {day}").format(shop=" ".join(title.split()), day=day)
        html = _html(screen, links, plan.language)
        if len(html.encode()) >= MOST_BYTES:
            too_long = _("What the page says is too long for a mail.")
            html = _html(f"<p>{too_long}</p>", links, plan.language)
    return _Content(subject, html, plan.language)


def _reader_mail(
    content: _Content, reader: str, settings: MailSettings, summary: Summary
) -> EmailMessage:
    message = _message(settings, [reader], summary.finished)
    message["Subject"] = content.subject
    message.set_content(_text(content.html))
    message.add_alternative(content.html, subtype="html")
    message["Content-Language"] = content.language
    return message


def _links(good: Sequence[Result], settings: MailSettings, reports: Path) -> list[tuple[str, str]]:
    shop = good[0].plan.shop
    pages = [(result.plan.title, result.page) for result in good if result.page]
    found = [(title, page.relative_to(reports).as_posix()) for title, page in pages]
    front = "index.html" if not (reports / shop / "index.html").is_file() else f"{shop}/index.html"
    return [(label, _address(settings, path)) for label, path in [(_("All of it"), front), *found]]


def _address(settings: MailSettings, path: str) -> str:
    return f"{settings.link.rstrip('/')}/{path}" if settings.link else f"reports/{path}"


def _html(screen: str, links: Sequence[tuple[str, str]], language: str) -> str:
    items = "".join(f"<li>{_anchor(escape(label), escape(to))}</li>" for label, to in links)
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"></head>'
        f'<body style="font-family:sans-serif;max-width:44em">{screen}<ul>{items}</ul></body>'
        "</html>"
    )


def _anchor(label: str, address: str) -> str:
    # Without a known address of the folder of reports, the path has to do.
    return f'<a href="{address}">{label}</a>' if "://" in address else f"{label}: {address}"


def _message(settings: MailSettings, to: Sequence[str], at: datetime) -> EmailMessage:
    message = EmailMessage(policy=_POLICY)
    message["From"] = settings.sender
    message["To"] = ", ".join(to)
    message["Date"] = format_datetime(at)
    message["Message-ID"] = make_msgid(domain=settings.sender.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    return message


class _Words(HTMLParser):
    """Collect the words of a page, a line for each block, and where its links lead."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._to = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a new line for a block; keep the address of a link."""
        if tag in _BLOCKS:
            self.parts.append("\n")
        self._to = dict(attrs).get("href") or "" if tag == "a" else self._to

    def handle_endtag(self, tag: str) -> None:
        """End the line of a block; tell the address of a link."""
        if tag in _BLOCKS:
            self.parts.append("\n")
        elif tag == "a" and self._to:
            self.parts.append(f": {self._to}")
            self._to = ""
        elif tag in ("td", "th"):
            self.parts.append("  ")

    def handle_data(self, data: Any) -> None:
        """Keep words."""
        self.parts.append(re.sub(r"\s+", " ", data))


def _text(html: str) -> str:
    words = _Words()
    words.feed(html)
    told = [line.strip() for line in "".join(words.parts).split("\n")]
    return "\n".join(line for line in told if line) + "\n"
