"""The console as a separate process, in a real browser: what a security team does, and that everybody can do it."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Locator, Page, expect, sync_playwright

from tests.console.chromium import ConsoleProcess, axe, program
from tests.console.conftest import Console
from tests.console.world import EVIL, LOG4J, settings_of
from tests.e2e.processes import wait_until
from tests.ports.samples import digest
from webhook.bootstrap.parts import open_parts
from webhook.model.assessments import Scope
from webhook.model.people import Person
from webhook.model.requests import Wish
from webhook.model.runs import RunProgress

pytestmark = pytest.mark.e2e
PATHS = (
    "/",
    "/vulnerabilities",
    "/vulnerabilities?severity=huge",
    "/vulnerabilities/EVIL-1",
    "/packages?name=*",
    f"/package?purl={EVIL.replace('%', '%25')}",
    "/images",
    f"/images/{digest(1)}",
    f"/images/{digest(1)}/path?purl={LOG4J}",
    "/workloads",
    "/assessments",
    "/batches/20261128-aaaaaa",
    "/requests",
    "/requests/new",
    "/requests/1",
    "/types",
    "/type",
    "/type?name=Blocked",
    "/runs",
    "/runs/new",
    "/runs/1",
    "/runs/now",
    "/notifications",
    "/audit",
    "/settings",
    "/nothing",
)
BY_STEPS = {"draft_page": "of a decision", "sign_in_page": "of who has not signed in"}
"""Pages that have no address of their own to begin with; the test comes to them by what it does."""
NO_PAGES = {
    "static": "style sheets",
    "icon": "a picture",
    "type_colors": "a style sheet",
    "healthz": "for probes",
    "metrics": "for Prometheus",
    "one_document": "an SBOM to keep",
    "log_of_run": "plain text",
    "log_of_run_now": "plain text",
}
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 400, "height": 800}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
VIOLATIONS = """
rules => axe.run({runOnly: rules, resultTypes: ["violations"]}).then(result => result.violations)
"""
CUT = """
() => [...document.querySelectorAll(".scroll")].filter(part => part.scrollWidth > part.clientWidth)
    .map(part => `${part.getAttribute("aria-label")}: ${part.scrollWidth} > ${part.clientWidth}`)
