"""Cases of the group bomgate-workloads."""

from __future__ import annotations

from tests.alerts.cases.making import LEADER, Case, Moment, counted, rises


def workloads(action: str, reason: str, values: str, *, instance: str = "a") -> dict[str, str]:
    """What the audit of one controller found."""
    return {f'bomgate_audit_workloads{{job="c", instance="{instance}", action="{action}", reason="{reason}"}}': values}


def unassessed(rating: str, values: str, *, instance: str = "a") -> dict[str, str]:
    """What the audit of one controller found to be unassessed."""
    return {f'bomgate_audit_unassessed{{job="c", instance="{instance}", rating="{rating}"}}': values}


WORKLOADS = (
    Case(
        "BomgateUnassessedRunning",
        "warning",
        Moment(LEADER | unassessed("critical", "0x10 2x100") | unassessed("high", "0x200"), "75m"),
        {
            "they are of less severity": Moment(
                LEADER | unassessed("medium", "9x200") | unassessed("unscored", "9x200") | unassessed("high", "0x200"),
                "90m",
            ),
            "it is not yet an hour": Moment(LEADER | unassessed("high", "0x10 2x100"), "65m"),
            "they are assessed": Moment(LEADER | unassessed("high", "2x80 0x60"), "97m"),
            "who says so leads no more": Moment(
                LEADER
                | {'bomgate_leader{job="c", instance="b"}': "0x200"}
                | unassessed("critical", "0x200")
                | unassessed("critical", "2x200", instance="b"),
                "90m",
            ),
        },
        labels={"rating": "critical"},
    ),
    Case(
        "BomgateCautionsRunning",
        "warning",
        Moment(LEADER | workloads("warn", "findings", "0x10 2x60"), "20m"),
        {
            "none is of vulnerabilities": Moment(LEADER | workloads("warn", "unknown", "2x60"), "20m"),
            "it is not yet 5 minutes": Moment(LEADER | workloads("warn", "findings", "0x10 2x60"), "15m"),
            "they are gone": Moment(LEADER | workloads("warn", "findings", "2x20 0x60"), "30m"),
            "who says so leads no more": Moment(
                LEADER
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
        rises("bomgate_admission_requests_total", 'decision="warn", reason="findings"'),
        {
            "the warning was of something else": rises(
                "bomgate_admission_requests_total", 'decision="warn", reason="unknown"'
            ),
            **counted("bomgate_admission_requests_total", 'decision="warn", reason="findings"'),
        },
    ),
    Case(
        "BomgateWouldBeBlocked",
        "warning",
        Moment(LEADER | workloads("deny", "findings", "1x60") | workloads("deny", "missing-sbom", "2x60"), "20m"),
        {
            "they would be warned of": Moment(LEADER | workloads("warn", "findings", "5x60"), "20m"),
            "there is none": Moment(LEADER | workloads("deny", "findings", "0x60"), "20m"),
            "they are gone": Moment(LEADER | workloads("deny", "findings", "2x20 0x60"), "30m"),
        },
    ),
    Case(
        "BomgateDenials",
        "info",
        rises("bomgate_denials_total", 'subject="workload", area="other"'),
        {
            "it was a controller's Pod": rises("bomgate_denials_total", 'subject="controller-pod", area="other"'),
            "it was in a system namespace": rises("bomgate_denials_total", 'subject="workload", area="system"'),
            **counted("bomgate_denials_total", 'subject="pod", area="other"'),
        },
    ),
    Case(
        "BomgateControllerPodsDenied",
        "warning",
        rises("bomgate_denials_total", 'subject="controller-pod", area="other"'),
        {
            "it was made by hand": rises("bomgate_denials_total", 'subject="pod", area="other"'),
            "it is not yet 5 minutes": rises("bomgate_denials_total", 'subject="controller-pod", area="other"', "12m"),
            **counted("bomgate_denials_total", 'subject="controller-pod", area="other"'),
        },
    ),
    Case(
        "BomgateSystemNamespaceDenials",
        "critical",
        rises("bomgate_denials_total", 'subject="controller-pod", area="system"', "10m"),
        {
            "it was elsewhere": rises("bomgate_denials_total", 'subject="controller-pod", area="other"'),
            **counted("bomgate_denials_total", 'subject="workload", area="system"'),
        },
    ),
    Case(
        "BomgateAdmittedUnproven",
        "warning",
        rises("bomgate_admitted_unproven_total", at="10m"),
        {
            "what runs already was proven": rises("bomgate_admitted_kept_total"),
            **counted("bomgate_admitted_unproven_total"),
        },
    ),
    Case(
        "BomgateBreakGlassUsed",
        "warning",
        rises("bomgate_break_glass_total", 'result="used"', "10m"),
        {
            "it was refused": rises("bomgate_break_glass_total", 'result="refused"'),
            **counted("bomgate_break_glass_total", 'result="used"'),
        },
    ),
    Case(
        "BomgateBreakGlassRefused",
        "info",
        rises("bomgate_break_glass_total", 'result="refused"', "10m"),
        {
            "it had expired": rises("bomgate_break_glass_total", 'result="expired"'),
            **counted("bomgate_break_glass_total", 'result="refused"'),
        },
    ),
)
