from __future__ import annotations

import datetime as dt
import shlex
from decimal import Decimal
from pathlib import Path

import pytest

from tests.copies import replace
from tests.unit.policy.builders import DAY, DIGEST, LOG4J, NOW, WEB, assessment, facts, kind, rules, vulnerability
from webhook.model.actions import Action
from webhook.model.assessments import Assessment, AssessmentSource, Scope
from webhook.model.exploitation import Exploitation
from webhook.model.images import parse_image
from webhook.model.policies import Policy
from webhook.model.purls import Purl
from webhook.model.verdicts import ImageVerdict, SbomStatus, Verdict, WorkloadVerdict
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.automatic import auto_assessment
from webhook.policy.evaluation import Rules, Subject, evaluate, workload_verdict
from webhook.policy.matching import AssessmentIndex
from webhook.policy.messages import MAX_DENIAL, MAX_WARNING, MAX_WARNINGS, denial, warnings
from webhook.policy.remedies import Hints
from webhook.policy.unseen import failed, missing

GOLDEN = Path(__file__).parents[2] / "golden" / "messages"
TITLE = "Deployment shop/web"
ANGULAR = Purl("pkg:npm/%40angular/core@17.0.0")
WEB_LABEL = "spec.template.spec.containers[0] (web)"
INIT_LABEL = "spec.template.spec.initContainers[0] (migrate)"
LOG4SHELL = replace(vulnerability(), title="[CVE-2021-44228] CWE-502: Deserialization of Untrusted Data")
MEDIUM = replace(vulnerability("CVE-2021-45105", "5.9"), title="CWE-20: Improper Input Validation")
EVERYTHING = Hints("https://bomgate.corp/", break_glass=True, release_type="Ignore")


def verdict_of(
    found: dict[Purl, list[Vulnerability]], *records: Assessment, use: Rules | None = None, **states: int
) -> Verdict:
    known = facts(list(found.items()), **states)
    return evaluate(known, Subject(WEB, DIGEST, "shop"), use or rules(), AssessmentIndex.of(records), NOW)


def workload(*verdicts: Verdict, labels: tuple[str, ...] = (WEB_LABEL,)) -> WorkloadVerdict:
    return workload_verdict([ImageVerdict(verdict, labels) for verdict in verdicts])


def automatic(*found: Vulnerability, package: str = LOG4J.package) -> list[Assessment]:
    made = [auto_assessment(rules().types, other_vulnerability, package, NOW - DAY) for other_vulnerability in found]
    return [other_assessment for other_assessment in made if other_assessment is not None]


def full() -> WorkloadVerdict:
    by_hand = replace(
        assessment(
            "Blocked", vulnerability="CVE-2024-21490", scope=Scope(ANGULAR.package, namespace="shop"), score="7.5"
        ),
        comment="Exploited in the wild;\nno fix yet.",
    )
    found = {
        LOG4J: [LOG4SHELL, vulnerability("CVE-2021-45046", "9.0"), MEDIUM],
        ANGULAR: [vulnerability("CVE-2024-21490", "8.7")],
    }
    policy = Policy(unknown=Action.DENY)
    web = verdict_of(found, *automatic(*found[LOG4J]), by_hand, use=rules(policy=policy), clean=300, unknown=2)
    migrate = missing(Subject(parse_image("migrate:2"), None), SbomStatus.NONE, "", rules(policy=policy))
    return workload_verdict([ImageVerdict(migrate, (INIT_LABEL,)), ImageVerdict(web, (WEB_LABEL,))])


@pytest.mark.parametrize("name", ["denial", "warnings", "denial-missing"])
def test_messages_read_as_they_were_agreed(name: str) -> None:
    no_sbom = missing(
        Subject(WEB, None), SbomStatus.REFUSED, "registry: timeout.", rules(policy=Policy(missing_sbom=Action.DENY))
    )
    text = {
        "denial": lambda: denial(TITLE, full(), EVERYTHING),
        "warnings": lambda: "\n".join(warnings(full(), EVERYTHING)),
        "denial-missing": lambda: denial("Pod shop/web", workload(no_sbom), Hints()),
    }[name]()
    assert text + "\n" == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")


