"""The chart's NetworkPolicies under kube-router, which enforces them: who can reach whom, and nobody is locked out.

kube-router lets the node itself reach its Pods, as the kubelet must. The API server runs on the node here, so that a
Pod of strangers stands in for one that calls from elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.manifests import pod
from tests.e2e.processes import wait_until, within
from tests.node import catalogue
from tests.node.configuration import ADDRESS, API_SERVICE
from tests.node.installation import CONTROLLER, NAMESPACE, RELEASE, WEBHOOK, Installation
from tests.node.node import Node

Caller = tuple[str, str]
STRANGERS = "strangers"
STRANGER, IMPOSTOR = (STRANGERS, "stranger"), (STRANGERS, "impostor")
NEIGHBOUR, DOWNLOADER = (NAMESPACE, "neighbour"), (NAMESPACE, "downloader")
DATABASE = (NAMESPACE, "statefulset/bomgate-postgresql")
OUTSIDERS: tuple[Caller, ...] = (STRANGER, IMPOSTOR, NEIGHBOUR)
INSIDERS: tuple[Caller, ...] = ((NAMESPACE, WEBHOOK), (NAMESPACE, CONTROLLER), DOWNLOADER)
COMPONENTS = {IMPOSTOR: "webhook", DOWNLOADER: "download"}
"""Pod of this test → the component that its labels claim."""
OPEN = ["webhook", "webhook's metrics", "controller's metrics"]
UNNAMED = ["webhook's unnamed port", "controller's unnamed port"]
OTHERS = ["service of others", "API server", "API server's Service"]
UNNAMED_PORT = 8000
ALL = ("webhook", "controller", "postgresql")
TRY = """
for door in "$@"; do timeout 20 bash -c "exec 3<>/dev/tcp/$door" 2>/dev/null && echo "$door" & done
wait
"""


class Doors:
    """What can be called, by name, and who can."""

    def __init__(self, bomgate: Installation) -> None:
        self._node = bomgate.node
        webhook, controller = (bomgate.pods(name)[0]["status"]["podIP"] for name in ("webhook", "controller"))
        self._addresses = {
            "webhook": f"bomgate-webhook.{NAMESPACE}.svc.cluster.local/443",
            "webhook's metrics": f"{webhook}/9090",
            "webhook's unnamed port": f"{webhook}/{UNNAMED_PORT}",
            "controller's metrics": f"{controller}/9090",
            "controller's unnamed port": f"{controller}/{UNNAMED_PORT}",
            "database": f"bomgate-postgresql.{NAMESPACE}.svc.cluster.local/5432",
            "downloader": f"{self._node.get('pod', '-n', NAMESPACE, DOWNLOADER[1])['status']['podIP']}/8080",
            "service of others": f"{self._node.get('service', '-n', 'outside', 'ossindex')['spec']['clusterIP']}/8080",
            "API server": f"{ADDRESS}/6443",
            "API server's Service": f"{API_SERVICE}/443",
        }

    def open_to(self, caller: Caller, doors: list[str]) -> list[str]:
        """Those of the doors that a caller can connect to."""
        tried = {self._addresses[door]: door for door in doors}
        namespace, name = caller
        ran = self._node.kubectl("-n", namespace, "exec", name, "--", "bash", "-c", TRY, "try", *tried)
        answered = {tried[line] for line in ran.out.splitlines()}
        return [door for door in doors if door in answered]


@pytest.fixture(scope="module", autouse=True)
def callers(bomgate: Installation, node: Node) -> Iterator[None]:
    """Pods that call, and one of them with the downloader's labels; all listen on 8080."""
    bomgate.namespace(STRANGERS, "warn")
    made = []
    for caller in (*OUTSIDERS, DOWNLOADER):
        manifest = pod(*caller, catalogue.OSSINDEX, terminationGracePeriodSeconds=0)
        if component := COMPONENTS.get(caller):
            labels = {"name": "bomgate", "instance": RELEASE, "component": component}
            manifest["metadata"]["labels"] = {f"app.kubernetes.io/{key}": value for key, value in labels.items()}
        made.append(manifest)
    node.apply(*made)
    for namespace, name in (*OUTSIDERS, DOWNLOADER):
        node.kubectl("-n", namespace, "wait", "--for=condition=Ready", f"pod/{name}", within(120))
    yield
    node.kubectl("-n", NAMESPACE, "delete", "pod", NEIGHBOUR[1], DOWNLOADER[1], "--wait=false")
    node.kubectl("delete", "namespace", STRANGERS, "--wait=false")


