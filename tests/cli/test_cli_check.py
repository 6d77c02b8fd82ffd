"""``bomgate check``, on SQLite and OSS Index's double."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from tests.cli.installation import (
    BASE,
    CONTENTS,
    PARSER,
    TRIM,
    Installation,
    Ran,
    deployment,
    digest,
    document,
    reference,
    review,
)
from webhook.model.verdicts import Finding
from webhook.policy.judge import Judge

JSON = ("--output", "json")


def manifest(*documents: dict[str, Any]) -> str:
    """A YAML manifest of several documents."""
    return yaml.safe_dump_all(documents)


@pytest.mark.parametrize(
    ("name", "code", "action"),
    [("blocked", 1, "deny"), ("caution", 0, "warn"), ("unassessed", 0, "warn"), ("clean", 0, "allow")],
)
def test_an_image_is_judged_by_its_digest_and_by_its_tag(
    filled: Installation, name: str, code: int, action: str
) -> None:
    for text in (reference(name), f"registry.example/shop/{name}:1"):
        ran = filled.run("check", text, "--output", "json")
        assert (ran.code, ran.json["action"]) == (code, action)
        (image,) = ran.json["targets"][0]["images"]
        assert (image["reference"], image["digest"], image["containers"]) == (text, digest(name), [])


def test_a_manifest_is_judged_object_by_object(filled: Installation) -> None:
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}}
    documents = (
        service,
        deployment(reference("blocked"), reference("clean")),
        deployment(reference("clean"), name="ok"),
    )
    path = filled.write("deploy.yaml", manifest(*documents))
    ran = filled.run("check", path, "--output", "json")
    assert (ran.code, ran.json["action"]) == (1, "deny")
    assert [(item["target"], item["action"]) for item in ran.json["targets"]] == [
        (f"{path}#Deployment/web", "deny"),
        (f"{path}#Deployment/ok", "allow"),
    ]
    assert [image["containers"] for image in ran.json["targets"][0]["images"]] == [
        ["spec.template.spec.containers[0] (c0)"],
        ["spec.template.spec.containers[1] (c1)"],
    ]


def test_standard_input_may_be_a_manifest_an_sbom_or_a_review(filled: Installation) -> None:
    deny = deployment(reference("blocked"))
    assert filled.run("check", "-", stdin=manifest(deny)).code == 1
    assert filled.run("check", "-", stdin=json.dumps(deny)).code == 1
    assert filled.run("check", "-", stdin=document([PARSER])).code == 1
    assert filled.run("check", "-", stdin=json.dumps(review(deny))).code == 1


def test_a_list_of_objects_is_opened(filled: Installation) -> None:
    listed = {"apiVersion": "v1", "kind": "List", "items": [deployment(reference("caution")), deployment("a:1")]}
    path = filled.write("list.json", json.dumps(listed))
    targets = filled.run("check", path, "--output", "json").json["targets"]
    assert [target["action"] for target in targets] == ["warn", "warn"]


def test_an_sbom_file_is_judged_and_nothing_of_it_is_written(filled: Installation) -> None:
    before = filled.ok("db", "status", "--output", "json").json
    path = filled.write("web.cdx.json", document([TRIM, "pkg:npm/never-seen@1.0.0", BASE, "pkg:deb/new@1"], broken=2))
    ran = filled.run("check", path, "--output", "json")
    (image,) = ran.json["targets"][0]["images"]
    assert image["components"] == {
        "total": 6,
        "vulnerable": 1,
        "clean": 0,
        "unknown": 1,
        "not_covered": 2,
        "unusable": 2,
        "not_in_image": 0,
    }
    assert (image["reference"], image["digest"], ran.code) == (str(path), None, 0)
    assert filled.ok("db", "status", "--output", "json").json == before


def test_an_sbom_with_strangers_says_how_they_are_asked_about(filled: Installation) -> None:
    path = filled.write("web.cdx.json", document(["pkg:npm/never-seen@1.0.0"]))
    assert f"bomgate sbom add {path} --image REF@sha256:…" in filled.ok("check", path).err
    assert filled.ok("check", filled.write("known.json", document([TRIM]))).err == ""


def test_the_digest_in_the_name_of_an_sbom_file_counts_for_assessments_of_that_image(filled: Installation) -> None:
    path = filled.write(f"web@{digest('blocked').replace(':', '-')}.json", document([PARSER]))
    assert filled.run("check", path).code == 1
    arguments = ("--image", digest("blocked"), "--type", "Ignore", "--comment", "x")
    filled.ok("assess", "CVE-2026-10001", *arguments)
    assert filled.run("check", path).code == 0
    assert filled.run("check", filled.write("web.json", document([PARSER]))).code == 1


def test_the_namespace_is_that_of_the_manifest_else_that_of_the_option(filled: Installation) -> None:
    filled.ok("assess", "CVE-2026-10001", "--namespace", "shop", "--type", "Ignore", "--comment", "x")
    stated = filled.write("stated.yaml", manifest(deployment(reference("blocked"))))
    silent = filled.write("silent.yaml", manifest(deployment(reference("blocked"), namespace=None)))
    assert filled.run("check", stated, "--namespace", "other").code == 0
    assert filled.run("check", silent).code == 1
    assert filled.run("check", silent, "--namespace", "shop").code == 0
    assert filled.run("check", reference("blocked"), "--namespace", "shop").code == 0


def test_a_review_is_answered_with_a_review(filled: Installation) -> None:
    path = filled.write("review.json", json.dumps(review(deployment(reference("blocked")))))
    ran = filled.run("check", path)
    answer = ran.json["response"]
    assert (ran.code, answer["uid"], answer["allowed"], answer["status"]["code"]) == (1, "u-1", False, 403)
    assert "CVE-2026-10001" in answer["status"]["message"]
    warned = filled.run("check", "-", stdin=json.dumps(review(deployment(reference("caution")))))
    assert (warned.code, warned.json["response"]["allowed"]) == (0, True)
    assert "CVE-2026-10003" in warned.json["response"]["warnings"][0]


def test_a_review_is_checked_alone(filled: Installation) -> None:
    path = filled.write("review.json", json.dumps(review(deployment(reference("clean")))))
    for arguments in ((path, reference("clean")), (path, "--output", "sarif")):
        ran = filled.run("check", *arguments)
        assert (ran.code, "checked alone" in ran.err) == (2, True)


def test_a_failed_decision_is_never_an_allowed_one(filled: Installation) -> None:
    path = filled.write("web.yaml", manifest(deployment("no such image!")))
    ran = filled.run("check", path, "--output", "json")
    assert (ran.code, ran.json["action"]) == (0, "warn")
    assert "The name of this image is not valid" in ran.json["targets"][0]["images"][0]["reasons"][0]


def test_a_manifest_without_images_says_so(filled: Installation) -> None:
    path = filled.write("svc.yaml", manifest({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}}))
    ran = filled.ok("check", path)
    assert "nothing in it names an image (1 other object)" in ran.err


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("web.yaml", None, "There is no file"),
        ("./nginx", None, "There is no file"),
        (f"sha256:{'0' * 64}", None, "is a digest without the name of an image"),
        ("Not an image", None, "it is not an image either"),
        ("empty.json", " \n", "It is empty"),
        ("words.txt", "just words", "no known SBOM format"),
        ("broken.yaml", "apiVersion: v1\nkind: {{ .Values.kind }}: x\n", "render templates first"),
        ("broken.json", '{"apiVersion": "v1", "kind": "Pod", ', "What to do"),
        ("half.yaml", "apiVersion: v1\nmetadata: {}\n", "no apiVersion and kind"),
        (
            "both.json",
            '{"apiVersion": "v1", "kind": "Pod", "bomFormat": "CycloneDX"}',
            "a Kubernetes object and an SBOM",
        ),
        ("wrong.yaml", "apiVersion: v1\nkind: Pod\nspec: 5\n", "not have the shape"),
        ("list.yaml", "apiVersion: v1\nkind: List\nitems: [5]\n", "not a Kubernetes object"),
        (
            "review.json",
            '{"apiVersion": "admission.k8s.io/v1beta1", "kind": "AdmissionReview"}',
            "Not an admission.k8s.io/v1",
        ),
    ],
)
def test_what_cannot_be_judged_is_an_input_error_that_names_it(
    filled: Installation, name: str, content: str | None, said: str
) -> None:
    word = name if content is None else str(filled.write(name, content))
    ran = filled.run("check", word)
    assert ran.code == 2
    assert said in " ".join(ran.err.split())


def test_a_folder_is_no_target(filled: Installation) -> None:
    ran = filled.run("check", filled.folder)
    assert (ran.code, "is a folder" in ran.err) == (2, True)


def test_a_bad_target_among_good_ones_is_found_before_anything_is_judged(filled: Installation) -> None:
    ran = filled.run("check", reference("blocked"), "nothing.yaml")
    assert (ran.code, ran.out) == (2, "")


def test_an_image_that_is_not_known_is_warned_of_and_the_way_out_is_shown(filled: Installation) -> None:
    ran = filled.ok("check", "registry.example/shop/other:1")
    assert "WARN" in ran.out
    assert "What to do next:" in ran.out


def test_a_found_sbom_of_an_image_is_kept_as_at_admission(filled: Installation) -> None:
    filled.write(f"sboms/{digest('new').replace(':', '-')}.json", document([PARSER]))
    filled.configure(sbom={"directory": str(filled.folder / "sboms")})
    assert filled.run("check", reference("new")).code == 1
    assert len(filled.ok("sbom", "list", "--output", "json").json["sboms"]) == 5


def test_the_text_says_what_is_wrong_by_whom_it_was_decided_and_what_to_do(filled: Installation) -> None:
    out = filled.run("check", reference("blocked")).out
    assert out.startswith("DENY  registry.example/shop/blocked:1@sha256:")
    assert "3 components: 1 vulnerable, 1 clean, 1 not covered" in out
    assert "deny    CVE-2026-10001   9.8  " in out
    assert "Blocked by auto-assess (Blocked 9.0–10.0)" in out
    assert "bomgate assess CVE-2026-10001 CVE-2026-10002 --package pkg:maven/org.example/parser --type Ignore" in out


def test_what_is_allowed_is_counted_and_several_targets_are_summed_up(filled: Installation) -> None:
    filled.ok("assess", "--unassessed", "--type", "Ignore", "--comment", "x")
    out = filled.run("check", reference("unassessed"), reference("blocked"), reference("clean")).out
    assert "2 findings allowed: 2 Ignore" in out
    assert "3 targets: 1 deny, 2 allow" in out


def test_sarif_has_what_the_standard_requires(filled: Installation) -> None:
    path = filled.write("deploy/web app.yaml", manifest(deployment(reference("blocked"), reference("unassessed"))))
    ran = filled.run("check", path, "registry.example/shop/other:1", "--output", "sarif")
    log = ran.json
    assert (ran.code, log["version"]) == (1, "2.1.0")
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert run["tool"]["driver"]["name"] == "bomgate"
    assert len({rule["id"] for rule in rules}) == len(rules)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note")
        assert result["message"]["text"]
        location = result["locations"][0]["physicalLocation"]
        assert " " not in location["artifactLocation"]["uri"]
        assert location["region"]["startLine"] >= 1
    levels = {result["ruleId"]: result["level"] for result in run["results"]}
    assert levels["CVE-2026-10001"] == "error"
    assert levels["CVE-2026-10004"] == "warning"
    assert levels["bomgate/missing-sbom"] == "warning"
    scored = next(rule for rule in rules if rule["id"] == "CVE-2026-10001")
    assert scored["properties"]["security-severity"] == "9.8"
    prints = [result["partialFingerprints"]["bomgate/v1"] for result in run["results"]]
    assert len(set(prints)) == len(prints)


def test_sarif_of_nothing_wrong_has_no_results(filled: Installation) -> None:
    (run,) = filled.ok("check", reference("clean"), "--output", "sarif").json["runs"]
    assert (run["results"], run["tool"]["driver"]["rules"]) == ([], [])


def test_junit_counts_denials_as_failures(filled: Installation) -> None:
    images = (reference("blocked"), reference("caution"), reference("clean"))
    path = filled.write("web.yaml", manifest(deployment(*images)))
    ran = filled.run("check", path, "--output", "junit")
    root = ElementTree.fromstring(ran.out)
    assert (ran.code, root.attrib["tests"], root.attrib["failures"], root.attrib["errors"]) == (1, "3", "1", "0")
    cases = {case.attrib["name"]: [child.tag for child in case] for case in root.iter("testcase")}
    assert cases == {images[0]: ["failure"], images[1]: ["system-out"], images[2]: []}
    failure = next(root.iter("failure"))
    assert "CVE-2026-10001" in failure.attrib["message"]


def test_a_database_of_a_newer_program_is_not_touched(filled: Installation) -> None:
    with contextlib.closing(sqlite3.connect(filled.folder / "bomgate.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.execute("UPDATE compatibility SET oldest_program = '9999'")
    ran = filled.run("check", reference("clean"))
    assert ran.code == 3
    assert "newer bomgate" in ran.err
    assert filled.run("db", "status").code == 3


def test_a_file_that_is_no_database_is_named_with_a_remedy(bomgate: Installation) -> None:
    bomgate.write("bomgate.db", "not a database at all, but long enough to be taken for one" * 20)
    ran = bomgate.run("check", reference("clean"))
    assert ran.code == 3
    assert "is not an SQLite database" in ran.err


def a_bug(*_: object) -> Finding:
    raise RuntimeError("a bug")


def test_what_could_not_be_decided_exits_with_3_and_an_id_that_the_log_has(
    filled: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Judge, "finding", a_bug)
    ran = filled.run("check", reference("caution"), "--output", "json")
    assert (ran.code, ran.json["action"]) == (3, "warn")
    (reason,) = ran.json["targets"][0]["images"][0]["reasons"]
    error_id = reason.partition("under the ID ")[2][:8]
    assert f"error_id={error_id}" in ran.err
    junit = filled.run("check", reference("caution"), "--output", "junit")
    assert ElementTree.fromstring(junit.out).attrib["errors"] == "1"


def test_a_denial_is_certain_even_when_something_else_could_not_be_decided(
    filled: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled.configure(policy={"missingSbom": "deny"})
    monkeypatch.setattr(Judge, "finding", a_bug)
    other = "registry.example/shop/other@" + digest("other")
    assert filled.run("check", other, reference("caution")).code == 1


def test_a_database_that_cannot_note_a_search_is_no_reason_not_to_search(filled: Installation) -> None:
    with contextlib.closing(sqlite3.connect(filled.folder / "bomgate.db")) as connection, connection:
        connection.execute("DROP TABLE searches")
    ran = filled.run("check", "registry.example/shop/other@" + digest("other"), "--fail-on", "missing-sbom")
    assert ran.code == 1
    assert "No SBOM of this image was found" in ran.out


def test_the_store_gives_the_same_verdicts_through_its_driver_alone_and_in_full(filled: Installation) -> None:
    reviews = Path(__file__).parents[1] / "golden" / "reviews"
    names = [reference(name) for name in CONTENTS]
    unknown = f"registry.example/shop/unknown:1@{digest('unknown')}"
    targets = [
        [filled.write("deploy.yaml", manifest(deployment(*names, unknown), deployment("web:1", name="tagged")))],
        [filled.write("sbom.json", document([PARSER, TRIM, BASE, "pkg:npm/unheard-of@1.0.0"], broken=2))],
        [f"registry.example/shop/{name}:1" for name in CONTENTS],
        *([path] for path in sorted(reviews.glob("*.request.json"))),
        [filled.write("review.json", json.dumps(review(deployment(*names))))],
    ]
    ran: dict[str, list[Ran]] = {}
    for end in ("", "?timeout=1"):  # an address that says more than a file is read by SQLAlchemy
        filled.configure(database={"url": f"sqlite:///{filled.folder / 'bomgate.db'}{end}"})
        ran[end] = [filled.run("check", *words, *([] if "review" in str(words) else JSON)) for words in targets]
    alone, full = ran.values()
    assert alone == full
    assert {check.code for check in alone} == {0, 1}


def test_what_brings_a_component_in_is_explained(filled: Installation) -> None:
    bom = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "metadata": {"component": {"type": "application", "bom-ref": "app", "name": "app"}},
        "components": [
            {"type": "library", "bom-ref": "web", "name": "web", "version": "1", "purl": "pkg:npm/web@1.0.0"},
            {"type": "library", "bom-ref": "parser", "name": "parser", "version": "2.14.1", "purl": PARSER},
        ],
        "dependencies": [{"ref": "app", "dependsOn": ["web"]}, {"ref": "web", "dependsOn": ["parser"]}],
    }
    path = filled.write("app.cdx.json", json.dumps(bom))
    assert f"{PARSER} is needed by way of app → web@1 → parser@2.14.1" in filled.run("check", path, "--explain").out
    assert "needed by" not in filled.run("check", path).out
    (image,) = filled.run("check", path, "--explain", *JSON).json["targets"][0]["images"]
    ways = [finding["path"] for finding in image["findings"] if finding["purl"] == PARSER]
    assert [step["name"] for step in ways[0]["steps"]] == ["app", "web@1", "parser@2.14.1"]
    assert ways[0]["is_dependency"]
    told = filled.run("check", reference("blocked"), "--explain").out
    assert f"{PARSER}: it is not known what brings it in. The document states no relationships." in told
    (plain,) = filled.run("check", path, *JSON).json["targets"][0]["images"]
    assert all(finding["path"] is None for finding in plain["findings"])
