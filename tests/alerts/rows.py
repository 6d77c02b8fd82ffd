"""The panels of the dashboard, row by row."""

from __future__ import annotations

from collections.abc import Sequence

from tests.alerts.panels import API, IN, ONE, ONLY_ONE, Panel, age, orange_from, quantile, rate, rise, workloads

ROWS: Sequence[tuple[str, Sequence[Panel]]] = (
    (
        "At a glance",
        (
            Panel(
                "Webhooks ready",
                "short",
                "Replicas that can decide.",
                [(f"sum(bomgate_webhook_ready{{{IN}}})", "")],
                ONE,
                3,
            ),
            Panel(
                "Leader",
                "short",
                "Controllers that lead; one is right.",
                [(f"sum(bomgate_leader{{{IN}}})", "")],
                ONLY_ONE,
                3,
            ),
            Panel(
                "Alerts",
                "short",
                "Alerts of bomgate that fire.",
                [('count(ALERTS{alertname=~"Bomgate.+", alertstate="firing"}) or vector(0)', "")],
                orange_from(1),
                3,
            ),
            Panel(
                "Cautions running",
                "short",
                "Running workloads with vulnerabilities that would be warned of.",
                [(workloads('action="warn", reason="findings"'), "")],
                orange_from(1),
                3,
            ),
            Panel(
                "Would be blocked",
                "short",
                "Running workloads that would be denied at admission now.",
                [(workloads('action="deny"'), "")],
                orange_from(1),
                3,
            ),
            Panel(
                "Age of the data",
                "s",
                "Since the vulnerability source last answered.",
                [(age("bomgate_data_newest_answer_timestamp_seconds"), "")],
                orange_from(36 * 3600),
                3,
            ),
            Panel(
                "Unknown",
                "percentunit",
                "Share of the components of running images that the source has not answered for.",
                [(f"max(bomgate:audit_components_unknown:ratio{{{IN}}})", "")],
                orange_from(0.1),
                3,
            ),
            Panel(
                "Without SBOM",
                "percentunit",
                "Share of the running images without an SBOM.",
                [(f"max(bomgate:audit_images_without_sbom:ratio{{{IN}}})", "")],
                orange_from(0.2),
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
                [(rate("bomgate_admission_requests_total", "decision"), "{{decision}}")],
            ),
            Panel(
                "Why it was not allowed in silence",
                "reqps",
                "What weighed most in warnings and denials.",
                [
                    (
                        rate("bomgate_admission_requests_total", "decision, reason", ', decision!="allow"'),
                        "{{decision}}: {{reason}}",
                    )
                ],
            ),
            Panel(
                "Denials",
                "short",
                "Whose they were and where, and why.",
                [
                    (rise("bomgate_denials_total", "subject, area"), "{{subject}}, {{area}}"),
                    (rise("bomgate_refusals_total", "reason"), "{{reason}}"),
                ],
            ),
            Panel(
                "admitted all the same",
                "short",
                "Admitted before, or by break-glass.",
                [
                    (
                        f"sum(increase(bomgate_admitted_kept_total{{{IN}}}[$__rate_interval]))",
                        "admitted stays admitted",
                    ),
                    (rise("bomgate_break_glass_total", "result"), "break-glass {{result}}"),
                ],
            ),
            Panel(
                "Tags pinned",
                "short",
                "Pods seen by /mutate.",
                [(rise("bomgate_mutations_total", "result"), "{{result}}")],
            ),
            Panel(
                "Failed decisions",
                "short",
                "Answered by policy.onError.",
                [(f"sum(increase(bomgate_admission_errors_total{{{IN}}}[$__rate_interval]))", "errors")],
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
                [(quantile("0.5"), "50 %"), (quantile("0.99"), "99 %")],
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
                        f'{{{API}, error_type="calling_webhook_error"}}[$__rate_interval]))',
                        "{{name}} refused",
                    ),
                    (
                        "sum by (name) (increase(apiserver_admission_webhook_fail_open_count"
                        f"{{{API}}}[$__rate_interval]))",
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
                [(f"sum by (action, reason) (bomgate:audit_workloads:sum{{{IN}}})", "{{action}}: {{reason}}")],
            ),
            Panel(
                "SBOMs of images",
                "short",
                "What became of the search for the SBOM of each running image.",
                [
                    (f"sum by (sbom) (bomgate:audit_images:sum{{{IN}}})", "{{sbom}}"),
                    (f"max(bomgate:audit_images_incomplete:sum{{{IN}}})", "known in part"),
                ],
            ),
            Panel(
                "Components of running images",
                "short",
                "By state.",
                [(f"sum by (state) (bomgate:audit_components:sum{{{IN}}})", "{{state}}")],
            ),
            Panel(
                "Unassessed vulnerabilities of running images",
                "short",
                "By severity, each counted once a package.",
                [(f"sum by (rating) (bomgate:audit_unassessed:sum{{{IN}}})", "{{rating}}")],
            ),
            Panel(
                "Age of the audit",
                "s",
                "Since the last audit ended, and how long it took.",
                [
                    (age("bomgate_audit_timestamp_seconds"), "age"),
                    (f"max(bomgate_audit_duration_seconds{{{IN}}})", "duration"),
                ],
            ),
            Panel(
                "Events and reports",
                "short",
                "Written to the cluster.",
                [(rise("bomgate_reports_total", "kind, result"), "{{kind}} {{result}}")],
            ),
            Panel(
                "Assessments that end within 7 days",
                "short",
                "By what they ask for, and those that open something.",
                [
                    (f"max by (action) (bomgate_assessments_expiring{{{IN}}})", "{{action}}"),
                    (f"max(bomgate_assessments_opening{{{IN}}})", "open by themselves"),
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
                    (age("bomgate_data_newest_answer_timestamp_seconds"), "newest answer"),
                    (age("bomgate_data_last_complete_download_timestamp_seconds"), "complete run"),
                    (age("bomgate_download_last_run_timestamp_seconds"), "run"),
                ],
            ),
            Panel(
                "Age of the sets",
                "s",
                "Since a source last said that a set is the newest.",
                [
                    (
                        f"time() - max by (source, set) (bomgate_source_checked_timestamp_seconds{{{IN}}} > 0)",
                        "{{source}}, {{set}}",
                    )
                ],
            ),
            Panel(
                "Unreadable sets",
                "short",
                "1 where the set that the database has cannot be read.",
                [(f"max by (source, set) (bomgate_source_unreadable{{{IN}}})", "{{source}}, {{set}}")],
            ),
            Panel(
                "Images with VEX that is not wholly read",
                "short",
                "Images with attestations of which not all that is attached could be read, so that none loosens.",
                [(f"max(bomgate_vex_incomplete_images{{{IN}}})", "images")],
            ),
            Panel(
                "Records of sources",
                "short",
                "How many count, by source and set.",
                [(f"max by (source, set) (bomgate_source_records{{{IN}}})", "{{source}}, {{set}}")],
            ),
            Panel(
                "Last run of the downloader",
                "short",
                "1 when it was complete; 1 for what ended it early.",
                [
                    (f"max(bomgate_download_last_run_complete{{{IN}}})", "complete"),
                    (f"max by (reason) (bomgate_download_last_run_stopped{{{IN}}})", "stopped: {{reason}}"),
                ],
            ),
            Panel(
                "Components in the store",
                "short",
                "By state, and those that no source covers by the reason why.",
                [
                    (f"max by (state) (bomgate_components{{{IN}}})", "{{state}}"),
                    (f"max by (reason) (bomgate_uncovered_components{{{IN}}})", "not covered: {{reason}}"),
                    (f"max(bomgate_images{{{IN}}})", "images"),
                ],
            ),
            Panel(
                "Revision",
                "short",
                "Newest revision that each replica decides with.",
                [(f"bomgate_read_model_revision{{{IN}}}", "{{instance}}")],
            ),
            Panel(
                "Behind the database",
                "s",
                "Since each replica was last equal to the database.",
                [(f"time() - bomgate_read_model_refresh_timestamp_seconds{{{IN}}}", "{{instance}}")],
            ),
            Panel(
                "Settings and custom resources",
                "short",
                "Traps in the settings, custom resources by validity, notes that were dropped.",
                [
                    (f"max by (code) (bomgate_config_traps{{{IN}}})", "trap: {{code}}"),
                    (f"max by (kind, valid) (bomgate_custom_resources{{{IN}}})", "{{kind}}, valid: {{valid}}"),
                    (f"sum(increase(bomgate_sightings_dropped_total{{{IN}}}[$__rate_interval]))", "notes dropped"),
                ],
            ),
            Panel(
                "SBOMs of an older bomgate",
                "short",
                "SBOMs that an older bomgate read, and the components to ask for before they have today's.",
                [
                    (f"max by (state) (bomgate_outdated_sboms{{{IN}}})", "SBOMs: {{state}}"),
                    (f"max(bomgate:outdated_running_images:sum{{{IN}}})", "running images not read again"),
                    (f"max(bomgate_rekeyed_components{{{IN}}})", "components to ask for"),
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
                    (f"min(bomgate_certificate_expiry_timestamp_seconds{{{IN}}}) - time()", "certificate"),
                    (f"min(bomgate_certificate_authority_expiry_timestamp_seconds{{{IN}}}) - time()", "authority"),
                ],
            ),
            Panel(
                "Certificates that could not be used",
                "short",
                "The former one stays in use.",
                [(f"sum(increase(bomgate_certificate_reload_errors_total{{{IN}}}[$__rate_interval]))", "errors")],
            ),
            Panel("Leader", "short", "1 in the controller that leads.", [(f"bomgate_leader{{{IN}}}", "{{instance}}")]),
            Panel(
                "Age of duties",
                "s",
                "Since each duty last ended well.",
                [(f"time() - max by (duty) (bomgate_controller_duty_timestamp_seconds{{{IN}}})", "{{duty}}")],
            ),
            Panel(
                "Duties that failed",
                "short",
                "They are tried again.",
                [(rise("bomgate_controller_duty_errors_total", "duty"), "{{duty}}")],
            ),
            Panel(
                "Deleted by retention",
                "short",
                "What is old, by kind.",
                [
                    (rise("bomgate_pruned_total", "kind"), "deleted: {{kind}}"),
                    (f"max by (kind) (bomgate_prune_backlog{{{IN}}})", "waiting: {{kind}}"),
                ],
            ),
            Panel(
                "Fleet",
                "short",
                "How far this member follows its hub, and what it holds; members of this hub.",
                [
                    (age("bomgate_fleet_contact_timestamp_seconds"), "seconds since the hub answered"),
                    (f"max(bomgate_fleet_held_records{{{IN}}})", "decisions held"),
                    (f"max(bomgate_fleet_clock_skew_seconds{{{IN}}})", "clock ahead, seconds"),
                    (f"max(bomgate_fleet_applied_revision{{{IN}}})", "revision"),
                    (f"max(bomgate_fleet_members{{{IN}}})", "members"),
                    (f"max(bomgate_fleet_members_silent{{{IN}}})", "members silent"),
                    (f"max(bomgate_fleet_requests_waiting{{{IN}}})", "requests that wait at members"),
                    (f"max(bomgate_fleet_waiting{{{IN}}})", "components that members wait for"),
                    (rise("bomgate_fleet_reports_total", "outcome"), "components that members ask for: {{outcome}}"),
                    (rise("bomgate_fleet_inventories_total", "job"), "reports of members"),
                    (rise("bomgate_fleet_left_out_total", "job"), "left out of reports"),
                    (rise("bomgate_fleet_documents_refused_total", "job"), "documents refused by {{job}}"),
                    (rise("bomgate_fleet_refused_total", "job"), "requests refused by {{job}}"),
                ],
            ),
            Panel(
                "Missing rights and versions",
                "short",
                "Rights that the controller lacks; replicas of each version.",
                [
                    (f"max(bomgate_rbac_gaps{{{IN}}})", "missing rights"),
                    (f"count by (version) (bomgate_build_info{{{IN}}})", "version {{version}}"),
                ],
            ),
        ),
    ),
    (
        "Console and notifications",
        (
            Panel(
                "Requests for exceptions",
                "short",
                "By phase; those that wait need an answer.",
                [(f"max by (phase) (bomgate_requests{{{IN}}})", "{{phase}}")],
            ),
            Panel(
                "Console requests",
                "reqps",
                "Answers of the console and its API, by the class of their status.",
                [(rate("bomgate_console_requests_total", "asked, status"), "{{asked}} {{status}}")],
            ),
            Panel(
                "Console latency",
                "s",
                "Time that 95 % of the console's answers took at most.",
                [
                    (
                        "histogram_quantile(0.95, sum by (le, asked) "
                        f"(rate(bomgate_console_request_duration_seconds_bucket{{{IN}}}[$__rate_interval])))",
                        "{{asked}}",
                    )
                ],
            ),
            Panel(
                "Runs by people",
                "short",
                "Runs of the downloader that people began or cancelled in the console, or that could not be begun.",
                [(rise("bomgate_console_runs_total", "change"), "{{change}}")],
            ),
            Panel(
                "Notifications",
                "short",
                "Messages by what became of a try, and notifications given up.",
                [(rise("bomgate_notifications_total", "result"), "{{result}}")],
            ),
            Panel(
                "Notifications that wait",
                "short",
                "That a destination has not been told yet.",
                [(f"max by (destination) (bomgate_notifications_waiting{{{IN}}})", "{{destination}}")],
            ),
            Panel(
                "Not told since",
                "s",
                "Age of the oldest notification that a destination did not take.",
                [
                    (
                        "time() - max by (destination) "
                        f"(bomgate_notifications_failing_since_timestamp_seconds{{{IN}}} > 0)",
                        "{{destination}}",
                    )
                ],
            ),
        ),
    ),
)
