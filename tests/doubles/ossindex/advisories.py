"""Advisories of the double: invented vulnerabilities in the service's JSON, and what an entry looks like by era."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable
from urllib.parse import quote

from packageurl import PackageURL

from tests.doubles.ossindex.behaviour import Behaviour

_WEAKNESSES = (("CWE-22", "Path Traversal"), ("CWE-79", "Cross-site Scripting"), ("CWE-502", "Unsafe Deserialization"))
_PAGES = {"guide": "https://guide.sonatype.com", "old": "https://ossindex.sonatype.org"}
_VECTORS = (
    (3.6, "CVSS:3.1/AV:L/AC:L/PR:L/UI:R/S:U/C:L/I:L/A:N"),
    (5.5, "CVSS:3.1/AV:L/AC:L/PR:N/UI:R/S:U/C:H/I:N/A:N"),
    (7.5, "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"),
    (9.8, "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"),
    (8.7, "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:H/SC:N/SI:N/SA:N"),
)


def advisory(identifier: str, score: float | str | None = 7.5, **fields: object) -> dict[str, object]:
    """One vulnerability as the service shows it.

    Args:
        identifier: such as ``CVE-2026-1000`` or ``sonatype-2026-0001``.
        score: CVSS score.
        fields: replace or add; None takes a field out.
    """
    number = int(hashlib.sha256(identifier.encode()).hexdigest(), 16)
    cwe, weakness = _WEAKNESSES[number % len(_WEAKNESSES)]
    vector = None if score is None else next((text for value, text in _VECTORS if value == score), _VECTORS[2][1])
    made: dict[str, object] = {
        "id": identifier,
        "displayName": identifier,
        "title": f"[{identifier}] {cwe}: {weakness}",
        "description": f"An invented flaw ({weakness.lower()}) for tests; it affects no real package.",
        "cvssScore": score,
        "cvssVector": vector,
        "cwe": cwe,
        "externalReferences": [f"https://advisories.test/{identifier}"],
    }
    if identifier.startswith("CVE-"):
        made["cve"] = identifier
    made.update(fields)
    return {key: value for key, value in made.items() if value is not None or key == "cvssScore"}


def synthetic(purls: Iterable[str], share: float = 0.2) -> dict[str, list[dict[str, object]]]:
    """Advisories for about ``share`` of the purls, always the same: one to four each, over the whole range."""
    made: dict[str, list[dict[str, object]]] = {}
    for purl in purls:
        number = int(hashlib.sha256(purl.encode()).hexdigest()[:12], 16)
        if number % 1000 < share * 1000:
            count = 1 + number // 1000 % 4
            made[purl] = [_invented(10000 + (number // 7 + step) % 80000) for step in range(count)]
    return made


def _invented(number: int) -> dict[str, object]:
    """A vulnerability that is the same in every component, its score included."""
    return advisory(f"CVE-2026-{number}", _VECTORS[number % len(_VECTORS)][0])


def entry(purl: PackageURL, asked: str, behaviour: Behaviour, tracking: str) -> dict[str, object]:
    """The report of one component, with the quirks that are switched on.

    Args:
        purl: parsed.
        asked: as the request spelt it.
        tracking: ``utm_…`` parameters.
    """
    text, page = _written(asked, purl)
    report: dict[str, object] = {
        "coordinates": spelt(text, asked, behaviour),
        "reference": f"{_PAGES[behaviour.era]}/component/{text if behaviour.era == 'old' else page}?{tracking}",
    }
    if asked in behaviour.without_coordinates:
        del report["coordinates"]
    if behaviour.description != "absent":
        report["description"] = f"The package {purl.name}" if behaviour.description == "text" else ""
    report["vulnerabilities"] = [
        _shown(item, purl, behaviour, tracking) for item in found(purl, text, asked, behaviour)
    ]
    if behaviour.extra_fields:
        report |= {"sonatypeOssiScore": 71.5, "futureField": {"nested": [1, None, "x"]}}
    return report


def found(purl: PackageURL, text: str, asked: str, behaviour: Behaviour) -> list[dict[str, object]]:
    """What the service knows against a component, by its rule for the ``v`` of Go versions; case decides."""
    if purl.type == "golang" and purl.version and behaviour.v_prefix == "old":
        if purl.version.startswith("v"):
            return []
        text = PackageURL(purl.type, purl.namespace, purl.name, f"v{purl.version}").to_string()
    if text.lower() == asked.lower() and text != asked:
        text = asked  # packageurl-python folds names of some types
    return behaviour.advisories.get(text) or synthetic([text], behaviour.synthetic_share).get(text, [])


def spelt(text: str, asked: str, behaviour: Behaviour) -> str:
    """Coordinates as the service gives them back."""
    text = asked if text.lower() == asked.lower() else text
    if behaviour.plus_as_space:
        text = text.replace("%2B", "%20")
    if behaviour.change_case:
        text = f"pkg:{text[4:].lower() if behaviour.change_case == 'lower' else text[4:].upper()}"
    return text[4:].replace("/", ":", 1) if behaviour.old_coordinates else text


_TEXTS: dict[str, tuple[str, str]] = {}
"""By what was asked: a bench asks for the same again and again, and does not measure the double."""


def _written(asked: str, purl: PackageURL) -> tuple[str, str]:
    """The coordinates without qualifiers and subpath, and the path of the component's page."""
    if asked not in _TEXTS:
        name = quote(f"{purl.namespace}:{purl.name}" if purl.namespace else purl.name, safe="")
        plain = PackageURL(purl.type, purl.namespace, purl.name, purl.version)
        _TEXTS[asked] = (plain.to_string(), f"{purl.type}/{name}/{quote(purl.version or '')}")
    return _TEXTS[asked]


def _shown(advisory: dict[str, object], purl: PackageURL, behaviour: Behaviour, tracking: str) -> dict[str, object]:
    shown = dict(advisory)
    identifier = str(shown.get("id"))
    if behaviour.uuid_ids:
        new = uuid.uuid5(uuid.NAMESPACE_URL, identifier)
        shown |= {"id": str(new), "displayName": "OSSINDEX-" + "-".join((new.hex[:4], new.hex[4:8], new.hex[8:12]))}
        if identifier.startswith("CVE-"):
            shown["displayName"] = identifier
    if behaviour.redacted and identifier.startswith("sonatype-"):
        shown |= {
            "title": "1 vulnerability found",
            "description": "1 non-CVE vulnerability found. To see more details, sign in with an account.",
            "cwe": "CWE-699",
        }
    if behaviour.scores != "number":
        shown["cvssScore"] = None if behaviour.scores == "null" else str(shown.get("cvssScore"))
    if behaviour.extra_fields:
        shown |= {"epss": 0.5, "kev": False}
    name = quote("/".join(part for part in (purl.namespace, purl.name) if part), safe="")
    kind = f"component-type={purl.type}&component-name={name}&{tracking}"
    return {
        "reference": f"{_PAGES[behaviour.era]}/vulnerability/{shown['id']}?{kind}",
        **shown,
    }
