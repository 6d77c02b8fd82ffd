"""The files that a light control plane is started with: certificate, keys, tokens, audit policy and kubeconfig."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.certificates import LOOPBACK, Authority

SERVICES, SERVICE_ADDRESS = "10.0.0.0/24", "10.0.0.1"


def write(folder: Path, url: str, accounts: Mapping[str, Sequence[str]], audited: Sequence[Mapping[str, Any]]) -> None:
    """Write them.

    Args:
        folder: of the control plane.
        url: of the API server.
        accounts: token → user, UID and groups; the first is that of the kubeconfig.
        audited: rules of the audit policy; what none names is not logged.
    """
    # An API server without a certificate makes RSA keys at each start, and signs each connection with them.
    authority, certificates = Authority("API server CA"), folder / "certs"
    authority.issue("kube-apiserver", names=(*LOOPBACK, SERVICE_ADDRESS)).write(certificates)
    (certificates / "ca.crt").write_bytes(authority.pem)
    _write_account_key(folder)
    policy = {
        "apiVersion": "audit.k8s.io/v1",
        "kind": "Policy",
        "omitStages": ["RequestReceived"],
        "rules": [*audited, {"level": "None"}],
    }
    (folder / "audit-policy.yaml").write_text(yaml.safe_dump(policy))
    (folder / "tokens.csv").write_text("".join(f"{','.join((token, *whose))}\n" for token, whose in accounts.items()))
    cluster = {"server": url, "certificate-authority": str(certificates / "ca.crt")}
    (folder / "kubeconfig").write_text(
        yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "clusters": [{"name": "test", "cluster": cluster}],
                "users": [{"name": "admin", "user": {"token": next(iter(accounts))}}],
                "contexts": [{"name": "test", "context": {"cluster": "test", "user": "admin"}}],
                "current-context": "test",
            }
        )
    )


def _write_account_key(folder: Path) -> None:
    """The key that tokens of ServiceAccounts are signed with."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "sa.key").write_bytes(private)
    public = key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo)
    (folder / "sa.pub").write_bytes(public)


def write_kwok_options(folder: Path, left_alone: str) -> Path:
    """The file that tells kwok to leave Pods with a label alone."""
    options = {
        "disregardStatusWithLabelSelector": left_alone,
        # Where there is a file, kwok has no defaults.
        "cidr": SERVICES,
        "nodeLeaseDurationSeconds": 40,
        "nodeLeaseParallelism": 4,
        "nodePlayStageParallelism": 4,
        "podPlayStageParallelism": 4,
        "podsOnNodeSyncParallelism": 1,
    }
    document = {"apiVersion": "config.kwok.x-k8s.io/v1alpha1", "kind": "KwokConfiguration", "options": options}
    file = folder / "kwok.yaml"
    file.write_text(yaml.safe_dump(document))
    return file
