"""Who is who."""

from __future__ import annotations

import pytest

from webhook.model.people import KUBERNETES, Person, of_requester
from webhook.model.reviews import Requester

ANA = Person("ana", "OIDC", issuer="https://login.example", username="oidc:ana", uid="1")


@pytest.mark.parametrize(
    ("other", "is_same"),
    [
        (Person("ana", "API server", issuer=KUBERNETES, username="oidc:ana"), True),  # with kubectl
        (Person("Ana B.", "OIDC", issuer="https://login.example", username="oidc:anab", uid="1"), True),  # renamed
        (Person("ana", "OIDC", issuer="https://other.example", username="other:ana", uid="1"), False),
        (Person("ben", "OIDC", issuer="https://login.example", username="oidc:ben", uid="2"), False),
        (Person("ana", "one-time link"), False),  # nothing but a name to show
    ],
)
def test_two_are_one_by_user_name_or_by_issuer_and_uid(other: Person, is_same: bool) -> None:
    assert ANA.is_same(other) is is_same and other.is_same(ANA) is is_same


def test_nobody_is_the_same_as_nobody() -> None:
    assert not Person("x", "token").is_same(Person("x", "token"))


def test_the_user_of_an_admission_request_keeps_everything_that_rights_depend_on() -> None:
    user = Requester("system:serviceaccount:shop:ci", "7", ("system:serviceaccounts",), (("node", ("a",)),))
    made = of_requester(user)
    assert made.is_service_account and made.requester == user
    assert not ANA.is_service_account
