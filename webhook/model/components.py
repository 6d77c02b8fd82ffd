"""Components: what an SBOM lists, and the state that a component can be in.

A usable component *is* its :class:`webhook.model.purls.Purl`, with a version; there is no class around it.
"""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import msgspec

from webhook.model.platforms import WHOLE, Coverage
from webhook.model.purls import Purl

BETWEEN_TOOLS = "; "
"""What stands between the tools that a document names."""


class ComponentState(enum.IntEnum):
    """What is known of a component; the number is the state byte of the read model and of the database.

    An error is never CLEAN: a component whose look-up failed stays UNKNOWN.
    """

    UNKNOWN = 0
    """Never asked, not yet answered, answered too long ago, or left out of the answer."""
    CLEAN = 1
    """The source answered with no vulnerability."""
    VULNERABLE = 2
    """The source answered with at least one vulnerability."""
    NOT_COVERED = 3
    """No configured source knows this purl type."""
    UNUSABLE = 4
    """No purl, a malformed purl, or no version; such a component has no row, only a count with its reason."""


class SkipReason(enum.StrEnum):
    """Why a component of an SBOM cannot be looked up."""

    NO_PURL = "no-purl"
    MALFORMED_PURL = "malformed-purl"
    """The purl cannot be read, or names what no registry can hold."""
    NO_VERSION = "no-version"
    """There is no version, or in its place something that no registry can hold: a word, a range, an address."""


class SkippedComponent(msgspec.Struct, frozen=True):
    """A component that cannot be looked up, with the reason; it is counted, never dropped in silence.

    Attributes:
        name: what the document calls it, cut to 200 characters, possibly empty.
        reason: why it cannot be looked up.
        detail: the offending purl or a sentence, cut to 200 characters, possibly empty.
    """

    name: str
    reason: SkipReason
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Sbom:
    """What a parser read from one document.

    Attributes:
        format: ``cyclonedx-json``, ``cyclonedx-xml``, ``spdx-json``, ``spdx-tag-value``, ``spdx3-json`` or
            ``syft-json``.
        version: the version that the document states, such as ``1.6`` or ``SPDX-2.3``; empty when it states none.
        document_digest: ``sha256:<hex>`` of the bytes that were read.
        components: purls of the distinct usable components, each with a version, in document order; coordinates alone.
        skipped: the components that cannot be looked up.
        tool: the tools that made the document, as they name themselves; empty when unknown.
        spellings: what the document called a component, where a source may have to be asked with that instead of the
            key; see :mod:`webhook.model.identity`.
        reader: version of the reader, which grows when the same bytes are read as other components.
        locate: gives the components with the contexts of packages of distributions; None where there are none.
        document: the bytes that were read, so that they can be read again; empty where nobody keeps them.
        not_in_image: how many entries the document says are not in the image: excluded, or provided from outside.
        coverage: what of the image it describes; its finder knows.
        not_packages: how many entries are no packages at all, and hence neither usable nor skipped: the image itself,
            its layers, the operating system as such, files.
    """

    format: str
    version: str
    document_digest: str
    components: tuple[Purl, ...]
    skipped: tuple[SkippedComponent, ...] = ()
    tool: str = ""
    not_packages: int = 0
    spellings: Mapping[Purl, tuple[Purl, ...]] = field(default_factory=dict)
    not_in_image: int = 0
    coverage: Coverage = WHOLE
    reader: int = 0
    document: bytes = field(default=b"", repr=False, compare=False)
    locate: Callable[[], tuple[Purl, ...]] | None = field(default=None, repr=False, compare=False)

    @property
    def keys(self) -> tuple[Purl, ...]:
        """The components as the store numbers them: with contexts, see :mod:`webhook.model.distributions`."""
        return self.components if self.locate is None else self.locate()

    @property
    def has_purls(self) -> bool:
        """Whether at least one component is usable; a document without one says nothing about vulnerabilities."""
        return bool(self.components)


def document_digest(data: bytes) -> str:
    """What the bytes of a document are known by, readable or not: ``sha256:<hex>``."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
