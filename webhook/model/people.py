"""People, and programs that act for nobody, as whoever authenticated them says who they are."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from webhook.model.reviews import Requester

KUBERNETES = "kubernetes"
"""The issuer of whoever the API server authenticated."""
LOCAL = "local"
"""The issuer of the user of this machine's operating system."""
_SERVICE_ACCOUNT = "system:serviceaccount:"


class Person(msgspec.Struct, frozen=True):
    """A person, or a program, who is authenticated.

    Attributes:
        name: as it is kept beside what they decide, and shown.
        source: how they signed in: ``one-time link``, ``OIDC``, ``token`` or ``API server``.
        groups: as Kubernetes knows them.
        issuer: who authenticated them: the address of an OIDC provider, :data:`KUBERNETES` or :data:`LOCAL`.
        username: as Kubernetes knows it; of the operating system where there is no cluster.
        uid: of the issuer, which never gives it to somebody else; possibly empty.
        extra: what else the API server said: key and values.
    """

    name: str
    source: str
    groups: tuple[str, ...] = ()
    issuer: str = LOCAL
    username: str = ""
    uid: str = ""
    extra: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def is_service_account(self) -> bool:
        """Whether it is a program's account, and not a person's."""
        return self.username.startswith(_SERVICE_ACCOUNT)

    @property
    def requester(self) -> Requester:
        """The user by whose rights they act in the cluster."""
        return Requester(self.username, self.uid, self.groups, self.extra)

    @property
    def identity(self) -> tuple[str, str, str]:
        """Issuer, uid and user name: by any of its parts somebody may be found to be the same person later."""
        return (self.issuer, self.uid, self.username)

    def is_same(self, other: Person) -> bool:
        """Whether two are one: the same user of Kubernetes, or the same uid of the same issuer.

        A person who signed in another way keeps the user name, so that nobody approves what they requested themselves.
        """
        if self.uid and (self.issuer, self.uid) == (other.issuer, other.uid):
            return True
        return bool(self.username) and self.username == other.username


def of_requester(user: Requester) -> Person:
    """The user of an admission request."""
    return Person(user.username, "API server", user.groups, KUBERNETES, user.username, user.uid, user.extra)


class SignedIn(msgspec.Struct, frozen=True):
    """Somebody who proved who they are.

    Attributes:
        who: the person.
        seconds: for which the proof is good from now on; None where it does not say.
    """

    who: Person
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Login:
    """A sign-in that was begun at an OIDC provider; all of it is secret but the address.

    Attributes:
        url: of the provider, to which the browser goes.
        state: comes back with the browser.
        nonce: comes back in the token.
        verifier: of PKCE, which is shown when the code is redeemed.
        redirect: where the browser comes back to.
    """

    url: str = field(repr=False)
    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    redirect: str
