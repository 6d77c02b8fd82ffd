"""Settings: flag, environment and file become one frozen :class:`Settings`.

Order: flag over environment over file over default. Every setting is a field of an options dataclass that lives with
the code it configures; this package only finds the values. Keys of the file may be written in camelCase or snake_case.
Only ``bootstrap`` and the command line may import it, and nobody below it reads configuration or the environment.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, get_type_hints

from msgspec import structs

from webhook.api.options import ProbeOptions, ServeOptions
from webhook.clients.directory import SbomOptions
from webhook.clients.generator_options import GeneratorOptions
from webhook.clients.hub.options import HubClientOptions
from webhook.clients.kube.options import KubeOptions
from webhook.clients.lanes import LaneLimits
from webhook.clients.notifying.options import DestinationOptions, DestinationRule
from webhook.clients.oidc.options import OidcOptions
from webhook.clients.ossindex.options import OssIndexOptions
from webhook.clients.osv.options import VEX, SourceRule, check_sources
from webhook.clients.registry.options import (
    AttachmentOptions,
    ProviderOptions,
    RegistryOptions,
    RegistryRule,
    VerifyRule,
)
from webhook.clients.vex.options import TrustRule, VexOptions
from webhook.console.options import ConsoleOptions
from webhook.engines.auditing.options import AuditOptions
from webhook.engines.controlling.options import CertificateOptions, ControllerOptions
from webhook.engines.downloading.options import DownloadOptions
from webhook.engines.fleet.options import FleetOptions
from webhook.engines.notifying.options import NotifyingOptions
from webhook.engines.refresher import RefreshOptions
from webhook.engines.requesting.options import RequestOptions
from webhook.engines.retention.options import RetentionOptions
from webhook.engines.searching.options import ResolveOptions, SearchOptions
from webhook.errors import ConfigError
from webhook.hub.options import HubOptions
from webhook.model.policies import Policy
from webhook.model.resources import StatedAssessment
from webhook.policy.typetable import TypeTable, default_types
from webhook.settings.decisions import ASSESSMENT_KEYS, TYPE_KEYS, read_assessments, read_types
from webhook.settings.kinds import KIND_KEYS
from webhook.settings.lookup import (
    Group,
    Setting,
    camel,
    check_keys,
    describe,
    read_file,
    read_group,
    read_value,
    snake,
)
from webhook.settings.policies import PolicyOptions, make_policy
from webhook.store import DocumentOptions, StoreOptions
from webhook.telemetry import LogOptions

GROUPS = (
    Group("database", (StoreOptions,), file_variants=("url",)),
    Group(
        "ossindex",
        (OssIndexOptions, DownloadOptions),
        aliases={"token": ("OSS_INDEX_TOKEN",), "username": ("OSS_INDEX_USERNAME",)},
        file_variants=("token", "username"),
        omitted=("reassess_on_score_change",),  # policy.reassessOnScoreChange says it
    ),
    Group("sbom", (SbomOptions, AttachmentOptions, GeneratorOptions, DocumentOptions)),
    Group("registry", (RegistryOptions,)),
    Group("providers", (ProviderOptions,)),
    Group("kube", (KubeOptions,)),
    Group("search", (SearchOptions, ResolveOptions, LaneLimits)),
    Group("policy", (PolicyOptions,)),
    Group("serve", (ServeOptions,)),
    Group("refresh", (RefreshOptions,)),
    Group("log", (LogOptions,)),
    Group("console", (ConsoleOptions,)),
    Group("requests", (RequestOptions,)),
    Group("oidc", (OidcOptions,), file_variants=("client_secret",)),
    Group("notifications", (NotifyingOptions, DestinationOptions), file_variants=("smtp_password",)),
    Group("vex", (VexOptions,)),
    Group("audit", (AuditOptions,)),
    Group("retention", (RetentionOptions,)),
    Group("controller", (ProbeOptions, ControllerOptions)),
    Group("certificates", (CertificateOptions,)),
    Group("fleet", (FleetOptions, HubClientOptions, HubOptions), file_variants=("token",)),
)
_LISTS = ("assessment_types", "assessments", "registries", "sources")


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of a process.

    Attributes:
        types: the assessment types of the file, else the recommended three.
        assessments: what the file provisions.
        registries: how registries are reached; the first whose prefix matches an image counts.
        sources: who knows which components are vulnerable; None for OSS Index alone.
        path: the settings file, if one was read.
        environment: the variables that programs started by bomgate inherit.
    """

    database: StoreOptions
    ossindex: OssIndexOptions
    download: DownloadOptions
    sbom: SbomOptions
    attachments: AttachmentOptions
    generator: GeneratorOptions
    documents: DocumentOptions
    registry: RegistryOptions
    providers: ProviderOptions
    kube: KubeOptions
    search: SearchOptions
    resolve: ResolveOptions
    lanes: LaneLimits
    policy: Policy
    serve: ServeOptions
    refresh: RefreshOptions
    log: LogOptions
    console: ConsoleOptions
    requests: RequestOptions
    oidc: OidcOptions
    notifying: NotifyingOptions
    destinations: DestinationOptions
    vex: VexOptions
    audit: AuditOptions
    retention: RetentionOptions
    probes: ProbeOptions
    controller: ControllerOptions
    certificates: CertificateOptions
    fleet: FleetOptions
    hub_client: HubClientOptions
    hub: HubOptions
    types: TypeTable = field(default_factory=default_types)
    assessments: tuple[StatedAssessment, ...] = ()
    registries: tuple[RegistryRule, ...] = ()
    sources: tuple[SourceRule, ...] | None = None
    path: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)