@pytest.fixture(scope="module")
def doors(bomgate: Installation, callers: None) -> Doors:
    """The doors; bomgate also listens on ports that no policy names, until its Pods are replaced."""
    for component in ("webhook", "controller"):
        name = bomgate.pods(component)[0]["metadata"]["name"]
        listen = f"python -m http.server {UNNAMED_PORT} >/dev/null 2>&1 &"
        bomgate.kubectl("exec", name, "-c", component, "--", "sh", "-c", listen)
    return Doors(bomgate)


def test_without_enforcement_every_door_is_open(doors: Doors) -> None:
    """The control of the others."""
    inner = [*OPEN, *UNNAMED, "database", "downloader"]
    wait_until(lambda: doors.open_to(STRANGER, inner) == inner, 60, "listening on the unnamed ports", pause=0.5)
    for outsider in OUTSIDERS:
        assert doors.open_to(outsider, [*inner, *OTHERS]) == [*inner, *OTHERS], outsider
    for insider in INSIDERS:
        assert doors.open_to(insider, ["database", "downloader", *OTHERS]) == ["database", "downloader", *OTHERS]
    outward = [*OPEN, "downloader", *OTHERS]
    assert doors.open_to(DATABASE, outward) == outward


@pytest.mark.usefixtures("firewall")
def test_outsiders_reach_the_webhook_and_metrics_and_nothing_else(doors: Doors) -> None:
    inner = [*OPEN, *UNNAMED, "database", "downloader"]
    wait_until(lambda: "database" not in doors.open_to(STRANGER, ["database"]), 60, "enforcement", pause=0.5)
    for outsider in OUTSIDERS:  # labels count in the release's namespace only
        assert doors.open_to(outsider, [*inner, *OTHERS]) == [*OPEN, *OTHERS], outsider


@pytest.mark.usefixtures("firewall")
def test_bomgate_reaches_its_database_and_what_is_outside(doors: Doors) -> None:
    for insider in INSIDERS:
        assert doors.open_to(insider, ["database", *OTHERS]) == ["database", *OTHERS], insider


@pytest.mark.usefixtures("firewall")
def test_nobody_reaches_the_downloader(doors: Doors) -> None:
    for caller in (*INSIDERS[:2], DATABASE):
        assert doors.open_to(caller, ["downloader"]) == [], caller


@pytest.mark.usefixtures("firewall")
def test_the_database_calls_nobody(doors: Doors) -> None:
    assert doors.open_to(DATABASE, [*OPEN, "downloader", *OTHERS]) == []


@pytest.mark.usefixtures("firewall")
def test_metrics_can_be_scraped_by_name(node: Node) -> None:
    for component in ("webhook", "controller"):
        url = f"http://bomgate-{component}.{NAMESPACE}.svc.cluster.local:9090/metrics"
        read = f"import urllib.request; print(urllib.request.urlopen('{url}', timeout=60).read().decode())"
        assert "\nbomgate_" in node.kubectl("-n", STRANGERS, "exec", STRANGER[1], "--", "python3", "-c", read).out


@pytest.mark.usefixtures("firewall")
def test_metrics_can_be_kept_for_some(bomgate: Installation, doors: Doors) -> None:
    own = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": NAMESPACE}}}
    bomgate.release("upgrade", networkPolicy={"metricsFrom": [own]})
    wait_until(lambda: doors.open_to(STRANGER, OPEN) == ["webhook"], 60, "the end of free metrics", pause=0.5)
    assert doors.open_to(NEIGHBOUR, OPEN) == OPEN
    bomgate.release("upgrade")
    wait_until(lambda: doors.open_to(STRANGER, OPEN) == OPEN, 60, "free metrics", pause=0.5)


@pytest.mark.usefixtures("firewall")
def test_all_comes_up_anew_under_enforcement_and_no_call_fails(
    bomgate: Installation, doors: Doors, namespace: str
) -> None:
    before = bomgate.uids(*ALL)
    with bomgate.load(namespace) as load:
        bomgate.kubectl("rollout", "restart", WEBHOOK, CONTROLLER, DATABASE[1])
        wait_until(lambda: not before & bomgate.uids(*ALL), 600, "the end of every old Pod", pause=0.5)
        bomgate.settled()
    bomgate.tell(f"all restarted while NetworkPolicies are enforced: {load.told}")
    assert (load.final["failed"], load.final["wrong"]) == (0, 0), load.final
    bomgate.decides()
    assert "Warning: " in bomgate.dry_run(namespace, bomgate.shelf.pinned(catalogue.CAUTION)).err
    assert bomgate.leader()
    bomgate.download("enforced")
    wait_until(lambda: doors.open_to(STRANGER, ["database"]) == [], 60, "enforcement for the new database", pause=0.5)
    for insider in INSIDERS:
        assert doors.open_to(insider, ["database"]) == ["database"], insider
