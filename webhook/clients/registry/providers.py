"""Credentials from the kubelet's credential-provider plugins, for registries of clouds.

Source: the kubelet's ``CredentialProviderConfig`` (kubelet.config.k8s.io/v1), and ``CredentialProviderRequest`` and
``CredentialProviderResponse`` (credentialprovider.kubelet.k8s.io/v1). On a node the kubelet runs these programs with
the node's identity; here they run with ours. They get no tokens of service accounts (``tokenAttributes``).
"""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import yaml

from webhook.clients.registry.dockerconfig import Credential, matches_image, matching, normal_key
from webhook.clients.registry.locations import Repository
from webhook.clients.registry.options import ProviderOptions
from webhook.errors import ConfigError, InvalidInput, Retryable
from webhook.model.caches import TimedCache
from webhook.model.durations import parse_duration
from webhook.ports import Clock

_API = "credentialprovider.kubelet.k8s.io/"
_MAX_OUTPUT = 1024 * 1024
_REMEMBERED = 1000
_SCOPES = frozenset(["Image", "Registry", "Global"])


class _Variable(msgspec.Struct):
    name: str
    value: str = ""


class _Provider(msgspec.Struct, rename="camel"):
    name: str
    match_images: list[str]
    default_cache_duration: str = "0s"
    api_version: str = f"{_API}v1"
    args: list[str] = []
    env: list[_Variable] = []


class _Config(msgspec.Struct):
    providers: list[_Provider]


class _Auth(msgspec.Struct):
    username: str = ""
    password: str = ""


class _Response(msgspec.Struct, rename="camel"):
    kind: str = ""
    cache_key_type: str = ""
    cache_duration: str | None = None
    auth: dict[str, _Auth | None] | None = None


@dataclass(frozen=True, slots=True)
class _Said:
    """What a plugin answered, for what (``Image``, ``Registry`` or ``Global``), and for how long it holds."""

    scope: str
    seconds: float
    offered: dict[str, Credential]


class ProviderKeychain:
    """Asks the plugins whose patterns match an image; what they say is kept as long as they say.

    Args:
        options: where they are.
        environment: the variables they get, beside those that the configuration adds.
        clock: time.

    Raises:
        ConfigError: the configuration cannot be read, or names a program that is not in the folder.
    """

    def __init__(self, options: ProviderOptions, environment: Mapping[str, str], clock: Clock) -> None:
        self._options, self._environment = options, dict(environment)
        self._providers = _read(options) if options.config is not None else []
        self._known = TimedCache[tuple[str, str], dict[str, Credential]](_REMEMBERED, clock.monotonic)
        self._lock = threading.Lock()

    def find(self, repository: Repository) -> Credential | None:
        """The credential of the first plugin that has one.

        Raises:
            Retryable: a plugin failed, ran too long or answered nonsense.
        """
        host, path = repository.registry.host, repository.path
        for provider in self._providers:
            if any(matches_image(normal_key(pattern), host, path) for pattern in provider.match_images):
                offered = self._offered(provider, repository)
                if keys := matching(offered, host, path):
                    return offered[keys[0]]
        return None

    def note(self, repository: Repository) -> str:
        """Nothing to say."""
        return ""

    def _offered(self, provider: _Provider, repository: Repository) -> dict[str, Credential]:
        host = repository.registry.host
        with self._lock:  # one run at a time, so that many look-ups of one registry start one program
            for key in (repository.name, host, ""):
                known = self._known.get((provider.name, key))
                if known is not None:
                    return known
            said = _read_response(provider, self._run(provider, repository.name))
            if said.seconds > 0:
                scopes = {"Image": repository.name, "Registry": host, "Global": ""}
                self._known.put((provider.name, scopes[said.scope]), said.offered, said.seconds)
            return said.offered

    def _run(self, provider: _Provider, image: str) -> bytes:
        question = {"kind": "CredentialProviderRequest", "apiVersion": provider.api_version, "image": image}
        program = (self._options.directory or Path()) / provider.name
        added = {variable.name: variable.value for variable in provider.env}
        try:
            done = subprocess.run(
                [str(program), *provider.args],
                input=msgspec.json.encode(question),
                capture_output=True,
                env={**self._environment, **added},
                timeout=self._options.timeout_seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise _failed(provider, f"it did not end within {self._options.timeout_seconds:g} s") from None
        except OSError as problem:
            raise _failed(provider, problem.strerror or type(problem).__name__) from problem
        if done.returncode != 0:
            said = done.stderr.decode(errors="replace").strip()[-200:]
            raise _failed(provider, f"it ended with {done.returncode}: {said!r}")
        return done.stdout


def _read_response(provider: _Provider, output: bytes) -> _Said:
    """Read what a plugin printed.

    Raises:
        Retryable: it is no answer.
    """
    try:
        response = msgspec.json.decode(output[:_MAX_OUTPUT], type=_Response)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise _failed(provider, "what it printed is no CredentialProviderResponse") from None
    if response.kind != "CredentialProviderResponse":
        raise _failed(provider, f"it answered with the kind {response.kind[:40]!r}")
    if response.cache_key_type not in _SCOPES:
        raise _failed(provider, f"it answered with the cacheKeyType {response.cache_key_type[:40]!r}")
    stated = response.cache_duration
    try:
        seconds = parse_duration(provider.default_cache_duration if stated is None else stated)
    except InvalidInput as problem:
        raise _failed(provider, f"its cacheDuration: {problem.message}") from problem
    offered = {
        normal_key(key): Credential(auth.username, auth.password)
        for key, auth in (response.auth or {}).items()
        if auth is not None
    }
    return _Said(response.cache_key_type, seconds, offered)


def _read(options: ProviderOptions) -> list[_Provider]:
    try:
        text = (options.config or Path()).read_text(encoding="utf-8")
        content: Any = yaml.safe_load(text)
        providers = msgspec.convert(content, _Config).providers
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError, msgspec.ValidationError) as problem:
        raise ConfigError(f"The credential providers in {options.config} cannot be read: {problem}") from problem
    for provider in providers:
        if "/" in provider.name or provider.name in ("", ".", ".."):
            raise ConfigError(f"{provider.name!r:.60} is not the name of a credential provider")
        if not ((options.directory or Path()) / provider.name).is_file():
            raise ConfigError(
                f"The credential provider {provider.name} is not in {options.directory}",
                remedy="Put the plugin's program there, executable, or take it out of the configuration.",
            )
        _check_default(provider)
    return providers


def _check_default(provider: _Provider) -> None:
    try:
        seconds = parse_duration(provider.default_cache_duration)
    except InvalidInput as problem:
        raise ConfigError(f"The defaultCacheDuration of {provider.name}: {problem.message}") from problem
    if seconds < 0:
        raise ConfigError(f"The defaultCacheDuration of {provider.name} is negative")


def _failed(provider: _Provider, why: str) -> Retryable:
    return Retryable(
        f"The credential provider {provider.name} gave no answer: {why}",
        remedy="Run the plugin by hand with a CredentialProviderRequest on its standard input.",
    )
