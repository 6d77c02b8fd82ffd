"""Why each VEX statement did what it did for an image: what it loosened, or how near it came to that.

A statement that did nothing is told by its nearest miss: of all components with the vulnerability the one for which
the fewest conditions were left.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from webhook.model.looks import name_of
from webhook.policy.advisories import is_malicious
from webhook.policy.phrases import moment
from webhook.policy.vex import Claim, about, doubt, parts_of
from webhook.policy.vexmatching import Miss, is_named

if TYPE_CHECKING:
    from webhook.model.changes import VulnerableComponent
    from webhook.model.purls import Purl
    from webhook.model.vex import KeptVex
    from webhook.model.vulnerabilities import Vulnerability
    from webhook.policy.matching import AssessmentIndex
    from webhook.policy.precedence import Place

_MOST_NAMES = 3
_OTHERWISE = "it was also looked at with other credentials, which did not see all"


@dataclass(frozen=True, slots=True)
class ExplainedClaim:
    """What became of a statement.

    Attributes:
        claim: the statement.
        loosened: component and vulnerability of each finding that it made one that is allowed.
        miss: why it did nothing, by its nearest miss; None when it did something.
        detail: the same in a sentence, with what was compared.
        remedy: what helps; possibly empty.
    """

    claim: Claim
    loosened: tuple[tuple[Purl, str], ...] = ()
    miss: Miss | None = None
    detail: str = ""
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class _Near:
    """A component with a vulnerability that a statement names, and what keeps the statement from loosening it."""

    miss: Miss
    purl: Purl
    vulnerability: Vulnerability
    winner: Claim | None = None
    decided: str = ""


def explain_vex(
    index: AssessmentIndex,
    vulnerable: Sequence[VulnerableComponent],
    place: Place,
    now: dt.datetime,
    claims: Iterable[Claim] | None = None,
) -> tuple[ExplainedClaim, ...]:
    """What each statement of each document did for an image, in the order of the documents.

    Args:
        index: the assessments, with the statements.
        vulnerable: components of the image with their vulnerabilities.
        place: the image, and where it is to run.
        now: UTC, aware.
        claims: of the index; None means all.
    """
    by_name: dict[str, list[tuple[Purl, Vulnerability]]] = {}
    for component in vulnerable:
        for vulnerability in component.vulnerabilities:
            for name in {name.casefold() for name in vulnerability.identifiers}:
                by_name.setdefault(name, []).append((component.purl, vulnerability))
    wanted = index.vex.claims() if claims is None else claims
    return tuple(_explained(claim, by_name, index, place, now) for claim in wanted)


def _explained(
    claim: Claim,
    by_name: Mapping[str, Sequence[tuple[Purl, Vulnerability]]],
    index: AssessmentIndex,
    place: Place,
    now: dt.datetime,
) -> ExplainedClaim:
    names = dict.fromkeys(name.casefold() for name in claim.statement.vulnerabilities)
    pairs = dict.fromkeys((purl, one.id) for name in names for purl, one in by_name.get(name, ()))
    known = {(purl, one.id): one for name in names for purl, one in by_name.get(name, ())}
    loosened, nearest = [], None
    for purl, identifier in pairs:
        near = _near(claim, purl, known[purl, identifier], index, place, now)
        if near is None:
            loosened.append((purl, identifier))
        elif nearest is None or near.miss > nearest.miss:
            nearest = near
    if loosened:
        return ExplainedClaim(claim, tuple(loosened))
    if nearest is None:
        said = ", ".join(claim.statement.vulnerabilities[:_MOST_NAMES]) or "no vulnerability"
        detail = f"no component of the image has {said}, as far as it is known"
        return ExplainedClaim(claim, (), Miss.VULNERABILITY, detail)
    return ExplainedClaim(claim, (), nearest.miss, _detail(claim, nearest, place), _REMEDIES.get(nearest.miss, ""))


def _near(
    claim: Claim, purl: Purl, vulnerability: Vulnerability, index: AssessmentIndex, place: Place, now: dt.datetime
) -> _Near | None:
    """What keeps a statement from loosening a finding; None when it does loosen it."""
    vex = index.vex
    if claim.statement.status.loosens and not is_named(claim.statement, vulnerability):
        return _Near(Miss.VULNERABILITY, purl, vulnerability)
    parts = parts_of([claim], place)
    misses = [about(claim, purl, place, part, unversioned=vex.trust.unversioned) for part in parts]
    if None not in misses:
        return _Near(max(miss for miss in misses if miss is not None), purl, vulnerability)
    problem = doubt(claim, now)
    if problem in (Miss.FLAW, Miss.STANDING):
        return _Near(problem, purl, vulnerability)
    if claim.kept.until is not None and now >= claim.kept.until:
        return _Near(Miss.EXPIRED, purl, vulnerability)
    if vex.trust.of(claim.kept.origin) is None:
        return _Near(Miss.UNTRUSTED, purl, vulnerability)
    if not vex.counts_at(claim.kept, place, now):
        return _Near(Miss.NAMESPACE, purl, vulnerability)
    problem = vex.elsewhere(claim, place) or problem
    if problem is not None:
        return _Near(problem, purl, vulnerability)
    evidence = vex.evidence(vulnerability, purl, place, now)
    if evidence.claim is None:
        return _Near(Miss.NEWER if None in misses and len(misses) == 1 else Miss.PART, purl, vulnerability)
    if (evidence.claim.kept, evidence.claim.statement) != (claim.kept, claim.statement):
        return _Near(Miss.NEWER, purl, vulnerability, evidence.claim)
    if is_malicious(vulnerability):
        return _Near(Miss.MALICIOUS, purl, vulnerability)
    effective = index.effective(vulnerability, purl, place, now)
    if effective.assessment is not None and effective.assessment.by_hand:
        decided = f"{effective.assessment.type} by {effective.assessment.author}"
        return _Near(Miss.DECIDED, purl, vulnerability, None, decided)
    return None


def _detail(claim: Claim, near: _Near, place: Place) -> str:
    """The miss in a sentence."""
    statement, origin = claim.statement, claim.kept.origin
    products = _some(name for product in statement.products for name in (*product.names, *product.digests))
    parts = _some(name for product in statement.products for name in product.components)
    texts = {
        Miss.VULNERABILITY: f"it does not name every CVE of {near.vulnerability.id}",
        Miss.PRODUCT: f"it is about {products or origin.image[:19] or 'another image'}; this image is {place.digest}",
        Miss.NO_PRODUCT: "it names no product, and the document is attached to no image",
        Miss.PACKAGE: f"its product is the package {products}, and not this image",
        Miss.PART: "it is about one platform of the image, and not every other one is stated to be safe, too",
        Miss.COMPONENT: f"it is about {parts or products}, and {near.purl} has {near.vulnerability.id}",
        Miss.VERSION: f"it is about {parts or products}; the image has version {near.purl.version}",
        Miss.RELEASE: f"it is about {parts}; the image has {near.purl}",
        Miss.UNVERSIONED_PRODUCT: f"it names {products} without a digest",
        Miss.UNVERSIONED_COMPONENT: f"it names {parts or products} without a version",
        Miss.FLAW: statement.flaw,
        Miss.STANDING: "a newer version of the document is known"
        if claim.superseded_at is not None
        else f"the document is {claim.kept.document.standing or 'not valid'} by its own word",
        Miss.EXPIRED: f"the document counted until {moment(claim.kept.until)}" if claim.kept.until else "it is over",
        Miss.NAMESPACE: f"it counts elsewhere, and not in the namespace {place.namespace or 'that was not named'}"
        if place.namespace
        else "it counts in some namespaces only, and none was named",
        Miss.UNTRUSTED: f"nobody trusts {_origin(claim)}",
        Miss.PLACE: f"it is attached to {name_of(claim.kept.origin.place)}, and not to the image under "
        + (f"the name {place.image.name}" if place.image else "a name that is known here"),
        Miss.INCOMPLETE: f"not all that is attached to the image is known: {claim.kept.trouble or _OTHERWISE}",
        Miss.FUTURE: f"it is dated {moment(statement.at)}, which is in the future",
        Miss.NEWER: _newer(near.winner),
        Miss.STATUS: f"it says {statement.status}, which makes no verdict milder{_since(claim.kept)}",
        Miss.MALICIOUS: "the package is malicious, about which only people can decide",
        Miss.DECIDED: f"{near.decided} counts more",
    }
    return texts[near.miss]


def _since(kept: KeptVex) -> str:
    return f"; it is gone from the image since {moment(kept.gone_at)}, and goes on to count" if kept.gone_at else ""


def _newer(winner: Claim | None) -> str:
    if winner is None:
        return "a newer statement, or a less favourable one of the same time, counts"
    statement, document = winner.statement, winner.kept.document
    return f"statement {statement.id} of {document.id} counts: {statement.status} on {moment(statement.at)}"


def _origin(claim: Claim) -> str:
    origin = claim.kept.origin
    return (
        f"the {'signer' if origin.kind == 'attestation' else origin.kind} {origin.name or 'of an unsigned attestation'}"
    )


def _some(names: Iterable[str]) -> str:
    found = list(dict.fromkeys(names))
    more = f" and {len(found) - _MOST_NAMES} more" if len(found) > _MOST_NAMES else ""
    return ", ".join(found[:_MOST_NAMES]) + more


_REMEDIES = {
    Miss.NO_PRODUCT: "Hand it in for an image: `bomgate vex add FILE --image REF@sha256:…`.",
    Miss.PACKAGE: "If it holds for this image, hand it in for it: `bomgate vex add FILE --image REF@sha256:…`.",
    Miss.UNVERSIONED_PRODUCT: "Have the digest named, or set vex.allowUnversioned.",
    Miss.UNVERSIONED_COMPONENT: "Have the version named, or set vex.allowUnversioned.",
    Miss.NAMESPACE: "See the namespaces in vex.trust, or name one with --namespace.",
    Miss.PLACE: "Attach it there, too, with the same key; or name the image as where it is attached.",
    Miss.INCOMPLETE: "Delete what cannot be read from the registry, then run `bomgate vex fetch IMAGE`.",
    Miss.UNTRUSTED: "List the key or the source in vex.trust.",
    Miss.FLAW: "Have the author correct it.",
    Miss.VERSION: "Have it stated for this version.",
}
