"""Mail: messages by SMTP; implements ``Messenger``."""

from __future__ import annotations

import logging
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from email.utils import format_datetime

from webhook.clients.notifying.forms import as_text, heading
from webhook.clients.notifying.options import DestinationOptions, DestinationRule
from webhook.errors import Final, Retryable, SourceError
from webhook.model.notifications import Message
from webhook.ports import Clock

log = logging.getLogger("bomgate.notifications")
_SECONDS = 15.0
"""For each answer of the server."""
_WHOLE_SECONDS = 60.0
"""For the whole conversation: a server that drips would hold the sender up for ever."""
_MOST_SUBJECT = 180


class _Client(smtplib.SMTP):
    """A conversation that is cut off after a while, from the first answer of the server on."""

    _watch: threading.Timer | None = None

    def getreply(self) -> tuple[int, bytes]:
        """The next answer."""
        if self._watch is None:
            self._watch = threading.Timer(_WHOLE_SECONDS, self._cut_off)
            self._watch.daemon = True
            self._watch.start()
        return super().getreply()

    def close(self) -> None:
        """Close the connection."""
        if self._watch is not None:
            self._watch.cancel()
        super().close()

    def _cut_off(self) -> None:
        if self.sock is not None:
            with suppress(OSError):
                self.sock.shutdown(socket.SHUT_RDWR)


class _TlsClient(_Client, smtplib.SMTP_SSL):
    """The same, encrypted from the first byte."""


class MailMessenger:
    """Hands messages to a mail server; the same message always has the same Message-ID.

    Args:
        rule: whom to.
        options: the mail server.
        clock: time.
        console_url: for links; empty for none.
    """

    def __init__(self, rule: DestinationRule, options: DestinationOptions, clock: Clock, console_url: str) -> None:
        self._rule, self._options, self._clock, self._console_url = rule, options, clock, console_url

    def send(self, message: Message) -> None:
        """Hand one message over.

        Raises:
            SourceError: the server did not take it.
        """
        mail = self._mail(message)
        try:
            with self._connected() as client:
                refused = client.send_message(mail, self._options.smtp_sender, list(self._rule.recipients))
        except SourceError:
            raise
        except smtplib.SMTPAuthenticationError as problem:
            raise Final(
                f"The mail server refused the account ({problem.smtp_code}).",
                remedy="Check notifications.smtpUsername and smtpPassword.",
            ) from None
        except smtplib.SMTPRecipientsRefused as problem:
            codes = sorted({str(answer[0]) for answer in problem.recipients.values()})
            raise Final(
                f"The mail server refused every recipient of {self._rule.name} ({', '.join(codes)}).",
                remedy="Check the recipients of the destination.",
            ) from None
        except ssl.SSLError as problem:
            raise Final(
                f"The mail server's certificate or encryption is not accepted: {problem.reason or problem}.",
                remedy="Name its certificate authority as notifications.smtpCaFile, and check smtpSecurity.",
            ) from None
        except (smtplib.SMTPException, OSError, ValueError) as problem:
            raise Retryable(
                f"The mail server rejected a message: {_why(problem)}.",
                remedy="Check notifications.smtpHost and smtpPort, and look at the mail server.",
            ) from None
        if refused:
            # Who got the mail would get it again with every further try.
            extra = {"destination": self._rule.name, "refused": len(refused)}
            log.warning("the mail server refused some recipients", extra=extra)

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        options = self._options
        context, here = self._context(), socket.gethostname()  # smtplib would ask DNS for the name
        host, port = options.smtp_host, options.smtp_port
        if options.smtp_security == "tls":
            client: _Client = _TlsClient(host, port, here, timeout=_SECONDS, context=context)
        else:
            client = _Client(host, port, here, _SECONDS)
        try:
            if options.smtp_security == "starttls":
                client.starttls(context=context)
            if options.smtp_username:
                client.login(options.smtp_username, options.smtp_password)
            yield client
            with suppress(smtplib.SMTPException, OSError):  # it has the mail
                client.quit()
        finally:
            client.close()

    def _context(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self._options.smtp_ca_file is not None:
            try:
                context.load_verify_locations(cafile=str(self._options.smtp_ca_file))
            except (OSError, ssl.SSLError) as problem:
                raise Final(
                    f"The certificate authorities in {self._options.smtp_ca_file} cannot be read: {problem}",
                    remedy="notifications.smtpCaFile has to be a PEM file that this process may read.",
                ) from problem
        return context

    def _mail(self, message: Message) -> EmailMessage:
        sender = self._options.smtp_sender
        mail = EmailMessage()
        mail["Subject"] = f"[bomgate] {heading(message)}"[:_MOST_SUBJECT]
        mail["From"] = sender
        mail["To"] = ", ".join(self._rule.recipients)
        mail["Date"] = format_datetime(self._clock.now())
        mail["Message-ID"] = f"<{message.id}@{sender.rpartition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
        mail.set_content(as_text(message, self._console_url))
        return mail


def _why(problem: Exception) -> str:
    if isinstance(problem, smtplib.SMTPResponseException):
        return f"it answered with status {problem.smtp_code}"
    if isinstance(problem, TimeoutError):
        return "it did not answer in time"
    if isinstance(problem, smtplib.SMTPNotSupportedError):
        return "it does not offer what smtpSecurity or smtpUsername ask for"
    return (problem.strerror if isinstance(problem, OSError) else "") or type(problem).__name__
