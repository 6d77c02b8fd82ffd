"""Package URLs: canonical coordinates of every accepted spelling, and what is refused."""

from __future__ import annotations

import pytest

from webhook.errors import InvalidInput
from webhook.model.ecosystems import OSS_INDEX_TYPES
from webhook.model.purls import Purl, identify, parse_common, parse_purl
from webhook.model.purlshapes import MAX_PURL_LENGTH


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        # As it stands, and without what is dropped.
        ("pkg:maven/org.apache.commons/io@1.3.4", "pkg:maven/org.apache.commons/io@1.3.4"),
        (
            "pkg:maven/net.sf.jacob-project/jacob@1.14.3?classifier=x86&type=dll",
            "pkg:maven/net.sf.jacob-project/jacob@1.14.3",
        ),
        ("pkg:golang/github.com/aws/sdk@v0.1.0#service/s3", "pkg:golang/github.com/aws/sdk/service/s3@v0.1.0"),
        (
            "pkg:golang/google.golang.org/genproto#/googleapis/api/",
            "pkg:golang/google.golang.org/genproto/googleapis/api",
        ),
        ("pkg:npm/a@1?broken&&qualifiers=\n", "pkg:npm/a@1"),
        # Separators.
        ("pkg:/maven/org.apache.commons/io", "pkg:maven/org.apache.commons/io"),
        ("pkg:///maven/org.apache.commons/io", "pkg:maven/org.apache.commons/io"),
        ("pkg:maven//org.apache.commons//io@1/", "pkg:maven/org.apache.commons/io@1"),
        ("pkg:npm/a@", "pkg:npm/a"),
        (" pkg:npm/a@1 ", "pkg:npm/a@1"),
        # Case and spelling by type.
        ("pkg:PYPI/Django_package@1.11.1.dev1", "pkg:pypi/django-package@1.11.1.dev1"),
        ("pkg:pypi/zope.interface@5", "pkg:pypi/zope-interface@5"),
        ("pkg:pypi/A._-_.b@v5+cu118", "pkg:pypi/a-b@5%2Bcu118"),
        ("pkg:npm/JSONStream@1.3.5", "pkg:npm/JSONStream@1.3.5"),
        ("pkg:npm/%40Angular/Core@17.0.0", "pkg:npm/%40Angular/Core@17.0.0"),
        ("pkg:npm/@a%2Fb@=v1.0.0+build.5", "pkg:npm/%40a/b@1.0.0"),
        ("pkg:npm/acorn-jsx@5.3.2_acorn@8.8.0", "pkg:npm/acorn-jsx@5.3.2"),
        ("pkg:npm/acorn-jsx@5.3.2(acorn@8.8.0)(x@1)", "pkg:npm/acorn-jsx@5.3.2"),
        ("pkg:npm/%40vue/vue-loader-v15@npm:vue-loader%4015.10.0", "pkg:npm/vue-loader@15.10.0"),
        ("pkg:npm/b@npm:@scope/real@1.0.0", "pkg:npm/%40scope/real@1.0.0"),
        ("pkg:npm/lodash@npm:4.17.21", "pkg:npm/lodash@4.17.21"),
        ("pkg:composer/Laravel/Laravel@V5.5.0", "pkg:composer/laravel/laravel@5.5.0"),
        ("pkg:github/Package-url/purl-Spec@244fd47E", "pkg:github/package-url/purl-spec@244fd47E"),
        ("pkg:bitbucket/birKenfeld/pyGments-main@244fd47e", "pkg:bitbucket/birkenfeld/pygments-main@244fd47e"),
        ("pkg:deb/Debian/Curl@7.50.3-1?arch=i386", "pkg:deb/debian/curl@7.50.3-1"),
        ("pkg:apk/Alpine/curl@7.83.0-r0", "pkg:apk/alpine/curl@7.83.0-r0"),
        ("pkg:rpm/Fedora/ImageMagick@6.9-1.fc25", "pkg:rpm/fedora/ImageMagick@6.9-1.fc25"),
        ("pkg:oci/App@sha256:AB12", "pkg:oci/app@sha256:ab12"),
        ("pkg:huggingface/Org/Model@AB12", "pkg:huggingface/Org/Model@ab12"),
        ("pkg:golang/github.com/Masterminds/semver@v3.2.1", "pkg:golang/github.com/Masterminds/semver@v3.2.1"),
        ("pkg:maven/HTTPClient/HTTPClient@0.3-3", "pkg:maven/HTTPClient/HTTPClient@0.3-3"),
        ("pkg:nuget/EnterpriseLibrary.Common@6.0.1304", "pkg:nuget/enterpriselibrary.common@6.0.1304"),
        ("pkg:nuget/A.B@1.0.0-RC1+5114f85", "pkg:nuget/a.b@1.0.0-rc1"),
        ("pkg:cran/TraMineR@2.2", "pkg:cran/TraMineR@2.2"),
        ("pkg:cocoapods/AFNetworking@4.0.1", "pkg:cocoapods/AFNetworking@4.0.1"),
        ("pkg:conda/PyYAML@6.0?build=py36_0", "pkg:conda/pyyaml@6.0"),
        ("pkg:swift/github.com/Alamofire/Alamofire@5.4.3", "pkg:swift/github.com/alamofire/alamofire@5.4.3"),
        ("pkg:swift/github.com/apple/swift-asn1:SwiftASN1@1.5.0", "pkg:swift/github.com/apple/swift-asn1@1.5.0"),
        ("pkg:swift/github.com/Apple/Swift-NIO.git/swift-nio@2.0.0", "pkg:swift/github.com/apple/swift-nio@2.0.0"),
        ("pkg:swift/github.com/apple/swift-nio/swift-nio@2.0.0", "pkg:swift/github.com/apple/swift-nio@2.0.0"),
        ("pkg:swift/gitlab.com/a/b/b@2.0.0", "pkg:swift/gitlab.com/a/b/b@2.0.0"),
        ("pkg:maven/org.x/core@[1.0]", "pkg:maven/org.x/core@1.0"),
        ("pkg:maven/org.x/core@1.0!!", "pkg:maven/org.x/core@1.0"),
        ("pkg:maven/org.x/core@%7Bstrictly%201.0%7D", "pkg:maven/org.x/core@1.0"),
        ("pkg:nuget/a@[1.0]", "pkg:nuget/a@1.0.0"),
        ("pkg:gem/a@=%201.0", "pkg:gem/a@1.0"),
        ("pkg:conda/a@==1.0=py37_0", "pkg:conda/a@1.0"),
        ("pkg:gem/a@1.0-freebsd", "pkg:gem/a@1.0"),
        ("pkg:gem/a@1.0-riscv64-linux", "pkg:gem/a@1.0"),
        ("pkg:cargo/Inflector@0.11", "pkg:cargo/Inflector@0.11"),
        ("pkg:gem/RedCloth@4.3.2", "pkg:gem/RedCloth@4.3.2"),
        ("pkg:conan/bincrafters/cctz@2.3?channel=stable", "pkg:conan/bincrafters/cctz@2.3"),
        # Escapes.
        ("pkg:npm/@angular/core@17.0.0", "pkg:npm/%40angular/core@17.0.0"),
        ("pkg:npm/@angular/core", "pkg:npm/%40angular/core"),
        ("pkg:deb/debian/libstdc++6@12.2.0-14+b1", "pkg:deb/debian/libstdc%2B%2B6@12.2.0-14%2Bb1"),
        ("pkg:deb/debian/libstdc%2b%2b6@12.2.0", "pkg:deb/debian/libstdc%2B%2B6@12.2.0"),
        ("pkg:apk/alpine/g++@9.2.0-r4", "pkg:apk/alpine/g%2B%2B@9.2.0-r4"),
        ("pkg:deb/debian/libcap2@1%3A2.66-4?arch=amd64", "pkg:deb/debian/libcap2@1:2.66-4"),
        ("pkg:deb/debian/x@1.0%7Erc1", "pkg:deb/debian/x@1.0~rc1"),
        # The epoch of a package of Debian is a part of its version, wherever it stands.
        ("pkg:deb/debian/diffutils@3.7-3?arch=amd64&epoch=1", "pkg:deb/debian/diffutils@1:3.7-3"),
        ("pkg:deb/debian/diffutils@3.7-3?epoch=01&arch=amd64#x", "pkg:deb/debian/diffutils@1:3.7-3"),
        ("pkg:deb/debian/diffutils@1%3A3.7-3?epoch=1", "pkg:deb/debian/diffutils@1:3.7-3"),
        ("pkg:deb/debian/diffutils@1:3.7-3?epoch=1", "pkg:deb/debian/diffutils@1:3.7-3"),
        ("pkg:debian/debian/diffutils@3.7-3?epoch=1", "pkg:deb/debian/diffutils@1:3.7-3"),
        ("pkg:deb/debian/diffutils@3.7-3?epoch=0", "pkg:deb/debian/diffutils@3.7-3"),
        ("pkg:deb/debian/diffutils@3.7-3?epoch=x&xepoch=1", "pkg:deb/debian/diffutils@3.7-3"),
        ("pkg:deb/debian/diffutils@0:3.7-3", "pkg:deb/debian/diffutils@3.7-3"),
        ("pkg:deb/debian/diffutils@01:3.7-3", "pkg:deb/debian/diffutils@1:3.7-3"),
        ("pkg:deb/debian/diffutils?epoch=1", "pkg:deb/debian/diffutils"),
        ("pkg:golang/example.com/m@v2.0.0+incompatible", "pkg:golang/example.com/m@v2.0.0%2Bincompatible"),
        ("pkg:golang/github.com%2Fgorilla%2Fmux@v1.8.0", "pkg:golang/github.com/gorilla/mux@v1.8.0"),
        ("pkg:golang/example.com/m@(devel)", "pkg:golang/example.com/m@%28devel%29"),
        ("pkg:maven/g/a@1.0.0%20Final", "pkg:maven/g/a@1.0.0%20Final"),
        ("pkg:github/actions/checkout@releases/v1", "pkg:github/actions/checkout@releases%2Fv1"),
        ("pkg:brew/openssl%401.1@1.1.1w", "pkg:brew/openssl%401.1@1.1.1w"),
        ("pkg:generic/ü@1", "pkg:generic/%C3%BC@1"),
        ("pkg:generic/a%2540b@1", "pkg:generic/a%2540b@1"),
        ("pkg:generic/100%@1", "pkg:generic/100%25@1"),
        # What is no part of the identity, and what is.
        ("pkg:golang/github.com/rs/cors@1.5.0", "pkg:golang/github.com/rs/cors@v1.5.0"),
        ("pkg:golang/example.com/m@v1.2.3+dirty", "pkg:golang/example.com/m@v1.2.3"),
        ("pkg:golang/example.com/m@v1.2.3.dirty", "pkg:golang/example.com/m@v1.2.3"),
        ("pkg:golang/example.com/m@v2.0.0+incompatible.dirty", "pkg:golang/example.com/m@v2.0.0%2Bincompatible"),
        ("pkg:golang/github.com/!azure/x@v1.0.0", "pkg:golang/github.com/Azure/x@v1.0.0"),
        ("pkg:golang/std@go1.21.0", "pkg:golang/stdlib@1.21.0"),
        ("pkg:golang/stdlib@v1.21.0", "pkg:golang/stdlib@1.21.0"),
        ("pkg:golang/toolchain@go1.21.0", "pkg:golang/stdlib@1.21.0"),
        ("pkg:golang/stdlib@go1.26.5%20%28Red%20Hat%201.26.5-1.el10_2%29", "pkg:golang/stdlib@1.26.5"),
        ("pkg:golang/stdlib@1.22.4%20X:boringcrypto", "pkg:golang/stdlib@1.22.4"),
        ("pkg:golang/std@go1.26.5-X:nodwarf5", "pkg:golang/stdlib@1.26.5"),
        ("pkg:golang/stdlib@v1.26.6-rh1", "pkg:golang/stdlib@1.26.6"),
        ("pkg:golang/stdlib@1.22rc1-bigcorp", "pkg:golang/stdlib@1.22rc1"),
        ("pkg:golang/golang.org/x/crypto@v0.17.0?a=b#ssh", "pkg:golang/golang.org/x/crypto/ssh@v0.17.0"),
        ("pkg:maven/org.x:core@1.0", "pkg:maven/org.x/core@1.0"),
        ("pkg:maven/org.x/core@1.0.0.redhat-00001", "pkg:maven/org.x/core@1.0.0.redhat-00001"),
        ("pkg:gem/nokogiri@1.8.0-x86_64-linux", "pkg:gem/nokogiri@1.8.0"),
        ("pkg:gem/nokogiri@1.8.0-java", "pkg:gem/nokogiri@1.8.0"),
        ("pkg:conda/flask-cors@3.0.6-py37_0", "pkg:conda/flask-cors@3.0.6"),
        ("pkg:conda/flask-cors@3.0.6=py37_0", "pkg:conda/flask-cors@3.0.6"),
        ("pkg:cocoapods/Alamofire/Core@5.0", "pkg:cocoapods/Alamofire@5.0"),
        ("pkg:swift/github.com/a/b.git@5.0", "pkg:swift/github.com/a/b@5.0"),
        ("pkg:rpm/rhel/openssl@1:1.1.1k-6.el8?epoch=1", "pkg:rpm/redhat/openssl@1.1.1k-6.el8"),
        ("pkg:rpm/almalinux/openssl@1.1.1k-6.el8", "pkg:rpm/alma/openssl@1.1.1k-6.el8"),
        ("pkg:conan/_/zlib@1.2.11", "pkg:conan/zlib@1.2.11"),
        ("pkg:hex/hexpm/phoenix@v1.7.0", "pkg:hex/phoenix@1.7.0"),
        ("pkg:hex/acme/phoenix@1.7.0", "pkg:hex/acme/phoenix@1.7.0"),
        ("pkg:pub/http@v1.0.0", "pkg:pub/http@1.0.0"),
        ("pkg:swift/https://www.github.com/a/b.git@5.0", "pkg:swift/github.com/a/b@5.0"),
        ("pkg:swift/www.example/b@5.0", "pkg:swift/www.example/b@5.0"),
        # What a manifest has behind the version is of the build.
        ("pkg:maven/axis/axis@1.4%201855%20April%2022%202006", "pkg:maven/axis/axis@1.4"),
        ("pkg:maven/oro/oro@2.0.8%202003-12-28%2011:00:13", "pkg:maven/oro/oro@2.0.8"),
        ("pkg:maven/g/a@1.0%20(build%2017)", "pkg:maven/g/a@1.0"),
        ("pkg:maven/g/a@v1.0-rc1%20%24Revision%24", "pkg:maven/g/a@v1.0-rc1"),
        ("pkg:maven/g/a@1.0%20beta%202", "pkg:maven/g/a@1.0%20beta%202"),
        ("pkg:maven/g/a@r1%202003", "pkg:maven/g/a@r1%202003"),
        # Types that were written wrongly.
        ("pkg:dart/http@0.13.2", "pkg:pub/http@0.13.2"),
        ("pkg:erlang/jsx@3.1.0", "pkg:hex/jsx@3.1.0"),
        ("pkg:javascript/DOMPurify@3.1.4", "pkg:npm/DOMPurify@3.1.4"),
        ("pkg:mvn/log4j/log4j@1.2.16", "pkg:maven/log4j/log4j@1.2.16"),
        ("pkg:swiftpm/github.com/apple/swift-nio@2.62.0", "pkg:swift/github.com/apple/swift-nio@2.62.0"),
        ("pkg:pip/Flask@1.0", "pkg:pypi/flask@1.0"),
        ("pkg:go/github.com/a/b@v1.0.0", "pkg:golang/github.com/a/b@v1.0.0"),
        ("pkg:sbt/g/a@1.0", "pkg:maven/g/a@1.0"),
        ("pkg:rubygems/rake@13", "pkg:gem/rake@13"),
        ("pkg:crates/serde@1.0.0", "pkg:cargo/serde@1.0.0"),
        ("pkg:packagist/a/b@v1.0.0", "pkg:composer/a/b@1.0.0"),
        ("pkg:alpine/musl@1.2.2-r0?distro=alpine-3.13.0", "pkg:apk/alpine/musl@1.2.2-r0"),
        ("pkg:alpine/wolfi/musl@1.2.2-r0", "pkg:apk/wolfi/musl@1.2.2-r0"),
        ("pkg:dotnet/Microsoft.CSharp@4.3.0", "pkg:nuget/microsoft.csharp@4.3.0"),
        ("pkg:dotnet-core/System.Threading@4.3.0", "pkg:nuget/system.threading@4.3.0"),
    ],
)
def test_every_spelling_of_a_package_has_one_canonical_form(text: str, canonical: str) -> None:
    purl = parse_purl(text)
    assert purl == canonical
    assert parse_purl(purl) == purl


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "does not begin with 'pkg:'"),
        ("EnterpriseLibrary.Common@6.0.1304", "does not begin with 'pkg:'"),
        ("pgk:npm/a@1", "does not begin with 'pkg:'"),
        ("pkg%3Amaven/org.apache.commons/io", "does not begin with 'pkg:'"),
        ("pkg:EnterpriseLibrary.Common@6.0.1304", "is not a package type"),
        ("pkg:n&ginx/nginx@0.8.9", "is not a package type"),
        ("pkg:3nginx/nginx@0.8.9", "is not a package type"),
        ("pkg:nginx:a/nginx@0.8.9", "is not a package type"),
        ("pkg:none/libgcc@4.8.5-44.el7?arch=x86_64", "its type is 'none'"),
        ("pkg:maven/", "has no name"),
        ("pkg:maven/@1.3.4", "has no name"),
        ("pkg:cran/@0.9.1", "has no name"),
        ("pkg:npm/@scope", "has no name"),
        ("pkg:generic/%20@1", "has no name"),
        ("pkg:npm/a\x00b@1", "control characters"),
        ("pkg:npm/a@1\x9f", "control characters"),
        ("pkg:npm/a%00b@1", "percent-encoded control characters"),
        ("pkg:npm/a@1%0A", "percent-encoded control characters"),
        ("pkg:npm/a@1%1B2", "percent-encoded control characters"),
        ("pkg:npm/%ff@1", "not text"),
        ("pkg:npm/a@%ff", "not text"),
        ("pkg:npm/\ud800@1", "surrogate"),
        (f"pkg:npm/{'a' * MAX_PURL_LENGTH}@1", f"longer than {MAX_PURL_LENGTH}"),
    ],
)
def test_what_is_no_purl_is_refused_and_the_message_names_the_part(text: str, why: str) -> None:
    with pytest.raises(InvalidInput, match="is not a package URL") as caught:
        parse_purl(text)
    assert why in caught.value.message
    assert len(caught.value.message) < 300
    assert caught.value.remedy == "Write it as pkg:type/namespace/name@version."


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("pkg:npm/%40angular/core@17.0.0", ("npm", "@angular", "core", "17.0.0", "pkg:npm/%40angular/core")),
        ("pkg:npm/%40angular/core", ("npm", "@angular", "core", "", "pkg:npm/%40angular/core")),
        ("pkg:deb/debian/g%2B%2B@4:12.2", ("deb", "debian", "g++", "4:12.2", "pkg:deb/debian/g%2B%2B")),
        ("pkg:github/a/b@x%2Fy%40z", ("github", "a", "b", "x/y@z", "pkg:github/a/b")),
        ("pkg:golang/k8s.io/api/v2@v1", ("golang", "k8s.io/api", "v2", "v1", "pkg:golang/k8s.io/api/v2")),
        ("pkg:gem/rake@13", ("gem", "", "rake", "13", "pkg:gem/rake")),
    ],
)
def test_a_purl_gives_its_decoded_parts(text: str, parts: tuple[str, ...]) -> None:
    purl = parse_purl(text)
    assert (purl.type, purl.namespace, purl.name, purl.version, purl.package) == parts


