"""Places: joins what looks for the SBOM of an image that is not known yet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from webhook.clients.directory import DirectorySource
from webhook.clients.registry.locations import Locations
from webhook.clients.registry.options import SOURCES
from webhook.engines.searching.platforms import Platforms
from webhook.errors import ConfigError
from webhook.model.components import Sbom
from webhook.model.deadlines import Deadline
from webhook.model.images import USUAL_PLATFORMS, Digest, ImageRef
from webhook.model.pulling import PullAccess
from webhook.ports import (
    Background,
    Clock,
    ImageResolver,
    Opening,
    PullSecretSource,
    RegistryOpener,
    SbomSource,
    VexPlace,
)
from webhook.settings import Settings
from webhook.telemetry import Faults

if TYPE_CHECKING:
    from webhook.bootstrap.cluster import Cluster
    from webhook.clients.generator import Syft
    from webhook.clients.kube.nodes import NodePlatforms
    from webhook.clients.registry.client import RegistryClient
    from webhook.clients.registry.search import Search
    from webhook.clients.registry.signatures import PublicKey
    from webhook.clients.registry.vexattestations import VexAttestations

CLIENT_MODULES = tuple(
    f"webhook.clients.registry.{name}"
    for name in ("client", "credentials", "providers", "openings", "resolver", "search", "sources")
)
"""What a process loads that looks into registries."""
_OTHERS = ("directory", "clusterReports", "generate")


class UnknownTags:
    """Tags where no registry may be asked; implements ``ImageResolver``."""

    def resolve(self, image: ImageRef, deadline: Deadline) -> Digest | None:
        """Nobody knows."""
        return None


@dataclass(frozen=True, slots=True)
class LocalOpening:
    """Places that need no registry, and so no client of one; implements ``Opening``."""

    places: Sequence[SbomSource]
    resolver: ImageResolver = field(default_factory=UnknownTags)
    key: str = ""
    vex: VexPlace | None = None


@dataclass(frozen=True)
class SameForAll:
    """Opens registries with bomgate's own credentials, whatever a workload brings; implements ``RegistryOpener``."""

    common: Opening

    def open(self, access: PullAccess, deadline: Deadline) -> Opening:
        """The common opening."""
        return self.common


