from __future__ import annotations

import datetime as dt

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.copies import replace
from tests.vexdocuments import ADDED, COMPONENT, DIGEST, IMAGE, OTHER_DIGEST, kept
from webhook.model.images import Digest, parse_image
from webhook.model.purls import parse_purl
from webhook.model.vex import KeptVex, VexOrigin, VexOriginKind, VexProduct, VexStanding, VexStatement, VexStatus
from webhook.model.vulnerabilities import Vulnerability
from webhook.policy.precedence import Place
from webhook.policy.vex import VexIndex
from webhook.policy.vexmatching import component_miss
from webhook.policy.vextrust import TrustedVex, VexTrust

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
PURL, FOUND = parse_purl(COMPONENT), Vulnerability("CVE-2026-1", aliases=("GHSA-aaaa",))
PLACE = Place(parse_image("registry.corp/shop/orders:1"), Digest(DIGEST), "shop")
PARTS = ("sha256:" + "01" * 32, "sha256:" + "02" * 32)
TRUST = VexTrust(
    (
        TrustedVex(VexOriginKind.SOURCE, "hub"),
        TrustedVex(VexOriginKind.ATTESTATION, "4f", namespaces=("shop",)),
        TrustedVex(VexOriginKind.ATTESTATION, "5e", namespaces=("lab",)),
    )
)
HERE = "registry.corp/shop/orders"
REPOSITORY = "pkg:oci/orders?repository_url=registry.corp/shop/orders"
NAMES = [
    (),
    (IMAGE,),
    (REPOSITORY,),
    ("pkg:npm/b@1",),
    (COMPONENT,),
    ("nobody",),
    ("registry.corp/shop/orders:2.3.1",),
    ("pkg:generic/orders@2.3.1",),
]
PARTS_NAMED = [
    (),
    (COMPONENT,),
    ("pkg:npm/left-pad",),
    ("pkg:npm/left-pad@2",),
    ("?",),
    ("cpe:2.3:a:left-pad:left-pad:1.2.3:*:*:*:*:*:*:*",),
]
PRODUCTS = st.builds(
    VexProduct,
    names=st.sampled_from(NAMES),
    digests=st.sampled_from([(), (DIGEST,), (OTHER_DIGEST,), (PARTS[0],)]),
    components=st.sampled_from(PARTS_NAMED),
)
STATEMENTS = st.builds(
    VexStatement,
    id=st.sampled_from(["#1", "#2"]),
    vulnerabilities=st.sampled_from([("CVE-2026-1",), ("GHSA-AAAA",), ("CVE-2026-2", "CVE-2026-1"), ("CVE-2026-2",)]),
    status=st.sampled_from(list(VexStatus)),
    at=st.integers(-3, 1).map(lambda hours: NOW + dt.timedelta(hours=hours)),
    products=st.lists(PRODUCTS, max_size=2).map(tuple),
    flaw=st.sampled_from(["", "", "odd"]),
)
IMAGES = st.sampled_from(
    [("", "", ()), (DIGEST, DIGEST, ()), (DIGEST, PARTS[0], PARTS), (DIGEST, PARTS[1], PARTS), (OTHER_DIGEST, "", ())]
)


def origins(kinds: st.SearchStrategy[tuple[VexOriginKind, str]]) -> st.SearchStrategy[VexOrigin]:
    def made(kind: tuple[VexOriginKind, str], space: str, image: tuple[str, str, tuple[str, ...]]) -> VexOrigin:
        place = HERE if kind[0] is VexOriginKind.ATTESTATION else ""
        return VexOrigin(*kind, space, *image, place)

    return st.builds(made, kinds, st.sampled_from(["", "lab"]), IMAGES)


TRUSTED = origins(
    st.sampled_from([(VexOriginKind.ADDED, "alice"), (VexOriginKind.SOURCE, "hub"), (VexOriginKind.ATTESTATION, "4f")])
)
HOSTILE = origins(
    st.sampled_from(
        [
            (VexOriginKind.SOURCE, "stranger"),
            (VexOriginKind.ATTESTATION, ""),
            (VexOriginKind.ATTESTATION, "6d"),
            (VexOriginKind.ATTESTATION, "5e"),
        ]
    )
)


