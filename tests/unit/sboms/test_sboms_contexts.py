"""What documents say of packages of distributions beside their coordinates, in every format and from both tools."""

from __future__ import annotations

import json
from typing import Any

import pytest

from webhook.model.distributions import Context, context_of, release_of
from webhook.model.purls import Purl, parse_purl
from webhook.sboms import parse


def spdx(*packages: tuple[str, str | None], **extra: Any) -> bytes:
    """An SPDX document of purls with their ``sourceInfo``."""
    listed = [
        {
            "name": "x",
            "externalRefs": [{"referenceType": "purl", "referenceLocator": purl}],
            **({} if said is None else {"sourceInfo": said}),
        }
        for purl, said in packages
    ]
    return json.dumps({"spdxVersion": "SPDX-2.3", "packages": [*listed, *extra.get("more", ())]}).encode()


def cyclonedx(*components: dict[str, Any]) -> bytes:
    return json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": list(components)}).encode()


def syft(distribution: dict[str, str], *purls: str) -> bytes:
    artifacts = [{"name": "x", "purl": purl} for purl in purls]
    return json.dumps({"artifacts": artifacts, "distro": distribution, "schema": {"version": "16"}}).encode()


@pytest.mark.parametrize(
    ("purl", "said", "key"),
    [
        (
            "pkg:deb/debian/libssl3@3.0.11-1?distro=debian-12.4",
            "built package from: openssl 3.0.11-1",
            "pkg:deb/debian/libssl3@3.0.11-1?distro=debian-12&upstream=openssl",
        ),
        (
            "pkg:deb/debian/openssl@3.0.11-1%2Bb1?distro=debian-12.4",
            "built package from: openssl 3.0.11-1+b1",
            "pkg:deb/debian/openssl@3.0.11-1%2Bb1?distro=debian-12",
        ),
        (
            "pkg:deb/debian/libstdc++6@12.2.0-14?distro=debian-12.4",
            "built package from: gcc-12 12.2.0-14",
            "pkg:deb/debian/libstdc%2B%2B6@12.2.0-14?distro=debian-12&upstream=gcc-12",
        ),
        (
            "pkg:deb/debian/g++-12@12.2.0-14?distro=debian-12.4",
            "built package from: g++-12 12.2.0-14",
            "pkg:deb/debian/g%2B%2B-12@12.2.0-14?distro=debian-12",
        ),
        (
            "pkg:deb/ubuntu/bsdutils@1:2.37.2-4?distro=ubuntu-22.04",
            "built package from: util-linux 2.37.2-4",
            "pkg:deb/ubuntu/bsdutils@1:2.37.2-4?distro=ubuntu-22.04&upstream=util-linux%402.37.2-4",
        ),
        (
            "pkg:deb/ubuntu/nfs-common@1:2.6.1-1?distro=ubuntu-22.04",
            "built package from: nfs-utils 1:2.6.1-1",
            "pkg:deb/ubuntu/nfs-common@1:2.6.1-1?distro=ubuntu-22.04&upstream=nfs-utils",
        ),
        (
            "pkg:apk/alpine/musl-utils@1.2.3-r1?distro=3.16.3",
            "built package from: musl 1.2.3-r1",
            "pkg:apk/alpine/musl-utils@1.2.3-r1?distro=alpine-3.16&upstream=musl",
        ),
        (
            "pkg:rpm/centos/openssl@1:1.1.1c-15.el8?arch=x86_64&distro=centos-8.2.2004",
            "built package from: openssl 1:1.1.1c-15.el8",
            "pkg:rpm/centos/openssl@1.1.1c-15.el8?distro=centos-8&epoch=1",
        ),
        (
            "pkg:rpm/rhel/audit-libs@3.0-0.10.el8?arch=x86_64&upstream=audit-3.0-0.10.el8.src.rpm&distro=rhel-8.0",
            "acquired package info from RPM DB: /var/lib/rpm/Packages",
            "pkg:rpm/redhat/audit-libs@3.0-0.10.el8?distro=redhat-8&upstream=audit",
        ),
        (
            "pkg:rpm/rhel/gmp@6.1.2-8.el8?epoch=1&upstream=gmp-6.1.2-8.el8.src.rpm&distro=rhel-8.0",
            None,
            "pkg:rpm/redhat/gmp@6.1.2-8.el8?distro=redhat-8&epoch=1",
        ),
        (
            "pkg:deb/debian/bsdutils@1:2.33.1-0.1?upstream=util-linux%402.33.1-0.1&distro=debian-10",
            None,
            "pkg:deb/debian/bsdutils@1:2.33.1-0.1?distro=debian-10&upstream=util-linux%402.33.1-0.1",
        ),
        (
            "pkg:deb/debian/login@4.13-1?distro=debian-12.5&epoch=1",
            "built package from: shadow 1:4.13-1",
            "pkg:deb/debian/login@1:4.13-1?distro=debian-12&upstream=shadow",
        ),
        (
            "pkg:deb/debian/diffutils@3.7-3?epoch=1&distro=debian-10.2",
            "built package from: diffutils 1:3.7-3",
            "pkg:deb/debian/diffutils@1:3.7-3?distro=debian-10",
        ),
        (
            "pkg:deb/debian/bsdutils@2.33.1-0.1?distro=debian-10.2&epoch=1",
            "built package from: util-linux 2.33.1-0.1",
            "pkg:deb/debian/bsdutils@1:2.33.1-0.1?distro=debian-10&upstream=util-linux%402.33.1-0.1",
        ),
        ("pkg:deb/debian/tzdata@2024a-0", None, "pkg:deb/debian/tzdata@2024a-0"),
        (
            "pkg:apk/wolfi/curl@8.5.0-r0?distro=wolfi-20230201",
            "built package from: curl 8.5.0-r0",
            "pkg:apk/wolfi/curl@8.5.0-r0",
        ),
        ("pkg:npm/left-pad@1.0.0?distro=debian-12", "built package from: a 1", "pkg:npm/left-pad@1.0.0"),
        (
            "pkg:deb/debian/a@1-1?distro=debian-12",
            "built package from: <script> 1-1",
            "pkg:deb/debian/a@1-1?distro=debian-12&upstream=-",
        ),
    ],
)
def test_a_key_has_what_the_document_says_of_release_and_source_package(purl: str, said: str | None, key: str) -> None:
    sbom = parse(spdx((purl, said)))
    assert sbom.keys == (key,)
    assert sbom.components == (Purl(key).coordinates,)
    assert parse_purl(key) == Purl(key).coordinates  # which is what assessments know


