"""``bomgate sbom fetch``: where the SBOM of an image is looked for, and what each place answers."""

from __future__ import annotations

from collections.abc import Sequence

import click

from webhook.cli.author import recorder
from webhook.cli.exits import Exit
from webhook.cli.options import global_options, invocation, output_option
from webhook.cli.output import fields, note, print_json, print_table, say
from webhook.cli.sbom_shapes import DepartureShape, FetchedComponentsShape, FetchShape, LookShape
from webhook.cli.verbs import Verb
from webhook.model.deadlines import Deadline
from webhook.model.images import parse_image
from webhook.model.looks import Departure, Look, origin_of
from webhook.model.places import counts, kept_place


@click.command(
    "fetch",
    cls=Verb,
    examples=("bomgate sbom fetch registry.corp/shop/web:1.4 --explain", "bomgate sbom fetch nginx@sha256:… --add"),
)
@click.argument("image")
@click.option("--explain", is_flag=True, help="Show every place searched, and its answer.")
@click.option("--add", is_flag=True, help="Store the SBOMs found; documents gone from their place stop counting.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to search.",
)
@global_options
@output_option()
def fetch(image: str, explain: bool, add: bool, timeout: float, output: str) -> Exit:
    """Search for the SBOMs of IMAGE in all places of sbom.sources.

    The documents of all places count together. If none is found, shows the answer of every place and exits with 3.
    """
    reference, parts = parse_image(image), invocation().parts(creates=add)
    from webhook.bootstrap.explanations import explained

    begun = parts.clock.now()
    found = explained(parts, reference, Deadline(parts.clock.monotonic() + timeout))
    gone: Sequence[Departure] = ()
    if add and found.digest is not None:
        seal = parts.places.seal(reference)
        look = Look(
            origin_of(reference.name),
            # What does not count for an image that needs a signature was not asked for, so nothing is said of it.
            {kept_place(place, seal): sboms for place, sboms in found.found.items() if counts(place, seal)},
            found.trouble,
            passing=not found.unreadable,
            author=recorder(parts),
            begun=begun,
            short=frozenset(kept_place(place, seal) for place in found.short),
        )
        gone = parts.store.sboms.record(found.digest, look, image=reference if found.sboms else None)
    usable = {purl for sbom in found.sboms for purl in sbom.components}
    skipped: dict[str, int] = {}
    for skipped_component in (skipped for sbom in found.sboms for skipped in sbom.skipped):
        skipped[skipped_component.reason.value] = skipped.get(skipped_component.reason.value, 0) + 1
    shape = FetchShape(
        image=image,
        digest=None if found.digest is None else str(found.digest),
        result=found.result,
        looked=tuple(LookShape(look.place, look.at, look.answer, look.used, look.document) for look in found.looked),
        components=FetchedComponentsShape(len(usable) + sum(skipped.values()), len(usable), skipped),
        incomplete=found.incomplete,
        gone=tuple(map(DepartureShape.of, gone)),
        remedy=found.remedy,
    )
    if output == "json":
        print_json(shape)
    else:
        _show(
            shape, explain=explain or found.result != "found" or bool(found.incomplete), added=add and bool(found.sboms)
        )
    return Exit.DONE if found.result == "found" else Exit.UNDECIDED


def _show(shape: FetchShape, *, explain: bool, added: bool) -> None:
    skipped = ", ".join(f"{number} {reason}" for reason, number in shape.components.skipped.items())
    fields(
        [
            ("Image", shape.image),
            ("Digest", shape.digest or "not known"),
            ("Result", shape.result),
            ("Incomplete", shape.incomplete),
            ("Found at", ", ".join(f"{look.place} {look.at}" for look in shape.looked if look.used)),
            ("Components", shape.components.usable or None),
            ("Cannot be looked up", skipped),
        ]
    )
    if explain:
        say()
        rows = [
            (look.place, look.at, look.document[:19], look.answer, "yes" if look.used else "no")
            for look in shape.looked
        ]
        print_table(
            ("Place", "Looked at", "Document", "Answer", "Counts"),
            rows,
            empty="No place was looked at: sbom.sources is empty.",
        )
    if shape.remedy:
        note(f"What to do: {shape.remedy}")
    for departure_shape in shape.gone:
        note(f"No longer counts: {departure_shape.document_digest} ({departure_shape.place}), {departure_shape.why}.")
    if added:
        note("Added to the store. Next: bomgate download")
