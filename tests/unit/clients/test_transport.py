from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.certificates import Authority
from tests.doubles.clock import RealClock
from tests.doubles.ossindex import Behaviour, OssIndexDouble, faults
from tests.doubles.ossindex.behaviour import PAT
from tests.fakes import FakeClock
from webhook import __version__
from webhook.clients.transport import Answer, Credentials, Transport, TransportOptions, basic, bearer, user_agent
from webhook.errors import Final, Retryable
from webhook.ports import Clock

BODY = b'{"coordinates": ["pkg:maven/g/a@1"]}'


@contextmanager
def transport_with(options: TransportOptions | None = None, clock: Clock | None = None) -> Iterator[Transport]:
    transport = Transport(options or TransportOptions(), clock or FakeClock())
    yield transport
    transport.close()


def post(url: str, transport: Transport, credentials: Credentials | None = None) -> Answer:
    return transport.send("POST", f"{url}/api/v3/component-report", body=BODY, credentials=credentials or bearer(PAT))


def test_the_user_agent_names_program_version_and_runtime(double: OssIndexDouble) -> None:
    with transport_with() as transport:
        post(double.url, transport)
    assert double.service.journal[0].user_agent == user_agent()
    assert user_agent().startswith(f"bomgate/{__version__} (Python 3.")


def test_any_status_is_an_answer(double: OssIndexDouble) -> None:
    double.behaviour.faults = [faults.status(503)]
    with transport_with() as transport:
        assert post(double.url, transport).status == 503


def test_headers_are_found_whatever_their_case(double: OssIndexDouble) -> None:
    with transport_with() as transport:
        assert post(double.url, transport).headers["x-batch-size"] == "1"


def test_a_compressed_body_is_decompressed(double: OssIndexDouble) -> None:
    double.behaviour.gzip = True
    with transport_with() as transport:
        answer = post(double.url, transport)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.body.startswith(b"[")


def test_credentials_never_come_from_netrc(double: OssIndexDouble, tmp_path: Path) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password secret\n")
    with transport_with() as transport:
        post(double.url, transport, Credentials())
        post(double.url, transport, bearer(PAT))
    assert [asked.scheme for asked in double.service.journal] == ["", "Bearer"]


def test_basic_credentials_are_utf_8(double: OssIndexDouble) -> None:
    double.behaviour.accounts = {"jürgen": "geheim:ß"}
    with transport_with() as transport:
        assert post(double.url, transport, basic("jürgen", "geheim:ß")).status == 200


def test_credentials_do_not_show_themselves() -> None:
    assert "secret" not in repr(bearer("secret")) + str(bearer("secret"))
    assert basic("me", "secret").redact("no secret in bWU6c2VjcmV0") == "no [hidden] in [hidden]"


def test_a_redirect_on_the_same_host_is_followed(double: OssIndexDouble) -> None:
    double.behaviour.faults = [faults.redirect("/api/v3/authorized/component-report")]
    with transport_with() as transport:
        assert post(double.url, transport).status == 200
    assert [asked.path for asked in double.service.journal] == [
        "/api/v3/component-report",
        "/api/v3/authorized/component-report",
    ]


def test_a_redirect_to_another_host_never_gets_the_credentials(double: OssIndexDouble) -> None:
    with OssIndexDouble() as other, transport_with() as transport:
        double.behaviour.faults = [faults.redirect(f"{other.url}/api/v3/component-report")]
        with pytest.raises(Final, match="not sent to another host") as caught:
            post(double.url, transport)
        assert other.service.journal == []
        assert other.url in caught.value.remedy


def test_a_redirect_to_another_host_is_followed_without_credentials(double: OssIndexDouble) -> None:
    with OssIndexDouble(Behaviour(require_auth=False)) as other, transport_with() as transport:
        double.behaviour.require_auth = False
        double.behaviour.faults = [faults.redirect(f"{other.url}/api/v3/component-report")]
        assert post(double.url, transport, Credentials()).status == 200
        assert len(other.service.journal) == 1


def test_a_redirect_that_would_turn_a_post_into_a_get_is_refused(double: OssIndexDouble) -> None:
    double.behaviour.faults = [faults.redirect("/api/v3/version", 302)]
    with transport_with() as transport, pytest.raises(Final, match="redirects a POST"):
        post(double.url, transport)


