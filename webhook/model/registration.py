"""The webhook's registration: about which namespaces and objects the API server asks bomgate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from webhook.model.metadata import LabelSelector

WAYS_OUT = ("namespaceSelector", "objectSelector", "matchConditions")
"""The parts of an entry by which a namespace, or a part of it, is left out."""
OWN_CONDITIONS = frozenset(
    [
        "created-or-updated",
        "object-or-ephemeral-containers",
        "not-by-a-node",
        "not-being-deleted",
        "new-or-with-other-containers",
    ]
)
"""Names of the match conditions that the chart writes. They leave out nothing that brings a container."""
NAME_LABEL = "kubernetes.io/metadata.name"
"""On every namespace: its name."""


class RegisteredEntry(msgspec.Struct, frozen=True):
    """An entry of the registration (``webhooks[]``).

    Attributes:
        name: of the entry.
        namespaces: which namespaces it selects.
        objects: which objects in them.
        conditions: names of its match conditions that the chart does not write.
    """

    name: str = ""
    namespaces: LabelSelector = msgspec.field(default_factory=LabelSelector)
    objects: LabelSelector = msgspec.field(default_factory=LabelSelector)
    conditions: tuple[str, ...] = ()


class LeftOut(msgspec.Struct, frozen=True):
    """A namespace whose label says deny, and about which the API server does not ask, or not about everything.

    Attributes:
        namespace: its name.
        by: what leaves it out: ``namespaceSelector``, ``objectSelector`` or ``matchConditions``.
        entries: what narrows it: names of the entries that select it, each with its foreign conditions; none where no
            entry selects it.
    """

    namespace: str
    by: str
    entries: tuple[str, ...] = ()


def left_out(namespace: str, labels: Mapping[str, str], entries: Sequence[RegisteredEntry]) -> LeftOut | None:
    """What of the registration keeps bomgate from being asked about all of a namespace; None where nothing does.

    Selectors of objects and conditions are not evaluated: what they leave out depends on objects that do not exist yet.

    Args:
        namespace: its name.
        labels: of the namespace.
        entries: of the registration.
    """
    known = {NAME_LABEL: namespace, **labels}
    selecting = [entry for entry in entries if entry.namespaces.matches(known)]
    if not selecting:
        return LeftOut(namespace, "namespaceSelector")
    if any(entry.objects.is_empty and not entry.conditions for entry in selecting):
        return None
    if any(entry.objects.is_empty for entry in selecting):
        named = (f"{entry.name} ({', '.join(entry.conditions)})" for entry in selecting if entry.conditions)
        return LeftOut(namespace, "matchConditions", tuple(named))
    return LeftOut(namespace, "objectSelector", tuple(entry.name for entry in selecting))
