"""A double of the API server, and clients of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from kubernetes import client

from tests.fakes import FakeClock
from tests.unit.clients.kube.apiserver import ApiServer
from webhook.clients.kube.api import KubeApi
from webhook.clients.kube.connection import server_of
from webhook.clients.kube.options import KubeOptions
from webhook.model.deadlines import Deadline

MakeApi = Callable[..., KubeApi]


@pytest.fixture
def server() -> Iterator[ApiServer]:
    made = ApiServer()
    yield made
    made.close()


@pytest.fixture
def make_api(server: ApiServer, clock: FakeClock) -> Iterator[MakeApi]:
    """Makes clients of the double; any option can be given, and another clock."""
    made: list[KubeApi] = []

    def make(url: str = "", used_clock: Any = None, **options: Any) -> KubeApi:
        configuration = client.Configuration(host=url or server.url)
        configuration.api_key = {"authorization": "Bearer secret-token"}
        made.append(KubeApi(server_of(configuration), KubeOptions(**options), used_clock or clock))
        return made[-1]

    yield make
    for kube_api in made:
        kube_api.close()


@pytest.fixture
def api(make_api: MakeApi) -> KubeApi:
    return make_api()


@pytest.fixture
def soon(clock: FakeClock) -> Deadline:
    """A deadline that is far enough away."""
    return Deadline(clock.monotonic() + 30)
