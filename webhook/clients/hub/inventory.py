"""Inventory: tells the hub what runs here."""

from __future__ import annotations

import gzip

import msgspec

from webhook.clients.hub.client import HubHttpClient
from webhook.errors import UnusableAnswer
from webhook.model.fleetinventory import ClusterReceipt, ClusterReport

_RECEIPT = msgspec.json.Decoder(ClusterReceipt)
_MOST_BYTES = 1024 * 1024


class HubReceiver:
    """Sends reports; implements ``ClusterReceiver``.

    Args:
        client: sends.
    """

    def __init__(self, client: HubHttpClient) -> None:
        self._client = client

    def report(self, report: ClusterReport) -> ClusterReceipt:
        """Send a report.

        Raises:
            HistoryUnknown: it does not lead on from what the hub has.
            SourceError: the hub did not answer, or refuses to.
        """
        body = gzip.compress(msgspec.json.encode(report, enc_hook=str), mtime=0)
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        answer = self._client.send("POST", "/inventory", limit=_MOST_BYTES, body=body, headers=headers)
        try:
            return _RECEIPT.decode(answer.body)
        except (ValueError, RecursionError) as problem:
            raise UnusableAnswer(f"The hub's receipt cannot be read: {str(problem)[:200]}.") from problem
