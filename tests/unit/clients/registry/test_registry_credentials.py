"""Docker config files: their shapes, which key matches, and what is never shown."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes import first_credential
from webhook.clients.registry.credentials import FileKeychain
from webhook.clients.registry.dockerconfig import Credential, matches_image, normal_key, read_docker_config
from webhook.clients.registry.locations import Registry, Repository
from webhook.errors import Final, InvalidInput


def auth(text: str) -> dict[str, str]:
    return {"auth": base64.b64encode(text.encode()).decode()}


def config(**auths: object) -> bytes:
    return json.dumps({"auths": auths}).encode()


def repository(path: Path | None, host: str = "registry.corp", name: str = "team/app") -> Repository:
    return Repository(Registry(host, credentials_file=path), name)


@pytest.mark.parametrize(
    ("key", "normal"),
    [
        ("registry.corp", "registry.corp"),
        ("registry.corp:5000", "registry.corp:5000"),
        ("https://registry.corp", "registry.corp"),
        ("https://registry.corp/v1/", "registry.corp"),
        ("http://registry.corp/v2/", "registry.corp"),
        ("registry.corp/team/", "registry.corp/team/"),
        ("https://registry.corp/v2/team", "registry.corp/team"),
        ("https://index.docker.io/v1/", "docker.io"),
        ("registry-1.docker.io", "docker.io"),
    ],
)
def test_keys_are_hosts_paths_or_urls(key, normal):
    assert normal_key(key) == normal


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (auth("user:pass:word"), Credential("user", "pass:word")),
        (auth("user:pass\x00\x00"), Credential("user", "pass")),
        ({"username": "user", "password": "pass"}, Credential("user", "pass")),
        ({**auth("0000:"), "identitytoken": "t"}, Credential("0000", "", "t")),
        ({"registrytoken": "t"}, Credential(registry_token="t")),
        ({"email": "x"}, None),
        ({}, None),
    ],
)
def test_an_entry_is_a_pair_or_a_token(entry, expected):
    assert read_docker_config(config(**{"registry.corp": entry})).find("registry.corp", "team/app") == expected


def test_the_older_form_is_the_list_alone():
    data = json.dumps({"https://registry.corp/v1/": auth("user:pass")}).encode()
    assert read_docker_config(data).find("registry.corp", "x") == Credential("user", "pass")


def test_the_closest_key_counts():
    data = config(
        **{
            "*.corp": auth("any:x"),
            "registry.corp": auth("host:x"),
            "registry.corp/team": auth("team:x"),
            "registry.corp/team/app": auth("app:x"),
        }
    )
    found = read_docker_config(data)
    assert found.find("registry.corp", "team/app").username == "app"
    assert found.find("registry.corp", "team/apple").username == "app"  # as for the kubelet, which compares letters
    assert found.find("registry.corp", "team/apple", rank=1).username == "team"
    assert found.find("registry.corp", "team/apple", rank=9) is None
    assert found.find("registry.corp", "else").username == "host"
    assert found.find("other.corp", "else").username == "any"
    assert found.find("registry.corp:5000", "else") is None


@pytest.mark.parametrize(
    ("pattern", "host", "path", "expected"),
    [
        ("*.azurecr.io", "mine.azurecr.io", "x", True),
        ("*.azurecr.io", "a.b.azurecr.io", "x", False),
        ("*.io", "gcr.io", "x", True),
        ("registry.io:8080/path", "registry.io:8080", "path/x", True),
        ("registry.io:8080/path", "registry.io", "path/x", False),
        ("registry.io/path", "registry.io", "pathology", True),
        ("registry.io/path/", "registry.io", "pathology", False),
        ("1234.dkr.ecr.*.amazonaws.com", "1234.dkr.ecr.eu-west-1.amazonaws.com", "x", True),
        ("eu-*.pkg.dev", "eu-north.pkg.dev", "x", True),
        ("eu-*.pkg.dev", "us-north.pkg.dev", "x", False),
    ],
)
def test_patterns_match_by_the_rules_of_the_kubelet(pattern, host, path, expected):
    assert matches_image(pattern, host, path) is expected


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"secret-password",
        b"[]",
        b'{"auths": {"x": NaN}}',
    ],
)
def test_a_damaged_file_is_refused_and_not_repeated(data):
    with pytest.raises(InvalidInput) as refusal:
        read_docker_config(data)
    assert "secret" not in refusal.value.message


def test_a_file_is_read_again_when_it_changes(tmp_path):
    path, keychain = tmp_path / "config.json", FileKeychain()
    path.write_bytes(config(**{"registry.corp": auth("user:old")}))
    assert first_credential(keychain, repository(path)).password == "old"
    path.write_bytes(config(**{"registry.corp": auth("user:new")}))
    os.utime(path, ns=(1, 1))
    assert first_credential(keychain, repository(path)).password == "new"


def test_a_file_that_cannot_be_read_is_not_taken_for_no_credentials(tmp_path):
    with pytest.raises(Final, match="cannot be read"):
        first_credential(FileKeychain(), repository(tmp_path / "missing.json"))
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(Final, match="cannot be read"):
        first_credential(FileKeychain(), repository(tmp_path / "bad.json"))


def test_helpers_are_not_run_and_said_so(tmp_path):
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"auths": {"registry.corp": {}}, "credHelpers": {"registry.corp": "ecr-login"}}))
    keychain = FileKeychain()
    assert first_credential(keychain, repository(path)) is None
    assert "not run" in keychain.note(repository(path))
    assert keychain.note(repository(path, host="other.corp")) == ""
    path.write_text(json.dumps({"credsStore": "desktop"}))
    assert "not run" in keychain.note(repository(path, host="other.corp"))


def test_a_credential_does_not_show_its_secrets():
    text = repr(Credential("user", "hidden", "hidden", "hidden"))
    assert "hidden" not in text
    assert Credential("user", "päss").basic == "Basic " + base64.b64encode("user:päss".encode()).decode()


@given(st.dictionaries(st.text(max_size=20), st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=3)))
def test_any_list_of_entries_is_read_or_refused(auths):
    try:
        read_docker_config(config(**auths)).find("registry.corp", "team/app")
    except InvalidInput as refusal:
        assert refusal.message
