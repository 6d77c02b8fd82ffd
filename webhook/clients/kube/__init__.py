"""The cluster's API server: pull secrets, reports with SBOMs, and what its nodes run.

Belongs here: everything that speaks to the API server, with the official client. Does not belong here: what a
registry does with credentials, what an SBOM means, and other clients. Only ``settings`` (for the options) and
``bootstrap`` import from here, each module by its own name::

    api = KubeApi(connect(options), options, clock)
    secrets = PullSecretReader(api, options, clock)     # a PullSecretSource
    reports = ClusterReports(api, parse)                # an SbomSource
    platforms = NodePlatforms(api, options, clock).platforms    # for a Search of registries

Nothing is imported here, because the official client takes a fifth of a second and 35 MB, and most processes never ask
the API server. Objects are read one by one, by name; only nodes are listed, and nothing is watched.
"""
