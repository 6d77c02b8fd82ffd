"""A store as the release before the keys of components changed has left it, with data of every kind.

``store.sql`` and ``actions.json`` in the folder ``former-release`` were made by that release, with this module run in
its tree: ``python formerrelease.py FOLDER``. Tests read them, and need that release no more.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from tests.copies import replace
from webhook.engines.readmodel import ReadModel
from webhook.model.assessments import Assessment, AssessmentSource, Scope
from webhook.model.images import Digest, parse_image
from webhook.model.purls import Purl
from webhook.model.vulnerabilities import ComponentAnswer, Vulnerability
from webhook.policy.automatic import auto_assessment
from webhook.policy.evaluation import Rules, Subject, evaluate
from webhook.policy.typetable import default_types
from webhook.ports import Clock
from webhook.sboms import parse
from webhook.settings.policies import PolicyOptions, make_policy
from webhook.store import StoreOptions
from webhook.store.repositories import Store, open_store

NOW = dt.datetime(2026, 7, 1, 12, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(days=30)
"""When some assessments have ended that count in the former release."""
TODAY, PAST = NOW + dt.timedelta(days=60), NOW - dt.timedelta(days=1)


@dataclass(frozen=True)
class Package:
    """A package that has another key today.

    Attributes:
        name: what the document calls it.
        purl: as the document writes it, with ``{}`` for the last number of the version.
        former: the key that the former release gave to it, likewise.
        today: today's; empty where no source covers it, or it is not part of the image.
        scope: of the component, as CycloneDX has it.
    """

    name: str
    purl: str
    former: str
    today: str
    scope: str = "required"


PACKAGES = {
    "go-case": Package(
        "github.com/Azure/go-autorest/autorest",
        "pkg:golang/github.com/azure/go-autorest/autorest@0.11.{}",
        "pkg:golang/github.com/azure/go-autorest/autorest@0.11.{}",
        "pkg:golang/github.com/Azure/go-autorest/autorest@v0.11.{}",
    ),
    "go-subpath": Package(
        "github.com/golang-jwt/jwt/v4",
        "pkg:golang/github.com/golang-jwt/jwt@v4.5.{}#v4",
        "pkg:golang/github.com/golang-jwt/jwt@v4.5.{}",
        "pkg:golang/github.com/golang-jwt/jwt/v4@v4.5.{}",
    ),
    "go-stdlib": Package("stdlib", "pkg:golang/stdlib@1.21.{}", "pkg:golang/stdlib@1.21.{}", ""),
    "pypi": Package(
        "ruamel.yaml", "pkg:pypi/ruamel.yaml@0.17.{}", "pkg:pypi/ruamel.yaml@0.17.{}", "pkg:pypi/ruamel-yaml@0.17.{}"
    ),
    "npm-case": Package(
        "JSONStream", "pkg:npm/JSONStream@1.3.{}", "pkg:npm/jsonstream@1.3.{}", "pkg:npm/JSONStream@1.3.{}"
    ),
    "npm-peers": Package(
        "acorn-jsx",
        "pkg:npm/acorn-jsx@5.3.{}_acorn%407.4.1",
        "pkg:npm/acorn-jsx@5.3.{}_acorn%407.4.1",
        "pkg:npm/acorn-jsx@5.3.{}",
    ),
    "rpm": Package(
        "openssl",
        "pkg:rpm/rhel/openssl@1.1.{}-6.el8",
        "pkg:rpm/rhel/openssl@1.1.{}-6.el8",
        "pkg:rpm/redhat/openssl@1.1.{}-6.el8",
    ),
    "gem": Package(
        "nokogiri", "pkg:gem/nokogiri@1.8.{}-java", "pkg:gem/nokogiri@1.8.{}-java", "pkg:gem/nokogiri@1.8.{}"
    ),
    "excluded": Package("left-out", "pkg:npm/left-out@1.0.{}", "pkg:npm/left-out@1.0.{}", "", scope="excluded"),
}

SCORES = {
    "severe": "9.8",
    "mild": "2.0",
    "middle": "5.0",
    "manual-blocked": "2.0",
    "manual-ignored": "9.8",
    "exact-blocked": "2.0",
    "image-blocked": "2.0",
    "namespace-blocked": "2.0",
    "expired-ignored": "9.8",
    "ignored-for-a-time": "9.8",
    "blocked-for-a-time": "2.0",
    "settings-blocked": "2.0",
    "cluster-blocked": "2.0",
    "range-of-then": "2.0",
}
"""What was recorded about a vulnerability → its score."""


@dataclass(frozen=True)
class Image:
    """An image with one component.

    Attributes:
        package: of its component.
        kind: what was recorded about the vulnerability of that.
        number: of the image.
    """

    package: Package
    kind: str
    number: int

    @property
    def digest(self) -> Digest:
        """Of the image."""
        return Digest(f"sha256:{self.number:064x}")

    @property
    def name(self) -> str:
        """Of the image."""
        return f"registry.example/shop/image-{self.number}"

    @property
    def former(self) -> Purl:
        """The key that the former release gave to its component."""
        return Purl(self.package.former.format(self.number))

    @property
    def today(self) -> Purl | None:
        """Today's key of its component."""
        return Purl(self.package.today.format(self.number)) if self.package.today else None

    @property
    def vulnerability(self) -> Vulnerability:
        """Of its component."""
        return Vulnerability(f"CVE-2026-{1000 + self.number}", title="a flaw", cvss_score=Decimal(SCORES[self.kind]))

    @property
    def document(self) -> bytes:
        """Its SBOM."""
        component = {
            "type": "library",
            "name": self.package.name,
            "purl": self.package.purl.format(self.number),
            "scope": self.package.scope,
        }
        return json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [component]}).encode()

    def assessment(self) -> Assessment | None:
        """What was recorded by hand."""
        package = self.former.package
        exact = Scope(package, version_range=f"={self.former.version}")
        scope, kind, until, source, author = Scope(package), "Blocked", None, AssessmentSource.MANUAL, "anna"
        if self.kind in ("severe", "mild", "middle", "range-of-then"):
            return None
        if self.kind == "exact-blocked":
            scope = exact
        elif self.kind == "image-blocked":
            scope = replace(exact, image=self.name)
        elif self.kind == "namespace-blocked":
            scope = replace(exact, namespace="shop")
        if "ignored" in self.kind:
            kind = "Ignore"
        if self.kind == "expired-ignored":
            until = PAST
        elif self.kind.endswith("for-a-time"):
            until = LATER
        if self.kind in ("settings-blocked", "cluster-blocked"):
            source, author = AssessmentSource.PROVISIONED, self.kind.partition("-")[0]
        return Assessment(
            self.vulnerability.id, kind, scope, source, author, "because", NOW - dt.timedelta(days=9), until
        )


