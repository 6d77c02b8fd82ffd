"""Pull secrets on a real API server: what may be read, by whom, and what it opens at a real registry."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import kubernetes.client
import pytest

from tests.e2e.cluster import Cluster
from tests.e2e.manifests import pod
from tests.e2e.processes import wait_until
from tests.parts import unavailable
from tests.registries.build import UnavailableError
from tests.registries.kit import CYCLONEDX, SPDX, Kit, loopback, purls
from tests.registries.layouts import Layout
from tests.registries.running import docker_registry
from tests.registries.tokens import PASSWORD, USER, TokenServer
from webhook.clients.kube.api import KubeApi
from webhook.clients.kube.connection import server_of
from webhook.clients.kube.options import KubeOptions
from webhook.clients.kube.pullsecrets import PullSecretReader
from webhook.clients.machine import SystemClock
from webhook.clients.registry.client import RegistryClient
from webhook.clients.registry.openings import Opener
from webhook.clients.registry.resolver import RegistryResolver
from webhook.clients.registry.search import Search
from webhook.clients.registry.sources import registry_source
from webhook.errors import Final
from webhook.model.deadlines import Deadline
from webhook.model.images import Digest, parse_image
from webhook.model.objects import workload_of
from webhook.model.pulling import PullAccess, PullSecrets
from webhook.sboms import parse

LAYOUTS = Path(__file__).resolve().parents[1] / "registries" / "layouts"
OPTIONS = KubeOptions(pull_secrets=True)
Core = kubernetes.client.CoreV1Api


def soon() -> Deadline:
    return Deadline(SystemClock().monotonic() + 20)


def docker_config(host: str, password: str = PASSWORD) -> bytes:
    return json.dumps({"auths": {host: {"username": USER, "password": password}}}).encode()


def create_secret(core: Core, namespace: str, name: str, document: bytes, **more: Any) -> None:
    data = {".dockerconfigjson": base64.b64encode(document).decode()}
    content = {"metadata": {"name": name}, "type": "kubernetes.io/dockerconfigjson", "data": data, **more}
    core.create_namespaced_secret(namespace, content)


@pytest.fixture(scope="module")
def spaces(cluster: Cluster) -> tuple[str, str]:
    """Two namespaces."""
    return cluster.create_namespace("pull-shop"), cluster.create_namespace("pull-bank")


@pytest.fixture(scope="module")
def reader(cluster: Cluster, spaces: tuple[str, str]) -> Iterator[PullSecretReader]:
    """Reads with the rights of a ServiceAccount: secrets and service accounts in the first namespace only."""
    shop, core = spaces[0], Core(cluster.client)
    core.create_namespaced_service_account(shop, {"metadata": {"name": "bomgate"}})
    rule = {"apiGroups": [""], "resources": ["secrets", "serviceaccounts"], "verbs": ["get"]}
    rights = kubernetes.client.RbacAuthorizationV1Api(cluster.client)
    rights.create_namespaced_role(shop, {"metadata": {"name": "pull"}, "rules": [rule]})
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "pull"}
    subject = {"kind": "ServiceAccount", "name": "bomgate", "namespace": shop}
    rights.create_namespaced_role_binding(
        shop, {"metadata": {"name": "pull"}, "roleRef": reference, "subjects": [subject]}
    )
    request = {"spec": {"audiences": [], "expirationSeconds": 3600}}
    token = core.create_namespaced_service_account_token("bomgate", shop, request).status.token
    configuration = kubernetes.client.Configuration(host=cluster.url)
    configuration.ssl_ca_cert = str(cluster.certificate)
    configuration.api_key = {"authorization": f"Bearer {token}"}
    api = KubeApi(server_of(configuration), OPTIONS, SystemClock())

    def is_allowed() -> bool:
        try:
            api.secret(shop, "none", soon())
        except Final:
            return False
        return True

    wait_until(is_allowed, 30, "the right to read secrets")
    yield PullSecretReader(api, OPTIONS, SystemClock())
    api.close()


def test_secrets_of_both_types_are_read_and_missing_ones_are_noted(
    reader: PullSecretReader, core: Core, spaces: tuple[str, str]
) -> None:
    shop = spaces[0]
    create_secret(core, shop, "new", b'{"auths": {}}')
    old = {".dockercfg": base64.b64encode(b'{"r.test": {"auth": "YTpi"}}').decode()}
    create_secret(core, shop, "old", b"", type="kubernetes.io/dockercfg", data=old)
    create_secret(core, shop, "opaque", b"", type="Opaque", data={"a": "YQ=="})
    found = reader.read(PullAccess(shop, ("new", "old", "opaque", "gone")), soon())
    assert found.documents == (b'{"auths": {}}', b'{"r.test": {"auth": "YTpi"}}')
    assert found.notes == (
        f"Secret opaque of namespace {shop} is of type Opaque, which holds no registry credentials.",
        f"Secret gone of namespace {shop} does not exist.",
    )


def test_a_secret_that_changes_gets_another_key(reader: PullSecretReader, core: Core, spaces: tuple[str, str]) -> None:
    shop = spaces[0]
    create_secret(core, shop, "changing", b'{"auths": {}}')
    names = (("changing",), ("changing", "changing"))  # two spellings, of which each is read once
    before = reader.read(PullAccess(shop, names[0]), soon())
    core.patch_namespaced_secret("changing", shop, {"metadata": {"labels": {"a": "b"}}})
    after = reader.read(PullAccess(shop, names[1]), soon())
    assert before.documents == after.documents
    assert before.key != after.key


def test_the_secrets_of_a_service_account_are_in_a_pod_and_are_read_for_a_template(
    reader: PullSecretReader, core: Core, cluster: Cluster, spaces: tuple[str, str]
) -> None:
    shop = spaces[0]
    create_secret(core, shop, "of-robot", b'{"auths": {}}')
    account = {"metadata": {"name": "robot"}, "imagePullSecrets": [{"name": "of-robot"}]}
    core.create_namespaced_service_account(shop, account)
    manifest = pod(shop, "web", "registry.test/app:1", serviceAccountName="robot")
    created = core.create_namespaced_pod(shop, manifest, dry_run="All")
    found = workload_of(cluster.client.sanitize_for_serialization(created) | {"apiVersion": "v1", "kind": "Pod"})
    template = workload_of(
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"namespace": shop},
            "spec": {"template": {"spec": manifest["spec"]}},
        }
    )
    assert found is not None
    assert template is not None
    assert found.pull_access == PullAccess(shop, ("of-robot",)), "the API server has put it into the Pod"
    assert template.pull_access == PullAccess(shop, (), "robot")
    assert reader.read(found.pull_access, soon()) == reader.read(template.pull_access, soon())


def test_a_service_account_without_secrets_brings_none(reader: PullSecretReader, spaces: tuple[str, str]) -> None:
    assert reader.read(PullAccess(spaces[0], (), "default"), soon()) == PullSecrets()
    assert reader.read(PullAccess(spaces[0], (), "nobody"), soon()) == PullSecrets()


@pytest.mark.parametrize(
    ("names", "account", "resource"), [(("reg",), "", "secrets"), ((), "default", "serviceaccounts")]
)
def test_without_the_right_the_missing_one_is_named(
    reader: PullSecretReader, spaces: tuple[str, str], names: tuple[str, ...], account: str, resource: str
) -> None:
    shop, bank = spaces
    with pytest.raises(Final) as caught:
        reader.read(PullAccess(bank, names, account), soon())
    assert f"bomgate may not get {resource} in namespace {bank}" in caught.value.message
    assert f"system:serviceaccount:{shop}:bomgate" in caught.value.message
    assert f"a Role in namespace {bank} with the verb get on the resource {resource}" in caught.value.remedy


# -- what they open ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A registry that shows its image to who has the password only."""
    folder = tmp_path_factory.mktemp("guarded")
    with ExitStack() as stack:
        tokens = stack.enter_context(TokenServer(folder))
        try:
            host = stack.enter_context(docker_registry(folder / "registry", auth=tokens.configuration))
        except UnavailableError as reason:
            unavailable(reason)
        header = {"Authorization": f"Bearer {tokens.token('team/private', 'pull,push')}"}
        Layout.load(LAYOUTS / "attestation").push(f"http://{host}/v2/team/private", header)
        yield host


