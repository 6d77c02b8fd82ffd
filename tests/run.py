"""The test runner behind ``make test``: builds the real parts that are not there, then runs every test.

``python tests/run.py [pytest arguments]``. The tests that share a cluster run one after the other on a process: those
on the light cluster, those of the chart, those of a fleet, and those on a real node. All others run beside them and
after them, file by file, the longest first; there is a process for them from the beginning, because tests on clusters
wait much. Whatever is skipped is said in a box before the last line of pytest; with ``CI=true`` a skipped end-to-end
test is a failure.

At most three tests that fail in a run of everything run once more, alone: the tests on real parts share two cores, and
what a busy machine did to one of them says nothing of bomgate. Their first report stays in the output, and a box names
them. What fails again, is skipped then, or fails beside more than two others has failed.

``python tests/run.py --quick`` runs the unit tests that need nothing but Python, with few examples of each property,
and says how much of the package they ran. ``python tests/run.py --compile`` runs none: it compiles what a run loads, as
``make test`` does beside the static checks.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import textwrap
from collections import Counter
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
OPTIONS = ["-n", "4", "--durations", "10", "--durations-min", "1"]
CLUSTERS = {
    "tests/node/": "node",
    "tests/e2e/chart/": "chart",
    "tests/e2e/test_e2e_fleet.py": "fleet",
    "tests/e2e/": "cluster",
}
"""Beginning of a path → the cluster that tests there share; the first that fits counts."""
LONG = (
    "tests/security/test_security_fencing.py",
    "tests/security/test_security_time.py",
    "tests/security/test_security_failover.py",
    "tests/console/test_console_browser.py",
    "tests/release/test_release.py",
    "tests/security/test_security_takeover.py",
    "tests/docs/test_docs_site.py",
    "tests/unit/store/test_store_killed.py",
    "tests/unit/store/test_store_schema.py",
    "tests/property/test_evaluation_property.py",
    "tests/security/test_security_start.py",
    "tests/generator/test_generator_syft.py",
    "tests/registries/test_registry_union.py",
    "tests/security/test_security_updates.py",
    "tests/alerts/test_alerts_end_to_end.py",
    "tests/unit/store/test_store_upgraded.py",
    "tests/cli/test_cli_demo.py",
    "tests/unit/store/test_store_concurrency.py",
    "tests/unit/cli/test_cli_start.py",
    "tests/unit/sboms/test_sboms_corpus.py",
    "tests/unit/engines/triage/test_triage_board.py",
    "tests/unit/store/test_store_crashes.py",
    "tests/unit/engines/triage/test_triage_lists.py",
    "tests/fleet/test_fleet_one_cluster.py",
    "tests/property/test_incremental_matching_property.py",
    "tests/fleet/test_fleet_sets.py",
    "tests/property/test_changed_records_property.py",
    "tests/fleet/test_fleet_killed.py",
    "tests/fleet/test_fleet_answers.py",
    "tests/unit/policy/test_policy_map.py",
    "tests/unit/test_selfcheck.py",
)
"""Files that take longest though they hold few tests: xdist would give them out last, and the last would end alone."""
SLOW = [
    "tests/unit/store",
    "tests/unit/engines/downloading/test_downloading_killed.py",
    "tests/unit/policy/test_policy_advisories.py",
    "tests/unit/sboms/test_sboms_corpus.py",
    "tests/unit/sboms/test_sboms_hazards.py",
]
"""Unit tests on databases, on killed processes, on many documents and on large ones: not among the quick ones."""
QUICK = ["tests/unit", *(f"--ignore={path}" for path in SLOW), "-n", str(os.cpu_count() or 1), "-q", "--no-header"]
COVERAGE = ROOT / "build" / "coverage.json"
WIDTH = 110
MOST_RERUN = 3
"""Tests that run once more; of more failures the machine is not the reason."""


def main(arguments: list[str]) -> int:
    """Run the tests; pytest's exit code."""
    os.chdir(ROOT)
    sys.path[0] = str(ROOT)  # as `python -m pytest` has it, and not the folder of this file
    os.environ.setdefault("GOGC", "400")  # API servers and kubectl take more memory, and a tenth less time
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # else every process that a test starts compiles the package first
    if "--compile" in arguments:
        return _compile()
    if "--quick" in arguments:
        return _quick([argument for argument in arguments if argument != "--quick"])
    if arguments[:1] == ["--rerun"]:
        return _rerun(arguments[1:])
    if not _build(arguments) and in_ci():
        return 1
    outcomes, skips = Outcomes(), LoudSkips()
    code = int(pytest.main([*OPTIONS, *arguments], plugins=[ByFile(), skips, outcomes]))
    if arguments or code != pytest.ExitCode.TESTS_FAILED or skips.fails:
        return code
    return _rerun_failed(list(outcomes.failed)) if 0 < len(outcomes.failed) <= MOST_RERUN else code


