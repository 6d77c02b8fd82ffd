"""A double of OSS Index, and clients of it that need no time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.doubles.ossindex import OssIndexDouble
from tests.doubles.ossindex.behaviour import PAT
from tests.fakes import FakeClock
from webhook.clients.ossindex.options import OssIndexOptions
from webhook.clients.ossindex.source import OssIndexSource


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """The machine's own proxies, certificates and .netrc play no part."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "requests_ca_bundle", "curl_ca_bundle"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))


@pytest.fixture
def double() -> Iterator[OssIndexDouble]:
    with OssIndexDouble() as running:
        yield running


@pytest.fixture
def make_source(double: OssIndexDouble, clock: FakeClock) -> Iterator[Callable[..., OssIndexSource]]:
    """Makes sources that ask the double, without jitter; any option can be given."""
    made = []

    def make(**options: Any) -> OssIndexSource:
        given = {"url": double.url, "token": PAT, **options}
        source = OssIndexSource(OssIndexOptions(**given), clock, jitter=lambda: 0.0)
        made.append(source)
        return source

    yield make
    for source in made:
        source.close()


@pytest.fixture
def source(make_source: Callable[..., OssIndexSource]) -> OssIndexSource:
    return make_source()