def images() -> Iterator[Image]:
    """All images."""
    number = 0
    for package in PACKAGES.values():
        for kind in SCORES:
            number += 1
            yield Image(package, kind, number)


def rule(vulnerability: Vulnerability, package: str) -> Assessment | None:
    """The ranges of the settings."""
    return auto_assessment(default_types(), vulnerability, package, NOW)


def fill(store: Store) -> None:
    """Images, answers and assessments, as the former release takes them."""
    everything = list(images())
    for image in everything:
        sbom = parse(image.document)
        assert sbom.components == (image.former,), (sbom.components, image.former)
        store.sboms.add(image.digest, sbom, place="added", image=parse_image(f"{image.name}:1"))
    answers = [ComponentAnswer(image.former, (image.vulnerability,), NOW) for image in everything]
    ranges = [answer for answer, image in zip(answers, everything, strict=True) if image.kind == "range-of-then"]
    store.components.record([answer for answer in answers if answer not in ranges], assess=rule, now=NOW)
    store.components.record(ranges, assess=_range_of_then, now=NOW)
    by_hand = [one for image in everything if (one := image.assessment()) is not None]
    store.assessments.append([assessment for assessment in by_hand if assessment.source is AssessmentSource.MANUAL])
    for author in ("settings", "cluster"):
        store.assessments.provision(
            [assessment for assessment in by_hand if assessment.author == author], author=author, now=NOW
        )


def _range_of_then(vulnerability: Vulnerability, package: str) -> Assessment | None:
    """Ranges that are no more."""
    made = auto_assessment(default_types(), replace(vulnerability, cvss_score=Decimal("9.8")), package, NOW)
    assert made is not None
    return replace(made, score=vulnerability.cvss_score)


def actions(store: Store) -> dict[str, list[str]]:
    """What each image gets: now and when some assessments have ended, in two namespaces."""
    model, found = ReadModel(), dict[str, list[str]]()
    model.apply(store.feed.changes())
    rules = Rules(default_types(), make_policy(PolicyOptions()))
    for image in images():
        facts = model.facts(image.digest)
        assert facts is not None
        found[image.name] = [
            evaluate(
                facts, Subject(parse_image(f"{image.name}:1"), image.digest, namespace), rules, model.assessments, now
            ).action.word
            for now in (NOW, TODAY)
            for namespace in ("shop", "other")
        ]
    return found


class _Clock:
    """The time of the former release."""

    def now(self) -> dt.datetime:
        """Always the same."""
        return NOW

    def monotonic(self) -> float:
        """Always the same."""
        return 0.0

    def sleep(self, seconds: float) -> None:
        """Does not."""


def write(folder: Path) -> None:
    """Make the files, with the release whose modules are imported."""
    clock: Clock = _Clock()
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary) / "bomgate.db"
        store = open_store(StoreOptions(url=f"sqlite:///{path}"), clock)
        fill(store)
        found = actions(store)
        store.close()
        with contextlib.closing(sqlite3.connect(path)) as connection:
            dump = "\n".join(connection.iterdump())
    folder.mkdir(exist_ok=True)
    (folder / "store.sql").write_text(f"{dump}\n", encoding="utf-8")
    (folder / "actions.json").write_text(f"{json.dumps(found, indent=1)}\n", encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
