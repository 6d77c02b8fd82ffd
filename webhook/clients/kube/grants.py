"""Grants: uses of break-glass, as objects ``BreakGlassGrant`` of ``bomgate.dev/v1alpha1``.

Each carries the UID of its workload as a label too, so that the grants of a whole chain of owners are one question. Its
name is made of its ticket: no second object can have it, so a ticket makes one grant, and is remembered as long as it.
Its status says whether the change that it was made for was seen at the API server.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress

import msgspec

from webhook.clients.kube.api import KubeApi, decoded, is_name
from webhook.clients.kube.problems import Conflict, Wanted
from webhook.errors import Final
from webhook.model.deadlines import Deadline
from webhook.model.grants import BreakGlassGrant, GrantedWorkload
from webhook.model.metadata import ApiObject, timestamp
from webhook.policy.plaintext import plain
from webhook.ports import Clock

GROUP, VERSION, KIND, PLURAL = "bomgate.dev", "v1alpha1", "BreakGlassGrant", "breakglassgrants"
UID_LABEL, TICKET_LABEL = "bomgate.dev/workload-uid", "bomgate.dev/ticket"
_RESOURCE = f"{PLURAL}.{GROUP}"
_LABEL_VALUE = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?\Z")


class _Workload(msgspec.Struct, rename="camel"):
    api_version: str = ""
    kind: str = ""
    name: str = ""
    uid: str = ""


class _Spec(msgspec.Struct):
    ticket: str
    user: str
    workload: _Workload
    at: dt.datetime
    until: dt.datetime
    images: list[str] = msgspec.field(default_factory=list)


class _Status(msgspec.Struct, rename="camel"):
    confirmed_at: dt.datetime | None = None


class _Grant(ApiObject):
    spec: _Spec
    status: _Status | None = None

    def grant(self) -> BreakGlassGrant:
        spec, of, metadata = self.spec, self.spec.workload, self.metadata
        return BreakGlassGrant(
            metadata.namespace,
            spec.ticket,
            spec.user,
            GrantedWorkload(of.api_version, of.kind, of.name, of.uid),
            tuple(spec.images),
            spec.at,
            spec.until,
            metadata.creation_timestamp,
            self.status is not None and self.status.confirmed_at is not None,
            metadata.name,
            metadata.uid,
        )


_DECODER = msgspec.json.Decoder(_Grant)


class KubeGrants:
    """Keeps grants in the API server; implements ``GrantStore`` and is safe to use from several threads.

    Args:
        api: the API server.
        clock: time.
    """

    def __init__(self, api: KubeApi, clock: Clock) -> None:
        self._api, self._clock = api, clock

    def find(self, uids: Collection[str], namespace: str, deadline: Deadline) -> Sequence[BreakGlassGrant]:
        """The grants for workloads with these UIDs, those that have ended included.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """
        values = [uid for uid in uids if _LABEL_VALUE.match(uid)]
        if not values or not is_name(namespace):
            return ()
        found = self._list(_path(namespace), namespace, f"{UID_LABEL} in ({','.join(values)})", deadline)
        # The label only finds them. What counts is in the object itself, which the right to label cannot change.
        return [grant for _, grant in found if grant.workload.uid in values]

    def of_ticket(self, ticket: str, namespace: str, deadline: Deadline) -> BreakGlassGrant | None:
        """The grant that was made under a ticket; None when it was never used in the namespace.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """
        if not is_name(namespace):
            return None
        # Grants of former releases have no such label; there are few, and what counts is their own word.
        for selector in (f"{TICKET_LABEL}={_ticket_key(ticket)}", f"!{TICKET_LABEL}"):
            for _, grant in self._list(_path(namespace), namespace, selector, deadline):
                if grant.ticket == ticket:
                    return grant
        return None

    def add(self, grant: BreakGlassGrant, deadline: Deadline) -> BreakGlassGrant | None:
        """Keep a grant under a name made of its ticket, so that the API server lets one of many creations win.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """
        uid = grant.workload.uid
        if not is_name(grant.namespace) or not _LABEL_VALUE.match(uid):
            raise Final(f"{plain(uid, 100)!r} in {plain(grant.namespace, 100)!r} cannot have a grant.")
        try:
            return self._create(grant, deadline)
        except Conflict:
            return None

    def confirm(self, grant: BreakGlassGrant, deadline: Deadline) -> None:
        """Note for good, in the status of its object, that the change behind a grant came about.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """
        body = [
            {"op": "test", "path": "/metadata/uid", "value": grant.uid},  # another may have taken the name of this one
            {"op": "add", "path": "/status", "value": {"confirmedAt": timestamp(self._clock.now())}},
        ]
        wanted = Wanted(f"{PLURAL}/status.{GROUP}", grant.name, grant.namespace)
        path, kind = f"{_path(grant.namespace)}/{grant.name}/status", {"Content-Type": "application/json-patch+json"}
        if not self._is_kept(grant) or self._api.send("PATCH", path, wanted, deadline, body=body, headers=kind) is None:
            raise Final(f"The grant of the ticket {plain(grant.ticket, 100)} no longer exists.")

    def remove(self, grant: BreakGlassGrant, deadline: Deadline) -> None:
        """Remove this very grant, if it is still there.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """
        if not self._is_kept(grant):
            return
        wanted, body = Wanted(_RESOURCE, grant.name, grant.namespace), {"preconditions": {"uid": grant.uid}}
        with suppress(Conflict):  # it is another one by now
            self._api.send("DELETE", f"{_path(grant.namespace)}/{grant.name}", wanted, deadline, body=body)

    def everything(self, deadline: Deadline) -> Sequence[tuple[str, BreakGlassGrant]]:
        """All grants of the cluster, each with the name of its object; empty when the cluster does not know the kind.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """
        return list(self._list(f"/apis/{GROUP}/{VERSION}/{PLURAL}", "", "", deadline))

    def _is_kept(self, grant: BreakGlassGrant) -> bool:
        return bool(grant.uid) and is_name(grant.name) and is_name(grant.namespace)

    def _create(self, grant: BreakGlassGrant, deadline: Deadline) -> BreakGlassGrant:
        of, key = grant.workload, _ticket_key(grant.ticket)
        body = {
            "apiVersion": f"{GROUP}/{VERSION}",
            "kind": KIND,
            "metadata": {
                "name": f"ticket-{key}",
                "namespace": grant.namespace,
                "labels": {UID_LABEL: of.uid, TICKET_LABEL: key},
            },
            "spec": {
                "ticket": grant.ticket,
                "user": grant.user,
                "workload": {"apiVersion": of.api_version, "kind": of.kind, "name": of.name, "uid": of.uid},
                "images": list(grant.images),
                "at": timestamp(grant.at),
                "until": timestamp(grant.until),
            },
        }
        wanted = Wanted(_RESOURCE, "", grant.namespace)
        content = self._api.send("POST", _path(grant.namespace), wanted, deadline, body=body)
        if content is None:
            raise Final(
                f"The cluster does not know the kind {KIND}, so break-glass grants cannot be recorded.",
                remedy="Install bomgate's custom resource definitions, or set policy.breakGlass to false.",
            )
        made: _Grant = decoded(_DECODER, content, wanted)
        return made.grant()

    def _list(
        self, path: str, namespace: str, selector: str, deadline: Deadline
    ) -> Iterator[tuple[str, BreakGlassGrant]]:
        wanted = Wanted(_RESOURCE, "", namespace)
        for items, _ in self._api.pages(
            path, wanted, deadline, query={"labelSelector": selector} if selector else None
        ):
            for content in items:
                one: _Grant = decoded(_DECODER, content, wanted)
                yield one.metadata.name, one.grant()


def _ticket_key(ticket: str) -> str:
    """A ticket as a part of a name: it may have any characters."""
    return hashlib.sha256(ticket.encode()).hexdigest()[:40]


def _path(namespace: str) -> str:
    return f"/apis/{GROUP}/{VERSION}/namespaces/{namespace}/{PLURAL}"