def documents(
    origins: st.SearchStrategy[VexOrigin], statements: st.SearchStrategy[VexStatement] = STATEMENTS, prefix: str = "d"
) -> st.SearchStrategy[list[KeptVex]]:
    def made(numbered: list[tuple[VexOrigin, list[VexStatement], int, VexStanding]]) -> list[KeptVex]:
        found = []
        for number, (origin, listed, version, standing) in enumerate(numbered):
            issued = NOW - dt.timedelta(hours=version)
            held = kept(
                *listed, origin=origin, identifier=f"{prefix}{version}", digest=f"{prefix}{number}", issued=issued
            )
            found.append(replace(held, document=replace(held.document, standing=standing)))
        return found

    standings = st.sampled_from([VexStanding.VALID, VexStanding.VALID, VexStanding.WITHDRAWN])
    held = st.tuples(origins, st.lists(statements, max_size=3), st.integers(0, 2), standings)
    return st.lists(held, max_size=4).map(made)


def loosening(there: list[KeptVex], trust: VexTrust = TRUST) -> bool:
    return VexIndex(trust, there).evidence(FOUND, PURL, PLACE, NOW).claim is not None


RESTRICTING = STATEMENTS.filter(lambda statement: not statement.status.loosens)
"""The ones that people fear to lose."""


@given(documents(TRUSTED), st.randoms(use_true_random=False))
@settings(max_examples=150)
def test_the_order_of_documents_and_statements_decides_nothing(there, choose):
    def shuffled(held: KeptVex) -> KeptVex:
        listed = list(held.document.statements)
        choose.shuffle(listed)
        return replace(held, document=replace(held.document, statements=tuple(listed)))

    other = [shuffled(held) for held in there]
    choose.shuffle(other)
    assert VexIndex(TRUST, other).evidence(FOUND, PURL, PLACE, NOW).changes is not None
    first, second = (VexIndex(TRUST, some).evidence(FOUND, PURL, PLACE, NOW).claim for some in (there, other))
    assert (first and first.rank) == (second and second.rank)


@given(documents(TRUSTED), documents(HOSTILE, prefix="h"))
@settings(max_examples=150)
def test_what_nobody_trusts_changes_nothing(there, hostile):
    assert not loosening(hostile)
    assert loosening([*there, *hostile]) == loosening(there)


@given(documents(TRUSTED), documents(TRUSTED, RESTRICTING, prefix="r"))
@settings(max_examples=150)
def test_what_restricts_makes_nothing_milder(there, restricting):
    assert loosening(there) or not loosening([*there, *restricting])


ATTESTED = origins(st.just((VexOriginKind.ATTESTATION, "4f")))


def taken(held: KeptVex) -> KeptVex:
    """As the store keeps what is not attached any more."""
    left = tuple(statement for statement in held.document.statements if not statement.status.loosens)
    return replace(held, document=replace(held.document, statements=left), gone_at=NOW)


@given(documents(TRUSTED), documents(ATTESTED, prefix="a"), st.randoms(use_true_random=False))
@settings(max_examples=200)
def test_what_somebody_takes_from_an_image_makes_nothing_milder(there, attached, choose):
    after = [taken(held) if choose.random() < 0.5 else held for held in attached]
    assert loosening([*there, *attached]) or not loosening([*there, *after])


@given(documents(TRUSTED), documents(ATTESTED, prefix="a"), documents(ATTESTED, prefix="a"))
@settings(max_examples=200)
def test_what_somebody_attaches_to_a_copy_makes_nothing_milder(there, attached, copied):
    copies = [replace(held, origin=replace(held.origin, place="registry.corp/others/copy")) for held in copied]
    assert loosening([*there, *attached]) or not loosening([*there, *attached, *copies])


@given(documents(TRUSTED), documents(ATTESTED, prefix="a"), documents(ATTESTED, prefix="b"))
@settings(max_examples=150)
def test_a_look_that_did_not_see_all_makes_nothing_milder(there, attached, more):
    seen = [replace(held, trouble="not all was read") for held in (*attached, *more)]
    assert loosening([*there, *attached]) or not loosening([*there, *seen])


