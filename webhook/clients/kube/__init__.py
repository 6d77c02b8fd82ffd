"""The cluster's API server: running workloads, rights, and the objects that bomgate writes.

Belongs here: everything that speaks to the API server. Does not belong here: what a
registry does with credentials, what an SBOM means, and other clients. Only ``settings`` (for the options) and
``bootstrap`` import from here, each module by its own name::

    api = KubeApi(connect(options, environment, clock), options, clock)
    secrets = PullSecretReader(api, options, clock)     # a PullSecretSource
    reports = ClusterReports(api, parse)                # an SbomSource
    platforms = NodePlatforms(api, options, clock).platforms    # for a Search of registries

Everything goes through :class:`webhook.clients.kube.api.KubeApi`, within a deadline and a size. The official client
reads kubeconfig files, and does nothing else: it takes a quarter of a second and 35 MB.
"""
