"""``bomgate demo``: the whole product on this machine, as ``make demo`` starts it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def environment(folder: Path) -> dict[str, str]:
    """Nothing of whoever runs the tests, and a separate folder for temporary files."""
    temporary = folder / "tmp"
    temporary.mkdir(exist_ok=True)
    return {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(folder),
        "TMPDIR": str(temporary),
        "PYTHONPATH": str(ROOT),
    }


def test_one_is_denied_one_warned_of_and_one_allowed_and_nothing_is_left_behind(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "webhook", "demo", "--once"],
        capture_output=True,
        text=True,
        timeout=120,
        # Settings of a real installation are none of the demo's business.
        env={**environment(tmp_path), "BOMGATE_DATABASE_URL": "sqlite:////no/such/folder/bomgate.db"},
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    orders, storefront, gateway = re.split(r"^  \$ kubectl apply -f \w+\.yaml\n", done.stdout, flags=re.MULTILINE)[1:]
    assert orders.startswith('  Error from server (Forbidden): error when creating "orders.yaml": admission webhook ')
    assert "log4j-core@2.14.1: CVE-2021-44228 (CVSS 10.0, Critical)" in orders
    assert "libcurl4@7.88.1-10%2Bdeb12u3?distro=debian-12&upstream=curl: DEBIAN-CVE-2023-38545 (CVSS 9.8" in orders
    assert "also called CVE-2023-38545" in orders
    assert "fixed in 7.88.1-10+deb12u4" in orders
    assert "bomgate assess CVE-2021-44228 CVE-2021-45046 --package" in orders
    assert storefront.startswith("  Warning: containers[0] (storefront): registry.example/shop/storefront:5.0.2")
    assert "deployment.apps/storefront created" in storefront
    assert gateway.strip() == "deployment.apps/gateway created"
    assert "\x1b" not in done.stdout
    assert list((tmp_path / "tmp").iterdir()) == []


@contextmanager
def running_demo(folder: Path) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """A demo that has told everything and waits for Ctrl-C, with the lines that it told."""
    process = subprocess.Popen(
        [sys.executable, "-m", "webhook", "demo"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment(folder),
    )
    try:
        assert process.stdout is not None
        told = []
        for line in process.stdout:
            told.append(line.rstrip("\n"))
            if line.startswith("Ctrl-C"):
                break
        yield process, told
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        process.stdout.close()


def _shell(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a line as somebody does who pastes it into a terminal."""
    return subprocess.run(
        ["sh", "-c", line], capture_output=True, text=True, timeout=60, env=environment(folder), check=False
    )


def test_the_commands_that_it_tells_work_and_it_ends_in_good_order(tmp_path: Path) -> None:
    with running_demo(tmp_path) as (process, told):
        begin = next(number for number, line in enumerate(told) if line.startswith("Look further"))
        commands = [line.strip() for line in told[begin:] if line.startswith("  ") and not line.startswith("  #")]
        assert len(commands) == 4
        listed, checked, assessed, again = (_shell(commands[number], tmp_path) for number in (0, 1, 2, 1))
        assert "CVE-2021-44228" in listed.stdout
        assert (checked.returncode, assessed.returncode, again.returncode) == (1, 0, 0)
        assert commands[3].startswith("curl --cacert ")
        process.send_signal(signal.SIGTERM)  # becomes the same exception as Ctrl-C
        assert process.wait(30) == 0
    assert list((tmp_path / "tmp").iterdir()) == []
