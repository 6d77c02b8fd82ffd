"""SPDX 3.0 as JSON-LD: the packages of ``@graph``, read as plain JSON.

A purl is in ``software_packageUrl``, in an external identifier of type ``packageUrl``, or in an identifier that is a
separate node and named by its id. SwiftPM writes it into ``externalUrl``, and the version into
``software_internalVersion``, neither of which is a property of SPDX. Only the official context is accepted, because
another one could give the same keys another meaning; it is never fetched.
Sources: the SPDX 3.0.1 model, Software/Package and Core/ExternalIdentifier, and its JSON-LD serialisation; SwiftPM 6.4,
``SBOMModel/SPDX/SPDXPackage.swift``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import ClassVar

import msgspec

from webhook.errors import InvalidInput
from webhook.sboms.inventory import Heading, Inventory
from webhook.sboms.tools import named

PACKAGES = frozenset(["ai_AIPackage", "dataset_DatasetPackage", "software_Package"])
"""Element types that are packages: software_Package and the two classes made from it."""

NOT_PACKAGES = frozenset(["container", "device", "diskImage", "file", "operatingSystem"])
"""Purposes of packages that are no packages when they have no purl."""

_CONTEXT = re.compile(r"https?://spdx\.org/rdf/(3\.0(?:\.[0-9]+)?)/spdx-context\.json(?:ld)?\Z")
_CONTEXT_DECODER = msgspec.json.Decoder(str | list[str])
_MAX_CONTEXT_BYTES = 4096


class Identifier(msgspec.Struct, gc=False, rename="camel"):
    """One entry of ``externalIdentifier``."""

    external_identifier_type: str | None = None
    identifier: str | None = None


class Element(msgspec.Struct, gc=False, rename="camel"):
    """One element of ``@graph``, of any type."""

    group: ClassVar[str | None] = None
    type: str | None = None
    name: str | None = None
    version: str | None = msgspec.field(default=None, name="software_packageVersion")
    spdx_id: str | None = None
    node_id: str | None = msgspec.field(default=None, name="@id")
    package_url: str | None = msgspec.field(default=None, name="software_packageUrl")
    external_url: str | None = None
    internal_version: str | None = msgspec.field(default=None, name="software_internalVersion")
    purpose: str | None = msgspec.field(default=None, name="software_primaryPurpose")
    source_info: str | None = msgspec.field(default=None, name="software_sourceInfo")
    external_identifier: list[Identifier | str] | None = None
    external_identifier_type: str | None = None
    identifier: str | None = None


def heading(context: bytes, graph: list[Element] | None) -> Heading:
    """Check what the document says about itself.

    Args:
        context: the JSON text of ``@context``.
        graph: the elements.

    Raises:
        InvalidInput: the context is another one than that of SPDX 3.0.
    """
    try:
        stated = _CONTEXT_DECODER.decode(context) if len(context) <= _MAX_CONTEXT_BYTES else []
    except ValueError:
        stated = []
    contexts = [stated] if isinstance(stated, str) else stated
    official = _CONTEXT.match(contexts[0]) if len(contexts) == 1 else None
    if official is None:
        raise InvalidInput(
            "The document is JSON-LD, but its @context is not the one context of SPDX 3.0",
            remedy="Write it with the @context https://spdx.org/rdf/3.0.1/spdx-context.jsonld and no other.",
        )
    tools = (element.name for element in graph or () if element.type == "Tool" and element.name)
    return Heading("spdx3-json", official[1], named(tools))


def read_graph(graph: list[Element] | None, inventory: Inventory) -> tuple[int, int, int]:
    """Add every package.

    Returns:
        How many ``software_packageUrl``, ``externalUrl`` and ``identifier`` the elements state.

    Raises:
        InvalidInput: there are too many packages.
    """
    elements = graph or ()
    packages = [element for element in elements if element.type in PACKAGES]
    inventory.expect(len(packages))
    nodes = {id_: element for element in elements if element.identifier for id_ in (element.spdx_id, element.node_id)}
    for package in packages:
        stated, package.version = False, package.version or package.internal_version
        for purl in purls_of(package, nodes):
            if stated:
                inventory.expect(1)
            stated = True
            inventory.purls.append(purl)
            inventory.entries.append(package)
        if package.purpose == "operatingSystem":
            inventory.add_system(package.name, package.version)
        if not stated:
            inventory.add_without_purl(package.name, is_package=package.purpose not in NOT_PACKAGES)
    urls = sum(element.package_url is not None for element in elements)
    external = sum(element.external_url is not None for element in elements)
    return urls, external, sum(_identifiers(element) for element in elements)


def purls_of(package: Element, nodes: Mapping[str | None, Element]) -> Iterator[str]:
    """The purls of a package; ``nodes`` are identifiers that are separate nodes, by id."""
    if package.package_url is not None:
        yield package.package_url
    external = package.external_url
    if external is not None and external.startswith("pkg:") and external != package.package_url:
        yield external
    for entry in package.external_identifier or ():
        found = nodes.get(entry) if isinstance(entry, str) else entry
        if found is None or found.identifier is None or found.identifier == package.package_url:
            continue
        if (found.external_identifier_type or "").lower() == "packageurl":
            yield found.identifier


def _identifiers(element: Element) -> int:
    inline = sum(
        isinstance(entry, Identifier) and entry.identifier is not None for entry in element.external_identifier or ()
    )
    return inline + (element.identifier is not None)