@pytest.mark.parametrize(
    ("text", "name", "key"),
    [
        ("pkg:golang/github.com/azure/go@v1.0.0", "github.com/Azure/go", "pkg:golang/github.com/Azure/go@v1.0.0"),
        (
            "pkg:golang/github.com/azure/go@v1.0.0#V2",
            "github.com/Azure/go/v2",
            "pkg:golang/github.com/Azure/go/v2@v1.0.0",
        ),
        ("pkg:golang/github.com/a/b@v2.0.0#v2", "github.com/a/b", "pkg:golang/github.com/a/b/v2@v2.0.0"),
        ("pkg:golang/github.com/a/b@v1.0.0#api", "github.com/a/b", "pkg:golang/github.com/a/b@v1.0.0"),
        ("pkg:golang/github.com/a/b@v1.0.0#api", "b", "pkg:golang/github.com/a/b/api@v1.0.0"),
        ("pkg:npm/jsonstream@1.3.5", "JSONStream", "pkg:npm/JSONStream@1.3.5"),
        ("pkg:npm/JSONStream@1.3.5", "jsonstream", "pkg:npm/JSONStream@1.3.5"),
        ("pkg:npm/a@1.0.0", "B", "pkg:npm/a@1.0.0"),
        ("pkg:golang/github.com/Azure/go@v1.0.0", "github.com/azure/go", "pkg:golang/github.com/Azure/go@v1.0.0"),
        ("pkg:golang/a.io/b@v2.1.0", "a.io/b/v2", "pkg:golang/a.io/b/v2@v2.1.0"),
        ("pkg:golang/a.io/b@v2.1.0", "a.io/b/v3", "pkg:golang/a.io/b@v2.1.0"),
        ("pkg:golang/a.io/b@v1.1.0", "a.io/b/v1", "pkg:golang/a.io/b@v1.1.0"),
        ("pkg:npm/kk@1.0.0", "\u212ak", "pkg:npm/kk@1.0.0"),
        ("pkg:golang/a.io/kk@v1.0.0", "a.io/\u212ak", "pkg:golang/a.io/kk@v1.0.0"),
    ],
)
def test_the_name_beside_a_purl_restores_what_its_spelling_lost(text: str, name: str, key: str) -> None:
    assert identify(text, name=name).key == key


