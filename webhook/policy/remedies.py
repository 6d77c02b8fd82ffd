"""What messages advise people to do: how to assess, and how to ask for an exception.

What is meant to be pasted into a shell is quoted, because strangers choose the names in it.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from webhook.model.verdicts import Finding
from webhook.policy.plaintext import is_plain, plain

_MAX_COMMANDS = 3
_MAX_IDS = 5
_MAX_ARGUMENT = 200
MAX_NAME = 200
_MAX_LINK = 400


@dataclass(frozen=True, slots=True)
class Hints:
    """What messages advise people to do.

    Attributes:
        console_url: address of the console; empty when there is none.
        break_glass: whether the break-glass annotation is honoured.
        release_type: the type to suggest in ``bomgate assess``, see ``TypeTable.mildest``.
        in_cluster: whether people ask for exceptions with objects of the cluster, and not on this machine.
    """

    console_url: str = ""
    break_glass: bool = False
    release_type: str = "Ignore"
    in_cluster: bool = False


def how_to_ask(findings: Sequence[Finding], hints: Hints) -> str:
    """How somebody who may not decide asks for an exception: in the console, by an object, or by a command.

    Args:
        findings: that deny, worst first; only the first package is named.
        hints: where the console is, and whether there is a cluster.
    """
    identifiers, scope = next(_named(findings), ((), ()))
    if hints.console_url:
        url = f"{plain(hints.console_url, MAX_NAME).rstrip('/')}/requests/new"
        names = dict(zip(scope[::2], scope[1::2], strict=True))
        given = [*(("vulnerability", name) for name in identifiers[:_MAX_IDS]), *((k[2:], v) for k, v in names.items())]
        whole = f"{url}?{urlencode(given)}" if given else url
        return whole if len(whole) <= _MAX_LINK else url
    if hints.in_cluster:
        return "create an AssessmentRequest in the namespace; `kubectl explain assessmentrequest.spec` says how"
    words = (*identifiers[:_MAX_IDS], *scope) if identifiers else ("<vulnerability>", "--package", "<package>")
    where = "" if "--namespace" in scope else " --namespace '<namespace>'"
    return f"bomgate requests create {shlex.join(words)}{where} --reason '<why>' --days 30"


def assess_commands(findings: Sequence[Finding], type_name: str) -> Iterator[str]:
    """A ``bomgate assess`` command that overrides what is in force for these findings.

    The narrower scope wins, so a command is as narrow as the assessment that it is to override. Findings in one
    package share a command. Names that a shell or a terminal could misread are quoted; those that cannot be shown
    whole give no command.

    Args:
        findings: worst first.
        type_name: the type to give.
    """
    groups = list(_named(findings))
    for number, (identifiers, scope) in enumerate(groups):
        if number == _MAX_COMMANDS:
            yield f"bomgate assess … (likewise for {len(groups) - number} more packages)"
            return
        arguments = (*identifiers[:_MAX_IDS], *scope, "--type", type_name)
        yield f"bomgate assess {shlex.join(arguments)} --comment '<why>'"


def _named(findings: Sequence[Finding]) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Identifiers with the options that narrow to their packages, for those that fit in full."""
    groups: dict[tuple[str, ...], dict[str, None]] = {}
    for finding in findings:
        names = (finding.vulnerability.id, *_scope(finding))
        if all(is_plain(name) and len(name) <= _MAX_ARGUMENT for name in names) and not names[0].startswith("-"):
            groups.setdefault(names[1:], {})[names[0]] = None
    yield from ((tuple(identifiers), scope) for scope, identifiers in groups.items())


def _scope(finding: Finding) -> tuple[str, ...]:
    in_force = finding.assessment
    if in_force is None:
        return ("--package", finding.purl.package)
    scope = in_force.scope
    found = ["--package", finding.purl if scope.version_range is not None else finding.purl.package]
    if scope.image is not None:
        found += ["--image", scope.image]
    if scope.namespace is not None:
        found += ["--namespace", scope.namespace]
    return tuple(found)
