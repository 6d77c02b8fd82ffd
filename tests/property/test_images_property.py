"""Image references: whatever is accepted can be written back, and nothing but InvalidInput is raised."""

from __future__ import annotations

import contextlib

from hypothesis import given
from hypothesis import strategies as st

from webhook.errors import InvalidInput
from webhook.model.images import parse_digest, parse_image

_word = st.text(alphabet="abz019", min_size=1, max_size=6)
_plain = st.lists(_word, min_size=1, max_size=3).map("-".join)
_component = st.lists(_word | st.sampled_from([".", "_", "__", "-", "---"]), min_size=1, max_size=5).map(
    lambda parts: "a".join(["", *parts, ""])
)
_host = st.builds(lambda label, port: f"{label}.example{port}", _plain, st.sampled_from(["", ":5000"]))
_tag = st.text(alphabet="abzABZ019_.-", max_size=30).map(lambda text: f"v{text}")
_digest = st.binary(min_size=32, max_size=32).map(lambda data: f"sha256:{data.hex()}")
_path = st.lists(_component, min_size=1, max_size=4).map("/".join)
_short = st.builds(lambda head, rest: f"{head}{rest}", _plain, st.just("") | _path.map(lambda path: f"/{path}"))


@given(_host, _path, st.none() | _tag, st.none() | _digest)
def test_the_parts_of_a_valid_reference_come_back(host: str, path: str, tag: str | None, digest: str | None) -> None:
    text = f"{host}/{path}" + (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")
    image = parse_image(text)
    assert image.host == host
    assert image.repository == path
    assert image.tag == (tag or (None if digest else "latest"))
    assert image.digest == digest


@given(_short, st.none() | _tag)
def test_the_full_name_means_the_same_image_as_the_short_one(path: str, tag: str | None) -> None:
    image = parse_image(path + (f":{tag}" if tag else ""))
    again = parse_image(image.tagged)
    assert (again.host, again.repository, again.tag) == (image.host, image.repository, image.tag)


@given(st.text(max_size=80) | st.text(alphabet="aA0./:@-_[]sha256 \n%", max_size=80))
def test_any_text_is_an_image_or_invalid_input(text: str) -> None:
    try:
        image = parse_image(text)
    except InvalidInput:
        return
    assert image.text == text
    assert image.name == image.name.lower()


@given(st.text(max_size=80))
def test_any_text_is_a_digest_or_invalid_input(text: str) -> None:
    with contextlib.suppress(InvalidInput):
        assert parse_digest(text) == text
