"""``bomgate check`` and kinds beyond the built-in ones: judged where configured, never passed over in silence."""

from __future__ import annotations

import json
from typing import Any

import yaml

from tests.cli.installation import Installation, reference, review

JOB_SET = {
    "group": "jobset.x-k8s.io",
    "kind": "JobSet",
    "podSpecPath": "spec.replicatedJobs[*].template.spec.template.spec",
}


def job_set(*names: str, **more: Any) -> dict[str, Any]:
    """A JobSet with one Job an image of the installation."""
    jobs = [
        {
            "name": name,
            "template": {"spec": {"template": {"spec": {"containers": [{"name": "c", "image": reference(name)}]}}}},
        }
        for name in names
    ]
    api_version = "jobset.x-k8s.io/v1alpha2"
    return {
        "apiVersion": api_version,
        "kind": "JobSet",
        "metadata": {"name": "js"},
        "spec": {"replicatedJobs": jobs, **more},
    }


def test_check_judges_a_list_of_templates_and_names_the_true_field(filled: Installation) -> None:
    path = filled.write("js.yaml", yaml.safe_dump(job_set("clean", "blocked")))
    silent = filled.run("check", path, "--output", "json")
    assert (silent.code, silent.json["targets"]) == (0, [])
    assert silent.json["unjudged"][0]["kinds"] == [f"- {json.dumps(JOB_SET)}"]
    filled.configure(policy={"kinds": [JOB_SET]})
    ran = filled.run("check", path, "--strict", "--output", "json")
    assert (ran.code, ran.json["unjudged"]) == (1, [])
    assert [item["containers"] for item in ran.json["targets"][0]["images"] if item["action"] == "deny"] == [
        ["spec.replicatedJobs[1].template.spec.template.spec.containers[0] (c)"]
    ]


def test_check_strict_exits_with_3_for_what_was_not_judged_wherever_it_is(filled: Installation) -> None:
    listed = {
        "apiVersion": "v1",
        "kind": "List",
        "items": [{"apiVersion": "v1", "kind": "List", "items": [job_set("clean")]}],
    }
    for document in (job_set("clean"), listed):
        path = filled.write("js.yaml", yaml.safe_dump(document))
        loose, strict = filled.run("check", path), filled.run("check", path, "--strict")
        assert (loose.code, strict.code) == (0, 3)
        assert "js.yaml#JobSet/js: Not judged: spec.replicatedJobs[0].template.spec" in " ".join(strict.err.split())
        assert f"- {json.dumps(JOB_SET)}" in strict.err
    nothing = filled.write("svc.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n")
    assert filled.run("check", nothing, "--strict").code == 0


def test_check_strict_says_so_in_every_form(filled: Installation) -> None:
    path = filled.write("js.yaml", yaml.safe_dump(job_set("clean")))
    sarif = filled.run("check", path, "--strict", "--output", "sarif")
    (result,) = sarif.json["runs"][0]["results"]
    assert (sarif.code, result["ruleId"], result["level"]) == (3, "bomgate/not-judged", "warning")
    assert "podSpecPath" in result["message"]["text"]
    junit = filled.run("check", path, "--strict", "--output", "junit")
    assert (junit.code, 'type="not-judged"' in junit.out, 'errors="1"' in junit.out) == (3, True, True)
    assert "<skipped" in filled.run("check", path, "--output", "junit").out
    asked = filled.run("check", "-", "--strict", stdin=json.dumps(review(job_set("clean"))))
    assert (asked.code, asked.json["response"]["allowed"]) == (3, True)


def test_check_reports_an_object_in_which_the_path_leads_nowhere(filled: Installation) -> None:
    filled.configure(policy={"kinds": [JOB_SET]})
    path = filled.write("js.yaml", yaml.safe_dump(job_set()))
    ran = filled.run("check", path, "--strict")
    assert ran.code == 3
    assert "Nothing is at spec.replicatedJobs[*].template.spec.template.spec" in ran.err


def test_check_refuses_a_pod_spec_that_is_written_in_an_odd_way(filled: Installation) -> None:
    filled.configure(policy={"kinds": [{**JOB_SET, "podSpecPath": "spec.replicatedJobs.template.spec.template.spec"}]})
    path = filled.write("js.yaml", yaml.safe_dump(job_set("blocked")))
    ran = filled.run("check", path)
    assert ran.code == 2
    assert "spec.replicatedJobs is a list" in ran.err
