"""``bomgate vex export``: what people decided, as OpenVEX, to a file or attached to the image."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from webhook.bootstrap import Parts
from webhook.cli.author import person
from webhook.cli.exits import Exit
from webhook.cli.options import complete_digests, global_options, invocation, output_option
from webhook.cli.output import note, print_json, say
from webhook.cli.verbs import Verb
from webhook.cli.vex_explain import resolve_image
from webhook.cli.vex_shapes import VexAttachedShape
from webhook.errors import InvalidInput
from webhook.model.deadlines import Deadline
from webhook.model.images import Digest, ImageRef, parse_image
from webhook.model.vex import VexStatus
from webhook.policy.judge import Judge
from webhook.policy.plaintext import plain
from webhook.policy.precedence import Place
from webhook.policy.sameness import one_of_each, with_shared_names
from webhook.policy.vexexporting import CONTEXT, ExportedImage, openvex_of

_SECONDS = 60.0


@click.command(
    "export",
    cls=Verb,
    examples=(
        "bomgate vex export registry.corp/shop/orders:2.3.1 > orders.openvex.json",
        "bomgate vex export --all > every.openvex.json",
        "bomgate vex export registry.corp/shop/orders:2.3.1 --attach --key cosign.key.pem",
    ),
)
@click.argument("image", required=False, shell_complete=complete_digests)
@click.option("--all", "everything", is_flag=True, help="Every image whose SBOM is in the store, in one document.")
@click.option("--namespace", default="", metavar="NS", help="Namespace whose assessments count, too.")
@click.option(
    "--status",
    "statuses",
    multiple=True,
    metavar="TYPE=STATUS",
    help="What a type means, where its action does not say it: not_affected, fixed, affected or under_investigation.",
)
@click.option("--author", metavar="NAME", help="Who vouches for it; default: the operating system user.")
@click.option("--attach", is_flag=True, help="Attach it to the image in its registry, in place of printing it.")
@click.option(
    "--key",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Private key (PEM, not encrypted) that signs what is attached; without one it is unsigned.",
)
@global_options
@output_option()
def export(image: str | None, everything: bool, attach: bool, key: Path | None, output: str, **given: str) -> Exit:
    """Write what people decided about IMAGE as an OpenVEX document.

    What a type allows is not_affected, what it warns of or denies is affected. Automatic assessments are left out. The
    product is the image by its digest, the subcomponents are its components. With --attach, the document becomes an
    in-toto statement that refers to the image; it needs the credentials of somebody who may push.
    """
    if (image is None) == (not everything) or (attach and image is None):
        raise InvalidInput("Name an image, or write --all.", remedy="--attach goes with an image.")
    if key is not None and not attach:
        raise InvalidInput("--key signs what is attached.", remedy="Add --attach, or sign the file with cosign.")
    parts = invocation().parts()
    meant, named = _statuses(given["statuses"]), person(parts, given["author"])
    parts.refresher.refresh()
    names = parts.model.names()
    chosen: list[tuple[ImageRef | None, Digest]]
    if image is None:
        chosen = [(None, digest) for digest, _ in parts.model.contents()]
    else:
        chosen = [resolve_image(parts, image)]
    images = [
        _judged(parts, reference, digest, names.get(digest, ()), given["namespace"]) for reference, digest in chosen
    ]
    document = openvex_of(images, named, parts.clock.now(), meant)
    if not attach:
        say(document.decode().rstrip("\n"))
        return Exit.DONE
    reference, digest = chosen[0]
    if reference is None:
        raise InvalidInput("--attach needs the name of the image.", remedy="Write REF@sha256:… or REF:TAG.")
    deadline = Deadline(parts.clock.monotonic() + _SECONDS)
    at = parts.places.attach(reference, digest, (CONTEXT, document), key, deadline)
    shape = VexAttachedShape(image or "", str(digest), at, key is not None)
    if output == "json":
        print_json(shape)
    else:
        note(f"Attached as {at}, {'signed' if key is not None else 'unsigned'}.")
    return Exit.DONE


def _statuses(words: Sequence[str]) -> dict[str, VexStatus]:
    found = {}
    for word in words:
        kind, _, status = word.partition("=")
        if not kind or status not in list(VexStatus):
            raise InvalidInput(
                f"--status {plain(word, 80)} is not TYPE=STATUS.", remedy="Write Ignore=fixed, or the like."
            )
        found[kind.strip().casefold()] = VexStatus(status)
    return found


def _judged(
    parts: Parts, reference: ImageRef | None, digest: Digest, names: Sequence[str], namespace: str
) -> ExportedImage:
    """An image with its findings.

    Raises:
        InvalidInput: the store has no SBOM of it.
    """
    facts = parts.model.facts(digest)
    if facts is None:
        raise InvalidInput(
            f"The store has no SBOM of {digest}.", remedy="`bomgate sbom fetch IMAGE --add` looks for one."
        )
    if reference is None and names:
        reference = parse_image(names[0])
    judge = Judge(parts.rules_now(), parts.model.assessments, parts.clock.now(), Place(reference, digest, namespace))
    findings = [
        judge.finding(component.purl, vulnerability)
        for component in facts.vulnerable
        for vulnerability in with_shared_names(component.vulnerabilities)
    ]
    return ExportedImage(digest, "" if reference is None else reference.name, one_of_each(findings))
