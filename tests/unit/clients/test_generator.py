"""Making SBOMs with a program: found, limited, explained; the programs here are small scripts in its place."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import RunningClock
from webhook.clients.generator import GeneratedSource, Syft
from webhook.clients.generator_options import GeneratorOptions
from webhook.errors import ConfigError, DeadlineExceeded, Final, InvalidInput, Retryable
from webhook.model.deadlines import Deadline
from webhook.model.images import Digest, parse_image
from webhook.model.pulling import PullTarget
from webhook.sboms import parse

DIGEST, OTHER = Digest(f"sha256:{'a' * 64}"), Digest(f"sha256:{'b' * 64}")
TARGET = PullTarget("registry.test", "team/app", (("image", DIGEST),))
IMAGE = parse_image("registry.test/team/app:1")
BOM = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.6",
    "components": [{"type": "library", "name": "a", "purl": "pkg:npm/a@1.0.0"}],
}
VERSION = """#!/bin/sh
if [ "$1" = version ]; then echo '{"application": "syft", "version": "1.18.1"}'; exit; fi
echo scanned >> "$(dirname "$0")/scans"
"""


@pytest.fixture
def clock() -> RunningClock:
    return RunningClock()


@pytest.fixture
def soon(clock: RunningClock) -> Deadline:
    return Deadline(clock.monotonic() + 60)


@pytest.fixture
def make_syft(tmp_path: Path, clock: RunningClock) -> Callable[..., Syft]:
    """Makes a generator whose program is a shell script that says that it is syft, and then does what the test says."""

    def make(script: str = "", whole: str = "", environment: dict[str, str] | None = None, **options: Any) -> Syft:
        program = tmp_path / "syft"
        program.write_text(whole or VERSION + script)
        program.chmod(0o755)
        given = GeneratorOptions(**{"generate": "syft", "syft": program, **options})
        return Syft(given, environment or {"PATH": os.environ["PATH"]}, clock)

    return make


def scans(tmp_path: Path) -> int:
    """How often the program was asked to scan."""
    path = tmp_path / "scans"
    return len(path.read_text().splitlines()) if path.exists() else 0


def scan(syft: Syft, deadline: Deadline, target: PullTarget = TARGET) -> bytes:
    return syft.scan(target, DIGEST, deadline)


def test_what_the_program_prints_is_the_sbom(make_syft: Callable[..., Syft], soon: Deadline) -> None:
    syft = make_syft(f"echo '{json.dumps(BOM)}'; echo a warning >&2")
    source = GeneratedSource(syft, lambda image, digest, deadline: TARGET, parse)
    (sbom,) = source.fetch(IMAGE, DIGEST, soon)
    assert [str(purl) for purl in sbom.components] == ["pkg:npm/a@1.0.0"]


def test_every_platform_that_counts_is_scanned(make_syft: Callable[..., Syft], tmp_path: Path, soon: Deadline) -> None:
    syft = make_syft(f"echo $2 >> {tmp_path}/names; echo '{json.dumps(BOM)}'")
    target = PullTarget("registry.test", "team/app", (("linux/amd64", DIGEST), ("linux/arm64", OTHER)))
    assert len(GeneratedSource(syft, lambda *_: target, parse).fetch(IMAGE, DIGEST, soon)) == 2
    names = (tmp_path / "names").read_text().splitlines()
    assert names == [f"registry:registry.test/team/app@{digest}" for digest in (DIGEST, OTHER)]


def test_what_the_program_prints_may_be_no_sbom(make_syft: Callable[..., Syft], soon: Deadline) -> None:
    source = GeneratedSource(make_syft("echo nothing"), lambda *_: TARGET, parse)
    with pytest.raises(InvalidInput, match=r"that syft made of registry.test/team/app@sha256:a+ \(image\)"):
        source.fetch(IMAGE, DIGEST, soon)


# -- the program itself ---------------------------------------------------------------------------------------------


def test_a_missing_program_is_said_so(clock: RunningClock, tmp_path: Path, soon: Deadline) -> None:
    on_path = Syft(GeneratorOptions(), {"PATH": str(tmp_path)}, clock)
    with pytest.raises(Final, match="there is no program syft on the PATH") as caught:
        scan(on_path, soon)
    assert "Install Syft" in caught.value.remedy
    with pytest.raises(Final, match="/nowhere/syft is no program"):
        scan(Syft(GeneratorOptions(syft=Path("/nowhere/syft")), {}, clock), soon)


def test_the_program_is_found_on_the_path(make_syft: Callable[..., Syft], tmp_path: Path) -> None:
    syft = make_syft(syft=None, environment={"PATH": f"/nowhere:{tmp_path}"})
    assert syft.check() == tmp_path / "syft"


@pytest.mark.parametrize(
    ("whole", "message"),
    [
        ("#!/bin/sh\necho hello", "does not say that it is Syft"),
        ("#!/bin/sh\nexit 3", r"does not say that it is Syft \(it ended with 3\)"),
        ('#!/bin/sh\necho \'{"application": "grype", "version": "1.0.0"}\'', "does not say that it is Syft"),
        ('#!/bin/sh\necho \'{"application": "syft", "version": "0.105.1"}\'', "is Syft 0.105.1"),
        ("not a program", "does not say that it is Syft"),
    ],
)
def test_another_program_or_an_old_one_is_refused(
    make_syft: Callable[..., Syft], soon: Deadline, whole: str, message: str
) -> None:
    with pytest.raises(Final, match=message):
        scan(make_syft(whole=whole), soon)


def test_the_program_is_asked_for_its_version_once_and_again_after_it_was_replaced(
    make_syft: Callable[..., Syft], tmp_path: Path
) -> None:
    counted = f"{VERSION.replace('if [', f'echo v >> {tmp_path}/versions; if [')}"
    syft = make_syft(whole=counted)
    syft.check()
    syft.check()
    assert (tmp_path / "versions").read_text() == "v\n"
    (tmp_path / "syft").write_text(counted + "\n# another\n")
    syft.check()
    assert (tmp_path / "versions").read_text() == "v\nv\n"


# -- limits ---------------------------------------------------------------------------------------------------------


def test_a_program_that_does_not_end_is_ended_with_all_that_it_started(
    make_syft: Callable[..., Syft], tmp_path: Path, soon: Deadline
) -> None:
    syft = make_syft(f"sleep 100 & echo $! > {tmp_path}/child; wait", syft_seconds=1)
    with pytest.raises(Final, match=r"took syft more than 1 s") as caught:
        scan(syft, soon)
    assert "sbom.syftSeconds" in caught.value.remedy
    child = int((tmp_path / "child").read_text())
    for _ in range(100):
        with suppress(FileNotFoundError):
            if Path(f"/proc/{child}/stat").read_text().split()[2] != "Z":
                time.sleep(0.02)
                continue
        break
    else:
        pytest.fail("the program's child is still running")


def test_the_time_that_is_left_bounds_a_run_too(make_syft: Callable[..., Syft], clock: RunningClock) -> None:
    syft = make_syft("sleep 100")
    syft.check()
    with pytest.raises(Final, match="took syft more than"):
        scan(syft, Deadline(clock.monotonic() + 0.4))
    with pytest.raises(DeadlineExceeded):
        syft.scan(TARGET, OTHER, Deadline(clock.monotonic()))


def test_output_beyond_the_limit_ends_the_program(make_syft: Callable[..., Syft], soon: Deadline) -> None:
    with pytest.raises(Final, match="has more than 1000 bytes"):
        scan(make_syft("yes", syft_output_bytes=1000), soon)


def test_many_errors_do_not_fill_the_memory_and_their_end_is_told(
    make_syft: Callable[..., Syft], soon: Deadline
) -> None:
    with pytest.raises(Final, match=r"made no SBOM of registry\.test/team/app: the last word"):
        scan(make_syft("yes error | head -c 3000000 >&2; echo '[0001] ERROR the last word' >&2; exit 1"), soon)


@pytest.mark.parametrize(
    "script",
    [
        "head -c 3000000 /dev/zero > one; head -c 3000000 /dev/zero > two; sleep 100",
        # A single file ends where the limit is; real programs then say what Go makes of it.
        "echo 'write one: file too large' >&2; exit 1",
    ],
)
def test_disk_space_beyond_the_limit_ends_the_program(
    make_syft: Callable[..., Syft], soon: Deadline, script: str
) -> None:
    with pytest.raises(Final, match="more than 4 MiB of disk space"):
        scan(make_syft(script, syft_disk_mib=4), soon)


def test_memory_beyond_the_limit_is_not_to_be_had(make_syft: Callable[..., Syft], soon: Deadline) -> None:
    # The shell's own words are not those of a Go program, so it repeats them in these.
    script = "head -c 400000000 /dev/zero | tail -c 390000000 > /dev/null || { echo 'out of memory' >&2; exit 2; }"
    with pytest.raises(Final, match="more than 256 MiB of memory") as caught:
        scan(make_syft(script, syft_memory_mib=256), soon)
    assert "sbom.syftMemoryMib" in caught.value.remedy
    assert scan(make_syft(script, syft_memory_mib=1024), soon) == b""


def test_the_program_gets_a_folder_of_its_own_and_no_secrets_of_ours(
    make_syft: Callable[..., Syft], soon: Deadline
) -> None:
    environment = {"PATH": os.environ["PATH"], "BOMGATE_OSSINDEX_TOKEN": "hidden", "HTTPS_PROXY": "http://proxy.test"}
    lines = scan(make_syft("pwd; touch left-behind; env", environment=environment), soon).decode().splitlines()
    folder, variables = lines[0], dict(line.split("=", 1) for line in lines[1:])
    assert variables["HOME"] == variables["TMPDIR"] == folder
    assert not Path(folder).exists()
    assert variables["HTTPS_PROXY"] == "http://proxy.test"
    assert variables["SYFT_CHECK_FOR_APP_UPDATE"] == "false"
    assert "hidden" not in str(variables)


def test_the_registry_is_described_in_the_environment(
    make_syft: Callable[..., Syft], tmp_path: Path, soon: Deadline
) -> None:
    target = PullTarget("registry.test", "a", (), ca_file=tmp_path / "ca.pem", username="robot", password="p")
    variables = scan(make_syft("env"), soon, target).decode().splitlines()
    assert "SYFT_REGISTRY_INSECURE_USE_HTTP=false" in variables
    assert f"SYFT_REGISTRY_CA_CERT={tmp_path}/ca.pem" in variables
    assert {f"SYFT_REGISTRY_AUTH_{line}" for line in ("AUTHORITY=registry.test", "USERNAME=robot", "PASSWORD=p")} <= {
        *variables
    }
    assert "robot" not in str(scan(make_syft("env"), soon))


# -- failures ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "kind", "message"),
    [
        ("GET https://r/v2: UNAUTHORIZED: authentication required", Final, "refused to let syft pull"),
        ("GET https://r/token: unexpected status code 403 Forbidden", Final, "refused to let syft pull"),
        ("dial tcp 10.0.0.1:443: connect: connection refused", Retryable, "could not pull"),
        ("dial tcp: lookup r: no such host", Retryable, "could not pull"),
        ("GET: unexpected status code 503 Service Unavailable", Retryable, "could not pull"),
        ("write x: no space left on device", Retryable, "found no space"),
        ("fatal error: runtime: cannot allocate memory", Final, "MiB of memory"),
        ("no child with platform linux/s390x", Final, "made no SBOM of registry.test/team/app: no child"),
        ("", Final, "exit code 1"),
    ],
)
def test_each_failure_says_what_to_do(
    make_syft: Callable[..., Syft], soon: Deadline, said: str, kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=message) as caught:
        scan(make_syft(f"echo '[0000] ERROR {said}' >&2; exit 1" if said else "exit 1"), soon)
    assert caught.value.remedy


def test_a_program_that_is_killed_from_outside_is_said_so(make_syft: Callable[..., Syft], soon: Deadline) -> None:
    with pytest.raises(Final, match="was ended by signal 9"):
        scan(make_syft("kill -9 $$"), soon)


def test_a_password_in_what_the_program_says_is_not_repeated(make_syft: Callable[..., Syft], soon: Deadline) -> None:
    target = PullTarget("registry.test", "a", (), username="robot", password="s3cret")
    with pytest.raises(Final) as caught:
        scan(make_syft("echo ERROR bad password $SYFT_REGISTRY_AUTH_PASSWORD >&2; exit 1"), soon, target)
    assert "bad password [hidden]" in caught.value.message


def test_an_image_that_was_too_much_is_not_tried_again_for_a_while(
    make_syft: Callable[..., Syft], tmp_path: Path, clock: RunningClock
) -> None:
    syft = make_syft("echo 'out of memory' >&2; exit 2")
    for _ in range(2):
        with pytest.raises(Final, match="MiB of memory"):
            scan(syft, Deadline(clock.monotonic() + 60))
    assert scans(tmp_path) == 1
    with pytest.raises(Final):
        syft.scan(TARGET, OTHER, Deadline(clock.monotonic() + 60))
    assert scans(tmp_path) == 2
    clock.ticks += 901
    with pytest.raises(Final):
        scan(syft, Deadline(clock.monotonic() + 60))
    assert scans(tmp_path) == 3


@pytest.mark.parametrize("said", ["UNAUTHORIZED", "connection refused", "no space left on device"])
def test_a_trouble_around_the_image_is_tried_again_at_once(
    make_syft: Callable[..., Syft], tmp_path: Path, soon: Deadline, said: str
) -> None:
    syft = make_syft(f"echo 'ERROR {said}' >&2; exit 1")
    for _ in range(2):
        with pytest.raises((Final, Retryable)):
            scan(syft, soon)
    assert scans(tmp_path) == 2


def test_a_run_that_got_little_time_is_tried_again_sooner(
    make_syft: Callable[..., Syft], tmp_path: Path, clock: RunningClock
) -> None:
    syft = make_syft("sleep 100", syft_seconds=100)
    syft.check()
    with pytest.raises(Final):
        scan(syft, Deadline(clock.monotonic() + 1))
    clock.ticks += 10
    with pytest.raises(Final):
        scan(syft, Deadline(clock.monotonic() + 1))
    assert scans(tmp_path) == 2


# -- options ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"generate": "trivy"}, "sbom.generate cannot be 'trivy'"),
        ({"syft_memory_mib": 64}, "syft needs at least 256"),
        ({"syft_seconds": 0}, "sbom.syftSeconds is 0"),
        ({"syft_disk_mib": 0}, "sbom.syftDiskMib is 0"),
        ({"syft_output_bytes": -1}, "sbom.syftOutputBytes is -1"),
        ({"syft_at_once": 0}, "sbom.syftAtOnce is 0"),
    ],
)
def test_options_that_cannot_work_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        GeneratorOptions(**options).check()


def test_nothing_is_made_unless_it_is_asked_for() -> None:
    assert GeneratorOptions().generate == ""
