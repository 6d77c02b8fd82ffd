"""Pull secrets at real registries: what one namespace's secrets open stays closed to others."""

from __future__ import annotations

import base64
import json

import pytest

from tests.registries.kit import CYCLONEDX, SPDX, Kit, loopback, purls
from tests.registries.tokens import PASSWORD, USER
from webhook.clients.registry import SOURCES, Opener, Registry, RegistryResolver, Repository, Search, registry_source
from webhook.clients.registry.dockerconfig import read_docker_config
from webhook.clients.registry.pulling import SecretKeychain
from webhook.errors import Final, Retryable
from webhook.model.images import parse_image
from webhook.model.pulling import NO_ACCESS, PullAccess, PullSecrets
from webhook.sboms import parse

SHOP, BANK = PullAccess("shop", ("reg",)), PullAccess("bank", ("reg",))


def document(host: str, text: str = f"{USER}:{PASSWORD}") -> bytes:
    return json.dumps({"auths": {host: {"auth": base64.b64encode(text.encode()).decode()}}}).encode()


class Secrets:
    """A source of pull secrets.

    Attributes:
        held: what it says by access, or the error that it answers with.
    """

    def __init__(self) -> None:
        self.held = {}

    def read(self, access, deadline):
        found = self.held.get(access, PullSecrets())
        if isinstance(found, Exception):
            raise found
        return found


class World:
    """A registry that asks for credentials, an opener for it, and what the cluster's namespaces bring."""

    def __init__(self, host: str, **rule) -> None:
        self.host, self.secrets = host, Secrets()
        self.kit = Kit([loopback(host, **rule)])
        self.opener = Opener(self.kit.client, self.kit.locations, self.join, self.secrets)
        self.image = parse_image(f"{host}/team/private:1")

    def join(self, client):
        kit = self.kit
        search = Search(client, kit.locations, kit.attachments, parse, kit.clock)
        resolver = RegistryResolver(client, kit.locations, kit.options, kit.clock)
        return resolver, [registry_source(name, search) for name in SOURCES]

    def resolve(self, access):
        return self.opener.open(access, self.kit.deadline()).resolver.resolve(self.image, self.kit.deadline())

    def fetch(self, access, digest):
        opening = self.opener.open(access, self.kit.deadline())
        place = next(one for one in opening.places if one.place == "cosign-attestation")
        return purls(place.fetch(self.image, digest, self.kit.deadline()))


@pytest.fixture
def world(guarded):
    made = World(guarded[0])
    yield made
    made.kit.client.close()


def test_the_secret_of_a_namespace_opens_its_image(world):
    world.secrets.held[SHOP] = PullSecrets("shop-1", (document(world.host),))
    assert world.fetch(SHOP, world.resolve(SHOP)) == CYCLONEDX | SPDX


@pytest.mark.parametrize(
    "brought",
    [
        PullSecrets(),
        PullSecrets("bank-1", (), ("Secret reg of namespace bank does not exist.",)),
        PullSecrets("bank-1", (b'{"auths": {}}',)),
    ],
)
def test_what_one_namespace_opened_stays_closed_to_another(world, brought):
    world.secrets.held = {SHOP: PullSecrets("shop-1", (document(world.host),)), BANK: brought}
    digest = world.resolve(SHOP)
    world.fetch(SHOP, digest)
    with pytest.raises(Final, match="without credentials"):
        world.resolve(BANK)
    with pytest.raises(Final, match="without credentials"):
        world.fetch(BANK, digest)


def test_the_same_user_name_with_a_wrong_password_does_not_get_the_others_token(world):
    world.secrets.held = {
        SHOP: PullSecrets("shop-1", (document(world.host),)),
        BANK: PullSecrets("bank-1", (document(world.host, f"{USER}:guessed"),)),
    }
    digest = world.resolve(SHOP)
    with pytest.raises(Final, match="with the credentials"):
        world.resolve(BANK)
    with pytest.raises(Final, match="with the credentials"):
        world.fetch(BANK, digest)


