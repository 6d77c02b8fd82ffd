"""From an image's name to the repository to ask: the rules of ``registries``, in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from webhook.clients.http.destination import Destination, Reach, Remedies
from webhook.clients.registry.options import RegistryOptions, RegistryRule
from webhook.errors import ConfigError, InvalidInput
from webhook.model.images import DEFAULT_HOST, ImageRef, parse_image

_DOCKER_HUB = "registry-1.docker.io"
_REMEDIES = Remedies(
    certificate="Set its certificate authority as caFile under registries.",
    tls="If it speaks plain HTTP, set plainHttp for it under registries.",
    unreachable="Check that the registry is running, the network policy, and HTTPS_PROXY.",
    size="The registry, or what is between it and you, does not keep to what its manifests say.",
)


@dataclass(frozen=True, slots=True)
class Registry:
    """A registry and how it is reached.

    Attributes:
        host: the name that image references use, with a port if there is one, such as ``docker.io``.
        plain_http: speak HTTP instead of HTTPS.
        allow_private: private and loopback addresses are allowed.
        ca_file: certificate authorities that are trusted beside the usual ones.
        credentials_file: docker config file; None when there are no credentials.
    """

    host: str
    plain_http: bool = False
    allow_private: bool = False
    ca_file: Path | None = None
    credentials_file: Path | None = None

    @property
    def url(self) -> str:
        """Scheme and host of its API; Docker Hub answers under another name than its images have."""
        host = _DOCKER_HUB if self.host == DEFAULT_HOST else self.host.removesuffix(":443")
        return f"{'http' if self.plain_http else 'https'}://{host}"

    @property
    def destination(self) -> Destination:
        """The same for requests."""
        reach = Reach.PRIVATE if self.allow_private else Reach.PUBLIC
        return Destination(_REMEDIES, reach, plain_http=self.plain_http, ca_file=self.ca_file)


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository of a registry.

    Attributes:
        registry: where it is.
        path: its name inside the registry, such as ``library/nginx``.
    """

    registry: Registry
    path: str

    @property
    def name(self) -> str:
        """Host and path, such as ``docker.io/library/nginx``."""
        return f"{self.registry.host}/{self.path}"


class Locations:
    """Finds the repository of an image; the first rule whose prefix matches counts.

    A rewritten name is reached as its rule says and, where that says nothing, as the first rule for the new name says;
    it is not rewritten a second time. Credentials are looked up for the new name.

    Args:
        rules: in order.
        options: names the credentials of registries that name none.

    Raises:
        ConfigError: a prefix or a target is not a host with an optional path.
    """

    def __init__(self, rules: Sequence[RegistryRule] = (), options: RegistryOptions | None = None) -> None:
        self._credentials_file = (options or RegistryOptions()).credentials_file
        self._rules = [(normal_prefix("registries.prefix", rule.prefix), rule) for rule in rules]
        for rule in rules:
            for name, target in (("rewrite", rule.rewrite), ("sbomRepository", rule.sbom_repository)):
                if target:
                    normal_prefix(f"registries.{name}", target)

    def image(self, image: ImageRef) -> Repository:
        """Where the image itself is."""
        reached = _reached_name(image)
        written, prefix, rule = self._of(image)
        if rule is None or not rule.rewrite:
            return self._reached(reached, rule)
        target = normal_prefix("registries.rewrite", rule.rewrite)
        name = target + written.removeprefix(prefix)
        return self._reached(name, rule, self._find(name)[1])

    def attachments(self, image: ImageRef) -> Repository:
        """Where what is attached to the image is: beside it, unless a rule names another repository."""
        _, _, rule = self._of(image)
        if rule is None or not rule.sbom_repository:
            return self.image(image)
        name = normal_prefix("registries.sbomRepository", rule.sbom_repository)
        return self._reached(name, self._find(name)[1], rule)

    def _of(self, image: ImageRef) -> tuple[str, str, RegistryRule | None]:
        """The name by which a rule matches an image, its prefix, and the rule.

        A rule for a registry is meant for its port 80, too; one that names this port, as it may say ``plainHttp``, is
        not meant for HTTPS.
        """
        names = (_reached_name(image), *image.names)
        found = ((name, prefix, rule) for prefix, rule in self._rules for name in names if has_prefix(name, prefix))
        return next(found, (names[0], "", None))

    def _find(self, name: str) -> tuple[str, RegistryRule | None]:
        found = ((prefix, rule) for prefix, rule in self._rules if has_prefix(name, prefix))
        return next(found, ("", None))

    def _reached(self, name: str, *given: RegistryRule | None) -> Repository:
        host, _, path = name.partition("/")
        rules = [rule for rule in given if rule is not None]
        return Repository(
            Registry(
                host=host,
                plain_http=any(rule.plain_http for rule in rules),
                allow_private=any(rule.allow_private for rule in rules),
                ca_file=next((rule.ca_file for rule in rules if rule.ca_file), None),
                credentials_file=next(
                    (rule.credentials_file for rule in rules if rule.credentials_file), self._credentials_file
                ),
            ),
            path,
        )


def _reached_name(image: ImageRef) -> str:
    """Host and repository with the port that is connected to."""
    return f"{image.host}/{image.repository}"


def has_prefix(name: str, prefix: str) -> bool:
    """Whether a name (host and repository) is below a prefix; only whole parts between slashes count."""
    return name == prefix or name.startswith(f"{prefix}/")


def normal_prefix(setting: str, text: str) -> str:
    """A prefix without scheme and closing slash, in the form that image names have.

    Args:
        setting: its name, for the error.
        text: such as ``registry.corp/team/`` or ``index.docker.io``.

    Raises:
        ConfigError: it is not a host with an optional path.
    """
    host, _, path = text.removeprefix("https://").removeprefix("http://").rstrip("/").partition("/")
    below = f"any/{path or 'any'}"
    try:
        parsed = parse_image(f"{host}/{below}")
    except InvalidInput as problem:
        raise ConfigError(f"{setting} cannot be {text!r:.100}: {problem.message}") from problem
    if parsed.repository != below or parsed.digest is not None:
        raise ConfigError(
            f"{setting} cannot be {text!r:.100}: it is not a registry's host with an optional path",
            remedy="Write a host with a dot or a port, such as registry.corp or localhost:5000, and a path if needed.",
        )
    return f"{parsed.host}/{path}" if path else parsed.host
