"""The console of the installation, as a program in the cluster calls it."""

from __future__ import annotations

import base64
from typing import Any

import kubernetes.client
import requests

from tests.e2e.chart.installation import NAMESPACE, Installation


def new_token(installation: Installation, name: str, namespace: str = NAMESPACE) -> str:
    """A token of a new ServiceAccount, for the console and for ten minutes."""
    core = kubernetes.client.CoreV1Api(installation.cluster.client)
    core.create_namespaced_service_account(namespace, {"metadata": {"name": name}})
    spec = {"audiences": ["bomgate"], "expirationSeconds": 600}
    return str(core.create_namespaced_service_account_token(name, namespace, {"spec": spec}).status.token)


def call_console(
    installation: Installation, path: str = "types", token: str = "", body: Any = None
) -> requests.Response:
    """The answer of the console's API; its certificate has to be one of the controller's authority."""
    (pod,) = installation.ready("console")
    authority = installation.folder / "console-ca.pem"
    kept = installation.get("secret", "bomgate-console-tls")["data"]
    authority.write_bytes(base64.b64decode(kept["ca.crt"]))
    with requests.Session() as session:
        session.trust_env, session.verify = False, str(authority)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        url = f"https://localhost:{pod.port(8443)}/api/v1/{path}"
        return session.request("GET" if body is None else "POST", url, json=body, headers=headers, timeout=60)