def test_an_epoch_beside_the_purl_counts_in_every_format() -> None:
    purl, name, version = "pkg:deb/debian/diffutils@3.7-3?distro=debian-10.2", "diffutils", "1:3.7-3"
    reference = {"referenceType": "purl", "referenceLocator": purl}
    package = {"name": name, "versionInfo": version, "externalRefs": [reference]}
    artifacts = [{"name": name, "version": version, "purl": purl}]
    key = "pkg:deb/debian/diffutils@1:3.7-3?distro=debian-10"
    documents = [
        cyclonedx({"name": name, "version": version, "purl": purl}),
        json.dumps({"spdxVersion": "SPDX-2.3", "packages": [package]}).encode(),
        json.dumps({"artifacts": artifacts, "schema": {"version": "16"}}).encode(),
    ]
    assert {parse(document).keys for document in documents} == {(f"{key}&upstream=-",)}
    other = {"name": name, "version": "1:3.7-4", "purl": purl}
    assert parse(cyclonedx(other)).components == ("pkg:deb/debian/diffutils@3.7-3",)


@pytest.mark.parametrize(("epoch", "its_version"), [("1", ""), ("", "%403.7-3")])
def test_trivys_properties_of_a_package_with_an_epoch_name_its_source_with_it(epoch: str, its_version: str) -> None:
    stated = {"SrcName": "other", "SrcVersion": "3.7", "SrcRelease": "3", **({"SrcEpoch": epoch} if epoch else {})}
    listed = [{"name": f"aquasecurity:trivy:{name}", "value": value} for name, value in stated.items()]
    purl = "pkg:deb/debian/diffutils@3.7-3?distro=debian-10.2&epoch=1"
    sbom = parse(cyclonedx({"name": "diffutils", "version": "1:3.7-3", "purl": purl, "properties": listed}))
    assert sbom.keys == (f"pkg:deb/debian/diffutils@1:3.7-3?distro=debian-10&upstream=other{its_version}",)


