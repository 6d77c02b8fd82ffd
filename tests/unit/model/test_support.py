from __future__ import annotations

from pathlib import Path

import pytest

from webhook.model.purls import Purl
from webhook.model.support import ENDED, NAMES, in_words, release_past_support

REFERENCE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "advisories.md"


@pytest.mark.parametrize(
    ("purl", "release"),
    [
        ("pkg:deb/debian/a@1?distro=debian-10&upstream=b", "debian-10"),
        ("pkg:apk/alpine/a@1?distro=alpine-3.12", "alpine-3.12"),
        ("pkg:deb/debian/a@1?distro=debian-13", ""),
        ("pkg:deb/debian/a@1", ""),
        ("pkg:npm/a@1", ""),
    ],
)
def test_a_package_tells_whether_its_release_is_past_its_support(purl: str, release: str) -> None:
    assert release_past_support(Purl(purl)) == release
    assert not release or in_words(release).endswith(f"out of support since {ENDED[release]}")


def test_every_release_is_in_the_reference() -> None:
    text = REFERENCE.read_text()
    rows = {
        line.split("|")[1].strip(): line for line in text.partition("### Past support")[2].splitlines() if "| " in line
    }
    for release, month in ENDED.items():
        distribution, _, number = release.partition("-")
        assert f" {number} ({month})" in rows[NAMES[distribution]]
