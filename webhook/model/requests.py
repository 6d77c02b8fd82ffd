"""Requests for exceptions: a person wants a vulnerability tolerated, another person answers."""

from __future__ import annotations

import datetime as dt
import enum

import msgspec

from webhook.model.assessments import Assessment, Scope
from webhook.model.people import Person
from webhook.model.triage import AuditNote

OF_ASSESSMENTS = "Assessment"
"""Kind of the objects whose approval records nothing, because the object is provisioned then."""


class Phase(enum.StrEnum):
    """How far a request has got."""

    WAITING = "waiting"
    """Nobody has answered yet."""
    APPROVED = "approved"
    DENIED = "denied"
    WITHDRAWN = "withdrawn"
    """Nobody asks for it any more."""
    LAPSED = "lapsed"
    """Its end came before an answer did."""


class Asker(msgspec.Struct, frozen=True):
    """A person, or a program, that requests an exception.

    Attributes:
        person: who, without groups.
        reason: why, in their words.
        at: since when.
        requested_for: for whom a ServiceAccount asks; a claim that nobody checked, empty for people.
        left: whether they have withdrawn; they still cannot approve.
    """

    person: Person
    reason: str
    at: dt.datetime
    requested_for: str = ""
    left: bool = False


class RequestAnswer(msgspec.Struct, frozen=True):
    """What somebody decided about a request.

    Attributes:
        person: who, without groups.
        comment: why.
        at: when.
        covered_by: number of the request whose approval covers this one; 0 when it was answered itself.
        until: an earlier end than was asked for, that an approval gives; None where it gives what was asked for.
        type: the assessment type that an approval gives; empty where it gives none itself.
    """

    person: Person
    comment: str
    at: dt.datetime
    covered_by: int = 0
    until: dt.datetime | None = None
    type: str = ""


class MemberRequest(msgspec.Struct, frozen=True):
    """Where a request comes from that a member of the fleet brought to its hub.

    Attributes:
        cluster: the name of the member.
        number: of the request there.
        version: of the request there, as the hub has it.
    """

    cluster: str
    number: int
    version: int


class ExceptionRequest(msgspec.Struct, frozen=True):
    """A request to tolerate vulnerabilities for a while.

    Attributes:
        number: of the request; 0 before it is stored.
        vulnerabilities: identifiers or aliases, in the spelling to keep.
        scope: canonical; its namespace is where the exception is asked for.
        until: when the exception is to end, UTC.
        askers: everybody who ever asked, the first one first.
        created: when, UTC.
        phase: see :class:`Phase`; one that has lapsed says so by :meth:`phase_at`.
        version: raised by each change of what is asked for, so that an approval is of what was seen.
        answer: the newest; None while there is none.
        origin: the object that it stands for, such as ``AssessmentRequest shop/log4j``; empty when there is none.
        origin_uid: of that object.
        definition: tells specifications of the object apart; empty when there is none.
        type: the assessment type that is asked for; empty leaves it to the approver.
        until_fixed: whether the exception is to end earlier, too: once a source tells a fixed version.
        fixed_in: the fixed version that ended the exception; empty while none has.
        member: at a hub, the member that it was made in; None for one that was made here.
    """

    number: int
    vulnerabilities: tuple[str, ...]
    scope: Scope
    until: dt.datetime | None
    askers: tuple[Asker, ...]
    created: dt.datetime
    phase: Phase = Phase.WAITING
    version: int = 1
    answer: RequestAnswer | None = None
    origin: str = ""
    origin_uid: str = ""
    definition: str = ""
    type: str = ""
    until_fixed: bool = False
    fixed_in: str = ""
    member: MemberRequest | None = None

    @property
    def batch(self) -> str:
        """The name of the batch of assessments that its approval makes, and of its rows in the audit log.

        That of a member's request is no name that a request of the member could have.
        """
        return f"request-{self.number}" if self.member is None else f"hub-request-{self.number}"

    @property
    def cluster(self) -> str:
        """The name of the member that it was made in; empty for one that was made here."""
        return "" if self.member is None else self.member.cluster

    @property
    def is_of_assessment(self) -> bool:
        """Whether it stands for an ``Assessment`` object, which counts once it is approved."""
        return self.origin.startswith(f"{OF_ASSESSMENTS} ")

    @property
    def asking(self) -> tuple[Asker, ...]:
        """Those who still ask."""
        return tuple(asker for asker in self.askers if not asker.left)

    @property
    def ends(self) -> dt.datetime | None:
        """When the exception ends that was given, or is to end that is asked for."""
        return self.until if self.answer is None or self.answer.until is None else self.answer.until

    def phase_at(self, now: dt.datetime) -> Phase:
        """The phase at a time: a request that waits has lapsed when its end has come."""
        lapsed = self.phase is Phase.WAITING and self.until is not None and now >= self.until
        return Phase.LAPSED if lapsed else self.phase


class Wish(msgspec.Struct, frozen=True):
    """What somebody asks for.

    Attributes:
        vulnerabilities: identifiers or aliases.
        scope: as people write it.
        namespace: where.
        reason: why.
        until, days: the end; one of them.
        until_fixed: whether it is to end earlier, too: once a source tells a fixed version.
        requested_for: for whom a ServiceAccount asks.
        type: the assessment type; empty for the usual one.
    """

    vulnerabilities: tuple[str, ...]
    scope: Scope
    namespace: str
    reason: str
    until: dt.datetime | None = None
    days: int | None = None
    until_fixed: bool = False
    requested_for: str = ""
    type: str = ""


class RequestChange(msgspec.Struct, frozen=True):
    """What a rule makes of a request, to be written in one transaction.

    Attributes:
        requests: as they are now; the first is what the rule was about; without a number it is new.
        records: assessments to add.
        notes: rows of the audit log, each with the place of its request in ``requests``.
    """

    requests: tuple[ExceptionRequest, ...]
    records: tuple[Assessment, ...] = ()
    notes: tuple[tuple[int, AuditNote], ...] = ()


class RequestScan(msgspec.Struct, frozen=True):
    """Which requests are given, newest first; each None means any.

    Attributes:
        phase: as stored; LAPSED stands for those that wait and whose end has come.
        namespace: exactly.
        user: the first who asked, exactly.
        vulnerability: one that is asked for, exactly.
        within: only for one of these namespaces of this cluster.
        cluster: made in this member of the fleet; empty: made here.
    """

    phase: Phase | None = None
    namespace: str | None = None
    user: str | None = None
    vulnerability: str | None = None
    within: tuple[str, ...] | None = None
    cluster: str | None = None


class RequestCounts(msgspec.Struct, frozen=True):
    """How many requests there are.

    Attributes:
        by_phase: numbers by phase.
        oldest: since when the oldest that waits has waited; None when none does.
    """

    by_phase: dict[Phase, int]
    oldest: dt.datetime | None
