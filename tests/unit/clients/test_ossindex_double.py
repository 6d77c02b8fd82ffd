"""The double itself: a client is only as well tested as its double is strict."""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal
from typing import Any

import pytest
import requests

from tests.doubles.ossindex import Behaviour, OssIndexDouble, advisory, faults, synthetic
from tests.doubles.ossindex.behaviour import PAT, TOKEN, USERNAME

REPORT = "/api/v3/component-report"
BEARER = {"Authorization": f"Bearer {PAT}"}


def post(url: str, coordinates: object, path: str = REPORT, **more: Any) -> requests.Response:
    return requests.post(url + path, json={"coordinates": coordinates}, **{"headers": BEARER, "timeout": 5, **more})


@pytest.mark.parametrize(
    ("coordinates", "message"),
    [
        ([], "One or more coordinates required"),
        (["pkg:maven/g/a"], "Missing coordinates version"),
        (["pkg:maven/g/a@1", "pkg:maven/g/b"], "Missing coordinates version"),
        (["nonsense"], "Invalid request"),
        ([None], "Invalid request"),
        ("pkg:maven/g/a@1", "Invalid request"),
        (["pkg:npm/@scope/a@1"], "Invalid request"),
        (["pkg:maven/g/a@1"] * 129, "Request for more than 128 components"),
    ],
)
def test_a_bad_request_fails_as_a_whole(double: OssIndexDouble, coordinates: object, message: str) -> None:
    answer = post(double.url, coordinates)
    assert answer.status_code == 400
    assert answer.json()["message"].startswith(message)


def test_a_body_that_is_no_request_is_refused(double: OssIndexDouble) -> None:
    assert requests.post(double.url + REPORT, data=b"{", headers=BEARER, timeout=5).status_code == 400


@pytest.mark.parametrize(
    ("headers", "auth", "status"),
    [
        ({}, None, 401),
        ({"Authorization": "Bearer wrong"}, None, 401),
        ({"Authorization": "Basic %%%"}, None, 401),
        (BEARER, None, 200),
        ({}, (USERNAME, TOKEN), 200),
        ({}, (USERNAME, PAT), 401),
    ],
)
def test_credentials_are_checked(
    double: OssIndexDouble, headers: dict[str, str], auth: tuple[str, str] | None, status: int
) -> None:
    assert post(double.url, ["pkg:maven/g/a@1"], headers=headers, auth=auth).status_code == status


def test_both_paths_answer(double: OssIndexDouble) -> None:
    assert post(double.url, ["pkg:maven/g/a@1"], "/api/v3/authorized/component-report").status_code == 200


def test_one_component_can_be_got_with_its_purl_encoded_twice(double: OssIndexDouble) -> None:
    answer = requests.get(f"{double.url}{REPORT}/pkg:npm/%2540scope/a@1", headers=BEARER, timeout=5)
    assert answer.json()["coordinates"] == "pkg:npm/%40scope/a@1"


@pytest.mark.parametrize(("era", "kind"), [("guide", str), ("old", dict)])
def test_the_version_has_the_form_of_its_era(double: OssIndexDouble, era: Any, kind: type) -> None:
    double.behaviour.era = era
    assert isinstance(requests.get(f"{double.url}/api/v3/version", timeout=5).json(), kind)


@pytest.mark.parametrize(
    ("era", "reference"),
    [
        ("guide", "https://guide.sonatype.com/component/maven/g%3Aa/1?utm_source=tester&utm_medium=integration&utm_content=2"),
        ("old", "https://ossindex.sonatype.org/component/pkg:maven/g/a@1?utm_source=tester&utm_medium=integration&utm_content=2"),
    ],
)  # fmt: skip
def test_references_have_the_style_of_their_era_and_carry_the_user_agent(
    double: OssIndexDouble, era: Any, reference: str
) -> None:
    double.behaviour.era = era
    answer = post(double.url, ["pkg:maven/g/a@1"], headers={**BEARER, "User-Agent": "Tester/2 (x)"})
    assert answer.json()[0]["reference"] == reference


