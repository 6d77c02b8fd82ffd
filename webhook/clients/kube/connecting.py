"""Connecting: from the options to the official client, set up for short questions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import urllib3
import yaml
from kubernetes import client, config
from kubernetes.config.config_exception import ConfigException

from webhook.clients.http.messages import user_agent
from webhook.clients.kube.options import KubeOptions
from webhook.errors import ConfigError

_OWN_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")

# The client library has no types for these two.
_from_kubeconfig: Callable[..., None] = config.load_kube_config
_from_pod: Callable[..., None] = config.load_incluster_config


def connect(options: KubeOptions) -> client.ApiClient:
    """The official client, as a kubeconfig file or the Pod's ServiceAccount says; nothing is sent yet.

    A token of the Pod's ServiceAccount is read again every minute, as it is renewed while the Pod runs.

    Raises:
        ConfigError: there is neither, or it cannot be read.
    """
    options.check()
    configuration = client.Configuration()
    try:
        if options.kubeconfig is not None:
            _from_kubeconfig(
                config_file=str(options.kubeconfig),
                context=options.context or None,
                client_configuration=configuration,
                persist_config=False,
            )
        else:
            _from_pod(client_configuration=configuration)
    except (ConfigException, yaml.YAMLError, OSError, ValueError, TypeError, KeyError) as problem:
        raise _unusable(options, problem) from problem
    return quick(configuration)


def own_namespace(options: KubeOptions, file: Path = _OWN_NAMESPACE) -> str:
    """The namespace that bomgate runs in.

    Args:
        options: ``kube.namespace`` says it, wherever bomgate runs.
        file: where the kubelet writes it for a Pod.

    Raises:
        ConfigError: nothing says it.
    """
    if options.namespace:
        return options.namespace
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError as problem:
        raise ConfigError(
            "It is not known which namespace bomgate runs in.",
            remedy="Set kube.namespace (BOMGATE_KUBE_NAMESPACE); a Pod with a ServiceAccount's token needs not.",
        ) from problem


def quick(configuration: client.Configuration) -> client.ApiClient:
    """A client that tries once, and follows no redirect with its token."""
    configuration.retries = urllib3.Retry(total=0, redirect=0, raise_on_redirect=False)
    made = client.ApiClient(configuration)
    made.user_agent = user_agent()
    return made


def _unusable(options: KubeOptions, problem: Exception) -> ConfigError:
    if options.kubeconfig is None:
        return ConfigError(
            f"The API server cannot be found: {problem}",
            remedy="Inside a cluster, let the Pod mount its ServiceAccount's token; elsewhere set kube.kubeconfig.",
        )
    return ConfigError(
        f"kube.kubeconfig: {options.kubeconfig} cannot be used: {problem}",
        remedy="Check the file, and kube.context, with `kubectl --kubeconfig FILE config view`.",
    )
