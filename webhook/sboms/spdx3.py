"""SPDX 3.0 as JSON-LD: the packages of ``@graph`` and of what is nested in its elements, read as plain JSON.

Whatever has a purl is a package, be it a file; types may be written ``@type``, in lists, and as IRIs.

A purl is in ``software_packageUrl``, in an external identifier of type ``packageUrl``, or in an identifier that is a
separate node and named by its id. SwiftPM writes it into ``externalUrl``, and the version into
``software_internalVersion``, neither of which is a property of SPDX. Only the official context is accepted, because
another one could give the same keys another meaning; it is never fetched.
Sources: the SPDX 3.0.1 model, Software/Package and Core/ExternalIdentifier, and its JSON-LD serialisation; SwiftPM 6.4,
``SBOMModel/SPDX/SPDXPackage.swift``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import msgspec

from webhook.errors import InvalidInput
from webhook.sboms.entries import Heading
from webhook.sboms.inventory import Inventory
from webhook.sboms.tools import named

PACKAGES = frozenset(["ai_AIPackage", "dataset_DatasetPackage", "software_Package"])
"""Element types that are packages: software_Package and the two classes made from it."""

NOT_PACKAGES = frozenset(["container", "device", "diskImage", "file", "operatingSystem"])
"""Purposes of packages that are no packages when they have no purl."""

_CONTEXT = re.compile(r"https?://spdx\.org/rdf/(3\.0(?:\.[0-9]+)?)/spdx-context\.json(?:ld)?\Z")
_CLASS = re.compile(r"(?:https?://spdx\.org/rdf/3\.0(?:\.[0-9]+)?/terms/|spdx:)([A-Za-z]+)/([A-Za-z]+)\Z")
_OF_ELEMENTS = frozenset(["@type", "software_packageUrl", "type"])
_CONTEXT_DECODER = msgspec.json.Decoder(str | list[str])
_MAX_CONTEXT_BYTES = 4096


class Identifier(msgspec.Struct, gc=False, rename="camel"):
    """One entry of ``externalIdentifier``."""

    external_identifier_type: str | None = None
    identifier: str | None = None


class Element(msgspec.Struct, gc=False, rename="camel"):
    """One element of ``@graph``, of any type."""

    group: ClassVar[str | None] = None
    type: str | list[str] | None = None
    node_type: str | list[str] | None = msgspec.field(default=None, name="@type")
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

    @property
    def is_package(self) -> bool:
        """Whether one of its types is a package's."""
        if self.node_type is None and isinstance(self.type, str) and ":" not in self.type:
            return self.type in PACKAGES
        kinds: list[str] = []
        for stated in (self.type, self.node_type):
            kinds += [stated] if isinstance(stated, str) else stated or []
        return any(_compact(kind) in PACKAGES for kind in kinds)


class InGraph(Element, gc=False, rename="camel"):
    """An element of ``@graph``, which may hold others."""

    element: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    root_element: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    origin: msgspec.Raw | msgspec.UnsetType = msgspec.field(default=msgspec.UNSET, name="from")
    to: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET

    @property
    def has_nested(self) -> bool:
        """Whether it holds elements where others hold their ids."""
        places = (self.element, self.root_element, self.origin, self.to)
        return any(not isinstance(place, msgspec.UnsetType) and b"{" in bytes(place) for place in places)


def _compact(kind: str) -> str:
    """The name of a class as the context has it: ``https://spdx.org/rdf/3.0.1/terms/Software/Package``."""
    found = _CLASS.match(kind)
    return f"{found[1].lower()}_{found[2]}" if found else kind


def nested_elements(data: bytes) -> list[Element]:
    """The elements that are nested in those of a document.

    Args:
        data: the text of the document.

    Raises:
        msgspec.ValidationError: one does not have the shape of an element.
    """
    document = msgspec.json.decode(data)
    graph = document.get("@graph") if isinstance(document, dict) else None
    waiting: list[Any] = [value for item in graph or [document] for value in _values(item)]
    found: list[Element] = []
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict) and not item.keys().isdisjoint(_OF_ELEMENTS):
            found.append(msgspec.convert(item, Element))
        waiting.extend(_values(item))
    return found


def _values(item: Any) -> list[Any]:
    if isinstance(item, dict):
        return [value for key, value in item.items() if key != "externalIdentifier"]
    return item if isinstance(item, list) else []


def heading(context: bytes, graph: Sequence[Element]) -> Heading:
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
    tools = (element.name for element in graph if element.type == "Tool" and element.name)
    return Heading("spdx3-json", official[1], named(tools))


def read_graph(elements: Sequence[Element], inventory: Inventory) -> None:
    """Add every package.

    Raises:
        InvalidInput: there are too many packages.
    """
    nodes = {id_: element for element in elements if element.identifier for id_ in (element.spdx_id, element.node_id)}
    packages = [element for element in elements if element.is_package or any(purls_of(element, nodes))]
    inventory.expect(len(packages))
    for package in packages:
        has_purl, package.version = False, package.version or package.internal_version
        for purl in purls_of(package, nodes):
            if has_purl:
                inventory.expect(1)
            has_purl = True
            inventory.purls.append(purl)
            inventory.entries.append(package)
        if package.purpose == "operatingSystem":
            inventory.add_system(package.name, package.version)
        if not has_purl:
            inventory.add_without_purl(package.name, is_package=package.purpose not in NOT_PACKAGES)


def stated(elements: Sequence[Element]) -> tuple[int, int, int]:
    """How many ``software_packageUrl``, ``externalUrl`` and ``identifier`` elements state."""
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
        kind = (found.external_identifier_type or "").lower()
        if kind.rpartition("/")[2] == "packageurl" or found.identifier.startswith("pkg:"):
            yield found.identifier


def _identifiers(element: Element) -> int:
    inline = sum(
        isinstance(entry, Identifier) and entry.identifier is not None for entry in element.external_identifier or ()
    )
    return inline + (element.identifier is not None)