def test_credits_are_charged_once_a_day_and_only_for_what_is_found(double: OssIndexDouble) -> None:
    double.behaviour.credits, double.behaviour.credit_price = Decimal(10), Decimal(1)
    double.behaviour.unknown = frozenset(["pkg:maven/g/unknown@1"])
    asked = ["pkg:maven/g/a@1", "pkg:maven/g/unknown@1"]
    assert post(double.url, asked).headers["X-Credits-Used"] == "1"
    assert post(double.url, asked).headers["X-Credits-Used"] == "0"
    double.behaviour.day = "2026-03-02"
    assert post(double.url, asked).headers["X-Credits-Remaining"] == "8"


def test_nothing_is_answered_without_credits(double: OssIndexDouble) -> None:
    double.behaviour.credits = Decimal(0)
    assert post(double.url, ["pkg:maven/g/a@1"]).status_code == 402


@pytest.mark.parametrize(
    ("mode", "version", "found"), [("new", "v1", 1), ("new", "1", 0), ("old", "v1", 0), ("old", "1", 1)]
)
def test_the_v_of_go_versions_matters(double: OssIndexDouble, mode: Any, version: str, found: int) -> None:
    double.behaviour.advisories = {"pkg:golang/x/y@v1": [advisory("CVE-2026-1000")]}
    double.behaviour.v_prefix = mode
    assert len(post(double.url, [f"pkg:golang/x/y@{version}"]).json()[0]["vulnerabilities"]) == found


def test_redacted_entries_have_no_details(double: OssIndexDouble) -> None:
    double.behaviour.advisories = {"pkg:maven/g/a@1": [advisory("sonatype-2026-0001")]}
    double.behaviour.redacted = True
    (entry,) = post(double.url, ["pkg:maven/g/a@1"]).json()[0]["vulnerabilities"]
    assert entry["title"] == "1 vulnerability found"
    assert "cve" not in entry


def test_faults_are_played_in_order_and_then_end(double: OssIndexDouble) -> None:
    double.behaviour.faults = [faults.status(503), faults.NONE, faults.status(429, retry_after="7")]
    answers = [post(double.url, ["pkg:maven/g/a@1"]) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [503, 200, 429, 200]
    assert answers[2].headers["Retry-After"] == "7"


def test_the_journal_keeps_what_was_asked_and_no_secret(double: OssIndexDouble) -> None:
    post(double.url, ["pkg:maven/g/a@1"])
    (asked,) = double.service.journal
    assert (asked.coordinates, asked.scheme, asked.status) == (("pkg:maven/g/a@1",), "Bearer", 200)
    assert PAT not in repr(asked)


def test_behaviour_can_be_changed_and_read_from_another_process(double: OssIndexDouble) -> None:
    change = {"credits": "1.5", "faults": [{"kind": "status", "status": 503}], "refused": ["pkg:maven/g/a@1"]}
    requests.put(f"{double.url}/_control/behaviour", json=change, timeout=5)
    assert double.behaviour.credits == Decimal("1.5")
    assert post(double.url, ["pkg:maven/g/a@1"]).status_code == 503
    assert requests.get(f"{double.url}/_control/state", timeout=5).json()["requests"] == 1


def test_made_up_advisories_are_always_the_same() -> None:
    purls = [f"pkg:maven/g/a{number}@1" for number in range(200)]
    made = synthetic(purls, 0.5)
    assert made == synthetic(purls, 0.5)
    assert 60 < len(made) < 140


def test_a_made_up_vulnerability_has_one_score_in_all_components() -> None:
    scores: dict[object, set[object]] = {}
    for listed in synthetic([f"pkg:maven/g/a{number}@1" for number in range(5000)], 1).values():
        for found in listed:
            scores.setdefault(found["id"], set()).add(found["cvssScore"])
    assert len(scores) < 12_000
    assert all(len(stated) == 1 for stated in scores.values())


def test_it_can_be_started_by_hand() -> None:
    command = [sys.executable, "-m", "tests.doubles.ossindex", "--port", "0", "--synthetic", "1", "--credits", "3"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        try:
            answer = post(url, ["pkg:maven/g/a@1"])
        finally:
            process.terminate()
            process.stdout.read()
    assert json.loads(answer.text)[0]["vulnerabilities"]
    assert answer.headers["X-Credits-Remaining"] == "2.9"


def test_behaviours_do_not_share_their_faults() -> None:
    assert Behaviour().faults is not Behaviour().faults
