from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.doubles.ossindex import OssIndexDouble
from tests.doubles.ossindex.behaviour import PAT, TOKEN, USERNAME
from webhook.clients.ossindex.auth import sign_in, warnings
from webhook.clients.ossindex.errors import NoCredentials
from webhook.clients.ossindex.options import OssIndexOptions
from webhook.clients.ossindex.source import OssIndexSource
from webhook.errors import Final
from webhook.model.purls import parse_purl

JUNIT = parse_purl("pkg:maven/junit/junit@4.12")
Make = Callable[..., OssIndexSource]


def test_a_personal_access_token_is_sent_as_bearer(double: OssIndexDouble, make_source: Make) -> None:
    make_source(token=PAT).report([JUNIT])
    assert double.service.journal[0].scheme == "Bearer"


def test_a_personal_access_token_is_sent_as_bearer_whatever_the_user_name(
    double: OssIndexDouble, make_source: Make
) -> None:
    make_source(token=PAT, username=USERNAME).report([JUNIT])
    assert double.service.journal[0].scheme == "Bearer"


def test_an_older_token_is_sent_as_basic_with_the_user_name(double: OssIndexDouble, make_source: Make) -> None:
    make_source(token=TOKEN, username=USERNAME).report([JUNIT])
    assert (double.service.journal[0].scheme, double.service.journal[0].status) == ("Basic", 200)


@pytest.mark.parametrize(
    ("token", "username", "remedy"),
    [
        ("", "", "Create a personal access token"),
        ("  ", USERNAME, "Create a personal access token"),
        (TOKEN, "", "Set ossindex.username"),
        ("two\nlines", USERNAME, "Set ossindex.token again"),
        ("tökén", USERNAME, "Set ossindex.token again"),
        ("two words", USERNAME, "Set ossindex.token again"),
    ],
)
def test_without_usable_credentials_nothing_is_sent(
    double: OssIndexDouble, make_source: Make, token: str, username: str, remedy: str
) -> None:
    with pytest.raises(NoCredentials, match="nothing was sent") as caught:
        make_source(token=token, username=username).report([JUNIT])
    assert isinstance(caught.value, Final)
    assert caught.value.remedy.startswith(remedy)
    assert double.service.journal == []


def test_white_space_around_the_token_of_a_file_does_no_harm(double: OssIndexDouble, make_source: Make) -> None:
    make_source(token=f"{PAT}\n").report([JUNIT])
    assert double.service.journal[0].status == 200


def test_the_label_of_an_identity_has_no_secret() -> None:
    assert sign_in(OssIndexOptions(token=TOKEN, username="me")).label == "me (Basic)"
    assert sign_in(OssIndexOptions(token=PAT)).label == "token (Bearer)"


def test_the_usual_options_give_no_warning() -> None:
    assert warnings(OssIndexOptions(token=PAT)) == ()
    assert warnings(OssIndexOptions(token=PAT, url="http://127.0.0.1:8080")) == ()


@pytest.mark.parametrize(
    ("options", "warning"),
    [
        (OssIndexOptions(url="https://OSSIndex.sonatype.org/"), "old host"),
        (OssIndexOptions(token=PAT, username="me"), "username is ignored"),
        (OssIndexOptions(url="http://mirror.corp"), "plain HTTP"),
    ],
)
def test_a_choice_that_should_not_stay_is_warned_about(options: OssIndexOptions, warning: str) -> None:
    (only,) = warnings(options)
    assert warning in only


def test_the_source_tells_its_warnings_before_any_request(make_source: Make) -> None:
    assert "old host" in make_source(url="https://ossindex.sonatype.org").warnings[0]


def test_the_source_logs_its_warnings_once(make_source: Make, caplog: pytest.LogCaptureFixture) -> None:
    source = make_source(token=PAT, username=USERNAME)
    source.report([JUNIT])
    source.report([JUNIT])
    assert [record.message for record in caplog.records] == list(source.warnings)
