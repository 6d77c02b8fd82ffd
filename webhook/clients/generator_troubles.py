"""Failed runs of Syft: from its output to errors with remedies."""

from __future__ import annotations

import re
from pathlib import Path

from webhook.clients.confined import Limits, Ran
from webhook.errors import Final, Retryable, SourceError
from webhook.model.pulling import PullTarget

_MIB = 1024 * 1024
_SHOWN = 300
_NO_MEMORY = re.compile(r"cannot allocate memory|out of memory|pthread_create failed", re.IGNORECASE)
_REFUSED = re.compile(r"\b(UNAUTHORIZED|DENIED|401|403)\b")
_PASSING = re.compile(
    r"connection refused|connection reset|no such host|timeout|unexpected EOF|TOOMANYREQUESTS|\b(429|50[0234])\b"
)
_NO_SPACE = re.compile("no space left on device")
_STAMP = re.compile(r"\A\[[0-9]+\]\s*(ERROR|WARN|INFO)\s*")


def scan_trouble(ran: Ran, target: PullTarget, limits: Limits) -> SourceError:
    """The error for a scan that gave no SBOM.

    Args:
        ran: what the program did.
        target: what was scanned.
        limits: what the program might use.
    """
    what, elsewhere = f"{target.host}/{target.path}", "or attach an SBOM to the image."
    if ran.stopped == "time":
        return Final(
            f"Making an SBOM of {what} took syft more than {limits.seconds:.3g} s.",
            remedy=f"Raise sbom.syftSeconds and search.seconds, {elsewhere}",
        )
    if ran.stopped == "output":
        return Final(
            f"The SBOM that syft makes of {what} has more than {limits.output_bytes} bytes.",
            remedy=f"Raise sbom.syftOutputBytes, {elsewhere}",
        )
    if ran.stopped == "disk" or "file too large" in ran.errors:
        return Final(
            f"{what} takes syft more than {limits.disk_bytes // _MIB} MiB of disk space.",
            remedy=f"Raise sbom.syftDiskMib, {elsewhere}",
        )
    if _NO_MEMORY.search(ran.errors):
        return Final(
            f"Making an SBOM of {what} takes syft more than {limits.memory_bytes // _MIB} MiB of memory.",
            remedy=f"Raise sbom.syftMemoryMib, {elsewhere}",
        )
    if ran.code < 0:
        return Final(
            f"syft was ended by signal {-ran.code} while it looked into {what}.",
            remedy=f"Look for a lack of memory on the machine, {elsewhere}",
        )
    said = _last_words(ran, target)
    if _REFUSED.search(ran.errors):
        return Final(
            f"The registry refused to let syft pull {what}: {said}",
            remedy="Give it credentials under registries; syft cannot use identity tokens.",
        )
    if _NO_SPACE.search(ran.errors):
        return Retryable(f"syft found no space for {what}.", remedy="Make room in the folder for temporary files.")
    if _PASSING.search(ran.errors):
        return Retryable(f"syft could not pull {what}: {said}", remedy="Check that the registry runs; try again.")
    return Final(f"syft made no SBOM of {what}: {said}", remedy="Run syft by hand on the image to see more.")


def would_repeat(ran: Ran) -> bool:
    """Whether the image itself was the trouble, so that another scan would only cost as much once more."""
    if ran.stopped or _NO_MEMORY.search(ran.errors):
        return True
    return not any(sign.search(ran.errors) for sign in (_REFUSED, _PASSING, _NO_SPACE))


def version_trouble(program: Path, ran: Ran) -> Final:
    """The error for a program that does not say that it is syft."""
    if _NO_MEMORY.search(ran.errors):
        return Final(f"{program} does not start within its memory.", remedy="Raise sbom.syftMemoryMib.")
    return Final(
        f"{program} does not say that it is Syft (it ended with {ran.code}).",
        remedy="Set sbom.syft to the program of Syft itself, version 1.0 or newer.",
    )


def _last_words(ran: Ran, target: PullTarget) -> str:
    lines = [line.strip() for line in ran.errors.splitlines() if line.strip()]
    text = next((line for line in reversed(lines) if "ERROR" in line), lines[-1] if lines else f"exit code {ran.code}")
    text = _STAMP.sub("", text)
    for secret in (target.password, target.token):
        text = text.replace(secret, "[hidden]") if secret else text
    shown = text if len(text) <= _SHOWN else f"…{text[-_SHOWN:]}"
    return "".join(char if char.isprintable() else " " for char in shown)
