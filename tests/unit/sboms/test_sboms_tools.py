"""What real tools wrote of one content has one set of keys, see ``tools/README.md``."""

from __future__ import annotations

from pathlib import Path

import pytest

from webhook.sboms import parse

ROOT = Path(__file__).resolve().parents[3]
FOLDER = Path(__file__).parent / "tools"
GO = {
    "pkg:golang/github.com/Azure/go-autorest/autorest/adal@v0.9.18",
    "pkg:golang/github.com/Azure/go-autorest/autorest/date@v0.3.0",
    "pkg:golang/github.com/Azure/go-autorest/autorest@v0.11.27",
    "pkg:golang/github.com/Azure/go-autorest/logger@v0.2.1",
    "pkg:golang/github.com/Azure/go-autorest/tracing@v0.6.0",
    "pkg:golang/github.com/golang-jwt/jwt/v4@v4.5.0",
    "pkg:golang/golang.org/x/crypto@v0.0.0-20211215153901-e495a2d5b3d3",
    "pkg:golang/gopkg.in/yaml.v2@v2.4.0",
}
STDLIB = "pkg:golang/stdlib@1.26.8"
CHECKER = "pkg:maven/org.checkerframework/checker-qual@3.12.0"
CONTENTS = {
    "npm": {
        "pkg:npm/%40Acme/Shop@1.0.0",
        "pkg:npm/%40acme/inner@2.0.0",
        "pkg:npm/JSONStream@1.3.5",
        "pkg:npm/acme-local@0.3.0-rc.1",
        "pkg:npm/acorn-jsx@5.3.1",
        "pkg:npm/acorn@7.4.1",
        "pkg:npm/is-number@6.0.0",
        "pkg:npm/is-odd@3.0.1",
        "pkg:npm/jsonparse@1.3.1",
        "pkg:npm/lodash@4.17.15",
        "pkg:npm/through@2.3.8",
    },
    "pypi": {
        "pkg:pypi/acme-local-thing@1.2.0%2Bacme.1",
        "pkg:pypi/blinker@1.9.0",
        "pkg:pypi/click@8.5.1",
        "pkg:pypi/flask-cors@3.0.6",
        "pkg:pypi/flask@3.1.3",
        "pkg:pypi/itsdangerous@2.2.0",
        "pkg:pypi/jinja2@3.1.6",
        "pkg:pypi/markupsafe@3.0.4",
        "pkg:pypi/ruamel-yaml@0.17.4",
        "pkg:pypi/six@1.17.0",
        "pkg:pypi/werkzeug@3.1.9",
    },
    "go": {*GO, STDLIB},
    "gomod": {*GO, "pkg:golang/github.com/Azure/go-autorest@v14.2.0%2Bincompatible"},
    "maven": {
        "pkg:maven/com.google.code.findbugs/jsr305@3.0.2",
        "pkg:maven/com.google.errorprone/error_prone_annotations@2.11.0",
        "pkg:maven/com.google.guava/failureaccess@1.0.1",
        "pkg:maven/com.google.guava/guava@31.1-jre",
        "pkg:maven/com.google.guava/listenablefuture@9999.0-empty-to-avoid-conflict-with-guava",
        "pkg:maven/com.google.j2objc/j2objc-annotations@1.3",
        "pkg:maven/org.apache.logging.log4j/log4j-api@2.14.1",
        "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1",
        CHECKER,
    },
}
PROJECTS = {
    "pkg:pypi/shop@1.0.0",
    "pkg:golang/example.com/acme/Shop@v1.2.3",
    "pkg:maven/com.acme/shop@1.0.0",
}
"""The project itself: some tools name it, others do not, or do not know its version."""
GUESSED = "pkg:maven/org.checkerframework.checker.qual/checker-qual@3.12.0"
OTHERWISE = {
    "go-cdxgen": ({STDLIB}, set[str]()),
    "maven-cdxgen": (set[str](), {"pkg:maven/junit/junit@4.13.2", "pkg:maven/org.hamcrest/hamcrest-core@1.3"}),
    "maven-syft": ({CHECKER}, {GUESSED}),
}
"""Content and tool → what it leaves out, and what it has more: cdxgen names what only tests need, and knows no standard
library; Syft guesses the group of a JAR without a POM from its manifest, and writes it into the purl like any other."""


def documents() -> list[Path]:
    """What tools wrote."""
    return [path for path in sorted(FOLDER.iterdir()) if path.name != "README.md"]


def parts(path: Path) -> tuple[str, str, str]:
    """Content, tool and version."""
    content, rest = path.name.split("-", 1)
    tool, version = rest.rsplit("-", 1)
    return content, tool, ".".join(version.split(".")[:3])


@pytest.mark.parametrize("path", documents(), ids=lambda path: path.name)
def test_real_tools_give_one_content_the_same_keys(path: Path) -> None:
    content, tool, _ = parts(path)
    less, more = OTHERWISE.get(f"{content}-{tool.removesuffix('-app').removesuffix('-bin')}", (set(), set()))
    sbom = parse(path.read_bytes())
    assert set(sbom.components) - PROJECTS == (CONTENTS[content] - less) | more
    # The project without a version, and links that Syft lists a second time without one.
    assert {skipped.name for skipped in sbom.skipped} <= {"example.com/acme/Shop", "@acme/inner", "acme-local"}
    assert {skipped.reason.value for skipped in sbom.skipped} <= {"no-version"}


def test_each_content_was_seen_by_several_tools() -> None:
    seen = {content: {parts(path)[1] for path in documents() if parts(path)[0] == content} for content in CONTENTS}
    assert all(len(tools) > 1 for tools in seen.values()), seen


def test_the_reference_names_each_tool_with_the_version_that_was_seen() -> None:
    reference = (ROOT / "docs/reference/formats.md").read_text(encoding="utf-8").lower()
    for path in documents():
        _, tool, version = parts(path)
        name = tool.removesuffix("-app").removesuffix("-bin").removesuffix("-sbom")
        assert f"| {name} {version} |" in reference, path.name
