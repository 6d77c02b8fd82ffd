"""Attachments that the real tools made, found on real registries."""

from __future__ import annotations

import json

import pytest

from tests.registries.kit import CYCLONEDX, JINJA, LEFT_PAD, REQUESTS, SPDX, purls
from webhook.clients.registry.options import AttachmentOptions
from webhook.clients.registry.search import Search
from webhook.clients.registry.sources import registry_source
from webhook.sboms import parse

FALLBACK = "fallback-tag"


@pytest.mark.parametrize(
    ("repository", "source", "expected"),
    [
        ("oras-fallback", "referrers", CYCLONEDX | SPDX),
        ("oras-referrers", "referrers", CYCLONEDX | SPDX),
        ("bundle-fallback", "cosignAttestation", CYCLONEDX),
        ("attestation", "cosignAttestation", CYCLONEDX | SPDX),
        ("attestation-text", "cosignAttestation", SPDX),
        ("attestation-custom", "cosignAttestation", CYCLONEDX),
        ("attachment", "cosignAttachment", CYCLONEDX),
        ("platforms", "referrers", CYCLONEDX | SPDX),
    ],
)
@pytest.mark.parametrize("registry", ["plain", "listing"])
def test_an_attachment_is_found_on_both_kinds_of_registry(registry, repository, source, expected, kit, request):
    host = request.getfixturevalue(registry)
    assert purls(kit(host).fetch(source, f"{host}/team/{repository}:1")) == expected


@pytest.mark.parametrize(
    ("repository", "source"),
    [
        ("bundle-referrers", "cosignAttestation"),
        ("attachment-referrers", "referrers"),
        ("index", "cosignAttestation"),
    ],
)
def test_what_only_the_list_knows_is_found_where_there_is_a_list(repository, source, listing, plain, kit):
    assert purls(kit(listing).fetch(source, f"{listing}/team/{repository}:1")) == CYCLONEDX
    assert kit(plain).fetch(source, f"{plain}/team/{repository}:1") == []


def test_an_sbom_on_the_index_is_an_sbom_of_the_image(listing, kit):
    found = kit(listing).explain(f"{listing}/team/index:1")
    assert (found.result, [place for place, sboms in found.found.items() if sboms]) == ("found", ["cosign-attestation"])


def test_one_platform_named_by_its_digest_has_its_own_sbom_only(plain, kit):
    one = kit(plain)
    assert purls(one.fetch("referrers", f"{plain}/team/platforms:arm64")) == {REQUESTS}
    assert purls(one.fetch("referrers", f"{plain}/team/platforms:amd64")) == {LEFT_PAD, JINJA}


def test_a_configured_platform_narrows_the_search(plain, kit):
    one = kit(plain, attachments=AttachmentOptions(platforms=("linux/arm64",)))
    assert purls(one.fetch("referrers", f"{plain}/team/platforms:1")) == {REQUESTS}


def test_without_configured_platforms_the_usual_ones_are_searched(plain, kit):
    assert kit(plain).attachments.platforms == ()
    assert purls(kit(plain).fetch("referrers", f"{plain}/team/platforms:1")) == CYCLONEDX | SPDX


def test_platforms_that_are_discovered_count_for_each_search_anew(plain, kit):
    one, wanted = kit(plain), ["linux/arm64"]
    search = Search(one.client, one.locations, one.attachments, parse, one.clock, platforms=lambda: tuple(wanted))
    one.sources["referrers"] = registry_source("referrers", search)
    assert purls(one.fetch("referrers", f"{plain}/team/platforms:1")) == {REQUESTS}
    wanted[:] = ["linux/amd64"]
    assert purls(one.fetch("referrers", f"{plain}/team/platforms:1")) == {LEFT_PAD, JINJA}
    wanted[:] = ["linux/amd64", "linux/arm64"]
    assert purls(one.fetch("referrers", f"{plain}/team/platforms:1")) == CYCLONEDX | SPDX


def test_an_image_without_attachments_has_none_in_every_place(plain, listing, kit):
    for host in (plain, listing):
        found = kit(host).explain(f"{host}/team/attachment-referrers:amd64", "buildkit", "cosignAttestation")
        assert found.result == "none"
        assert "sbom=true" in found.remedy


def test_the_explanation_names_every_place_and_marks_the_one_that_was_used(plain, kit):
    found = kit(plain).explain(f"{plain}/team/attestation:1").as_dict()
    assert json.loads(json.dumps(found)) == found
    assert found["result"] == "found"
    assert found["components"] == {"total": 3, "usable": 3, "skipped": {}}
    assert [look["place"] for look in found["looked"]][:2] == [FALLBACK, "buildkit"]
    used = [look for look in found["looked"] if look["used"]]
    assert [look["place"] for look in used] == ["cosign-attestation"] * 2
    assert all(look["at"].endswith(".att") for look in used)


def test_an_image_that_the_registry_does_not_have_is_not_an_image_without_sbom(plain, kit):
    missing = f"{plain}/team/attestation@sha256:{'0' * 64}"
    found = kit(plain).explain(missing)
    assert found.result == "refused"
    assert "404" in " ".join(look.answer for look in found.looked)


def test_a_tag_that_cannot_be_resolved_is_explained(plain, kit):
    found = kit(plain).explain(f"{plain}/team/attestation:no-such-tag").as_dict()
    assert (found["digest"], found["result"]) == (None, "refused")
    assert found["looked"][0]["answer"] == "the registry has no such tag"
    refused = kit(plain).explain("127.0.0.1:1/team/app:1")
    assert refused.result == "refused"
    assert refused.remedy


def test_a_tag_resolves_to_the_digest_that_the_registry_states(plain, listing, kit):
    for host in (plain, listing):
        one = kit(host)
        digest = one.resolve(f"{host}/team/index:1")
        assert digest == one.resolve(f"{host}/team/index@{digest}")
        assert one.resolve(f"{host}/team/index:no-such-tag") is None
