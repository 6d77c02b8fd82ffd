"""A recording of OSS Index as a vulnerability source, for the demo: no network and no account, but the same reading."""

from __future__ import annotations

from collections.abc import Sequence

from webhook.clients.ossindex.convert import convert
from webhook.clients.ossindex.matching import match
from webhook.clients.ossindex.options import MAX_BATCH_SIZE
from webhook.clients.ossindex.reading import decode_reports
from webhook.model.downloads import BatchAnswer, SourceStatus
from webhook.model.purls import Purl
from webhook.ports import Clock


class RecordedReports:
    """Answers from component reports that were written down.

    Args:
        content: JSON list of component reports, as OSS Index sends them.
        clock: time.
    """

    batch_size = MAX_BATCH_SIZE

    def __init__(self, content: bytes, clock: Clock) -> None:
        self._content, self._clock = content, clock

    def report(self, purls: Sequence[Purl]) -> BatchAnswer:
        """Look components up in the recording; those that are not in it have no answer.

        Raises:
            Final: the recording is no list of reports.
        """
        asked, now = list(dict.fromkeys(purls)), self._clock.now()
        found = match(asked, decode_reports(self._content)).found
        answers = [convert(purl, found[purl], now) for purl in asked if purl in found]
        known = tuple(one for one in answers if one is not None)
        answered = {one.purl for one in known}
        return BatchAnswer(answers=known, unanswered=tuple(purl for purl in asked if purl not in answered), requests=0)

    def check(self) -> SourceStatus:
        """A recording always answers."""
        return SourceStatus(ok=True, url="(a recording)", identity="none", message="This is a recording of OSS Index.")
