"""Cases of the group bomgate-data."""

from __future__ import annotations

from tests.alerts.cases.making import HOURS, LEADER, Case, Moment, led


def stopped(reason: str, values: str = "1x60", at: str = "20m") -> Moment:
    """What ended the last run of the downloader."""
    return Moment({f'bomgate_download_last_run_stopped{{reason="{reason}", instance="a"}}': values}, at)


def answered(second: int, at: str) -> Moment:
    """When the source last answered; two replicas, one of which has not heard of it."""
    name = "bomgate_data_newest_answer_timestamp_seconds"
    return Moment({f'{name}{{instance="a"}}': f"{second}x2000", f'{name}{{instance="b"}}': "1x2000"}, at, HOURS)


def of_source(what: str, name: str, values: str, at: str, instance: str = "a") -> Moment:
    """When a set was checked, or published."""
    series = f'bomgate_source_{what}_timestamp_seconds{{job="c", instance="{instance}", source="osv", set="{name}"}}'
    return Moment({series: values}, at, HOURS)


def unreadable(values: str, at: str) -> Moment:
    """Whether a set can be read."""
    return Moment({'bomgate_source_unreadable{job="c", source="osv", set="Debian"}': values}, at)


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
    return Moment(LEADER | {name % "unknown": f"{unknown}x2000", name % "clean": f"{clean}x2000"}, at, HOURS)


def images(found: int, none: int, refused: int, at: str) -> Moment:
    """The running images."""
    name = 'bomgate_audit_images{job="c", instance="a", sbom="%s"}'
    values = {"found": found, "none": none, "refused": refused}
    return Moment(LEADER | {name % word: f"{number}x2000" for word, number in values.items()}, at, HOURS)


UNREADABLE = 'bomgate_audit_images{job="c", instance="a", sbom="unreadable"}'


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
        "BomgateSourceTooOld",
        "warning",
        of_source("checked", "Debian", "3600x2000", "49h20m"),
        {
            "it is just under 48 hours": of_source("checked", "Debian", "3600x2000", "48h56m"),
            "the new leader has brought it up to date": Moment(
                {
                    **of_source("checked", "Debian", "3600x2000", "0m").series,
                    **of_source("checked", "Debian", "100000x2000", "0m", "b").series,
                },
                "49h20m",
                HOURS,
            ),
            "it was never read, and not for 26 hours": of_source("checked", "Debian", "0x2000", "25h"),
        },
        labels={"source": "osv", "set": "Debian"},
    ),
    Case(
        "BomgateSourceNeverRead",
        "warning",
        of_source("checked", "Debian", "0x2000", "26h20m"),
        {
            "it is not for 26 hours": of_source("checked", "Debian", "0x2000", "25h56m"),
            "it was read": of_source("checked", "Debian", "3600x2000", "30h"),
        },
        labels={"source": "osv", "set": "Debian"},
    ),
    Case(
        "BomgateSourceUnreadable",
        "warning",
        unreadable("1x60", "20m"),
        {"it is not yet 15 minutes": unreadable("1x60", "14m"), "it was brought again": unreadable("1x5 0x60", "20m")},
        labels={"source": "osv", "set": "Debian"},
    ),
    Case(
        "BomgateVexIncomplete",
        "warning",
        Moment({'bomgate_vex_incomplete_images{pod="a"}': "2x90"}, "70m"),
        {
            "it is not yet an hour": Moment({'bomgate_vex_incomplete_images{pod="a"}': "2x90"}, "56m"),
            "all was read again": Moment({'bomgate_vex_incomplete_images{pod="a"}': "2x30 0x90"}, "100m"),
        },
    ),
    Case(
        "BomgateSourceBehind",
        "warning",
        of_source("published", "EPSS", "-600000x4000", "2h"),
        {"KEV has longer": of_source("published", "KEV", "-600000x4000", "2h")},
        labels={"source": "osv", "set": "EPSS"},
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
        "BomgateSbomsIncomplete",
        "warning",
        led("bomgate_audit_images_incomplete", "1x2000", at="7h", step=HOURS),
        {
            "there is none": led("bomgate_audit_images_incomplete", "0x2000", at="7h", step=HOURS),
            "it is not yet 6 hours": led("bomgate_audit_images_incomplete", "1x2000", at="5h52m", step=HOURS),
            "the place answered in between": led(
                "bomgate_audit_images_incomplete", "1x60 0x15 1x1000", at="7h", step=HOURS
            ),
            "nothing is attached at all": images(9, 1, 0, "7h"),
            "who says so leads no more": led(
                "bomgate_audit_images_incomplete", "1x2000", leader="0x2000", at="7h", step=HOURS
            ),
        },
    ),
    Case(
        "BomgateSbomsIncomplete",
        "warning",
        Moment(LEADER | {UNREADABLE: "1x2000"}, "7h", HOURS),
        {"all are gone": Moment(LEADER | {UNREADABLE: "1x80 0x2000"}, "7h", HOURS)},
    ),
    Case(
        "BomgateSbomsOutdated",
        "warning",
        led("bomgate_outdated_running_images", "2x2000", at="25h", step=HOURS),
        {
            "all were read again": led("bomgate_outdated_running_images", "2x180 0x2000", at="25h", step=HOURS),
            "it is not yet a day": led("bomgate_outdated_running_images", "2x2000", at="23h52m", step=HOURS),
            "who says so leads no more": led(
                "bomgate_outdated_running_images", "2x2000", leader="0x2000", at="25h", step=HOURS
            ),
        },
    ),
    Case(
        "BomgateAssessmentsExpiring",
        "info",
        Moment(LEADER | expiring("allow", 2) | expiring("deny", 1), "70m"),
        {
            "there is none": Moment(LEADER | expiring("deny", 0), "70m"),
            "it is not yet an hour": Moment(LEADER | expiring("deny", 1), "55m"),
        },
    ),
    Case(
        "BomgateBlocksOpening",
        "warning",
        led("bomgate_assessments_opening", "1x90", at="70m"),
        {
            "there is none": led("bomgate_assessments_opening", "0x90", at="70m"),
            "what expires does not deny": Moment(LEADER | expiring("allow", 4), "70m"),
            "who says so leads no more": led("bomgate_assessments_opening", "1x90", leader="0x90", at="70m"),
        },
    ),
    Case(
        "BomgateConfigTraps",
        "info",
        Moment(
            {'bomgate_config_traps{level="warning", code="unknown-allow", instance="a"}': "1x90"},
            "70m",
        ),
        {
            "it is a note": Moment(
                {'bomgate_config_traps{level="note", code="range-gap", instance="a"}': "3x90"}, "70m"
            ),
            "the recommended types have it": Moment(
                {'bomgate_config_traps{level="warning", code="opens-by-itself", instance="a"}': "1x90"}, "70m"
            ),
            "there is none any more": Moment(
                {'bomgate_config_traps{level="warning", code="unknown-allow", instance="a"}': "1x30 0x60"}, "70m"
            ),
        },
        labels={"code": "unknown-allow"},
    ),
)
