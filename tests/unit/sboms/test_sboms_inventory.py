"""What of an entry is usable."""

from __future__ import annotations

import pytest

from webhook.errors import InvalidInput
from webhook.model.components import SkipReason
from webhook.model.purls import parse_purl
from webhook.model.shapes import unusable
from webhook.sboms.entries import Beside, shown
from webhook.sboms.inventory import Inventory
from webhook.sboms.limits import Limits


def settled(purl: str, name: str | None = None) -> Inventory:
    inventory = Inventory(Limits())
    inventory.purls.append(purl)
    inventory.entries.append(Beside(name))
    inventory.settle()
    return inventory


@pytest.mark.parametrize(
    ("purl", "reason"),
    [
        ("", SkipReason.NO_PURL),
        (" \t", SkipReason.NO_PURL),
        ("npm/a@1", SkipReason.MALFORMED_PURL),
        ("pkg:none/libgcc@4.8.5-44.el7?arch=x86_64", SkipReason.MALFORMED_PURL),
        ("pkg:npm/a%00@1", SkipReason.MALFORMED_PURL),
        ("pkg:npm/a", SkipReason.NO_VERSION),
        ("pkg:npm/a@?x=y", SkipReason.NO_VERSION),
        ("pkg:npm/%40s/a", SkipReason.NO_VERSION),
        ("pkg:golang/example.com/m@(devel)", SkipReason.NO_VERSION),
        ("pkg:golang/example.com/m/v2@v3.0.1", SkipReason.NO_VERSION),
        ("pkg:golang/example.com/m/v22@v2.0.1", SkipReason.NO_VERSION),
        ("pkg:golang/example.com/m/v2@v22.0.1", SkipReason.NO_VERSION),
        ("pkg:golang/example.com/m/v12@v13.0.0", SkipReason.NO_VERSION),
        ("pkg:golang/gopkg.in/yaml.v2@v3.0.0", SkipReason.NO_VERSION),
        ("pkg:golang/example.com/m@%28devel%29", SkipReason.NO_VERSION),
        ("pkg:npm/a@UNKNOWN", SkipReason.NO_VERSION),
        ("pkg:npm/a@latest", SkipReason.NO_VERSION),
        ("pkg:npm/a@^1.2.0", SkipReason.NO_VERSION),
        ("pkg:npm/a@%3E%3D1.2%20%3C2", SkipReason.NO_VERSION),
        ("pkg:npm/a@~1.2", SkipReason.NO_VERSION),
        ("pkg:npm/a@1.x%20%7C%7C%202.x", SkipReason.NO_VERSION),
        ("pkg:npm/a@*", SkipReason.NO_VERSION),
        ("pkg:pypi/a@1.*", SkipReason.NO_VERSION),
        ("pkg:maven/g/a@$%7Bproject.version%7D", SkipReason.NO_VERSION),
        ("pkg:cran/bioc/limma@3.50", SkipReason.MALFORMED_PURL),
        ("pkg:swift/apple/swift-nio@2.0.0", SkipReason.MALFORMED_PURL),
        *[
            (f"pkg:{purl}", SkipReason.NO_VERSION)
            for purl in (
                *("cargo/lazy_static@1", "cargo/a@1.2", "golang/g.test/a@v1", "golang/g.test/a@v1.2"),
                *("npm/a@1", "npm/rbac@1.0", "npm/%40s/a@1.4", "npm/a@v2", "npm/a@1.2-beta.1", "npm/a@1.2.3.4"),
                *("cargo/a@1.2.3.4", "cargo/a@1.0-alpha"),
                *(
                    "golang/g.test/a@v1.2.3.4",
                    "golang/g.test/a@1.2",
                    "composer/a/b@1.0%7C2.0",
                    "composer/a/b@1.0%40beta",
                ),
                "composer/a/b@1.0%2Bno-version-set",
                *("cran/a@main", "swift/github.com/apple/swift-nio@40c465af19b993344e84355c00669ba2022ca3cd"),
                *(
                    "swift/github.com/apple/swift-nio@c93f16c25af5770f0d3e6af27c9634640946b068",
                    "swift/g.test/a/b@40c465a",
                ),
            )
        ],
    ],
)
def test_an_entry_that_cannot_be_looked_up_is_kept_with_the_reason(purl: str, reason: SkipReason) -> None:
    inventory = settled(purl, "name")
    assert not inventory.components
    assert [(skipped.name, skipped.reason) for skipped in inventory.skipped] == [("name", reason)]


