from __future__ import annotations

import datetime as dt

import pytest

from tests.copies import replace
from tests.vexdocuments import ADDED, COMPONENT, DIGEST, IMAGE, OTHER_DIGEST, kept, statement
from webhook.model.actions import Action
from webhook.model.assessments import Assessment, AssessmentSource, AssessmentType, Scope
from webhook.model.changes import VulnerableComponent
from webhook.model.images import Digest, parse_image
from webhook.model.policies import Policy
from webhook.model.purls import parse_purl
from webhook.model.vex import KeptVex, VexOrigin, VexOriginKind, VexProduct, VexStanding, VexStatement, VexStatus
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.evaluation import Rules
from webhook.policy.imagenames import parse_pattern
from webhook.policy.judge import Judge
from webhook.policy.matching import AssessmentIndex
from webhook.policy.precedence import Place
from webhook.policy.typetable import TypeTable
from webhook.policy.vex import VexIndex
from webhook.policy.vexexplaining import explain_vex
from webhook.policy.vexmatching import Miss
from webhook.policy.vextrust import NO_TRUST, TrustedVex, VexTrust

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
PURL = parse_purl(COMPONENT)
FOUND = Vulnerability("CVE-2026-1", aliases=("GHSA-aaaa",))
PLACE = Place(parse_image("registry.corp/shop/orders:1"), Digest(DIGEST), "shop")
RULES = Rules(TypeTable((AssessmentType("Blocked", Action.DENY), AssessmentType("Ignore", Action.ALLOW))), Policy())
SOURCE = VexOrigin(VexOriginKind.SOURCE, "hub")
HERE, COPY = "registry.corp/shop/orders", "registry.corp/others/copy"
SIGNED = VexOrigin(VexOriginKind.ATTESTATION, "4f", "", DIGEST, DIGEST, (), HERE)
SIGNER = TrustedVex(VexOriginKind.ATTESTATION, "4f")
AFFECTED, NOT_AFFECTED, FIXED = VexStatus.AFFECTED, VexStatus.NOT_AFFECTED, VexStatus.FIXED


def index(*documents: KeptVex, trust: VexTrust = NO_TRUST, records: tuple[Assessment, ...] = ()) -> AssessmentIndex:
    return AssessmentIndex.of(records).with_vex(VexIndex(trust, documents))


def assessed(source: AssessmentSource = AssessmentSource.AUTO, kind: str = "Blocked", until=None) -> Assessment:
    return Assessment("CVE-2026-1", kind, Scope("pkg:npm/left-pad"), source, "alice", "", NOW, until)


def loosened(there: AssessmentIndex, place: Place = PLACE, purl=PURL, found=FOUND, now=NOW) -> bool:
    finding = Judge(RULES, there, now, place).finding(purl, found)
    is_vex = finding.assessment is not None and finding.assessment.source is AssessmentSource.VEX
    assert not is_vex or finding.action is Action.ALLOW
    return is_vex


def miss(there: AssessmentIndex, place: Place = PLACE, purl=PURL, found=FOUND) -> Miss | None:
    (explained, *_) = explain_vex(there, (VulnerableComponent(purl, (found,)),), place, NOW)
    assert bool(explained.loosened) == (explained.miss is None) == loosened(there, place, purl, found)
    assert explained.loosened or explained.detail
    return explained.miss


def about(*components: str, names=(IMAGE,), digests=(DIGEST,), versions=()) -> VexStatement:
    return statement(products=(VexProduct(names, digests, components, versions),))


def test_a_statement_that_names_image_and_component_makes_a_finding_that_is_allowed_and_says_whose_word_it_is():
    finding = Judge(RULES, index(kept(statement()), records=(assessed(),)), NOW, PLACE).finding(PURL, FOUND)
    assert finding.action is Action.ALLOW
    assert finding.assessment.type == "VEX not_affected"
    assert finding.assessment.author == "Supplier"
    assert finding.assessment.rule == "OpenVEX doc version 1, statement #1"
    assert not finding.assessment.by_hand


@pytest.mark.parametrize("source", [AssessmentSource.MANUAL, AssessmentSource.PROVISIONED])
def test_what_people_decided_counts_more(source):
    there = index(kept(statement()), records=(assessed(source),))
    assert not loosened(there)
    assert miss(there) is Miss.DECIDED


def test_it_counts_again_when_what_people_decided_has_expired():
    over = NOW - dt.timedelta(days=1)
    assert loosened(index(kept(statement()), records=(assessed(AssessmentSource.MANUAL, until=over),)))


