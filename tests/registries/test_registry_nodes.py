"""The platforms of the cluster's nodes decide which SBOMs of an index count, unless the settings name some."""

from __future__ import annotations

import json

import pytest

from tests.registries.kit import CYCLONEDX, JINJA, LEFT_PAD, REQUESTS, SPDX, purls
from tests.unit.clients.kube.apiserver import NODES, ApiServer
from webhook.bootstrap.cluster import Cluster
from webhook.bootstrap.places import Places
from webhook.clients.machine import SystemClock
from webhook.model.deadlines import Deadline
from webhook.model.images import parse_image
from webhook.model.pulling import NO_ACCESS
from webhook.sboms import parse
from webhook.settings import load_settings
from webhook.telemetry import Faults


@pytest.fixture
def cluster(tmp_path):
    """A double of the API server with one arm64 node; gives it and a kubeconfig file for it."""
    server = ApiServer()
    server.nodes({"metadata": {"labels": {"kubernetes.io/os": "linux", "kubernetes.io/arch": "arm64"}}})
    kubeconfig = tmp_path / "kubeconfig"
    named = {
        "clusters": [{"name": "one", "cluster": {"server": server.url}}],
        "users": [{"name": "one", "user": {"token": "secret"}}],
        "contexts": [{"name": "one", "context": {"cluster": "one", "user": "one"}}],
    }
    kubeconfig.write_text(json.dumps({"apiVersion": "v1", "kind": "Config", "current-context": "one", **named}))
    yield server, kubeconfig
    server.close()


@pytest.mark.parametrize(
    ("discover", "platforms", "expected", "asked"),
    [
        (True, [], {REQUESTS}, [NODES]),
        (True, ["linux/amd64"], {LEFT_PAD, JINJA}, []),
        (False, [], CYCLONEDX | SPDX, []),
    ],
)
def test_nodes_are_asked_when_that_is_wanted_and_no_platforms_are_configured(
    plain, cluster, tmp_path, discover, platforms, expected, asked
):
    server, kubeconfig = cluster
    groups = {
        "registries": [{"prefix": plain, "plainHttp": True, "allowPrivate": True}],
        "sbom": {"sources": ["referrers"], "platforms": platforms},
        "kube": {"kubeconfig": str(kubeconfig), "nodePlatforms": discover},
    }
    file = tmp_path / "bomgate.yaml"
    file.write_text(json.dumps(groups))
    settings, clock = load_settings(file, environment={"HOME": str(tmp_path)}), SystemClock()
    places = Places(settings, parse, clock, Cluster(settings, clock), Faults())
    deadline, image = Deadline(clock.monotonic() + 20), parse_image(f"{plain}/team/platforms:1")
    opening = places.opener.open(NO_ACCESS, deadline)
    digest = opening.resolver.resolve(image, deadline)
    assert purls(list(opening.places[0].fetch(image, digest, deadline))) == expected
    assert purls(list(opening.places[0].fetch(image, digest, deadline))) == expected
    assert server.asked == asked
