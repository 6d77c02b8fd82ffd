"""Advisories: what a source of the OSV format says of a vulnerability, reduced to what matching and people need.

They are kept as MessagePack, whole sets at a time, so these are arrays of few fields in a fixed order.
Source: the OSV schema 1.7, https://ossf.github.io/osv-schema/.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import msgspec

from webhook.model.components import ComponentState
from webhook.model.purls import Purl
from webhook.model.uncovered import Uncovered
from webhook.model.vulnerabilities import Vulnerability

FORMAT = 8
"""Version of how sets are kept; sets of another are read from their source again."""


class Advisory(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One record.

    Attributes:
        id: such as ``GHSA-jfh8-c2jp-5v3q`` or ``DEBIAN-CVE-2021-44228``.
        aliases: further ids of the same vulnerability, sorted.
        parts: ids of the vulnerabilities that an advisory about several of them is about, sorted.
        summary: one line, possibly empty.
        vector: the CVSS vector with the highest score; empty without one.
        reference: URL of a page; possibly empty.
        details: the beginning of the text.
        word: what the source calls its severity, in lower case; possibly empty.
        ended: releases that get no fix any more, such as ``Debian:10``, sorted.
    """

    id: str
    aliases: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    summary: str = ""
    vector: str = ""
    reference: str = ""
    details: str = ""
    word: str = ""
    ended: tuple[str, ...] = ()


class Interval(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Versions from one on.

    Attributes:
        introduced: the first; ``0`` for all before the end.
        fixed: the first that is not affected any more; empty when there is none.
        last: the last that is affected; empty when that is not said.
    """

    introduced: str
    fixed: str = ""
    last: str = ""


class AffectedVersions(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """The versions of a package that one advisory is about.

    Attributes:
        advisory: its place in the set.
        intervals: of versions.
        versions: further versions, listed.
        is_unreadable: whether something was said of versions that cannot be read.
    """

    advisory: int
    intervals: tuple[Interval, ...] = ()
    versions: tuple[str, ...] = ()
    is_unreadable: bool = False


class AdvisorySet(msgspec.Struct, gc=False):
    """The advisories of one ecosystem of one source.

    Attributes:
        advisories: the records.
        packages: by :func:`webhook.policy.advisorykeys.advisory_keys` what is affected.
        counts: how many records were left out, by reason.
        newest: the latest ``modified`` of a record that is a time and not to come, as it is written.
        format: see :data:`FORMAT`.
    """

    advisories: list[Advisory] = msgspec.field(default_factory=list)
    packages: dict[str, list[AffectedVersions]] = msgspec.field(default_factory=dict)
    counts: dict[str, int] = msgspec.field(default_factory=dict)
    newest: str = ""
    format: int = FORMAT


class ListedRecord(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One record that a set was made from, also where it does not count.

    Attributes:
        modified: when it says that it was modified, as it is written; empty when it could not be read.
        reasons: why it, or a part of it, was left out.
    """

    modified: str
    reasons: tuple[str, ...] = ()


class RecordList(msgspec.Struct, frozen=True, gc=False):
    """All records that a set was made from.

    Attributes:
        whole_at: when the set was last read as a whole, in seconds since 1970.
        records: by id.
    """

    whole_at: int
    records: dict[str, ListedRecord]


class FormerSet(msgspec.Struct, frozen=True):
    """A set as it is here, with the records that it was made from."""

    content: AdvisorySet
    listed: RecordList


class AdvisorySetInfo(msgspec.Struct, frozen=True):
    """What is known of a set without reading it.

    Attributes:
        source: name of the source.
        ecosystem: such as ``Debian``.
        digest: ``sha256:<hex>`` of the bytes it was read from.
        tag: what the server called this version of it (``ETag``); possibly empty.
        checked_at: when the source last said that this is its newest version, UTC.
        changed_at: when it last became another, UTC.
        advisories: how many records count.
        counts: how many were left out, by reason.
        newest: the latest ``modified`` of a record; empty when that is not known.
        is_unreadable: whether the program that tried last could not read what is kept.
        signature: the digest that was signed, and the fingerprint of the key; empty when no key was asked for.
    """

    source: str
    ecosystem: str
    digest: str
    tag: str
    checked_at: dt.datetime
    changed_at: dt.datetime
    advisories: int
    counts: dict[str, int] = msgspec.field(default_factory=dict)
    newest: str = ""
    is_unreadable: bool = False
    signature: str = ""


class FetchedSet(msgspec.Struct, frozen=True):
    """What a source has of an ecosystem now.

    Attributes:
        source: name of the source.
        ecosystem: such as ``Debian``.
        digest: of the bytes that it was read from; where records alone were replaced, of the former one and these.
        tag: what the server calls this version; possibly empty.
        content: the advisories; None when they are what is known already.
        listed: the records that it was made from, where the source can be asked for single ones.
        signature: the digest that was signed, and the fingerprint of the key; empty where no key is asked for.
        checked_at: when whoever hands it on was last told that this is the newest version, UTC; None: just now.
        unread: ids of records of which not all could be read; what the former set has of them is to stay.
    """

    source: str
    ecosystem: str
    digest: str
    tag: str
    content: AdvisorySet | None
    listed: RecordList | None = None
    signature: str = ""
    checked_at: dt.datetime | None = None
    unread: frozenset[str] = frozenset()


class Unread(msgspec.Struct, frozen=True):
    """That not all sets of a component's ecosystem can be read; what the others said before stays.

    Attributes:
        sources: whose set cannot be read.
        rest: what those say that can be read.
    """

    sources: frozenset[str]
    rest: ComponentState


class ComponentMatch(msgspec.Struct, frozen=True):
    """What advisories say of a component of the store.

    Attributes:
        number: its id.
        purl: its key.
        ecosystem: whose advisories cover it; empty when none do.
        state: of it, by advisories alone.
        vulnerabilities: those that it has.
        fixed: by id of a vulnerability, the next version that does not have it, where one is known.
        answered_at: when its advisories were last checked, UTC.
        sources: by id of a vulnerability, who says so; where that is not the vulnerability's source alone.
        unread: where sets cannot be read; the state is then that of a component of which nothing is known yet.
        uncovered: why no advisory is about it, where none is.
    """

    number: int
    purl: Purl
    ecosystem: str
    state: ComponentState
    vulnerabilities: tuple[Vulnerability, ...]
    fixed: Mapping[str, str]
    answered_at: dt.datetime
    sources: Mapping[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    unread: Unread | None = None
    uncovered: Uncovered = Uncovered.NO_SOURCE


class MatchedEcosystem(msgspec.Struct, frozen=True):
    """With which sets the components of an ecosystem were matched.

    Attributes:
        name: such as ``Debian``.
        mark: of the sets, as :func:`webhook.policy.advisorymarks.marks_of` makes it.
        checked_at: when these sets were last checked, UTC.
    """

    name: str
    mark: str
    checked_at: dt.datetime


class MatchProgress(msgspec.Struct, frozen=True):
    """With which sets the components of the store were matched.

    Attributes:
        fingerprint: of all sets, when scores that they borrow from each other were last settled; empty before.
        through: the id of the last component that was matched; -1 before the first.
        newest: the id of the last component that there is; -1 when there is none.
        marks: of the sets that each ecosystem was matched with.
    """

    fingerprint: str
    through: int
    newest: int
    marks: Mapping[str, str] = msgspec.field(default_factory=dict)
