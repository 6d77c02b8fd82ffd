"""Targets of ``bomgate check``: what a word on the command line means, told by existence and by content."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import yaml

from webhook.api.reviews import KIND as REVIEW
from webhook.cli.manifest_lines import image_lines, object_nodes
from webhook.cli.options import read_document
from webhook.cli.unjudged import Unjudged, unjudged
from webhook.errors import InvalidInput
from webhook.model.components import Sbom
from webhook.model.images import ImageRef, parse_image
from webhook.model.objects import workload_of
from webhook.model.policies import ExtraKind
from webhook.model.workloads import Workload
from webhook.policy.plaintext import plain

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_API_VERSION = re.compile(rb"^[ \t]*['\"]?apiVersion['\"]?[ \t]*:", re.MULTILINE)
_LOOKS_LIKE_A_PATH = re.compile(r"[./~]|.*\.(?:json|ya?ml|xml|spdx|cdx|txt|gz)\Z", re.IGNORECASE)
_RENDER = "Hand in Kubernetes objects as YAML or JSON; render templates first (`helm template`, `kubectl kustomize`)."


@dataclass(frozen=True, slots=True)
class ImageTarget:
    """An image reference."""

    name: str
    image: ImageRef


@dataclass(frozen=True, slots=True)
class SbomTarget:
    """An SBOM file."""

    name: str
    sbom: Sbom


@dataclass(frozen=True, slots=True)
class ManifestTarget:
    """Kubernetes objects.

    Attributes:
        name: of the file.
        workloads: those with a pod spec.
        others: how many have none that is judged.
        unjudged: objects with something like containers that nothing reads.
        lines: for each of the workloads, the line of the image of each container by its label; see ``Recogniser``.
    """

    name: str
    workloads: tuple[Workload, ...]
    others: int
    unjudged: tuple[Unjudged, ...] = ()
    lines: tuple[Mapping[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class ReviewTarget:
    """An AdmissionReview, as JSON."""

    name: str
    body: bytes


Target = ImageTarget | SbomTarget | ManifestTarget | ReviewTarget


class _Head(msgspec.Struct, rename="camel"):
    """The few keys that identify a kind of JSON document."""

    api_version: Any = None
    kind: Any = None
    bom_format: Any = None
    spdx_version: Any = None


_HEAD = msgspec.json.Decoder(_Head)


class Recogniser:
    """Tells what a target is.

    Args:
        parse: bytes → Sbom.
        extra_kinds: kinds beyond the built-in ones that carry a pod spec.
        with_lines: also find the lines of images in manifests, for which these are read a second time.
    """

    def __init__(
        self, parse: Callable[[bytes], Sbom], extra_kinds: Sequence[ExtraKind], *, with_lines: bool = False
    ) -> None:
        self._parse, self._extra_kinds, self._with_lines = parse, extra_kinds, with_lines

    def recognise(self, word: str) -> Target:
        """What a word of the command line means: a file when there is one, else an image.

        Raises:
            InvalidInput: it is neither, or a file that is nothing that can be judged, or two things at once.
        """
        if word != "-" and not Path(word).exists():
            return ImageTarget(word, _image(word))
        if word != "-" and Path(word).is_dir():
            raise InvalidInput(
                f"{word} is a folder.", remedy="Name the files in it; `bomgate sbom import` takes in folders of SBOMs."
            )
        try:
            return self._content("stdin" if word == "-" else word, read_document(word))
        except InvalidInput as problem:
            named = f"{'Standard input' if word == '-' else word}: {problem.message}"
            raise InvalidInput(named, remedy=problem.remedy) from problem

    def _content(self, name: str, content: bytes) -> Target:
        text = content.removeprefix(b"\xef\xbb\xbf").lstrip()
        if not text:
            raise InvalidInput("It is empty.", remedy="Hand in an SBOM, a manifest or an AdmissionReview.")
        if text[:1] in (b"{", b"["):
            head = _json_head(text)
            is_manifest = isinstance(head.api_version, str) and isinstance(head.kind, str)
            if is_manifest and (head.bom_format is not None or head.spdx_version is not None):
                raise InvalidInput(
                    "It claims to be a Kubernetes object and an SBOM at once.", remedy="Separate the two."
                )
            if is_manifest and head.kind == REVIEW:
                return ReviewTarget(name, bytes(text))
            if is_manifest:
                return self._manifest(name, [_decoded(text)], content)
        elif text[:1] != b"<" and _API_VERSION.search(text):
            return self._manifest(name, _yaml_documents(text), content)
        return SbomTarget(name, self._parse(content))

    def _manifest(self, name: str, documents: Sequence[Any], content: bytes) -> Target:
        workloads, others, left = [], 0, []
        nodes = iter(object_nodes(content) if self._with_lines else ())
        lines: list[Mapping[str, int]] = []
        for number, document in enumerate(documents, 1):
            for manifest in _objects(document):
                node = next(nodes, None)
                if manifest.get("kind") == REVIEW and len(documents) == 1:
                    return ReviewTarget(name, msgspec.json.encode(manifest, enc_hook=str))
                try:
                    workload = workload_of(manifest, self._extra_kinds)
                except InvalidInput as problem:
                    where = f"document {number}: " if len(documents) > 1 else ""
                    raise InvalidInput(f"{where}{problem.message}", remedy=problem.remedy) from problem
                missed = unjudged(name, manifest, workload, self._extra_kinds)
                left += [missed] if missed is not None else []
                if workload is None:
                    others += 1
                else:
                    workloads.append(workload)
                    lines.append(image_lines(node, workload) if node is not None else {})
        return ManifestTarget(name, tuple(workloads), others, tuple(left), tuple(lines))


def _image(word: str) -> ImageRef:
    """An image reference, unless the word looks like the path of a file that is not there."""
    absent = InvalidInput(
        f"There is no file {plain(word, 200)}.",
        remedy="Check the path. An image is written as host/repository:tag, or host/repository@sha256:….",
    )
    if _DIGEST.fullmatch(word):  # else it is the image "sha256" with a strange tag
        raise InvalidInput(
            f"{word} is a digest without the name of an image.",
            remedy="Write the name of the image before it: host/repository@sha256:…; `bomgate sbom list` shows names.",
        )
    tail = word.rpartition("/")[2]
    if _LOOKS_LIKE_A_PATH.match(word) and "@" not in word and ":" not in tail:
        raise absent
    try:
        return parse_image(word)
    except InvalidInput as problem:
        raise InvalidInput(
            f"There is no file {plain(word, 200)}, and it is not an image either: {problem.message}",
            remedy=problem.remedy,
        ) from problem


def _json_head(text: bytes) -> _Head:
    try:
        return _HEAD.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _Head()  # an array, or damaged: the SBOM reader says what is wrong with it


def _decoded(text: bytes) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
        raise InvalidInput(f"It is not JSON: {problem}", remedy=_RENDER) from problem


def _yaml_documents(text: bytes) -> list[Any]:
    try:
        return [document for document in yaml.load_all(text, yaml.CSafeLoader) if document is not None]
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as problem:
        raise InvalidInput(f"It is not YAML: {' '.join(str(problem).split())[:300]}", remedy=_RENDER) from problem


def _objects(document: Any) -> Iterator[Mapping[str, Any]]:
    """The objects of a document; a List is opened, and gives its kind to items that state none."""
    if not isinstance(document, Mapping):
        raise InvalidInput("A document is not a Kubernetes object.", remedy=_RENDER)
    kind, items = document.get("kind"), document.get("items")
    if not (isinstance(kind, str) and kind.endswith("List") and isinstance(items, list)):
        yield document
        return
    for item in items:
        if not isinstance(item, Mapping):
            raise InvalidInput("An item of a List is not a Kubernetes object.", remedy=_RENDER)
        stated = {"apiVersion": document.get("apiVersion"), "kind": kind.removesuffix("List")}
        yield from _objects({**(stated if kind != "List" else {}), **item})