def test_properties_of_trivy_name_the_source_package() -> None:
    properties = {"SrcName": "openssl", "SrcVersion": "3.0.11", "SrcRelease": "1~deb12u2", "PkgID": "x"}
    listed = [{"name": f"aquasecurity:trivy:{name}", "value": value} for name, value in properties.items()]
    purl = "pkg:deb/debian/libssl3@3.0.11-1~deb12u2?arch=amd64&distro=debian-12.4"
    sbom = parse(cyclonedx({"name": "libssl3", "purl": purl, "properties": listed}))
    assert sbom.keys == ("pkg:deb/debian/libssl3@3.0.11-1~deb12u2?distro=debian-12&upstream=openssl",)


@pytest.mark.parametrize(
    "document",
    [
        spdx(
            ("pkg:deb/debian/tzdata@2024a-0", None),
            more=[{"name": "debian", "versionInfo": "12.4", "primaryPackagePurpose": "OPERATING-SYSTEM"}],
        ),
        cyclonedx(
            {"type": "operating-system", "name": "debian", "version": "12.4"},
            {"name": "tzdata", "purl": "pkg:deb/debian/tzdata@2024a-0"},
        ),
        syft({"id": "debian", "versionID": "12"}, "pkg:deb/debian/tzdata@2024a-0"),
    ],
    ids=["spdx", "cyclonedx", "syft"],
)
def test_the_one_operating_system_of_a_document_gives_the_release(document: bytes) -> None:
    assert parse(document).keys == ("pkg:deb/debian/tzdata@2024a-0?distro=debian-12&upstream=-",)


TZDATA = {"name": "tzdata", "purl": "pkg:deb/debian/tzdata@2024a-0"}
DEBIAN = {"type": "operating-system", "name": "debian"}
TZDATA_XML = (
    "<components><component><name>tzdata</name><purl>pkg:deb/debian/tzdata@2024a-0</purl></component></components>"
)


@pytest.mark.parametrize(
    "document",
    [
        cyclonedx({**DEBIAN, "version": "12"}, {**DEBIAN, "version": "12.5"}, DEBIAN, TZDATA),
        cyclonedx({**DEBIAN, "version": "12.5", "purl": "pkg:generic/debian@12.5"}, TZDATA),
        spdx(
            ("pkg:deb/debian/tzdata@2024a-0", None),
            more=[
                {
                    "name": "debian",
                    "versionInfo": "12.4",
                    "primaryPackagePurpose": "OPERATING-SYSTEM",
                    "externalRefs": [{"referenceType": "purl", "referenceLocator": "pkg:generic/debian@12.4"}],
                }
            ],
        ),
        json.dumps(
            {
                "bomFormat": "CycloneDX",
                "metadata": {"component": {**DEBIAN, "version": "12"}},
                "components": [TZDATA],
            }
        ).encode(),
        '<bom xmlns="http://cyclonedx.org/schema/bom/1.6"><metadata><component type="operating-system"><name>debian'
        f"</name><version>12.5</version></component></metadata>{TZDATA_XML}</bom>".encode(),
        '<bom xmlns="http://cyclonedx.org/schema/bom/1.6"><metadata><component type="operating-system"><name>debian'
        "</name><version>12.5</version><purl>pkg:generic/debian@12.5</purl></component></metadata>"
        f"{TZDATA_XML}</bom>".encode(),
        b"SPDXVersion: SPDX-2.3\nPackageName: debian\nPackageVersion: 12.5\nPrimaryPackagePurpose: OPERATING-SYSTEM\n"
        b"ExternalRef: PACKAGE-MANAGER purl pkg:generic/debian@12.5\nPackageName: tzdata\nPackageVersion: 2024a-0\n"
        b"ExternalRef: PACKAGE-MANAGER purl pkg:deb/debian/tzdata@2024a-0\n",
    ],
    ids=["one-release", "purl", "spdx-purl", "subject", "xml-subject", "xml-subject-purl", "tag-value-purl"],
)
def test_the_system_is_known_wherever_and_however_often_it_stands(document: bytes) -> None:
    assert "pkg:deb/debian/tzdata@2024a-0?distro=debian-12&upstream=-" in parse(document).keys


