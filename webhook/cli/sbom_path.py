"""``bomgate sbom path``: which dependency brings a component into an image."""

from __future__ import annotations

import click

from webhook.cli.options import complete_digests, global_options, invocation, output_option
from webhook.cli.output import note, print_json, say
from webhook.cli.sbom_remove import resolve_digest
from webhook.cli.sbom_shapes import PathShape
from webhook.cli.verbs import Verb
from webhook.engines.dependencies import path_in_image
from webhook.model.purls import parse_purl
from webhook.policy.plaintext import plain


@click.command(
    "path",
    cls=Verb,
    examples=("bomgate sbom path sha256:9f86d0 pkg:npm/lodash@4.17.20",),
)
@click.argument("digest", shell_complete=complete_digests)
@click.argument("purl")
@global_options
@output_option()
def path(digest: str, purl: str, output: str) -> None:
    """Show the shortest way of a component into an image, as its SBOM tells it.

    DIGEST is the digest of the image, a prefix of it, or an image name. Where the SBOM says what depends on what, each
    line needs the next one; otherwise each contains the next.
    """
    parts = invocation().parts()
    found = path_in_image(parts.store.sboms, parts.store.documents, resolve_digest(parts, digest), parse_purl(purl))
    if output == "json":
        print_json(PathShape.of(found))
        return
    for depth, step in enumerate(found.steps):
        name = plain(step.purl or step.name)
        say(f"{'  ' * min(depth, 20)}{'└ ' if depth else ''}{name}")
    if not found.steps:
        note(f"It is not known what brings it in. {found.reason}")
    elif not found.is_dependency:
        note("The SBOM says what contains it, and not what needs it.")
