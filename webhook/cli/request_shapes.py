"""JSON of requests for exceptions."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Annotated

from webhook.cli.decision_shapes import EffectsShape
from webhook.model.people import Person
from webhook.model.requests import ExceptionRequest


@dataclass(frozen=True, slots=True)
class PersonShape:
    """Somebody as they were authenticated."""

    name: Annotated[str, "As it is shown."]
    user: Annotated[str, "User name, as Kubernetes or the operating system knows it."]
    issuer: Annotated[str, "Who authenticated them: kubernetes, local, or the address of an OpenID provider."]
    uid: Annotated[str, "What the issuer tells users apart by; possibly empty."]

    @classmethod
    def of(cls, one: Person) -> PersonShape:
        """From the model."""
        return cls(one.name, one.username, one.issuer, one.uid)


@dataclass(frozen=True, slots=True)
class AskerShape:
    """A requester."""

    person: Annotated[PersonShape, "Who."]
    reason: Annotated[str, "Why."]
    at: Annotated[dt.datetime, "Since when, UTC."]
    requested_for: Annotated[str, "For whom a ServiceAccount asks; a claim that nobody checked."]
    left: Annotated[bool, "Whether they have withdrawn."]


@dataclass(frozen=True, slots=True)
class AnswerShape:
    """What somebody decided about a request."""

    person: Annotated[PersonShape, "Who."]
    comment: Annotated[str, "Why."]
    at: Annotated[dt.datetime, "When, UTC."]
    covered_by: Annotated[int, "Number of the request whose approval covers this one; 0: it was answered itself."]
    until: Annotated[dt.datetime | None, "An earlier end that an approval gives, UTC; null: as asked for."] = None
    type: Annotated[str, "The assessment type that the approval gives."] = ""


@dataclass(frozen=True, slots=True)
class RequestShape:
    """A request for an exception."""

    number: Annotated[int, "Of the request."]
    phase: Annotated[str, "waiting, approved, denied, withdrawn or lapsed."]
    version: Annotated[int, "Raised by each change; `--version` approves only this one."]
    vulnerabilities: Annotated[tuple[str, ...], "Identifiers or aliases."]
    package: Annotated[str | None, "Package (purl without version)."]
    version_range: Annotated[str | None, "Versions it is narrowed to; null: all."]
    image: Annotated[str | None, "Image, pattern or digest it is narrowed to; null: all."]
    namespace: Annotated[str | None, "Where; null: everywhere."]
    type: Annotated[str, "Assessment type that is asked for; empty: the usual one."]
    until: Annotated[dt.datetime | None, "The end that is asked for, UTC."]
    created: Annotated[dt.datetime, "When it was made, UTC."]
    askers: Annotated[tuple[AskerShape, ...], "Everybody who ever asked; none of them can approve."]
    answer: Annotated[AnswerShape | None, "The answer; null while there is none."]
    object: Annotated[str, "The object that it stands for, such as `AssessmentRequest shop/log4j`; possibly empty."]
    batch: Annotated[str, "Of the assessments that an approval makes."]
    until_fixed: Annotated[bool, "Whether it ends earlier, too: once a source tells a fixed version."] = False
    fixed_in: Annotated[str, "The fixed version that ended the exception; else empty."] = ""
    cluster: Annotated[str, "At a hub, the member that it was made in; else empty."] = ""

    @classmethod
    def of(cls, one: ExceptionRequest, now: dt.datetime) -> RequestShape:
        """From the model."""
        answer = one.answer
        return cls(
            number=one.number,
            phase=one.phase_at(now).value,
            version=one.version,
            vulnerabilities=one.vulnerabilities,
            package=one.scope.package,
            version_range=one.scope.version_range,
            image=one.scope.image,
            namespace=one.scope.namespace,
            type=one.type,
            until=one.until,
            created=one.created,
            askers=tuple(
                AskerShape(PersonShape.of(asker.person), asker.reason, asker.at, asker.requested_for, asker.left)
                for asker in one.askers
            ),
            answer=None
            if answer is None
            else AnswerShape(
                PersonShape.of(answer.person),
                answer.comment,
                answer.at,
                answer.covered_by,
                answer.until,
                answer.type,
            ),
            object=one.origin,
            batch=one.batch,
            until_fixed=one.until_fixed,
            fixed_in=one.fixed_in,
            cluster=one.cluster,
        )


@dataclass(frozen=True, slots=True)
class RequestListShape:
    """``bomgate requests list --output json``."""

    requests: Annotated[tuple[RequestShape, ...], "Newest first."]
    more: Annotated[bool, "Whether --limit left some out."]


@dataclass(frozen=True, slots=True)
class AnsweredShape:
    """``bomgate requests`` with any other verb and ``--output json``."""

    request: Annotated[RequestShape, "As it is now."]
    effects: Annotated[EffectsShape | None, "What its approval would change; null where nobody looked."]
    dry_run: Annotated[bool, "Whether nothing was recorded."]
