"""Places: joins what looks for the SBOM of an image that is not known yet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING

from webhook.bootstrap.cluster import Cluster
from webhook.clients.directory import DirectorySource
from webhook.clients.generator import GeneratedSource, Syft
from webhook.clients.registry import (
    SOURCES,
    FileKeychain,
    Locations,
    Opener,
    Opening,
    ProviderKeychain,
    RegistryClient,
    RegistryResolver,
    Search,
    pull_target,
    registry_source,
)
from webhook.engines.checking.platforms import Platforms
from webhook.errors import ConfigError
from webhook.model.components import Sbom
from webhook.model.deadlines import Deadline
from webhook.model.images import ImageRef
from webhook.model.pulling import PullAccess
from webhook.ports import Background, Clock, ImageResolver, PullSecretSource, RegistryOpener, SbomSource
from webhook.settings import Settings
from webhook.telemetry import Faults

if TYPE_CHECKING:
    from webhook.clients.kube.nodes import NodePlatforms

_OTHERS = ("directory", "clusterReports", "generate")


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
    """

    settings: Settings
    parse: Callable[[bytes], Sbom]
    clock: Clock
    cluster: Cluster
    faults: Faults

    @cached_property
    def opener(self) -> RegistryOpener:
        """Opens registries, with pull secrets where ``kube.pullSecrets`` asks for them.

        Raises:
            ConfigError: ``sbom.sources`` names a place that there is not, or one that cannot be used.
        """
        settings = self.settings
        settings.kube.check()
        settings.generator.check()
        keychains = (FileKeychain(), ProviderKeychain(settings.providers, settings.environment, self.clock))
        client = RegistryClient(settings.registry, keychains, self.clock)
        if not settings.kube.pull_secrets:
            return SameForAll(Opening("", *self._join(client)))
        return Opener(client, self._locations, self._join, self._pull_secrets(), self.faults)

    @property
    def asks_registries(self) -> bool:
        """Whether something in a registry is looked at; only then are tags asked for, too."""
        return any(name in SOURCES or name == "generate" for name in self._names())

    def seal(self, image: ImageRef) -> str:
        """The place of SBOMs that the right key has signed, for an image that needs such; else empty."""
        return self._common_search.seal(image)

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
        client = RegistryClient(self.settings.registry, (), self.clock)
        return Search(client, self._locations, self.settings.attachments, self.parse, self.clock)

    @cached_property
    def _syft(self) -> Syft:
        return Syft(self.settings.generator, self.settings.environment, self.clock)

    def _search(self, client: RegistryClient) -> Search:
        options = self.settings.attachments
        return Search(client, self._locations, options, self.parse, self.clock, platforms=self._platforms)

    def _join(self, client: RegistryClient) -> tuple[ImageResolver, Sequence[SbomSource]]:
        search = self._search(client)
        resolver = RegistryResolver(client, self._locations, self.settings.registry, self.clock)
        places = [self._place(name, search) for name in self._names()]
        return resolver, tuple(place for place in places if place is not None)

    def _names(self) -> tuple[str, ...]:
        """The words of ``sbom.sources``; ``sbom.generate`` alone puts generation at the end."""
        names = self.settings.sbom.sources
        return (*names, "generate") if self.settings.generator.generate and "generate" not in names else names

    def _place(self, name: str, search: Search) -> SbomSource | None:
        sbom = self.settings.sbom
        if name in SOURCES:
            return registry_source(name, search)
        if name == "directory":
            # Named by default, and without a folder there is nothing to look into.
            return DirectorySource(sbom.directory, self.parse, sbom.max_bytes) if sbom.directory is not None else None
        if name == "clusterReports":
            return self._cluster_reports()
        if name == "generate":
            return GeneratedSource(self._syft, partial(pull_target, search), self.parse)
        raise ConfigError(
            f"sbom.sources cannot name {name!r:.60}", remedy=f"Known are: {', '.join((*SOURCES, *_OTHERS))}."
        )

    def platforms(self, background: Background) -> Platforms:
        """Which platforms of an image count; nodes are asked behind the requests."""
        nodes = self._nodes
        named = self.settings.attachments.platforms
        return Platforms(named, None if nodes is None else nodes.of_nodes, background, self.clock)

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
        from webhook.clients.kube.reports import ClusterReports

        return ClusterReports(self.cluster.api, self.parse)
