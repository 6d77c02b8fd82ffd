"""A recording of OSS Index as a vulnerability source, for the demo: no network and no account, but the same reading."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from webhook.clients.ossindex.convert import convert
from webhook.clients.ossindex.matching import match
from webhook.clients.ossindex.options import MAX_BATCH_SIZE
from webhook.clients.ossindex.questions import NO_NAMES, Questions
from webhook.clients.ossindex.reading import decode_reports
from webhook.model.downloads import BatchAnswer, Names, SourceStatus
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

    def report(
        self, purls: Sequence[Purl], names: Mapping[Purl, Names] = NO_NAMES, heard: Callable[[], None] = lambda: None
    ) -> BatchAnswer:
        """Look components up in the recording; those that are not in it have no answer.

        Raises:
            Final: the recording is no list of reports.
        """
        heard()
        questions, now, reports = Questions.of(purls, names), self._clock.now(), decode_reports(self._content)
        for forms in questions.requests(self.batch_size):
            for form, listed in match(forms, reports).found.items():
                if (answer := convert(form, listed, now)) is not None:
                    questions.answers[form] = answer
        questions.unanswered.update(purl for purl in questions.plain if purl not in questions.answers)
        for purl, asked in questions.forms.items():
            # What a recording does not hold was not asked when it was made, which says nothing of the other forms.
            held = tuple(form for form in asked if form.coordinates in questions.answers)
            questions.forms[purl] = held or asked
            questions.unanswered.update(form.coordinates for form in asked if not held)
        answers, unanswered, rejected, _ = questions.results()
        return BatchAnswer(
            answers=tuple(answers), unanswered=(*unanswered, *(purl for purl, _ in rejected)), requests=0
        )

    def coordinates(self, purls: Sequence[Purl], names: Mapping[Purl, Names] = NO_NAMES) -> Sequence[int]:
        """Nothing is sent."""
        del names
        return [0] * len(purls)

    def check(self) -> SourceStatus:
        """A recording always answers."""
        return SourceStatus(ok=True, url="(a recording)", identity="none", message="This is a recording of OSS Index.")