def test_every_secret_that_fits_is_tried_in_order(world):
    wrong, elsewhere = document(world.host, "robot:wrong"), document("other.test")
    world.secrets.held[SHOP] = PullSecrets("shop-1", (elsewhere, wrong, document(world.host)))
    assert world.fetch(SHOP, world.resolve(SHOP)) == CYCLONEDX | SPDX


def test_equal_credentials_are_tried_once(world, guarded):
    wrong = document(world.host, "robot:wrong")
    world.secrets.held[SHOP] = PullSecrets("shop-1", (wrong, wrong, wrong))
    before = len(guarded[1].asked)
    with pytest.raises(Final, match="with the credentials"):
        world.resolve(SHOP)
    tried = [asked.headers["Authorization"] for asked in guarded[1].asked[before:] if "Authorization" in asked.headers]
    assert len(tried) == 1, "the secret once; the rest is asked without it"


def test_bomgates_own_credentials_help_where_a_secret_does_not(guarded, tmp_path):
    own = tmp_path / "own.json"
    own.write_bytes(document(guarded[0]))
    world = World(guarded[0], credentials_file=own)
    world.secrets.held[SHOP] = PullSecrets("shop-1", (document(world.host, "robot:wrong"),))
    assert world.fetch(SHOP, world.resolve(SHOP)) == CYCLONEDX | SPDX


def test_a_missing_secret_is_the_remedy_when_the_registry_refuses(world):
    world.secrets.held[SHOP] = PullSecrets("shop-1", (b"{",), ("Secret reg of namespace shop does not exist.",))
    with pytest.raises(Final) as caught:
        world.resolve(SHOP)
    assert caught.value.remedy.startswith("Secret reg of namespace shop does not exist. A pull secret cannot be used: ")


@pytest.mark.parametrize("kind", [Final, Retryable])
def test_secrets_that_cannot_be_read_matter_only_when_the_registry_refuses(world, plain, kind):
    problem = kind("The API server does not let bomgate get secrets.", remedy="Grant it.")
    world.secrets.held[SHOP] = problem
    with pytest.raises(Final) as caught:
        world.resolve(SHOP)
    assert caught.value.remedy == "The API server does not let bomgate get secrets. Grant it."
    public = World(plain)
    public.secrets.held[SHOP] = problem
    public.image = parse_image(f"{plain}/team/attestation:1")
    assert public.fetch(SHOP, public.resolve(SHOP)) == CYCLONEDX | SPDX


def test_who_brings_nothing_gets_the_common_opening_and_each_key_its_own(world):
    world.secrets.held = {
        SHOP: PullSecrets("shop-1", (document(world.host),)),
        BANK: PullSecrets("bank-1", (document(world.host),)),
    }
    none, shop, bank = (world.opener.open(access, world.kit.deadline()) for access in (NO_ACCESS, SHOP, BANK))
    assert none is world.opener.common
    assert (none.key, shop.key, bank.key) == ("", "shop-1", "bank-1")
    assert world.opener.open(SHOP, world.kit.deadline()) is shop, "tokens are kept for the next image"


def test_an_unreadable_secret_has_a_key_of_its_namespace(world):
    problem = Final("no", remedy="none")
    world.secrets.held = {SHOP: problem, BANK: problem}
    keys = {world.opener.open(access, world.kit.deadline()).key for access in (SHOP, BANK)}
    assert len(keys) == 2
    assert "" not in keys


def test_a_tag_that_does_not_exist_is_no_refusal_for_who_may_know(world):
    world.secrets.held[SHOP] = PullSecrets("shop-1", (document(world.host),))
    world.image = parse_image(f"{world.host}/team/private:gone")
    assert world.resolve(SHOP) is None
    with pytest.raises(Final, match="without credentials"):
        world.resolve(BANK)


def test_the_longest_key_of_a_document_counts():
    config = read_docker_config(
        json.dumps(
            {
                "auths": {
                    "registry.test": {"username": "all", "password": "p"},
                    "registry.test/team": {"username": "team", "password": "p"},
                }
            }
        ).encode()
    )
    keychain = SecretKeychain([config], [])
    found = keychain.find(Repository(Registry("registry.test"), "team/app"))
    assert found is not None
    assert found.username == "team"
