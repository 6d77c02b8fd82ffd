"""Metrics of SBOMs, reports, advisories and VEX documents in the store."""

from __future__ import annotations

from webhook.telemetry.definitions.definition import MetricDefinition

DATA = (
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
    MetricDefinition(
        "bomgate_uncovered_components", "gauge", "Components that no source covers, by the reason why.", ("reason",)
    ),
    MetricDefinition("bomgate_images", "gauge", "Images whose SBOM the store knows."),
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
)