def load_settings(
    path: Path | None = None, flags: Mapping[str, Any] | None = None, environment: Mapping[str, str] | None = None
) -> Settings:
    """Read all settings.

    Args:
        path: the settings file; ``BOMGATE_CONFIG`` names it when left out.
        flags: values of the command line, keyed ``group.field`` in snake_case; None values count as not given.
        environment: the process's environment when left out.

    Raises:
        ConfigError: a file cannot be read, a key is unknown, or a value is not of its form.
    """
    environment = os.environ if environment is None else environment
    named = environment.get("BOMGATE_CONFIG")
    content = _content(path := Path(named) if path is None and named else path)
    made = {
        type(options): options for group in GROUPS for options in _options(group, content, environment, flags or {})
    }
    types, sources = _types(content), _sources(content)
    policy = structs.replace(make_policy(made.pop(PolicyOptions)), local_rule=made[FleetOptions].local_rule)
    for checked in (LogOptions, RequestOptions, RetentionOptions):
        made[checked].check()
    made[VexOptions].check(rule.name for rule in sources or () if rule.kind == VEX)
    made[DownloadOptions] = replace(made[DownloadOptions], reassess_on_score_change=policy.reassess_on_score_change)
    url = _database_address(made[StoreOptions].url, path, content, environment, flags or {})
    made[StoreOptions] = replace(made[StoreOptions], url=url)
    hints = get_type_hints(Settings)
    return Settings(
        **{name: made[hint] for name, hint in hints.items() if hint in made},
        policy=policy,
        types=types,
        assessments=read_assessments(content.get("assessments") or [], types),
        registries=read_value("registries", content.get("registries") or [], tuple[RegistryRule, ...]),
        sources=sources,
        path=path,
        environment=dict(environment),
    )


def _content(path: Path | None) -> dict[str, Any]:
    """What a settings file says, by keys in snake_case; nothing without a file."""
    file = {} if path is None else read_file(path)
    check_keys("", file, [*(group.name for group in GROUPS), *_LISTS])
    return {snake(key): value for key, value in file.items()}


def _sources(content: Mapping[str, Any]) -> tuple[SourceRule, ...] | None:
    """The sources of a settings file; None when it names none."""
    entries = content.get("sources")
    if entries is None:
        return None
    sources: tuple[SourceRule, ...] = read_value("sources", entries, tuple[SourceRule, ...])
    check_sources(sources)
    return sources


def _types(content: Mapping[str, Any]) -> TypeTable:
    """The assessment types of a settings file, else the recommended three."""
    entries = content.get("assessment_types")
    return default_types() if entries is None else read_types(entries)


def _options(
    group: Group, content: Mapping[str, Any], environment: Mapping[str, str], flags: Mapping[str, Any]
) -> tuple[Any, ...]:
    given = content.get(group.name) or {}
    if not isinstance(given, Mapping):
        raise ConfigError(f"{group.name} is not a mapping of settings")
    return read_group(group, given, environment, flags)


def _database_address(
    url: str,
    file: Path | None,
    content: Mapping[str, Any],
    environment: Mapping[str, str],
    flags: Mapping[str, Any],
) -> str:
    """The address of the database: one that the settings file names is relative to that file, not to where one is.

    Raises:
        ConfigError: it is no address, or it names a file that is only in the working directory, where an address of
            the settings file was looked for before.
    """
    if not url:
        return default_database(environment)
    elsewhere = (*(environment.get(f"BOMGATE_DATABASE_URL{end}") for end in ("", "_FILE")), flags.get("database.url"))
    if file is None or any(elsewhere) or not content.get("database"):
        return url
    from webhook.store.addresses import file_of, in_folder

    address = in_folder(url, file.absolute().parent)
    if address == url:
        return url
    meant, here = file_of(address), file_of(url)
    assert meant is not None and here is not None, "only the path of an SQLite file is relative"
    if not meant.exists() and here.exists():
        raise ConfigError(
            f"database.url is relative to the settings file and names {meant}, which is not there; "
            f"{here.absolute()} in the working directory is.",
            remedy=f"Move that file to {meant}, or write the whole path in database.url.",
        )
    return address


def default_database(environment: Mapping[str, str]) -> str:
    """The SQLite file in the user's data folder (XDG Base Directory specification)."""
    home = environment.get("XDG_DATA_HOME") or str(Path(environment.get("HOME", "~")).expanduser() / ".local" / "share")
    return f"sqlite:///{Path(home) / 'bomgate' / 'bomgate.db'}"


def all_settings() -> Iterator[Setting]:
    """Every setting, for the documentation."""
    yield from describe(GROUPS)


_ENTRIES: tuple[tuple[str, type[Any]], ...] = (
    ("registries", RegistryRule),
    ("sources", SourceRule),
    ("sbom.verify", VerifyRule),
    ("vex.trust", TrustRule),
    ("notifications.destinations", DestinationRule),
)


def all_lists() -> Iterator[tuple[str, Mapping[str, str]]]:
    """Every setting whose entries are mappings, with the keys of an entry and what they mean, for the documentation."""
    yield "assessmentTypes", {camel(key): text for key, text in TYPE_KEYS.items()}
    yield "assessments", {camel(key): text for key, text in ASSESSMENT_KEYS.items()}
    yield "policy.kinds", {camel(key): text for key, text in KIND_KEYS.items()}
    for name, options in _ENTRIES:
        yield name, {camel(other_field.name): str(other_field.metadata["help"]) for other_field in fields(options)}
