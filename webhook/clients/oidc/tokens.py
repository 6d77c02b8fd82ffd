"""ID tokens: whether one is valid, and whom it identifies.

Source: OpenID Connect Core 1.0, 3.1.3.7 (ID Token Validation); Kubernetes, "Authenticating", for user name and groups.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from webhook.clients.oidc.options import OidcOptions
from webhook.errors import InvalidInput
from webhook.model.people import Login, Person, SignedIn
from webhook.policy.plaintext import plain

_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA")
"""With a key pair, all of them: with a shared secret whoever knows the secret of the client could sign."""
_RESERVED = "system:"
_MOST_GROUPS = 1000
_MOST_NAME = 256


class SignInRefused(InvalidInput):
    """The provider did not sign somebody in, or what it gave is not what was asked for."""

    code = "sign-in-refused"
    default_remedy = "Begin again. If it happens again, an administrator finds the reason in the console's log."


class UnknownKey(Exception):
    """The key by which a token is signed is not among those that are known."""


def keys_of(published: Mapping[str, Any]) -> KeySet:
    """The keys that a provider publishes; those of an unknown kind are left out.

    Raises:
        SignInRefused: there are none.
    """
    try:
        return KeySet.import_key_set(published)  # type: ignore[arg-type]  # a TypedDict of what JSON may hold
    except (JoseError, ValueError, TypeError, KeyError) as problem:
        raise SignInRefused(f"The provider publishes no key that can be used: {problem}.") from problem


def signed_in(
    token: str, access_token: str, login: Login, keys: KeySet, options: OidcOptions, now: dt.datetime
) -> SignedIn:
    """Who an ID token is about.

    Args:
        token: as the provider gave it.
        access_token: given with it; the ID token may name it.
        login: as it was begun.
        keys: of the provider.
        options: issuer, client, claims.
        now: UTC, aware.

    Raises:
        UnknownKey: its key is none of these.
        SignInRefused: it is not good.
    """
    if token.count(".") != 2:  # five parts would be encrypted
        raise SignInRefused("The provider gave no signed ID token.")
    try:
        read = jwt.decode(token, keys, algorithms=list(_ALGORITHMS))
        claims = CodeIDToken(
            read.claims,
            read.header,
            {
                "iss": {"essential": True, "value": options.issuer},
                "aud": {"essential": True, "value": options.client_id},
                "exp": {"essential": True},
                "iat": {"essential": True},
            },
            {"nonce": login.nonce, "client_id": options.client_id, "access_token": access_token},
        )
        claims.validate(int(now.timestamp()), int(options.clock_skew_seconds))
    except InvalidKeyIdError as problem:
        raise UnknownKey from problem
    except (JoseError, ValueError, TypeError, KeyError) as problem:
        raise SignInRefused(f"The provider's ID token is invalid: {plain(str(problem), 200)}") from problem
    seconds = float(claims["exp"]) - now.timestamp()
    return SignedIn(_person(claims, options), seconds)


def _person(claims: Mapping[str, Any], options: OidcOptions) -> Person:
    name = claims.get(options.username_claim)
    if not isinstance(name, str) or not name.strip() or len(name) > _MOST_NAME or not name.isprintable():
        raise SignInRefused(f"The ID token has no claim {options.username_claim!r} that can be a user name.")
    if options.username_claim == "email" and claims.get("email_verified") is not True:
        raise SignInRefused("The provider has not verified the e-mail address.")
    given = claims.get(options.groups_claim) or []
    groups = [given] if isinstance(given, str) else given
    if not isinstance(groups, list) or not all(isinstance(group, str) and group for group in groups):
        raise SignInRefused(f"The claim {options.groups_claim!r} does not hold groups.")
    username = f"{options.username_prefix}{name}"
    prefixed = [f"{options.groups_prefix}{group}" for group in groups[:_MOST_GROUPS]]
    # Kubernetes gives these names to nobody who comes from outside: system:masters may do everything.
    if username.startswith(_RESERVED):
        raise SignInRefused(f"The user name {plain(username, 80)} is reserved by the cluster.")
    kept = tuple(group for group in prefixed if not group.startswith(_RESERVED))
    return Person(username, "OIDC", (*kept, "system:authenticated"), options.issuer, username, str(claims["sub"]))
