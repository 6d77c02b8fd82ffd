"""Metrics of the controller: its duties, the audit, retention."""

from __future__ import annotations

from webhook.telemetry.definitions.definition import MetricDefinition

CONTROLLER = (
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
        "bomgate_audit_namespaces_left_out",
        "gauge",
        "Namespaces labelled deny about which the webhook's registration does not ask bomgate, or not about "
        "everything, by what leaves them out; absent where the registration cannot be read.",
        ("by",),
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
)
