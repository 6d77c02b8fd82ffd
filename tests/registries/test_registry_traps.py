"""Redirects and token realms that lead elsewhere."""

from __future__ import annotations

import json

import pytest

from tests.registries.kit import Kit, loopback
from tests.registries.lying import Answer
from tests.registries.world import FOUND
from webhook.clients.registry.options import RegistryRule
from webhook.errors import Final, Retryable
from webhook.model.images import parse_image


def test_a_redirect_is_followed_without_credentials(world, lying_too, secret):
    body = world.server.answers[world.blob][0].body
    world.server.on(world.blob, Answer(307, headers={"Location": f"{lying_too.url}/store/blob?signed=1"}))
    lying_too.on("/store/blob", Answer(body=body))
    challenge = Answer(401, headers={"WWW-Authenticate": 'Basic realm="x"'})
    world.server.on(
        f"/v2/app/manifests/{world.digest}", challenge, *world.server.answers[f"/v2/app/manifests/{world.digest}"]
    )
    rule = loopback(world.server.host, credentials_file=secret(world.server.host))
    assert world.fetch(kit=Kit([rule])) == FOUND
    assert world.server.asked[-1].headers["Authorization"].startswith("Basic ")
    assert "Authorization" not in lying_too.asked[-1].headers
    assert lying_too.asked[-1].query == "signed=1"


@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://[fe80::1]/",
        "http://100.100.100.200/",
        "http://[::ffff:169.254.169.254]/",
        "http://0.0.0.0/",
    ],
)
def test_a_redirect_to_a_metadata_address_is_not_followed_even_for_private_registries(target, world):
    world.server.on(world.blob, Answer(302, headers={"Location": target}))
    with pytest.raises(Final, match="does not contact"):
        world.fetch()


@pytest.mark.parametrize("target", ["ftp://files.example/x", "http://user:pass@127.0.0.1/x", "https:///x"])
def test_a_redirect_to_no_plain_web_address_is_not_followed(target, world):
    world.server.on(world.blob, Answer(302, headers={"Location": target}))
    with pytest.raises(Final, match="not a plain web address"):
        world.fetch()


def test_redirects_in_a_circle_end(world):
    world.server.on(world.blob, Answer(302, headers={"Location": world.blob}))
    with pytest.raises(Final, match="more than 5 times"):
        world.fetch()


def test_credentials_go_to_the_realm_that_the_registry_names_and_tokens_back(world, lying_too, secret):
    path = f"/v2/app/manifests/{world.digest}"
    good = world.server.answers[path][0]
    realm = f'Bearer realm="{lying_too.url}/token",service="s",scope="repository:app:pull"'

    def guarded(asked):
        known = asked.headers.get("Authorization") == "Bearer abc"
        return good if known else Answer(401, headers={"WWW-Authenticate": realm})

    world.server.on(path, guarded)
    lying_too.on("/token", Answer(body=b'{"access_token":"abc"}'))
    rule = loopback(world.server.host, credentials_file=secret(world.server.host))
    assert world.fetch(kit=Kit([rule])) == FOUND
    assert lying_too.asked[0].headers["Authorization"].startswith("Basic ")
    assert lying_too.asked[0].query == "scope=repository%3Aapp%3Apull&service=s"
    assert len(lying_too.asked) == 1


@pytest.mark.parametrize(
    ("realm", "why"),
    [
        ("http://169.254.169.254/token", "does not contact"),
        ("gopher://x/token", "not a web address"),
        ("http://user@127.0.0.1/token", "not a web address"),
    ],
)
def test_a_bad_realm_gets_no_credentials(realm, why, world, secret):
    world.server.on(
        f"/v2/app/manifests/{world.digest}", Answer(401, headers={"WWW-Authenticate": f'Bearer realm="{realm}"'})
    )
    with pytest.raises(Final, match=why):
        world.fetch(kit=Kit([loopback(world.server.host, credentials_file=secret(world.server.host))]))


@pytest.mark.parametrize("body", [b"{}", b"<html>", b'{"token":"a b"}', b'{"token":"a\\r\\nX: y"}'])
def test_a_token_server_without_a_token_is_an_error(body, world, lying_too):
    realm = f'Bearer realm="{lying_too.url}/token"'
    world.server.on(f"/v2/app/manifests/{world.digest}", Answer(401, headers={"WWW-Authenticate": realm}))
    lying_too.on("/token", Answer(body=body))
    with pytest.raises(Final, match="without a token"):
        world.fetch()


