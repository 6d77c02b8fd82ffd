"""Sets of the hub: its list and its bodies, and the sources of advisories, KEV and EPSS that they make at a member."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from webhook.clients.hub.client import HubHttpClient
from webhook.clients.osv.options import SourceRule
from webhook.errors import DocumentRefused, Final, SourceError, UnusableAnswer
from webhook.model.advisories import AdvisorySetInfo, FetchedSet, FormerSet
from webhook.model.downloads import SourceStatus
from webhook.model.exploitation import ExploitKind, ExploitSetInfo, FetchedExploits
from webhook.model.fleetsets import ADVISORIES, OfferedSet
from webhook.policy.fleetdocuments import Verify
from webhook.policy.fleetreplies import SIGNATURE_HEADER, check_reply
from webhook.policy.fleetsets import decode_offers, read_advisories, read_exploits
from webhook.ports import Clock

KIND = "sets"
_TAG = "hub:"
"""Begins the tag of a set that came from a hub; its body's digest follows."""
_MOST_LIST = 1024 * 1024
_AT_ONCE = 8 * 1024 * 1024
_LIST_SECONDS = 30.0
_OFFLINE = "Import what `bomgate fleet export` writes at the hub, or set fleet.hub."


class HubLibrary(Protocol):
    """Where a member finds the hub's sets. Every method may raise SourceError."""

    def listed(self) -> Sequence[OfferedSet]:
        """The sets that there are."""

    def body(self, offer: OfferedSet) -> bytes:
        """The body of one, whose digest and size are those of the offer."""


class HubHttpLibrary:
    """The sets as the hub serves them; for one thread at a time.

    Args:
        client: sends.
        verify: knows the hub's keys.
        clock: time.
        at_once: bytes of a body that one request asks for; what has arrived is not asked for again.
    """

    def __init__(self, client: HubHttpClient, verify: Verify, clock: Clock, at_once: int = _AT_ONCE) -> None:
        self._client, self._verify, self._clock, self._at_once = client, verify, clock, at_once
        self._list: tuple[float, Sequence[OfferedSet]] | None = None
        self._partial: tuple[str, bytearray] = ("", bytearray())

    def listed(self) -> Sequence[OfferedSet]:
        """The sets that there are; asked for once in half a minute.

        Raises:
            UnusableAnswer: the answer is not the hub's, or cannot be read.
            SourceError: the hub did not answer, or refuses to.
        """
        now = self._clock.monotonic()
        if self._list is not None and now - self._list[0] < _LIST_SECONDS:
            return self._list[1]
        nonce = secrets.token_hex(16)
        answer = self._client.send("GET", f"/sets?nonce={nonce}", limit=_MOST_LIST)
        try:
            check_reply(KIND, nonce.encode(), answer.body, answer.headers.get(SIGNATURE_HEADER, ""), self._verify)
            offers = decode_offers(answer.body)
        except DocumentRefused as problem:
            raise UnusableAnswer(problem.message, remedy=problem.remedy) from problem
        self._list = now, offers
        return offers

    def body(self, offer: OfferedSet) -> bytes:
        """The body of one. What has arrived stays in memory, so that the next try goes on from there.

        Raises:
            UnusableAnswer: it is not what the list says.
            SourceError: the hub did not answer, or has it no more.
        """
        if self._partial[0] != offer.digest:
            self._partial = offer.digest, bytearray()
        got = self._partial[1]
        while len(got) < offer.size:
            last = min(len(got) + self._at_once, offer.size) - 1
            headers = {"Range": f"bytes={len(got)}-{last}"}
            part = self._client.send("GET", f"/sets/{offer.digest}", limit=self._at_once, headers=headers).body
            if not part or len(got) + len(part) > last + 1:
                break
            got += part
        self._partial = "", bytearray()
        body = bytes(got)
        check_body(offer, body)
        return body


class ImportedLibrary:
    """The sets that came in a snapshot.

    Args:
        offers: what it names.
        bodies: by digest; not compared yet.
    """

    def __init__(self, offers: Sequence[OfferedSet], bodies: Mapping[str, bytes]) -> None:
        self._offers, self._bodies = offers, bodies

    def listed(self) -> Sequence[OfferedSet]:
        """The sets that there are."""
        return self._offers

    def body(self, offer: OfferedSet) -> bytes:
        """The body of one.

        Raises:
            UnusableAnswer: it is not what the snapshot says.
        """
        body = self._bodies.get(offer.digest, b"")
        check_body(offer, body)
        return body


def check_body(offer: OfferedSet, body: bytes) -> None:
    """Refuse a body that is not the one of an offer.

    Raises:
        UnusableAnswer: it is another.
    """
    if len(body) != offer.size or hashlib.sha256(body).hexdigest() != offer.digest:
        raise UnusableAnswer(
            f"{offer.name} of the hub does not match its list.", remedy="What is here stays. The next run asks again."
        )


