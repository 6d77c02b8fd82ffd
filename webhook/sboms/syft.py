"""Syft's own JSON: the artifacts, all of which are packages.

Source: the schemas under ``schema/json`` of anchore/syft; ``artifacts[].purl`` has been there since the first.
"""

from __future__ import annotations

from typing import ClassVar

import msgspec

from webhook.sboms.contexts import of_syft
from webhook.sboms.entries import Heading, shown
from webhook.sboms.inventory import Inventory


class Artifact(msgspec.Struct, gc=False):
    """One entry of ``artifacts``."""

    group: ClassVar[str | None] = None
    name: str | None = None
    version: str | None = None
    purl: str | None = None
    metadata: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET

    @property
    def source_info(self) -> str | None:
        """From which source package it was built, as the package manager has it."""
        if isinstance(self.metadata, msgspec.UnsetType):
            return None
        try:
            return of_syft(*msgspec.structs.astuple(_METADATA.decode(self.metadata)))
        except ValueError:
            return None


class _Metadata(msgspec.Struct, gc=False, rename="camel"):
    source: str | None = None
    source_version: str | None = None
    origin_package: str | None = None
    source_rpm: str | None = None


class _Descriptor(msgspec.Struct, gc=False):
    name: str | None = None
    version: str | None = None


class _Schema(msgspec.Struct, gc=False):
    version: str | None = None


class _Distribution(msgspec.Struct, gc=False, rename="camel"):
    id: str | None = None
    version_id: str | None = msgspec.field(default=None, name="versionID")


_METADATA = msgspec.json.Decoder(_Metadata)
_DISTRIBUTION = msgspec.json.Decoder(_Distribution)
_DESCRIPTOR = msgspec.json.Decoder(_Descriptor)
_SCHEMA = msgspec.json.Decoder(_Schema)


def heading(schema: bytes, descriptor: bytes) -> Heading:
    """What the document says about itself, from the JSON texts of ``schema`` and ``descriptor``."""
    try:
        version = _SCHEMA.decode(schema).version if schema else None
        tool = _DESCRIPTOR.decode(descriptor) if descriptor else _Descriptor()
    except ValueError:
        version, tool = None, _Descriptor()
    return Heading("syft-json", shown(version or ""), shown(" ".join(filter(None, (tool.name, tool.version)))))


def read_distribution(text: bytes, inventory: Inventory) -> None:
    """Note the operating system from the JSON text of ``distro``; one that cannot be read is none."""
    try:
        found = _DISTRIBUTION.decode(text) if text else _Distribution()
    except ValueError:
        return
    inventory.add_system(found.id, found.version_id)


def read_artifacts(artifacts: list[Artifact] | None, inventory: Inventory) -> int:
    """Add every artifact.

    Returns:
        How many of them state a purl.

    Raises:
        InvalidInput: there are too many.
    """
    inventory.expect(len(artifacts or ()))
    purls, entries = inventory.purls, inventory.entries
    for artifact in artifacts or ():
        if artifact.purl is None:
            inventory.add_without_purl(artifact.name, is_package=True)
        else:
            purls.append(artifact.purl)
            entries.append(artifact)
    return len(purls)
