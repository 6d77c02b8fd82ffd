"""Signing in: by a one-time link, at an OIDC provider, or with a token; and signing out."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from flask import Flask, Request, Response, redirect, render_template, request

from webhook.console.cipher import Cipher
from webhook.console.guards import HOME, safe_address
from webhook.console.identity import Gate, OwnerGate
from webhook.console.problems import NotSignedIn
from webhook.console.sessions import Session, Sessions
from webhook.errors import InvalidInput
from webhook.model.caches import TimedCache
from webhook.model.deadlines import Deadline
from webhook.model.people import Login, Person, SignedIn
from webhook.ports import Clock, SignInProvider, TokenReviewer

log = logging.getLogger("bomgate.console")
CALLBACK = "/sign-in/callback"
OPEN = ("/sign-in", "/sign-in/link", "/sign-in/oidc", CALLBACK, "/sign-in/token")
"""Paths of signing in, for which nobody has to have signed in."""
_LOGIN_SECONDS = 600
_MOST_USED = 10_000
_SECONDS = 10.0
_BEARER = "bearer "


@dataclass(frozen=True, slots=True)
class SignIn:
    """How people sign in; at least one way is there.

    Attributes:
        sessions: those that there are.
        host, port: where the console listens.
        clock: time.
        owner: who the holder of the one-time link is; None where there are no such links.
        provider: of OIDC.
        tokens: says whose a token is.
        url: the console's address from outside; empty where there is none.
        secure: whether browsers reach it by TLS.
        gate: what a person may do.
        announce: shows the secret of a new one-time link to the user who started the console.
        is_watched: whether /healthz and /metrics are answered here, and not on another port.
    """

    sessions: Sessions
    host: str
    port: int
    clock: Clock
    owner: Person | None = None
    provider: SignInProvider | None = None
    tokens: TokenReviewer | None = None
    url: str = ""
    secure: bool = False
    gate: Gate = field(default_factory=OwnerGate)
    announce: Callable[[str], None] = lambda _: None
    is_watched: bool = True

    @property
    def cookie(self) -> str:
        """The name of the session's cookie; without TLS a browser refuses the prefix."""
        return "__Host-bomgate" if self.secure else "bomgate_session"

    @property
    def login_cookie(self) -> str:
        """The name of the cookie for the way to the provider and back."""
        return "__Host-bomgate-login" if self.secure else "bomgate_login"

    @property
    def address(self) -> str:
        """How browsers reach the console, without a slash at the end."""
        shown = f"[{self.host}]" if ":" in self.host else self.host
        return (self.url or f"{'https' if self.secure else 'http'}://{shown}:{self.port}").rstrip("/")

    @property
    def ways(self) -> Mapping[str, object]:
        """What the page of signing in offers."""
        title = None if self.provider is None else self.provider.title
        return {"link": self.owner is not None, "provider": title, "tokens": self.tokens is not None}

    def until(self) -> Deadline:
        """By when the provider, or the API server, must have answered."""
        return Deadline(self.clock.monotonic() + _SECONDS)


def bearer(sign_in: SignIn, given: Request) -> Session | None:
    """The session of one request to the API that brings a token; None for one that brings none.

    It needs no form token: no browser sends such a header unless a program of the same origin says so.

    Raises:
        NotSignedIn: the token is no good.
        SourceError: the API server did not answer.
    """
    header = given.headers.get("Authorization", "")
    if not header or not given.path.startswith("/api/"):
        return None
    if sign_in.tokens is None or not header.lower().startswith(_BEARER):
        raise NotSignedIn("This console does not accept these credentials.")
    found = sign_in.tokens.person(header[len(_BEARER) :].strip(), sign_in.until())
    if found is None:
        raise _bad_token()
    return Session(found.who)


def add_sign_in(app: Flask, sign_in: SignIn) -> None:
    """Add the routes of signing in and out.

    Args:
        app: where to.
        sign_in: how people sign in.
    """

    @app.get("/sign-in")
    def sign_in_page() -> Response:
        secret = request.args.get("token", "")
        if not secret or request.method == "HEAD":  # a preview of the link must not use it up
            return Response(
                render_template("sign_in.html", sent=False, back=safe_address(request.args.get("to", HOME)))
            )
        if sign_in.owner is None or not sign_in.sessions.redeem(secret):
            raise NotSignedIn("This link was already used, or has expired.")
        return _begun(sign_in, SignedIn(sign_in.owner), redirect(HOME, HTTPStatus.SEE_OTHER))  # type: ignore[arg-type]

    if sign_in.owner is not None:

        @app.post("/sign-in/link")
        def new_link() -> Response:
            sign_in.announce(sign_in.sessions.new_link())
            return Response(render_template("sign_in.html", sent=True, back=HOME))

    if sign_in.tokens is not None:
        _add_tokens(app, sign_in, sign_in.tokens)
    if sign_in.provider is not None:
        _add_provider(app, sign_in, sign_in.provider, _Logins(sign_in.clock))

    @app.post("/sign-out")
    def sign_out() -> Response:
        sign_in.sessions.end(request.cookies.get(sign_in.cookie, ""))
        response = redirect("/sign-in", HTTPStatus.SEE_OTHER)
        assert isinstance(response, Response)
        _drop(response, sign_in, sign_in.cookie, "Strict")
        return response


