"""Credentials from the kubelet's credential-provider plugins, for registries of clouds.

On a node the kubelet runs these programs with the node's identity; here they run with ours. They get no tokens of
service accounts, so a plugin that works with such tokens alone is not asked.

Of several plugins for an image, all are asked, and the registry gets what each of them says until it accepts one.

Source: ``CredentialProviderRequest`` and ``CredentialProviderResponse`` (credentialprovider.kubelet.k8s.io/v1), and
``k8s.io/kubernetes/pkg/credentialprovider`` (``keyring.go``, ``plugin/plugin.go``, ``plugin/plugins.go``) of Kubernetes
1.36.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

import msgspec

from webhook.clients.confined import NO_LIMIT, Limits, run_confined
from webhook.clients.registry.dockerconfig import Credential, DockerConfig, normal_key
from webhook.clients.registry.locations import Repository
from webhook.clients.registry.options import ProviderOptions
from webhook.clients.registry.providerconfig import Plugin, read_plugins
from webhook.errors import InvalidInput, Retryable
from webhook.model.caches import KeyLocks, TimedCache
from webhook.model.deadlines import Deadline
from webhook.model.durations import parse_duration
from webhook.ports import Clock

log = logging.getLogger("bomgate.providers")

_KIND = "CredentialProviderResponse"
_MAX_OUTPUT = 1024 * 1024
_MAX_ENTRIES = 10_000
_REMEMBERED = 1000
_SCOPES = frozenset(["Image", "Registry", "Global"])


class _Auth(msgspec.Struct):
    username: str = ""
    password: str = ""


class _Response(msgspec.Struct, rename="camel"):
    kind: str = ""
    api_version: str = ""
    cache_key_type: str = ""
    cache_duration: str | None = None
    auth: dict[str, _Auth | None] | None = None


@dataclass(frozen=True, slots=True)
class _Said:
    """What a plugin answered, for what (``Image``, ``Registry`` or ``Global``), and for how long it holds."""

    scope: str
    seconds: float
    offered: DockerConfig


class ProviderKeychain:
    """Asks the plugins whose patterns match an image; what they say is kept as long as they say.

    Args:
        options: where they are.
        environment: the variables they get, beside those that the configuration adds.
        clock: time.

    Raises:
        ConfigError: the configuration cannot be read, or names a program that cannot be run.
    """

    def __init__(self, options: ProviderOptions, environment: Mapping[str, str], clock: Clock) -> None:
        self._options, self._environment, self._clock = options, dict(environment), clock
        self._plugins = read_plugins(options)
        self._known = TimedCache[tuple[str, str], DockerConfig](_REMEMBERED, clock.monotonic)
        self._running = KeyLocks[tuple[str, str]]()

    def offers(self, repository: Repository, deadline: Deadline) -> Iterator[Credential]:
        """What all plugins for a repository say; a plugin that fails or hangs hides nothing of the others.

        What is known comes first, in the order in which the kubelet tries it. The other plugins run side by side, and
        what each says comes as soon as it is there.

        Raises:
            Retryable: a plugin failed, ran too long or answered nonsense; all others have been heard before.
        """
        host, path = repository.registry.host, repository.path
        asked = [plugin for plugin in self._plugins if not plugin.needs_token and plugin.is_for(host, path)]
        kept = [(plugin, self._kept(plugin, repository)) for plugin in asked]
        yield from _in_order([known for _, known in kept if known is not None], host, path)
        trouble: Retryable | None = None
        unknown = [plugin for plugin, known in kept if known is None]
        for heard in self._run_all(unknown, repository, deadline):
            if isinstance(heard, Retryable):
                trouble = trouble or heard
            else:
                yield from _in_order([heard], host, path)
        if trouble is not None:
            raise trouble

    def note(self, repository: Repository) -> str:
        """See :class:`webhook.clients.registry.credentials.Keychain`."""
        host, path = repository.registry.host, repository.path
        names = [plugin.name for plugin in self._plugins if plugin.needs_token and plugin.is_for(host, path)]
        if not names:
            return ""
        return (
            f"The credential provider {names[0]} works with tokens of ServiceAccounts, which bomgate does not make; "
            "it was not asked."
        )

    def _run_all(
        self, plugins: Sequence[Plugin], repository: Repository, deadline: Deadline
    ) -> Iterator[DockerConfig | Retryable]:
        """What each plugin says, or why it says nothing, in the order in which they end; until the deadline."""
        heard = queue.SimpleQueue[tuple[Plugin, DockerConfig | Retryable | BaseException]]()

        def ask(plugin: Plugin) -> None:
            try:
                heard.put((plugin, self._offered(plugin, repository, deadline)))
            except BaseException as problem:  # whoever waits gets it
                heard.put((plugin, problem))

        for plugin in plugins:
            # Daemons: what nobody waits for any longer must not keep a process from ending.
            threading.Thread(target=ask, args=(plugin,), name=f"plugin-{plugin.name}", daemon=True).start()
        waiting = list(plugins)
        while waiting:
            try:
                plugin, said = heard.get(timeout=deadline.remaining(self._clock.monotonic()))
            except queue.Empty:
                yield _failed(waiting[0], "it did not end in the time of the look-up")
                return
            waiting.remove(plugin)
            if isinstance(said, BaseException) and not isinstance(said, Retryable):
                raise said
            yield said

    def _offered(self, plugin: Plugin, repository: Repository, deadline: Deadline) -> DockerConfig:
        host, seconds = repository.registry.host, deadline.remaining(self._clock.monotonic())
        # One run at a time for a registry, so that many look-ups of it start one program; what others wait for is
        # their registry alone.
        with self._running.within((plugin.name, host), seconds) as is_ours:
            if not is_ours:
                raise _failed(plugin, "it was running for another image until the end of the look-up")
            known = self._kept(plugin, repository)
            if known is not None:
                return known
            said = _read_response(plugin, self._run(plugin, repository.name))
            if said.seconds > 0:
                scopes = {"Image": repository.name, "Registry": host, "Global": ""}
                self._known.put((plugin.name, scopes[said.scope]), said.offered, said.seconds)
            return said.offered

    def _kept(self, plugin: Plugin, repository: Repository) -> DockerConfig | None:
        for key in (repository.name, repository.registry.host, ""):
            known = self._known.get((plugin.name, key))
            if known is not None:
                return known
        return None

    def _run(self, plugin: Plugin, image: str) -> bytes:
        question = {"kind": "CredentialProviderRequest", "apiVersion": plugin.api_version, "image": image}
        seconds = self._options.timeout_seconds
        try:
            done = run_confined(
                plugin.command,
                {**self._environment, **plugin.environment},
                None,
                Limits(NO_LIMIT, seconds, _MAX_OUTPUT, NO_LIMIT),
                self._clock,
                msgspec.json.encode(question),
            )
        except OSError as problem:
            raise _failed(plugin, problem.strerror or type(problem).__name__) from problem
        if done.stopped == "time":
            raise _failed(plugin, f"it did not end within {seconds:g} s", done.errors)
        if done.stopped:
            raise _failed(plugin, f"it printed more than {_MAX_OUTPUT} bytes", done.errors)
        if done.code != 0:
            raise _failed(plugin, f"it ended with {done.code}", done.errors)
        return done.output


def _in_order(configs: Iterable[DockerConfig], host: str, path: str) -> list[Credential]:
    """The credentials that match a repository as the kubelet's keyring has them: longer keys first, then by plugin."""
    matches = [(key, config.entries[key]) for config in configs for key in config.keys(host, path)]
    return [credential for _, credential in sorted(matches, key=itemgetter(0), reverse=True)]


