"""What is known of a fix, in words."""

from __future__ import annotations

import pytest

from webhook.model.vulnerabilities import ASKED, Vulnerability
from webhook.policy.phrases import fix_words


@pytest.mark.parametrize(
    ("fixed", "source", "said"),
    [
        ("3.0.8-1", "osv", "fixed in 3.0.8-1"),
        ("", "osv", "no fixed version known"),
        ("", ASKED, ""),
        ("1\n\x1b[31m2", "osv", "fixed in 1 [31m2"),
    ],
)
def test_a_fix_no_known_fix_and_no_word_of_one_are_told_apart(fixed: str, source: str, said: str) -> None:
    assert fix_words(Vulnerability("CVE-2026-1", fixed=fixed, source=source)) == said
