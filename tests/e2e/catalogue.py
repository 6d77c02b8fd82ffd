"""The images of the tests, what is in them, and what the test double of OSS Index knows about that; all invented."""

from __future__ import annotations

import hashlib

from tests.doubles.ossindex import advisory

HARMLESS = ("pkg:pypi/tidy@2.0.1", "pkg:golang/example.org/clean@v1.0.0")
PARSER = "pkg:maven/org.example.web/parser@2.14.1"
TRIM = "pkg:npm/%40shop/trim@1.2.0"
QUEUE = "pkg:pypi/queue-tools@3.1"
LEGACY = "pkg:nuget/Shop.Legacy@4.0.0"
ODD = f"pkg:npm/{'very-' * 30}long@1.0.0"
TURNING = tuple(f"pkg:cargo/turning-{number}@0.{number}.0" for number in range(8))
CROWD = tuple(f"registry.example/crowd/member-{number:02}:1" for number in range(14))

ADVISORIES = {
    PARSER: [
        advisory("CVE-2026-10001", 9.8, title="[CVE-2026-10001] CWE-502: Deserialization of Untrusted Data"),
        advisory("CVE-2026-10002", 5.0),
    ],
    TRIM: [advisory("CVE-2026-10003", 7.5)],
    QUEUE: [advisory("CVE-2026-10004", 5.0)],
    LEGACY: [advisory("CVE-2026-10005", 6.1)],
    ODD: [advisory("odd\x1b[31m id\twith\nlines", 8.1, title="a title\nwith\tcontrol \x1b[31mcharacters")],
    **{purl: [advisory(f"CVE-2026-2000{number}", 5.5)] for number, purl in enumerate(TURNING)},
}
"""What OSS Index says: 9.8 is Blocked by the recommended types, 7.5 and 8.1 are Caution, the others stay unassessed."""


def reference(name: str, tag: str = "1") -> str:
    """An image by tag and digest."""
    repository = name.rpartition(":")[0] or f"registry.example/shop/{name}"
    return f"{repository}:{tag}@{digest(name)}"


def digest(name: str) -> str:
    """The digest of an image."""
    return f"sha256:{hashlib.sha256(name.encode()).hexdigest()}"


CONTENTS = {
    "clean": HARMLESS,
    "cleaner": HARMLESS[:1],
    "blocked": (*HARMLESS, PARSER),
    "caution": (*HARMLESS, TRIM),
    "unassessed": (*HARMLESS, QUEUE),
    "provisioned": (*HARMLESS, LEGACY),
    "odd": (ODD,),
    **{f"turning-{number}": (*HARMLESS, purl) for number, purl in enumerate(TURNING)},
    **dict.fromkeys(CROWD, (*HARMLESS, TRIM)),
}
"""Image → the packages in it."""

CLEAN, BLOCKED, CAUTION = reference("clean"), reference("blocked"), reference("caution")
CLEANER, UNASSESSED, PROVISIONED = reference("cleaner"), reference("unassessed"), reference("provisioned")

PROVISIONED_ASSESSMENTS = [
    {
        "vulnerability": "CVE-2026-10005",
        "package": "pkg:nuget/Shop.Legacy",
        "type": "Blocked",
        "comment": "out of support",
        "until": "2099-01-01",
    }
]
