"""``bomgate db``: the database."""

from __future__ import annotations

import click

from webhook.cli.decision_shapes import DatabaseShape
from webhook.cli.exits import Exit
from webhook.cli.options import global_options, invocation, output_option
from webhook.cli.output import fields, note, print_json
from webhook.cli.verbs import VerbGroup
from webhook.engines.upgrading import upgrade_when_there
from webhook.model.records import StoreStatus
from webhook.policy.phrases import moment


@click.group("db", cls=VerbGroup)
@global_options
def command() -> None:
    """The database: upgrade it, see what is in it."""


@command.command("upgrade", examples=("bomgate db upgrade", "bomgate db upgrade --wait 300"))
@click.option(
    "--wait",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="SECONDS",
    help="Wait as long for a database that does not answer yet.",
)
@global_options
@output_option()
def upgrade(wait: float, output: str) -> None:
    """Bring the schema to the version of this program.

    A PostgreSQL database is upgraded by this command only; an SQLite file also when it is first used. Doing it again
    changes nothing, and several may do it at once. A database of a newer program is left as it is if that program says
    that this one can use it.
    """
    parts = invocation().parts(creates=True)
    admin = parts.store.admin
    upgrade_when_there(admin, parts.clock, wait, lambda problem: note(f"Waiting: {problem.message}"))
    status = admin.status()
    if output == "json":
        print_json(DatabaseShape.of(status))
    else:
        fields([("Database", status.url), ("Schema", status.schema)])


@command.command("status", examples=("bomgate db status", "bomgate db status --output json"))
@global_options
@output_option()
def status(output: str) -> Exit:
    """Show address, version, revision, counts and the last download.

    Exits with 3 when the database has to be upgraded or belongs to a newer program.
    """
    found = invocation().parts().store.admin.status()
    if output == "json":
        print_json(DatabaseShape.of(found))
    else:
        _show(found)
    if found.usable:
        if found.schema != found.expected_schema:
            note("The database is of a newer bomgate, which says that this one can use it.")
        return Exit.DONE
    if not found.schema:
        note("The database is empty. What helps: bomgate db upgrade")
    elif found.schema < found.expected_schema:
        note("The database is of an older version. What helps: bomgate db upgrade")
    else:
        note("The database belongs to a newer bomgate. What helps: update bomgate.")
    return Exit.UNDECIDED


def _show(found: StoreStatus) -> None:
    run = found.last_run
    fields(
        [
            ("Database", found.url),
            ("Schema", f"{found.schema or 'none'} (this program needs {found.expected_schema})"),
            ("Revision", found.revision),
            *((name.replace("_", " ").capitalize(), number) for name, number in found.counts.items()),
            ("Last download", "never" if run is None else moment(run.finished)),
            ("Complete", None if run is None else "yes" if run.report.complete else f"no: {run.report.stopped_by}"),
        ]
    )
