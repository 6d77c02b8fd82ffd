"""The table of small inputs, row by row: what it says of a file is what ``check`` says after an SBOM and a download.

The table and its files lie in ``shared/cases`` beside the checkout. A row or a file that nothing here is about fails.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.cli.installation import Installation, document, reference
from tests.doubles.ossindex import advisory
from tests.shared import shared

CVE = "CVE-2026-1000"
WHY = ("--comment", "because")
IMAGE = reference("one")
LOG4J = "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1"
CLEAN = "pkg:pypi/clean@1.0"
SHORT = {
    "log4j-core 2.14.1": LOG4J,
    "lodash 4.17.15": "pkg:npm/lodash@4.17.15",
    "lodash 4.17.20": "pkg:npm/lodash@4.17.20",
    "nokogiri 1.8.0": "pkg:gem/nokogiri@1.8.0",
    "torch 2.0.1": "pkg:pypi/torch@2.0.1",
    "flask-cors 3.0.6": "pkg:conda/flask-cors@3.0.6",
    "vault v0.9.0": "pkg:golang/github.com/hashicorp/vault@v0.9.0",
    "jwt/v4@v4.5.0": "pkg:golang/github.com/golang-jwt/jwt/v4@v4.5.0",
    "otelhttp@v0.44.0": "pkg:golang/go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp@v0.44.0",
    "ruamel.yaml 0.17.4": "pkg:pypi/ruamel.yaml@0.17.4",
    "jackson-mapper-asl 1.9.13": "pkg:maven/org.codehaus.jackson/jackson-mapper-asl@1.9.13",
}
"""Coordinates that the table only hints at."""
KINDS = [
    {
        "group": "jobset.x-k8s.io",
        "kind": "JobSet",
        "podSpecPath": "spec.replicatedJobs[*].template.spec.template.spec",
    },
    {"group": "kubeflow.org", "kind": "PyTorchJob", "podSpecPath": "spec.pytorchReplicaSpecs.*.template.spec"},
]


def rows() -> list[tuple[str, str, str]]:
    """The rows of the table: names of files, the verdict, the advisories needed."""
    found = []
    for line in shared("cases/README.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and len(cells) == 3 and cells[0] != "file" and not cells[0].startswith("---"):
            found.append((cells[0], cells[1], cells[2]))
    return found


def files() -> dict[str, Path]:
    """The files of the table, by name."""
    paths = (path for path in shared("cases").iterdir() if path.name != "README.md")
    return {path.name.partition(".")[0]: path for path in paths}


def advisories(needs: str) -> list[str]:
    """The coordinates that a row needs advisories for."""
    written = [match for match in re.findall(r"`([^`]+)`", needs) if match.startswith("pkg:")]
    return [*written, *(purl for short, purl in SHORT.items() if short in needs)]


def loaded(bomgate: Installation, path: Path, known: Mapping[str, dict[str, object]] | list[str]) -> dict[str, Any]:
    """The verdict on an image with this SBOM, after a download."""
    if isinstance(known, list):
        known = {purl: advisory(CVE, 9.8) for purl in known}
    bomgate.double.behaviour.advisories = {purl: [entry] for purl, entry in known.items()}
    bomgate.ok("sbom", "add", path, "--image", IMAGE)
    bomgate.ok("download")
    (image,) = bomgate.run("check", IMAGE, "--output", "json").json["targets"][0]["images"]
    return dict(image)


def contents(bomgate: Installation) -> dict[str, str]:
    """Key and state of each component of the image."""
    (sbom,) = bomgate.ok("sbom", "show", IMAGE, "--output", "json").json["sboms"]
    return {item["purl"]: item["state"] for item in sbom["contents"]}


# -- what the table says, in its order -------------------------------------------------------------------------------


def is_denied(bomgate: Installation, path: Path, known: list[str]) -> None:
    assert loaded(bomgate, path, known)["action"] == "deny"


def is_not_denied(bomgate: Installation, path: Path, known: list[str]) -> None:
    assert loaded(bomgate, path, known)["action"] != "deny"


def is_counted_apart(bomgate: Installation, path: Path, known: list[str]) -> None:
    verdict = loaded(bomgate, path, known)
    assert verdict["action"] != "deny"
    assert not set(contents(bomgate)) & set(known)
    (sbom,) = bomgate.ok("sbom", "show", IMAGE, "--output", "json").json["sboms"]
    assert sbom["sbom"]["not_in_image"] == 1
    counted = len(sbom["contents"])
    assert verdict["components"]["total"] == counted
    # Without a single usable component the SBOM says nothing, and nothing is counted.
    assert verdict["components"]["not_in_image"] == (1 if counted else 0)


def is_never_clean(bomgate: Installation, path: Path, known: list[str]) -> None:
    """Denied, or unusable; what is clean is only what the file has for that."""
    verdict = loaded(bomgate, path, known)
    says_nothing = any("contains no package with a usable purl" in item for item in verdict["reasons"])
    assert verdict["action"] == "deny" or verdict["components"]["unusable"] > 0 or says_nothing
    assert [purl for purl, state in contents(bomgate).items() if state == "clean"] in ([], [CLEAN])


def rpm_has_one_key(bomgate: Installation, path: Path, known: list[str]) -> None:
    del known
    keys = [purl for purl in _added(bomgate, path) if purl.startswith("pkg:rpm/")]
    assert len(keys) == 1
    keys = [keys[0].partition("?")[0]]  # what OSS Index knows has no context
    without = f"pkg:rpm/{keys[0].rpartition('/')[2]}"
    for number, form in enumerate((without, keys[0])):
        folder = bomgate.folder / f"again-{number}"
        folder.mkdir()
        other = Installation(folder, bomgate.double)
        assert loaded(other, path, [form])["action"] == "deny", form


def _added(bomgate: Installation, path: Path) -> dict[str, str]:
    bomgate.ok("sbom", "add", path, "--image", IMAGE)
    return contents(bomgate)


def is_scored_from_its_vector(bomgate: Installation, path: Path, known: list[str]) -> None:
    del known
    vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
    verdict = loaded(bomgate, path, {"pkg:pypi/noscore@1.0": advisory(CVE, None, cvssVector=vector)})
    (finding,) = verdict["findings"]
    assert (verdict["action"], finding["vulnerability"]["cvss_score"]) == ("deny", 9.8)
    assert "scored from its vector" in finding["note"]


def is_shown_as_rejected(bomgate: Installation, path: Path, known: list[str]) -> None:
    del known
    rejected = advisory(CVE, 9.8, description="** REJECT ** Do not use this candidate number.")
    verdict = loaded(bomgate, path, {"pkg:pypi/rejected@1.0": rejected})
    assert verdict["action"] == "deny"
    assert [item["vulnerability"]["rejected"] for item in verdict["findings"]] == [True]
    bomgate.configure(policy={"rejected": "warn"})
    (image,) = bomgate.run("check", IMAGE, "--output", "json").json["targets"][0]["images"]
    assert image["action"] == "warn"


def is_not_ignored_by_a_range(bomgate: Installation, path: Path, known: list[str]) -> None:
    assert loaded(bomgate, path, known)["action"] == "deny"
    versions = ("--package", "pkg:rpm/openssl", "--versions", ">=1.1.1k-6.el8_5")
    bomgate.ok("assess", CVE, *versions, "--type", "Ignore", *WHY)
    assert bomgate.run("check", IMAGE).code == 1


def has_an_alias(bomgate: Installation, path: Path, known: list[str]) -> None:
    del known
    pages = ["https://github.com/advisories/GHSA-269g-pwp5-87pp"]
    verdict = loaded(bomgate, path, {"pkg:pypi/ghsa@1.0": advisory(CVE, 9.8, externalReferences=pages)})
    assert verdict["action"] == "deny"
    bomgate.ok("assess", "GHSA-269g-pwp5-87pp", "--package", "pkg:pypi/ghsa", "--type", "Ignore", *WHY)
    assert bomgate.run("check", IMAGE).code == 0


def is_perhaps_guessed(bomgate: Installation, path: Path, known: list[str]) -> None:
    log4j = "pkg:maven/log4j/log4j@1.2.17"
    verdict = loaded(bomgate, path, [text for text in known if text != log4j])
    guessed = "pkg:maven/jackson-mapper-asl/jackson-mapper-asl@1.9.13"
    assert guessed in bomgate.double.service.coordinates
    assert verdict["action"] != "deny"
    assert any(guessed in item and "perhaps guessed" in item for item in verdict["reasons"])
    folder = bomgate.folder / "real"
    folder.mkdir()
    real = Installation(folder, bomgate.double)
    assert loaded(real, real.write("real.json", document([log4j])), [log4j])["action"] == "deny"


def stays_two(bomgate: Installation, path: Path, known: list[str]) -> None:
    del known
    assert len(_added(bomgate, path)) == 2


def has_modules_only(bomgate: Installation, path: Path, known: list[str]) -> None:
    del known
    assert set(_added(bomgate, path)) - {CLEAN} == {
        "pkg:golang/golang.org/x/text@v0.3.5",
        "pkg:golang/stdlib@1.26.8",
    }


def has_one_key(bomgate: Installation, path: Path, known: list[str]) -> None:
    del known
    assert len(set(_added(bomgate, path)) - {CLEAN}) == 1


def is_judged_in_lists_and_maps(bomgate: Installation, path: Path, known: list[str]) -> None:
    bomgate.configure(policy={"kinds": KINDS})
    _has_bad_image(bomgate, path, known)
    ran = bomgate.run("check", path, "--strict", "--output", "json")
    assert (ran.code, ran.json["action"], ran.json["unjudged"]) == (1, "deny", [])


def _has_bad_image(bomgate: Installation, path: Path, known: list[str]) -> None:
    """Give the image that a file names an SBOM with a vulnerable component."""
    digest = re.findall(r"sha256:[0-9a-f]{64}", path.read_text(encoding="utf-8"))[0]
    purl = known[0] if known else LOG4J
    bomgate.double.behaviour.advisories = {purl: [advisory(CVE, 9.8)]}
    bomgate.ok("sbom", "add", bomgate.write("bad.json", document([purl])), "--image", f"x@{digest}")
    bomgate.ok("download")


def _reviewed(bomgate: Installation, path: Path) -> tuple[bool, str]:
    response = bomgate.run("check", path).json["response"]
    return response["allowed"], response.get("status", {}).get("message", "")


def is_the_same_image(bomgate: Installation, path: Path, known: list[str]) -> None:
    _has_bad_image(bomgate, path, known)
    assert _reviewed(bomgate, path)[0] is True


def is_denied_while_nobody_knows_the_tag(bomgate: Installation, path: Path, known: list[str]) -> None:
    """Notes of admissions are in ``tests/security/test_security_updates.py``: ``check`` admits nothing."""
    _has_bad_image(bomgate, path, known)
    assert _reviewed(bomgate, path)[0] is False


def is_told_what_is_wrong_with_the_name(bomgate: Installation, path: Path, known: list[str]) -> None:
    del known
    bomgate.configure(policy={"missingSbom": "deny"})
    bomgate.ok("sbom", "add", bomgate.write("other.json", document([CLEAN])), "--image", IMAGE)
    bomgate.ok("download")
    allowed, message = _reviewed(bomgate, path)
    assert allowed is False
    name, other = message.find("name of this image is not valid"), message.find("No SBOM")
    assert name >= 0
    assert other < 0 or name < other


def is_allowed_by_a_narrow_assessment(bomgate: Installation, path: Path, known: list[str]) -> None:
    _has_bad_image(bomgate, path, known)
    assert _reviewed(bomgate, path)[0] is False
    narrow = ("--package", LOG4J.partition("@")[0], "--image", "reg.example/t/*")
    bomgate.ok("assess", CVE, *narrow, "--type", "Ignore", *WHY)
    assert _reviewed(bomgate, path)[0] is True


Check = Callable[[Installation, Path, list[str]], None]
CHECKS: dict[str, Check] = {
    **dict.fromkeys(
        (
            *("01-go-major-subpath", "03-go-no-v", "08-no-version-in-purl", "23-metadata-app"),
            *("metadata-component-nested", "28-gem-platform-q", "34-pypi-local", "35-conda-build", "36-npm-v"),
            *("39-pip-type", "go-subpath-syft118", "go-subpath-fullpath", "go-case-trivy", "go-case-syft"),
            *("pypi-dot-syft", "pypi-dot-cyclonedx-py-trivy"),
        ),
        is_denied,
    ),
    "02-go-submodule-subpath": is_not_denied,
    **dict.fromkeys(("09-scope-excluded", "scope-excluded", "cdx17-external"), is_counted_apart),
    **dict.fromkeys(
        (
            *("04-pnpm-raw", "05-pnpm-enc", "06-npm-alias", "07-maven-range", "20-gradle-dynamic", "21-maven-release"),
            *("19-npm-git", "22-workspace", "24-colon-group", "25-placeholder-versions"),
        ),
        is_never_clean,
    ),
    **dict.fromkeys(("10-rpm-namespace", "rpm-namespace"), rpm_has_one_key),
    "11-noscore": is_scored_from_its_vector,
    "17-rejected": is_shown_as_rejected,
    "26-rpm-order": is_not_ignored_by_a_range,
    "37-purl-alias-ghsa": has_an_alias,
    "29-maven-group-is-artifact": is_perhaps_guessed,
    "go-subpath-merged": stays_two,
    "go-packages-nested-gomod": has_modules_only,
    **dict.fromkeys(("go-stdlib-three-spellings", "nuget-case"), has_one_key),
    **dict.fromkeys(("30-jobset", "33-pytorch"), is_judged_in_lists_and_maps),
    "58-tag-to-digest-same": is_the_same_image,
    "58b-label-with-digester": is_denied_while_nobody_knows_the_tag,
    "60-image-upper": is_told_what_is_wrong_with_the_name,
    **dict.fromkeys(("88-plain", "88-port443"), is_allowed_by_a_narrow_assessment),
}


@pytest.mark.parametrize("name", CHECKS)
def test_each_small_input_has_the_verdict_of_its_row(bomgate: Installation, name: str) -> None:
    path = files()[name]
    (needs,) = [needs for named, _, needs in rows() if name in re.findall(r"[\w.-]+", named)]
    CHECKS[name](bomgate, path, advisories(needs))


def test_every_row_and_every_file_has_its_check() -> None:
    named = {word for names, _, _ in rows() for word in re.findall(r"[\w.-]+", names)}
    assert set(files()) == set(CHECKS)
    assert set(CHECKS) <= named
    assert all(set(re.findall(r"[\w.-]+", names)) & set(CHECKS) for names, _, _ in rows())


def test_each_needed_advisory_denies_alone(bomgate: Installation) -> None:
    """Where a row needs several, one of them is enough."""
    for number, name in enumerate(("39-pip-type", "go-subpath-syft118", "go-subpath-fullpath")):
        (needs,) = [needs for named, _, needs in rows() if name in re.findall(r"[\w.-]+", named)]
        for other, known in enumerate(advisories(needs)):
            folder = bomgate.folder / f"{number}-{other}"
            folder.mkdir()
            assert loaded(Installation(folder, bomgate.double), files()[name], [known])["action"] == "deny", known
