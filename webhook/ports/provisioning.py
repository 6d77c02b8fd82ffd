"""The objects of the cluster that are provisioned into the store; implemented by ``clients.kube``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from webhook.model.resources import AssessmentResource, Resource, ResourceStatus, TypeResource


class DecisionResources(Protocol):
    """``AssessmentType`` and ``Assessment`` objects."""

    def types(self) -> Sequence[TypeResource] | None:
        """All of them, in no order; None when the cluster does not know the kind.

        Raises:
            SourceError: the API server did not answer, or refused to; a part of a list is never given.
        """

    def assessments(self) -> Sequence[AssessmentResource] | None:
        """All of them, in no order; None when the cluster does not know the kind.

        Raises:
            SourceError: the API server did not answer, or refused to; a part of a list is never given.
        """

    def report(self, resource: Resource, status: ResourceStatus) -> None:
        """Write the status of an object; harmless when the object is gone.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """
