"""Break-glass: a ticket makes one grant, for who sets it; what is left of it, or was copied, lets nothing in."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from kubernetes import client

from tests.copies import replace
from tests.doubles.kubeobjects import ObjectServer
from tests.fakes import NOON, FakeClock
from tests.unit.engines.clusters import BAD, CHAIN, GOOD, RISKY, Town, of_controller, request, workload
from tests.worlds import LOG4J, digest_of
from webhook.clients.kube.api import KubeApi
from webhook.clients.kube.connection import server_of
from webhook.clients.kube.grants import KubeGrants
from webhook.clients.kube.options import KubeOptions
from webhook.errors import ConfigError, Final
from webhook.model.deadlines import Deadline
from webhook.model.grants import BreakGlassGrant, GrantedWorkload, SetTicket
from webhook.model.images import parse_image
from webhook.model.owners import LiveObject
from webhook.model.policies import Policy
from webhook.model.reviews import AdmissionResponse
from webhook.model.workloads import OwnerRef, Workload
from webhook.settings import load_settings

HOUR = dt.timedelta(hours=1)
ARGO = "system:serviceaccount:argocd:deployer"
WORSE = "shop/worse:1"


@pytest.fixture
def town() -> Town:
    """A cluster in which ben and a deploying ServiceAccount may use break-glass."""
    made = Town(Policy(break_glass_life=8 * HOUR))
    made.world.image(WORSE, LOG4J)
    made.access.allowed |= {(user, "breakglass", "shop") for user in ("ben", ARGO)}
    return made


def web(*images: str, ticket: str | None = None, **changes: str) -> Workload:
    return replace(workload(*images, kind="Deployment", ticket=ticket), **changes)


def refused(answer: AdmissionResponse, why: str) -> bool:
    return not answer.allowed and answer.break_glass == "refused" and why in answer.message.splitlines()[-1]


# -- an update ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("user", ["ben", ARGO])
@pytest.mark.parametrize("now", ["INC-1", " INC-1", "INC-1 "])
def test_a_ticket_that_the_object_had_before_lets_no_update_in(user: str, now: str) -> None:
    town = Town(Policy(break_glass_accounts=frozenset({ARGO})))
    town.access.allowed.add((user, "breakglass", "shop"))
    answer = town.review(request(web(BAD, ticket=now), web(GOOD, ticket="INC-1"), user=user))
    assert refused(answer, "the object already had the ticket")
    assert (town.grants.kept, town.access.asked) == ([], [])


def test_a_ticket_that_was_prepared_by_somebody_else_counts_for_nobody(town: Town) -> None:
    prepared = town.review(request(web(GOOD, ticket="INC-1"), web(GOOD), user="dora"))
    assert prepared.allowed
    assert refused(town.review(request(web(BAD, ticket="INC-1"), web(GOOD, ticket="INC-1"))), "had the ticket")
    assert town.review(request(web(BAD, ticket="INC-2"), web(GOOD, ticket="INC-1"))).reason == "break-glass"


def test_a_further_image_needs_a_further_ticket(town: Town) -> None:
    assert town.review(request(web(BAD, ticket="INC-1"))).reason == "break-glass"
    answer = town.review(request(web(BAD, WORSE, ticket="INC-1"), web(BAD, ticket="INC-1")))
    assert refused(answer, "had the ticket")
    answer = town.review(request(web(BAD, WORSE, ticket="INC-2"), web(BAD, ticket="INC-1")))
    assert answer.reason == "break-glass"
    assert [grant.ticket for grant in town.grants.kept] == ["INC-1", "INC-2"]


def test_a_ticket_that_was_taken_off_and_put_back_renews_nothing(town: Town) -> None:
    assert town.review(request(web(BAD, ticket="INC-1"))).reason == "break-glass"
    town.review(request(web(BAD, ticket="INC-2"), web(BAD, ticket="INC-1")))
    first = town.grants.kept[0]
    town.world.clock.advance(7 * 3600)
    town.review(request(web(BAD, ticket="INC-1"), web(BAD, ticket="INC-2")))
    town.world.clock.advance(2 * 3600)
    late = town.review(request(web(BAD, ticket="INC-1"), web(BAD)))
    assert late.break_glass == "refused"
    assert "was used for Deployment web" in late.warnings[0]
    assert [grant.ticket for grant in town.grants.kept] == ["INC-1", "INC-2"]
    assert town.grants.kept[0] == first


def test_when_the_api_server_asks_again_about_the_same_change_it_gets_the_same_grant(town: Town) -> None:
    new, old = web(BAD, ticket="INC-1"), web(GOOD)
    for _ in range(3):
        assert town.review(request(new, old)).reason == "break-glass"
    assert len(town.grants.kept) == 1
    town.world.clock.advance(8 * 3600)
    assert refused(town.review(request(new, old)), "was used for Deployment web on 2026-03-01 12:00 UTC")


# -- a creation -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "other",
    [
        web(BAD, ticket="INC-1", uid="u-2", name="other"),
        web(BAD, ticket="INC-1", uid="u-2"),
        web(BAD, ticket=" INC-1 ", uid="u-2", kind="StatefulSet"),
        replace(workload(BAD, ticket="INC-1"), uid="u-2"),
    ],
)
def test_a_ticket_that_was_used_in_the_namespace_lets_no_further_object_in(town: Town, other: Workload) -> None:
    assert town.review(request(web(BAD, ticket="INC-1"))).reason == "break-glass"
    for dry_run in (True, False):
        assert refused(town.review(request(other, dry_run=dry_run)), "the ticket INC-1 was used for Deployment web")
    assert len(town.grants.kept) == 1


def test_a_ticket_is_remembered_longer_than_its_object(town: Town) -> None:
    of = GrantedWorkload("apps/v1", "Deployment", "web", "u-long-gone")
    ended = BreakGlassGrant("shop", "INC-1", "ben", of, (BAD,), NOON - 900 * HOUR, NOON - 892 * HOUR, confirmed=True)
    town.grants.kept.append(ended)
    assert refused(town.review(request(web(BAD, ticket="INC-1"))), "was used for Deployment web")
    town.grants.kept[0] = replace(ended, namespace="bank")
    assert town.review(request(web(BAD, ticket="INC-1"))).reason == "break-glass"


def test_of_two_creations_at_once_one_gets_the_grant() -> None:
    town = Town(Policy())
    town.access.allowed.add(("ben", "breakglass", "shop"))
    first = town.grants.of_ticket
    asked: list[str] = []

    def slow(ticket: str, namespace: str, deadline: Deadline) -> BreakGlassGrant | None:
        asked.append(ticket)
        if len(asked) == 1:  # the other one comes between this question and the creation
            assert town.review(request(web(BAD, ticket="INC-1", uid="u-2", name="other"))).allowed
            return None
        return first(ticket, namespace, deadline)

    town.grants.of_ticket = slow
    assert refused(town.review(request(web(BAD, ticket="INC-1"))), "was used for Deployment other")
    assert [grant.workload.name for grant in town.grants.kept] == ["other"]


def test_the_api_server_lets_one_of_many_creations_of_a_grant_win() -> None:
    with ObjectServer() as server:
        server.collections.add("/apis/bomgate.dev/v1alpha1/breakglassgrants")
        clock = FakeClock()
        api = KubeApi(server_of(client.Configuration(host=server.url)), KubeOptions(), clock)
        grants, soon = KubeGrants(api, clock), Deadline(clock.monotonic() + 30)

        def add(number: int) -> bool:
            of = GrantedWorkload("apps/v1", "Deployment", f"web-{number}", f"u-{number}")
            return grants.add(BreakGlassGrant("shop", "INC-1", "ben", of, (BAD,), NOON, NOON + HOUR), soon) is not None

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(add, range(16))) == 1
        assert len(grants.everything(soon)) == 1
        api.close()


# -- who ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dry_run", [False, True])
def test_an_object_with_a_controller_never_makes_a_grant(town: Town, dry_run: bool) -> None:
    for user in ("ben", ARGO, "system:admin"):
        town.access.allowed.add((user, "breakglass", "shop"))
        for kind in ("Pod", "ReplicaSet"):
            asked = replace(
                of_controller(BAD, ticket="INC-1", kind=kind), requester=request(web(BAD), user=user).requester
            )
            answer = town.review(replace(asked, dry_run=dry_run))
            assert not answer.allowed
            forged = replace(workload(BAD, ticket="INC-1"), controller=replace(asked.workload.controller, uid="none"))
            assert not town.review(request(forged, user=user)).allowed
    assert (town.grants.kept, town.access.asked) == ([], [])


def test_a_service_account_counts_only_where_it_is_listed(town: Town) -> None:
    answer = town.review(request(web(BAD, ticket="INC-1"), user=ARGO))
    assert refused(answer, f"{ARGO} is a ServiceAccount that is not listed in policy.breakGlass.accounts")
    assert town.access.asked == []
    listed = Town(Policy(break_glass_accounts=frozenset({ARGO})))
    answer = listed.review(request(web(BAD, ticket="INC-1"), user=ARGO))
    assert refused(answer, "may not use breakglass.bomgate.dev"), "the list does not give the right"
    listed.access.allowed.add((ARGO, "breakglass", "shop"))
    assert listed.review(request(web(BAD, ticket="INC-1"), user=ARGO)).reason == "break-glass"
    other = ARGO.replace("deployer", "other")
    listed.access.allowed.add((other, "breakglass", "shop"))
    assert not listed.review(request(web(RISKY, BAD, ticket="INC-2"), user=other)).allowed


@pytest.mark.parametrize(
    ("text", "on", "accounts"),
    [
        ("true", True, set()),
        ("false", False, set()),
        ("{}", True, set()),
        ("{accounts: []}", True, set()),
        ("{accounts: [argocd/deployer]}", True, {ARGO}),
        (f"{{accounts: ['{ARGO}', 'ci/bot.v2']}}", True, {ARGO, "system:serviceaccount:ci:bot.v2"}),
    ],
)
def test_the_setting_lists_accounts_and_is_still_a_switch(
    tmp_path: Path, text: str, on: bool, accounts: set[str]
) -> None:
    file = tmp_path / "bomgate.yaml"
    file.write_text(f"policy: {{breakGlass: {text}}}", encoding="utf-8")
    policy = load_settings(file, environment={"HOME": str(tmp_path)}).policy
    assert (policy.break_glass, policy.break_glass_accounts) == (on, accounts)


@pytest.mark.parametrize(("value", "on"), [("false", False), ("true", True)])
def test_the_switch_can_be_set_by_the_environment(tmp_path: Path, value: str, on: bool) -> None:
    environment = {"HOME": str(tmp_path), "BOMGATE_POLICY_BREAK_GLASS": value}
    assert load_settings(None, environment=environment).policy.break_glass is on


@pytest.mark.parametrize("account", ["*", "argocd/*", "argocd", "", "system:serviceaccounts", "a/b/c", "Argo/x"])
def test_no_group_and_no_pattern_can_be_listed(tmp_path: Path, account: str) -> None:
    file = tmp_path / "bomgate.yaml"
    file.write_text(f"policy: {{breakGlass: {{accounts: ['{account}']}}}}", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"policy\.breakGlass\.accounts"):
        load_settings(file, environment={"HOME": str(tmp_path)})


def test_what_was_let_in_is_let_in_for_its_controllers_as_before(town: Town) -> None:
    assert town.review(request(replace(web(BAD, ticket="INC-1"), uid="d-1"))).reason == "break-glass"
    assert town.review(of_controller(BAD, ticket="INC-1")).reason == "break-glass"
    spelled = f"docker.io:443/{BAD}@{digest_of(BAD)}"
    assert town.review(of_controller(spelled)).reason == "break-glass"
    assert not town.review(of_controller(WORSE, ticket="INC-1")).allowed


# -- a review that the API server did not send, or whose change another webhook denied -------------------------------


def settled(town: Town) -> None:
    """Let all looks for what came about pass."""
    for seconds in (1, 4, 15, 65):
        town.look(seconds)


def web_d1(*images: str, ticket: str | None = None) -> Workload:
    return web(*images, ticket=ticket, uid="d-1")


def test_a_grant_that_somebody_had_made_in_the_name_of_another_lets_nothing_in(town: Town) -> None:
    """Anybody who reaches the port can name the user; only the API server can say what an object has."""
    town.keep(web_d1(BAD))
    for new, old in ((web_d1(BAD, ticket="INC-9"), web_d1(GOOD)), (web_d1(BAD, ticket="INC-9"), None)):
        assert town.forged(request(new, old)).reason == "break-glass", "the caller is told so; nothing follows from it"
        settled(town)
        for asked in (of_controller(BAD), of_controller(BAD, kind="ReplicaSet"), of_controller(BAD, ticket="INC-9")):
            answer = town.review(asked)
            assert not answer.allowed
            assert "nobody gave Deployment web this ticket" in answer.message
        assert [grant.confirmed for grant in town.grants.kept] == [False]


def test_a_ticket_that_was_set_long_before_or_after_a_grant_was_made_proves_nothing(town: Town) -> None:
    """So a ticket that somebody with the right set when nothing was denied is none for whoever comes later."""
    replica_set, deployment = CHAIN
    for at in (NOON - HOUR, NOON - dt.timedelta(seconds=91), NOON + dt.timedelta(seconds=91), None):
        town.inventory.chains["rs-1"] = (replica_set, replace(deployment, ticket=SetTicket("INC-9", at)))
        town.grants.kept.clear()
        assert town.forged(request(web_d1(BAD, ticket="INC-9"), web_d1(GOOD))).reason == "break-glass"
        assert not town.review(of_controller(BAD)).allowed, at
        town.world.clock.advance(10)
        town.world.clock.advance(-10)


def test_a_tag_that_was_moved_later_is_not_covered(town: Town) -> None:
    tagged = Town(
        Policy(),
    )
    tagged.access.allowed.add(("ben", "breakglass", "shop"))
    assert tagged.review(request(web_d1(BAD, ticket="INC-1"))).reason == "break-glass"
    assert tagged.grants.kept[0].images == (f"{BAD}@{digest_of(BAD)}",)
    moved = f"{BAD}@{digest_of(WORSE)}"
    tagged.world.image(WORSE, LOG4J)
    tagged.world.refresher.refresh()
    assert tagged.review(of_controller(BAD)).reason == "break-glass"
    assert not tagged.review(of_controller(moved)).allowed
    tagged.world.store.sboms.point(parse_image(BAD), digest_of(WORSE))
    tagged.world.refresher.refresh()
    assert not tagged.review(of_controller(BAD)).allowed


@pytest.mark.parametrize("since", [None, NOON + HOUR])
def test_where_nobody_guards_tickets_only_objects_that_name_digests_pass_a_grant_on(
    town: Town, since: dt.datetime | None
) -> None:
    town.guard.moment = since
    assert town.review(request(web_d1(BAD, ticket="INC-1"))).reason == "break-glass"
    answer = town.review(of_controller(BAD))
    assert not answer.allowed
    assert "names the image by a tag, and the API server has no policy that guards tickets" in answer.message
    replica_set, deployment = town.inventory.chains["rs-1"]
    pinned = frozenset({f"{BAD}@{digest_of(BAD)}"})
    town.inventory.chains["rs-1"] = (replica_set, replace(deployment, references=pinned))
    town.world.clock.advance(10)
    assert town.review(of_controller(f"{BAD}@{digest_of(BAD)}")).reason == "break-glass"


def test_what_cannot_be_asked_or_written_down_lets_nothing_in(town: Town) -> None:
    refusal = Final("bomgate may not")
    assert town.forged(request(web_d1(BAD, ticket="INC-1"))).reason == "break-glass"
    town.keep(web_d1(BAD, ticket="INC-1"))
    town.guard.error = refusal
    assert not town.review(of_controller(BAD)).allowed
    town.guard.error = None
    confirm = town.grants.confirm

    def refuse(grant: BreakGlassGrant, deadline: Deadline) -> None:
        raise refusal

    town.grants.confirm = refuse
    assert not town.review(of_controller(BAD)).allowed, "the ticket may be taken off later, and nobody would know"
    town.grants.confirm = confirm
    assert town.review(of_controller(BAD)).reason == "break-glass"
    assert town.grants.kept[0].confirmed


@pytest.mark.parametrize("seconds", [0, 30, 3600])
@pytest.mark.parametrize("forged", [web(WORSE, ticket="INC-1", uid="none", name="other"), web(BAD, ticket="INC-1")])
def test_a_ticket_that_a_forged_review_used_up_is_free(town: Town, forged: Workload, seconds: int) -> None:
    assert town.forged(request(forged)).reason == "break-glass"
    town.look()
    town.world.clock.advance(seconds)
    assert town.review(request(web_d1(BAD, ticket="INC-1"), web_d1(GOOD))).reason == "break-glass"
    (grant,) = town.grants.kept
    assert (grant.workload.uid, grant.confirmed) == ("d-1", True)
    assert town.review(of_controller(BAD)).reason == "break-glass"
    assert refused(town.forged(request(forged)), "was used for Deployment web"), "now it has been used"


def test_a_ticket_of_a_change_that_another_webhook_denied_is_free(town: Town) -> None:
    for _ in range(3):
        assert town.forged(request(web_d1(BAD, ticket="INC-1"), web_d1(GOOD))).reason == "break-glass"
        town.world.clock.advance(120)
    assert town.review(request(web_d1(BAD, ticket="INC-1"), web_d1(GOOD))).reason == "break-glass"
    assert town.review(of_controller(BAD)).reason == "break-glass", "the grant is of the time of the change"


def test_a_change_under_way_is_waited_for(town: Town) -> None:
    assert town.forged(request(web_d1(BAD, ticket="INC-1"))).reason == "break-glass"
    asked: list[OwnerRef] = []
    read = town.live.read

    def slow(of: OwnerRef, namespace: str, deadline: Deadline) -> LiveObject | None:
        asked.append(of)
        if len(asked) == 3:
            town.keep(web_d1(BAD, ticket="INC-1"))
        return read(of, namespace, deadline)

    town.live.read = slow
    other = web(BAD, ticket="INC-1", uid="u-2", name="other")
    assert refused(town.forged(request(other)), "was used for Deployment web")
    assert [grant.workload.uid for grant in town.grants.kept] == ["d-1"]


def test_where_there_is_no_time_to_wait_the_ticket_does_not_count(town: Town) -> None:
    town.forged(request(web(BAD, ticket="INC-1", uid="none", name="other")))
    answer = town.world.reviewer.review(request(web(BAD, ticket="INC-1")), Deadline(town.world.clock.monotonic() + 2))
    assert refused(answer, "is being used for another object; try again in a minute")


def test_a_grant_for_a_kind_that_cannot_be_read_uses_its_ticket_up(town: Town) -> None:
    town.live.unreadable = frozenset({"Rollout"})
    assert town.forged(request(web(BAD, ticket="INC-1", uid="r-1", kind="Rollout"))).reason == "break-glass"
    town.world.clock.advance(3600)
    assert refused(town.review(request(web(BAD, ticket="INC-1"))), "was used for Rollout web")


def test_a_forged_grant_keeps_nothing_from_counting_as_admitted(town: Town) -> None:
    town.keep(web_d1(BAD))
    town.runs(BAD, created=NOON + HOUR)
    assert town.forged(request(web_d1(BAD, ticket="INC-9"), web_d1(GOOD))).reason == "break-glass"
    settled(town)
    assert town.review(of_controller(BAD)).reason == "admitted"


def test_what_came_by_break_glass_is_not_admitted_when_its_ticket_is_taken_off(town: Town) -> None:
    assert town.forged(request(web_d1(BAD, ticket="INC-1"))).reason == "break-glass"
    town.keep(web_d1(BAD, ticket="INC-1"))
    assert town.review(of_controller(BAD)).reason == "break-glass"
    town.runs(BAD, created=NOON + dt.timedelta(minutes=1))
    town.keep(web_d1(BAD))
    town.world.clock.advance(9 * 3600)
    answer = town.review(of_controller(BAD))
    assert not answer.allowed
    assert answer.break_glass == "expired"


def test_a_grant_counts_for_what_its_own_object_names_now(town: Town) -> None:
    assert town.review(request(web_d1(BAD, ticket="INC-1"))).reason == "break-glass"
    replica_set, deployment = town.inventory.chains["rs-1"]
    for named, lets_in in (({BAD}, True), ({f"docker.io/{BAD}"}, True), ({GOOD}, False), (set(), False)):
        town.inventory.chains["rs-1"] = (replica_set, replace(deployment, references=frozenset(named)))
        assert town.review(of_controller(BAD)).allowed is lets_in, named
        town.world.clock.advance(10)  # past what answers are kept for
