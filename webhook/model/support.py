"""Support: releases that their distributions no longer look after.

Of what was found since then advisories may say nothing, so that a package without one is not known to be free of it.
Meant is the support that everybody gets, without a subscription; of Debian with its LTS. What ends later than this
version of bomgate was made is not in the table, so that no verdict changes with the date alone. Whoever changes the
table raises ``model.advisories.FORMAT``, because it is noted with what advisories say of components.
Sources: wiki.debian.org/LTS, wiki.ubuntu.com/Releases, alpinelinux.org/releases, access.redhat.com/support/policy,
suse.com/lifecycle, en.opensuse.org/Lifetime, the announcements of CentOS and of Azure Linux.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from webhook.model.purls import Purl

_ENDS = """
alpine    3.3 2017-11, 3.4 2018-05, 3.5 2018-11, 3.6 2019-05, 3.7 2019-11, 3.8 2020-05, 3.9 2020-11, 3.10 2021-05,
          3.11 2021-11, 3.12 2022-05, 3.13 2022-11, 3.14 2023-05, 3.15 2023-11, 3.16 2024-05, 3.17 2024-11,
          3.18 2025-05, 3.19 2025-11, 3.20 2026-04, 3.21 2026-11
centos    6 2020-11, 7 2024-06, 8 2021-12
debian    7 2018-05, 8 2020-06, 9 2022-06, 10 2024-06, 11 2026-08
mariner   2 2025-07
opensuse  42.3 2019-06, 15.0 2019-12, 15.1 2021-01, 15.2 2021-12, 15.3 2022-12, 15.4 2023-12, 15.5 2024-12,
          15.6 2026-04
redhat    6 2020-11, 7 2024-06
suse      11.4 2019-03, 12.4 2020-06, 12.5 2024-10, 15.1 2021-01, 15.2 2021-12, 15.3 2022-12, 15.4 2023-12,
          15.5 2024-12, 15.6 2025-12
ubuntu    14.04 2019-04, 16.04 2021-04, 18.04 2023-05, 19.04 2020-01, 19.10 2020-07, 20.04 2025-05, 20.10 2021-07,
          21.04 2022-01, 21.10 2022-07, 22.10 2023-07, 23.04 2024-01, 23.10 2024-07, 24.10 2025-07, 25.04 2026-01,
          25.10 2026-07
"""
NAMES: Mapping[str, str] = {
    "alpine": "Alpine",
    "centos": "CentOS",
    "debian": "Debian",
    "mariner": "CBL-Mariner",
    "opensuse": "openSUSE Leap",
    "redhat": "Red Hat Enterprise Linux",
    "suse": "SUSE Linux Enterprise",
    "ubuntu": "Ubuntu",
}
"""Distributions, as people call them."""


def _ends() -> Iterator[tuple[str, str]]:
    distribution = ""
    for line in _ENDS.strip().splitlines():
        if not line.startswith(" "):
            distribution, _, line = line.partition(" ")
        for entry in line.strip(" ,").split(", "):
            release, _, month = entry.partition(" ")
            yield f"{distribution}-{release}", month


ENDED: Mapping[str, str] = dict(_ends())
"""The month in which support ended, such as ``2024-06``, by release as contexts have it, such as ``debian-10``."""


def release_past_support(purl: Purl) -> str:
    """The release that a package is of, if its support has ended; else empty."""
    _, stated, rest = purl.partition("?distro=")
    release = rest.partition("&")[0]
    return release if stated and release in ENDED else ""


def in_words(release: str) -> str:
    """Such as ``Debian 10 has been out of support since 2024-06``.

    Args:
        release: one of :data:`ENDED`.
    """
    distribution, _, number = release.partition("-")
    return f"{NAMES[distribution]} {number} has been out of support since {ENDED[release]}"