def test_an_alias_is_the_same_vulnerability():
    assert loosened(index(kept(statement(vulnerabilities=("ghsa-AAAA",)))))
    assert miss(index(kept(statement(vulnerabilities=("CVE-2026-2",))))) is Miss.VULNERABILITY


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (about(COMPONENT), None),
        (about(), None),  # the whole image
        (about(COMPONENT, names=(), digests=(DIGEST,)), None),
        (about("pkg:npm/left-pad@1.2.4"), Miss.VERSION),
        (about("pkg:npm/left-pad", versions=("1.2.4",)), Miss.VERSION),
        (about("pkg:npm/left-pad", versions=("1.2.3",)), None),
        (about("pkg:npm/right-pad@1.2.3"), Miss.COMPONENT),
        (about("?"), Miss.COMPONENT),
        (about("pkg:npm/left-pad"), Miss.UNVERSIONED_COMPONENT),
        (about(COMPONENT, digests=(OTHER_DIGEST,)), Miss.PRODUCT),
        (about(COMPONENT, names=("pkg:oci/orders?repository_url=registry.corp/shop/orders",), digests=()), 9),
        (about(COMPONENT, names=("pkg:oci/orders?repository_url=registry.corp/shop",), digests=()), 9),
        (about(COMPONENT, names=("pkg:oci/orders?repository_url=elsewhere.example/orders",), digests=()), Miss.PRODUCT),
        (about(COMPONENT, names=("pkg:oci/orders?tag=1",), digests=()), Miss.PRODUCT),
        (about(COMPONENT, names=("orders",), digests=()), Miss.PRODUCT),
        (about(COMPONENT, names=("pkg:npm/shop@1.0",), digests=()), Miss.PACKAGE),
        (about(COMPONENT, names=(), digests=()), Miss.NO_PRODUCT),
        (replace(statement(), flaw="it is odd"), Miss.FLAW),
        (statement(AFFECTED), Miss.STATUS),
        (statement(VexStatus.UNDER_INVESTIGATION), Miss.STATUS),
        (statement(at=NOW + dt.timedelta(hours=1)), Miss.FUTURE),
    ],
)
def test_only_what_is_named_exactly_is_loosened_and_the_nearest_miss_is_told(given, expected):
    assert miss(index(kept(given))) == expected


def test_names_without_a_version_count_on_request():
    trust = VexTrust(unversioned=True)
    repository = "pkg:oci/orders?repository_url=registry.corp/shop/orders"
    assert loosened(index(kept(about("pkg:npm/left-pad")), trust=trust))
    assert loosened(index(kept(about(COMPONENT, names=(repository,), digests=())), trust=trust))
    elsewhere = replace(PLACE, image=parse_image("registry.corp/shop/web:1"))
    assert not loosened(index(kept(about(COMPONENT, names=(repository,), digests=())), trust=trust), elsewhere)


def test_releases_of_a_distribution_are_compared_and_not_their_spelling():
    purl = parse_purl("pkg:deb/debian/curl@7.88.1-10")
    located = type(purl)(f"{purl}?distro=debian-12")
    for stated, expected in (("debian-12.13", None), ("debian-12", None), ("debian-11", Miss.RELEASE), ("x", 8)):
        name = f"pkg:deb/debian/curl@7.88.1-10?arch=amd64&distro={stated}"
        assert miss(index(kept(about(name))), purl=located) == expected, stated


def test_the_newest_statement_wins_and_of_one_time_the_less_favourable():
    earlier, later = NOW - dt.timedelta(days=2), NOW - dt.timedelta(days=1)

    def both(first: VexStatement, second: VexStatement) -> AssessmentIndex:
        return index(kept(first, identifier="a"), kept(second, identifier="b"))

    assert not loosened(both(statement(at=earlier), statement(AFFECTED, later)))
    assert loosened(both(statement(AFFECTED, earlier), statement(FIXED, later)))
    assert not loosened(both(statement(at=later), statement(AFFECTED, later)))
    assert miss(both(statement(at=earlier), statement(AFFECTED, later))) is Miss.NEWER
    ahead = NOW + dt.timedelta(days=1)
    assert not loosened(both(statement(at=later), statement(AFFECTED, ahead)))


