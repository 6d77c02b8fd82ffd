"""Options and arguments that several verbs share, with what a shell completes for them."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable, Iterable
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.shell_completion import CompletionItem

from webhook.errors import BomgateError, InvalidInput

if TYPE_CHECKING:
    from webhook.bootstrap import Parts
    from webhook.cli.invocation import Invocation

F = TypeVar("F", bound=Callable[..., Any])
LEVELS = ("debug", "info", "warning", "error")
_META = "bomgate.options"
_CONFIG, _LOG_LEVEL = "config", "log_level"
_CHEAP_BYTES = 32 * 2**20
"""Size of a database from which on completing its contents would keep a person waiting."""
_MOST_DAYS = 3650


def _remember(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    """Keep a global option; one behind the verb counts more than one in front of it."""
    if value is not None and parameter.name is not None:
        context.meta.setdefault(_META, {})[parameter.name] = value


def global_options(command: F) -> F:
    """The options that stand in front of a verb or behind it."""
    config = click.option(
        "--config",
        _CONFIG,
        type=click.Path(path_type=Path),
        metavar="FILE",
        expose_value=False,
        callback=_remember,
        help="Settings file (YAML); BOMGATE_CONFIG names it, too.",
    )
    level = click.option(
        "--log-level",
        _LOG_LEVEL,
        type=click.Choice(LEVELS),
        expose_value=False,
        callback=_remember,
        help="How much to log to standard error.",
    )
    return config(level(command))


def invocation(context: click.Context | None = None) -> Invocation:
    """The invocation of the running command, or of the command that is being completed."""
    from webhook.cli.invocation import Invocation  # loads all of bomgate, which asking for help should not

    context = context or click.get_current_context()
    return Invocation(**context.meta.get(_META, {}))


def output_option(*formats: str) -> Callable[[F], F]:
    """``--output``; ``table`` when it is left out."""
    return click.option(
        "--output",
        "-o",
        type=click.Choice(("table", "json", *formats)),
        default="table",
        show_default=True,
        help="What to write to standard output.",
    )


class CvssRangeType(click.ParamType[tuple[Decimal, Decimal]]):
    """``A-B``, both ends included, or a single score."""

    name = "A-B"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[Decimal, Decimal]:
        """Read the range."""
        if isinstance(value, tuple):
            return value
        low, _, high = str(value).replace("–", "-").partition("-")
        try:
            bounds = Decimal(low.strip()), Decimal((high or low).strip())
        except InvalidOperation:
            bounds = Decimal(-1), Decimal(-1)
        if not all(bound.is_finite() and 0 <= bound <= 10 for bound in bounds):
            self.fail(f"{value!r} is not a range of CVSS scores; write it as 4.0-6.9.", param, ctx)
        if bounds[0] > bounds[1]:
            self.fail(f"{value!r} has its bounds reversed; write the smaller score first.", param, ctx)
        return bounds


class SinceType(click.ParamType[dt.datetime | dt.timedelta]):
    """A day, a moment, or how long ago: ``2026-11-29``, ``2026-11-29T12:00:00Z``, ``7d``."""

    name = "DATE"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> dt.datetime | dt.timedelta:
        """Read it; a number of days stays one, because only the clock of the process knows what it means."""
        if isinstance(value, dt.datetime | dt.timedelta):
            return value
        text = str(value).strip()
        days = text.removesuffix("d")
        if days != text and days.isdecimal() and 0 < int(days[:6]) <= _MOST_DAYS:
            return dt.timedelta(days=int(days))
        from webhook.policy.expiry import parse_until

        try:
            return parse_until(text)
        except InvalidInput:
            self.fail(f"{value!r} is not a date; write it as 2026-11-29, or 7d for the last 7 days.", param, ctx)


def since(given: dt.datetime | dt.timedelta | None, now: dt.datetime) -> dt.datetime | None:
    """The moment that a value of :class:`SinceType` means."""
    return now - given if isinstance(given, dt.timedelta) else given


def expires_within_option(whose: str) -> Callable[[F], F]:
    """``--expires-within``, in days; ``whose`` says what expires, for people."""
    return click.option(
        "--expires-within",
        type=click.IntRange(1, _MOST_DAYS),
        metavar="DAYS",
        help=f"Only {whose} within so many days.",
    )


def limit_option() -> Callable[[F], F]:
    """``--limit``; everything when it is left out."""
    return click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Show the first N only.")


def complete_types(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names of assessment types."""

    def find() -> Iterable[str]:
        parts = _cheap_parts(context)
        types = parts.rules_now().types if parts else invocation(context).settings().types
        return types.names

    return _completions(find, incomplete)


def complete_vulnerabilities(
    context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Identifiers of vulnerabilities that affect something, as far as they are cheap to get."""
    from webhook.model.records import VulnerabilityQuery

    def find() -> Iterable[str]:
        parts = _cheap_parts(context)
        found = parts.store.vulnerabilities.find(VulnerabilityQuery()) if parts else ()
        return [record.vulnerability.id for record in found]

    return _completions(find, incomplete)


def complete_digests(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Digests of images whose SBOM is in the store, as far as they are cheap to get."""

    def find() -> Iterable[str]:
        parts = _cheap_parts(context)
        return [record.digest for record in parts.store.sboms.list()] if parts else ()

    return _completions(find, incomplete)


def _cheap_parts(context: click.Context) -> Parts | None:
    """The parts of a process whose database is a small file; None for every other one."""
    parts = invocation(context).parts()
    scheme, _, path = parts.settings.database.url.partition(":///")
    cheap = scheme == "sqlite" and Path(path).is_file() and Path(path).stat().st_size < _CHEAP_BYTES
    return parts if cheap else None


def _completions(find: Callable[[], Iterable[str]], incomplete: str) -> list[CompletionItem]:
    try:
        found = dict.fromkeys(find())
    except BomgateError:
        return []  # pressing a key is no moment for an error; running the command shows it
    return [CompletionItem(str(text)) for text in found if text.casefold().startswith(incomplete.casefold())]


def read_document(name: str) -> bytes:
    """The bytes of a file, or of standard input for ``-``.

    Raises:
        InvalidInput: the file cannot be read.
    """
    try:
        return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as problem:
        raise InvalidInput(
            f"{name} cannot be read: {problem.strerror or problem}.", remedy="Check the path and its permissions."
        ) from problem
