"""Assessments as OpenVEX: what people decided about an image, for other tools to read.

What people allow is *not affected*, what they warn of or deny is *affected*; what a CVSS range gave is no statement of
anybody, and is left out. A product is the image by its digest, a subcomponent a component by its coordinates, in each
spelling that scanners write, and without qualifiers, because tools compare all of it letter by letter.
Source: the OpenVEX specification 0.2.0.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from webhook.model.actions import Action
from webhook.model.vex import VexStatus
from webhook.policy.phrases import UNTIL_FIXED
from webhook.policy.plaintext import escaped
from webhook.policy.vexspellings import spellings_of

if TYPE_CHECKING:
    from webhook.model.assessments import Assessment
    from webhook.model.images import Digest
    from webhook.model.verdicts import Finding

CONTEXT = "https://openvex.dev/ns/v0.2.0"
_NAMESPACE = "https://bomgate.dev/vex/"
_STATUSES = {
    Action.ALLOW: VexStatus.NOT_AFFECTED,
    Action.WARN: VexStatus.AFFECTED,
    Action.DENY: VexStatus.AFFECTED,
}


@dataclass(frozen=True, slots=True)
class ExportedImage:
    """An image whose assessments are exported.

    Attributes:
        digest: of it.
        name: with its registry, without tag and digest, such as ``registry.corp/shop/orders``; possibly empty.
        findings: as it is judged.
    """

    digest: Digest
    name: str
    findings: Sequence[Finding]


def openvex_of(
    images: Iterable[ExportedImage], author: str, now: dt.datetime, statuses: Mapping[str, VexStatus]
) -> bytes:
    """A document with a statement for each assessment that people made about findings of some images.

    Args:
        images: those that it is about.
        author: who vouches for it.
        now: UTC, aware.
        statuses: by type in lower case, where its action does not say it.

    Returns:
        The document; its id follows from its images, so that a later one replaces it.
    """
    products: dict[tuple[Any, ...], dict[str, tuple[str, set[str]]]] = {}
    about: dict[tuple[Any, ...], tuple[Finding, VexStatus]] = {}
    digests = []
    for image in images:
        digests.append(str(image.digest))
        for finding in image.findings:
            given = finding.assessment
            if given is None or not given.by_hand:
                continue
            status = statuses.get((given.type or "").casefold()) or _STATUSES[finding.action]
            key = (finding.vulnerability.id, status, given.assessed_at, given.type, given.comment, given.author)
            about.setdefault(key, (finding, status))
            _, parts = products.setdefault(key, {}).setdefault(str(image.digest), (image.name, set()))
            parts.update(spellings_of(finding.purl))
    statements = [
        _statement(finding, status, products[key])
        for key, (finding, status) in sorted(
            about.items(), key=lambda item: (item[1][0].vulnerability.id, str(item[0]))
        )
    ]
    name = hashlib.sha256("\n".join(sorted(digests)).encode()).hexdigest()
    document = {
        "@context": CONTEXT,
        "@id": f"{_NAMESPACE}{name}",
        "author": author,
        "timestamp": _moment(now),
        "version": 1,
        "tooling": "bomgate",
        "statements": statements,
    }
    return escaped(json.dumps(document, indent=2, ensure_ascii=False)).encode() + b"\n"


def _statement(finding: Finding, status: VexStatus, products: Mapping[str, tuple[str, set[str]]]) -> dict[str, Any]:
    given, vulnerability = finding.assessment, finding.vulnerability
    assert given is not None, "only what was assessed is exported"
    plain = vulnerability.id.rpartition(":")[2]  # what a source calls by its CVE has the source's name before it
    named: dict[str, Any] = {"name": plain if plain in vulnerability.aliases else vulnerability.id}
    if others := sorted({*vulnerability.aliases} - {named["name"]}):
        named["aliases"] = others
    said: dict[str, Any] = {
        "vulnerability": named,
        "timestamp": _moment(given.assessed_at),
        "products": [_product(digest, name, parts) for digest, (name, parts) in sorted(products.items())],
        "status": status.value,
    }
    if status is VexStatus.NOT_AFFECTED:
        said["impact_statement"] = _why(given)
    elif status is VexStatus.AFFECTED:
        said["action_statement"] = _why(given)
    return said


def _product(digest: str, name: str, parts: set[str]) -> dict[str, Any]:
    algorithm, _, digits = digest.partition(":")
    last = name.rpartition("/")[2] or "image"
    purl = f"pkg:oci/{last.lower()}@{algorithm}%3A{digits}"
    return {
        "@id": purl,
        "identifiers": {"purl": purl},
        "hashes": {f"{algorithm[:3]}-{algorithm[3:]}": digits},
        "subcomponents": [{"@id": part, "identifiers": {"purl": part}} for part in sorted(parts)],
    }


def _why(given: Assessment) -> str:
    """The comment with what was decided: a reader of the document sees neither type nor author."""
    end = f", {UNTIL_FIXED}" if given.until_fixed else ""
    return ": ".join(filter(None, (f"Assessed as {given.type} by {given.author}{end}", given.comment)))


def _moment(value: dt.datetime) -> str:
    return value.astimezone(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
