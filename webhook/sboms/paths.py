"""Paths: which dependency brings a component, from the relationships of a document.

Read on demand from the kept document, and never at admission: a verdict needs only what is in an image. CycloneDX
states ``dependencies`` and nests components, SPDX states ``relationships``. A dependency says more than that something
is contained, so it comes first: most tools state that the image contains each package. What names an unknown reference
is left out; circles end where they began.
Source: the JSON schemas of CycloneDX 1.2 to 1.7; the SPDX specification 2.3, clause 11.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from webhook.errors import InvalidInput
from webhook.model.dependencies import DependencyPath, PathStep
from webhook.model.purls import Purl, identify
from webhook.sboms.inventory import shown
from webhook.sboms.limits import DEFAULT_LIMITS, Limits
from webhook.sboms.spdx import Package, is_purl

_MOST_EDGES = 2_000_000
_FORWARD = frozenset(["DEPENDS_ON", "HAS_PREREQUISITE"])
_BACKWARD = ("DEPENDENCY_OF", "PREREQUISITE_FOR")
"""How the relationships end that say it the other way round, such as ``RUNTIME_DEPENDENCY_OF``."""


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


class _Document(msgspec.Struct, rename="camel"):
    bom_format: str | None = None
    metadata: _Metadata | None = None
    components: list[_Component] | None = None
    dependencies: list[_Dependency] | None = None
    spdx_version: str | None = None
    packages: list[_SpdxPackage] | None = None
    relationships: list[_Relationship] | None = None
    document_describes: list[str] | None = None


_DOCUMENT = msgspec.json.Decoder(_Document)


class _Graph:
    """What a document says of its parts.

    Attributes:
        steps: by reference.
        found: references of the component that is looked for.
        roots: references of what the document is about.
        depends, contains: references by reference.
    """

    def __init__(self, wanted: Purl, limits: Limits) -> None:
        self.steps: dict[str, PathStep] = {}
        self.found: set[str] = set()
        self.roots: list[str] = []
        self.depends: dict[str, list[str]] = {}
        self.contains: dict[str, list[str]] = {}
        self._wanted, self._limits, self._edges = wanted, limits, 0
        self._name = wanted.partition("@")[0].rpartition("/")[2].lower()

    def add(self, ref: str | None, purls: Iterable[str], name: str, version: str, group: str) -> str:
        """Add a part; its reference."""
        if len(self.steps) >= self._limits.max_entries:
            raise InvalidInput(f"The SBOM lists more than {self._limits.max_entries} components", remedy="Split it.")
        key = ref if ref is not None and ref not in self.steps else f"\0{len(self.steps)}"
        purl = ""
        for text in purls:
            purl = purl or text
            if self._is_wanted(text, name, version, group):
                purl = text
                self.found.add(key)
        self.steps[key] = PathStep(shown(f"{name}@{version}" if version else name), shown(purl))
        return key

    def _is_wanted(self, text: str, name: str, version: str, group: str) -> bool:
        if self._name not in text.lower() and self._name not in name.lower():
            return False  # reading every purl would cost more than all else
        try:
            return identify(text, name=name, group=group, version=version).key == self._wanted
        except InvalidInput:
            return False

    def join(self, edges: dict[str, list[str]], start: str | None, end: str | None) -> None:
        """Note that one part has to do with another."""
        if start is None or end is None or start == end:
            return
        self._edges += 1
        if self._edges > _MOST_EDGES:
            raise InvalidInput(f"The SBOM states more than {_MOST_EDGES} relationships", remedy="Split it.")
        edges.setdefault(start, []).append(end)

    def way(self, sources: Iterable[str], *edges: Mapping[str, list[str]]) -> list[str]:
        """The shortest way from one of some parts to the component; empty when there is none."""
        before: dict[str, str | None] = {ref: None for ref in sources if ref in self.steps}
        waiting = deque(before)
        while waiting:
            here = waiting.popleft()
            if here in self.found:
                return list(_back(before, here))[::-1]
            for there in (other for kind in edges for other in kind.get(here, ())):
                if there in self.steps and there not in before:
                    before[there] = here
                    waiting.append(there)
        return []

    def answer(self) -> DependencyPath:
        """The shortest way that is known."""
        if not self.found:
            return DependencyPath(reason="The document does not list the component.")
        needed = {ref for there in self.depends.values() for ref in there}
        tops = [ref for ref in self.steps if ref in self.depends and ref not in needed]
        for sources in (self.roots, tops):
            way = self.way(sources, self.depends)
            if len(way) > 1:
                return DependencyPath(tuple(self.steps[ref] for ref in way), is_dependency=True)
        way = self.way(self.roots, self.depends, self.contains)
        if len(way) > 1:
            return DependencyPath(tuple(self.steps[ref] for ref in way))
        if not self.found.isdisjoint(self.roots):
            return DependencyPath(reason="The document is about the component itself.")
        if not self.depends and not self.contains:
            return DependencyPath(reason="The document states no relationships.")
        return DependencyPath(reason="The document does not say what brings the component in.")


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
    if text.lstrip()[:1] != b"{":
        return DependencyPath(reason="Relationships are read from CycloneDX and SPDX 2 in JSON only.")
    try:
        document = _DOCUMENT.decode(text)
        graph = _Graph(wanted, limits)
        if document.bom_format == "CycloneDX":
            _read_cyclonedx(document, graph)
        elif document.spdx_version is not None:
            _read_spdx(document, graph)
        else:
            return DependencyPath(reason="Relationships are read from CycloneDX and SPDX 2 in JSON only.")
    except (ValueError, RecursionError) as problem:
        raise InvalidInput("The relationships of the document cannot be read.") from problem
    return graph.answer()


def _read_cyclonedx(document: _Document, graph: _Graph) -> None:
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


def _add(component: _Component, graph: _Graph) -> str:
    purls = () if component.purl is None else (component.purl,)
    return graph.add(component.ref, purls, component.name or "", component.version or "", component.group or "")


def _read_spdx(document: _Document, graph: _Graph) -> None:
    for package in document.packages or ():
        locators = [
            reference.reference_locator
            for reference in package.external_refs or ()
            if is_purl(reference.reference_type) and reference.reference_locator is not None
        ]
        graph.add(package.id, locators, package.name or "", package.version or "", "")
    graph.roots += document.document_describes or ()
    for relationship in document.relationships or ():
        kind, start, end = (
            relationship.relationship_type or "",
            relationship.spdx_element_id,
            relationship.related_spdx_element,
        )
        if kind == "DESCRIBES" and end is not None:
            graph.roots.append(end)
        elif kind == "DESCRIBED_BY" and start is not None:
            graph.roots.append(start)
        elif kind in _FORWARD:
            graph.join(graph.depends, start, end)
        elif kind.endswith(_BACKWARD):
            graph.join(graph.depends, end, start)
        elif kind == "CONTAINS":
            graph.join(graph.contains, start, end)
        elif kind == "CONTAINED_BY":
            graph.join(graph.contains, end, start)


def _back(before: Mapping[str, str | None], here: str) -> Iterator[str]:
    ref: str | None = here
    while ref is not None:
        yield ref
        ref = before[ref]
