"""The account: from token and user name to an ``Authorization`` header.

Rule (field practice of 2026, see Dependency-Track, ORT, auditjs): a token that starts with ``sonatype_pat_`` is sent as
Bearer, whatever the user name; any other token needs the user name and is sent as Basic; nothing else is sent at all.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from webhook.clients.http.messages import basic
from webhook.clients.ossindex.errors import NoCredentials
from webhook.clients.ossindex.options import OLD_HOST, OssIndexOptions

PAT_PREFIX = "sonatype_pat_"
_LOOPBACK = frozenset(["localhost", "127.0.0.1", "::1"])


@dataclass(frozen=True, slots=True)
class Identity:
    """How bomgate signs in.

    Attributes:
        header: value of ``Authorization``.
        token: what is secret in it.
        label: for people, without any secret.
        is_pat: whether it is a personal access token.
    """

    header: str = field(repr=False)
    token: str = field(repr=False)
    label: str
    is_pat: bool

    def redact(self, text: str) -> str:
        """The text without secrets, for what the server said."""
        for secret in (self.header.partition(" ")[2], self.token):
            text = text.replace(secret, "[hidden]")
        return text


def sign_in(options: OssIndexOptions) -> Identity:
    """The identity that the options give.

    Raises:
        NoCredentials: there is no token, or an older token without its user name.
    """
    token, username = options.token.strip(), options.username.strip()
    if not token:
        raise NoCredentials("No OSS Index token is set, so nothing was sent.")
    if not token.isprintable() or not token.isascii() or " " in token:
        raise NoCredentials(
            "The OSS Index token has characters that no token has, so nothing was sent.",
            remedy="Set ossindex.token again; the file of a Secret holds the token and nothing else.",
        )
    if token.startswith(PAT_PREFIX):
        return Identity(f"Bearer {token}", token, "token (Bearer)", is_pat=True)
    if not username:
        raise NoCredentials(
            "The OSS Index token is not a personal access token and no user name is set, so nothing was sent.",
            remedy="Set ossindex.username to the account's e-mail, or create a token that starts with sonatype_pat_.",
        )
    return Identity(basic(username, token), token, f"{username} (Basic)", is_pat=False)


def warnings(options: OssIndexOptions) -> tuple[str, ...]:
    """Sentences about a choice of options that works now, or seems to, and should not stay."""
    found = []
    if options.host == OLD_HOST:
        found.append(
            f"ossindex.url names the old host {OLD_HOST}, which Sonatype is replacing; "
            "use https://api.guide.sonatype.com (older tokens stop working after 2026-12-31)."
        )
    if options.token.startswith(PAT_PREFIX) and options.username:
        found.append("ossindex.username is ignored, because the token is a personal access token.")
    if options.url.lower().startswith("http://") and options.host not in _LOOPBACK:
        found.append("ossindex.url is plain HTTP: the token can be read on the way.")
    return tuple(found)
