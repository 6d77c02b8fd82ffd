"""The JSON schema of ``config``: what the settings file of bomgate may hold inside the chart."""

from __future__ import annotations

from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from webhook.settings import GROUPS, all_lists, all_settings
from webhook.settings.lookup import camel

SET_BY_CHART = frozenset(
    [
        *("database.url", "database.urlFile"),
        *("ossindex.url", "ossindex.token", "ossindex.tokenFile", "ossindex.username", "ossindex.usernameFile"),
        *("serve.listen", "serve.metricsListen", "serve.tlsCert", "serve.tlsKey", "serve.insecureHttp"),
        *("serve.stateDirectory", "controller.listen", "controller.lease"),
        *(
            "kube.cluster",
            "kube.namespace",
            "kube.kubeconfig",
            "kube.context",
            "kube.ticketGuard",
            "kube.requestGuard",
            "kube.authorGuard",
        ),
        *("certificates.manage", "certificates.secret", "certificates.caSecret", "certificates.service"),
        *("certificates.configurations", "certificates.consoleSecret", "certificates.consoleService"),
        *("console.listen", "console.metricsListen", "console.tlsCert", "console.tlsKey", "console.tokens"),
        *("oidc.issuer", "oidc.clientId", "oidc.clientSecret", "oidc.clientSecretFile"),
        "audit.excludedNamespaces",
        *("fleet.mode", "fleet.hub", "fleet.token", "fleet.tokenFile", "fleet.caFile", "fleet.hubKeys"),
        *("fleet.listen", "fleet.metricsListen", "fleet.tlsCert", "fleet.tlsKey", "fleet.signingKey"),
    ]
)
"""Settings that follow from other values; in ``config`` they would be without effect, so it may not hold them."""

_WORDS = {"policy.enforce": ["deny", "warn", "audit", "off", False]}
"""Settings that the templates look at, so that a wrong word has to end before it is rendered."""
_SCALARS = {str: "string", int: "integer", float: "number", bool: "boolean", Path: "string"}


def settings_schema() -> dict[str, Any]:
    """The schema of ``config``: no key that is not a setting, and no value of another type."""
    groups: dict[str, dict[str, Any]] = {}
    kinds = _kinds()
    lists = dict(all_lists())
    for setting in all_settings():
        if setting.name in SET_BY_CHART:
            continue
        group, name = setting.name.split(".")
        schema = _entries(lists[setting.name]) if setting.name in lists else _schema(kinds.get(setting.name, str))
        if setting.name in _WORDS:
            schema = {"enum": _WORDS[setting.name]}
        groups.setdefault(group, {})[name] = {"description": setting.help, **schema}
    properties: dict[str, Any] = {
        name: {"type": ["object", "null"], "additionalProperties": False, "properties": settings}
        for name, settings in groups.items()
    }
    properties |= {name: _entries(keys) for name, keys in lists.items() if "." not in name}
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _kinds() -> dict[str, Any]:
    """Setting → the type of its field."""
    return {
        f"{group.name}.{camel(field.name)}": get_type_hints(options)[field.name]
        for group in GROUPS
        for options, field in group.fields()
    }


def _schema(kind: Any) -> dict[str, Any]:
    """The schema of a field's type; what is not listed may be anything, and bomgate itself looks at it."""
    if kind in _SCALARS:
        return {"type": _SCALARS[kind]}
    if get_origin(kind) is tuple and get_args(kind)[0] is str:
        return {"type": ["array", "string"], "items": {"type": "string"}}
    if isinstance(kind, UnionType):
        types = [_SCALARS.get(argument, "null" if argument is type(None) else "object") for argument in get_args(kind)]
        return {"type": types}
    return {}


def _entries(keys: Any) -> dict[str, Any]:
    """The schema of a list whose entries are mappings with these keys."""
    properties = {key: {"description": text} for key, text in keys.items()}
    return {"type": "array", "items": {"type": "object", "additionalProperties": False, "properties": properties}}
