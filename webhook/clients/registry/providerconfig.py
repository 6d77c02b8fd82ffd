"""The kubelet's ``CredentialProviderConfig``: which plugins there are, and for which images each is asked.

It is read as the kubelet reads it. What the kubelet refuses is refused at the start, because a plugin under a misspelt
key, or one of two under a name, would be asked for nothing or answer for the other.

Source: ``k8s.io/kubernetes/pkg/credentialprovider/plugin/config.go`` of Kubernetes 1.36.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import yaml

from webhook.clients.registry.dockerconfig import matches_image, split_key
from webhook.clients.registry.options import ProviderOptions
from webhook.errors import ConfigError, InvalidInput
from webhook.model.durations import parse_duration

_KIND, _GROUP = "CredentialProviderConfig", "kubelet.config.k8s.io"
_VERSIONS = ("v1", "v1beta1", "v1alpha1")
_API = "credentialprovider.kubelet.k8s.io"
_FILES = (".json", ".yaml", ".yml")


class _Variable(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    value: str | None = None


class _TokenAttributes(msgspec.Struct, rename="camel"):
    """What a plugin that works with tokens of ServiceAccounts states of them; here it gets none."""

    require_service_account: bool = True


class _Provider(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    name: str
    match_images: list[str]
    default_cache_duration: str
    api_version: str
    args: list[str] | None = None
    env: list[_Variable] | None = None
    token_attributes: _TokenAttributes | None = None


class _Config(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    kind: str
    api_version: str
    providers: list[_Provider]


@dataclass(frozen=True, slots=True)
class Plugin:
    """A program that gives credentials.

    Attributes:
        name: of the program, which no other plugin has.
        command: the program and its arguments.
        environment: what is added to bomgate's.
        patterns: of the images that it is for, ``host[:port][/path]``.
        seconds: how long an answer is kept that does not say it.
        api_version: of question and answer.
        needs_token: it works with tokens of ServiceAccounts alone, and is not asked.
    """

    name: str
    command: tuple[str, ...]
    environment: dict[str, str]
    patterns: tuple[str, ...]
    seconds: float
    api_version: str
    needs_token: bool = False

    def is_for(self, host: str, path: str) -> bool:
        """Whether the kubelet would ask it about a repository."""
        return any(matches_image(pattern, host, path) for pattern in self.patterns)


def read_plugins(options: ProviderOptions) -> list[Plugin]:
    """The plugins of a configuration, in its order; none where no configuration is named.

    Args:
        options: the file, or a folder whose files are read in the order of their names; and where the programs are.

    Raises:
        ConfigError: it cannot be read, or a plugin cannot be run.
    """
    if options.config is None:
        return []
    if options.directory is None:
        raise ConfigError(
            "providers.config is set, and providers.directory is not",
            remedy="Set providers.directory to the folder with the plugin programs.",
        )
    plugins: dict[str, Plugin] = {}
    for file in _files(options.config):
        for provider in _read(file).providers:
            if provider.name in plugins:
                raise ConfigError(f"{file} names the credential provider {provider.name!r:.60} a second time")
            plugins[provider.name] = _plugin(provider, options.directory)
    if not plugins:
        raise ConfigError(f"{options.config} names no credential provider")
    return list(plugins.values())


def _files(config: Path) -> list[Path]:
    try:
        if not config.is_dir():
            return [config]
        found = sorted(file for file in config.iterdir() if file.suffix in _FILES and not file.is_dir())
    except OSError as problem:
        raise ConfigError(f"The credential providers in {config} cannot be read: {problem}") from problem
    if not found:
        raise ConfigError(f"{config} holds no file that ends in {', '.join(_FILES)}")
    return found


def _read(file: Path) -> _Config:
    try:
        content: Any = yaml.safe_load(file.read_text(encoding="utf-8"))
        config = msgspec.convert(content, _Config)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError, msgspec.ValidationError) as problem:
        raise ConfigError(f"The credential providers in {file} cannot be read: {problem}") from problem
    group, _, version = config.api_version.partition("/")
    if config.kind != _KIND or group != _GROUP or version not in _VERSIONS:
        raise ConfigError(
            f"{file} holds the kind {config.kind!r:.60} of {config.api_version!r:.60}",
            remedy=f"It has to be a {_KIND} of {_GROUP}/{_VERSIONS[0]}.",
        )
    return config


def _plugin(provider: _Provider, directory: Path) -> Plugin:
    name, program = provider.name, (directory / provider.name).absolute()
    if "/" in name or " " in name or "\x00" in name or name in ("", ".", ".."):
        raise ConfigError(f"{name!r:.60} is not the name of a credential provider")
    if not (program.is_file() and os.access(program, os.X_OK)):
        raise ConfigError(
            f"The credential provider {name} is not in {directory}, or not executable",
            remedy="Put the plugin's program there, executable, or take it out of the configuration.",
        )
    if provider.api_version not in {f"{_API}/{version}" for version in _VERSIONS}:
        raise ConfigError(f"The apiVersion of {name} cannot be {provider.api_version!r:.60}", remedy=f"Use {_API}/v1.")
    environment = {variable.name: variable.value or "" for variable in provider.env or ()}
    arguments = tuple(provider.args or ())
    if any(key == "" or "=" in key for key in environment) or not _are_texts(
        (*arguments, *environment, *environment.values())
    ):
        raise ConfigError(f"No program can be given the args or env of {name}")
    if not provider.match_images:
        raise ConfigError(f"The credential provider {name} has no matchImages, so that nobody would ask it")
    return Plugin(
        name=name,
        command=(str(program), *arguments),
        environment=environment,
        patterns=tuple(_pattern(name, text) for text in provider.match_images),
        seconds=_default(provider),
        api_version=provider.api_version,
        needs_token=provider.token_attributes is not None and provider.token_attributes.require_service_account,
    )


def _pattern(name: str, text: str) -> str:
    """A pattern as it is compared; unlike a key of a docker config, its path may begin with ``/v2``.

    Raises:
        ConfigError: it can match no image.
    """
    host, path = split_key(text)
    _, colon, port = host.rpartition(":")
    is_port = not colon or port.isdecimal() or host.endswith("]")
    if host.startswith(":") or not is_port or any(letter in host for letter in ' \\<>"') or "*" in path:
        raise ConfigError(
            f"matchImages of the credential provider {name} holds {text!r:.100}, which matches no image",
            remedy="Write host[:port][/path]; only the host may have stars.",
        )
    return f"{host}{path}"


def _default(provider: _Provider) -> float:
    try:
        seconds = parse_duration(provider.default_cache_duration)
    except InvalidInput as problem:
        raise ConfigError(f"The defaultCacheDuration of {provider.name}: {problem.message}") from problem
    if seconds < 0:
        raise ConfigError(f"The defaultCacheDuration of {provider.name} is negative")
    return seconds


def _are_texts(values: Iterable[str]) -> bool:
    """Whether a program can be given each of these."""
    text = "".join(values)
    return "\x00" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)
