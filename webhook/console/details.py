"""Single nouns as JSON: what their pages show, too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from webhook.console.face import ConsoleFace
from webhook.console.lists.base import moment
from webhook.console.lists.findings import component, exploitation, score
from webhook.console.problems import NotFound
from webhook.console.vex import vex_json
from webhook.engines.triage.assessments import AssessmentFilter
from webhook.engines.triage.packages import images_of, workloads_of
from webhook.model.assessments import Assessment
from webhook.model.images import Digest
from webhook.model.triage import AssessmentScan
from webhook.model.verdicts import Finding
from webhook.policy.phrases import fix_words, score_origin
from webhook.policy.plaintext import plain
from webhook.policy.scopes import described
from webhook.policy.scores import severity
from webhook.policy.selections import state_of

_MOST = 200
_MOST_FINDINGS = 1000
"""Of an image, the worst first; an image may have tens of thousands."""


def vulnerability_json(face: ConsoleFace, identifier: str) -> dict[str, Any]:
    """A vulnerability with what it affects and what was ever decided about it.

    Raises:
        NotFound: nobody knows it.
        StoreError: the store did not answer.
    """
    row, line = face.vulnerabilities.one(identifier), face.vulnerabilities.line(identifier)
    if row is None or line is None:
        raise NotFound(f"Unknown vulnerability: {plain(identifier, 80)}.")
    one, board = row.vulnerability, face.boards.now()
    digests = board.where.images(number for number, _ in line.components)
    scan = AssessmentScan(names=frozenset(name.casefold() for name in one.identifiers))
    history = face.assessments.page(AssessmentFilter(scan=scan), None, _MOST).items
    return {
        "id": one.id,
        "aliases": list(one.aliases),
        "title": one.title,
        "description": one.description,
        "severity": severity(one.cvss_score),
        "score": score(one),
        "vector": one.cvss_vector,
        "score_origin": score_origin(one),
        "cwe": one.cwe,
        "reference": one.reference,
        "references": list(one.external_references),
        "source": one.source,
        "rejected": one.rejected,
        "exploitation": exploitation(one),
        "first_seen": moment(row.first_seen),
        "findings": [finding_json(each) for each in row.findings],
        "images": images_json(images_of(board, digests)[:_MOST]),
        "workloads": holders_json(workloads_of(board, digests)[:_MOST]),
        "history": [{**assessment_json(each.assessment), "standing": each.standing.value} for each in history],
        "vex": vex_json(face.vex.of_vulnerability(one, digests)),
    }


def package_json(face: ConsoleFace, package: str) -> dict[str, Any]:
    """A package in any state, with who has it.

    Raises:
        NotFound: nobody has it.
        StoreError: the store did not answer.
    """
    found = face.packages.holders(package)
    if found is None:
        raise NotFound(f"No known image has the package {plain(package, 200)}.")
    return {
        "package": found.package,
        "versions": [{**component(line), "images": images} for line, images in found.versions],
        "images": images_json(found.images[:_MOST]),
        "workloads": holders_json(found.workloads[:_MOST]),
        "clusters": clusters_json(face, [line.number for line, _ in found.versions]),
    }


def clusters_json(face: ConsoleFace, components: Sequence[int]) -> list[dict[str, Any]]:
    """Which clusters of members have one of some components; none where there is no hub.

    Raises:
        StoreError: the store did not answer.
    """
    if face.clusters is None:
        return []
    users = face.clusters.users(components, _MOST)
    return [
        {
            "cluster": cluster,
            "images": images,
            "workloads": [
                {
                    "title": f"{user.workload.kind} {user.workload.namespace}/{user.workload.name}",
                    "action": user.workload.action,
                }
                for user in users
                if user.cluster == cluster
            ],
        }
        for cluster, images in face.clusters.holders(components).items()
    ]


def image_json(face: ConsoleFace, digest: Digest) -> dict[str, Any]:
    """An image with its verdict, its worst findings and its SBOMs.

    Raises:
        NotFound: no SBOM of it is known.
        StoreError: the store did not answer.
    """
    board = face.boards.now()
    known = board.by_digest.get(digest)
    if known is None:
        raise NotFound(f"No SBOM of the image {digest} is known.")
    verdict = known.verdict
    counts = ("total", "vulnerable", "clean", "unknown", "not_covered", "unusable", "not_in_image")
    return {
        "digest": str(digest),
        "names": list(known.called),
        "verdict": verdict.action.word,
        "counts": {name: getattr(verdict.counts, name) for name in counts},
        "findings": [finding_json(finding) for finding in verdict.findings[:_MOST_FINDINGS]],
        "findings_total": len(verdict.findings),
        "reasons": [reason.text for reason in verdict.reasons],
        "sboms": [
            {
                "document": sbom.document_digest,
                "format": f"{sbom.format} {sbom.version}".strip(),
                "tool": sbom.tool,
                "place": sbom.place,
                "added_at": moment(sbom.added_at),
                "components": sbom.components,
                "skipped": {str(reason): number for reason, number in sbom.skipped.items()},
                "kept": sbom.has_document,
            }
            for sbom in face.sboms.show(digest)
        ],
        "workloads": holders_json([board.workloads[place] for place in known.workloads]),
        "vex": vex_json(face.vex.of_image(digest)),
    }


def finding_json(one: Finding) -> dict[str, Any]:
    """A finding as JSON."""
    return {
        "purl": str(one.purl),
        "vulnerability": one.vulnerability.id,
        "severity": severity(one.vulnerability.cvss_score),
        "score": score(one.vulnerability),
        "title": one.vulnerability.title,
        "state": state_of(one).value,
        "action": one.action.word,
        "note": one.note,
        "fix": fix_words(one.vulnerability, one.purl),
        "assessment": None if (given := one.assessment or one.expired) is None else assessment_json(given),
    }


def assessment_json(one: Assessment) -> dict[str, Any]:
    """A record as JSON."""
    return {
        "type": one.type,
        "scope": described(one.scope),
        "source": one.source.value,
        "author": one.author,
        "comment": one.comment,
        "rule": one.rule,
        "assessed_at": moment(one.assessed_at),
        "until": moment(one.until),
        "until_fixed": one.until_fixed,
        "fixed_in": one.fixed_in,
        "batch": one.batch,
    }


def images_json(images: Any) -> list[dict[str, Any]]:
    """Images as JSON."""
    return [
        {"digest": str(image.digest), "title": image.title, "verdict": image.verdict.action.word} for image in images
    ]


def holders_json(workloads: Any) -> list[dict[str, Any]]:
    """Workloads as JSON."""
    return [
        {
            "title": workload.workload.title,
            "namespace": workload.workload.namespace,
            "name": workload.workload.name,
            "action": workload.action.word,
        }
        for workload in workloads
    ]
