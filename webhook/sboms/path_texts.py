"""Relationships of the formats that are no JSON: CycloneDX in XML, and SPDX 2 as tag-value text."""

from __future__ import annotations

from collections.abc import Mapping

from webhook.errors import InvalidInput
from webhook.sboms import cyclonedx_xml, tag_value
from webhook.sboms.dependencygraph import DependencyGraph
from webhook.sboms.limits import Limits
from webhook.sboms.spdx import is_purl

_TEXTS = frozenset(["group", "name", "purl", "version"])
_MAX_TEXT = 8192
_TAGS = frozenset(
    [
        *(b"ExternalRef", b"FileName", b"LicenseID", b"PackageName", b"PackageVersion", b"Relationship"),
        *(b"SPDXID", b"SPDXVersion", b"SnippetSPDXID"),
    ]
)
_OTHER_SECTIONS = (b"FileName", b"LicenseID", b"SnippetSPDXID")


def read_xml(data: bytes, graph: DependencyGraph, limits: Limits) -> bool:
    """Read CycloneDX in XML; always True, as what is none is refused.

    Args:
        data: the document.
        graph: takes its parts.
        limits: the bounds on what it may cost.

    Raises:
        InvalidInput: it is no XML, no CycloneDX, or beyond the limits.
    """
    cyclonedx_xml.feed(data, _Elements(graph, limits))
    return True


class _Part:
    """A component whose end tag has not come yet."""

    def __init__(self, ref: str | None, *, is_subject: bool) -> None:
        self.ref, self.is_subject = ref, is_subject
        self.texts: dict[str, str] = {}
        self.parts: list[str] = []


class _Elements:
    """Follows components and dependencies, wherever they are nested.

    Args:
        graph: takes them.
        limits: the bounds on what it may cost.
    """

    def __init__(self, graph: DependencyGraph, limits: Limits) -> None:
        self._graph, self._limits = graph, limits
        self._path: list[str] = []
        self._open: list[_Part] = []
        self._needs: list[str | None] = []
        self._text: list[str] | None = None
        self._elements = self._length = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Note what begins."""
        if not self._path:
            cyclonedx_xml.version_of(tag)  # refuses what is no CycloneDX
        self._elements += 1
        if self._elements > self._limits.max_objects or len(self._path) >= 4 * self._limits.max_nesting:
            raise InvalidInput("The document has more XML elements than an SBOM has", remedy="Check its tool.")
        local = tag.rpartition("}")[2]
        above = self._path[-1] if self._path else ""
        self._text = None
        if local == "component" and self._is_listed():
            self._open.append(_Part(attributes.get("bom-ref"), is_subject=above == "metadata"))
        elif local == "dependency" and above in ("dependencies", "dependency"):
            if self._needs:
                self._graph.join(self._graph.depends, self._needs[-1], attributes.get("ref"))
            self._needs.append(attributes.get("ref"))
        elif local in _TEXTS and above == "component" and self._open and self._is_in_component():
            self._text, self._length = [], 0
        self._path.append(local)

    def data(self, text: str) -> None:
        """Collect text where it is wanted, up to a length at which no purl is valid."""
        if self._text is not None and self._length <= _MAX_TEXT:
            self._text.append(text)
            self._length += len(text)

    def end(self, tag: str) -> None:
        """Keep a text, a component, or a dependency."""
        local = self._path.pop()
        if self._text is not None:
            self._open[-1].texts.setdefault(local, "".join(self._text).strip())
            self._text = None
        elif local == "component" and self._is_listed():
            self._close(self._open.pop())
        elif local == "dependency" and self._needs and self._path[-1] in ("dependencies", "dependency"):
            self._needs.pop()

    def close(self) -> None:
        """Nothing is left to do at the end of the document."""

    def _is_listed(self) -> bool:
        """Whether the path leads to a component of the document, and not to one of its tools or ancestors."""
        path = self._path[1:]
        if path[:1] == ["metadata"]:
            path = ["components", *path[1:]]
        return (
            path[::2] == ["components"] * len(path[::2])
            and path[1::2] == ["component"] * (len(path) // 2)
            and bool(len(path) % 2)
        )

    def _is_in_component(self) -> bool:
        return len(self._path) == 2 * len(self._open) + 1

    def _close(self, part: _Part) -> None:
        texts = part.texts
        purls = (texts["purl"],) if "purl" in texts else ()
        ref = self._graph.add(part.ref, purls, texts.get("name", ""), texts.get("version", ""), texts.get("group", ""))
        for inner in part.parts:
            self._graph.join(self._graph.contains, ref, inner)
        if part.is_subject:
            self._graph.roots.append(ref)
        if self._open:
            self._open[-1].parts.append(ref)


def read_tag_value(data: bytes, graph: DependencyGraph, limits: Limits) -> bool:
    """Read SPDX 2 as tag-value text; always True.

    Args:
        data: the document.
        graph: takes its parts.
        limits: the bounds on what it may cost.

    Raises:
        InvalidInput: a block of text is never closed, or it is beyond the limits.
    """
    package: dict[str, str] | None = None
    purls: list[str] = []

    def close() -> None:
        if package is not None:
            graph.add(package.get("id"), tuple(purls), package["name"], package.get("version", ""), "")

    for tag, content in tag_value.values(data, 4 * limits.max_objects, _TAGS):
        value = content.decode().strip()
        if tag == b"PackageName" or tag in _OTHER_SECTIONS:
            close()
            package, purls = ({"name": value} if tag == b"PackageName" else None), []
        elif tag == b"Relationship":
            start, _, rest = value.partition(" ")
            kind, _, end = rest.strip().partition(" ")
            graph.relate(kind, start, end.strip() or None)
        elif package is not None and tag == b"SPDXID":
            package.setdefault("id", value)
        elif package is not None and tag == b"PackageVersion":
            package.setdefault("version", value)
        elif package is not None and tag == b"ExternalRef":
            parts = value.split(None, 2)
            if len(parts) == 3 and is_purl(parts[1]):
                purls.append(parts[2])
    close()
    return True
