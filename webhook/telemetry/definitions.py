"""Definitions: the metrics, each written down once."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MetricDefinition:
    """One metric.

    Attributes:
        name: as scraped; counters end in ``_total``.
        kind: ``counter``, ``gauge`` or ``histogram``.
        help: one sentence.
        labels: bounded label names; never one that Prometheus gives to what it scrapes, such as ``namespace``,
            ``pod``, ``job`` or ``instance``.
        initial: values of the labels of those counters that are exposed as 0 from the start, because an alert that
            asks for an increase would miss the first one otherwise.
    """

    name: str
    kind: str
    help: str
    labels: tuple[str, ...] = ()
    initial: tuple[tuple[str, ...], ...] = ()


DEFINITIONS = (
    MetricDefinition(
        "bomgate_admission_requests_total",
        "counter",
        "Admission requests answered, by what was asked, what was decided and why.",
        ("operation", "kind", "decision", "reason"),
    ),
    MetricDefinition(
        "bomgate_admission_duration_seconds",
        "histogram",
        "Time from the arrival of an admission request to its answer, by decision.",
        ("decision",),
    ),
    MetricDefinition(
        "bomgate_admission_errors_total",
        "counter",
        "Admission requests whose decision failed; the worse of onError and missingSbom answered them.",
    ),
    MetricDefinition(
        "bomgate_reviews_unread_total",
        "counter",
        "Admission reviews that were not read whole and answered as undecided: no room in time, or too large.",
    ),
    MetricDefinition(
        "bomgate_connections_closed_total",
        "counter",
        "Connections to the webhook that it closed: crowded, or the step that took too long.",
        ("reason",),
        (("crowded",), ("handshake",), ("head",), ("body",), ("idle",)),
    ),
    MetricDefinition(
        "bomgate_unexpected_errors_total",
        "counter",
        "Unexpected errors that an answer from outside caused, by the place that gave it; each counts as its refusal.",
        ("place",),
        tuple(
            (place,)
            for place in (
                "tag",
                "pull-secrets",
                "owners",
                "referrers",
                "buildkit",
                "cosign-attestation",
                "cosign-attachment",
                "directory",
                "cluster-report",
                "generated",
            )
        ),
    ),
    MetricDefinition("bomgate_webhook_ready", "gauge", "1 in a webhook that can decide, else 0."),
    MetricDefinition("bomgate_read_model_revision", "gauge", "Newest store revision that this replica decides with."),
    MetricDefinition(
        "bomgate_read_model_refresh_timestamp_seconds",
        "gauge",
        "When the read model was last found equal to the store, as seconds since 1970.",
    ),
    MetricDefinition(
        "bomgate_data_newest_answer_timestamp_seconds",
        "gauge",
        "When the vulnerability source last answered for any component, as seconds since 1970; 0 when it never did.",
    ),
    MetricDefinition(
        "bomgate_data_last_complete_download_timestamp_seconds",
        "gauge",
        "When the last complete run of the downloader ended, as seconds since 1970; 0 when there was none.",
    ),
    MetricDefinition("bomgate_components", "gauge", "Components that the store knows, by state.", ("state",)),
    MetricDefinition("bomgate_images", "gauge", "Images whose SBOM the store knows."),
    MetricDefinition(
        "bomgate_config_traps",
        "gauge",
        "Traps that `bomgate types lint` finds in the configuration, by level (warning, note) and code.",
        ("level", "code"),
    ),
    MetricDefinition(
        "bomgate_certificate_expiry_timestamp_seconds",
        "gauge",
        "When the serving certificate stops being valid, as seconds since 1970.",
    ),
    MetricDefinition(
        "bomgate_certificate_reload_errors_total",
        "counter",
        "Times that changed certificate files could not be used; the former certificate stays in use.",
    ),
    MetricDefinition("bomgate_sightings_dropped_total", "counter", "Notes of seen images dropped under pressure."),
    MetricDefinition(
        "bomgate_denials_total",
        "counter",
        "Requests denied, by whose they are (workload, pod, controller-pod) and in which namespaces (system, other).",
        ("subject", "area"),
        tuple((subject, area) for subject in ("workload", "pod", "controller-pod") for area in ("system", "other")),
    ),
    MetricDefinition(
        "bomgate_admitted_unproven_total",
        "counter",
        "Objects admitted although their verdict is deny, because the API server could not say what their controller "
        "runs.",
    ),
    MetricDefinition(
        "bomgate_admitted_kept_total",
        "counter",
        "Pods admitted although their verdict is deny now, because their controller runs the same images already.",
    ),
    MetricDefinition(
        "bomgate_break_glass_total",
        "counter",
        "Requests with a break-glass annotation that a denial met, by what became of it (used, refused, expired).",
        ("result",),
        (("used",), ("refused",), ("expired",)),
    ),
    MetricDefinition("bomgate_mutations_total", "counter", "Pods seen by /mutate, by result.", ("result",)),
    MetricDefinition("bomgate_leader", "gauge", "1 in the controller that leads; 0 in those that stand by."),
    MetricDefinition(
        "bomgate_controller_duty_timestamp_seconds",
        "gauge",
        "When a duty of the controller last ended well, as seconds since 1970.",
        ("duty",),
    ),
    MetricDefinition(
        "bomgate_controller_duty_errors_total", "counter", "Times that a duty of the controller failed.", ("duty",)
    ),
    MetricDefinition(
        "bomgate_pruned_total",
        "counter",
        "What retention has deleted, by kind: images, components, documents, or rows of a table.",
        ("kind",),
    ),
    MetricDefinition(
        "bomgate_prune_backlog", "gauge", "What is old enough to be deleted by retention and is still there.", ("kind",)
    ),
    MetricDefinition(
        "bomgate_prune_timestamp_seconds",
        "gauge",
        "When a pass of retention last came to its end, as seconds since 1970; 0 when none ever did.",
    ),
    MetricDefinition(
        "bomgate_rbac_gaps",
        "gauge",
        "Rights that this process needs and does not have; the log names them, and the controller's /readyz.",
    ),
    MetricDefinition(
        "bomgate_certificate_authority_expiry_timestamp_seconds",
        "gauge",
        "When bomgate's own certificate authority stops being valid, as seconds since 1970.",
    ),
    MetricDefinition(
        "bomgate_audit_workloads",
        "gauge",
        "Running workloads by what they would get at admission now, and what weighs most in that.",
        ("action", "reason"),
    ),
    MetricDefinition(
        "bomgate_audit_images",
        "gauge",
        "Distinct running images by what became of the search for their SBOM.",
        ("sbom",),
    ),
    MetricDefinition(
        "bomgate_audit_images_incomplete",
        "gauge",
        "Distinct running images of which only a part is known: a place of SBOMs refused or cannot be read, or a "
        "platform has none.",
    ),
    MetricDefinition(
        "bomgate_audit_components",
        "gauge",
        "Components of running images, each counted once an image, by state.",
        ("state",),
    ),
    MetricDefinition(
        "bomgate_audit_unassessed",
        "gauge",
        "Vulnerabilities of running images that have no assessment in force, each counted once a package, by severity.",
        ("rating",),
    ),
    MetricDefinition("bomgate_audit_timestamp_seconds", "gauge", "When the audit last ended, as seconds since 1970."),
    MetricDefinition("bomgate_audit_duration_seconds", "gauge", "How long the last audit took."),
    MetricDefinition(
        "bomgate_reports_total",
        "counter",
        "Events and policy reports written to the cluster, by kind and result.",
        ("kind", "result"),
    ),
    MetricDefinition(
        "bomgate_assessments_expiring",
        "gauge",
        "Assessments in force that expire within 7 days, by action.",
        ("action",),
    ),
    MetricDefinition(
        "bomgate_assessments_opening",
        "gauge",
        "Denying assessments that expire within 7 days and then let what they deny in.",
    ),
    MetricDefinition(
        "bomgate_custom_resources",
        "gauge",
        "AssessmentType and Assessment objects, by kind and validity.",
        ("kind", "valid"),
    ),
    MetricDefinition(
        "bomgate_source_records",
        "gauge",
        "Records that count, by source and set, such as Debian, KEV or EPSS.",
        ("source", "set"),
    ),
    MetricDefinition(
        "bomgate_source_checked_timestamp_seconds",
        "gauge",
        "When a source last said that a set is the newest, by source and set; 0 when it never did.",
        ("source", "set"),
    ),
    MetricDefinition(
        "bomgate_source_unreadable",
        "gauge",
        "Whether the set that the database has cannot be read (1), by source and set.",
        ("source", "set"),
    ),
    MetricDefinition(
        "bomgate_source_published_timestamp_seconds",
        "gauge",
        "The day that a set was published for, by source and set; KEV and EPSS.",
        ("source", "set"),
    ),
    MetricDefinition(
        "bomgate_vex_incomplete_images",
        "gauge",
        "Images with VEX attestations of which not all that is attached could be read, so that none loosens.",
    ),
    MetricDefinition(
        "bomgate_outdated_sboms",
        "gauge",
        "SBOMs that an older bomgate read, by state: read again and waiting for answers, unread, without-document.",
        ("state",),
    ),
    MetricDefinition(
        "bomgate_outdated_running_images",
        "gauge",
        "Running images with an SBOM that an older bomgate read, and that was not read again yet.",
    ),
    MetricDefinition(
        "bomgate_rekeyed_components",
        "gauge",
        "Components of SBOMs that were read again which OSS Index was never asked for; each costs at least a credit.",
    ),
    MetricDefinition(
        "bomgate_download_last_run_timestamp_seconds",
        "gauge",
        "When the downloader last ended a run, as seconds since 1970; 0 when it never did.",
    ),
    MetricDefinition("bomgate_download_last_run_complete", "gauge", "1 when that run was complete, else 0."),
    MetricDefinition(
        "bomgate_download_last_run_stopped",
        "gauge",
        "1 for what ended that run early (credits, credentials, rate, budget, cancelled, other), else 0.",
        ("reason",),
    ),
    MetricDefinition(
        "bomgate_console_requests_total",
        "counter",
        "Requests that the console answered, by what was asked (page, api) and the class of the status (2xx, 4xx …).",
        ("asked", "status"),
    ),
    MetricDefinition(
        "bomgate_console_request_duration_seconds",
        "histogram",
        "Time that the console took for an answer, by what was asked.",
        ("asked",),
    ),
    MetricDefinition(
        "bomgate_console_runs_total",
        "counter",
        "Runs of the downloader that people began in the console, cancelled there, or that could not be begun.",
        ("change",),
        (("begun",), ("cancelled",), ("failed",)),
    ),
    MetricDefinition(
        "bomgate_notifications_total",
        "counter",
        "Messages to destinations by what became of a try (sent, failed), and notifications given up.",
        ("result",),
        (("sent",), ("failed",), ("given-up",)),
    ),
    MetricDefinition(
        "bomgate_notifications_waiting",
        "gauge",
        "Notifications that a destination has not been told yet.",
        ("destination",),
    ),
    MetricDefinition(
        "bomgate_notifications_failing_since_timestamp_seconds",
        "gauge",
        "When the oldest notification was announced that a destination did not take, as seconds since 1970; 0: none.",
        ("destination",),
    ),
    MetricDefinition(
        "bomgate_requests",
        "gauge",
        "Requests for exceptions by phase (waiting, approved, denied, withdrawn, lapsed).",
        ("phase",),
    ),
    MetricDefinition(
        "bomgate_requests_oldest_waiting_seconds",
        "gauge",
        "For how long the oldest request that waits has waited; 0 when none does.",
    ),
    MetricDefinition("bomgate_build_info", "gauge", "1, with the version as a label.", ("version",)),
    MetricDefinition(
        "bomgate_fleet_reports_total",
        "counter",
        "Coordinates that members asked the hub for: answered, queued, or refused as too many new ones for a day.",
        ("outcome",),
    ),
    MetricDefinition("bomgate_fleet_inventories_total", "counter", "Reports of members of what runs there."),
    MetricDefinition(
        "bomgate_fleet_left_out_total",
        "counter",
        "Things in reports of members that the hub could not keep, such as purls that are none.",
    ),
    MetricDefinition(
        "bomgate_fleet_waiting", "gauge", "Coordinates that members wait for, and that the hub has not asked for yet."
    ),
    MetricDefinition(
        "bomgate_fleet_refused_total",
        "counter",
        "Requests to the hub that were refused because no member has their token.",
    ),
    MetricDefinition(
        "bomgate_fleet_documents_refused_total",
        "counter",
        "Documents of the hub that a member refused: not signed with a key that it knows, damaged, or a replay.",
    ),
    MetricDefinition(
        "bomgate_fleet_contact_timestamp_seconds",
        "gauge",
        "When this member's hub last answered, as seconds since 1970.",
    ),
    MetricDefinition(
        "bomgate_fleet_applied_revision", "gauge", "The revision of the hub's store that this member has applied."
    ),
    MetricDefinition(
        "bomgate_fleet_held_records",
        "gauge",
        "Decisions of the hub that it has lost, and that this member keeps in force because they restrict.",
    ),
    MetricDefinition(
        "bomgate_fleet_clock_skew_seconds", "gauge", "By how much this member's clock is ahead of its hub's."
    ),
    MetricDefinition("bomgate_fleet_members", "gauge", "Members that this hub has."),
    MetricDefinition(
        "bomgate_fleet_members_silent",
        "gauge",
        "Members that have not asked this hub for ten minutes; those that never did are not counted.",
    ),
)
