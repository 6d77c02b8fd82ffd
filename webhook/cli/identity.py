"""Identity: who acts at the command line, and what they may do.

On one machine that is the user of the operating system, whose rights are those of whoever can use the database. In a
cluster it is whoever the API server authenticates: by a token, or by the kubeconfig file of the settings. Rights are
those of Kubernetes then, the same as in the console.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import click

from webhook.bootstrap import Parts
from webhook.cli.author import local_person, person, recorder
from webhook.cli.options import F
from webhook.errors import BomgateError, InvalidInput
from webhook.model.assessments import Assessment
from webhook.model.deadlines import Deadline
from webhook.model.people import Person
from webhook.model.rights import Right
from webhook.policy.plaintext import plain

log = logging.getLogger("bomgate.identity")
_SECONDS = 10.0
_MOST_TOKEN = 16 * 1024
_GROUP = "bomgate.dev"


class IdentityMissing(InvalidInput):
    """In a cluster, what this does needs to know who does it."""

    code = "identity-missing"
    default_remedy = (
        "Add --token-file FILE with a token for bomgate (- reads standard input), or set kube.kubeconfig to your file."
    )


class NotAllowed(InvalidInput):
    """Whoever acts at the command line may not do that."""

    code = "not-allowed"
    default_remedy = "Ask somebody who has the right, such as by the ClusterRole bomgate-triager or bomgate-approver."


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever acts at the command line.

    Attributes:
        person: who.
        recorded_by: from where, and how they proved who they are.
        may: whether they may do something: verb, resource of ``bomgate.dev``, namespace (empty: everywhere). None where
            whoever can use the database may do everything.
    """

    person: Person
    recorded_by: str
    may: Callable[[str, str, str], bool] | None = None

    def require(self, verb: str, resource: str, namespace: str = "") -> None:
        """Refuse to go on unless they may do that; asked afresh each time.

        Raises:
            NotAllowed: they may not.
            SourceError: the API server does not say.
        """
        if self.may is None or self.may(verb, resource, namespace):
            return
        where = f" in namespace {namespace}" if namespace else ""
        raise NotAllowed(f"{plain(self.person.name, 100)} may not {verb} {resource}.{_GROUP}{where}.")

    def require_for(self, verb: str, resource: str, records: Iterable[Assessment]) -> None:
        """The same in every namespace that some assessments are about.

        Raises:
            NotAllowed: they may not in one of them.
            SourceError: the API server does not say.
        """
        for namespace in sorted({record.scope.namespace or "" for record in records}):
            self.require(verb, resource, namespace)


def token_option(verb: F) -> F:
    """``--token-file``."""
    option = click.option(
        "--token-file",
        type=click.Path(path_type=Path, allow_dash=True),
        metavar="FILE",
        help="In a cluster: file with a token that says who you are; - reads it from standard input.",
    )
    return option(verb)


def actor(parts: Parts, token_file: Path | None) -> Actor:
    """The person who makes or answers a request.

    Args:
        parts: of this process.
        token_file: ``--token-file``.

    Raises:
        InvalidInput: they did not prove who they are, or the user of this process is no person.
        SourceError: the API server does not say.
    """
    proven = _proven(parts, token_file)
    if proven is not None:
        return proven
    if _is_shared(parts) and not parts.settings.requests.allow_self:
        raise IdentityMissing("In a cluster, bomgate has to know who makes a request.")
    return Actor(local_person(), recorder(parts))


def author(parts: Parts, claimed: str | None, token_file: Path | None, *, by_rules: bool = False) -> Actor:
    """Who assesses. Without a proof it is a claim, which is kept beside account and machine.

    Where people have names that a cluster knows, the author itself says that it is a claim, and of which account.

    Args:
        parts: of this process.
        claimed: ``--author``.
        token_file: ``--token-file``.
        by_rules: the ranges of the types decide, so that nobody needs to be named.

    Raises:
        InvalidInput: they claim to be somebody else than they proved to be, or the user of this process is no person.
        SourceError: the API server does not say.
    """
    proven = _proven(parts, token_file)
    if proven is None and by_rules:
        return Actor(Person("bomgate", "rules"), recorder(parts))
    if proven is None:
        name = person(parts, claimed)
        shown = f"{name} (claimed by {_account(parts)})" if _is_shared(parts) else name
        return Actor(Person(shown, "claim", username=name), recorder(parts))
    if claimed is not None and claimed != proven.person.name:
        raise InvalidInput(
            f"The API server says that you are {plain(proven.person.name, 100)}, and not {plain(claimed, 100)}.",
            remedy="Leave out --author.",
        )
    return proven


# -- parts -----------------------------------------------------------------------------------------------------------


def _is_shared(parts: Parts) -> bool:
    """Whether people have names that a cluster knows."""
    settings = parts.settings
    return settings.kube.cluster or bool(settings.oidc.issuer) or settings.console.tokens


def _account(parts: Parts) -> str:
    """The account of this process as the API server names it; else the user of the machine, and the machine."""
    if parts.settings.kube.cluster:
        try:
            return parts.cluster.own_user(Deadline(parts.clock.monotonic() + _SECONDS)).name
        except BomgateError as problem:
            log.debug("the API server does not say who this is", extra={"error": problem.message})
    return recorder(parts)


def _proven(parts: Parts, token_file: Path | None) -> Actor | None:
    """Whoever the API server authenticates; None where nobody proved anything."""
    deadline = Deadline(parts.clock.monotonic() + _SECONDS)
    if token_file is not None:
        token, audiences = _token(token_file), parts.settings.console.token_audiences
        signed_in = parts.cluster.token_reviews(audiences).person(token, deadline)
        if signed_in is None:
            raise InvalidInput(
                "The API server does not accept this token.",
                remedy=f"It has to be for {', '.join(audiences)} (console.tokenAudiences), and not have ended.",
            )
        who = signed_in.who
        reviewer = parts.cluster.rights_reviewer()

        def may(verb: str, resource: str, namespace: str) -> bool:
            at = Deadline(parts.clock.monotonic() + _SECONDS)
            return reviewer.may(who.requester, verb, resource, namespace, at)

        return Actor(who, f"{recorder(parts)}, token", may)
    if not _is_shared(parts) or parts.settings.kube.kubeconfig is None:
        return None
    allowed = parts.cluster.rights()

    def may_itself(verb: str, resource: str, namespace: str) -> bool:
        return allowed(Right(verb, resource, _GROUP, namespace))

    return Actor(parts.cluster.own_user(deadline), f"{recorder(parts)}, kubeconfig", may_itself)


def _token(file: Path) -> str:
    try:
        text = sys.stdin.read(_MOST_TOKEN + 1) if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise InvalidInput(f"The token cannot be read: {problem}", remedy="Check --token-file.") from problem
    if not text.strip():
        raise InvalidInput("There is no token in --token-file.", remedy="Check the file.")
    return text.strip()
