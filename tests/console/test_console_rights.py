"""What people may see and do, by namespace; tokens; sessions; and what of a sign-in nobody else can use."""

from __future__ import annotations

import base64
import html
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.console.conftest import console_app
from tests.console.world import LODASH, LOG4J, settings_of
from tests.memory.people import MemoryRights, MemoryTokens
from tests.ports.samples import digest, make_sbom
from webhook.bootstrap.console import console_face
from webhook.bootstrap.parts import Parts, open_parts
from webhook.bootstrap.triage import open_triage
from webhook.console.guards import safe_address
from webhook.console.identity import ClusterGate
from webhook.console.sessions import Sessions
from webhook.console.signing import SignIn
from webhook.errors import InvalidInput
from webhook.model.assessments import Scope
from webhook.model.deadlines import Deadline
from webhook.model.images import parse_image
from webhook.model.people import KUBERNETES, Login, Person, SignedIn
from webhook.model.records import AssessmentQuery
from webhook.model.requests import Phase
from webhook.model.resources import AssessmentResource, Resource, ResourceKind, StatedAssessment
from webhook.model.reviews import Requester
from webhook.model.triage import AuditScan
from webhook.telemetry.metrics import Metrics

HOST = "bomgate.corp"
ORIGIN = f"https://{HOST}"
READ = "vulnerabilities packages images sbomdocuments workloads assessments"
WHOLE = f"{READ} types runs settings audit"


def user(name: str) -> Person:
    return Person(name, "token", (), KUBERNETES, name, f"uid of {name}")


@dataclass
class Shared:
    """A console for several people, as far as HTTP goes."""

    parts: Parts
    rights: MemoryRights
    tokens: MemoryTokens
    sessions: Sessions
    app: Any
    seconds: list[float]
    clients: dict[str, FlaskClient] = field(default_factory=dict)

    def browser(self, name: str) -> FlaskClient:
        """A browser in which somebody has signed in with a token."""
        if name not in self.clients:
            self.clients[name] = client = self.app.test_client()
            answer = client.post("/sign-in/token", data={"token": name}, headers=HEADERS, base_url=ORIGIN)
            assert answer.status_code == 303, answer.text
        return self.clients[name]

    def get(self, name: str, path: str, **more: Any) -> Any:
        return self.browser(name).get(path, headers={"Host": HOST}, base_url=ORIGIN, **more)

    def form_token(self, name: str) -> str:
        return re.findall(r'name="form_token" value="([^"]+)"', self.get(name, "/nothing").text)[0]

    def send(self, name: str, path: str, body: Any) -> Any:
        headers = {**HEADERS, "X-Form-Token": self.form_token(name)}
        return self.browser(name).post(path, json=body, headers=headers, base_url=ORIGIN)

    def call(self, token: str, path: str, body: Any = None) -> Any:
        """A program: no cookie, no Origin."""
        headers = {"Host": HOST, "Authorization": f"Bearer {token}"}
        client = self.app.test_client()
        return client.post(path, json=body, headers=headers) if body is not None else client.get(path, headers=headers)


