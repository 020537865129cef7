"""Sending mail, and saying in one sentence why it could not be sent."""

import smtplib
import ssl
from collections.abc import Sequence
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
    sent, refused, errors = 0, 0, []
    try:
        with _connect(settings) as server:
            for message in messages:
                recipients = _send_one(server, message)
                refused += recipients
                sent += not recipients
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
    if refused:
        errors.append(f"The mail server refused {refused} of the recipients.")
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


def _send_one(server: smtplib.SMTP, message: EmailMessage) -> int:
    """Send a mail and return how many recipients the server refused; the others get it."""
    try:
        return len(server.send_message(message))
    except smtplib.SMTPRecipientsRefused as error:
        return len(error.recipients)


def _reason(error: Exception) -> str:
    text = getattr(error, "strerror", None) or getattr(error, "smtp_error", None) or str(error)
    text = text.decode(errors="replace") if isinstance(text, bytes) else str(text)
    return scrub(" ".join(text.split())).rstrip(".") or type(error).__name__
