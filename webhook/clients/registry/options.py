"""Options of the registry client: which registries are reached how, and the limits of a search."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from webhook.clients.http.destination import Limits

SOURCES = ("referrers", "buildkit", "cosignAttestation", "cosignAttachment")


@dataclass(frozen=True, slots=True)
class RegistryRule:
    """One entry of ``registries``: how the images below a prefix are reached; the first that matches counts."""

    prefix: str = field(
        metadata={"help": "Host, or host and path, of the images it is for, such as registry.corp/team."}
    )
    plain_http: bool = field(default=False, metadata={"help": "Speak HTTP instead of HTTPS."})
    allow_private: bool = field(
        default=False,
        metadata={"help": "Allow private and loopback addresses for the registry and for what it refers to."},
    )
    ca_file: Path | None = field(
        default=None, metadata={"help": "Certificate authorities (PEM) that are trusted beside the usual ones."}
    )
    credentials_file: Path | None = field(
        default=None, metadata={"help": "Credentials in the form of a docker config file; read again when it changes."}
    )
    rewrite: str = field(
        default="", metadata={"help": "Host, or host and path, that takes the place of the prefix, such as a mirror."}
    )
    sbom_repository: str = field(
        default="",
        metadata={"help": "Repository that holds the attachments of these images, as COSIGN_REPOSITORY names it."},
    )


@dataclass(frozen=True, slots=True)
class RegistryOptions:
    """Limits of the registry client."""

    credentials_file: Path | None = field(
        default=None,
        metadata={"help": "Docker config file with credentials for registries that name none of their own."},
    )
    connections_per_host: int = field(default=8, metadata={"help": "Requests under way to one host at a time."})
    requests_per_minute: int = field(
        default=0, metadata={"help": "Requests to one host in a minute; 0 means no limit of our own."}
    )
    requests_per_image: int = field(default=2000, metadata={"help": "Requests that one search for SBOMs may make."})
    bytes_per_image: int = field(
        default=256 * 1024 * 1024, metadata={"help": "Bytes that one search for SBOMs may read."}
    )
    connect_seconds: float = field(default=5.0, metadata={"help": "Longest wait for a connection."})
    read_seconds: float = field(default=15.0, metadata={"help": "Longest wait for the next bytes."})
    tries: int = field(default=3, metadata={"help": "Tries of a request that fails for a passing reason."})
    retry_after_seconds: float = field(
        default=20.0,
        metadata={"help": "Longest wait that a registry may ask for (Retry-After) before the search ends."},
    )
    down_seconds: float = field(
        default=5.0, metadata={"help": "Seconds for which a host that could not be reached is not asked again."}
    )
    redirects: int = field(default=5, metadata={"help": "Redirects that one request follows."})
    max_manifest_bytes: int = field(
        default=4 * 1024 * 1024, metadata={"help": "Bytes of the largest manifest or list."}
    )
    max_blob_bytes: int = field(
        default=88 * 1024 * 1024,
        metadata={"help": "Bytes of the largest attachment; an attestation is a third larger."},
    )
    tag_seconds: float = field(
        default=30.0, metadata={"help": "Seconds for which a registry's answer about a tag is not asked for again."}
    )

    @property
    def limits(self) -> Limits:
        """Those of requests."""
        return Limits(
            connect_seconds=self.connect_seconds,
            read_seconds=self.read_seconds,
            redirects=self.redirects,
            connections_per_host=self.connections_per_host,
            requests_per_minute=self.requests_per_minute,
            retry_after_seconds=self.retry_after_seconds,
        )


@dataclass(frozen=True, slots=True)
class VerifyRule:
    """One entry of ``sbom.verify``: images whose SBOMs count only when a key has signed them."""

    prefix: str = field(metadata={"help": "Host, or host and path, of the images it is for."})
    public_key_file: Path = field(
        metadata={"help": "Public key (PEM) of which an attestation needs a signature: ECDSA, RSA or Ed25519."}
    )


@dataclass(frozen=True, slots=True)
class AttachmentOptions:
    """Which SBOMs in registries count."""

    platforms: tuple[str, ...] = field(
        default=(),
        metadata={
            "help": "Platforms of an image index whose SBOMs are looked for; none: those of the cluster's nodes with "
            "kube.nodePlatforms, else linux/amd64 and linux/arm64."
        },
    )
    verify: tuple[VerifyRule, ...] = field(
        default=(), metadata={"help": "Images whose SBOMs must be signed; the first prefix that matches counts."}
    )
    newest: bool = field(
        default=False,
        metadata={
            "help": "Of the attestations that sbom.verify accepts, count only the newest of each predicate type and "
            "tool, by the time in the signed document; else all count together."
        },
    )
    max_attachments: int = field(
        default=512,
        metadata={
            "help": "Attachments of one image that may be SBOMs; an image with more is unreadable, no part of them "
            "counts."
        },
    )
    max_layers: int = field(
        default=512, metadata={"help": "Layers of one attachment; an image with more in one is unreadable."}
    )
    max_pages: int = field(
        default=20, metadata={"help": "Pages of a list of attachments; an image with more is unreadable."}
    )
    listing_seconds: float = field(
        default=30.0, metadata={"help": "Seconds for which a list of attachments is remembered."}
    )


@dataclass(frozen=True, slots=True)
class ProviderOptions:
    """Plugins that give credentials, as the kubelet runs them."""

    config: Path | None = field(
        default=None, metadata={"help": "CredentialProviderConfig of the kubelet (YAML); none: no plugins."}
    )
    directory: Path | None = field(default=None, metadata={"help": "Folder of the plugins' programs."})
    timeout_seconds: float = field(default=10.0, metadata={"help": "Longest run of a plugin."})
