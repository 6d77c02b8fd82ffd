"""CycloneDX JSON: the components, nested ones included.

The purl and the nesting did not move between 1.2 and 1.7, so that one reader does all of them. ``metadata.component``
is read with its parts; as a rule it is the image itself, which is no package. What is excluded or external is not in
the image, and neither are its parts, unless they state a scope that includes them: it is counted. Not read: the tools,
``pedigree``, ``formulation``, ``annotations``, ``declarations`` and the tools of ``vulnerabilities``. A ``bom-ref`` may
look like a purl and is none.
Source: the JSON schemas bom-1.2 to bom-1.7 of the CycloneDX specification.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from webhook.errors import InvalidInput
from webhook.sboms.contexts import is_about_source, of_properties
from webhook.sboms.entries import Heading, shown
from webhook.sboms.inventory import Inventory
from webhook.sboms.tools import named

JSON_VERSIONS = ("1.2", "1.3", "1.4", "1.5", "1.6", "1.7")
SYSTEM = "operating-system"
NOT_PACKAGES = frozenset([SYSTEM, "container", "cryptographic-asset", "data", "device", "file"])
"""Component types that are no packages when they have no purl."""


class Component(msgspec.Struct, gc=False):
    """One entry of ``components``."""

    name: str | None = None
    type: str | None = None
    purl: str | None = None
    version: str | None = None
    group: str | None = None
    scope: str | None = None
    is_external: bool | None = msgspec.field(default=None, name="isExternal")
    properties: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    components: list[Component] | None = None

    @property
    def source_info(self) -> str | None:
        """From which source package it was built, as properties of Trivy and Syft have it."""
        if isinstance(self.properties, msgspec.UnsetType):
            return None
        text = bytes(self.properties)
        if not any(name in text for name in _SOURCES):
            return None
        try:
            listed = _PROPERTIES.decode(text)
        except ValueError:
            return None
        return of_properties({entry.name: entry.value or "" for entry in listed if is_about_source(entry.name)})


class _Property(msgspec.Struct, gc=False):
    name: str = ""
    value: str | None = None


_SOURCES = (b"aquasecurity:trivy:SrcName", b"syft:metadata:source", b"syft:metadata:originPackage")
_PROPERTIES = msgspec.json.Decoder(list[_Property])


class _Tool(msgspec.Struct, gc=False):
    name: str | None = None
    version: str | None = None
    components: list[_Tool] | None = None
    services: list[_Tool] | None = None


class _ToolComponents(msgspec.Struct, gc=False):
    components: list[_Tool] | None = None
    services: list[_Tool] | None = None


class _Metadata(msgspec.Struct, gc=False):
    tools: list[_Tool] | _ToolComponents | None = None


class _Subject(msgspec.Struct, gc=False):
    component: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_METADATA = msgspec.json.Decoder(_Metadata)
_SUBJECT = msgspec.json.Decoder(_Subject)
_COMPONENT = msgspec.json.Decoder(Component)


def heading(version: str | None, metadata: bytes) -> Heading:
    """Check what the document says about itself.

    Args:
        version: ``specVersion``; None when there is none.
        metadata: the JSON text of ``metadata``; empty when there is none.

    Raises:
        InvalidInput: the version is not known.
    """
    if version is not None and version not in JSON_VERSIONS:
        raise unsupported_version(version, JSON_VERSIONS)
    return Heading("cyclonedx-json", version or "", _tool(metadata))


def subject(metadata: bytes) -> bytes:
    """The JSON text of ``metadata.component``, what the document is about; empty when there is none.

    Args:
        metadata: the JSON text of ``metadata``.
    """
    try:
        found = _SUBJECT.decode(metadata).component if metadata else msgspec.UNSET
    except msgspec.ValidationError:
        return b""  # no object, so it holds none
    return b"" if isinstance(found, msgspec.UnsetType) or bytes(found) == b"null" else bytes(found)


def read_subject(text: bytes, inventory: Inventory) -> int:
    """Add what the document is about, if it is a package, and its parts; purls read.

    Args:
        text: of :func:`subject`.
        inventory: takes the entries.

    Raises:
        InvalidInput: they are too many, or nested too deeply.
        msgspec.ValidationError: it does not have the shape of a component.
    """
    component = _COMPONENT.decode(text) if text else None
    if component is None:
        return 0
    if component.purl is None:
        is_outside = is_not_in_image(component.scope, component.is_external, within=False)
        if is_outside:
            inventory.not_in_image += 1
        elif component.type == SYSTEM:
            inventory.add_system(component.name, component.version)
        return read_components(component.components, inventory, within=is_outside)
    return read_components([component], inventory)


def read_components(components: list[Component] | None, inventory: Inventory, *, within: bool = False) -> int:
    """Add every component, each before those nested in it.

    Args:
        components: as listed.
        inventory: takes the entries.
        within: whether they are parts of something that is not in the image.

    Returns:
        How many of them state a purl.

    Raises:
        InvalidInput: they are too many, or nested too deeply.
    """
    purls, entries = inventory.purls, inventory.entries
    before, left_out = len(purls), 0
    levels, outside = [_announced(components, inventory)], [within]
    while levels:
        for component in levels[-1]:
            scope, is_external, is_part = component.scope, component.is_external, outside[-1]
            stated = scope is not None or is_external is not None  # as rarely
            is_outside = is_not_in_image(scope, is_external, within=is_part) if stated else is_part
            if is_outside:
                inventory.not_in_image += 1
                left_out += component.purl is not None
            elif component.purl is None:
                if component.type == SYSTEM:
                    inventory.add_system(component.name, component.version)
                inventory.add_without_purl(component.name, is_package=component.type not in NOT_PACKAGES)
            else:
                if component.type == SYSTEM:
                    inventory.add_system(component.name, component.version)
                purls.append(component.purl)
                entries.append(component)
            if component.components:
                if len(levels) >= inventory.limits.max_nesting:
                    raise nested_too_deeply(inventory.limits.max_nesting)
                levels.append(_announced(component.components, inventory))
                outside.append(is_outside)
                break
        else:
            levels.pop()
            outside.pop()
    return len(purls) - before + left_out


def is_not_in_image(scope: str | None, is_external: bool | None, *, within: bool) -> bool:
    """Whether a component is not in the image.

    Args:
        scope: as it states it; None or empty when it states none.
        is_external: as it states it; None when it does not.
        within: whether it is a part of something that is not in the image, which holds for it unless it says otherwise.
    """
    if scope == "excluded" or is_external:
        return True
    return within and not scope and is_external is None


def unsupported_version(version: str, known: tuple[str, ...]) -> InvalidInput:
    """The error for a version that no reader knows."""
    return InvalidInput(
        f"CycloneDX {shown(version)[:40]!r} is not supported", remedy=f"Write it as CycloneDX {', '.join(known)}."
    )


def nested_too_deeply(levels: int) -> InvalidInput:
    """The error for components inside components inside components."""
    return InvalidInput(
        f"The SBOM nests components more than {levels} levels deep", remedy="List the components side by side."
    )


def _announced(components: list[Component] | None, inventory: Inventory) -> Iterator[Component]:
    inventory.expect(len(components or ()))
    return iter(components or ())


def _tool(metadata: bytes) -> str:
    """All tools with their versions; whatever is wrong with them does not matter to what the image contains."""
    try:
        tools = _METADATA.decode(metadata).tools if metadata else None
    except (ValueError, RecursionError):
        return ""
    listed = [*(tools.components or ()), *(tools.services or ())] if isinstance(tools, _ToolComponents) else tools
    return named(_tools(listed or ()))


def _tools(listed: Iterable[_Tool]) -> Iterator[str]:
    """Tools with the parts that they name, in the order of the document."""
    levels = [iter(listed)]
    while levels:
        tool = next(levels[-1], None)
        if tool is None:
            levels.pop()
            continue
        yield " ".join(filter(None, (tool.name, tool.version)))
        levels.append(iter([*(tool.components or ()), *(tool.services or ())]))
