"""Connecting with a kubeconfig file, and what is said when there is nothing to connect with."""

from __future__ import annotations

import ssl
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import yaml

from tests.certificates import LOOPBACK, Authority
from tests.fakes import FakeClock
from tests.registries.lying import Answer as HttpAnswer
from tests.registries.lying import LyingServer
from tests.unit.clients.kube.apiserver import Answer, ApiServer
from webhook.clients.kube.api import KubeApi
from webhook.clients.kube.connection import connect
from webhook.clients.kube.options import KubeOptions
from webhook.clients.kube.problems import Wanted
from webhook.errors import ConfigError, Final
from webhook.model.deadlines import Deadline


def write_kubeconfig(path: Path, url: str) -> Path:
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "here", "cluster": {"server": url}}],
        "users": [{"name": name, "user": {"token": f"token-of-{name}"}} for name in ("one", "two")],
        "contexts": [{"name": name, "context": {"cluster": "here", "user": name}} for name in ("one", "two")],
        "current-context": "one",
    }
    path.write_text(yaml.safe_dump(content))
    return path


@pytest.mark.parametrize(("context", "token"), [("", "Bearer token-of-one"), ("two", "Bearer token-of-two")])
def test_a_kubeconfig_file_names_server_and_token(
    server: ApiServer, clock: FakeClock, soon: Deadline, tmp_path: Path, context: str, token: str
) -> None:
    options = KubeOptions(kubeconfig=write_kubeconfig(tmp_path / "kubeconfig", server.url), context=context)
    server.answers["/api/v1/namespaces/shop/secrets/reg"] = Answer(content={})
    api = KubeApi(connect(options, {}, clock), options, clock)
    assert api.secret("shop", "reg", soon) == b"{}"
    api.close()
    assert server.tokens == [token]


@pytest.mark.parametrize("content", [None, "", "a: [", "[]", "apiVersion: v1\nkind: Config\n"])
def test_a_kubeconfig_file_that_cannot_be_used_is_a_wrong_setting(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "kubeconfig"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ConfigError, match=r"kube\.kubeconfig: .* cannot be used"):
        connect(KubeOptions(kubeconfig=path), {}, FakeClock())


def test_an_unknown_context_is_a_wrong_setting(server: ApiServer, tmp_path: Path) -> None:
    path = write_kubeconfig(tmp_path / "kubeconfig", server.url)
    with pytest.raises(ConfigError, match="three"):
        connect(KubeOptions(kubeconfig=path, context="three"), {}, FakeClock())


def test_outside_a_cluster_a_kubeconfig_file_is_asked_for() -> None:
    with pytest.raises(ConfigError, match="API server cannot be found") as caught:
        connect(KubeOptions(), {}, FakeClock())
    assert "kube.kubeconfig" in caught.value.remedy


class Encrypted:
    """An API server that asks for certificates, and the files with which it is reached."""

    def __init__(self, folder: Path, *names: str) -> None:
        authority = Authority()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*authority.issue(names=names or LOOPBACK).write(folder / "server"))
        self.authority, self.folder = folder / "ca.crt", folder
        self.authority.write_bytes(authority.pem)
        context.load_verify_locations(self.authority)
        self.context = context
        self.certificate, self.key = authority.issue("somebody").write(folder / "client")
        self.server = LyingServer(context)
        self.server.on("/api/v1/nodes/one", HttpAnswer(body=b"{}"))

    def __enter__(self) -> Encrypted:
        self.server.__enter__()
        return self

    def __exit__(self, *problem: object) -> None:
        self.server.__exit__(*problem)

    def in_pod(self, clock: FakeClock, token: str = "one") -> KubeApi:
        (self.folder / "token").write_text(token)
        host, _, port = self.server.host.partition(":")
        environment = {"KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": port}
        return KubeApi(connect(KubeOptions(), environment, clock, self.folder), KubeOptions(), clock)

    def by_file(self, clock: FakeClock, **cluster: object) -> KubeApi:
        self.context.verify_mode = ssl.CERT_REQUIRED
        file = write_kubeconfig(self.folder / "kubeconfig", self.server.url)
        content = yaml.safe_load(file.read_text())
        content["clusters"][0]["cluster"] |= cluster
        content["users"][0]["user"] = {"client-certificate": str(self.certificate), "client-key": str(self.key)}
        file.write_text(yaml.safe_dump(content))
        options = KubeOptions(kubeconfig=file)
        return KubeApi(connect(options, {}, clock), options, clock)


NODE = Wanted("nodes", "one")


