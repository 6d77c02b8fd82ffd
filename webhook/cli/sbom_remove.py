"""``bomgate sbom remove``: takes out what people handed in; and how people name an image of the store."""

from __future__ import annotations

import re
from collections.abc import Sequence

import click

from webhook.bootstrap import Parts
from webhook.cli.author import person, recorder
from webhook.cli.exits import Exit
from webhook.cli.options import complete_digests, global_options, invocation, output_option
from webhook.cli.output import note, print_json, print_table
from webhook.cli.sbom_shapes import DepartureShape, SbomRemoveShape
from webhook.cli.verbs import Verb
from webhook.errors import InvalidInput
from webhook.model.images import Digest, parse_image
from webhook.model.looks import Departure
from webhook.policy.phrases import count, moment
from webhook.policy.plaintext import plain

_PREFIX = re.compile(r"(?:sha256:)?([0-9a-f]{4,64})\Z")


@click.command(
    "remove",
    cls=Verb,
    examples=(
        "bomgate sbom remove sha256:9f86d0 --comment 'of another build'",
        "bomgate sbom remove 9f86d0 --document sha256:2c26b4",
    ),
)
@click.argument("digest", shell_complete=complete_digests)
@click.option("--document", metavar="DIGEST", help="Take out this document only (or the beginning of its digest).")
@click.option("--comment", default="", metavar="TEXT", help="Why.")
@click.option("--author", metavar="NAME", help="Who decides; the user of the operating system by default.")
@global_options
@output_option()
def remove(digest: str, document: str | None, comment: str, author: str | None, output: str) -> Exit:
    """Take out the SBOMs of an image that people handed in with `sbom add` or `sbom import`, or that Syft made.

    The image is named by DIGEST (or the beginning of it) or by a name that points at it. What is attached to the image
    stays: delete it in its registry, and run `bomgate sbom fetch IMAGE --add`. An image without any SBOM left counts as
    missing-sbom; where Syft makes SBOMs on request, it makes one again. `bomgate sbom show` has a line for each
    document that was taken out.
    """
    parts = invocation().parts()
    found, by = resolve_digest(parts, digest), person(parts, author)
    claimed = f"{by} ({recorder(parts)})" if author is not None else by
    chosen = None if document is None else resolve_document(parts, found, document)
    left, attached = parts.store.sboms.remove(found, document=chosen, author=claimed, why=comment)
    if output == "json":
        shapes = tuple(map(DepartureShape.of, left)), tuple(map(DepartureShape.of, attached))
        print_json(SbomRemoveShape(str(found), *shapes))
    else:
        _report(left, attached)
    return Exit.DONE if left else Exit.INPUT


def resolve_digest(parts: Parts, text: str) -> Digest:
    """The one image of the store that people mean.

    Raises:
        InvalidInput: there is none, or there are several.
    """
    store = parts.store.sboms
    records, left = store.list(), {one.digest for one in store.departures()}
    prefix = _PREFIX.match(text)
    if prefix is not None:
        found = {one for one in {*left, *(one.digest for one in records)} if one.hex.startswith(prefix[1])}
    else:
        image = parse_image(text)
        found = {one.digest for one in records if image.digest == one.digest or image.tagged in one.names}
        found |= {one for one in left if one == image.digest}
    if not found:
        raise InvalidInput(
            f"The store has no SBOM for {plain(text, 100)}.", remedy="`bomgate sbom list` shows them all."
        )
    if len(found) > 1:
        some = ", ".join(one[:23] for one in sorted(found)[:4])
        raise InvalidInput(f"{plain(text, 100)} could mean {len(found)} images: {some} …", remedy="Write more digits.")
    return found.pop()


def show_departures(title: str, departures: Sequence[Departure]) -> None:
    """Print what stopped counting, if anything did."""
    if not departures:
        return
    note(title)
    rows = [
        (one.document_digest[:19], f"{one.place} {one.origin}".strip(), moment(one.at), one.author, one.why)
        for one in departures
    ]
    print_table(("Document", "Place", "When", "By", "Why"), rows, empty="")


def resolve_document(parts: Parts, digest: Digest, text: str) -> str:
    """The digest of the one document of an image that people mean.

    Raises:
        InvalidInput: there is none, or there are several.
    """
    prefix = _PREFIX.match(text)
    documents = {one.document_digest for one in parts.store.sboms.show(digest)}
    found = {one for one in documents if prefix is not None and one.removeprefix("sha256:").startswith(prefix[1])}
    if len(found) != 1:
        which = "has no" if not found else f"has {len(found)} documents that could be"
        raise InvalidInput(
            f"The image {digest.short} {which} {plain(text, 100)}.",
            remedy="`bomgate sbom show` lists the documents of an image with their digests.",
        )
    return found.pop()


def _report(left: Sequence[Departure], attached: Sequence[Departure]) -> None:
    if left:
        note(f"{count(len(left), 'SBOM')} taken out; read models follow within seconds.")
    elif not attached:
        note("There was nothing to take out.")
    show_departures("Taken out:", left)
    if attached:
        note(f"{count(len(attached), 'SBOM')} stays, because it is attached or comes from a place that is looked at:")
        print_table(
            ("Document", "Place"),
            [(one.document_digest, f"{one.place} {one.origin}".strip()) for one in attached],
            empty="",
        )
        note("Delete it there, then run `bomgate sbom fetch IMAGE --add`; it stops counting at once.")
