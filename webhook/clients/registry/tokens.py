"""Authorization: from a registry's challenge to the header that opens a repository.

Sources: the token authentication and the OAuth2 variant of the distribution project. A token server is named by the
registry; it is asked only over HTTPS (unless the registry itself speaks plain HTTP) and gets nothing but the
credentials for that registry. A token is for one repository and one user, and is kept as long as the server says.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from urllib.parse import urlencode

import msgspec
from cachetools import LRUCache

from webhook.clients.http.exchange import Exchange
from webhook.clients.http.headers import Challenge, read_challenges, web_address
from webhook.clients.http.messages import Answer, Request
from webhook.clients.http.problems import origin
from webhook.clients.registry.credentials import Keychain, union
from webhook.clients.registry.dockerconfig import Credential
from webhook.clients.registry.locations import Repository
from webhook.clients.registry.problems import Denied, denied, status_trouble
from webhook.errors import Final, SourceError
from webhook.model.caches import KeyLocks, TimedCache
from webhook.model.deadlines import Deadline
from webhook.ports import Clock

_MAX_ANSWER = 1024 * 1024
_MAX_TOKEN = 16 * 1024
_DEFAULT_SECONDS = 60.0
_MARGIN = 0.1
_LIMIT = 2_000
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_JSON = {"Accept": "application/json"}
_ACCEPTED_SECONDS = 60.0
"""How long a credential that was accepted is used without another look at where it came from."""
_MOST_TRIED = 20
"""Credentials that are tried for one repository; whoever writes a pull secret could else have thousands tried."""
_Key = tuple[str, str, Credential | None]
_Place = tuple[str, str]


class _Answer(msgspec.Struct):
    token: str = ""
    access_token: str = ""
    expires_in: float | None = None


@dataclass(frozen=True, slots=True)
class _Token:
    """A token, until when it is used (monotonic seconds), and the challenge that asked for it."""

    until: float
    header: str = field(repr=False)
    asked: Challenge


class Authorizer:
    """Gives every request the header that it needs; safe to use from several threads.

    Args:
        exchange: sends requests to token servers.
        keychains: where credentials come from, in order; all are tried.
        clock: time.
    """

    def __init__(self, exchange: Exchange, keychains: Sequence[Keychain], clock: Clock) -> None:
        self._exchange, self._keychains, self._clock = exchange, keychains, clock
        self._tokens = LRUCache[_Key, _Token](_LIMIT)
        self._wants_basic: set[str] = set()
        self._lock = threading.Lock()
        self._renewing = KeyLocks[_Key]()
        self._accepted = TimedCache[_Place, Credential](_LIMIT, clock.monotonic)

    def credentials(self, repository: Repository, deadline: Deadline) -> Iterator[Credential | None]:
        """The credentials to try, in order: what was accepted last, then all that there are; else None once.

        Raises:
            SourceError: some cannot be read; all others have been given before.
        """
        accepted = self._accepted.get(_place(repository))
        if accepted is not None:
            yield accepted
        given, trouble = accepted is not None, None
        try:
            for credential in islice(union(self._keychains, repository, deadline), _MOST_TRIED):
                if credential != accepted:
                    given = True
                    yield credential
        except SourceError as problem:
            trouble = problem
        if trouble is not None:
            raise trouble
        if not given:
            yield None

    def accept(self, repository: Repository, credential: Credential | None) -> None:
        """Take note that a registry showed something to a credential."""
        if credential is not None:
            self._accepted.put(_place(repository), credential, _ACCEPTED_SECONDS)

    def is_accepted(self, repository: Repository, credential: Credential | None) -> bool:
        """Whether the registry showed something of this repository to a credential, or there is none at all."""
        return credential is None or self._accepted.get(_place(repository)) == credential

    def header(self, repository: Repository, credential: Credential | None, deadline: Deadline) -> str:
        """What is known to open a repository; empty at first, because many show public things to anybody.

        A token that has run out is renewed unasked: some registries answer 404 instead of 401 to who shows none.

        Raises:
            Denied: the token server refuses the credential.
            SourceError: the token cannot be renewed.
        """
        if credential is not None and credential.registry_token:
            return f"Bearer {credential.registry_token}"
        known = self._known(_key(repository, credential))
        if known is not None:
            return self._current(repository, known.asked, credential, "", deadline)
        if credential is not None and credential.username and repository.registry.url in self._wants_basic:
            return credential.basic
        return ""

    def answer(
        self, repository: Repository, credential: Credential | None, reply: Answer, used: str, deadline: Deadline
    ) -> str:
        """The header that a challenge asks for.

        Args:
            repository: what was asked for.
            credential: what it was asked with.
            reply: the 401.
            used: the header that was not good enough.
            deadline: for the token server.

        Raises:
            Denied: nothing can be given: no credential, a refusal, or a challenge of an unknown kind.
            SourceError: the token server did not answer.
        """
        challenges = read_challenges(reply.headers.get("WWW-Authenticate", ""))
        asked = next((challenge for challenge in challenges if challenge.scheme == "bearer"), None)
        if asked is not None and asked.parameters.get("realm"):
            return self._current(repository, asked, credential, used, deadline)
        if any(challenge.scheme == "basic" for challenge in challenges) and credential and credential.username:
            header = credential.basic
            if header != used:
                self._wants_basic.add(repository.registry.url)
                return header
        raise self.denied(repository, credential, reply)

    def denied(self, repository: Repository, credential: Credential | None, reply: Answer) -> Denied:
        """The error for a refusal that no header changes."""
        notes = (keychain.note(repository) for keychain in self._keychains)
        note = next(filter(None, notes), "")
        return denied(repository, reply.status, reply.body, credential is not None, note)

    def _current(
        self, repository: Repository, asked: Challenge, credential: Credential | None, used: str, deadline: Deadline
    ) -> str:
        """The known token, unless it has run out or was refused; then a new one, fetched once for all who wait."""
        key = _key(repository, credential)
        with self._renewing.of(key):
            known = self._known(key)
            if known is not None and known.header != used and self._clock.monotonic() < known.until:
                return known.header
            return self._fetch(repository, asked, credential, deadline)

    def _known(self, key: _Key) -> _Token | None:
        with self._lock:
            return self._tokens.get(key)

    def _fetch(
        self, repository: Repository, asked: Challenge, credential: Credential | None, deadline: Deadline
    ) -> str:
        request = _token_request(repository, asked, credential)
        reply = self._exchange.send(request, deadline)
        if reply.status in (401, 403):
            raise self.denied(repository, credential, reply)
        where = f"The token server {origin(request.url)}"
        if reply.status != 200:
            raise status_trouble(reply.status, reply.headers, reply.body, where, self._clock.now())
        try:
            answer = msgspec.json.decode(reply.body, type=_Answer)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            answer = _Answer()
        token = answer.token or answer.access_token
        if not token or len(token) > _MAX_TOKEN or not token.isascii() or not token.isprintable() or " " in token:
            raise Final(f"{where} answered without a token.", remedy="Check the registry's token service.")
        seconds = answer.expires_in if answer.expires_in and answer.expires_in > 0 else _DEFAULT_SECONDS
        header = f"Bearer {token}"
        with self._lock:
            until = self._clock.monotonic() + seconds * (1 - _MARGIN)
            self._tokens[_key(repository, credential)] = _Token(until, header, asked)
        return header


def _key(repository: Repository, credential: Credential | None) -> _Key:
    # The whole credential: a name is the same for all who come with a cloud's tokens (AWS, oauth2accesstoken).
    return (*_place(repository), credential)


def _place(repository: Repository) -> _Place:
    return repository.registry.url, repository.path


def _token_request(repository: Repository, asked: Challenge, credential: Credential | None) -> Request:
    realm, registry = asked.parameters["realm"], repository.registry
    parts = web_address(realm)
    if parts is None:
        raise Final(f"{registry.host} names {realm[:100]!r} as its token server, which is not a web address.")
    if parts.scheme == "http" and not registry.plain_http:
        raise Final(
            f"{registry.host} names {origin(realm)} as its token server, which is not encrypted.",
            remedy="Correct the registry's token settings, or set plainHttp for it under registries.",
        )
    fields = {"scope": asked.parameters.get("scope") or f"repository:{repository.path}:pull"}
    if asked.parameters.get("service"):
        fields["service"] = asked.parameters["service"]
    if credential is not None and credential.identity_token:
        form = {
            **fields,
            "grant_type": "refresh_token",
            "refresh_token": credential.identity_token,
            "client_id": "bomgate",
        }
        return Request(registry.destination, "POST", realm, _MAX_ANSWER, _FORM, body=urlencode(form).encode())
    url = f"{realm}{'&' if parts.query else '?'}{urlencode(fields)}"
    authorization = credential.basic if credential is not None and credential.username else ""
    return Request(registry.destination, "GET", url, _MAX_ANSWER, _JSON, authorization)
