"""The entries of ``policy.kinds``: where the images of more kinds are. What could lead nowhere is refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from webhook.errors import ConfigError, InvalidInput
from webhook.model.fieldpaths import Every, FieldPath, parse_field_path
from webhook.model.kinds import WORKLOAD_KINDS
from webhook.model.policies import ExtraKind
from webhook.settings.lookup import camel, check_keys, read_text, snake

KIND_KEYS: Mapping[str, str] = {
    "group": "API group, such as argoproj.io; empty for the core group.",
    "kind": "Such as Rollout.",
    "pod_spec_path": "Path to the pod spec, or a list of paths, such as spec.jobs[*].template.spec.",
    "image_path": "Path to an image outside of a pod spec, or a list of paths, such as spec.steps[*].image.",
    "ignore": "true: the kind has no images that run, and bomgate check does not point at it.",
}
"""Keys of an entry of ``policy.kinds``, with what they mean."""

_GROUP = re.compile(r"(?:[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?)?\Z")
_KIND = re.compile(r"[A-Za-z][A-Za-z0-9]*\Z")
_PATHS = ("pod_spec_path", "image_path")
_NO_CONTENT = ("apiVersion", "kind", "metadata", "status")
_IN_A_POD_SPEC = ("containers", "initContainers", "ephemeralContainers", "volumes")


def read_kind(index: int, entry: Mapping[str, Any]) -> ExtraKind:
    """An entry of ``policy.kinds``.

    Args:
        index: its place in the list.
        entry: as written.

    Raises:
        ConfigError: it has a key that is none, or names a kind or a path that can lead nowhere.
    """
    where = f"policy.kinds[{index}]."
    check_keys(where, entry, tuple(KIND_KEYS))
    given = {snake(key): value for key, value in entry.items() if value is not None}
    group, kind = given.get("group", ""), read_text(f"{where}kind", given.get("kind"))
    if not isinstance(group, str) or not _GROUP.match(group):
        raise ConfigError(
            f"{where}group cannot be {group!r:.80}", remedy="Write the API group without a version: argoproj.io."
        )
    if not _KIND.match(kind):
        raise ConfigError(f"{where}kind cannot be {kind!r:.80}", remedy="Write it as manifests do, such as Rollout.")
    if (group, kind) in WORKLOAD_KINDS:
        raise ConfigError(f"{where}kind is {kind}, which bomgate reads by itself", remedy="Leave this entry out.")
    ignored = given.get("ignore", False)
    if not isinstance(ignored, bool):
        raise ConfigError(f"{where}ignore cannot be {ignored!r:.40}", remedy="Write true or false.")
    paths = [key for key in _PATHS if given.get(key) not in (None, [])]
    if ignored and paths:
        raise ConfigError(
            f"{where}ignore and {where}{camel(paths[0])} exclude each other", remedy="Choose one of them."
        )
    if not ignored and not paths:
        raise ConfigError(
            f"{where}podSpecPath is missing", remedy="Say where the pod spec or, as imagePath, the image is."
        )
    return ExtraKind(
        group,
        kind,
        pod_specs=_read_paths(f"{where}podSpecPath", given.get("pod_spec_path", []), _no_pod_spec),
        images=_read_paths(f"{where}imagePath", given.get("image_path", []), _no_content),
        ignored=ignored,
    )


def _read_paths(name: str, written: Any, objection: Callable[[FieldPath], str]) -> tuple[FieldPath, ...]:
    """The paths of one key, which may be one or several."""
    listed = written if isinstance(written, list) else [written]
    found = []
    for text in listed:
        try:
            path = parse_field_path(read_text(name, text))
        except InvalidInput as problem:
            raise ConfigError(f"{name}: {problem.message}", remedy=problem.remedy) from problem
        why = objection(path)
        if why:
            raise ConfigError(f"{name} cannot be {path.text!r:.100}: {why}", remedy="Correct the path.")
        found.append(path)
    return tuple(dict.fromkeys(found))


def _no_content(path: FieldPath) -> str:
    if path.steps[0] in _NO_CONTENT:
        return f"{path.steps[0]} says what an object is, or how it is; what it runs is not in there"
    return ""


def _no_pod_spec(path: FieldPath) -> str:
    last = next(step for step in reversed(path.steps) if isinstance(step, str))
    if last in _IN_A_POD_SPEC and path.steps[-1] is not Every.VALUE:
        return f"{last} is a part of a pod spec; end the path before it, or use imagePath for the images"
    return _no_content(path)
