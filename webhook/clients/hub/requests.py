"""Requests for exceptions: brings them to the hub, which answers them."""

from __future__ import annotations

import gzip

import msgspec

from webhook.clients.hub.client import HubHttpClient
from webhook.errors import UnusableAnswer
from webhook.model.fleetrequests import MemberRequests, RequestReceipt

_RECEIPT = msgspec.json.Decoder(RequestReceipt)
_MOST_BYTES = 8 * 1024 * 1024


class HubRequests:
    """Brings requests; implements ``HubDesk``.

    Args:
        client: sends.
    """

    def __init__(self, client: HubHttpClient) -> None:
        self._client = client

    def bring(self, told: MemberRequests) -> RequestReceipt:
        """Tell what waits here, and hear what was answered.

        Raises:
            SourceError: the hub did not answer, or refuses to.
        """
        body = gzip.compress(msgspec.json.encode(told, enc_hook=str), mtime=0)
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        answer = self._client.send("POST", "/requests", limit=_MOST_BYTES, body=body, headers=headers)
        try:
            return _RECEIPT.decode(answer.body)
        except (ValueError, RecursionError) as problem:
            raise UnusableAnswer(f"The hub's receipt cannot be read: {str(problem)[:200]}.") from problem
