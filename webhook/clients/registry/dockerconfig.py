"""Docker config files and pull secrets: bytes → credentials by host and path, as the kubelet takes them.

The kubelet is a Go program, and what opens a registry on a node has to open it here. So keys of the format count in any
case, as ``encoding/json`` folds it; of repeated keys the last one counts; ``auth`` is Base64 with or without padding
and with line ends anywhere in it. Unlike there, an entry that cannot be read spoils only itself.

Sources: ``k8s.io/kubernetes/pkg/credentialprovider`` (``config.go``, ``keyring.go``), ``encoding/json`` and
``encoding/base64`` of Go, the Secret types ``kubernetes.io/dockerconfigjson`` and ``kubernetes.io/dockercfg``.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from webhook.clients.http.messages import basic
from webhook.errors import InvalidInput
from webhook.model.images import canonical_host
from webhook.model.jsonkeys import folded

_MAX_HOST = 300
_KNOWN = frozenset(["auths", "credsstore", "credhelpers", "httpheaders", "currentcontext"])
_FIELDS = frozenset(["username", "password", "auth", "identitytoken", "registrytoken"])
_MAX_NOTES = 5
_MAX_ENTRIES, _MAX_PATTERNS = 10_000, 500
"""Entries of one file, and those of them with a star; a made-up file could else cost a look-up seconds."""
_Pairs = list[tuple[str, object]]


class _Object:
    """A JSON object with its keys in order, repeated ones included."""

    __slots__ = ("pairs",)

    def __init__(self, pairs: _Pairs) -> None:
        self.pairs = pairs


@dataclass(frozen=True, slots=True)
class Credential:
    """What opens a repository; nothing of it is shown.

    Attributes:
        username: empty with tokens.
        password: belongs to ``username``.
        identity_token: an OAuth2 refresh token, given to the token server.
        registry_token: a bearer token, given to the registry as it is.
    """

    username: str = ""
    password: str = field(default="", repr=False)
    identity_token: str = field(default="", repr=False)
    registry_token: str = field(default="", repr=False)

    @property
    def basic(self) -> str:
        """The header of Basic authentication (RFC 7617, in UTF-8)."""
        return basic(self.username, self.password)


@dataclass(frozen=True, slots=True)
class DockerConfig:
    """A docker config file, read.

    Attributes:
        entries: credentials by normalised key, ``host`` or ``host/path``.
        helpers: hosts for which the file names a helper; ``*`` stands for all of them.
        notes: what of it cannot be used, sentences without their full stops; they hold no secrets.
    """

    entries: Mapping[str, Credential]
    helpers: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    _by_host: dict[str, list[str]] = field(default_factory=dict, init=False, repr=False, compare=False)
    _patterns: list[str] = field(default_factory=list, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for key in self.entries:
            host = key.partition("/")[0]
            if "*" in host:
                self._patterns.append(key)
            else:
                self._by_host.setdefault(host, []).append(key)

    def find(self, host: str, path: str, rank: int = 0) -> Credential | None:
        """The credential of a key that matches a repository.

        Args:
            host: of the repository, with its port.
            path: of the repository.
            rank: how many matching keys come before it, in the order in which the kubelet tries them.
        """
        keys = self.keys(host, path)
        return self.entries[keys[rank]] if rank < len(keys) else None

    def keys(self, host: str, path: str) -> list[str]:
        """The keys that match a repository, in the order in which the kubelet tries them."""
        return matching((*self._by_host.get(_canonical(host), ()), *self._patterns), host, path)


def read_docker_config(data: bytes) -> DockerConfig:
    """Read a docker config file, or the older ``dockercfg``, which is its ``auths`` alone.

    Raises:
        InvalidInput: it is damaged as a whole; what it holds is not repeated in the message.
    """
    try:
        # Go replaces bytes that are no UTF-8, wherever they are.
        content = json.loads(data.decode("utf-8", "replace"), object_pairs_hook=_Object, parse_constant=_refuse)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, _Object):
        raise InvalidInput("it is not JSON of the form of a docker config file")
    known: dict[str, list[object]] = {}
    for name, value in content.pairs:
        if folded(name) in _KNOWN:
            known.setdefault(folded(name), []).append(value)
    notes: list[str] = []
    pairs: _Pairs = []
    for auths in known.get("auths", []) if known else [content]:
        if isinstance(auths, _Object):
            pairs += auths.pairs
        elif auths is None:
            pairs.clear()  # as Go takes it
        else:
            notes.append("its auths are not an object")
    return DockerConfig(_entries(pairs, notes), _helpers(known, notes), tuple(notes[:_MAX_NOTES]))


def normal_key(key: str) -> str:
    """A key of such a file as ``host`` or ``host/path``; URLs lose their scheme and the API's version."""
    host, path = split_key(key)
    for version in ("/v1", "/v2"):
        if path == version or path.startswith(f"{version}/"):
            path = path[len(version) :]
            break
    return host if path in ("", "/") else f"{host}{path}"


def split_key(key: str) -> tuple[str, str]:
    """Host, in the spelling of references, and path of a key; scheme, user, query and fragment are left out.

    Args:
        key: ``host[:port][/path]`` or a URL.
    """
    text = key.partition("://")[2] if key.startswith(("https://", "http://")) else key
    text = text.partition("#")[0].partition("?")[0]
    host, slash, path = text.partition("/")
    return _canonical(host.rpartition("@")[2]), f"{slash}{path}" if path else ""