@pytest.mark.parametrize(
    "purl",
    [
        "pkg:npm/a@1.0.0",
        "pkg:npm/a@1.0.0rc1",
        "pkg:npm/a@01.02.03",
        "pkg:npm/a@1.0.0-3",
        "pkg:composer/a/b@dev-master",
        "pkg:composer/a/b@v1.10.11",
        "pkg:deb/debian/x@1:2.0~rc1-1%2Bdeb12u1",
        "pkg:rpm/fedora/x@1.0%5E20240101git-1",
        "pkg:maven/axis/axis@1.4%201855%20April%2022%202006",
        "pkg:golang/example.com/m@v0.0.0-20211112202133-69e39bad7dc2",
        "pkg:github/a/b@69e39bad7dc2",
        "pkg:cargo/a@1.0.0-rc.1",
        "pkg:nuget/a@1",
        "pkg:gem/a@1",
        "pkg:pypi/a@1",
        "pkg:maven/g/a@1",
        "pkg:composer/a/b@1",
        "pkg:cocoapods/a@1",
        "pkg:conan/a@1",
        "pkg:conda/a@1",
        "pkg:cran/a@1",
        "pkg:swift/github.com/a/b@1",
        "pkg:hex/a@1",
        "pkg:pub/a@1",
        "pkg:rpm/redhat/a@1",
        "pkg:cran/a@1.2-3",
        "pkg:swift/github.com/a/b@2.0",
        "pkg:swift/github.com/a/b@20240101",
        "pkg:golang/example.com/m@v1.2.3%2Bmeta",
        "pkg:golang/example.com/m/v12@v12.0.1",
        "pkg:golang/gopkg.in/yaml.v3@v3.0.1",
        "pkg:golang/k8s.io/api/apps/v1@v0.29.0",
        "pkg:golang/github.com/moby/swarmkit/v2@v0.0.0-20220721174824-48dd89375d0a",
        "pkg:maven/org.netbeans.external/bcprov@RELEASE113",
        "pkg:maven/com.google.guava/guava@31.1-jre",
        "pkg:maven/org.apache.oro/oro@2.0.8%202003-12-28%2011:00:13",
        "pkg:maven/com.sun.xml.stream/sjsxp@1.0.1-02%2F26%2F2007%2003:20%20PM%28hw123265%29",
    ],
)
def test_an_exact_version_is_usable_however_odd(purl: str) -> None:
    inventory = settled(purl)
    assert list(inventory.components) == [parse_purl(purl)]
    assert not unusable(parse_purl(purl))


def test_components_keep_the_order_of_the_document_however_they_are_spelt() -> None:
    inventory = Inventory(Limits())
    inventory.purls = [
        "pkg:npm/z@1.0.0",
        "pkg:pypi/Flask@3",
        "pkg:npm/a",
        "pkg:npm/@s/m@1.0.0",
        "pkg:npm/a@1.0.0",
        "pkg:npm/z@1.0.0?x=y",
    ]
    inventory.entries = [Beside()] * 6
    inventory.settle()
    assert list(inventory.components) == [
        "pkg:npm/z@1.0.0",
        "pkg:pypi/flask@3",
        "pkg:npm/%40s/m@1.0.0",
        "pkg:npm/a@1.0.0",
    ]
    assert len(inventory.skipped) == 1


def test_what_people_see_is_cut_and_printable() -> None:
    assert shown("a" * 200) == "a" * 200
    assert shown("a" * 201) == "a" * 200
    assert shown("a\nb\x1b[0m\N{ZERO WIDTH SPACE}") == "a\ufffdb\ufffd[0m\ufffd"
    skipped = settled("pkg:npm/\x1b[31m" + "a" * 500, "n\n" + "a" * 500).skipped[0]
    assert skipped.name == "n\ufffd" + "a" * 198
    assert len(skipped.detail) <= 200
    assert skipped.detail.isprintable()
    assert "control characters" in skipped.detail


def test_more_entries_than_the_limit_are_refused() -> None:
    inventory = Inventory(Limits(max_entries=2))
    inventory.expect(2)
    with pytest.raises(InvalidInput, match="more than 2 components"):
        inventory.expect(1)


@pytest.mark.parametrize("purl", ["pkg:golang/./staging/x@(devel)", "pkg:golang/./staging/x@%28devel%29"])
def test_a_module_from_a_folder_is_skipped_the_same_whether_its_entry_names_it_or_not(purl: str) -> None:
    plain, named = settled(purl).skipped, settled(purl, "./staging/x").skipped
    assert [(entry.reason, entry.detail) for entry in plain] == [(entry.reason, entry.detail) for entry in named]
    assert named[0].detail == "pkg:golang/./staging/x@%28devel%29: '(devel)' stands for a missing version"
    inventory = Inventory(Limits())
    inventory.purls.append(purl.replace("./staging", "example.com"))
    inventory.entries.append(Beside("example.com/x", "v1.2.3"))
    inventory.settle()
    assert inventory.components == ("pkg:golang/example.com/x@v1.2.3",)


@pytest.mark.parametrize("type_and_path", ["deb/debian/x", "rpm/redhat/x", "cargo/x"])
def test_versioneers_word_for_no_version_is_none_however_its_plus_is_written(type_and_path: str) -> None:
    for plus in ("+", "%2B"):
        assert settled(f"pkg:{type_and_path}@0{plus}unknown").components == ()


@pytest.mark.parametrize(
    "purl",
    ["pkg:maven/g/a@[1.7,1.8[!!1.7.25", "pkg:maven/g/a@[1.0,)", "pkg:maven/g/a@[1.0],[1.2]", "pkg:nuget/a@(1.0)"],
)
def test_a_range_is_no_pinned_version(purl: str) -> None:
    assert settled(purl).skipped[0].reason is SkipReason.NO_VERSION
