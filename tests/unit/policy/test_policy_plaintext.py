from __future__ import annotations

import json

import msgspec
import pytest

from webhook.policy.plaintext import cut, escaped, is_plain, plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("  two\n\tlines\r\n ", "two lines"),
        ("\x1b[31mred\x07", "[31mred"),
        ("safe\u202egnp.exe", "safegnp.exe"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("line\u2028separator", "line separator"),
        ("half\ud800", "half"),
        ("Grüße 日本 → ok", "Grüße 日本 → ok"),
    ],
)
def test_text_of_strangers_becomes_one_printable_line(text: str, shown: str) -> None:
    assert plain(text) == shown
    assert is_plain(plain(text))


def test_what_is_too_long_is_cut_with_an_ellipsis() -> None:
    assert plain("abcdef", 6) == "abcdef"
    assert plain("abcdefg", 6) == "abcde…"
    assert plain("abcd efg", 6) == "abcd…"
    assert plain("a" + " " * 100, 6) == "a…"
    assert [cut("abc", limit) for limit in (0, 1, 2, 3)] == ["", "…", "a…", "abc"]


@pytest.mark.parametrize(
    "text",
    [
        "safe\u202egnp.exe",
        "\x7f\x1b[31m\x85",
        "zero\u200bwidth\ufeff",
        "a\u2028b\u2029c\xa0d",
        "tag\U000e0041",
        "日本 \\u202e → ok",
    ],
)
def test_escaped_json_is_exact_and_hides_nothing(text: str) -> None:
    for written in (json.dumps([text], ensure_ascii=False, indent=2), msgspec.json.encode({text: text}).decode()):
        shown = escaped(written)
        assert json.loads(shown) == json.loads(written) == msgspec.json.decode(shown)
        assert is_plain(shown.replace("\n", "")) and ("日本" in shown) == ("日本" in text)
