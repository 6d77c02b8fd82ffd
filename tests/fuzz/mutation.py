"""Changes to inputs that keep their structure: values of JSON change places and types, texts exchange their words."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Sequence
from typing import Any

ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 7.5, 1e308, -0.0, 2**31, 2**63, 2**64, -(2**63), 10**30),
    *("", " ", "\x00", "é", "İ", "\ud800", "\u202e", "ſ", "\N{KELVIN SIGN}", "%", "%zz", "%00", "../..", "a" * 300),
    *("pkg:", "pkg:npm/a@1", "sha256:", "9" * 40, "0", "-1", "1e999", "NaN", "null", "{}", "\n", "\t", "*", "[", "]"),
    *([], {}, [None], [[]], {"": None}, [0, "a"]),
)
WORDS = (
    *(b"\x00", b"\xff", b"\xc3", b"\xef\xbb\xbf", b"\n", b"\r\n", b"\t", b" ", b"<text>", b"</text>", b"<!--", b"-->"),
    *(b"<![CDATA[", b"]]>", b"&amp;", b"&x;", b"<!DOCTYPE a>", b"\\u0070", b"\\ud800", b'"', b"\\", b"{", b"}", b"["),
    *(b"]", b":", b",", b"=", b";", b"@", b"/", b"?", b"#", b"%2F", b"%00", b"*", b"+", b"-", b"~", b".", b"0", b"1e9"),
    *(b"99999999999999999999", b"null", b"true", b"|", b"&", b"<", b">", b">=", b"!", b"&a [*a]", b"!!python/name:os"),
)
_TOKEN = re.compile(rb"[A-Za-z0-9_]+|[ \t]+|.", re.DOTALL)
_LARGEST = 64 * 1024


def mutated(data: bytes, others: Sequence[bytes], random: random.Random) -> bytes:
    """A changed input.

    Args:
        data: a seed, or an input that was changed before.
        others: inputs of the same parser, for parts.
        random: decides.
    """
    for _ in range(random.choice((1, 1, 2, 3, 5))):
        document = _json(data) if random.random() < 0.7 else None
        data = (
            _bytes(data, others, random) if document is None else _written(_changed(document, others, random), random)
        )
    return data[:_LARGEST]


def inflated(data: bytes, sizes: tuple[int, int], random: random.Random) -> Iterator[tuple[bytes, bytes]]:
    """The input with a part of it repeated, up to each of two sizes."""
    document = _json(data)
    if document is not None:
        for holder, key in _places(document):
            value = holder[key]
            whole = json.dumps(document).encode()
            if isinstance(value, list) and value:
                count = [max(2, size // len(json.dumps(value[0]))) for size in sizes]
                holder[key] = [value[0]] * count[0]
                small = json.dumps(document).encode()
                holder[key] = [value[0]] * count[1]
                yield small, json.dumps(document).encode()
            elif isinstance(value, str) and value:
                holder[key] = value * max(1, sizes[0] // len(value))
                small = json.dumps(document).encode()
                holder[key] = value * max(1, sizes[1] // len(value))
                yield small, json.dumps(document).encode()
            holder[key] = value
            assert json.dumps(document).encode() == whole
    tokens = _TOKEN.findall(data)
    for _ in range(12 if document is None else 4):
        at = random.randrange(len(tokens) + 1)
        part = b"".join(tokens[at : at + random.choice((1, 1, 2, 3, 8))]) or b" "
        before, after = b"".join(tokens[:at]), b"".join(tokens[at:])
        small, large = (before + part * (size // len(part)) + after for size in sizes)
        yield small, large


def _json(data: bytes) -> Any:
    if data.lstrip()[:1] not in (b"{", b"["):
        return None
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def _written(document: Any, random: random.Random) -> bytes:
    text = json.dumps(document, ensure_ascii=random.random() < 0.5)
    if random.random() < 0.1:  # a key twice, or in another spelling
        keys = re.findall(r'"[A-Za-z@_]+":', text)
        if keys:
            key = random.choice(keys)
            again = random.choice((key, key.upper(), key.title(), f'"\\u{ord(key[1]):04x}{key[2:]}'))
            text = text.replace(key, f"{again} {random.choice(('null', '[]', '1'))}, {key}", 1)
    if random.random() < 0.02:
        depth = random.choice((50, 2_000))
        text = text.replace(":", ":" + "[" * depth + "]" * depth + ",", 1)
    return text.encode("utf-8", "surrogatepass")


def _places(document: Any) -> list[tuple[Any, Any]]:
    """Every place in a document: what holds it, and the key or index there."""
    found: list[tuple[Any, Any]] = []
    queue = [document]
    while queue:
        value = queue.pop()
        keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
        for key in keys:
            found.append((value, key))
            queue.append(value[key])
    return found


def _changed(document: Any, others: Sequence[bytes], random: random.Random) -> Any:
    places = _places(document)
    if not places:
        return random.choice(ODD)
    holder, key = random.choice(places)
    choice = random.randrange(8)
    if choice == 0:
        del holder[key]
    elif choice == 1:
        other, at = random.choice(places)
        holder[key] = json.loads(json.dumps(other[at])) if at in other or isinstance(at, int) else None
    elif choice == 2 and isinstance(holder[key], str):
        holder[key] = _bytes(holder[key].encode("utf-8", "surrogatepass"), (), random).decode("utf-8", "replace")
    elif choice == 3 and isinstance(holder, dict):
        holder[str(random.choice(ODD))] = holder.pop(key)
    elif choice == 4 and isinstance(holder[key], list) and holder[key]:
        holder[key] *= random.choice((2, 3, 40))
    elif choice == 5 and others and (donor := _json(random.choice(others))) is not None and (parts := _places(donor)):
        from_, at = random.choice(parts)
        holder[key] = from_[at]
    else:
        holder[key] = json.loads(json.dumps(random.choice(ODD)))
    return document


def _bytes(data: bytes, others: Sequence[bytes], random: random.Random) -> bytes:
    tokens = _TOKEN.findall(data) or [b""]
    at, end = sorted((random.randrange(len(tokens) + 1), random.randrange(len(tokens) + 1)))
    choice = random.randrange(6)
    if choice == 0:
        tokens[at : at + 1] = []
    elif choice == 1:
        tokens[at:at] = [random.choice(WORDS)]
    elif choice == 2:
        tokens[at : at + 1] = [random.choice(WORDS)]
    elif choice == 3:
        tokens[at:at] = tokens[at : min(end, at + 12)] * random.choice((1, 2, 30))
    elif choice == 4 and others:
        donor = _TOKEN.findall(random.choice(others)) or [b""]
        start = random.randrange(len(donor))
        tokens[at : min(end, at + 12)] = donor[start : start + random.choice((1, 3, 10))]
    elif data:
        place = random.randrange(len(data))
        return data[:place] + bytes([random.randrange(256)]) + data[place + 1 :]
    return b"".join(tokens)
