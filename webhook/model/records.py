"""Records and queries: what the store shows to people, and how they ask for it."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from webhook.model.components import ComponentState, SkippedComponent
    from webhook.model.downloads import DownloadReport
    from webhook.model.images import Digest
    from webhook.model.purls import Purl
    from webhook.model.vulnerabilities import Vulnerability


class SbomRecord(msgspec.Struct, frozen=True):
    """One SBOM in the store.

    Attributes:
        digest: of the image.
        names: tagged names that point at the digest now.
        document_digest, format, version, tool, place: of the document.
        added_at: when it was stored.
        components: how many usable components it lists.
        skipped: how many cannot be looked up, by reason.
        not_in_image: how many entries are not in the image: excluded, or provided from outside.
        reader: version of the reader that read it.
        has_document: whether its document is kept, or known to be too large for that.
        contents: purl and state of each component; filled by ``show`` only.
        skipped_components: some of the skipped ones, at most 200; filled by ``show`` only.
        guessed: clean ones whose group was perhaps guessed; filled by ``show`` only.
    """

    digest: Digest
    names: tuple[str, ...]
    document_digest: str
    format: str
    version: str
    tool: str
    place: str
    added_at: dt.datetime
    components: int
    skipped: Mapping[str, int]
    reader: int = 0
    has_document: bool = False
    contents: tuple[tuple[Purl, ComponentState], ...] = ()
    skipped_components: tuple[SkippedComponent, ...] = ()
    guessed: frozenset[Purl] = frozenset()
    not_in_image: int = 0


class KeptDocument(msgspec.Struct, frozen=True):
    """A document that an SBOM was read from.

    Attributes:
        digest: of the document.
        data: the document; None when it was too large to be kept, or is damaged.
        size: bytes of it.
        stored_at: when it was kept.
    """

    digest: str
    data: bytes | None
    size: int
    stored_at: dt.datetime


class DocumentCounts(msgspec.Struct, frozen=True):
    """How many documents there are.

    Attributes:
        kept: documents that can be read again.
        too_large: documents of which only the size is kept.
        bytes: room that those kept take, compressed.
    """

    kept: int
    too_large: int
    bytes: int


class OutdatedSbom(msgspec.Struct, frozen=True):
    """An SBOM that an older reader read.

    Attributes:
        number: orders them.
        digest: of the image.
        document_digest: of the document.
    """

    number: int
    digest: Digest
    document_digest: str


class UnreadSbom(msgspec.Struct, frozen=True):
    """An SBOM that an older reader read, and that was not read again yet.

    Attributes:
        digest: of the image.
        document_digest: of the document.
        has_document: whether the document is kept, so that it can be read again.
        is_searchable: whether it was found in a place that can be asked again, such as a registry.
    """

    digest: Digest
    document_digest: str
    has_document: bool
    is_searchable: bool


class OutdatedCounts(msgspec.Struct, frozen=True):
    """How many SBOMs an older reader read, and what became of them.

    Attributes:
        waiting: read again; the source has not answered for all of their components yet.
        unread: not read again yet, though the document is kept.
        without_document: their document is not kept.
        to_ask: components of the waiting ones that the source was never asked for.
    """

    waiting: int
    unread: int
    without_document: int
    to_ask: int


class AdmittedImage(msgspec.Struct, frozen=True):
    """What a tag stood for when an object that names it was admitted.

    Attributes:
        uid: of the object; for Pods, :func:`pods_of` the controller that they were made for.
        name: the tagged name.
        digest: what it was resolved to, and judged as.
        at: when.
        written: when the API server wrote the object that was admitted, in whole seconds; None where it cannot be read.
    """

    uid: str
    name: str
    digest: Digest
    at: dt.datetime
    written: dt.datetime | None = None


def pods_of(uid: str) -> str:
    """Under which what the Pods of a controller were admitted as is kept, apart from the controller itself."""
    return f"{uid}/pods"


class ControllerAccount(msgspec.Struct, frozen=True):
    """An account that makes objects which have a controller.

    Attributes:
        user: its name.
        controller: kind and API version of an owner that such an object stated.
        at: when it was last seen.
    """

    user: str
    controller: str
    at: dt.datetime


class Sighting(msgspec.Struct, frozen=True):
    """An image seen at admission (or running).

    Attributes:
        digest: None when the reference could not be resolved.
        name: the tagged name.
        at: when.
        refused: whether it was denied.
    """

    digest: Digest | None
    name: str
    at: dt.datetime
    refused: bool = False


class AssessmentState(enum.StrEnum):
    """Whether a vulnerability has an assessment in force."""

    UNASSESSED = "unassessed"
    ASSESSED = "assessed"
    EXPIRED = "expired"


class VulnerabilityQuery(msgspec.Struct, frozen=True):
    """Which vulnerabilities to show; each None means any.

    Attributes:
        package: canonical purl without version, or with one to narrow it to that version.
        image: digest or tagged name of an image that contains an affected component.
        score_low, score_high: closed range; a vulnerability without a score matches no range.
        identifier: id or alias.
    """

    package: str | None = None
    image: str | None = None
    score_low: Decimal | None = None
    score_high: Decimal | None = None
    identifier: str | None = None


class VulnerabilityRecord(msgspec.Struct, frozen=True):
    """A vulnerability with the components and images it affects.

    Attributes:
        vulnerability: with its description.
        components: affected components, sorted.
        images: digest and names of images that contain one of them.
        first_seen: when it first entered the store.
    """

    vulnerability: Vulnerability
    components: tuple[Purl, ...]
    images: tuple[tuple[Digest, tuple[str, ...]], ...] = ()
    first_seen: dt.datetime | None = None


class AssessmentQuery(msgspec.Struct, frozen=True):
    """Which assessments to show; each None means any.

    Attributes:
        vulnerability: the name in a record, exactly.
        source: who made it.
        batch: exactly.
        about: vulnerabilities by any of their names, in any case; records under their other names are meant, too.
    """

    vulnerability: str | None = None
    source: str | None = None
    batch: str | None = None
    about: frozenset[str] | None = None


class RunRecord(msgspec.Struct, frozen=True):
    """One run of the downloader.

    Attributes:
        started, finished: UTC.
        report: what it did.
        fence: the fencing number of its lease, by which its log is found; None for old ones, and where nobody asks.
    """

    started: dt.datetime
    finished: dt.datetime
    report: DownloadReport
    fence: int | None = None


class StoreStatus(msgspec.Struct, frozen=True):
    """What ``bomgate db status`` shows.

    Attributes:
        url: the database's address without its password.
        schema: the schema's version; empty when the database is empty.
        expected_schema: the version this program needs.
        revision: newest revision.
        counts: rows by noun: ``components``, ``sboms``, ``images``, ``vulnerabilities``, ``assessments`` and one for
            each component state.
        last_run: the newest run of the downloader.
        usable: whether this program can use the database as it is: it has the expected version, or a newer one that
            says so.
    """

    url: str
    schema: str
    expected_schema: str
    revision: int = 0
    counts: Mapping[str, int] = msgspec.field(default_factory=dict)
    last_run: RunRecord | None = None
    usable: bool = True

    @property
    def is_older(self) -> bool:
        """Whether the schema is of an older program than this one; versions are compared as numbers."""
        numbers = (self.schema, self.expected_schema)
        return all(map(str.isdecimal, numbers)) and int(self.schema) < int(self.expected_schema)
