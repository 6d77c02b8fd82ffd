"""Paths: which dependency brings a component, from the relationships of a document.

Read on demand from the kept document, and never at admission: a verdict needs only what is in an image. CycloneDX
states ``dependencies`` and nests components, SPDX states ``relationships``, and Syft ``artifactRelationships``. That
something depends says more than that something is contained, so it comes first: most tools state that the image
contains each package.
Source: the JSON and XML schemas of CycloneDX 1.2 to 1.7; the SPDX specification 2.3, clause 11; the SPDX 3.0.1 model,
Core/RelationshipType; Syft's schema, ``artifactRelationships``, where *dependency-of* points at what needs it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

import msgspec

from webhook.errors import InvalidInput
from webhook.model.dependencies import DependencyPath
from webhook.model.purls import Purl
from webhook.sboms import path_texts, spdx3, tag_value
from webhook.sboms.dependencygraph import DependencyGraph
from webhook.sboms.limits import DEFAULT_LIMITS, Limits
from webhook.sboms.spdx import Package, is_purl
from webhook.sboms.syft import Artifact

_UNREADABLE = "Relationships of this format are not read."
_SPDX3_NEEDS = frozenset(["dependsOn", "hasOptionalDependency", "hasPrerequisite", "hasProvidedDependency"])
_SYFT_CONTAINS = ("contains", "ownership-by-file-overlap")


class _Component(msgspec.Struct, gc=False):
    ref: str | None = msgspec.field(default=None, name="bom-ref")
    name: str | None = None
    version: str | None = None
    group: str | None = None
    purl: str | None = None
    components: list[_Component] | None = None


class _Dependency(msgspec.Struct, gc=False, rename="camel"):
    ref: str | None = None
    depends_on: list[str] | None = None


class _Metadata(msgspec.Struct, gc=False):
    component: _Component | None = None


class _SpdxPackage(Package, gc=False, rename="camel"):
    id: str | None = msgspec.field(default=None, name="SPDXID")


class _Relationship(msgspec.Struct, gc=False, rename="camel"):
    spdx_element_id: str | None = None
    related_spdx_element: str | None = None
    relationship_type: str | None = None


class _Artifact(Artifact, gc=False):
    id: str | None = None


class _SyftRelationship(msgspec.Struct, gc=False):
    parent: str | None = None
    child: str | None = None
    type: str | None = None


class _SyftSource(msgspec.Struct, gc=False):
    id: str | None = None
    name: str | None = None
    version: str | None = None


class _Node(msgspec.Struct, gc=False, rename="camel"):
    spdx_id: str | None = None


class _Element(spdx3.Element, gc=False, rename="camel"):
    start: str | _Node | None = msgspec.field(default=None, name="from")
    to: str | list[str | _Node] | None = None
    relationship_type: str | None = None
    root_element: list[str | _Node] | None = None


class _Document(msgspec.Struct, rename="camel"):
    bom_format: str | None = None
    metadata: _Metadata | None = None
    components: list[_Component] | None = None
    dependencies: list[_Dependency] | None = None
    spdx_version: str | None = None
    packages: list[_SpdxPackage] | None = None
    relationships: list[_Relationship] | None = None
    document_describes: list[str] | None = None
    graph: list[_Element] | None = msgspec.field(default=None, name="@graph")
    artifacts: list[_Artifact] | None = None
    artifact_relationships: list[_SyftRelationship] | None = None
    source: _SyftSource | None = None


_DOCUMENT = msgspec.json.Decoder(_Document)


def dependency_path(data: bytes, wanted: Purl, limits: Limits = DEFAULT_LIMITS) -> DependencyPath:
    """The shortest way from what a document is about to a component.

    Args:
        data: the document as it was read.
        wanted: key of the component.
        limits: the bounds on what it may cost.

    Raises:
        InvalidInput: it cannot be read, or is beyond the limits.
    """
    text = data.removeprefix(b"\xef\xbb\xbf")
    graph, first = DependencyGraph(wanted, limits), text.lstrip()[:1]
    try:
        if first == b"{":
            is_known = _read_json(_DOCUMENT.decode(text), graph)
        elif first == b"<":
            is_known = path_texts.read_xml(text, graph, limits)
        else:
            is_known = tag_value.is_tag_value(text) and path_texts.read_tag_value(text, graph, limits)
    except (ValueError, RecursionError) as problem:
        raise InvalidInput("The relationships of the document cannot be read.") from problem
    return graph.answer() if is_known else DependencyPath(reason=_UNREADABLE)


def _read_json(document: _Document, graph: DependencyGraph) -> bool:
    """Read a document in JSON; whether it is in a format that is known."""
    if document.bom_format == "CycloneDX":
        _read_cyclonedx(document, graph)
    elif document.spdx_version is not None:
        _read_spdx(document, graph)
    elif document.graph is not None:
        _read_spdx3(document.graph, graph)
    elif document.artifacts is not None:
        _read_syft(document, graph)
    else:
        return False
    return True


def _read_cyclonedx(document: _Document, graph: DependencyGraph) -> None:
    subject = None if document.metadata is None else document.metadata.component
    top = None
    if subject is not None:
        top = _add(subject, graph)
        graph.roots.append(top)
    waiting: deque[tuple[str | None, _Component]] = deque((None, part) for part in document.components or ())
    if subject is not None:
        waiting.extend((top, part) for part in subject.components or ())
    while waiting:
        above, component = waiting.popleft()
        ref = _add(component, graph)
        graph.join(graph.contains, above, ref)
        waiting.extend((ref, part) for part in component.components or ())
    for dependency in document.dependencies or ():
        for there in dependency.depends_on or ():
            graph.join(graph.depends, dependency.ref, there)


def _add(component: _Component, graph: DependencyGraph) -> str:
    purls = () if component.purl is None else (component.purl,)
    return graph.add(component.ref, purls, component.name or "", component.version or "", component.group or "")


def _read_spdx(document: _Document, graph: DependencyGraph) -> None:
    for package in document.packages or ():
        locators = [
            reference.reference_locator
            for reference in package.external_refs or ()
            if is_purl(reference.reference_type) and reference.reference_locator is not None
        ]
        graph.add(package.id, locators, package.name or "", package.version or "", "")
    graph.roots += document.document_describes or ()
    for relationship in document.relationships or ():
        graph.relate(
            relationship.relationship_type or "",
            relationship.spdx_element_id,
            relationship.related_spdx_element,
        )


def _read_spdx3(elements: Iterable[_Element], graph: DependencyGraph) -> None:
    elements = list(elements)
    nodes = {ref: element for element in elements if element.identifier for ref in (element.spdx_id, element.node_id)}
    for element in elements:
        ref = element.spdx_id or element.node_id
        if element.is_package:
            graph.add(ref, spdx3.purls_of(element, nodes), element.name or "", element.version or "", "")
        elif element.root_element is not None:  # of the document, and of an SBOM in it
            graph.roots += filter(None, map(_reference, element.root_element))
        elif element.relationship_type is not None:
            there = element.to if isinstance(element.to, list) else [element.to]
            for end in map(_reference, there):
                _relate_spdx3(element.relationship_type, _reference(element.start), end, graph)


def _relate_spdx3(kind: str, start: str | None, end: str | None, graph: DependencyGraph) -> None:
    if kind in _SPDX3_NEEDS:
        graph.join(graph.depends, start, end)
    elif kind == "contains":
        graph.join(graph.contains, start, end)
    elif kind == "describes" and end is not None:
        graph.roots.append(end)


def _reference(one: str | _Node | None) -> str | None:
    return one.spdx_id if isinstance(one, _Node) else one


def _read_syft(document: _Document, graph: DependencyGraph) -> None:
    source = document.source
    if source is not None:
        graph.roots.append(graph.add(source.id, (), source.name or "the image", source.version or "", ""))
    for artifact in document.artifacts or ():
        purls = () if artifact.purl is None else (artifact.purl,)
        graph.add(artifact.id, purls, artifact.name or "", artifact.version or "", "")
    for relationship in document.artifact_relationships or ():
        if relationship.type == "dependency-of":
            graph.join(graph.depends, relationship.child, relationship.parent)
        elif relationship.type in _SYFT_CONTAINS:
            graph.join(graph.contains, relationship.parent, relationship.child)
