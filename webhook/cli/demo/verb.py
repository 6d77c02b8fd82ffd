"""The verb: sets the stage, asks the webhook three times, and tells what came of it."""

from __future__ import annotations

import json
import shlex
import shutil
import signal
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

import click
import yaml

from webhook.bootstrap import Parts, SystemClock, open_parts
from webhook.cli.demo.certificates import CertificatePaths, issue
from webhook.cli.demo.images import ADVISORY, IMAGES, DemoImage, read_data
from webhook.cli.demo.server import DemoServer
from webhook.cli.exits import Exit
from webhook.cli.options import global_options
from webhook.cli.output import print_table, say
from webhook.cli.verbs import Verb
from webhook.engines.importer import Document
from webhook.model.actions import Action
from webhook.policy.phrases import score, state
from webhook.policy.plaintext import plain
from webhook.policy.selections import Selection
from webhook.settings import load_settings
from webhook.telemetry import set_up_logs

_WEBHOOK = "validate.bomgate.dev"


@click.command("demo", cls=Verb, examples=("bomgate demo", "bomgate demo --once"))
@click.option("--once", is_flag=True, help="Stop after the three answers instead of waiting for Ctrl-C.")
@global_options
def command(once: bool) -> Exit:
    """See one workload denied, one with a warning, and one allowed, on this machine, without a cluster or an account.

    The SBOMs describe made-up images, and the reports and the advisory come with the program. Everything else is real,
    including a webhook called over TLS. All files are in a temporary folder that is removed at the end.
    """
    signal.signal(signal.SIGTERM, _interrupt)
    set_up_logs("warning", "text")
    with tempfile.TemporaryDirectory(prefix="bomgate-demo-") as name, suppress(KeyboardInterrupt):
        return Demo(Path(name)).run(once=once)
    say()
    say("The demo is over; its folder is removed.")
    return Exit.DONE


