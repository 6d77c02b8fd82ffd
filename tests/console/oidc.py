"""A real OIDC provider on loopback: npm's certified ``oidc-provider``, fetched once into the cache folder."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import time
from pathlib import Path
from urllib.parse import urljoin

import requests
from joserfc.jwk import RSAKey

from tests.certificates import Authority
from tests.parts import unavailable

VERSION = "9.13.3"
SECRET = "s3cret &%"
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "bomgate-tools"
_SCRIPT = Path(__file__).with_name("oidc-provider.mjs")


def provider_folder() -> Path:
    """The folder with the provider, from npm's own client; the test is skipped loudly where it is not available."""
    target, npm = _CACHE / f"oidc-provider-{VERSION}", shutil.which("npm")
    if not (target / "complete").exists():
        if npm is None or shutil.which("node") is None:
            unavailable("npm and node are not installed: no test of signing in by OIDC")
        target.mkdir(parents=True, exist_ok=True)
        command = [npm, "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"]
        done = subprocess.run(
            [*command, f"oidc-provider@{VERSION}"], cwd=target, capture_output=True, text=True, timeout=180
        )
        if done.returncode:
            unavailable(f"oidc-provider is not available: {done.stderr.strip()[-200:]}")
        (target / "complete").touch()
    return target


class RealProvider:
    """The provider as a process.

    Args:
        folder: for keys, certificate and log.
        back: where browsers come back to.
    """

    def __init__(self, folder: Path, back: str) -> None:
        self._package, self._folder, self._back = provider_folder(), folder, back
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.issuer = f"https://localhost:{self.port}"
        authority = Authority("provider")
        self.ca_file = folder / "provider-ca.pem"
        self.ca_file.write_bytes(authority.pem)
        self._files = authority.issue().write(folder / "provider-tls")
        self._process: subprocess.Popen[bytes] | None = None
        self.rotate()

    def rotate(self) -> None:
        """Sign with a new key from the next start on; the former one is not published any more."""
        key = RSAKey.generate_key(2048, {"use": "sig"}, private=True)
        (self._folder / "keys.json").write_text(json.dumps({"keys": [key.as_dict(private=True)]}), encoding="utf-8")

    def start(self) -> None:
        """Start it, and wait until it listens."""
        arguments = [self._package, self.port, *self._files, self._folder / "keys.json", self._back]
        command = ["node", str(_SCRIPT), *map(str, arguments)]
        with (self._folder / "provider.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        for _ in range(600):
            with socket.socket() as probe:
                if probe.connect_ex(("localhost", self.port)) == 0:
                    return
            assert self._process.poll() is None, (self._folder / "provider.log").read_text(encoding="utf-8")
            time.sleep(0.05)
        raise AssertionError("the provider does not listen")

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)
            self._process = None

    def sign_in(self, url: str, person: str) -> str:
        """What a browser does at the provider: sign in, consent; the address to which it is sent back."""
        browser = requests.Session()
        browser.trust_env, browser.verify = False, str(self.ca_file)
        answer = browser.get(url, allow_redirects=False, timeout=20)
        for _ in range(12):
            if answer.is_redirect:
                target = urljoin(url, answer.headers["Location"])
                if target.startswith(self._back):
                    return target
                answer = browser.get(target, allow_redirects=False, timeout=20)
                continue
            prompt = re.findall(r'name="prompt" value="(\w+)"', answer.text)
            action = re.findall(r'action="([^"]+)"', answer.text)
            assert prompt and action, answer.text[:2000]
            form = {"prompt": prompt[0], "login": person, "password": "x"}
            answer = browser.post(urljoin(url, action[0]), data=form, allow_redirects=False, timeout=20)
        raise AssertionError("the provider does not come to an end")
