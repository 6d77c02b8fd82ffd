"""Commands: the lines that people can paste into a shell to let a finding pass."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from webhook.model.verdicts import Finding
from webhook.policy.plaintext import is_plain

_MAX_COMMANDS = 3
_MAX_IDS = 5
_MAX_ARGUMENT = 200


def assess_commands(findings: Sequence[Finding], type_name: str) -> Iterator[str]:
    """``bomgate assess`` with arguments that really override what is in force for these findings.

    The narrower scope wins, so a command is as narrow as the assessment that it is to override. Findings in one
    package share a command. Names that a shell or a terminal could misread are quoted; those that cannot be shown
    whole give no command.

    Args:
        findings: worst first.
        type_name: the type to give.
    """
    groups: dict[tuple[str, ...], list[str]] = {}
    for finding in findings:
        names = (finding.vulnerability.id, *_scope(finding))
        if all(is_plain(name) and len(name) <= _MAX_ARGUMENT for name in names) and not names[0].startswith("-"):
            identifiers = groups.setdefault(names[1:], [])
            if names[0] not in identifiers:
                identifiers.append(names[0])
    for number, (scope, identifiers) in enumerate(groups.items()):
        if number == _MAX_COMMANDS:
            yield f"bomgate assess … (likewise for {len(groups) - number} more packages)"
            return
        arguments = (*identifiers[:_MAX_IDS], *scope, "--type", type_name)
        yield f"bomgate assess {shlex.join(arguments)} --comment '<why>'"


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
