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
        metadata={
            "help": ("Docker config file with credentials for registries without a credentialsFile in their rule.")
        },
    )
    connections_per_host: int = field(default=8, metadata={"help": "Concurrent requests to a host."})
    requests_per_minute: int = field(default=0, metadata={"help": "Requests per minute to a host; 0 means no limit."})
    requests_per_image: int = field(default=2000, metadata={"help": "Maximum number of requests for a search."})
    bytes_per_image: int = field(
        default=256 * 1024 * 1024, metadata={"help": "Maximum number of bytes that a search reads."}
    )
    connect_seconds: float = field(default=5.0, metadata={"help": "Seconds to wait for a connection."})
    read_seconds: float = field(default=15.0, metadata={"help": ("Seconds to wait for the next bytes of a response.")})
    tries: int = field(default=3, metadata={"help": "Attempts for a request that fails temporarily."})
    retry_after_seconds: float = field(
        default=20.0,
        metadata={"help": "Maximum wait that a registry may request (Retry-After) before the search ends."},
    )
    down_seconds: float = field(
        default=5.0, metadata={"help": "Seconds before bomgate contacts an unreachable host again."}
    )
    redirects: int = field(default=5, metadata={"help": "Maximum number of redirects per request."})
    max_manifest_bytes: int = field(
        default=4 * 1024 * 1024, metadata={"help": "Maximum size of a manifest or list in bytes."}
    )
    max_blob_bytes: int = field(
        default=88 * 1024 * 1024,
        metadata={"help": ("Maximum size of an attachment in bytes; an attestation is a third larger than its SBOM.")},
    )
    tag_seconds: float = field(
        default=30.0, metadata={"help": "Seconds for which a registry's answer about a tag is cached."}
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
            "help": (
                "Platforms of an image index that need SBOMs; none: those of the cluster's nodes with"
                " kube.nodePlatforms, otherwise linux/amd64 and linux/arm64."
            )
        },
    )
    verify: tuple[VerifyRule, ...] = field(
        default=(), metadata={"help": "Images whose SBOMs must be signed; the first matching prefix applies."}
    )
    newest: bool = field(
        default=False,
        metadata={
            "help": (
                "Of the attestations that sbom.verify accepts, count only the newest of each "
                "predicate type and tool, by the time in the signed document. Otherwise, all of them "
                "count together."
            )
        },
    )
    max_attachments: int = field(
        default=512,
        metadata={
            "help": (
                "Maximum number of attachments of an image that may be SBOMs. An image with more is "
                "unreadable; none of them count."
            )
        },
    )
    max_layers: int = field(
        default=512,
        metadata={
            "help": ("Maximum number of layers of an attachment. An image with more in any attachment is unreadable.")
        },
    )
    max_pages: int = field(
        default=20,
        metadata={"help": ("Maximum number of pages of a list of attachments. An image with more is unreadable.")},
    )
    listing_seconds: float = field(
        default=30.0, metadata={"help": "Seconds for which a list of attachments is cached."}
    )


@dataclass(frozen=True, slots=True)
class ProviderOptions:
    """Plugins that give credentials, as the kubelet runs them."""

    config: Path | None = field(
        default=None,
        metadata={
            "help": "CredentialProviderConfig file of the kubelet (YAML), or a folder of such files; none: no plugins."
        },
    )
    directory: Path | None = field(default=None, metadata={"help": "Directory with the plugin programs."})
    timeout_seconds: float = field(default=10.0, metadata={"help": "Time limit of a plugin run."})
