"""Builds of a version that an advisory calls affected."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.osv import affected, record
from webhook.clients.osv.records import SetBuilder
from webhook.model.components import ComponentState
from webhook.model.purls import Purl
from webhook.policy.advisoryindex import AdvisoryIndex

VULNERABLE, CLEAN, UNKNOWN = ComponentState.VULNERABLE, ComponentState.CLEAN, ComponentState.UNKNOWN
BUILDS = [
    ("PyPI", "pkg:pypi/a@{}", "2.0.1", "2.0.1+cpu", VULNERABLE),
    ("PyPI", "pkg:pypi/a@{}", "2.0.1", "2.0.1.post1", CLEAN),
    ("PyPI", "pkg:pypi/a@{}", "2.0", "2.0.0+cu118", VULNERABLE),
    ("PyPI", "pkg:pypi/a@{}", "2.0.1", "2.0.2+cpu", CLEAN),
    ("PyPI", "pkg:pypi/a@{}", "2.0.1+cpu", "2.0.1+cu118", CLEAN),
    ("Bitnami", "pkg:bitnami/a@{}", "7.2.4", "7.2.4-3", VULNERABLE),
    ("Bitnami", "pkg:bitnami/a@{}", "7.2.4-2", "7.2.4-3", CLEAN),
    ("Bitnami", "pkg:bitnami/a@{}", "7.2.4", "7.2.5-1", CLEAN),
    ("Pub", "pkg:pub/a@{}", "2.0.1", "2.0.1+1", VULNERABLE),
    ("ConanCenter", "pkg:conan/a@{}", "2.0.1", "2.0.1+1", VULNERABLE),
    ("Maven", "pkg:maven/a/b@{}", "2.0.1", "2.0.1.redhat-00001", VULNERABLE),
    ("Maven", "pkg:maven/a/b@{}", "2.0.1", "2.0.1-jre", VULNERABLE),
    ("Maven", "pkg:maven/a/b@{}", "2.0.1", "2.0.1.jre11", VULNERABLE),
    ("Maven", "pkg:maven/a/b@{}", "2.0.1", "2.0.1.Final-redhat-1", VULNERABLE),
    ("Maven", "pkg:maven/a/b@{}", "2.0.1.Final", "2.0.1.Final-redhat-1", VULNERABLE),
    ("Maven", "pkg:maven/a/b@{}", "2.0.1", "2.0.1-acme-7", UNKNOWN),
    ("Maven", "pkg:maven/a/b@{}", "2.0.1", "2.0.1-7", UNKNOWN),
    ("Maven", "pkg:maven/a/b@{}", "2.0.1", "2.0.1.SP1", CLEAN),
    ("Maven", "pkg:maven/a/b@{}", "2.0.1", "2.0.1.1", CLEAN),
    ("Maven", "pkg:maven/a/b@{}", "2.0.1", "2.0.2-jre", CLEAN),
    ("Maven", "pkg:maven/a/b@{}", "2.0.1.redhat-1", "2.0.1.redhat-2", CLEAN),
    ("Debian:12", "pkg:deb/debian/a@{}?distro=debian-12", "3.0-1", "3.0-1+b2", VULNERABLE),
    ("Debian:12", "pkg:deb/debian/a@{}?distro=debian-12", "3.0", "3.0-1+b2", VULNERABLE),
    ("Debian:12", "pkg:deb/debian/a@{}?distro=debian-12", "3.0-1", "3.0-2", CLEAN),
    ("Debian:12", "pkg:deb/debian/a@{}?distro=debian-12", "3.0-1", "3.0-1+deb12u1", CLEAN),
    ("Alpine:v3.19", "pkg:apk/alpine/a@{}?distro=alpine-3.19", "3.0", "3.0-r4", VULNERABLE),
    ("Alpine:v3.19", "pkg:apk/alpine/a@{}?distro=alpine-3.19", "3.0-r3", "3.0-r4", CLEAN),
    ("AlmaLinux:9", "pkg:rpm/alma/a@{}?distro=alma-9", "3.0", "3.0-4.el9", VULNERABLE),
    ("AlmaLinux:9", "pkg:rpm/alma/a@{}?distro=alma-9", "3.0-3.el9", "3.0-4.el9", CLEAN),
    ("Azure Linux:3", "pkg:rpm/azurelinux/a@{}?distro=azurelinux-3", "3.0-3", "3.0-3.azl3", VULNERABLE),
    ("Azure Linux:3", "pkg:rpm/azurelinux/a@{}?distro=azurelinux-3", "3.0-3", "3.0-4.azl3", CLEAN),
    ("Azure Linux:2", "pkg:rpm/mariner/a@{}?distro=mariner-2", "3.0", "3.0-3.cm2", VULNERABLE),
    ("Photon OS:5.0", "pkg:rpm/photon/a@{}?distro=photon-5.0", "3.0-3.ph5", "3.0-4.ph5", CLEAN),
]


def state_of(ecosystem: str, purl: str, version: str, **said: Any) -> ComponentState:
    """The state of a version by an advisory that says this of it."""
    builder = SetBuilder(ecosystem.partition(":")[0])
    name = "a:b" if ecosystem == "Maven" else "a"
    of = {"package": {"ecosystem": ecosystem, "name": name}, **said}
    builder.add(json.dumps(record("X-1", of, affected(ecosystem, "other", {"introduced": "0"}))).encode())
    index = AdvisoryIndex({("osv", builder.ecosystem): builder.finish()})
    return index.match(Purl(purl.format(version.replace("+", "%2B")))).state


@pytest.mark.parametrize(("ecosystem", "purl", "named", "version", "state"), BUILDS)
def test_a_build_of_the_last_affected_version_is_affected(
    ecosystem: str, purl: str, named: str, version: str, state: ComponentState
) -> None:
    events = [{"introduced": "0"}, {"last_affected": named}]
    assert state_of(ecosystem, purl, version, ranges=[{"type": "ECOSYSTEM", "events": events}]) is state


@pytest.mark.parametrize(("ecosystem", "purl", "named", "version", "state"), BUILDS)
def test_a_build_of_a_listed_version_is_affected(
    ecosystem: str, purl: str, named: str, version: str, state: ComponentState
) -> None:
    assert state_of(ecosystem, purl, version, versions=["0.1", named]) is state


@pytest.mark.parametrize(("ecosystem", "purl", "named", "version", "state"), BUILDS)
def test_a_build_of_the_fixed_version_is_fixed(
    ecosystem: str, purl: str, named: str, version: str, state: ComponentState
) -> None:
    events = [{"introduced": "0"}, {"fixed": named}]
    assert state_of(ecosystem, purl, version, ranges=[{"type": "ECOSYSTEM", "events": events}]) is CLEAN


def test_what_is_left_of_a_version_without_its_build_may_have_no_order() -> None:
    assert state_of("AlmaLinux:9", "pkg:rpm/alma/a@{}?distro=alma-9", "x-1", versions=["3.0"]) is CLEAN


@pytest.mark.parametrize(
    ("version", "state"),
    [
        ("2.0-SNAPSHOT", UNKNOWN),
        ("2.0.BUILD-SNAPSHOT", VULNERABLE),
        ("3.0.BUILD-SNAPSHOT", UNKNOWN),
        ("2.0-20240131.235959-2", UNKNOWN),
        ("2.0-rc1", CLEAN),
        ("1.9-SNAPSHOT", CLEAN),
        ("2.1-20240131.235959-2", VULNERABLE),
        ("3.0-20240131.235959-2", VULNERABLE),
        ("3.0", CLEAN),
    ],
)
def test_a_snapshot_of_a_release_that_introduced_or_fixed_it_may_be_affected(
    version: str, state: ComponentState
) -> None:
    events = [{"introduced": "2.0"}, {"fixed": "3.0"}]
    assert state_of("Maven", "pkg:maven/a/b@{}", version, ranges=[{"type": "ECOSYSTEM", "events": events}]) is state