def test_two_operating_systems_or_another_one_give_no_release() -> None:
    tzdata = {"name": "tzdata", "purl": "pkg:deb/debian/tzdata@2024a-0"}
    systems = [{"type": "operating-system", "name": "debian", "version": version} for version in ("11", "12")]
    assert parse(cyclonedx(*systems, tzdata)).keys == ("pkg:deb/debian/tzdata@2024a-0",)
    other = {"type": "operating-system", "name": "ubuntu", "version": "22.04"}
    assert parse(cyclonedx(other, tzdata)).keys == ("pkg:deb/debian/tzdata@2024a-0",)


def test_one_package_of_two_releases_is_two_components_with_one_package() -> None:
    sbom = parse(spdx(*((f"pkg:deb/debian/tzdata@2024a-0?distro=debian-{n}", None) for n in (11, 12))))
    assert len(sbom.keys) == 2
    assert {purl.package for purl in sbom.keys} == {"pkg:deb/debian/tzdata"}
    assert {purl.version for purl in sbom.keys} == {"2024a-0"}


def test_a_context_is_read_from_a_key() -> None:
    key = Purl("pkg:rpm/alma/openssl-libs@1.1.1k-9.el8?distro=alma-8&epoch=1&upstream=openssl")
    assert context_of(key) == Context("alma", "8", "openssl", "1:1.1.1k-9.el8", "1:1.1.1k-9.el8")
    assert context_of(key).is_located
    unplaced = context_of(Purl("pkg:deb/debian/a@1"))
    assert unplaced == Context("debian", "", "a", "1", "1")
    assert not unplaced.is_located
    assert context_of(Purl("pkg:apk/wolfi/a@1-r0")).is_located
    source = context_of(Purl("pkg:deb/debian/bsdutils@1:2.33?distro=debian-10&upstream=util-linux%402.33"))
    assert (source.source, source.source_version, source.version) == ("util-linux", "2.33", "1:2.33")


