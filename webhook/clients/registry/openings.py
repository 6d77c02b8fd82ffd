"""Pulling with a workload's own credentials, so that what they open stays closed to everybody else.

Each set of pull secrets gets an :class:`Opening`: a client with tokens, answers about tags, parts of images and lists
of attachments. Only connections and limits are shared. A workload that brings no secrets gets the common
opening, which knows bomgate's own credentials alone.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from secrets import token_hex

from cachetools import LRUCache

from webhook.clients.registry.client import RegistryClient
from webhook.clients.registry.dockerconfig import Credential, DockerConfig, read_docker_config
from webhook.clients.registry.locations import Locations, Repository
from webhook.clients.trail import ExaminedSource, Trail
from webhook.errors import Final, InvalidInput, SourceError
from webhook.model.components import Sbom
from webhook.model.deadlines import Deadline
from webhook.model.images import Digest, ImageRef
from webhook.model.pulling import PullAccess, PullSecrets
from webhook.model.vex import VexLook
from webhook.ports import ConditionalSource, ImageResolver, PullSecretSource, SbomSource, VexPlace
from webhook.telemetry import Faults

_REMEMBERED = 256
_READS_REMEMBERED = 5000
"""Images of which a place knows with whose credentials it was read; what was forgotten is read again."""
_RANKS = 3
"""Credentials of one secret that are tried for one repository: those of the keys that match it best."""
Join = Callable[[RegistryClient], tuple[ImageResolver, Sequence[SbomSource], VexPlace | None]]


class SecretKeychain:
    """The credentials of pull secrets; implements ``Keychain``.

    Args:
        configs: in order; the first that fits a repository counts.
        notes: what to say of secrets that are of no use.
        rank: how many matching keys of the first one are passed over, because the registry refused them.
    """

    def __init__(self, configs: Sequence[DockerConfig], notes: Sequence[str], rank: int = 0) -> None:
        self._configs, self._notes, self._rank = configs, notes, rank

    def offers(self, repository: Repository, deadline: Deadline) -> Iterator[Credential]:
        """See :class:`webhook.clients.registry.credentials.Keychain`; at most one, as each has an opening."""
        ranks = (self._rank, *(0 for _ in self._configs[1:]))
        fitting = (_fitting(config, repository, rank) for config, rank in zip(self._configs, ranks, strict=False))
        found = next(filter(None, fitting), None)
        if found is not None:
            yield found

    def note(self, repository: Repository) -> str:
        """See :class:`webhook.clients.registry.credentials.Keychain`."""
        return " ".join(self._notes)


@dataclass(frozen=True, slots=True)
class Opening:
    """Registries, as one set of credentials opens them.

    Attributes:
        key: under which answers may be remembered; empty for what everybody may know.
        resolver: tags to digests.
        places: where SBOMs may be, in order.
        vex: where VEX documents are attached to images; None where nobody is asked for any.
    """

    key: str
    resolver: ImageResolver
    places: Sequence[SbomSource]
    vex: VexPlace | None = None


class Opener:
    """Makes openings; implements ``RegistryOpener`` and is safe to use from several threads.

    Args:
        client: with bomgate's own credentials.
        locations: which repository is asked for which image.
        join: makes a resolver, the places where SBOMs may be, and that of VEX documents, of a client.
        secrets: where pull secrets are.
        faults: takes note of unexpected errors.
    """

    def __init__(
        self,
        client: RegistryClient,
        locations: Locations,
        join: Join,
        secrets: PullSecretSource,
        faults: Faults | None = None,
    ) -> None:
        self._faults = faults or Faults()
        self._client, self._locations, self._join, self._secrets = client, locations, join, secrets
        self.common = Opening("", *join(client))
        self._known = LRUCache[str, Opening](_REMEMBERED)
        self._lock = threading.Lock()

    def open(self, access: PullAccess, deadline: Deadline) -> Opening:
        """What a workload's credentials open.

        Secrets that cannot be read do not hinder what needs none; when a registry then refuses, that is the reason.
        """
        try:
            secrets = self._secrets.read(access, deadline)
        except Exception as raised:
            problem = raised if isinstance(raised, SourceError) else self._faults.refusal(raised, "pull-secrets", "")
            said = (problem.message, problem.remedy)
            secrets = PullSecrets(hashlib.sha256("\n".join((access.namespace, *said)).encode()).hexdigest(), (), said)
        if not secrets.key:
            return self.common
        with self._lock:
            found = self._known.get(secrets.key)
            if found is None:
                found = self._known[secrets.key] = self._make(secrets)
            return found

    def _make(self, secrets: PullSecrets) -> Opening:
        notes, configs = list(secrets.notes), []
        for document in secrets.documents:
            try:
                config = read_docker_config(document)
            except InvalidInput as problem:
                notes.append(f"A pull secret cannot be used: {problem.message}.")
                continue
            except Exception as problem:  # users write secrets: whatever is in them spoils only themselves
                refusal = self._faults.refusal(problem, "pull-secrets", "")
                notes.append(f"A pull secret cannot be used: {refusal.message}.")
                continue
            configs.append(config)
            notes += [f"A pull secret cannot be used as a whole: {note}." for note in config.notes]
        tries = [
            (first, rank) for first, config in enumerate(configs) for rank in range(min(_RANKS, len(config.entries)))
        ]
        ways = []
        for first, rank in tries or [(0, 0)]:
            ordered = [*configs[first : first + 1], *configs[:first], *configs[first + 1 :]]
            client = self._client.opened_by(SecretKeychain(ordered, notes, rank))
            ways.append(Opening(secrets.key, *self._join(client)))
        attempts = _Attempts(self._locations, [(configs[first], rank) for first, rank in tries], ways, self.common)
        places = [_Place(attempts, index, place.place) for index, place in enumerate(self.common.places)]
        vex = None if self.common.vex is None else _VexPlace(attempts)
        return Opening(secrets.key, _Resolver(attempts), places, vex)


class _Attempts:
    """The ways to ask for an image: every credential that fits its repository in order, and then without any.

    Args:
        locations: which repository is asked for an image.
        tries: a config, and how many of its matching keys are passed over; each belongs to one of the ways.
        ways: clients that begin with these credentials; without any, one that has none.
        common: bomgate's own credentials.
    """

    def __init__(
        self, locations: Locations, tries: Sequence[tuple[DockerConfig, int]], ways: Sequence[Opening], common: Opening
    ) -> None:
        self._locations, self._tries, self._ways, self._common = locations, tries, ways, common

    def of(self, image: ImageRef) -> Iterator[Opening]:
        repository, tried = self._locations.image(image), list[Credential]()
        for (config, rank), way in zip(self._tries, self._ways, strict=False):
            credential = _fitting(config, repository, rank)
            if credential is not None and credential not in tried:
                tried.append(credential)
                yield way
        yield self._common if tried else self._ways[0]


class _Resolver:
    def __init__(self, attempts: _Attempts) -> None:
        self._attempts = attempts

    def resolve(self, image: ImageRef, deadline: Deadline) -> Digest | None:
        """The digest that the first credentials see, of those that the registry accepts."""
        problem: Final | None = None
        absent = False
        for way in self._attempts.of(image):
            try:
                found = way.resolver.resolve(image, deadline)
            except Final as refused:
                problem = problem or refused
                continue
            if found is not None:
                return found
            absent = (
                True  # some registries say so too of what they do not show, so the other ways are tried all the same
            )
        if problem is not None and not absent:
            raise problem
        return None


class _VexPlace:
    def __init__(self, attempts: _Attempts) -> None:
        self._attempts = attempts

    def fetch(self, image: ImageRef, digest: Digest, deadline: Deadline) -> VexLook:
        """What the first credentials see, of those that the registry accepts."""
        problem: Final | None = None
        for way in self._attempts.of(image):
            if way.vex is None:
                continue
            try:
                return way.vex.fetch(image, digest, deadline)
            except Final as refused:
                problem = problem or refused
        assert problem is not None, "there is always one way to ask"
        raise problem


class _Place:
    def __init__(self, attempts: _Attempts, index: int, place: str) -> None:
        self._attempts, self._index, self.place = attempts, index, place
        self._reads = LRUCache[tuple[str, Digest], _Read](_READS_REMEMBERED)
        self._lock = threading.Lock()

    def fetch(self, image: ImageRef, digest: Digest, deadline: Deadline) -> Sequence[Sbom]:
        """See :class:`webhook.ports.SbomSource`."""
        return self.examine(image, digest, deadline, Trail())

    def examine(self, image: ImageRef, digest: Digest, deadline: Deadline, trail: Trail) -> Sequence[Sbom]:
        """What the first credentials see, of those that the registry accepts."""
        problem: Final | None = None
        for number, way in enumerate(self._attempts.of(image)):
            source = way.places[self._index]
            try:
                if isinstance(source, ExaminedSource):
                    found = source.examine(image, digest, deadline, trail)
                else:
                    found = source.fetch(image, digest, deadline)
            except Final as refused:
                trail.note(self.place, image.name, refused.message)
                problem = problem or refused
                continue
            with self._lock:
                self._read(image, digest).way = number
            return found
        assert problem is not None, "there is always one way to ask"
        raise problem

    def state(self, image: ImageRef, digest: Digest, deadline: Deadline) -> str:
        """See :class:`webhook.ports.ConditionalSource`; what the first credentials see, of those that are accepted.

        It is of use only where the same credentials have read the place before: others may see something else there.
        """
        for number, way in enumerate(self._attempts.of(image)):
            source = way.places[self._index]
            if not isinstance(source, ConditionalSource):
                return ""
            try:
                state = source.state(image, digest, deadline)
            except Final:
                continue
            with self._lock:
                read = self._read(image, digest)
            return f"{read.nonce} {number} {state}" if state and read.way in (None, number) else ""
        return ""

    def _read(self, image: ImageRef, digest: Digest) -> _Read:
        return self._reads.setdefault((image.name, digest), _Read())


@dataclass(slots=True)
class _Read:
    """How a place was last read for an image.

    Attributes:
        nonce: begins the states that are given since, so that none from before counts once this is forgotten.
        way: the number of the credentials that read it; None before the first time.
    """

    nonce: str = field(default_factory=lambda: token_hex(8))
    way: int | None = None


def _fitting(config: DockerConfig, repository: Repository, rank: int = 0) -> Credential | None:
    return config.find(repository.registry.host, repository.path, rank)
