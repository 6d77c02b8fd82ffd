"""What ``bomgate check`` did not judge: objects that seem to name images where nothing reads them.

Only Kubernetes knows what an operator makes of its objects, so this looks for what all of them write alike: lists named
``containers``, and keys named ``image``. It never decides; it says which lines under ``policy.kinds`` would have the
images judged.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from webhook.model.fieldpaths import below
from webhook.model.kinds import WORKLOAD_KINDS
from webhook.model.policies import ExtraKind
from webhook.model.workloads import Workload
from webhook.policy.plaintext import escaped

_CONTAINERS = ("containers", "initContainers", "ephemeralContainers")
_IMAGE = re.compile(r"image|imageName|[a-zA-Z]+Image")
_PARTS = ("repository", "reference", "name")
_LEFT_OUT = ("apiVersion", "kind", "metadata", "status")
_DEFINITIONS = (("apiextensions.k8s.io", "CustomResourceDefinition"),)
"""Their objects describe the objects of others."""
_POD_SPEC = re.compile(rf"(?P<spec>.+)\.(?:{'|'.join(_CONTAINERS)})(?:\[\*\]|\.\*)?(?:\.image)?\Z")
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Unjudged:
    """An object with something like containers that nothing judged.

    Attributes:
        file: that it is in.
        group: API group.
        kind: of the object.
        name: of the object; possibly empty.
        places: field paths of what looks like an image or a list of containers, at most 20.
        nowhere: configured paths at which the object has nothing.
        entries: lines to add below ``policy.kinds``; none where no path can name the image.
    """

    file: str
    group: str
    kind: str
    name: str
    places: tuple[str, ...]
    nowhere: tuple[str, ...] = ()
    entries: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The object as the report names it."""
        return f"{self.file}#{self.kind}/{self.name or '(unnamed)'}"

    @property
    def sentence(self) -> str:
        """What was not judged, and what to do about it."""
        said = []
        if self.places:
            said.append(f"Not judged: {', '.join(self.places)}.")
        if self.nowhere:
            said.append(f"Nothing is at {', '.join(self.nowhere)}, where policy.kinds looks for its images.")
        if self.entries:
            said.append(f"Add to policy.kinds: {' '.join(self.entries)}")
        elif self.places:
            said.append(
                "No path can name an image that is written in parts; its Pods are judged when they are created."
            )
        return " ".join(said)


def unjudged(
    file: str, manifest: Mapping[str, Any], workload: Workload | None, extra: Sequence[ExtraKind]
) -> Unjudged | None:
    """What of an object was not judged; None when nothing was left out.

    Args:
        file: that it is in.
        manifest: the object.
        workload: what was read of it, if anything.
        extra: the configured kinds.
    """
    group, _, _ = str(manifest.get("apiVersion", "")).rpartition("/")
    kind = str(manifest.get("kind", ""))
    key = (group, kind)
    ignored = any(kind.ignored and (kind.group, kind.kind) == key for kind in extra)
    if key in WORKLOAD_KINDS or key in _DEFINITIONS or ignored:
        return None
    judged = [container.path for container in workload.containers] if workload is not None else []
    judged += workload.pod_specs if workload is not None else ()
    whole = {where: path for where, path in _places(manifest) if not _is_below(where, judged)}
    blank = workload.nowhere if workload is not None and workload.is_blank else ()
    if not whole and not blank:
        return None
    metadata = manifest.get("metadata")
    name = metadata.get("name") if isinstance(metadata, Mapping) else None
    entries = tuple(dict.fromkeys(_entry(group, kind, path) for path in dict.fromkeys(whole.values()) if path))
    return Unjudged(file, group, kind, str(name or ""), tuple(whole)[:_SHOWN], blank, entries)


def _is_below(where: str, judged: Sequence[str]) -> bool:
    return any(
        where == text or where.startswith((f"{text}.", f"{text}[")) or text.startswith(f"{where}[") for text in judged
    )


def _entry(group: str, kind: str, path: str) -> str:
    """A line below ``policy.kinds``, as YAML and JSON read it."""
    match = _POD_SPEC.match(path)
    key, value = ("podSpecPath", match["spec"]) if match else ("imagePath", path)
    written = {"group": group, "kind": kind, key: value} if group else {"kind": kind, key: value}
    return f"- {escaped(json.dumps(written, ensure_ascii=False))}"


def _places(manifest: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Where something like an image or a list of containers is, and the path that leads there in all such objects.

    An alias of YAML is looked at once, so that a small file cannot be a long walk.
    """
    seen: set[int] = set()
    waiting: list[tuple[str, str, Any]] = [
        (below("", str(key)), below("", str(key)), value)
        for key, value in reversed(list(manifest.items()))
        if key not in _LEFT_OUT
    ]
    while waiting:
        where, path, value = waiting.pop()
        key = path.rpartition(".")[2]
        if isinstance(value, str) and value and _IMAGE.fullmatch(key) and not path.endswith(".rbd.image"):
            yield where, path
        if key in _CONTAINERS and isinstance(value, list) and _is_bare(value):
            yield where, f"{path}[*].image"
        if not isinstance(value, list | Mapping) or id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, Mapping):
            if key == "image" and any(isinstance(value.get(part), str) and value.get(part) for part in _PARTS):
                # Such as {repository: …, tag: …}: what it is put together to is known to its operator only.
                yield where, f"{path}.reference" if isinstance(value.get("reference"), str) else ""
                continue
            waiting += [
                (below(where, str(item)), _general(path, str(item), value), inner)
                for item, inner in reversed(list(value.items()))
            ]
        else:
            waiting += [(below(where, index), f"{path}[*]", inner) for index, inner in reversed(list(enumerate(value)))]


def _is_bare(containers: Sequence[Any]) -> bool:
    """Whether containers are listed without images; the controller that makes Pods of them fills them in."""
    mappings = [container for container in containers if isinstance(container, Mapping)]
    return bool(mappings) and not any("image" in mapping for mapping in mappings)


def _general(path: str, key: str, parent: Mapping[str, Any]) -> str:
    """The path of a key; ``*`` where the keys are names that people choose, such as Master and Worker."""
    named = len(parent) > 0 and all(isinstance(item, Mapping) and key[:1].isupper() for key, item in parent.items())
    return f"{path}.*" if named else below(path, key)
