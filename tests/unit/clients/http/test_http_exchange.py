from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from tests.certificates import Authority
from tests.doubles.clock import RealClock
from tests.doubles.ossindex import Behaviour, OssIndexDouble, faults
from tests.doubles.ossindex.behaviour import PAT
from tests.fakes import FakeClock
from tests.registries.lying import Answer as HttpAnswer
from tests.registries.lying import LyingServer
from webhook import __version__
from webhook.clients.http.destination import Destination, Limits, Reach, Remedies
from webhook.clients.http.exchange import Exchange
from webhook.clients.http.messages import Answer, Request, basic, user_agent
from webhook.errors import DeadlineExceeded, Final, Retryable, UnusableAnswer
from webhook.model.deadlines import Deadline
from webhook.ports import Clock

BODY = b'{"coordinates": ["pkg:maven/g/a@1"]}'
TOKEN = f"Bearer {PAT}"
REMEDIES = Remedies("name the authority", "name plain HTTP", "look at it", "raise it")


class Sender:
    """Sends requests to private addresses, with one set of limits."""

    def __init__(self, clock: Clock | None = None, **limits: float) -> None:
        self.clock = clock or FakeClock()
        self.exchange = Exchange(Limits(**{"connect_seconds": 10, "read_seconds": 60, **limits}), self.clock)

    def __enter__(self) -> Sender:
        return self

    def __exit__(self, *problem: object) -> None:
        self.exchange.close()

    def send(self, method: str, url: str, seconds: float = 300, limit: int = 4000, **more: Any) -> Answer:
        named = {"plain_http": True, "reach": Reach.PRIVATE, **more.pop("destination", {})}
        request = Request(Destination(REMEDIES, **named), method, url, limit, **more)
        return self.exchange.send(request, Deadline(self.clock.monotonic() + seconds))

    def post(self, url: str, authorization: str = TOKEN, **more: Any) -> Answer:
        url = f"{url}/api/v3/component-report"
        return self.send("POST", url, authorization=authorization, body=BODY, compressed=True, **more)


def test_the_user_agent_names_program_version_and_runtime(double: OssIndexDouble) -> None:
    with Sender() as sender:
        sender.post(double.url)
    assert double.service.journal[0].user_agent == user_agent()
    assert user_agent().startswith(f"bomgate/{__version__} (Python 3.")


def test_any_status_is_an_answer(double: OssIndexDouble) -> None:
    double.behaviour.faults = [faults.status(503)]
    with Sender() as sender:
        assert sender.post(double.url).status == 503


def test_headers_are_found_whatever_their_case(double: OssIndexDouble) -> None:
    with Sender() as sender:
        assert sender.post(double.url).headers["x-batch-size"] == "1"


def test_a_compressed_body_is_decompressed(double: OssIndexDouble) -> None:
    double.behaviour.gzip = True
    with Sender() as sender:
        answer = sender.post(double.url)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.body.startswith(b"[")


def test_credentials_never_come_from_netrc(double: OssIndexDouble, tmp_path: Path) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password secret\n")
    with Sender() as sender:
        sender.post(double.url, "")
        sender.post(double.url)
    assert [asked.scheme for asked in double.service.journal] == ["", "Bearer"]


def test_basic_credentials_are_utf_8(double: OssIndexDouble) -> None:
    double.behaviour.accounts = {"jürgen": "geheim:ß"}
    with Sender() as sender:
        assert sender.post(double.url, basic("jürgen", "geheim:ß")).status == 200


def test_what_is_secret_in_a_request_is_not_shown() -> None:
    request = Request(Destination(REMEDIES), "POST", "https://a.corp", 1, authorization="Basic a", body=b"secret")
    assert "Basic a" not in repr(request)
    assert "secret" not in repr(request)


def test_a_redirect_on_the_same_host_is_followed(double: OssIndexDouble) -> None:
    double.behaviour.faults = [faults.redirect("/api/v3/authorized/component-report")]
    with Sender() as sender:
        assert sender.post(double.url).status == 200
    assert [asked.path for asked in double.service.journal] == [
        "/api/v3/component-report",
        "/api/v3/authorized/component-report",
    ]


def test_a_redirect_to_another_host_never_gets_the_credentials(double: OssIndexDouble) -> None:
    with OssIndexDouble() as other, Sender() as sender:
        double.behaviour.faults = [faults.redirect(f"{other.url}/api/v3/component-report")]
        with pytest.raises(Final, match="not sent to another host") as caught:
            sender.post(double.url)
        assert other.service.journal == []
        assert other.url in caught.value.remedy


def test_a_post_goes_to_no_other_host_even_without_credentials(double: OssIndexDouble) -> None:
    with OssIndexDouble(Behaviour(require_auth=False)) as other, Sender() as sender:
        double.behaviour.require_auth = False
        double.behaviour.faults = [faults.redirect(f"{other.url}/api/v3/component-report")]
        with pytest.raises(Final, match="not sent to another host"):
            sender.post(double.url, "")
        assert other.service.journal == []


