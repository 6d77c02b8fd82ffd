"""Verbs: commands whose help ends in examples."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any

import click


class Verb(click.Command):
    """A command with examples.

    Args:
        examples: command lines that work as they stand, each with a remark behind ``#`` where it needs one.
    """

    def __init__(self, *args: Any, examples: Sequence[str] = (), **extra: Any) -> None:
        super().__init__(*args, **extra)
        self.examples = tuple(examples)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples, which are never wrapped."""
        write_examples(formatter, self.examples)
        super().format_epilog(ctx, formatter)


class VerbGroup(click.Group):
    """A group of verbs that knows what a misspelt one was meant to be."""

    command_class = Verb

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the verb.

        Raises:
            click.UsageError: there is none of that name; names the nearest one.
        """
        if args and args[0] not in self.list_commands(ctx) and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], self.list_commands(ctx), 1)
            hint = f" Did you mean {near[0]!r}?" if near else f" Known: {', '.join(self.list_commands(ctx))}."
            ctx.fail(f"No such command {args[0]!r}.{hint}")
        return super().resolve_command(ctx, args)


def write_examples(formatter: click.HelpFormatter, examples: Sequence[str]) -> None:
    """Write a section of examples."""
    if examples:
        with formatter.section("Examples"):
            for line in examples:
                formatter.write(f"{'':>{formatter.current_indent}}{line}\n")