def test_a_registry_that_refuses_its_own_token_is_a_refusal_after_one_more_try(world, lying_too):
    realm = f'Bearer realm="{lying_too.url}/token"'
    path = f"/v2/app/manifests/{world.digest}"
    world.server.on(path, Answer(401, headers={"WWW-Authenticate": realm}))
    lying_too.on("/token", Answer(body=b'{"token":"abc"}'))
    with pytest.raises(Final, match="without credentials"):
        world.fetch()
    assert world.server.paths().count(path) == 2


def test_a_token_is_renewed_when_it_has_run_out(world, lying_too, waiting):
    path = f"/v2/app/manifests/{world.digest}"
    realm = f'Bearer realm="{lying_too.url}/token"'
    world.server.on(path, Answer(401, headers={"WWW-Authenticate": realm}), world.server.answers[path][0])
    lying_too.on("/token", Answer(body=b'{"token":"abc","expires_in":100}'))
    kit = waiting.kit(world.server.host)
    assert world.fetch(kit=kit) == FOUND
    world.fetch("cosignAttachment", kit=kit)
    assert len(lying_too.asked) == 1
    waiting.clock.jump(101)
    world.fetch("cosignAttachment", kit=kit)
    assert len(lying_too.asked) == 2


def test_a_token_that_is_refused_before_its_time_is_replaced(world, lying_too, kit):
    path, valid = f"/v2/app/manifests/{world.digest}", ["one"]
    good = world.server.answers[path][0]
    realm = {"WWW-Authenticate": f'Bearer realm="{lying_too.url}/token"'}

    def guarded(asked):
        known = asked.headers.get("Authorization") == f"Bearer {valid[0]}"
        return good if known else Answer(401, headers=realm)

    world.server.on(path, guarded)
    lying_too.on("/token", lambda asked: Answer(body=json.dumps({"token": valid[0], "expires_in": 3600}).encode()))
    one = kit(world.server.host)
    assert world.fetch(kit=one) == FOUND
    valid[0] = "two"
    assert one.client.manifest(one.locations.image(parse_image(world.name)), world.digest, one.budget()) is not None
    assert len(lying_too.asked) == 2


def test_an_identity_token_is_traded_in_for_a_token(world, lying_too, tmp_path):
    path = f"/v2/app/manifests/{world.digest}"
    realm = f'Bearer realm="{lying_too.url}/token",service="s"'
    world.server.on(path, Answer(401, headers={"WWW-Authenticate": realm}), world.server.answers[path][0])
    lying_too.on("/token", Answer(body=b'{"access_token":"abc"}'))
    file = tmp_path / "config.json"
    file.write_text(json.dumps({"auths": {world.server.host: {"identitytoken": "refresh-me"}}}))
    assert world.fetch(kit=Kit([loopback(world.server.host, credentials_file=file)])) == FOUND
    asked = lying_too.asked[0]
    assert asked.method == "POST"
    assert b"grant_type=refresh_token" in asked.body
    assert b"refresh_token=refresh-me" in asked.body


def test_a_repository_that_is_hidden_from_strangers_is_opened_before_its_list_is_asked_for(world, lying_too):
    token, realm = {"Authorization": "Bearer abc"}, f'Bearer realm="{lying_too.url}/token"'
    lying_too.on("/token", Answer(body=b'{"token":"abc"}'))
    listed = world.server.answers[world.list][0]
    sboms = f"{world.server.host}/sboms"
    for path in list(world.server.answers):
        world.server.on(path.replace("/v2/app/", "/v2/sboms/"), *world.server.answers[path])

    def hidden(asked):
        return listed if token.items() <= asked.headers.items() else Answer(404)

    def guarded(asked):
        return (
            Answer(404) if token.items() <= asked.headers.items() else Answer(401, headers={"WWW-Authenticate": realm})
        )

    world.server.on(world.list.replace("/v2/app/", "/v2/sboms/"), hidden)
    world.server.on(f"/v2/sboms/manifests/{world.digest}", guarded)
    rules = [RegistryRule(prefix=world.name, sbom_repository=sboms, plain_http=True, allow_private=True)]
    assert world.fetch(kit=Kit([*rules, loopback(world.server.host)])) == FOUND


def test_no_secret_is_in_an_error(world, secret):
    realm = 'Bearer realm="http://127.0.0.1:1/token?password=hidden"'
    world.server.on(f"/v2/app/manifests/{world.digest}", Answer(401, headers={"WWW-Authenticate": realm}))
    with pytest.raises(Retryable) as trouble:
        world.fetch(kit=Kit([loopback(world.server.host, credentials_file=secret(world.server.host))]))
    assert "hidden" not in f"{trouble.value.message} {trouble.value.remedy} {trouble.value!r}"