@pytest.mark.parametrize(
    ("distribution", "stated", "release"),
    [
        ("debian", "debian-10.4", "debian-10"),
        ("debian", "bookworm", "debian-12"),
        ("debian", "debian-sid", "debian-sid"),
        ("debian", "debian-trixie/sid", "debian-13"),
        ("debian", "trixie/sid", "debian-13"),
        ("debian", "Debian GNU/Linux-12", "debian-12"),
        ("debian", "debian-12 (bookworm)", "debian-12"),
        ("redhat", "Red Hat Enterprise Linux-8.9", "redhat-8"),
        ("alpine", "Alpine Linux-3.19.1", "alpine-3.19"),
        ("ubuntu", "ubuntu-22.04.3 LTS (Jammy Jellyfish)", "ubuntu-22.04"),
        ("ubuntu", "ubuntu-22.04", "ubuntu-22.04"),
        ("ubuntu", "jammy", "ubuntu-22.04"),
        ("alpine", "3.16.3", "alpine-3.16"),
        ("alpine", "alpine-3.20.0_alpha", "alpine-3.20"),
        ("alpine", "alpine-edge", "alpine-edge"),
        ("redhat", "rhel-8.6", "redhat-8"),
        ("redhat", "centos-8", "centos-8"),
        ("alma", "almalinux-9", "alma-9"),
        ("amazon", "amazon-2 (Karoo)", "amazon-2"),
        ("suse", "sles-15.4", "suse-15.4"),
        ("suse", "sles-15-SP5", "suse-15.5"),
        ("suse", "SLES 15 SP5", "suse-15.5"),
        ("suse", "sles-15sp5", "suse-15.5"),
        ("suse", "SUSE Linux Enterprise Server-15-SP5", "suse-15.5"),
        ("suse", "sles-15-LTSS-SPx", ""),
        ("suse", "sles-15", "suse-15"),
        ("suse", "sle_hpc-15.5", "suse-15.5"),
        ("ubuntu", "plucky", "ubuntu-25.04"),
        ("opensuse", "opensuse.leap-15.4", "opensuse-15.4"),
        ("opensuse", "opensuse-tumbleweed-20230101", "opensuse-tumbleweed"),
        ("opensuse", "opensuse.tumbleweed-20230101", "opensuse-tumbleweed"),
        ("mageia", "mageia-9", "mageia-9"),
        ("alpaquita", "alpaquita-23", "alpaquita-23"),
        ("alpaquita", "alpaquita-stream", "alpaquita-stream"),
        ("alpaquita", "stream", "alpaquita-stream"),
        ("bellsoft", "bellsoft-hardened-containers-25", "bellsoft-25"),
        ("bellsoft", "bellsoft-hardened-containers-stream", "bellsoft-stream"),
        ("centos", "stream", ""),
        ("wolfi", "wolfi-20230201", ""),
        ("debian", "", ""),
        ("debian", "debian", ""),
        ("", "12", ""),
    ],
)
def test_a_release_has_one_spelling(distribution: str, stated: str, release: str) -> None:
    assert release_of(distribution, stated) == release


LIBSSL = "pkg:deb/debian/libssl3@3.0.11-1?distro=debian-12"
UNSTATED, OF_OPENSSL = f"{LIBSSL}&upstream=-", f"{LIBSSL}&upstream=openssl"
TRIVY = {"aquasecurity:trivy:SrcName": "openssl", "aquasecurity:trivy:SrcVersion": "3.0.11-1"}


def with_properties(purl: str, properties: dict[str, str]) -> tuple[bytes, bytes]:
    """One document in both forms of CycloneDX."""
    listed = [{"name": name, "value": value} for name, value in properties.items()]
    in_json = cyclonedx({"name": "libssl3", "version": "3.0.11-1", "purl": purl, "properties": listed})
    in_xml = "".join(f'<property name="{name}">{value}</property>' for name, value in properties.items())
    return in_json, (
        '<bom xmlns="http://cyclonedx.org/schema/bom/1.6"><components><component type="library"><name>libssl3</name>'
        f"<version>3.0.11-1</version><purl>{purl}</purl><properties>{in_xml}</properties></component></components></bom>"
    ).encode()


@pytest.mark.parametrize(
    ("purl", "properties", "key"),
    [
        (LIBSSL, TRIVY, OF_OPENSSL),
        (LIBSSL, {"syft:metadata:source": "openssl"}, OF_OPENSSL),
        (
            LIBSSL,
            {"syft:metadata:source": "openssl", "syft:metadata:sourceVersion": "3.0.11-0"},
            f"{OF_OPENSSL}%403.0.11-0",
        ),
        (LIBSSL, {"syft:metadata:source": "libssl3"}, LIBSSL),
        (LIBSSL, {"syft:package:type": "deb", "other:SrcName": "openssl"}, UNSTATED),
        (
            "pkg:apk/alpine/libssl3@3.1.4-r0?distro=alpine-3.19",
            {"syft:metadata:originPackage": "openssl"},
            "pkg:apk/alpine/libssl3@3.1.4-r0?distro=alpine-3.19&upstream=openssl",
        ),
        (
            "pkg:rpm/rocky/openssl-libs@3-1?distro=rocky-9",
            {"syft:metadata:sourceRpm": "openssl-3-1.src.rpm"},
            "pkg:rpm/rocky/openssl-libs@3-1?distro=rocky-9&upstream=openssl",
        ),
    ],
)
def test_properties_say_the_same_in_json_and_in_xml(purl: str, properties: dict[str, str], key: str) -> None:
    assert [parse(document).keys for document in with_properties(purl, properties)] == [(key,), (key,)]


