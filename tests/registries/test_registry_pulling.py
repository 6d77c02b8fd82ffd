"""Pull secrets at real registries: what one namespace's secrets open stays closed to others."""

from __future__ import annotations

import base64
import json

import pytest

from tests.fakes import FakeBackground, MemoryStore, first_credential
from tests.registries import images
from tests.registries.kit import CYCLONEDX, SPDX, Kit, loopback, purls
from tests.registries.layouts import Layout
from tests.registries.tokens import PASSWORD, USER
from tests.worlds import digest_of
from webhook.clients.registry.client import RegistryClient
from webhook.clients.registry.dockerconfig import read_docker_config
from webhook.clients.registry.locations import Registry, Repository
from webhook.clients.registry.openings import Opener, SecretKeychain
from webhook.clients.registry.options import SOURCES, AttachmentOptions
from webhook.clients.registry.resolver import RegistryResolver
from webhook.clients.registry.search import Search
from webhook.clients.registry.sources import registry_source
from webhook.engines.readmodel import ReadModel
from webhook.engines.refresher import Refresher, RefreshOptions
from webhook.engines.searching.looks import SearchParts
from webhook.engines.searching.options import SearchOptions
from webhook.engines.searching.search import SbomSearch
from webhook.errors import Final, Retryable
from webhook.model.images import parse_image
from webhook.model.pulling import NO_ACCESS, PullAccess, PullSecrets
from webhook.sboms import parse

DSSE = "application/vnd.dsse.envelope.v1+json"
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

    def __init__(self, host: str, attachments: AttachmentOptions | None = None, **rule) -> None:
        self.host, self.secrets = host, Secrets()
        self.kit = Kit([loopback(host, **rule)], attachments=attachments or AttachmentOptions())
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
        place = next(place for place in opening.places if place.place == "cosign-attestation")
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
    problem = kind("Forbidden: bomgate may not get secrets.", remedy="Grant it.")
    world.secrets.held[SHOP] = problem
    with pytest.raises(Final) as caught:
        world.resolve(SHOP)
    assert caught.value.remedy == "Forbidden: bomgate may not get secrets. Grant it."
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
    found = first_credential(keychain, Repository(Registry("registry.test"), "team/app"))
    assert found is not None
    assert found.username == "team"


def push(guarded, layout: Layout) -> None:
    """Push into the repository that needs credentials."""
    host, tokens = guarded
    header = {"Authorization": f"Bearer {tokens.token('team/private', 'pull,push')}"}
    layout.push(f"http://{host}/v2/team/private", header)


def test_a_look_with_pull_secrets_reads_only_what_has_changed(guarded, monkeypatch):
    world = World(guarded[0], attachments=AttachmentOptions(listing_seconds=0))
    world.secrets.held[SHOP] = PullSecrets("shop-1", (document(world.host),))
    layout = Layout()
    digest = images.image(layout, "2", name="looked-at")
    images.artifact(layout, [(DSSE, envelope(digest, "one"), {"predicateType": ""})], att(digest))
    push(guarded, layout)
    model, store, read = ReadModel(), MemoryStore(world.kit.clock), []
    refresher = Refresher(model, store.feed, None, world.kit.clock, RefreshOptions())
    refresher.refresh()
    parts = SearchParts(world.opener, store, refresher, FakeBackground(), "this")
    search = SbomSearch(model, parts, world.kit.clock, SearchOptions())
    image, states, blob = parse_image(f"{world.host}/team/private@{digest}"), {}, RegistryClient.blob

    def reading(client, repository, descriptor, budget):
        read.append(descriptor.digest)
        return blob(client, repository, descriptor, budget)

    monkeypatch.setattr(RegistryClient, "blob", reading)

    def look_again() -> int:
        read.clear()
        assert search.looks.look_again(image, image.digest, world.kit.deadline(), SHOP, states)
        return len(read)

    search.search(image, image.digest, world.kit.deadline(), SHOP)
    assert [look_again(), look_again(), look_again()] == [1, 0, 0]
    images.artifact(layout, [(DSSE, envelope(digest, "two"), {"predicateType": ""})], att(digest))
    push(guarded, layout)
    assert [look_again(), look_again()] == [1, 0]
    assert len(store.sboms.departures(image.digest)) == 1
    world.secrets.held[SHOP] = PullSecrets("shop-2", (document(world.host),))
    assert [look_again(), look_again()] == [1, 0], "other secrets may see something else"
    world.kit.client.close()


class Answering:
    """A place that answers to some credentials only, and always seems to have the same."""

    place = "referrers"

    def __init__(self, readable: bool) -> None:
        self.readable = readable

    def fetch(self, image, digest, deadline):
        if not self.readable:
            raise Final("403")
        return ()

    def state(self, image, digest, deadline):
        return "the same"


def test_a_state_counts_only_for_the_credentials_that_have_read_the_place(plain):
    world = World(plain)
    world.secrets.held[SHOP] = PullSecrets("shop-1", (document(world.host),))
    made = []

    def join(client):
        made.append(Answering(readable=True))
        return None, [made[-1]]

    opener = Opener(world.kit.client, world.kit.locations, join, world.secrets)
    digest, deadline = digest_of("image"), world.kit.deadline()
    (place,) = opener.open(SHOP, deadline).places
    first = place.state(world.image, digest, deadline)
    place.fetch(world.image, digest, deadline)
    assert first == place.state(world.image, digest, deadline) != ""
    made[1].readable = False  # the secret opens the list of what is attached, and not what is attached itself
    place.fetch(world.image, digest, deadline)
    assert place.state(world.image, digest, deadline) == ""
    (again,) = Opener(world.kit.client, world.kit.locations, join, world.secrets).open(SHOP, deadline).places
    assert again.state(world.image, digest, deadline) != first, "who has read it is not known there"
    world.kit.client.close()


def att(digest: str) -> str:
    """The tag of cosign's attestations."""
    return f"sha256-{digest.removeprefix('sha256:')}.att"


def envelope(digest: str, name: str) -> bytes:
    """An attestation with an SBOM."""
    content = {**images.cyclonedx("pkg:npm/left-pad@1.3.0"), "serialNumber": name}
    return images.envelope(images.statement(digest, content))
