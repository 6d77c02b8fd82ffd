"""SARIF 2.1.0: the report of ``bomgate check`` for code scanning.

Source: OASIS "Static Analysis Results Interchange Format (SARIF) Version 2.1.0", sections 3.14 to 3.35; for
``security-severity``, GitHub's "SARIF support for code scanning".
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from webhook import __version__
from webhook.cli.unjudged import Unjudged
from webhook.model.actions import Action
from webhook.model.verdicts import Finding, ImageVerdict, Reason, WorkloadVerdict
from webhook.policy.phrases import decided, explained, rated, title
from webhook.policy.plaintext import plain

LEVELS = {Action.DENY: "error", Action.WARN: "warning", Action.ALLOW: "note"}
_NOT_JUDGED: dict[str, Any] = {
    "id": "bomgate/not-judged",
    "shortDescription": {"text": "Object that policy.kinds says nothing about"},
}
_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


@dataclass(frozen=True, slots=True)
class SarifTarget:
    """A judged target.

    Attributes:
        name: as the report shows it.
        file: the file that it is in; empty for an image, whose reference stands for it then.
        verdict: the decision.
        lines: where the image of each container is written in the file, by the container's label; 1 where it is not
            known.
    """

    name: str
    file: str
    verdict: WorkloadVerdict
    lines: Mapping[str, int] = field(default_factory=dict)


def sarif(checked: Sequence[SarifTarget], left: Sequence[Unjudged] = ()) -> dict[str, Any]:
    """The log of one run.

    Args:
        checked: the judged targets.
        left: what was not judged.
    """
    rules: dict[str, dict[str, Any]] = {}
    results: list[dict[str, Any]] = []
    for target in checked:
        for image in target.verdict.images:
            causes: list[Finding | Reason] = [*image.verdict.findings, *image.verdict.reasons]
            for cause in causes:
                rule = _finding_rule(cause) if isinstance(cause, Finding) else _reason_rule(cause)
                rules.setdefault(rule["id"], rule)
                results.append(_result(target, image, cause, list(rules).index(rule["id"])))
    for missed in left:
        rules.setdefault(_NOT_JUDGED["id"], _NOT_JUDGED)
        results.append(_missed(missed, list(rules).index(_NOT_JUDGED["id"])))
    driver = {"name": "bomgate", "semanticVersion": __version__, "rules": list(rules.values())}
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}


def _finding_rule(finding: Finding) -> dict[str, Any]:
    vulnerability = finding.vulnerability
    rule: dict[str, Any] = {
        "id": vulnerability.id,
        "shortDescription": {"text": title(vulnerability) or vulnerability.id},
        "properties": {"tags": ["security", "vulnerability"]},
    }
    if vulnerability.cvss_score is not None:
        rule["properties"]["security-severity"] = str(vulnerability.cvss_score)
    if vulnerability.reference:
        rule["helpUri"] = vulnerability.reference
    return rule


def _reason_rule(reason: Reason) -> dict[str, Any]:
    names = {
        "unknown": "Components without an answer",
        "missing-sbom": "Image without an SBOM",
        "not-covered": "Components that no source covers",
        "past-support": "Packages of a release that is past its support",
        "too-many-findings": "More findings than are judged",
        "unusable": "Components without a purl",
        "error": "No decision could be made",
    }
    return {"id": f"bomgate/{reason.code}", "shortDescription": {"text": names.get(reason.code, reason.code)}}


def _result(target: SarifTarget, image: ImageVerdict, cause: Finding | Reason, index: int) -> dict[str, Any]:
    if isinstance(cause, Finding):
        rule, what = cause.vulnerability.id, str(cause.purl)
        text = f"{plain(cause.purl)}: {rated(cause.vulnerability)}; {explained(cause)}"
    else:
        rule, what = f"bomgate/{cause.code}", ""
        text = f"{plain(cause.text)} {plain(cause.remedy)}".strip()
    reference = plain(image.verdict.image.text, 300)
    line = min((target.lines[label] for label in image.containers if label in target.lines), default=1)
    return {
        "ruleId": rule,
        "ruleIndex": index,
        "level": LEVELS[cause.action],
        "message": {"text": f"{reference}: {text}"},
        "locations": [_location(target.file or reference, (*image.containers, reference), line)],
        "partialFingerprints": {"bomgate/v1": _fingerprint(target.name, reference, rule, what)},
        "suppressions": _suppressions(cause),
    }


def _suppressions(cause: Finding | Reason) -> list[dict[str, Any]]:
    """Who accepted a finding, and why; of several results, all or none have to say it (section 3.27.23)."""
    given = cause.assessment if isinstance(cause, Finding) else None
    if given is None or cause.action is not Action.ALLOW:
        return []
    why = f": {plain(given.comment, 1000)}" if given.comment else ""
    text = f"{plain(given.type or '')} {plain(decided(given))}{why}"
    return [{"kind": "external", "status": "accepted", "justification": text}]


def _missed(missed: Unjudged, index: int) -> dict[str, Any]:
    rule = str(_NOT_JUDGED["id"])
    return {
        "ruleId": rule,
        "ruleIndex": index,
        "level": "warning",
        "message": {"text": f"{plain(missed.kind)}/{plain(missed.name)}: {plain(missed.sentence)}"},
        "locations": [_location(missed.file, missed.places or missed.nowhere, 1)],
        "partialFingerprints": {"bomgate/v1": _fingerprint(missed.title, rule)},
        "suppressions": [],
    }


def _location(file: str, places: Sequence[str], line: int) -> dict[str, Any]:
    return {
        "physicalLocation": {"artifactLocation": {"uri": _uri(file)}, "region": {"startLine": line}},
        "logicalLocations": [{"fullyQualifiedName": plain(place, 300)} for place in places],
    }


def _fingerprint(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _uri(path: str) -> str:
    """A relative or absolute path as the URI that it is relative to the root of the checkout."""
    return quote(PurePath(path).as_posix())