"""


@pytest.fixture(scope="module")
def process(filled_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleProcess]:
    program()  # nothing is started where there is no browser
    folder = tmp_path_factory.mktemp("browser")
    shutil.copy(filled_file, folder / "b.db")
    parts = open_parts(settings_of(f"sqlite:///{folder}/b.db", str(folder)))
    wish = Wish(("CVE-2021-44228",), Scope(LOG4J.partition("@")[0]), "shop", "The class is removed.", days=30)
    parts.desk.ask(wish, Person("dora", "token", username="dora"), "test")
    parts.store.close()
    started = ConsoleProcess(f"sqlite:///{folder}/b.db", folder)
    yield started
    started.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=program(), args=["--no-sandbox"])
        yield made
        made.close()


@pytest.fixture(scope="module")
def signed_in(browser: Browser, process: ConsoleProcess) -> tuple[str, Any]:
    """The address of the console, and the cookies of a browser that has signed in by the link."""
    link = str(wait_until(process.link, 60, "the console prints its link"))
    context = browser.new_context()
    page = context.new_page()
    page.goto(link)
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    assert "token" not in page.url
    state = context.storage_state()
    context.close()
    return link.partition("/sign-in")[0], state


def opened(browser: Browser, signed_in: tuple[str, Any], **options: Any) -> BrowserContext:
    return browser.new_context(base_url=signed_in[0], storage_state=signed_in[1], **options)


def troubles(page: Page) -> list[str]:
    """Whatever the browser complains of from now on, and requests to anybody else."""
    found: list[str] = []
    page.on("console", lambda message: found.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda problem: found.append(str(problem)))
    page.on(
        "request", lambda request: None if request.url.startswith("http://127.0.0.1:") else found.append(request.url)
    )
    page.on("dialog", lambda dialog: (found.append(dialog.message), dialog.dismiss()))
    return found


def in_colours(page: Page, scheme: Literal["light", "dark"]) -> None:
    """Switch the colours, and wait until they are painted."""
    page.emulate_media(color_scheme=scheme)
    page.wait_for_function(f"matchMedia('(prefers-color-scheme: {scheme})').matches")
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(null))))")


def looked_at(page: Page, name: str) -> list[str]:
    """What is wrong with a page: it does not fit its window, or axe finds something."""
    wrong = []
    if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
        wrong.append(f"{name}: wider than the window")
    wrong += [f"{name}: its table is cut off: {cut}" for cut in page.evaluate(CUT)]
    dark = bool(page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches"))
    found = page.evaluate(VIOLATIONS, RULES)
    in_colours(page, "light" if dark else "dark")
    found += page.evaluate(VIOLATIONS, {"type": "rule", "values": ["color-contrast"]})
    in_colours(page, "dark" if dark else "light")
    for item in found:
        node = item["nodes"][0]
        wrong.append(f"{name}: {item['id']}: {node['html'][:160]} {node['failureSummary'][:200]}")
    return wrong


@pytest.mark.parametrize(("viewport", "scheme"), [(WIDE, "light"), (NARROW, "dark")])
def test_every_page_is_accessible_and_fits_its_window(
    browser: Browser, process: ConsoleProcess, signed_in: tuple[str, Any], viewport: Any, scheme: Any
) -> None:
    context = opened(browser, signed_in, viewport=viewport, color_scheme=scheme)
    context.add_init_script(axe())
    page = context.new_page()
    found = troubles(page)
    wrong = []
    for path in PATHS:
        answer = page.goto(path)
        assert answer is not None and answer.status < 500, path
        wrong += looked_at(page, path)
    with going_on(process):
        page.goto("/runs/now")
        expect(page.get_by_role("heading", name="Current run")).to_be_visible()
        wrong += looked_at(page, "a run that goes on")
        page.goto("/runs")
        wrong += looked_at(page, "the list while a run goes on")
    page.goto("/type")
    page.get_by_label("Name", exact=True).fill("Watched")
    page.get_by_label("warn").check()
    page.get_by_label("Colour").fill("#ffff00")
    previewed(page)
    wrong += looked_at(page, "preview of a type")
    wrong += decision_looked_at(page)
    stranger = browser.new_context(base_url=signed_in[0], viewport=viewport, color_scheme=scheme)
    stranger.add_init_script(axe())
    page = stranger.new_page()
    page.goto("/sign-in")
    expect(page.get_by_role("button", name="Print a new link")).to_be_visible()
    wrong += looked_at(page, "/sign-in")
    stranger.close()
    context.close()
    assert not wrong, "\n".join(wrong)
    assert not [item for item in found if "the server responded with a status of 40" not in item]


def decision_looked_at(page: Page) -> list[str]:
    """What is wrong with the page of a decision, before and after its preview."""
    page.goto("/vulnerabilities/CVE-2021-44228")
    page.get_by_role("button", name="Assess …").click()
    expect(page.get_by_role("heading", name="Assess 1 vulnerability")).to_be_visible()
    wrong = looked_at(page, "a decision")
    page.get_by_label("Ignore").check()
    page.get_by_label("Comment").fill("The class is removed.")
    previewed(page)
    return wrong + looked_at(page, "preview of a decision")


def previewed(page: Page) -> None:
    """Ask for the preview, and wait until the page that has it is there: a click does not."""
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("region", name="What this changes")).to_be_visible()


def test_no_page_is_left_out(shown: Console) -> None:
    routes = shown.client.application.url_map
    match = routes.bind("127.0.0.1").match
    pages = {
        rule.endpoint
        for rule in routes.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.rule.startswith("/api/")
    }
    seen = {match(urlsplit(path).path)[0] for path in PATHS if path != "/nothing"}
    assert pages - seen - set(BY_STEPS) - set(NO_PAGES) == set(), "add it to PATHS"
    assert set(BY_STEPS) | set(NO_PAGES) <= pages, "there is no such route any more"


@contextmanager
def going_on(process: ConsoleProcess) -> Iterator[None]:
    """A run of another process that goes on, with what it has said."""
    parts = open_parts(settings_of(process.database, str(process.folder)))
    lease = parts.store.runs.acquire("host-7/4711", duration=dt.timedelta(minutes=10))
    parts.store.run_progress.begin(lease, parts.clock.now())
    told = RunProgress(1200, 512, 509, 14, 3, 0, 512.0, 3988.0)
    parts.store.run_progress.tell(lease, told, [f"line {n}" for n in range(60)], parts.clock.now())
    try:
        yield
    finally:
        parts.store.runs.release(lease)
        parts.store.close()


def test_a_run_is_cancelled_and_its_page_goes_on_by_itself(
    browser: Browser, process: ConsoleProcess, signed_in: tuple[str, Any]
) -> None:
    context = opened(browser, signed_in, java_script_enabled=False, viewport=WIDE)
    page = context.new_page()
    with going_on(process):
        page.goto("/runs")
        page.get_by_role("link", name="Look at it").click()
        expect(page.get_by_text("512 of 1,200 components")).to_be_visible()
        page.get_by_role("button", name="Cancel the run").click()
        expect(page.get_by_text("has cancelled it")).to_be_visible()
    expect(page.get_by_role("heading", name="Run of")).to_be_visible(timeout=20_000)  # the page loads itself again
    context.close()


def decide(page: Page) -> str:
    """Block a medium finding that nobody has assessed; the name of the batch."""
    page.goto("/vulnerabilities?state=unassessed&namespace=shop")
    page.get_by_label("Tick CVE-2020-14343").check()
    page.get_by_role("button", name="Assess ticked").click()
    page.get_by_label("Blocked").check()
    page.get_by_label("Comment").fill("Loads YAML of customers.")
    page.get_by_role("button", name="Preview").click()
    preview = page.get_by_role("region", name="What this changes")
    expect(preview).to_contain_text("Deployment shop/worker")
    expect(preview).to_contain_text("bomgate assess CVE-2020-14343 --type Blocked")
    page.get_by_role("button", name="Record").click()
    expect(page.get_by_role("heading", name="Batch")).to_be_visible()
    return page.url.rpartition("/")[2]


@pytest.mark.parametrize("scripts", [True, False])
def test_a_decision_is_seen_before_recorded_and_undone(
    browser: Browser, signed_in: tuple[str, Any], scripts: bool
) -> None:
    context = opened(browser, signed_in, java_script_enabled=scripts, viewport=WIDE)
    page = context.new_page()
    batch = decide(page)
    page.goto("/workloads?namespace=shop")
    expect(page.get_by_role("row", name="Deployment shop/worker")).to_contain_text("deny")
    page.goto(f"/batches/{batch}")
    page.get_by_role("button", name="Undo the whole batch").click()
    expect(page).not_to_have_url(f"{signed_in[0]}/batches/{batch}")
    page.goto("/workloads?namespace=shop")
    expect(page.get_by_role("row", name="Deployment shop/worker")).to_contain_text("warn")
    page.goto("/audit")
    expect(page.get_by_role("table")).to_contain_text("undo")
    context.close()


def test_the_keyboard_reaches_the_content_and_submits_filters(browser: Browser, signed_in: tuple[str, Any]) -> None:
    context = opened(browser, signed_in, viewport=WIDE)
    page = context.new_page()
    page.goto("/packages")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Name")).to_be_focused()
    page.keyboard.type("log4j*")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="pkg:maven/org.apache.logging.log4j/log4j-core")).to_be_visible()
    assert "name=log4j" in page.url
    context.close()


def reach(page: Page, wanted: Locator) -> None:
    """Come to something by the Tab key alone, from the beginning again where a page loads itself meanwhile."""
    for _ in range(160):
        try:
            if wanted.evaluate("node => node === document.activeElement"):
                return
        except Error as problem:
            if "Execution context was destroyed" not in problem.message:
                raise
        page.keyboard.press("Tab")
    raise AssertionError(f"the Tab key does not lead to {wanted}")


def press(page: Page, role: Any, name: str, key: str = "Enter") -> None:
    """Come to a link or a button, and press it."""
    reach(page, page.get_by_role(role, name=name, exact=True).first)
    page.keyboard.press(key)


def test_a_type_is_made_and_retired_by_keyboard(browser: Browser, signed_in: tuple[str, Any]) -> None:
    context = opened(browser, signed_in, viewport=WIDE)
    page = context.new_page()
    page.goto("/type")
    reach(page, page.get_by_label("Name", exact=True))
    page.keyboard.type("By keys")
    reach(page, page.get_by_role("radio").first)
    page.keyboard.press("ArrowDown")
    reach(page, page.get_by_label("Description"))
    page.keyboard.type("nothing but keys")
    press(page, "button", "Preview")
    expect(page.get_by_role("heading", name="What this changes")).to_be_visible()
    press(page, "button", "Record")
    expect(page.get_by_role("heading", name="By keys")).to_be_visible()
    expect(page.get_by_text("nothing but keys").first).to_be_visible()
    press(page, "button", "Retire it …")
    press(page, "button", "Retire it")
    expect(page.get_by_text("It is given to nothing new.")).to_be_visible()
    context.close()


def ask(page: Page) -> None:
    """Make a request by keyboard."""
    page.goto("/requests/new")
    filled_in = {
        "vulnerabilities": "CVE-2020-14343",
        "package": "pkg:pypi/pyyaml",
        "namespace": "shop",
        "reason": "Only our own files are loaded.",
    }
    for name, text in filled_in.items():
        reach(page, page.locator(f"[name={name}]"))
        page.keyboard.type(text)
    press(page, "button", "Ask")
    expect(page.get_by_role("heading", name="waiting")).to_be_visible()


def test_a_request_is_made_and_withdrawn_by_keyboard(browser: Browser, signed_in: tuple[str, Any]) -> None:
    context = opened(browser, signed_in, viewport=WIDE)
    page = context.new_page()
    ask(page)
    expect(page.get_by_role("heading", name="Request 2")).to_be_visible()
    press(page, "button", "Withdraw")
    expect(page.get_by_role("heading", name="withdrawn")).to_be_visible()
    context.close()


def test_requests_are_denied_and_approved_by_keyboard(browser: Browser, signed_in: tuple[str, Any]) -> None:
    context = opened(browser, signed_in, viewport=WIDE)
    page = context.new_page()
    for answer, phase in (("Deny", "denied"), ("Approve", "approved")):
        ask(page)
        reach(page, page.get_by_label("Comment"))
        page.keyboard.type(f"{answer}, after a look")
        press(page, "button", answer)
        expect(page.get_by_role("heading", name=phase)).to_be_visible()
        expect(page.locator("section", has_text=f"{answer}, after a look").first).to_be_visible()
    press(page, "link", "Its assessments")
    expect(page.get_by_text("CVE-2020-14343").first).to_be_visible()
    page.go_back()
    press(page, "button", "Withdraw")
    expect(page.get_by_role("heading", name="withdrawn")).to_be_visible()
    context.close()


def test_a_run_is_found_and_cancelled_by_keyboard(
    browser: Browser, process: ConsoleProcess, signed_in: tuple[str, Any]
) -> None:
    context = opened(browser, signed_in, viewport=WIDE)
    page = context.new_page()
    with going_on(process):
        page.goto("/runs")
        press(page, "link", "Look at it")
        press(page, "link", "Keep it as it is")
        press(page, "button", "Cancel the run")
        expect(page.get_by_text("has cancelled it")).to_be_visible()
    context.close()


def test_pages_follow_each_other(browser: Browser, signed_in: tuple[str, Any]) -> None:
    context = opened(browser, signed_in, viewport=WIDE)
    page = context.new_page()
    page.goto("/vulnerabilities?sort=id")
    seen = page.locator("tbody tr").count()
    page.get_by_role("link", name="Next page").click()
    expect(page.get_by_role("link", name="First page")).to_be_visible()
    assert seen + page.locator("tbody tr").count() == 74
    expect(page.get_by_role("link", name="Next page")).to_have_count(0)
    context.close()


def test_a_page_elsewhere_can_neither_frame_nor_post(
    browser: Browser, signed_in: tuple[str, Any], tmp_path: Path
) -> None:
    hostile = tmp_path / "evil.html"
    target = signed_in[0]
    hostile.write_text(
        f'<iframe id="f" src="{target}/"></iframe><form id="p" method="post" action="{target}/decide">'
        '<input name="tick" value="CVE-2021-44228"></form>'
    )
    context = opened(browser, signed_in)
    page = context.new_page()
    page.goto(hostile.as_uri())
    frame = page.frames[-1]
    assert "Overview" not in frame.content()
    with page.expect_navigation():
        page.evaluate("document.getElementById('p').submit()")
    assert "Not allowed" in page.content()
    context.close()
