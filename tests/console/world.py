"""A store as a team has it after a week: images, findings, decisions, what runs, runs; and hostile text."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from tests.copies import replace
from tests.ports.samples import answer, digest, make_sbom, vulnerability
from webhook.bootstrap.parts import Parts, open_parts
from webhook.model.actions import Action
from webhook.model.assessments import Assessment, AssessmentSource, Scope
from webhook.model.downloads import DownloadReport
from webhook.model.images import parse_image
from webhook.model.inventory import InventoriedImage, InventoriedWorkload
from webhook.model.policies import Mode
from webhook.model.purls import Purl
from webhook.model.verdicts import SbomStatus
from webhook.policy.automatic import auto_assessment
from webhook.settings import Settings, load_settings

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)> {{7*7}} \u202e\x1b[31m"
LOG4J, LODASH = "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1", "pkg:npm/lodash@4.17.20"
PYYAML, CLEAN = "pkg:pypi/pyyaml@5.3", "pkg:npm/left-pad@1.3.0"
EVIL = "pkg:npm/%3Cscript%3Ealert%281%29%3C%2Fscript%3E@1.0"
LOG4SHELL = vulnerability("CVE-2021-44228", "10.0", title="Remote code execution through lookups in messages")
FOUND = (
    (LOG4J, LOG4SHELL),
    (LODASH, vulnerability("CVE-2021-23337", "7.2", title="Command injection through templates")),
    (PYYAML, vulnerability("CVE-2020-14343", "5.9", title="Unsafe loading of tags")),
    (EVIL, vulnerability("EVIL-1", "6.1", title=HOSTILE, description=HOSTILE, cwe=HOSTILE, reference=HOSTILE)),
)


def settings_of(url: str, folder: str) -> Settings:
    """Settings for a database; nothing of the environment counts."""
    return load_settings(None, {"database.url": url}, {"HOME": folder})


def fill(parts: Parts, *, extra: int = 70) -> None:
    """Fill an empty store; more images and vulnerabilities than a page holds."""
    store, now = parts.store, parts.clock.now().replace(microsecond=0)
    store.admin.upgrade()
    types = parts.settings.types
    more = [
        (f"pkg:npm/module-{n}@1.{n}.0", f"CVE-2025-{1000 + n}", ("4.4", "6.8", "8.1", "9.1")[n % 4])
        for n in range(extra)
    ]
    images = [
        ("registry.example/shop/web:1.4.2", [LOG4J, LODASH, CLEAN]),
        ("registry.example/shop/worker:2.0", [LODASH, PYYAML]),
        ("registry.example/lab/evil:latest", [EVIL, CLEAN]),
        *((f"registry.example/team/service-{n}:1.0", [purl, CLEAN]) for n, (purl, _, _) in enumerate(more)),
    ]
    for number, (name, purls) in enumerate(images, start=1):
        store.sboms.add(digest(number), make_sbom(*map(Purl, purls)), place="added", image=parse_image(name))
    answers = [answer(purl, found, at=now) for purl, found in FOUND]
    answers += [answer(purl, vulnerability(key, score), at=now) for purl, key, score in more]
    store.components.record(
        [*answers, answer(CLEAN, at=now)],
        assess=lambda found, package: auto_assessment(types, found, package, now - dt.timedelta(days=2)),
        now=now,
    )
    store.assessments.append(_decisions(now))
    store.inventory.replace(_workloads(images), taken_at=now, revision=1)
    lease = store.runs.acquire("test", duration=dt.timedelta(minutes=1))
    report = DownloadReport(asked=74, answered=74, vulnerable=74, new_vulnerabilities=74, auto_assessed=36)
    store.runs.finish(report, started=now - dt.timedelta(minutes=3), finished=now, lease=lease)
    store.runs.release(lease)


def _decisions(now: dt.datetime) -> Sequence[Assessment]:
    made = Assessment(
        "CVE-2021-23337",
        "Ignore",
        Scope("pkg:npm/lodash"),
        AssessmentSource.MANUAL,
        "ana",
        "Templates never come from users here.",
        now - dt.timedelta(days=1),
        now + dt.timedelta(days=5),
        batch="20261128-aaaaaa",
    )
    return [made, replace(made, vulnerability="EVIL-1", scope=Scope(), author="mallory", comment=HOSTILE, batch="")]


def _workloads(images: Sequence[tuple[str, Sequence[str]]]) -> Sequence[InventoriedWorkload]:
    shown = [("shop", "web", 1, Mode.DENY), ("shop", "worker", 2, Mode.DENY), ("lab", "evil", 3, Mode.WARN)]
    shown += [(f"team-{n % 5}", f"service-{n}", n + 4, Mode.AUDIT if n % 7 == 0 else Mode.DENY) for n in range(30)]
    return [
        InventoriedWorkload(
            f"uid-{name}",
            namespace,
            "apps/v1",
            "Deployment",
            name,
            2,
            mode,
            Action.WARN,
            "findings",
            (
                InventoriedImage(
                    f"{images[number - 1][0]}@{digest(number)}", digest(number), (name,), Action.WARN, SbomStatus.FOUND
                ),
            ),
        )
        for namespace, name, number, mode in shown
    ]


def filled(url: str, folder: str) -> Parts:
    """The parts of a process on a store that was filled."""
    parts = open_parts(settings_of(url, folder))
    fill(parts)
    return parts
