"""``bomgate assess``: people decide about vulnerabilities."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import click

from webhook.bootstrap import Parts
from webhook.cli.decision_shapes import AffectedImageShape, AssessedShape, RecordedAssessmentShape
from webhook.cli.exits import Exit
from webhook.cli.options import (
    CvssRangeType,
    complete_types,
    complete_vulnerabilities,
    global_options,
    invocation,
    output_option,
)
from webhook.cli.output import note, print_json, print_table
from webhook.cli.verbs import Verb
from webhook.errors import InvalidInput
from webhook.model.assessments import Assessment, Scope
from webhook.model.images import Digest, parse_image
from webhook.model.records import AssessmentState, VulnerabilityQuery, VulnerabilityRecord
from webhook.policy.decisions import CLUSTER, Decision
from webhook.policy.expiry import parse_until
from webhook.policy.imagenames import parse_pattern
from webhook.policy.objections import also_stated
from webhook.policy.phrases import count, moment
from webhook.policy.ranges import parse_range
from webhook.policy.scopes import described
from webhook.policy.selections import Selection

_SHOWN_IMAGES = 10


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

    @property
    def scope(self) -> Scope:
        """What the assessment is narrowed to."""
        return Scope(self.package, self.versions, self.image, self.namespace)

    @property
    def selects(self) -> bool:
        """Whether it names vulnerabilities by their properties."""
        return self.cvss is not None or self.unassessed


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was, or would be, recorded."""

    records: tuple[Assessment, ...]
    left_alone: dict[str, int]


@click.command(
    "assess",
    cls=Verb,
    examples=(
        "bomgate assess CVE-2021-44228 --package pkg:maven/org.apache.logging.log4j/log4j-core \\\n"
        "    --type Ignore --comment 'the class is removed in our build' --days 30",
        "bomgate assess CVE-2020-14343 --type Blocked --comment 'exploited' --namespace shop",
        "bomgate assess --cvss 4.0-6.9 --unassessed --type Caution --comment 'reviewed on Monday' --dry-run",
        "bomgate assess --existing --dry-run                # apply the CVSS ranges to what is already there",
        "bomgate assess CVE-2021-44228 --clear              # withdraw what was decided by hand",
    ),
)
@click.argument("ids", nargs=-1, metavar="[ID]...", shell_complete=complete_vulnerabilities)
@click.option("--type", "type_name", metavar="T", shell_complete=complete_types, help="Assessment type to give.")
@click.option("--comment", metavar="C", help="Why; required, but for --clear and --existing.")
@click.option("--author", metavar="NAME", help="Who decides; the user of the operating system when left out.")
@click.option("--package", metavar="PURL", help="For this package only; with a version, for this version only.")
@click.option("--versions", metavar="RANGE", help="For these versions only, such as '>=2.0,<2.17.1'.")
@click.option("--image", metavar="R", help="In this image only: a reference, a digest, or a name with *.")
@click.option("--namespace", metavar="NS", help="In this namespace only.")
@click.option("--until", metavar="DATE", help="When it stops counting: 2027-01-31 or 2027-01-31T12:00:00Z (UTC).")
@click.option("--days", type=int, metavar="N", help="Its life in days instead; without either, that of the type.")
@click.option("--cvss", type=CvssRangeType(), metavar="A-B", help="In bulk: all with a score from A to B.")
@click.option("--unassessed", is_flag=True, help="In bulk: all without an assessment in force, expired ones left out.")
@click.option("--clear", is_flag=True, help="Withdraw what was decided by hand for exactly this scope.")
@click.option("--existing", is_flag=True, help="Apply the CVSS ranges of the types to what was never assessed.")
@click.option("--allow-unknown", is_flag=True, help="Accept identifiers that affect no known component.")
@click.option("--dry-run", is_flag=True, help="Show what would be recorded (in bulk and with --existing).")
@global_options
@output_option()
def command(output: str, **given: Any) -> Exit:
    """Decide about vulnerabilities: those named by ID, or all that match --cvss and --unassessed.

    All is recorded or nothing. Nothing is ever overwritten: a newer decision counts instead of an older one, and a
    narrower one before a wider one.
    """
    request = Request(**given)
    _check(request)
    parts = invocation().parts(creates=request.allow_unknown and not request.dry_run)
    outcome = _perform(request, parts)
    images = _touched(parts, outcome.records)
    if output == "json":
        print_json(
            AssessedShape(
                assessments=tuple(RecordedAssessmentShape.of(one) for one in outcome.records),
                images=tuple(AffectedImageShape(str(digest), names) for digest, names in images.items()),
                dry_run=request.dry_run,
                left_alone=outcome.left_alone,
            )
        )
    else:
        _show(request, outcome, images)
        _show_also_stated(parts, outcome.records)
    return Exit.DONE


