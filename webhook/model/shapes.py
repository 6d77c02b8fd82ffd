"""Shapes of coordinates that no registry can ever have held, by type.

Asking a source about them gives no vulnerabilities, which would look clean. Only what the registry's own rules exclude
is here: a version that is merely odd is asked about. Sources by type: docs/reference/formats.md.
"""

from __future__ import annotations

import re

from webhook.model.components import SkipReason
from webhook.model.purls import Purl

_WORDS = frozenset(
    [
        "(devel)",
        "(unknown)",
        "0+unknown",
        "0.0.0-use.local",
        "latest",
        "latest.integration",
        "latest.release",
        "n/a",
        "na",
        "noassertion",
        "none",
        "not available",
        "not specified",
        "not-available",
        "not_available",
        "null",
        "release",
        "tbd",
        "undefined",
        "unknown",
        "unknown version",
        "unspecified",
    ]
)
_VARIABLE = re.compile(r"\$\{|\$\(|\{\{|#\{|%\(|\A\$|\A@[\w.-]+@\Z|\A%\w+%\Z|<[\w.-]+>")
_RANGE = re.compile(r"\A[<>^=~!]|\*|\|\||\A[\[(](?!devel|unknown).*[\])]\Z|,|[^\s-]\s+-\s+\S|\s[<>=~^!]+\s*[v\d]")
_URL = re.compile(r"://|\A(?:git|github|gitlab|bitbucket|gist|hg|svn|bzr|https?|ssh)(?:\+\w+)?:|\A[\w.-]+@[\w.-]+:")
_PROTOCOL = re.compile(r"\A(?:catalog|exec|file|jsr|link|npm|patch|path|portal|workspace):")
_LOCAL_PATH = re.compile(r"\A\.{0,2}/|\A[A-Za-z]:\\")
_X_RANGE = re.compile(r"\A(?:\d+\.)*[xX](?:\.[xX*])*\Z")
_TAG = re.compile(r"\A[A-Za-z][A-Za-z-]*\Z")
_GO_VERSION = re.compile(r"\Av?\d[\d.]*(?:[-+].*)?\Z")
_ORDINARY = re.compile(
    # What by far the most purls look like that are read one by one.
    r"pkg:(?:(?:apk|composer|deb|gem|nuget|pypi|rpm)/[^@]+|golang/[A-Za-z0-9][^/@]*/[^@]+(?=@v))@"
    r"(?!0\.0\.0-use\.local\Z)v?\d[\d.]*+(?:-?[A-WYZa-wyz0-9][\w.-]*+)?+\Z"
).match
_X_RANGES = frozenset(["cargo", "composer", "npm"])


def unusable(purl: Purl) -> tuple[SkipReason, str] | None:
    """Why no registry can hold a package under these coordinates, with a sentence; None when one may.

    Args:
        purl: the key of a component.
    """
    if _ORDINARY(purl):
        return None
    version, kind = purl.version, purl.type
    if not version:
        return SkipReason.NO_VERSION, "it has no version"
    if why := _no_version(version, kind):
        return SkipReason.NO_VERSION, f"{version!r} {why}"
    if why := _no_published_version(purl, version):
        return SkipReason.NO_VERSION, f"{version!r} {why}"
    if why := _no_name(purl):
        return SkipReason.MALFORMED_PURL, f"{purl.package!r} {why}"
    return None


def _no_version(version: str, kind: str) -> str:
    if version.lower() in _WORDS or not any(map(str.isalnum, version)):
        return "stands for a missing version"
    if _VARIABLE.search(version):
        return "is a variable that was not resolved"
    if _URL.search(version) or _PROTOCOL.match(version) or _LOCAL_PATH.match(version):
        return ""  # said better by another reason
    if _RANGE.search(version) or (kind in _X_RANGES and _X_RANGE.match(version)):
        return "is a range of versions"
    if kind == "maven" and version.endswith("+"):
        return "is a range of versions, as Gradle writes it"
    return ""


def _no_published_version(purl: Purl, version: str) -> str:
    kind = purl.type
    if _URL.search(version):
        return "is an address, not a version"
    if _PROTOCOL.match(version) or _LOCAL_PATH.match(version):
        return "names a place on the machine of the build, not a version"
    if kind == "npm" and _TAG.match(version):
        return "is a tag, not a version"
    if kind == "golang" and purl.is_covered and not _GO_VERSION.match(version):
        return "is not a version of a Go module; a version is v and numbers"
    return ""


def _no_name(purl: Purl) -> str:
    kind, name, namespace = purl.type, purl.name, purl.namespace
    whole = f"{namespace}/{name}" if namespace else name
    if _VARIABLE.search(whole):
        return "holds a variable that was not resolved"
    if kind == "golang" and whole.partition("/")[0] in (".", ".."):
        return "is a folder on the machine of the build"
    if kind == "npm" and ("@" in name or ":" in whole or " " in whole or (namespace and not namespace.startswith("@"))):
        return "cannot be the name of an npm package"
    if kind == "maven" and not namespace:
        return "has no group, without which Maven knows no package"
    if kind == "swift" and not namespace:
        return "does not say where the package comes from"
    return ""
