"""Lines of manifests: where in a file each container's image is written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import yaml

from webhook.model.workloads import Workload

_STEP = re.compile(r"\[(\d+)\]|([^.\[\]]+)")
_VALUES = ("image", "reference")


def object_nodes(text: bytes) -> list[yaml.MappingNode]:
    """The objects of a manifest as nodes that know their lines, in the order in which they are judged.

    Args:
        text: YAML or JSON that was read before.
    """
    try:
        roots = list(yaml.compose_all(text, yaml.CSafeLoader))
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError):
        return []  # JSON that is no YAML, such as with tabs; the lines are not known then
    return [found for root in roots if isinstance(root, yaml.MappingNode) for found in _opened(root)]


def image_lines(node: yaml.MappingNode, workload: Workload) -> Mapping[str, int]:
    """The line of the image of each container, from 1 on, by the container's label.

    Args:
        node: of the object.
        workload: what was read of it.
    """
    found: dict[str, int] = {}
    for container in workload.containers:
        place = _at(node, container.path)
        for key in _VALUES:  # a container, or a volume that is an image; else the path leads to the image itself
            inner = _value(place, key) if isinstance(place, yaml.MappingNode) else None
            place = inner if inner is not None else place
        if place is not None:
            found[container.label] = place.start_mark.line + 1
    return found


def _opened(root: yaml.MappingNode) -> Iterator[yaml.MappingNode]:
    """The object, or the items of a List."""
    kind, items = _value(root, "kind"), _value(root, "items")
    is_list = isinstance(kind, yaml.ScalarNode) and str(kind.value).endswith("List")
    if not (is_list and isinstance(items, yaml.SequenceNode)):
        yield root
        return
    for item in items.value:
        if isinstance(item, yaml.MappingNode):
            yield from _opened(item)


def _at(node: yaml.Node, path: str) -> yaml.Node | None:
    """The node at a field path, or the deepest one on the way to it."""
    here: yaml.Node = node
    for index, key in _STEP.findall(path):
        if index:
            items = here.value if isinstance(here, yaml.SequenceNode) else []
            inner = items[int(index)] if int(index) < len(items) else None
        else:
            inner = _value(here, key) if isinstance(here, yaml.MappingNode) else None
        if inner is None:
            break
        here = inner
    return here


def _value(node: yaml.MappingNode, key: str) -> yaml.Node | None:
    """The value of a key, also of one that is merged in with ``<<``; the last of several, as readers take it."""
    found: yaml.Node | None = None
    merged: yaml.Node | None = None
    for name, value in node.value:
        if isinstance(name, yaml.ScalarNode) and name.value == key:
            found = value
        elif isinstance(name, yaml.ScalarNode) and name.value == "<<":
            merged = value
    if found is None and merged is not None:
        sources = merged.value if isinstance(merged, yaml.SequenceNode) else [merged]
        inner = (
            _value(source, key) for source in sources if isinstance(source, yaml.MappingNode) and source is not node
        )
        found = next((value for value in inner if value is not None), None)
    return found
