"""The self-check: what a person should look at, with what helps."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from webhook.bootstrap.fleet import fleet_facts
from webhook.bootstrap.parts import Parts
from webhook.bootstrap.triage import Triage
from webhook.console.face import Health
from webhook.engines.matching.sources import SetState
from webhook.errors import BomgateError
from webhook.policy.lint import Level
from webhook.policy.phrases import count, moment
from webhook.ports import Clock

_OLD = dt.timedelta(hours=48)
_TOKEN_SOON = dt.timedelta(days=14)
_BEHIND = {"EPSS": dt.timedelta(days=7), "KEV": dt.timedelta(days=30)}
"""Days after which what a source publishes is old, though it says that this is the newest; as the alerts have it."""
_SETS = 6
KEPT_SECONDS = 15.0
"""How old what the overview shows of the self-check may be."""


def checks(parts: Parts, triage: Triage) -> Sequence[Health]:
    """The self-check: what a person should look at, with what helps."""
    found = [_database(parts), *_data(parts)]
    found += _asked(parts)
    found += _sources(parts)
    taken_at = triage.boards.now().taken_at
    if taken_at is None:
        found.append(Health("Cluster", "note", "No cluster is audited, so it is not known what runs."))
    elif parts.clock.now() - taken_at > dt.timedelta(hours=3):
        text = f"The cluster was last audited on {taken_at:%Y-%m-%d %H:%M} UTC."
        found.append(Health("Cluster", "bad", text, "Look at the controller: its duty `audit` does not run."))
    else:
        found.append(Health("Cluster", "good", f"Audited on {taken_at:%Y-%m-%d %H:%M} UTC."))
    found += _fleet(parts)
    found += _retention(parts)
    found += _told(parts)
    for trap in triage.types.traps():
        level = "bad" if trap.level is Level.WARNING else "note"
        found.append(Health("Types", level, trap.sentence, trap.remedy))
    return found


def _asked(parts: Parts) -> Sequence[Health]:
    """What is asked: OSS Index, unless the settings name other sources alone."""
    if not parts.sources.lists_oss_index:
        return []
    if parts.sources.asks or parts.settings.console.download_cron_job:
        return [_token(parts)]
    text = "OSS Index is one of the sources, and has no token, so it covers nothing."
    return [Health("OSS Index", "bad", text, "Set ossindex.token, or take it out of sources.")]


def _sources(parts: Parts) -> Iterator[Health]:
    """A line for each source of sets: how many records it has, and how old they are."""
    if not parts.sources.publish:
        return
    try:
        states = parts.sources.schedule(parts.store).states()
    except BomgateError as problem:
        yield Health("Sources", "bad", problem.message, problem.remedy)
        return
    now = parts.clock.now()
    for name, sets in groupby(states, key=lambda state: state.source):
        of_source = list(sets)
        unreadable = [held.name for held in of_source if held.is_unreadable]
        old = [held for held in of_source if held.checked_at is None or now - held.checked_at > _OLD]
        behind = [held for held in of_source if held.as_of is not None and now.date() - held.as_of > _BEHIND[held.name]]
        text = "; ".join(map(_set_line, (old or behind or of_source)[:_SETS]))
        if unreadable:
            text = f"What is here of {', '.join(unreadable[:_SETS])} cannot be read. What it said before stays"
            yield Health(f"Source {name}", "bad", f"{text}.", "Run `bomgate download`.")
        elif kept := sum(held.kept for held in of_source):
            text = f"{count(kept, 'document')} there cannot be read any more. What was read before stays."
            yield Health(f"Source {name}", "bad", text, "Run `bomgate vex update` to see which; repair or delete them.")
        elif old:
            yield Health(f"Source {name}", "bad", f"Not up to date: {text}.", "Run `bomgate source check`.")
        elif behind:
            yield Health(f"Source {name}", "bad", f"What it publishes is old: {text}.", "Look at its mirror.")
        else:
            more = f"; and {len(of_source) - _SETS} more" if len(of_source) > _SETS else ""
            yield Health(f"Source {name}", "good", f"{text}{more}.")


def _set_line(one: SetState) -> str:
    day = "" if one.as_of is None else f" of {one.as_of}"
    if one.checked_at is None:
        return f"{one.name} was never read"
    return f"{one.name}{day} with {one.records:,} records, checked on {moment(one.checked_at)}"


def _token(parts: Parts) -> Health:
    """The line of the self-check about the token, which another process may have."""
    options = parts.settings.ossindex
    if options.token_expires:
        left = dt.date.fromisoformat(options.token_expires) - parts.clock.now().date()
        if left < _TOKEN_SOON:
            ends = "ended" if left.days < 0 else "ends"
            text = f"The token {ends} on {options.token_expires}."
            return Health("OSS Index", "bad", text, "Create a new one in Sonatype Guide, and set ossindex.token.")
    if options.token:
        return Health("OSS Index", "good", "A token is set; `bomgate source check` tries it.")
    if parts.settings.console.download_cron_job:
        return Health("OSS Index", "note", "The Jobs of the downloader have the token, and the console does not.")
    return Health("OSS Index", "bad", "No token is set, so nothing can be asked.", "Set ossindex.token.")


def _database(parts: Parts) -> Health:
    try:
        status = parts.store.admin.status(counted=False)
    except BomgateError as problem:
        return Health("Database", "bad", problem.message, problem.remedy)
    return Health("Database", "good", f"{status.url}, schema {status.schema}, revision {status.revision}.")


def _data(parts: Parts) -> Sequence[Health]:
    try:
        run = parts.store.runs.last()
    except BomgateError as problem:
        return [Health("Downloader", "bad", problem.message, problem.remedy)]
    if run is None:
        return [Health("Downloader", "bad", "It never ran.", "Run `bomgate download`.")]
    when = f"{run.finished:%Y-%m-%d %H:%M} UTC"
    if not run.report.complete:
        text = f"The run of {when} is incomplete: {run.report.stopped_by or 'something failed'}."
        return [Health("Downloader", "bad", text, "Look at the list of runs.")]
    if parts.clock.now() - run.finished > _OLD:
        text = f"The last run ended on {when}, more than two days ago."
        return [Health("Downloader", "bad", text, "Run `bomgate download`, and look at its schedule.")]
    return [Health("Downloader", "good", f"The last run ended on {when}, and was complete.")]


def _fleet(parts: Parts) -> Sequence[Health]:
    """The lines of the self-check about the fleet; none where this installation stands alone."""
    try:
        facts = fleet_facts(parts)
    except BomgateError as problem:
        return [Health("Fleet", "bad", problem.message, problem.remedy)]
    return [Health("Fleet", "good" if is_good else "bad", text, remedy) for is_good, text, remedy in facts]


def _retention(parts: Parts) -> Sequence[Health]:
    """The line of the self-check about what is deleted when it is old."""
    try:
        last = parts.store.retention.last()
    except BomgateError as problem:
        return [Health("Retention", "bad", problem.message, problem.remedy)]
    if last is None:
        remedy = "The controller does it; without one, run `bomgate db prune`."
        return [Health("Retention", "note", "Old data was never deleted.", remedy)]
    when, remedy = moment(last.finished_at), "Look at the controller: its duty `retention` does not run."
    if parts.clock.now() - last.finished_at > _OLD:
        return [Health("Retention", "bad", f"Old data was last deleted on {when}.", remedy)]
    if last.kept:
        return [Health("Retention", "bad", last.kept, "Look at the controller: its duty `audit` does not run.")]
    number = sum(last.deleted.values())
    return [Health("Retention", "good", f"Old data was last deleted on {when}: {count(number, 'row')}.")]


def _told(parts: Parts) -> Sequence[Health]:
    """Lines of the self-check: which destinations have not been told for long."""
    names = [rule.name for rule in parts.settings.destinations.destinations]
    if not names:
        return [Health("Notifications", "note", "Nobody is told of anything.", "Set notifications.destinations.")]
    try:
        backlog = parts.store.outbox.backlog(names)
    except BomgateError as problem:
        return [Health("Notifications", "bad", problem.message, problem.remedy)]
    failing = {name: one.failing_since for name, one in backlog.items() if one.failing_since is not None}
    if not failing:
        return [Health("Notifications", "good", f"Told are: {', '.join(names)}.")]
    return [
        Health(
            "Notifications", "bad", f"{name} was not told since {moment(since)}.", "Look at the list of notifications."
        )
        for name, since in failing.items()
    ]


class KeptChecks:
    """The last self-check, for pages that are loaded often.

    It is made again off the requests (:meth:`refresh`); a request makes it only where nobody has for long.

    Args:
        checks: the self-check.
        clock: time.
    """

    def __init__(self, checks: Callable[[], Sequence[Health]], clock: Clock) -> None:
        self._checks, self._clock = checks, clock
        self._kept: tuple[float, Sequence[Health]] | None = None
        self._lock = threading.Lock()

    def now(self) -> Sequence[Health]:
        """The last self-check; at most :data:`KEPT_SECONDS` old."""
        kept = self._kept
        if kept is None or self._clock.monotonic() - kept[0] > KEPT_SECONDS:
            with self._lock:
                if self._kept is kept:  # nobody has made it while this one waited
                    self.refresh()
                kept = self._kept
        return () if kept is None else kept[1]

    def refresh(self) -> None:
        """Make it again."""
        began = self._clock.monotonic()
        self._kept = (began, self._checks())
