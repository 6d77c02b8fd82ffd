"""Rotation of certificates: whatever happens between and within passes, what is served is trusted."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.copies import replace
from tests.doubles.signer import FakeSigner, name_of
from tests.fakes import FakeClock
from tests.memory.cluster import MemoryCertificates, MemoryRegistrations, MemorySecrets
from webhook.engines.controlling.certificates import CertificateDuty, CertificateParts
from webhook.engines.controlling.options import CertificateOptions
from webhook.errors import Retryable

OVERLAP = 100.0
OPTIONS = CertificateOptions(
    leaf_days=3000 / 86400, authority_days=9000 / 86400, overlap_seconds=OVERLAP, configurations=("one", "two")
)
"""Lives of 50 and 150 minutes, so that a few dozen passes see several rotations."""


class Died(Exception):
    """A controller that ended between two calls."""


@dataclass
class Cluster:
    """What Pods serve and API servers trust, with all delays that a cluster has."""

    clock: FakeClock = field(default_factory=FakeClock)
    state: MemoryCertificates = field(default_factory=MemoryCertificates)
    signer: FakeSigner = field(default_factory=FakeSigner)
    seen: list[tuple[float, str, tuple[str, ...]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for name in OPTIONS.configurations:
            self.state.register(name, "", "")

    def controller(self) -> CertificateDuty:
        parts = CertificateParts(self.signer, MemorySecrets(self.state), MemoryRegistrations(self.state))
        return CertificateDuty(parts, "bomgate", OPTIONS, self.clock)

    def look(self) -> None:
        """Note what the Secret and the configurations hold at this moment."""
        secret = self.state.secrets.get(OPTIONS.secret)
        leaf = secret.data["tls.crt"].decode() if secret else ""
        bundles = tuple(bundle for registration in self.state.registrations.values() for bundle in registration.bundles)
        self.seen.append((self.clock.monotonic(), leaf, bundles))

    def verify(self) -> None:
        """Any certificate that a Pod may still have mounted is trusted by every configuration, and is valid."""
        now = self.clock.monotonic()
        self.look()
        recent = {leaf for at, leaf, _ in self.seen if leaf and now - at < OVERLAP}
        # What was replaced before this window began was served until then.
        before = [leaf for at, leaf, _ in self.seen if leaf and now - at >= OVERLAP]
        recent |= set(before[-1:])
        for leaf in recent:
            (certificate,) = self.signer.certificates(leaf)
            assert certificate.not_after > self.clock.now()
            for bundle in self.seen[-1][2]:
                trusted = self.signer.certificates(bundle)
                issuers = [
                    other_certificate
                    for other_certificate in trusted
                    if self.signer.signed(certificate, other_certificate)
                ]
                assert issuers, (
                    f"{name_of(certificate)} is not trusted by {[name_of(certificate) for certificate in trusted]}"
                )
                assert issuers[0].not_after > self.clock.now()


PASSES = st.lists(
    st.tuples(
        st.floats(1, 400),  # seconds until the next pass
        st.one_of(st.none(), st.integers(0, 30)),  # the call before which the controller dies
        st.one_of(st.none(), st.tuples(st.integers(0, 20), st.lists(st.floats(1, 300), max_size=6))),
    ),
    min_size=5,
    max_size=60,
)
"""The last of each: a call in which the controller stands still, and the passes that another one makes meanwhile."""


@given(PASSES)
@settings(max_examples=30, deadline=None)
def test_what_is_served_is_trusted_whatever_dies_and_whoever_else_leads(passes: list[tuple]) -> None:
    cluster = Cluster()
    cluster.controller().run()
    for seconds, dies_at, stands_still in passes:
        cluster.clock.advance(seconds)
        cluster.verify()
        cluster.state.before = interruptions(cluster, dies_at, stands_still)
        with suppress(Died, Retryable):
            cluster.controller().run()
        cluster.state.before = lambda _: None
        cluster.verify()


def interruptions(
    cluster: Cluster, dies_at: int | None, stands_still: tuple[int, list[float]] | None
) -> Callable[[str], None]:
    """What happens at which call of a pass."""
    calls = iter(range(1000))

    def before(_: str) -> None:
        cluster.verify()
        call = next(calls)
        if call == dies_at:
            raise Died
        if stands_still is not None and call == stands_still[0]:
            mine = cluster.state.before
            cluster.state.before = lambda _: cluster.verify()
            for seconds in stands_still[1]:
                cluster.clock.advance(seconds)
                cluster.controller().run()
                cluster.verify()
            cluster.state.before = mine

    return before


DAMAGES = st.sampled_from(
    ["wipe one", "wipe both", "foreign bundle", "delete secret", "delete authority", "delete all", "spoil", "reinstall"]
)


@given(st.lists(st.tuples(st.floats(1, 400), st.one_of(st.none(), DAMAGES)), min_size=3, max_size=40))
@settings(max_examples=30, deadline=None)
def test_whatever_somebody_damages_one_pass_makes_trusted_again(events: list[tuple[float, str | None]]) -> None:
    cluster = Cluster()
    cluster.controller().run()
    for seconds, damage in events:
        cluster.clock.advance(seconds)
        if damage is not None:
            cluster.look()
            DAMAGE[damage](cluster.state)
        cluster.controller().run()
        cluster.verify()


def _wipe(state: MemoryCertificates) -> None:
    state.register("one", "", "")


def _foreign(state: MemoryCertificates) -> None:
    state.register("two", "not a certificate\n")


def _delete(*names: str) -> Callable[[MemoryCertificates], None]:
    def delete(state: MemoryCertificates) -> None:
        for name in names:
            state.secrets.pop(name, None)

    return delete


def _spoil(state: MemoryCertificates) -> None:
    secret = state.secrets[OPTIONS.ca_secret]
    state.secrets[OPTIONS.ca_secret] = replace(secret, data={**secret.data, "tls.key": b"?"})


DAMAGE: dict[str, Callable[[MemoryCertificates], object]] = {
    "wipe one": _wipe,
    "wipe both": lambda state: [state.register(name, "") for name in OPTIONS.configurations],
    "foreign bundle": _foreign,
    "delete secret": _delete(OPTIONS.secret),
    "delete authority": _delete(OPTIONS.ca_secret),
    "delete all": _delete(OPTIONS.secret, OPTIONS.ca_secret),
    "spoil": _spoil,
    "reinstall": lambda state: state.registrations.pop("two", None),
}


def test_a_new_authority_is_known_everywhere_for_the_overlap_before_it_signs() -> None:
    cluster = Cluster()
    known_since: dict[str, float] = {}
    issuers: list[str] = []
    for _ in range(700):
        cluster.controller().run()
        now = cluster.clock.monotonic()
        bundles = [bundle for registration in cluster.state.registrations.values() for bundle in registration.bundles]
        for certificate in (certificate for bundle in bundles for certificate in cluster.signer.certificates(bundle)):
            known_since.setdefault(name_of(certificate), now)
        issuer = name_of(cluster.signer.certificates(cluster.state.secrets[OPTIONS.secret].data["ca.crt"].decode())[0])
        if issuer not in issuers:
            assert not issuers or now - known_since[issuer] >= OVERLAP
            issuers.append(issuer)
        assert all(len(cluster.signer.certificates(bundle)) <= 2 for bundle in bundles)
        cluster.clock.advance(31)
    assert len(issuers) == 4, "one authority after another, each for two thirds of its life"


@pytest.mark.parametrize("call", range(6))
@pytest.mark.parametrize("passes", [2, 90])
def test_a_controller_that_slept_through_a_rotation_undoes_nothing(call: int, passes: int) -> None:
    for begins in (0, 2100, *range(5940, 6240, 60)):  # the first rotation is in the last of these
        cluster = Cluster()
        for _ in range(0, begins, 30):
            cluster.controller().run()
            cluster.clock.advance(30)
        cluster.state.before = interruptions(cluster, None, (call, [95.0] * passes))
        cluster.controller().run()
        cluster.verify()
