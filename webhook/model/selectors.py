"""Label selectors, as Kubernetes has them.

Source: Kubernetes API reference, meta/v1 LabelSelector.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition on a label.

    Attributes:
        key: of the label.
        operator: ``In``, ``NotIn``, ``Exists`` or ``DoesNotExist``.
        values: for the first two.
    """

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Whether the labels meet it; an operator that is not known is met, so that nothing is left out by mistake."""
        value = labels.get(self.key)
        if self.operator == "In":
            return value is not None and value in self.values
        if self.operator == "NotIn":
            return value is None or value not in self.values
        if self.operator == "Exists":
            return value is not None
        return value is None if self.operator == "DoesNotExist" else True


@dataclass(frozen=True, slots=True)
class LabelSelector:
    """Conditions that must all hold; without any, everything is selected."""

    requirements: tuple[Requirement, ...] = ()

    def matches(self, labels: Mapping[str, str], *, ignoring: str = "") -> bool:
        """Whether the labels meet all conditions.

        Args:
            labels: of the object.
            ignoring: a label whose conditions do not count.
        """
        return all(one.holds(labels) for one in self.requirements if one.key != ignoring)