def _compile() -> int:
    """Write what the processes of a run would else make all at the same time, each for itself.

    That is byte code, with pytest's assertions for the tests, and hypothesis's table of characters. What goes wrong is
    left to the run, which says it.
    """
    sys.dont_write_bytecode = False
    with redirect_stdout(io.StringIO()):
        pytest.main(["--collect-only", "-qq", "-p", "no:cacheprovider"])
    from hypothesis import strategies  # pytest wants to be the first to import a plugin

    strategies.text().validate()
    return 0


def _rerun_failed(tests: list[str]) -> int:
    """Run tests that failed once more, in a process of their own and nothing beside it; 0 when all pass."""
    print(f"\nOnce more, alone: {', '.join(tests)}", flush=True)
    code = subprocess.run([sys.executable, __file__, "--rerun", *tests], check=False).returncode
    ended = "passed when run alone" if code == 0 else "did not pass when run alone"
    few = "1 test" if len(tests) == 1 else f"{len(tests)} tests"
    print(box(f"{few} FAILED in the run, and {ended}; the first report is above", tests), flush=True)
    return code


def _rerun(tests: list[str]) -> int:
    outcomes = Outcomes()
    code = int(pytest.main(["-p", "no:xdist", *tests], plugins=[LoudSkips(), outcomes]))
    if code == pytest.ExitCode.OK and len(outcomes.passed) < len(tests):  # one was skipped
        return int(pytest.ExitCode.TESTS_FAILED)
    return code


def _quick(arguments: list[str]) -> int:
    os.environ["HYPOTHESIS_PROFILE"] = "quick"
    measure = ["--cov=webhook", f"--cov-report=json:{COVERAGE}"]
    return int(pytest.main([*QUICK, *measure, *arguments], plugins=[LoudSkips(), Coverage()]))


def in_ci() -> bool:
    """Whether every part has to be there."""
    return os.environ.get("CI", "").lower() == "true"


def _build(arguments: list[str]) -> bool:
    """Build the real parts that tests run, once per version, before any test's clock starts; whether all are there.

    bomgate's image is not among them, which each change of the code rebuilds: the tests on a node build it, beside
    all others.
    """
    from tests.e2e.controlplane import build as kubernetes
    from tests.node import machine
    from tests.registries import build as registry

    parts = {
        "Registry": lambda: registry.ensure("registry"),
        "Helm": lambda: kubernetes.ensure("helm"),
        "cert-manager": lambda: kubernetes.ensure("certmanager"),
    }
    if _selects("tests/node", arguments) and not machine.missing():
        parts |= {"Node": lambda: kubernetes.ensure("node"), "kube-router": lambda: kubernetes.ensure("kuberouter")}
    if not os.environ.get("KUBEBUILDER_ASSETS"):
        parts["Kubernetes control plane"] = kubernetes.ensure
    missing = []
    for name, ensure in parts.items():
        try:
            ensure()
        except (kubernetes.UnavailableError, registry.UnavailableError) as reason:
            missing.append(f"{name}: {reason}")
    if missing:
        consequence = "failing, because CI=true" if in_ci() else "the tests that need them will be skipped"
        print(box(f"Real parts to test on are not available: {consequence}", missing), file=sys.stderr, flush=True)
    return not missing


def _selects(folder: str, arguments: list[str]) -> bool:
    """Whether tests in a folder are asked for: it, a part of it, what it is a part of, or no path at all."""
    paths = [path for argument in arguments if (path := Path(argument.partition("::")[0])).exists()]
    wanted = ROOT / folder
    return not paths or any(
        path.resolve().is_relative_to(wanted) or wanted.is_relative_to(path.resolve()) for path in paths
    )


