"""When each alert fires, and the near miss at which it does not; `promtool test rules` runs them.

Times count from second 0, which is the time that ``time()`` gives then. Values are written as promtool takes them:
``3x60`` is 3, repeated 60 times; ``0+1x60`` counts up; ``_x60`` is no sample.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

MINUTES = "1m"
HOURS = "4m"
"""Below the 5 minutes for which Prometheus takes a sample for the current one."""
_LEADER = {'bomgate_leader{job="c", instance="a"}': "1x2000"}
_CALL_ERRORS = (
    'apiserver_admission_webhook_rejection_count{name="enforced.bomgate.dev", error_type="calling_webhook_error",'
    ' instance="%s"}'
)
_FAIL_OPEN = 'apiserver_admission_webhook_fail_open_count{name="watched.bomgate.dev"}'
_DURATION = 'apiserver_admission_webhook_admission_duration_seconds_bucket{name="enforced.bomgate.dev", le="%s"}'


@dataclass(frozen=True)
class Moment:
    """What is scraped, and when it is looked at.

    Attributes:
        series: values by series.
        at: the moment of evaluation.
        step: seconds between two samples and two evaluations.
    """

    series: Mapping[str, str]
    at: str
    step: str = MINUTES


@dataclass(frozen=True)
class Case:
    """One alert of one severity.

    Attributes:
        alert: its name.
        severity: its severity.
        fires: when it fires.
        quiet: when it just does not, each with the reason.
        labels: that the alert has beside its name and its severity.
        also: other severities of the same name that fire at the same moment.
    """

    alert: str
    severity: str
    fires: Moment
    quiet: Mapping[str, Moment]
    labels: Mapping[str, str] = field(default_factory=dict)
    also: tuple[str, ...] = ()


def led(name: str, values: str, labels: str = "", *, leader: str = "1x2000", at: str, step: str = MINUTES) -> Moment:
    """A metric of a controller that leads, or does not."""
    more = f", {labels}" if labels else ""
    return Moment(
        {'bomgate_leader{job="c", instance="a"}': leader, f'{name}{{job="c", instance="a"{more}}}': values}, at, step
    )


def workloads(action: str, reason: str, values: str, *, instance: str = "a") -> dict[str, str]:
    """What the audit of one controller found."""
    return {f'bomgate_audit_workloads{{job="c", instance="{instance}", action="{action}", reason="{reason}"}}': values}


def counted(name: str, labels: str = "") -> dict[str, Moment]:
    """The near misses of an alert about the increase of a counter."""
    series = f'{name}{{{labels}, instance="a"}}' if labels else f'{name}{{instance="a"}}'
    return {
        "it stands still": Moment({series: "7x90"}, "90m"),
        "it rose long ago": Moment({series: "0x3 5x120"}, "120m"),
        "the process began anew": Moment({series: "7x60 0x60"}, "75m"),
    }


def _rises(name: str, labels: str = "", at: str = "20m") -> Moment:
    series = f'{name}{{{labels}, instance="a"}}' if labels else f'{name}{{instance="a"}}'
    return Moment({series: "0x8 3x30"}, at)


WORKLOADS = (
    Case(
        "BomgateCautionsRunning",
        "warning",
        Moment(_LEADER | workloads("warn", "findings", "0x10 2x60"), "20m"),
        {
            "none is of vulnerabilities": Moment(_LEADER | workloads("warn", "unknown", "2x60"), "20m"),
            "it is not yet 5 minutes": Moment(_LEADER | workloads("warn", "findings", "0x10 2x60"), "15m"),
            "they are gone": Moment(_LEADER | workloads("warn", "findings", "2x20 0x60"), "30m"),
            "who says so leads no more": Moment(
                _LEADER
                | {'bomgate_leader{job="c", instance="b"}': "0x60"}
                | workloads("warn", "findings", "0x60")
                | workloads("warn", "findings", "2x60", instance="b"),
                "30m",
            ),
        },
    ),
    Case(
        "BomgateCautionsAdmitted",
        "info",
        _rises("bomgate_admission_requests_total", 'decision="warn", reason="findings"'),
        {
            "the warning was of something else": _rises(
                "bomgate_admission_requests_total", 'decision="warn", reason="unknown"'
            ),
            **counted("bomgate_admission_requests_total", 'decision="warn", reason="findings"'),
        },
    ),
    Case(
        "BomgateWouldBeBlocked",
        "warning",
        Moment(_LEADER | workloads("deny", "findings", "1x60") | workloads("deny", "missing-sbom", "2x60"), "20m"),
        {
            "they would be warned of": Moment(_LEADER | workloads("warn", "findings", "5x60"), "20m"),
            "there is none": Moment(_LEADER | workloads("deny", "findings", "0x60"), "20m"),
            "they are gone": Moment(_LEADER | workloads("deny", "findings", "2x20 0x60"), "30m"),
        },
    ),
    Case(
        "BomgateDenials",
        "info",
        _rises("bomgate_denials_total", 'subject="workload", area="other"'),
        {
            "it was a controller's Pod": _rises("bomgate_denials_total", 'subject="controller-pod", area="other"'),
            "it was in a system namespace": _rises("bomgate_denials_total", 'subject="workload", area="system"'),
            **counted("bomgate_denials_total", 'subject="pod", area="other"'),
        },
    ),
    Case(
        "BomgateControllerPodsDenied",
        "warning",
        _rises("bomgate_denials_total", 'subject="controller-pod", area="other"'),
        {
            "it was made by hand": _rises("bomgate_denials_total", 'subject="pod", area="other"'),
            "it is not yet 5 minutes": _rises("bomgate_denials_total", 'subject="controller-pod", area="other"', "12m"),
            **counted("bomgate_denials_total", 'subject="controller-pod", area="other"'),
        },
    ),
    Case(
        "BomgateSystemNamespaceDenials",
        "critical",
        _rises("bomgate_denials_total", 'subject="controller-pod", area="system"', "10m"),
        {
            "it was elsewhere": _rises("bomgate_denials_total", 'subject="controller-pod", area="other"'),
            **counted("bomgate_denials_total", 'subject="workload", area="system"'),
        },
    ),
    Case(
        "BomgateBreakGlassUsed",
        "warning",
        _rises("bomgate_break_glass_total", 'result="used"', "10m"),
        {
            "it was refused": _rises("bomgate_break_glass_total", 'result="refused"'),
            **counted("bomgate_break_glass_total", 'result="used"'),
        },
    ),
    Case(
        "BomgateBreakGlassRefused",
        "info",
        _rises("bomgate_break_glass_total", 'result="refused"', "10m"),
        {
            "it had expired": _rises("bomgate_break_glass_total", 'result="expired"'),
            **counted("bomgate_break_glass_total", 'result="refused"'),
        },
    ),
)


def stopped(reason: str, values: str = "1x60", at: str = "20m") -> Moment:
    """What ended the last run of the downloader."""
    return Moment({f'bomgate_download_last_run_stopped{{reason="{reason}", instance="a"}}': values}, at)


def answered(second: int, at: str) -> Moment:
    """When the source last answered; two replicas, one of which has not heard of it."""
    name = "bomgate_data_newest_answer_timestamp_seconds"
    return Moment({f'{name}{{instance="a"}}': f"{second}x2000", f'{name}{{instance="b"}}': "1x2000"}, at, HOURS)


def downloads(last: str, complete: str, complete_at: str, at: str) -> Moment:
    """The last run, whether it was complete, and the last complete one."""
    return Moment(
        {
            'bomgate_download_last_run_timestamp_seconds{instance="a"}': last,
            'bomgate_download_last_run_complete{instance="a"}': complete,
            'bomgate_data_last_complete_download_timestamp_seconds{instance="a"}': complete_at,
        },
        at,
        HOURS,
    )


def components(unknown: int, clean: int, at: str) -> Moment:
    """The components of running images."""
    name = 'bomgate_audit_components{job="c", instance="a", state="%s"}'
    return Moment(_LEADER | {name % "unknown": f"{unknown}x2000", name % "clean": f"{clean}x2000"}, at, HOURS)


def images(found: int, none: int, refused: int, at: str) -> Moment:
    """The running images."""
    name = 'bomgate_audit_images{job="c", instance="a", sbom="%s"}'
    values = {"found": found, "none": none, "refused": refused}
    return Moment(_LEADER | {name % word: f"{number}x2000" for word, number in values.items()}, at, HOURS)


def expiring(action: str, number: int) -> dict[str, str]:
    """Assessments that end soon."""
    return {f'bomgate_assessments_expiring{{job="c", instance="a", action="{action}"}}': f"{number}x90"}


DATA = (
    Case(
        "BomgateDataTooOld",
        "warning",
        answered(3600, "37h20m"),
        {
            "it is just under 36 hours": answered(3600, "36h56m"),
            "it is not yet 15 minutes": answered(3600, "37h8m"),
            "the source never answered, which the downloader's alerts tell": Moment(
                {'bomgate_data_newest_answer_timestamp_seconds{instance="a"}': "0x2000"}, "100h", HOURS
            ),
        },
    ),
    Case(
        "BomgateDataTooOld",
        "critical",
        answered(3600, "73h20m"),
        {"it is just under 72 hours": answered(3600, "72h56m")},
        also=("warning",),
    ),
    Case(
        "BomgateDownloadFailed",
        "warning",
        stopped("credentials"),
        {
            "the run was complete": stopped("credentials", "0x60"),
            "it stopped for credits": stopped("credits"),
            "it stopped at its budget": stopped("budget"),
            "a run succeeded since": stopped("other", "1x8 0x60"),
        },
        labels={"reason": "credentials"},
    ),
    Case(
        "BomgateOutOfCredits",
        "warning",
        stopped("credits"),
        {"it stopped for something else": stopped("rate"), "a run succeeded since": stopped("credits", "1x8 0x60")},
    ),
    Case(
        "BomgateDownloadIncomplete",
        "warning",
        downloads("3600+240x2000", "0x2000", "3600x2000", "98h"),
        {
            "the last run was complete": downloads("3600+240x2000", "1x2000", "3600x2000", "98h"),
            "one was complete within 3 days": downloads("3600+240x2000", "0x2000", "86400x2000", "96h"),
            "it is not yet a day": downloads("3600+240x2000", "0x2000", "3600x2000", "90h"),
        },
    ),
    Case(
        "BomgateDownloaderNotRunning",
        "warning",
        downloads("3600x2000", "1x2000", "3600x2000", "32h"),
        {
            "it ran within 30 hours": downloads("3600x2000", "1x2000", "3600x2000", "30h56m"),
            "it was installed less than 30 hours ago": Moment(
                {'bomgate_download_last_run_timestamp_seconds{instance="a"}': "_x300 0x1000"}, "48h", HOURS
            ),
        },
    ),
    Case(
        "BomgateUnknownShareHigh",
        "warning",
        components(12, 88, "25h"),
        {
            "it is a tenth": components(10, 90, "25h"),
            "it is not yet a day": components(12, 88, "23h"),
            "nothing runs": components(0, 0, "25h"),
        },
    ),
    Case(
        "BomgateSbomsMissing",
        "warning",
        images(7, 2, 1, "7h"),
        {"it is a fifth": images(8, 1, 1, "7h"), "it is not yet 6 hours": images(7, 2, 1, "5h")},
    ),
    Case(
        "BomgateAssessmentsExpiring",
        "info",
        Moment(_LEADER | expiring("allow", 2) | expiring("deny", 1), "70m"),
        {
            "there is none": Moment(_LEADER | expiring("deny", 0), "70m"),
            "it is not yet an hour": Moment(_LEADER | expiring("deny", 1), "55m"),
        },
    ),
    Case(
        "BomgateBlocksOpening",
        "warning",
        led("bomgate_assessments_opening", "1x90", at="70m"),
        {
            "there is none": led("bomgate_assessments_opening", "0x90", at="70m"),
            "what expires does not deny": Moment(_LEADER | expiring("allow", 4), "70m"),
            "who says so leads no more": led("bomgate_assessments_opening", "1x90", leader="0x90", at="70m"),
        },
    ),
    Case(
        "BomgateConfigTraps",
        "info",
        Moment({'bomgate_config_traps{level="warning", instance="a"}': "1x90"}, "70m"),
        {
            "it is a note": Moment({'bomgate_config_traps{level="note", instance="a"}': "3x90"}, "70m"),
            "there is none": Moment({'bomgate_config_traps{level="warning", instance="a"}': "0x90"}, "70m"),
        },
    ),
)


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
        _rises("bomgate_admission_errors_total", at="10m"),
        counted("bomgate_admission_errors_total"),
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
        _rises("bomgate_sightings_dropped_total", at="10m"),
        counted("bomgate_sightings_dropped_total"),
    ),
)


def until(name: str, days: int, at: str) -> Moment:
    """What ends after so many days since second 0; another replica has one that ends later."""
    return Moment(
        {f'{name}{{instance="a"}}': f"{days * 86400}x2000", f'{name}{{instance="b"}}': f"{(days + 9) * 86400}x2000"},
        at,
        HOURS,
    )


_LEAF = "bomgate_certificate_expiry_timestamp_seconds"
_AUTHORITY = "bomgate_certificate_authority_expiry_timestamp_seconds"

CERTIFICATES = (
    Case(
        "BomgateCertificateExpiring",
        "warning",
        until(_LEAF, 15, "1d1h"),
        {
            "there are just 14 days": until(_LEAF, 15, "23h56m"),
            "there is none, because it serves plain HTTP": Moment(
                {'bomgate_webhook_ready{instance="a"}': "1x900"}, "2d"
            ),
        },
    ),
    Case(
        "BomgateCertificateExpiring",
        "critical",
        until(_LEAF, 4, "1d1h"),
        {"there are just 3 days": until(_LEAF, 4, "23h56m")},
        also=("warning",),
    ),
    Case(
        "BomgateCertificateAuthorityExpiring",
        "warning",
        led(_AUTHORITY, f"{61 * 86400}x2000", at="1d1h", step=HOURS),
        {
            "there are just 60 days": led(_AUTHORITY, f"{61 * 86400}x2000", at="23h56m", step=HOURS),
            "who says so leads no more": led(_AUTHORITY, f"{61 * 86400}x2000", leader="0x2000", at="1d1h", step=HOURS),
        },
    ),
    Case(
        "BomgateCertificateAuthorityExpiring",
        "critical",
        led(_AUTHORITY, f"{15 * 86400}x2000", at="1d1h", step=HOURS),
        {"there are just 14 days": led(_AUTHORITY, f"{15 * 86400}x2000", at="23h56m", step=HOURS)},
        also=("warning",),
    ),
    Case(
        "BomgateCertificateReloadErrors",
        "warning",
        _rises("bomgate_certificate_reload_errors_total", at="10m"),
        counted("bomgate_certificate_reload_errors_total"),
    ),
)


_DUTY = 'duty="certificates"'

CONTROLLER = (
    Case(
        "BomgateNoLeader",
        "warning",
        Moment({'bomgate_leader{instance="a"}': "0x60", 'bomgate_leader{instance="b"}': "1x10 0x60"}, "20m"),
        {
            "another one took over": Moment(
                {'bomgate_leader{instance="a"}': "0x12 1x60", 'bomgate_leader{instance="b"}': "1x10 0x60"}, "20m"
            )
        },
    ),
    Case(
        "BomgateDutyFailing",
        "warning",
        Moment({f"bomgate_controller_duty_errors_total{{{_DUTY}}}": "0+1x60"}, "30m"),
        {
            "it failed once": Moment({f"bomgate_controller_duty_errors_total{{{_DUTY}}}": "0x20 1x60"}, "30m"),
            "it was long ago": Moment({f"bomgate_controller_duty_errors_total{{{_DUTY}}}": "0+1x10 10x60"}, "40m"),
        },
        labels={"duty": "certificates"},
    ),
    Case(
        "BomgateDutyStale",
        "warning",
        led("bomgate_controller_duty_timestamp_seconds", "3600x2000", _DUTY, at="3h20m", step=HOURS),
        {
            "it is just under 2 hours": led(
                "bomgate_controller_duty_timestamp_seconds", "3600x2000", _DUTY, at="2h56m", step=HOURS
            ),
            "this one does not lead any more": led(
                "bomgate_controller_duty_timestamp_seconds",
                "3600x2000",
                _DUTY,
                leader="1x10 0x2000",
                at="5h",
                step=HOURS,
            ),
        },
        labels={"duty": "certificates"},
    ),
    Case(
        "BomgateRbacGaps",
        "warning",
        Moment({'bomgate_rbac_gaps{job="w", instance="a"}': "2x60"}, "20m"),
        {
            "there is none": Moment({'bomgate_rbac_gaps{job="w", instance="a"}': "0x60"}, "20m"),
            "they were given": Moment({'bomgate_rbac_gaps{job="w", instance="a"}': "2x10 0x60"}, "20m"),
        },
        labels={"job": "w"},
    ),
    Case(
        "BomgateAuditStale",
        "warning",
        led("bomgate_audit_timestamp_seconds", "3600x2000", at="5h12m", step=HOURS),
        {
            "it is just under 3 hours": led("bomgate_audit_timestamp_seconds", "3600x2000", at="3h56m", step=HOURS),
            "it was stale, and has come back": led(
                "bomgate_audit_timestamp_seconds", "3600x70 16800x2000", at="5h40m", step=HOURS
            ),
        },
    ),
    Case(
        "BomgateAuditStale",
        "warning",
        Moment({'bomgate_leader{job="c", instance="a"}': "1x2000"}, "64m", HOURS),
        {
            "it leads for less than an hour": Moment({'bomgate_leader{job="c", instance="a"}': "1x2000"}, "56m", HOURS),
            "the one without an audit does not lead": led(
                "bomgate_audit_timestamp_seconds", "0+240x2000", at="3h", step=HOURS
            ),
        },
    ),
    Case(
        "BomgateCustomResourcesInvalid",
        "warning",
        led("bomgate_custom_resources", "1x60", 'kind="Assessment", valid="false"', at="20m"),
        {
            "all are valid": led("bomgate_custom_resources", "4x60", 'kind="Assessment", valid="true"', at="20m"),
            "there is none": led("bomgate_custom_resources", "0x60", 'kind="Assessment", valid="false"', at="20m"),
        },
    ),
)

CASES = (*WORKLOADS, *DATA, *WEBHOOK, *CERTIFICATES, *CONTROLLER)
