"""What tests of ``bomgate vex`` share: documents about one finding, and what becomes of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.cli.installation import PARSER, Installation, digest, reference
from tests.vexdocuments import openvex, stated

IMAGE = reference("blocked")
PRODUCT = f"registry.example/shop/blocked@{digest('blocked')}"
LATER = "2026-11-02T10:00:00Z"


def about(status: str = "not_affected", **members: Any) -> dict[str, Any]:
    products = [{"@id": PRODUCT, "subcomponents": [{"@id": PARSER}]}]
    return stated(status, **{"vulnerability": {"name": "CVE-2026-10001"}, "products": products, **members})


def write(bomgate: Installation, name: str, *statements: dict[str, Any], **heading: Any) -> Path:
    return bomgate.write(name, openvex(*statements, **heading).decode())


def finding(bomgate: Installation, *options: str) -> dict[str, Any]:
    targets = bomgate.run("check", IMAGE, *options, "--output", "json").json["targets"]
    findings = targets[0]["images"][0]["findings"]
    (found,) = [entry for entry in findings if entry["vulnerability"]["id"] == "CVE-2026-10001"]
    assert isinstance(found, dict)
    return found


def explained(bomgate: Installation, *options: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = bomgate.ok("vex", "explain", IMAGE, *options, "--output", "json").json["statements"]
    return found
