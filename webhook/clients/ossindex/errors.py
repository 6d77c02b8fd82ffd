"""What OSS Index can refuse, each with its own remedy."""

from __future__ import annotations

from webhook.errors import Final, Retryable


class NoCredentials(Final):
    """Nothing was sent, because there is nothing to sign in with; OSS Index answers nobody without (since 2025-09)."""

    code = "ossindex-no-credentials"
    default_remedy = (
        "Create a personal access token in Sonatype Guide (guide.sonatype.com) and set it as ossindex.token "
        "(BOMGATE_OSSINDEX_TOKEN)."
    )


class CredentialsRefused(Final):
    """401: the token is wrong, expired, or of the other host."""

    code = "ossindex-credentials-refused"


class Forbidden(Final):
    """403: mostly a proxy or firewall in between, else an account without this right."""

    code = "ossindex-forbidden"
    default_remedy = (
        "This usually comes from a proxy or firewall: allow access to the address, or set HTTPS_PROXY. "
        "Otherwise check that the account may use the OSS Index API."
    )


class OutOfCredits(Final):
    """402: the credits of the account are used up until the next period."""

    code = "ossindex-out-of-credits"
    default_remedy = (
        "Wait for the next credit period or buy credits in Sonatype Guide; lower ossindex.maxComponentsPerRun or raise "
        "ossindex.ttlHours to spend fewer. Answers received so far are kept."
    )


class SlowDown(Retryable):
    """429: too many requests in a short time, by this account or from this address."""

    code = "ossindex-slow-down"
    default_remedy = (
        "Try again later, or lower ossindex.concurrency. Other programs with the same account, or behind the same "
        "address, count too. Answers received so far are kept."
    )


class BatchRefused(Final):
    """400: something in this batch is not to its liking, so nothing of it was answered."""

    code = "ossindex-batch-refused"
    default_remedy = "Query the component with `bomgate download --purl`; if it is refused again, correct its SBOM."


class BatchTooLarge(BatchRefused):
    """400 or 413: fewer components at once, please.

    Args:
        message: one sentence.
        limit: how many it takes, when it says so.
    """

    code = "ossindex-batch-too-large"
    default_remedy = "Lower ossindex.batchSize."

    def __init__(self, message: str, *, limit: int | None = None) -> None:
        super().__init__(message)
        self.limit = limit
