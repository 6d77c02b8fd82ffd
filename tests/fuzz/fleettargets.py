"""Targets of the fleet: what a hub gets from its members, and what members get, once it is verified."""

from __future__ import annotations

import datetime as dt
import gzip
import zlib

import msgspec

from webhook.engines.fleet.answering import MOST_COORDINATES, read_question
from webhook.model.exploitation import ExploitKind
from webhook.model.policies import Policy
from webhook.model.requests import Phase
from webhook.policy.evaluation import Rules
from webhook.policy.fleetdocuments import decode, encode, open_document
from webhook.policy.fleetinventory import read_report
from webhook.policy.fleetreplies import decode_reports, encode_reports
from webhook.policy.fleetsets import decode_offers, encode_offers, pack_exploits, read_advisories, read_exploits
from webhook.policy.memberrequests import answer_for_member, brought, read_requests
from webhook.policy.requests import RequestView
from webhook.policy.typetable import default_types
from webhook.policy.undo import BatchHistory

_MOST = 1_000_000
_NOW = dt.datetime(2026, 11, 1, 12, tzinfo=dt.UTC)
_RULES = Rules(default_types(), Policy())


def _verify(name: str, signature: bytes, data: bytes) -> bool:
    """Whoever signs with the key of the hub may still send what nobody has thought of."""
    return True


def _sign(data: bytes) -> tuple[str, bytes]:
    return "0123456789abcdef", b"signed"


def document(data: bytes) -> None:
    """The lines of a document of the hub, as they are once it is verified and unpacked."""
    kind = b"changes" if b'"since"' in data.partition(b"\n")[0] else b"snapshot"
    content = decode(b"bomgate-fleet 1 " + kind + b" key c2lnbmVk\n" + gzip.compress(data), _verify)
    assert decode(encode(content, _sign), _verify) == content, "what is read can be told again"


def document_line(data: bytes) -> None:
    """The first line of a document, and a payload that is not what it should be."""
    opened = open_document(data, _verify)
    assert data.endswith(opened.payload)
    decode(data, _verify)


def reply(data: bytes) -> None:
    """Reports that a hub answers with."""
    reports = decode_reports(data)
    assert decode_reports(encode_reports(reports)) == reports


def question(data: bytes) -> None:
    """What a member asks for."""
    asked = read_question("berlin", data)
    assert len(asked.coordinates) <= MOST_COORDINATES
    assert all(purl.version for purl in asked.coordinates), "nothing is asked for that OSS Index cannot know"


def cluster_report(data: bytes) -> None:
    """What a member says of what runs there."""
    read_report(data)


def member_requests(data: bytes) -> None:
    """What a member says of its requests; whatever it says, each is one that waits, of that member."""
    told, left_out = read_requests(data)
    assert left_out >= 0
    for request in told.waiting:
        rule = brought(request, "berlin", _NOW, 90, "cluster berlin", _RULES)
        (made,) = rule(RequestView(None, (), (), lambda _: BatchHistory((), (), {}))).requests
        assert (made.cluster, made.phase, made.answer, made.origin) == ("berlin", Phase.WAITING, None, "")
        assert made.until is not None and made.until <= _NOW + dt.timedelta(days=90)
        assert answer_for_member(made) is None


def set_list(data: bytes) -> None:
    """The list of the hub's sets."""
    offers = decode_offers(data)
    assert decode_offers(encode_offers(offers)) == offers


def advisory_set(data: bytes) -> None:
    """The body of a set of advisories."""
    found = read_advisories(zlib.compress(_packed(data)), _MOST)
    assert all(
        found.advisories[affected.advisory] is not None for those in found.packages.values() for affected in those
    )


def exploit_set(data: bytes) -> None:
    """The body of a set of KEV."""
    found = read_exploits(zlib.compress(_packed(data)), ExploitKind.KEV, _MOST)
    assert read_exploits(pack_exploits(found), ExploitKind.KEV, _MOST) == found


def _packed(data: bytes) -> bytes:
    """MessagePack of JSON, so that seeds can be read; of what is no JSON the bytes as they are."""
    try:
        return msgspec.msgpack.encode(msgspec.json.decode(data))
    except (ValueError, RecursionError, TypeError, OverflowError):
        return data


FLEET = {
    "fleet-document": document,
    "fleet-document-line": document_line,
    "fleet-reply": reply,
    "fleet-question": question,
    "fleet-cluster-report": cluster_report,
    "fleet-member-requests": member_requests,
    "fleet-set-list": set_list,
    "fleet-advisories": advisory_set,
    "fleet-exploits": exploit_set,
}
