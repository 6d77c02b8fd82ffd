"""VEX documents for tests, in the shapes of the three formats, and documents as the store keeps them."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from webhook.model.vex import KeptVex, VexDocument, VexOrigin, VexOriginKind, VexProduct, VexStatement, VexStatus

DIGEST = "sha256:" + "ab" * 32
OTHER_DIGEST = "sha256:" + "cd" * 32
IMAGE = f"pkg:oci/orders@{DIGEST.replace(':', '%3A')}?repository_url=registry.corp/shop/orders"
COMPONENT = "pkg:npm/left-pad@1.2.3"
ADDED = VexOrigin(VexOriginKind.ADDED, "alice")


def openvex(*statements: dict[str, Any], **heading: Any) -> bytes:
    """An OpenVEX document; without statements it says that one component is not affected."""
    return json.dumps(
        {
            "@context": "https://openvex.dev/ns/v0.2.0",
            "@id": "https://supplier.example/vex/1",
            "author": "Supplier PSIRT",
            "timestamp": "2026-11-01T10:00:00Z",
            "version": 1,
            "statements": statements or (stated(),),
            **heading,
        }
    ).encode()


def stated(status: str = "not_affected", **members: Any) -> dict[str, Any]:
    """A statement of OpenVEX about the component in the image."""
    return {
        "vulnerability": {"name": "CVE-2026-1", "aliases": ["GHSA-aaaa"]},
        "products": [{"@id": IMAGE, "subcomponents": [{"@id": COMPONENT}]}],
        "status": status,
        "justification": "vulnerable_code_not_in_execute_path",
        **members,
    }


def cyclonedx(state: str = "not_affected", ref: str = "pad", **members: Any) -> bytes:
    """A CycloneDX document with one analysis of one of its components."""
    return json.dumps(
        {
            "bomFormat": "CycloneDX",
            "specVersion": "1.5",
            "serialNumber": "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79",
            "version": 2,
            "metadata": {
                "timestamp": "2026-11-01T10:00:00Z",
                "component": {"type": "container", "name": "orders", "bom-ref": "image", "purl": IMAGE},
                "authors": [{"name": "Supplier PSIRT"}],
            },
            "components": [{"type": "library", "name": "left-pad", "bom-ref": "pad", "purl": COMPONENT}],
            "vulnerabilities": [
                {
                    "id": "CVE-2026-1",
                    "references": [{"id": "GHSA-aaaa", "source": {"name": "GitHub"}}],
                    "analysis": {"state": state, "justification": "code_not_reachable", "detail": "never called"},
                    "affects": [{"ref": ref}],
                }
            ],
            **members,
        }
    ).encode()


def csaf(status: str = "known_not_affected", **members: Any) -> bytes:
    """A CSAF document about a component that is installed in an image."""
    document = {
        "document": {
            "category": "csaf_vex",
            "csaf_version": "2.0",
            "title": "left-pad in orders",
            "publisher": {"category": "vendor", "name": "Supplier PSIRT", "namespace": "https://supplier.example"},
            "tracking": {
                "id": "SUPPLIER-2026-1",
                "version": "3",
                "status": "final",
                "initial_release_date": "2026-10-01T10:00:00Z",
                "current_release_date": "2026-11-01T10:00:00Z",
            },
        },
        "product_tree": {
            "branches": [
                {
                    "category": "vendor",
                    "name": "Supplier",
                    "branches": [
                        {
                            "category": "product_version",
                            "name": "left-pad",
                            "product": {
                                "product_id": "pad",
                                "name": "left-pad",
                                "product_identification_helper": {"purl": COMPONENT},
                            },
                        }
                    ],
                }
            ],
            "full_product_names": [
                {"product_id": "orders", "name": "orders", "product_identification_helper": {"purl": IMAGE}}
            ],
            "relationships": [
                {
                    "category": "default_component_of",
                    "product_reference": "pad",
                    "relates_to_product_reference": "orders",
                    "full_product_name": {"product_id": "orders:pad", "name": "left-pad in orders"},
                }
            ],
        },
        "vulnerabilities": [
            {
                "cve": "CVE-2026-1",
                "ids": [{"system_name": "GitHub", "text": "GHSA-aaaa"}],
                "product_status": {status: ["orders:pad"]},
                "flags": [{"label": "vulnerable_code_not_in_execute_path", "product_ids": ["orders:pad"]}],
            }
        ],
    }
    return json.dumps({**document, **members}).encode()


def kept(
    *statements: VexStatement,
    origin: VexOrigin = ADDED,
    identifier: str = "doc",
    digest: str = "",
    issued: dt.datetime = dt.datetime(2026, 11, 1, tzinfo=dt.UTC),
    **members: Any,
) -> KeptVex:
    """A document as the store keeps it."""
    document = VexDocument(identifier, digest or identifier, "openvex", "Supplier", issued, "1", statements=statements)
    return KeptVex(document, origin, issued, **members)


def statement(
    status: VexStatus = VexStatus.NOT_AFFECTED,
    at: dt.datetime = dt.datetime(2026, 11, 1, tzinfo=dt.UTC),
    products: tuple[VexProduct, ...] = (VexProduct((IMAGE,), (DIGEST,), (COMPONENT,)),),
    identifier: str = "#1",
    vulnerabilities: tuple[str, ...] = ("CVE-2026-1",),
) -> VexStatement:
    """A statement about the component in the image."""
    return VexStatement(identifier, vulnerabilities, status, at, products, "vulnerable_code_not_present")
