"""The sets of values that the chart is tested with."""

from __future__ import annotations

from typing import Any

DATABASE = {"database": {"existingSecret": "bomgate-database"}}
"""What makes rendering repeatable: nothing is made up."""

SETS: dict[str, dict[str, Any]] = {
    "default": DATABASE,
    "external-database": {
        "postgresql": {"enabled": False},
        "database": {"url": "postgresql://bomgate:secret@db.example.com/bomgate"},
        "replicas": 5,
        "ossindex": {"existingSecret": "ossindex"},
    },
    "cert-manager": {**DATABASE, "certificates": {"mode": "certManager"}},
    "cert-manager-issuer": {
        **DATABASE,
        "certificates": {
            "mode": "certManager",
            "certManager": {"issuerRef": {"name": "corp", "kind": "ClusterIssuer"}},
        },
    },
    "small": {
        **DATABASE,
        "replicas": 1,
        "failurePolicy": "Ignore",
        "controller": {"replicas": 1},
        "postgresql": {"persistence": {"enabled": False}},
        "networkPolicy": {"enabled": False},
        "prometheusRule": {"enabled": False},
        "serviceMonitor": {"enabled": False},
        "grafanaDashboard": {"enabled": False},
        "unregister": {"enabled": False},
        "guard": {"enabled": False},
        "crds": {"install": False},
    },
    "strict": {
        **DATABASE,
        "config": {"policy": {"enforce": "deny", "unknown": "deny"}},
        "excludedNamespaces": ["calico-system", "cert-manager"],
    },
    "console": {
        **DATABASE,
        "certificates": {"mode": "certManager"},
        "config": {"oidc": {"usernameClaim": "email", "scopes": ["openid", "email", "groups"]}},
        "console": {
            "enabled": True,
            "host": "bomgate.example.com",
            "tokens": False,
            "oidc": {"issuer": "https://login.example.com", "clientId": "bomgate", "existingSecret": "oidc"},
            "ingress": {
                "enabled": True,
                "className": "nginx",
                "annotations": {"nginx.ingress.kubernetes.io/backend-protocol": "HTTPS"},
                "tlsSecret": "bomgate-example-com",
            },
        },
        "networkPolicy": {
            "consoleFrom": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress-nginx"}}}]
        },
    },
    "hub": {
        **DATABASE,
        "fleet": {
            "mode": "hub",
            "hub": {"signingKeySecret": "hub-key", "tlsSecret": "hub-tls", "serviceType": "LoadBalancer"},
        },
        "networkPolicy": {"hubFrom": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]},
    },
    "member": {
        **DATABASE,
        "config": {"fleet": {"localLoosening": True}},
        "fleet": {
            "mode": "member",
            "member": {"hub": "https://hub.example.com:8445", "existingSecret": "hub", "customCa": True},
        },
    },
    "everything": {
        **DATABASE,
        "console": {"enabled": True},
        "image": {"repository": "registry.example.com/bomgate", "digest": f"sha256:{'0' * 64}", "pullPolicy": "Always"},
        "imagePullSecrets": [{"name": "regcred"}],
        "namespaceSelector": {
            "matchLabels": {"team": "web"},
            "matchExpressions": [{"key": "stage", "operator": "In", "values": ["production"]}],
        },
        "extraRules": [
            {
                "apiGroups": ["argoproj.io"],
                "apiVersions": ["v1alpha1"],
                "resources": ["rollouts"],
                "operations": ["CREATE", "UPDATE"],
                "scope": "Namespaced",
            }
        ],
        "mutate": {"enabled": True},
        "config": {
            "policy": {
                "enforce": "off",
                "kinds": [{"group": "argoproj.io", "kind": "Rollout", "podSpecPath": "spec.template.spec"}],
            },
            "kube": {"pullSecrets": True, "nodePlatforms": True},
            "sbom": {"sources": ["referrers", "clusterReports"], "directory": "/sboms"},
            "serve": {"gracefulSeconds": 30},
            "assessmentTypes": [{"name": "Blocked", "action": "deny", "autoAssess": {"min": 9.0, "max": 10.0}}],
        },
        "ossindex": {"url": "https://ossindex.example.com", "existingSecret": "ossindex"},
        "download": {"schedule": "30 1 * * *", "timeZone": "Europe/Vienna", "suspend": True},
        "postgresql": {"persistence": {"size": "20Gi", "storageClass": "fast"}, "userId": 70},
        "pullSecretNamespaces": ["shop", "blog"],
        "prometheusRule": {"labels": {"release": "prometheus"}},
        "serviceMonitor": {"labels": {"release": "prometheus"}, "interval": "1m"},
        "priorityClassName": "system-cluster-critical",
        "podAnnotations": {"example.com/note": "yes"},
        "podLabels": {"example.com/team": "security"},
        "tolerations": [{"key": "control-plane", "operator": "Exists", "effect": "NoSchedule"}],
        "extraEnv": [{"name": "HTTPS_PROXY", "value": "http://proxy.example.com:3128"}],
        "extraVolumes": [{"name": "sboms", "emptyDir": {}}],
        "extraVolumeMounts": [{"name": "sboms", "mountPath": "/sboms"}],
        "networkPolicy": {
            "metricsFrom": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}]
        },
    },
}
"""Each is rendered, compared with what it was, and shown to an API server."""
