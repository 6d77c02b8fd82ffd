"""Cases of the group bomgate-certificates."""

from __future__ import annotations

from tests.alerts.cases.making import HOURS, Case, Moment, counted, led, rises


def until(name: str, days: int, at: str) -> Moment:
    """What ends after so many days since second 0; another replica has one that ends later."""
    return Moment(
        {f'{name}{{instance="a"}}': f"{days * 86400}x2000", f'{name}{{instance="b"}}': f"{(days + 9) * 86400}x2000"},
        at,
        HOURS,
    )


_LEAF = "bomgate_certificate_expiry_timestamp_seconds"
_AUTHORITY = "bomgate_certificate_authority_expiry_timestamp_seconds"

CERTIFICATES = (
    Case(
        "BomgateCertificateExpiring",
        "warning",
        until(_LEAF, 15, "1d1h"),
        {
            "there are just 14 days": until(_LEAF, 15, "23h56m"),
            "there is none, because it serves plain HTTP": Moment(
                {'bomgate_webhook_ready{instance="a"}': "1x900"}, "2d"
            ),
        },
    ),
    Case(
        "BomgateCertificateExpiring",
        "critical",
        until(_LEAF, 4, "1d1h"),
        {"there are just 3 days": until(_LEAF, 4, "23h56m")},
        also=("warning",),
    ),
    Case(
        "BomgateCertificateAuthorityExpiring",
        "warning",
        led(_AUTHORITY, f"{61 * 86400}x2000", at="1d1h", step=HOURS),
        {
            "there are just 60 days": led(_AUTHORITY, f"{61 * 86400}x2000", at="23h56m", step=HOURS),
            "who says so leads no more": led(_AUTHORITY, f"{61 * 86400}x2000", leader="0x2000", at="1d1h", step=HOURS),
        },
    ),
    Case(
        "BomgateCertificateAuthorityExpiring",
        "critical",
        led(_AUTHORITY, f"{15 * 86400}x2000", at="1d1h", step=HOURS),
        {"there are just 14 days": led(_AUTHORITY, f"{15 * 86400}x2000", at="23h56m", step=HOURS)},
        also=("warning",),
    ),
    Case(
        "BomgateCertificateReloadErrors",
        "warning",
        rises("bomgate_certificate_reload_errors_total", at="10m"),
        counted("bomgate_certificate_reload_errors_total"),
    ),
)
