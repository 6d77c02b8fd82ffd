"""OpenVEX: statements about products and their subcomponents.

A statement without a time inherits that of its document. What loosens counts as of when it was made, what restricts as
of the last moment that the document names, so that a correction elsewhere in the document makes nothing milder.
Source: the OpenVEX specification 0.2.0, its attesting addendum, and the shapes of 0.0.1 that tools still write.
"""

from __future__ import annotations

import datetime as dt

import msgspec

from webhook.errors import InvalidInput
from webhook.model.vex import VexDocument, VexProduct, VexStatement, VexStatus
from webhook.sboms.vex.building import Allowance, identifiers, moment, needed, product, statement, text


class _Component(msgspec.Struct, gc=False):
    id: str | None = msgspec.field(name="@id", default=None)
    identifiers: dict[str, str] | None = None
    hashes: dict[str, str] | None = None

    @property
    def names(self) -> tuple[str | None, ...]:
        return (self.id, (self.identifiers or {}).get("purl"))


class _Product(_Component, gc=False):
    subcomponents: list[_Component | str] | None = None


class _Vulnerability(msgspec.Struct, gc=False):
    name: str | None = None
    id: str | None = msgspec.field(name="@id", default=None)
    aliases: list[str] | None = None


class _Statement(msgspec.Struct, gc=False):
    status: str = ""
    id: str | None = msgspec.field(name="@id", default=None)
    vulnerability: _Vulnerability | str | None = None
    timestamp: str | None = None
    last_updated: str | None = None
    products: list[_Product | str] | None = None
    subcomponents: list[str] | None = None  # 0.0.1
    justification: str | None = None
    impact_statement: str | None = None
    action_statement: str | None = None


class OpenVex(msgspec.Struct):
    """A document."""

    id: str | None = msgspec.field(name="@id", default=None)
    author: str | None = None
    timestamp: str | None = None
    last_updated: str | None = None
    version: int | str | None = None
    statements: list[_Statement] | None = None


DECODER = msgspec.json.Decoder(OpenVex)


def read(document: OpenVex, digest: str, allowance: Allowance) -> VexDocument:
    """The statements of a document.

    Raises:
        InvalidInput: it lacks what it has to have, or has too much.
    """
    issued = needed(moment(document.timestamp, "The document's timestamp"), "timestamp")
    updated = moment(document.last_updated, "The document's last_updated") or issued
    entries = document.statements or []
    allowance.spend(statements=len(entries))
    return VexDocument(
        id=text(document.id) or digest,
        digest=digest,
        format="openvex",
        author=text(document.author),
        issued_at=max(issued, updated),
        version="" if document.version is None else text(str(document.version)),
        statements=tuple(
            _statement(entry, number, issued, updated, allowance) for number, entry in enumerate(entries, start=1)
        ),
    )


def _statement(
    entry: _Statement, number: int, issued: dt.datetime, updated: dt.datetime, allowance: Allowance
) -> VexStatement:
    given, flaw = entry.vulnerability, ""
    if isinstance(given, str):
        given = _Vulnerability(given)
    named = given or _Vulnerability()
    names = identifiers((named.name, None if named.name else named.id, *(named.aliases or ())))
    own, changed = issued, updated
    try:
        own = moment(entry.timestamp, "its timestamp") or issued
        changed = max(moment(entry.last_updated, "its last_updated") or own, own if entry.timestamp else updated)
    except InvalidInput as problem:
        flaw = problem.message
    # What loosens counts as of when somebody said it of this statement, and not of others in the document.
    said = changed if entry.last_updated else own
    restricts = entry.status not in (VexStatus.NOT_AFFECTED, VexStatus.FIXED)
    return statement(
        entry.id or f"#{number}",
        names,
        entry.status,
        changed if restricts else said,
        _products(entry, allowance),
        entry.justification or "",
        entry.impact_statement or entry.action_statement or "",
        flaw,
    )


def _products(entry: _Statement, allowance: Allowance) -> tuple[VexProduct, ...]:
    found = []
    older = tuple(entry.subcomponents or ())
    for given in entry.products or ():
        whole = _Product(given) if isinstance(given, str) else given
        parts = [_Component(part) if isinstance(part, str) else part for part in whole.subcomponents or older]
        allowance.spend(names=1 + len(parts))
        components = tuple(dict.fromkeys(_purl(part) for part in parts))
        found.append(product(whole.names, whole.hashes, components))
    return tuple(found)


def _purl(part: _Component) -> str:
    """The purl of a subcomponent; what has none is called by its id, and matches nothing."""
    return next((name for name in reversed(part.names) if name), "?")
