from __future__ import annotations

from webhook.model.components import Sbom
from webhook.model.looks import Look, Presence
from webhook.model.platforms import WHOLE
from webhook.policy.presence import added, adopted, can_remove, gone, kept_trouble, most_trusted, seen

SIGNED_PLACE = "signed:abc"


def presence(document: str = "sha256:a", place: str = "referrers", origin: str = "r.io/x") -> Presence:
    return Presence(document, place, origin, None)


def sbom(document: str) -> Sbom:
    return Sbom(format="cyclonedx", version="1.6", components=frozenset(), document_digest=document)


def test_a_document_counts_from_its_most_trusted_place_in_whatever_order_it_was_found() -> None:
    weak, strong = presence(), presence(place=SIGNED_PLACE)
    for there in ([weak, strong], [strong, weak], [weak, strong, weak]):
        assert most_trusted("sha256:a", there) == (SIGNED_PLACE, None)
    assert most_trusted("sha256:a", [strong, presence(place="added")]) == ("added", None)
    assert most_trusted("sha256:b", [weak, strong]) is None


def test_a_look_takes_away_only_what_its_own_places_no_longer_have_in_its_own_name() -> None:
    there = [
        presence("sha256:a"),
        presence("sha256:b"),
        presence("sha256:b", origin="r.io/copy"),
        presence("sha256:b", place=SIGNED_PLACE),
    ]
    look = Look("r.io/x", {"referrers": [sbom("sha256:a")]})
    assert gone(there, look) == [there[1]]
    assert gone(there, Look("r.io/x")) == []
    assert gone(there, Look("r.io/x", {"cosign-attestation": []})) == [there[3]]


def test_what_an_earlier_reader_read_stays_while_its_document_is_there_and_cannot_be_read() -> None:
    there = [presence("sha256:a"), presence("sha256:b"), presence("sha256:c")]
    look = Look("r.io/x", {"referrers": [sbom("sha256:a")]}, unread=frozenset(["sha256:b"]))
    assert gone(there, look) == [there[2]]


def test_what_has_no_name_is_adopted_by_the_look_that_sees_it_in_the_same_place() -> None:
    there = [presence(origin=""), presence(origin="", place="cosign-attestation"), presence("sha256:b", origin="")]
    look = Look("r.io/x", {"referrers": [sbom("sha256:a")]})
    assert adopted(there, look) == [there[0]]
    assert [other_presence.key for other_presence in seen(look)] == [("sha256:a", "referrers", "r.io/x")]


def test_what_a_document_describes_grows_only_in_the_same_place_and_name() -> None:
    whole = Presence("sha256:a", "referrers", "r.io/x", WHOLE)
    assert added(presence(), [whole]).coverage == WHOLE
    assert added(presence(origin="r.io/copy"), [whole]).coverage is None


def test_a_passing_trouble_is_not_held_against_an_image_that_was_read_whole() -> None:
    passing, lasting = Look("r.io/x", trouble="no answer"), Look("r.io/x", trouble="refused", passing=False)
    assert kept_trouble(passing, "") == ""
    assert kept_trouble(passing, None) == "no answer"
    assert kept_trouble(passing, "refused") == "no answer"
    assert kept_trouble(lasting, "") == "refused"


def test_people_may_remove_what_no_place_can_be_asked_for() -> None:
    assert can_remove(presence(place="added", origin=""))
    assert can_remove(presence(place="generated", origin=""))
    assert can_remove(presence(origin=""))
    assert not can_remove(presence())
    assert not can_remove(presence(place="directory", origin=""))
