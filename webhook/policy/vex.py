"""Which VEX statement counts for a vulnerability in a component of an image: evidence below what people decided.

1. A statement counts if its document is trusted where the image is to run: handed in by a person, from a source or
   signed with a key that ``vex.trust`` lists. Nothing else changes anything, in no direction.
2. Of the statements about the same vulnerability (by its id or an alias), image and component the newest wins; of
   those of one time the least favourable does.
3. A winner that says *not affected* or *fixed* makes the finding one that is allowed. Any other changes nothing.
   What loosens has to name image and component exactly (``policy.vexmatching``), to be dated no later than now, and to
   be of a document that is valid; what restricts counts also where only that is in doubt.
4. What is said of one part of an index loosens only if every other part that counts is loosened likewise.
5. What is attached to an image loosens only under the name where it is attached, and where all that is attached there
   is known: whoever may push could attach it to a copy, or hide what is newer. What restricts does so anywhere, even
   once it is taken away.

So no document that is not trusted changes a verdict, and none that restricts makes one milder.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from webhook.model.assessments import Assessment, AssessmentSource, Scope
from webhook.model.looks import is_of, name_of
from webhook.model.vex import KeptVex, VexOriginKind, VexProduct, VexStanding, VexStatement, VexStatus
from webhook.policy.vexlineage import identity, superseded
from webhook.policy.vexmatching import Miss, component_miss, is_named, product_miss, where_named
from webhook.policy.vextrust import NO_TRUST, VexTrust

if TYPE_CHECKING:
    from webhook.model.purls import Purl
    from webhook.model.vulnerabilities import Vulnerability
    from webhook.policy.precedence import Place

_STRICTNESS = {
    VexStatus.FIXED: 0,
    VexStatus.NOT_AFFECTED: 1,
    VexStatus.UNDER_INVESTIGATION: 2,
    VexStatus.AFFECTED: 3,
}
_ATTACHED = VexProduct()
_FORMATS = {"openvex": "OpenVEX", "cyclonedx": "CycloneDX VEX", "csaf": "CSAF"}


class Claim(NamedTuple):
    """A statement with the document that makes it.

    Attributes:
        kept: the document.
        statement: the statement.
        shown: how it is shown when it counts; None when it can loosen nothing.
        superseded_at: from when on a newer version of the document takes its place; None for never.
    """

    kept: KeptVex
    statement: VexStatement
    shown: Assessment | None
    superseded_at: dt.datetime | None

    @property
    def rank(self) -> tuple[dt.datetime, int, str, str]:
        """Sort key: the last one wins."""
        statement = self.statement
        return (statement.at, _STRICTNESS[statement.status], self.kept.document.digest, statement.id)


class Evidence(NamedTuple):
    """What statements say of a vulnerability in a component of an image.

    Attributes:
        claim: the statement that loosens.
        changes: moments at which time alone can change it.
    """

    claim: Claim | None
    changes: tuple[dt.datetime, ...] = ()


_NOTHING = Evidence(None)


class VexIndex:
    """The statements of all documents, found by vulnerability; it never changes.

    Args:
        trust: whose documents count.
        kept: the documents, in any order.
    """

    def __init__(self, trust: VexTrust = NO_TRUST, kept: Iterable[KeptVex] = ()) -> None:
        self.trust = trust
        self.kept = tuple(sorted((held for held in kept if not held.is_removed), key=identity))
        self._claims: dict[tuple[str, str], tuple[Claim, ...]] = {}
        found: dict[tuple[str, str], list[Claim]] = {}
        for claim in self.claims() if self.kept else ():
            if trust.of(claim.kept.origin) is None:
                continue
            for name in dict.fromkeys(map(str.casefold, claim.statement.vulnerabilities)):
                for where in self._where(claim):
                    found.setdefault((name, where), []).append(claim)
        self._claims = {key: tuple(claims) for key, claims in found.items()}
        entries = [entry for held in self.kept for entry in trust.of(held.origin) or ()]
        spaces = {namespace for entry in entries for namespace in entry.namespaces}
        self.namespaces = frozenset(spaces | {held.origin.namespace for held in self.kept if held.origin.namespace})
        attached = [held for held in self.kept if held.origin.kind is VexOriginKind.ATTESTATION]
        self._short = {(held.origin.image, name_of(held.origin.place)) for held in attached if held.trouble}
        by_name = any(":" not in where or not where.startswith("sha") for _, where in self._claims)
        is_trusted = any(trust.of(held.origin) is not None for held in attached)
        self.has_image_scopes = by_name or is_trusted or (bool(self.kept) and any(entry.images for entry in entries))

    def __bool__(self) -> bool:
        return bool(self._claims)

    @property
    def incomplete(self) -> int:
        """How many images there are of which not all that is attached is known."""
        return len({image for image, _ in self._short})

    @cached_property
    def by_name(self) -> Mapping[str, Sequence[Claim]]:
        """Every statement, trusted or not, by the names of vulnerabilities in lower case; made when it is asked for."""
        found: dict[str, list[Claim]] = {}
        for claim in self.claims():
            for name in dict.fromkeys(map(str.casefold, claim.statement.vulnerabilities)):
                found.setdefault(name, []).append(claim)
        return found

    def claims(self) -> Iterator[Claim]:
        """Every statement of every document, trusted or not."""
        followers = superseded(self.kept)
        for held in self.kept:
            for statement in held.document.statements:
                loosens = statement.status.loosens and not statement.flaw
                for_loosening, for_restricting = followers.get(identity(held), (None, None))
                at = for_loosening if statement.status.loosens else for_restricting
                yield Claim(held, statement, shown(held, statement) if loosens else None, at)

    def evidence(self, vulnerability: Vulnerability, purl: Purl, place: Place, now: dt.datetime) -> Evidence:
        """What counts for a vulnerability in a component.

        Args:
            vulnerability: its id and its aliases count.
            purl: the component.
            place: the image, and where it is to run; nothing counts where its digest is not known.
            now: UTC, aware.
        """
        if place.digest is None:
            return _NOTHING
        there = dict(self._named(vulnerability, _whereabouts(place)))
        if not there:
            return _NOTHING
        there.update(self._named(vulnerability, parts_of(there.values(), place)))
        claims = [claim for claim in there.values() if self.counts_at(claim.kept, place, now)]
        changes = tuple(_changes(claims, now))
        winners = [self._winner(claims, purl, place, part, now) for part in parts_of(claims, place)]
        loosening = [winner for winner in winners if winner is not None and winner.statement.status.loosens]
        if not loosening or len(loosening) < len(winners):
            return Evidence(None, changes)
        return Evidence(min(loosening, key=_rank), changes)

    def may_speak_of(self, names: Iterable[str], place: Place) -> bool:
        """Whether there may be evidence in a place for vulnerabilities of these names, in lower case."""
        return any((name, where) in self._claims for where in _whereabouts(place) if where for name in names)

    def _winner(self, claims: Iterable[Claim], purl: Purl, place: Place, part: str, now: dt.datetime) -> Claim | None:
        unversioned = self.trust.unversioned
        fitting = [
            claim
            for claim in claims
            if doubt(claim, now) in (None, Miss.STATUS)
            and self.elsewhere(claim, place) is None
            and about(claim, purl, place, part, unversioned=unversioned) is None
        ]
        return max(fitting, key=_rank, default=None)

    def elsewhere(self, claim: Claim, place: Place) -> Miss | None:
        """Why a statement that loosens may have been attached by somebody else, or be hidden from what is newer."""
        origin = claim.kept.origin
        if origin.kind is not VexOriginKind.ATTESTATION or not claim.statement.status.loosens:
            return None
        if place.image is None or not is_of(origin.place, place.image.name):
            return Miss.PLACE
        return Miss.INCOMPLETE if (origin.image, place.image.name) in self._short else None

    def counts_at(self, kept: KeptVex, place: Place, now: dt.datetime) -> bool:
        """Whether a document is trusted in a place, and has not expired."""
        entries = self.trust.of(kept.origin)
        if entries is None or (kept.until is not None and now >= kept.until):
            return False
        if kept.origin.namespace and kept.origin.namespace != place.namespace:
            return False
        return not entries or any(entry.holds(place) for entry in entries)

    def _where(self, claim: Claim) -> set[str]:
        """Digests and repositories of the images that a claim may be about."""
        restricts = not claim.statement.status.loosens
        unversioned = self.trust.unversioned or restricts
        products, origin = claim.statement.products or (_ATTACHED,), claim.kept.origin
        return set().union(
            *(where_named(product, origin, unversioned=unversioned, restricts=restricts) for product in products)
        )

    def _named(self, vulnerability: Vulnerability, where: Iterable[str | None]) -> Iterator[tuple[int, Claim]]:
        """The claims about a vulnerability in some images, each with its identity."""
        places = [place for place in where if place]
        for folded in map(str.casefold, vulnerability.identifiers):
            for place in places:
                for claim in self._claims.get((folded, place), ()):
                    if not claim.statement.status.loosens or is_named(claim.statement, vulnerability):
                        yield id(claim), claim


def doubt(claim: Claim, now: dt.datetime) -> Miss | None:
    """Why a statement cannot loosen anything, whatever it is about; None when it can."""
    is_superseded = claim.superseded_at is not None and claim.superseded_at <= now
    if is_superseded or claim.kept.document.standing is not VexStanding.VALID:
        return Miss.STANDING
    if not claim.statement.status.loosens:
        return Miss.STATUS
    if claim.statement.flaw:
        return Miss.FLAW
    return Miss.FUTURE if claim.statement.at > now else None


def about(claim: Claim, purl: Purl, place: Place, part: str, *, unversioned: bool) -> Miss | None:
    """Why a statement is not about a component of an image; None when it is.

    A restricting one is about whatever it may mean.

    Args:
        claim: the statement.
        purl: the component.
        place: the image.
        part: digest of the part of the image that is asked about; that of the image for all of it.
        unversioned: whether names without a version are enough.
    """
    statement, origin = claim.statement, claim.kept.origin
    restricts = not statement.status.loosens
    unversioned = unversioned or restricts
    misses = []
    for product in statement.products or (_ATTACHED,):
        miss, packages = product_miss(product, origin, place, part, unversioned=unversioned, restricts=restricts)
        if miss is None or miss is Miss.UNVERSIONED_PRODUCT:
            names = packages or product.components
            versions = product.versions
            miss = component_miss(names, versions, purl, unversioned=unversioned, restricts=restricts) or miss
        if miss is None:
            return None
        misses.append(miss)
    return max(misses)


def _whereabouts(place: Place) -> Sequence[str | None]:
    """By what claims about an image are found."""
    return (place.digest, *(() if place.image is None else (*place.image.names, place.image.digest)))


def parts_of(claims: Iterable[Claim], place: Place) -> list[str]:
    """Digests of the parts of an image that have to be loosened each; that of the image where no part is known."""
    mine = {part for claim in claims for part in claim.kept.origin.parts if claim.kept.origin.image == place.digest}
    return sorted(mine) or [str(place.digest)]


def shown(kept: KeptVex, statement: VexStatement) -> Assessment:
    """A statement that loosens as findings show it."""
    document = kept.document
    why = ": ".join(filter(None, (statement.justification, statement.remark)))
    version = f" version {document.version}" if document.version else ""
    return Assessment(
        vulnerability=statement.vulnerabilities[0],
        type=f"VEX {statement.status}",
        scope=Scope(),
        source=AssessmentSource.VEX,
        author=document.author or "an unnamed author",
        comment=why,
        assessed_at=statement.at,
        until=kept.until,
        rule=f"{_FORMATS[document.format]} {document.id}{version}, statement {statement.id}",
        recorded_by=f"{kept.origin.kind} {kept.origin.name}",
    )


def _rank(claim: Claim) -> tuple[dt.datetime, int, str, str]:
    return claim.rank


def _changes(claims: Iterable[Claim], now: dt.datetime) -> Iterator[dt.datetime]:
    for claim in claims:
        if claim.kept.until is not None:
            yield claim.kept.until
        if claim.superseded_at is not None and claim.superseded_at > now:
            yield claim.superseded_at
        if claim.statement.at > now and claim.statement.status.loosens:
            yield claim.statement.at


NO_VEX = VexIndex()