class Demo:
    """One run.

    Args:
        folder: for everything that it needs.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._config = folder, folder / "bomgate.yaml"

    def run(self, *, once: bool) -> Exit:
        """Set the stage, ask, tell, and wait."""
        say(click.style("bomgate demo", bold=True) + ": a webhook on this machine, and nothing leaves this machine.")
        certificates = issue(self._folder, SystemClock().now())
        parts = self._prepare(certificates)
        self._tell_contents(parts)
        parts.store.close()
        with DemoServer(self._config, certificates.authority, self._folder / "server.log") as server:
            heading(f"The webhook answers at {server.url}. An API server would ask it three times:")
            wrong = [image.name for image in IMAGES if not self._ask(server, image)]
            if wrong:
                say(f"Not as expected: {', '.join(wrong)}.", style="red")
                return Exit.UNDECIDED
            if once:
                return Exit.DONE
            self._tell_further(server, certificates)
            server.wait_for_end()
        return Exit.DONE

    def _prepare(self, certificates: CertificatePaths) -> Parts:
        """Write the settings and the manifests, take the SBOMs in, and download from the recording."""
        settings: dict[str, Any] = {
            "database": {"url": f"sqlite:///{self._folder / 'bomgate.db'}"},
            "sbom": {"sources": ["directory"]},  # no registry is asked
            "ossindex": {"token": "recorded"},
            "sources": [
                {"name": "ossindex", "kind": "ossindex"},
                {"name": "osv", "kind": "osv", "location": str(self._folder / "osv"), "ecosystems": ["Debian"]},
            ],
            "serve": {
                "listen": "127.0.0.1:0",
                "metricsListen": "",
                "tlsCert": str(certificates.certificate),
                "tlsKey": str(certificates.key),
                "workers": 1,
                "gracefulSeconds": 2,
            },
        }
        self._config.write_text(yaml.safe_dump(settings), encoding="utf-8")
        parts = open_parts(load_settings(self._config, environment={}), recording=read_data("component-reports.json"))
        for image in IMAGES:
            self._file(image, "yaml").write_text(yaml.safe_dump(image.manifest(), sort_keys=False), encoding="utf-8")
            self._file(image, "review.json").write_text(json.dumps(image.review()), encoding="utf-8")
        documents = [Document(image.document, image.digest, image.sbom, image.tagged) for image in IMAGES]
        for _ in parts.importer().run(documents, place="added"):
            pass
        mirror = self._folder / "osv" / "Debian"
        mirror.mkdir(parents=True)
        (mirror / ADVISORY).write_bytes(read_data(ADVISORY))
        parts.downloader().run()
        parts.matcher.update()
        return parts

    def _file(self, image: DemoImage, suffix: str) -> Path:
        return self._folder / f"{image.name}.{suffix}"

    def _tell_contents(self, parts: Parts) -> None:
        by_digest = {record.digest: record for record in parts.store.sboms.list()}
        heading("Three images, and what their SBOMs list:")
        rows = [
            (image.tagged.text, by_digest[image.digest].format, by_digest[image.digest].components, image.about)
            for image in IMAGES
        ]
        print_table(("Image", "SBOM", "Components#", "About"), rows, empty="", indent=2)
        heading("What OSS Index and an advisory of Debian say about them, and what the CVSS ranges make of it:")
        found = [finding for vulnerability in parts.selector.states(Selection()) for finding in vulnerability.findings]
        print_table(
            ("Vulnerability", "CVSS#", "Component", "Assessment", "Action"),
            [
                (
                    finding.vulnerability.id,
                    score(finding.vulnerability).removeprefix("CVSS "),
                    finding.purl,
                    state(finding),
                    finding.action.word,
                )
                for finding in found
            ],
            empty="",
            indent=2,
        )

    def _ask(self, server: DemoServer, image: DemoImage) -> bool:
        """Post a review and show what kubectl would; whether the answer is the expected one."""
        response = server.post(image.review())
        say()
        file = self._file(image, "yaml").name
        say(f"  {click.style(f'$ kubectl apply -f {file}', fg='cyan')}")
        if not response["allowed"]:
            action = Action.DENY
            head = f'Error from server (Forbidden): error when creating "{file}": admission webhook "{_WEBHOOK}" '
            _quote(f"{head}denied the request: {response['status']['message']}", "red")
        else:
            action = Action.WARN if response.get("warnings") else Action.ALLOW
            for warning in response.get("warnings", ()):
                _quote(f"Warning: {warning}", "yellow")
            _quote(f"deployment.apps/{image.name} created", "green")
        return action is image.expected

    def _tell_further(self, server: DemoServer, certificates: CertificatePaths) -> None:
        denied = IMAGES[0]
        manifest, review = self._file(denied, "yaml"), self._file(denied, "review.json")
        heading("Look further, in another terminal (all of it works as long as this runs):")
        reason = "it reaches no other host, and the look-up class is removed in our build"
        narrowed = ("--image", "registry.example/shop/*", "--type", "Ignore", "--comment", reason)
        lines = (
            ("what is known, worst first", self._command("vulns", "list")),
            ("the same decision without the webhook, such as in CI", self._command("check", str(manifest))),
            (
                "decide otherwise: it takes effect within a second",
                self._command("assess", "CVE-2021-44228", "CVE-2021-45046", "CVE-2023-38545", *narrowed),
            ),
            (
                "ask the webhook itself again",
                shlex.join(
                    ["curl", "--cacert", str(certificates.authority), "--data", f"@{review}", f"{server.url}/validate"]
                ),
            ),
        )
        for remark, line in lines:
            say(f"  # {remark}", style="bright_black")
            say(f"  {line}")
        say()
        say("Ctrl-C ends the demo.")

    def _command(self, *arguments: str) -> str:
        """A command line that works right now, wherever bomgate is installed."""
        return f"{shlex.join(_program())} {shlex.join([*arguments, '--config', str(self._config)])}"


def heading(text: str) -> None:
    """Write a heading with a blank line before it."""
    say()
    say(click.style(text, bold=True))


def _program() -> Sequence[str]:
    if shutil.which("bomgate") is not None:
        return ["bomgate"]
    script = Path(sys.argv[0])
    return [str(script)] if script.name == "bomgate" else [sys.executable, "-m", "webhook"]


def _quote(text: str, style: str) -> None:
    """Write what kubectl would, its first line in a colour."""
    for place, line in enumerate(text.splitlines()):
        indent = len(line) - len(line.lstrip(" "))
        say(f"  {'':{indent}}{plain(line)}", style=None if place else style)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """End as after Ctrl-C, so that nothing is left behind."""
    raise KeyboardInterrupt