def test_a_version_beside_a_purl_counts_when_the_purl_has_none() -> None:
    assert identify("pkg:npm/a", version="1.0.0").key == "pkg:npm/a@1.0.0"
    assert identify("pkg:npm/a@2.0.0", version="1.0.0").key == "pkg:npm/a@2.0.0"
    assert identify("pkg:npm/b", name="B", group="@A", version="1").key == "pkg:npm/b@1"
    assert identify("pkg:npm/%40a/b", name="B", group="@A", version="1").key == "pkg:npm/%40A/B@1"
    assert identify("pkg:maven/core@1.0", group="org.x").key == "pkg:maven/org.x/core@1.0"
    assert identify("pkg:maven/core@1.0", name="org.x:core").key == "pkg:maven/org.x/core@1.0"
    assert identify("pkg:maven/core@1.0", name="org.x:other").key == "pkg:maven/core@1.0"
    assert identify("pkg:maven/org.y/core@1.0", name="org.x:core").key == "pkg:maven/org.y/core@1.0"


@pytest.mark.parametrize(
    ("text", "spelling"),
    [
        ("pkg:pypi/Ruamel.Yaml@0.17", "pkg:pypi/ruamel.yaml@0.17"),
        ("pkg:pypi/ruamel_yaml@0.17", ""),
        ("pkg:nuget/Newtonsoft.Json@1.0", "pkg:nuget/Newtonsoft.Json@1.0"),
        ("pkg:dotnet/Newtonsoft.Json@1.0", "pkg:nuget/Newtonsoft.Json@1.0"),
        ("pkg:composer/a/b@v1.0", "pkg:composer/a/b@v1.0"),
        ("pkg:composer/a/b@1.0", ""),
        ("pkg:composer/a/b@=1.0", ""),
        ("pkg:nuget/A@[1.0]", "pkg:nuget/A@1.0"),
        ("pkg:swift/github.com/Apple/Swift-NIO.git@v2.0", "pkg:swift/github.com/Apple/Swift-NIO@2.0"),
        ("pkg:swift/github.com/apple/swift-nio@2.0", ""),
        ("pkg:maven/g/a@1.0?type=jar", ""),
    ],
)
def test_a_spelling_is_kept_where_a_source_may_need_it(text: str, spelling: str) -> None:
    assert identify(text).spelling == spelling


