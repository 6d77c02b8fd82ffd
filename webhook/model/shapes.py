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
        "(none)",
        "(unknown)",
        "0+unknown",
        "0.0.0-use.local",
        "9999999-dev",
        "latest",
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
        "self.version",
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
_LATEST = re.compile(r"\Alatest\.\w+\Z|\A\{")
_GO_VERSION = re.compile(r"\Av\d+\.\d+\.\d+(?:[-+].*)?\Z")
_SEMVER = re.compile(r"\d+\.\d+\.\d+(?:[-+A-Za-z].*)?", re.DOTALL)
"""A version by Semantic Versioning, or as npm reads old ones, with letters right behind the numbers."""
_SEMVERS = frozenset(["cargo", "npm"])
"""Types whose registries have always refused all other versions."""
_COMMIT = re.compile(r"[0-9a-f]{40}|(?=\d*[a-f])[0-9a-f]{7,39}")
"""A commit of git, whole or cut, which may begin with a digit; a date has no letters."""
_COMPOSER_UNSET = "+no-version-set"
"""What Composer writes behind the version of a project that has none."""
_COMPOSER_RANGE = re.compile(r"\||@(?:dev|alpha|beta|RC|stable)\Z", re.IGNORECASE)
_GO_MAJOR = re.compile(r"/v(?P<path>[1-9]\d*)\Z|\Agopkg\.in/.*\.v(?P<gopkg>\d+)(?:-unstable)?\Z", re.DOTALL)
"""The end of a module's path that says which major version it is of."""
_GO_NOWHERE = "v0.0.0-00010101000000-000000000000"
"""What the go command writes for a module that is replaced by a folder."""
_CONAN_VERSION = re.compile(r"[\w+.-]+")
_NUGET_VERSION = re.compile(r"\d++(?:\.\d++){0,3}+(?:[\w.-]++)?+(?:\+.*)?")
_GEM_VERSION = re.compile(r"\d++(?:\.[0-9A-Za-z]++)*+(?:-[0-9A-Za-z.-]++)?+")
_NUMBERED = _SEMVERS | {"cocoapods", "cran", "swift"}
"""Types whose versions begin with a number; branches and tags have names of their own."""
_PLAIN_NAME = re.compile(r"[\w.-]+", re.ASCII)
_PLAIN_NAMES = frozenset(["cargo", "cran", "gem", "maven", "nuget", "pypi"])
_ONE_PART = _PLAIN_NAMES - {"maven"}
"""Types without namespaces."""
_BLANKLESS = frozenset(
    ["cargo", "cocoapods", "composer", "conda", "conan", "gem", "golang", "npm", "nuget", "pypi", "swift"]
)
_ORDINARY = re.compile(
    # What by far the most purls look like that are read one by one.
    r"pkg:(?:(?:apk|deb|rpm)/[^@]+|(?:gem|nuget)/[\w.-]+|pypi/[a-z0-9]+(?:-[a-z0-9]+)*|composer/[\w.-]+/[\w.-]+"
    r"|golang/(?!gopkg\.in/)[A-Za-z0-9][\w-]*\.[\w.-]*/"
    r"(?:[^@]+/v(?P<major>\d+)(?=@v(?P=major)\.)|(?![^@]+/v\d+@)[^@]+)(?=@v\d+\.\d+\.\d+(?:[-%]|\Z)))@"
    r"(?!0\.0\.0-use\.local\Z|v0\.0\.0-0001|9999999-)v?\d[\d.]*+(?:-?[A-WYZa-wyz0-9][\w.-]*+)?+\Z"
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
    is_unset = kind == "composer" and version.endswith(_COMPOSER_UNSET)
    if is_unset or version.lower() in _WORDS or not any(map(str.isalnum, version)):
        return "stands for a missing version"
    if _VARIABLE.search(version):
        return "is a variable that was not resolved"
    if _URL.search(version) or _PROTOCOL.match(version) or _LOCAL_PATH.match(version):
        return ""  # said better by another reason
    if _RANGE.search(version) or (kind in _X_RANGES and _X_RANGE.match(version)):
        return "is a range of versions"
    if kind == "composer" and _COMPOSER_RANGE.search(version):
        return "is a range of versions"
    if kind in _SEMVERS and version[0].isdigit() and not _SEMVER.fullmatch(version):
        return f"is a requirement or cut off; a version of {kind} has three numbers"
    if kind == "maven" and (version.endswith("+") or _LATEST.search(version)):
        return "is a range of versions, as Gradle writes it"
    return ""


def _no_published_version(purl: Purl, version: str) -> str:
    kind = purl.type
    if _URL.search(version):
        return "is an address, not a version"
    if _PROTOCOL.match(version) or _LOCAL_PATH.match(version):
        return "names a place on the machine of the build, not a version"
    if kind in _NUMBERED and not version[0].isdigit():
        return "is a tag or a branch, not a version"
    if kind == "swift" and _COMMIT.fullmatch(version):
        return "is a commit, not a version"
    if kind == "golang" and purl.is_covered and not _GO_VERSION.match(version):
        return "is not a version of a Go module; a version is v and three numbers"
    if kind == "golang" and (major := _other_major(purl, version)):
        return f"is not of major version {major}, which the module's path ends with"
    if version == _GO_NOWHERE:
        return "stands for a folder on the machine of the build"
    if kind in _BLANKLESS and " " in version:
        return "holds a blank, which no version does"
    if (
        (kind == "conan" and not _CONAN_VERSION.fullmatch(version))
        or (kind == "gem" and not _GEM_VERSION.fullmatch(version))
        or (kind == "nuget" and not _NUGET_VERSION.fullmatch(version))
    ):
        return f"cannot be a version of {kind}"
    return ""


def _other_major(purl: Purl, version: str) -> str:
    """The major version that a Go module's path states, where its version is of another one; empty where it fits.

    v0 and v1 may be the version of a module whose path goes on with the name of a package, as ``k8s.io/api/apps/v1``.
    """
    found = _GO_MAJOR.search(f"{purl.namespace}/{purl.name}" if purl.namespace else purl.name)
    if found is None:
        return ""
    major = found["path"] or found["gopkg"]
    return "" if version.startswith((f"v{major}.", "v0.", "v1.")) else f"v{major}"


def _no_name(purl: Purl) -> str:
    kind, name, namespace = purl.type, purl.name, purl.namespace
    whole = f"{namespace}/{name}" if namespace else name
    if _VARIABLE.search(whole):
        return "holds a variable that was not resolved"
    if kind == "golang" and whole.partition("/")[0] in (".", ".."):
        return "is a folder on the machine of the build"
    if kind == "golang" and purl.is_covered and "." not in whole.partition("/")[0]:
        return "does not begin with the domain that a Go module is found by"
    if kind == "npm" and ("@" in name or ":" in whole or " " in whole or (namespace and not namespace.startswith("@"))):
        return "cannot be the name of an npm package"
    if kind == "maven" and not namespace:
        return "has no group, without which Maven knows no package"
    if kind == "swift" and "." not in namespace.partition("/")[0]:
        return "does not say where the package comes from"
    if kind == "composer" and not namespace:
        return "has no vendor; PHP itself and its extensions are in no registry"
    if kind in _ONE_PART and namespace:
        return f"has a namespace, which packages of {kind} do not have"
    if kind in _PLAIN_NAMES and not all(map(_PLAIN_NAME.fullmatch, filter(None, (namespace, name)))):
        return f"cannot be the name of a package of {kind}"
    if (kind == "composer" and "@" in whole) or (kind == "pypi" and name.strip("-") != name):
        return f"cannot be the name of a package of {kind}"
    return ""
