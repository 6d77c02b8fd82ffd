"""``bomgate sbom``: SBOMs in the store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from webhook.bootstrap import Parts
from webhook.cli.exits import Exit
from webhook.cli.options import global_options, invocation, output_option, read_document
from webhook.cli.output import note, print_json, print_table, sentences
from webhook.cli.progress import counted
from webhook.cli.sbom_fetch import fetch
from webhook.cli.sbom_path import path
from webhook.cli.sbom_remove import remove
from webhook.cli.sbom_shapes import (
    ImportedShape,
    ImportShape,
    SbomListShape,
    SbomShape,
)
from webhook.cli.sbom_show import show
from webhook.cli.verbs import VerbGroup
from webhook.clients.directory import digest_in_name
from webhook.engines.importer import Document, Imported, Outcome
from webhook.errors import InvalidInput
from webhook.model.images import Digest, ImageRef, parse_digest, parse_image
from webhook.policy.phrases import counts, moment

_UNNAMED = "Its name states no image digest; name it <anything>@sha256-<64 hex digits>.json or the like."


@click.group("sbom", cls=VerbGroup)
@global_options
def command() -> None:
    """SBOMs in the store: what is inside which image."""


@command.command(
    "add",
    examples=(
        "bomgate sbom add web.cdx.json --image registry.corp/shop/web:1.4@sha256:9f86d081884c7d65…",
        "syft registry.corp/shop/web -o cyclonedx-json | bomgate sbom add - --image registry.corp/shop/web@sha256:9f…",
    ),
)
@click.argument("file", type=click.Path())
@click.option(
    "--image", "image_text", required=True, metavar="REF@sha256:…", help=("The image that the SBOM describes.")
)
@global_options
@output_option()
def add(file: str, image_text: str, output: str) -> Exit:
    """Add the SBOM in FILE (- for standard input) as that of an image.

    CycloneDX (JSON, XML), SPDX (JSON, tag-value, 3.0) and Syft's JSON are recognised by content. A tag in --image is
    remembered to point at the digest.
    """
    image, digest = _image(image_text)
    document = Document(file, digest, lambda: read_document(file), image if image is not None and image.tag else None)
    parts = invocation().parts(creates=True)
    (done,) = parts.importer().run([document], place="added")
    if done.outcome is Outcome.FAILED:
        raise InvalidInput(f"{file}: {done.reason}", remedy=done.remedy or "Regenerate the SBOM.")
    match_new(parts)
    _report([done], [], output)
    if not done.components and output == "table":
        note("Not one component has a purl with a version, so this SBOM says nothing about vulnerabilities.")
    elif output == "table" and (parts.sources.asks or not parts.store.advisories.sets()):
        note("Next: bomgate download")
    return Exit.DONE


def match_new(parts: Parts) -> None:
    """Match new components with the advisories that there are."""
    if parts.sources.matches and parts.store.advisories.sets():
        parts.matcher.match()


@command.command("import", examples=("bomgate sbom import /var/lib/sboms",))
@click.argument("directory", type=click.Path(exists=True, file_okay=False, path_type=Path))
@global_options
@output_option()
def import_directory(directory: Path, output: str) -> Exit:
    """Add all SBOM files in DIRECTORY and its subdirectories.

    The file name identifies the image: <anything>@sha256-<64 hex digits>.<ext>. Skips files that the store already has,
    unless an older bomgate read them. Continues after a file that cannot be read, and exits with 2.
    """
    parts = invocation().parts(creates=True)
    try:
        documents = list(parts.documents(directory))
        strangers = sorted(
            path.relative_to(directory)
            for path in directory.rglob("*")
            if path.is_file() and not path.name.startswith(".") and digest_in_name(path.name) is None
        )
    except OSError as problem:
        raise InvalidInput(f"{directory} cannot be read: {problem.strerror}.") from problem
    if not documents:
        raise InvalidInput(
            f"{directory} holds no SBOM file that states an image digest in its name.",
            remedy="Name the files <anything>@sha256-<64 hex digits>.json, or use `bomgate sbom add`.",
        )
    done = []
    for imported in counted(parts.importer().run(documents, place="imported"), len(documents), "Importing"):
        done.append(imported)
        if imported.outcome is Outcome.FAILED:
            note(sentences(f"{imported.document.name}: failed: {imported.reason}", imported.remedy))
    match_new(parts)
    _report(done, strangers, output)
    return Exit.INPUT if any(imported.outcome is Outcome.FAILED for imported in done) else Exit.DONE


@command.command("list", examples=("bomgate sbom list", "bomgate sbom list --output json"))
@global_options
@output_option()
def list_sboms(output: str) -> None:
    """List all SBOMs in the store, newest first."""
    records = invocation().parts().store.sboms.list()
    if output == "json":
        print_json(SbomListShape(tuple(SbomShape.of(record) for record in records)))
        return
    rows = [
        (
            record.digest.short,
            ", ".join(record.names),
            record.format,
            record.components,
            sum(record.skipped.values()),
            record.place,
            moment(record.added_at),
        )
        for record in records
    ]
    columns = ("Image", "Names", "Format", "Components#", "Skipped#", "Found in", "Added")
    print_table(
        columns, rows, empty="The store holds no SBOM. Add some with `bomgate sbom add` or `bomgate sbom import`."
    )


command.add_command(show)
command.add_command(path)
command.add_command(fetch)
command.add_command(remove)


def _image(text: str) -> tuple[ImageRef | None, Digest]:
    if text.startswith(("sha256:", "sha512:")):
        return None, parse_digest(text)
    image = parse_image(text)
    if image.digest is None:
        raise InvalidInput(
            f"{text} has no digest, so it could mean another image tomorrow.",
            remedy="Write it as NAME@sha256:…; `docker buildx imagetools inspect NAME` shows the digest.",
        )
    return image, image.digest


def _report(done: Sequence[Imported], strangers: Iterable[Path], output: str) -> None:
    outcomes = Counter(imported.outcome for imported in done)
    documents = [*(_imported(imported) for imported in done), *(_stranger(path) for path in strangers)]
    left_alone = len(documents) - len(done)
    if output == "json":
        shape = ImportShape(
            tuple(documents),
            added=outcomes[Outcome.ADDED],
            unchanged=outcomes[Outcome.UNCHANGED],
            reread=outcomes[Outcome.REREAD],
            failed=outcomes[Outcome.FAILED],
            skipped=left_alone,
        )
        print_json(shape)
        return
    rows = [
        (
            document.document,
            document.outcome,
            document.components,
            counts(document.skipped),
            document.not_in_image,
            document.reason,
        )
        for document in documents
    ]
    print_table(
        ("Document", "Outcome", "Components#", "Cannot be looked up", "Not in the image#", "Reason"), rows, empty=""
    )
    reread = f"{outcomes[Outcome.REREAD]} read again, " if outcomes[Outcome.REREAD] else ""
    skipped = f", {left_alone} skipped" if left_alone else ""
    note(
        f"{outcomes[Outcome.ADDED]} added, {outcomes[Outcome.UNCHANGED]} unchanged, {reread}"
        f"{outcomes[Outcome.FAILED]} failed{skipped}."
    )


def _imported(one: Imported) -> ImportedShape:
    skipped = {reason.value: number for reason, number in one.skipped.items()}
    return ImportedShape(
        document=one.document.name,
        digest=str(one.document.digest),
        outcome=one.outcome.value,
        reason=one.reason,
        format=one.format,
        components=one.components,
        skipped=skipped,
        not_in_image=one.not_in_image,
    )


def _stranger(path: Path) -> ImportedShape:
    return ImportedShape(str(path), "", "skipped", _UNNAMED, "", 0, {}, 0)
