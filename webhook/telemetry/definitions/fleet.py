"""Metrics of a hub and its members."""

from __future__ import annotations

from webhook.telemetry.definitions.definition import MetricDefinition

FLEET = (
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
    MetricDefinition(
        "bomgate_fleet_requests_waiting",
        "gauge",
        "Requests for exceptions that wait at members for an answer there, as they last told this hub.",
    ),
)
