"""Cases of the group bomgate-webhook."""

from __future__ import annotations

from tests.alerts.cases.making import Case, Moment, counted, rises

_CALL_ERRORS = (
    'apiserver_admission_webhook_rejection_count{name="enforced.bomgate.dev", error_type="calling_webhook_error",'
    ' instance="%s"}'
)
_FAIL_OPEN = 'apiserver_admission_webhook_fail_open_count{name="watched.bomgate.dev"}'
_DURATION = 'apiserver_admission_webhook_admission_duration_seconds_bucket{name="enforced.bomgate.dev", le="%s"}'


def calls(slow: str) -> Moment:
    """The latency of 100 calls a minute, of which so many take more than a second."""
    fast = f"0+{100 - int(slow)}x30"
    return Moment(
        {_DURATION % "0.5": fast, _DURATION % "1": fast, _DURATION % "2.5": "0+100x30", _DURATION % "+Inf": "0+100x30"},
        "25m",
    )


def revisions(one: str, other: str, at: str = "60m") -> Moment:
    """The revisions of two replicas."""
    name = 'bomgate_read_model_revision{instance="%s"}'
    return Moment({name % "a": one, name % "b": other}, at)


WEBHOOK = (
    Case(
        "BomgateWebhookDown",
        "critical",
        Moment(
            {'bomgate_webhook_ready{instance="a"}': "1x10 0x60", 'bomgate_webhook_ready{instance="b"}': "1x10"}, "30m"
        ),
        {
            "one of two is left": Moment(
                {'bomgate_webhook_ready{instance="a"}': "1x60", 'bomgate_webhook_ready{instance="b"}': "0x60"}, "30m"
            ),
            "it is not yet 5 minutes": Moment({'bomgate_webhook_ready{instance="a"}': "1x10 0x60"}, "15m"),
        },
    ),
    Case(
        "BomgateWebhookCallsFailing",
        "critical",
        Moment({_CALL_ERRORS % "api": "_x5 1x60"}, "10m"),
        {
            "the webhook said no, which is no failed call": Moment(
                {
                    'apiserver_admission_webhook_rejection_count{name="enforced.bomgate.dev", error_type="no_error"}': (
                        "0+5x60"
                    )
                },
                "10m",
            ),
            "it is another webhook": Moment(
                {
                    'apiserver_admission_webhook_rejection_count{name="bomgate.dev.example", '
                    'error_type="calling_webhook_error"}': "0+5x60"
                },
                "10m",
            ),
            "it was long ago": Moment({_CALL_ERRORS % "api": "0x3 4x60"}, "30m"),
        },
        labels={"name": "enforced.bomgate.dev"},
    ),
    Case(
        "BomgateFailedOpen",
        "warning",
        Moment({_FAIL_OPEN: "2x10 4x60"}, "15m"),
        {"it was long ago": Moment({_FAIL_OPEN: "0x3 4x60"}, "30m")},
        labels={"name": "watched.bomgate.dev"},
    ),
    Case(
        "BomgateWebhookSlow",
        "warning",
        calls(slow="3"),
        {"fewer than 1 in 100 are slow": calls(slow="0")},
        labels={"name": "enforced.bomgate.dev"},
    ),
    Case(
        "BomgateDecisionErrors",
        "warning",
        rises("bomgate_admission_errors_total", at="10m"),
        counted("bomgate_admission_errors_total"),
    ),
    Case(
        "BomgateReviewsUnread",
        "warning",
        rises("bomgate_reviews_unread_total", at="10m"),
        counted("bomgate_reviews_unread_total"),
    ),
    Case(
        "BomgateConnectionsCrowded",
        "warning",
        Moment({'bomgate_connections_closed_total{instance="a",reason="crowded"}': "0x8 3x30"}, "10m"),
        {
            "peers were only slow": Moment(
                {'bomgate_connections_closed_total{instance="a",reason="handshake"}': "0x8 3x30"}, "10m"
            )
        },
    ),
    Case(
        "BomgateUnexpectedErrors",
        "info",
        rises("bomgate_unexpected_errors_total", 'place="referrers"', "10m"),
        {
            "the webhook could not decide, which is another alert": rises("bomgate_admission_errors_total"),
            **counted("bomgate_unexpected_errors_total", 'place="referrers"'),
        },
        labels={"place": "referrers"},
    ),
    Case(
        "BomgateReadModelStale",
        "warning",
        Moment({'bomgate_read_model_refresh_timestamp_seconds{instance="a"}': "0+60x10 600x60"}, "21m"),
        {
            "it is just under 5 minutes": Moment(
                {'bomgate_read_model_refresh_timestamp_seconds{instance="a"}': "0+60x10 600x60"}, "15m"
            ),
            "the database came back": Moment(
                {'bomgate_read_model_refresh_timestamp_seconds{instance="a"}': "0x10 660+60x60"}, "30m"
            ),
        },
        labels={"instance": "a"},
    ),
    Case(
        "BomgateReplicasDisagree",
        "warning",
        revisions("0+3x60", "0+3x10 30x50"),
        {
            "both follow, one a moment later": revisions("0+3x60", "0+3x50 150x10"),
            "there is one only, and the database was put back": Moment(
                {'bomgate_read_model_revision{instance="a"}': "90x20 40x60"}, "45m"
            ),
        },
    ),
    Case(
        "BomgateSightingsDropped",
        "info",
        rises("bomgate_sightings_dropped_total", at="10m"),
        counted("bomgate_sightings_dropped_total"),
    ),
)
