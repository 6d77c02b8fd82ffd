"""``bomgate readiness``: what would happen to everything that runs if bomgate enforced now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click
from click.core import ParameterSource

from webhook.bootstrap import Parts
from webhook.cli.check_text import next_steps
from webhook.cli.exits import Exit
from webhook.cli.options import global_options, invocation, output_option
from webhook.cli.output import note, print_json, print_table, say
from webhook.cli.readiness_findings import show_accounts, show_guard, show_left_out
from webhook.cli.readiness_shapes import (
    AccountShape,
    LeftOutShape,
    NamespaceShape,
    ReadinessShape,
    Tally,
    WorkloadShape,
)
from webhook.cli.verbs import Verb
from webhook.errors import InvalidInput, SourceError
from webhook.model.actions import Action
from webhook.model.audits import AuditedWorkload, AuditResult
from webhook.model.deadlines import Deadline
from webhook.model.records import ControllerAccount
from webhook.model.requests import RequestScan
from webhook.policy.asking import names_of_two_claims
from webhook.policy.messages import warnings
from webhook.policy.phrases import count
from webhook.policy.plaintext import plain
from webhook.policy.remedies import Hints

_MAX_STEPS = 8
_MOST_REQUESTS = 100
"""Number of the newest requests whose user names are compared."""
_GUARD_SECONDS = 5.0


@click.command(
    "readiness",
    cls=Verb,
    examples=(
        "bomgate readiness                                  # the cluster of the current kubectl context",
        "bomgate readiness --namespace shop --namespace pay",
        "bomgate readiness --config new.yaml                # with settings that are not in use yet",
        "bomgate readiness --enforce-all --output json | jq .sentence",
        "kubectl exec -n bomgate-system deploy/bomgate-controller -- bomgate readiness",
    ),
)
@click.option(
    "--namespace", "namespaces", multiple=True, metavar="NS", help=("Limit to this namespace; can be repeated.")
)
@click.option("--enforce-all", is_flag=True, help="Also enforce in namespaces labelled warn or audit.")
@click.option(
    "--kubeconfig",
    type=click.Path(path_type=Path),
    default=Path("~/.kube/config"),
    envvar="KUBECONFIG",
    metavar="FILE",
    help=(
        "Kubeconfig file, unless kube.kubeconfig is set. Default: KUBECONFIG, ~/.kube/config, or the "
        "Pod's ServiceAccount."
    ),
)
@click.option("--context", metavar="NAME", help="Context in the kubeconfig file; default: its current context.")
@global_options
@output_option()
@click.pass_context
def command(
    context_of_click: click.Context,
    namespaces: Sequence[str],
    enforce_all: bool,
    kubeconfig: Path,
    context: str | None,
    output: str,
) -> Exit:
    """Preview enforcement: evaluate all running workloads of a cluster with the webhook's own code.

    Every namespace counts as enforcing, except those labelled bomgate.dev/enforce=warn, audit or off, and those that
    the webhook's registration excludes. Writes nothing to the cluster or the database, except SBOMs that it finds. With
    --config, you can preview the policy, types and assessments of a settings file that is not in use yet.

    Exit codes: 0 nothing would be denied, 1 something would be denied, 3 could not decide, or the database has no
    images.
    """
    from webhook.bootstrap.audit import readiness_auditor

    stated = context_of_click.get_parameter_source("kubeconfig") is ParameterSource.COMMANDLINE
    parts = _parts(kubeconfig, context, stated=stated)
    _check_namespaces(parts, namespaces)
    result = readiness_auditor(parts, everywhere=enforce_all).audit(namespaces)
    tally = Tally.of(result.workloads)
    accounts, guarded = _unlisted(parts), _tickets_guarded(parts)
    if output == "json":
        print_json(_shape(result, tally, accounts, guarded))
    else:
        _show(result, tally, parts.hints)
        show_left_out(result.left_out)
        show_accounts(accounts)
        if guarded is not True and parts.settings.policy.break_glass:
            show_guard(parts.settings.kube.ticket_guard, guarded)
        if said := _of_two_claims(parts):
            note(said)
        if not parts.model.images:
            note(
                "The database has no images. If it is not the webhook's database, set database.url, or "
                "run this in the controller's Pod."
            )
    if tally.denied:
        return Exit.DENIED
    return Exit.UNDECIDED if tally.undecided or not parts.model.images else Exit.DONE


def _parts(kubeconfig: Path, context: str | None, *, stated: bool) -> Parts:
    """The parts of this process; the cluster is found as kubectl finds it where the settings do not say more."""
    ours, flags = invocation(), {"kube.context": context}
    if stated or ours.settings(flags).kube.kubeconfig is None:
        # KUBECONFIG may name several files; a single one that is not there leaves the Pod's own way to the API server.
        there = stated or ":" in str(kubeconfig) or kubeconfig.expanduser().is_file()
        flags["kube.kubeconfig"] = str(kubeconfig.expanduser()) if there else None
    return ours.parts(flags)


def _check_namespaces(parts: Parts, names: Sequence[str]) -> None:
    if not names:
        return
    known = parts.cluster.running.namespaces(names)
    for name in names:
        if name not in known:
            raise InvalidInput(f"There is no namespace {name[:100]!r}.", remedy="`kubectl get namespaces` lists them.")


def _sentence(tally: Tally) -> str:
    places = len({workload.workload.owner.namespace for workload in tally.denied})
    if tally.denied:
        start = f"{count(len(tally.denied), 'workload')} in {count(places, 'namespace')} would be denied"
    else:
        start = "no workload would be denied"
    have = "has" if tally.no_sbom == 1 else "have"
    return f"If you enforce now, {start}, {len(tally.warned)} would get a warning, and {tally.no_sbom} {have} no SBOM."


def _not_looked_at(result: AuditResult) -> dict[str, int]:
    return dict(sorted(Counter(workload.reason for workload in result.workloads if not workload.is_judged).items()))


def _by_namespace(result: AuditResult) -> list[tuple[str, list[AuditedWorkload]]]:
    """Namespaces with their workloads, those with denials first; in each, the worst first."""
    found: dict[str, list[AuditedWorkload]] = {}
    for workload in sorted(result.workloads, key=_rank):
        found.setdefault(workload.workload.owner.namespace, []).append(workload)
    return sorted(found.items(), key=lambda pair: (pair[1][0].action is not Action.DENY, pair[0]))


def _rank(one: AuditedWorkload) -> tuple[int, str, str]:
    return (-one.action, one.workload.owner.kind, one.workload.owner.name)


def _unlisted(parts: Parts) -> Sequence[ControllerAccount]:
    """Accounts that make objects of controllers, and that the settings do not list as controllers'."""
    listed = parts.settings.policy.admitted_controllers
    return [account for account in parts.store.accounts.list() if account.user not in listed]


