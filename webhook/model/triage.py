"""Triage: what people ask of long lists, and the lines that they get.

Lists are read in pages, each from a key on. A key is what the order of the list is made of: it stays valid whatever is
added or removed meanwhile.
"""

from __future__ import annotations

import datetime as dt
import enum
import re
from collections.abc import Mapping, Sequence
from typing import Generic, TypeVar
from urllib.parse import quote

import msgspec
from msgspec.structs import replace

from webhook.errors import InvalidInput
from webhook.model.assessments import Assessment
from webhook.model.components import ComponentState
from webhook.model.ecosystems import TYPES
from webhook.model.purls import Purl, parse_purl
from webhook.model.uncovered import Uncovered
from webhook.model.vulnerabilities import Vulnerability

Key = tuple[int | str, ...]
"""Where a page ends: numbers and texts, as the order of its list has them."""
T = TypeVar("T")
ANY_TYPE = "pkg:*/"
"""How a pattern for the ends of purls begins."""
_SCOPE = re.compile(r"(pkg:npm/)(?:@|%40)([^/@]+)/?")
_TYPE = re.compile(r"[A-Za-z][A-Za-z0-9.-]*")


class Page(msgspec.Struct, Generic[T], frozen=True):
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


class VulnerabilityLine(msgspec.Struct, frozen=True):
    """A vulnerability in the store.

    Attributes:
        vulnerability: without its description, unless one was asked for alone.
        first_seen: when it entered the store.
        components: number and purl of each component that it affects now.
    """

    vulnerability: Vulnerability
    first_seen: dt.datetime
    components: tuple[tuple[int, Purl], ...] = ()


class PackageScan(msgspec.Struct, frozen=True):
    """Which packages the store gives; each None means any.

    Attributes:
        name: the last part of the purl, with ``*`` wildcards; a purl without version when it begins with ``pkg:``, and
            the end of one, in any case, when it begins with ``pkg:*/``.
        type: such as ``maven``.
        version: with wildcards.
    """

    name: str | None = None
    type: str | None = None
    version: str | None = None

    @classmethod
    def of(cls, text: str | None, kind: str | None = None) -> PackageScan:
        """What somebody looks for, in whatever spelling of a purl, or as package managers write names.

        Args:
            text: with wildcards: a purl; a name, also with a version (``lodash@4.17.20``) or behind a type
                (``npm lodash``); a path (``@angular/core``, ``org.x:core:1.0``, ``github.com/x/y``).
            kind: such as ``maven``.
        """
        if not text:
            return cls(text, kind)
        if not text.startswith("pkg:"):
            return cls._of_name(text.strip(), kind)
        if scope := _SCOPE.fullmatch(text):
            return cls(f"{scope[1]}%40{scope[2]}/*", kind)
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

    @classmethod
    def _of_name(cls, text: str, kind: str | None) -> PackageScan:
        """A name or path, possibly with a version."""
        word, blank, rest = text.partition(" ")
        if blank and kind is None and _TYPE.fullmatch(word):
            found = cls._of_name(rest.strip(), TYPES.get(word.lower(), word.lower()))
            return found if found.by_path else replace(found, name=f"{ANY_TYPE}{found.name}")
        scope = text[:1] if text.startswith("@") else ""
        path, _, version = text.removeprefix(scope).partition("@")
        if "/" not in path and ":" in path:  # Maven's coordinates
            group, _, name = path.partition(":")
            name, _, stated = name.partition(":")
            path, version = f"{group}/{name}", version or stated
        if not (scope or version or "/" in path):
            return cls(text, kind)
        path = f"{path}/*" if scope and "/" not in path else path
        whole = quote(f"{scope}{path}", safe="/:*%").lower()
        return cls(f"{ANY_TYPE}{whole}", kind, version or None)

    @property
    def version_glob(self) -> str | None:
        """The version as a glob; it has no wildcard but ``*``."""
        return None if self.version is None else self.version.replace("[", "[[]").replace("?", "[?]")

    @property
    def pattern(self) -> str | None:
        """Type, name and version in one."""
        name = self.name
        if name is not None and self.type is not None and self.by_path:
            name = f"pkg:{self.type}*/{name.removeprefix(ANY_TYPE)}"
        return name if self.version is None else f"{name}@{self.version}"

    @property
    def by_purl(self) -> bool:
        """Whether the list is in order of purls, as an index has them by type, and not of names."""
        return self.name.startswith("pkg:") if self.name else self.type is not None

    @property
    def by_path(self) -> bool:
        """Whether the end of a purl is meant."""
        return self.name is not None and self.name.startswith(ANY_TYPE)

    @property
    def is_exact(self) -> bool:
        """Whether one package is meant, by its purl."""
        return self.name is not None and self.name.startswith("pkg:") and "*" not in self.name


class ComponentLine(msgspec.Struct, frozen=True):
    """A component in the store.

    Attributes:
        number: of the component.
        purl: with its version.
        state: what is known of it.
        answered_at: when the source last answered; None when it never did.
        vulnerabilities: identifiers, sorted.
        uncovered: why no source covers it; None where one does.
    """

    number: int
    purl: Purl
    state: ComponentState
    answered_at: dt.datetime | None
    vulnerabilities: tuple[str, ...] = ()
    uncovered: Uncovered | None = None


class PackageLine(msgspec.Struct, frozen=True):
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


class AssessmentScan(msgspec.Struct, frozen=True):
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
        names: any of these names of a vulnerability, in lower case; records in any spelling.
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
    names: frozenset[str] | None = None

    @property
    def by_end(self) -> bool:
        """Whether the order is by the end: the soonest first."""
        return self.ends_after is not None or self.ends_before is not None


class AssessmentLine(msgspec.Struct, frozen=True):
    """A record and its place in the order that was asked for."""

    assessment: Assessment
    key: Key


class AuditNote(msgspec.Struct, frozen=True):
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
    detail: Mapping[str, str] = msgspec.field(default_factory=dict)


class AuditLine(msgspec.Struct, frozen=True):
    """One row of the audit log."""

    number: int
    at: dt.datetime
    note: AuditNote
    batch: str


class AuditScan(msgspec.Struct, frozen=True):
    """Which rows of the audit log are given, newest first; each None means any."""

    actor: str | None = None
    action: str | None = None
    batch: str | None = None
