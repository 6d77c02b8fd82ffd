"""Vulnerabilities as bomgate keeps them, normalised from what a source said."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import NamedTuple

import msgspec

from webhook.model.exploitation import Exploitation
from webhook.model.purls import Purl

ASKED = "ossindex"
"""The source whose answers are kept with the components; what other sources say is matched."""


class Rescored(msgspec.Struct, frozen=True):
    """The last time that a source gave a vulnerability another score.

    Attributes:
        former: the score before; None when there was none.
        at: when bomgate learnt of it, UTC.
    """

    former: Decimal | None
    at: dt.datetime


class Vulnerability(msgspec.Struct, frozen=True):
    """One vulnerability, as the newest answer described it.

    Attributes:
        id: the source's identifier, such as ``CVE-2021-44228``, kept as given.
        aliases: other identifiers of the same vulnerability, sorted, without ``id``.
        title: one line, possibly empty.
        description: text, possibly empty.
        cvss_score: 0.0 to 10.0, or None when the source gave no score (None is not 0.0).
        cvss_vector: the vector as given, or None.
        cwe: such as ``CWE-502``, or None.
        reference: URL of the source's page, without tracking parameters; possibly empty.
        source: who said so, such as ``ossindex``.
        scored_from_vector: whether the source gave no score, so that it is that of the vector.
        score_origin: whose score it is when the source gave neither a score nor a vector: an id, such as
            ``CVE-2023-0286``, the id behind ``ossindex:``, or the source's word behind ``word:``; empty otherwise.
        rejected: whether the source says that the identifier was rejected or withdrawn.
        rescored: the last change of the score, as the store saw it; None when there was none.
        fixed: of a vulnerability in a component, the next version that does not have it; empty where none is known.
        exploitation: what is known of attacks on it; None where nothing is.
    """

    id: str
    title: str = ""
    cvss_score: Decimal | None = None
    cvss_vector: str | None = None
    reference: str = ""
    aliases: tuple[str, ...] = ()
    description: str = ""
    cwe: str | None = None
    source: str = "ossindex"
    external_references: tuple[str, ...] = ()
    scored_from_vector: bool = False
    score_origin: str = ""
    rejected: bool = False
    rescored: Rescored | None = None
    fixed: str = ""
    exploitation: Exploitation | None = None

    @property
    def identifiers(self) -> tuple[str, ...]:
        """``id`` and all aliases."""
        return (self.id, *self.aliases)


class ComponentAnswer(NamedTuple):
    """What a vulnerability source answered for one component; an empty tuple means *known and clean*.

    A component that a source left out of its answer has no ComponentAnswer: absence is unknown, never clean.

    Attributes:
        complete: False when some of the forms in which it was asked for got no answer; what was known of it before
            then stays.
        spellings: which of the component's spellings the question knew of.
    """

    purl: Purl
    vulnerabilities: tuple[Vulnerability, ...]
    answered_at: dt.datetime
    complete: bool = True
    spellings: tuple[Purl, ...] = ()
