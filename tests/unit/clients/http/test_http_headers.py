"""Challenges in ``WWW-Authenticate`` headers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhook.clients.http.headers import Challenge, read_challenges


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (
            'Bearer realm="https://auth.example/token",service="registry",scope="repository:a/b:pull,push"',
            [
                (
                    "bearer",
                    {"realm": "https://auth.example/token", "service": "registry", "scope": "repository:a/b:pull,push"},
                )
            ],
        ),
        ("Basic", [("basic", {})]),
        ('BASIC realm = "a b"', [("basic", {"realm": "a b"})]),
        (
            'Basic realm="a", Bearer REALM=b , service="c\\"d"',
            [("basic", {"realm": "a"}), ("bearer", {"realm": "b", "service": 'c"d'})],
        ),
        ('Negotiate, Basic realm="z"', [("negotiate", {}), ("basic", {"realm": "z"})]),
        ("", []),
        ("=", []),
    ],
)
def test_headers_hold_one_challenge_or_several(header, expected):
    assert read_challenges(header) == tuple(Challenge(*item) for item in expected)


@given(st.text(alphabet='abBasicer =,"\\', max_size=60))
def test_any_header_is_read(header):
    assert isinstance(read_challenges(header), tuple)


def test_a_very_long_header_is_cut():
    assert len(read_challenges('Bearer realm="x", ' * 100_000)) < 1000
