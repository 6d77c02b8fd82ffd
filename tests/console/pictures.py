"""Pictures of the console's pages: ``python -m tests.console.pictures`` writes those of the documentation.

With a folder as argument it writes every page at both widths there, to be looked at. They show the store of these
tests, in which all names are made up.
"""

from __future__ import annotations

import datetime as dt
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.console.chromium import ConsoleProcess, program
from tests.console.world import filled, settings_of
from tests.e2e.processes import wait_until
from tests.ports.samples import digest
from webhook.bootstrap.parts import open_parts
from webhook.model.runs import RunProgress

DOCS = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "pictures"
WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 400, "height": 800}
PAGES = {
    "overview": "/",
    "vulnerabilities": "/vulnerabilities?running=1",
    "vulnerability": "/vulnerabilities/CVE-2021-44228",
    "packages": "/packages?name=log4j*",
    "package": "/package?purl=pkg:maven/org.apache.logging.log4j/log4j-core",
    "images": "/images?name=*shop*",
    "image": f"/images/{digest(1)}",
    "workloads": "/workloads?namespace=shop",
    "assessments": "/assessments?author=ana",
    "types": "/types",
    "new-type": "/type",
    "fixed-type": "/type?name=Blocked",
    "runs": "/runs",
    "run": "/runs/1",
    "new-run": "/runs/new",
    "audit": "/audit",
    "settings": "/settings",
    "nothing": "/nothing",
}
SHOWN = ("overview", "vulnerabilities", "preview", "type", "request", "run-now")
"""Those of the documentation."""


def take(folder: Path, names: tuple[str, ...], widths: tuple[dict[str, int], ...]) -> None:
    """Write pictures as NAME.png, or NAME-WIDTH.png where there are several widths."""
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["LOGNAME"] = "ana"  # the console shows who started it
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        filled(f"sqlite:///{place}/b.db", place).store.close()
        process = ConsoleProcess(f"sqlite:///{place}/b.db", Path(place))
        browser = playwright.chromium.launch(executable_path=program(), args=["--no-sandbox"])
        try:
            link = str(wait_until(process.link, 90, "the console prints its link"))
            page = browser.new_page()
            page.goto(link)
            for width in widths:
                page.set_viewport_size(width)
                for name in names:
                    with _going_on(process) if name == "run-now" else nullcontext():
                        show(page, link.partition("/sign-in")[0], name)
                    end = f"-{width['width']}" if len(widths) > 1 else ""
                    page.screenshot(
                        path=folder / f"{name}{end}.png",
                        full_page=len(widths) > 1 or name in ("preview", "type", "request", "run-now"),
                    )
        finally:
            browser.close()
            process.stop()


def show(page: Page, address: str, name: str) -> None:
    """Open a page; ``preview`` is that of a decision."""
    if name in _STEPS:
        _STEPS[name](page, address)
        return
    if name != "preview":
        page.goto(address + PAGES[name])
        return
    _preview(page, address, "Caution", "Lookups are turned off in the shop; the update is planned for this week.")
    page.get_by_role("heading", name="What this changes").scroll_into_view_if_needed()


def _preview(page: Page, address: str, kind: str, comment: str) -> None:
    """See what assessing Log4Shell in the shop would change."""
    page.goto(f"{address}/vulnerabilities/CVE-2021-44228")
    page.get_by_role("button", name="Assess …").click()
    page.get_by_label(kind).check()
    page.get_by_label("Comment").fill(comment)
    page.get_by_label("Namespace").fill("shop")
    page.get_by_role("button", name="Preview").click()


def _show_type(page: Page, address: str) -> None:
    """Change a type of which there is an assessment; what that would change."""
    page.goto(f"{address}/type?name=Accepted+risk")
    if page.get_by_role("heading", name="Not found").count():
        page.goto(f"{address}/type")
        page.get_by_label("Name", exact=True).fill("Accepted risk")
        page.get_by_label("allow").check()
        page.get_by_label("Description").fill("Signed off by the owner of the service.")
        page.get_by_role("button", name="Preview").click()
        page.get_by_role("button", name="Record").click()
        _preview(page, address, "Accepted risk", "Lookups are turned off.")
        page.get_by_role("button", name="Record").click()
        page.goto(f"{address}/type?name=Accepted+risk")
    page.get_by_label("deny").check()
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("heading", name="What this changes").scroll_into_view_if_needed()


def _show_request(page: Page, address: str) -> None:
    """Ask for an exception once, and show what its approval would change."""
    page.goto(f"{address}/requests/1")
    if page.get_by_role("heading", name="Not found").count():
        page.goto(f"{address}/requests/new")
        page.locator("input[name=vulnerabilities]").fill("CVE-2021-44228")
        page.locator("input[name=package]").fill("pkg:maven/org.apache.logging.log4j/log4j-core")
        page.locator("input[name=namespace]").fill("shop")
        page.locator("textarea[name=reason]").fill("The class is removed in our build; the update follows in May.")
        page.get_by_role("button", name="Ask").click()


def _show_run(page: Page, address: str) -> None:
    """The page of the current run, as it is until it is loaded again."""
    page.goto(f"{address}/runs/now")


@contextmanager
def _going_on(process: ConsoleProcess) -> Iterator[None]:
    """A run of a Job that goes on, with what it has said so far."""
    parts = open_parts(settings_of(process.database, str(process.folder)))
    lease = parts.store.runs.acquire("bomgate-download-manual-7xk2p/1", duration=dt.timedelta(minutes=10))
    now = parts.clock.now() - dt.timedelta(seconds=48)
    parts.store.run_progress.begin(lease, now)
    lines = ["1,200 components to ask for, which takes 1,187 coordinates.", "3,988 credits are left."]
    for number, line in enumerate([*lines, *(f"{done} of 1,200 answered." for done in (128, 256, 384, 512))]):
        at = now + dt.timedelta(seconds=9 * number)
        parts.store.run_progress.tell(lease, RunProgress(1200, 512, 509, 14, 3, 0, 512.0, 3476.0), [line], at)
    try:
        yield
    finally:
        parts.store.runs.release(lease)
        parts.store.close()


_STEPS = {"type": _show_type, "request": _show_request, "run-now": _show_run}


if __name__ == "__main__":
    if len(sys.argv) > 1:
        take(Path(sys.argv[1]), (*PAGES, "preview", *_STEPS), (WIDE, NARROW))
    else:
        take(DOCS, SHOWN, ({**WIDE, "height": 640},))