def test_a_purl_says_whether_oss_index_covers_its_type() -> None:
    assert parse_purl("pkg:npm/a@1").is_covered
    assert not parse_purl("pkg:deb/debian/curl@1").is_covered
    assert not parse_purl("pkg:golang/std@go1.21.0").is_covered
    assert len(OSS_INDEX_TYPES) == 14


def test_long_qualifiers_do_not_count_because_they_are_dropped_unread() -> None:
    assert parse_purl(f"pkg:npm/a@1?x={'y' * 10_000}") == "pkg:npm/a@1"


def test_common_purls_are_read_together_and_the_others_are_left_to_parse_purl() -> None:
    texts = [
        "pkg:npm/a@1.0.0",
        "pkg:deb/debian/libstdc++6@12+b1?arch=amd64",
        "pkg:npm/%40angular/core@17.0.0#x",
        "pkg:golang/example.com//m@v1",
        "pkg:golang/example.com/m/@v1",
        "pkg:npm/a",
        "pkg:npm/a@latest",
        "pkg:npm/A@1",
        "pkg:pip/a@1",
        f"pkg:npm/{'a' * MAX_PURL_LENGTH}@1",
        "",
        "pkg:deb/debian/libstdc%2B%2B6@12%2Bb1?arch=amd64",
        "pkg:rpm/amazon/gdbm@1:1.13-6.amzn2?distro=amazon-2",
        "pkg:golang/go.starlark.net@v0.1.0",
        "pkg:golang/Go@v1.22.1",
        "pkg:golang/example.com/m@v1.0.0.dirty",
    ]
    assert parse_common(texts) == [
        Purl("pkg:npm/a@1.0.0"),
        Purl("pkg:deb/debian/libstdc%2B%2B6@12%2Bb1"),
        Purl("pkg:npm/%40angular/core@17.0.0"),
        *[Purl("")] * 8,
        Purl("pkg:deb/debian/libstdc%2B%2B6@12%2Bb1"),
        Purl("pkg:rpm/amazon/gdbm@1.13-6.amzn2"),
        Purl("pkg:golang/go.starlark.net@v0.1.0"),
        *[Purl("")] * 2,
    ]
    assert parse_common([]) == []