def test_a_restricting_statement_counts_also_where_it_only_may_mean_the_component():
    later = NOW - dt.timedelta(days=1)
    vague = statement(AFFECTED, later, (VexProduct((IMAGE,), (DIGEST,), ("pkg:npm/left-pad",)),))
    assert not loosened(index(kept(statement(), identifier="a"), kept(vague, identifier="b")))


LOG4J = "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1"
OPENSSL = "pkg:apk/wolfi/openssl@3.1.4-r0"
LATER = NOW - dt.timedelta(days=1)


@pytest.mark.parametrize(
    ("name", "component", "purl"),
    [
        ("registry.corp/shop/orders:2.3.1", LOG4J, LOG4J),
        ("mirror.example/orders:2.3.1", LOG4J, LOG4J),
        ("orders", LOG4J, LOG4J),
        ("pkg:docker/orders@2.3.1", LOG4J, LOG4J),
        ("pkg:generic/orders@2.3.1", LOG4J, LOG4J),
        (LOG4J, "", LOG4J),
        (IMAGE, "cpe:2.3:a:apache:log4j:2.14.1:*:*:*:*:*:*:*", LOG4J),
        (IMAGE, "?", LOG4J),
        (IMAGE, f"{OPENSSL}?distro=wolfi", OPENSSL),
        (IMAGE, f"{OPENSSL}?distro=odd", OPENSSL),
        (IMAGE, "pkg:deb/debian/curl@7.88.1-10?distro=debian-12", "pkg:deb/debian/curl@7.88.1-10"),
        (IMAGE, "pkg:deb/debian/vim@9.0-1", "pkg:deb/debian/vim@2:9.0-1?distro=debian-12"),
        (IMAGE, "pkg:rpm/redhat/vim@2:9.0-1", "pkg:rpm/redhat/vim@9.0-1"),
        (IMAGE, "pkg:rpm/redhat/vim@9.0-1", "pkg:rpm/redhat/vim@9.0-1?epoch=2"),
    ],
)
def test_doubt_about_the_names_of_a_newer_restricting_statement_restricts(name, component, purl):
    purl = type(PURL)(purl)
    trust = VexTrust((SIGNER,))
    safe = kept(about(names=(), digests=()), origin=SIGNED, identifier="safe")
    digests = (DIGEST,) if name == IMAGE else ()
    product = VexProduct((name,), digests, (component,) if component else ())
    worse = kept(statement(AFFECTED, LATER, (product,)), origin=SIGNED, identifier="worse")
    assert loosened(index(safe, trust=trust), purl=purl)
    assert not loosened(index(safe, worse, trust=trust), purl=purl)


def test_a_restricting_statement_about_another_product_or_component_restricts_nothing():
    trust = VexTrust((SIGNER,))
    for product in (
        VexProduct(("registry.corp/shop/web:2.3.1",)),
        VexProduct((IMAGE.replace("ab", "cd"),), (OTHER_DIGEST,)),
        VexProduct((), (), ("pkg:npm/right-pad@1.2.3",)),
        VexProduct((), (), ("pkg:npm/left-pad@1.2.4",)),
    ):
        worse = kept(statement(AFFECTED, LATER, (product,)), origin=SIGNED, identifier="worse")
        assert loosened(index(kept(statement(), identifier="safe"), worse, trust=trust)), product


def test_a_plain_reference_restricts_its_repository_wherever_the_document_came_from():
    worse = kept(
        statement(
            AFFECTED,
            LATER,
            (
                VexProduct(
                    ("registry.corp/shop/orders:2",),
                ),
            ),
        ),
        identifier="worse",
    )
    there = index(kept(statement(), identifier="safe"), worse)
    assert not loosened(there)
    assert loosened(there, replace(PLACE, image=parse_image("registry.corp/shop/web:1")))
    assert there.has_image_scopes