def test_a_denial_names_everything_that_a_person_needs() -> None:
    text = denial(TITLE, full(), EVERYTHING)
    for part in (
        f"{WEB_LABEL}: {WEB.text}",
        str(DIGEST),
        str(LOG4J),
        "CVE-2021-44228 (CVSS 10.0, Critical)",
        "CWE-502: Deserialization of Untrusted Data",
        "Blocked by auto-assess (Blocked 9.0–10.0) on 2026-11-23, until 2026-12-23 12:00 UTC",
        "score moved 7.5 → 8.7",
        "comment: Exploited in the wild; no fix yet.",
        "bomgate assess CVE-2021-44228 CVE-2021-45046 --package pkg:maven/org.apache.logging.log4j/log4j-core --type",
        "https://bomgate.corp/",
        "bomgate.dev/break-glass",
    ):
        assert part in text
    assert "CVE-2021-45105" not in text, "what only warns is no reason for the denial"


def test_a_denial_offers_only_what_there_is() -> None:
    text = denial(TITLE, full(), Hints())
    assert "console" not in text
    assert "break-glass" not in text


def test_the_first_line_of_a_denial_stands_on_its_own() -> None:
    first = denial(TITLE, full(), Hints()).splitlines()[0]
    assert first.startswith(f"{TITLE} is denied: image {WEB.text}: CVE-2021-44228 CVSS 10.0 in ")
    assert first.endswith("Blocked (and 3 more).")
    assert len(first) < 250


def test_the_command_is_as_narrow_as_what_it_has_to_override() -> None:
    scope = Scope(LOG4J.package, "<2.17", "registry.corp/shop/*", "shop")
    text = denial(TITLE, workload(verdict_of({LOG4J: [LOG4SHELL]}, assessment("Blocked", scope=scope))), Hints())
    command = next(line for line in text.splitlines() if "bomgate assess" in line).partition("bomgate assess ")[2]
    assert shlex.split(command) == [
        *("CVE-2021-44228", "--package", str(LOG4J), "--image", "registry.corp/shop/*", "--namespace", "shop"),
        *("--type", "Ignore", "--comment", "<why>"),
    ]


def test_names_that_would_fool_a_shell_are_quoted_or_give_no_command() -> None:
    found = [vulnerability("CVE-1;reboot"), vulnerability("--clear"), vulnerability("CVE\u202e1")]
    text = denial(
        TITLE, workload(verdict_of({LOG4J: found}, use=rules(policy=Policy(unassessed=Action.DENY)))), Hints()
    )
    command = next(line for line in text.splitlines() if "bomgate assess" in line)
    assert "bomgate assess 'CVE-1;reboot' --package" in command
    assert "--clear" not in command


def test_an_expired_assessment_is_told_apart_from_none() -> None:
    use = rules(policy=Policy(unassessed=Action.DENY))
    text = denial(TITLE, workload(verdict_of({LOG4J: [LOG4SHELL]}, assessment("Ignore", until=NOW), use=use)), Hints())
    assert "unassessed (expired, was Ignore); expired on 2026-11-24 12:00 UTC" in text


def test_an_error_says_under_which_id_to_look() -> None:
    use = rules(policy=Policy(on_error=Action.DENY))
    text = denial(TITLE, workload(failed(Subject(WEB, None), "4f2a91", use, has_sbom=False)), Hints())
    assert "under the ID 4f2a91" in text
    assert "digest: not known" in text


def test_a_long_denial_is_cut_and_counts_the_rest() -> None:
    found = {Purl(f"pkg:npm/{'a' * 100}{number}@1"): [vulnerability(f"CVE-{number}")] for number in range(100)}
    verdict = verdict_of(found, use=rules(policy=Policy(unassessed=Action.DENY)))
    text = denial(TITLE, workload(verdict), EVERYTHING)
    assert len(text) <= MAX_DENIAL
    assert "more that deny; `bomgate check` lists everything" in text
    shown = sum(line.startswith("  - pkg:") for line in text.splitlines())
    assert f"and {100 - shown} more that deny" in text
    assert "likewise for 97 more packages" in text
    assert "bomgate.dev/break-glass" in text