def _tickets_guarded(parts: Parts) -> bool | None:
    """Whether the API server keeps tickets of break-glass from those who may not use it; None where nobody can say."""
    if not parts.settings.policy.break_glass:
        return None
    try:
        return parts.cluster.ticket_guard().since(Deadline(parts.clock.monotonic() + _GUARD_SECONDS)) is not None
    except SourceError:
        return None


def _of_two_claims(parts: Parts) -> str:
    """Whether requests show that console and API server take user names from different claims; empty if not."""
    found = names_of_two_claims(parts.store.requests.page(RequestScan(), None, _MOST_REQUESTS, now=parts.clock.now()))
    if found is None:
        return ""
    return (
        f"The console and the API server seem to take user names from different claims: {found[0].name}, "
        f"{found[1].name}. Set oidc.usernameClaim and oidc.usernamePrefix as the API server has them; until then one "
        "person can have two names."
    )


def _shape(
    result: AuditResult, tally: Tally, accounts: Sequence[ControllerAccount], guarded: bool | None
) -> ReadinessShape:
    return ReadinessShape(
        sentence=_sentence(tally),
        workloads=len(result.workloads),
        denied=len(tally.denied),
        denied_namespaces=len({workload.workload.owner.namespace for workload in tally.denied}),
        warned=len(tally.warned),
        no_sbom=tally.no_sbom,
        undecided=tally.undecided,
        not_looked_at=_not_looked_at(result),
        images=len(result.images),
        revision=result.revision,
        tickets_guarded=guarded,
        left_out=None
        if result.left_out is None
        else tuple(LeftOutShape(place.namespace, place.by, place.entries) for place in result.left_out),
        unlisted_accounts=tuple(AccountShape(account.user, account.controller, account.at) for account in accounts),
        namespaces=tuple(_namespace(name, workloads) for name, workloads in _by_namespace(result)),
    )


def _namespace(name: str, workloads: Sequence[AuditedWorkload]) -> NamespaceShape:
    mode, totals = workloads[0].mode, Counter(workload.action for workload in workloads)
    return NamespaceShape(
        namespace=name,
        mode=None if mode is None else mode.value,
        denied=totals[Action.DENY],
        warned=totals[Action.WARN],
        allowed=totals[Action.ALLOW],
        workloads=tuple(WorkloadShape.of(workload) for workload in workloads if workload.action is not Action.ALLOW),
    )


def _show(result: AuditResult, tally: Tally, hints: Hints) -> None:
    say(click.style(_sentence(tally), bold=True))
    for name, workloads in _by_namespace(result):
        shown = [workload for workload in workloads if workload.action is not Action.ALLOW]
        if not shown:
            continue
        mode = workloads[0].mode
        say()
        say(click.style(f"Namespace {plain(name)}", bold=True) + (f" (mode {mode.value})" if mode else ""))
        rows = [(workload.action.word, _name(workload), workload.reason, _why(workload, hints)) for workload in shown]
        print_table(("Action", "Workload", "Reason", "Why"), rows, empty="", indent=2)
    counts = _not_looked_at(result)
    others = [
        (counts.get("excluded", 0), "that the webhook does not cover"),
        (counts.get("off", 0), "where bomgate.dev/enforce is off"),
    ]
    if any(number for number, _ in others):
        say()
        say("Not checked: " + ", ".join(f"{count(number, 'workload')} {where}" for number, where in others if number))
    _show_steps(tally, hints)


def _show_steps(tally: Tally, hints: Hints) -> None:
    images = [image for workload in (tally.denied or tally.warned) for image in workload.verdict.images]
    steps = list(dict.fromkeys(next_steps(images, hints)))
    if steps:
        say()
        say(click.style("What to do next:", bold=True))
        for step in steps[:_MAX_STEPS]:
            say(f"- {step}")


def _name(one: AuditedWorkload) -> str:
    return f"{one.workload.owner.kind}/{one.workload.owner.name}"


def _why(one: AuditedWorkload, hints: Hints) -> str:
    lines = warnings(one.verdict, hints)
    return f"{lines[0]} (and {count(len(lines) - 1, 'more image')})" if len(lines) > 1 else lines[0] if lines else ""
