"""The panels of the dashboard, row by row.

A panel is a title, a unit, a sentence and its expressions with their legends; where it stands follows from the order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_IN = 'namespace=~"$namespace"'
_ONE = ((None, "red"), (1, "green"))
_ONLY_ONE = (*_ONE, (2, "red"))


@dataclass(frozen=True)
class Panel:
    """A panel.

    Attributes:
        title: a few words.
        unit: as Grafana names it.
        says: what it shows, as a sentence.
        queries: expression and legend of each.
        stat: a number instead of a graph; colours, each with the value from which on it counts.
        width: in columns, of which there are 24.
    """

    title: str
    unit: str
    says: str
    queries: Sequence[tuple[str, str]]
    stat: Sequence[tuple[float | None, str]] = ()
    width: int = 8


def _from(value: float) -> Sequence[tuple[float | None, str]]:
    """Orange from this value on."""
    return ((None, "green"), (value, "orange"))


def _age(metric: str) -> str:
    """Seconds since the moment that a gauge holds; nothing while it is 0."""
    return f"time() - (max({metric}{{{_IN}}}) > 0)"


def _rate(metric: str, by: str, more: str = "") -> str:
    return f"sum by ({by}) (rate({metric}{{{_IN}{more}}}[$__rate_interval]))"


def _rise(metric: str, by: str) -> str:
    return f"sum by ({by}) (increase({metric}{{{_IN}}}[$__rate_interval]))"


def _quantile(share: str) -> str:
    rate = f"rate(bomgate_admission_duration_seconds_bucket{{{_IN}}}[$__rate_interval])"
    return f"histogram_quantile({share}, sum by (le) ({rate}))"


def _workloads(chosen: str) -> str:
    """How many running workloads are of this kind; 0 when there was an audit and it found none."""
    return f"sum(bomgate:audit_workloads:sum{{{_IN}, {chosen}}} or 0 * bomgate:audit_workloads:sum{{{_IN}}})"


_API = 'name=~".+[.]bomgate[.]dev"'

ROWS: Sequence[tuple[str, Sequence[Panel]]] = (
    (
        "At a glance",
        (
            Panel(
                "Webhooks ready",
                "short",
                "Replicas that can decide.",
                [(f"sum(bomgate_webhook_ready{{{_IN}}})", "")],
                _ONE,
                3,
            ),
            Panel(
                "Leader",
                "short",
                "Controllers that lead; one is right.",
                [(f"sum(bomgate_leader{{{_IN}}})", "")],
                _ONLY_ONE,
                3,
            ),
            Panel(
                "Alerts",
                "short",
                "Alerts of bomgate that fire.",
                [('count(ALERTS{alertname=~"Bomgate.+", alertstate="firing"}) or vector(0)', "")],
                _from(1),
                3,
            ),
            Panel(
                "Cautions running",
                "short",
                "Running workloads with vulnerabilities that would be warned of.",
                [(_workloads('action="warn", reason="findings"'), "")],
                _from(1),
                3,
            ),
            Panel(
                "Would be blocked",
                "short",
                "Running workloads that would be denied at admission now.",
                [(_workloads('action="deny"'), "")],
                _from(1),
                3,
            ),
            Panel(
                "Age of the data",
                "s",
                "Since the vulnerability source last answered.",
                [(_age("bomgate_data_newest_answer_timestamp_seconds"), "")],
                _from(36 * 3600),
                3,
            ),
            Panel(
                "Unknown",
                "percentunit",
                "Share of the components of running images that the source has not answered for.",
                [(f"max(bomgate:audit_components_unknown:ratio{{{_IN}}})", "")],
                _from(0.1),
                3,
            ),
            Panel(
                "Without SBOM",
                "percentunit",
                "Share of the running images without an SBOM.",
                [(f"max(bomgate:audit_images_without_sbom:ratio{{{_IN}}})", "")],
                _from(0.2),
                3,
            ),
        ),
    ),
    (
        "Decisions",
        (
            Panel(
                "Decisions",
                "reqps",
                "Requests answered.",
                [(_rate("bomgate_admission_requests_total", "decision"), "{{decision}}")],
            ),
            Panel(
                "Why it was not allowed in silence",
                "reqps",
                "What weighed most in warnings and denials.",
                [
                    (
                        _rate("bomgate_admission_requests_total", "decision, reason", ', decision!="allow"'),
                        "{{decision}}: {{reason}}",
                    )
                ],
            ),
            Panel(
                "Denials",
                "short",
                "Whose they were, and where.",
                [(_rise("bomgate_denials_total", "subject, area"), "{{subject}}, {{area}}")],
            ),
            Panel(
                "Let in all the same",
                "short",
                "Admitted before, or by break-glass.",
                [
                    (
                        f"sum(increase(bomgate_admitted_kept_total{{{_IN}}}[$__rate_interval]))",
                        "admitted stays admitted",
                    ),
                    (_rise("bomgate_break_glass_total", "result"), "break-glass {{result}}"),
                ],
            ),
            Panel(
                "Tags pinned",
                "short",
                "Pods seen by /mutate.",
                [(_rise("bomgate_mutations_total", "result"), "{{result}}")],
            ),
            Panel(
                "Failed decisions",
                "short",
                "Answered by policy.onError.",
                [(f"sum(increase(bomgate_admission_errors_total{{{_IN}}}[$__rate_interval]))", "errors")],
            ),
        ),
    ),
    (
        "Latency, and the API server's view",
        (
            Panel(
                "Time of a decision",
                "s",
                "Measured in the webhook.",
                [(_quantile("0.5"), "50 %"), (_quantile("0.99"), "99 %")],
            ),
            Panel(
                "Time of a call",
                "s",
                "Measured by the API server, with the network.",
                [("bomgate:apiserver_webhook_duration_seconds:p99", "99 % of {{name}}")],
            ),
            Panel(
                "Calls that failed",
                "short",
                "Refused, or let through unchecked.",
                [
                    (
                        "sum by (name) (increase(apiserver_admission_webhook_rejection_count"
                        f'{{{_API}, error_type="calling_webhook_error"}}[$__rate_interval]))',
                        "{{name}} refused",
                    ),
                    (
                        "sum by (name) (increase(apiserver_admission_webhook_fail_open_count"
                        f"{{{_API}}}[$__rate_interval]))",
                        "{{name}} unchecked",
                    ),
                ],
            ),
        ),
    ),
    (
        "What runs",
        (
            Panel(
                "Workloads",
                "short",
                "What they would get at admission now, and why.",
                [(f"sum by (action, reason) (bomgate:audit_workloads:sum{{{_IN}}})", "{{action}}: {{reason}}")],
            ),
            Panel(
                "SBOMs of images",
                "short",
                "What became of the search for the SBOM of each running image.",
                [(f"sum by (sbom) (bomgate:audit_images:sum{{{_IN}}})", "{{sbom}}")],
            ),
            Panel(
                "Components of running images",
                "short",
                "By state.",
                [(f"sum by (state) (bomgate:audit_components:sum{{{_IN}}})", "{{state}}")],
            ),
            Panel(
                "Age of the audit",
                "s",
                "Since the last audit ended, and how long it took.",
                [
                    (_age("bomgate_audit_timestamp_seconds"), "age"),
                    (f"max(bomgate_audit_duration_seconds{{{_IN}}})", "duration"),
                ],
            ),
            Panel(
                "Events and reports",
                "short",
                "Written to the cluster.",
                [(_rise("bomgate_reports_total", "kind, result"), "{{kind}} {{result}}")],
            ),
            Panel(
                "Assessments that end within 7 days",
                "short",
                "By what they ask for, and those that open something.",
                [
                    (f"max by (action) (bomgate_assessments_expiring{{{_IN}}})", "{{action}}"),
                    (f"max(bomgate_assessments_opening{{{_IN}}})", "open by themselves"),
                ],
            ),
        ),
    ),
    (
        "What is known",
        (
            Panel(
                "Age of the data",
                "s",
                "Since the source last answered, and since the last runs of the downloader.",
                [
                    (_age("bomgate_data_newest_answer_timestamp_seconds"), "newest answer"),
                    (_age("bomgate_data_last_complete_download_timestamp_seconds"), "complete run"),
                    (_age("bomgate_download_last_run_timestamp_seconds"), "run"),
                ],
            ),
            Panel(
                "Last run of the downloader",
                "short",
                "1 when it was complete; 1 for what ended it early.",
                [
                    (f"max(bomgate_download_last_run_complete{{{_IN}}})", "complete"),
                    (f"max by (reason) (bomgate_download_last_run_stopped{{{_IN}}})", "stopped: {{reason}}"),
                ],
            ),
            Panel(
                "Components in the store",
                "short",
                "By state.",
                [
                    (f"max by (state) (bomgate_components{{{_IN}}})", "{{state}}"),
                    (f"max(bomgate_images{{{_IN}}})", "images"),
                ],
            ),
            Panel(
                "Revision",
                "short",
                "Newest revision that each replica decides with.",
                [(f"bomgate_read_model_revision{{{_IN}}}", "{{instance}}")],
            ),
            Panel(
                "Behind the database",
                "s",
                "Since each replica was last equal to the database.",
                [(f"time() - bomgate_read_model_refresh_timestamp_seconds{{{_IN}}}", "{{instance}}")],
            ),
            Panel(
                "Settings and custom resources",
                "short",
                "Traps in the settings, custom resources by validity, notes that were dropped.",
                [
                    (f"max by (level) (bomgate_config_traps{{{_IN}}})", "traps: {{level}}"),
                    (f"max by (kind, valid) (bomgate_custom_resources{{{_IN}}})", "{{kind}}, valid: {{valid}}"),
                    (f"sum(increase(bomgate_sightings_dropped_total{{{_IN}}}[$__rate_interval]))", "notes dropped"),
                ],
            ),
        ),
    ),
    (
        "Certificates and the controller",
        (
            Panel(
                "Certificates end in",
                "s",
                "The webhook's certificate, and bomgate's own authority.",
                [
                    (f"min(bomgate_certificate_expiry_timestamp_seconds{{{_IN}}}) - time()", "certificate"),
                    (f"min(bomgate_certificate_authority_expiry_timestamp_seconds{{{_IN}}}) - time()", "authority"),
                ],
            ),
            Panel(
                "Certificates that could not be used",
                "short",
                "The former one stays in use.",
                [(f"sum(increase(bomgate_certificate_reload_errors_total{{{_IN}}}[$__rate_interval]))", "errors")],
            ),
            Panel("Leader", "short", "1 in the controller that leads.", [(f"bomgate_leader{{{_IN}}}", "{{instance}}")]),
            Panel(
                "Age of duties",
                "s",
                "Since each duty last ended well.",
                [(f"time() - max by (duty) (bomgate_controller_duty_timestamp_seconds{{{_IN}}})", "{{duty}}")],
            ),
            Panel(
                "Duties that failed",
                "short",
                "They are tried again.",
                [(_rise("bomgate_controller_duty_errors_total", "duty"), "{{duty}}")],
            ),
            Panel(
                "Missing rights and versions",
                "short",
                "Rights that the controller lacks; replicas of each version.",
                [
                    (f"max(bomgate_rbac_gaps{{{_IN}}})", "missing rights"),
                    (f"count by (version) (bomgate_build_info{{{_IN}}})", "version {{version}}"),
                ],
            ),
        ),
    ),
)