def matching(keys: Iterable[str], host: str, path: str) -> list[str]:
    """The keys that match a repository, in the order in which the kubelet tries them.

    It sorts keys backwards, so that a longer path comes before a shorter one of the same host, and a host before one
    with a star in the same place.

    Args:
        keys: ``host[:port][/path]``, with stars in the host.
        host: of the repository, with its port.
        path: of the repository.
    """
    return sorted((key for key in keys if matches_image(key, host, path)), reverse=True)


def matches_image(pattern: str, host: str, path: str) -> bool:
    """Whether a key matches a repository, by the kubelet's rules.

    The host's labels are compared one by one and may hold ``*``; a port has to be equal; a path is the beginning of the
    repository's, and need not end where a part of it does.

    Args:
        pattern: ``host[:port][/path]``.
        host: of the repository, with its port.
        path: of the repository.
    """
    wanted_host, slash, wanted_path = pattern.partition("/")
    if not f"/{path}".startswith(f"{slash}{wanted_path}"):
        return False
    wanted_name, wanted_port = _split_port(_canonical(wanted_host))
    name, port = _split_port(_canonical(host))
    labels, wanted = name.split("."), wanted_name.split(".")
    return wanted_port == port and len(labels) == len(wanted) and all(map(_label_matches, wanted, labels))


def _entries(pairs: _Pairs, notes: list[str]) -> dict[str, Credential]:
    entries: dict[str, Credential] = {}
    patterns = 0
    for key, entry in pairs:
        patterns += "*" in key
        if len(entries) >= _MAX_ENTRIES or patterns > _MAX_PATTERNS:
            notes.insert(0, f"it has more than {_MAX_ENTRIES} entries, or {_MAX_PATTERNS} with a star")
            break
        try:
            credential = _credential(entry)
        except InvalidInput as problem:
            shown = key[:100].encode("ascii", "backslashreplace").decode()
            notes.append(f"its entry {shown!r} {problem.message}")
            entries.pop(normal_key(key), None)  # of repeated keys the last one counts, and it says nothing
            continue
        if credential is not None:
            entries[normal_key(key)] = credential
    return entries


def _credential(entry: object) -> Credential | None:
    if entry is None:
        return None
    if not isinstance(entry, _Object):
        raise InvalidInput("is not an object")
    values = dict.fromkeys(_FIELDS, "")
    for name, value in entry.pairs:
        name = folded(name)
        if name in _FIELDS and value is not None:  # null says nothing, as in Go
            if not isinstance(value, str):
                raise InvalidInput(f"has a {name} that is not a string")
            values[name] = _text(value)
    if values["auth"]:
        values["username"], values["password"] = _pair(values["auth"])
    credential = Credential(values["username"], values["password"], values["identitytoken"], values["registrytoken"])
    usable = credential.username or credential.identity_token or credential.registry_token
    return credential if usable else None


def _pair(auth: str) -> tuple[str, str]:
    """User and password of ``auth``.

    Go's decoder passes over line ends anywhere and does not mind bits left over in the last letter; padding has to be
    whole or absent.
    """
    letters = auth.replace("\r", "").replace("\n", "")
    padding = len(letters) - len(letters.rstrip("="))
    if not padding:
        letters += "=" * (-len(letters) % 4)
    try:
        decoded = base64.b64decode(letters.encode("ascii"), validate=True) if len(letters) % 4 == 0 else None
    except (binascii.Error, UnicodeError):
        decoded = None
    if decoded is None or padding > 2:
        raise InvalidInput("holds an auth that is not Base64")
    username, colon, password = decoded.decode("utf-8", "replace").partition(":")
    if not colon:
        raise InvalidInput("holds an auth without a colon")
    return username, password.rstrip("\x00")


def _helpers(known: Mapping[str, list[object]], notes: list[str]) -> frozenset[str]:
    hosts: set[str] = set()
    for helpers in known.get("credhelpers", []):
        if isinstance(helpers, _Object):
            hosts.update(normal_key(key) for key, _ in helpers.pairs)
        elif helpers is not None:
            notes.append("its credHelpers are not an object")
    for store in known.get("credsstore", []):
        if isinstance(store, str):
            hosts.update({"*"} if store else ())
        elif store is not None:
            notes.append("its credsStore is no text")
    return frozenset(hosts)


def _text(value: str) -> str:
    """The text with halves of surrogate pairs replaced, as Go replaces them."""
    return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _canonical(host: str) -> str:
    """A host in the spelling of references, where it has a length at all that a host can have."""
    return canonical_host(host) if len(host) <= _MAX_HOST else host


def _split_port(host: str) -> tuple[str, str]:
    """Name and port; an IPv6 address has its colons in brackets."""
    name, colon, port = host.rpartition(":")
    return (name, port) if colon and "]" not in port else (host, "")


def _label_matches(pattern: str, label: str) -> bool:
    head, *middle = pattern.split("*")
    if not middle:
        return pattern == label
    tail = middle.pop()
    if len(label) < len(head) + len(tail) or not (label.startswith(head) and label.endswith(tail)):
        return False
    position, end = len(head), len(label) - len(tail)
    for part in middle:
        position = label.find(part, position, end)
        if position < 0:
            return False
        position += len(part)
    return True


def _refuse(constant: str) -> object:
    raise ValueError(f"{constant} is not JSON")
