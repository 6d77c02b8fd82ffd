"""Rights: what the person of this request may do, and where; every route asks here before it does anything."""

from __future__ import annotations

from collections.abc import Iterable

from flask import g, request

from webhook.console.face import ConsoleFace
from webhook.console.identity import Gate, RightsUnknown
from webhook.console.problems import NotAllowed
from webhook.console.sessions import Session
from webhook.model.assessments import Assessment
from webhook.model.people import Person

NAMESPACED = ("vulnerabilities", "packages", "images", "sbomdocuments", "workloads", "assessments", "requests")
"""What can be read in one namespace alone; the rest concerns the whole cluster."""


def person() -> Person:
    """The person of this request."""
    session: Session = g.session
    return session.who


def origin() -> str:
    """From where, and how signed in, a change is recorded."""
    who = person()
    proven = f"{who.source} {who.issuer}" if who.uid else who.source
    return f"console, {request.remote_addr or 'unknown address'}, {proven}"


def require(gate: Gate, verb: str, resource: str, namespace: str = "") -> None:
    """Refuse to go on unless the person of this request may do that.

    Args:
        gate: asked afresh for what changes something.
        verb: such as ``create``.
        resource: of ``bomgate.dev``.
        namespace: what it touches; empty for what holds everywhere, which takes the right everywhere.

    Raises:
        NotAllowed: it is not allowed.
        RightsUnknown: nobody can tell.
    """
    who = person()
    if not gate.may(who, verb, resource, namespace):
        where = f" in namespace {namespace}" if namespace else ""
        raise NotAllowed(f"{who.name} may not {verb} {resource}.bomgate.dev{where}.")


def require_for(gate: Gate, verb: str, records: Iterable[Assessment], resource: str = "assessments") -> None:
    """Refuse to go on unless the person may do that in every place that some assessments are about.

    Args:
        gate: see :func:`require`.
        verb: likewise.
        records: what is recorded; what a form says of it does not count.
        resource: of ``bomgate.dev``.

    Raises:
        NotAllowed: it is not allowed in one of them.
        RightsUnknown: nobody can tell.
    """
    for namespace in sorted({record.scope.namespace or "" for record in records}):
        require(gate, verb, resource, namespace)


def visible(face: ConsoleFace, gate: Gate, verb: str, resource: str) -> ConsoleFace:
    """What the console shows the person of this request: everything, or what runs where they may read it.

    Raises:
        NotAllowed: they may read it nowhere.
        RightsUnknown: nobody can tell.
    """
    if resource not in NAMESPACED:
        require(gate, verb, resource)
        return face
    namespaces = set(face.boards.now().namespaces)
    if resource == "requests":  # a denied workload may be the first of its namespace
        namespaces.update(face.desk.namespaces())
    places = readable(gate, verb, resource, sorted(namespaces))
    return face if places is None else face.within(places)


def offers(gate: Gate, verb: str, resource: str, namespaces: Iterable[str] = ()) -> bool:
    """Whether a page shows the way to something: the person may do it everywhere, or in one of some namespaces.

    No right depends on it, as :func:`require` asks when it is done.
    """
    who = person()
    try:
        return gate.may(who, verb, resource) or any(gate.may(who, verb, resource, name) for name in namespaces)
    except RightsUnknown:
        return False


def readable(gate: Gate, verb: str, resource: str, namespaces: Iterable[str]) -> frozenset[str] | None:
    """Where the person of this request may read something; None means everywhere.

    Args:
        gate: what they may do.
        verb: ``get`` or ``list``.
        resource: of ``bomgate.dev``.
        namespaces: that there are.

    Raises:
        NotAllowed: they may read it nowhere.
        RightsUnknown: nobody can tell.
    """
    who = person()
    if gate.may(who, verb, resource):
        return None
    places = frozenset(name for name in namespaces if gate.may(who, verb, resource, name))
    if not places:
        raise NotAllowed(f"{who.name} may not {verb} {resource}.bomgate.dev in any namespace.")
    return places
