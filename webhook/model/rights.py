"""Rights in the cluster, as RBAC gives them."""

from __future__ import annotations

import msgspec


class Right(msgspec.Struct, frozen=True, order=True):
    """One verb on one kind of objects.

    Attributes:
        verb: as RBAC writes it.
        resource: plural name, with ``/status`` or the like for a part of it.
        group: API group, empty for the core group.
        namespace: where; empty for the whole cluster.
        name: of the only object that is meant; empty for all.
    """

    verb: str
    resource: str
    group: str = ""
    namespace: str = ""
    name: str = ""

    def __str__(self) -> str:
        resource, slash, part = self.resource.partition("/")
        full = f"{resource}.{self.group}" if self.group else resource
        named = f" {self.name}" if self.name else ""
        return f"{self.verb} {full}{slash}{part}{named} in {self.namespace or 'the cluster'}"