def _check(request: Request) -> None:
    """Refuse combinations that do not say what is meant."""
    if request.existing and (request.ids or request.selects or request.clear or request.type_name):
        raise click.UsageError(
            "--existing takes neither IDs nor a selection nor --type: the ranges of the types decide."
        )
    if request.existing:
        return
    if bool(request.ids) == request.selects:
        both = "both IDs and a selection" if request.ids else "neither an ID nor a selection"
        raise click.UsageError(f"There is {both}. Give IDs, or --cvss and --unassessed, or --existing.")
    if request.clear and (request.selects or request.type_name or request.until or request.days):
        raise click.UsageError("--clear takes IDs and a scope only; it withdraws, so there is no --type and no end.")
    if request.dry_run and not request.selects:
        raise click.UsageError("--dry-run goes with a selection (--cvss, --unassessed) or with --existing.")
    if not request.clear and not request.type_name:
        raise click.UsageError("Missing option '--type'. `bomgate types list` shows the types.")
    if not request.clear and not request.comment:
        raise click.UsageError("Missing option '--comment'. Say why, so that others can judge it later.")


def _perform(request: Request, parts: Parts) -> Outcome:
    assessor = parts.assessor
    if request.existing:
        plan = assessor.existing(dry_run=request.dry_run)
        counts = {"assessed": plan.assessed, "expired": plan.expired, "unmatched": plan.unmatched}
        return Outcome(plan.assessments, counts)
    author = _author(request)
    if request.clear:
        return Outcome(assessor.clear(request.ids, request.scope, author=author, comment=request.comment or ""), {})
    decision = Decision(
        type=request.type_name or "",
        author=author,
        comment=request.comment or "",
        until=None if request.until is None else parse_until(request.until),
        days=request.days,
    )
    if request.ids:
        records = assessor.assess(request.ids, request.scope, decision, allow_unknown=request.allow_unknown)
        return Outcome(records, {})
    affected = assessor.select(_selection(request))
    return Outcome(assessor.assess_affected(affected, request.scope, decision, dry_run=request.dry_run), {})


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


def _author(request: Request) -> str:
    if request.author is not None:
        return request.author
    try:
        return getpass.getuser()
    except (KeyError, OSError) as problem:  # a container's user may have no name
        raise InvalidInput("The user who decides has no name here.", remedy="Give one with --author.") from problem


def _touched(parts: Parts, records: Sequence[Assessment]) -> dict[Digest, tuple[str, ...]]:
    """The images that contain a component that one of the records is about."""
    by_name: dict[str, list[Scope]] = {}
    for one in records:
        by_name.setdefault(one.vulnerability.casefold(), []).append(one.scope)
    found: dict[Digest, tuple[str, ...]] = {}
    only = records[0].vulnerability if len(by_name) == 1 else None
    for record in parts.store.vulnerabilities.find(VulnerabilityQuery(identifier=only)) if records else ():
        names = {name.casefold() for name in record.vulnerability.identifiers}
        for scope in (scope for name in names & by_name.keys() for scope in by_name[name]):
            found.update(_images(parts, record, scope))
    return found


def _images(parts: Parts, record: VulnerabilityRecord, scope: Scope) -> dict[Digest, tuple[str, ...]]:
    """The images of a vulnerability that a scope applies to."""
    versions = None if scope.version_range is None else parse_range(scope.version_range)
    pattern = None if scope.image is None else parse_pattern(scope.image)
    affected = [
        purl
        for purl in record.components
        if scope.package in (None, purl.package)
        and (versions is None or versions.contains(purl.version, purl.type) is not False)
    ]
    records = [record]
    if len(affected) < len(record.components):  # ask again, for only images with one of these components count
        query = VulnerabilityQuery(identifier=record.vulnerability.id)
        found = (parts.store.vulnerabilities.find(replace(query, package=purl)) for purl in affected)
        records = [one for some in found for one in some]
    return {
        digest: names
        for one in records
        for digest, names in one.images
        if pattern is None
        or pattern.matches(None, digest)
        or any(pattern.matches(parse_image(name), digest) for name in names)
    }


def _show_also_stated(parts: Parts, records: Sequence[Assessment]) -> None:
    """Say where the same is stated, too: what is stated there later counts again."""
    stated = also_stated(records, parts.assessor.index()) if any(one.by_hand for one in records) else ()
    for one in list(stated)[:_SHOWN_IMAGES]:
        is_object = one.author == CLUSTER
        where, what = (one.rule, "that object in the cluster") if is_object else ("The settings file", "the file")
        note(f"{where} states {one.type} for {one.vulnerability}, too. Yours is newer and counts until {what} changes.")


def _show(request: Request, outcome: Outcome, images: dict[Digest, tuple[str, ...]]) -> None:
    records = outcome.records
    rows = [
        (
            one.vulnerability,
            "(withdrawn)" if one.type is None else one.type,
            described(one.scope),
            "-" if one.type is None else "never" if one.until is None else moment(one.until),
        )
        for one in records
    ]
    print_table(("Vulnerability", "Type", "For", "Expires"), rows, empty="There is nothing to assess.")
    left = [f"{number} {reason}" for reason, number in outcome.left_alone.items() if number]
    if left:
        note(f"Left alone: {', '.join(left)}.")
    if not records:
        return
    verb = "would be recorded" if request.dry_run else "recorded"
    note(f"{count(len(records), 'assessment')} {verb}.")
    note(f"Touches {count(len(images), 'image')}{':' if images else '.'}")
    for digest, names in list(images.items())[:_SHOWN_IMAGES]:
        note(", ".join(names) or digest, indent=2)
    if len(images) > _SHOWN_IMAGES:
        note(f"and {len(images) - _SHOWN_IMAGES} more", indent=2)
