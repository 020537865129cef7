"""Sending mail, and saying in one sentence why it could not be sent."""

import smtplib
import ssl
from collections.abc import Iterable, Sequence
from email.message import EmailMessage

from analysis.schedule.mail_settings import MailSettings
from analysis.schedule.secrets import scrub

_TIMEOUT_S = 30


def send(messages: Sequence[EmailMessage], settings: MailSettings) -> tuple[int, list[str]]:
    """Send mails over one connection; return how many were sent, and what went wrong.

    Passwords are only sent where the connection is encrypted and the server's certificate is
    trusted by this machine.
    """
    where = f"{settings.host}:{settings.port}"
    sent, errors = 0, []
    try:
        with _connect(settings) as server:
            for message in messages:
                problem = _send_one(server, message)
                errors += problem
                sent += not problem
    except smtplib.SMTPNotSupportedError:
        errors.append(f"The mail server {where} offers no STARTTLS or no login.")
    except smtplib.SMTPAuthenticationError as error:
        errors.append(f"The mail server {where} refused the login (code {error.smtp_code}).")
    except ssl.SSLError as error:
        errors.append(f"The mail server {where} could not be trusted: {_reason(error)}.")
    except smtplib.SMTPException as error:
        errors.append(f"The mail server {where} broke off: {_reason(error)}.")
    except OSError as error:
        errors.append(f"The mail server {where} could not be reached: {_reason(error)}.")
    return sent, errors


def _connect(settings: MailSettings) -> smtplib.SMTP:
    where = (settings.host, settings.port)
    if settings.security == "tls":
        context = ssl.create_default_context()
        server: smtplib.SMTP = smtplib.SMTP_SSL(*where, timeout=_TIMEOUT_S, context=context)
    else:
        server = smtplib.SMTP(*where, timeout=_TIMEOUT_S)
    try:
        if settings.security == "starttls":
            server.starttls(context=ssl.create_default_context())
        if settings.user:
            server.login(settings.user, settings.password)
    except BaseException:
        server.close()
        raise
    return server


def _send_one(server: smtplib.SMTP, message: EmailMessage) -> Iterable[str]:
    """Send a mail; a recipient whom the server refuses does not keep it from the others."""
    try:
        refused = server.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        refused = error.recipients
    return [f"The mail server refused {len(refused)} of the recipients."] if refused else []


def _reason(error: Exception) -> str:
    text = getattr(error, "strerror", None) or getattr(error, "smtp_error", None) or str(error)
    text = text.decode(errors="replace") if isinstance(text, bytes) else str(text)
    return scrub(" ".join(text.split())).rstrip(".") or type(error).__name__
