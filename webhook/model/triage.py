"""Triage: what people ask of long lists, and the lines that they get.

Lists are read in pages, each from a key on. A key is what the order of the list is made of: it stays valid whatever is
added or removed meanwhile.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from webhook.errors import InvalidInput
from webhook.model.assessments import Assessment
from webhook.model.components import ComponentState
from webhook.model.purls import Purl, parse_purl
from webhook.model.vulnerabilities import Vulnerability

Key = tuple[int | str, ...]
"""Where a page ends: numbers and texts, as the order of its list has them."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A part of a list.

    Attributes:
        items: in order.
        after: the key behind which the next page begins; None at the end of the list.
    """

    items: Sequence[T]
    after: Key | None = None


class VulnerabilityOrder(enum.StrEnum):
    """How vulnerabilities are sorted; each order has an index."""

    SCORE = "score"
    """The highest score first."""
    NEWEST = "newest"
    """The last seen for the first time first."""
    ID = "id"


@dataclass(frozen=True, slots=True)
class VulnerabilityLine:
    """A vulnerability in the store.

    Attributes:
        vulnerability: without its description, unless one was asked for alone.
        first_seen: when it entered the store.
        components: number and purl of each component that it affects now.
    """

    vulnerability: Vulnerability
    first_seen: dt.datetime
    components: tuple[tuple[int, Purl], ...] = ()


@dataclass(frozen=True, slots=True)
class PackageScan:
    """Which packages the store gives; each None means any.

    Attributes:
        name: the last part of the purl, with ``*`` wildcards; a purl without version when it begins with ``pkg:``.
        type: such as ``maven``.
        version: of a package that is named by its whole purl, with wildcards.
    """

    name: str | None = None
    type: str | None = None
    version: str | None = None

    @classmethod
    def of(cls, text: str | None, kind: str | None = None) -> PackageScan:
        """What somebody looks for, in whatever spelling of a purl; what is no purl stays as it is.

        Args:
            text: a name or a purl, with wildcards.
            kind: such as ``maven``.
        """
        if not text or not text.startswith("pkg:"):
            return cls(text, kind)
        head, at, version = text.rpartition("@")
        is_of_version = bool(at) and "*" in version and "*" not in head
        try:
            if "*" not in text:
                purl = parse_purl(text)
                return cls(purl.package, kind, purl.version or None)
            if is_of_version:
                return cls(parse_purl(head).package, kind, version)
        except InvalidInput:
            pass
        return cls(text.replace("/@", "/%40"), kind)

    @property
    def version_glob(self) -> str | None:
        """The version as a glob; it has no wildcard but ``*``."""
        return None if self.version is None else self.version.replace("[", "[[]").replace("?", "[?]")

    @property
    def pattern(self) -> str | None:
        """Name and version in one."""
        return self.name if self.version is None else f"{self.name}@{self.version}"

    @property
    def by_purl(self) -> bool:
        """Whether the list is in order of purls, as an index has them by type, and not of names."""
        return self.name.startswith("pkg:") if self.name else self.type is not None


@dataclass(frozen=True, slots=True)
class ComponentLine:
    """A component in the store.

    Attributes:
        number: of the component.
        purl: with its version.
        state: what is known of it.
        answered_at: when the source last answered; None when it never did.
        vulnerabilities: identifiers, sorted.
    """

    number: int
    purl: Purl
    state: ComponentState
    answered_at: dt.datetime | None
    vulnerabilities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PackageLine:
    """A package with its versions in use.

    Attributes:
        package: purl without version.
        name: the last part of the purl, in lower case; with the package the key of the list.
        versions: some of its components, in order of their purls; see ``more``.
        more: whether there are further ones.
    """

    package: str
    name: str
    versions: tuple[ComponentLine, ...] = ()
    more: bool = False


@dataclass(frozen=True, slots=True)
class AssessmentScan:
    """Which records the store gives, newest first; each None means any.

    Attributes:
        vulnerability: in the spelling of the record.
        author: exactly.
        type: exactly.
        batch: exactly.
        by_hand: only those that people made.
        ended_before, ends_before, ends_after: when they stop counting. With one of these the order is by that time.
        since: recorded then or later.
        package: purl without version.
        withdrawals: only those that withdraw others, or only the rest.
        ended_at: only those whose end had come then.
        going_on_at: only those whose end had not come then.
    """

    vulnerability: str | None = None
    author: str | None = None
    type: str | None = None
    batch: str | None = None
    by_hand: bool = False
    ends_after: dt.datetime | None = None
    ends_before: dt.datetime | None = None
    since: dt.datetime | None = None
    package: str | None = None
    withdrawals: bool | None = None
    ended_at: dt.datetime | None = None
    going_on_at: dt.datetime | None = None

    @property
    def by_end(self) -> bool:
        """Whether the order is by the end: the soonest first."""
        return self.ends_after is not None or self.ends_before is not None


@dataclass(frozen=True, slots=True)
class AssessmentLine:
    """A record and its place in the order that was asked for."""

    assessment: Assessment
    key: Key


@dataclass(frozen=True, slots=True)
class AuditNote:
    """Who changes what, as it is kept beside the change.

    Attributes:
        actor: the person.
        recorded_by: account and machine, or the address of a browser.
        action: a word, such as ``assess``, ``undo``, ``withdraw`` or ``edit-type``.
        subject: what it is about.
        detail: further facts by name.
    """

    actor: str
    recorded_by: str
    action: str
    subject: str
    detail: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One row of the audit log."""

    number: int
    at: dt.datetime
    note: AuditNote
    batch: str


@dataclass(frozen=True, slots=True)
class AuditScan:
    """Which rows of the audit log are given, newest first; each None means any."""

    actor: str | None = None
    action: str | None = None
    batch: str | None = None
