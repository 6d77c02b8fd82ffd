"""``bomgate assess``: people decide about vulnerabilities."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import click

from webhook.bootstrap import Parts
from webhook.cli.assess_cluster import assess_for_cluster
from webhook.cli.assess_plan import Outcome, Request, check, plan, record, require, with_effects
from webhook.cli.decision_shapes import (
    AffectedImageShape,
    AssessedShape,
    ChangeShape,
    EffectsShape,
    RecordedAssessmentShape,
)
from webhook.cli.exits import Exit
from webhook.cli.identity import author, token_option
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
from webhook.engines.triage.effects import ChangedImage, ChangedWorkload, Effects
from webhook.model.assessments import CLUSTER, Assessment
from webhook.policy.decisions import also_stated
from webhook.policy.phrases import count, decided, end_of
from webhook.policy.scopes import described

_SHOWN_IMAGES = 10
_SHOWN_STATES = 3


@click.command(
    "assess",
    cls=Verb,
    examples=(
        "bomgate assess CVE-2021-44228 --package pkg:maven/org.apache.logging.log4j/log4j-core \\\n"
        "    --type Ignore --comment 'the class is removed in our build' --days 30",
        "bomgate assess CVE-2022-25883 --package pkg:npm/semver --type Ignore --comment 'no fix yet' --until-fixed",
        "bomgate assess CVE-2020-14343 --type Blocked --comment 'exploited' --namespace shop",
        "bomgate assess --cvss 4.0-6.9 --unassessed --type Caution --comment 'reviewed on Monday' --dry-run",
        "bomgate assess --existing --dry-run                # apply the CVSS ranges to what is already there",
        "bomgate assess CVE-2021-44228 --clear              # withdraw what was decided by hand",
        "bomgate assess --undo 20261129-3f9a2c              # take back all that one command recorded",
    ),
)
@click.argument("ids", nargs=-1, metavar="[ID]...", shell_complete=complete_vulnerabilities)
@click.option("--type", "type_name", metavar="T", shell_complete=complete_types, help="Assessment type to assign.")
@click.option("--comment", metavar="C", help="Reason; required except with --clear and --existing.")
@click.option(
    "--author",
    metavar="NAME",
    help=(
        "The person who decides; default: the operating system user. Recorded as stated, with the "
        "account and the machine; in a cluster without a token as a claim of the account."
    ),
)
@click.option("--package", metavar="PURL", help="Limit to this package, or to this version of it.")
@click.option("--versions", metavar="RANGE", help="Limit to these versions, such as '>=2.0,<2.17.1'.")
@click.option("--image", metavar="R", help="Limit to this image: a reference, a digest, or a name with *.")
@click.option("--namespace", metavar="NS", help="Limit to this namespace.")
@click.option("--cluster", metavar="NAME", help="At a hub: for this member of the fleet alone.")
@click.option("--until", metavar="DATE", help="When it expires: 2027-01-31 or 2027-01-31T12:00:00Z (UTC).")
@click.option("--days", type=int, metavar="N", help=("Or after how many days it expires; default: as its type says."))
@click.option(
    "--until-fixed", is_flag=True, help="End earlier, too: once a source of advisories tells a fixed version."
)
@click.option("--cvss", type=CvssRangeType(), metavar="A-B", help=("In bulk: all with a score from A to B, inclusive."))
@click.option("--unassessed", is_flag=True, help=("In bulk: all without an assessment in force, except expired ones."))
@click.option("--clear", is_flag=True, help="Withdraw the manual assessment with exactly this scope.")
@click.option(
    "--existing", is_flag=True, help=("Apply autoAssess of the types to vulnerabilities that were never assessed.")
)
@click.option("--allow-unknown", is_flag=True, help="Accept IDs that affect no known component.")
@click.option("--dry-run", is_flag=True, help="Show what would be recorded, and what it would change.")
@click.option("--override", is_flag=True, help="Also replace assessments made by other people; in bulk, by anybody.")
@click.option("--undo", metavar="BATCH", help="Undo everything that one command recorded.")
@click.option("--yes", is_flag=True, help="In bulk: do not ask for confirmation.")
@token_option
@global_options
@output_option()
def command(output: str, **given: Any) -> Exit:
    """Assess vulnerabilities: those with the given IDs, or all that match --cvss and --unassessed.

    Records all assessments or none. Nothing is overwritten: a newer assessment overrides an older one, and a narrower
    one overrides a wider one. Bulk commands show what they change, keep what people decided unless you pass --override,
    and can be undone with --undo.
    """
    request = Request(**given)
    check(request)
    parts = invocation().parts(creates=request.allow_unknown and not request.dry_run)
    who = author(parts, request.author, request.token_file, by_rules=request.existing)
    if request.cluster is not None:
        assess_for_cluster(request, parts, who, is_json=output == "json")
        return Exit.DONE
    planned = plan(request, parts, who)
    if planned.changes and (request.dry_run or request.in_bulk):
        planned = with_effects(planned, parts)
    is_json = output == "json"
    if not is_json:
        _show(planned)
    if planned.changes and not request.dry_run:
        require(request, planned, parts, who)
        if request.in_bulk and not request.yes and sys.stdin.isatty():
            click.confirm(f"Record {count(len(planned.changes), 'assessment')}?", abort=True, err=True)
        planned = record(request, planned, parts, who)
    if is_json:
        print_json(
            AssessedShape(
                assessments=tuple(RecordedAssessmentShape.of(assessment) for assessment in planned.records),
                images=tuple(AffectedImageShape(str(digest), names) for digest, names in planned.images.items()),
                dry_run=request.dry_run,
                left_alone=planned.left_alone,
                changes=tuple(ChangeShape.of(change) for change in planned.changes),
                kept=tuple(ChangeShape.of(change) for change in planned.kept),
                batch=planned.batch,
                effects=None if planned.effects is None else EffectsShape.of(planned.effects),
            )
        )
    else:
        _conclude(request, planned)
        _show_also_stated(parts, planned.records)
    return Exit.DONE


def _show_also_stated(parts: Parts, records: Sequence[Assessment]) -> None:
    """Say where the same is stated, too: what is stated there later counts again."""
    stated = also_stated(records, parts.assessor.index()) if any(assessment.by_hand for assessment in records) else ()
    for assessment in list(stated)[:_SHOWN_IMAGES]:
        is_object = assessment.provisioner == CLUSTER
        where, what = (
            (assessment.rule, "that object in the cluster") if is_object else ("The settings file", "the file")
        )
        note(
            f"{where} states {assessment.type} for {assessment.vulnerability}, too. Yours is newer and counts "
            f"until {what} changes."
        )


def _show(planned: Outcome) -> None:
    """Show what changes, before anything is recorded."""
    rows = [
        (
            change.record.vulnerability,
            _states(change.now),
            _states(change.then) if change.then else change.record.type or "(withdrawn)",
            described(change.record.scope),
            "-" if change.record.type is None else end_of(change.record),
        )
        for change in planned.changes
    ]
    print_table(("Vulnerability", "Now", "Then", "For", "Expires"), rows, empty="There is nothing to assess.")
    for change in planned.kept[:_SHOWN_IMAGES]:
        assert change.replaces is not None, "only what replaces a decision is kept back"
        note(
            f"Left alone: {change.record.vulnerability} for {described(change.record.scope)}, which is "
            f"{change.replaces.type} {decided(change.replaces)}."
        )
    left = [f"{number} {reason}" for reason, number in planned.left_alone.items() if number]
    if left:
        note(f"Left alone: {', '.join(left)}.{' --override replaces these.' if planned.kept else ''}")
    images = planned.images
    if planned.changes:
        note(f"Touches {count(len(images), 'image')}{':' if images else ': no known component has it.'}")
    for digest, names in list(images.items())[:_SHOWN_IMAGES]:
        note(", ".join(names) or digest, indent=2)
    if len(images) > _SHOWN_IMAGES:
        note(f"and {len(images) - _SHOWN_IMAGES} more", indent=2)
    if planned.effects is not None:
        _show_effects(planned.effects)


def _show_effects(effects: Effects) -> None:
    """Say which images, and which running workloads, would get another verdict."""
    changed: list[ChangedImage | ChangedWorkload] = [*effects.workloads, *effects.images]
    if not changed:
        note("No image and no running workload gets another verdict.")
        return
    where = f" in {count(len(effects.namespaces), 'namespace')}" if effects.workloads else ""
    images, workloads = count(len(effects.images), "image"), count(len(effects.workloads), "running workload")
    note(f"Changes the verdict of {images} and {workloads}{where}:")
    for change in changed[:_SHOWN_IMAGES]:
        note(f"{change.before.word} to {change.after.word}: {change.title}", indent=2)
    if len(changed) > _SHOWN_IMAGES:
        note(f"and {len(changed) - _SHOWN_IMAGES} more", indent=2)


def _states(states: Sequence[str]) -> str:
    more = f" and {len(states) - _SHOWN_STATES} more" if len(states) > _SHOWN_STATES else ""
    return ", ".join(states[:_SHOWN_STATES]) + more


def _conclude(request: Request, planned: Outcome) -> None:
    """Say what became of it."""
    if not planned.changes:
        return
    verb = "would be recorded" if request.dry_run else "recorded"
    note(f"{count(len(planned.changes), 'assessment')} {verb}.")
    if planned.batch:
        note(f"To undo: bomgate assess --undo {planned.batch}")
