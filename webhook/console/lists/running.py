"""The lists of images and workloads, with the verdict that each would get now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from webhook.console.face import ConsoleFace
from webhook.console.lists.base import ACTION, MAYBE_TEXT, NUMBER, TEXTS, Column, Filter, ListView, Values
from webhook.engines.triage.judged import JudgedWorkload, KnownImage
from webhook.model.triage import Key, Page
from webhook.policy.imagenames import matches_wildcards
from webhook.policy.scores import severity

T = TypeVar("T")
_ACTIONS = (("deny", "Denied"), ("warn", "Warned of"), ("allow", "Allowed"))


def image_path(digest: str) -> str:
    """The page of an image."""
    return f"/images/{digest}"


def workload_path(namespace: str, name: str) -> str:
    """The list of the workloads of a namespace with such a name."""
    return "/workloads?" + urlencode({"namespace": namespace, "name": name})


def image_list(face: ConsoleFace) -> ListView[KnownImage]:
    """Images of which an SBOM is known."""

    def fetch(values: Values, after: Key | None, most: int) -> Page[KnownImage]:
        board, matches = face.boards.now(), name_matcher(values.get("name"))
        place = values.get("namespace")
        inside = board.digests_in(place) if place or values.get("running") else None

        def holds(one: KnownImage) -> bool:
            if inside is not None and one.digest not in inside:
                return False
            if values.get("verdict") not in (None, one.verdict.action.word):
                return False
            return any(matches(name) for name in (*one.called, one.digest))

        return _page(board.images, lambda item: (item.title, str(item.digest)), holds, after, most)

    return ListView(
        "images",
        "Images",
        "Images of which an SBOM is known, with the verdict that each would get now.",
        (
            Filter("name", "Name or digest", placeholder="*shop/web*", help="With * wildcards."),
            Filter("verdict", "Verdict", "choice", lambda: _ACTIONS),
            Filter(
                "namespace",
                "Namespace",
                "choice",
                lambda: [(namespace, namespace) for namespace in face.boards.now().namespaces],
            ),
            Filter("running", "Running only", "flag"),
        ),
        (
            Column("title", "Image", lambda item: item.title, "key", lambda item: image_path(item.digest)),
            Column("verdict", "Verdict", lambda item: item.verdict.action.word, "action", schema=ACTION),
            Column("digest", "Digest", lambda item: str(item.digest), "digest"),
            Column("names", "", lambda item: list(item.called), schema=TEXTS),
            Column("worst", "Worst finding", _worst, "severity", schema=MAYBE_TEXT),
            Column("components", "Components", lambda item: item.verdict.counts.total, "count", schema=NUMBER),
            Column("vulnerable", "Vulnerable", lambda item: item.verdict.counts.vulnerable, "count", schema=NUMBER),
            Column("unknown", "Unknown", lambda item: item.verdict.counts.unknown, "count", schema=NUMBER),
            Column("workloads", "Running in", lambda item: len(item.workloads), "count", schema=NUMBER),
        ),
        fetch,
        lambda _: (str, str),
        "No image matches. `bomgate sbom add` or `bomgate sbom import` brings SBOMs in; in a cluster they come by "
        "themselves.",
        "images",
    )


def workload_list(face: ConsoleFace) -> ListView[JudgedWorkload]:
    """What runs in the cluster."""

    def fetch(values: Values, after: Key | None, most: int) -> Page[JudgedWorkload]:
        board, matches = face.boards.now(), name_matcher(values.get("name"))
        image = values.get("image")

        def holds(one: JudgedWorkload) -> bool:
            if values.get("namespace") not in (None, one.workload.namespace):
                return False
            if values.get("verdict") not in (None, one.action.word):
                return False
            if image is not None and all(each.image.digest != image for each in one.images):
                return False
            return matches(one.workload.name) or matches(one.workload.title)

        return _page(board.workloads, _workload_key, holds, after, most)

    return ListView(
        "workloads",
        "Workloads",
        "What runs in the cluster, and what a new Pod of each workload would get now.",
        _workload_filters(face),
        _workload_columns(),
        fetch,
        lambda _: (str, str, str, str),
        "Nothing is known to run. The controller notes what runs in the cluster with each audit; on one machine there "
        "is none.",
        "workloads",
    )


def _workload_filters(face: ConsoleFace) -> tuple[Filter, ...]:
    return (
        Filter("name", "Name", placeholder="web*", help="With * wildcards."),
        Filter(
            "namespace",
            "Namespace",
            "choice",
            lambda: [(namespace, namespace) for namespace in face.boards.now().namespaces],
        ),
        Filter("verdict", "Would get", "choice", lambda: _ACTIONS),
        Filter("image", "Image digest", placeholder="sha256:…"),
    )


def _workload_columns() -> tuple[Column[JudgedWorkload], ...]:
    return (
        Column("title", "Workload", lambda item: item.workload.title, "key"),
        Column("action", "Would get", lambda item: item.action.word, "action", schema=ACTION),
        Column("mode", "Mode", lambda item: item.workload.mode and item.workload.mode.value, "mode", schema=MAYBE_TEXT),
        Column("verdict", "Verdict", lambda item: item.verdict.word, "action", schema=ACTION),
        Column("images", "Images", _images, "images", schema={"type": "array", "items": IMAGE}),
        Column("pods", "Pods", lambda item: item.workload.pods, "count", schema=NUMBER),
        Column("namespace", "", lambda item: item.workload.namespace),
        Column("kind", "", lambda item: item.workload.kind),
        Column("name", "", lambda item: item.workload.name),
    )


IMAGE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "reference": {"type": "string"},
        "digest": MAYBE_TEXT,
        "action": ACTION,
        "containers": TEXTS,
        "findings": NUMBER,
        "reasons": TEXTS,
    },
    "required": ["reference", "digest", "action", "containers", "findings", "reasons"],
}
"""The JSON Schema of an image of a workload."""


def _images(one: JudgedWorkload) -> list[dict[str, Any]]:
    return [
        {
            "reference": each.image.reference,
            "digest": None if each.image.digest is None else str(each.image.digest),
            "action": each.action.word,
            "containers": list(each.image.containers),
            "findings": 0 if each.verdict is None else len(each.verdict.findings),
            "reasons": (
                list(each.image.reasons) if each.verdict is None else [reason.text for reason in each.verdict.reasons]
            ),
        }
        for each in one.images
    ]


def _workload_key(one: JudgedWorkload) -> Key:
    of = one.workload
    return (of.namespace, of.kind, of.name, of.uid)


def _worst(one: KnownImage) -> str | None:
    scores = [finding.vulnerability.cvss_score for finding in one.verdict.findings]
    known = [score for score in scores if score is not None and score.is_finite()]
    return severity(max(known)) if known else None


def name_matcher(pattern: str | None) -> Callable[[str], bool]:
    """Whether names match a pattern with ``*`` wildcards; a pattern without any may stand anywhere in them."""
    if not pattern:
        return lambda _: True
    wanted = (pattern if "*" in pattern else f"*{pattern}*").lower()
    return lambda name: matches_wildcards(wanted, name.lower())


def _page(
    items: Sequence[T], key: Callable[[T], Key], holds: Callable[[T], bool], after: Key | None, most: int
) -> Page[T]:
    """A page of what is in memory, in order of its keys."""
    found: list[T] = []
    for item in items:
        if (after is None or key(item) > after) and holds(item):
            if len(found) == most:
                return Page(tuple(found), key(found[-1]))
            found.append(item)
    return Page(tuple(found))
