"""When each alert fires, and the near misses at which it does not; `promtool test rules` runs them.

One module a group of rules.
"""

from __future__ import annotations

from tests.alerts.cases.certificates import CERTIFICATES
from tests.alerts.cases.controller import CONTROLLER
from tests.alerts.cases.data import DATA
from tests.alerts.cases.making import Case, Moment
from tests.alerts.cases.webhook import WEBHOOK
from tests.alerts.cases.workloads import WORKLOADS

__all__ = ["CASES", "Case", "Moment"]

CASES = (*WORKLOADS, *DATA, *WEBHOOK, *CERTIFICATES, *CONTROLLER)
