"""SPDX 2.2 and 2.3 as JSON: the packages by their external references of type ``purl``.

A package may have none or several. The category is ``PACKAGE-MANAGER`` or ``PACKAGE_MANAGER`` and is ignored. Files,
snippets and relationships hold no purl and are not read: what the document describes is usually the image itself, which
is recognised by its purl type or its purpose (see ``inventory``).
Source: the SPDX specification 2.3, clause 7 and its JSON schema.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

import msgspec

from webhook.errors import InvalidInput
from webhook.sboms.entries import Heading, shown
from webhook.sboms.inventory import Inventory
from webhook.sboms.tools import named

VERSIONS = ("SPDX-2.2", "SPDX-2.3")
SYSTEMS = frozenset(["OPERATING-SYSTEM", "OPERATING_SYSTEM"])
NOT_PACKAGES = SYSTEMS | {"CONTAINER", "DEVICE", "FILE"}
"""Package purposes that are no packages when they have no purl."""

_PURL_TYPES = frozenset(["purl", "http://spdx.org/rdf/references/purl", "https://spdx.org/rdf/references/purl"])


class Reference(msgspec.Struct, gc=False, rename="camel"):
    """One entry of ``externalRefs``."""

    reference_type: str | None = None
    reference_locator: str | None = None


class Package(msgspec.Struct, gc=False, rename="camel"):
    """One entry of ``packages``."""

    group: ClassVar[str | None] = None
    name: str | None = None
    version: str | None = msgspec.field(default=None, name="versionInfo")
    external_refs: list[Reference] | None = None
    primary_package_purpose: str | None = None
    source_info: str | None = None


class _CreationInfo(msgspec.Struct, gc=False):
    creators: list[str] | None = None


_CREATION_INFO = msgspec.json.Decoder(_CreationInfo)


def heading(format_name: str, version: str, creators: Iterable[str]) -> Heading:
    """Check what the document says about itself.

    Args:
        format_name: ``spdx-json`` or ``spdx-tag-value``.
        version: such as ``SPDX-2.3``.
        creators: such as ``Tool: syft-1.18.1``.

    Raises:
        InvalidInput: the version is not known.
    """
    if version not in VERSIONS:
        raise InvalidInput(
            f"SPDX version {shown(version)[:40]!r} is not supported",
            remedy=f"Write it as {' or '.join(VERSIONS)}, or as SPDX 3.0 in JSON.",
        )
    tools = (creator[5:].strip() for creator in creators if creator.startswith("Tool:"))
    return Heading(format_name, version, named(tools))


def creators(creation_info: bytes) -> list[str]:
    """The creators in the JSON text of ``creationInfo``; none when it cannot be read, for they do not matter."""
    try:
        return (_CREATION_INFO.decode(creation_info).creators or []) if creation_info else []
    except ValueError:
        return []


def is_purl(reference_type: str | None) -> bool:
    """Whether an external reference of this type is a purl; some who write SPDX by hand shout it."""
    return reference_type is not None and reference_type.lower() in _PURL_TYPES


def read_packages(packages: list[Package] | None, inventory: Inventory) -> int:
    """Add every package.

    Returns:
        How many external references were read, of whatever type.

    Raises:
        InvalidInput: there are too many.
    """
    inventory.expect(len(packages or ()))
    purls, entries = inventory.purls, inventory.entries
    found = 0
    for package in packages or ():
        references = package.external_refs or ()
        found += len(references)
        stated = False
        for reference in references:
            kind, locator = reference.reference_type, reference.reference_locator
            # Of other kinds most are CPEs, and these are told apart without a call.
            if (kind == "purl" or (kind != "cpe23Type" and is_purl(kind))) and locator is not None:
                if stated:
                    inventory.expect(1)
                stated = True
                purls.append(locator)
                entries.append(package)
        purpose = package.primary_package_purpose
        if purpose is not None and purpose in SYSTEMS:
            inventory.add_system(package.name, package.version)
        if not stated:
            inventory.add_without_purl(package.name, is_package=purpose not in NOT_PACKAGES)
    return found
