"""``bomgate db``: the database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from webhook.bootstrap.fleet import fleet_facts
from webhook.cli.database_prune import prune
from webhook.cli.exits import Exit
from webhook.cli.options import global_options, invocation, output_option
from webhook.cli.output import fields, note, print_json, print_table, room
from webhook.cli.progress import counted
from webhook.cli.verbs import VerbGroup
from webhook.engines.upgrade import former_decisions, unreadable_decisions, upgrade_when_there
from webhook.policy.phrases import count, moment
from webhook.policy.plaintext import plain
from webhook.policy.scopes import described

if TYPE_CHECKING:
    from webhook.bootstrap import Parts
    from webhook.cli.status_shapes import RereadShape
    from webhook.model.advisories import AdvisorySetInfo
    from webhook.model.exploitation import ExploitSetInfo
    from webhook.model.records import StoreStatus


@click.group("db", cls=VerbGroup)
@global_options
def command() -> None:
    """The database: upgrade it, see what is in it."""


@command.command(
    "upgrade", examples=("bomgate db upgrade", "bomgate db upgrade --wait 300", "bomgate db upgrade --reread")
)
@click.option(
    "--wait",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="SECONDS",
    help="Wait this long for a database that does not answer yet.",
)
@click.option(
    "--reread",
    is_flag=True,
    help="Then read documents again that an older bomgate read, as the controller does.",
)
@global_options
@output_option()
def upgrade(wait: float, reread: bool, output: str) -> None:
    """Upgrade the schema to the version of this program.

    PostgreSQL databases are only upgraded by this command, SQLite files also on first use. You can repeat the command,
    and run it several times at once. A database of a newer version is left unchanged if that version allows this one to
    use it.

    With --reread, SBOMs that an older bomgate read are read again, each in a separate transaction; you can stop and
    repeat this. No verdict becomes milder: an SBOM keeps its previous components until OSS Index has answered for the
    new ones. The command shows how many components these are, because each costs at least a credit.
    """
    parts = invocation().parts(creates=True)
    admin = parts.store.admin
    upgrade_when_there(admin, parts.clock, wait, lambda problem: note(f"Waiting: {problem.message}"))
    status = admin.status()
    done = _reread(parts) if reread else None
    former = former_decisions(parts.store.assessments, parts.store.components)
    lost = unreadable_decisions(parts.store.assessments, parts.clock)
    if output == "json":
        from webhook.cli.status_shapes import UpgradeShape

        print_json(UpgradeShape.after(status, done, former, lost))
        return
    fields([("Database", status.url), ("Schema", status.schema)])
    for decision in former:
        record, today = decision.assessment, ", ".join(decision.packages)
        note(
            f"{record.vulnerability}: {record.type} by {plain(record.author, 100)} was made for "
            f"{plain(record.scope.package or '', 200)}. It also counts for {today} where it is stricter."
        )
    for record in lost:
        note(
            f"{record.vulnerability}: {record.type} by {plain(record.author, 100)} counts nowhere, because its scope "
            f"({described(record.scope)}) cannot be read. Withdraw it: bomgate assess --clear with the same options."
        )
    if done is not None:
        _show_reread(done)


def _show_reread(done: RereadShape) -> None:
    fields(
        [
            ("Read again", done.read),
            ("Read as before, because it failed", done.failed),
            ("With today's components", done.switched),
            ("Waiting for answers", done.waiting),
            ("Components to ask for", done.to_ask),
            ("Without a document", done.without_document),
        ]
    )
    if done.to_ask:
        note(f"{count(done.to_ask, 'component')} to query; each costs at least a credit. Next: bomgate download")
    if done.without_document:
        note(
            f"{count(done.without_document, 'SBOM')} cannot be read again, because their documents are not kept. They "
            "stay as they were read until they are found or added again."
        )


def _reread(parts: Parts) -> RereadShape:
    from webhook.cli.status_shapes import RereadShape

    rereader, failed = parts.rereader(), 0
    before, read = rereader.counts(), 0
    for reread in counted(rereader.run(), before.unread, "Reading again"):
        read += not reread.reason
        failed += bool(reread.reason)
        if reread.reason:
            note(f"{reread.sbom.document_digest} stays as it was read: {reread.reason}")
    rereader.advance()
    after = rereader.counts()
    switched = before.waiting + before.unread - after.waiting - after.unread
    return RereadShape(read, failed, switched, after.waiting, after.to_ask, after.without_document)


command.add_command(prune)


@command.command("status", examples=("bomgate db status", "bomgate db status --output json"))
@global_options
@output_option()
def status(output: str) -> Exit:
    """Show address, version, revision, counts, the last download, and how large and old the tables are.

    At a hub or a member of a fleet also how far who follows, and what stays in force that the hub has lost.

    Room in an SQLite file that deleted rows have left is used again. To make the file smaller, stop what uses it, and
    run `sqlite3 FILE VACUUM`.

    Exits with 3 if the database needs an upgrade or belongs to a newer version of bomgate.
    """
    parts = invocation().parts()
    store = parts.store
    found = store.admin.status()
    sets = store.advisories.sets() if found.usable else ()
    exploits = store.exploits.sets() if found.usable else ()
    tables = store.retention.sizes() if found.usable else ()
    unused = store.retention.unused_bytes() if found.usable else None
    fleet = fleet_facts(parts) if found.usable else ()
    if output == "json":
        from webhook.cli.status_shapes import DatabaseShape

        print_json(DatabaseShape.of(found, sets, exploits, tables, unused, fleet))
    else:
        _show(found, unused)
        print_table(
            ("Table", "Rows#", "Size", "Oldest row"),
            [(each.name, each.rows, room(each.bytes), each.oldest and moment(each.oldest)) for each in tables],
            empty="",
        )
        _show_sets(sets, exploits)
        for fact in fleet:
            note(" ".join(filter(None, (fact.sentence, fact.remedy))))
    if found.usable:
        if found.schema != found.expected_schema:
            note("The database is of a newer bomgate, which says that this one can use it.")
        return Exit.DONE
    if not found.schema:
        note("The database is empty. What to do: bomgate db upgrade")
    elif found.is_older:
        note("The database is of an older version. What to do: bomgate db upgrade")
    else:
        note("The database belongs to a newer bomgate. What to do: update bomgate.")
    return Exit.UNDECIDED


def _show_sets(sets: Sequence[AdvisorySetInfo], exploits: Sequence[ExploitSetInfo]) -> None:
    rows = [
        *((kept.source, kept.ecosystem, kept.advisories, moment(kept.checked_at), "", kept.signature) for kept in sets),
        *((kept.source, kept.kind.name, kept.entries, moment(kept.checked_at), kept.as_of, "") for kept in exploits),
    ]
    print_table(("Source", "Set", "Records#", "Checked", "Published", "Signed"), rows, empty="")
    for kept in sets:
        if kept.is_unreadable:
            note(f"What is here of {kept.ecosystem} of {kept.source} cannot be read. Next: bomgate download")


def _show(found: StoreStatus, unused: int | None) -> None:
    run = found.last_run
    fields(
        [
            ("Database", found.url),
            ("Schema", f"{found.schema or 'none'} (this program needs {found.expected_schema})"),
            ("Revision", found.revision),
            *((name.replace("_", " ").capitalize(), number) for name, number in found.counts.items()),
            ("Unused room", room(unused) if unused else None),
            ("Last download", "never" if run is None else moment(run.finished)),
            ("Complete", None if run is None else "yes" if run.report.complete else f"no: {run.report.stopped_by}"),
        ]
    )