class ByFile:
    """A pytest plugin: the tests of a file stay on one process, and so do all that share a cluster.

    The clusters come first, so that each has a process for itself, and then what takes longest.
    """

    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        """Make the scheduler; called by xdist."""
        from xdist.scheduler import LoadScopeScheduling  # pytest wants to be the first to import a plugin

        class Scheduler(LoadScopeScheduling):
            def _split_scope(self, nodeid: str) -> str:
                return _scope(nodeid)

            def _assign_work_unit(self, node: Any) -> None:
                for scope in reversed((*dict.fromkeys(CLUSTERS.values()), *LONG)):
                    if scope in self.workqueue:
                        self.workqueue.move_to_end(scope, last=False)
                super()._assign_work_unit(node)

        return Scheduler(config, log)


def _scope(nodeid: str) -> str:
    """The name of what stays on one process: a cluster, or a file."""
    file = nodeid.partition("::")[0]
    return next((cluster for beginning, cluster in CLUSTERS.items() if file.startswith(beginning)), file)


class Coverage:
    """A pytest plugin that says in a few lines how much of the package was run."""

    LEAST = 5

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Write the share of the whole, and of the modules that were run least."""
        if not COVERAGE.exists():
            return
        measured = json.loads(COVERAGE.read_text(encoding="utf-8"))
        shares = {name: item["summary"]["percent_covered"] for name, item in measured["files"].items()}
        least = sorted(shares, key=lambda name: shares[name])[: self.LEAST]
        terminalreporter.write_line(
            f"Coverage: {measured['totals']['percent_covered']:.1f} % of the lines of webhook by these tests; least: "
            + ", ".join(f"{name.removeprefix('webhook/')} {shares[name]:.0f} %" for name in least)
            + f". All: {COVERAGE.relative_to(ROOT)}"
        )


class Outcomes:
    """A pytest plugin that keeps which tests failed, by their ids, and which passed.

    Attributes:
        failed: in their set-up, their body or their tear-down; in the order in which they ended.
        passed: those whose body passed.
    """

    def __init__(self) -> None:
        self.failed: dict[str, None] = {}
        self.passed: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep how a part of a test ended."""
        if report.failed:
            self.failed[report.nodeid] = None
        elif report.passed and report.when == "call":
            self.passed.add(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep a file that was not collected, so that it fails again."""
        if report.failed:
            self.failed[report.nodeid] = None


class LoudSkips:
    """A pytest plugin that cannot be overlooked when something was skipped."""

    def __init__(self) -> None:
        self._reasons: Counter[str] = Counter()
        self._parts_missing = 0

    @property
    def fails(self) -> bool:
        """Whether a part is missing that has to be there."""
        return in_ci() and self._parts_missing > 0

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Collect the reasons."""
        if report.skipped and not hasattr(report, "wasxfail"):
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
            self._reasons[reason.removeprefix("Skipped: ")] += 1
            self._parts_missing += "e2e" in report.keywords

    def pytest_collectreport(self, report: Any) -> None:
        """Collect the reasons of files that were skipped whole."""
        if report.skipped:
            self.pytest_runtest_logreport(report)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Turn success into failure when a part may not be missing."""
        if self.fails and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Write the box; pytest's own last line comes after it."""
        if not self._reasons:
            return
        total = sum(self._reasons.values())
        title = f"{total} {'test was' if total == 1 else 'tests were'} SKIPPED"
        if self.fails:
            title += f"; {self._parts_missing} of them may not be, because CI=true"
        lines = [f"{number} x  {reason}" for reason, number in self._reasons.most_common()]
        terminalreporter.write_line("")
        terminalreporter.write_line(box(title, lines), yellow=True, bold=True)


def box(title: str, lines: list[str]) -> str:
    """A text in a frame."""
    inner = [title, ""]
    for line in lines:
        for part in line.splitlines():
            inner += textwrap.wrap(part, WIDTH - 4, subsequent_indent="     ") or [""]
    edge = "#" * WIDTH
    return "\n".join((edge, *(f"# {part:<{WIDTH - 4}} #" for part in inner), edge))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