class _Shelf:
    """What the sources of a member have in common.

    Args:
        rule: which one.
        library: where the hub's sets are; None at a member without a network to it.
    """

    def __init__(self, rule: SourceRule, library: HubLibrary | None) -> None:
        self._rule, self._library = rule, library

    @property
    def name(self) -> str:
        """As the settings have it."""
        return self._rule.name

    def check_sets(self, kind: str, names: Sequence[str]) -> SourceStatus:
        """Look whether the hub has some sets, and say what is wrong, without raising."""
        location = f"the hub, {self._rule.hub_source}"
        if self._library is None:
            return SourceStatus(True, location, "none", "Sets come by bomgate fleet import.", "")
        try:
            for name in names:
                self._find(kind, name)
        except SourceError as problem:
            return SourceStatus(False, location, "token of a member", problem.message, problem.remedy)
        return SourceStatus(True, location, "token of a member", f"Has {', '.join(names)}.", "")

    def _find(self, kind: str, name: str) -> OfferedSet:
        """What the hub offers.

        Raises:
            SourceError: nothing, or the hub did not answer.
        """
        assert self._library is not None
        for offer in self._library.listed():
            if (offer.source, offer.kind, offer.name) == (self._rule.hub_source, kind, name):
                if offer.size > self._rule.max_bytes:
                    raise Final(
                        f"{name} of the hub has {offer.size} bytes.", remedy=f"Raise maxMegabytes of {self.name}."
                    )
                return offer
        raise Final(
            f"The hub has no {name} of a source {self._rule.hub_source}.",
            remedy="Name it in sources at the hub, and run bomgate download there; or name the hub's source here, "
            "such as location: hub:osv.",
        )

    def _fetch(self, offer: OfferedSet) -> bytes:
        assert self._library is not None
        return self._library.body(offer)


def _is_known(offer: OfferedSet, tag: str, checked_at: dt.datetime) -> bool:
    """Whether what is here is that, or newer: a hub that was restored, or a late answer, brings nothing older back."""
    if not tag.startswith(_TAG):
        return False
    return tag == f"{_TAG}{offer.digest}" or offer.checked_at < checked_at


class HubAdvisories(_Shelf):
    """Advisories of the hub; implements ``AdvisorySource``."""

    @property
    def ecosystems(self) -> Sequence[str]:
        """What is taken of it."""
        return self._rule.ecosystems

    def check(self) -> SourceStatus:
        """Look whether the hub has what is taken, and say what is wrong, without raising."""
        return self.check_sets(ADVISORIES, self.ecosystems)

    def fetch(
        self, ecosystem: str, known: AdvisorySetInfo | None, former: Callable[[], FormerSet | None]
    ) -> FetchedSet:
        """The advisories of an ecosystem, unless they are what is known already; their age is that at the hub.

        Raises:
            SourceError: the hub did not answer, has none, or what it has cannot be read.
        """
        if self._library is None:
            if known is None or not known.digest:
                raise Final(f"No {ecosystem} of a hub was imported yet.", remedy=_OFFLINE)
            return FetchedSet(self.name, ecosystem, known.digest, known.tag, None, checked_at=known.checked_at)
        offer = self._find(ADVISORIES, ecosystem)
        if known is not None and _is_known(offer, known.tag, known.checked_at):
            at = max(offer.checked_at, known.checked_at)
            return FetchedSet(self.name, ecosystem, known.digest, known.tag, None, checked_at=at)
        try:
            content = read_advisories(self._fetch(offer), self._rule.max_bytes)
        except DocumentRefused as problem:
            raise UnusableAnswer(problem.message, remedy=problem.remedy) from problem
        digest = f"sha256:{offer.digest}"
        return FetchedSet(self.name, ecosystem, digest, f"{_TAG}{offer.digest}", content, checked_at=offer.checked_at)


class HubExploits(_Shelf):
    """KEV or EPSS of the hub; implements ``ExploitSource``."""

    @property
    def kind(self) -> ExploitKind:
        """What it publishes."""
        return ExploitKind(self._rule.kind)

    def check(self) -> SourceStatus:
        """Look whether the hub has it, and say what is wrong, without raising."""
        return self.check_sets(self.kind.value, [self.kind.name])

    def fetch(self, known: ExploitSetInfo | None) -> FetchedExploits:
        """Its set, unless it is what is known already; its age is that at the hub.

        Raises:
            SourceError: the hub did not answer, has none, or what it has cannot be read.
        """
        if self._library is None:
            if known is None:
                raise Final(f"No {self.kind.name} of a hub was imported yet.", remedy=_OFFLINE)
            return FetchedExploits(self.name, self.kind, known.digest, known.tag, None, known.checked_at)
        offer = self._find(self.kind.value, self.kind.name)
        if known is not None and _is_known(offer, known.tag, known.checked_at):
            at = max(offer.checked_at, known.checked_at)
            return FetchedExploits(self.name, self.kind, known.digest, known.tag, None, at)
        try:
            content = read_exploits(self._fetch(offer), self.kind, self._rule.max_bytes)
        except DocumentRefused as problem:
            raise UnusableAnswer(problem.message, remedy=problem.remedy) from problem
        digest = f"sha256:{offer.digest}"
        return FetchedExploits(self.name, self.kind, digest, f"{_TAG}{offer.digest}", content, offer.checked_at)
