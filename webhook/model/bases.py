"""Bases: a whole read model as of one position, such as a mapped file has it."""

from __future__ import annotations

import mmap
from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from webhook.model.assessments import Assessment, StoredType
from webhook.model.changes import Position
from webhook.model.images import Digest
from webhook.model.imagesboms import ImageSboms
from webhook.model.purls import Purl
from webhook.model.vex import KeptVex
from webhook.model.vulnerabilities import Vulnerability

_NO_FIX: Mapping[str, str] = {}


class ComponentFindings(NamedTuple):
    """What is known of a vulnerable component.

    Attributes:
        purl: of the component.
        vulnerabilities: their ids, as the newest answer names them.
        fixed: the next version without a vulnerability, by its id, where one is known.
    """

    purl: Purl
    vulnerabilities: tuple[str, ...]
    fixed: Mapping[str, str] = _NO_FIX


Key = tuple[str, str | None]
"""Of records of assessments: the vulnerability in lower case, and the package or None."""


class KeptAssessments(msgspec.Struct, frozen=True):
    """The assessments that can still matter, as an index finds them.

    Attributes:
        records: by vulnerability and package, the strongest claim first.
        withdrawals: records that withdraw others.
        former: other spellings that records use, by package.
        namespaces: to which records are narrowed.
        has_images: whether a record is narrowed to images.
    """

    records: Mapping[Key, tuple[Assessment, ...]] = msgspec.field(default_factory=dict)
    withdrawals: tuple[Assessment, ...] = ()
    former: Mapping[str, frozenset[str]] = msgspec.field(default_factory=dict)
    namespaces: frozenset[str] = frozenset()
    has_images: bool = False


class Base(msgspec.Struct, frozen=True):
    """A whole read model.

    Attributes:
        position: of the store that it is as of.
        size: how many components; their numbers are smaller.
        states: one ``ComponentState`` byte each, and perhaps room for more. Memory that can be written is this
            process's alone, however many share the pages that nobody has written.
        answered_at: when a source that is asked last answered, seconds since 1970, four bytes each in the machine's
            order; 0 when it never did. Otherwise as ``states``.
        newest_answer: the largest of them.
        ecosystems: one byte each: whose advisories say something of it; 0 for none, or the number of the reason why no
            source covers it. Otherwise as ``states``.
        checked_at: by ecosystem when its advisories were last checked, seconds since 1970.
        images: SBOMs by digest.
        findings: of the vulnerable components, by number.
        vulnerabilities: by id, without their descriptions.
        tags: newest digest of each tagged name.
        assessments: those that can still matter.
        types: those that the store keeps, in order of their names.
        doubtful: of the components, those of Maven whose group equals their artifact.
        told: packages of these of which the source ever told a vulnerability.
        vex: VEX documents.
    """

    position: Position
    size: int = 0
    states: bytes | bytearray | mmap.mmap = b""
    answered_at: bytes | bytearray | mmap.mmap = b""
    newest_answer: int = 0
    ecosystems: bytes | bytearray | mmap.mmap = b""
    checked_at: Mapping[int, int] = msgspec.field(default_factory=dict)
    images: Mapping[Digest, ImageSboms] = msgspec.field(default_factory=dict)
    findings: Mapping[int, ComponentFindings] = msgspec.field(default_factory=dict)
    vulnerabilities: Mapping[str, Vulnerability] = msgspec.field(default_factory=dict)
    tags: Mapping[str, Digest] = msgspec.field(default_factory=dict)
    assessments: KeptAssessments = KeptAssessments()
    types: tuple[StoredType, ...] = ()
    doubtful: Mapping[int, Purl] = msgspec.field(default_factory=dict)
    told: frozenset[str] = frozenset()
    vex: tuple[KeptVex, ...] = ()