@pytest.mark.parametrize(
    ("metadata", "key"),
    [
        ({"source": "openssl", "files": [{"path": "/x"}]}, OF_OPENSSL),
        ({"source": "openssl", "sourceVersion": "3.0.11-0"}, f"{OF_OPENSSL}%403.0.11-0"),
        ({"source": ""}, UNSTATED),
        ({"source": {"x": 1}}, UNSTATED),
        ({}, UNSTATED),
    ],
)
def test_metadata_of_syft_names_the_source_package(metadata: dict[str, Any], key: str) -> None:
    artifact = {"name": "libssl3", "version": "3.0.11-1", "purl": LIBSSL, "metadata": metadata}
    assert parse(json.dumps({"artifacts": [artifact], "schema": {"version": "16"}}).encode()).keys == (key,)


def by(tool: str, *purls: str) -> bytes:
    listed = [{"name": "x", "purl": purl} for purl in purls]
    return json.dumps(
        {"bomFormat": "CycloneDX", "metadata": {"tools": [{"name": tool}]}, "components": listed}
    ).encode()


@pytest.mark.parametrize(
    ("tool", "others", "key"),
    [
        ("", (), UNSTATED),
        ("trivy 0.58.0", (), UNSTATED),
        ("distro2sbom", (), UNSTATED),
        ("syft 1.18.0", (), LIBSSL),
        ("syft-v1.2", (), LIBSSL),
        ("syft 0.30.1", (), UNSTATED),
        ("merged", ("pkg:deb/debian/libc6@2.36-9?distro=debian-12&upstream=glibc",), LIBSSL),
        ("merged", ("pkg:apk/alpine/libssl3@3.1.4-r0?distro=alpine-3.19&upstream=openssl",), UNSTATED),
    ],
)
def test_a_source_package_that_is_left_out_is_the_packages_own_in_documents_of_syft_alone(
    tool: str, others: tuple[str, ...], key: str
) -> None:
    assert parse(by(tool, LIBSSL, *others)).keys[0] == key


@pytest.mark.parametrize(
    ("purl", "key"),
    [
        ("pkg:rpm/redhat/openssl-libs@3-1?distro=rhel-9", "pkg:rpm/redhat/openssl-libs@3-1?distro=redhat-9"),
        ("pkg:rpm/rocky/openssl-libs@3-1?distro=rocky-9", "pkg:rpm/rocky/openssl-libs@3-1?distro=rocky-9&upstream=-"),
        ("pkg:apk/wolfi/libssl3@3-r0", "pkg:apk/wolfi/libssl3@3-r0?upstream=-"),
        ("pkg:deb/debian/libssl3@3.0.11-1", "pkg:deb/debian/libssl3@3.0.11-1"),
        ("pkg:rpm/suse/a@1-1?epoch=2&distro=sles-15.5", "pkg:rpm/suse/a@1-1?distro=suse-15.5&epoch=2&upstream=-"),
    ],
)
def test_a_source_package_that_is_not_known_is_noted_where_advisories_name_it(purl: str, key: str) -> None:
    assert parse(by("", purl)).keys == (key,)


def test_a_key_without_a_known_source_package_has_its_own_name() -> None:
    context = context_of(Purl(UNSTATED))
    assert (context.source, context.is_source_known) == ("libssl3", False)
    assert context_of(Purl(OF_OPENSSL)).is_source_known
