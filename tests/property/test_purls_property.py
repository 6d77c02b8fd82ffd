"""Package URLs: what is written is read as packageurl-python reads it, and a key stays what it is."""

from __future__ import annotations

from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st
from packageurl import PackageURL
from packaging.version import Version

from webhook.errors import InvalidInput
from webhook.model.ecosystems import OSS_INDEX_TYPES
from webhook.model.purls import Purl, identify, parse_common, parse_purl, parse_written
from webhook.model.shapes import unusable

_TYPES = sorted(OSS_INDEX_TYPES | {"apk", "bitbucket", "deb", "generic", "github", "oci", "hackage", "pub", "made-up"})
_ordinary = st.text(alphabet="abzABZ019._-~+", min_size=1, max_size=12)
_any_part = st.text(min_size=1, max_size=8) | st.text(alphabet="aA1.+%/@:?# &=_~-", min_size=1, max_size=8) | _ordinary
_tail = st.sampled_from(["", "?arch=amd64&distro=debian-12", "#sub/path", "?a=b#c", "?"])


def _purls(part: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Purls as a tool may write them, from parts that may need escapes."""

    def spell(purl_type: str, path: list[str], version: str, tail: str, escaped: bool) -> str:
        write = (lambda text: quote(text.encode(errors="replace"), safe="")) if escaped else str
        at = f"@{write(version)}" if version else ""
        return f"pkg:{purl_type}/{'/'.join(write(text) for text in path)}{at}{tail}"

    return st.builds(
        spell,
        st.sampled_from(_TYPES),
        st.lists(part, min_size=1, max_size=3),
        st.just("") | part | part.map(lambda text: f"v1{text}"),
        _tail,
        st.booleans(),
    )


def _oracle(text: str) -> tuple[str, str, str, str] | None:
    """The coordinates as packageurl-python reads them."""
    try:
        parts = PackageURL.from_string(text.partition("#")[0].partition("?")[0])
    except ValueError:
        return None
    return parts.type, parts.namespace or "", parts.name, parts.version or ""


def _parts(purl: Purl) -> tuple[str, str, str, str]:
    return purl.type, purl.namespace, purl.name, purl.version


def _folded(parts: tuple[str, str, str, str]) -> tuple[str, str, str, str]:
    purl_type, namespace, name, version = parts
    return purl_type, namespace.lower(), name.lower().replace("_", "-"), version.lower()


@given(_purls(_ordinary))
def test_ordinary_purls_read_as_packageurl_python_reads_them(text: str) -> None:
    expected = _oracle(text)
    assert expected is not None
    if expected[0] == "pub":
        return  # packageurl-python rewrites its names
    # packageurl-python folds some types as it reads; what is written is kept here.
    assert _folded(_parts(parse_written(text))) == _folded(expected)


@given(st.lists(_purls(_ordinary) | _purls(_any_part), max_size=4))
def test_the_fastest_path_answers_as_the_slow_one_or_not_at_all(texts: list[str]) -> None:
    for text, found in zip(texts, parse_common(texts), strict=True):
        if found:
            assert type(found) is Purl
            assert found == identify(text).key
            assert found == parse_purl(text)
            assert unusable(found) is None


@given(_purls(_any_part) | st.text(max_size=40) | st.text(max_size=40).map(lambda text: f"pkg:npm/{text}"))
def test_any_text_is_a_canonical_purl_or_invalid_input(text: str) -> None:
    try:
        purl = parse_purl(text)
    except InvalidInput:
        return
    assert parse_purl(purl) == purl
    assert purl.isascii()
    assert purl.isprintable()
    assert " " not in purl
    assert "+" not in purl
    assert "?" not in purl
    assert "#" not in purl
    assert purl.count("@") == (1 if purl.version else 0)
    written = [purl.type, *filter(None, purl.namespace.split("/")), purl.name]
    assert f"pkg:{'/'.join(quote(part, safe=':') for part in written)}" == purl.package


@given(st.sampled_from(_TYPES), _any_part, _any_part)
def test_qualifiers_and_subpaths_never_change_the_coordinates(purl_type: str, qualifiers: str, subpath: str) -> None:
    plain = f"pkg:{purl_type}/ns/name@1.0"
    assert parse_purl(f"{plain}?{qualifiers.replace('#', '')}") == parse_purl(plain)
    if purl_type != "golang":
        assert parse_purl(f"{plain}?{qualifiers}#{subpath}") == parse_purl(plain)


_deb_version = st.from_regex(
    r"\A[0-9][0-9a-z.+~]{0,6}(?:-[0-9a-z.+~]{1,4})?\Z", alphabet=st.characters(max_codepoint=127)
)


@given(_deb_version, st.integers(0, 12), st.booleans())
def test_the_epoch_of_a_package_of_debian_is_one_wherever_it_stands(version: str, epoch: int, escaped: bool) -> None:
    encoded = quote(version, safe="") if escaped else version
    key = parse_purl(f"pkg:deb/debian/a@{epoch}:{encoded}")
    assert key.version == (f"{epoch}:{version}" if epoch else version)
    for text in (f"{encoded}?arch=amd64&epoch={epoch}", f"{epoch}%3A{encoded}?epoch={epoch}", f"{epoch}:{encoded}"):
        assert parse_purl(f"pkg:deb/debian/a@{text}") == key
    assert identify(f"pkg:deb/debian/a@{encoded}", version=f"{epoch}:{version}").key == key


_pep440 = st.from_regex(
    r"\Av?(?:[0-9]{1,2}!)?[0-9]{1,4}(?:\.[0-9]{1,3}){0,3}(?:[-_.]?(?:a|ALPHA|b|Beta|c|rc|pre|preview)[-_.]?[0-9]{0,2})?"
    r"(?:-[0-9]{1,2}|[-_.]?(?:post|rev|r)[-_.]?[0-9]{0,2})?(?:[-_.]?dev[-_.]?[0-9]{0,2})?(?:\+[A-Za-z0-9]{1,4}[-_.]?[a-z0-9])?\Z",
    alphabet=st.characters(max_codepoint=127),
)


@given(_pep440)
def test_versions_of_python_have_their_normal_form(text: str) -> None:
    assert identify(f"pkg:pypi/a@{text}").key.version == str(Version(text))
