"""``bomgate vex``: what suppliers state about vulnerabilities in their products."""

from __future__ import annotations

from collections.abc import Sequence

import click

from webhook.bootstrap import Parts
from webhook.cli.author import person, recorder
from webhook.cli.exits import Exit
from webhook.cli.options import global_options, invocation, output_option, read_document
from webhook.cli.output import fields, note, print_json, print_table
from webhook.cli.verbs import VerbGroup
from webhook.cli.vex_explain import explain
from webhook.cli.vex_export import export
from webhook.cli.vex_shapes import (
    VexAddShape,
    VexDocumentShape,
    VexFetchShape,
    VexListShape,
    VexRemoveShape,
    VexSourceShape,
    VexUpdateShape,
)
from webhook.engines.vexintake import HandedIn, VexUpdate
from webhook.errors import InvalidInput
from webhook.model.deadlines import Deadline
from webhook.model.images import Digest, parse_digest, parse_image
from webhook.model.looks import origin_of
from webhook.model.vex import KeptVex
from webhook.policy.expiry import parse_until
from webhook.policy.phrases import count, moment
from webhook.policy.scopes import check_namespace

_MOST_FLAWS = 5


@click.group("vex", cls=VerbGroup)
@global_options
def command() -> None:
    """What suppliers state about vulnerabilities in their products (VEX)."""


@command.command(
    "add",
    examples=(
        "bomgate vex add supplier.openvex.json",
        "bomgate vex add orders.vex.cdx.json --image registry.corp/shop/orders@sha256:9f86d081884c7d65…",
        "bomgate vex add advisory.csaf.json --namespace shop --until 2027-01-31 --comment 'asked the supplier'",
    ),
)
@click.argument("file", type=click.Path())
@click.option(
    "--image",
    "image_text",
    metavar="REF@sha256:…",
    help="The image that the document is about, where it does not name one by its digest.",
)
@click.option("--namespace", default="", metavar="NS", help="Count in this namespace only.")
@click.option("--until", metavar="DATE", help="When it stops counting (UTC), such as 2027-01-31.")
@click.option("--comment", default="", metavar="TEXT", help="Why.")
@click.option("--author", metavar="NAME", help="Who decides; default: the operating system user.")
@global_options
@output_option()
def add(file: str, output: str, **given: str | None) -> Exit:
    """Add the VEX document in FILE (- for standard input): OpenVEX, CycloneDX (JSON) or CSAF.

    What it states counts below what people assess, and above the CVSS ranges. Only statements that name the image by
    its digest, and the component with its version, make a verdict milder. A newer version of a document replaces the
    older one.
    """
    data = read_document(file)
    namespace = given["namespace"] or ""
    if namespace:
        check_namespace(namespace)
    parts = invocation().parts(creates=True)
    until = None if given["until"] is None else parse_until(given["until"])
    image = "" if given["image_text"] is None else str(_digest(given["image_text"]))
    how = HandedIn(person(parts, given["author"]), recorder(parts), image, namespace, until, given["comment"] or "")
    try:
        kept, changed = parts.vex.intake().add(data, how)
    except InvalidInput as problem:
        raise InvalidInput(f"{file}: {problem.message}", remedy=problem.remedy) from problem
    flaws = tuple(f"{held.id}: {held.flaw}" for held in kept.document.statements if held.flaw)
    if output == "json":
        print_json(VexAddShape(changed, _shape(parts, kept), flaws))
        return Exit.DONE
    _show(kept)
    for text in flaws[:_MOST_FLAWS]:
        note(f"Statement {text}.")
    if len(flaws) > _MOST_FLAWS:
        note(f"And {count(len(flaws) - _MOST_FLAWS, 'statement')} more that can loosen nothing.")
    note("Next: bomgate vex explain IMAGE" if changed else "It was there already.")
    return Exit.DONE


@command.command("list", examples=("bomgate vex list", "bomgate vex list --output json"))
@global_options
@output_option()
def list_documents(output: str) -> None:
    """List the VEX documents in the store, oldest first."""
    parts = invocation().parts()
    found = parts.store.vex.find()
    if output == "json":
        print_json(VexListShape(tuple(_shape(parts, held) for held in found)))
        return
    rows = [
        (
            held.number,
            held.document.id,
            held.document.author,
            held.document.format,
            len(held.document.statements),
            f"{held.origin.kind.value} {held.origin.name}",
            moment(held.document.issued_at),
            "yes" if parts.vex.trust.of(held.origin) is not None else "no",
        )
        for held in found
    ]
    print_table(
        ("Number", "Document", "Author", "Format", "Statements", "From", "Issued", "Trusted"),
        rows,
        empty="There are no VEX documents. Add one with `bomgate vex add`, or name a source of the kind vex.",
    )
    for held in found:
        if held.trouble:
            note(f"Document {held.number}: {held.trouble}")