def test_a_redirect_in_a_circle_ends(double: OssIndexDouble) -> None:
    double.behaviour.faults = [faults.redirect("/api/v3/component-report")] * 10
    with transport_with() as transport, pytest.raises(Final, match="circle"):
        post(double.url, transport)


def test_the_default_port_is_no_other_host(double: OssIndexDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", double.url)
    double.behaviour.faults = [faults.redirect("http://SERVICE.test:80/elsewhere")]
    with transport_with() as transport:
        assert post("http://service.test", transport).status == 404
    assert len(double.service.journal) == 2


@pytest.mark.parametrize("location", ["file:///etc/passwd", "http://[broken", "http://host:port/"])
def test_a_redirect_away_from_http_is_refused(double: OssIndexDouble, location: str) -> None:
    double.behaviour.require_auth = False
    double.behaviour.faults = [faults.redirect(location)]
    with transport_with() as transport, pytest.raises(Final, match="not HTTP"):
        post(double.url, transport, Credentials())


def test_the_body_of_a_redirect_is_not_read_past_the_limit(double: OssIndexDouble) -> None:
    double.behaviour.faults = [faults.Fault("body", 307, {"Location": "/elsewhere"}, b"x" * 5000)]
    with (
        transport_with(TransportOptions(max_body_bytes=4000)) as transport,
        pytest.raises(Final, match="more than 4000 bytes"),
    ):
        post(double.url, transport)


def test_an_answer_over_the_limit_is_refused(double: OssIndexDouble) -> None:
    double.behaviour.faults = [faults.oversize(5000)]
    with (
        transport_with(TransportOptions(max_body_bytes=4000)) as transport,
        pytest.raises(Final, match="more than 4000 bytes"),
    ):
        post(double.url, transport)


def test_the_limit_counts_bytes_after_decompression(double: OssIndexDouble) -> None:
    double.behaviour.gzip = True
    double.behaviour.faults = [faults.oversize(10_000_000)]
    with (
        transport_with(TransportOptions(max_body_bytes=1_000_000)) as transport,
        pytest.raises(Final, match="more than 1000000 bytes"),
    ):
        post(double.url, transport)


def test_an_answer_that_is_cut_off_may_be_tried_again(double: OssIndexDouble) -> None:
    double.behaviour.faults = [faults.CUT]
    with transport_with() as transport, pytest.raises(Retryable, match="cut off"):
        post(double.url, transport)
    assert post(double.url, transport).status == 200


def test_a_server_that_does_not_answer_in_time_may_be_tried_again(double: OssIndexDouble) -> None:
    double.behaviour.faults = [faults.slow(5)]
    with transport_with(TransportOptions(read_seconds=0.05)) as transport, pytest.raises(Retryable, match="in time"):
        post(double.url, transport)


def test_a_body_that_only_drips_meets_the_limit_on_the_whole_time(double: OssIndexDouble) -> None:
    double.behaviour.faults = [faults.drip(0.02)]
    with (
        transport_with(TransportOptions(total_seconds=0.1), RealClock()) as transport,
        pytest.raises(Retryable, match=r"within 0\.1 s"),
    ):
        post(double.url, transport)


def test_a_refused_connection_says_so() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with transport_with() as transport, pytest.raises(Retryable, match="Connection refused"):
            post(url, transport)


def test_the_proxy_of_the_environment_is_used(double: OssIndexDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", double.url)
    with transport_with() as transport:
        assert post("http://service.test", transport).status == 200
    assert len(double.service.journal) == 1


def test_a_certificate_nobody_trusts_is_final(tmp_path: Path) -> None:
    with (
        OssIndexDouble(tls=Authority().issue().write(tmp_path)) as double,
        transport_with() as transport,
        pytest.raises(Final, match="not trusted") as caught,
    ):
        post(double.url, transport)
    assert "ca_file" in caught.value.remedy


def test_the_named_authority_wins_over_the_one_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority()
    (tmp_path / "ca.pem").write_bytes(authority.pem)
    (tmp_path / "other.pem").write_bytes(Authority("another").pem)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "other.pem"))
    with (
        OssIndexDouble(tls=authority.issue().write(tmp_path)) as double,
        transport_with(TransportOptions(ca_file=tmp_path / "ca.pem")) as transport,
    ):
        assert post(double.url, transport).status == 200


def test_an_error_never_quotes_a_password_of_the_address() -> None:
    with transport_with() as transport, pytest.raises(Retryable) as caught:
        transport.send("GET", "http://me:hush@127.0.0.1:1/x")
    assert "hush" not in caught.value.message
