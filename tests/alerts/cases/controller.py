"""Cases of the group bomgate-controller."""

from __future__ import annotations

from tests.alerts.cases.making import HOURS, Case, Moment, led

_DUTY = 'duty="certificates"'
_FAILING = "bomgate_notifications_failing_since_timestamp_seconds"

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
        "BomgatePruneBehind",
        "warning",
        led("bomgate_prune_timestamp_seconds", "3600x2000", at="56h", step=HOURS),
        {
            "it is not so for long": led("bomgate_prune_timestamp_seconds", "3600x2000", at="54h", step=HOURS),
            "a pass came to its end": led(
                "bomgate_prune_timestamp_seconds", "3600x700 172800x2000", at="56h", step=HOURS
            ),
            "this one does not lead any more": led(
                "bomgate_prune_timestamp_seconds", "3600x2000", leader="1x10 0x2000", at="56h", step=HOURS
            ),
        },
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
        "BomgateNamespacesLeftOut",
        "warning",
        led("bomgate_audit_namespaces_left_out", "2x200", 'by="namespaceSelector"', at="65m"),
        {
            "there is none": led("bomgate_audit_namespaces_left_out", "0x200", 'by="namespaceSelector"', at="65m"),
            "it is not yet an hour": led("bomgate_audit_namespaces_left_out", "2x200", 'by="objectSelector"', at="55m"),
            "conditions depend on objects": led(
                "bomgate_audit_namespaces_left_out", "2x200", 'by="matchConditions"', at="65m"
            ),
        },
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
        "BomgateRequestsWaiting",
        "warning",
        led("bomgate_requests_oldest_waiting_seconds", "172801x60", at="20m"),
        {
            "it is two days old": led("bomgate_requests_oldest_waiting_seconds", "172800x60", at="20m"),
            "it was answered": led("bomgate_requests_oldest_waiting_seconds", "172900x5 0x60", at="20m"),
            "this one does not lead": led(
                "bomgate_requests_oldest_waiting_seconds", "172900x60", leader="0x2000", at="20m"
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
    Case(
        "BomgateNotTold",
        "warning",
        led(_FAILING, "0x5 300x100", 'destination="team"', at="45m"),
        {
            "it was told": led(_FAILING, "0x5 300x30 0x60", 'destination="team"', at="45m"),
            "it is less than 30 minutes": led(_FAILING, "0x5 300x100", 'destination="team"', at="30m"),
            "this one does not lead any more": led(
                _FAILING, "0x5 300x100", 'destination="team"', leader="1x10 0x90", at="45m"
            ),
        },
        labels={"destination": "team"},
    ),
    Case(
        "BomgateHubAway",
        "warning",
        led("bomgate_fleet_contact_timestamp_seconds", "0x2000", at="75m"),
        {
            "it is less than an hour": led("bomgate_fleet_contact_timestamp_seconds", "0x2000", at="59m"),
            "the hub answers": led("bomgate_fleet_contact_timestamp_seconds", "0+60x2000", at="75m"),
            "this one does not lead": led(
                "bomgate_fleet_contact_timestamp_seconds", "0x2000", leader="0x2000", at="75m"
            ),
        },
    ),
    Case(
        "BomgateHubDocumentsRefused",
        "critical",
        led("bomgate_fleet_documents_refused_total", "0x5 1x100", at="20m"),
        {
            "none was refused": led("bomgate_fleet_documents_refused_total", "0x100", at="20m"),
            "it was long ago": led("bomgate_fleet_documents_refused_total", "0x5 1x200", at="90m"),
        },
    ),
    Case(
        "BomgateHubDecisionsHeld",
        "warning",
        led("bomgate_fleet_held_records", "2x60", at="20m"),
        {
            "there is none": led("bomgate_fleet_held_records", "0x60", at="20m"),
            "it was accepted": led("bomgate_fleet_held_records", "2x10 0x60", at="20m"),
            "this one does not lead": led("bomgate_fleet_held_records", "2x60", leader="0x2000", at="20m"),
        },
    ),
    Case(
        "BomgateFleetClockSkewed",
        "warning",
        led("bomgate_fleet_clock_skew_seconds", "-61x60", at="20m"),
        {
            "it is a minute": led("bomgate_fleet_clock_skew_seconds", "60x60", at="20m"),
            "it was set": led("bomgate_fleet_clock_skew_seconds", "90x10 0x60", at="20m"),
        },
    ),
    Case(
        "BomgateMembersSilent",
        "warning",
        Moment({'bomgate_fleet_members_silent{job="h", instance="a"}': "1x60"}, "40m"),
        {
            "all ask": Moment({'bomgate_fleet_members_silent{job="h", instance="a"}': "0x60"}, "40m"),
            "it is less than half an hour": Moment(
                {'bomgate_fleet_members_silent{job="h", instance="a"}': "1x60"}, "25m"
            ),
        },
    ),
    Case(
        "BomgateMembersUnanswered",
        "warning",
        Moment({'bomgate_fleet_waiting{job="h", instance="a"}': "7x1800"}, "27h"),
        {
            "nobody waits": Moment({'bomgate_fleet_waiting{job="h", instance="a"}': "0x1800"}, "27h"),
            "the nightly run has asked": Moment(
                {'bomgate_fleet_waiting{job="h", instance="a"}': "7x1400 0x5 7x400"}, "27h"
            ),
        },
    ),
)
