"""Signing in at a real OIDC provider, and everything that may be wrong with what comes back from it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey

from tests.console.oidc import SECRET, RealProvider
from tests.copies import replace
from webhook.clients.machine import SystemClock
from webhook.clients.oidc.options import OidcOptions
from webhook.clients.oidc.provider import OidcProvider
from webhook.clients.oidc.tokens import SignInRefused, UnknownKey, keys_of, signed_in
from webhook.errors import ConfigError, SourceError
from webhook.model.deadlines import Deadline
from webhook.model.people import Login, SignedIn

BACK = "https://localhost:8443/sign-in/callback"
CLOCK = SystemClock()


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealProvider]:
    made = RealProvider(tmp_path_factory.mktemp("oidc"), BACK)
    made.start()
    yield made
    made.stop()


def soon() -> Deadline:
    return Deadline(CLOCK.monotonic() + 30)


def options(provider: RealProvider, **other: Any) -> OidcOptions:
    usual = {"client_secret": SECRET, "scopes": ("openid", "email", "groups"), "ca_file": provider.ca_file}
    return OidcOptions(provider.issuer, "bomgate", **{**usual, **other})


def client(provider: RealProvider, **other: Any) -> OidcProvider:
    return OidcProvider(options(provider, **other), CLOCK)


def came_back(provider: RealProvider, login: Login, person: str = "ana") -> dict[str, str]:
    return dict(parse_qsl(urlsplit(provider.sign_in(login.url, person)).query))


def whole(provider: RealProvider, person: str = "ana", **other: Any) -> SignedIn:
    made = client(provider, **other)
    login = made.begin(BACK, soon())
    return made.finish(login, came_back(provider, login, person), soon())


def test_somebody_becomes_the_user_of_kubernetes_that_the_prefixes_make(provider: RealProvider) -> None:
    ana = whole(provider).who
    assert (ana.name, ana.uid, ana.issuer) == ("oidc:ana", "ana", provider.issuer)
    assert ana.groups == ("oidc:security", "system:authenticated")
    other = whole(provider, "ben", username_claim="email", username_prefix="corp#")
    assert (other.who.username, other.who.groups) == ("corp#ben@corp.example", ("system:authenticated",))


def test_a_public_client_needs_no_secret(provider: RealProvider) -> None:
    made = OidcProvider(replace(options(provider, client_secret=""), client_id="public"), CLOCK)
    login = made.begin(BACK, soon())
    assert made.finish(login, came_back(provider, login), soon()).who.uid == "ana"


def test_nobody_from_outside_gets_a_name_of_the_cluster_itself(provider: RealProvider) -> None:
    mallory = whole(provider, "mallory", groups_prefix="").who
    assert mallory.groups == ("system:authenticated",)  # and not system:masters
    with pytest.raises(SignInRefused, match="reserved by the cluster"):
        whole(provider, "mallory", username_prefix="system:")
    with pytest.raises(SignInRefused, match="has not verified"):
        whole(provider, "mallory", username_claim="email")


@pytest.mark.parametrize(
    ("login_changes", "given_changes", "reason"),
    [
        ({}, {"state": "another"}, "another sign-in"),
        ({"nonce": "another"}, {}, "nonce"),
        ({"verifier": "x" * 64}, {}, "refused the code"),
        ({"redirect": "https://localhost:8443/elsewhere"}, {}, "refused the code"),
        ({}, {"code": "guess"}, "refused the code"),
        ({}, {"iss": "https://evil.example"}, "another provider"),
        ({}, {"iss": None}, "does not name its provider"),
        ({}, {"error": "access_denied", "error_description": "no <b>"}, "access_denied"),
        ({}, {"code": None}, "no code"),
    ],
    ids=["state", "nonce", "pkce", "redirect", "code", "issuer", "no-issuer", "refused", "no-code"],
)
def test_what_was_not_begun_here_signs_nobody_in(
    provider: RealProvider, login_changes: Mapping[str, str], given_changes: Mapping[str, str | None], reason: str
) -> None:
    made = client(provider)
    login = made.begin(BACK, soon())
    given: dict[str, Any] = {**came_back(provider, login), **given_changes}
    changed = replace(login, **login_changes)
    with pytest.raises(SignInRefused, match=reason):
        made.finish(changed, {key: text for key, text in given.items() if text is not None}, soon())


def test_a_code_counts_once(provider: RealProvider) -> None:
    made = client(provider)
    login = made.begin(BACK, soon())
    given = came_back(provider, login)
    made.finish(login, given, soon())
    with pytest.raises(SignInRefused, match="refused the code"):
        made.finish(login, given, soon())


def test_the_secret_of_the_client_has_to_be_right(provider: RealProvider) -> None:
    with pytest.raises(SignInRefused, match="refused the code"):
        whole(provider, client_secret="wrong")


def test_another_certificate_or_issuer_is_not_this_provider(provider: RealProvider) -> None:
    with pytest.raises(SourceError, match="certificate"):
        OidcProvider(options(provider, ca_file=None), CLOCK).begin(BACK, soon())
    named = replace(options(provider), issuer=f"{provider.issuer}/")
    with pytest.raises(SourceError, match="describes the issuer"):
        OidcProvider(named, CLOCK).begin(BACK, soon())


@pytest.mark.parametrize("issuer", ["http://login.example", "login.example", "https://u@login.example", "https://x?y"])
def test_an_issuer_has_to_be_an_https_address(issuer: str) -> None:
    with pytest.raises(ConfigError, match=r"oidc\.issuer"):
        OidcOptions(issuer, "bomgate").check()


def test_new_keys_and_a_provider_that_is_down(provider: RealProvider) -> None:
    made = client(provider)
    login = made.begin(BACK, soon())
    assert made.finish(login, came_back(provider, login), soon()).who.uid == "ana"
    provider.stop()
    began = made.begin(BACK, soon())  # where it is is known
    with pytest.raises(SourceError):
        made.finish(began, {"state": began.state, "iss": provider.issuer, "code": "x"}, soon())
    with pytest.raises(SourceError):
        client(provider).begin(BACK, soon())
    provider.rotate()
    provider.start()
    login = made.begin(BACK, soon())
    given = came_back(provider, login)
    known = made._keys.get("")
    assert known is not None
    made._keys.put("", (known[0] - 60, known[1]), 3600)  # read a minute ago
    assert made.finish(login, given, soon()).who.uid == "ana"


# -- ID tokens that no sound provider gives -----------------------------------------------------

KEY = RSAKey.generate_key(2048, {"kid": "1"}, private=True)
KEYS = keys_of({"keys": [KEY.as_dict(private=False)]})
OPTIONS = OidcOptions("https://login.example", "bomgate")
LOGIN = Login("", "state", "nonce", "verifier", BACK)
NOW = dt.datetime.now(dt.UTC)


def token(key: Any = KEY, algorithm: str = "RS256", kid: str = "1", **claims: Any) -> str:
    now = int(NOW.timestamp())
    usual = {"iss": OPTIONS.issuer, "aud": "bomgate", "sub": "ana", "nonce": "nonce", "iat": now, "exp": now + 300}
    given = {name: value for name, value in {**usual, **claims}.items() if value is not None}
    return jwt.encode({"alg": algorithm, "kid": kid}, given, key)


def read(text: str, keys: KeySet = KEYS, later: float = 0) -> SignedIn:
    return signed_in(text, "", LOGIN, keys, OPTIONS, NOW + dt.timedelta(seconds=later))


def test_a_good_token_is_good() -> None:
    assert read(token()).who.username == "oidc:ana"
    assert read(token(aud=["bomgate", "other"], azp="bomgate")).who.uid == "ana"


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"}, {"iss": None}, {"aud": "other"}, {"aud": ["other"]}, {"aud": None},
        {"aud": ["bomgate", "other"], "azp": "other"}, {"nonce": "other"}, {"nonce": None}, {"sub": None},
        {"exp": None}, {"iat": None}, {"sub": ""}, {"sub": "a\nb"}, {"sub": ["ana"]}, {"groups": [{"a": 1}]},
        {"groups": 7},
    ],
    ids=str,
)  # fmt: skip
def test_a_token_with_a_wrong_claim_is_not(claims: dict[str, Any]) -> None:
    with pytest.raises(SignInRefused):
        read(token(**claims))


@pytest.mark.parametrize(("claim", "seconds"), [("exp", -3600), ("nbf", 3600), ("iat", 3600)])
def test_a_token_of_another_time_is_not(claim: str, seconds: int) -> None:
    with pytest.raises(SignInRefused):
        read(token(**{claim: int(NOW.timestamp()) + seconds}))


def test_clocks_may_differ_by_a_minute() -> None:
    assert read(token(), later=330).who.uid == "ana"
    assert read(token(), later=-50).who.uid == "ana"
    for later in (400, -120):
        with pytest.raises(SignInRefused):
            read(token(), later=later)


def test_only_the_providers_own_key_pair_signs() -> None:
    other = RSAKey.generate_key(2048, {"kid": "1"}, private=True)
    with pytest.raises(SignInRefused):
        read(token(other))
    with pytest.raises(UnknownKey):
        read(token(other, kid="2"))
    shared = OctKey.import_key("a secret that the client has, too, of enough bytes", {"kid": "1"})
    forged = [token(shared, "HS256"), token()[:-8] + "AAAAAAAA", "a.b", "", "a.b.c.d.e"]
    header, payload, _ = token().split(".")
    forged.append(f"eyJhbGciOiJub25lIiwia2lkIjoiMSJ9.{payload}.")
    forged.append(f"{header}.{payload}.")
    for text in forged:
        with pytest.raises(SignInRefused):
            read(text)