@pytest.mark.parametrize(
    ("stated", "component", "expected"),
    [
        ("pkg:rpm/redhat/vim@1:2-3", "pkg:rpm/redhat/vim@2-3?epoch=5", Miss.VERSION),
        ("pkg:rpm/redhat/vim@2-3", "pkg:rpm/redhat/vim@2-3?epoch=5", Miss.VERSION),
        ("pkg:rpm/redhat/vim@5:2-3", "pkg:rpm/redhat/vim@2-3?epoch=5", None),
        ("pkg:rpm/redhat/vim@2-3?epoch=5", "pkg:rpm/redhat/vim@2-3?epoch=5", None),
        ("pkg:rpm/redhat/vim@1:2-3?epoch=5", "pkg:rpm/redhat/vim@2-3?epoch=5", Miss.VERSION),
        ("pkg:rpm/redhat/vim@2-3?epoch=0", "pkg:rpm/redhat/vim@2-3", None),
        (f"{OPENSSL}?distro=wolfi", OPENSSL, None),
        (f"{OPENSSL}?distro=wolfi-20230201", OPENSSL, None),
        (f"{OPENSSL}?distro=odd", OPENSSL, Miss.RELEASE),
        ("pkg:deb/debian/curl@7.88.1-10?distro=debian-12", "pkg:deb/debian/curl@7.88.1-10", Miss.RELEASE),
    ],
)
def test_what_loosens_names_the_epoch_and_the_release(stated, component, expected):
    assert miss(index(kept(about(stated))), purl=type(PURL)(component)) == expected


@pytest.mark.parametrize(
    ("name", "is_this"),
    [
        ("pkg:docker/library/nginx@1.20", False),
        ("pkg:docker/library/nginx@1.27", True),
        ("pkg:docker/nginx", True),
        ("pkg:docker/nginx@sha256:abc", False),
        ("pkg:oci/nginx@sha256%3Aabcd?repository_url=docker.io/library/nginx&tag=1.27", False),
        ("pkg:oci/nginx?repository_url=docker.io/library/nginx&tag=1.20", False),
        ("pkg:oci/nginx?repository_url=docker.io/library/nginx&tag=1.27", True),
    ],
)
def test_a_version_or_tag_of_the_product_has_to_be_the_one_of_the_image(name, is_this):
    there = index(kept(about(COMPONENT, names=(name,), digests=())), trust=VexTrust(unversioned=True))
    place = replace(PLACE, image=parse_image("nginx:1.27"))
    assert miss(there, place) == (None if is_this else Miss.PRODUCT)


def test_a_source_counts_only_where_it_is_trusted():
    there = kept(statement(), origin=SOURCE)
    assert miss(index(there)) is Miss.UNTRUSTED
    hub = TrustedVex(VexOriginKind.SOURCE, "hub")
    assert loosened(index(there, trust=VexTrust((hub,))))
    elsewhere = VexTrust((replace(hub, namespaces=("lab",)),))
    assert miss(index(there, trust=elsewhere)) is Miss.NAMESPACE
    assert index(there, trust=elsewhere).namespaces == {"lab"}
    shop = VexTrust((replace(hub, images=(parse_pattern("registry.corp/shop/*"),)),))
    assert loosened(index(there, trust=shop))
    assert not loosened(index(there, trust=shop), replace(PLACE, image=parse_image("registry.corp/lab/orders")))
    assert index(there, trust=shop).has_image_scopes


def test_an_attestation_counts_only_when_a_listed_key_signed_it():
    attached = about(COMPONENT, names=(), digests=())
    assert miss(index(kept(attached, origin=SIGNED))) is Miss.UNTRUSTED
    assert loosened(index(kept(attached, origin=SIGNED), trust=VexTrust((SIGNER,))))
    stranger = replace(SIGNED, name="")
    assert not loosened(index(kept(attached, origin=stranger), trust=VexTrust((SIGNER,))))
    elsewhere = replace(SIGNED, image=OTHER_DIGEST, subject=OTHER_DIGEST)
    assert miss(index(kept(attached, origin=elsewhere), trust=VexTrust((SIGNER,)))) is Miss.PRODUCT
    # An attested statement about another image is about that one, if about anything.
    other = about(COMPONENT, digests=(OTHER_DIGEST,))
    assert miss(index(kept(other, origin=SIGNED), trust=VexTrust((SIGNER,)))) is Miss.PRODUCT


ATTACHED = about(COMPONENT, names=(), digests=())
TRUSTED = VexTrust((SIGNER,))
COPIED = replace(SIGNED, place=COPY)


def attached(given: VexStatement, name: str, origin: VexOrigin = SIGNED, **members) -> KeptVex:
    return kept(given, origin=origin, identifier=name, **members)


