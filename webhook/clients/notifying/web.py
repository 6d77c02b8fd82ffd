"""Web: messages that are posted, as JSON or in the form that Slack takes; implements ``Messenger``."""

from __future__ import annotations

from webhook.clients.http.destination import Destination, Limits, Reach, Remedies
from webhook.clients.http.exchange import Exchange
from webhook.clients.http.headers import retry_after
from webhook.clients.http.messages import Request
from webhook.clients.notifying.forms import as_json, as_slack
from webhook.clients.notifying.options import DestinationRule, read_secret
from webhook.errors import Final, Retryable
from webhook.model.deadlines import Deadline
from webhook.model.notifications import Message
from webhook.ports import Clock

_SECONDS = 20.0
_MOST_ANSWER = 64 * 1024
_LATER = (408, 425, 429)
_REMEDIES = Remedies(
    certificate="Name its certificate authority as caFile of the destination.",
    tls="Check the url of the destination, and any proxy on the way.",
    unreachable="Check the url of the destination, the network policy and HTTPS_PROXY.",
    size="The receiver has to answer with less.",
)
LIMITS = Limits(connect_seconds=5.0, read_seconds=15.0, redirects=0, connections_per_host=4)


class WebMessenger:
    """Posts messages to one address; a redirect is a refusal, so that nobody else gets them.

    Args:
        rule: where.
        exchange: sends.
        clock: time.
        console_url: for links; empty for none.
    """

    def __init__(self, rule: DestinationRule, exchange: Exchange, clock: Clock, console_url: str) -> None:
        self._rule, self._exchange, self._clock, self._console_url = rule, exchange, clock, console_url

    def send(self, message: Message) -> None:
        """Post one message.

        Raises:
            SourceError: the receiver did not take it, or did not answer.
        """
        rule, url = self._rule, self._rule.address()
        body = (as_slack if rule.kind == "slack" else as_json)(message, self._console_url)
        token = read_secret(rule.token_file, f"notifications.destinations: tokenFile of {rule.name}")
        name = f"destination {rule.name}"  # the address itself may be a secret
        destination = Destination(_REMEDIES, Reach.PRIVATE, plain_http=rule.plain_http, ca_file=rule.ca_file, name=name)
        headers = {"Content-Type": "application/json; charset=utf-8", "Idempotency-Key": message.id}
        authorization = f"Bearer {token}" if token else ""
        request = Request(destination, "POST", url, _MOST_ANSWER, headers, authorization, body)
        answer = self._exchange.send(request, Deadline(self._clock.monotonic() + _SECONDS))
        if 200 <= answer.status <= 299:
            return
        sentence = f"The {name} answered with status {answer.status}."
        if answer.status in _LATER or answer.status >= 500:
            raise Retryable(
                sentence, remedy="Look at the receiver.", retry_after=retry_after(answer.headers, self._clock.now())
            )
        raise Final(sentence, remedy="Check the url and the token of the destination.")
