"""``bomgate vex explain``: what each VEX statement did for an image, and why others did nothing."""

from __future__ import annotations

import click
from msgspec import structs

from webhook.bootstrap import Parts
from webhook.cli.exits import Exit
from webhook.cli.options import complete_digests, global_options, invocation, output_option
from webhook.cli.output import fields, note, print_json, say, sentences
from webhook.cli.sbom_remove import resolve_digest
from webhook.cli.verbs import Verb
from webhook.cli.vex_shapes import VexExplainShape, VexStatementShape
from webhook.errors import InvalidInput
from webhook.model.changes import VulnerableComponent
from webhook.model.deadlines import Deadline
from webhook.model.images import Digest, ImageRef, parse_image
from webhook.model.looks import origin_of
from webhook.model.vex import KeptVex, VexOrigin, VexOriginKind
from webhook.policy.phrases import moment
from webhook.policy.plaintext import plain
from webhook.policy.precedence import Place
from webhook.policy.sameness import with_shared_names
from webhook.policy.scopes import check_namespace
from webhook.policy.vex import VexIndex
from webhook.policy.vexexplaining import explain_vex

_MOST_SHOWN = 200
_SECONDS = 60.0
_HEX = frozenset("0123456789abcdef:sh")


@click.command(
    "explain",
    cls=Verb,
    examples=(
        "bomgate vex explain registry.corp/shop/orders:2.3.1 --namespace shop",
        "bomgate vex explain sha256:9f86d0 --output json",
    ),
)
@click.argument("image", shell_complete=complete_digests)
@click.option("--namespace", default="", metavar="NS", help="Namespace where the image is to run.")
@click.option(
    "--look", is_flag=True, help="Also look what is attached to the image now, signed or not; nothing is stored."
)
@click.option("--all", "everything", is_flag=True, help="Show also the statements about other vulnerabilities.")
@global_options
@output_option()
def explain(image: str, namespace: str, everything: bool, look: bool, output: str) -> Exit:
    """Show what each VEX statement did for IMAGE, and the nearest miss of those that did nothing.

    IMAGE is an image name, or a digest or a prefix of it, of an image whose SBOM is in the store.
    """
    if namespace:
        check_namespace(namespace)
    parts = invocation().parts()
    reference, digest = resolve_image(parts, image)
    parts.refresher.refresh()
    facts = parts.model.facts(digest, places=None)
    if facts is None:
        raise InvalidInput(
            f"The store has no SBOM of {plain(image, 200)}.", remedy="`bomgate sbom fetch IMAGE --add` looks for one."
        )
    vulnerable = [
        VulnerableComponent(component.purl, with_shared_names(component.vulnerabilities))
        for component in facts.vulnerable
    ]
    place = Place(reference, digest, namespace)
    index = parts.model.assessments
    if look:
        index = index.supposing(()).with_vex(_with_attached(parts, index.vex, reference, digest))
    explained = explain_vex(index, vulnerable, place, parts.clock.now())
    shapes = sorted(map(VexStatementShape.of, explained), key=lambda shape: (not shape.loosened, shape.miss == _OTHER))
    shown = [shape for shape in shapes if everything or shape.miss != _OTHER]
    if output == "json":
        print_json(VexExplainShape(image, str(digest), namespace, shown))
        return Exit.DONE
    for shape in shown[:_MOST_SHOWN]:
        _show(shape)
    if len(shown) > _MOST_SHOWN:
        note(f"And {len(shown) - _MOST_SHOWN} more; --output json lists everything.")
    if len(shapes) > len(shown):
        note(
            f"{len(shapes) - len(shown)} statements are about vulnerabilities that the image does not have; see --all."
        )
    if not shapes:
        note("There are no VEX documents. Add one with `bomgate vex add`, or name a source of the kind vex.")
    return Exit.DONE


_OTHER = "vulnerability"


def resolve_image(parts: Parts, text: str) -> tuple[ImageRef | None, Digest]:
    """The image that people mean, and its digest."""
    reference = None if _HEX.issuperset(text) else parse_image(text)
    if reference is not None and reference.digest is not None:
        return reference, reference.digest
    return reference, resolve_digest(parts, text)


def _with_attached(parts: Parts, known: VexIndex, image: ImageRef | None, digest: Digest) -> VexIndex:
    """The statements with those of what is attached to an image now, and is not known.

    Raises:
        InvalidInput: the image was named by its digest alone, so that nobody knows where it is.
        SourceError: its registry did not answer, or refused to.
    """
    if image is None:
        raise InvalidInput("--look needs the name of the image.", remedy="Write REF@sha256:… or REF:TAG.")
    found = parts.places.vex_attestations().examine(image, digest, Deadline(parts.clock.monotonic() + _SECONDS))
    for remark in found.remarks:
        note(remark)
    kind, place, now = VexOriginKind.ATTESTATION, origin_of(image.name), parts.clock.now()
    seen = [
        KeptVex(
            each.document,
            VexOrigin(kind, each.signer, "", str(digest), each.subject, each.parts, place),
            now,
            trouble=found.trouble,
        )
        for each in found.attached
    ]
    there = {(held.origin.name, held.origin.subject, held.document.digest) for held in seen}
    others = []
    for held in known.kept:
        if (held.origin.image, held.origin.place) != (digest, place):
            others.append(held)
        elif (held.origin.name, held.origin.subject, held.document.digest) not in there:
            others.append(structs.replace(held, trouble=found.trouble))
    return VexIndex(known.trust, (*others, *seen))


def _show(shape: VexStatementShape) -> None:
    say(f"{plain(shape.document)}, statement {plain(shape.statement)}: {shape.status} on {moment(shape.at)}")
    fields(
        [
            ("  About", ", ".join(shape.vulnerabilities)),
            ("  Author", shape.author),
            ("  From", shape.origin),
            ("  Loosened", ", ".join(f"{each.vulnerability} in {each.purl}" for each in shape.loosened)),
            ("  Did nothing", sentences(shape.detail, shape.remedy) if shape.miss else None),
        ]
    )
