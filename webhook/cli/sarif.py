"""SARIF 2.1.0: the report of ``bomgate check`` for code scanning.

Source: OASIS "Static Analysis Results Interchange Format (SARIF) Version 2.1.0", sections 3.14 to 3.28; for
``security-severity``, GitHub's "SARIF support for code scanning".
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from webhook import __version__
from webhook.cli.unjudged import Unjudged
from webhook.model.actions import Action
from webhook.model.verdicts import Finding, ImageVerdict, Reason, WorkloadVerdict
from webhook.policy.phrases import explained, rated, title
from webhook.policy.plaintext import plain

LEVELS = {Action.DENY: "error", Action.WARN: "warning", Action.ALLOW: "note"}
_NOT_JUDGED: dict[str, Any] = {
    "id": "bomgate/not-judged",
    "shortDescription": {"text": "Object that policy.kinds says nothing about"},
}
_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def sarif(checked: Sequence[tuple[str, str, WorkloadVerdict]], left: Sequence[Unjudged] = ()) -> dict[str, Any]:
    """The log of one run.

    Args:
        checked: each target's name, the file that it is in (empty for an image), and the decision about it.
        left: what was not judged.
    """
    rules: dict[str, dict[str, Any]] = {}
    results: list[dict[str, Any]] = []
    for name, file, verdict in checked:
        for image in verdict.images:
            causes: list[Finding | Reason] = [*image.verdict.findings, *image.verdict.reasons]
            for cause in causes:
                rule = _finding_rule(cause) if isinstance(cause, Finding) else _reason_rule(cause)
                rules.setdefault(rule["id"], rule)
                results.append(_result(name, file, image, cause, list(rules).index(rule["id"])))
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
        "unusable": "Components without a purl",
        "error": "No decision could be made",
    }
    return {"id": f"bomgate/{reason.code}", "shortDescription": {"text": names.get(reason.code, reason.code)}}


def _result(name: str, file: str, image: ImageVerdict, cause: Finding | Reason, index: int) -> dict[str, Any]:
    if isinstance(cause, Finding):
        rule, what = cause.vulnerability.id, str(cause.purl)
        text = f"{plain(cause.purl)}: {rated(cause.vulnerability)}; {explained(cause)}"
    else:
        rule, what = f"bomgate/{cause.code}", ""
        text = f"{plain(cause.text)} {plain(cause.remedy)}".strip()
    reference = plain(image.verdict.image.text, 300)
    return {
        "ruleId": rule,
        "ruleIndex": index,
        "level": LEVELS[cause.action],
        "message": {"text": f"{reference}: {text}"},
        "locations": [_location(file or reference, (*image.containers, reference))],
        "partialFingerprints": {"bomgate/v1": _fingerprint(name, reference, rule, what)},
    }


def _missed(missed: Unjudged, index: int) -> dict[str, Any]:
    rule = str(_NOT_JUDGED["id"])
    return {
        "ruleId": rule,
        "ruleIndex": index,
        "level": "warning",
        "message": {"text": f"{plain(missed.kind)}/{plain(missed.name)}: {plain(missed.sentence)}"},
        "locations": [_location(missed.file, missed.places or missed.nowhere)],
        "partialFingerprints": {"bomgate/v1": _fingerprint(missed.title, rule)},
    }


def _location(file: str, places: Sequence[str]) -> dict[str, Any]:
    return {
        "physicalLocation": {"artifactLocation": {"uri": _uri(file)}, "region": {"startLine": 1}},
        "logicalLocations": [{"fullyQualifiedName": plain(place, 300)} for place in places],
    }


def _fingerprint(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _uri(path: str) -> str:
    """A relative or absolute path as the URI that it is relative to the root of the checkout."""
    return quote(PurePath(path).as_posix())
