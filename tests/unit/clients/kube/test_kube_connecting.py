"""Connecting with a kubeconfig file, and what is said when there is nothing to connect with."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.fakes import FakeClock
from tests.unit.clients.kube.apiserver import Answer, ApiServer
from webhook.clients.kube.api import KubeApi
from webhook.clients.kube.connecting import connect
from webhook.clients.kube.options import KubeOptions
from webhook.errors import ConfigError
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
    api = KubeApi(connect(options), options, clock)
    assert api.secret("shop", "reg", soon) == b"{}"
    api.close()
    assert server.tokens == [token]


@pytest.mark.parametrize("content", [None, "", "a: [", "[]", "apiVersion: v1\nkind: Config\n"])
def test_a_kubeconfig_file_that_cannot_be_used_is_a_wrong_setting(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "kubeconfig"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ConfigError, match=r"kube\.kubeconfig: .* cannot be used"):
        connect(KubeOptions(kubeconfig=path))


def test_an_unknown_context_is_a_wrong_setting(server: ApiServer, tmp_path: Path) -> None:
    path = write_kubeconfig(tmp_path / "kubeconfig", server.url)
    with pytest.raises(ConfigError, match="three"):
        connect(KubeOptions(kubeconfig=path, context="three"))


def test_outside_a_cluster_a_kubeconfig_file_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    with pytest.raises(ConfigError, match="API server cannot be found") as caught:
        connect(KubeOptions())
    assert "kube.kubeconfig" in caught.value.remedy


@pytest.mark.parametrize("name", ["connect_seconds", "read_seconds", "max_pull_secrets", "max_report_bytes"])
def test_a_limit_of_nothing_is_a_wrong_setting(name: str) -> None:
    with pytest.raises(ConfigError, match="has to be more than 0"):
        KubeOptions(**{name: 0}).check()
