"""The cluster: joins what reads from, and writes to, the API server.

The official client of Kubernetes takes a fifth of a second and 35 MB to load. So ``webhook.clients.kube`` is imported
inside the properties that need it: only callers of the API server pay for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from webhook.engines.controlling.rights import Features
from webhook.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from webhook.clients.kube.api import KubeApi
    from webhook.clients.kube.grants import KubeGrants
    from webhook.clients.kube.namespaces import NamespaceWatch
    from webhook.clients.kube.webhooks import KubeRegistration, WebhookConfigurations
    from webhook.engines.admission.enforcing import ClusterParts
    from webhook.model.deadlines import Deadline
    from webhook.model.people import Person
    from webhook.model.rights import Right
    from webhook.ports import (
        Background,
        Clock,
        EventSink,
        LiveObjects,
        ReportSink,
        RightsReviewer,
        RunningWorkloads,
        TicketGuard,
        TokenReviewer,
    )
    from webhook.ports.certificates import SecretKeeper
    from webhook.ports.cluster import LeaderLock
    from webhook.ports.decisions import DecisionResources
    from webhook.ports.requesting import RequestObjects
    from webhook.telemetry import Faults


@dataclass
class Cluster:
    """The API server, as the settings say; each part is made when it is first asked for.

    Asking for a part raises a ConfigError where there is no way to the API server.

    Attributes:
        settings: all settings.
        clock: time.
    """

    settings: Settings
    clock: Clock

    @cached_property
    def api(self) -> KubeApi:
        """Reads single objects, and makes any other call."""
        from webhook.clients.kube.api import KubeApi
        from webhook.clients.kube.connection import connect

        options = self.settings.kube
        return KubeApi(connect(options, self.settings.environment, self.clock), options, self.clock)

    @cached_property
    def namespace_labels(self) -> NamespaceWatch:
        """Labels of namespaces; somebody has to run its watch."""
        from webhook.clients.kube.namespaces import NamespaceWatch

        return NamespaceWatch(self.api, self.clock)

    def enforcement(self, background: Background, faults: Faults) -> ClusterParts:
        """What the API server is asked through at admission.

        Args:
            background: asks, so that the caller can stop waiting.
            faults: takes note of unexpected errors.

        Raises:
            ConfigError: there is no way to the API server.
        """
        from webhook.clients.kube.access import AccessReviews
        from webhook.clients.kube.owners import KubeOwners
        from webhook.engines.admission.enforcing import ClusterParts

        return ClusterParts(
            namespaces=self.namespace_labels,
            inventory=KubeOwners(self.api),
            access=AccessReviews(self.api, self.clock),
            grants=self.grants,
            live=self.live,
            guard=self.ticket_guard(),
            background=background,
            faults=faults,
        )

    @cached_property
    def live(self) -> LiveObjects:
        """Single objects, as they are now."""
        from webhook.clients.kube.live import KubeLiveObjects

        return KubeLiveObjects(self.api)

    def ticket_guard(self) -> TicketGuard:
        """What keeps others from setting tickets of break-glass."""
        from webhook.clients.kube.ticketguard import KubeTicketGuard

        return KubeTicketGuard(self.api, self.settings.kube.ticket_guard, self.clock)

    def request_guard(self) -> TicketGuard:
        """What makes sure who wrote a request."""
        from webhook.clients.kube.ticketguard import KubeTicketGuard

        return KubeTicketGuard(self.api, self.settings.kube.request_guard, self.clock)

    def author_guard(self) -> TicketGuard:
        """What makes sure who wrote an assessment."""
        from webhook.clients.kube.ticketguard import KubeTicketGuard

        return KubeTicketGuard(self.api, self.settings.kube.author_guard, self.clock)

    def request_objects(self) -> RequestObjects:
        """Requests for exceptions that are objects in the cluster."""
        from webhook.clients.kube.requestobjects import KubeRequestObjects

        return KubeRequestObjects(self.api, self.clock)

    @cached_property
    def running(self) -> RunningWorkloads:
        """What runs in the cluster."""
        from webhook.clients.kube.workloads import KubeWorkloads

        kinds = [(extra_kind.group, extra_kind.kind) for extra_kind in self.settings.policy.extra_kinds]
        return KubeWorkloads(self.api, self.clock, kinds)

    @cached_property
    def registration(self) -> KubeRegistration:
        """How the webhook is registered."""
        from webhook.clients.kube.webhooks import KubeRegistration

        return KubeRegistration(self.api, self.settings.certificates.configurations, self.clock)

    @cached_property
    def events(self) -> EventSink:
        """Where events about objects go."""
        from webhook.clients.kube.events import KubeEvents

        return KubeEvents(self.api, self.clock)

    @cached_property
    def reports(self) -> ReportSink:
        """Where reports about workloads are kept."""
        from webhook.clients.kube.policyreports import PolicyReports

        return PolicyReports(self.api, self.clock)

    @cached_property
    def namespace(self) -> str:
        """The namespace that bomgate itself runs in.

        Raises:
            ConfigError: nothing says it.
        """
        from webhook.clients.kube.connection import own_namespace

        return own_namespace(self.settings.kube)

    def leader_lock(self) -> LeaderLock:
        """The lock of the controller that leads.

        Raises:
            ConfigError: there is no way to the API server, or there can be no such lock.
        """
        from webhook.clients.kube.leases import LeaseLock

        options = self.settings.controller
        return LeaseLock(self.api, (self.namespace, options.lease), options.lease_seconds, self.clock)

    def secrets(self) -> SecretKeeper:
        """Secrets of bomgate's own namespace.

        Raises:
            ConfigError: there is no way to the API server, or no namespace.
        """
        from webhook.clients.kube.secrets import KubeSecrets

        return KubeSecrets(self.api, self.namespace, self.clock)

    def registrations(self) -> WebhookConfigurations:
        """The webhook configurations by which the API server calls bomgate.

        Raises:
            ConfigError: there is no way to the API server, or no namespace.
        """
        from webhook.clients.kube.webhooks import WebhookConfigurations

        options = self.settings.certificates
        return WebhookConfigurations(self.api, (self.namespace, options.service), options.configurations, self.clock)

    @cached_property
    def grants(self) -> KubeGrants:
        """Uses of break-glass."""
        from webhook.clients.kube.grants import KubeGrants

        return KubeGrants(self.api, self.clock)

    def resources(self) -> DecisionResources:
        """Assessment types and assessments that are objects in the cluster."""
        from webhook.clients.kube.resources import KubeResources

        return KubeResources(self.api, self.clock)

    def rights_reviewer(self) -> RightsReviewer:
        """What users of the cluster may do."""
        from webhook.clients.kube.access import AccessReviews

        return AccessReviews(self.api, self.clock)

    def token_reviews(self, audiences: Collection[str]) -> TokenReviewer:
        """Whose tokens are that are for one of these audiences."""
        from webhook.clients.kube.tokens import TokenReviews

        return TokenReviews(self.api, audiences, self.clock)

    def own_user(self, deadline: Deadline) -> Person:
        """Whoever the API server takes this process for.

        Raises:
            ConfigError: there is no way to the API server.
            SourceError: it did not answer, or refused to.
        """
        from webhook.clients.kube.tokens import own_user

        return own_user(self.api, deadline)

    def rights(self) -> Callable[[Right], bool]:
        """Asks whether this process has a right."""
        from webhook.clients.kube.access import AccessReviews

        return AccessReviews(self.api, self.clock).allowed


def features(settings: Settings, namespace: str) -> Features:
    """What the settings switch on, as far as it takes rights.

    Args:
        settings: all settings.
        namespace: of bomgate.
    """
    certificates = settings.certificates
    return Features(
        namespace=namespace,
        lease=settings.controller.lease,
        certificates=certificates.manage,
        secrets=tuple(
            name for name in (certificates.ca_secret, certificates.secret, certificates.console_secret) if name
        ),
        configurations=certificates.configurations,
        break_glass=settings.policy.break_glass,
        ticket_guard=settings.kube.ticket_guard,
        request_guard=settings.kube.request_guard,
        author_guard=settings.kube.author_guard,
        events=settings.audit.events,
        reports=(("wgpolicyk8s.io", "policyreports"), ("openreports.io", "reports")) if settings.audit.reports else (),
        cluster_reports="clusterReports" in settings.sbom.sources,
        node_platforms=settings.kube.node_platforms,
    )
