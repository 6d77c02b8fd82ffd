"""Volumes of Pods as the kubelet makes them: folders of links through ``..data``, which one rename swaps."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import kubernetes.client

from tests.e2e.chart.watching import Object, Watched

Files = dict[str, bytes]


class Mounted:
    """A folder whose files change all at once.

    Args:
        folder: made here; holds nothing before the first ``put``.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._versions, self._now = folder, 0, None
        folder.mkdir(parents=True)

    def put(self, files: Files) -> None:
        """Make these the files, unless they are already."""
        if files == self._now:
            return
        self._versions += 1
        version = self._folder / f"..version{self._versions}"
        for name, content in files.items():
            file = version / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        version.mkdir(exist_ok=True)
        fresh = self._folder / "..data_tmp"
        fresh.symlink_to(version.name)
        fresh.rename(self._folder / "..data")
        tops = {name.partition("/")[0] for name in files}
        for gone in {link.name for link in self._folder.iterdir() if not link.name.startswith("..")} - tops:
            (self._folder / gone).unlink()
        for top in tops:
            if not (self._folder / top).is_symlink():
                (self._folder / top).symlink_to(Path("..data") / top)
        self._now = files


class NotThereError(Exception):
    """A Secret or ConfigMap that a volume or variable needs does not exist yet; the text names it."""


class Contents:
    """What is in the volumes and variables of one Pod, as the API server has it now.

    Args:
        core: for tokens.
        watched: the Secrets and ConfigMaps, by what a volume calls their kind.
        pod: as JSON.
        address: stands for the Pod's own.
        rewrite: applied to the files of ConfigMaps.
    """

    def __init__(
        self,
        core: kubernetes.client.CoreV1Api,
        watched: Mapping[str, Watched],
        pod: Object,
        address: str,
        rewrite: Callable[[str], str],
    ) -> None:
        self._core, self._watched, self._pod, self._address, self._rewrite = core, watched, pod, address, rewrite
        self._namespace = pod["metadata"]["namespace"]
        self._tokens: dict[str, bytes] = {}

    def of_volume(self, volume: Object) -> Files | None:
        """The files of a volume; None for one that begins empty.

        Raises:
            NotThereError: what it names does not exist.
        """
        if "emptyDir" in volume or "persistentVolumeClaim" in volume:
            return None
        if "projected" in volume:
            return {name: data for item in volume["projected"]["sources"] for name, data in self._source(item).items()}
        return self._source(volume)

    def variable(self, variable: Object) -> str | None:
        """The value of an environment variable; None when it is optional and there is none.

        Raises:
            NotThereError: what it names does not exist.
        """
        source = variable.get("valueFrom")
        if source is None:
            return str(variable.get("value", ""))
        if "fieldRef" in source:
            return self._field(source["fieldRef"]["fieldPath"])
        (kind, reference), *others = source.items()
        assert not others, source
        name = {"secretKeyRef": "secret", "configMapKeyRef": "configMap"}[kind]
        value = self._keyed(name, reference).get(reference["key"])
        return None if value is None else value.decode()

    def _source(self, source: Object) -> Files:
        if "serviceAccountToken" in source:
            wanted = source["serviceAccountToken"]
            return {wanted["path"]: self._token(wanted)}
        if "downwardAPI" in source:
            items = source["downwardAPI"]["items"]
            return {item["path"]: self._field(item["fieldRef"]["fieldPath"]).encode() for item in items}
        kind = next(kind for kind in ("secret", "configMap") if kind in source)
        reference = source[kind]
        found = self._keyed(kind, {**reference, "name": reference.get("secretName") or reference.get("name")})
        if reference.get("items"):
            found = {item["path"]: found[item["key"]] for item in reference["items"] if item["key"] in found}
        return found

    def _keyed(self, kind: str, reference: Object) -> Files:
        found = self._watched[kind].named(reference["name"])
        if found is None and not reference.get("optional"):
            raise NotThereError(f"{kind} {reference['name']}")
        data = (found or {}).get("data") or {}
        if kind == "secret":
            return {key: base64.b64decode(value) for key, value in data.items()}
        return {key: self._rewrite(value).encode() for key, value in data.items()}

    def _token(self, wanted: Object) -> bytes:
        """A token of the Pod's ServiceAccount that ends with the Pod, as the kubelet requests it."""
        if wanted["path"] not in self._tokens:
            bound = {"kind": "Pod", "apiVersion": "v1", "name": self._pod["metadata"]["name"]}
            request = {
                "audiences": [wanted["audience"]] if "audience" in wanted else [],
                "expirationSeconds": wanted.get("expirationSeconds", 3600),
                "boundObjectRef": {**bound, "uid": self._pod["metadata"]["uid"]},
            }
            account = self._pod["spec"]["serviceAccountName"]
            made = self._core.create_namespaced_service_account_token(account, self._namespace, {"spec": request})
            self._tokens[wanted["path"]] = made.status.token.encode()
        return self._tokens[wanted["path"]]

    def _field(self, path: str) -> str:
        if path in ("status.podIP", "status.hostIP"):
            return self._address
        key = path.partition("['")[2].removesuffix("']")
        if key:
            return str(self._pod["metadata"].get(path.partition("['")[0].rpartition(".")[2], {}).get(key, ""))
        value: Any = self._pod
        for part in path.split("."):
            value = value.get(part, "")
        return value if isinstance(value, str) else json.dumps(value)
