"""The registry client: tags to digests, and the SBOMs that hang on images.

Belongs here: everything that speaks to container registries, from addresses and tokens to the places where attachments
are. Does not belong here: what an SBOM means (``webhook.sboms``), which of several counts (``engines``), and other
clients. Only ``settings`` (for the options) and ``bootstrap`` import from here, and only these names::

    client = RegistryClient(options, [FileKeychain()], clock)
    locations = Locations(rules, options)
    resolver = RegistryResolver(client, locations, options, clock)      # an ImageResolver
    search = Search(client, locations, attachment_options, parse, clock)
    places = [registry_source(name, search) for name in SOURCES]        # SbomSources
    explain_image(resolver, places, image, deadline).as_dict()          # for people
    opener = Opener(client, locations, join, pull_secret_source)        # a RegistryOpener, for pull secrets

Nothing is asked at a private, loopback, link-local or metadata address unless a rule of ``registries`` allows it.
"""

from __future__ import annotations

from webhook.clients.registry.client import RegistryClient
from webhook.clients.registry.credentials import FileKeychain, Keychain
from webhook.clients.registry.dockerconfig import Credential
from webhook.clients.registry.explaining import Explanation, Look, Trail, explain, explain_image
from webhook.clients.registry.locations import Locations, Registry, Repository
from webhook.clients.registry.options import (
    SOURCES,
    AttachmentOptions,
    RegistryOptions,
    RegistryRule,
    VerifyRule,
)
from webhook.clients.registry.providers import ProviderKeychain, ProviderOptions
from webhook.clients.registry.pulling import Opener, Opening
from webhook.clients.registry.resolver import RegistryResolver
from webhook.clients.registry.search import Search
from webhook.clients.registry.sources import registry_source
from webhook.clients.registry.targets import pull_target

__all__ = [
    "SOURCES",
    "AttachmentOptions",
    "Credential",
    "Explanation",
    "FileKeychain",
    "Keychain",
    "Locations",
    "Look",
    "Opener",
    "Opening",
    "ProviderKeychain",
    "ProviderOptions",
    "Registry",
    "RegistryClient",
    "RegistryOptions",
    "RegistryResolver",
    "RegistryRule",
    "Repository",
    "Search",
    "Trail",
    "VerifyRule",
    "explain",
    "explain_image",
    "pull_target",
    "registry_source",
]
