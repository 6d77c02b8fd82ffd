"""Documents of outsiders are read in time that grows with their size: processor time at two sizes is compared.

Other than calls, which :mod:`tests.security.test_security_growth` counts, time also shows what is copied again for each
entry. Only growth counts, and the best of several runs, so that a busy machine changes nothing.
"""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Callable

import pytest

from webhook.clients.osv.records import SetBuilder
from webhook.clients.registry.dockerconfig import read_docker_config
from webhook.errors import InvalidInput
from webhook.model.purls import identify
from webhook.model.purlshapes import MAX_PURL_LENGTH
from webhook.sboms.parsing import parse

SMALL, FACTOR = 500, 8
FAST = 0.05
"""Seconds at the larger size below which growth cannot be told from noise."""


def cyclonedx(components: list[dict[str, str]]) -> bytes:
    document = {"bomFormat": "CycloneDX", "specVersion": "1.5", "components": components}
    return json.dumps(document).encode()


def spellings_of_one_package(size: int) -> Callable[[], object]:
    names = ["x" + "".join("-."[number >> bit & 1] + "x" for bit in range(14)) for number in range(size * 2)]
    document = cyclonedx([{"type": "library", "name": name, "purl": f"pkg:pypi/{name}@1.0"} for name in names])
    return lambda: parse(document)


def packages_deep_in_a_module(size: int) -> Callable[[], object]:
    folders = "/a" * 1_900
    purls = [f"pkg:golang/x.y{folders}@v1.0.{number}?type=package" for number in range(size // 10)]
    document = cyclonedx([{"type": "library", "name": "x", "purl": purl} for purl in purls])
    return lambda: parse(document)


def record_that_names_a_package_again_and_again(size: int) -> Callable[[], object]:
    affected = [
        {"package": {"ecosystem": "npm", "name": "x"}, "versions": [f"1.0.{number}"]} for number in range(size * 4)
    ]
    record = {"id": "GHSA-1", "modified": "2026-01-01T00:00:00Z", "affected": affected}
    return lambda: SetBuilder("npm").add(json.dumps(record).encode())


def record_of_many_streams(size: int) -> Callable[[], object]:
    events = [
        {"introduced": "0"},
        {"fixed": "0:8.1.2-1.module_el8"},
    ]
    affected = [
        {
            "package": {"ecosystem": "AlmaLinux:8", "name": f"p{number}"},
            "ranges": [{"type": "ECOSYSTEM", "events": events}],
        }
        for number in range(size)
    ]
    summary = " ".join(f"a:9{number}" for number in range(size))
    record = {"id": "ALSA-1", "modified": "2026-01-01T00:00:00Z", "summary": summary, "affected": affected}
    return lambda: SetBuilder("AlmaLinux").add(json.dumps(record).encode())


def secret_with_repeated_auths(size: int) -> Callable[[], object]:
    auths = json.dumps({f"*.r{number}.x": {"auth": "dTpw"} for number in range(100)})
    document = ("{" + ",".join([f'"auths": {auths}'] * (size // 10)) + "}").encode()
    return lambda: read_docker_config(document).find("r1.x", "a")


WORK = [
    spellings_of_one_package,
    packages_deep_in_a_module,
    record_that_names_a_package_again_and_again,
    record_of_many_streams,
    secret_with_repeated_auths,
]


def seconds(work: Callable[[], object]) -> float:
    gc.disable()  # it looks at all that the other tests of a process have left
    try:
        began = time.thread_time()
        work()
        return time.thread_time() - began
    finally:
        gc.enable()


@pytest.mark.parametrize("made", WORK, ids=lambda made: made.__name__)
def test_time_grows_with_the_size_of_a_document(made):
    small, large = made(SMALL), made(SMALL * FACTOR)
    after = min(seconds(large) for _ in range(2))
    if after >= FAST:
        before = min(seconds(small) for _ in range(4))
        assert after < before * FACTOR * 2.2


def test_a_secret_has_as_many_stars_however_often_its_auths_are_repeated():
    parts = [json.dumps({f"*.r{part}-{number}.x": {"auth": "dTpw"} for number in range(400)}) for part in range(3)]
    config = read_docker_config(("{" + ",".join(f'"auths": {part}' for part in parts) + "}").encode())
    assert len(config.entries) == 500
    assert config.notes == ("it has more than 10000 entries, or 500 with a star",)


def test_a_version_beside_a_purl_is_no_longer_than_a_purl():
    with pytest.raises(InvalidInput, match="the version beside it is longer than 4096 characters"):
        identify("pkg:golang/a.b/c", version="v1.0.0" + "+dirty" * MAX_PURL_LENGTH)
    one = identify("pkg:golang/a.b/c@v1.0.0", name="a.b/C" * MAX_PURL_LENGTH, group="g" * (MAX_PURL_LENGTH + 1))
    assert one.key == "pkg:golang/a.b/c@v1.0.0"
