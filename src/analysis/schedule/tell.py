"""Telling people by mail what came of it, without ever making a good run a failed one."""

from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

from analysis.errors import ParameterError
from analysis.schedule.log import Log
from analysis.schedule.mail_settings import MailSettings, read_mail_settings
from analysis.schedule.mails import failure_mail, reader_mails, trouble_mail
from analysis.schedule.post import send
from analysis.schedule.secrets import scrub
from analysis.schedule.summary import Summary


def tell(summary: Summary, *, reports: Path, log: Log) -> Summary:
    """Send the mails that a summary calls for, and return it with how that went.

    Without settings, nothing is sent. Whatever is wrong with them, the server or a mail becomes one
    sentence of the summary.
    """
    try:
        settings = read_mail_settings()
    except ParameterError as error:
        return summary._replace(mail_errors=(str(error),))
    if settings is None:
        return summary
    errors: list[str] = []
    messages = list(_messages(summary, settings, reports, log, errors))
    sent = 0
    if messages:
        sent, problems = send(messages, settings)
        errors += problems
    return summary._replace(mails=sent, mail_errors=tuple(errors))


def tell_of_trouble(sentence: str) -> list[str]:
    """Send the maintainer a mail on why nothing could be begun; return what kept it from them."""
    try:
        settings = read_mail_settings()
    except ParameterError as error:
        return [str(error)]
    message = trouble_mail(sentence, settings) if settings else None
    return send([message], settings)[1] if settings and message else []


def _messages(
    summary: Summary, settings: MailSettings, reports: Path, log: Log, errors: list[str]
) -> Iterator[EmailMessage]:
    try:
        failure = failure_mail(summary, settings, reports=reports, log=log)
        if failure:
            yield failure
        yield from reader_mails(summary, settings, reports=reports)
    except Exception as error:  # a page that cannot be put into a mail is no failed report
        reason = " ".join(str(error).split())
        errors.append(scrub(f"A mail could not be written: {type(error).__name__}: {reason}."))