def test_a_get_goes_to_another_host_without_credentials(double: OssIndexDouble) -> None:
    with LyingServer() as first, LyingServer() as other, Sender() as sender:
        first.on("/a", HttpAnswer(302, headers={"Location": f"{other.url}/b"}))
        other.on("/b", HttpAnswer(body=b"there"))
        answer = sender.send("GET", f"{first.url}/a", authorization="Bearer x")
        assert (answer.body, answer.url) == (b"there", f"{other.url}/b")
        assert "Authorization" in first.asked[0].headers
        assert "Authorization" not in other.asked[0].headers


@pytest.mark.parametrize("reach", [Reach.PUBLIC, Reach.PRIVATE])
def test_no_redirect_leads_to_a_metadata_address(reach: Reach) -> None:
    with LyingServer() as server, Sender() as sender:
        server.on("/a", HttpAnswer(302, headers={"Location": "http://169.254.169.254/latest/meta-data/"}))
        with pytest.raises(Final, match="which bomgate does not contact"):
            sender.send("GET", f"{server.url}/a")
        with pytest.raises(Final, match="which bomgate does not contact"):
            sender.send("GET", "http://169.254.169.254/latest/meta-data/", destination={"reach": reach})


def test_a_redirect_is_an_answer_where_none_is_followed(double: OssIndexDouble) -> None:
    double.behaviour.faults = [faults.redirect("/elsewhere")]
    with Sender(redirects=0) as sender:
        assert sender.post(double.url).status == 307
    assert len(double.service.journal) == 1


def test_an_encrypted_server_redirects_nobody_to_plain_http(tmp_path: Path, double: OssIndexDouble) -> None:
    authority = Authority()
    (tmp_path / "ca.pem").write_bytes(authority.pem)
    secure = {"ca_file": tmp_path / "ca.pem", "plain_http": False}
    with OssIndexDouble(tls=authority.issue().write(tmp_path)) as encrypted, Sender() as sender:
        encrypted.behaviour.faults = [faults.redirect(double.url)]
        with pytest.raises(Final, match="not encrypted"):
            sender.post(encrypted.url, destination=secure)
    assert double.service.journal == []


def test_a_redirect_that_would_turn_a_post_into_a_get_is_refused(double: OssIndexDouble) -> None:
    double.behaviour.faults = [faults.redirect("/api/v3/version", 302)]
    with Sender() as sender, pytest.raises(Final, match="redirects a POST"):
        sender.post(double.url)


def test_a_redirect_in_a_circle_ends(double: OssIndexDouble) -> None:
    double.behaviour.faults = [faults.redirect("/api/v3/component-report")] * 10
    with Sender() as sender, pytest.raises(Final, match="more than 3 times"):
        sender.post(double.url)


