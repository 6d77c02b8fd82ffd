"""Small worlds for tests: a store with a few images, and the engines joined to it as ``bootstrap`` joins them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from tests.fakes import (
    FakeBackground,
    FakeClock,
    FakeImageResolver,
    FakeOpener,
    FakeSbomSource,
    FakeSightingSink,
    MemoryStore,
)
from webhook.engines.admission.admissions import AdmissionNotes
from webhook.engines.admission.confirming import Confirmations
from webhook.engines.admission.enforcing import ClusterParts, Enforcer
from webhook.engines.admission.former import FormerImages
from webhook.engines.admission.notes import AccountNotes
from webhook.engines.admission.reviewing import AdmissionReviewer, ReviewParts
from webhook.engines.judging.images import ImageChecker
from webhook.engines.judging.workloads import WorkloadJudge
from webhook.engines.readmodel import ReadModel
from webhook.engines.refresher import Refresher, RefreshOptions
from webhook.engines.searching.looks import SearchParts
from webhook.engines.searching.options import ResolveOptions, SearchOptions
from webhook.engines.searching.platforms import Platforms
from webhook.engines.searching.resolving import ResolveParts, TagResolver
from webhook.engines.searching.search import SbomSearch
from webhook.model.components import Sbom
from webhook.model.deadlines import Deadline
from webhook.model.images import Digest, parse_image
from webhook.model.policies import Policy
from webhook.model.purls import parse_purl
from webhook.model.verdicts import Verdict
from webhook.model.vulnerabilities import ComponentAnswer, Vulnerability
from webhook.policy.automatic import auto_assessment
from webhook.policy.evaluation import Rules
from webhook.policy.remedies import Hints
from webhook.policy.typetable import default_types
from webhook.telemetry import Faults

LOG4J = "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1"
YAML = "pkg:pypi/pyyaml@5.3"
LODASH = "pkg:npm/lodash@4.17.20"
LEFTPAD = "pkg:npm/left-pad@1.3.0"
OPENSSL = "pkg:deb/debian/openssl@3.0.11"

LOG4SHELL = Vulnerability(
    "CVE-2021-44228",
    "Remote code execution through lookups",
    Decimal("10.0"),
    "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H",
)
PYYAML_RCE = Vulnerability("CVE-2020-14343", "Unsafe loading of tags", Decimal("9.8"))
LODASH_INJECTION = Vulnerability("CVE-2021-23337", "Command injection through templates", Decimal("7.2"))


def digest_of(name: str) -> Digest:
    """A digest made from a name, the same each time."""
    return Digest("sha256:" + hashlib.sha256(name.encode()).hexdigest())


def sbom_of(*purls: str, document: str = "") -> Sbom:
    """An SBOM with these components."""
    parsed = tuple(parse_purl(purl) for purl in purls)
    return Sbom("cyclonedx-json", "1.6", digest_of(document or repr(purls)), parsed)


@dataclass
class World:
    """A store, and the engines that judge with it.

    Attributes:
        policy: what decides without assessments.
        resolves: whether there is a registry to ask for tags; else only known tags count.
        cluster: whom to ask about namespaces, owners and rights; None where there is no cluster.
        platforms: which platforms of an image count.
        store: of another world, whose store this one goes on with; None makes one.
    """

    policy: Policy = field(default_factory=Policy)
    resolves: bool = False
    clock: FakeClock = field(default_factory=FakeClock)
    background: FakeBackground = field(default_factory=FakeBackground)
    directory: FakeSbomSource = field(default_factory=FakeSbomSource)
    resolver: FakeImageResolver = field(default_factory=FakeImageResolver)
    sightings: FakeSightingSink = field(default_factory=FakeSightingSink)
    cluster: ClusterParts | None = None
    platforms: Platforms = field(default_factory=Platforms)
    store: MemoryStore | None = None

    def __post_init__(self) -> None:
        self.opener = FakeOpener(self.resolver, [self.directory])
        self.rules = Rules(default_types(), self.policy)
        self.store = self.store or MemoryStore(self.clock)
        self.model = ReadModel()
        self.refresher = Refresher(self.model, self.store.feed, None, self.clock, RefreshOptions())
        self.faults = Faults()
        resolving = ResolveParts(
            self.opener if self.resolves else None, self.store, self.background, faults=self.faults
        )
        self.tags = TagResolver(self.model, resolving, self.clock, ResolveOptions())
        searching = SearchParts(
            self.opener,
            self.store,
            self.refresher,
            self.background,
            "this process",
            faults=self.faults,
            platforms=self.platforms,
        )
        self.search = SbomSearch(self.model, searching, self.clock, SearchOptions())
        self.checker = ImageChecker(self.model, self.rules, self.tags, self.search, self.clock)
        self.admissions = AdmissionNotes(self.store.admissions, self.clock)
        self.accounts = AccountNotes(self.store.accounts)
        live, grants = (self.cluster.live, self.cluster.grants) if self.cluster is not None else (None, None)
        self.confirmations = Confirmations(self.admissions, self.clock, live, grants)
        enforcer = Enforcer(self.policy, self.cluster, self.clock, self.confirmations)
        inventory = self.cluster.inventory if self.cluster is not None else None
        former = FormerImages(self.confirmations, inventory, self.background, self.clock)
        self.judge = WorkloadJudge(self.checker, self.rules)
        parts = ReviewParts(self.judge, enforcer, self.sightings.saw, former, self.clock, self.accounts.saw)
        self.reviewer = AdmissionReviewer(parts, self.policy, Hints())
        self.refresher.refresh()

    def image(self, text: str, *purls: str) -> Digest:
        """Put an image with an SBOM of these components into the store."""
        image, digest = parse_image(text), digest_of(text)
        self.store.sboms.add(digest, sbom_of(*purls, document=text), place="added", image=image)
        self.refresher.refresh()
        return digest

    def answer(self, purl: str, *vulnerabilities: Vulnerability) -> None:
        """Let the source have answered for a component."""
        self.answer_all([(purl, vulnerabilities)])

    def answer_all(self, answers: Sequence[tuple[str, Sequence[Vulnerability]]]) -> None:
        """Let the source have answered for several components in one batch."""
        types, now = self.rules.types, self.clock.now()
        self.store.components.record(
            [ComponentAnswer(parse_purl(purl), tuple(found), now) for purl, found in answers],
            assess=lambda vulnerability, package: auto_assessment(types, vulnerability, package, now),
            now=now,
        )
        self.refresher.refresh()

    def check(self, text: str, namespace: str = "", seconds: float = 5.0) -> Verdict:
        """Judge an image."""
        deadline = Deadline(self.clock.monotonic() + seconds)
        return self.checker.check_until(parse_image(text), namespace, deadline)