def test_what_is_attached_to_a_copy_loosens_under_the_name_of_the_copy_alone():
    there = index(attached(ATTACHED, "a", COPIED), trust=TRUSTED)
    assert there.has_image_scopes
    assert miss(there) is Miss.PLACE
    assert miss(there, replace(PLACE, image=None)) is Miss.PLACE
    assert loosened(there, replace(PLACE, image=parse_image(f"{COPY}:1")))
    private = index(attached(ATTACHED, "a", replace(SIGNED, place=f"{HERE} shop")), trust=TRUSTED)
    assert loosened(private), "with whosever credentials it was found"
    near = index(attached(ATTACHED, "a", replace(SIGNED, place=f"{HERE}-2")), trust=TRUSTED)
    assert miss(near) is Miss.PLACE


def test_what_restricts_does_so_wherever_it_is_attached():
    safe, worse = attached(ATTACHED, "safe"), replace(statement(AFFECTED, LATER, ()), id="#2")
    assert loosened(index(safe, trust=TRUSTED))
    assert not loosened(index(safe, attached(worse, "worse", COPIED), trust=TRUSTED))
    on_copy = replace(PLACE, image=parse_image(f"{COPY}:1"))
    assert not loosened(index(attached(ATTACHED, "safe", COPIED), attached(worse, "w"), trust=TRUSTED), on_copy)


def test_a_newer_version_at_a_copy_switches_off_what_loosens_and_nothing_that_restricts():
    safe, worse = attached(ATTACHED, "safe"), attached(statement(AFFECTED, LATER, ()), "worse", digest="1")
    newer = kept(origin=COPIED, identifier="worse", digest="2", issued=NOW)
    assert not loosened(index(safe, worse, newer, trust=TRUSTED))
    assert loosened(index(safe, worse, replace(newer, origin=SIGNED), trust=TRUSTED))
    emptied = kept(origin=COPIED, identifier="safe", digest="3", issued=NOW)
    assert miss(index(safe, emptied, trust=TRUSTED)) is Miss.STANDING


def test_what_is_gone_from_an_image_goes_on_to_restrict_and_to_replace_older_versions():
    safe, worse = attached(ATTACHED, "safe"), attached(statement(AFFECTED, LATER, ()), "worse", gone_at=NOW)
    there = index(worse, safe, trust=TRUSTED)
    assert not loosened(there)
    explained = explain_vex(there, (VulnerableComponent(PURL, (FOUND,)),), PLACE, NOW)
    assert [each.miss for each in explained] == [Miss.NEWER, Miss.STATUS]
    assert "gone from the image since" in explained[1].detail
    newer = kept(origin=SIGNED, identifier="safe", digest="2", issued=NOW, gone_at=NOW)
    assert miss(index(safe, newer, trust=TRUSTED)) is Miss.STANDING


def test_nothing_that_is_attached_loosens_where_not_all_is_known():
    hidden = attached(ATTACHED, "safe", trouble="registry.corp/shop/orders has 600 attachments")
    assert miss(index(hidden, trust=TRUSTED)) is Miss.INCOMPLETE
    (explained,) = explain_vex(index(hidden, trust=TRUSTED), (VulnerableComponent(PURL, (FOUND,)),), PLACE, NOW)
    assert "600 attachments" in explained.detail
    assert "vex fetch" in explained.remedy
    private = attached(ATTACHED, "safe", replace(SIGNED, place=f"{HERE} shop"))
    assert not loosened(index(hidden, private, trust=TRUSTED)), "other credentials may have looked long ago"
    elsewhere = replace(PLACE, image=parse_image(f"{COPY}:1"))
    assert loosened(index(hidden, attached(ATTACHED, "safe", COPIED), trust=TRUSTED), elsewhere)
    worse = attached(statement(AFFECTED, LATER, ()), "worse", COPIED, trouble="not all")
    assert not loosened(index(attached(ATTACHED, "safe"), worse, trust=TRUSTED))


def test_what_is_said_of_one_platform_counts_when_it_is_said_of_every_one():
    amd, arm = "sha256:" + "01" * 32, "sha256:" + "02" * 32
    attached = about(COMPONENT, names=(), digests=())
    trust = VexTrust((SIGNER,))

    def on(part: str) -> KeptVex:
        return kept(attached, origin=replace(SIGNED, subject=part, parts=(amd, arm)), identifier=part)

    assert miss(index(on(amd), trust=trust)) is Miss.PART
    assert loosened(index(on(amd), on(arm), trust=trust))
    worse = kept(
        statement(AFFECTED, NOW, products=()),
        origin=replace(SIGNED, subject=arm, parts=(amd, arm)),
        identifier="worse",
    )
    assert not loosened(index(on(amd), on(arm), worse, trust=trust))