def test_the_default_port_is_no_other_host(double: OssIndexDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", double.url)
    double.behaviour.faults = [faults.redirect("http://SERVICE.test:80/elsewhere")]
    with Sender() as sender:
        assert sender.post("http://service.test").status == 404
    assert len(double.service.journal) == 2


@pytest.mark.parametrize("location", ["file:///etc/passwd", "http://[broken", "http://host:port/"])
def test_a_redirect_away_from_http_is_refused(double: OssIndexDouble, location: str) -> None:
    double.behaviour.require_auth = False
    double.behaviour.faults = [faults.redirect(location)]
    with Sender() as sender, pytest.raises(Final, match="not a plain web address"):
        sender.post(double.url, "")


def test_the_body_of_a_redirect_is_not_read(double: OssIndexDouble) -> None:
    double.behaviour.faults = [faults.Fault("body", 307, {"Location": "/elsewhere"}, b"x" * 5_000_000)]
    with Sender() as sender:
        assert sender.post(double.url).status == 404
    assert double.service.journal[1].path == "/elsewhere"


def test_what_a_server_says_of_a_problem_may_be_larger_than_what_was_asked_for(double: OssIndexDouble) -> None:
    double.behaviour.faults = [faults.raw(b"x" * 5000, 404)] * 2
    with Sender() as sender:
        assert len(sender.post(double.url, limit=10).body) == 5000
        double.behaviour.faults = [faults.raw(b"x" * 300_000, 404)]
        with pytest.raises(UnusableAnswer, match="more than the 262144 bytes"):
            sender.post(double.url, limit=10)


def test_an_answer_over_the_limit_is_refused(double: OssIndexDouble) -> None:
    double.behaviour.faults = [faults.oversize(5000)]
    with Sender() as sender, pytest.raises(Final, match="more than the 4000 bytes"):
        sender.post(double.url)


def test_the_limit_counts_bytes_after_decompression(double: OssIndexDouble) -> None:
    double.behaviour.gzip = True
    double.behaviour.faults = [faults.oversize(10_000_000)]
    with Sender() as sender, pytest.raises(Final, match="more than the 1000000 bytes"):
        sender.post(double.url, limit=1_000_000)


def test_an_answer_that_is_cut_off_may_be_tried_again(double: OssIndexDouble) -> None:
    double.behaviour.faults = [faults.CUT]
    with Sender() as sender, pytest.raises(Retryable, match="cut off"):
        sender.post(double.url)
    assert sender.post(double.url).status == 200


def test_a_server_that_does_not_answer_in_time_may_be_tried_again(double: OssIndexDouble) -> None:
    double.behaviour.faults = [faults.slow(5)]
    with Sender(read_seconds=0.05) as sender, pytest.raises(Retryable, match=r"within 0\.05 s"):
        sender.post(double.url)


def test_a_body_that_only_drips_meets_the_limit_on_the_whole_time(double: OssIndexDouble) -> None:
    double.behaviour.faults = [faults.drip(0.02)]
    with Sender(RealClock()) as sender, pytest.raises(DeadlineExceeded):
        sender.post(double.url, seconds=0.1)


def test_a_refused_connection_says_so() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with Sender() as sender, pytest.raises(Retryable, match="Connection refused"):
            sender.post(url)


def test_the_proxy_of_the_environment_is_used(double: OssIndexDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", double.url)
    with Sender() as sender:
        assert sender.post("http://service.test").status == 200
    assert len(double.service.journal) == 1


def test_a_certificate_nobody_trusts_is_final(tmp_path: Path) -> None:
    with (
        OssIndexDouble(tls=Authority().issue().write(tmp_path)) as double,
        Sender() as sender,
        pytest.raises(Final, match="not trusted") as caught,
    ):
        sender.post(double.url)
    assert caught.value.remedy == REMEDIES.certificate


def test_the_named_authority_wins_over_the_one_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority()
    (tmp_path / "ca.pem").write_bytes(authority.pem)
    (tmp_path / "other.pem").write_bytes(Authority("another").pem)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "other.pem"))
    with (
        OssIndexDouble(tls=authority.issue().write(tmp_path)) as double,
        Sender() as sender,
    ):
        only = {"ca_file": tmp_path / "ca.pem", "ca_only": True}
        assert sender.post(double.url, destination=only).status == 200


def test_an_error_never_quotes_a_password_of_the_address() -> None:
    with Sender() as sender, pytest.raises(Retryable) as caught:
        sender.send("GET", "http://me:hush@127.0.0.1:1/x")
    assert "hush" not in caught.value.message


def test_a_name_and_password_in_an_address_are_not_sent() -> None:
    with LyingServer() as server, Sender() as sender:
        server.on("/a", HttpAnswer(body=b""))
        sender.send("GET", f"http://me:hush@{server.host}/a")
    assert "Authorization" not in server.asked[0].headers


def test_a_name_that_leads_to_a_private_address_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever owns a name chooses its address, and may change it between two questions."""
    found = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *more: found("127.0.0.1", *more))
    with LyingServer() as server, Sender() as sender:
        server.on("/a", HttpAnswer(body=b"here"))
        url = f"http://registry.example:{server.host.partition(':')[2]}/a"
        with pytest.raises(Final, match=r"registry\.example is a loopback address, which bomgate does not contact"):
            sender.send("GET", url, destination={"reach": Reach.PUBLIC})
        assert server.asked == []
        assert sender.send("GET", url).body == b"here"
        # The connection that stays open serves nobody who may not have it.
        with pytest.raises(Final, match="which bomgate does not contact"):
            sender.send("GET", url, destination={"reach": Reach.PUBLIC})


def test_a_name_that_nobody_knows_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*asked: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with Sender() as sender, pytest.raises(Retryable, match=r"name of http://registry\.example is not known") as caught:
        sender.send("GET", "http://registry.example/a")
    assert "DNS" in caught.value.remedy


def test_requests_to_one_address_share_nothing_of_body_length_and_authorization() -> None:
    with LyingServer() as server, Sender() as sender:
        server.on("/a", HttpAnswer())
        for body, authorization in ((b"a long one", "Bearer one"), (b"b", "Bearer one"), (b"c", ""), (b"", "")):
            sender.send("POST", f"{server.url}/a", authorization=authorization, body=body)
        more = {"authorization": "Bearer two", "headers": {"Accept": "text/csv"}}
        sender.send("POST", f"{server.url}/a", body=b"d", **more)
        asked = server.asked
    assert [request.body for request in asked] == [b"a long one", b"b", b"c", b"", b"d"]
    assert [request.headers["Content-Length"] for request in asked] == ["10", "1", "1", "0", "1"]
    given = [request.headers.get("Authorization") for request in asked]
    assert given == ["Bearer one", "Bearer one", None, None, "Bearer two"]
    assert [request.headers["Accept"] for request in asked] == ["*/*"] * 4 + ["text/csv"]
