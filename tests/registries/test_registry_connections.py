"""Connections: certificates, proxies, how many at once, and by whom they are used."""

from __future__ import annotations

import ssl
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.certificates import Authority
from tests.registries.kit import Kit
from tests.registries.lying import Answer, LyingServer
from tests.registries.world import FOUND, World
from webhook.clients.registry.options import RegistryOptions, RegistryRule
from webhook.errors import DeadlineExceeded, Final


@pytest.fixture
def authority():
    return Authority()


@pytest.fixture
def encrypted(authority, tmp_path, kit):
    """An image with one SBOM on a server that speaks TLS with a certificate of a private authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue().write(tmp_path / "tls"))
    with LyingServer(context) as server:
        yield World(server, kit)


def encrypted_rule(world, **more):
    return RegistryRule(prefix=world.server.host, allow_private=True, **more)


def test_a_private_authority_is_trusted_where_it_is_named(encrypted, authority, tmp_path):
    file = tmp_path / "ca.pem"
    file.write_bytes(authority.pem)
    assert encrypted.fetch(kit=Kit([encrypted_rule(encrypted, ca_file=file)])) == FOUND


def test_an_unknown_authority_is_not_trusted(encrypted):
    with pytest.raises(Final, match="not trusted") as refusal:
        encrypted.fetch(kit=Kit([encrypted_rule(encrypted)]))
    assert "caFile" in refusal.value.remedy


def test_an_authority_that_changes_on_disk_is_used_at_once(encrypted, authority, tmp_path):
    file = tmp_path / "ca.pem"
    file.write_bytes(Authority("another").pem)
    kit = Kit([encrypted_rule(encrypted, ca_file=file)])
    with pytest.raises(Final, match="not trusted"):
        encrypted.fetch(kit=kit)
    file.write_bytes(authority.pem)
    assert encrypted.fetch(kit=kit) == FOUND


def test_an_authority_that_cannot_be_read_is_an_error(encrypted, tmp_path):
    with pytest.raises(Final, match="cannot be read"):
        encrypted.fetch(kit=Kit([encrypted_rule(encrypted, ca_file=tmp_path / "missing.pem")]))


def test_an_encrypted_registry_may_not_redirect_to_plain_http(encrypted, authority, lying, tmp_path):
    file = tmp_path / "ca.pem"
    file.write_bytes(authority.pem)
    encrypted.server.on(encrypted.blob, Answer(302, headers={"Location": f"{lying.url}/blob"}))
    with pytest.raises(Final, match="not encrypted"):
        encrypted.fetch(kit=Kit([encrypted_rule(encrypted, ca_file=file)]))
    assert lying.asked == []


def test_an_encrypted_registry_may_not_name_a_realm_on_plain_http(encrypted, authority, lying, tmp_path, secret):
    file = tmp_path / "ca.pem"
    file.write_bytes(authority.pem)
    realm = {"WWW-Authenticate": f'Bearer realm="{lying.url}/token"'}
    encrypted.server.on(f"/v2/app/manifests/{encrypted.digest}", Answer(401, headers=realm))
    rule = encrypted_rule(encrypted, ca_file=file, credentials_file=secret(encrypted.server.host))
    with pytest.raises(Final, match="not encrypted"):
        encrypted.fetch(kit=Kit([rule]))
    assert lying.asked == []


def test_a_registry_that_speaks_plain_http_is_not_asked_over_it_unless_it_is_listed_so(world):
    with pytest.raises(Final, match="TLS") as refusal:
        world.fetch(kit=Kit([RegistryRule(prefix=world.server.host, allow_private=True)]))
    assert "plainHttp" in refusal.value.remedy
    assert world.server.asked == []


def test_a_proxy_of_the_environment_is_used_and_may_be_private(world, monkeypatch):
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", world.server.url)
    kit = Kit([RegistryRule(prefix="registry.example", plain_http=True)])
    assert kit.resolve("registry.example/app:1") == world.digest
    assert world.server.asked[0].headers["Host"] == "registry.example"


@pytest.mark.parametrize("host", ["127.0.0.1:5000", "169.254.169.254", "localhost:5000"])
def test_a_proxy_is_not_asked_for_private_addresses(host, world, monkeypatch):
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", world.server.url)
    with pytest.raises(Final, match="does not contact"):
        Kit([RegistryRule(prefix=host, plain_http=True)]).resolve(f"{host}/team/app:1")
    world.server.on("/v2/app/manifests/1", Answer(302, headers={"Location": f"http://{host}/x"}))
    with pytest.raises(Final, match="does not contact"):
        Kit([RegistryRule(prefix="registry.example", plain_http=True)]).resolve("registry.example/app:1")


def test_no_more_requests_than_allowed_are_under_way_to_one_host(world, kit):
    lock, under_way, most = threading.Lock(), [0], [0]
    pause = threading.Event()

    def slow(asked) -> Answer:
        with lock:
            under_way[0] += 1
            most[0] = max(most[0], under_way[0])
        pause.wait(0.02)
        with lock:
            under_way[0] -= 1
        return Answer(404)

    names = [f"{world.name}:{number}" for number in range(24)]
    for number in range(24):
        world.server.on(f"/v2/app/manifests/{number}", slow)
    one = kit(world.server.host, options=RegistryOptions(connections_per_host=3))
    with ThreadPoolExecutor(12) as pool:
        assert list(pool.map(one.resolve, names)) == [None] * 24
        assert list(pool.map(lambda _: world.fetch(kit=one), range(12))) == [FOUND] * 12
    assert most[0] <= 3
    assert world.server.connections <= 3, "connections are kept and used again"


def test_who_gets_no_place_in_time_is_told_so(world, kit):
    release = threading.Event()
    world.server.on("/v2/app/manifests/slow", lambda asked: Answer(404) if release.wait(10) else Answer(500))
    one = kit(world.server.host, options=RegistryOptions(connections_per_host=1))
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(one.resolve, f"{world.name}:slow")
        while not world.server.asked:
            pause()
        with pytest.raises(DeadlineExceeded, match="Too many requests"):
            one.fetch("referrers", f"{world.name}@{world.digest}", seconds=0.05)
        release.set()
        assert slow.result() is None


def pause() -> None:
    threading.Event().wait(0.005)


def test_many_threads_fetch_one_token(world, lying_too, kit):
    path = f"/v2/app/manifests/{world.digest}"
    good = world.server.answers[path][0]
    realm = {"WWW-Authenticate": f'Bearer realm="{lying_too.url}/token"'}
    authorized = {"Authorization": "Bearer abc"}
    world.server.on(
        path, lambda asked: good if authorized.items() <= asked.headers.items() else Answer(401, headers=realm)
    )
    lying_too.on("/token", Answer(body=b'{"token":"abc"}'))
    one = kit(world.server.host)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: world.fetch(kit=one), range(8)))
    assert found == [FOUND] * 8
    assert len(lying_too.asked) == 1
