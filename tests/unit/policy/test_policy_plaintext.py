from __future__ import annotations

import pytest

from webhook.policy.plaintext import cut, is_plain, plain


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