@pytest.mark.parametrize("before", [0, 1, 100, 200, 300])
@pytest.mark.parametrize("after", [0, 1, 300])
@pytest.mark.parametrize("more", [0, 1])
def test_the_longest_purl_is_read_wherever_it_stands_among_others(before: int, after: int, more: int) -> None:
    start, end = "pkg:npm/", "@1.0.0"
    long = Purl(f"{start}{'a' * (MAX_PURL_LENGTH - len(start + end) + more)}{end}")
    short = [Purl("pkg:npm/left-pad@1.0.0")] * before, [Purl("pkg:npm/a@1.0.0")] * after
    assert parse_common([*short[0], long, *short[1]]) == [*short[0], Purl("") if more else long, *short[1]]


@pytest.mark.parametrize("count", [0, 1, 2, 8, 9, 50])
def test_plus_signs_are_encoded_however_many_there_are(count: int) -> None:
    texts = ["pkg:deb/debian/a@1"] + ["pkg:deb/debian/libstdc++6@12+b1", "pkg:deb/debian/b@2"] * count
    assert parse_common(texts) == [parse_purl(text) for text in texts]


def test_a_line_end_in_one_purl_leaves_all_of_them_to_parse_purl() -> None:
    assert parse_common(["pkg:npm/a@1", "pkg:npm/b@1\npkg:npm/c@1"]) == ["", ""]
    assert parse_common(["pkg:npm/a@1\n"]) == [""]


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("pkg:pub/Foo-bar@1.0.0", "pkg:pub/foo_bar@1.0.0"),
        ("pkg:hex/Acme/Phoenix@1.0.0", "pkg:hex/acme/phoenix@1.0.0"),
        ("pkg:bitnami/WordPress@6.1.0", "pkg:bitnami/wordpress@6.1.0"),
        ("pkg:alpm/Arch/Pacman@6.0.1-1", "pkg:alpm/arch/pacman@6.0.1-1"),
        ("pkg:luarocks/Kong/Lua@1-1", "pkg:luarocks/kong/lua@1-1"),
        ("pkg:otp/Stdlib@1", "pkg:otp/stdlib@1"),
        ("pkg:brew/Wget@1", "pkg:brew/wget@1"),
        ("pkg:vscode-extension/Acme/Tool@1.0.0-RC", "pkg:vscode-extension/acme/tool@1.0.0-rc"),
        ("pkg:qpkg/BlackBerry/X@1", "pkg:qpkg/blackberry/X@1"),
        ("pkg:yocto/Core/X@1", "pkg:yocto/core/X@1"),
        ("pkg:hackage/AC-HalfInteger@1.2.1", "pkg:hackage/AC-HalfInteger@1.2.1"),
        ("pkg:cran/Rcpp@1.0", "pkg:cran/Rcpp@1.0"),
        ("pkg:julia/AWS@1.0.0", "pkg:julia/AWS@1.0.0"),
    ],
)
def test_names_of_types_without_case_have_one_spelling(written: str, key: str) -> None:
    assert parse_purl(written) == key
    assert parse_purl(key) == key
