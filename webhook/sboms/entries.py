"""Entries of a document: what stands beside a purl, and what it tells of the package."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from webhook.model.components import SkipReason
from webhook.model.purls import Identity, identify
from webhook.model.shapes import unusable
from webhook.sboms.gosubpaths import GO, Reading

MAX_SHOWN = 200
"""Characters of a name or detail that is kept for people."""


class Entry(Protocol):
    """What a document says of a package beside its purl."""

    @property
    def name(self) -> str | None:
        """What it calls the package."""

    @property
    def version(self) -> str | None:
        """Which version it says it is."""

    @property
    def group(self) -> str | None:
        """CycloneDX's group; other formats have none."""

    @property
    def source_info(self) -> str | None:
        """From which source package it was built, in Trivy's words; see :mod:`webhook.sboms.contexts`."""


@dataclass(frozen=True, slots=True)
class Beside:
    """An entry of formats that are not decoded into one."""

    name: str | None = None
    version: str | None = None
    group: str | None = None
    source_info: str | None = None


NAMELESS = Beside()
"""An entry of which nothing but its purl is known."""


class Heading(NamedTuple):
    """What a document says about itself; the fields are those of :class:`webhook.model.components.Sbom`."""

    format: str
    version: str
    tool: str


def as_read(entry: Entry, reading: Reading) -> Entry:
    """An entry under the name of one of its readings."""
    return Beside(reading.name, entry.version, entry.group)


def identity(text: str, entry: Entry) -> tuple[Identity, tuple[SkipReason, str] | None]:
    """What an entry is, and why no registry can hold it; see :func:`webhook.model.shapes.unusable`."""
    name, group, version = entry.name or "", entry.group or "", entry.version or ""
    one = identify(text, name=name, group=group, version=version)
    why = unusable(one.key)
    # A word or a range in the purl, and perhaps a version beside it.
    if why and version and version != one.key.version:
        other = identify(text, name=name, group=group, version=version, override=True)
        if not unusable(other.key):
            return other, None
    return one, why


def shown_name(entry: Entry) -> str:
    """What a document calls a package; cdxgen divides the paths of Go modules into group and name, as those of npm."""
    name, group = entry.name or "", entry.group
    return f"{group}/{name}" if group and "/" not in name else name


def restored(key: str, entry: Entry) -> str:
    """A key of npm or golang, with the capitals of a Go module that only its name shows; empty when in doubt."""
    called = shown_name(entry)
    if called in key or not called.isascii():
        return key
    package, _, version = key.rpartition("@")
    if package.startswith(GO):
        return f"{GO}{called}@{version}" if called.lower() == package[len(GO) :] else key
    name = entry.name or ""
    return key if name.lower() == name or not package.endswith(name.lower()) else ""


def shown(text: str) -> str:
    """The text cut to 200 characters and without characters that could upset a terminal or a log."""
    if len(text) > MAX_SHOWN:
        text = text[:MAX_SHOWN]
    return text if text.isprintable() else "".join(char if char.isprintable() else "\ufffd" for char in text)
