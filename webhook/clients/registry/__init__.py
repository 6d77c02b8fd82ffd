"""The registry client: tags to digests, and the SBOMs that hang on images.

Belongs here: everything that speaks to container registries, from addresses and tokens to the places where attachments
are. Does not belong here: what an SBOM means (``webhook.sboms``), which of several counts (``engines``), and other
clients. Only ``settings`` (for ``options``) and ``bootstrap`` import from here, each name from its module, so that
options load no client::

    client = RegistryClient(options, [FileKeychain()], clock)
    locations = Locations(rules, options)
    resolver = RegistryResolver(client, locations, options, clock)      # an ImageResolver
    search = Search(client, locations, attachment_options, parse, clock)
    places = [registry_source(name, search) for name in SOURCES]        # SbomSources
    explain_image(resolver, places, image, deadline).as_dict()          # clients.trail: for people
    opener = Opener(client, locations, join, pull_secret_source)        # a RegistryOpener, for pull secrets

Nothing is asked at a private, loopback, link-local or metadata address unless a rule of ``registries`` allows it.
"""