@given(
    st.sampled_from(NAMES),
    st.sampled_from(PARTS_NAMED),
    st.sampled_from(
        [
            (COMPONENT, COMPONENT),
            ("pkg:apk/wolfi/openssl@3.1.4-r0?distro=wolfi", "pkg:apk/wolfi/openssl@3.1.4-r0"),
            ("pkg:deb/debian/curl@7.88.1-10?distro=debian-12", "pkg:deb/debian/curl@7.88.1-10"),
            ("pkg:rpm/redhat/vim@2:9.0-1", "pkg:rpm/redhat/vim@9.0-1"),
        ]
    ),
)
def test_what_may_be_about_the_component_of_the_image_that_it_is_attached_to_restricts(names, components, spelt):
    stated, purl = spelt
    if any(name.startswith("pkg:npm/left-pad@2") for name in components):
        components = ()
    components = tuple(stated if name.startswith("pkg:") else name for name in components)
    origin = VexOrigin(VexOriginKind.ATTESTATION, "4f", "", DIGEST, DIGEST, (), HERE)
    safe = kept(VexStatement("#1", ("CVE-2026-1",), VexStatus.NOT_AFFECTED, NOW), origin=origin, identifier="safe")
    product = VexProduct(names, (DIGEST,) if names == (IMAGE,) else (), components)
    worse = VexStatement("#1", ("CVE-2026-1",), VexStatus.AFFECTED, NOW, (product,))
    assert VexIndex(TRUST, [safe]).evidence(FOUND, parse_purl(purl), PLACE, NOW).claim is not None
    there = VexIndex(TRUST, [safe, kept(worse, origin=origin, identifier="worse")])
    assert there.evidence(FOUND, parse_purl(purl), PLACE, NOW).claim is None


@given(documents(TRUSTED))
@settings(max_examples=200)
def test_what_loosens_is_trusted_exact_valid_and_not_of_the_future(there):
    claim = VexIndex(TRUST, there).evidence(FOUND, PURL, PLACE, NOW).claim
    if claim is None:
        return
    statement, origin = claim.statement, claim.kept.origin
    assert statement.status.loosens
    assert not statement.flaw
    assert statement.at <= NOW
    assert claim.kept.document.standing is VexStanding.VALID
    assert origin.namespace in ("", PLACE.namespace)
    attached = origin.image == DIGEST
    exact = [
        product
        for product in statement.products or (VexProduct(),)
        if (
            set(product.digests) & {DIGEST, *origin.parts}
            or (attached and not product.names and not product.digests)
            or (attached and origin.kind is ADDED.kind and COMPONENT in product.names)
        )
        and (not product.components or COMPONENT in product.components)
    ]
    assert exact


@given(documents(TRUSTED), st.sampled_from(list(VexStatus)))
@settings(max_examples=150)
def test_the_newest_statement_about_exactly_this_wins(there, status):
    exact = VexStatement(
        "#9", ("CVE-2026-1",), status, NOW + dt.timedelta(0), (VexProduct((), (DIGEST,), (COMPONENT,)),)
    )
    older = [
        replace(
            held,
            document=replace(
                held.document,
                statements=tuple(
                    replace(each, at=min(each.at, NOW - dt.timedelta(hours=1))) for each in held.document.statements
                ),
            ),
        )
        for held in there
    ]
    newest = kept(exact, origin=ADDED, identifier="newest", digest="newest", issued=NOW)
    assert loosening([*older, newest]) == status.loosens


SPELT = st.builds(
    "pkg:{}/{}@{}".format,
    st.sampled_from(["npm", "golang", "pypi", "deb", "deb/debian", "rpm/redhat", "maven/a"]),
    st.sampled_from(["a", "A", "a-b", "openssl"]),
    st.sampled_from(["1.0", "1.0.0", "v1.0.0", "1.0.0+1", "1:1.0-1", "1.0-1", "x"]),
)


@given(SPELT, SPELT, st.lists(st.sampled_from(["1.0", "v1.0.0", "?"]), max_size=2))
def test_what_names_a_component_exactly_may_name_it(name, component, versions):
    purl, versions = parse_purl(component), tuple(versions)
    for unversioned in (True, False):
        if component_miss([name], versions, purl, unversioned=unversioned) is None:
            assert component_miss([name], versions, purl, unversioned=unversioned, restricts=True) is None
