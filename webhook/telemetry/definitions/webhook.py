"""Metrics of the webhook, and those of every process."""

from __future__ import annotations

from webhook.telemetry.definitions.definition import MetricDefinition

WEBHOOK = (
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
        "bomgate_refusals_total",
        "counter",
        "Requests denied, by reason; a member of a fleet tells its hub.",
        ("reason",),
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
    MetricDefinition("bomgate_build_info", "gauge", "1, with the version as a label.", ("version",)),
)
