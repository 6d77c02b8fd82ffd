"""``bomgate db prune``: deletes what is no longer kept, as the controller does."""

from __future__ import annotations

from collections import Counter

import click

from webhook.cli.options import global_options, invocation, output_option
from webhook.cli.output import note, print_json, print_table, room
from webhook.cli.progress import counted
from webhook.cli.verbs import Verb
from webhook.model.retention import PruneKind, PrunePlan
from webhook.policy.phrases import count


@click.command(
    "prune",
    cls=Verb,
    examples=("bomgate db prune --dry-run", "bomgate db prune", "bomgate db prune --dry-run --output json"),
)
@click.option("--dry-run", is_flag=True, help="Only show what would be deleted.")
@global_options
@output_option()
def prune(dry_run: bool, output: str) -> None:
    """Delete what the settings under `retention` no longer keep.

    The controller does the same every few hours; run this where there is none. It deletes in small transactions, and
    you can stop and repeat it. What runs is never deleted, nor are assessments, vulnerabilities or VEX documents.
    Images are kept while it is not known what runs, because the last audit of the cluster is more than a day old.

    Components that no SBOM names any more are first noted, and deleted after retention.componentsDays.
    """
    parts = invocation().parts()
    pruner = parts.pruner()
    plan, deleted = pruner.plan(), Counter[PruneKind]()
    if not dry_run:
        for step in counted(pruner.steps(), sum(plan.counts.values()), "Deleting"):
            deleted[step.kind] += step.deleted
    done = None if dry_run else deleted
    if output == "json":
        from webhook.cli.status_shapes import PruneShape

        print_json(PruneShape.of(plan, done))
        return
    _report(plan, done)


def _report(plan: PrunePlan, deleted: Counter[PruneKind] | None) -> None:
    if plan.kept:
        note(plan.kept)
    shown = plan.counts if deleted is None else deleted
    rows = [(kind.value, number, room(plan.bytes.get(kind))) for kind, number in shown.items() if number]
    heading = "To delete#" if deleted is None else "Deleted#"
    print_table(("Kind", heading, "About"), rows, empty="There is nothing to delete.")
    if deleted is None and rows:
        note(f"{count(sum(shown.values()), 'row')} to delete. Next: bomgate db prune")
    elif rows:
        note("SQLite uses the room again, and PostgreSQL after its next autovacuum; the files do not become smaller.")