@pytest.fixture
def opener(registry: str, reader: PullSecretReader) -> Iterator[Opener]:
    kit = Kit([loopback(registry)])

    def join(client: RegistryClient) -> tuple[RegistryResolver, list[Any]]:
        search = Search(client, kit.locations, kit.attachments, parse, kit.clock)
        resolver = RegistryResolver(client, kit.locations, kit.options, kit.clock)
        return resolver, [registry_source("cosignAttestation", search)]

    yield Opener(kit.client, kit.locations, join, reader)
    kit.client.close()


def look(opener: Opener, registry: str, access: PullAccess, digest: Digest | None = None) -> set[str]:
    opening, image = opener.open(access, soon()), parse_image(f"{registry}/team/private:1")
    digest = digest or opening.resolver.resolve(image, soon())
    assert digest is not None
    return purls(list(opening.places[0].fetch(image, digest, soon())))


@pytest.fixture
def in_shop(core: Core, registry: str, spaces: tuple[str, str]) -> Callable[[str, bytes], PullAccess]:
    def make(name: str, document: bytes) -> PullAccess:
        create_secret(core, spaces[0], name, document)
        return PullAccess(spaces[0], (name,))

    return make


def test_the_image_of_a_namespace_is_found_with_its_secret_and_by_nobody_else(
    opener: Opener, registry: str, in_shop: Callable[[str, bytes], PullAccess], core: Core, spaces: tuple[str, str]
) -> None:
    access = in_shop("right", docker_config(registry))
    assert look(opener, registry, access) == CYCLONEDX | SPDX
    create_secret(core, spaces[1], "right", docker_config(registry))  # which bomgate has no right to read
    digest = opener.open(access, soon()).resolver.resolve(parse_image(f"{registry}/team/private:1"), soon())
    for other in (PullAccess(spaces[1], ("right",)), PullAccess(spaces[0], ("gone",)), PullAccess(spaces[0])):
        with pytest.raises(Final, match="without credentials"):
            look(opener, registry, other)
        with pytest.raises(Final, match="without credentials"):
            look(opener, registry, other, digest)


def test_a_refusal_says_which_right_is_missing(opener: Opener, registry: str, spaces: tuple[str, str]) -> None:
    with pytest.raises(Final) as caught:
        look(opener, registry, PullAccess(spaces[1], ("any",)))
    assert f"bomgate may not get secrets in namespace {spaces[1]}" in caught.value.remedy


def test_a_wrong_password_is_not_helped_by_the_token_of_a_right_one(
    opener: Opener, registry: str, in_shop: Callable[[str, bytes], PullAccess]
) -> None:
    assert look(opener, registry, in_shop("good", docker_config(registry)))
    with pytest.raises(Final, match="with the credentials"):
        look(opener, registry, in_shop("bad", docker_config(registry, "guessed")))
