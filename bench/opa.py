"""OPA beside the webhook: a policy that looks up verdicts which were computed before.

That is the fastest that a general policy engine can do for the same decision: it finds the images of the object, and
the verdict and the text of each in its data.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bench import UnavailableError
from bench.processes import Server, await_ready
from tests.e2e.controlplane import build

POLICY = """package system

spec := object.get(input.request.object, ["spec", "template", "spec"], object.get(input.request.object, "spec", {}))

images contains container.image if some container in spec.containers
images contains container.image if some container in object.get(spec, "initContainers", [])
images contains container.image if some container in object.get(spec, "ephemeralContainers", [])

denied contains image if {
	some image in images
	object.get(data.verdicts, image, {"action": "deny"}).action == "deny"
}

main := {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response}

response := {"uid": input.request.uid, "allowed": true} if count(denied) == 0

response := {
	"uid": input.request.uid,
	"allowed": false,
	"status": {"code": 403, "reason": "Forbidden", "message": message},
} if count(denied) > 0

message := concat("\\n", [object.get(data.verdicts, image, {"text": "no SBOM"}).text | some image in denied])
"""


def program() -> Path:
    """OPA, built once from its pinned Go module.

    Raises:
        UnavailableError: Go is missing, or the build failed.
    """
    try:
        return build.ensure("opa") / "opa"
    except build.UnavailableError as problem:
        raise UnavailableError(f"OPA is not available: {problem}") from problem


@contextmanager
def serving(
    executable: Path, port: int, tls: tuple[Path, Path], verdicts: Mapping[str, Mapping[str, str]]
) -> Iterator[Server]:
    """OPA on loopback.

    Args:
        executable: see :func:`program`.
        port: to listen on.
        tls: certificate and key.
        verdicts: action and text by image.
    """
    with tempfile.TemporaryDirectory() as name, tempfile.TemporaryFile() as log:
        folder = Path(name)
        (folder / "policy.rego").write_text(POLICY)
        (folder / "data.json").write_text(json.dumps({"verdicts": verdicts}))
        command = [str(executable), "run", "--server", "--addr", f"127.0.0.1:{port}", "--log-level", "error"]
        command += ["--disable-telemetry", "--tls-cert-file", str(tls[0]), "--tls-private-key-file", str(tls[1])]
        files = [str(folder / name) for name in ("policy.rego", "data.json")]
        process = subprocess.Popen([*command, *files], env={**os.environ, "HOME": name}, stderr=log, stdout=log)
        try:
            await_ready(process, port, "/health", log)
            yield Server(process.pid, port)
        finally:
            process.terminate()
            process.wait(20)
