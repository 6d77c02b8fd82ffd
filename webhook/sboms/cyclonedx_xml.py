"""CycloneDX XML: the same components as in JSON.

The text is read as a stream of events, so that memory follows what is kept and not what is read. A document type
declaration is refused, and with it every entity.
Source: the XML schemas bom-1.0 to bom-1.7 of the CycloneDX specification.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from webhook.errors import InvalidInput
from webhook.sboms import cyclonedx, foreign
from webhook.sboms.contexts import is_about_source, of_properties
from webhook.sboms.entries import Heading, shown
from webhook.sboms.inventory import Inventory
from webhook.sboms.tools import named

XML_VERSIONS = ("1.0", "1.1", *cyclonedx.JSON_VERSIONS)
_ROOT = re.compile(r"(?:\{http://cyclonedx\.org/schema/bom/([0-9]+\.[0-9]+)\})?bom\Z")
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}RDF"
_TOOLS = ["bom", "metadata", "tools"]
_TOOL = frozenset(["tool", "component", "service"])
_SUBJECT = ["bom", "metadata"]
_READ = frozenset(["group", "isExternal", "name", "purl", "scope", "version"])
_MAX_TEXT = 8192
_MAX_TAG = 64 * 1024
_PIECE = 256 * 1024
_LONG_STRETCH = re.compile(rb"<(?![!?/])[^<]{%d}" % _MAX_TAG)
_TAG = re.compile(rb"""<(?:[^<>"']++|"[^<"]*+"|'[^<']*+')*+>?""")


def read(data: bytes, inventory: Inventory) -> Heading:
    """Read an XML document.

    Args:
        data: the document in whatever encoding it declares.
        inventory: takes the entries.

    Raises:
        InvalidInput: it is no XML, no CycloneDX, has a document type declaration, or is beyond the limits.
    """
    content = _Content(inventory)
    feed(data, content)
    content.report()
    return Heading("cyclonedx-xml", content.version, named(" ".join(tool.values()) for tool in content.tools))


def feed(data: bytes, target: object) -> None:
    """Hand a document over as a stream of events.

    Args:
        data: the document in whatever encoding it declares.
        target: has ``start``, ``data``, ``end`` and ``close``, as the standard library's ``XMLParser`` wants it.

    Raises:
        InvalidInput: it is no XML, or has a document type declaration.
    """
    _refuse_endless_tags(data)
    parser = DefusedXMLParser(target=target, forbid_dtd=True)
    try:
        for start in range(0, len(data), _PIECE):
            parser.feed(data[start : start + _PIECE])
        parser.close()
    except DefusedXmlException as problem:
        raise InvalidInput(
            "The document has a document type declaration, which no SBOM needs", remedy="Write it without one."
        ) from problem
    except (ParseError, LookupError, ValueError) as problem:
        raise InvalidInput(
            shown(f"The document is not valid XML: {problem}"),
            remedy="Check that it is complete and was not changed; else write it again.",
        ) from problem


class _Entry:
    """A component, kept in order of its start tag."""

    def __init__(self, kind: str, *, is_external: bool | None, is_subject: bool, parent: _Entry | None) -> None:
        self.type, self.is_external, self.is_subject, self._parent = kind, is_external, is_subject, parent
        self.name: str | None = ""
        self.version: str | None = None
        self.group: str | None = None
        self.properties: dict[str, str] = {}
        self.scope = ""
        self.purl: str | None = None
        self.is_outside = False

    @property
    def source_info(self) -> str | None:
        """From which source package it was built, as properties of Trivy and Syft have it."""
        return of_properties(self.properties) if self.properties else None

    def settle(self) -> None:
        """Tell whether it is in the image; whatever it is a part of has been settled before."""
        within = self._parent is not None and self._parent.is_outside
        self.is_outside = cyclonedx.is_not_in_image(self.scope, self.is_external, within=within)


class _Content:
    """Follows the paths to ``bom/components/component`` and ``bom/metadata/component``, and on through nested ones.

    Args:
        inventory: is asked for the limits, and takes the entries in the end.
    """

    def __init__(self, inventory: Inventory) -> None:
        self.version = ""
        self.tools: list[dict[str, str]] = []
        self._open_tools: list[dict[str, str]] = []
        self._inventory = inventory
        self._path: list[str] = []
        self._inside = 0  # how many names of the path, from its beginning, lead to content
        self._open: list[_Entry] = []
        self._entries: list[_Entry] = []
        self._text: list[str] | None = None
        self._elements = self._text_length = 0
        self._property = ""  # the name of the property that is being read

    def report(self) -> None:
        """Hand the entries to the inventory."""
        for entry in self._entries:
            entry.settle()
            if entry.is_outside:
                self._inventory.not_in_image += 1
                continue
            if entry.type == cyclonedx.SYSTEM:
                self._inventory.add_system(entry.name, entry.version)
            if entry.purl is None and entry.is_subject:
                continue
            if entry.purl is None:
                self._inventory.add_without_purl(entry.name, is_package=entry.type not in cyclonedx.NOT_PACKAGES)
            else:
                self._inventory.purls.append(entry.purl)
                self._inventory.entries.append(entry)

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Note where in the document an element begins."""
        if not self._path:
            self.version = version_of(tag)
        self._count()
        local = tag.rpartition("}")[2]
        self._property = attributes.get("name", "") if self._is_property(local) else ""
        wanted = is_about_source(self._property) or self._wants_text(local)
        if self._inside == len(self._path) and local in self._expected():
            self._inside += 1
            if local == "component":
                self._begin(attributes)
        if local in _TOOL and self._path[:3] == _TOOLS:
            self._open_tools.append({})
            self.tools.append(self._open_tools[-1])
        self._path.append(local)
        self._text, self._text_length = ([], 0) if wanted else (None, 0)

    def data(self, text: str) -> None:
        """Collect text where it is wanted, up to a length at which no purl is valid."""
        if self._text is not None and self._text_length <= _MAX_TEXT:
            self._text.append(text)
            self._text_length += len(text)

    def end(self, tag: str) -> None:
        """Keep the text of the few elements that are read."""
        if self._text is not None:
            self._keep(tag.rpartition("}")[2], "".join(self._text).strip())
            self._text = None
        if self._inside == len(self._path):
            if self._path[-1] == "component":
                self._open.pop()
            self._inside -= 1
        if self._path[-1] in _TOOL and self._path[:3] == _TOOLS:
            self._open_tools.pop()
        self._path.pop()

    def close(self) -> None:
        """Nothing is left to do at the end of the document."""

    def _expected(self) -> tuple[str, ...]:
        if self._inside < 2:
            return ("components", "metadata") if self._inside else ("bom",)
        return ("components",) if self._inside % 2 else ("component",)

    def _wants_text(self, local: str) -> bool:
        if local in _READ and self._open and self._inside == len(self._path) and self._path[-1] == "component":
            return True
        return local in ("name", "version") and self._path[:3] == _TOOLS and self._path[-1] in _TOOL

    def _is_property(self, local: str) -> bool:
        """Whether an element that begins is a property of a component."""
        is_within = self._inside == len(self._path) - 1 and self._path[-2:] == ["component", "properties"]
        return local == "property" and bool(self._open) and is_within

    def _begin(self, attributes: Mapping[str, str]) -> None:
        self._inventory.expect(1)
        entry = _Entry(
            attributes.get("type", ""),
            is_external=_is_true(attributes.get("isExternal")),
            is_subject=self._path == _SUBJECT,
            parent=self._open[-1] if self._open else None,
        )
        self._open.append(entry)
        self._entries.append(self._open[-1])
        if len(self._open) > self._inventory.limits.max_nesting:
            raise cyclonedx.nested_too_deeply(self._inventory.limits.max_nesting)

    def _keep(self, local: str, text: str) -> None:
        if self._path[:3] == _TOOLS:
            self._open_tools[-1].setdefault(local, text)
        elif local == "property":
            self._open[-1].properties[self._property] = text
        elif local == "isExternal":
            self._open[-1].is_external = _is_true(text)
        elif local != "purl":
            setattr(self._open[-1], local, text)
        elif self._open[-1].purl is None:
            self._open[-1].purl = text
        else:
            raise InvalidInput(
                "The SBOM gives one component two purls, so that its readers would not agree on what it lists",
                remedy="Have the tool write it again; a correct one writes one purl a component.",
            )

    def _count(self) -> None:
        self._elements += 1
        limits = self._inventory.limits
        if self._elements > limits.max_objects:
            what = f"holds more than {limits.max_objects} XML elements"
        elif len(self._path) >= 4 * limits.max_nesting:
            what = f"nests XML elements more than {4 * limits.max_nesting} levels deep"
        else:
            return
        raise InvalidInput(f"The document {what}, which no SBOM does", remedy="Check the tool that wrote it.")


def _is_true(text: str | None) -> bool | None:
    return None if text is None else text.strip() in ("1", "true")


def _refuse_endless_tags(data: bytes) -> None:
    # The parser hands a tag over whole, with all of its attributes; within one there is no other "<".
    # In pieces, each with the longest tag that may begin in it, so that other threads get their turn in between.
    for start in range(0, len(data), _PIECE):
        for stretch in _LONG_STRETCH.finditer(data, start, start + _PIECE + _MAX_TAG + 1):
            tag = _TAG.match(data, stretch.start(), stretch.start() + _MAX_TAG + 1)
            if tag is None or not tag[0].endswith(b">") or len(tag[0]) > _MAX_TAG:
                raise InvalidInput(
                    f"The document has an XML tag longer than {_MAX_TAG} bytes, which no SBOM does",
                    remedy="Check the tool that wrote it.",
                )


def version_of(tag: str) -> str:
    """The version that the root element states by its namespace; empty when it states none.

    Raises:
        InvalidInput: it is no CycloneDX, or of a version that is not known.
    """
    if tag == _RDF:
        raise InvalidInput("SPDX in RDF is not supported", remedy="Write it as SPDX in JSON or tag-value.")
    match = _ROOT.match(tag)
    if match is None:
        raise foreign.unknown()
    if match[1] is not None and match[1] not in XML_VERSIONS:
        raise cyclonedx.unsupported_version(match[1], XML_VERSIONS)
    return match[1] or ""