@command.command("remove", examples=("bomgate vex remove 3 --comment 'of another product'",))
@click.argument("number", type=click.IntRange(min=1))
@click.option("--comment", default="", metavar="TEXT", help="Why.")
@click.option("--author", metavar="NAME", help="Who decides; default: the operating system user.")
@global_options
@output_option()
def remove(number: int, comment: str, author: str | None, output: str) -> Exit:
    """Remove the VEX document with this NUMBER, as `bomgate vex list` shows it.

    A document of a source, or one that is attached to an image, comes back when its place is looked at again.
    """
    parts = invocation().parts()
    gone = parts.vex.intake().remove(number, person(parts, author), recorder(parts), comment)
    if gone is None:
        raise InvalidInput(f"There is no VEX document {number}.", remedy="`bomgate vex list` shows them all.")
    if output == "json":
        print_json(VexRemoveShape(_shape(parts, gone)))
    else:
        _show(gone)
        note("It counts no more; read models follow within seconds.")
    return Exit.DONE


@command.command("update", examples=("bomgate vex update",))
@global_options
@output_option()
def update(output: str) -> Exit:
    """Read the sources of the kind vex again.

    `bomgate download` and the controller do the same. A source or a file that can no longer be read goes on to count
    as it was; the exit code is 3 then.
    """
    parts = invocation().parts(creates=True)
    done = parts.vex.intake().update()
    if output == "json":
        print_json(VexUpdateShape(tuple(map(VexSourceShape.of, done))))
    else:
        show_vex(done)
        if not done:
            note("There are no sources of the kind vex.")
    return Exit.DONE if all(held.is_whole for held in done) else Exit.UNDECIDED


@command.command("fetch", examples=("bomgate vex fetch registry.corp/shop/orders:2.3.1",))
@click.argument("image")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to look.",
)
@global_options
@output_option()
def fetch(image: str, timeout: float, output: str) -> Exit:
    """Look for the VEX documents attached to IMAGE, and store those signed with a key in vex.trust.

    What a document loosened that is gone from the image stops counting; what it restricted goes on. The webhook does
    the same when it first sees an image, and the controller now and then for what runs.
    """
    parts, reference = invocation().parts(creates=True), parse_image(image)
    opening, deadline = parts.places.opener.common, Deadline(parts.clock.monotonic() + timeout)
    if opening.vex is None:
        raise InvalidInput("vex.trust lists no signer.", remedy="Name the public key of one as vex.trust[].signer.")
    digest = reference.digest or opening.resolver.resolve(reference, deadline)
    if digest is None:
        raise InvalidInput(f"{image} cannot be resolved to a digest.", remedy="Write REF@sha256:….")
    look = opening.vex.fetch(reference, digest, deadline)
    done = parts.vex.intake().attached(digest, origin_of(reference.name), look)
    shape = VexFetchShape(
        image, digest, len(look.attached), done.new, done.gone, look.remarks, done.left_out, look.trouble
    )
    if output == "json":
        print_json(shape)
        return Exit.DONE
    counts = [("Digest", digest), ("Documents", len(look.attached)), ("New", done.new), ("Gone", done.gone)]
    fields([*counts, ("Left out", done.left_out or None)])
    for remark in look.remarks:
        note(remark)
    if look.trouble or done.left_out:
        note("Not all that is attached is known, so nothing that is attached there loosens.")
    return Exit.DONE


command.add_command(explain)
command.add_command(export)


def show_vex(updates: Sequence[VexUpdate]) -> None:
    """Show what became of the sources of VEX documents."""
    if updates:
        rows = [(held.source, held.documents, held.statements, held.new, held.gone, held.kept) for held in updates]
        print_table(("Source", "Documents", "Statements", "New", "Gone", "Kept"), rows, empty="")
    for held in updates:
        for problem in held.problems:
            note(f"{held.source}: {problem}")
        if held.kept:
            note(f"{held.source}: {count(held.kept, 'document')} of files that cannot be read any more stay.")


def _digest(text: str) -> Digest:
    """The digest of an image that people name.

    Raises:
        InvalidInput: it has none.
    """
    if text.startswith("sha256:"):
        return parse_digest(text)
    digest = parse_image(text).digest
    if digest is None:
        raise InvalidInput(
            f"{text} has no digest, and a tag may point at another image tomorrow.",
            remedy="Write REF@sha256:…, or the digest alone.",
        )
    return digest


def _shape(parts: Parts, held: KeptVex) -> VexDocumentShape:
    return VexDocumentShape.of(held, trusted=parts.vex.trust.of(held.origin) is not None)


def _show(held: KeptVex) -> None:
    document = held.document
    fields(
        [
            ("Document", document.id),
            ("Author", document.author),
            ("Format", document.format),
            ("Issued", moment(document.issued_at)),
            ("Statements", len(document.statements)),
            ("Of them can loosen", sum(each.status.loosens and not each.flaw for each in document.statements)),
            ("For the image", held.origin.image),
            ("In the namespace", held.origin.namespace),
            ("Until", None if held.until is None else moment(held.until)),
        ]
    )