def _add_tokens(app: Flask, sign_in: SignIn, tokens: TokenReviewer) -> None:
    @app.post("/sign-in/token")
    def by_token() -> Response:
        found = tokens.person(request.form.get("token", "").strip(), sign_in.until())
        if found is None:
            log.warning("sign-in refused", extra={"source": "token", "address": request.remote_addr})
            raise _bad_token()
        target = safe_address(request.form.get("to", HOME))
        return _begun(sign_in, found, redirect(target, HTTPStatus.SEE_OTHER))  # type: ignore[arg-type]


class _Logins:
    """Sign-ins that were begun, each kept in its browser's cookie alone: nobody can begin so many that others are lost.

    Args:
        clock: time.
    """

    def __init__(self, clock: Clock) -> None:
        self._cipher, self._clock = Cipher(), clock
        self._used = TimedCache[str, bool](_MOST_USED, clock.monotonic)

    def begun(self, login: Login, target: str) -> str:
        """A sign-in and where it leads, for a cookie; the provider's address is not needed any more."""
        parts = (login.state, login.nonce, login.verifier, login.redirect, target)
        return self._cipher.encrypt(json.dumps(parts), self._clock.now())

    def use(self, cookie: str) -> tuple[Login, str] | None:
        """The sign-in of a cookie; None for one that is none, was used, or was begun too long ago."""
        text = self._cipher.decrypt(cookie, self._clock.now(), _LOGIN_SECONDS)
        if text is None:
            return None
        state, nonce, verifier, redirect_, target = json.loads(text)
        if self._used.get(state):
            return None
        self._used.put(state, True, _LOGIN_SECONDS)  # whatever comes of it
        return Login("", state, nonce, verifier, redirect_), target


def _add_provider(app: Flask, sign_in: SignIn, provider: SignInProvider, logins: _Logins) -> None:
    @app.post("/sign-in/oidc")
    def to_provider() -> Response:
        login = provider.begin(sign_in.address + CALLBACK, sign_in.until())
        cookie = logins.begun(login, safe_address(request.form.get("to", HOME)))
        # A page that goes on by itself: a browser follows no redirect of a form to where form-action does not allow it.
        response = Response(render_template("passing.html", target=login.url, name=provider.title))
        # Lax, as a strict cookie would not come with the browser on its way back from the provider.
        _set(response, sign_in, sign_in.login_cookie, cookie, "Lax", _LOGIN_SECONDS)
        return response

    @app.get(CALLBACK)
    def from_provider() -> Response:
        begun = logins.use(request.cookies.get(sign_in.login_cookie, ""))
        if begun is None:
            raise NotSignedIn("This sign-in was already completed, has expired, or was started in another browser.")
        login, target = begun
        try:
            found = provider.finish(login, request.args, sign_in.until())
        except InvalidInput as problem:
            log.warning(
                "sign-in refused",
                extra={"source": "OIDC", "address": request.remote_addr, "reason": problem.message},
            )
            raise NotSignedIn(problem.message, remedy=problem.remedy) from problem
        # A redirect would be part of a journey that began elsewhere, on which a strict cookie stays at home.
        response = Response(render_template("passing.html", target=target, name="bomgate"))
        _drop(response, sign_in, sign_in.login_cookie, "Lax")
        return _begun(sign_in, found, response)


def _begun(sign_in: SignIn, found: SignedIn, response: Response) -> Response:
    """Begin a session under a name that nobody has seen before; the browser's former one ends."""
    sign_in.sessions.end(request.cookies.get(sign_in.cookie, ""))
    name = sign_in.sessions.begin(found.who, found.seconds if found.who.source == "token" else None)
    log.info(
        "signed in",
        extra={
            "user": found.who.name,
            "source": found.who.source,
            "uid": found.who.uid,
            "address": request.remote_addr,
        },
    )
    _set(response, sign_in, sign_in.cookie, name, "Strict")
    return response


def _set(
    response: Response, sign_in: SignIn, name: str, value: str, same_site: str, seconds: int | None = None
) -> None:
    response.set_cookie(
        name, value, max_age=seconds, httponly=True, samesite=same_site, secure=sign_in.secure, path="/"
    )


def _drop(response: Response, sign_in: SignIn, name: str, same_site: str) -> None:
    response.delete_cookie(name, path="/", samesite=same_site, secure=sign_in.secure, httponly=True)


def _bad_token() -> NotSignedIn:
    return NotSignedIn(
        "The API server does not accept this token for the console.",
        remedy="Make a new one, such as with `kubectl create token NAME --audience bomgate`.",
    )
