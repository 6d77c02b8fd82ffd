"""``bomgate completion``: scripts that let a shell complete commands."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from webhook.cli.options import global_options
from webhook.cli.verbs import Verb

SHELLS = ("bash", "zsh", "fish")


@click.command(
    "completion",
    cls=Verb,
    examples=(
        "source <(bomgate completion bash)                 # this session of bash or zsh",
        "bomgate completion fish > ~/.config/fish/completions/bomgate.fish",
    ),
)
@click.argument("shell", type=click.Choice(SHELLS))
@global_options
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    """Print the completion script of SHELL for commands, options, assessment types and IDs."""
    completion = get_completion_class(shell)
    assert completion is not None
    click.echo(completion(context.find_root().command, {}, "bomgate", "_BOMGATE_COMPLETE").source())
