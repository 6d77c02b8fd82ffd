"""Field paths: where in objects of one kind something is, through mappings and lists.

A path is a row of steps: ``name`` is a key, ``["a.b/c"]`` a key with any characters in it, ``[*]`` every entry of a
list, ``[0]`` one of them, and ``*`` every value of a mapping: ``spec.replicatedJobs[*].template.spec.template.spec``,
``spec.pytorchReplicaSpecs.*.template.spec``.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from webhook.errors import InvalidInput

_MOST_STEPS = 32
_MOST_CHARACTERS = 1024
"""Of a true path. Each entry below a key repeats the key, so a long key would cost the product of both."""
_STEP = re.compile(
    r"""(?P<dot>\.?)(?:
        (?P<name>[A-Za-z0-9_-]+)
      | (?P<values>\*)
      | \["(?P<double>[^"\\]+)"\]
      | \['(?P<single>[^'\\]+)'\]
      | \[(?P<index>[0-9]{1,6})\]
      | (?P<entries>\[\*\])
    )""",
    re.VERBOSE,
)
_NAME = re.compile(r"[A-Za-z0-9_-]+\Z")
_GRAMMAR = (
    "Write keys with dots between them, [*] after a list and * for every value of a mapping, such as "
    'spec.jobs[*].template.spec; a key with other characters stands in brackets and quotes: spec["a.b"].'
)


class Every(enum.Enum):
    """Steps that lead to several places."""

    VALUE = "*"
    ENTRY = "[*]"


Step = str | int | Every
"""A key of a mapping, the index of an entry of a list, or all of either."""


class FieldPath(msgspec.Struct, frozen=True):
    """A path in the objects of a kind.

    Attributes:
        text: as written.
        steps: from the object down.
    """

    text: str
    steps: tuple[Step, ...]

    def __str__(self) -> str:
        return self.text

    def places(self, content: Any, odd: list[InvalidInput] | None = None) -> Iterator[tuple[str, Any]]:
        """What is at the path in one object: the true path of each place, and the value there.

        What is missing or null leads nowhere, and gives no place.

        Args:
            content: the object.
            odd: takes in what the path cannot go through, while its other ways go on; without it that is raised.

        Raises:
            InvalidInput: something on the way is not what the step goes through, such as a list where a key was named,
                or a true path has more than 1,024 characters.
        """
        places: list[tuple[str, Any]] = [("", content)]
        for step in self.steps:
            before, places = places, []
            for where, value in before:
                problems: list[InvalidInput] = []
                try:
                    places += _short(_follow(step, where, value), problems)
                except InvalidInput as problem:
                    problems.append(problem)
                if problems and odd is None:
                    raise problems[0]
                if odd is not None:
                    odd += problems
        yield from places


def parse_field_path(text: str) -> FieldPath:
    """Read a path.

    Raises:
        InvalidInput: it is none.
    """
    steps: list[Step] = []
    at = 0
    while at < len(text):
        match = _STEP.match(text, at)
        # A dot stands before a name and before * alone, and not at the beginning.
        if match is None or bool(match["dot"]) != (at > 0 and (match["name"] or match["values"]) is not None):
            raise InvalidInput(f"{text!r:.100} is not a path: {text[at:]!r:.40} cannot be read", remedy=_GRAMMAR)
        steps.append(_step(match))
        at = match.end()
    if not steps:
        raise InvalidInput("The path is empty", remedy=_GRAMMAR)
    if len(steps) > _MOST_STEPS:
        raise InvalidInput(f"{text!r:.100} has {len(steps)} steps; the most are {_MOST_STEPS}", remedy=_GRAMMAR)
    if not isinstance(steps[0], str):
        raise InvalidInput(
            f"{text!r:.100} leads nowhere: it has to begin with a field of the object, such as spec", remedy=_GRAMMAR
        )
    return FieldPath(text, tuple(steps))


def below(where: str, step: str | int) -> str:
    """The true path of a key or an entry of what is at a path."""
    if isinstance(step, int):
        return f"{where}[{step}]"
    if not _NAME.match(step):
        quote = "'" if '"' in step else '"'
        return f"{where}[{quote}{step}{quote}]"
    return f"{where}.{step}" if where else step


def _step(match: re.Match[str]) -> Step:
    if match["values"]:
        return Every.VALUE
    if match["entries"]:
        return Every.ENTRY
    if match["index"]:
        return int(match["index"])
    return match["name"] or match["double"] or match["single"]


def _follow(step: Step, where: str, value: Any) -> Iterator[tuple[str, Any]]:
    if value is None:
        return
    through = list if isinstance(step, int) or step is Every.ENTRY else Mapping
    if not isinstance(value, through):
        raise InvalidInput(f"{where or 'The object'} is {_shape(value)}, but the path {_way(step)}", remedy=_GRAMMAR)
    for key, inner in _chosen(step, value):
        if inner is not None:
            yield below(where, key if isinstance(key, int) else str(key)), inner


def _short(places: Iterable[tuple[str, Any]], long: list[InvalidInput]) -> Iterator[tuple[str, Any]]:
    """Those of some places whose true paths can be shown; the others are noted."""
    for where, value in places:
        if len(where) <= _MOST_CHARACTERS:
            yield where, value
        else:
            long.append(InvalidInput(f"{where[:60]}… has {len(where):,} characters; the most are {_MOST_CHARACTERS:,}"))


def _chosen(step: Step, value: Any) -> Iterable[tuple[Any, Any]]:
    if step is Every.ENTRY:
        return enumerate(value)
    if step is Every.VALUE:
        return [*value.items()]
    if isinstance(step, int):
        return [(step, value[step])] if step < len(value) else []
    return [(step, value.get(step))]


def _shape(value: Any) -> str:
    if isinstance(value, list):
        return "a list"
    return "a mapping" if isinstance(value, Mapping) else f"{value!r:.40}"


def _way(step: Step) -> str:
    if isinstance(step, str):
        return f"names the key {step!r:.60}"
    if isinstance(step, int):
        return f"names the entry [{step}] of a list"
    return "goes through the entries of a list" if step is Every.ENTRY else "goes through the values of a mapping"
