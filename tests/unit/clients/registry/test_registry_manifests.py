"""Manifests, media types, and the tags of the older scheme."""

from __future__ import annotations

import json

import pytest

from webhook.clients.registry.listings import fallback_tag
from webhook.clients.registry.manifests import is_envelope_type, is_sbom_artifact, is_sbom_type, read_manifest
from webhook.errors import Final
from webhook.model.images import Digest


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b'{"schemaVersion": "2"}',
        b'{"schemaVersion": 2, "layers": [{"size": 5}]}',
        b'{"schemaVersion": 2, "manifests": {}}',
        b'{"x":' * 5000,
    ],
)
def test_what_is_no_manifest_is_refused(body):
    with pytest.raises(Final):
        read_manifest(body, "here")


def test_neither_manifest_nor_index_is_refused_and_so_is_the_old_format():
    with pytest.raises(Final, match="neither"):
        read_manifest(b'{"schemaVersion": 2}', "here")
    with pytest.raises(Final, match="schema 1"):
        read_manifest(b'{"schemaVersion": 1, "fsLayers": []}', "here")


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"artifactType": "application/spdx+json"}, "application/spdx+json"),
        ({"artifactType": "application/vnd.oci.empty.v1+json", "config": {"mediaType": "x"}}, "x"),
        ({"config": {"mediaType": "x"}}, "x"),
        ({}, ""),
    ],
)
def test_an_artefact_is_what_its_type_or_else_its_configuration_says(fields, kind):
    config = {**fields.get("config", {}), "digest": "sha256:0", "size": 2}
    content = {"schemaVersion": 2, "layers": [], **fields, **({"config": config} if "config" in fields else {})}
    assert read_manifest(json.dumps(content).encode(), "here").kind == kind


@pytest.mark.parametrize(
    ("kind", "sbom", "envelope"),
    [
        ("application/vnd.cyclonedx+json", True, False),
        ("Application/vnd.CycloneDX+JSON; version=1.5", True, False),
        ("application/vnd.cyclonedx", True, False),
        ("text/spdx", True, False),
        ("text/spdx+json", True, False),
        ("application/spdx+json", True, False),
        ("application/vnd.syft+json", True, False),
        ("application/vnd.dsse.envelope.v1+json", False, True),
        ("application/vnd.dev.sigstore.bundle.v0.3+json", False, True),
        ("application/vnd.dev.sigstore.bundle+json;version=0.2", False, True),
        ("application/vnd.in-toto.spdx+dsse", False, True),
        ("application/vnd.in-toto+json", False, False),
        ("application/vnd.cncf.notary.signature", False, False),
        ("application/json", False, False),
        ("", False, False),
    ],
)
def test_media_types_tell_documents_from_envelopes(kind, sbom, envelope):
    assert is_sbom_type(kind) is sbom
    assert is_sbom_artifact(kind) is sbom
    assert is_envelope_type(kind) is envelope


def test_an_sbom_that_cosign_attached_as_a_referrer_is_one():
    assert is_sbom_artifact("application/vnd.dev.cosign.artifact.sbom.v1+json")


def test_the_tag_of_the_older_scheme_is_cut_for_long_digests():
    assert fallback_tag(Digest("sha256:" + "a" * 64)) == "sha256-" + "a" * 64
    assert fallback_tag(Digest("sha512:" + "b" * 128)) == "sha512-" + "b" * 64
