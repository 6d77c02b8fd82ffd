"""Reports: the hub as a :class:`webhook.ports.VulnerabilitySource`, in place of OSS Index.

A member asks in the forms in which it would ask OSS Index, so that nothing depends on how others spell a component.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

import msgspec

from webhook.clients.hub.client import HubHttpClient
from webhook.clients.ossindex.questions import NO_NAMES, Questions
from webhook.errors import DocumentRefused, SourceError, UnusableAnswer
from webhook.model.downloads import BatchAnswer, Names, SourceStatus
from webhook.model.fleetreports import FleetReport
from webhook.model.purls import Purl
from webhook.model.vulnerabilities import ComponentAnswer
from webhook.policy.fleetdocuments import Verify
from webhook.policy.fleetreplies import LONGEST_COORDINATES, MOST_REPLY, SIGNATURE_HEADER, check_reply, decode_reports
from webhook.ports import Clock

KIND = "component-report"
_BATCH = 1000
_MOST_BYTES = 64 * 1024 * 1024
_MOST_TEXT = 512 * 1024
"""Characters of the coordinates of one question; the hub takes a body of twice the size."""
_WELL_KNOWN = Purl("pkg:maven/junit/junit@4.12")


class HubSource:
    """Looks components up at the hub; safe to use from several threads.

    Args:
        client: sends.
        verify: knows the hub's keys.
        clock: time.
        url: of the hub, for people.
        is_running: whether what is asked for runs in this cluster, so that the hub asks for it first.
    """

    batch_size = _BATCH

    def __init__(
        self, client: HubHttpClient, verify: Verify, clock: Clock, url: str, *, is_running: bool = False
    ) -> None:
        self._client, self._verify, self._clock, self._url = client, verify, clock, url
        self._is_running = is_running

    def report(
        self, purls: Sequence[Purl], names: Mapping[Purl, Names] = NO_NAMES, heard: Callable[[], None] = lambda: None
    ) -> BatchAnswer:
        """Look up components; what the hub has not asked OSS Index for yet is ``pending``.

        Raises:
            UnusableAnswer: the answer is not the hub's, or cannot be read.
            SourceError: the hub did not answer, or refuses to.
        """
        questions = Questions.of(purls, names)
        requests = list(questions.requests(_BATCH))
        failure: SourceError | None = None
        for number, forms in enumerate(requests):
            try:
                for portion in portions(forms):
                    self._ask(portion, questions)
            except SourceError as problem:
                if questions.empty:
                    raise
                failure = problem
                break
            if number + 1 == len(requests):
                heard()
        answers, unanswered, rejected, settled = questions.results()
        dealt = {*(answer.purl for answer in answers), *unanswered, *(purl for purl, _ in rejected)}
        left = () if failure is not None else tuple(purl for purl in dict.fromkeys(purls) if purl not in dealt)
        return BatchAnswer(
            answers=tuple(answers),
            unanswered=tuple(unanswered),
            rejected=tuple(rejected),
            requests=len(requests),
            settled=tuple(settled),
            forms=sum(map(len, requests)),
            failure=failure,
            pending=left,
        )

    def coordinates(self, purls: Sequence[Purl], names: Mapping[Purl, Names] = NO_NAMES) -> Sequence[int]:
        """How many coordinates ``report`` sends for each of these components: its forms."""
        prices = Questions.of(purls, names).prices()
        return [prices.get(purl, 0) for purl in purls]

    def check(self) -> SourceStatus:
        """Ask for one well-known component, once; what is wrong is in the result, never raised."""
        try:
            self._ask([_WELL_KNOWN], Questions())
        except SourceError as problem:
            return SourceStatus(False, self._url, "token of a member", problem.message, problem.remedy)
        return SourceStatus(True, self._url, "token of a member", "The hub answers.")

    def _ask(self, forms: Sequence[Purl], questions: Questions) -> None:
        """Ask for some forms, and take the answers; again for what had no room in a reply."""
        left: Sequence[Purl] = forms
        while left:
            told = self._asked(left, questions)
            # Where there was no room for all, the hub may know the others; with none told it would go on for ever.
            left = [form for form in left if form not in told] if told is not None else ()

    def _asked(self, forms: Sequence[Purl], questions: Questions) -> Collection[Purl] | None:
        """Ask for some forms once; those that had room in the reply, None where all had."""
        body = msgspec.json.encode({"coordinates": list(map(str, forms)), "running": self._is_running})
        headers = {"Content-Type": "application/json"}
        answer = self._client.send("POST", f"/{KIND}", limit=_MOST_BYTES, body=body, headers=headers)
        try:
            check_reply(KIND, body, answer.body, answer.headers.get(SIGNATURE_HEADER, ""), self._verify)
            reports = decode_reports(answer.body)
        except DocumentRefused as problem:
            raise UnusableAnswer(problem.message, remedy=problem.remedy) from problem
        now, asked = self._clock.now(), set(forms)
        for report in reports:
            if report.coordinates in asked:
                _take(report, questions, now)
        is_cut = len(answer.body) >= MOST_REPLY and bool(asked.intersection(report.coordinates for report in reports))
        return {report.coordinates for report in reports} if is_cut else None


class ImportedReports:
    """Answers of a hub that came as a file, in place of OSS Index; what it does not have is ``pending``.

    Args:
        reports: of the file.
        clock: time.
    """

    batch_size = _BATCH

    def __init__(self, reports: Iterable[FleetReport], clock: Clock) -> None:
        self._reports, self._clock = {report.coordinates: report for report in reports}, clock

    def report(
        self, purls: Sequence[Purl], names: Mapping[Purl, Names] = NO_NAMES, heard: Callable[[], None] = lambda: None
    ) -> BatchAnswer:
        """Look components up; nothing is asked."""
        questions, now = Questions.of(purls, names), self._clock.now()
        requests = list(questions.requests(_BATCH))
        for form in (form for forms in requests for form in forms):
            report = self._reports.get(form)
            if report is not None:
                _take(report, questions, now)
        answers, unanswered, rejected, settled = questions.results()
        dealt = {*(answer.purl for answer in answers), *unanswered, *(purl for purl, _ in rejected)}
        heard()
        return BatchAnswer(
            answers=tuple(answers),
            unanswered=tuple(unanswered),
            rejected=tuple(rejected),
            requests=0,
            settled=tuple(settled),
            forms=sum(map(len, requests)),
            pending=tuple(purl for purl in dict.fromkeys(purls) if purl not in dealt),
        )

    def coordinates(self, purls: Sequence[Purl], names: Mapping[Purl, Names] = NO_NAMES) -> Sequence[int]:
        """How many forms each of these components has."""
        prices = Questions.of(purls, names).prices()
        return [prices.get(purl, 0) for purl in purls]

    def check(self) -> SourceStatus:
        """Nothing is asked, so nothing can be wrong."""
        return SourceStatus(True, "a snapshot of the hub", "none", "Answers come with `bomgate fleet import`.")


def _take(report: FleetReport, questions: Questions, now: dt.datetime) -> None:
    if report.vulnerabilities is None:
        questions.unanswered.add(report.coordinates)
        return
    at = min(report.at, now)  # an answer's age is never in the future
    questions.answers[report.coordinates] = ComponentAnswer(report.coordinates, report.vulnerabilities, at)


def portions(forms: Sequence[Purl]) -> Iterator[Sequence[Purl]]:
    """Forms in as many questions as their length takes; those that no hub knows, being too long, are not asked for."""
    portion, left = list[Purl](), _MOST_TEXT
    for form in forms:
        if len(form) > LONGEST_COORDINATES:
            continue
        if len(form) > left:
            yield portion
            portion, left = [], _MOST_TEXT
        portion.append(form)
        left -= len(form)
    if portion:
        yield portion
