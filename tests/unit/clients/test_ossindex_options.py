from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from webhook.clients.ossindex.options import GUIDE_URL, OssIndexOptions
from webhook.errors import ConfigError


def test_the_guide_host_is_the_default() -> None:
    assert OssIndexOptions().url == GUIDE_URL
    assert OssIndexOptions().endpoint == f"{GUIDE_URL}/api/v3/component-report"


def test_every_option_has_a_help_text() -> None:
    assert all(field.metadata["help"].endswith(".") for field in dataclasses.fields(OssIndexOptions))


def test_the_token_does_not_show_itself() -> None:
    assert "hush" not in repr(OssIndexOptions(token="hush"))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.guide.sonatype.com",
        "ftp://host",
        "http://",
        "http://a b",
        "http://host?x=1",
        "http://[::1",
        "http://h:0",
    ],
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match=r"ossindex\.url is not the address"):
        OssIndexOptions(url=url).check()


def test_credentials_in_the_address_are_refused_and_not_shown() -> None:
    with pytest.raises(ConfigError, match="user name in it") as caught:
        OssIndexOptions(url="https://me:hush@host").check()
    assert "hush" not in caught.value.message + caught.value.remedy


@pytest.mark.parametrize("size", [0, -1, 129])
def test_a_batch_size_the_service_does_not_take_is_refused(size: int) -> None:
    with pytest.raises(ConfigError, match="1 to 128"):
        OssIndexOptions(batch_size=size).check()


@pytest.mark.parametrize(
    "change",
    [
        {"connect_timeout_seconds": 0},
        {"read_timeout_seconds": float("nan")},
        {"max_tries": 0},
        {"max_wait_seconds": -1},
        {"max_batch_seconds": 0},
        {"max_body_bytes": 0},
        {"backoff_seconds": -1},
    ],
)
def test_a_limit_that_leaves_nothing_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=r"ossindex\.\w+ is "):
        OssIndexOptions(**change).check()


def test_a_mirror_below_a_path_is_accepted() -> None:
    options = OssIndexOptions(url="https://mirror.corp/guide/")
    options.check()
    assert options.endpoint == "https://mirror.corp/guide/api/v3/component-report"