HEADERS = {"Host": HOST, "Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def shared(filled_file: Path, tmp_path: Path) -> Iterator[Shared]:
    """A console of which a test may do anything."""
    yield from _shared(filled_file, tmp_path)


@pytest.fixture(scope="module")
def seen(filled_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    """A console that is only looked at."""
    yield from _shared(filled_file, tmp_path_factory.mktemp("shared"))


def _shared(filled_file: Path, tmp_path: Path) -> Iterator[Shared]:
    shutil.copy(filled_file, tmp_path / "b.db")
    parts = open_parts(settings_of(f"sqlite:///{tmp_path}/b.db", str(tmp_path)))
    parts.refresher.refresh()
    triage = open_triage(parts)
    triage.boards.refresh()
    rights, seconds = MemoryRights(), [1000.0]
    names = ("ana", "dev", "lab", "nobody", "system:serviceaccount:ci:bot")
    tokens = MemoryTokens({name: SignedIn(user(name), 3600.0) for name in names})
    rights.grant("ana", "get list", WHOLE)
    rights.grant("ana", "create delete", "assessments assessments/override")
    rights.grant("dev", "get list", READ, "shop")
    rights.grant("dev", "create delete", "assessments", "shop")
    rights.grant("lab", "get list", READ, "lab")
    rights.grant("system:serviceaccount:ci:bot", "get list", READ, "shop")
    clock = _Clock(parts.clock, seconds)
    sessions = Sessions(8 * 3600, clock.monotonic)
    sign_in = SignIn(
        sessions, "0.0.0.0", 8443, clock, tokens=tokens, url=ORIGIN, secure=True,
        gate=ClusterGate(rights, clock), is_watched=False,
    )  # fmt: skip
    app = console_app(console_face(parts, triage, Metrics()), sign_in)
    yield Shared(parts, rights, tokens, sessions, app, seconds)
    parts.store.close()


class _Clock:
    """The time of the parts, on a monotonic clock that tests advance."""

    def __init__(self, real: Any, seconds: list[float]) -> None:
        self._real, self._seconds = real, seconds

    def now(self) -> Any:
        return self._real.now()

    def monotonic(self) -> float:
        return self._seconds[0]

    def sleep(self, seconds: float) -> None:
        self._seconds[0] += seconds


def listed(shared: Shared, name: str, what: str, key: str, query: str = "") -> list[Any]:
    answer = shared.get(name, f"/api/v1/{what}?limit=1000{query}")
    assert answer.status_code == 200, answer.text
    return [item[key] for item in answer.json["items"]]


def test_whoever_may_read_one_namespace_sees_what_runs_there_and_nothing_else(seen: Shared) -> None:
    assert listed(seen, "dev", "workloads", "title") == ["Deployment shop/web", "Deployment shop/worker"]
    assert [name.rpartition("/")[2] for name in listed(seen, "dev", "images", "title")] == ["web:1.4.2", "worker:2.0"]
    assert listed(seen, "dev", "vulnerabilities", "id") == ["CVE-2021-44228", "CVE-2021-23337", "CVE-2020-14343"]
    packages = listed(seen, "dev", "packages", "package")
    assert packages == sorted(packages, key=lambda name: name.rpartition("/")[2]) and len(packages) == 4
    assert len(listed(seen, "ana", "vulnerabilities", "id")) == 74
    assert set(listed(seen, "lab", "vulnerabilities", "id")) == {"EVIL-1"}


def test_numbers_are_of_what_may_be_seen(seen: Shared) -> None:
    def images_with(name: str) -> int:
        (row,) = seen.get(name, "/api/v1/packages?name=left-pad").json["items"]
        return int(row["images"])

    assert (images_with("ana"), images_with("dev"), images_with("lab")) == (72, 1, 1)
    page = seen.get("dev", "/package?purl=pkg:npm/left-pad").text
    assert "shop/web" in page and "lab/evil" not in page and "service-1" not in page
    overview = seen.get("dev", "/").text
    assert "shop" in overview and "team-1" not in overview


@pytest.mark.parametrize(
    "path",
    [
        f"/images/{digest(3)}", f"/api/v1/images/{digest(3)}", "/vulnerabilities/EVIL-1",
        "/api/v1/vulnerabilities/EVIL-1", "/package?purl=pkg:npm/module-1", "/api/v1/package?purl=pkg:npm/module-1",
        f"/images/{digest(3)}/documents/sha256:{'0' * 64}",
    ],
)  # fmt: skip
def test_what_runs_elsewhere_is_like_what_does_not_exist(seen: Shared, path: str) -> None:
    assert seen.get("dev", path).status_code == 404


def test_a_cursor_names_nothing_that_is_not_shown(seen: Shared, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webhook.engines.triage.packages._PORTION", 2)
    monkeypatch.setattr("webhook.engines.triage.packages._MOST_PORTIONS", 2)
    rows, cursors, cursor = list[str](), list[str](), ""
    while True:
        page = seen.get("lab", f"/api/v1/packages?cursor={cursor}").json
        rows += [item["package"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
        cursors.append(cursor)
    assert len(cursors) > 5 and rows == sorted(rows, key=lambda name: name.rpartition("/")[2])
    for cursor in cursors:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("latin-1")
        assert not any(part in text for part in ("module", "pkg:", "left-pad"))
    changed = ("A" if cursors[0][40] != "A" else "B").join((cursors[0][:40], cursors[0][41:]))
    for cursor in (changed, "x", "WyJhIiwiYiJd", "\u00e9"):
        assert seen.get("lab", f"/api/v1/packages?cursor={cursor}").status_code == 400


def test_a_filter_by_what_runs_elsewhere_finds_nothing(seen: Shared) -> None:
    assert listed(seen, "dev", "vulnerabilities", "id", f"&image={digest(3)}") == []
    assert seen.get("dev", "/api/v1/vulnerabilities?namespace=lab").status_code == 400


def test_records_for_other_namespaces_are_not_shown(shared: Shared) -> None:
    for namespace in ("shop", "lab"):
        body: dict[str, Any] = {"vulnerabilities": ["CVE-2021-23337"], "type": "Caution", "override": True}
        body |= {"comment": f"secret of {namespace}"}
        assert shared.send("ana", "/api/v1/decisions", {**body, "namespace": namespace}).status_code == 200
    assert "secret of shop" in listed(shared, "dev", "assessments", "comment")
    assert "secret of lab" not in shared.get("dev", "/api/v1/assessments?limit=1000").text
    page = shared.get("dev", "/vulnerabilities/CVE-2021-23337").text
    assert "secret of shop" in page and "secret of lab" not in page


def test_records_for_images_elsewhere_are_not_shown(shared: Shared) -> None:
    body: dict[str, Any] = {"vulnerabilities": ["CVE-2021-23337"], "type": "Caution", "override": True}
    for image in ("registry.corp/lab/hidden", "*/web", str(digest(1))):
        sent = {**body, "comment": f"about {image}", "image": image}
        assert shared.send("ana", "/api/v1/decisions", sent).status_code == 200
    for path in ("/api/v1/assessments?limit=1000", "/vulnerabilities/CVE-2021-23337", "/"):
        assert "lab/hidden" not in shared.get("dev", path).text, path
    assert "about registry.corp/lab/hidden" in listed(shared, "ana", "assessments", "comment")
    assert "about */web" in listed(shared, "dev", "assessments", "comment")


def test_records_for_packages_that_nobody_there_has_are_not_shown(shared: Shared) -> None:
    body: dict[str, Any] = {"vulnerabilities": ["CVE-2021-23337"], "type": "Caution", "override": True}
    for package in ("pkg:npm/lodash-of-lab", LODASH.partition("@")[0], "pkg:npm/lodash@9.9.9"):
        sent = {**body, "comment": f"about {package}", "package": package}
        assert shared.send("ana", "/api/v1/decisions", sent).status_code == 200
    for path in ("/api/v1/assessments?limit=1000", "/vulnerabilities/CVE-2021-23337", "/"):
        page = shared.get("dev", path).text
        assert "lodash-of-lab" not in page and "9.9.9" not in page, path
    assert f"about {LODASH.partition('@')[0]}" in listed(shared, "dev", "assessments", "comment")
    assert "about pkg:npm/lodash-of-lab" in listed(shared, "ana", "assessments", "comment")


def test_a_record_for_a_package_in_another_image_is_not_shown(shared: Shared) -> None:
    body: dict[str, Any] = {"vulnerabilities": ["CVE-2021-44228"], "type": "Caution", "override": True}
    for image in ("registry.example/shop/web", "registry.example/shop/worker"):  # the worker does not have it
        sent = {**body, "comment": f"about {image}", "image": image, "package": LOG4J.partition("@")[0]}
        assert shared.send("ana", "/api/v1/decisions", sent).status_code == 200
    comments = listed(shared, "dev", "assessments", "comment")
    assert "about registry.example/shop/web" in comments and "about registry.example/shop/worker" not in comments


def test_the_page_of_an_image_tells_nothing_that_was_decided_for_a_name_elsewhere(shared: Shared) -> None:
    name = "registry.example/lab/hidden:1"
    shared.parts.store.sboms.add(digest(1), make_sbom(LOG4J), place="added", image=parse_image(name))
    body: dict[str, Any] = {"vulnerabilities": ["CVE-2021-44228"], "type": "Ignore", "override": True}
    body |= {"comment": "secret of lab", "image": "registry.example/lab/hidden"}
    assert shared.send("ana", "/api/v1/decisions", body).status_code == 200
    findings = {who: _assessed(shared, who) for who in ("ana", "dev")}
    assert findings["ana"] == "secret of lab", "by its first name it is ignored"
    assert findings["dev"] != "secret of lab"
    assert "secret of lab" not in shared.get("dev", f"/images/{digest(1)}").text


def _assessed(shared: Shared, who: str) -> str:
    (found,) = (
        finding["assessment"]["comment"]
        for finding in shared.get(who, f"/api/v1/images/{digest(1)}").json["findings"]
        if finding["vulnerability"] == "CVE-2021-44228"
    )
    return str(found)


def test_the_overview_tells_of_runs_to_those_who_may_list_them(shared: Shared) -> None:
    assert "Last run ended" in shared.get("ana", "/").text
    page = shared.get("dev", "/").text
    assert "Last run ended" not in page and "credits left" not in page and "never ran" not in page
    shared.rights.grant("dev", "list", "runs")
    shared.seconds[0] += 60
    assert "Last run ended" in shared.get("dev", "/").text


def test_what_was_written_outlasts_a_session_that_ends_in_the_middle(shared: Shared) -> None:
    shared.rights.grant("dev", "get list create", "requests", "shop")
    written = {
        "vulnerabilities": "CVE-2021-44228 CVE-1",
        "namespace": "shop",
        "reason": "No lookups & <none>, ä",
        "days": "7",
    }
    form = {"form_token": shared.form_token("dev"), **written}
    shared.seconds[0] += 9 * 3600
    refused = shared.browser("dev").post("/requests/new", data=form, headers=HEADERS, base_url=ORIGIN)
    assert refused.status_code == 401 and form["form_token"] not in refused.text
    back = html.unescape(re.findall(r'name="to" value="([^"]+)"', refused.text)[0])
    signed_in = shared.browser("dev").post(
        "/sign-in/token", data={"token": "dev", "to": back}, headers=HEADERS, base_url=ORIGIN
    )
    page = html.unescape(shared.get("dev", signed_in.headers["Location"]).text)
    assert 'value="CVE-2021-44228 CVE-1"' in page and ">No lookups & <none>, ä</textarea>" in page
    assert shared.parts.desk.counts().by_phase.get(Phase.WAITING, 0) == 0, "it is sent again by whoever wrote it"


@pytest.mark.parametrize(
    ("referer", "back"),
    [
        (f"{ORIGIN}/vulnerabilities?severity=high", "/vulnerabilities?severity=high"),
        ("https://evil.example/vulnerabilities", "/"),
        (f"{ORIGIN}//evil.example", "/"),
        ("", "/"),
    ],
)
def test_after_a_session_that_ended_a_form_leads_back_to_its_page(seen: Shared, referer: str, back: str) -> None:
    headers = {**HEADERS, "Referer": referer} if referer else HEADERS
    refused = seen.app.test_client().post("/decide", data={"tick": "CVE-1"}, headers=headers, base_url=ORIGIN)
    assert refused.status_code == 401
    assert html.unescape(re.findall(r'name="to" value="([^"]+)"', refused.text)[0]) == back


def test_the_icon_is_there_for_everybody_and_fetched_from_nowhere_else(shared: Shared) -> None:
    for path in ("/favicon.ico", "/static/icon.svg"):
        answer = shared.app.test_client().get(path, headers={"Host": HOST}, base_url=ORIGIN)
        assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml"), path
        answer.close()
    assert '<link rel="icon" href="/static/icon.svg"' in shared.get("dev", "/").text


def test_an_image_has_no_name_by_which_only_others_know_it(shared: Shared) -> None:
    store = shared.parts.store
    for name in ("registry.example/lab/hidden:1", "registry.example/shop/web:1.4"):
        store.sboms.add(digest(1), make_sbom(LOG4J), place="added", image=parse_image(name))
    shared.parts.refresher.refresh()
    triage = open_triage(shared.parts)
    triage.boards.refresh()
    assert "registry.example/lab/hidden:1" in triage.boards.now().by_digest[digest(1)].called
    (known,) = (image for image in triage.whole.within(frozenset({"shop"})).now().images if image.digest == digest(1))
    assert known.called == ("registry.example/shop/web:1.4", "registry.example/shop/web:1.4.2")
    assert known.title == known.called[0]


def test_a_form_offers_no_namespace_that_its_reader_may_not_know(shared: Shared) -> None:
    shared.rights.grant("dev", "get list create", "requests", "shop")
    shared.rights.grant("ana", "get list create", "requests")
    assert '<option value="lab">' in shared.get("ana", "/requests/new").text
    page = shared.get("dev", "/requests/new").text
    assert '<option value="shop">' in page and '<option value="lab">' not in page
    assert "<option value=" not in shared.get("nobody", "/requests/new").text


@pytest.mark.parametrize("path", ["/types", "/runs", "/audit", "/settings", "/api/v1/audit"])
def test_what_concerns_the_whole_cluster_takes_a_right_everywhere(seen: Shared, path: str) -> None:
    answer = seen.get("dev", path)
    assert answer.status_code == 403 and "bomgate.dev" in answer.text
    assert seen.get("ana", path).status_code == 200
    assert seen.get("nobody", "/workloads").status_code == 403


def test_requests_for_a_namespace_in_which_nothing_runs_yet_are_seen_by_its_people(shared: Shared) -> None:
    shared.rights.grant("dev", "get list create", "requests", "new")
    wish = {"vulnerabilities": ["CVE-2021-44228"], "package": LOG4J.partition("@")[0], "namespace": "new"}
    wish |= {"reason": "not reachable", "days": 7}
    made = shared.send("dev", "/api/v1/requests", wish)
    assert made.status_code == 200, made.text
    (row,) = shared.get("dev", "/api/v1/requests").json["items"]
    assert (row["requester"], row["namespace"]) == ("dev", "new")
    assert "Why" in shared.get("dev", "/requests").text
    shared.rights.grant("lab", "get list", "requests", "lab")
    assert shared.get("lab", "/api/v1/requests").json["items"] == []


def test_a_request_elsewhere_is_like_none_and_a_right_that_is_taken_away_ends_the_next_answer(shared: Shared) -> None:
    shared.rights.grant("dev", "get list create", "requests", "shop")
    wish = {"vulnerabilities": ["CVE-2021-44228"], "package": LOG4J.partition("@")[0], "namespace": "shop"}
    number = shared.send("dev", "/api/v1/requests", {**wish, "reason": "secret", "days": 7}).json["number"]
    shared.rights.grant("lab", "get list create approve", "requests", "lab")
    for there, path in ((number, "{}"), (number, "{}/approve"), (number, "{}/join"), (number, "{}/withdraw")):
        body = {"join": {"reason": "me too"}, "withdraw": {}}.get(path[3:], {"comment": "fine"})
        said = []
        for guessed in (there, there + 1):
            address = f"/api/v1/requests/{path.format(guessed)}"
            answer = shared.send("lab", address, body) if "/" in path else shared.get("lab", address)
            assert answer.status_code == 404, answer.text
            said.append(answer.text.replace(str(guessed), "N"))
        assert said[0] == said[1], "no answer tells whether a number exists"
    assert shared.get("lab", f"/requests/{number}").status_code == 404
    shared.rights.grant("ana", "get approve", "requests")
    approve = f"/api/v1/requests/{number}/approve"
    assert shared.send("ana", approve, {"comment": "fine", "dryRun": True}).status_code == 200
    shared.rights.granted.discard(("ana", "approve", "requests", ""))
    refused = shared.send("ana", approve, {"comment": "fine"})
    assert refused.status_code == 403 and "may not approve requests" in refused.json["message"]
    shared.rights.grant("ana", "approve", "requests")
    assert shared.send("ana", approve, {"comment": "fine"}).status_code == 200
    shared.rights.grant("lab", "get approve", "requests", "shop")
    shared.seconds[0] += 11  # what may be read is asked about once in ten seconds
    second = shared.send("lab", f"/api/v1/requests/{number}/deny", {"comment": "no"})
    assert second.status_code == 409, "of two people at once the second one sees the first"
    assert "was approved by ana" in second.json["message"]


def test_a_decision_takes_the_right_where_it_counts(shared: Shared) -> None:
    body = {"vulnerabilities": ["CVE-2021-44228"], "type": "Ignore", "comment": "x", "override": False}
    assert shared.send("dev", "/api/v1/decisions", {**body, "dryRun": True}).status_code == 403
    assert shared.send("dev", "/api/v1/decisions", {**body, "namespace": "lab"}).status_code == 403
    done = shared.send("dev", "/api/v1/decisions", {**body, "namespace": "shop"})
    assert done.status_code == 200 and done.json["workloads"][0]["title"] == "Deployment shop/web"
    (line,) = shared.parts.store.triage.audit(AuditScan(actor="dev"), None, 10)
    assert line.note.actor == "dev" and "token kubernetes" in line.note.recorded_by
    undo = f"/api/v1/batches/{done.json['batch']}/undo"
    assert shared.send("lab", undo, {}).status_code == 403
    assert shared.send("dev", undo, {}).status_code == 200


def test_requests_at_the_same_time_record_nothing_for_which_the_right_is_missing(shared: Shared) -> None:
    """While the right in one namespace is asked for, the form is sent again for the whole cluster."""
    data = {"form_token": shared.form_token("dev"), "type": "Ignore", "comment": "mine", "days": "30"}

    def post(path: str, **form: str) -> Any:
        return shared.browser("dev").post(path, data={**data, **form}, headers=HEADERS, base_url=ORIGIN)

    path = post("/decide", tick="CVE-2021-44228").headers["Location"]
    assert post(path, namespace="shop", step="preview").status_code == 303
    may = shared.rights.may

    def meanwhile(user: Requester, verb: str, resource: str, namespace: str, deadline: Deadline) -> bool:
        if (verb, resource, namespace) == ("create", "assessments", "shop"):
            shared.rights.may = may
            assert post(path, namespace="", step="preview").status_code == 403
        return may(user, verb, resource, namespace, deadline)

    shared.rights.may = meanwhile
    assert shared.get("dev", f"{path}?step=preview").status_code == 200
    shared.rights.may = meanwhile
    post(path, namespace="shop", step="record")
    records = shared.parts.store.assessments.find(AssessmentQuery(vulnerability="CVE-2021-44228"))
    assert [record.scope.namespace for record in records if record.author == "dev"] == ["shop"]


@pytest.mark.parametrize("verb", ["approve", "deny"])
def test_a_request_that_changes_while_the_right_is_asked_for_is_not_answered(shared: Shared, verb: str) -> None:
    """Whoever may answer in one namespace answers what was read, and not what the object says by then."""
    desk, at = shared.parts.desk, shared.parts.clock.now()
    resource = Resource(ResourceKind.ASSESSMENT, "a", 1, at)

    def object_for(namespace: str | None) -> AssessmentResource:
        stated = StatedAssessment("CVE-2021-44228", "Ignore", Scope(namespace=namespace), "why", None)
        return AssessmentResource(resource, stated, "ana", "uid", str(namespace))

    number = desk.adopt_assessment(object_for("shop"), user("ana"), None).number
    shared.rights.grant("lab", "get approve", "requests", "shop")
    may = shared.rights.may

    def meanwhile(user_: Requester, verb: str, resource: str, namespace: str, deadline: Deadline) -> bool:
        if (verb, resource, namespace) == ("approve", "requests", "shop"):
            shared.rights.may = may
            desk.adopt_assessment(object_for(None), user("ana"), desk.named(number))
        return may(user_, verb, resource, namespace, deadline)

    shared.rights.may = meanwhile
    answer = shared.send("lab", f"/api/v1/requests/{number}/{verb}", {"comment": "fine"})
    assert answer.status_code == 409 and desk.named(number).phase is Phase.WAITING


def test_a_decision_of_somebody_with_one_namespace_is_about_what_is_there(shared: Shared) -> None:
    body = {"vulnerabilities": ["EVIL-1"], "type": "Ignore", "comment": "x", "namespace": "shop", "dryRun": True}
    assert shared.send("dev", "/api/v1/decisions", body).status_code == 400  # nobody there knows it
    body = {"filter": {"text": "CVE"}, "type": "Ignore", "comment": "x", "namespace": "shop", "dryRun": True}
    assert shared.send("dev", "/api/v1/decisions", body).json["records"] == 3


def test_a_right_that_is_taken_away_ends_the_next_write(shared: Shared) -> None:
    body = {"vulnerabilities": ["CVE-2021-44228"], "type": "Caution", "comment": "x", "namespace": "shop"}
    assert shared.send("dev", "/api/v1/decisions", body).status_code == 200
    shared.rights.granted.discard(("dev", "create", "assessments", "shop"))
    refused = shared.send("dev", "/api/v1/decisions", {**body, "type": "Ignore", "override": True})
    assert refused.status_code == 403 and "may not create assessments" in refused.json["message"]


def test_without_the_api_server_nothing_is_written_and_what_was_seen_is_still_shown(shared: Shared) -> None:
    body = {"vulnerabilities": ["CVE-2021-44228"], "type": "Caution", "comment": "x", "namespace": "shop"}
    assert shared.get("dev", "/workloads").status_code == 200
    shared.rights.away = True
    shared.seconds[0] += 60
    assert shared.get("dev", "/workloads").status_code == 200
    refused = shared.send("dev", "/api/v1/decisions", body)
    assert (refused.status_code, refused.json["code"]) == (503, "rights-unknown")
    assert shared.get("lab", "/images").status_code == 503  # nobody knows whether they may
    shared.seconds[0] += 3600
    assert shared.get("dev", "/workloads").status_code in (401, 503)


def test_reads_are_asked_about_once_in_a_while_and_writes_each_time(shared: Shared) -> None:
    for _ in range(3):
        shared.get("ana", "/workloads")
    assert shared.rights.asked.count(("ana", "list", "workloads", "")) == 1
    shared.seconds[0] += 11
    shared.get("ana", "/workloads")
    assert shared.rights.asked.count(("ana", "list", "workloads", "")) == 2


def test_a_session_ends_with_its_token(shared: Shared) -> None:
    assert shared.get("dev", "/workloads").status_code == 200
    shared.seconds[0] += 3601
    ended = shared.get("dev", "/workloads?namespace=shop")
    assert ended.status_code == 401 and 'name="to" value="/workloads?namespace=shop"' in ended.text


def test_the_cookie_is_for_this_host_alone_and_another_one_each_time(seen: Shared) -> None:
    client = seen.app.test_client()
    cookies = []
    for _ in range(2):
        answer = client.post("/sign-in/token", data={"token": "dev"}, headers=HEADERS, base_url=ORIGIN)
        cookies.append(answer.headers["Set-Cookie"])
    for cookie in cookies:
        assert cookie.startswith("__Host-bomgate=") and "; Path=/" in cookie and "Domain" not in cookie
        assert "Secure" in cookie and "HttpOnly" in cookie and "SameSite=Strict" in cookie
    assert cookies[0] != cookies[1]
    first = cookies[0].partition("=")[2].partition(";")[0]
    assert seen.sessions.find(first) is None  # signing in ends the former session


def test_a_request_of_somebody_who_has_not_signed_in_is_short(seen: Shared) -> None:
    data = {"token": "dev", "more": "x" * 70_000}
    answer = seen.app.test_client().post("/sign-in/token", data=data, headers=HEADERS, base_url=ORIGIN)
    assert answer.status_code == 413 and "Set-Cookie" not in answer.headers


def test_a_session_that_somebody_planted_is_not_taken_over(seen: Shared) -> None:
    client = seen.app.test_client()
    client.set_cookie("__Host-bomgate", "planted", domain=HOST, secure=True)
    client.post("/sign-in/token", data={"token": "dev"}, headers=HEADERS, base_url=ORIGIN)
    cookie = client.get_cookie("__Host-bomgate", domain=HOST)
    assert cookie is not None and cookie.value != "planted" and seen.sessions.find("planted") is None


def test_a_page_elsewhere_signs_nobody_in(seen: Shared) -> None:
    headers = {"Host": HOST, "Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    answer = seen.app.test_client().post("/sign-in/token", data={"token": "dev"}, headers=headers, base_url=ORIGIN)
    assert answer.status_code == 403 and "Set-Cookie" not in answer.headers


def test_sign_ins_of_one_user_push_out_nobody_elses(shared: Shared) -> None:
    assert shared.get("ana", "/workloads").status_code == 200
    made = [shared.sessions.begin(user("nobody")) for _ in range(1_100)]
    assert [shared.sessions.find(name) is not None for name in (*made[:2], *made[-11:])] == [*[False] * 3, *[True] * 10]
    assert shared.get("ana", "/workloads").status_code == 200
    newest = shared.sessions.begin(user("nobody"))
    shared.sessions.end(newest)
    assert shared.sessions.find(made[-1]) is not None and shared.sessions.find(newest) is None


def test_accounts_that_anybody_makes_push_out_no_person(shared: Shared, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webhook.console.sessions._MOST_SESSIONS", 20)
    sessions = Sessions(3600, lambda: 0.0)
    ana = sessions.begin(user("ana"))
    made = [sessions.begin(user(f"system:serviceaccount:mine:bot-{number}")) for number in range(50)]
    assert sessions.find(ana) is not None and sessions.find(made[-1]) is not None and sessions.find(made[0]) is None


def test_signing_out_ends_the_session_on_the_server(shared: Shared) -> None:
    client = shared.browser("dev")
    kept = client.get_cookie("__Host-bomgate", domain=HOST)
    assert kept is not None
    data = {"form_token": shared.form_token("dev")}
    assert client.post("/sign-out", data=data, headers=HEADERS, base_url=ORIGIN).status_code == 303
    client.set_cookie("__Host-bomgate", kept.value, domain=HOST, secure=True)
    assert shared.get("dev", "/workloads").status_code == 401


@pytest.mark.parametrize("token", ["", "guess", "dev\n", "x" * 20_000])
def test_a_token_that_is_no_good_signs_nobody_in(seen: Shared, token: str) -> None:
    answer = seen.app.test_client().post(
        "/sign-in/token", data={"token": f"{token}?"}, headers=HEADERS, base_url=ORIGIN
    )
    assert answer.status_code == 401 and "Set-Cookie" not in answer.headers
    assert seen.call(token.strip() or "?" + token, "/api/v1/workloads").status_code in (401, 200)
    assert seen.call(f"{token.strip()}?", "/api/v1/workloads").status_code == 401


def test_a_program_reads_with_a_token_and_no_cookie(shared: Shared) -> None:
    bot = "system:serviceaccount:ci:bot"
    answer = shared.call(bot, "/api/v1/workloads")
    assert answer.status_code == 200 and len(answer.json["items"]) == 2 and "Set-Cookie" not in answer.headers
    body = {"vulnerabilities": ["CVE-2021-44228"], "type": "Caution", "comment": "x", "namespace": "shop"}
    assert shared.call(bot, "/api/v1/decisions", body).status_code == 403
    assert shared.call("dev", "/api/v1/decisions", body).status_code == 200  # no form token: nothing sends it by itself
    assert shared.call("dev", "/workloads").status_code == 401  # pages take cookies only
    shared.tokens.away = True
    assert shared.call("dev", "/api/v1/workloads").status_code == 503


def test_other_credentials_are_refused_and_no_cookie_helps_them(seen: Shared) -> None:
    answer = seen.browser("ana").get(
        "/api/v1/workloads", headers={"Host": HOST, "Authorization": "Basic YTpi"}, base_url=ORIGIN
    )
    assert answer.status_code == 401


@pytest.mark.parametrize("path", ["/metrics", "/healthz", "/sign-in/oidc", "/sign-in/link"])
def test_what_is_not_there_is_not_there(seen: Shared, path: str) -> None:
    answer = seen.app.test_client().get(path, headers={"Host": HOST}, base_url=ORIGIN)
    assert answer.status_code in (404, 405)


@pytest.mark.parametrize(
    "text",
    ["//evil.example", "/\\evil.example", "https://evil.example", "\\\\evil", "javascript:alert(1)", "/a\nb", "/ä", "x",
     "/sign-out", "/sign-in/callback?code=1", "/api/v1/audit", "/" + "a" * 3000, "", "/\t/evil.example"],
)  # fmt: skip
def test_no_sign_in_ends_on_another_host(seen: Shared, text: str) -> None:
    assert safe_address(text) == "/"
    client = seen.app.test_client()
    answer = client.post("/sign-in/token", data={"token": "dev", "to": text}, headers=HEADERS, base_url=ORIGIN)
    assert answer.headers["Location"] == "/"


def test_a_sign_in_goes_on_to_the_page_that_was_wanted(seen: Shared) -> None:
    assert safe_address("/vulnerabilities?text=a&severity=high") == "/vulnerabilities?text=a&severity=high"


def test_types_and_runs_are_changed_by_those_who_may_do_so_everywhere(shared: Shared) -> None:
    new = {"name": "Mine", "action": "allow"}
    shared.rights.grant("dev", "create update delete", "types runs", "shop")
    for name in ("ana", "dev"):
        for path, body in (("types", new), ("types", {**new, "dryRun": True}), ("runs", {})):
            assert shared.send(name, f"/api/v1/{path}", body).status_code == 403, (name, path)
    assert "Make a type" not in shared.get("ana", "/types").text and "Run now" not in shared.get("ana", "/runs").text
    assert 'name="action"' not in shared.get("ana", "/type?name=Blocked").text
    assert shared.get("ana", "/runs/new").status_code == shared.get("dev", "/runs/1").status_code == 403
    assert shared.get("dev", "/type?name=Blocked").status_code == 403
    assert list(shared.parts.store.triage.audit(AuditScan(), None, 5)) == []
    shared.rights.grant("ana", "create", "types")
    assert shared.send("ana", "/api/v1/types", new).json["recorded"]


class _Provider:
    """Of OIDC, as far as this console goes."""

    title = "Corp"

    def __init__(self) -> None:
        self.begun = 0

    def begin(self, redirect: str, deadline: Deadline) -> Login:
        self.begun += 1
        return Login("https://idp.corp/", f"state {self.begun}", "nonce", "verifier", redirect)

    def finish(self, login: Login, given: Any, deadline: Deadline) -> SignedIn:
        if given["state"] != login.state or (login.nonce, login.verifier) != ("nonce", "verifier"):
            raise InvalidInput("This is another sign-in.")
        return SignedIn(user("ana"))


def test_sign_ins_that_anybody_begins_end_nobody_elses(shared: Shared, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webhook.console.signing._MOST_USED", 3)
    clock, triage = _Clock(shared.parts.clock, shared.seconds), open_triage(shared.parts)
    sign_in = SignIn(
        shared.sessions, "0.0.0.0", 8443, clock, provider=_Provider(), url=ORIGIN, secure=True, is_watched=False
    )
    app = console_app(console_face(shared.parts, triage, Metrics()), sign_in)

    def begin(client: FlaskClient) -> str:
        client.post("/sign-in/oidc", data={"to": "/packages"}, headers=HEADERS, base_url=ORIGIN)
        cookie = client.get_cookie("__Host-bomgate-login", domain=HOST)
        assert cookie is not None and "verifier" not in cookie.value
        return cookie.value

    def come_back(cookie: str, state: str) -> int:
        client = app.test_client()
        client.set_cookie("__Host-bomgate-login", cookie, domain=HOST, secure=True)
        path = f"/sign-in/callback?code=1&state={state}"
        return int(client.get(path, headers={"Host": HOST}, base_url=ORIGIN).status_code)

    mine = begin(app.test_client())
    others = [begin(app.test_client()) for _ in range(20)]
    assert come_back(mine, "state 1") == 200
    assert come_back(mine, "state 1") == 401, "it is used up"
    assert come_back(others[0], "state 3") == 401, "that is another sign-in"
    assert come_back("x" + others[1][1:], "state 3") == 401
    assert come_back(others[1], "state 3") == 200


def test_who_asks_for_one_namespace_is_not_told_of_the_others(shared: Shared) -> None:
    shared.rights.grant("dev", "get list create", "requests", "shop")
    shared.rights.grant("lab", "get list create", "requests", "lab")
    package = LOG4J.partition("@")[0]

    def ask(user: str, namespace: str, name: str, package: str) -> Any:
        body = {"vulnerabilities": [name], "package": package, "namespace": namespace, "reason": "x", "days": 3}
        return shared.send(user, "/api/v1/requests", body)

    for name, other in (("CVE-2021-44228", "pkg:npm/left-pad"), ("CVE-2021-4422", package)):
        refused = ask("lab", "lab", name, other)
        assert refused.status_code == 400
        assert package not in refused.text.replace(other, "") and "44228" not in refused.text.replace(name, "")
    made = [ask(user, place, "CVE-2021-44228", package).json for user, place in (("dev", "shop"), ("lab", "lab"))]
    assert len(made) == 2
    pages = [
        shared.get(user, f"/requests/{one['number']}").text for user, one in zip(("dev", "lab"), made, strict=True)
    ]
    counted = [
        re.sub(r"<[^>]*>|\\s+", " ", re.findall(r'<ul class="figures">.*?</ul>', page, re.S)[0]) for page in pages
    ]
    assert counted[0] != counted[1]
