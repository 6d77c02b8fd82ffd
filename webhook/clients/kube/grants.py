"""Grants: uses of break-glass, as objects ``BreakGlassGrant`` of ``bomgate.dev/v1alpha1``.

Each carries the UID of its workload as a label too, so that the grants of a whole chain of owners are one question. Its
name is made of its ticket: no second object can have it, so a ticket makes one grant, and is remembered as long as it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Collection, Iterator, Sequence

import msgspec

from webhook.clients.kube.api import KubeApi, decoded, is_name
from webhook.clients.kube.problems import Conflict, Wanted
from webhook.errors import Final
from webhook.model.deadlines import Deadline
from webhook.model.grants import BreakGlassGrant, GrantedWorkload
from webhook.model.metadata import ApiObject, timestamp
from webhook.policy.plaintext import plain

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


class _Grant(ApiObject):
    spec: _Spec

    def grant(self) -> BreakGlassGrant:
        spec, of = self.spec, self.spec.workload
        workload = GrantedWorkload(of.api_version, of.kind, of.name, of.uid)
        images = tuple(spec.images)
        return BreakGlassGrant(self.metadata.namespace, spec.ticket, spec.user, workload, images, spec.at, spec.until)


_DECODER = msgspec.json.Decoder(_Grant)


class KubeGrants:
    """Keeps grants in the API server; implements ``GrantStore`` and is safe to use from several threads.

    Args:
        api: the API server.
    """

    def __init__(self, api: KubeApi) -> None:
        self._api = api

    def find(self, uids: Collection[str], namespace: str, deadline: Deadline) -> Sequence[BreakGlassGrant]:
        """The grants for workloads with these UIDs, those that have ended included.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """
        values = [uid for uid in uids if _LABEL_VALUE.match(uid)]
        if not values or not is_name(namespace):
            return ()
        found = self._list(_path(namespace), namespace, f"{UID_LABEL} in ({','.join(values)})", deadline)
        # The label only finds them. What counts is the object's own word, which whoever may label cannot change.
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

    def add(self, grant: BreakGlassGrant, deadline: Deadline) -> bool:
        """Keep a grant under a name made of its ticket, so that the API server lets one of many creations win.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """
        uid = grant.workload.uid
        if not is_name(grant.namespace) or not _LABEL_VALUE.match(uid):
            raise Final(f"{plain(uid, 100)!r} in {plain(grant.namespace, 100)!r} cannot have a grant.")
        try:
            self._create(grant, deadline)
        except Conflict:
            return False
        return True

    def everything(self, deadline: Deadline) -> Sequence[tuple[str, BreakGlassGrant]]:
        """All grants of the cluster, each with the name of its object; empty when the cluster does not know the kind.

        Raises:
            SourceError: the API server did not answer, or refused to.
        """
        return list(self._list(f"/apis/{GROUP}/{VERSION}/{PLURAL}", "", "", deadline))

    def _create(self, grant: BreakGlassGrant, deadline: Deadline) -> None:
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
        if self._api.send("POST", _path(grant.namespace), wanted, deadline, body=body) is None:
            raise Final(
                f"The cluster does not know the kind {KIND}, so break-glass cannot be written down.",
                remedy="Install bomgate's custom resource definitions, or set policy.breakGlass to false.",
            )

    def _list(
        self, path: str, namespace: str, selector: str, deadline: Deadline
    ) -> Iterator[tuple[str, BreakGlassGrant]]:
        wanted = Wanted(_RESOURCE, "", namespace)
        for items, _ in self._api.pages(
            path, wanted, deadline, query={"labelSelector": selector} if selector else None
        ):
            for item in items:
                one: _Grant = decoded(_DECODER, item, wanted)
                yield one.metadata.name, one.grant()


def _ticket_key(ticket: str) -> str:
    """A ticket as a part of a name: it may have any characters."""
    return hashlib.sha256(ticket.encode()).hexdigest()[:40]


def _path(namespace: str) -> str:
    return f"/apis/{GROUP}/{VERSION}/namespaces/{namespace}/{PLURAL}"
