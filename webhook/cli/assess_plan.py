"""What a call of ``bomgate assess`` asks for, what it comes to, and its record."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import click

from webhook.bootstrap import Parts
from webhook.cli.identity import Actor
from webhook.cli.triaging import loaded_triage
from webhook.engines.assessing.impact import Change, without_decided
from webhook.engines.triage.effects import Effects
from webhook.errors import InvalidInput
from webhook.model.assessments import Assessment, AssessmentSource, Scope
from webhook.model.images import Digest
from webhook.model.inventory import workload_names
from webhook.model.records import AssessmentState
from webhook.policy.decisions import Decision
from webhook.policy.expiry import parse_until
from webhook.policy.phrases import decided
from webhook.policy.scopes import described
from webhook.policy.selections import Selection


@dataclass(frozen=True, slots=True)
class Request:
    """The options of ``bomgate assess``, as they were given; each None was not."""

    ids: tuple[str, ...]
    type_name: str | None
    comment: str | None
    author: str | None
    package: str | None
    versions: str | None
    image: str | None
    namespace: str | None
    until: str | None
    days: int | None
    cvss: tuple[Decimal, Decimal] | None
    unassessed: bool
    clear: bool
    existing: bool
    allow_unknown: bool
    dry_run: bool
    override: bool
    undo: str | None
    yes: bool
    until_fixed: bool = False
    token_file: Path | None = None
    cluster: str | None = None

    @property
    def scope(self) -> Scope:
        """What the assessment is narrowed to."""
        return Scope(self.package, self.versions, self.image, self.namespace)

    @property
    def selects(self) -> bool:
        """Whether it names vulnerabilities by their properties."""
        return self.cvss is not None or self.unassessed

    def decision(self, author: str) -> Decision:
        """What is decided, by whom."""
        return Decision(
            type=self.type_name or "",
            author=author,
            comment=self.comment or "",
            until=None if self.until is None else parse_until(self.until),
            days=self.days,
            until_fixed=self.until_fixed,
        )

    @property
    def in_bulk(self) -> bool:
        """Whether it decides about several vulnerabilities at once."""
        return self.selects or self.existing or self.undo is not None or len(set(self.ids)) > 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was, or would be, recorded.

    Attributes:
        changes: each record with what it changes.
        left_alone: how many were not touched, by reason.
        kept: decisions of people that would be replaced, and are not without --override.
        effects: what that changes for images and for what runs; None when nobody looked.
        batch: by which the records can be undone; empty when nothing was recorded.
        revision: of the store, as of which it was planned.
    """

    changes: tuple[Change, ...]
    left_alone: dict[str, int]
    kept: tuple[Change, ...] = ()
    effects: Effects | None = None
    batch: str = ""
    revision: int = 0

    @property
    def records(self) -> tuple[Assessment, ...]:
        """The records alone."""
        return tuple(change.record for change in self.changes)

    @property
    def images(self) -> dict[Digest, tuple[str, ...]]:
        """Digest and names of every image that is touched."""
        return {digest: names for change in self.changes for digest, names in (change.images or {}).items()}


def check(request: Request) -> None:
    """Refuse combinations that do not say what is meant."""
    if request.cluster is not None and (request.selects or request.existing):
        raise click.UsageError("--cluster takes IDs only; the hub does not know what else a member has.")
    if request.undo is not None and (request.ids or request.selects or request.clear or request.existing):
        raise click.UsageError("--undo takes back one whole batch: it takes neither IDs nor a selection.")
    if request.existing and (request.ids or request.selects or request.clear or request.type_name):
        raise click.UsageError(
            "--existing takes neither IDs nor a selection nor --type: the ranges of the types decide."
        )
    if request.existing or request.undo is not None:
        return
    if bool(request.ids) == request.selects:
        both = "both IDs and a selection" if request.ids else "neither an ID nor a selection"
        raise click.UsageError(f"There is {both}. Give IDs, or --cvss and --unassessed, or --existing.")
    has_end = request.until or request.days or request.until_fixed
    if request.clear and (request.selects or request.type_name or has_end):
        raise click.UsageError("--clear takes IDs and a scope only; it withdraws, so there is no --type and no end.")
    if not request.clear and not request.type_name:
        raise click.UsageError("Missing option '--type'. `bomgate types list` shows the types.")
    if not request.clear and not request.comment:
        raise click.UsageError("Missing option '--comment'. Say why, so that others can judge it later.")


def plan(request: Request, parts: Parts, who: Actor) -> Outcome:
    """What the request comes to; nothing is recorded yet.

    Args:
        request: the options.
        parts: of this process.
        who: the user who decides.
    """
    revision = parts.store.feed.position().revision  # before anything is read, so that no later decision is missed
    return _named(replace(_planned(request, parts, who), revision=revision), parts)