def _read_response(plugin: Plugin, output: bytes) -> _Said:
    """Read what a plugin printed.

    Raises:
        Retryable: it is no answer.
    """
    try:
        response = msgspec.json.decode(output, type=_Response)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise _failed(plugin, f"what it printed is no {_KIND}") from None
    if response.kind != _KIND:
        raise _failed(plugin, f"it answered with the kind {response.kind[:40]!r}")
    if response.api_version != plugin.api_version:
        shown, expected = f"{response.api_version[:60]!r}", f"{plugin.api_version!r}"
        raise _failed(plugin, f"it answered with the apiVersion {shown} and not with {expected}")
    if response.cache_key_type not in _SCOPES:
        raise _failed(plugin, f"it answered with the cacheKeyType {response.cache_key_type[:40]!r}")
    auth = response.auth or {}
    if len(auth) > _MAX_ENTRIES:
        raise _failed(plugin, f"it answered with {len(auth)} entries, more than {_MAX_ENTRIES}")
    try:
        stated = response.cache_duration
        seconds = plugin.seconds if stated is None else parse_duration(stated)
    except InvalidInput as problem:
        raise _failed(plugin, f"its cacheDuration: {problem.message}") from problem
    offered = {normal_key(key): Credential(pair.username, pair.password) for key, pair in auth.items() if pair}
    return _Said(response.cache_key_type, seconds, DockerConfig(offered))


def _failed(plugin: Plugin, why: str, errors: str = "") -> Retryable:
    """The error for a plugin without an answer.

    What it printed may hold secrets, and the message reaches whoever creates a Pod; so only the log gets it.
    """
    log.warning("a credential provider failed", extra={"provider": plugin.name, "why": why, "errors": errors[-500:]})
    return Retryable(
        f"The credential provider {plugin.name} gave no answer: {why}",
        remedy="Look into bomgate's log, and run the plugin by hand with a CredentialProviderRequest on its input.",
    )