@dataclass
class Places:
    """Where tags and SBOMs are looked for, as the settings say.

    Attributes:
        settings: all settings.
        parse: bytes → Sbom.
        clock: time.
        cluster: the cluster's API server, for what is read from there.
        faults: takes note of unexpected errors.
        signers: the keys whose VEX documents count; no registry is asked for any without one.
    """

    settings: Settings
    parse: Callable[[bytes], Sbom]
    clock: Clock
    cluster: Cluster
    faults: Faults
    signers: Sequence[PublicKey] = ()

    @cached_property
    def opener(self) -> RegistryOpener:
        """Opens registries, with pull secrets where ``kube.pullSecrets`` asks for them.

        Raises:
            ConfigError: ``sbom.sources`` names a place that there is not, or one that cannot be used.
        """
        settings = self.settings
        settings.kube.check()
        settings.generator.check()
        if self.needs_no_client:
            return SameForAll(LocalOpening(_usable(map(self._local_place, self._names()))))
        from webhook.clients.registry.openings import Opener
        from webhook.clients.registry.openings import Opening as OpenedRegistries

        client = self._own_client()
        if not settings.kube.pull_secrets:
            return SameForAll(OpenedRegistries("", *self._join(client)))
        return Opener(client, self._locations, self._join, self._pull_secrets(), self.faults)

    @property
    def asks_registries(self) -> bool:
        """Whether something in a registry is looked at; only then are tags asked for, too."""
        return any(name in SOURCES or name == "generate" for name in self._names())

    @property
    def needs_no_client(self) -> bool:
        """Whether no setting takes a client of registries, which is slow to load, to look at, or to check."""
        settings = self.settings
        return not (
            self.asks_registries
            or settings.kube.pull_secrets
            or settings.attachments.verify
            or self.signers
            or settings.providers.config
            or settings.registries
        )

    def seal(self, image: ImageRef) -> str:
        """The place of SBOMs that the right key has signed, for an image that needs such; else empty."""
        return self._common_search.seal(image) if self.settings.attachments.verify else ""

    def host(self, image: ImageRef) -> str:
        """The hosts that are asked for an image and for what is attached to it."""
        image_at, attached_at = self._locations.image(image), self._locations.attachments(image)
        hosts = dict.fromkeys((image_at.registry.host, attached_at.registry.host))
        return " ".join(hosts)

    @cached_property
    def _locations(self) -> Locations:
        return Locations(self.settings.registries, self.settings.registry)

    @cached_property
    def _common_search(self) -> Search:
        # It looks at no image, so it needs no credentials, and nothing of the cluster.
        from webhook.clients.registry.client import RegistryClient
        from webhook.clients.registry.search import Search

        client = RegistryClient(self.settings.registry, (), self.clock)
        return Search(client, self._locations, self.settings.attachments, self.parse, self.clock)

    @cached_property
    def _syft(self) -> Syft:
        from webhook.clients.generator import Syft

        return Syft(self.settings.generator, self.settings.environment, self.clock)

    def _search(self, client: RegistryClient) -> Search:
        from webhook.clients.registry.search import Search

        options = self.settings.attachments
        return Search(client, self._locations, options, self.parse, self.clock, platforms=self._platforms)

    def _join(self, client: RegistryClient) -> tuple[ImageResolver, Sequence[SbomSource], VexPlace | None]:
        from webhook.clients.registry.resolver import RegistryResolver

        search = self._search(client)
        resolver = RegistryResolver(client, self._locations, self.settings.registry, self.clock)
        return resolver, _usable(self._place(name, search) for name in self._names()), self._vex(search)

    def _vex(self, search: Search) -> VexAttestations | None:
        if not self.signers:
            return None
        from webhook.clients.registry.vexattestations import VexAttestations

        return VexAttestations(search, self.signers)

    def vex_attestations(self) -> VexAttestations:
        """All VEX documents that are attached to images, also those that do not count."""
        from webhook.clients.registry.vexattestations import VexAttestations

        return VexAttestations(self._search(self._own_client()), self.signers)

    def attach(
        self, image: ImageRef, digest: Digest, statement: tuple[str, bytes], key: Path | None, deadline: Deadline
    ) -> str:
        """Attach a statement to an image, with bomgate's own credentials; where it is then.

        Args:
            image: the reference.
            digest: of the image.
            statement: type of the predicate, and the predicate (JSON).
            key: private key that signs it; None leaves it unsigned.
            deadline: by when it must be done.

        Raises:
            ConfigError: the key cannot be read.
            SourceError: the registry did not answer, or refused to.
        """
        from webhook.clients.registry.attaching import Attachment, attach
        from webhook.clients.registry.signatures import signer_with

        client, repository = self._own_client(), self._locations.image(image)
        what = Attachment(*statement, None if key is None else signer_with(key))
        done = attach(client, repository, digest, what, client.budget(deadline))
        return f"{repository.name}@{done}"

    def _own_client(self) -> RegistryClient:
        """A client with bomgate's own credentials."""
        from webhook.clients.registry.client import RegistryClient
        from webhook.clients.registry.credentials import FileKeychain
        from webhook.clients.registry.providers import ProviderKeychain

        keychains = (FileKeychain(), ProviderKeychain(self.settings.providers, self.settings.environment, self.clock))
        return RegistryClient(self.settings.registry, keychains, self.clock)

    def _names(self) -> tuple[str, ...]:
        """The words of ``sbom.sources``; ``sbom.generate`` alone puts generation at the end."""
        names = self.settings.sbom.sources
        return (*names, "generate") if self.settings.generator.generate and "generate" not in names else names

    def _place(self, name: str, search: Search) -> SbomSource | None:
        if name in SOURCES:
            from webhook.clients.registry.sources import registry_source

            return registry_source(name, search)
        if name == "generate":
            from webhook.clients.generator import GeneratedSource
            from webhook.clients.registry.resolver import pull_target

            return GeneratedSource(self._syft, partial(pull_target, search), self.parse)
        return self._local_place(name)

    def _local_place(self, name: str) -> SbomSource | None:
        """A place that no registry is asked for."""
        sbom = self.settings.sbom
        if name == "directory":
            # Named by default, and without a folder there is nothing to look into.
            return DirectorySource(sbom.directory, self.parse, sbom.max_bytes) if sbom.directory is not None else None
        if name == "clusterReports":
            return self._cluster_reports()
        raise ConfigError(
            f"sbom.sources cannot name {name!r:.60}", remedy=f"Known are: {', '.join((*SOURCES, *_OTHERS))}."
        )

    def platforms(self, background: Background) -> Platforms:
        """Which platforms of an image count; nodes are asked behind the requests."""
        nodes = self._nodes
        named = self.settings.attachments.platforms
        return Platforms(named, None if nodes is None else nodes.of_nodes, background, self.clock)

    def platforms_asked(self) -> tuple[str, ...]:
        """The same at this moment, for whom can wait.

        Raises:
            SourceError: the API server was asked, and did not answer.
        """
        asked = self._platforms
        return self.settings.attachments.platforms or (asked() if asked is not None else ()) or USUAL_PLATFORMS

    @property
    def _platforms(self) -> Callable[[], tuple[str, ...]] | None:
        """What the cluster's nodes run; None when they are not to be asked."""
        return None if self._nodes is None else self._nodes.platforms

    @cached_property
    def _nodes(self) -> NodePlatforms | None:
        if self.settings.attachments.platforms or not self.settings.kube.node_platforms:
            return None
        from webhook.clients.kube.nodes import NodePlatforms

        return NodePlatforms(self.cluster.api, self.settings.kube, self.clock)

    def _pull_secrets(self) -> PullSecretSource:
        from webhook.clients.kube.pullsecrets import PullSecretReader

        return PullSecretReader(self.cluster.api, self.settings.kube, self.clock)

    def _cluster_reports(self) -> SbomSource:
        from webhook.clients.kube.sbomreports import ClusterReports

        return ClusterReports(self.cluster.api, self.parse)


def _usable(places: Iterable[SbomSource | None]) -> tuple[SbomSource, ...]:
    return tuple(place for place in places if place is not None)
