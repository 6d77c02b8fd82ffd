"""The steps of a rotation, one by one; tests/property has what they are for."""

from __future__ import annotations

import datetime as dt
import logging

import pytest

from tests.doubles.signer import FakeSigner, name_of
from tests.fakes import NOON, FakeClock
from tests.memory.cluster import MemoryCertificates, MemoryRegistrations, MemorySecrets
from webhook.engines.controlling.certificates import CertificateDuty, CertificateParts
from webhook.engines.controlling.options import CertificateOptions
from webhook.engines.controlling.rotation import renew_at
from webhook.errors import ConfigError, Retryable

OPTIONS = CertificateOptions(manage=True)
HOUR, DAY = 3600.0, 86400.0


class World:
    """A cluster with one configuration, and a controller that works on it."""

    def __init__(self, clock: FakeClock, options: CertificateOptions = OPTIONS, namespace: str = "bomgate") -> None:
        self.clock, self.state, self.signer = clock, MemoryCertificates(), FakeSigner()
        self.authority_until: list[dt.datetime] = []
        self.state.register("bomgate", "")
        self.duty = self.controller(options, namespace)

    def controller(self, options: CertificateOptions = OPTIONS, namespace: str = "bomgate") -> CertificateDuty:
        parts = CertificateParts(self.signer, MemorySecrets(self.state), MemoryRegistrations(self.state))
        return CertificateDuty(parts, namespace, options, self.clock, self.authority_until.append)

    def after(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.duty.run()

    def pass_two_thirds_of_a_year(self) -> None:
        for _ in range(4):
            self.after(61 * DAY)

    def entry(self, secret: str, key: str) -> list[str]:
        content = self.state.secrets[secret].data.get(key, b"").decode()
        return [name_of(certificate) for certificate in self.signer.certificates(content)]

    @property
    def leaf(self) -> str:
        return self.entry("bomgate-webhook-tls", "tls.crt")[0]

    @property
    def issuer(self) -> str:
        return self.entry("bomgate-webhook-tls", "ca.crt")[0]

    @property
    def bundle(self) -> list[str]:
        (bundle,) = self.state.registrations["bomgate"].bundles
        return [name_of(certificate) for certificate in self.signer.certificates(bundle)]


@pytest.fixture
def world(clock: FakeClock) -> World:
    made = World(clock)
    made.duty.run()
    return made


def test_a_first_pass_does_everything(world: World) -> None:
    assert world.bundle == [world.issuer] == world.entry("bomgate-ca", "tls.crt")
    (leaf,) = world.signer.certificates(world.state.secrets["bomgate-webhook-tls"].data["tls.crt"].decode())
    assert leaf.names == {
        "bomgate-webhook.bomgate",
        "bomgate-webhook.bomgate.svc",
        "bomgate-webhook.bomgate.svc.cluster.local",
    }
    assert leaf.not_after == NOON + dt.timedelta(days=90)
    assert world.authority_until == [NOON + dt.timedelta(days=365)]


def test_a_pass_with_nothing_to_do_writes_nothing(world: World) -> None:
    before = dict(world.state.secrets), dict(world.state.registrations)
    world.after(60)
    assert before == (world.state.secrets, world.state.registrations)


def test_a_leaf_is_renewed_when_a_third_of_its_life_is_left(world: World) -> None:
    first = world.leaf
    world.after(60 * DAY - HOUR)
    assert world.leaf == first
    world.after(2 * HOUR)
    assert world.leaf != first
    assert world.bundle == [world.issuer], "the authority stays"


def test_an_authority_is_replaced_in_three_passes_an_overlap_apart(world: World) -> None:
    old = world.issuer
    world.pass_two_thirds_of_a_year()
    new = world.entry("bomgate-ca", "tls.crt")[0]
    assert (world.issuer, world.bundle) == (old, [new, old]), "known before it signs"
    world.after(HOUR - 60)
    assert world.issuer == old
    world.after(60)
    assert (world.issuer, world.bundle) == (new, [new, old]), "signs, and the old one stays trusted"
    world.after(HOUR - 60)
    assert world.bundle == [new, old]
    world.after(120)
    assert world.bundle == [new]


def test_an_authority_that_somebody_took_out_of_the_bundle_waits_anew(world: World) -> None:
    old = world.issuer
    world.pass_two_thirds_of_a_year()
    (registration,) = world.state.registrations.values()
    only_old = next(
        certificate for certificate in world.signer.certificates(registration.bundles[0]) if name_of(certificate) == old
    ).pem
    world.clock.advance(HOUR - 60)
    world.state.register("bomgate", only_old)
    world.duty.run()
    world.after(120)
    assert (world.issuer, len(world.bundle)) == (old, 2)
    world.after(HOUR)
    assert world.issuer != old


def test_a_wiped_bundle_is_written_again(world: World) -> None:
    world.state.register("bomgate", "")
    world.after(world.duty.interval_seconds)
    assert world.bundle == [world.issuer]
    assert world.duty.interval_seconds <= 60 / 1.1, "with the jitter, within a minute"


def test_another_service_gets_a_certificate_of_its_name(world: World) -> None:
    world.controller(CertificateOptions(service="other")).run()
    (leaf,) = world.signer.certificates(world.state.secrets["bomgate-webhook-tls"].data["tls.crt"].decode())
    assert "other.bomgate.svc" in leaf.names


def test_a_certificate_of_an_unknown_authority_stays_trusted_until_it_is_replaced(world: World) -> None:
    served = world.issuer
    del world.state.secrets["bomgate-ca"]
    world.after(60)
    assert world.bundle[1:] == [served]
    assert world.issuer == served
    world.after(HOUR)
    assert world.issuer != served


def test_certificates_in_a_bundle_are_trusted_when_both_secrets_are_lost(world: World) -> None:
    served = world.issuer
    world.state.secrets.clear()
    world.after(60)
    assert served in world.bundle, "Pods serve what they have mounted"
    world.after(HOUR)
    world.after(HOUR)
    assert world.bundle == [world.issuer]


def test_a_mark_that_is_no_moment_counts_as_none(world: World) -> None:
    record = world.state.secrets["bomgate-ca"]
    world.state.write("bomgate-ca", type(record)(record.data, {"bomgate.dev/published-at": "soon"}, record.version))
    world.after(60)
    assert world.state.secrets["bomgate-ca"].annotations["bomgate.dev/published-at"] != "soon"


def test_somebody_who_is_faster_is_no_failure(clock: FakeClock, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "bomgate")
    world = World(clock)

    def be_faster(operation: str) -> None:
        if operation.startswith("write bomgate-ca"):
            world.state.before = lambda _: None
            world.controller().run()

    world.state.before = be_faster
    world.duty.run()
    assert world.bundle == [world.issuer]
    assert "somebody else was faster" in caplog.text


def test_somebody_who_always_changes_it_back_is_named(world: World) -> None:
    def change_back(operation: str) -> None:
        if operation == "read registrations":
            world.state.register("bomgate", "mine")

    world.state.before = change_back
    with pytest.raises(Retryable, match="keep changing"):
        world.duty.run()


def test_without_a_configuration_certificates_are_made_all_the_same(clock: FakeClock) -> None:
    world = World(clock)
    world.state.registrations.clear()
    world.duty.run()
    assert world.issuer == world.entry("bomgate-ca", "tls.crt")[0]


def test_no_key_gets_into_the_log(clock: FakeClock, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "bomgate")
    world = World(clock)
    world.duty.run()
    keys = [record.data["tls.key"].decode() for record in world.state.secrets.values()]
    for record in caplog.records:
        assert not any(key in str(record.__dict__) for key in keys)


def test_a_leaf_ends_with_its_authority(clock: FakeClock) -> None:
    world = World(clock, CertificateOptions(leaf_days=365, authority_days=30))
    world.duty.run()
    (leaf,) = world.signer.certificates(world.state.secrets["bomgate-webhook-tls"].data["tls.crt"].decode())
    assert leaf.not_after == NOON + dt.timedelta(days=30)
    assert renew_at(leaf) == NOON + dt.timedelta(days=20)


@pytest.mark.parametrize(
    ("options", "name"),
    [
        (CertificateOptions(overlap_seconds=0), "overlapSeconds"),
        (CertificateOptions(leaf_days=0.2), "leafDays"),
        (CertificateOptions(authority_days=0.3), "authorityDays"),
    ],
)
def test_lives_that_leave_no_room_for_the_overlap_are_refused(options: CertificateOptions, name: str) -> None:
    with pytest.raises(ConfigError, match=name):
        options.check()


def test_the_defaults_are_fine() -> None:
    OPTIONS.check()
