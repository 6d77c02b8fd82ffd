"""The generator: runs Syft, which is installed beside bomgate, for images without an SBOM.

Syft pulls the image by itself, unpacks it into a separate folder, and prints an SBOM. It works on content that
somebody else chose, so it runs within limits, with no environment but what it needs, and never before an answer is due:
a search for an SBOM goes on behind the request that began it. A failure that trying again would only repeat is
remembered for a while.

Sources: Syft's ``syft scan --help`` and ``syft config``, versions 1.0 to 1.18.
"""

from __future__ import annotations

import re
import shutil
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from webhook.clients.confined import Limits, Ran, run_confined
from webhook.clients.generator_options import GeneratorOptions
from webhook.clients.generator_troubles import scan_trouble, version_trouble, would_repeat
from webhook.errors import DeadlineExceeded, Final, InvalidInput, SourceError, UnusableAnswer
from webhook.model.caches import TimedCache
from webhook.model.components import Sbom
from webhook.model.deadlines import Deadline
from webhook.model.images import Digest, ImageRef
from webhook.model.platforms import WHOLE
from webhook.model.pulling import PullTarget
from webhook.ports import Clock, PartlyRead

_OLDEST = (1, 0)
_VERSION_SECONDS = 20.0
_REMEMBERED = 1_000
_VERSION = re.compile(r"v?([0-9]+)\.([0-9]+)")
_PASSED_ON = ("HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "https_proxy", "http_proxy", "no_proxy", "SSL_CERT_FILE")

Locate = Callable[[ImageRef, Digest, Deadline], PullTarget]


class _About(msgspec.Struct):
    """What ``syft version --output json`` prints."""

    application: str
    version: str


class Syft:
    """The program; safe to use from several threads.

    Args:
        options: where it is, and what it may use.
        environment: of this process; only proxies and certificates are passed on, and ``PATH`` is searched.
        clock: time.

    Raises:
        ConfigError: an option cannot work.
    """

    def __init__(self, options: GeneratorOptions, environment: Mapping[str, str], clock: Clock) -> None:
        options.check()
        self._options, self._environment, self._clock = options, environment, clock
        self._slots = threading.Semaphore(options.syft_at_once)
        self._lock = threading.Lock()
        self._checked: tuple[Path, int, int] | None = None
        self._failed = TimedCache[str, tuple[str, str]](_REMEMBERED, clock.monotonic)

    def check(self) -> Path:
        """Find the program, and make sure once that it is syft and new enough; its path.

        Raises:
            Final: it is missing, something else, or too old.
        """
        program = self._program()
        status = program.stat()
        stamp = (program, status.st_mtime_ns, status.st_size)
        with self._lock:
            if self._checked != stamp:
                self._check_version(program)
                self._checked = stamp
        return program

    def scan(self, target: PullTarget, digest: Digest, deadline: Deadline) -> bytes:
        """The SBOM of one manifest, as CycloneDX in JSON.

        Args:
            target: how it is pulled.
            digest: which of its manifests.
            deadline: by when it must be there.

        Raises:
            SourceError: the program is missing, failed, or needed more than it may have.
        """
        name = target.name(digest)
        failure = self._failed.get(name)
        if failure is not None:
            raise Final(failure[0], remedy=failure[1])
        program = self.check()
        if not self._slots.acquire(timeout=self._left(deadline)):
            raise DeadlineExceeded("Syft is busy with other images; none of its runs finished in time.")
        try:
            limits = self._options.limits(self._left(deadline))
            command = [str(program), "scan", f"registry:{name}", "--output", "cyclonedx-json"]
            ran = self._run(command, _registry(target), limits)
        finally:
            self._slots.release()
        if ran.code == 0 and not ran.stopped:
            return ran.output
        trouble = scan_trouble(ran, target, limits)
        if would_repeat(ran):
            # Time that was cut short, because others were scanned first, says little about the image.
            share = limits.seconds / self._options.syft_seconds if ran.stopped == "time" else 1.0
            self._failed.put(name, (trouble.message, trouble.remedy), share * self._options.syft_retry_seconds)
        raise trouble

    def _run(self, command: Sequence[str], more: Mapping[str, str], limits: Limits) -> Ran:
        """Run the program in a separate folder, which is removed with all that it left there."""
        passed = {name: self._environment[name] for name in _PASSED_ON if name in self._environment}
        try:
            with tempfile.TemporaryDirectory(prefix="bomgate-syft-", ignore_cleanup_errors=True) as folder:
                own = {
                    "HOME": folder,
                    "TMPDIR": folder,
                    "SYFT_CHECK_FOR_APP_UPDATE": "false",
                    "GOMAXPROCS": "1",
                    # The collector works harder near the limit, instead of running into it.
                    "GOMEMLIMIT": f"{limits.memory_bytes * 4 // 5}B",
                }
                return run_confined(command, {**passed, **own, **more}, Path(folder), limits, self._clock)
        except OSError as problem:
            raise Final(f"syft cannot be run: {problem}", remedy="Check the folder for temporary files.") from problem

    def _program(self) -> Path:
        given = self._options.syft
        found = shutil.which(str(given or "syft"), path=self._environment.get("PATH", ""))
        if found is None:
            where = f"{given} is no program" if given else "there is no program syft on the PATH"
            raise Final(
                f"SBOMs cannot be generated: {where}.",
                remedy="Install Syft, and set sbom.syft to its path; or leave sbom.generate out.",
            )
        return Path(found).absolute()

    def _check_version(self, program: Path) -> None:
        ran = self._run([str(program), "version", "--output", "json"], {}, self._options.limits(_VERSION_SECONDS))
        try:
            about = msgspec.json.decode(ran.output, type=_About)
        except (msgspec.DecodeError, UnicodeError):
            about = _About("", "")
        match = _VERSION.match(about.version)
        if about.application != "syft" or match is None:
            raise version_trouble(program, ran)
        if (int(match[1]), int(match[2])) < _OLDEST:
            raise Final(f"{program} is Syft {about.version[:40]}.", remedy="Install Syft 1.0 or newer.")

    def _left(self, deadline: Deadline) -> float:
        left = deadline.remaining(self._clock.monotonic())
        if left <= 0:
            raise DeadlineExceeded("There was no time left to run syft.")
        return left


class GeneratedSource:
    """SBOMs made on demand; implements ``SbomSource``.

    Args:
        syft: makes them.
        locate: tells how an image is pulled.
        parse: bytes → Sbom.
    """

    place = "generated"

    def __init__(self, syft: Syft, locate: Locate, parse: Callable[[bytes], Sbom]) -> None:
        self._syft, self._locate, self._parse = syft, locate, parse

    def fetch(self, image: ImageRef, digest: Digest, deadline: Deadline) -> Sequence[Sbom]:
        """Make the SBOM of every platform that counts.

        Raises:
            PartlyRead: an SBOM was made, and then one of another platform was not.
            InvalidInput: what syft printed cannot be read.
            SourceError: the image cannot be pulled, or syft failed.
        """
        target = self._locate(image, digest, deadline)
        coverages = target.coverages or (WHOLE,) * len(target.manifests)
        made: list[Sbom] = []
        for (role, manifest), coverage in zip(target.manifests, coverages, strict=True):
            try:
                made.append(replace(self._made(target, role, manifest, deadline), coverage=coverage))
            except (InvalidInput, SourceError) as problem:
                if not made:
                    raise
                is_passing = isinstance(problem, SourceError) and not isinstance(problem, UnusableAnswer)
                raise PartlyRead(
                    problem.message, remedy=problem.remedy, sboms=made, is_short=True, is_passing=is_passing
                ) from problem
        return made

    def _made(self, target: PullTarget, role: str, manifest: Digest, deadline: Deadline) -> Sbom:
        document = self._syft.scan(target, manifest, deadline)
        try:
            return self._parse(document)
        except InvalidInput as problem:
            where = f"The SBOM that syft made of {target.name(manifest)} ({role})"
            raise InvalidInput(f"{where}: {problem.message}", remedy=problem.remedy) from problem


def _registry(target: PullTarget) -> dict[str, str]:
    """The variables that tell syft how to reach a registry."""
    variables = {"SYFT_REGISTRY_INSECURE_USE_HTTP": "true" if target.plain_http else "false"}
    if target.ca_file is not None:
        variables["SYFT_REGISTRY_CA_CERT"] = str(target.ca_file.absolute())
    if target.username or target.token:
        variables["SYFT_REGISTRY_AUTH_AUTHORITY"] = target.host
        secrets = {"USERNAME": target.username, "PASSWORD": target.password, "TOKEN": target.token}
        variables.update({f"SYFT_REGISTRY_AUTH_{name}": text for name, text in secrets.items() if text})
    return variables
