"""Requests in memory."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Sequence

from tests.copies import replace
from webhook.model.assessments import Assessment
from webhook.model.requests import ExceptionRequest, MemberRequest, Phase, RequestChange, RequestCounts, RequestScan
from webhook.model.triage import AuditNote
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.requests import RequestView
from webhook.policy.undo import BatchHistory


class MemoryRequests:
    """Implements ``RequestStore`` and keeps what rules record.

    Attributes:
        requests: by number.
        records: assessments, in order.
        notes: of the audit log, each with the batch that it is kept under.
        known: what sources say of vulnerabilities.
    """

    def __init__(self) -> None:
        self.requests: dict[int, ExceptionRequest] = {}
        self.records: list[Assessment] = []
        self.known: list[Vulnerability] = []
        self.notes: list[tuple[str, AuditNote]] = []

    def change(
        self,
        rule: Callable[[RequestView], RequestChange],
        *,
        now: dt.datetime,
        namespace: str = "",
        number: int | None = None,
        member: MemberRequest | None = None,
    ) -> ExceptionRequest:
        request = None if number is None else self.requests.get(number)
        if member is not None:
            request = next((each for each in self.requests.values() if _is_of(each, member)), None)
        where = namespace if request is None else request.scope.namespace
        cluster = (member.cluster if member else "") if request is None else request.cluster
        waiting = [
            other
            for other in self.requests.values()
            if other.phase is Phase.WAITING and other.scope.namespace == where and other.cluster == cluster
        ]
        covered = [
            other
            for other in self.requests.values()
            if number is not None and other.answer is not None and other.answer.covered_by == number
        ]
        made = rule(RequestView(request, waiting, covered, self._history))
        written = []
        for item in made.requests:
            kept = item if item.number else replace(item, number=len(self.requests) + 1)
            self.requests[kept.number] = kept
            written.append(kept)
        first = len(self.records) + 1
        self.records += [replace(record, sequence=place) for place, record in enumerate(made.records, first)]
        self.notes += [(written[place].batch, note) for place, note in made.notes]
        return written[0]

    def _history(self, batch: str) -> BatchHistory:
        found = [record for record in self.records if record.batch == batch]
        named = {record.vulnerability for record in found}
        same = [known for known in self.known if not named.isdisjoint(known.identifiers)]
        names = named | {name for known in same for name in known.identifiers}
        every = [record for record in self.records if record.vulnerability in names]
        return BatchHistory(found, every, {name.casefold(): same for name in names} if same else {})

    def find(self, number: int) -> ExceptionRequest | None:
        return self.requests.get(number)

    def page(self, scan: RequestScan, after: int | None, most: int, *, now: dt.datetime) -> Sequence[ExceptionRequest]:
        found = [
            request
            for request in reversed(self.requests.values())
            if (after is None or request.number < after)
            and scan.phase in (None, request.phase_at(now))
            and scan.cluster in (None, request.cluster)
        ]
        return found[:most]

    def waiting(self, since: dt.datetime, most: int, *, now: dt.datetime) -> Sequence[ExceptionRequest]:
        found = [request for request in self.requests.values() if request.phase_at(now) is Phase.WAITING]
        return sorted((item for item in found if item.created <= since), key=lambda item: (item.created, item.number))[
            :most
        ]

    def namespaces(self) -> Sequence[str]:
        own = [request for request in self.requests.values() if not request.cluster]
        return sorted({request.scope.namespace for request in own if request.scope.namespace})

    def with_origin(self, kind: str) -> Sequence[ExceptionRequest]:
        return [request for request in self.requests.values() if request.origin.startswith(f"{kind} ")]

    def of_member(self, cluster: str, numbers: Collection[int], *, now: dt.datetime) -> Sequence[ExceptionRequest]:
        found = [request for request in self.requests.values() if request.member and request.cluster == cluster]
        there = [
            request
            for request in found
            if request.member
            and (
                request.member.number in numbers
                or (request.phase in (Phase.WAITING, Phase.APPROVED) and (request.until is None or request.until > now))
            )
        ]
        return sorted(there, key=lambda request: request.member.number if request.member else 0)

    def counts(self, now: dt.datetime) -> RequestCounts:
        phases = [request.phase_at(now) for request in self.requests.values()]
        waiting = [request.created for request in self.requests.values() if request.phase_at(now) is Phase.WAITING]
        return RequestCounts({phase: phases.count(phase) for phase in Phase}, min(waiting, default=None))


def _is_of(request: ExceptionRequest, member: MemberRequest) -> bool:
    there = request.member
    return there is not None and (there.cluster, there.number) == (member.cluster, member.number)
