"""Credentials are read as the kubelet reads them, and whatever stands in them is at worst a note."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes import FakeClock, first_credential
from webhook.clients.registry.credentials import FileKeychain
from webhook.clients.registry.dockerconfig import Credential, DockerConfig, matching, read_docker_config
from webhook.clients.registry.locations import Registry, Repository
from webhook.clients.registry.options import ProviderOptions
from webhook.clients.registry.providers import ProviderKeychain
from webhook.errors import ConfigError, InvalidInput, Retryable
from webhook.model.durations import parse_duration

CASES = json.loads((Path(__file__).parent / "kubelet_credentials.json").read_text())
"""Made by us; ``kubelet`` is what Kubernetes 1.36's own reader and keyring said to each, in its order."""
API = "credentialprovider.kubelet.k8s.io/v1"
CONFIG = {"kind": "CredentialProviderConfig", "apiVersion": "kubelet.config.k8s.io/v1"}
SECRET = "c2VjcmV0OmhpZGRlbg=="


def document(case: dict) -> bytes:
    return case["text"].encode("utf-8", "surrogatepass") if "text" in case else base64.b64decode(case["base64"])


def found(config: DockerConfig, image: str) -> list[list[str]]:
    host, _, path = image.partition("/")
    ranked = (config.find(host, path, rank) for rank in range(len(config.entries) + 1))
    return [[credential.username, credential.password] for credential in ranked if credential is not None]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_what_opens_a_registry_for_the_kubelet_opens_it_here(case):
    # The kubelet drops a file with one bad entry as a whole (null), and counts an empty pair, which opens nothing.
    expected = [pair for pair in case["kubelet"] or [] if pair != ["", ""]]
    assert found(read_docker_config(document(case)), case["image"]) == expected


@pytest.mark.parametrize(
    "bad",
    [
        '"text"',
        "5",
        "[]",
        "true",
        '{"auth": 5}',
        '{"auth": {}}',
        '{"username": ["u"]}',
        '{"auth": "d\\u00e9"}',
        '{"auth": "!!!!"}',
        '{"auth": "dXA="}',
        '{"auth": "\\ud800"}',
        '{"registrytoken": 1}',
    ],
)
def test_one_bad_entry_spoils_only_itself(bad):
    config = read_docker_config(
        f'{{"auths": {{"bad.example": {bad}, "good.example": {{"auth": "{SECRET}"}}}}}}'.encode()
    )
    assert config.find("good.example", "a") == Credential("secret", "hidden")
    assert config.find("bad.example", "a") is None
    assert len(config.notes) == 1
    assert "bad.example" in config.notes[0]


@pytest.mark.parametrize("key", ["auths", "credHelpers", "credsStore", "CREDHELPERS", "HttpHeaders"])
@pytest.mark.parametrize("value", ["1", "[]", '["a"]', '"x"', "true", "null", '{"a": 1}', '{"a": {"b": []}}', "1e999"])
def test_a_member_of_any_type_is_at_worst_a_note(key, value):
    config = read_docker_config(f'{{"{key}": {value}, "auths": {{"r.example": {{"auth": "{SECRET}"}}}}}}'.encode())
    assert config.find("r.example", "a") == Credential("secret", "hidden")
    assert not any("hidden" in note or SECRET in note for note in config.notes)


KEYS = st.sampled_from(
    [
        "auths",
        "Auths",
        "auth",
        "username",
        "password",
        "credHelpers",
        "credsStore",
        "r.example",
        "identitytoken",
        "\ud800",
    ]
) | st.text(max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(KEYS, JSON, max_size=5) | JSON, st.binary(max_size=3), st.integers(0, 200))
def test_any_document_is_read_or_refused(content, noise, place):
    data = json.dumps(content).encode()
    for text in (data, data[:place] + noise + data[place:]):
        try:
            config = read_docker_config(text)
        except InvalidInput as refusal:
            assert refusal.message
        else:
            found(config, "r.example/team/app")


@given(st.text(alphabet="a.*:/[]1@\xe9", max_size=20), st.text(alphabet="a.:/[]1", max_size=20))
def test_any_key_is_compared_with_any_image(key, image):
    host, _, path = image.partition("/")
    assert matching([key], host, path) in ([], [key])