def test_containers_with_one_image_are_listed_together() -> None:
    labels = tuple(f"spec.containers[{number}] (c{number})" for number in range(5))
    text = denial(TITLE, workload(verdict_of({LOG4J: [LOG4SHELL]}, assessment("Blocked")), labels=labels), Hints())
    assert "spec.containers[2] (c2) and 2 more: registry.corp" in text


def test_an_allowed_workload_has_no_warnings() -> None:
    assert warnings(workload(verdict_of({LOG4J: [LOG4SHELL]}, assessment("Ignore"), not_covered=3)), Hints()) == ()


def test_a_warning_names_container_image_finding_and_state() -> None:
    (line,) = warnings(workload(verdict_of({LOG4J: [MEDIUM]}, unknown=1)), Hints())
    assert line == (
        "containers[0] (web): registry.corp/shop/web:1.4: CVE-2021-45105 CVSS 5.9 in "
        "maven/org.apache.logging.log4j/log4j-core@2.14.1 unassessed; "
        "1 of 2 components is unknown: no vulnerability source has answered for them, or the answers are too old"
    )


def test_warnings_are_few_short_and_the_last_counts_the_rest() -> None:
    verdicts = [
        replace(verdict_of({LOG4J: [MEDIUM] * 9}), image=parse_image(f"registry.corp/{'x' * 120}/{number}:1"))
        for number in range(14)
    ]
    lines = warnings(
        workload_verdict([ImageVerdict(verdict, (f"c{n}",)) for n, verdict in enumerate(verdicts)]), Hints()
    )
    assert len(lines) == MAX_WARNINGS
    assert all(len(line) <= MAX_WARNING for line in lines)
    assert lines[-1] == "and 5 more images, see `bomgate check`"


def test_a_warning_that_has_to_be_cut_still_counts_the_rest() -> None:
    long = Purl(f"pkg:npm/{'a' * 190}@1")
    (line,) = warnings(workload(verdict_of({long: [MEDIUM, LOG4SHELL]})), Hints())
    assert len(line) == MAX_WARNING
    assert line.endswith("a…; and 1 more")


def test_the_worst_image_is_warned_of_first() -> None:
    caution = kind("Caution", Action.WARN), kind("Blocked", Action.DENY)
    mild = verdict_of({LOG4J: [MEDIUM]})
    bad = verdict_of({LOG4J: [LOG4SHELL]}, assessment("Blocked"), use=rules(*caution))
    unknown = verdict_of({}, unknown=1)
    lines = warnings(workload(unknown, mild, bad), Hints())
    assert ["denied" in line for line in lines] == [True, False, False]
    assert "CVE-2021-45105" in lines[1]
    assert "unknown" in lines[2]


def test_equal_lines_are_said_once() -> None:
    one = verdict_of({LOG4J: [MEDIUM]})
    assert len(warnings(workload(one, one), Hints())) == 1


def test_a_score_that_moved_shows_in_the_warning() -> None:
    record = assessment("Caution", by=AssessmentSource.AUTO, score="7.5")
    (line,) = warnings(workload(verdict_of({LOG4J: [vulnerability(score="9.8")]}, record)), Hints())
    assert line.endswith("CVSS 9.8 in maven/org.apache.logging.log4j/log4j-core@2.14.1 Caution (score moved 7.5 → 9.8)")


def test_known_exploitation_is_said_with_the_day_of_the_data() -> None:
    day = dt.date(2026, 11, 29)
    found = replace(vulnerability(), exploitation=Exploitation(dt.date(2021, 12, 10), day, Decimal("0.97565"), day))
    told = workload(verdict_of({LOG4J: [found]}, *automatic(found)))
    assert "known exploited, KEV of 2026-11-29" in warnings(told, Hints())[0]
    text = denial("Deployment shop/web", told, Hints())
    assert "(known exploited, KEV of 2026-11-29)" in text.splitlines()[0]
    assert "    EPSS 0.97565 on 2026-11-29\n" in text
