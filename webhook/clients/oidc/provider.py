"""The provider: where it is, its keys, and the way to it and back.

Source: OpenID Connect Discovery 1.0; RFC 6749 (authorization code), RFC 7636 (PKCE), RFC 9207 (``iss`` on the way
back), RFC 9700 (best practice).
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
from authlib.common.security import generate_token
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc.jwk import KeySet

from webhook.clients.http.destination import Destination, Limits, Reach, Remedies
from webhook.clients.http.exchange import Exchange
from webhook.clients.http.headers import web_address
from webhook.clients.http.messages import Request, basic
from webhook.clients.oidc.options import OidcOptions
from webhook.clients.oidc.tokens import SignInRefused, UnknownKey, keys_of, signed_in
from webhook.errors import Final, Retryable, SourceError
from webhook.model.caches import TimedCache
from webhook.model.deadlines import Deadline
from webhook.model.people import Login, SignedIn
from webhook.policy.plaintext import plain
from webhook.ports import Clock

log = logging.getLogger("bomgate.oidc")
_LIMITS = Limits(connect_seconds=3.0, read_seconds=5.0, redirects=0)
_MOST_BYTES = 1024 * 1024
_DOCUMENT_SECONDS, _KEYS_SECONDS = 3600.0, 3600.0
_FRESH_SECONDS = 10.0
"""For how long keys that were just read are not read again for a token with an unknown one."""
_REMEDIES = Remedies(
    certificate="Name the certificate authority of the provider as oidc.caFile.",
    tls="Check oidc.issuer.",
    unreachable="Check that the provider runs, oidc.issuer, and the network policy.",
    size="Check oidc.issuer.",
)


class _Document(msgspec.Struct):
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: list[str] = msgspec.field(default_factory=lambda: ["client_secret_basic"])
    authorization_response_iss_parameter_supported: bool = False


class _Tokens(msgspec.Struct):
    id_token: str = ""
    access_token: str = ""


class _Problem(msgspec.Struct):
    error: str = ""
    error_description: str = ""


_DOCUMENT = msgspec.json.Decoder(_Document)
_TOKENS = msgspec.json.Decoder(_Tokens)
_PROBLEM = msgspec.json.Decoder(_Problem)


class OidcProvider:
    """Signs people in; implements ``SignInProvider``, and is safe to use from many threads.

    Args:
        options: which provider, and what this console is to it.
        clock: time.
    """

    def __init__(self, options: OidcOptions, clock: Clock) -> None:
        options.check()
        self._options, self._clock = options, clock
        self._exchange = Exchange(_LIMITS, clock)
        self._destination = Destination(
            _REMEDIES, Reach.PRIVATE, ca_file=options.ca_file, name=f"the OIDC provider {options.issuer}"
        )
        self._documents = TimedCache[str, _Document](1, clock.monotonic)
        self._keys = TimedCache[str, tuple[float, KeySet]](1, clock.monotonic)

    @property
    def title(self) -> str:
        """What people call it."""
        return self._options.title

    def begin(self, redirect: str, deadline: Deadline) -> Login:
        """Begin a sign-in.

        Raises:
            SourceError: the provider did not answer.
        """
        document = self._document(deadline)
        state, nonce, verifier = generate_token(43), generate_token(43), generate_token(64)
        url = prepare_grant_uri(
            document.authorization_endpoint,
            client_id=self._options.client_id,
            response_type="code",
            redirect_uri=redirect,
            scope=" ".join(self._options.scopes),
            state=state,
            nonce=nonce,
            code_challenge=create_s256_code_challenge(verifier),  # type: ignore[no-untyped-call]
            code_challenge_method="S256",
        )
        return Login(url, state, nonce, verifier, redirect)

    def finish(self, login: Login, given: Mapping[str, str], deadline: Deadline) -> SignedIn:
        """End a sign-in.

        Raises:
            SignInRefused: the provider refused, or what came back, or its token, is not what was begun here.
            SourceError: the provider did not answer.
        """
        if not hmac.compare_digest(given.get("state", "").encode("utf-8", "replace"), login.state.encode()):
            raise SignInRefused("The provider's response belongs to another sign-in.")
        document = self._document(deadline)
        issuer = given.get("iss")
        if issuer is None and document.authorization_response_iss_parameter_supported:
            raise SignInRefused("The response does not name its provider.")
        if issuer is not None and issuer != self._options.issuer:
            raise SignInRefused("The response comes from another provider.")
        if error := given.get("error"):
            said = plain(f"{error} {given.get('error_description', '')}".strip(), 200)
            raise SignInRefused(f"The provider did not sign you in: {said}")
        if not given.get("code"):
            raise SignInRefused("The provider gave no code.")
        tokens = self._redeem(document, login, given["code"], deadline)
        keys = self._known_keys(document, deadline)
        now = self._clock.now()
        try:
            return signed_in(tokens.id_token, tokens.access_token, login, keys, self._options, now)
        except UnknownKey:
            log.info("the provider has a new key")
        keys = self._known_keys(document, deadline, newer=True)
        try:
            return signed_in(tokens.id_token, tokens.access_token, login, keys, self._options, now)
        except UnknownKey:
            raise SignInRefused("The ID token is signed by a key that the provider does not publish.") from None

    # -- asking -----------------------------------------------------------------------------------------------------

    def _document(self, deadline: Deadline) -> _Document:
        return self._documents.get_or_make("", lambda: (self._discovered(deadline), _DOCUMENT_SECONDS))

    def _discovered(self, deadline: Deadline) -> _Document:
        url = f"{self._options.issuer.rstrip('/')}/.well-known/openid-configuration"
        document: _Document = self._decoded(_DOCUMENT, self._send("GET", url, deadline), url)
        if document.issuer != self._options.issuer:
            raise Final(
                f"{url} describes the issuer {plain(document.issuer, 100)}, and not {self._options.issuer}.",
                remedy="Write oidc.issuer exactly as the provider does.",
            )
        for address in (document.authorization_endpoint, document.token_endpoint, document.jwks_uri):
            found = web_address(address)
            if found is None or found.scheme != "https":
                raise Final(f"The provider names {plain(address, 100)}, which is not an https address.")
        return document

    def _known_keys(self, document: _Document, deadline: Deadline, *, newer: bool = False) -> KeySet:
        known = self._keys.get("")
        if newer and known is not None and self._clock.monotonic() - known[0] >= _FRESH_SECONDS:
            self._keys.forget("")
        return self._keys.get_or_make("", lambda: (self._read_keys(document, deadline), _KEYS_SECONDS))[1]

    def _read_keys(self, document: _Document, deadline: Deadline) -> tuple[float, KeySet]:
        published: Any = self._decoded(
            msgspec.json.Decoder(), self._send("GET", document.jwks_uri, deadline), document.jwks_uri
        )
        if not isinstance(published, dict):
            raise SignInRefused("The provider publishes no keys.")
        return self._clock.monotonic(), keys_of(published)

    def _redeem(self, document: _Document, login: Login, code: str, deadline: Deadline) -> _Tokens:
        options = self._options
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": login.redirect,
            "code_verifier": login.verifier,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        authorization = ""
        if not options.client_secret:
            fields["client_id"] = options.client_id
        elif "client_secret_basic" in document.token_endpoint_auth_methods_supported:
            authorization = basic(quote(options.client_id, safe=""), quote(options.client_secret, safe=""))
        else:
            fields |= {"client_id": options.client_id, "client_secret": options.client_secret}
        body = urlencode(fields).encode()
        content = self._send("POST", document.token_endpoint, deadline, headers, body, authorization)
        tokens: _Tokens = self._decoded(_TOKENS, content, document.token_endpoint)
        return tokens

    def _send(
        self,
        method: str,
        url: str,
        deadline: Deadline,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        authorization: str = "",
    ) -> bytes:
        asked = Request(self._destination, method, url, _MOST_BYTES, headers or {}, authorization, body)
        answer = self._exchange.send(asked, deadline)
        if answer.status == 200:
            return answer.body
        if method == "POST" and 400 <= answer.status < 500:
            try:
                problem = _PROBLEM.decode(answer.body)
            except msgspec.MsgspecError:
                problem = _Problem()
            said = plain(f"{problem.error} {problem.error_description}".strip(), 200)
            raise SignInRefused(f"The provider refused the code: {said or answer.status}")
        failed = f"The OIDC provider {self._options.issuer} answers {answer.status}."
        raise Retryable(failed) if answer.status >= 500 else Final(failed, remedy="Check oidc.issuer.")

    def _decoded(self, decoder: Any, content: bytes, url: str) -> Any:
        try:
            return decoder.decode(content)
        except msgspec.MsgspecError as problem:
            raise SourceError(f"The answer from {url} cannot be read.", remedy="Check oidc.issuer.") from problem