def test_the_notes_of_a_file_are_the_reason_why_there_is_no_credential(tmp_path):
    path = tmp_path / "config.json"
    path.write_text('{"auths": {"r.example": {"auth": "!"}}, "credHelpers": 1}')
    keychain, repository = FileKeychain(), Repository(Registry("r.example", credentials_file=path), "a")
    assert first_credential(keychain, repository) is None
    assert "'r.example' holds an auth that is not Base64" in keychain.note(repository)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("500ms", 0.5),
        ("1h2m3.5s", 3723.5),
        ("1µs", 1e-6),
        ("1μs", 1e-6),
        ("7ns", 7e-9),
        ("-1m", -60.0),
        ("+2s", 2.0),
        (".5s", 0.5),
        ("1.s", 1.0),
        ("0", 0.0),
        ("-0", 0.0),
        ("1m1m", 120.0),
        ("2562047h47m16.854775807s", 9223372036.854775807),
    ],
)
def test_durations_are_those_of_go(text, seconds):
    assert parse_duration(text) == pytest.approx(seconds, rel=1e-15)


@pytest.mark.parametrize(
    "text",
    ["", "s", ".s", "1", "1d", "1 s", " 1s", "1e3s", "--1s", "1h1", "2562047h47m16.854775808s", "1²s", "9" * 300],
)
def test_what_go_does_not_take_for_a_duration_is_refused(text):
    with pytest.raises(InvalidInput):
        parse_duration(text)


def provider(tmp_path: Path, answer: object, default: str = "0s", clock: FakeClock | None = None) -> ProviderKeychain:
    """A keychain with one plugin, which answers the same to everybody."""
    (tmp_path / "answer").write_text(answer if isinstance(answer, str) else json.dumps(answer))
    program = tmp_path / "plugin"
    program.write_text(f"#!/bin/sh\necho x >> {tmp_path}/runs\ncat {tmp_path}/answer\n")
    program.chmod(0o755)
    described = {"name": "plugin", "matchImages": ["*.example"], "defaultCacheDuration": default, "apiVersion": API}
    (tmp_path / "config.yaml").write_text(json.dumps({**CONFIG, "providers": [described]}))
    options = ProviderOptions(tmp_path / "config.yaml", tmp_path)
    return ProviderKeychain(options, {"PATH": "/usr/bin:/bin"}, clock or FakeClock())


def response(**more: object) -> dict[str, object]:
    auth = {"https://R.example/v1/": {"username": "u", "password": "p"}}
    return {
        "kind": "CredentialProviderResponse",
        "apiVersion": API,
        "cacheKeyType": "Image",
        "auth": auth,
        **more,
    }


def test_credentials_of_half_a_second_are_gone_after_it(tmp_path):
    clock = FakeClock()
    keychain = provider(tmp_path, response(cacheDuration="500ms"), clock=clock)
    repository = Repository(Registry("r.example"), "a")
    assert first_credential(keychain, repository) == Credential("u", "p")
    first_credential(keychain, repository)
    assert (tmp_path / "runs").read_text().count("x") == 1
    clock.advance(0.6)
    first_credential(keychain, repository)
    assert (tmp_path / "runs").read_text().count("x") == 2


def test_what_a_plugin_says_is_kept_of_a_bounded_number_of_images(tmp_path, monkeypatch):
    monkeypatch.setattr("webhook.clients.registry.providers._REMEMBERED", 3)
    keychain = provider(tmp_path, response(cacheDuration="1h"))
    for number in (0, 1, 2, 3, 3, 2, 0):
        first_credential(keychain, Repository(Registry("r.example"), f"a{number}"))
    assert (tmp_path / "runs").read_text().count("x") == 5, "the first had to make room for the fourth"


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "[]",
        "null",
        "5",
        '{"kind": 5}',
        response(cacheDuration="soon"),
        response(cacheDuration=5),
        response(cacheKeyType="Everything"),
        response(auth=[]),
        response(auth={"r.example": "u"}),
        response(auth={"r.example": {"username": 5}}),
    ],
)
def test_a_plugin_that_answers_nonsense_is_a_refusal(answer, tmp_path):
    with pytest.raises(Retryable):
        first_credential(provider(tmp_path, answer), Repository(Registry("r.example"), "a"))


@pytest.mark.parametrize("default", ["soon", "5", "-1s"])
def test_a_default_that_is_no_duration_is_refused_at_the_start(default, tmp_path):
    with pytest.raises(ConfigError):
        provider(tmp_path, response(), default)


def test_a_file_of_more_entries_than_anybody_has_is_read_in_part_and_said_so():
    auths = {f"*-{number}.example": {"auth": SECRET} for number in range(1000)}
    config = read_docker_config(json.dumps({"auths": {"r.example": {"auth": SECRET}, **auths}}).encode())
    assert config.find("r.example", "a") is not None
    assert config.find("x-999.example", "a") is None
    assert "500 with a star" in config.notes[0]
