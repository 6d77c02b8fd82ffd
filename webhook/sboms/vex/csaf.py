"""CSAF: the product status of vulnerabilities, with products from the tree and its relationships.

A product may be a component that is installed in another: the statement is then about the component in that product.
Relationships may lead from one to the next, and a document may let them lead in a circle.
Source: the Common Security Advisory Framework 2.0 and 2.1, profile 5 (VEX).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import msgspec

from webhook.errors import InvalidInput
from webhook.model.vex import VexDocument, VexProduct, VexStanding, VexStatement, VexStatus
from webhook.sboms.vex.building import (
    MOST_NAMES,
    Allowance,
    digest_of,
    identifiers,
    moment,
    needed,
    product,
    statement,
    text,
)

_LISTS = {
    "known_not_affected": VexStatus.NOT_AFFECTED,
    "fixed": VexStatus.FIXED,
    "first_fixed": VexStatus.FIXED,
    "known_affected": VexStatus.AFFECTED,
    "first_affected": VexStatus.AFFECTED,
    "last_affected": VexStatus.AFFECTED,
    "under_investigation": VexStatus.UNDER_INVESTIGATION,
    "unknown": VexStatus.UNDER_INVESTIGATION,  # of 2.1
}
_STANDINGS = {"csaf_withdrawn": VexStanding.WITHDRAWN, "csaf_superseded": VexStanding.SUPERSEDED}
_RANGE = "product_version_range"
_MOST_STEPS = 32
_IMAGES = ("pkg:oci/", "pkg:docker/")


class _FileHash(msgspec.Struct, gc=False):
    algorithm: str = ""
    value: str = ""


class _Hashes(msgspec.Struct, gc=False):
    file_hashes: list[_FileHash] = []


class _Helper(msgspec.Struct, gc=False):
    purl: str | None = None
    purls: list[str] | None = None
    hashes: list[_Hashes] | None = None


class _Product(msgspec.Struct, gc=False):
    product_id: str
    product_identification_helper: _Helper | None = None


class _Branch(msgspec.Struct, gc=False):
    category: str = ""
    branches: list[_Branch] | None = None
    product: _Product | None = None


class _Relationship(msgspec.Struct, gc=False):
    product_reference: str
    relates_to_product_reference: str
    full_product_name: _Product


class _Group(msgspec.Struct, gc=False):
    group_id: str
    product_ids: list[str] = []


class _Tree(msgspec.Struct, gc=False):
    branches: list[_Branch] | None = None
    full_product_names: list[_Product] | None = None
    product_groups: list[_Group] | None = None
    relationships: list[_Relationship] | None = None


class _Tracking(msgspec.Struct, gc=False):
    id: str | None = None
    version: str | None = None
    status: str | None = None
    current_release_date: str | None = None


class _Publisher(msgspec.Struct, gc=False):
    name: str | None = None
    namespace: str | None = None


class _Head(msgspec.Struct, gc=False):
    category: str = ""
    tracking: _Tracking = msgspec.field(default_factory=_Tracking)
    publisher: _Publisher = msgspec.field(default_factory=_Publisher)


class _Reason(msgspec.Struct, gc=False):
    category: str | None = None
    label: str | None = None
    details: str | None = None
    product_ids: list[str] | None = None
    group_ids: list[str] | None = None


class _Id(msgspec.Struct, gc=False):
    text: str | None = None


class _Vulnerability(msgspec.Struct, gc=False):
    cve: str | None = None
    ids: list[_Id] | None = None
    product_status: dict[str, list[str]] | None = None
    flags: list[_Reason] | None = None
    threats: list[_Reason] | None = None


class Csaf(msgspec.Struct):
    """A document."""

    document: _Head
    product_tree: _Tree | None = None
    vulnerabilities: list[_Vulnerability] | None = None


DECODER = msgspec.json.Decoder(Csaf)


class _Products:
    """The products of a tree by their ids."""

    def __init__(self, tree: _Tree, allowance: Allowance) -> None:
        self._budget = allowance
        self._helpers: dict[str, _Helper] = {}
        self._inside: dict[str, tuple[str, str]] = {}
        self._known: dict[str, VexProduct] = {}
        self._ranges = set[str]()
        self.groups = {group.group_id: group.product_ids for group in tree.product_groups or ()}
        for item in tree.full_product_names or ():
            self._add(item)
        waiting = list(tree.branches or ())
        while waiting:
            branch = waiting.pop()
            allowance.spend(names=1)
            waiting.extend(branch.branches or ())
            if branch.product is not None:
                self._add(branch.product)
                if branch.category == _RANGE:
                    self._ranges.add(branch.product.product_id)
        for relationship in tree.relationships or ():
            self._add(relationship.full_product_name)
            self._inside[relationship.full_product_name.product_id] = (
                relationship.product_reference,
                relationship.relates_to_product_reference,
            )

    def _add(self, item: _Product) -> None:
        self._budget.spend(names=1)
        if item.product_id in self._helpers:
            raise InvalidInput(
                f"The product tree has two products of the id {item.product_id[:100]!r}",
                remedy="Have the tool write it again; each product_id is there once.",
            )
        self._helpers[item.product_id] = item.product_identification_helper or _Helper()

    def product(self, identifier: str) -> VexProduct | None:
        """What a product is called, and the part of it that is meant; None when the tree does not have it."""
        if identifier not in self._helpers:
            return None
        if identifier not in self._known:
            self._known[identifier] = self._product(identifier)
        return self._known[identifier]

    @cached_property
    def anything(self) -> VexProduct:
        """Whatever is in the images of the tree: what a statement is about that does not say it; it loosens nothing."""
        names: list[str] = []
        digests: list[str] = []
        for identifier in self._helpers:
            own, hashes = self._names(identifier)
            images = [name for name in own if name.startswith(_IMAGES)]
            names += images
            digests += hashes if images else ()
        found = product(names, None, ("?",))
        return msgspec.structs.replace(found, digests=tuple(dict.fromkeys((*found.digests, *digests))))

    def is_range(self, identifier: str) -> bool:
        """Whether a product, or one of the two that it consists of, is a range of versions, which its purl lacks."""
        if identifier not in self._inside:
            return identifier in self._ranges
        component, whole = self._inside[identifier]
        return not self._ranges.isdisjoint((identifier, self._end(component, 0), self._end(whole, 1)))

    def _product(self, identifier: str) -> VexProduct:
        if identifier not in self._inside:
            names, digests = self._names(identifier)
            found = product(names)
            return msgspec.structs.replace(found, digests=tuple(dict.fromkeys((*found.digests, *digests))))
        component, whole = self._inside[identifier]
        names, digests = self._names(self._end(whole, 1))
        components = tuple(name for name in self._names(self._end(component, 0))[0] if not name.startswith(_IMAGES))
        found = product(names, None, components or ("?",))
        return msgspec.structs.replace(found, digests=tuple(dict.fromkeys((*found.digests, *digests))))

    def _end(self, identifier: str, side: int) -> str:
        """Where relationships lead: to the component that is meant (0), or to the product that it is in (1)."""
        for _ in range(_MOST_STEPS):
            if identifier not in self._inside or self._helpers[identifier] != _Helper():
                return identifier
            identifier = self._inside[identifier][side]
            self._budget.spend(names=1)
        raise InvalidInput(
            f"The relationships of the product tree lead in a circle, or from one to the next {_MOST_STEPS} times",
            remedy="Have the tool write it again.",
        )

    def _names(self, identifier: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        helper = self._helpers.get(identifier) or _Helper()
        self._budget.spend(names=1 + len(helper.purls or ()) + len(helper.hashes or ()))
        names = tuple(name for name in (helper.purl, *(helper.purls or ())) if name)
        every = (item for some in helper.hashes or () for item in some.file_hashes)
        return names or (identifier,), tuple(filter(None, (digest_of(item.algorithm, item.value) for item in every)))

    def of(self, reason: _Reason) -> frozenset[str]:
        """The products that a reason is given for."""
        listed = [*(reason.product_ids or ())]
        for group in reason.group_ids or ():
            listed += self.groups.get(group, ())
            if len(listed) > MOST_NAMES:
                break
        self._budget.spend(names=len(listed))
        return frozenset(listed)


def read(document: Csaf, digest: str, allowance: Allowance) -> VexDocument:
    """The statements of a document, one for each vulnerability and list of its product status.

    Raises:
        InvalidInput: it lacks what it has to have, has too much, or its product tree contradicts itself.
    """
    head, tracking = document.document, document.document.tracking
    issued = moment(tracking.current_release_date, "tracking.current_release_date")
    standing = _STANDINGS.get(head.category, VexStanding.VALID)
    if standing is VexStanding.VALID and tracking.status == "draft":
        standing = VexStanding.DRAFT
    found = VexDocument(
        id=text(f"{head.publisher.namespace or head.publisher.name or ''} {tracking.id or digest}"),
        digest=digest,
        format="csaf",
        author=text(head.publisher.name),
        issued_at=needed(issued, "tracking.current_release_date"),
        version=text(tracking.version),
        standing=standing,
    )
    products = _Products(document.product_tree or _Tree(), allowance)
    statements = [
        item
        for number, entry in enumerate(document.vulnerabilities or (), start=1)
        for item in _statements(entry, number, found, products, allowance)
    ]
    return msgspec.structs.replace(found, statements=tuple(statements))


def _statements(
    entry: _Vulnerability, number: int, document: VexDocument, products: _Products, allowance: Allowance
) -> Iterator[VexStatement]:
    names = identifiers((entry.cve, *(item.text for item in entry.ids or ())))
    flags = [(item.label or "", "", products.of(item)) for item in entry.flags or ()]
    impacts = [("", item.details or "", products.of(item)) for item in entry.threats or () if item.category == "impact"]
    stated = entry.product_status or {}
    for word in (*_LISTS, *(other for other in stated if other not in (*_LISTS, "recommended"))):
        status: VexStatus | str = _LISTS.get(word, word)
        listed = dict.fromkeys(stated.get(word) or ())
        # Products of one reason are one statement: those that nobody gives a reason for loosen nothing.
        groups: dict[tuple[str, str], list[str]] = {}
        for identifier in listed:
            allowance.spend(names=1 + len(flags) + len(impacts))
            label = next((label for label, _, about in flags if identifier in about), "")
            impact = next((said for _, said, about in impacts if identifier in about), "")
            groups.setdefault((label, impact), []).append(identifier)
        for (label, impact), identifiers_ in groups.items():
            allowance.spend(statements=1)
            found = [(identifier, products.product(identifier)) for identifier in identifiers_]
            missing = next((identifier for identifier, item in found if item is None), None)
            flaw = "" if missing is None else f"it is about {missing!r:.100}, which the product tree does not have"
            if status in (VexStatus.NOT_AFFECTED, VexStatus.FIXED) and any(map(products.is_range, identifiers_)):
                flaw = flaw or "it is about a range of versions"
            about = tuple(item or products.anything for _, item in found)
            name = f"#{number} {word}"
            yield statement(name, names, status, document.issued_at, about, label, impact, flaw)
