"""Images in our own words whose findings somebody assessed: what is exported of them, and Grype's answers to it.

``python -m tests.peers grype`` asks Grype and writes them.
"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any, NamedTuple

from tests.peers.grypedb import Advised
from webhook.model.actions import Action
from webhook.model.assessments import Assessment, AssessmentSource, AssessmentType, Scope
from webhook.model.images import Digest, parse_image
from webhook.model.policies import Policy
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.evaluation import Rules
from webhook.policy.judge import Judge
from webhook.policy.matching import AssessmentIndex
from webhook.policy.precedence import Place
from webhook.policy.typetable import TypeTable
from webhook.policy.vexexporting import ExportedImage, openvex_of
from webhook.sboms import parse

ANSWERS = Path(__file__).with_name("grype.json")
NAME = "registry.example/shop/orders"
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
CONTROL = "control"
"""A package of each image whose finding nobody assessed."""


class Package(NamedTuple):
    """A package as Syft lists it: its type and name, and as it writes its version and its package URL."""

    kind: str
    name: str
    version: str
    purl: str


_DEBIAN, _ALMA, _ALPINE = ("debian", "11"), ("almalinux", "9.3"), ("alpine", "3.19")
_OF_DEBIAN, _OF_ALMA = "arch=amd64&distro=debian-11", "arch=x86_64&distro=almalinux-9.3"
IMAGES: dict[str, tuple[tuple[str, str], tuple[Package, ...]]] = {
    "debian.syft.json": (
        _DEBIAN,
        (
            Package("deb", "diffutils", "1:3.7-5", f"pkg:deb/debian/diffutils@1%3A3.7-5?{_OF_DEBIAN}"),
            Package(
                "deb", "libc6", "2.31-13+deb11u5", f"pkg:deb/debian/libc6@2.31-13%2Bdeb11u5?{_OF_DEBIAN}&upstream=glibc"
            ),
            Package("go-module", "golang.org/x/net", "v0.7.0", "pkg:golang/golang.org/x/net@v0.7.0"),
            Package(
                "go-module",
                "github.com/Azure/go-autorest",
                "v14.2.0+incompatible",
                "pkg:golang/github.com/Azure/go-autorest@v14.2.0%2Bincompatible",
            ),
            Package("npm", "lodash", "4.17.20", "pkg:npm/lodash@4.17.20"),
            Package("npm", "@scope/left", "1.0.0", "pkg:npm/%40scope/left@1.0.0"),
            Package("python", "Jinja2", "3.1.2", "pkg:pypi/jinja2@3.1.2"),
            Package("python", "zope_interface", "6.0", "pkg:pypi/zope-interface@6.0"),
            Package("java-archive", "log4j-core", "2.14.1", "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1"),
            Package("deb", CONTROL, "1.0-1", f"pkg:deb/debian/{CONTROL}@1.0-1?{_OF_DEBIAN}"),
        ),
    ),
    "almalinux.syft.json": (
        _ALMA,
        (
            Package(
                "rpm",
                "vim-minimal",
                "2:8.2.2637-20.el9_1",
                f"pkg:rpm/almalinux/vim-minimal@8.2.2637-20.el9_1?{_OF_ALMA}&epoch=2&upstream=vim-8.2.2637-20.el9_1.src.rpm",
            ),
            Package("rpm", "bash", "5.1.8-6.el9_1", f"pkg:rpm/almalinux/bash@5.1.8-6.el9_1?{_OF_ALMA}"),
            Package("rpm", CONTROL, "1.0-1.el9", f"pkg:rpm/almalinux/{CONTROL}@1.0-1.el9?{_OF_ALMA}"),
        ),
    ),
    "alpine.syft.json": (
        _ALPINE,
        (
            Package("apk", "musl", "1.2.4-r2", "pkg:apk/alpine/musl@1.2.4-r2?arch=x86_64&distro=alpine-3.19.0"),
            Package("apk", CONTROL, "1.0-r0", f"pkg:apk/alpine/{CONTROL}@1.0-r0?arch=x86_64&distro=alpine-3.19.0"),
        ),
    ),
}
_ADVISED_AS = {_ALMA: ("redhat", "9")}
"""Grype looks for vulnerabilities of AlmaLinux among the records of Red Hat."""
_OF_SYSTEM = frozenset(["apk", "deb", "rpm"])


def sboms() -> dict[str, bytes]:
    """The images as Syft describes them, by file."""
    return {name: _syft(name, *image) for name, image in IMAGES.items()}


def records() -> list[Advised]:
    """A vulnerability of each package of each image."""
    return [
        Advised(
            vulnerability_of(name, package),
            package.kind,
            _recorded_name(package),
            _ADVISED_AS.get(system, system) if package.kind in _OF_SYSTEM else None,
        )
        for name, (system, packages) in IMAGES.items()
        for package in packages
    ]


def _recorded_name(package: Package) -> str:
    """What records of Grype call a package."""
    if package.kind == "java-archive":
        return _coordinates(package).removeprefix("pkg:maven/").replace("/", ":")
    return _tail(package) if package.kind == "python" else package.name


def vulnerability_of(name: str, package: Package) -> str:
    """The id of the vulnerability of a package of an image."""
    return f"CVE-2026-{20_001 + 100 * list(IMAGES).index(name) + IMAGES[name][1].index(package)}"


def exported() -> dict[str, bytes]:
    """What bomgate exports of each image: everything is assessed as not affected but the control."""
    types = TypeTable((AssessmentType("Ignore", Action.ALLOW),))
    found = {}
    for name, content in sboms().items():
        place = Place(parse_image(f"{NAME}:1"), Digest(digest_of(name)), "shop")
        ids = [vulnerability_of(name, package) for package in IMAGES[name][1] if package.name != CONTROL]
        decided = [
            Assessment(each, "Ignore", Scope(), AssessmentSource.MANUAL, "ana", "not called", NOW, None) for each in ids
        ]
        judge = Judge(Rules(types, Policy()), AssessmentIndex.of(decided), NOW, place)
        keys = {key.name.rpartition("/")[2].lower(): key for key in parse(content).keys}
        findings = [
            judge.finding(keys[_tail(package)], Vulnerability(vulnerability_of(name, package)))
            for package in IMAGES[name][1]
        ]
        found[name] = openvex_of([ExportedImage(Digest(digest_of(name)), NAME, findings)], "Shop", NOW, {})
    return found


def digest_of(name: str) -> str:
    """The digest of an image."""
    return f"sha256:{list(IMAGES).index(name) + 1:064x}"


def answers() -> dict[str, Any]:
    """What was exported when Grype was asked, and what it answered, by image."""
    found: dict[str, Any] = json.loads(ANSWERS.read_text())
    return found


def _coordinates(package: Package) -> str:
    return package.purl.partition("?")[0].rpartition("@")[0]


def _tail(package: Package) -> str:
    return _coordinates(package).rpartition("/")[2].lower()


def _syft(name: str, system: tuple[str, str], packages: tuple[Package, ...]) -> bytes:
    distribution, release = system
    image = {
        "userInput": f"{NAME}:1",
        "imageID": digest_of(name),
        "manifestDigest": digest_of(name),
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "tags": [f"{NAME}:1"],
        "imageSize": 1,
        "layers": [],
        "manifest": "",
        "config": "",
        "repoDigests": [f"{NAME}@{digest_of(name)}"],
    }
    artifacts = [
        {
            "id": f"{number:016x}",
            "name": package.name,
            "version": package.version,
            "type": package.kind,
            "foundBy": "own",
            "locations": [],
            "licenses": [],
            "language": "",
            "cpes": [],
            "purl": package.purl,
        }
        for number, package in enumerate(packages, start=1)
    ]
    document = {
        "artifacts": artifacts,
        "artifactRelationships": [],
        "source": {"id": "1", "name": NAME, "version": digest_of(name), "type": "image", "metadata": image},
        "distro": {"id": distribution, "name": distribution, "versionID": release},
        "descriptor": {"name": "syft", "version": "1.44.0"},
        "schema": {
            "version": "16.1.0",
            "url": "https://raw.githubusercontent.com/anchore/syft/main/schema/json/schema-16.1.0.json",
        },
    }
    return json.dumps(document).encode()
