"""A registry client put together for a test, with a clock that really runs."""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import dataclass, field

from webhook.clients.registry.calls import Budget
from webhook.clients.registry.client import RegistryClient
from webhook.clients.registry.credentials import FileKeychain
from webhook.clients.registry.locations import Locations
from webhook.clients.registry.options import SOURCES, AttachmentOptions, RegistryOptions, RegistryRule
from webhook.clients.registry.resolver import RegistryResolver
from webhook.clients.registry.search import Search
from webhook.clients.registry.sources import registry_source
from webhook.clients.trail import Explanation, explain_image
from webhook.model.components import Sbom
from webhook.model.deadlines import Deadline
from webhook.model.images import Digest, parse_image
from webhook.sboms import parse


class RealClock:
    def now(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class PatientClock(RealClock):
    """A clock on which sleeping takes no time.

    Attributes:
        slept: every wait so far, seconds.
    """

    def __init__(self) -> None:
        self.slept: list[float] = []
        self._ahead = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self._ahead

    def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 2))
        self.jump(seconds)

    def jump(self, seconds: float) -> None:
        self._ahead += seconds


def loopback(host: str, **more) -> RegistryRule:
    """The rule that lets a test reach a registry on loopback."""
    return RegistryRule(prefix=host, plain_http=True, allow_private=True, **more)


@dataclass
class Kit:
    """Everything that ``bootstrap`` would make of these options.

    Attributes:
        rules: entries of ``registries``.
        options: limits; short waits by default, so that a failing test ends soon.
        attachments: which SBOMs count.
        keychains: credentials.
        clock: time.
    """

    rules: list[RegistryRule]
    options: RegistryOptions = field(default_factory=lambda: RegistryOptions(tries=2, read_seconds=10))
    attachments: AttachmentOptions = field(default_factory=AttachmentOptions)
    keychains: list = field(default_factory=lambda: [FileKeychain()])
    clock: RealClock = field(default_factory=RealClock)

    def __post_init__(self) -> None:
        self.client = RegistryClient(self.options, self.keychains, self.clock)
        self.locations = Locations(self.rules, self.options)
        self.resolver = RegistryResolver(self.client, self.locations, self.options, self.clock)
        self.search = Search(self.client, self.locations, self.attachments, parse, self.clock)
        self.sources = {name: registry_source(name, self.search) for name in SOURCES}

    def deadline(self, seconds: float = 30) -> Deadline:
        return Deadline(self.clock.monotonic() + seconds)

    def budget(self) -> Budget:
        return self.client.budget(self.deadline())

    def resolve(self, text: str) -> Digest | None:
        return self.resolver.resolve(parse_image(text), self.deadline())

    def fetch(self, source: str, text: str, digest: Digest | None = None, seconds: float = 30) -> list[Sbom]:
        image = parse_image(text)
        digest = digest or image.digest or self.resolver.resolve(image, self.deadline())
        return list(self.sources[source].fetch(image, digest, self.deadline(seconds)))

    def explain(self, text: str, *names: str) -> Explanation:
        places = [self.sources[name] for name in names or SOURCES]
        return explain_image(self.resolver, places, parse_image(text), self.deadline())


class Waiting:
    """Makes kits with one patient clock.

    Attributes:
        clock: the clock.
        kits: all that were made.
    """

    def __init__(self) -> None:
        self.clock, self.kits = PatientClock(), []

    def kit(self, host: str, **options) -> Kit:
        limits = RegistryOptions(**{"tries": 2, "read_seconds": 5, **options})
        self.kits.append(Kit([loopback(host)], options=limits, clock=self.clock))
        return self.kits[-1]

    @property
    def last(self) -> Kit:
        return self.kits[-1]


def purls(sboms: list[Sbom]) -> set[str]:
    """All components, for comparing."""
    return {str(purl) for sbom in sboms for purl in sbom.components}


LEFT_PAD, JINJA, REQUESTS = "pkg:npm/left-pad@1.3.0", "pkg:pypi/jinja2@3.1.2", "pkg:pypi/requests@2.30.0"
CYCLONEDX, SPDX = {LEFT_PAD, JINJA}, {REQUESTS}
"""What the recorded documents list."""
