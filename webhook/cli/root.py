"""The root of the command line: its verbs, loaded when they are used, and the outermost handler of errors."""

from __future__ import annotations

import importlib
import logging
import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from webhook import __version__
from webhook.cli import garbage
from webhook.cli.exits import Exit, exit_for
from webhook.cli.options import global_options
from webhook.cli.verbs import VerbGroup
from webhook.errors import BomgateError

log = logging.getLogger("bomgate.cli")

VERBS = {
    "serve": ("serve", "Run the webhook: POST /validate, /healthz, /readyz, and /metrics on its own port."),
    "controller": ("controller", "Run the tasks that exist once per cluster: certificates, audit, SBOMs, resources."),
    "download": ("download", "Query OSS Index for the components in use, and store the answers."),
    "runs": ("runs", "Runs of the downloader, and the current run: list, show, cancel."),
    "check": ("check", "Evaluate SBOM files, images, manifests or an AdmissionReview as the webhook would."),
    "readiness": ("readiness", "Preview which running workloads would be denied if you enforced now."),
    "sbom": ("sbom", "SBOMs in the store: add, import, list, show, path."),
    "vulns": ("vulns", "Vulnerabilities and what they affect: list, show."),
    "assess": ("assess", "Assess one or many vulnerabilities."),
    "assessments": ("assessments", "What was decided, in force or not: list, export."),
    "vex": ("vex", "What suppliers state about vulnerabilities: add, list, remove, update, fetch, explain, export."),
    "requests": ("requesting", "Exceptions that people ask for: list, create, approve, deny."),
    "components": ("components", "Whether a package is anywhere, and where it runs: find."),
    "types": ("assessment_types", "Assessment types and the traps in them: list, add, edit, remove, lint."),
    "source": ("source", "The vulnerability source: check."),
    "notifications": ("notifications", "What people were told of, and whether it reached them: list, test."),
    "fleet": ("fleet", "A hub and its members: key, add, list, remove, status, accept, export, import."),
    "hub": ("hub", "Run the hub of a fleet: what its members follow."),
    "db": ("database", "The database: upgrade, status."),
    "console": ("console", "Look things up and decide in a browser, on this machine."),
    "unregister": ("unregister", "Delete bomgate's webhook configurations, in an emergency."),
    "demo": ("demo.verb", "See a workload denied, one with a warning and one allowed, on this machine."),
    "completion": ("completion", "Print the completion script of a shell."),
}
"""Verb → the module that holds a command of that name (``-`` is written ``_``), and its help in one line."""


class Root(VerbGroup):
    """A group that loads a verb when it is used and ends every command with an exit code of :class:`Exit`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs in the order in which people should see them."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a verb."""
        if cmd_name not in VERBS:
            return None
        command = importlib.import_module(f"webhook.cli.{VERBS[cmd_name][0]}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in VERBS.items()])

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = "bomgate",
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run a command; the exit code, with which the process ends in ``standalone_mode``."""
        code = self._run(args, prog_name, complete_var, extra)
        if standalone_mode:
            sys.exit(int(code))
        return code

    def _run(
        self, args: Sequence[str] | None, prog_name: str | None, complete_var: str | None, extra: dict[str, Any]
    ) -> int:
        stdout = sys.stdout
        try:
            code = super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
            sys.stdout.flush()
            return code if isinstance(code, int) else Exit.DONE
        except click.ClickException as problem:
            problem.show()
            return Exit.INPUT
        except click.Abort:
            click.echo("Interrupted.", err=True)
            return Exit.INTERRUPTED
        except BomgateError as problem:
            show_error(problem)
            return exit_for(problem)
        except SystemExit:
            if sys.stdout is stdout:
                raise  # the end of a server, or of a completion
            return Exit.UNREAD  # the reader of our output went away, as `head` does, and click has noticed
        except BrokenPipeError:
            # The same, when the last part of the output was sent. Python would complain again at its exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return Exit.UNREAD
        except Exception:  # the outermost handler
            error_id = os.urandom(4).hex()
            log.exception("unexpected error", extra={"error_id": error_id})
            click.echo(
                f"Error: something unexpected went wrong; the log above has the details under {error_id}.", err=True
            )
            click.echo("Please report it with that part of the log.", err=True)
            return Exit.UNDECIDED


def show_error(problem: BomgateError) -> None:
    """Write an error for people to standard error: sentence, code and remedy."""
    click.echo(f"{click.style('Error', fg='red', bold=True)} ({problem.code}): {problem.message}", err=True)
    if problem.remedy:
        click.echo(f"What to do: {problem.remedy}", err=True)


@click.group(
    cls=Root,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Exit codes: 0 allowed or done · 1 denied · 2 usage or input · 3 could not decide, or incomplete.",
)
@click.version_option(__version__, message="bomgate %(version)s")
@global_options
def cli() -> None:
    """Deny, warn of or allow Kubernetes workloads by what their images contain.

    bomgate knows the packages inside an image (its SBOM), what OSS Index says about each of them, and what people
    decided about each vulnerability. To see it work without a cluster and an account: bomgate demo
    """


def main() -> None:
    """Run ``bomgate`` with the arguments of the process."""
    garbage.look_rarely()
    try:
        cli.main()
    finally:
        garbage.look_no_more()
