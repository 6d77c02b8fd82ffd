"""Keys of JSON objects: what a node's programs would take for a key that we know, and we for another.

Containerd, the kubelet and cosign are Go programs. Their ``encoding/json`` takes a key in any case for the key that it
looks for, and the last of several. A document that holds ``manifests`` and ``Manifests`` would run other images there
than were judged here. No tool writes such documents, so they are refused.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from typing import Any, get_args

import msgspec

from webhook.errors import InvalidInput

_FOLDED = str.maketrans({"ſ": "s", "\N{KELVIN SIGN}": "k"})
_REMEDY = "Have the tool write it again; a correct one writes each key once, as its specification spells it."


class _Object(list[tuple[str, Any]]):
    """A JSON object with its keys in order, repeated ones included."""


def folded(key: str) -> str:
    """A key as Go compares it: letters in lower case, and the two others that Unicode folds to letters of ASCII."""
    return key.translate(_FOLDED).lower() if key.isascii() or _FOLDED.keys() & set(map(ord, key)) else key


def refuse_other_spellings(keys: Iterable[str], expected: Collection[str], kind: str) -> None:
    """Refuse an object with a key that Go takes for another.

    Args:
        keys: of the object.
        expected: the keys that are read, as their specification spells them.
        kind: what the object is, for people.

    Raises:
        InvalidInput: there is one.
    """
    spellings = {folded(text): text for text in expected}
    for key in keys:
        if key != spellings.get(folded(key), key):
            raise InvalidInput(f"{kind} spells the key {spellings[folded(key)]!r} as {key[:60]!r}", remedy=_REMEDY)


def refuse_misread(data: bytes, shape: type[msgspec.Struct], kind: str) -> None:
    """Refuse a document of which Go would read something else, anywhere in it.

    Args:
        data: a JSON text; its whole tree is held for a moment.
        shape: what is read of it.
        kind: what it is, for people.

    Raises:
        InvalidInput: a key stands twice in one object, or a key of the shape is spelled in another case.
        ValueError: it is no JSON in UTF-8.
        RecursionError: it is nested too deeply.
    """
    _look_at(json.loads(data.decode(), object_pairs_hook=_Object), shape, kind)


def _look_at(value: Any, shape: type[msgspec.Struct] | None, kind: str) -> None:
    if isinstance(value, _Object):
        inner = _members(shape)
        seen: set[str] = set()
        for key, member in value:
            if key in seen:
                raise InvalidInput(f"{kind} repeats the key {key[:60]!r} in one object", remedy=_REMEDY)
            seen.add(key)
            _look_at(member, inner.get(key), kind)
        refuse_other_spellings(seen, inner.keys(), kind)
    elif isinstance(value, list):
        for element in value:
            _look_at(element, shape, kind)


@lru_cache(maxsize=64)
def _members(shape: type[msgspec.Struct] | None) -> Mapping[str, type[msgspec.Struct] | None]:
    """The keys of a shape, each with the shape of what it leads to."""
    if shape is None:
        return {}
    return {field.encode_name: _shape_in(field.type) for field in msgspec.structs.fields(shape)}


def _shape_in(annotation: Any) -> type[msgspec.Struct] | None:
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return annotation
    return next(filter(None, map(_shape_in, get_args(annotation))), None)
