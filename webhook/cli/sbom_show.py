"""``bomgate sbom show``: the SBOMs of one image, and the documents they were read from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import click

from webhook.bootstrap import Parts
from webhook.cli.options import complete_digests, global_options, invocation, output_option
from webhook.cli.output import fields, note, print_json, print_table, say
from webhook.cli.sbom_remove import resolve_digest, resolve_document, show_departures
from webhook.cli.sbom_shapes import (
    ContentShape,
    DepartureShape,
    SbomContentShape,
    SbomShape,
    SbomShowShape,
    SkippedShape,
)
from webhook.cli.verbs import Verb
from webhook.errors import InvalidInput
from webhook.model.components import ComponentState
from webhook.model.purls import Purl
from webhook.model.records import SbomRecord
from webhook.model.uncovered import WORDS, Uncovered
from webhook.policy.phrases import count, counts, moment

_ORDER = (
    ComponentState.VULNERABLE,
    ComponentState.UNKNOWN,
    ComponentState.CLEAN,
    ComponentState.NOT_COVERED,
    ComponentState.UNUSABLE,
)


@click.command(
    "show",
    cls=Verb,
    examples=(
        "bomgate sbom show sha256:9f86d0",
        "bomgate sbom show 9f86d0 --output json",
        "bomgate sbom show 9f86d0 --document sha256:1c7ac1 > web.cdx.json",
    ),
)
@click.argument("digest", shell_complete=complete_digests)
@click.option(
    "--document",
    "document_digest",
    metavar="DIGEST",
    help="Write the document with this digest (or prefix) to standard output, as bomgate read it.",
)
@global_options
@output_option()
def show(digest: str, document_digest: str | None, output: str) -> None:
    """Show the SBOMs of an image. DIGEST is the digest of the image, a prefix of it, or an image name."""
    parts = invocation().parts()
    found = resolve_digest(parts, digest)
    records, history = parts.store.sboms.show(found), parts.store.sboms.departures(found)
    if document_digest is not None:
        click.echo(_kept_document(parts, resolve_document(parts, found, document_digest)), nl=False)
        return
    if output == "json":
        contents = tuple(_content(record, _uncovered(parts, record)) for record in records)
        print_json(SbomShowShape(str(found), contents, tuple(map(DepartureShape.of, history))))
        return
    for place, record in enumerate(records):
        if place:
            say()
        _show(record, _uncovered(parts, record))
    if not records:
        fields([("Image", found)])
        note("No SBOM of this image counts any more.")
    show_departures("What stopped counting:", history)


def _kept_document(parts: Parts, name: str) -> bytes:
    """A document that an SBOM was read from."""
    kept = parts.store.documents.find(name)
    if kept is None:
        raise InvalidInput(
            f"The document {name} is not kept.",
            remedy="Add the SBOM again, or have it found again; sbom.keepDocuments has to be on.",
        )
    if kept.data is None:
        raise InvalidInput(
            f"The document {name} has {kept.size} bytes, more than sbom.documentBytes allowed when it was stored.",
            remedy="Raise sbom.documentBytes, and add the SBOM again.",
        )
    return kept.data


def _uncovered(parts: Parts, record: SbomRecord) -> Mapping[Purl, Uncovered]:
    """Why no source covers some of the components of an SBOM."""
    without = [purl for purl, state in record.contents if state is ComponentState.NOT_COVERED]
    if not without:
        return {}
    parts.refresher.refresh()
    numbers = parts.refresher.component_ids(without)
    reasons = parts.model.uncovered(numbers.values())
    return {purl: reasons.get(number, Uncovered.NO_SOURCE) for purl, number in numbers.items()}


def _content(record: SbomRecord, uncovered: Mapping[Purl, Uncovered]) -> SbomContentShape:
    return SbomContentShape(
        sbom=SbomShape.of(record),
        contents=tuple(
            ContentShape(str(purl), state.name.lower(), purl in record.guessed, uncovered.get(purl, ""))
            for purl, state in record.contents
        ),
        skipped_components=tuple(
            SkippedShape(skipped_component.name, skipped_component.reason.value, skipped_component.detail)
            for skipped_component in record.skipped_components
        ),
    )


def _show(record: SbomRecord, uncovered: Mapping[Purl, Uncovered]) -> None:
    states = Counter(state.name.lower().replace("_", " ") for _, state in record.contents)
    fields(
        [
            ("Image", record.digest),
            ("Names", ", ".join(record.names)),
            ("Format", f"{record.format} {record.version}".strip()),
            ("Tool", record.tool),
            ("Document", record.document_digest),
            ("Found in", f"{record.place}, {moment(record.added_at)}"),
            ("Components", counts(states) or "none"),
            ("Cannot be looked up", counts(record.skipped)),
            ("Not in the image", record.not_in_image or ""),
        ]
    )
    print_table(
        ("Component", "State"),
        [(purl, _state(record, purl, state, uncovered)) for purl, state in sorted(record.contents, key=_worst_first)],
        empty="It lists no component that can be looked up.",
    )
    if record.skipped_components:
        note(f"{count(sum(record.skipped.values()), 'component')} cannot be looked up, such as:")
        for skipped_component in record.skipped_components[:10]:
            note(
                f"{skipped_component.name or '(no name)'}: {skipped_component.reason.value} {skipped_component.detail}",
                indent=2,
            )


def _state(record: SbomRecord, purl: Purl, state: ComponentState, uncovered: Mapping[Purl, Uncovered]) -> str:
    shown = state.name.lower().replace("_", " ")
    if purl in uncovered:
        return f"{shown}: {WORDS[uncovered[purl]]}"
    return f"{shown}, group perhaps guessed" if purl in record.guessed else shown


def _worst_first(pair: tuple[Purl, ComponentState]) -> tuple[int, Purl]:
    return _ORDER.index(pair[1]), pair[0]