def _planned(request: Request, parts: Parts, who: Actor) -> Outcome:
    assessor = parts.assessor
    if request.existing:
        existing = assessor.existing(dry_run=True)
        counts = {"assessed": existing.assessed, "expired": existing.expired, "unmatched": existing.unmatched}
        return Outcome(tuple(assessor.impact(existing.assessments)), counts)
    author = who.person.name
    if request.undo is not None:
        undo = assessor.undo(request.undo, author=author)
        return Outcome(tuple(assessor.impact(undo.records)), {"decided since": len(undo.decided_since)})
    if request.clear:
        records = assessor.clear(request.ids, request.scope, author=author, comment=request.comment or "", dry_run=True)
        return Outcome(tuple(assessor.impact(records)), {})
    decision = request.decision(author)
    if request.ids:
        records = assessor.assess(
            request.ids, request.scope, decision, allow_unknown=request.allow_unknown, dry_run=True
        )
    else:
        affected = parts.selector.select(_selection(request))
        records = assessor.assess_affected(affected, request.scope, decision, dry_run=True)
    changes = assessor.impact(records)
    if not request.in_bulk and not request.override and not request.dry_run:
        _check_consent(changes, author)
    if not request.in_bulk or request.override:
        return Outcome(tuple(changes), {})
    recorded, kept = without_decided(changes)
    return Outcome(recorded, {"decided by people": len(kept)}, kept)


def _named(planned: Outcome, parts: Parts) -> Outcome:
    """The same with what running workloads call the images that have no tag."""
    if all(planned.images.values()):
        return planned
    inventory = parts.store.inventory.load()
    called = {} if inventory is None else workload_names(inventory.workloads)
    changes = tuple(
        replace(
            change, images={digest: names or called.get(digest, ()) for digest, names in (change.images or {}).items()}
        )
        for change in planned.changes
    )
    return replace(planned, changes=changes)


def _check_consent(changes: Sequence[Change], author: str) -> None:
    """Refuse to replace what somebody else decided at a command line or in the console without a word of consent.

    Files and objects that provision decisions are in force again once they change, so they are only told of.

    Raises:
        InvalidInput: it would be replaced.
    """
    for change in changes:
        theirs = change.replaces
        if theirs is not None and theirs.source is AssessmentSource.MANUAL and theirs.author != author:
            raise InvalidInput(
                f"This would replace someone else's decision: {theirs.vulnerability} for "
                f"{described(theirs.scope)} is {theirs.type} {decided(theirs)}.",
                remedy="Add --override to replace it; --dry-run shows what that changes.",
            )


def with_effects(planned: Outcome, parts: Parts) -> Outcome:
    """The same with what it changes for images and for what runs, judged as at admission."""
    return replace(planned, effects=loaded_triage(parts).decider.effects(planned.records))


def require(request: Request, planned: Outcome, parts: Parts, who: Actor) -> None:
    """Refuse what whoever decides has no right to, in one of the namespaces that it is about.

    Raises:
        NotAllowed: see above.
        ApprovalNeeded: it loosens, and takes another person.
        SourceError: the API server does not say.
    """
    verb = "delete" if request.undo is not None or request.clear else "create"
    who.require_for(verb, "assessments", planned.records)
    if request.override:
        who.require_for("create", "assessments/override", planned.records)
    if not request.existing:
        parts.assessor.check_approval(planned.records)


def record(request: Request, planned: Outcome, parts: Parts, who: Actor) -> Outcome:
    """Record what was planned, under the name of a new batch.

    Raises:
        ChangedMeanwhile: somebody has decided about one of the vulnerabilities since it was planned.
        StoreError: nothing was recorded.
    """
    batch = f"{parts.clock.now():%Y%m%d}-{secrets.token_hex(3)}"
    stamped = parts.assessor.record(
        planned.records,
        batch=batch,
        recorded_by=who.recorded_by,
        since=planned.revision,
        by_rules=request.existing,
    )
    changes = tuple(replace(change, record=record) for change, record in zip(planned.changes, stamped, strict=True))
    return replace(planned, changes=changes, batch=batch)


def _selection(request: Request) -> Selection:
    low, high = request.cvss or (None, None)
    if request.image is not None and "*" in request.image:
        raise InvalidInput(
            f"A selection cannot be made from the image pattern {request.image!r}.",
            remedy="Name one image or digest, or leave out --image.",
        )
    if request.versions is not None:
        raise InvalidInput(
            "A selection cannot be made from a range of versions.",
            remedy="Give --package with a version, or name the vulnerabilities by ID.",
        )
    return Selection(
        package=request.package,
        image=request.image,
        namespace=request.namespace,
        score_low=low,
        score_high=high,
        state=AssessmentState.UNASSESSED if request.unassessed else None,
    )