def test_a_pod_uses_the_files_of_its_service_account(tmp_path: Path, clock: FakeClock) -> None:
    with Encrypted(tmp_path) as encrypted:
        calls = encrypted.in_pod(clock)
        for token in ("one", "two", "three"):
            (tmp_path / "token").write_text(token)
            assert calls.get("/api/v1/nodes/one", NODE, Deadline(clock.monotonic() + 30)) == b"{}"
            clock.advance(40)  # the file is read again every minute
        (tmp_path / "token").unlink()
        calls.get("/api/v1/nodes/one", NODE, Deadline(clock.monotonic() + 30))
        calls.close()
    tokens = [asked.headers["Authorization"] for asked in encrypted.server.asked]
    assert tokens == ["Bearer one", "Bearer one", "Bearer three", "Bearer three"]


def test_a_pod_trusts_the_authority_of_its_cluster_alone(tmp_path: Path, clock: FakeClock, soon: Deadline) -> None:
    with Encrypted(tmp_path) as encrypted:
        encrypted.authority.write_bytes(Authority("another").pem)
        with pytest.raises(Final, match="certificate of the API server is not trusted"):
            encrypted.in_pod(clock).get("/api/v1/nodes/one", NODE, soon)
    assert encrypted.server.asked == []


@pytest.mark.parametrize("missing", ["token", "ca.crt"])
def test_a_pod_without_a_service_account_is_a_wrong_setting(tmp_path: Path, clock: FakeClock, missing: str) -> None:
    for name in {"token", "ca.crt"} - {missing}:
        (tmp_path / name).write_text("x")
    (tmp_path / missing).write_text("")
    environment = {"KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"}
    with pytest.raises(ConfigError, match=f"API server cannot be found: .*{missing} is empty"):
        connect(KubeOptions(), environment, clock, tmp_path)
    (tmp_path / missing).write_text("x")
    assert connect(KubeOptions(), environment, clock, tmp_path).url == "https://[fd00::1]:443"


def test_a_kubeconfig_file_names_certificates(tmp_path: Path, clock: FakeClock, soon: Deadline) -> None:
    with Encrypted(tmp_path) as encrypted:
        calls = encrypted.by_file(clock, **{"certificate-authority": str(encrypted.authority)})
        assert calls.get("/api/v1/nodes/one", NODE, soon) == b"{}"
        with pytest.raises(Final, match="not trusted"):
            encrypted.by_file(clock).get("/api/v1/nodes/one", NODE, soon)


def test_a_kubeconfig_file_names_the_server_of_the_certificate(
    tmp_path: Path, clock: FakeClock, soon: Deadline
) -> None:
    with Encrypted(tmp_path, "api.cluster.internal") as encrypted:
        trusted = {"certificate-authority": str(encrypted.authority)}
        calls = encrypted.by_file(clock, **trusted, **{"tls-server-name": "api.cluster.internal"})
        assert calls.get("/api/v1/nodes/one", NODE, soon) == b"{}"
        with pytest.raises(Final, match="not trusted"):
            encrypted.by_file(clock, **trusted).get("/api/v1/nodes/one", NODE, soon)


def test_a_kubeconfig_file_names_a_proxy(tmp_path: Path, clock: FakeClock, soon: Deadline) -> None:
    with LyingServer() as proxy:
        proxy.on("/api/v1/nodes/one", HttpAnswer(body=b"{}"))
        file = write_kubeconfig(tmp_path / "kubeconfig", "http://api.cluster.internal")
        content = yaml.safe_load(file.read_text())
        content["clusters"][0]["cluster"]["proxy-url"] = proxy.url
        file.write_text(yaml.safe_dump(content))
        options = KubeOptions(kubeconfig=file)
        calls = KubeApi(connect(options, {}, clock), options, clock)
        assert calls.get("/api/v1/nodes/one", NODE, soon) == b"{}"
        assert proxy.asked[0].headers["Host"] == "api.cluster.internal"


def test_in_a_pod_the_official_client_is_not_loaded() -> None:
    """It costs every process of the webhook 35 MB."""
    program = """
import sys
from pathlib import Path
from tests.fakes import FakeClock
from webhook.clients.kube.api import KubeApi
from webhook.clients.kube.connection import connect
from webhook.clients.kube.options import KubeOptions
folder = Path(sys.argv[1])
for name in ("token", "ca.crt"):
    (folder / name).write_text("x")
environment = {"KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBERNETES_SERVICE_PORT": "443"}
KubeApi(connect(KubeOptions(), environment, FakeClock(), folder), KubeOptions(), FakeClock())
print("kubernetes" in sys.modules)
"""
    with tempfile.TemporaryDirectory() as folder:
        ran = subprocess.run([sys.executable, "-c", program, folder], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"


@pytest.mark.parametrize("name", ["connect_seconds", "read_seconds", "max_pull_secrets", "max_report_bytes"])
def test_a_limit_of_nothing_is_a_wrong_setting(name: str) -> None:
    with pytest.raises(ConfigError, match="has to be more than 0"):
        KubeOptions(**{name: 0}).check()
