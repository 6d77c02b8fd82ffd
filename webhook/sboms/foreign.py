"""What is no SBOM, or one in a format that is not read: an error with the way out.

The remedies name the step that turns the document into one that is read. Trivy's own report is refused although it may
hold packages: it leaves them out without ``--list-all-pkgs``, and what is left then looks like a short inventory.
"""

from __future__ import annotations

import re

import msgspec
from msgspec import UNSET, Raw, UnsetType

from webhook.errors import InvalidInput

SUPPORTED = (
    "CycloneDX 1.2 to 1.7 (JSON) or 1.0 to 1.7 (XML), SPDX 2.2 or 2.3 (JSON or tag-value), SPDX 3.0 (JSON) or Syft JSON"
)
_WRITE = "Write it as CycloneDX or SPDX in JSON, such as with `syft IMAGE -o cyclonedx-json`."

_COMPRESSED = {
    b"\x1f\x8b": "gzip",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\xfd7zXZ\x00": "xz",
    b"BZh": "bzip2",
    b"PK\x03\x04": "zip",
}
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_PROTOBUF = re.compile(rb"\n[\x03\x04][0-9]\.[0-9]")
_YAML = re.compile(rb"^(?:[\"']?(?:spdxVersion|SPDXID|bomFormat)[\"']?[ \t]*:)", re.MULTILINE)
_YAML_HEAD = 64 * 1024


class _Hints(msgspec.Struct):
    schema_version: Raw | UnsetType = msgspec.field(default=UNSET, name="SchemaVersion")
    report: Raw | UnsetType = msgspec.field(default=UNSET, name="report")
    payload: Raw | UnsetType = msgspec.field(default=UNSET, name="payload")
    envelope: Raw | UnsetType = msgspec.field(default=UNSET, name="dsseEnvelope")
    predicate: Raw | UnsetType = msgspec.field(default=UNSET, name="predicateType")
    matches: Raw | UnsetType = msgspec.field(default=UNSET, name="matches")
    detector: Raw | UnsetType = msgspec.field(default=UNSET, name="detector")
    manifests: Raw | UnsetType = msgspec.field(default=UNSET, name="manifests")
    layers: Raw | UnsetType = msgspec.field(default=UNSET, name="layers")
    sbom: Raw | UnsetType = msgspec.field(default=UNSET, name="sbom")


_HINTS = msgspec.json.Decoder(_Hints)
_UNWRAP = "Take the SBOM out of it: it is the predicate of the statement in the payload."
_FOREIGN = (
    (("schema_version",), "a Trivy report", "Write the SBOM with `trivy image --format cyclonedx IMAGE`."),
    (("report",), "a report of Trivy Operator", "Give what stands in it under `report.components`."),
    (("envelope",), "a Sigstore bundle around an attestation", _UNWRAP),
    (("payload",), "a signed envelope around an attestation", _UNWRAP),
    (("predicate",), "an in-toto statement", "Take the SBOM out of it: it is the predicate."),
    (("matches",), "a list of vulnerability matches", _WRITE),
    (("detector", "manifests"), "a GitHub dependency snapshot", _WRITE),
    (("manifests",), "an image index", "Fetch the SBOM that one of its manifests holds."),
    (("layers",), "an image manifest", "Fetch the SBOM, which is one of its layers."),
    (("sbom",), "a GitHub export around an SPDX document", "Give what stands in it under `sbom`."),
)
"""Keys that give a foreign document away, the first match counting; what it is; the way out."""


def unknown() -> InvalidInput:
    """The error for a document that claims no format at all."""
    return InvalidInput("The document is in no known SBOM format", remedy=f"Give {SUPPORTED}.")


def json_error(data: bytes) -> InvalidInput | None:
    """The error for a JSON document that is known to be something else; None when it is not known."""
    try:
        hints = _HINTS.decode(data)
    except ValueError:
        return None
    for keys, what, remedy in _FOREIGN:
        if all(getattr(hints, key) is not UNSET for key in keys):
            return InvalidInput(f"The document is {what}, not an SBOM", remedy=remedy)
    return None


def bytes_error(data: bytes) -> InvalidInput:
    """The error for a document that is neither JSON nor XML nor tag-value."""
    for magic, name in _COMPRESSED.items():
        if data.startswith(magic):
            return InvalidInput(f"The document is compressed ({name})", remedy="Decompress it first.")
    if not data.strip():
        return InvalidInput("The document is empty", remedy=f"Give {SUPPORTED}.")
    if data.startswith(_UTF16):
        return InvalidInput("The document is UTF-16 text", remedy="Write it as UTF-8.")
    if _PROTOBUF.match(data):
        return InvalidInput("CycloneDX in protobuf is not supported", remedy=_WRITE)
    if _YAML.search(data, 0, _YAML_HEAD):
        return InvalidInput("SBOMs in YAML are not supported", remedy=_WRITE)
    return unknown()
