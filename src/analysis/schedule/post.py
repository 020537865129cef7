"""Sending mail, and saying in one sentence why it could not be sent."""

import smtplib
import ssl
from collections import Counter
from collections.abc import Sequence
from email.message import EmailMessage

from analysis.schedule.mail_settings import MailSettings
from analysis.schedule.secrets import scrub

_TIMEOUT_S = 30
_CLOSING = 421


def send(messages: Sequence[EmailMessage], settings: MailSettings) -> tuple[int, list[str]]:
    """Send mails over one connection; return how many were sent, and what went wrong.

    A mail that the server refuses keeps no other from being sent. Passwords are only sent where the
    connection is encrypted and the server's certificate is trusted by this machine.
    """
    where = f"{settings.host}:{settings.port}"
    sent, refused_recipients = 0, 0
    refusals: Counter[str] = Counter()
    errors = []
    try:
        with _connect(settings) as server:
            for message in messages:
                try:
                    refused_recipients += len(server.send_message(message))
                    sent += 1
                except smtplib.SMTPRecipientsRefused as error:
                    refused_recipients += len(error.recipients)
                except smtplib.SMTPResponseException as error:
                    if error.smtp_code == _CLOSING:
                        raise
                    refusals[f"code {error.smtp_code}: {_reason(error)}"] += 1
    except smtplib.SMTPNotSupportedError:
        errors.append(f"The mail server {where} offers no STARTTLS or no login.")
    except smtplib.SMTPAuthenticationError as error:
        errors.append(f"The mail server {where} refused the login (code {error.smtp_code}).")
    except ssl.SSLError as error:
        errors.append(f"The mail server {where} could not be trusted: {_reason(error)}.")
    except smtplib.SMTPException as error:
        errors.append(f"The mail server {where} broke off: {_reason(error)}.")
    except (OSError, UnicodeError) as error:  # a name that cannot be one fails as Unicode does
        errors.append(f"The mail server {where} could not be reached: {_reason(error)}.")
    errors += [
        f"The mail server refused {count} of {len(messages)} mails ({why})."
        for why, count in refusals.items()
    ]
    if refused_recipients:
        errors.append(f"The mail server refused {refused_recipients} of the recipients.")
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


def _reason(error: Exception) -> str:
    text = getattr(error, "strerror", None) or getattr(error, "smtp_error", None) or str(error)
    text = text.decode(errors="replace") if isinstance(text, bytes) else str(text)
    return scrub(" ".join(text.split())).rstrip(".") or type(error).__name__
