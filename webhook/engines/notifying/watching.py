"""Watching: facts about running workloads that are worth a notification; the same fact always has the same key."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from urllib.parse import quote

from webhook.engines.controlling.expiry import ending
from webhook.engines.readmodel import ReadModel
from webhook.model.actions import Action
from webhook.model.notifications import Announcement, Topic
from webhook.model.verdicts import Finding, Verdict
from webhook.policy.announcements import request_waits
from webhook.policy.evaluation import Rules
from webhook.policy.phrases import count, moment, rated, title
from webhook.policy.scopes import described
from webhook.policy.scores import severity
from webhook.ports.requesting import RequestStore

Running = Iterable[tuple[str, Sequence[Verdict]]]
"""Workloads, or images where no cluster is known: a title, and the verdicts about the images."""
_SHOWN = 5
_MOST_REQUESTS = 1000


def news(running: Running) -> Sequence[Announcement]:
    """Vulnerabilities of what runs that are blocked, and critical ones that nobody has assessed; each once."""
    worst: dict[tuple[Topic, str], Finding] = {}
    places: dict[tuple[Topic, str], tuple[dict[str, None], dict[str, None]]] = {}
    for name, verdicts in running:
        for verdict in verdicts:
            for finding in verdict.findings:
                topic = _topic(finding)
                if topic is None:
                    continue
                key = (topic, finding.vulnerability.id)
                worst.setdefault(key, finding)
                packages, workloads = places.setdefault(key, ({}, {}))
                packages[str(finding.purl)] = None
                workloads[name] = None
    return [_announced(topic, worst[topic, key], *places[topic, key]) for topic, key in worst]


def _topic(finding: Finding) -> Topic | None:
    if finding.assessment is None:
        critical = severity(finding.vulnerability.cvss_score) == "Critical"
        return Topic.UNASSESSED if critical else None
    return Topic.BLOCKED if finding.action is Action.DENY else None


def _announced(topic: Topic, finding: Finding, packages: Iterable[str], workloads: Iterable[str]) -> Announcement:
    vulnerability = finding.vulnerability
    facts = {"title": title(vulnerability), "packages": _several(packages), "runs in": _several(workloads)}
    if finding.assessment is not None and finding.assessment.until is not None:
        facts["until"] = moment(finding.assessment.until)
    facts = {name: text for name, text in facts.items() if text}
    key = f"{topic.value}/{vulnerability.id.casefold()}"
    return Announcement(key, topic, rated(vulnerability), facts, _path(vulnerability.id))


def endings(model: ReadModel, rules: Rules, now: dt.datetime, lead: dt.timedelta) -> Sequence[Announcement]:
    """Blocks in force that end within the lead time, each record once."""
    if not lead:
        return ()
    found = []
    for item in ending(model, rules, now, lead):
        assessment = item.assessment
        if item.action is not Action.DENY or assessment.until is None:
            continue
        facts = {
            "ends": moment(assessment.until),
            "for": described(assessment.scope),
            "by": assessment.author,
            "afterwards": "no longer denied" if item.opens else "still denied by something else",
        }
        key = f"ends/{assessment.sequence}/{assessment.until:%Y%m%dT%H%M%S}"
        path = _path(assessment.vulnerability)
        found.append(Announcement(key, Topic.BLOCK_ENDS, assessment.vulnerability, facts, path))
    return found


def unanswered(requests: RequestStore, now: dt.datetime, patience: dt.timedelta) -> Sequence[Announcement]:
    """Requests that have waited for long, the oldest first; later ones cannot push them out.

    Raises:
        StoreError: the store did not answer.
    """
    return [request_waits(request) for request in requests.waiting(now - patience, _MOST_REQUESTS, now=now)]


def _several(names: Iterable[str]) -> str:
    found = sorted(names)
    rest = len(found) - _SHOWN
    return ", ".join(found[:_SHOWN]) + (f" and {count(rest, 'other')}" if rest > 0 else "")


def _path(vulnerability: str) -> str:
    return f"/vulnerabilities/{quote(vulnerability, safe='')}"