def test_a_document_that_was_handed_in_for_an_image_may_name_a_package():
    package = about(names=(COMPONENT,), digests=())
    assert miss(index(kept(package))) is Miss.PACKAGE
    for_image = replace(ADDED, image=DIGEST)
    assert loosened(index(kept(package, origin=for_image)))
    assert not loosened(index(kept(about(COMPONENT, names=("pkg:npm/b@1",), digests=()), origin=for_image)))


def test_documents_that_are_not_valid_or_over_do_not_count():
    assert loosened(index(kept(statement(), until=NOW + dt.timedelta(seconds=1))))
    assert miss(index(kept(statement(), until=NOW))) is Miss.EXPIRED
    draft = kept(statement())
    draft = replace(draft, document=replace(draft.document, standing=VexStanding.WITHDRAWN))
    assert miss(index(draft)) is Miss.STANDING
    assert not loosened(index(replace(kept(statement()), is_removed=True)))


def test_a_newer_version_of_a_document_takes_the_place_of_the_older_one():
    older = kept(statement(), digest="1")
    newer = kept(digest="2", issued=NOW)
    assert miss(index(older, newer)) is Miss.STANDING
    assert loosened(index(older, kept(digest="2", identifier="other", issued=NOW)))
    # Several documents of one source may share an id, and are what the source has now.
    hub = VexTrust((TrustedVex(VexOriginKind.SOURCE, "hub"),))
    assert loosened(index(replace(older, origin=SOURCE), replace(newer, origin=SOURCE), trust=hub))


def test_a_draft_or_a_future_version_switches_off_nothing_that_restricts():
    ahead = NOW + dt.timedelta(hours=1)
    safe = kept(statement(), identifier="safe")
    worse = kept(statement(AFFECTED, LATER), identifier="worse", digest="1")
    draft = kept(identifier="worse", digest="2", issued=NOW)
    draft = replace(draft, document=replace(draft.document, standing=VexStanding.DRAFT))
    future = kept(identifier="worse", digest="3", issued=ahead)
    assert loosened(index(safe, worse, kept(identifier="worse", digest="4", issued=NOW)))
    assert not loosened(index(safe, worse, draft))
    assert not loosened(index(safe, worse, future))
    assert loosened(index(safe, worse, future), now=ahead)
    assert Judge(RULES, index(safe, worse, future), NOW, PLACE).finding(PURL, FOUND).changes_at == ahead
    # What loosens makes way to any newer version at once.
    assert not loosened(index(safe, kept(identifier="safe", digest="5", issued=ahead)))


def test_not_affected_by_one_cve_loosens_no_other_that_shares_an_alias():
    both = Vulnerability("GHSA-bbbb", aliases=("CVE-2026-1", "CVE-2026-2"))
    other = Vulnerability("CVE-2026-2", aliases=("CVE-2026-1", "GHSA-bbbb"))
    first = replace(other, id="CVE-2026-1", aliases=("CVE-2026-2", "GHSA-bbbb"))
    there = index(kept(statement()))
    assert loosened(there, found=first)
    assert not loosened(there, found=both)
    assert not loosened(there, found=other)
    assert miss(there, found=other) is Miss.VULNERABILITY
    named = index(kept(statement(vulnerabilities=("CVE-2026-1", "CVE-2026-2"))))
    assert loosened(named, found=both)
    assert loosened(named, found=other)
    worse = kept(statement(AFFECTED, LATER), identifier="worse")
    all_safe = kept(statement(vulnerabilities=("CVE-2026-2",)), identifier="safe")
    assert not loosened(index(all_safe, worse), found=other)


def test_a_malicious_package_stays_one():
    found = Vulnerability("MAL-2026-1", aliases=("CVE-2026-1",))
    assert miss(index(kept(statement())), found=found) is Miss.MALICIOUS


def test_a_verdict_says_until_when_it_holds():
    ahead, end = NOW + dt.timedelta(hours=1), NOW + dt.timedelta(hours=2)
    judge = Judge(RULES, index(kept(statement(at=ahead))), NOW, PLACE)
    assert judge.finding(PURL, FOUND).changes_at == ahead
    assert loosened(index(kept(statement(at=ahead))), now=ahead)
    assert Judge(RULES, index(kept(statement(), until=end)), NOW, PLACE).finding(PURL, FOUND).changes_at == end


def test_nothing_is_said_of_an_image_whose_digest_is_not_known():
    assert not loosened(index(kept(statement())), replace(PLACE, digest=None))
